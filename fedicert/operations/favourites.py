"""Liking and its undoing, through both doors. A like is told to the author alone; its numbers are of our rows only."""

from fedicert.activitypub import build
from fedicert.base.errors import Forbidden, NotFound
from fedicert.model.statuses import BOOKMARKED, FAVOURITED, REBLOGGED
from fedicert.model.urls import Urls
from fedicert.operations import dispatch, notices
from fedicert.operations.writing import MOVED
from fedicert.store.tables import marks, moves, people, statuses
from fedicert.store.tables.statuses import Post
from fedicert.store.unit import Tx


async def favourite(tx: Tx, urls: Urls, account: int, status: int) -> int:
    """Somebody here likes a post; returns the id of what was liked (of a boost: the boosted post)."""
    if await moves.moved_to(tx, account) is not None:
        raise Forbidden(MOVED)
    post = await seen(tx, status, account)
    uri = urls.activity(tx.new_id())
    if not await _like(tx, account, post, uri):
        return post.id
    await marks.set_bit(tx, account, post.id, FAVOURITED)
    if not post.author_local:
        person = await people.by_id(tx, account)
        assert person is not None
        document = build.like(uri, person.uri, post.row.uri, post.author_uri)
        await dispatch.answer(tx, account, [post.author], document, pair=f"{account}>{post.author}")
    return post.id


async def unfavourite(tx: Tx, urls: Urls, account: int, status: int) -> int:
    """Take a like back; nothing to undo is no error."""
    post = await done_to(tx, status, account)
    uri = await _unlike(tx, account, post)
    if uri is None:
        return post.id
    await marks.clear_bit(tx, account, post.id, FAVOURITED)
    if not post.author_local:
        person = await people.by_id(tx, account)
        assert person is not None
        liked = build.like(uri, person.uri, post.row.uri, post.author_uri)
        undone = build.undo(urls.activity(tx.new_id()), liked)
        await dispatch.answer(tx, account, [post.author], undone, pair=f"{account}>{post.author}")
    return post.id


async def receive_like(tx: Tx, account: int, thing: str, uri: str) -> bool:
    """A remote actor likes the post at `thing`; `uri` is the Like's id. False where it isn't theirs to see."""
    post = await statuses.visible_by_uri(tx, thing, account)
    if post is None or post.row.reblog_of_id is not None:
        return False
    await _like(tx, account, post, uri)
    return True


async def receive_unlike(tx: Tx, account: int, uri: str, thing: str) -> bool:
    """A remote actor takes their own like back, named by the Like's id or by what was liked; '' is unsaid (#38)."""
    found = await marks.favourite_by_uri(tx, account, uri) if uri else None
    post = None if found is None else await statuses.by_id(tx, found)
    if post is None and thing:
        post = await statuses.by_uri(tx, thing)
    return post is not None and await _unlike(tx, account, post) is not None


async def seen(tx: Tx, status: int, viewer: int) -> Post:
    """The post an act is about, where the viewer may see it: of a boost, what it boosts. Raises `NotFound`."""
    post = await statuses.visible(tx, status, viewer)
    if post is not None and post.row.reblog_of_id is not None:
        post = await statuses.visible(tx, post.row.reblog_of_id, viewer)
    if post is None:
        raise NotFound
    return post


async def done_to(tx: Tx, status: int, account: int) -> Post:
    """The post that an act to be taken back is about: one's own act is known, whether or not the post may still be seen.

    Raises `NotFound` where it may not be seen and nothing was done to it.
    """
    post = await statuses.by_id(tx, status)
    if post is not None and post.row.reblog_of_id is not None:
        post = await statuses.by_id(tx, post.row.reblog_of_id)
    if post is None or not (await marks.bits(tx, account, post.id) & (FAVOURITED | REBLOGGED | BOOKMARKED)):
        return await seen(tx, status, account)
    return post


async def _like(tx: Tx, account: int, post: Post, uri: str) -> bool:
    if not await marks.add_favourite(tx, account, post.id, uri):
        return False
    if not await statuses.add_favourite(tx, post.id, 1):
        raise NotFound
    await notices.notify(tx, post.author, "favourite", account, post.id)
    return True


async def _unlike(tx: Tx, account: int, post: Post) -> str | None:
    uri = await marks.remove_favourite(tx, account, post.id)
    if uri is not None:
        await statuses.add_favourite(tx, post.id, -1)
        await notices.withdraw(tx, post.author, account, ("favourite",), post.id)
    return uri
