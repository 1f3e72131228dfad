"""What clients of this server's staff send: forms as in `forms.py`."""

from typing import Literal

import msgspec


class AdminAccountsQuery(msgspec.Struct, frozen=True, kw_only=True):
    """GET /api/v1/admin/accounts and /api/v2/admin/accounts: what either calls it."""

    origin: Literal["local", "remote"] | None = None
    status: Literal["active", "pending", "disabled", "silenced", "suspended"] | None = None
    permissions: Literal["staff"] | None = None
    local: bool = False
    remote: bool = False
    active: bool = False
    pending: bool = False
    disabled: bool = False
    silenced: bool = False
    suspended: bool = False
    staff: bool = False
    username: str = ""
    display_name: str = ""
    email: str = ""
    by_domain: str = ""


class AdminActionForm(msgspec.Struct, frozen=True, kw_only=True):
    """POST /api/v1/admin/accounts/:id/action."""

    type: str = "none"
    text: str = ""
    report_id: str | None = None
    warning_preset_id: str | None = None
    send_email_notification: bool = False


class DomainBlockForm(msgspec.Struct, frozen=True, kw_only=True):
    """POST and PUT /api/v1/admin/domain_blocks; None leaves a thing as it is."""

    domain: str = ""
    severity: str | None = None
    reject_media: bool | None = None
    reject_reports: bool | None = None
    obfuscate: bool | None = None
    private_comment: str | None = None
    public_comment: str | None = None


class ListingForm(msgspec.Struct, frozen=True, kw_only=True):
    """POST and DELETE /api/fedicert/v1/admin/listings; `acct` as clients write it, or `account_id`."""

    acct: str = ""
    account_id: str = ""
    reason: str = ""


class SwapForm(msgspec.Struct, frozen=True, kw_only=True):
    """POST /api/fedicert/v1/swap: the ids of who goes out and who comes in."""

    out: str = ""
    in_: str = msgspec.field(default="", name="in")


class LockForm(msgspec.Struct, frozen=True, kw_only=True):
    """PUT /api/fedicert/v1/lock."""

    locked: bool
