"""Slots that an owner frees: how often they are filled again (law 1), and that the owner may pick who fills them (law 3).

Called under the account's lock by who gives and takes slots.
"""

import msgspec

from fedicert.base.errors import NotFound
from fedicert.model.standing import Counts
from fedicert.operations import jobs
from fedicert.operations.telling import tell
from fedicert.reach import admission
from fedicert.reach.turnover import TURN, WINDOW, Turnover, moment_of
from fedicert.store.tables import seats, turnover
from fedicert.store.tables.seats import Seat
from fedicert.store.unit import Reader, Tx


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
    return Turnover(limit=cap, used=len(moments), frees_at=moments[first] + WINDOW if moments[first:] else None)
