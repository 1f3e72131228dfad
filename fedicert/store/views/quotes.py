"""The quotes of a post."""

from fedicert.base.errors import NotFound
from fedicert.mastodon.paging import MAX_ID, Page
from fedicert.store.loaders import LIGHT, Slice, boost_joins, page, sees_item
from fedicert.store.sees import sees
from fedicert.store.shelf import Shelf
from fedicert.store.unit import Reader

_QUOTES = (
    f"SELECT i.id, {LIGHT} FROM statuses i {boost_joins('$1')} WHERE i.quote_of = $5 AND i.quote_state = 'accepted'"
    f" AND i.id < $2 AND i.id > $3 AND {sees_item('$1')} ORDER BY i.id "
)


async def of_status(reader: Reader, viewer: int, shelf: Shelf, part: Page, identifier: int) -> Slice:
    """Posts that quote a post with its author's leave, as far as the viewer may see them. `NotFound`."""
    seen = await reader.value(
        "SELECT 1 FROM statuses s JOIN accounts a ON a.id = s.author WHERE s.id = $2 AND " + sees("$1"),
        viewer,
        identifier,
    )
    if seen is None:
        raise NotFound
    rows = await reader.tuples(
        _QUOTES + ("ASC" if part.ascending else "DESC") + " LIMIT $4",
        viewer,
        MAX_ID if part.max_id is None else part.max_id,
        max(part.since_id or 0, part.min_id or 0),
        part.limit,
        identifier,
    )
    return await page(reader, shelf, rows, viewer=viewer, ascending=part.ascending)
