"""The ladder for programs of the staff: what holds, what a change would do, making it hold, what held before.

A change is forecast first; applying it takes the token that the forecast gave. Where the ladder moved since, the answer
is 409, with a fresh forecast.
"""

from typing import Any

from fedicert.base.errors import Conflict, Problem, Unprocessable
from fedicert.mastodon.body import normalise
from fedicert.mastodon.dates import timestamp
from fedicert.model.ladder import Change, Version, Window
from fedicert.model.tiers import shown
from fedicert.operations import announcements, deciding
from fedicert.operations.deciding import Applied
from fedicert.operations.forecasts import Forecast, State
from fedicert.reach.forecast import NAMES
from fedicert.text.ladder import read_moment
from fedicert.web.admin.changes import read_change
from fedicert.web.plumbing.endpoint import Answer, Call, endpoint

PAGE, MOST = 40, 200


@endpoint("GET", "/api/fedicert/v1/admin/tiers", scope="admin:read")
async def ladder(call: Call) -> Answer:
    """The ladder as it holds, what its rules say, and the windows open or to come."""
    return Answer(_state(await call.read(deciding.state)))


@endpoint("POST", "/api/fedicert/v1/admin/tiers/forecast", scope="admin:read")
async def forecast(call: Call) -> Answer:
    """What a change would do now. Changes nothing."""
    change = read_change(await _body(call))
    return Answer(_forecast(await call.read(deciding.foresee, change)))


@endpoint("POST", "/api/fedicert/v1/admin/tiers", scope="admin:write")
async def apply(call: Call) -> Answer:
    """Make a change hold whose forecast was seen."""
    body = await _body(call)
    change = read_change(body)
    reason, token = body.get("reason"), body.get("token")
    if not isinstance(token, str) or not token:
        raise Unprocessable("token: ask for the forecast of this change first; it gives the token")
    try:
        applied = await call.write(deciding.decide, change, reason if isinstance(reason, str) else "", token)
    except Conflict as error:
        return Answer({"error": str(error), "forecast": await _fresh(call, change, error)}, 409)
    return Answer(_applied(applied))


async def _fresh(call: Call, change: Change, refused: Conflict) -> dict[str, Any]:
    """The forecast as it is now; where there is none, the change itself is refused."""
    try:
        return _forecast(await call.read(deciding.foresee, change))
    except Problem:
        raise refused from None


@endpoint("GET", "/api/fedicert/v1/admin/tiers/history", scope="admin:read")
async def history(call: Call) -> Answer:
    """Every ladder that held, the newest first."""
    asked = call.page(PAGE, MOST)
    found = await call.read(deciding.history, asked.max_id, asked.limit)
    link = call.link(found[-1].number, found[0].number, len(found) == asked.limit) if found else ""
    return Answer([_version(one) for one in found], link=link)


@endpoint("GET", "/api/fedicert/v1/admin/tiers/windows", scope="admin:read")
async def windows(call: Call) -> Answer:
    """Windows past, open and to come, the newest first."""
    asked = call.page(PAGE, MOST)
    found = await call.read(deciding.all_windows, asked.max_id, asked.limit)
    link = call.link(found[-1].id, found[0].id, len(found) == asked.limit) if found else ""
    return Answer([window_told(one) for one in found], link=link)


@endpoint("POST", "/api/fedicert/v1/admin/announcements", scope="admin:write")
async def announce(call: Call) -> Answer:
    """Say something to everybody here, in this server's name; `ends_at`: shown up to then."""
    body = await _body(call)
    text, ends_at = body.get("text"), body.get("ends_at")
    try:
        until = read_moment(str(ends_at)) if ends_at else None
    except ValueError as error:
        raise Unprocessable(f"ends_at: {error}") from None
    number = await call.write(announcements.announce_as, text if isinstance(text, str) else "", until)
    return Answer({"id": str(number)})


@endpoint("DELETE", "/api/fedicert/v1/admin/announcements/{id}", scope="admin:write")
async def withdraw(call: Call) -> Answer:
    """Take an announcement back."""
    await call.write(announcements.withdraw, call.id())
    return Answer({})


async def _body(call: Call) -> dict[str, Any]:
    fields = await call.fields()
    return normalise(fields.tree or [pair for pair in fields.pairs if isinstance(pair[1], str)])


def _state(state: State) -> dict[str, Any]:
    rungs = zip(state.held, state.rules, state.people, strict=True)
    return {
        "version": state.version,
        "tiers": [
            {"name": held.name, "place": place, "people": people, "limits": shown(held), "rule": shown(rule)}
            for place, (held, rule, people) in enumerate(rungs, 1)
        ],
        "windows": [window_told(window) for window in state.windows],
    }


def window_told(window: Window) -> dict[str, Any]:
    """A window as it is shown."""
    return {
        "id": str(window.id),
        "tier": window.tier_name,
        "limits": {key: "none" if value is None else str(value) for key, value in window.limits.items()},
        "starts_at": timestamp(window.starts_at),
        "ends_at": timestamp(window.ends_at),
        "announced_at": timestamp(window.announced_at),
        "begun_at": _time(window.begun_at),
        "ended_at": _time(window.ended_at),
        "cancelled_at": _time(window.cancelled_at),
        "reason": window.why,
    }


def _forecast(found: Forecast) -> dict[str, Any]:
    effect = {name: getattr(found.effect, name) for name in found.effect.__struct_fields__ if name not in NAMES}
    named = {
        name: [
            {"username": one.name, "count": one.count, "cap": one.cap, "beyond": one.beyond}
            for one in getattr(found.effect, name)
        ]
        for name in NAMES
    }
    return {
        "token": found.token,
        "version": found.version,
        "before": found.before,
        "after": found.after,
        "effect": effect | named,
        "sentences": found.sentences,
    }


def _applied(applied: Applied) -> dict[str, Any]:
    return {
        "version": applied.version,
        "act": applied.act,
        "tier": applied.tier,
        "before": applied.before,
        "after": applied.after,
        "window": None if applied.window is None else str(applied.window),
        "announcement": str(applied.announcement),
    }


def _version(version: Version) -> dict[str, Any]:
    return {
        "version": version.number,
        "at": timestamp(version.at),
        "by": version.by,
        "act": version.act,
        "reason": version.why,
        "ladder": version.ladder,
        "digest": version.digest,
    }


def _time(at: int | None) -> str | None:
    return None if at is None else timestamp(at)
