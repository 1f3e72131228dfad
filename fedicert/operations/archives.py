"""Taking everything out: asking for an archive, and who may have it. Whatever became of the account: also when suspended,
also when it moved or settles. Making one is a job's (`jobs/archives.py`)."""

from fedicert.base.clock import DAY
from fedicert.base.errors import Conflict, NotFound, TooManyRequests
from fedicert.operations import jobs, telling
from fedicert.operations.ledger import record
from fedicert.store.tables import archives, people, seats
from fedicert.store.tables.archives import Archive
from fedicert.store.unit import Reader, Tx

__all__ = [
    "Archive", "all_of", "ask", "forget", "forget_all", "made", "one", "own", "removed", "to_remove", "told", "wanted",
]  # fmt: skip

A_DAY = 3
SHOWN = 10
KEPT = 7 * DAY
REMEMBERED = 60 * DAY
CLEAR = "clear_archives"
AT_ONCE = 50


async def ask(tx: Tx, account: int, file: str) -> int:
    """Ask for one's archive; its id. `file`: a fresh name for it. Raises Conflict, TooManyRequests, NotFound."""
    seat = await seats.lock(tx, account)
    if seat is None or await people.is_gone(tx, account):
        raise NotFound
    for earlier in await archives.of(tx, account, SHOWN):
        if earlier.state == "asked" and earlier.asked_at > tx.now - DAY:
            raise Conflict("An archive is being made already")
        if earlier.state == "asked":
            await archives.set_state(tx, earlier.id, "failed")
    if await archives.asked_since(tx, account, tx.now - DAY) >= A_DAY:
        raise TooManyRequests(f"At most {A_DAY} archives are made a day", DAY // 1000)
    identifier = tx.new_id()
    await archives.insert(tx, identifier, account, file)
    await told(tx, account)
    await jobs.enqueue(tx, "archive", {"archive": identifier}, key=str(identifier))
    return identifier


async def all_of(reader: Reader, account: int) -> list[Archive]:
    """The latest of somebody."""
    return await archives.of(reader, account, SHOWN)


async def own(reader: Reader, account: int, identifier: int) -> Archive:
    """One of somebody's own. Raises NotFound."""
    found = await archives.one(reader, identifier)
    if found is None or found.account != account:
        raise NotFound
    return found


async def one(reader: Reader, identifier: int) -> Archive:
    """Anybody's, for who runs this server. Raises NotFound."""
    found = await archives.one(reader, identifier)
    if found is None:
        raise NotFound
    return found


async def told(tx: Tx, account: int) -> None:
    """Everything of somebody was taken out: that stands on their ledger."""
    await record(tx, account, "taken_out", "taking out", {}, {})


async def wanted(reader: Reader, identifier: int) -> Archive | None:
    """The archive, where somebody still waits for it."""
    found = await archives.one(reader, identifier)
    return found if found is not None and found.state == "asked" else None


async def made(tx: Tx, identifier: int, size: int) -> None:
    """It lies there; its person is told, and in a week it goes."""
    if not await archives.ready(tx, identifier, size):
        await jobs.enqueue(tx, CLEAR, {}, key="all")
        return
    found = await archives.one(tx, identifier)
    assert found is not None
    await telling.tell(tx, found.account, "archive_ready", once=f"archive:{identifier}")
    await jobs.enqueue(tx, CLEAR, {}, key=f"at:{tx.now + KEPT}", due=tx.now + KEPT + 1)


async def forget_all(tx: Tx, account: int) -> None:
    """Somebody is gone, and so is what they took out."""
    await archives.give_up(tx, account)
    await jobs.enqueue(tx, CLEAR, {}, key="all")


async def to_remove(tx: Tx) -> list[tuple[int, str]]:
    """Some files that are to go: (id, name)."""
    await archives.expire(tx, tx.now - KEPT)
    return [(one.id, one.file) for one in await archives.to_remove(tx, AT_ONCE)]


async def removed(tx: Tx, identifiers: list[int]) -> None:
    """They are gone."""
    await archives.removed(tx, identifiers)


async def forget(tx: Tx, most: int) -> int:
    """Forget what was asked for long ago; how many."""
    return await archives.forget(tx, tx.now - REMEMBERED, most)
