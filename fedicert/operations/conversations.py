"""Conversations: direct posts of one thread among the same people, each with a place and a mark of their own."""

from collections.abc import Iterable

from fedicert.base.errors import NotFound
from fedicert.store.tables import blocks, conversations, people
from fedicert.store.unit import Tx


async def enter(tx: Tx, status: int, thread: str, author: int, named: Iterable[int]) -> None:
    """A direct post was stored: it stands in the conversation of each of its people who lives here, unread for all but
    its author; the limits account keeps none. Who blocks the author has none with them."""
    parties = dict.fromkeys([author, *named])
    for account in parties:
        person = await people.by_id(tx, account)
        if person is None or not person.local or person.limits or await blocks.either(tx, account, author):
            continue
        others = [other for other in parties if other != account]
        identifier = await conversations.note(tx, account, thread, others, status, unread=account != author)
        tx.signal("conversation", account, identifier)


async def mark(tx: Tx, account: int, identifier: int, *, unread: bool) -> None:
    """It was read, or is to look as if it weren't. `NotFound`."""
    if not await conversations.set_unread(tx, account, identifier, unread):
        raise NotFound


async def remove(tx: Tx, account: int, identifier: int) -> None:
    """Take it out of one's list, until somebody says more in it. `NotFound`."""
    if not await conversations.owns(tx, account, identifier):
        raise NotFound
    await conversations.delete(tx, identifier)
