"""Somebody's own lists of accounts. Their timelines are with the others, their members with people."""

from fedicert.base.errors import NotFound
from fedicert.model.lists import ListRow
from fedicert.store.unit import Reader, Row, one_statement

_SELECT = "SELECT l.id, l.title, l.replies_policy, l.exclusive FROM lists l "


@one_statement
async def several(reader: Reader, viewer: int) -> list[ListRow]:
    """The viewer's lists, by name."""
    rows = await reader.all(_SELECT + "WHERE l.owner = $1 ORDER BY LOWER(l.title), l.id", viewer)
    return [_list(row) for row in rows]


async def one(reader: Reader, viewer: int, identifier: int) -> ListRow:
    """One of the viewer's lists. `NotFound`."""
    row = await reader.one(_SELECT + "WHERE l.owner = $1 AND l.id = $2", viewer, identifier)
    if row is None:
        raise NotFound
    return _list(row)


async def with_account(reader: Reader, viewer: int, account: int) -> list[ListRow]:
    """The viewer's lists that an account is on. `NotFound` for an unknown account."""
    if await reader.value("SELECT 1 FROM accounts WHERE id = $1 AND deleted_at IS NULL", account) is None:
        raise NotFound
    rows = await reader.all(
        _SELECT + "JOIN list_members m ON m.list = l.id WHERE l.owner = $1 AND m.account = $2"
        " ORDER BY LOWER(l.title), l.id",
        viewer,
        account,
    )
    return [_list(row) for row in rows]


def _list(row: Row) -> ListRow:
    return ListRow(row["id"], row["title"], row["replies_policy"], bool(row["exclusive"]))
