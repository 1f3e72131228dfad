"""Blocking: ends both follows, frees slots, and is told to the other server. Unblocking restores nothing."""

from fedicert.activitypub import build
from fedicert.base.errors import NotFound, Unprocessable
from fedicert.model.urls import Urls
from fedicert.operations import dispatch, follows
from fedicert.store.tables import blocks, people, seats
from fedicert.store.unit import Tx


async def block(tx: Tx, urls: Urls, account: int, target: int) -> None:
    """Somebody here blocks somebody: the client's door."""
    if account == target:
        raise Unprocessable("You can't block yourself")
    await seats.hold(tx, account, target)
    person, other = await people.by_id(tx, account), await people.by_id(tx, target)
    if person is None or other is None:
        raise NotFound
    uri = urls.activity(tx.new_id())
    if not await blocks.insert(tx, account, target, uri):
        return
    await follows.sever(tx, urls, account, target)
    if not other.local:
        document = build.block(uri, person.uri, other.uri)
        await dispatch.answer(tx, account, [target], document, pair=f"{account}>{target}")


async def unblock(tx: Tx, urls: Urls, account: int, target: int) -> None:
    """Take a block back. The follows it ended stay ended (docs/law.md, Cases)."""
    uri = await blocks.delete(tx, account, target)
    person, other = await people.by_id(tx, account), await people.by_id(tx, target)
    if uri is None or person is None or other is None or other.local:
        return
    document = build.undo(urls.activity(tx.new_id()), build.block(uri, person.uri, other.uri))
    await dispatch.answer(tx, account, [target], document, pair=f"{account}>{target}")


async def receive_block(tx: Tx, urls: Urls, account: int, target: int, uri: str) -> None:
    """A remote actor blocks somebody here: both follows end. It isn't shown to the blocked (federation.md §4)."""
    await seats.hold(tx, target)
    if await blocks.insert(tx, account, target, uri):
        await follows.sever(tx, urls, account, target)


async def receive_unblock(tx: Tx, account: int, target: int) -> bool:
    """A remote actor took a block back; False where there was none."""
    return await blocks.delete(tx, account, target) is not None
