"""The pages on which an owner or admin changes the ladder: what holds, a proposed change, its forecast, applied.

Looking and forecasting are GET and change nothing; applying is POST with the token that the forecast gave.
"""

from typing import Any

from fedicert.base.errors import Conflict, NotFound, Problem
from fedicert.mastodon.body import normalise
from fedicert.mastodon.dates import timestamp
from fedicert.model.ladder import Change, Window
from fedicert.model.tiers import BOOSTS, ENTER, FLAGS, KEYS, LIMITS, VISIBILITY, WHEN_FULL, Tier, shown
from fedicert.operations import deciding
from fedicert.operations.forecasts import State
from fedicert.reach.windows import KEYS as WINDOW_KEYS
from fedicert.text.ladder import changes, moment
from fedicert.web.admin.changes import read_change
from fedicert.web.plumbing.bodies import query_pairs
from fedicert.web.plumbing.endpoint import Answer, Call, endpoint, redirect
from fedicert.web.plumbing.members import STAFF, Member, form_of, member_of, member_page

PAGE = 30

TITLES = {
    "enter": "How one gets there",
    "followers": "Followers",
    "following": "Following",
    "strangers": "Strangers addressed in 30 days",
    "answers_per_day": "Answers outside the audience a day",
    "visibility": "Public posts",
    "boosts": "Boosts and quotes by",
    "kept_for_followed": "Share of slots kept for people one follows",
    "strangers_per_domain_day": "New followers from one domain a day (0: any number)",
    "when_full": "When full, a follow is",
    "permit_line": "A visible line under posts with a permit",
    "members_timeline": "What is unlisted stands in members' local timeline",
}
_CHOICES = {"visibility": VISIBILITY, "boosts": BOOSTS, "when_full": WHEN_FULL} | dict.fromkeys(
    FLAGS, ("true", "false")
)
_ACTS = {
    "set": "Change the tier",
    "add": "Add a tier",
    "remove": "Remove the tier",
    "rename": "Rename the tier",
    "move": "Move the tier",
    "window": "Lower the tier for a time",
    "cancel": "Cancel the window",
}


@endpoint("GET", "/admin/ladder", door="page")
async def ladder(call: Call) -> Answer:
    """What holds, the windows, and the way to every change."""
    member = await member_of(call, *STAFF)
    state = await call.deps.db.read(deciding.state, member.account.id)
    done = call.query("version")
    return member_page(
        call,
        member,
        "admin_ladder.html",
        state=state,
        rungs=[tier.name for tier in state.held],
        lines=_lines(state),
        windows=[_window(window) for window in state.windows],
        done=done if done and done.isdigit() else "",
    )


@endpoint("GET", "/admin/ladder/tiers/{name}", door="page")
async def tier(call: Call) -> Answer:
    """Every change that one tier can have."""
    member = await member_of(call, *STAFF)
    state = await call.deps.db.read(deciding.state, member.account.id)
    found = next((rule for rule in state.rules if rule.name == call.params["name"]), None)
    if found is None:
        raise NotFound("There is no tier of this name")
    place = [rule.name for rule in state.rules].index(found.name)
    return member_page(
        call,
        member,
        "admin_tier.html",
        tier=found.name,
        people=state.people[place],
        place=place + 1,
        places=len(state.rules),
        inputs=_inputs(found, KEYS[1:]),
        window_inputs=_inputs(found, WINDOW_KEYS),
        name="",
    )


@endpoint("GET", "/admin/ladder/add", door="page")
async def add(call: Call) -> Answer:
    """A new tier; what it starts from is the highest one."""
    member = await member_of(call, *STAFF)
    state = await call.deps.db.read(deciding.state, member.account.id)
    inputs = _inputs(state.rules[-1], KEYS[1:])
    return member_page(call, member, "admin_tier_add.html", places=len(state.rules) + 1, inputs=inputs)


@endpoint("GET", "/admin/ladder/forecast", door="page")
async def forecast(call: Call) -> Answer:
    """What a proposed change would do; with a form to apply it."""
    member = await member_of(call, *STAFF)
    state = await call.deps.db.read(deciding.state, member.account.id)
    change = _proposed(normalise(query_pairs(call.scope)), state)
    return await _forecast_page(call, member, change)


@endpoint("POST", "/admin/ladder/apply", door="page")
async def apply(call: Call) -> Answer:
    """Make a change hold whose forecast was seen. Where the ladder moved since, its fresh forecast is shown."""
    member = await member_of(call, *STAFF)
    fields = await form_of(call, member)
    given = normalise([pair for pair in fields.pairs if isinstance(pair[1], str)])
    change = read_change(given)
    reason, token = fields.text("reason") or "", fields.text("token") or ""
    try:
        applied = await call.deps.db.write(deciding.decide, member.account.id, change, reason, token)
    except Conflict as error:
        return await _forecast_page(call, member, change, refused=error, reason=reason)
    return redirect(f"/admin/ladder?account={member.account.username}&version={applied.version}")


