"""Hashtags as somebody stands to them: one, those they follow, those that a profile shows and might show."""

from collections.abc import Sequence

import msgspec

from fedicert.base.errors import NotFound
from fedicert.mastodon.paging import MAX_ID, Page
from fedicert.model.lists import FeaturedTagRow, TagRow
from fedicert.store.loaders import NOBODY
from fedicert.store.unit import Reader, Row, one_statement

SUGGESTED = 10

_STANDING = (
    "SELECT t.id, t.name, f.id IS NOT NULL AS following, g.id IS NOT NULL AS featuring FROM tags t"
    " LEFT JOIN followed_tags f ON f.tag = t.id AND f.account = $1"
    " LEFT JOIN featured_tags g ON g.tag = t.id AND g.account = $1"
)
# What everybody may see of an account, boosts aside.
_OPEN = "s.author = $1 AND s.state = 'published' AND s.visibility IN ('public', 'unlisted') AND s.reblog_of IS NULL"


class Tags(msgspec.Struct, frozen=True):
    """A part of a list of hashtags; the cursors of its ends, None where it is empty; `more`: it was full."""

    rows: list[TagRow]
    newest: int | None = None
    oldest: int | None = None
    more: bool = False


@one_statement
async def named(reader: Reader, viewer: int | None, names: Sequence[str]) -> list[TagRow]:
    """These hashtags (normal form) in their order, those that nobody used yet included."""
    rows = await reader.all(f"{_STANDING} WHERE t.name {{any_text:$2}}", viewer or NOBODY, list(names))
    found = {row["name"]: _tag(row) for row in rows}
    return [found.get(name, TagRow(0, name)) for name in names]


async def followed(reader: Reader, viewer: int, part: Page) -> Tags:
    """The hashtags that the viewer follows, latest first; the cursors count follows."""
    order = "ASC" if part.ascending else "DESC"
    rows = await reader.all(
        f"{_STANDING.replace('SELECT t.id', 'SELECT f.id AS place, t.id')} WHERE f.account = $1 AND f.id < $2"
        f" AND f.id > $3 ORDER BY f.id {order} LIMIT $4",
        viewer,
        MAX_ID if part.max_id is None else part.max_id,
        max(part.since_id or 0, part.min_id or 0),
        part.limit,
    )
    if not rows:
        return Tags([])
    if part.ascending:
        rows = rows[::-1]
    return Tags([_tag(row) for row in rows], rows[0]["place"], rows[-1]["place"], len(rows) >= part.limit)


async def featured(reader: Reader, _viewer: int | None, account: int) -> list[FeaturedTagRow]:
    """The hashtags that an account's profile shows, most used first. `NotFound`."""
    if await reader.value("SELECT 1 FROM accounts WHERE id = $1 AND deleted_at IS NULL", account) is None:
        raise NotFound
    rows = await reader.all(
        "SELECT g.id, g.name, COUNT(s.id) AS used, MAX(s.created_at) AS latest FROM featured_tags g"
        f" LEFT JOIN status_tags x ON x.tag = g.tag LEFT JOIN statuses s ON s.id = x.status AND {_OPEN}"
        " WHERE g.account = $1 GROUP BY g.id, g.name ORDER BY used DESC, g.id",
        account,
    )
    return [
        FeaturedTagRow(id=row["id"], name=row["name"], statuses_count=row["used"], last_status_at=row["latest"])
        for row in rows
    ]


async def own_featured(reader: Reader, viewer: int) -> list[FeaturedTagRow]:
    """The same of the viewer."""
    return await featured(reader, viewer, viewer)


@one_statement
async def used_most(reader: Reader, viewer: int) -> list[TagRow]:
    """What the viewer might show: the hashtags they use most and don't show yet."""
    rows = await reader.all(
        "SELECT t.id, t.name, EXISTS (SELECT 1 FROM followed_tags f WHERE f.tag = t.id AND f.account = $1) AS following,"
        f" 1 = 0 AS featuring FROM statuses s JOIN status_tags x ON x.status = s.id JOIN tags t ON t.id = x.tag"
        f" WHERE {_OPEN}"
        " AND NOT EXISTS (SELECT 1 FROM featured_tags g WHERE g.tag = t.id AND g.account = $1)"
        f" GROUP BY t.id, t.name ORDER BY COUNT(*) DESC, t.id LIMIT {SUGGESTED}",
        viewer,
    )
    return [_tag(row) for row in rows]


def _tag(row: Row) -> TagRow:
    return TagRow(row["id"], row["name"], bool(row["following"]), bool(row["featuring"]))
