"""What people and the staff of a server say to each other: rules, announcements, reports, decisions, appeals."""

from typing import Any

from fedicert.mastodon.entities import Account, CustomEmoji, Entity


class Report(Entity, frozen=True, kw_only=True):
    """A report."""

    id: str
    action_taken: bool
    action_taken_at: str | None
    category: str
    comment: str
    forwarded: bool
    created_at: str
    status_ids: list[str] | None
    rule_ids: list[str] | None
    target_account: Account


class Appeal(Entity, frozen=True, kw_only=True):
    """An appeal against a decision of staff."""

    text: str
    state: str


class AccountWarning(Entity, frozen=True, kw_only=True):
    """A decision of staff about the person, `id` its place on their ledger."""

    id: str
    action: str
    text: str
    status_ids: list[str] | None
    created_at: str
    target_account: Account
    appeal: Appeal | None


class Rule(Entity, frozen=True, kw_only=True):
    """A rule of the house."""

    id: str
    text: str
    hint: str
    translations: dict[str, Any]


class AnnouncementReaction(Entity, frozen=True, kw_only=True):
    """A sign that an announcement was answered with; `me`: by the viewer too."""

    name: str
    count: int
    me: bool


class Announcement(Entity, frozen=True, kw_only=True):
    """What the server says to everybody here."""

    id: str
    content: str
    starts_at: str | None
    ends_at: str | None
    all_day: bool
    published: bool
    published_at: str
    updated_at: str
    read: bool
    mentions: list[Any]
    statuses: list[Any]
    tags: list[Any]
    emojis: list[CustomEmoji]
    reactions: list[AnnouncementReaction]
