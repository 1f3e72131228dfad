"""What a person is told about. Frozen values."""

from typing import Literal

import msgspec

from fedicert.model.accounts import AccountRow
from fedicert.model.statuses import StatusView

NotificationType = Literal[
    "mention", "status", "reblog", "follow", "follow_request", "favourite", "poll", "update", "admin.sign_up"
]
ABOUT_STATUS = frozenset({"mention", "status", "reblog", "favourite", "poll", "update"})


class NotificationView(msgspec.Struct, frozen=True, kw_only=True):
    """A notification beside whom it is from and the post it is about."""

    id: int
    type: str
    created_at: int
    account: AccountRow
    status: StatusView | None = None


class MarkerRow(msgspec.Struct, frozen=True):
    """How far somebody has read a timeline."""

    last_read_id: int
    version: int
    updated_at: int
