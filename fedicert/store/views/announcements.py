"""Announcements that are shown now: until their end, or for 90 days."""

from fedicert.base.clock import DAY
from fedicert.model.announcements import AnnouncementRow, ReactionRow
from fedicert.store.unit import Reader

SHOWN_FOR = 90 * DAY
MOST = 40


async def shown(reader: Reader, viewer: int, with_dismissed: bool) -> list[AnnouncementRow]:
    """What the viewer is told, the oldest first; what they put aside only if asked for."""
    rows = await reader.all(
        "SELECT a.id, a.text, a.starts_at, a.ends_at, a.published_at, a.updated_at, r.account IS NOT NULL AS seen"
        " FROM announcements a LEFT JOIN announcement_reads r ON r.announcement = a.id AND r.account = $1"
        " WHERE COALESCE(a.ends_at, a.published_at + $2) > $3 AND ($4 = 1 OR r.account IS NULL)"
        " ORDER BY a.id DESC LIMIT $5",
        viewer,
        SHOWN_FOR,
        reader.now,
        int(with_dismissed),
        MOST,
    )
    signs = await reader.all(
        "SELECT announcement, name, COUNT(*), SUM(CASE WHEN account = $2 THEN 1 ELSE 0 END), MIN(created_at)"
        " FROM announcement_reactions WHERE announcement {any_id:$1} GROUP BY announcement, name ORDER BY 5, 2",
        [row[0] for row in rows],
        viewer,
    )
    return [
        AnnouncementRow(
            id=row[0],
            text=row[1],
            starts_at=row[2],
            ends_at=row[3],
            published_at=row[4],
            updated_at=row[5],
            read=bool(row[6]),
            reactions=tuple(ReactionRow(sign[1], int(sign[2]), bool(sign[3])) for sign in signs if sign[0] == row[0]),
        )
        for row in reversed(rows)
    ]
