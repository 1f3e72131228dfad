"""An owner or admin changes the ladder: first its forecast is seen, then it is applied (law 9), and everybody is told."""

from collections.abc import Mapping
from typing import Any

import msgspec

from fedicert.base.errors import Conflict, Forbidden, NotFound, Unprocessable
from fedicert.model.ladder import Change, Version, Window, token_of
from fedicert.model.tiers import Tier, shown
from fedicert.operations import announcements, forecasts, ladder, versions, windows
from fedicert.operations.forecasts import Forecast, State
from fedicert.operations.ladder import Plan
from fedicert.operations.versions import differing
from fedicert.store.tables import people, seats, shares, tiers
from fedicert.store.tables import windows as window_rows
from fedicert.store.unit import Reader, Tx
from fedicert.text import ladder as words

STAFF = ("owner", "admin")
KINDS = {
    "add": "tier_added",
    "remove": "tier_removed",
    "rename": "tier_renamed",
    "move": "tier_moved",
    "window": "window_announced",
    "cancel": "window_cancelled",
}


class Applied(msgspec.Struct, frozen=True, kw_only=True):
    """What holds from now on. `before`, `after`: what changed of the tier's rule, as it is shown. `window`: its number."""

    version: int
    act: str
    tier: str
    before: dict[str, str]
    after: dict[str, str]
    announcement: int
    window: int | None = None


async def decide(tx: Tx, by: int, change: Change, reason: str, token: str) -> Applied:
    """Apply a change whose forecast was seen. `token`: what the forecast gave.

    Raises Forbidden, Unprocessable, NotFound, and Conflict where the ladder moved since: then a fresh forecast is due.
    """
    await check_staff(tx, by)
    return await apply(tx, by, change, reason, token)


async def foresee(reader: Reader, by: int, change: Change) -> Forecast:
    """The forecast of a change, for an owner or admin. Raises as `decide`."""
    await check_staff(reader, by)
    return await forecasts.forecast(reader, change)


async def state(reader: Reader, by: int) -> State:
    """The ladder for an owner or admin. Raises Forbidden."""
    await check_staff(reader, by)
    return await forecasts.state(reader)


async def history(reader: Reader, by: int, before: int | None, count: int) -> list[Version]:
    """The ladders that held, the newest first, for an owner or admin. Raises Forbidden."""
    await check_staff(reader, by)
    return await versions.history(reader, before, count)


async def all_windows(reader: Reader, by: int, before: int | None, count: int) -> list[Window]:
    """Windows past, open and to come, the newest first, for an owner or admin. Raises Forbidden."""
    await check_staff(reader, by)
    return await window_rows.newest(reader, before, count)


async def check_staff(reader: Reader, by: int) -> None:
    """Is this an owner or admin of this server? Raises Forbidden."""
    seat = await seats.read(reader, by)
    if seat is None or seat.closed or seat.role not in STAFF:
        raise Forbidden("this account is neither owner nor admin here, and the ladder is theirs to change")


async def apply(tx: Tx, by: int, change: Change, reason: str, token: str | None = None) -> Applied:
    """Apply a change in the name of an account here, in one unit of work, and say so to everybody.

    Without a token nobody's forecast is asked for. Raises as `decide`, and then nothing has changed.
    """
    reason = reason.strip()
    if not reason:
        raise Unprocessable("say why: a changed limit is published with its reason")
    admin = await people.by_id(tx, by)
    if admin is None or not admin.local:
        raise NotFound("the account that decides isn't one of this server")
    await shares.hold_divided(tx, change.name)  # accounts before tiers, as everywhere
    await tiers.lock(tx)
    await windows.turn(tx)  # what the clock has decided already comes first
    await versions.first_version(tx, "as it stood")
    version = await versions.current(tx)
    if token is not None and token != token_of(change, version):
        raise Conflict(
            "the ladder has changed since this forecast, or the change is another; look at its forecast anew"
        )
    plan = await ladder.plan(tx, change, await tiers.rules(tx))
    if change.act in ("window", "cancel"):
        return await _apply_window(tx, by, plan, reason)
    return await _apply_rule(tx, by, plan, reason)


