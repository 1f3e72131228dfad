"""Slots that an owner frees: how often they are filled again (law 1), and that the owner may pick who fills them (law 3).

Called under the account's lock by who gives and takes slots; what goes along when accounts of one login divide a cap anew
(law 10), under the locks of all of them.
"""

from collections.abc import Mapping, Sequence

import msgspec

from fedicert.base.errors import NotFound
from fedicert.model.standing import Counts
from fedicert.operations import jobs
from fedicert.operations.telling import tell
from fedicert.reach import admission, division
from fedicert.reach.turnover import TURN, WINDOW, Holder, Passed, Turnover, go_along, moment_of
from fedicert.store.tables import seats, shares, turnover
from fedicert.store.tables.seats import Seat
from fedicert.store.tables.turnover import Use
from fedicert.store.unit import Reader, Tx
from fedicert.text.told import Words


async def freed(tx: Tx, before: Seat) -> None:
    """The owner freed a slot: a removal, a block, a swap. `before`: the seat as it was with that follower."""
    await turnover.set_freed(tx, before.account, admission.freed_after(before.counts, before.limits))


async def filled(tx: Tx, before: Seat, *, owners_word: bool) -> None:
    """Somebody was admitted. `before`: the seat as it was without them."""
    if admission.refills(before.counts, before.limits):
        await turnover.refill(tx, before.account)
    if owners_word and before.counts.reserved:
        await turnover.set_picks(tx, before.account, before.counts.reserved - 1, before.picks_until)


async def give_turn(tx: Tx, before: Seat) -> bool:
    """The owner removed somebody: where several wait, the slot stays open for a while for whom the owner picks.

    True where that is so; whoever is next is let in when the time is over.
    """
    limits, counts = before.limits, before.counts
    if before.locked or limits.cap is None or counts.held < 2 or counts.count > limits.cap:
        return False
    until = tx.now + TURN
    await turnover.set_picks(tx, before.account, counts.reserved + 1, until)
    await release_at(tx, before.account, until)
    return True


async def release_at(tx: Tx, account: int, due: int) -> None:
    """Look at the line at a moment (ms)."""
    await jobs.enqueue(tx, "release", {"account": account}, due=due, key=f"{account}:{due}")


async def release_when_due(tx: Tx, seat: Seat) -> None:
    """Nobody may be released now though a slot is open: look again when the owner's turn or the window ends."""
    if seat.counts.reserved:
        await release_at(tx, seat.account, seat.picks_until)
    if admission.turned_over(seat.counts, seat.limits):
        found = await state(tx, seat.account)
        if found.frees_at is not None:
            await release_at(tx, seat.account, found.frees_at)
            told: dict[str, str | int] = {"limit": found.limit, "when": moment_of(found.frees_at)}
            told |= {"along": Words("turned_over_along" if found.along else ""), "many": found.along}
            await tell(tx, seat.account, "turned_over", once=f"turned_over:{found.frees_at}", values=told)


class Numbers(msgspec.Struct, frozen=True):
    """The cap of an account and its counts. Cap None: there is none."""

    cap: int | None
    counts: Counts


async def numbers(reader: Reader, account: int) -> Numbers:
    """Of somebody here, for showing. Raises NotFound."""
    seat = await seats.read(reader, account)
    if seat is None:
        raise NotFound
    return Numbers(seat.limits.cap, seat.counts)


async def state(reader: Reader, account: int) -> Turnover:
    """How often slots that the owner freed were filled again in 30 days, and how often that may be. Limit 0: no cap."""
    seat = await seats.read(reader, account)
    cap = None if seat is None else seat.limits.cap
    if cap is None:
        return Turnover(limit=0, used=0, frees_at=None)
    moments = await turnover.refilled_since(reader, account, reader.now - WINDOW)
    # Once this one is too old, fewer than the limit count.
    first = max(0, len(moments) - cap)
    return Turnover(
        limit=cap,
        used=len(moments),
        frees_at=moments[first][0] + WINDOW if moments[first:] else None,
        along=sum(came_along for _, came_along in moments),
    )


NOBODY = 0
"""Stands for the slots of a tier that no account of the login has."""


async def gone(tx: Tx, before: Seat, login: int, tier: int) -> None:
    """An account went to another tier. Slots that it freed here are nobody's; it takes them along when it comes back.

    `before`: the seat as it was.
    """
    if before.limits.cap is not None:
        open_ones = max(0, before.limits.cap - before.counts.count)
        await turnover.leave(tx, login, tier, before.account, min(before.counts.freed, open_ones))


