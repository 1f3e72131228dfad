"""What a person was told, newest first. Nothing of blocked or vanished people, nothing about posts they can't see."""

from collections.abc import Sequence

import msgspec

from fedicert.base.errors import NotFound
from fedicert.mastodon.paging import MAX_ID, Page
from fedicert.model.notifications import ABOUT_REPORT, ABOUT_STATUS, NotificationView
from fedicert.model.reports import ReportView
from fedicert.store.loaders import accounts, statuses, warnings
from fedicert.store.reported import REPORTS, report_views
from fedicert.store.told import FROM, Wanted, narrowed
from fedicert.store.unit import Reader, Row

_SELECT = "SELECT n.id, n.type, n.from_account, n.status, n.created_at, n.group_key, n.decision" + FROM


class Told(msgspec.Struct, frozen=True):
    """A part of the list; the cursors of its ends, None where it is empty; `more`: it was full."""

    items: list[NotificationView]
    newest: int | None = None
    oldest: int | None = None
    more: bool = False


async def several(reader: Reader, viewer: int, part: Page, wanted: Wanted) -> Told:
    """A page."""
    where, values = narrowed(wanted, 4)
    order = "ASC" if part.ascending else "DESC"
    rows = await reader.all(
        f"{_SELECT} AND n.id < $2 AND n.id > $3{where} ORDER BY n.id {order} LIMIT $4",
        viewer,
        MAX_ID if part.max_id is None else part.max_id,
        max(part.since_id or 0, part.min_id or 0),
        part.limit,
        *values,
    )
    if not rows:
        return Told([])
    if part.ascending:
        rows = rows[::-1]
    return Told(await _views(reader, viewer, rows), rows[0]["id"], rows[-1]["id"], len(rows) >= part.limit)


async def one(reader: Reader, viewer: int, identifier: int) -> NotificationView:
    """One. `NotFound`."""
    found = await _views(reader, viewer, await reader.all(f"{_SELECT} AND n.id = $2", viewer, identifier))
    if not found:
        raise NotFound
    return found[0]


async def unread(reader: Reader, viewer: int, wanted: Wanted, most: int) -> int:
    """How many came since what the viewer has read last (the marker), counted up to `most`."""
    where, values = narrowed(wanted, 2)
    counted = await reader.value(
        f"SELECT COUNT(*) FROM ({_SELECT} AND n.id > COALESCE((SELECT last_read_id FROM markers"
        f" WHERE account = $1 AND timeline = 'notifications'), 0){where} LIMIT $2) AS newer",
        viewer,
        most,
        *values,
    )
    return int(counted)


async def _views(reader: Reader, viewer: int, rows: Sequence[Row]) -> list[NotificationView]:
    people = await accounts(reader, {row["from_account"] for row in rows})
    about = await statuses(reader, viewer, {row["status"] for row in rows if row["status"] is not None})
    reported = await _reports(reader, viewer, [row["status"] for row in rows if row["type"] == ABOUT_REPORT])
    warned = await warnings(reader, viewer, {row["decision"] for row in rows if row["decision"] is not None})
    return [
        NotificationView(
            id=row["id"],
            type=row["type"],
            created_at=row["created_at"],
            account=people[row["from_account"]],
            status=about.get(row["status"]),
            report=reported.get(row["status"]),
            warning=warned.get(row["decision"]),
            group_key=row["group_key"],
        )
        for row in rows
        if row["type"] not in ABOUT_STATUS or row["status"] in about
    ]


async def _reports(reader: Reader, viewer: int, identifiers: Sequence[int]) -> dict[int, ReportView]:
    if not identifiers:
        return {}
    rows = await reader.all(f"{REPORTS}id {{any_id:$1}}", list(identifiers))
    return {view.report.id: view for view in await report_views(reader, viewer, rows)}
