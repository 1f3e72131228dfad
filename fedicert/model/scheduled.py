"""Posts that wait for their time, and drafts: what is asked for, as it was asked. Frozen values."""

from typing import Literal

import msgspec

from fedicert.model.statuses import MediaRow, Visibility


class KeptPoll(msgspec.Struct, frozen=True, kw_only=True):
    """A poll as asked for; `expires_in` in seconds from the moment it is posted."""

    options: tuple[str, ...] = ()
    expires_in: int | None = None
    multiple: bool = False
    hide_totals: bool = False


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be posted: nothing in it was judged yet. None: as the settings say when it is posted."""

    text: str = ""
    media_ids: tuple[int, ...] = ()
    sensitive: bool | None = None
    spoiler_text: str = ""
    visibility: Visibility | None = None
    language: str | None = None
    in_reply_to_id: int | None = None
    poll: KeptPoll | None = None
    quoted_status_id: int | None = None
    quote_policy: Literal["public", "followers", "nobody"] | None = None
    allowed_mentions: tuple[str, ...] | None = None
    application: int | None = None
    off_duty: bool = False


class ScheduledRow(msgspec.Struct, frozen=True, kw_only=True):
    """One of them. `due` (ms): None is a draft; `refused`: why it wasn't posted when its time came, '' otherwise."""

    id: int
    account: int
    due: int | None
    kept: Kept
    refused: str = ""
    token: int = 0
    idempotency: str = ""
    media: tuple[MediaRow, ...] = ()