async def deleted(tx: Tx, before: Seat, login: int, tier: int) -> None:
    """An account was deleted: by that all its slots were freed. `before`: the seat as it was."""
    if before.limits.cap is not None:
        # Also those in which people sat beyond its share or the cap: nobody else had them meanwhile, and it may rise.
        await turnover.leave(tx, login, tier, NOBODY, before.counts.freed + before.counts.count)


async def come(tx: Tx, account: int, login: int, tier: int) -> None:
    """An account came to a tier: what it left there it brings itself."""
    await turnover.take_along(tx, login, tier, account)


async def who_turned(reader: Reader, tier: int) -> list[int]:
    """The logins with anything on a tier that can go along."""
    return await turnover.logins(reader, tier, reader.now - WINDOW)


async def pass_on(tx: Tx, login: int, tier: int, gained: Mapping[int, int]) -> set[int]:
    """Slots of a tier changed hands within a login: what was used and freed goes along. Who has more or less of it now.

    `gained`: account → how many slots more it has. The caller holds all accounts of the login.
    """
    cap = await shares.hold_cap(tx, tier)
    parts = await shares.parts(tx, login, tier)
    if cap is None or not parts:
        return set()
    there = [seat for part in parts if (seat := await seats.read(tx, part.account)) is not None]
    whole = max(0, cap - sum(division.slots(part.share, cap) for part in parts))
    uses = await _uses(tx, login, tier, {NOBODY, *(seat.account for seat in there)})
    passed = go_along(
        [
            Holder(
                account=account,
                room=room,
                marks=sum(use.account == account for use in uses),
                gained=gained.get(account, 0),
            )
            for account, room in [*((seat.account, seat.limits.cap or 0) for seat in there), (NOBODY, whole)]
        ]
    )
    await _pass_uses(tx, uses, passed)
    return _touched(passed) | await _pass_freed(tx, login, tier, there, division.free(cap, parts), gained)


async def _uses(tx: Tx, login: int, tier: int, here: set[int]) -> list[Use]:
    """What counts on this tier, each use once. What an account that isn't here any longer did counts for nobody's slots."""
    after = tx.now - WINDOW
    kept: dict[int, Use] = {}
    doubles = []
    for use in sorted(
        await turnover.uses(tx, login, tier, after),
        key=lambda use: (use.account not in here, not use.first, use.account == NOBODY),
    ):
        if use.origin not in kept:
            kept[use.origin] = use
        elif use.account in here:
            doubles.append(use.id)
    await turnover.discharge(tx, doubles)
    await turnover.charge_too(tx, [use.id for use in kept.values() if use.account not in here], NOBODY)
    return [use for use in await turnover.uses(tx, login, tier, after) if use.account in here]


async def _pass_uses(tx: Tx, uses: Sequence[Use], passed: Sequence[Passed]) -> None:
    """The oldest go: whoever had the slots keeps what counts longest."""
    of = {one.giver: [use.id for use in uses if use.account == one.giver] for one in passed}
    for one in passed:
        await turnover.charge(tx, of[one.giver][: one.many], one.taker)
        del of[one.giver][: one.many]


async def _pass_freed(
    tx: Tx, login: int, tier: int, there: Sequence[Seat], free: int, gained: Mapping[int, int]
) -> set[int]:
    left = sum(freed for _, freed in await turnover.unheld(tx, login, tier))
    freed = {NOBODY: left, **{seat.account: seat.counts.freed for seat in there}}
    rooms = {NOBODY: free, **{seat.account: max(0, (seat.limits.cap or 0) - seat.counts.count) for seat in there}}
    passed = go_along(
        [Holder(account=a, room=room, marks=freed[a], gained=gained.get(a, 0)) for a, room in rooms.items()]
    )
    for one in passed:
        freed[one.giver] -= one.many
        freed[one.taker] += one.many
    for account in _touched(passed) - {NOBODY}:
        await turnover.set_freed(tx, account, freed[account])
    if freed[NOBODY] > left:
        await turnover.leave(tx, login, tier, NOBODY, freed[NOBODY] - left)
    elif freed[NOBODY] < left:
        await turnover.take(tx, login, tier, left - freed[NOBODY])
    return _touched(passed)


def _touched(passed: Sequence[Passed]) -> set[int]:
    return {account for one in passed for account in (one.giver, one.taker)}
