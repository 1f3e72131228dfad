"""What clients get: the entities of the Mastodon API, every field with the type that clients decode.

Ids are strings, dates are strings in the documented forms, lists are never absent. UNSET fields are left out.
Entities with a head (`AccountHead`, `StatusHead`) keep what changes seldom apart from counts and flags, which come
after it: so the head's bytes can be kept and the rest be spliced on.
"""

from typing import Any

import msgspec
from msgspec import UNSET, UnsetType


class Entity(msgspec.Struct, frozen=True, kw_only=True):
    """The base of all."""


class CustomEmoji(Entity, frozen=True, kw_only=True):
    """A custom emoji; clients put it where `:shortcode:` stands."""

    shortcode: str
    url: str
    static_url: str
    visible_in_picker: bool
    category: str | None


class Field(Entity, frozen=True, kw_only=True):
    """A profile field; `value` is HTML, in `Source` plain text."""

    name: str
    value: str
    verified_at: str | None


class AccountRole(Entity, frozen=True, kw_only=True):
    """A badge beside a name."""

    id: str
    name: str
    color: str


class Role(Entity, frozen=True, kw_only=True):
    """The role of the person logged in; `permissions` is a bit mask as a string."""

    id: str
    name: str
    color: str
    permissions: str
    highlighted: bool


class AccountHead(Entity, frozen=True, kw_only=True):
    """An account without its counts."""

    id: str
    username: str
    acct: str
    display_name: str
    locked: bool
    bot: bool
    discoverable: bool
    indexable: bool
    group: bool
    created_at: str
    note: str
    url: str
    uri: str
    avatar: str
    avatar_static: str
    avatar_description: str
    header: str
    header_static: str
    header_description: str
    hide_collections: bool
    noindex: bool
    suspended: bool
    limited: bool
    memorial: bool
    emojis: list[CustomEmoji]
    roles: list[AccountRole]
    fields: list[Field]
    moved: "Account | UnsetType" = UNSET


class Account(AccountHead, frozen=True, kw_only=True):
    """An account."""

    followers_count: int
    following_count: int
    statuses_count: int
    last_status_at: str | None


class Source(Entity, frozen=True, kw_only=True):
    """What the profile editor starts from: texts as typed, and the defaults for new posts."""

    privacy: str
    sensitive: bool
    language: str | None
    quote_policy: str
    note: str
    fields: list[Field]
    follow_requests_count: int
    hide_collections: bool
    discoverable: bool
    indexable: bool
    attribution_domains: list[str]


class CredentialAccount(Account, frozen=True, kw_only=True):
    """The account of the person logged in."""

    source: Source
    role: Role


class StatusMention(Entity, frozen=True, kw_only=True):
    """Somebody a post addresses by name."""

    id: str
    username: str
    url: str
    acct: str


class StatusTag(Entity, frozen=True, kw_only=True):
    """A hashtag of a post."""

    name: str
    url: str


class Application(Entity, frozen=True, kw_only=True):
    """The client a post was written with."""

    name: str
    website: str | None


class MediaAttachment(Entity, frozen=True, kw_only=True):
    """A picture, video or sound; `url` is null while it is processed."""

    id: str
    type: str
    url: str | None
    preview_url: str | None
    remote_url: str | None
    preview_remote_url: str | None
    text_url: str | None
    meta: dict[str, Any] | None
    description: str | None
    blurhash: str | None


class PreviewCard(Entity, frozen=True, kw_only=True):
    """The preview of a link."""

    url: str
    title: str
    description: str
    type: str
    author_name: str
    author_url: str
    authors: list[dict[str, Any]]
    provider_name: str
    provider_url: str
    html: str
    width: int
    height: int
    image: str | None
    image_description: str
    embed_url: str
    blurhash: str | None
    published_at: str | None
    language: str | None


class PollOption(Entity, frozen=True, kw_only=True):
    """One choice."""

    title: str
    votes_count: int | None


class Poll(Entity, frozen=True, kw_only=True):
    """A poll; `voters_count` is null where one may choose once only."""

    id: str
    expires_at: str | None
    expired: bool
    multiple: bool
    votes_count: int
    voters_count: int | None
    options: list[PollOption]
    emojis: list[CustomEmoji]
    voted: bool | UnsetType = UNSET
    own_votes: list[int] | UnsetType = UNSET


class QuoteApproval(Entity, frozen=True, kw_only=True):
    """Who may quote."""

    automatic: list[str]
    manual: list[str]
    current_user: str


class Permit(Entity, frozen=True, kw_only=True):
    """The permit that a post carries, in words; never a bare mark. `url`: a page with each check; null where there is
    none here. An addition of ours, as what stands around it."""

    state: str
    text: str
    what: str
    issuer: str
    credential: str
    url: str | None


class StatusScope(Entity, frozen=True, kw_only=True):
    """Does a post stand under its author's licence? `off_duty`: outside its scope, by its author or, `marked`, by a
    moderator."""

    off_duty: bool
    marked: bool
    permit: Permit | None


class Quote(Entity, frozen=True, kw_only=True):
    """What a post quotes; the post only where the viewer may be shown it."""

    state: str
    quoted_status: "Status | None"


class ShallowQuote(Entity, frozen=True, kw_only=True):
    """The same inside a quoted post: the id alone."""

    state: str
    quoted_status_id: str | None


