"""What a person is told about. Frozen values."""

import msgspec

from fedicert.model.accounts import AccountRow
from fedicert.model.reports import ReportView
from fedicert.model.statuses import StatusView

ABOUT_REPORT = "admin.report"
"""Of this type the notification is about a report, whose id stands where others have a post's."""
ABOUT_STATUS = frozenset({"mention", "status", "reblog", "favourite", "poll", "update", "quote", "quoted_update"})


class WarningRow(msgspec.Struct, frozen=True, kw_only=True):
    """A decision of staff about somebody. `decision`: its place on their ledger; `appeal` and `outcome`: of their appeal
    ('' open), None without."""

    decision: int
    kind: str
    created_at: int
    appeal: str | None = None
    outcome: str = ""


class NotificationView(msgspec.Struct, frozen=True, kw_only=True):
    """A notification beside whom it is from and the post it is about."""

    id: int
    type: str
    created_at: int
    account: AccountRow
    status: StatusView | None = None
    report: ReportView | None = None
    warning: WarningRow | None = None
    group_key: str = ""


class NotificationGroup(msgspec.Struct, frozen=True, kw_only=True):
    """Notifications shown together, with the latest; `accounts`: the latest few whom they are from."""

    key: str
    type: str
    count: int
    newest: int
    oldest: int
    latest_at: int
    accounts: tuple[int, ...]
    status: int | None
    warning: WarningRow | None = None


class NotificationGroups(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the list of groups, with the people and posts they name; the cursors of its ends."""

    groups: list[NotificationGroup]
    accounts: list[AccountRow]
    statuses: list[StatusView]
    newest: int | None = None
    oldest: int | None = None
    more: bool = False


class NotificationRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody whose notifications a policy set aside."""

    account: AccountRow
    count: int
    first_at: int
    latest_at: int
    last_status: StatusView | None = None


class Policy(msgspec.Struct, frozen=True):
    """What is done with notifications of people of a kind: accept, filter (set aside) or drop."""

    for_not_following: str = "accept"
    for_not_followers: str = "accept"
    for_new_accounts: str = "accept"
    for_private_mentions: str = "accept"
    for_limited_accounts: str = "accept"


class MarkerRow(msgspec.Struct, frozen=True):
    """How far somebody has read a timeline."""

    last_read_id: int
    version: int
    updated_at: int
