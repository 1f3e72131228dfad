"""Importing lists from elsewhere: whom one follows, blocks, mutes, puts on lists, hides, and which posts one keeps.

A line does what its person could do by hand, under the same limits, through the same operations; done twice it changes
nothing. What a limit refuses stays there to be tried again: nothing is lost. Followers can't be imported.
"""

from collections.abc import Sequence

from fedicert.base.clock import DAY, HOUR
from fedicert.base.errors import Conflict, Forbidden, NotFound, TooManyRequests
from fedicert.mastodon.csv_files import Kind, Line
from fedicert.model.urls import Urls
from fedicert.operations import addressing, blocks, bookmarks, follows, jobs, lists, mutes, telling
from fedicert.operations.follows import Options
from fedicert.operations.lists import ListChange
from fedicert.operations.writing import MOVED
from fedicert.reach.strangers import Refusal
from fedicert.store.tables import follows as follow_rows
from fedicert.store.tables import imports, people, seats
from fedicert.store.tables import lists as list_rows
from fedicert.store.tables.imports import Import, Waiting
from fedicert.store.unit import Reader, Tx

__all__ = [
    "Import", "Waiting", "again", "all_of", "apply", "begin", "failed", "forget", "go_on", "left", "own", "page", "put_off",
]  # fmt: skip

A_DAY = 10
SHOWN = 20
TRIES = 3
KEPT = 60 * DAY
FULL = "You follow as many people as your tier lets you; it waits here until you follow fewer, or rise"


