"""Somebody's own filters, to be shown and to be applied. A fixed number of statements, however many there are."""

from collections.abc import Iterable
from typing import TypeVar

import msgspec

from fedicert.base.errors import NotFound
from fedicert.model.lists import FilterRow, FilterStatusRow, KeywordRow
from fedicert.store.unit import Reader

T = TypeVar("T")

_contexts = msgspec.json.Decoder(tuple[str, ...])


async def several(reader: Reader, viewer: int) -> list[FilterRow]:
    """The viewer's filters, with their words and posts, those that expired included."""
    return await _filters(reader, viewer, None)


async def one(reader: Reader, viewer: int, identifier: int) -> FilterRow:
    """One of the viewer's filters. `NotFound`."""
    found = await _filters(reader, viewer, identifier)
    if not found:
        raise NotFound
    return found[0]


async def numbered(reader: Reader, viewer: int) -> tuple[int, list[FilterRow]]:
    """The viewer's filters, and the number that they have now (0 without any)."""
    number = await reader.value("SELECT filters FROM local_accounts WHERE id = $1", viewer)
    return number or 0, await _filters(reader, viewer, None)


async def of_keyword(reader: Reader, viewer: int, keyword: int) -> FilterRow:
    """The filter that a word stands in. `NotFound`."""
    found = await reader.value(
        "SELECT k.filter FROM filter_keywords k JOIN filters f ON f.id = k.filter WHERE k.id = $1 AND f.owner = $2",
        keyword,
        viewer,
    )
    return await one(reader, viewer, found or 0)


async def of_status(reader: Reader, viewer: int, row_id: int) -> FilterRow:
    """The filter that a post's row stands in. `NotFound`."""
    found = await reader.value(
        "SELECT x.filter FROM filter_statuses x JOIN filters f ON f.id = x.filter WHERE x.id = $1 AND f.owner = $2",
        row_id,
        viewer,
    )
    return await one(reader, viewer, found or 0)


async def _filters(reader: Reader, viewer: int, identifier: int | None) -> list[FilterRow]:
    rows = await reader.all(
        "SELECT id, title, contexts, action, expires_at FROM filters WHERE owner = $1"
        " AND (CAST($2 AS BIGINT) IS NULL OR id = $2) ORDER BY id",
        viewer,
        identifier,
    )
    if not rows:
        return []
    wanted = [row["id"] for row in rows]
    words = await reader.all(
        "SELECT filter, id, keyword, whole_word FROM filter_keywords WHERE filter {any_id:$1} ORDER BY id", wanted
    )
    posts = await reader.all(
        "SELECT filter, id, status FROM filter_statuses WHERE filter {any_id:$1} ORDER BY id", wanted
    )
    keywords = _by_filter((row[0], KeywordRow(row[1], row[2], bool(row[3]))) for row in words)
    statuses = _by_filter((row[0], FilterStatusRow(row[1], row[2])) for row in posts)
    return [
        FilterRow(
            id=row["id"],
            title=row["title"],
            contexts=_contexts.decode(row["contexts"]),
            action=row["action"],
            expires_at=row["expires_at"],
            keywords=tuple(keywords.get(row["id"], ())),
            statuses=tuple(statuses.get(row["id"], ())),
        )
        for row in rows
    ]


def _by_filter(pairs: Iterable[tuple[int, T]]) -> dict[int, list[T]]:
    found: dict[int, list[T]] = {}
    for identifier, thing in pairs:
        found.setdefault(identifier, []).append(thing)
    return found
