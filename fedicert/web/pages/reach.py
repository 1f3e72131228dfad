"""`/settings/reach`: one's own reach (law 8): the audience as it filled, the line and who of it is let in, swapped in or
sent away, whom one pins, what is used of each limit, what was decided, and the way up. Works without a script."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from fedicert.base.errors import FedicertError, NotFound, Unprocessable
from fedicert.mastodon.paging import Page
from fedicert.model.accounts import AccountRow
from fedicert.model.tiers import LIMITS, Tier, shown_value
from fedicert.operations import follows, keeping, reach_report, records, swapping
from fedicert.operations.reach_report import Report, Used
from fedicert.store.unit import Tx
from fedicert.store.views import people, reach_page
from fedicert.text import reach as words
from fedicert.text.decisions import moment
from fedicert.web.plumbing.answers import Answer, redirect
from fedicert.web.plumbing.call import Call, read_id
from fedicert.web.plumbing.endpoint import endpoint
from fedicert.web.plumbing.ledgers import shown
from fedicert.web.plumbing.members import Member, form_of, member_of, member_page

WAITING = 20
NAMED = 200
DECISIONS = 5
_TITLES = {
    "followers": "Followers",
    "following": "People you follow",
    "strangers": "Strangers addressed in 30 days",
    "answers_per_day": "Answers outside the audience a day",
}


@endpoint("GET", "/settings/reach", door="page")
async def reach(call: Call) -> Answer:
    """The page."""
    member = await member_of(call)
    return member if isinstance(member, Answer) else await _page(call, member)


@endpoint("POST", "/settings/reach", door="page")
async def change(call: Call) -> Answer:
    """One of the buttons of the page. What can't be done is said on the page, and nothing has changed."""
    member = await member_of(call)
    if isinstance(member, Answer):
        return member
    fields = await form_of(call, member)
    deed = _DEEDS.get(fields.text("do") or "")
    if deed is None:
        raise NotFound("There is no such button")
    account = member.account.id
    who, other = fields.text("who") or "", (fields.text("other") or "").strip()

    async def act(tx: Tx) -> None:
        await deed(tx, call, account, read_id(who) if who else 0, other)

    try:
        await call.deps.db.write(act)
    except FedicertError as error:
        if not isinstance(error, NotFound | Unprocessable):
            raise
        return await _page(call, member, wrong=str(error) or "This person isn't there any more", status=422)
    return redirect(f"/settings/reach?account={member.account.username}")


async def _page(call: Call, member: Member, *, wrong: str = "", status: int = 200) -> Answer:
    db, account = call.deps.db, member.account.id
    found = await db.read(reach_report.report, account)
    after = read_id(call.query("after") or "") if call.query("after") else None
    line = await db.read(people.line, account, Page(limit=WAITING, max_id=after))
    there = await db.read(reach_page.audience, account, NAMED)
    pins = (await db.read(keeping.preview, account, "throttle")).pins
    kept = await db.read(keeping.preview, account, "trim") if found.settling else None
    rows = await db.read(records.own_rows, account, "", DECISIONS)
    growth = await db.read(reach_page.growth, account)
    return member_page(
        call,
        member,
        "reach.html",
        status=status,
        wrong=wrong,
        count=found.seat.counts.count,
        cap=found.seat.limits.cap,
        paused=found.seat.counts.paused,
        tier=found.seat.limits.tier,
        kept_slots=found.seat.limits.kept_slots,
        free=words.free(found.free, found.free_for_others),
        room=found.free != 0,
        picture=_picture(found, [(one.at, one.count) for one in growth], call.now),
        settles=_settles(found),
        kept=kept,
        waiting=[_person(call, row) for row in line.rows],
        waits=found.seat.counts.held + found.seat.counts.requested,
        further=line.oldest if line.more else None,
        there=[one.handle for one in there],
        pins=pins,
        limits=_limits(found),
        decisions=[shown(row) for row in rows],
        next=None if found.next is None else _next(found.next),
    )


def _picture(found: Report, moments: list[tuple[int, int]], now: int) -> dict[str, Any]:
    """The line of counts, and the cap's height."""
    cap, count = found.seat.limits.cap, found.seat.counts.count
    told = [*moments, (now, count)] if moments else []
    top = max([count, cap or 0, 1, *(one for _, one in told)])
    return {
        "points": words.line(told, now, top),
        "cap": None if cap is None else words.HEIGHT - cap * words.HEIGHT // top,
        "width": words.WIDTH,
        "height": words.HEIGHT,
        "since": moment(told[0][0]) if told else "",
        "first": told[0][1] if told else 0,
        "count": count,
    }


def _settles(found: Report) -> list[str]:
    if found.settling is None:
        return []
    told = [words.STAGES[found.settling.stage].format(until=moment(found.settling.until))]
    return told + ([words.WAITS[found.settling.waits]] if found.settling.waits else [])


def _limits(found: Report) -> list[dict[str, str]]:
    """A row per limit: what of it is used, and when more frees."""
    cap = found.seat.limits.cap
    used = {
        "Followers": Used(used=found.seat.counts.count, most=cap),
        "Slots you freed that were filled again, in 30 days": found.refills,
        _TITLES["following"]: found.following,
        _TITLES["strangers"]: found.strangers,
        "Answers outside the audience today": found.answers,
    }
    if cap is None:
        del used["Slots you freed that were filled again, in 30 days"]
    rows = [
        {
            "title": title,
            "used": words.used_of(one.used, one.most),
            "frees": moment(one.frees_at) if one.frees_at and one.most is not None else "",
        }
        for title, one in used.items()
    ]
    if found.domain_days:
        busiest = found.domain_days[0]
        most = found.seat.limits.strangers_per_domain_day or None
        title = f"Newcomers today from {busiest.domain}, the most from any one domain"
        rows.append({"title": title, "used": words.used_of(busiest.admitted, most), "frees": ""})
    return rows


def _next(tier: Tier) -> dict[str, Any]:
    limits = [(_TITLES[key], shown_value(tier, key).replace("none", "no limit")) for key in LIMITS]
    return {"name": tier.name, "enter": words.ways_in(tier.enter), "limits": limits}


def _person(call: Call, row: AccountRow) -> dict[str, Any]:
    handle = f"{row.username}@{row.domain}" if row.domain else row.username
    return {"id": row.id, "handle": handle, "name": row.display_name or row.username, "url": row.url}


# The buttons: each an operation, with whom it is about


async def _admit(tx: Tx, call: Call, account: int, who: int, other: str) -> None:
    await follows.authorize(tx, call.deps.urls, account, who)


async def _send_away(tx: Tx, call: Call, account: int, who: int, other: str) -> None:
    await follows.reject(tx, call.deps.urls, account, who)


async def _swap(tx: Tx, call: Call, account: int, who: int, other: str) -> None:
    if not other:
        raise Unprocessable("Say who gives up the slot: write the name of somebody who follows you")
    out = await keeping.somebody(tx, other)
    await swapping.swap(tx, call.deps.urls, account, out.id, who)


async def _pin(tx: Tx, call: Call, account: int, who: int, other: str) -> None:
    await keeping.pin(tx, account, (await keeping.somebody(tx, other)).id)


async def _unpin(tx: Tx, call: Call, account: int, who: int, other: str) -> None:
    await keeping.unpin(tx, account, (await keeping.somebody(tx, other)).id)


_DEEDS: dict[str, Callable[[Tx, Call, int, int, str], Awaitable[None]]] = {
    "admit": _admit,
    "send_away": _send_away,
    "swap": _swap,
    "pin": _pin,
    "unpin": _unpin,
}
