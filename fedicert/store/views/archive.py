"""Everything that somebody here said and is, for the archive they take out: page by page, whatever became of them."""

from collections.abc import Sequence
from typing import Any

import msgspec

from fedicert.mastodon.csv_files import Line
from fedicert.model.statuses import StatusRow
from fedicert.store.shapes import STATUS_COLUMNS, status_row
from fedicert.store.unit import Reader

_texts = msgspec.json.Decoder(tuple[str, ...])
_ACCT = "a.username || '@' || CASE WHEN a.domain = '' THEN CAST($2 AS TEXT) ELSE a.domain END"


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """A post or a boost of one's own, whoever it was for. `boosted`: the address of what is boosted, '' for a post."""

    row: StatusRow
    in_reply_to: str
    conversation: str
    boosted: str
    boosted_author: str


class Rows(msgspec.Struct, frozen=True):
    """A page: the rows, and behind which id the next begins; None at the end."""

    rows: list[Any]
    after: int | None


async def about(reader: Reader, account: int) -> dict[str, Any]:
    """What they say of themselves, and their settings, as they stand."""
    row = await reader.one(
        "SELECT a.uri, a.username, a.type, a.display_name, a.note_html, l.note_text, a.fields, l.fields_text, a.url,"
        " a.locked, a.discoverable, a.indexable, a.also_known_as, a.created_at, a.suspended_at, l.role, t.name AS tier,"
        " l.default_visibility, l.default_sensitive, l.default_language, l.hide_collections, g.email, g.locale,"
        " m.uri AS moved_to FROM accounts a JOIN local_accounts l ON l.id = a.id JOIN tiers t ON t.id = l.tier"
        " LEFT JOIN logins g ON g.id = l.login LEFT JOIN accounts m ON m.id = a.moved_to WHERE a.id = $1",
        account,
    )
    assert row is not None
    plain = (
        "uri", "username", "type", "display_name", "note_html", "note_text", "url", "created_at", "suspended_at", "role",
        "tier", "default_visibility", "default_language", "email", "locale", "moved_to",
    )  # fmt: skip
    flags = ("locked", "discoverable", "indexable", "default_sensitive", "hide_collections")
    found: dict[str, Any] = {name: row[name] for name in plain} | {name: bool(row[name]) for name in flags}
    for name in ("fields", "fields_text", "also_known_as"):
        found[name] = msgspec.json.decode(row[name])
    return found


async def posts(reader: Reader, account: int, after: int, count: int) -> Rows:
    """Posts and boosts of every visibility, oldest first."""
    rows = await reader.all(
        f"SELECT {STATUS_COLUMNS}, s.conversation, s.in_reply_to_uri, p.uri AS parent_uri, b.uri AS boosted_uri,"
        " ba.uri AS boosted_by FROM statuses s LEFT JOIN statuses b ON b.id = s.reblog_of"
        " LEFT JOIN accounts ba ON ba.id = b.author LEFT JOIN statuses p ON p.id = s.in_reply_to_id"
        " WHERE s.author = $1 AND s.id > $2 AND s.state = 'published' ORDER BY s.id LIMIT $3",
        account,
        after,
        count,
    )
    found = [
        Said(
            row=status_row(row),
            in_reply_to=row["parent_uri"] or row["in_reply_to_uri"] or "",
            conversation=row["conversation"],
            boosted=row["boosted_uri"] or "",
            boosted_author=row["boosted_by"] or "",
        )
        for row in rows
    ]
    return Rows(found, rows[-1]["id"] if len(rows) == count else None)


async def count_posts(reader: Reader, account: int) -> int:
    """How many there are."""
    return int(await reader.value("SELECT COUNT(*) FROM statuses WHERE author = $1 AND state = 'published'", account))


async def unsent(reader: Reader, account: int, after: int, count: int) -> Rows:
    """What they wrote and didn't send yet."""
    return await _rows(
        reader,
        "SELECT id, text, spoiler_text, visibility, state, created_at FROM statuses WHERE author = $1 AND id > $2"
        " AND state <> 'published' ORDER BY id LIMIT $3",
        ("id", "text", "spoiler_text", "visibility", "state", "created_at"),
        account,
        after,
        count,
    )


async def likes(reader: Reader, account: int, after: int, count: int) -> Rows:
    """Addresses of the posts they like."""
    return await _addresses(reader, "favourites", account, after, count)


async def bookmarks(reader: Reader, account: int, after: int, count: int) -> Rows:
    """Addresses of the posts they keep."""
    return await _addresses(reader, "bookmarks", account, after, count)


