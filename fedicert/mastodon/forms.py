"""What clients send: the forms of the endpoints. Optional fields are None (or empty) when not set.

Ids come as strings and stay strings here: one that isn't a number is simply not found.
"""

from typing import Any, Literal

import msgspec

from fedicert.mastodon.body import normalise
from fedicert.mastodon.decode import decode

__all__ = [
    "AccountQuery",
    "AccountStatusesQuery",
    "AdminReportForm",
    "AdminReportsQuery",
    "AnswersForm",
    "CredentialsForm",
    "FieldForm",
    "FollowForm",
    "LookupQuery",
    "MarkerForm",
    "MarkersForm",
    "MarkersQuery",
    "MediaAttributesForm",
    "MediaForm",
    "MediaUpdateForm",
    "NoteForm",
    "NotificationsQuery",
    "PollForm",
    "QuotePolicyForm",
    "ReasonForm",
    "ReblogForm",
    "RelationshipsQuery",
    "ReportForm",
    "ScheduleForm",
    "SearchQuery",
    "SignUpForm",
    "SourceForm",
    "StatusEditForm",
    "StatusForm",
    "TimelineQuery",
    "VerifyQuery",
    "VoteForm",
    "decode",
    "normalise",
]

Visibility = Literal["public", "unlisted", "private", "direct"]
QuotePolicy = Literal["public", "followers", "nobody"]


class PollForm(msgspec.Struct, frozen=True, kw_only=True):
    """A poll to attach; `expires_in` in seconds."""

    options: tuple[str, ...] = ()
    expires_in: int | None = None
    multiple: bool = False
    hide_totals: bool = False


class StatusForm(msgspec.Struct, frozen=True, kw_only=True):
    """POST /api/v1/statuses."""

    status: str = ""
    in_reply_to_id: str | None = None
    media_ids: tuple[str, ...] = ()
    poll: PollForm | None = None
    sensitive: bool | None = None
    spoiler_text: str = ""
    visibility: Visibility | None = None
    language: str | None = None
    scheduled_at: str | None = None
    quoted_status_id: str | None = None
    quote_approval_policy: QuotePolicy | None = None
    allowed_mentions: tuple[str, ...] | None = None
    preview: bool = False
    off_duty: bool = False


class QuotePolicyForm(msgspec.Struct, frozen=True, kw_only=True):
    """PUT /api/v1/statuses/:id/interaction_policy; nothing said is the person's own default."""

    quote_approval_policy: QuotePolicy | None = None


class ScheduleForm(msgspec.Struct, frozen=True, kw_only=True):
    """PUT /api/v1/scheduled_statuses/:id."""

    scheduled_at: str | None = None


class VoteForm(msgspec.Struct, frozen=True, kw_only=True):
    """POST /api/v1/polls/:id/votes: the indexes of choices."""

    choices: tuple[int, ...] = ()


class ReportForm(msgspec.Struct, frozen=True, kw_only=True):
    """POST /api/v1/reports."""

    account_id: str = ""
    status_ids: tuple[str, ...] = ()
    comment: str = ""
    forward: bool = False
    forward_to_domains: tuple[str, ...] = ()
    category: Literal["spam", "legal", "violation", "other"] | None = None
    rule_ids: tuple[str, ...] = ()


class AdminReportForm(msgspec.Struct, frozen=True, kw_only=True):
    """PUT /api/v1/admin/reports/:id."""

    category: Literal["spam", "legal", "violation", "other"] | None = None
    rule_ids: tuple[str, ...] | None = None


class AdminReportsQuery(msgspec.Struct, frozen=True, kw_only=True):
    """GET /api/v1/admin/reports."""

    resolved: bool = False
    account_id: str | None = None
    target_account_id: str | None = None


class MediaAttributesForm(msgspec.Struct, frozen=True, kw_only=True):
    """Changes to an attachment while its post is edited."""

    id: str = ""
    description: str | None = None
    focus: str | None = None


class StatusEditForm(msgspec.Struct, frozen=True, kw_only=True):
    """PUT /api/v1/statuses/:id: the whole new state."""

    status: str = ""
    spoiler_text: str = ""
    sensitive: bool | None = None
    language: str | None = None
    media_ids: tuple[str, ...] = ()
    media_attributes: tuple[MediaAttributesForm, ...] = ()
    poll: PollForm | None = None


class MediaForm(msgspec.Struct, frozen=True, kw_only=True):
    """POST /api/v1/media and /api/v2/media; `thumbnail` is for sounds and videos, and not looked at."""

    file: Any = None
    description: str | None = None
    focus: str | None = None


