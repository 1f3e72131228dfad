"""Pinned posts: a few of one's own that the profile shows first, told to the audience (FEDERATION.md: featured)."""

from collections.abc import Callable

from fedicert.activitypub import build
from fedicert.activitypub.types import Document
from fedicert.base.errors import NotFound, Unprocessable
from fedicert.model.statuses import PINNED
from fedicert.model.urls import Urls
from fedicert.operations import dispatch
from fedicert.operations.boosts import OUTSIDE
from fedicert.operations.writing import open_seat
from fedicert.reach.limits import standing_of
from fedicert.store.tables import marks, statuses
from fedicert.store.tables.seats import Seat
from fedicert.store.tables.statuses import Post
from fedicert.store.unit import Tx

MOST = 5


async def pin(tx: Tx, urls: Urls, account: int, status: int) -> int:
    """Pin one's own post; returns its id. Raises `NotFound`, `Unprocessable` with the sentences clients know."""
    seat = await open_seat(tx, account)
    post = await _seen(tx, account, status)
    if post.author != account:
        raise Unprocessable("Validation failed: Someone else's post cannot be pinned")
    if post.row.reblog_of_id is not None:
        raise Unprocessable("Validation failed: A boost cannot be pinned")
    if post.row.visibility == "direct":
        raise Unprocessable("Validation failed: Posts that are only visible to mentioned users cannot be pinned")
    if post.kept_only:
        raise Unprocessable(f"Validation failed: {OUTSIDE}")
    if await marks.bits(tx, account, status) & PINNED:
        return status
    if await marks.count_bit(tx, account, PINNED) >= MOST:
        raise Unprocessable("Validation failed: You have already pinned the maximum number of posts")
    await marks.set_bit(tx, account, status, PINNED)
    await _tell(tx, urls, seat, post, build.add_featured)
    return status


async def unpin(tx: Tx, urls: Urls, account: int, status: int) -> int:
    """Unpin; nothing to undo is no error. Raises `NotFound`."""
    seat = await open_seat(tx, account, retracts=True)
    post = await _seen(tx, account, status)
    if post.author == account and await marks.bits(tx, account, status) & PINNED:
        await marks.clear_bit(tx, account, status, PINNED)
        await _tell(tx, urls, seat, post, build.remove_featured)
    return status


async def _seen(tx: Tx, account: int, status: int) -> Post:
    post = await statuses.visible(tx, status, account)
    if post is None:
        raise NotFound
    return post


async def _tell(tx: Tx, urls: Urls, seat: Seat, post: Post, say: Callable[[str, str, str, str], Document]) -> None:
    if not post.counts:
        return  # the collection has only what everybody may see
    document: Document = say(urls.activity(tx.new_id()), seat.uri, post.row.uri, urls.featured(seat.username))
    await dispatch.spread(
        tx,
        seat.account,
        document,
        act="tell",
        thing=seat.account,
        visibility="public",
        standing=standing_of(seat.limits),
        through=seat.admitted_seq,
    )
