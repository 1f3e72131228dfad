"""The cap of a tier divided among the capped accounts of one login (law 10).

Each account has its own number and its own lock, and one filling up shows nothing about another. Every function here
runs under the locks of all accounts of the login (`seats.hold_family`, before anything else is locked), then that of the
tier: the order of admission. Strangers are counted per login elsewhere (`addressing`).
"""

from collections.abc import Mapping

import msgspec

from fedicert.base.errors import Conflict, NotFound, Unprocessable
from fedicert.operations import jobs, seating, settling, turnover
from fedicert.operations.ledger import record
from fedicert.reach import division
from fedicert.store.tables import seats, shares
from fedicert.store.tables.shares import Shared
from fedicert.store.unit import Reader, Tx

__all__ = [
    "LAW_10",
    "Division",
    "Shared",
    "arrive",
    "divide",
    "left",
    "mine",
    "pass_on",
    "room",
]

LAW_10 = "law 10"


class Division(msgspec.Struct, frozen=True, kw_only=True):
    """The accounts of a login on one tier. `cap` None: nothing to divide. `free`: slots that nobody was given."""

    tier: str
    cap: int | None
    accounts: tuple[Shared, ...]
    free: int


async def mine(reader: Reader, account: int) -> list[Division]:
    """How the caps of the tiers are divided on which accounts of this login stand, the lowest rung first."""
    seat = await seats.read(reader, account)
    if seat is None:
        raise NotFound
    if seat.login is None:
        return []
    found: dict[int, list[Shared]] = {}
    for one in await shares.of_login(reader, seat.login):
        found.setdefault(one.tier, []).append(one)
    return [_division(group) for group in found.values()]


async def divide(tx: Tx, account: int, wanted: Mapping[str, int]) -> list[Division]:
    """The owner divides anew: account name → slots. All that are named stand on one tier; who isn't keeps theirs.

    At once, and settling where an audience is larger than its new share (law 4). Raises NotFound, Conflict,
    Unprocessable.
    """
    await seats.hold_family(tx, account)
    seat = await seats.lock(tx, account)
    if seat is None or seat.login is None:
        raise NotFound
    by_name = {one.username: one for one in await shares.of_login(tx, seat.login)}
    unknown = sorted(set(wanted) - set(by_name))
    if unknown or not wanted:
        raise Unprocessable(f"none of your accounts is called {', '.join(unknown)}" if unknown else "name an account")
    tiers = {by_name[name].tier for name in wanted}
    if len(tiers) > 1:
        raise Unprocessable("accounts on different tiers stand on rungs of their own; divide one tier at a time")
    (tier,) = tiers
    cap = await shares.hold_cap(tx, tier)
    parts = await shares.parts(tx, seat.login, tier)
    if cap is None or len(parts) < 2:
        raise Conflict(
            "there is nothing to divide: " + ("this tier has no cap" if cap is None else "you have one account")
        )
    try:
        after = division.divide(cap, parts, {by_name[name].account: slots for name, slots in wanted.items()})
    except ValueError as fault:
        raise Unprocessable(f"not divided: {fault}") from fault
    before = {part.account: part.share for part in parts}
    await _apply(tx, cap, before, after, "divided")
    await pass_on(tx, seat.login, tier, {a: after[a] - division.slots(before[a], cap) for a in after})
    return await mine(tx, account)


async def room(tx: Tx, login: int, tier: int, asked: int) -> int | None:
    """The share of an account that is about to be made on a tier, None: the whole cap. So many slots as asked are taken
    from what is free or nobody sits in. Raises Unprocessable where there aren't as many."""
    cap = await shares.hold_cap(tx, tier)
    others = await shares.parts(tx, login, tier)
    if cap is not None and others and asked > division.unused(cap, others):
        left = division.unused(cap, others)
        raise Unprocessable(
            f"your accounts on this tier share {cap:,} followers, and {left:,} of these slots are empty"
        )
    return (
        await _come(tx, cap, division.arrive(cap, asked, others), {part.account: part.share for part in others})
    ).share


async def arrive(tx: Tx, account: int, login: int | None, tier: int, *, keeps: int) -> int | None:
    """The share of an account that comes to a tier: as many slots as it `keeps`, as far as no other audience is touched."""
    if login is None:
        return None
    cap = await shares.hold_cap(tx, tier)
    others = await shares.parts(tx, login, tier, but=account)
    before = {part.account: part.share for part in others}
    return (await _come(tx, cap, division.arrive(cap, keeps, others), before)).share


async def left(tx: Tx, login: int, tier: int) -> None:
    """An account of this login stands on a tier no longer: who is alone there now has the whole cap again."""
    cap = await shares.hold_cap(tx, tier)
    others = await shares.parts(tx, login, tier)
    gained: dict[int, int] = {}
    if len(others) == 1 and others[0].share is not None and cap is not None:
        (one,) = others
        await _apply(tx, cap, {one.account: one.share}, {one.account: None}, "alone")
        gained[one.account] = cap - division.slots(one.share, cap)
    await pass_on(tx, login, tier, gained)


async def pass_on(tx: Tx, login: int, tier: int, gained: Mapping[int, int]) -> None:
    """Slots changed hands: what their owner freed and filled again goes along (law 1). `gained`: account → slots more."""
    for account in sorted(await turnover.pass_on(tx, login, tier, gained) - {turnover.NOBODY}):
        await seating.look_at_lock(tx, account)
        await jobs.enqueue(tx, "release", {"account": account}, key=str(account))


async def _come(
    tx: Tx, cap: int | None, arrival: division.Arrival, before: Mapping[int, int | None]
) -> division.Arrival:
    if cap is not None and arrival.lowered:
        await _apply(tx, cap, before, arrival.lowered, "another_came")
    return arrival


async def _apply(tx: Tx, cap: int, before: Mapping[int, int | None], after: Mapping[int, int | None], why: str) -> None:
    """Write shares, tell each ledger its own number, and let follow what follows from it."""
    changed = {account: share for account, share in after.items() if share != before[account]}
    await shares.write(tx, before, changed)
    for account in sorted(changed):
        told = {
            "from": division.slots(before[account], cap),
            "to": division.slots(changed[account], cap),
            "cap": cap,
            "why": why,
        }
        await record(tx, account, "share_changed", LAW_10, {}, told)
        await settling.look(tx, account, "cap_lowered")
        await seating.look_at_lock(tx, account)
        await jobs.enqueue(tx, "release", {"account": account}, key=str(account))


def _division(group: list[Shared]) -> Division:
    cap = group[0].cap
    taken = 0 if cap is None else sum(division.slots(one.share, cap) for one in group)
    return Division(
        tier=group[0].tier_name, cap=cap, accounts=tuple(group), free=0 if cap is None else max(cap - taken, 0)
    )
