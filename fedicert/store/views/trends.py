"""What trends, for showing, and the listed posts it is counted from. What isn't listed any more is left out (law 5)."""

import msgspec

from fedicert.base.clock import DAY
from fedicert.base.ids import id_at
from fedicert.mastodon.paging import Page
from fedicert.model.lists import TagRow
from fedicert.reach.trends import DAYS, Trend, Use
from fedicert.store.loaders import NOBODY, by_ids
from fedicert.store.shapes import tags_of
from fedicert.store.shelf import Shelf
from fedicert.store.unit import Reader, one_statement
from fedicert.text.html import links_in

PAGE = 500
MOST_POSTS = 20_000
"""So many of the latest listed posts are counted: more would cost more than it tells."""

_history = msgspec.json.Decoder(tuple[tuple[int, int], ...])


@one_statement
async def uses(reader: Reader, before: int | None, bare: frozenset[str] = frozenset()) -> tuple[list[Use], int | None]:
    """A page of the listed posts of the last week, the newest first, behind one; and where to go on. `bare`: hosts whose
    links aren't counted."""
    rows = await reader.all(
        "SELECT s.id, s.author, s.created_at, s.content_html, s.tags, s.sensitive, s.in_reply_to_uri, a.discoverable,"
        " s.favourites_count + 2 * s.reblogs_count FROM statuses s JOIN accounts a ON a.id = s.author"
        " WHERE s.listed = 1 AND s.state = 'published' AND s.reblog_of IS NULL AND s.id >= $1 AND s.id < $2"
        " AND a.suspended_at IS NULL AND a.deleted_at IS NULL ORDER BY s.id DESC LIMIT $3",
        id_at(max(reader.now - (DAYS + 1) * DAY, 0)),
        2**63 - 1 if before is None else before,
        PAGE,
    )
    found = [
        Use(
            id=row[0],
            author=row[1],
            at=row[2],
            links=tuple(link for link in links_in(row[3]) if link.split("/")[2].lower() not in bare),
            tags=tags_of(row[4]),
            marks=row[8],
            shows=not row[5] and row[6] is None and bool(row[7]),
        )
        for row in rows
    ]
    return found, rows[-1][0] if len(rows) == PAGE else None


async def tags(reader: Reader, viewer: int | None, part: Page) -> list[tuple[TagRow, Trend]]:
    """Hashtags that trend, and how the viewer stands to them."""
    rows = await reader.all(
        "SELECT r.thing, r.history, t.id, f.id IS NOT NULL AS following, g.id IS NOT NULL AS featuring FROM trends r"
        " JOIN tags t ON t.name = r.thing LEFT JOIN followed_tags f ON f.tag = t.id AND f.account = $1"
        " LEFT JOIN featured_tags g ON g.tag = t.id AND g.account = $1 WHERE r.kind = 'tag' AND EXISTS"
        " (SELECT 1 FROM status_tags x JOIN statuses s ON s.id = x.status WHERE x.tag = t.id AND s.listed = 1)"
        " ORDER BY r.place LIMIT $2 OFFSET $3",
        viewer or NOBODY,
        part.limit,
        part.offset,
    )
    return [
        (
            TagRow(row["id"], row["thing"], bool(row["following"]), bool(row["featuring"])),
            Trend(thing=row["thing"], history=_history.decode(row["history"])),
        )
        for row in rows
    ]


async def statuses(reader: Reader, viewer: int | None, shelf: Shelf, part: Page) -> list[bytes]:
    """Posts that trend and that the viewer may see, as long as they are listed."""
    rows = await reader.all(
        "SELECT s.id FROM trends r JOIN statuses s ON s.id = CAST(r.thing AS BIGINT) WHERE r.kind = 'status'"
        " AND s.listed = 1 ORDER BY r.place LIMIT $1 OFFSET $2",
        part.limit,
        part.offset,
    )
    wanted = [row[0] for row in rows]
    found = await by_ids(reader, viewer, shelf, wanted, heard=True)
    return [found[identifier] for identifier in wanted if identifier in found]


@one_statement
async def links(reader: Reader, _viewer: int | None, part: Page) -> list[Trend]:
    """Links that trend."""
    rows = await reader.all(
        "SELECT thing, history FROM trends WHERE kind = 'link' ORDER BY place LIMIT $1 OFFSET $2",
        part.limit,
        part.offset,
    )
    return [Trend(thing=row["thing"], history=_history.decode(row["history"])) for row in rows]
