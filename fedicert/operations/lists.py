"""Lists: made, changed, who is on them. A matter between a person and their own home: nobody else is told.

Only whom one follows (or asks to), and oneself, can be put on a list. What a list's timeline shows is the gate's.
"""

from collections.abc import Sequence

import msgspec

from fedicert.base.errors import NotFound, Unprocessable
from fedicert.operations import dispatch
from fedicert.store.tables import lists, people
from fedicert.store.tables.lists import List
from fedicert.store.unit import Tx

MOST = 50
LONGEST_TITLE = 256
MOST_AT_ONCE = 200


class ListChange(msgspec.Struct, frozen=True, kw_only=True):
    """What a list is to be; None leaves what is there."""

    title: str | None = None
    replies_policy: str | None = None
    exclusive: bool | None = None


async def create(tx: Tx, owner: int, wanted: ListChange) -> int:
    """Make a list; its id. Raises `Unprocessable`."""
    if await lists.count(tx, owner) >= MOST:
        raise Unprocessable("Validation failed: You have reached the maximum number of lists")
    title = _title(wanted.title or "")
    return await lists.insert(tx, owner, title, wanted.replies_policy or "list", bool(wanted.exclusive))


async def change(tx: Tx, owner: int, identifier: int, wanted: ListChange) -> None:
    """Rename a list or change its rules. Made exclusive, its members leave the home; made open, they come back."""
    before = await _own(tx, owner, identifier)
    after = List(
        id=before.id,
        owner=owner,
        title=before.title if wanted.title is None else _title(wanted.title),
        replies_policy=wanted.replies_policy or before.replies_policy,
        exclusive=before.exclusive if wanted.exclusive is None else wanted.exclusive,
    )
    await lists.put(tx, after)
    if after.exclusive and not before.exclusive:
        await dispatch.keep_apart(tx, identifier, owner)
    elif before.exclusive and not after.exclusive:
        for member in await lists.members(tx, identifier):
            await dispatch.catch_up(tx, owner, member)


async def delete(tx: Tx, owner: int, identifier: int) -> None:
    """A list goes; whom it kept out of the home comes back. `NotFound`."""
    found = await _own(tx, owner, identifier)
    members = await lists.members(tx, identifier) if found.exclusive else []
    await dispatch.empty_list(tx, identifier)
    await lists.delete(tx, identifier)
    for member in members:
        await dispatch.catch_up(tx, owner, member)


async def add(tx: Tx, owner: int, identifier: int, accounts: Sequence[int]) -> None:
    """Put people on a list, with their latest posts; all of them or none. Raises `NotFound`, `Unprocessable`."""
    found = await _own(tx, owner, identifier)
    wanted = list(dict.fromkeys(accounts))
    if len(wanted) > MOST_AT_ONCE:
        raise Unprocessable(f"Validation failed: At most {MOST_AT_ONCE} accounts can be added at once")
    for account in wanted:
        if await people.by_id(tx, account) is None:
            raise NotFound
    if set(wanted) - await lists.followed(tx, owner, wanted):
        raise Unprocessable("Validation failed: Account must be a followed account")
    new = [account for account in wanted if await lists.add(tx, identifier, account)]
    for account in new:
        await dispatch.catch_up(tx, owner, account)
    if found.exclusive and new:
        await dispatch.keep_apart(tx, identifier, owner)


async def remove(tx: Tx, owner: int, identifier: int, accounts: Sequence[int]) -> None:
    """Take people off a list; who isn't on it is no error. `NotFound`."""
    await _own(tx, owner, identifier)
    for account in dict.fromkeys(accounts):
        if await lists.remove(tx, identifier, account):
            await dispatch.leave_list(tx, identifier, owner, account)


async def _own(tx: Tx, owner: int, identifier: int) -> List:
    found = await lists.own(tx, owner, identifier)
    if found is None:
        raise NotFound
    return found


def _title(text: str) -> str:
    title = " ".join(text.split())
    if not title:
        raise Unprocessable("Validation failed: Title can't be blank", {"title": [("ERR_BLANK", "can't be blank")]})
    if len(title) > LONGEST_TITLE:
        fault = f"is longer than {LONGEST_TITLE} characters"
        raise Unprocessable(f"Validation failed: Title {fault}", {"title": [("ERR_TOO_LONG", fault)]})
    return title
