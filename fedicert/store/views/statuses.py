"""Posts as somebody may see them: one, several, what stands around one, an account's, kept and liked ones.

What may not be seen is as if it weren't there: `NotFound`, with the same words for all.
"""

from collections.abc import Sequence

import msgspec

from fedicert.base.errors import NotFound
from fedicert.mastodon.paging import MAX_ID, Page
from fedicert.model.accounts import AccountRow, is_limits
from fedicert.model.statuses import PINNED, MentionRow, StatusEditRow, StatusRow, StatusView
from fedicert.store.loaders import (
    LIGHT,
    NOBODY,
    Slice,
    account_bytes,
    accounts,
    boost_joins,
    by_ids,
    page,
    rendered,
    sees_item,
    statuses,
)
from fedicert.store.sees import sees
from fedicert.store.shapes import STATUS_COLUMNS, media_of, status_row
from fedicert.store.shelf import Shelf
from fedicert.store.unit import Reader

MOST_AROUND = 4_096
STRANGERS_ANCESTORS = 40
STRANGERS_DESCENDANTS = 60

_ONE = f"SELECT i.id, {LIGHT} FROM statuses i {boost_joins('$1')} WHERE i.id = $2 AND {sees_item('$1')}"
_ROW = f"SELECT {STATUS_COLUMNS} FROM statuses s JOIN accounts a ON a.id = s.author WHERE s.id = $1 AND " + sees("$2")
_ABOVE = (
    "WITH RECURSIVE up(id, parent) AS (SELECT id, in_reply_to_id FROM statuses WHERE id = $1"
    " UNION SELECT s.id, s.in_reply_to_id FROM up JOIN statuses s ON s.id = up.parent)"
    " SELECT id, parent FROM up LIMIT $2"
)
_BELOW = (
    "WITH RECURSIVE down(id, parent) AS (SELECT id, in_reply_to_id FROM statuses WHERE in_reply_to_id = $1"
    " UNION SELECT s.id, s.in_reply_to_id FROM down JOIN statuses s ON s.in_reply_to_id = down.id)"
    " SELECT id, parent FROM down LIMIT $2"
)


class AccountFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which posts of an account. `tagged`: a hashtag in normal form, '' for any."""

    pinned: bool = False
    exclude_replies: bool = False
    exclude_reblogs: bool = False
    only_media: bool = False
    tagged: str = ""


class Around(msgspec.Struct, frozen=True):
    """What stands around a post: ancestors root first, descendants depth-first; each the bytes of a Status."""

    ancestors: list[bytes]
    descendants: list[bytes]


async def one(reader: Reader, viewer: int | None, shelf: Shelf, identifier: int) -> bytes:
    """A post, or a boost."""
    rows = await reader.tuples(_ONE, viewer or NOBODY, identifier)
    if not rows:
        raise NotFound
    return (await rendered(reader, shelf, rows, logged_in=viewer is not None))[0]


async def whole(reader: Reader, viewer: int | None, identifier: int) -> StatusView:
    """A post, or a boost, as values."""
    found = await statuses(reader, viewer, [identifier])
    if identifier not in found:
        raise NotFound
    return found[identifier]


async def several(reader: Reader, viewer: int | None, shelf: Shelf, identifiers: Sequence[int]) -> list[bytes]:
    """Those of these posts that may be seen, in the order asked for, each once."""
    found = await by_ids(reader, viewer, shelf, identifiers)
    return [found[identifier] for identifier in dict.fromkeys(identifiers) if identifier in found]


async def context(reader: Reader, viewer: int | None, shelf: Shelf, identifier: int) -> Around:
    """What stands around a post, people aside whom the viewer muted. Without a login at most 40 above and 60 below."""
    post = await _visible(reader, viewer, identifier)
    start = post.id if post.reblog_of_id is None else post.reblog_of_id
    above = _chain(start, {row[0]: row[1] for row in await reader.all(_ABOVE, start, MOST_AROUND)})
    below = _depth_first(start, [(row[0], row[1]) for row in await reader.all(_BELOW, start, MOST_AROUND)])
    if viewer is None:
        above, below = above[:STRANGERS_ANCESTORS], below[:STRANGERS_DESCENDANTS]
    found = await by_ids(reader, viewer, shelf, [*above, *below], heard=True)
    return Around(
        [found[one_above] for one_above in reversed(above) if one_above in found],
        [found[one_below] for one_below in below if one_below in found],
    )


async def source(reader: Reader, viewer: int, identifier: int) -> StatusRow:
    """One's own post as it was typed."""
    post = await _visible(reader, viewer, identifier)
    if post.author_id != viewer or post.reblog_of_id is not None:
        raise NotFound
    return post


