"""Hashtags that somebody follows, and those they show on their profile. Nobody is told who follows which."""

from fedicert.base.errors import NotFound, Unprocessable
from fedicert.operations import dispatch
from fedicert.operations.writing import open_seat
from fedicert.store.tables import hashtags
from fedicert.store.unit import Tx
from fedicert.text.compose import is_tag, normal_tag

MOST_FOLLOWED = 1_000
MOST_FEATURED = 10


async def follow(tx: Tx, account: int, name: str) -> None:
    """Posts with this hashtag come home from now on, as far as tag timelines show them. Raises `Unprocessable`."""
    if await hashtags.count_followed(tx, account) >= MOST_FOLLOWED:
        raise Unprocessable(f"Validation failed: You can follow at most {MOST_FOLLOWED} hashtags")
    await hashtags.follow(tx, account, await _known(tx, name))


async def unfollow(tx: Tx, account: int, name: str) -> None:
    """They come home no longer; what came by this hashtag alone leaves. Nothing to undo is no error."""
    tag = await hashtags.find(tx, normal_tag(name))
    if tag is not None and await hashtags.unfollow(tx, account, tag):
        await dispatch.leave_tag(tx, account, tag)


async def feature(tx: Tx, account: int, name: str) -> int:
    """Show a hashtag on the profile; the id of its row. Raises `Unprocessable`, `Forbidden`."""
    await open_seat(tx, account)
    tag = await _known(tx, name)
    if not await hashtags.is_featured(tx, account, tag) and await hashtags.count_featured(tx, account) >= MOST_FEATURED:
        raise Unprocessable("Validation failed: You have already featured the maximum number of hashtags")
    return await hashtags.feature(tx, account, tag, name.strip().lstrip("#"))


async def unfeature(tx: Tx, account: int, name: str) -> None:
    """Show it no longer; nothing to undo is no error."""
    tag = await hashtags.find(tx, normal_tag(name))
    if tag is not None:
        await hashtags.unfeature(tx, account, tag)


async def unfeature_row(tx: Tx, account: int, row_id: int) -> None:
    """The same, named by its row. `NotFound` where it isn't one's own."""
    if not await hashtags.unfeature_row(tx, account, row_id):
        raise NotFound


async def _known(tx: Tx, name: str) -> int:
    bare = name.strip().lstrip("#")
    if not is_tag(bare):
        raise Unprocessable("Validation failed: Tag is invalid", {"name": [("ERR_INVALID", "is invalid")]})
    return await hashtags.known(tx, normal_tag(bare))
