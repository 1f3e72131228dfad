"""What came in over the wire: taken in once per id, before it is answered; its effect follows in a job of its own."""

from collections.abc import Sequence

from fedicert.base.clock import DAY, HOUR
from fedicert.operations import jobs
from fedicert.store.tables import arrivals
from fedicert.store.tables.arrivals import Arrival
from fedicert.store.unit import Reader, Tx, one_statement

__all__ = ["RELAYED", "Arrival", "rejected", "settle", "sweep", "take_in", "undone", "waiting"]

RELAYED = "Relayed"
"""The type of what a relay passed on that another signed, or nobody: only that a post is there is believed."""

REMEMBER_ACTIVITY = 30 * DAY
REMEMBER_SIGNATURE = 2 * HOUR


async def take_in(tx: Tx, activity: str, actor: str, kind: str, body: str, signature: str) -> bool:
    """Keep a verified activity and its job in one unit; False where the id or the signature was seen before.

    `actor`: who signed, proven. `signature`: the fingerprint of the signed request.
    """
    if not await arrivals.sign_once(tx, signature):
        return False
    identifier = await arrivals.take(tx, activity, actor, kind, body)
    if identifier is None:
        return False
    await jobs.enqueue(tx, "receive", {"arrival": identifier}, lane=actor)
    return True


async def sweep(tx: Tx) -> None:
    """Forget ids after 30 days and signatures after two hours."""
    await arrivals.sweep(tx, tx.now - REMEMBER_ACTIVITY, tx.now - REMEMBER_SIGNATURE)


async def undone(tx: Tx, activity: str, actor: str) -> None:
    """An id that comes again after its Undo counts as new (docs/law.md, Numbers). `actor`: whose it was."""
    await arrivals.forget(tx, activity, actor)


async def rejected(tx: Tx, activity: str, actor: str) -> None:
    """An id that comes again after our Reject counts as new."""
    await arrivals.reject(tx, activity, actor)


@one_statement
async def waiting(reader: Reader, identifiers: Sequence[int]) -> list[Arrival]:
    """Activities that have had no effect yet."""
    return await arrivals.waiting(reader, identifiers)


async def settle(tx: Tx, identifier: int, outcome: str) -> bool:
    """Note, in the unit of its effect, that an activity had it; False where it had one before."""
    return await arrivals.settle(tx, identifier, outcome[:200])