class MediaUpdateForm(msgspec.Struct, frozen=True, kw_only=True):
    """PUT /api/v1/media/:id; None leaves a thing as it is."""

    description: str | None = None
    focus: str | None = None


class ReasonForm(msgspec.Struct, frozen=True, kw_only=True):
    """A decision of somebody on the staff, and why."""

    reason: str = ""


class AnswersForm(msgspec.Struct, frozen=True, kw_only=True):
    """PATCH /api/fedicert/v1/answer_policy."""

    answers_by: str = ""


class ReblogForm(msgspec.Struct, frozen=True, kw_only=True):
    """POST /api/v1/statuses/:id/reblog."""

    visibility: Visibility | None = None


class SignUpForm(msgspec.Struct, frozen=True, kw_only=True):
    """POST /api/v1/accounts."""

    username: str = ""
    email: str = ""
    password: str = ""
    agreement: bool = False
    locale: str = ""
    reason: str = ""


class FieldForm(msgspec.Struct, frozen=True, kw_only=True):
    """A profile field as typed."""

    name: str = ""
    value: str = ""


class SourceForm(msgspec.Struct, frozen=True, kw_only=True):
    """Defaults for new posts."""

    privacy: Visibility | None = None
    sensitive: bool | None = None
    language: str | None = None
    quote_policy: str | None = None


class CredentialsForm(msgspec.Struct, frozen=True, kw_only=True):
    """PATCH /api/v1/accounts/update_credentials; None leaves a thing as it is, '' empties a text."""

    display_name: str | None = None
    note: str | None = None
    avatar: Any = None
    header: Any = None
    locked: bool | None = None
    bot: bool | None = None
    discoverable: bool | None = None
    indexable: bool | None = None
    hide_collections: bool | None = None
    fields_attributes: tuple[FieldForm, ...] | None = None
    source: SourceForm | None = None


class FollowForm(msgspec.Struct, frozen=True, kw_only=True):
    """POST /api/v1/accounts/:id/follow; None leaves an existing follow as it is."""

    reblogs: bool | None = None
    notify: bool | None = None
    languages: tuple[str, ...] | None = None


class NoteForm(msgspec.Struct, frozen=True, kw_only=True):
    """POST /api/v1/accounts/:id/note."""

    comment: str = ""


class LookupQuery(msgspec.Struct, frozen=True, kw_only=True):
    """GET /api/v1/accounts/lookup."""

    acct: str = ""


class VerifyQuery(msgspec.Struct, frozen=True, kw_only=True):
    """GET /api/fedicert/v1/verify."""

    target: str = ""


class AccountQuery(msgspec.Struct, frozen=True, kw_only=True):
    """GET /api/v1/accounts/search."""

    q: str = ""
    resolve: bool = False
    following: bool = False


class RelationshipsQuery(msgspec.Struct, frozen=True, kw_only=True):
    """GET /api/v1/accounts/relationships, with `id[]` or `id`."""

    id: tuple[str, ...] = ()
    with_suspended: bool = False


class AccountStatusesQuery(msgspec.Struct, frozen=True, kw_only=True):
    """GET /api/v1/accounts/:id/statuses."""

    pinned: bool = False
    exclude_replies: bool = False
    exclude_reblogs: bool = False
    only_media: bool = False
    tagged: str = ""


class TimelineQuery(msgspec.Struct, frozen=True, kw_only=True):
    """GET /api/v1/timelines/public and /tag/:name."""

    local: bool = False
    remote: bool = False
    only_media: bool = False
    any: tuple[str, ...] = ()
    all: tuple[str, ...] = ()
    none: tuple[str, ...] = ()


class NotificationsQuery(msgspec.Struct, frozen=True, kw_only=True):
    """GET /api/v1/notifications, and what counts and groups them."""

    types: tuple[str, ...] = ()
    exclude_types: tuple[str, ...] = ()
    account_id: str | None = None
    include_filtered: bool = False


class SearchQuery(msgspec.Struct, frozen=True, kw_only=True):
    """GET /api/v2/search."""

    q: str = ""
    type: Literal["accounts", "hashtags", "statuses"] | None = None
    resolve: bool = False
    following: bool = False
    account_id: str | None = None


class MarkerForm(msgspec.Struct, frozen=True, kw_only=True):
    """One timeline's marker."""

    last_read_id: str


class MarkersForm(msgspec.Struct, frozen=True, kw_only=True):
    """POST /api/v1/markers."""

    home: MarkerForm | None = None
    notifications: MarkerForm | None = None


class MarkersQuery(msgspec.Struct, frozen=True, kw_only=True):
    """GET /api/v1/markers."""

    timeline: tuple[str, ...] = ()