async def _apply_rule(tx: Tx, by: int, plan: Plan, reason: str) -> Applied:
    change = plan.change
    await ladder.write(tx, plan.rules_after, plan.windows)
    version = await versions.new_version(tx, by, change.act, reason)
    before, after = _shown(plan)
    name = change.to if change.act == "rename" else change.name
    kind = KINDS.get(change.act) or ("cap_changed" if "followers" in after else "tier_changed")
    told: dict[str, Any] = {"tier": change.name, "from": before, "to": after}
    if change.act in ("add", "move"):
        told["place"] = [tier.name for tier in plan.rules_after].index(name) + 1
    await versions.tell(tx, kind, by, told, why=reason, version=version)
    text = words.rule_changed(change.act, change.name, before, after, reason, tx.now, version)
    number = await announcements.announce(tx, text, once=f"ladder:{version}")
    return Applied(version=version, act=change.act, tier=name, before=before, after=after, announcement=number)


def _shown(plan: Plan) -> tuple[dict[str, str], dict[str, str]]:
    """What changed of the tier, before and after, in the admin's words; nothing before of a new one."""
    change = plan.change
    if change.act == "add":
        new = next(tier for tier in plan.rules_after if not tier.id)
        return {}, shown(new)
    if change.act == "remove":
        return shown(plan.tier), {}
    if change.act == "move":
        places = [[tier.name for tier in rules].index(change.name) + 1 for rules in (plan.rules, plan.rules_after)]
        return {"place": str(places[0])}, {"place": str(places[1])}
    after = next(tier for tier in plan.rules_after if tier.id == plan.tier.id)
    return differing(after, plan.tier), differing(plan.tier, after)


async def _apply_window(tx: Tx, by: int, plan: Plan, reason: str) -> Applied:
    change, rule = plan.change, plan.tier
    if change.act == "window":
        new = next(window for window in plan.windows_after if not window.id)
        number = await window_rows.insert(tx, msgspec.structs.replace(new, decider=by, why=reason))
        window = await window_rows.by_id(tx, number)
        assert window is not None
        await windows.ask(tx, await window_rows.open_ones(tx))
        text = words.window_announced(rule.name, *_lowered(rule, window), window.starts_at, window.ends_at, reason)
        said = await announcements.announce(
            tx, text, starts_at=window.starts_at, ends_at=window.ends_at, once=f"window:{number}"
        )
    else:
        window = next(window for window in plan.windows if window.id == change.window)
        text = words.window_cancelled(rule.name, window.starts_at, window.ends_at, reason)
        said = await announcements.announce(tx, text, once=f"window:{window.id}:cancelled")
    before, after = _lowered(rule, window)
    version = await _tell_window(tx, by, plan, window, reason, before, after)
    return Applied(
        version=version,
        act=change.act,
        tier=rule.name,
        before=before,
        after=after,
        announcement=said,
        window=window.id,
    )


async def _tell_window(
    tx: Tx, by: int, plan: Plan, window: Window, reason: str, before: Mapping[str, str], after: Mapping[str, str]
) -> int:
    if plan.change.act == "cancel":
        held = next(tier for tier in await tiers.ladder(tx) if tier.id == window.tier)
        await window_rows.end(tx, window.id, cancelled=True)
        return await windows.hold(tx, "window_cancelled", window, held, by, reason)
    version = await versions.new_version(tx, by, plan.change.act, reason)
    told = {
        "tier": window.tier_name,
        "window": window.id,
        "from": before,
        "to": after,
        "from_at": window.starts_at,
        "to_at": window.ends_at,
    }
    await versions.tell(tx, "window_announced", by, told, why=reason, version=version)
    return version


def _lowered(rule: Tier, window: Window) -> tuple[dict[str, str], dict[str, str]]:
    """What the rule says, and what the window makes of it."""
    lowered = msgspec.structs.replace(rule, **window.limits)
    return differing(lowered, rule), differing(rule, lowered)
