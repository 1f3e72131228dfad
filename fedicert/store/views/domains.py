"""Domains that somebody hides from themselves."""

import msgspec

from fedicert.mastodon.paging import MAX_ID, Page
from fedicert.store.unit import Reader, one_statement


class Domains(msgspec.Struct, frozen=True):
    """A part of the list; the cursors of its ends, None where it is empty; `more`: it was full."""

    names: list[str]
    newest: int | None = None
    oldest: int | None = None
    more: bool = False


class Severed(msgspec.Struct, frozen=True):
    """How many follows would end both ways."""

    following: int
    followers: int


@one_statement
async def hidden(reader: Reader, viewer: int, part: Page) -> Domains:
    """Which, latest first; the cursors count rows."""
    order = "ASC" if part.ascending else "DESC"
    rows = await reader.all(
        f"SELECT id, domain FROM hidden_domains WHERE account = $1 AND id < $2 AND id > $3 ORDER BY id {order} LIMIT $4",
        viewer,
        MAX_ID if part.max_id is None else part.max_id,
        max(part.since_id or 0, part.min_id or 0),
        part.limit,
    )
    if not rows:
        return Domains([])
    if part.ascending:
        rows = rows[::-1]
    return Domains([row[1] for row in rows], rows[0][0], rows[-1][0], len(rows) >= part.limit)


@one_statement
async def severed(reader: Reader, viewer: int, domain: str) -> Severed:
    """What hiding a domain would end."""
    row = await reader.one(
        "SELECT (SELECT COUNT(*) FROM follows f JOIN accounts a ON a.id = f.followed WHERE f.follower = $1"
        " AND a.domain = $2), (SELECT COUNT(*) FROM follows f JOIN accounts a ON a.id = f.follower"
        " WHERE f.followed = $1 AND a.domain = $2)",
        viewer,
        domain,
    )
    assert row is not None
    return Severed(int(row[0]), int(row[1]))
