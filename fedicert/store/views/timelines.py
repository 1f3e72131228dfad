"""Timelines: home, lists, public, by hashtag. Each is one statement for light rows; the rest is the loaders'.

Home and lists show what the gate put there. Public and tag timelines show what may be shown to strangers (law 5), and to
signed-in members, in the local timeline, also what their neighbours' tiers keep unlisted elsewhere.
"""

from collections.abc import Sequence

import msgspec

from fedicert.base.errors import NotFound
from fedicert.mastodon.paging import MAX_ID, Page
from fedicert.store.loaders import (
    LIGHT,
    LIGHT_PLAIN,
    NOBODY,
    Light,
    Slice,
    light_joins,
    page,
    sees_item,
    with_boosts,
)
from fedicert.store.sees import hears, no_block
from fedicert.store.shelf import Shelf
from fedicert.store.unit import Reader, quick

_NOT_GONE = "a.suspended_at IS NULL AND a.deleted_at IS NULL"
_FEED = "FROM feed f JOIN statuses s ON s.id = f.shown"
_PART = f"WHERE f.reader = $1 AND f.post < $2 AND f.post > $3 AND {_NOT_GONE}"
_HOME = (
    f"SELECT f.post, {LIGHT} {_FEED} {light_joins('$1')}"
    " LEFT JOIN statuses w ON w.id = CASE WHEN f.post <> f.shown THEN f.post END LEFT JOIN accounts b ON b.id = w.author"
    f" {_PART} AND b.suspended_at IS NULL"
    f" AND (w.id IS NULL OR ({no_block('$1', 's.author')} AND {no_block('$1', 'w.author')})) ORDER BY f.post "
)
# Whoever is followed isn't blocked: a block ends the follow and takes what they wrote out of the home (`dispatch.part`).
# So only what somebody boosted is looked at, and a page without boosts reads no blocks.
# The order and the bound are part of the text, so each direction is a statement of its own.
HOME_NEWEST = _HOME + "DESC LIMIT $4"
HOME_ABOVE = _HOME + "ASC LIMIT $4"

_HOME_PLAIN = f"SELECT f.post, {LIGHT_PLAIN} {_FEED} {light_joins('$1')} {_PART} ORDER BY f.post "
PLAIN_NEWEST = _HOME_PLAIN + "DESC LIMIT $4"
PLAIN_ABOVE = _HOME_PLAIN + "ASC LIMIT $4"

_LIST = (
    f"SELECT f.post, {LIGHT} FROM list_feed f JOIN lists i ON i.id = f.list JOIN statuses s ON s.id = f.shown"
    f" {light_joins('$1')} LEFT JOIN statuses w ON w.id = CASE WHEN f.post <> f.shown THEN f.post END"
    " LEFT JOIN accounts b ON b.id = w.author WHERE f.list = $5 AND i.owner = $1 AND f.post < $2 AND f.post > $3"
    f" AND {sees_item('$1')} AND b.suspended_at IS NULL ORDER BY f.post "
)

_SHOWABLE = f"{_NOT_GONE} AND a.silenced = 0 AND {no_block('$1', 's.author')} AND {hears('$1')} AND s.reblog_of IS NULL"
_PUBLIC = (
    f"SELECT s.id, {LIGHT_PLAIN} FROM statuses s {light_joins('$1')} WHERE s.id < $2 AND s.id > $3 AND {_SHOWABLE}"
)
_TAGGED = (
    f"SELECT x.status, {LIGHT_PLAIN} FROM tags t JOIN status_tags x ON x.tag = t.id"
    f" JOIN statuses s ON s.id = x.status {light_joins('$1')}"
    f" WHERE t.name = $5 AND x.status < $2 AND x.status > $3 AND {_SHOWABLE} AND s.listed = 1"
)
_TAGGED_ANY = (
    f"{_PUBLIC} AND s.listed = 1"
    " AND s.id IN (SELECT x.status FROM status_tags x JOIN tags t ON t.id = x.tag WHERE t.name {any_text:$5})"
)
_NO_ANSWERS = " AND (s.in_reply_to_uri IS NULL OR s.in_reply_to_account = s.author)"
_WITH_MEDIA = " AND s.attachments <> '[]'"


