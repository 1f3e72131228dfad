"""Cursors in, Link headers out. Knows no table: what a cursor counts is the caller's business."""

from collections.abc import Iterable, Mapping
from urllib.parse import quote

import msgspec

MAX_ID = 2**63 - 1
_CURSORS = frozenset({"max_id", "since_id", "min_id", "offset"})


class Page(msgspec.Struct, frozen=True):
    """What part of a list is asked for, newest first.

    `max_id`: older than that; `since_id`: the newest that are newer than that; `min_id`: those right above it.
    """

    limit: int
    max_id: int | None = None
    since_id: int | None = None
    min_id: int | None = None
    offset: int = 0

    @property
    def ascending(self) -> bool:
        """Must rows be selected oldest first (and turned round)? So it is for `min_id`."""
        return self.min_id is not None


def read_page(parameters: Mapping[str, object], default: int, maximum: int) -> Page:
    """Read the cursors; a limit is clamped to 1..maximum, what can't be read is as if it weren't there."""
    limit = _number(parameters.get("limit"))
    return Page(
        limit=default if limit is None else min(max(limit, 1), maximum),
        max_id=_number(parameters.get("max_id")),
        since_id=_number(parameters.get("since_id")),
        min_id=_number(parameters.get("min_id")),
        offset=min(_number(parameters.get("offset")) or 0, 100_000),
    )


def link_header(
    url: str,
    parameters: Iterable[tuple[str, str]],
    oldest: int | None,
    newest: int | None,
    more: bool = True,
) -> str:
    """The Link header of a page; '' for an empty page, on which clients would loop for ever.

    `url`: absolute, without query. `parameters`: those of the request; its cursors are replaced, the rest is kept.
    `oldest` and `newest` are the cursors at the page's ends; without `more` there is no next page.
    """
    if oldest is None or newest is None:
        return ""
    kept = [pair for pair in parameters if pair[0] not in _CURSORS]
    links = []
    if more:
        links.append(f'<{_with(url, kept, "max_id", oldest)}>; rel="next"')
    links.append(f'<{_with(url, kept, "min_id", newest)}>; rel="prev"')
    return ", ".join(links)


def offset_link_header(url: str, parameters: Iterable[tuple[str, str]], page: Page, count: int) -> str:
    """The Link header of lists that are paged by offset; `count` is how many this page has, '' where it goes on nowhere."""
    kept = [pair for pair in parameters if pair[0] not in _CURSORS]
    links = []
    if count >= page.limit:
        links.append(f'<{_with(url, kept, "offset", page.offset + page.limit)}>; rel="next"')
    if page.offset and count:
        links.append(f'<{_with(url, kept, "offset", max(page.offset - page.limit, 0))}>; rel="prev"')
    return ", ".join(links)


def _with(url: str, kept: list[tuple[str, str]], name: str, value: int) -> str:
    pairs = [*kept, (name, str(value))]
    # Brackets stay as they are: `types[]` is how clients write them.
    return f"{url}?" + "&".join(f"{quote(key, safe='[]')}={quote(item, safe='')}" for key, item in pairs)


def _number(value: object) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        value = int(value) if value.isascii() and value.isdecimal() and len(value) <= 19 else None
    return value if isinstance(value, int) and 0 <= value <= MAX_ID else None