async def history(reader: Reader, viewer: int | None, identifier: int) -> tuple[list[StatusEditRow], AccountRow]:
    """Every state of a post, oldest first, the present one last; and its author."""
    post = await _visible(reader, viewer, identifier)
    rows = await reader.all(
        "SELECT content_html, spoiler_text, sensitive, attachments, created_at FROM status_edits WHERE status = $1"
        " ORDER BY id",
        identifier,
    )
    states = [
        StatusEditRow(
            content_html=row["content_html"],
            spoiler_text=row["spoiler_text"],
            sensitive=bool(row["sensitive"]),
            created_at=row["created_at"],
            emojis=post.emojis,
            media=media_of(row["attachments"]),
        )
        for row in rows
    ]
    states.append(
        StatusEditRow(
            content_html=post.content_html,
            spoiler_text=post.spoiler_text,
            sensitive=post.sensitive,
            created_at=post.created_at if post.edited_at is None else post.edited_at,
            emojis=post.emojis,
            media=post.media,
        )
    )
    return states, (await accounts(reader, [post.author_id]))[post.author_id]


async def of_account(
    reader: Reader, viewer: int | None, shelf: Shelf, part: Page, account: int, which: AccountFilter
) -> Slice:
    """An account's posts and boosts, as far as the viewer may see them. `NotFound` for an unknown account."""
    if await reader.value("SELECT 1 FROM accounts WHERE id = $1 AND deleted_at IS NULL", account) is None:
        raise NotFound
    sql = (
        f"SELECT i.id, {LIGHT} FROM statuses i {boost_joins('$1')}"
        f" WHERE i.author = $5 AND i.id < $2 AND i.id > $3 AND {sees_item('$1')}"
    )
    values: list[object] = [account]
    if which.pinned:
        sql += (
            " AND EXISTS (SELECT 1 FROM marks pm WHERE pm.account = i.author AND pm.status = i.id"
            f" AND pm.bits & {PINNED} <> 0)"
        )
    if which.exclude_reblogs:
        sql += " AND i.reblog_of IS NULL"
    if which.exclude_replies:
        sql += " AND (i.in_reply_to_uri IS NULL OR i.in_reply_to_account = i.author)"
    if which.only_media:
        sql += " AND i.reblog_of IS NULL AND i.attachments <> '[]'"
    if which.tagged:
        values.append(which.tagged)
        sql += (
            " AND EXISTS (SELECT 1 FROM status_tags x JOIN tags t ON t.id = x.tag"
            " WHERE x.status = i.id AND t.name = $6)"
        )
    sql += f" ORDER BY i.id {'ASC' if part.ascending else 'DESC'} LIMIT $4"
    rows = await reader.tuples(sql, viewer or NOBODY, *_bounds(part), part.limit, *values)
    return await page(reader, shelf, rows, logged_in=viewer is not None, ascending=part.ascending)


async def bookmarked(reader: Reader, viewer: int, shelf: Shelf, part: Page) -> Slice:
    """What the viewer keeps, last kept first. Its cursors count bookmarks, not posts."""
    return await _kept(reader, viewer, shelf, part, "bookmarks")


async def favourited(reader: Reader, viewer: int, shelf: Shelf, part: Page) -> Slice:
    """What the viewer likes, last liked first. Its cursors count likes, not posts."""
    return await _kept(reader, viewer, shelf, part, "favourites")


async def favourited_by(reader: Reader, viewer: int | None, shelf: Shelf, part: Page, identifier: int) -> Slice:
    """Who likes a post; the cursors count likes."""
    post = await _visible(reader, viewer, identifier)
    return await _people(
        reader, viewer, shelf, part, "SELECT k.id, k.account FROM favourites k WHERE k.status = $1", _inner(post)
    )


