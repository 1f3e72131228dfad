"""Showing people on one's profile: whom one follows, a few."""

from fedicert.base.errors import NotFound, Unprocessable
from fedicert.operations.writing import open_seat
from fedicert.store.tables import endorsements, people
from fedicert.store.unit import Tx

MOST = 100


async def endorse(tx: Tx, account: int, target: int) -> None:
    """Show somebody. Raises `NotFound`, `Forbidden`, and `Unprocessable` where one doesn't follow them."""
    await open_seat(tx, account)
    if await people.by_id(tx, target) is None:
        raise NotFound
    if not await endorsements.follows(tx, account, target):
        raise Unprocessable("Validation failed: You must be already following the person you want to endorse")
    if await endorsements.count(tx, account) >= MOST:
        raise Unprocessable(f"Validation failed: You can feature at most {MOST} people")
    await endorsements.add(tx, account, target)


async def unendorse(tx: Tx, account: int, target: int) -> None:
    """Show them no longer; nothing to undo is no error."""
    await endorsements.remove(tx, account, target)
