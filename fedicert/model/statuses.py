"""Posts, as they are read from the store. Frozen values, no behaviour beyond themselves.

A `StatusRow` is one row; a `StatusView` puts it beside its author, the viewer's marks and what it boosts.
Times are milliseconds since the epoch, UTC.
"""

from typing import Literal

import msgspec

from fedicert.model.accounts import AccountRow, EmojiRow
from fedicert.model.permits import PermitRow

Visibility = Literal["public", "unlisted", "private", "direct"]

MAX_CHARACTERS = 500
"""Of a post written here: text and content warning together, as `text.compose.length` counts them."""

# The viewer's marks on a post: one integer per (account, status).
FAVOURITED = 1
REBLOGGED = 2
BOOKMARKED = 4
MUTED = 8
PINNED = 16
ALL_MARKS = FAVOURITED | REBLOGGED | BOOKMARKED | MUTED | PINNED


class ApplicationRow(msgspec.Struct, frozen=True):
    """The client a post was written with."""

    name: str
    website: str = ""


class MentionRow(msgspec.Struct, frozen=True):
    """Somebody a post addresses by name. `uri` is the actor's id."""

    id: int
    username: str
    url: str
    acct: str
    uri: str = ""


class MediaRow(msgspec.Struct, frozen=True, kw_only=True):
    """A picture, video or sound. `url` is '' while it is processed; sizes are pixels, 0 where unknown."""

    id: int
    type: str = "image"
    url: str = ""
    preview_url: str = ""
    remote_url: str = ""
    mime_type: str = ""
    width: int = 0
    height: int = 0
    preview_width: int = 0
    preview_height: int = 0
    focus_x: float = 0.0
    focus_y: float = 0.0
    description: str = ""
    blurhash: str = ""


class CardRow(msgspec.Struct, frozen=True, kw_only=True):
    """The preview of a link."""

    url: str
    title: str = ""
    description: str = ""
    type: str = "link"
    author_name: str = ""
    author_url: str = ""
    provider_name: str = ""
    provider_url: str = ""
    width: int = 0
    height: int = 0
    image: str = ""
    image_description: str = ""
    blurhash: str = ""
    published_at: int | None = None
    language: str = ""


class PollOptionRow(msgspec.Struct, frozen=True):
    """One choice; `votes` is None while totals are hidden."""

    title: str
    votes: int | None = 0


class PollRow(msgspec.Struct, frozen=True, kw_only=True):
    """A poll; `own_votes` are indexes, None for somebody who isn't logged in."""

    id: int
    expires_at: int | None = None
    expired: bool = False
    multiple: bool = False
    votes_count: int = 0
    voters_count: int | None = None
    options: tuple[PollOptionRow, ...] = ()
    emojis: tuple[EmojiRow, ...] = ()
    own_votes: tuple[int, ...] | None = None


class PollFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A poll as it stands with its post, whoever looks. `votes` of an option are numbers here, hidden or not.

    `voters`: people, None where the poll's server doesn't say. `closed_at` (ms): when it was told that it is over.
    """

    options: tuple[PollOptionRow, ...]
    multiple: bool = False
    expires_at: int | None = None
    hide_totals: bool = False
    voters: int | None = None
    closed_at: int | None = None

    def over(self, now: int) -> bool:
        """Is voting over at this moment (ms)?"""
        return self.closed_at is not None or (self.expires_at is not None and self.expires_at <= now)


QuoteState = Literal["", "pending", "accepted", "rejected", "revoked", "deleted", "unauthorized"]
Quoting = Literal["", "public", "tier", "followers", "manual", "nobody"]
"""Who may quote a post. '': of people here anyone, of others not said. `tier`: anyone, as far as the author's tier allows,
which was narrower when it was posted. `manual`: whoever asks and is allowed."""


class QuoteFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a post quotes: the address, the post where it is here, how it stands, and the stamp that allows it."""

    uri: str
    id: int | None = None
    state: QuoteState = "pending"
    stamp: str = ""


class QuoteView(msgspec.Struct, frozen=True, kw_only=True):
    """A quote as one viewer gets it: `state` may also be blocked_account, blocked_domain, muted_account."""

    state: str
    id: int | None = None
    shown: bool = False


class Approval(msgspec.Struct, frozen=True, kw_only=True):
    """Who may quote, and what that means for the viewer: automatic, manual, denied, unknown."""

    automatic: tuple[str, ...] = ()
    manual: tuple[str, ...] = ()
    viewer: str = "unknown"


class StatusRow(msgspec.Struct, frozen=True, kw_only=True):
    """One post. `version` rises with every rendered change, counts aside; `text` is what was typed.

    `scope`: is it within its author's licence (`model.permits.Scope`)? `permit`: the one it carries.
    """

    id: int
    uri: str
    url: str
    author_id: int
    text: str = ""
    content_html: str = ""
    spoiler_text: str = ""
    sensitive: bool = False
    visibility: str = "public"
    language: str = ""
    in_reply_to_id: int | None = None
    in_reply_to_account_id: int | None = None
    created_at: int = 0
    edited_at: int | None = None
    reblog_of_id: int | None = None
    replies_count: int = 0
    reblogs_count: int = 0
    favourites_count: int = 0
    application: ApplicationRow | None = None
    mentions: tuple[MentionRow, ...] = ()
    tags: tuple[str, ...] = ()
    emojis: tuple[EmojiRow, ...] = ()
    media: tuple[MediaRow, ...] = ()
    card: CardRow | None = None
    poll: PollFacts | None = None
    quote: QuoteFacts | None = None
    quoting: Quoting = ""
    quotes_count: int = 0
    scope: str = ""
    permit: PermitRow | None = None
    version: int = 0


class StatusView(msgspec.Struct, frozen=True, kw_only=True):
    """A post as one viewer gets it. `marks`: None without a login; `reblog` never has one itself."""

    status: StatusRow
    author: AccountRow
    marks: int | None = None
    reblog: "StatusView | None" = None
    poll: PollRow | None = None
    quote: QuoteView | None = None
    quoted: "StatusView | None" = None
    approval: Approval | None = None


class StatusEditRow(msgspec.Struct, frozen=True, kw_only=True):
    """One state of a post, for its history."""

    content_html: str
    spoiler_text: str = ""
    sensitive: bool = False
    created_at: int = 0
    emojis: tuple[EmojiRow, ...] = ()
    media: tuple[MediaRow, ...] = ()
    poll: tuple[str, ...] = ()
    """The choices of its poll, () for none."""