async def reblogged_by(reader: Reader, viewer: int | None, shelf: Shelf, part: Page, identifier: int) -> Slice:
    """Who boosted a post for everybody to see; the cursors count boosts."""
    post = await _visible(reader, viewer, identifier)
    return await _people(
        reader,
        viewer,
        shelf,
        part,
        "SELECT k.id, k.author FROM statuses k WHERE k.reblog_of = $1 AND k.visibility IN ('public', 'unlisted')",
        _inner(post),
    )


async def people_named(reader: Reader, names: Sequence[str], domain: str) -> dict[str, MentionRow]:
    """Whom the names of a text mean, as far as they are known: `user` or `user@domain`, lower case → who.

    `domain`: ours, so that `user@domain` finds people here. The limits account is nobody to be mentioned (law 8).
    """
    keys = {name: name.removesuffix(f"@{domain}") for name in names}
    rows = await reader.all(
        "SELECT id, uri, username, username_key, domain, url FROM accounts WHERE suspended_at IS NULL"
        " AND deleted_at IS NULL AND username_key {any_text:$1}",
        list({key.partition("@")[0] for key in keys.values()}),
    )
    known = {f"{row['username_key']}@{row['domain']}" if row["domain"] else row["username_key"]: row for row in rows}
    return {
        name: MentionRow(
            row["id"],
            row["username"],
            row["url"],
            f"{row['username']}@{row['domain']}" if row["domain"] else row["username"],
            row["uri"],
        )
        for name, key in keys.items()
        if (row := known.get(key)) is not None and not is_limits(row["username"], row["domain"])
    }


async def _visible(reader: Reader, viewer: int | None, identifier: int) -> StatusRow:
    row = await reader.one(_ROW, identifier, viewer or NOBODY)
    if row is None:
        raise NotFound
    return status_row(row)


def _inner(post: StatusRow) -> int:
    return post.id if post.reblog_of_id is None else post.reblog_of_id


async def _kept(reader: Reader, viewer: int, shelf: Shelf, part: Page, table: str) -> Slice:
    sql = (
        f"SELECT k.id, {LIGHT} FROM {table} k JOIN statuses i ON i.id = k.status {boost_joins('$1')}"
        f" WHERE k.account = $1 AND k.id < $2 AND k.id > $3 AND {sees_item('$1')}"
        f" ORDER BY k.id {'ASC' if part.ascending else 'DESC'} LIMIT $4"
    )
    rows = await reader.tuples(sql, viewer, *_bounds(part), part.limit)
    return await page(reader, shelf, rows, logged_in=True, ascending=part.ascending)


async def _people(reader: Reader, viewer: int | None, shelf: Shelf, part: Page, sql: str, about: int) -> Slice:
    order = "ASC" if part.ascending else "DESC"
    rows = await reader.all(
        f"{sql} AND k.id < $2 AND k.id > $3 ORDER BY k.id {order} LIMIT $4", about, *_bounds(part), part.limit
    )
    if not rows:
        return Slice([])
    if part.ascending:
        rows = rows[::-1]
    found = await account_bytes(reader, viewer, shelf, [row[1] for row in rows])
    return Slice([found[row[1]] for row in rows if row[1] in found], rows[0][0], rows[-1][0])


def _bounds(part: Page) -> tuple[int, int]:
    return (MAX_ID if part.max_id is None else part.max_id, max(part.since_id or 0, part.min_id or 0))


def _chain(start: int, parents: dict[int, int | None]) -> list[int]:
    """From a post's parent up. A circle, which only a hostile server can make, ends where it began."""
    found: dict[int, None] = {}
    at = parents.get(start)
    while at is not None and at not in found and at != start:
        found[at] = None
        at = parents.get(at)
    return list(found)


def _depth_first(start: int, rows: Sequence[tuple[int, int]]) -> list[int]:
    children: dict[int, list[int]] = {}
    for identifier, parent in rows:
        children.setdefault(parent, []).append(identifier)
    for answers in children.values():
        answers.sort(reverse=True)
    found: dict[int, None] = {}
    waiting = list(children.get(start, ()))
    while waiting:
        at = waiting.pop()
        if at not in found and at != start:
            found[at] = None
            waiting += children.get(at, ())
    return list(found)
