"""Posts that wait for their time, and drafts, as clients get them. Pure.

A draft has no time. In the list of scheduled posts, whose entity must have one, it stands at the end of time (`NEVER`), so
that clients show it and can give it another.
"""

from typing import Any

import msgspec

from fedicert.mastodon.dates import timestamp
from fedicert.mastodon.entities import Entity, MediaAttachment
from fedicert.mastodon.render_status import media
from fedicert.model.scheduled import ScheduledRow
from fedicert.model.urls import Urls

NEVER = "9999-12-31T00:00:00.000Z"


class ScheduledStatus(Entity, frozen=True, kw_only=True):
    """A post for later. `refused`: of a draft, why it wasn't posted when its time came; null otherwise."""

    id: str
    scheduled_at: str | None
    params: dict[str, Any]
    media_attachments: list[MediaAttachment]
    refused: str | None


def scheduled_status(row: ScheduledRow, urls: Urls, *, as_draft: bool = False) -> ScheduledStatus:
    """One. `as_draft`: in our own API, where what has no time has none."""
    kept = row.kept
    at = timestamp(row.due) if row.due is not None else None if as_draft else NEVER
    return ScheduledStatus(
        id=str(row.id),
        scheduled_at=at,
        params={
            "text": kept.text,
            "media_ids": [str(one) for one in kept.media_ids] or None,
            "sensitive": kept.sensitive,
            "spoiler_text": kept.spoiler_text or None,
            "visibility": kept.visibility,
            "poll": None
            if kept.poll is None
            else {**msgspec.to_builtins(kept.poll), "expires_in": str(kept.poll.expires_in or "")},
            "language": kept.language,
            "in_reply_to_id": _id(kept.in_reply_to_id),
            "quoted_status_id": _id(kept.quoted_status_id),
            "quote_approval_policy": kept.quote_policy,
            "allowed_mentions": None if kept.allowed_mentions is None else list(kept.allowed_mentions),
            "off_duty": kept.off_duty,
            "application_id": kept.application,
            "idempotency": row.idempotency or None,
            "scheduled_at": None,
            "with_rate_limit": False,
        },
        media_attachments=[media(one, 0, urls) for one in row.media],
        refused=row.refused or None,
    )


def _id(value: int | None) -> str | None:
    return None if value is None else str(value)
