"""Announcements that are shown now: until their end, or for 90 days."""

from collections.abc import Sequence

import msgspec

from fedicert.base.clock import DAY
from fedicert.model.announcements import AnnouncementRow, ReactionRow
from fedicert.store.unit import Reader
from fedicert.text.own_fields import languages

SHOWN_FOR = 90 * DAY
MOST = 40


async def shown(reader: Reader, viewer: int, with_dismissed: bool) -> list[AnnouncementRow]:
    """What the viewer is told, the oldest first, in a language they read; what they put aside only if asked for."""
    rows = await reader.all(
        "SELECT a.id, a.text, a.starts_at, a.ends_at, a.published_at, a.updated_at, r.account IS NOT NULL AS seen,"
        " a.texts"
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
    reads = await _languages(reader, viewer) if any(row[7] for row in rows) else ()
    return [
        AnnouncementRow(
            id=row[0],
            text=_in_one_of(reads, row[7]) or row[1],
            starts_at=row[2],
            ends_at=row[3],
            published_at=row[4],
            updated_at=row[5],
            read=bool(row[6]),
            reactions=tuple(ReactionRow(sign[1], int(sign[2]), bool(sign[3])) for sign in signs if sign[0] == row[0]),
        )
        for row in reversed(rows)
    ]


async def _languages(reader: Reader, viewer: int) -> tuple[str, ...]:
    row = await reader.one(
        "SELECT l.default_language, g.locale FROM local_accounts l LEFT JOIN logins g ON g.id = l.login WHERE l.id = $1",
        viewer,
    )
    return () if row is None else languages(row["locale"] or "", row["default_language"])


def _in_one_of(reads: Sequence[str], texts: str) -> str:
    """The text in the first of these languages (`de`, `de-AT`) that there is; '' for none."""
    there: dict[str, str] = msgspec.json.decode(texts) if texts else {}
    for tag in reads:
        for language in (tag, tag.partition("-")[0]):
            if language in there:
                return there[language]
    return ""
