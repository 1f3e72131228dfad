"""Waivers: a page on which somebody asks for one and sees their own, and the public list of those given alone."""

from typing import Any

from fedicert.base.errors import Problem
from fedicert.operations import waivers
from fedicert.text.cases import moment
from fedicert.web.plumbing.answers import Answer
from fedicert.web.plumbing.bodies import Fields
from fedicert.web.plumbing.call import Call, read_id
from fedicert.web.plumbing.endpoint import endpoint
from fedicert.web.plumbing.members import Member, back_to, form_of, member_of, member_page, older_than
from fedicert.web.plumbing.sessions import page
from fedicert.web.plumbing.waiver_forms import read_waiver, shown_waiver

HERE = "/settings/waivers"
A_PAGE = 40


@endpoint("GET", "/waivers", door="page")
async def public(call: Call) -> Answer:
    """Those that somebody gave because this server had nobody else who could: for everybody to read."""
    found = await call.deps.db.read(waivers.given_alone, older_than(call), A_PAGE)
    older = found[-1].id if len(found) == A_PAGE else None
    return page(call, "waivers_public.html", waivers=[shown_waiver(one) for one in found], older=older)


@endpoint("GET", HERE, door="page")
async def show(call: Call) -> Answer:
    """One's own, and the form."""
    member = await member_of(call)
    return await _page(call, member)


@endpoint("POST", HERE, door="page")
async def ask(call: Call) -> Answer:
    """Ask for one, or give one back."""
    member = await member_of(call)
    fields = await form_of(call, member)
    try:
        await _act(call, member, fields)
    except Problem as problem:
        return await _page(call, member, problem)
    return back_to(member, HERE)


async def _act(call: Call, member: Member, fields: Fields) -> None:
    account, db = member.account.id, call.deps.db
    if fields.text("act") == "end":
        await db.write(waivers.give_back, read_id(fields.text("waiver") or ""), account, "")
        return
    asked = read_waiver(fields)
    await db.write(waivers.ask, account, asked.limits, asked.days, asked.reason, account)


async def _page(call: Call, member: Member, problem: Problem | None = None) -> Answer:
    found = await call.deps.db.read(waivers.of_account, member.account.id, older_than(call), A_PAGE)
    shown: dict[str, Any] = {"waivers": [shown_waiver(one) for one in found], "most_days": waivers.MOST_DAYS}
    return member_page(
        call,
        member,
        "waivers.html",
        problem,
        now=moment(call.now),
        **shown,
    )