async def begin(tx: Tx, account: int, kind: Kind, lines: Sequence[Line]) -> int:
    """Take a file in; a job goes through it. Raises Conflict, TooManyRequests, Forbidden."""
    seat = await seats.lock(tx, account)
    if seat is None:
        raise NotFound
    if seat.closed:
        raise Forbidden("This account is closed")
    if seat.moved:
        raise Forbidden(MOVED)
    if any(one.kind == kind and one.state == "running" for one in await imports.of(tx, account, SHOWN)):
        raise Conflict("Another file of this kind is being imported; wait until that is done")
    if await imports.begun_since(tx, account, tx.now - DAY) >= A_DAY:
        raise TooManyRequests(f"At most {A_DAY} files can be imported a day", DAY // 1000)
    identifier = tx.new_id()
    await imports.insert(tx, identifier, account, kind, lines)
    await _ask(tx, identifier)
    return identifier


async def again(tx: Tx, account: int, identifier: int) -> None:
    """Try once more what didn't come in. Raises NotFound."""
    found = await own(tx, account, identifier)
    if await imports.again(tx, found.id):
        await _ask(tx, found.id)


async def own(reader: Reader, account: int, identifier: int) -> Import:
    """One of somebody's own. Raises NotFound."""
    found = await imports.one(reader, identifier)
    if found is None or found.account != account:
        raise NotFound
    return found


async def all_of(reader: Reader, account: int) -> list[Import]:
    """The latest of somebody."""
    return await imports.of(reader, account, SHOWN)


async def left(reader: Reader, account: int, identifier: int) -> tuple[Kind, list[tuple[Line, str]]]:
    """What didn't come in, and why. Raises NotFound."""
    found = await own(reader, account, identifier)
    return found.kind, await imports.left(reader, found.id)


async def page(reader: Reader, identifier: int, count: int) -> tuple[Import, list[Waiting]] | None:
    """The import and some lines whose turn it is; None where it isn't there any more."""
    found = await imports.one(reader, identifier)
    return None if found is None else (found, await imports.waiting(reader, identifier, count))


async def apply(tx: Tx, urls: Urls, found: Import, row: Waiting, target: int) -> bool:
    """Do what a line says, in the unit that says it is done. `target`: the account, or the post, that it names.

    False where the day's follow requests are used up: this line and the others wait for the next. Raises what doing it by
    hand raises.
    """
    account, line = found.account, row.line
    if found.kind == "following":
        if account != target:
            options = Options(line.reblogs, line.notify, line.languages or None)
            refusal = await _rate(tx, account, target) or await follows.follow(tx, urls, account, target, options)
            if refusal is not None and refusal.limit == "rate":
                await _wait_for(tx, found, refusal.frees_at or tx.now + DAY)
                return False
            if refusal is not None:
                await imports.settle(tx, found.id, row.place, "over", FULL)
                return True
    elif found.kind == "blocks":
        await blocks.block(tx, urls, account, target)
    elif found.kind == "mutes":
        await mutes.mute(tx, account, target, notifications=line.notifications)
    elif found.kind == "domain_blocks":
        await mutes.hide_domain(tx, urls, account, line.name)
    elif found.kind == "bookmarks":
        await bookmarks.bookmark(tx, account, target)
    else:
        await lists.add(tx, account, await _list(tx, account, line.list), [target])
    await imports.settle(tx, found.id, row.place, "done", "")
    return True


async def _rate(tx: Tx, account: int, target: int) -> Refusal | None:
    """Would one more follow request be too many today? Seen beforehand: nothing is refused that is done tomorrow."""
    other = await people.by_id(tx, target)
    if other is None or other.local:
        return None  # no request goes out; and of two who live here the locks are taken in one order, by `follow`
    seat = await seats.lock(tx, account)
    if seat is None or await follow_rows.between(tx, account, target) is not None:
        return None
    return await addressing.would_be_too_often(tx, seat, "Follow")


async def _wait_for(tx: Tx, found: Import, moment: int) -> None:
    """All that is left goes on by itself at a moment (ms); its person is told how much that is, once a day."""
    await imports.put_all_off(tx, found.id, moment)
    state = await imports.one(tx, found.id)
    assert state is not None
    values = {"done": state.done, "waiting": state.waiting}
    await telling.tell(tx, found.account, "import_waits", once=f"import waits:{found.id}:{moment}", values=values)


async def _list(tx: Tx, account: int, title: str) -> int:
    """The list of this title, made where there is none."""
    for identifier in await list_rows.of(tx, account):
        there = await list_rows.own(tx, account, identifier)
        if there is not None and there.title == " ".join(title.split()):
            return identifier
    return await lists.create(tx, account, ListChange(title=title))


async def failed(tx: Tx, found: Import, row: Waiting, why: str) -> None:
    """A line that can't be done, and why."""
    await imports.settle(tx, found.id, row.place, "failed", why[:500])


async def put_off(tx: Tx, found: Import, row: Waiting, why: str, pause: int, *, tried: bool) -> None:
    """A line that may be done later. After a few tries it counts as failed."""
    if tried and row.tries + 1 >= TRIES:
        await failed(tx, found, row, why)
    else:
        await imports.put_off(tx, found.id, row.place, tx.now + pause, tried=tried)


async def go_on(tx: Tx, identifier: int, pause: int) -> None:
    """Ask for the next lines, after a pause (ms) at least; or it is done, which its person is told once."""
    due = await imports.next_due(tx, identifier)
    if due is not None:
        await _ask(tx, identifier, max(due, tx.now + pause))
        return
    found = await imports.one(tx, identifier)
    if found is None or not await imports.end(tx, identifier):
        return
    if found.over or found.failed:
        kind = "import_left"
        values = {"done": found.done, "over": found.over, "failed": found.failed}
    else:
        kind, values = "import_done", {"done": found.done}
    await telling.tell(tx, found.account, kind, once=f"import:{identifier}:{tx.now // HOUR}", values=values)


async def _ask(tx: Tx, identifier: int, due: int | None = None) -> None:
    await jobs.enqueue(tx, "import", {"import": identifier}, key=str(identifier), due=due)


async def forget(tx: Tx, most: int) -> int:
    """Forget what was brought long ago; how many."""
    return await imports.forget(tx, tx.now - KEPT, most)
