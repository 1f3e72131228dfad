"""Notifications shown together, and what a policy set aside, as clients get them. Pure.

Posts are handed in as bytes, for what the viewer's filters say of them is written into these.
"""

from collections.abc import Mapping, Sequence

import msgspec
from msgspec import UNSET

from fedicert.mastodon.dates import timestamp
from fedicert.mastodon.notification_entities import (
    GroupedNotifications,
    NotificationGroup,
    NotificationPolicy,
    NotificationPolicyV1,
    NotificationRequest,
    PartialAccount,
    PolicySummary,
)
from fedicert.mastodon.render_account import account
from fedicert.mastodon.render_warning import warning
from fedicert.model import notifications as rows
from fedicert.model.accounts import AccountRow
from fedicert.model.urls import Urls

FULL = 2
"""Of a group, so many people are given whole where a client asks for pictures of the rest alone."""


def grouped(
    found: rows.NotificationGroups, statuses: Sequence[bytes], urls: Urls, *, partial: bool
) -> GroupedNotifications:
    """A page of groups. `partial`: of most people no more than their picture."""
    known = {row.id: row for row in found.accounts}
    whole = found.accounts
    some: list[AccountRow] = []
    if partial:
        shown = {account for group in found.groups for account in group.accounts[:FULL]}
        whole = [row for row in found.accounts if row.id in shown]
        some = [row for row in found.accounts if row.id not in shown]
    return GroupedNotifications(
        accounts=[account(row, urls) for row in whole],
        partial_accounts=[_partial(row, urls) for row in some] if partial else UNSET,
        statuses=[msgspec.Raw(item) for item in statuses],
        notification_groups=[_group(group, known, urls) for group in found.groups],
    )


def policy(found: rows.Policy, people: int, notifications: int) -> NotificationPolicy:
    """A policy."""
    return NotificationPolicy(
        **msgspec.structs.asdict(found),
        summary=PolicySummary(pending_requests_count=people, pending_notifications_count=notifications),
    )


def policy_v1(found: rows.Policy, people: int, notifications: int) -> NotificationPolicyV1:
    """A policy in version 1, which knows no dropping: whatever isn't accepted is filtered."""
    return NotificationPolicyV1(
        filter_not_following=found.for_not_following != "accept",
        filter_not_followers=found.for_not_followers != "accept",
        filter_new_accounts=found.for_new_accounts != "accept",
        filter_private_mentions=found.for_private_mentions != "accept",
        summary=PolicySummary(pending_requests_count=people, pending_notifications_count=notifications),
    )


def requests(
    found: Sequence[rows.NotificationRequest], posts: Mapping[int, bytes], urls: Urls
) -> list[NotificationRequest]:
    """People whose notifications wait; `posts`: the bytes of those that were told of last, by id."""
    return [
        NotificationRequest(
            id=str(row.account.id),
            created_at=timestamp(row.first_at),
            updated_at=timestamp(row.latest_at),
            account=account(row.account, urls),
            notifications_count=str(row.count),
            last_status=None if row.last_status is None else msgspec.Raw(posts[row.last_status.status.id]),
        )
        for row in found
    ]


def _group(group: rows.NotificationGroup, known: Mapping[int, AccountRow], urls: Urls) -> NotificationGroup:
    return NotificationGroup(
        group_key=group.key,
        notifications_count=group.count,
        type=group.type,
        most_recent_notification_id=str(group.newest),
        page_min_id=str(group.oldest),
        page_max_id=str(group.newest),
        latest_page_notification_at=timestamp(group.latest_at),
        sample_account_ids=[str(identifier) for identifier in group.accounts],
        status_id=UNSET if group.status is None else str(group.status),
        moderation_warning=UNSET if group.warning is None else warning(group.warning, known[group.accounts[0]], urls),
    )


def _partial(row: AccountRow, urls: Urls) -> PartialAccount:
    shown = account(row, urls)
    return PartialAccount(
        id=shown.id,
        acct=shown.acct,
        url=shown.url,
        avatar=shown.avatar,
        avatar_static=shown.avatar_static,
        locked=shown.locked,
        bot=shown.bot,
    )
