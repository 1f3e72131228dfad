"""Announcements as clients read them."""

from fedicert.mastodon.dates import timestamp
from fedicert.mastodon.staff_entities import Announcement, AnnouncementReaction
from fedicert.model.announcements import AnnouncementRow
from fedicert.model.urls import Urls
from fedicert.text import compose


def announcement(row: AnnouncementRow, urls: Urls) -> Announcement:
    """One announcement; its text in paragraphs, with links."""
    return Announcement(
        id=str(row.id),
        content=compose.render(row.text, {}, urls.tag),
        starts_at=None if row.starts_at is None else timestamp(row.starts_at),
        ends_at=None if row.ends_at is None else timestamp(row.ends_at),
        all_day=False,
        published=True,
        published_at=timestamp(row.published_at),
        updated_at=timestamp(row.updated_at),
        read=row.read,
        mentions=[],
        statuses=[],
        tags=[],
        emojis=[],
        reactions=[AnnouncementReaction(name=one.name, count=one.count, me=one.me) for one in row.reactions],
    )
