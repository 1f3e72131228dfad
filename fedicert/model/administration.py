"""Accounts as staff sees them. Frozen values, no behaviour beyond themselves."""

from typing import Literal

import msgspec

from fedicert.model.accounts import AccountRow

Status = Literal["", "active", "pending", "disabled", "silenced", "suspended"]
ROLE_IDS = {"": 0, "owner": 1, "admin": 2, "moderator": 3, "certifier": 4}


class AdminAccountRow(msgspec.Struct, frozen=True, kw_only=True):
    """An account with what only staff sees of it. Of accounts elsewhere most of it is empty."""

    account: AccountRow
    role: str = ""
    email: str = ""
    locale: str = ""
    reason: str = ""
    confirmed: bool = False
    approved: bool = False
    disabled: bool = False

    @property
    def role_id(self) -> int:
        """The number of the office."""
        return ROLE_IDS.get(self.role, 0)


class AccountFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which accounts staff asks for. Texts: what a name, an address begins with; '' for any."""

    origin: Literal["", "local", "remote"] = ""
    status: Status = ""
    staff: bool = False
    username: str = ""
    display_name: str = ""
    email: str = ""
    domain: str = ""
