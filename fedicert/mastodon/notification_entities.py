"""Notifications, one by one and shown together, the policy that sets some aside, and those that wait: entities."""

import msgspec
from msgspec import UNSET, UnsetType

from fedicert.mastodon.entities import Account, Entity, Status
from fedicert.mastodon.staff_entities import AccountWarning, Report


class NotificationGroup(Entity, frozen=True, kw_only=True):
    """Notifications shown together."""

    group_key: str
    notifications_count: int
    type: str
    most_recent_notification_id: str
    page_min_id: str
    page_max_id: str
    latest_page_notification_at: str
    sample_account_ids: list[str]
    status_id: str | UnsetType = UNSET
    moderation_warning: AccountWarning | UnsetType = UNSET


class PartialAccount(Entity, frozen=True, kw_only=True):
    """Enough of an account for its picture."""

    id: str
    acct: str
    url: str
    avatar: str
    avatar_static: str
    locked: bool
    bot: bool


class GroupedNotifications(Entity, frozen=True, kw_only=True):
    """Groups, and the people and posts they name; `partial_accounts` only where they were asked for."""

    accounts: list[Account]
    partial_accounts: list[PartialAccount] | UnsetType = UNSET
    statuses: list[msgspec.Raw]
    notification_groups: list[NotificationGroup]


class PolicySummary(Entity, frozen=True, kw_only=True):
    """How much a policy holds back."""

    pending_requests_count: int
    pending_notifications_count: int


class NotificationPolicy(Entity, frozen=True, kw_only=True):
    """What is done with notifications of people of a kind."""

    for_not_following: str
    for_not_followers: str
    for_new_accounts: str
    for_private_mentions: str
    for_limited_accounts: str
    summary: PolicySummary


class NotificationPolicyV1(Entity, frozen=True, kw_only=True):
    """The same in version 1: set aside or not."""

    filter_not_following: bool
    filter_not_followers: bool
    filter_new_accounts: bool
    filter_private_mentions: bool
    summary: PolicySummary


class NotificationRequest(Entity, frozen=True, kw_only=True):
    """Somebody whose notifications wait; the number is a string here."""

    id: str
    created_at: str
    updated_at: str
    account: Account
    notifications_count: str
    last_status: msgspec.Raw | None


class NotificationHead(Entity, frozen=True, kw_only=True):
    """A notification without whom and what."""

    id: str
    type: str
    created_at: str
    group_key: str


class Notification(NotificationHead, frozen=True, kw_only=True):
    """A notification; `status` only for the types that are about one."""

    account: Account
    status: Status | UnsetType = UNSET
    report: Report | UnsetType = UNSET
    moderation_warning: AccountWarning | UnsetType = UNSET