async def _addresses(reader: Reader, table: str, account: int, after: int, count: int) -> Rows:
    rows = await reader.all(
        f"SELECT f.id, s.uri FROM {table} f JOIN statuses s ON s.id = f.status WHERE f.account = $1 AND f.id > $2"
        " ORDER BY f.id LIMIT $3",
        account,
        after,
        count,
    )
    return Rows([row[1] for row in rows], rows[-1][0] if len(rows) == count else None)


async def licences(reader: Reader, account: int) -> list[tuple[int, str]]:
    """Their credentials: (number, the document)."""
    rows = await reader.all(
        "SELECT number, document FROM licences WHERE account = $1 AND document <> '' ORDER BY number", account
    )
    return [(row[0], row[1]) for row in rows]


async def filters(reader: Reader, account: int) -> list[dict[str, Any]]:
    """Their filters, and the hashtags they follow."""
    found = await _rows(
        reader,
        "SELECT id, title, contexts, action, expires_at FROM filters WHERE owner = $1 AND id > $2 ORDER BY id LIMIT $3",
        ("id", "title", "contexts", "action", "expires_at"),
        account,
        0,
        10_000,
    )
    tags = await reader.all(
        "SELECT t.name FROM followed_tags f JOIN tags t ON t.id = f.tag WHERE f.account = $1 ORDER BY t.name", account
    )
    return [{"filters": found.rows, "followed_hashtags": [row[0] for row in tags]}]


async def pictures(reader: Reader, account: int, after: int, count: int) -> Rows:
    """Files of theirs: what for, and the name on the disk."""
    return await _rows(
        reader,
        "SELECT id, purpose, file, status FROM media WHERE owner = $1 AND id > $2 AND state IN ('free', 'used')"
        " ORDER BY id LIMIT $3",
        ("id", "purpose", "file", "status"),
        account,
        after,
        count,
    )


async def lines(reader: Reader, kind: str, account: int, domain: str, after: int, count: int) -> Rows:
    """A page of one of their lists as CSV files have it. `domain`: ours."""
    rows = await reader.all(_LISTS[kind], account, domain, after, count)
    return Rows([_line(kind, row) for row in rows], rows[-1][0] if len(rows) == count else None)


_LISTS = {
    "following": f"SELECT f.id, {_ACCT}, f.reblogs, f.notify, f.languages FROM follows f JOIN accounts a"
    " ON a.id = f.followed WHERE f.follower = $1 AND f.state <> 'trimmed' AND f.id > $3 ORDER BY f.id LIMIT $4",
    "followers": f"SELECT f.id, {_ACCT} FROM follows f JOIN accounts a ON a.id = f.follower WHERE f.followed = $1"
    " AND f.state IN ('admitted', 'paused') AND f.id > $3 ORDER BY f.id LIMIT $4",
    "blocks": f"SELECT b.id, {_ACCT} FROM blocks b JOIN accounts a ON a.id = b.target WHERE b.account = $1"
    " AND b.id > $3 ORDER BY b.id LIMIT $4",
    "mutes": f"SELECT m.id, {_ACCT}, m.notifications FROM mutes m JOIN accounts a ON a.id = m.target"
    " WHERE m.account = $1 AND m.id > $3 ORDER BY m.id LIMIT $4",
    "domain_blocks": "SELECT h.id, h.domain FROM hidden_domains h WHERE h.account = $1 AND h.id > $3"
    " AND CAST($2 AS TEXT) <> '' ORDER BY h.id LIMIT $4",
    "lists": f"SELECT m.id, {_ACCT}, l.title FROM list_members m JOIN lists l ON l.id = m.list"
    " JOIN accounts a ON a.id = m.account WHERE l.owner = $1 AND m.id > $3 ORDER BY m.id LIMIT $4",
    "bookmarks": "SELECT k.id, s.uri FROM bookmarks k JOIN statuses s ON s.id = k.status WHERE k.account = $1"
    " AND k.id > $3 AND CAST($2 AS TEXT) <> '' ORDER BY k.id LIMIT $4",
}
KINDS: Sequence[str] = tuple(_LISTS)


def _line(kind: str, row: Any) -> Line:
    if kind == "following":
        return Line(name=row[1], reblogs=bool(row[2]), notify=bool(row[3]), languages=_texts.decode(row[4]))
    if kind == "mutes":
        return Line(name=row[1], notifications=bool(row[2]))
    return Line(name=row[1], list=row[2]) if kind == "lists" else Line(name=row[1])


async def _rows(reader: Reader, sql: str, names: Sequence[str], account: int, after: int, count: int) -> Rows:
    rows = await reader.all(sql, account, after, count)
    return Rows([{name: row[name] for name in names} for row in rows], rows[-1][0] if len(rows) == count else None)
