"""People and other actors, as they are read from the store. Frozen values, no behaviour beyond themselves.

Times are milliseconds since the epoch, UTC; pages and pictures are absolute URLs; '' is "none" in texts.
"""

from typing import Literal

import msgspec

from fedicert.model.licences import ShownLicence

ActorType = Literal["Person", "Service", "Application", "Group", "Organization"]
ACTOR_TYPES: tuple[ActorType, ...] = ("Person", "Service", "Application", "Group", "Organization")

LIMITS = "limits"
"""The name of the account by which the server tells people of their limits (docs/law.md, law 8); nobody else gets it."""


def is_limits(username: str, domain: str) -> bool:
    """Is this handle the limits account's? `domain`: '' for here."""
    return not domain and username.lower() == LIMITS


class EmojiRow(msgspec.Struct, frozen=True):
    """A custom emoji; `shortcode` without colons."""

    shortcode: str
    url: str
    static_url: str = ""
    category: str = ""
    visible: bool = True


class FieldRow(msgspec.Struct, frozen=True):
    """A profile field. `value_html` is safe HTML; `value_text` what its owner typed (local people only)."""

    name: str
    value_html: str
    verified_at: int | None = None
    value_text: str = ""


class BadgeRow(msgspec.Struct, frozen=True):
    """A badge beside the name: a role here, or the tier. `color` is '#rrggbb' or ''."""

    id: int
    name: str
    color: str = ""
    permissions: int = 0
    highlighted: bool = True


class AccountRow(msgspec.Struct, frozen=True, kw_only=True):
    """An account as others see it. `domain`: '' for local people; `version` rises with rendered changes."""

    id: int
    uri: str
    url: str
    username: str
    domain: str = ""
    type: str = "Person"
    display_name: str = ""
    note_html: str = ""
    fields: tuple[FieldRow, ...] = ()
    emojis: tuple[EmojiRow, ...] = ()
    avatar_url: str = ""
    header_url: str = ""
    locked: bool = False
    discoverable: bool = False
    indexable: bool = False
    hide_collections: bool = False
    created_at: int = 0
    last_status_at: int | None = None
    followers_count: int = 0
    following_count: int = 0
    statuses_count: int = 0
    suspended: bool = False
    limited: bool = False
    memorial: bool = False
    moved_to: "AccountRow | None" = None
    badges: tuple[BadgeRow, ...] = ()
    licences: tuple[ShownLicence, ...] = ()
    code: str = ""
    """What the profile shows of the code of responsibility: `VERSION DIGEST`, '' nothing."""
    version: int = 0

    @property
    def local(self) -> bool:
        """Does this account live here?"""
        return not self.domain

    @property
    def acct(self) -> str:
        """The name clients show: bare for local people, `user@domain` for others."""
        return f"{self.username}@{self.domain}" if self.domain else self.username


class OwnAccountRow(msgspec.Struct, frozen=True, kw_only=True):
    """What only its owner sees: the account, the sources of its texts and the defaults for new posts."""

    account: AccountRow
    note_text: str = ""
    privacy: str = "public"
    sensitive: bool = False
    language: str = ""
    quoting: str = "public"
    follow_requests_count: int = 0
    role: BadgeRow | None = None
    shown_fields: tuple[FieldRow, ...] = ()
    """Fields that the server adds to the own view (docs/law.md, law 8); never among the source fields."""


class RelationshipRow(msgspec.Struct, frozen=True, kw_only=True):
    """How the viewer stands to the account `id`."""

    id: int
    following: bool = False
    showing_reblogs: bool = False
    notifying: bool = False
    languages: tuple[str, ...] = ()
    followed_by: bool = False
    blocking: bool = False
    blocked_by: bool = False
    muting: bool = False
    muting_notifications: bool = False
    muting_expires_at: int | None = None
    requested: bool = False
    requested_by: bool = False
    domain_blocking: bool = False
    endorsed: bool = False
    note: str = ""


class Reached(msgspec.Struct, frozen=True):
    """A remote account, its actor id and its own inbox."""

    account: int
    uri: str
    inbox: str