@endpoint("GET", "/admin/ladder/history", door="page")
async def history(call: Call) -> Answer:
    """Every ladder that held: when, by whom, why, and what it was."""
    member = await member_of(call, *STAFF)
    before = call.page(PAGE, PAGE).max_id
    found = await call.deps.db.read(deciding.history, member.account.id, before, PAGE + 1)
    held = [
        {
            "number": one.number,
            "at": moment(one.at),
            "by": one.by,
            "act": one.act,
            "why": one.why,
            "digest": one.digest,
            "changes": _compared(older.ladder if older else [], one.ladder),
        }
        for one, older in zip(found, [*found[1:], None], strict=True)
    ]
    older = held[PAGE - 1]["number"] if len(held) > PAGE else None
    return member_page(call, member, "admin_ladder_history.html", versions=held[:PAGE], older=older)


async def _forecast_page(
    call: Call, member: Member, change: Change, *, refused: Conflict | None = None, reason: str = ""
) -> Answer:
    try:
        found = await call.deps.db.read(deciding.foresee, member.account.id, change)
    except Problem as problem:
        raise (refused or problem) from None
    return member_page(
        call,
        member,
        "admin_forecast.html",
        refused,
        title=_ACTS[change.act],
        change=change,
        sentences=found.sentences,
        kept=_kept(change),
        token=found.token,
        reason=reason,
        times=[moment(at) for at in (change.starts_at, change.ends_at) if at is not None],
    )


def _proposed(given: dict[str, Any], state: State) -> Change:
    """The change in a form. Of a form that was filled with what holds, only what differs is proposed."""
    values = given.get("values")
    if isinstance(values, dict):
        values = {key: ",".join(value) if isinstance(value, list) else value for key, value in values.items()}
        rule = next((tier for tier in state.rules if tier.name == given.get("name")), None)
        there = shown(rule) if rule is not None and given.get("act") in ("set", "window") else {}
        given = given | {"values": {key: value for key, value in values.items() if value not in ("", there.get(key))}}
    return read_change(given)


def _kept(change: Change) -> list[tuple[str, str]]:
    """The fields of a change, for a form to carry."""
    named = [("act", change.act), ("name", change.name), ("to", change.to)]
    numbers = [("place", change.place), ("window", change.window)]
    moments = [("starts_at", change.starts_at), ("ends_at", change.ends_at)]
    return (
        [(field, value) for field, value in named if value]
        + [(field, str(value)) for field, value in numbers if value is not None]
        + [(field, timestamp(at)) for field, at in moments if at is not None]
        + [(f"values[{key}]", str(value)) for key, value in change.values.items()]
    )


def _lines(state: State) -> list[dict[str, Any]]:
    """A line per limit, a cell per rung; `rule`: what it is when no window lowers it."""
    held, rules = [shown(tier) for tier in state.held], [shown(tier) for tier in state.rules]
    lines: list[dict[str, Any]] = [
        {
            "title": TITLES[key],
            "cells": [
                {"value": now[key].replace(",", ", "), "rule": rule[key] if rule[key] != now[key] else ""}
                for now, rule in zip(held, rules, strict=True)
            ],
        }
        for key in KEYS[1:]
    ]
    people = [{"value": str(count), "rule": ""} for count in state.people]
    return [*lines, {"title": "Accounts on it", "cells": people}]


def _inputs(rule: Tier, keys: tuple[str, ...]) -> list[dict[str, Any]]:
    """A labelled input for each key, with what the rule says now."""
    values = shown(rule)
    return [
        {
            "key": key,
            "title": TITLES[key],
            "value": values[key],
            "choices": _CHOICES.get(key, ()),
            "hint": _hint(key),
        }
        for key in keys
    ]


def _hint(key: str) -> str:
    if key in LIMITS:
        return "a number, or none"
    if key == "enter":
        return f"all of those listed, with commas: {', '.join(ENTER)}"
    return "from 0 to 1" if key == "kept_for_followed" else ""


def _window(window: Window) -> dict[str, Any]:
    return {
        "id": window.id,
        "tier": window.tier_name,
        "from": moment(window.starts_at),
        "until": moment(window.ends_at),
        "open": window.begun_at is not None,
        "why": window.why,
        "limits": [f"{TITLES[key]}: {'none' if value is None else value}" for key, value in window.limits.items()],
    }


def _compared(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> list[str]:
    """What a version changed of the one before it, a line each."""
    older = {tier["name"]: tier for tier in before}
    told = []
    for now in after:
        was = older.pop(now["name"], None)
        if was is None:
            told.append(f"{now['name']}: new")
            continue
        keys = [key for key in KEYS if was[key] != now[key]]
        lines = changes({key: was[key] for key in keys}, {key: now[key] for key in keys})
        told += [f"{now['name']}: {line}" for line in lines]
    told += [f"{name}: gone" for name in older]
    order = [tier["name"] for tier in before if tier["name"] not in older]
    if order != [tier["name"] for tier in after if tier["name"] in order]:
        told.append("another order")
    return told if before else []
