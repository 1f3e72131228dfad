"""After a restore from a backup nobody is admitted until each known host is in step with us, or 72 hours passed.

What happened after the backup is lost here and known elsewhere: others were admitted, others left. So the first thing a
restored server does is to say to every server that ever heard of its people how they stand now, with the digest of the
followers it counts (FEP-8fcf). Those that compare lists let go of whom we don't know and undo who isn't there any more;
ten minutes later they are in step. Of those that don't nothing is known, and the 72 hours are for them.
"""

from fedicert.activitypub.synchronization import SPOKEN_BY
from fedicert.base.clock import HOUR, MINUTE
from fedicert.model.urls import Urls
from fedicert.operations import jobs, profiles, seating
from fedicert.operations.ledger import record
from fedicert.store.tables import checkpoints as checkpoint_rows
from fedicert.store.tables import people, restorations, seats, settings
from fedicert.store.tables.restorations import Restoration
from fedicert.store.unit import Reader, Tx

LENGTH = 72 * HOUR
COMPARED = 10 * MINUTE
"""A server that took the digest has asked for the list, and said what it undid, after so long."""
ROUND = 5 * MINUTE
PAGE = 20
CASE = "cases: after a restore"
EPOCH = "epoch"
KIND = "get_in_step"


async def begin(tx: Tx, backup_at: int, kept: int | None = None) -> int:
    """This database was restored; how many hosts are to get in step. `kept`: the number of the latest checkpoint that
    somebody else kept.

    The chain of the instance goes on with a row that says so: what was bound after the backup is lost with it.
    """
    known = await restorations.begin(tx, backup_at, LENGTH)
    last = await checkpoint_rows.last_checkpoint(tx)
    here = 0 if last is None else last[0]
    told: dict[str, int | None] = {"backup_at": backup_at, "checkpoint": here, "hosts": known}
    if kept is not None:
        told |= {"kept_elsewhere": kept, "lost": max(kept - here, 0)}
    await record(tx, await people.instance(tx), "restored", CASE, {}, told)
    await jobs.enqueue(tx, KIND, {"after": 0}, key="round")
    return known


async def next_epoch(tx: Tx, seen: int | None) -> tuple[int, bool]:
    """The database is opened once more. `seen`: the number that the data folder remembers, None where it has none.

    Returns the new number, and whether this is a restored database: one that is older than the folder knows it, or
    that comes to a folder which doesn't know it at all.
    """
    held = await settings.get(tx, EPOCH)
    at = 0 if held is None else int(held)
    restored = held is not None and (seen is None or seen > at)
    if restored and await restorations.open_one(tx) is None:
        await begin(tx, await settings.changed_at(tx, EPOCH))
    number = max(at, seen or 0) + 1
    await settings.put(tx, EPOCH, str(number))
    return number, restored


async def tell_page(tx: Tx, urls: Urls, after: int) -> int | None:
    """Say of a page of our people how they stand now, wherever they are known; where to go on, None at the end."""
    page = await restorations.accounts(tx, after, PAGE)
    for account in page:
        await seats.lock(tx, account)
        await restorations.make_digests(tx, account)
        await profiles.tell_profile(tx, urls, account, ends=True)
    return page[-1] if len(page) == PAGE else None


async def hosts_to_ask(reader: Reader, count: int) -> list[str]:
    """Hosts whose software has to be known."""
    return await restorations.hosts_to_ask(reader, count)


async def look(tx: Tx) -> bool:
    """Who is in step by now? True while the restoration goes on, which then is looked at again."""
    going_on = await restorations.open_one(tx)
    if going_on is None:
        return False
    if not await restorations.untold(tx, going_on.begun_at):
        await restorations.mark_told(tx, going_on.begun_at)
    await restorations.mark_in_step(tx, tx.now - COMPARED, sorted(SPOKEN_BY))
    found = await restorations.counts(tx)
    if tx.now < going_on.until and (found.get("waiting") or found.get("told")):
        return True
    await _end(tx, going_on)
    return False


async def _end(tx: Tx, going_on: Restoration) -> None:
    in_step, known = await restorations.end(tx, going_on.id)
    told = {"in_step": in_step, "hosts": known, "hours": (tx.now - going_on.begun_at) // HOUR}
    await record(tx, await people.instance(tx), "restore_ended", CASE, {}, told)
    await jobs.enqueue(tx, "release_all", {"after": 0}, key="all")


async def release_page(tx: Tx, after: int) -> int | None:
    """Admission goes on: a page of our people look at their lines, and at what they tell newcomers."""
    page = await restorations.accounts(tx, after, PAGE)
    for account in page:
        await jobs.enqueue(tx, "release", {"account": account}, key=str(account))
        await seating.look_at_lock(tx, account)
    return page[-1] if len(page) == PAGE else None
