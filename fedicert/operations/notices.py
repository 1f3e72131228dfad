"""What a person is told happened: notifications. Only local people have them; blocked senders never reach them."""

from collections.abc import Sequence

from fedicert.base.errors import NotFound
from fedicert.store.tables import blocks, notifications, people
from fedicert.store.unit import Tx


async def notify(tx: Tx, account: int, kind: str, from_account: int, status: int | None) -> None:
    """Tell `account` of an act of another; nothing for remote accounts, one's own acts, and blocked people."""
    if account == from_account:
        return
    person = await people.by_id(tx, account)
    if person is None or not person.local or await blocks.exists(tx, account, from_account):
        return
    identifier = tx.new_id()
    if await notifications.insert(tx, identifier, account, kind, from_account, status):
        tx.signal("notification", account, identifier)


async def withdraw(tx: Tx, account: int, from_account: int, kinds: Sequence[str], status: int | None = None) -> None:
    """The act was undone: the notification goes."""
    await notifications.delete(tx, account, from_account, kinds, status)


async def dismiss(tx: Tx, account: int, identifier: int) -> None:
    """One was read and is wanted no longer. `NotFound` where it isn't one's own."""
    if not await notifications.delete_one(tx, account, identifier):
        raise NotFound


async def clear(tx: Tx, account: int) -> None:
    """None is wanted any longer. What waits for an answer, a follow request, waits all the same."""
    await notifications.delete_all(tx, account)
