"""The server as clients see it when they start: Instance v1 and v2. Clients read deep into these without asking."""

import msgspec

from fedicert.mastodon.entities import Account, Entity
from fedicert.mastodon.staff_entities import Rule


class StatusesConfiguration(Entity, frozen=True, kw_only=True):
    """Limits of posts."""

    max_characters: int
    max_media_attachments: int
    characters_reserved_per_url: int
    supported_mime_types: list[str]


class MediaConfiguration(Entity, frozen=True, kw_only=True):
    """Limits of uploads."""

    supported_mime_types: list[str]
    description_limit: int
    image_size_limit: int
    image_matrix_limit: int
    video_size_limit: int
    video_frame_rate_limit: int
    video_matrix_limit: int


class PollsConfiguration(Entity, frozen=True, kw_only=True):
    """Limits of polls."""

    max_options: int
    max_characters_per_option: int
    min_expiration: int
    max_expiration: int


class AccountsConfiguration(Entity, frozen=True, kw_only=True):
    """Limits of profiles."""

    max_featured_tags: int
    max_pinned_statuses: int
    max_profile_fields: int
    profile_field_name_limit: int
    profile_field_value_limit: int
    max_display_name_length: int
    max_note_length: int


class ConfigurationUrls(Entity, frozen=True, kw_only=True):
    """Where things are."""

    streaming: str
    status: str | None
    about: str | None
    privacy_policy: str | None
    terms_of_service: str | None


class Vapid(Entity, frozen=True, kw_only=True):
    """The key for web push."""

    public_key: str


class Translation(Entity, frozen=True, kw_only=True):
    """Is translating offered?"""

    enabled: bool


class Feed(Entity, frozen=True, kw_only=True):
    """Who may read a kind of timeline: public, authenticated or disabled."""

    local: str
    remote: str


class TimelinesAccess(Entity, frozen=True, kw_only=True):
    """Who may read the public timelines."""

    live_feeds: Feed
    hashtag_feeds: Feed
    trending_link_feeds: Feed


class ConfigurationV1(Entity, frozen=True, kw_only=True):
    """The limits, in version 1."""

    accounts: AccountsConfiguration
    statuses: StatusesConfiguration
    media_attachments: MediaConfiguration
    polls: PollsConfiguration


class ReachConfiguration(Entity, frozen=True, kw_only=True):
    """An addition of ours: where one reads one's own limits, the page for people, and the account that tells of them."""

    own: str
    page: str
    limits_account: str


class Configuration(Entity, frozen=True, kw_only=True):
    """The limits and addresses."""

    urls: ConfigurationUrls
    vapid: Vapid
    accounts: AccountsConfiguration
    statuses: StatusesConfiguration
    media_attachments: MediaConfiguration
    polls: PollsConfiguration
    translation: Translation
    timelines_access: TimelinesAccess
    limited_federation: bool
    reach: ReachConfiguration


class Icon(Entity, frozen=True, kw_only=True):
    """The server's picture in one size."""

    src: str
    size: str


class Thumbnail(Entity, frozen=True, kw_only=True):
    """The server's banner."""

    url: str
    blurhash: str | None
    versions: dict[str, str]


class UsageUsers(Entity, frozen=True, kw_only=True):
    """How many people were here this month."""

    active_month: int


class Usage(Entity, frozen=True, kw_only=True):
    """How much the server is used."""

    users: UsageUsers


class Contact(Entity, frozen=True, kw_only=True):
    """Whom to write to."""

    email: str
    account: Account | None


class Registrations(Entity, frozen=True, kw_only=True):
    """How one joins."""

    enabled: bool
    approval_required: bool
    reason_required: bool
    message: str | None
    min_age: int | None
    url: str | None


class ApiVersions(Entity, frozen=True, kw_only=True):
    """What clients may expect of the API."""

    mastodon: int


class Instance(Entity, frozen=True, kw_only=True):
    """The server, version 2."""

    domain: str
    title: str
    version: str
    source_url: str
    description: str
    usage: Usage
    thumbnail: Thumbnail
    icon: list[Icon]
    languages: list[str]
    configuration: Configuration
    registrations: Registrations
    api_versions: ApiVersions
    contact: Contact
    rules: list[Rule]


class StreamingUrl(Entity, frozen=True, kw_only=True):
    """Where streams are, in version 1."""

    streaming_api: str


class Stats(Entity, frozen=True, kw_only=True):
    """How large the server is."""

    user_count: int
    status_count: int
    domain_count: int


class InstanceV1(Entity, frozen=True, kw_only=True):
    """The server, version 1; `uri` is the bare domain."""

    uri: str
    title: str
    short_description: str
    description: str
    email: str
    version: str
    urls: StreamingUrl
    stats: Stats
    thumbnail: str | None
    languages: list[str]
    registrations: bool
    approval_required: bool
    invites_enabled: bool
    configuration: ConfigurationV1
    contact_account: Account | None
    rules: list[Rule]
    max_toot_chars: int = msgspec.field(default=500)
