"""The owner swaps: one follower out, one who waits in, in one unit of work (law 3). It counts as turning over (law 1)."""

from fedicert.base.errors import Forbidden, Unprocessable
from fedicert.model.urls import Urls
from fedicert.operations import follows, seating
from fedicert.operations.writing import MOVED
from fedicert.reach import admission
from fedicert.store.tables import follows as rows
from fedicert.store.tables import seats
from fedicert.store.unit import Tx

RULE = "law 3: the owner swaps"


async def swap(tx: Tx, urls: Urls, owner: int, out: int, in_: int) -> None:
    """Give the slot of `out`, who follows, to `in_`, who waits. Both or neither; who is told what as ever.

    Raises NotFound where nobody waits by that id, Unprocessable with a sentence where `out` has no slot, or where
    `in_` may not have it, Forbidden after Move out.
    """
    await seats.hold(tx, owner, out, in_)
    seat = await seating.seat_of(tx, owner)
    if seat.moved:
        raise Forbidden(MOVED)
    going = await rows.between(tx, out, owner)
    if going is None or going.state not in ("admitted", "paused"):
        raise Unprocessable("You can only swap out somebody who follows you and has a slot.")
    coming = await follows.waiting(tx, owner, in_)
    host = await seating.person_of(tx, owner)
    await seating.end(
        tx, urls, seat, host, await seating.person_of(tx, out), going, kind="swapped_out", rule=RULE, by_owner=True
    )
    seat = await seating.seat_of(tx, owner)
    person = await seating.person_of(tx, in_)
    newcomer = await seating.newcomer_of(tx, seat, person, owners_word=True)
    placement = admission.place(newcomer, seat.counts, seat.limits)
    if person.closed or placement.state != "admitted":
        raise Unprocessable(await follows.why_not(tx, seat, person, placement))
    await seating.admit(tx, urls, seat, host, person, coming, newcomer, kind="swapped_in", rule=RULE)
    await seating.look_at_lock(tx, owner)