class Public(msgspec.Struct, frozen=True, kw_only=True):
    """Which public posts: of people here, of people elsewhere, with media."""

    local: bool = False
    remote: bool = False
    only_media: bool = False


class Tagged(msgspec.Struct, frozen=True, kw_only=True):
    """Which hashtags, in normal form: any of `any`, every one of `all`, none of `none`."""

    any: tuple[str, ...]
    all: tuple[str, ...] = ()
    none: tuple[str, ...] = ()


@quick
async def home(reader: Reader, viewer: int, shelf: Shelf, part: Page) -> Slice:
    """The home timeline of the viewer."""
    bounds = _bounds(part)
    rows: Sequence[Light] | None = None
    # A statement more costs SQLite less than eight empty columns a row; PostgreSQL it costs a trip.
    if reader.engine == "sqlite":
        plain = PLAIN_ABOVE if part.ascending else PLAIN_NEWEST
        rows = await with_boosts(reader, viewer, await reader.tuples(plain, viewer, *bounds, part.limit))
    if rows is None:
        whole = HOME_ABOVE if part.ascending else HOME_NEWEST
        rows = await reader.tuples(whole, viewer, *bounds, part.limit)
    return await page(reader, shelf, rows, logged_in=True, ascending=part.ascending)


async def of_list(reader: Reader, viewer: int, shelf: Shelf, part: Page, identifier: int) -> Slice:
    """The timeline of one of the viewer's own lists. `NotFound`."""
    if await reader.value("SELECT 1 FROM lists WHERE id = $1 AND owner = $2", identifier, viewer) is None:
        raise NotFound
    sql = _LIST + ("ASC" if part.ascending else "DESC") + " LIMIT $4"
    rows = await reader.tuples(sql, viewer, *_bounds(part), part.limit, identifier)
    return await page(reader, shelf, rows, logged_in=True, ascending=part.ascending)


async def public(reader: Reader, viewer: int | None, shelf: Shelf, part: Page, which: Public) -> Slice:
    """The public timeline: public posts that answer nobody else, no boosts."""
    if viewer is not None and which.local:
        listed = " AND s.listed > 0 AND s.local = 1"
    else:
        listed = " AND s.listed = 1" + _origin(which)
    sql = _PUBLIC + listed + _NO_ANSWERS + (_WITH_MEDIA if which.only_media else "") + _order(part)
    return await _plain(reader, viewer, shelf, part, sql)


async def tag(reader: Reader, viewer: int | None, shelf: Shelf, part: Page, which: Public, tags: Tagged) -> Slice:
    """Public posts with hashtags."""
    values: list[str | list[str]] = [tags.any[0] if len(tags.any) == 1 else list(tags.any)]
    sql = _TAGGED if len(tags.any) == 1 else _TAGGED_ANY
    sql += _origin(which) + (_WITH_MEDIA if which.only_media else "")
    for name in tags.all:
        values.append([name])
        sql += f" AND {_has_tag(len(values) + 4)}"
    if tags.none:
        values.append(list(tags.none))
        sql += f" AND NOT {_has_tag(len(values) + 4)}"
    sql += _order(part, "x.status" if len(tags.any) == 1 else "s.id")
    return await _plain(reader, viewer, shelf, part, sql, *values)


async def _plain(
    reader: Reader, viewer: int | None, shelf: Shelf, part: Page, sql: str, *more: str | list[str]
) -> Slice:
    rows = await reader.tuples(sql, viewer or NOBODY, *_bounds(part), part.limit, *more)
    return await page(reader, shelf, rows, logged_in=viewer is not None, ascending=part.ascending)


def _bounds(part: Page) -> tuple[int, int]:
    return (MAX_ID if part.max_id is None else part.max_id, max(part.since_id or 0, part.min_id or 0))


def _order(part: Page, by: str = "s.id") -> str:
    return f" ORDER BY {by} {'ASC' if part.ascending else 'DESC'} LIMIT $4"


def _origin(which: Public) -> str:
    return (" AND s.local = 1" if which.local else "") + (" AND s.local = 0" if which.remote else "")


def _has_tag(place: int) -> str:
    return (
        "EXISTS (SELECT 1 FROM status_tags y JOIN tags u ON u.id = y.tag"
        f" WHERE y.status = s.id AND u.name {{any_text:${place}}})"
    )
