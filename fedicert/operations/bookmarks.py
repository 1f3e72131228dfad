"""Bookmarks: a matter between a person and their own list. Nobody is told, no number changes."""

from fedicert.model.statuses import BOOKMARKED
from fedicert.operations.favourites import done_to, seen
from fedicert.store.tables import marks
from fedicert.store.unit import Tx


async def bookmark(tx: Tx, account: int, status: int) -> int:
    """Keep a post; returns the id of what was kept (of a boost: the boosted post)."""
    post = await seen(tx, status, account)
    await marks.add_bookmark(tx, account, post.id)
    await marks.set_bit(tx, account, post.id, BOOKMARKED)
    return post.id


async def unbookmark(tx: Tx, account: int, status: int) -> int:
    """Keep it no longer; nothing to undo is no error."""
    post = await done_to(tx, status, account)
    await marks.remove_bookmark(tx, account, post.id)
    await marks.clear_bit(tx, account, post.id, BOOKMARKED)
    return post.id
