"""What other servers' documents say, as small typed values. Frozen, bounded, and already made safe to show.

HTML in here has been cleaned, names have lost what hides, times are milliseconds since the epoch (UTC),
and '' or None stands for what a document didn't say.
"""

from typing import Any, Literal

import msgspec

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"

Document = dict[str, Any]


class Activity(msgspec.Struct, frozen=True, kw_only=True):
    """An activity. `object_id` is '' for an embedded object without an id; `object` is None for a bare id."""

    id: str
    type: str
    actor: str
    object_id: str = ""
    object: Document | None = None
    object_ids: tuple[str, ...] = ()
    target: str = ""
    instrument: str = ""
    result: str = ""
    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    audience: tuple[str, ...] = ()
    content: str = ""
    published: int | None = None
    raw: Document


class RemoteEmoji(msgspec.Struct, frozen=True):
    """A custom emoji of another server; `shortcode` without colons."""

    shortcode: str
    url: str


class RemoteField(msgspec.Struct, frozen=True):
    """A profile field."""

    name: str
    value_html: str


class RsaKey(msgspec.Struct, frozen=True):
    """A key of `publicKey`."""

    id: str
    owner: str
    pem: str


class Multikey(msgspec.Struct, frozen=True):
    """A key of `assertionMethod` (FEP-521a)."""

    id: str
    controller: str
    multibase: str


class Actor(msgspec.Struct, frozen=True, kw_only=True):
    """An actor. `username` may be '' where only `webfinger` names it; `url` falls back to the id."""

    id: str
    type: str
    username: str
    webfinger: str = ""
    name: str = ""
    note_html: str = ""
    url: str
    inbox: str
    shared_inbox: str = ""
    outbox: str = ""
    followers: str = ""
    following: str = ""
    featured: str = ""
    icon: str = ""
    image: str = ""
    published: int | None = None
    manually_approves: bool = False
    discoverable: bool = False
    indexable: bool = False
    memorial: bool = False
    suspended: bool = False
    also_known_as: tuple[str, ...] = ()
    moved_to: str = ""
    attribution_domains: tuple[str, ...] = ()
    fields: tuple[RemoteField, ...] = ()
    emojis: tuple[RemoteEmoji, ...] = ()
    rsa_keys: tuple[RsaKey, ...] = ()
    multikeys: tuple[Multikey, ...] = ()
    accepts_rfc9421: bool = False
    raw: Document


class RemoteMention(msgspec.Struct, frozen=True):
    """Somebody a post names: the actor's id and the name as written."""

    href: str
    name: str


class RemoteAttachment(msgspec.Struct, frozen=True, kw_only=True):
    """A picture, video or sound beside a post; sizes in pixels, 0 where unknown; focus -1..1."""

    type: Literal["image", "gifv", "video", "audio", "unknown"]
    url: str
    mime_type: str = ""
    description: str = ""
    blurhash: str = ""
    width: int = 0
    height: int = 0
    focus_x: float = 0.0
    focus_y: float = 0.0


class RemoteChoice(msgspec.Struct, frozen=True):
    """One choice of a poll, with the votes its server counts."""

    title: str
    votes: int


class RemotePoll(msgspec.Struct, frozen=True, kw_only=True):
    """A poll. `voters` is None where its server doesn't say."""

    choices: tuple[RemoteChoice, ...]
    multiple: bool
    ends_at: int | None = None
    closed: bool = False
    voters: int | None = None


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """A post of another server. `type` is what it was there; `name` is set on votes and titled things.

    `boosts`: who may boost it: '' anyone, `audience`, `nobody`. `answers_by`: who may answer: '' anyone, `audience`,
    `mentioned`.
    """

    id: str
    type: str
    attributed_to: str
    url: str
    content_html: str = ""
    name: str = ""
    spoiler_text: str = ""
    sensitive: bool = False
    language: str = ""
    published: int | None = None
    updated: int | None = None
    in_reply_to: str = ""
    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    audience: tuple[str, ...] = ()
    visibility: str = "direct"
    mentions: tuple[RemoteMention, ...] = ()
    hashtags: tuple[str, ...] = ()
    emojis: tuple[RemoteEmoji, ...] = ()
    attachments: tuple[RemoteAttachment, ...] = ()
    poll: RemotePoll | None = None
    quote: str = ""
    conversation: str = ""
    context: str = ""
    boosts: str = ""
    answers_by: str = ""
    raw: Document
