"""Reports: who says what about whom, and what became of it. Frozen values."""

from typing import Literal

import msgspec

from fedicert.model.accounts import AccountRow
from fedicert.model.statuses import StatusView

Category = Literal["spam", "legal", "violation", "other"]
MODERATE = frozenset({"owner", "admin", "moderator"})
"""Who looks at reports, and acts on them."""


class ReportRow(msgspec.Struct, frozen=True, kw_only=True):
    """One. `uri`: of the Flag that it came by, '' for one from here. `acted_at`: None while it is open."""

    id: int
    reporter: int
    target: int
    statuses: tuple[int, ...] = ()
    rules: tuple[str, ...] = ()
    category: str = "other"
    comment: str = ""
    forwarded: bool = False
    uri: str = ""
    assigned: int | None = None
    acted_by: int | None = None
    acted_at: int | None = None
    created_at: int = 0
    updated_at: int = 0


class Staffed(msgspec.Struct, frozen=True, kw_only=True):
    """An account as those see it who look after the place; the mail address of people here."""

    account: AccountRow
    role: str = ""
    email: str = ""
    confirmed: bool = True
    approved: bool = True
    disabled: bool = False
    suspended: bool = False
    locale: str = ""


class ReportView(msgspec.Struct, frozen=True, kw_only=True):
    """A report with the people and posts it names."""

    report: ReportRow
    people: dict[int, Staffed]
    statuses: tuple[StatusView, ...] = ()