class StatusHead(Entity, frozen=True, kw_only=True):
    """A post without counts, flags, author, poll and what it boosts.

    `quote` and `quote_approval` are left out where they depend on the viewer, `fedicert` where there is nothing to say.
    """

    id: str
    created_at: str
    edited_at: str | None
    in_reply_to_id: str | None
    in_reply_to_account_id: str | None
    sensitive: bool
    spoiler_text: str
    visibility: str
    language: str | None
    uri: str
    url: str
    content: str
    application: Application | None
    media_attachments: list[MediaAttachment]
    mentions: list[StatusMention]
    tags: list[StatusTag]
    emojis: list[CustomEmoji]
    card: PreviewCard | None
    quote: Quote | ShallowQuote | UnsetType | None = UNSET
    quotes_count: int
    quote_approval: QuoteApproval | UnsetType = UNSET
    fedicert: StatusScope | UnsetType = UNSET


class Status(StatusHead, frozen=True, kw_only=True):
    """A post. The flags and `filtered` are there for somebody logged in only; `text` after a deletion only."""

    replies_count: int
    reblogs_count: int
    favourites_count: int
    favourited: bool | UnsetType = UNSET
    reblogged: bool | UnsetType = UNSET
    bookmarked: bool | UnsetType = UNSET
    muted: bool | UnsetType = UNSET
    pinned: bool | UnsetType = UNSET
    filtered: list["FilterResult"] | UnsetType = UNSET
    account: Account
    poll: Poll | None
    reblog: "Status | None"
    text: str | UnsetType = UNSET


class StatusSource(Entity, frozen=True, kw_only=True):
    """A post as it was typed."""

    id: str
    text: str
    spoiler_text: str


class PollChoice(Entity, frozen=True, kw_only=True):
    """A choice of a poll as it was."""

    title: str


class PollChoices(Entity, frozen=True, kw_only=True):
    """A poll as it was."""

    options: list[PollChoice]


class StatusEdit(Entity, frozen=True, kw_only=True):
    """One state of a post."""

    content: str
    spoiler_text: str
    sensitive: bool
    created_at: str
    account: Account
    media_attachments: list[MediaAttachment]
    emojis: list[CustomEmoji]
    poll: PollChoices | None


class FilterKeyword(Entity, frozen=True, kw_only=True):
    """A word of a filter."""

    id: str
    keyword: str
    whole_word: bool


class FilterStatus(Entity, frozen=True, kw_only=True):
    """A post of a filter."""

    id: str
    status_id: str


class Filter(Entity, frozen=True, kw_only=True):
    """A filter of version 2; its words and posts only where it is asked for itself."""

    id: str
    title: str
    context: list[str]
    expires_at: str | None
    filter_action: str
    keywords: list[FilterKeyword] | UnsetType = UNSET
    statuses: list[FilterStatus] | UnsetType = UNSET


class FilterV1(Entity, frozen=True, kw_only=True):
    """A filter of version 1: one word."""

    id: str
    phrase: str
    context: list[str]
    whole_word: bool
    expires_at: str | None
    irreversible: bool


class FilterResult(Entity, frozen=True, kw_only=True):
    """Why a post was filtered."""

    filter: Filter
    keyword_matches: list[str] | None
    status_matches: list[str] | None


class Relationship(Entity, frozen=True, kw_only=True):
    """How the person logged in stands to an account."""

    id: str
    following: bool
    showing_reblogs: bool
    notifying: bool
    languages: list[str] | None
    followed_by: bool
    blocking: bool
    blocked_by: bool
    muting: bool
    muting_notifications: bool
    muting_expires_at: str | None
    requested: bool
    requested_by: bool
    domain_blocking: bool
    endorsed: bool
    note: str


class TagHistory(Entity, frozen=True, kw_only=True):
    """Use of a hashtag on one day; everything is a string here."""

    day: str
    uses: str
    accounts: str


class TrendLink(PreviewCard, frozen=True, kw_only=True):
    """A link that trends."""

    history: list[TagHistory]


class Tag(Entity, frozen=True, kw_only=True):
    """A hashtag."""

    id: str
    name: str
    url: str
    history: list[TagHistory]
    following: bool | UnsetType = UNSET
    featuring: bool | UnsetType = UNSET


class FeaturedTag(Entity, frozen=True, kw_only=True):
    """A hashtag on a profile; the number is a string here, the day a date."""

    id: str
    name: str
    url: str
    statuses_count: str
    last_status_at: str | None


class FamiliarFollowers(Entity, frozen=True, kw_only=True):
    """Whom one follows among the followers of an account."""

    id: str
    accounts: list[Account]


class Search(Entity, frozen=True, kw_only=True):
    """What a search found."""

    accounts: list[Account]
    statuses: list[Status]
    hashtags: list[Tag]


class ListEntity(Entity, frozen=True, kw_only=True):
    """A list of accounts."""

    id: str
    title: str
    replies_policy: str
    exclusive: bool


class Marker(Entity, frozen=True, kw_only=True):
    """How far somebody has read."""

    last_read_id: str
    version: int
    updated_at: str


class Preferences(Entity, frozen=True, kw_only=True):
    """The defaults of the person logged in."""

    visibility: str = msgspec.field(name="posting:default:visibility")
    sensitive: bool = msgspec.field(name="posting:default:sensitive")
    language: str | None = msgspec.field(name="posting:default:language")
    quote_policy: str = msgspec.field(name="posting:default:quote_policy")
    expand_media: str = msgspec.field(name="reading:expand:media")
    expand_spoilers: bool = msgspec.field(name="reading:expand:spoilers")
    autoplay_gifs: bool = msgspec.field(name="reading:autoplay:gifs")
