"""Reports, for those who look after the place, and one's own as it was filed."""

from collections.abc import Sequence

from fedicert.base.errors import NotFound
from fedicert.mastodon.paging import MAX_ID, Page
from fedicert.model.reports import ReportView
from fedicert.store.reported import REPORTS, report_views
from fedicert.store.unit import Reader


async def several(
    reader: Reader,
    viewer: int,
    part: Page,
    resolved: bool,
    reporter: int | None,
    target: int | None,
    without: Sequence[int] = (),
) -> list[ReportView]:
    """A part of the list, newest first. For moderators. `without`: accounts whose reports aren't for the viewer."""
    rows = await reader.all(
        f"{REPORTS} acted_at IS {'NOT NULL' if resolved else 'NULL'} AND id < $1 AND id > $2"
        " AND (CAST($4 AS BIGINT) = 0 OR reporter = $4)"
        " AND (CAST($5 AS BIGINT) = 0 OR target = $5) AND NOT (target {any_id:$6})"
        f" ORDER BY id {'ASC' if part.ascending else 'DESC'} LIMIT $3",
        MAX_ID if part.max_id is None else part.max_id,
        max(part.since_id or 0, part.min_id or 0),
        part.limit,
        reporter or 0,
        target or 0,
        list(without),
    )
    return await report_views(reader, viewer, rows[::-1] if part.ascending else rows, whole=True)


async def one(reader: Reader, viewer: int, identifier: int) -> ReportView:
    """One, for moderators. Raises `NotFound`."""
    found = await report_views(reader, viewer, await reader.all(f"{REPORTS} id = $1", identifier), whole=True)
    if not found:
        raise NotFound
    return found[0]


async def filed(reader: Reader, viewer: int, identifier: int) -> ReportView:
    """One that the viewer filed. Raises `NotFound`."""
    found = await report_views(
        reader, viewer, await reader.all(f"{REPORTS} id = $1 AND reporter = $2", identifier, viewer)
    )
    if not found:
        raise NotFound
    return found[0]
