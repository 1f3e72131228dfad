"""What follows from a changed tier for the accounts on it, page by page.

What falls below an audience settles: `settling.py`, account by account.
"""

from fedicert.operations import bars, jobs, settling
from fedicert.store.tables import seats
from fedicert.store.unit import Tx

PAGE = 100


async def release_tier(tx: Tx, tier: int, after: int) -> int | None:
    """A tier's limits changed: look at the line, the lock told, and whether the audience settles, of a page of its
    accounts; where to go on."""
    page = await seats.of_tier(tx, tier, after, PAGE)
    for account in page:
        await settling.look(tx, account, "cap_lowered")
        await bars.ask_for_owner(tx, account)
        await jobs.enqueue(tx, "release", {"account": account}, key=str(account))
    return page[-1] if len(page) == PAGE else None
