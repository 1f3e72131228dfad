"""How posts leave the store: out of homes, notifications and tables, with every boost of them. Tells no other server."""

from fedicert.base.errors import NotFound
from fedicert.operations import dispatch, pictures
from fedicert.store.tables import conversations, notifications, quotings, statuses
from fedicert.store.tables.statuses import Post
from fedicert.store.unit import Tx


async def erase(tx: Tx, post: Post, *, keep_pictures: bool = False) -> None:
    """Take a post, and every boost of it, out of the store; a tombstone stays. Tells no other server.

    `keep_pictures`: for a day, in case its author writes it anew with them.
    """
    if not await statuses.hold(tx, post.id):
        raise NotFound
    for identifier, booster, local in await statuses.boosts_of(tx, post.id):
        boost = await statuses.by_id(tx, identifier)
        assert boost is not None
        if local:
            # Where the Announce went the post is known: its Delete goes there too, and nothing more is announced.
            await dispatch.follow_up(tx, post.id, identifier)
        await forget(tx, boost)
        await statuses.count_for_author(tx, booster, -1)
    if post.local:
        await pictures.take_off(tx, post.id, keep=keep_pictures)
    await forget(tx, post)
    quote = post.row.quote
    if quote is not None and quote.id is not None and quote.state == "accepted":
        await quotings.count(tx, quote.id, -1)
    if post.row.in_reply_to_id is not None and post.counts:
        await statuses.add_reply(tx, post.row.in_reply_to_id, -1)
    if post.row.visibility != "direct":
        await statuses.count_for_author(tx, post.author, -1)
    await statuses.bury(tx, post.row.uri, post.author)


async def forget(tx: Tx, post: Post) -> None:
    """Take one row, and what hangs on it, out of homes, notifications and tables."""
    await dispatch.vanish(tx, post.id)
    await notifications.delete_of_status(tx, post.id)
    if post.row.visibility == "direct":
        await conversations.forget_status(tx, post.id)
    await statuses.remove(tx, post)
    tx.signal("status_deleted", post.id)
