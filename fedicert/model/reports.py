"""Reports: who says what about whom, and what became of it. Frozen values."""

from typing import Literal

import msgspec

from fedicert.model.administration import AdminAccountRow
from fedicert.model.statuses import StatusView

Category = Literal["spam", "legal", "violation", "other"]


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


class ReportView(msgspec.Struct, frozen=True, kw_only=True):
    """A report with the people and posts it names."""

    report: ReportRow
    people: dict[int, AdminAccountRow]
    statuses: tuple[StatusView, ...] = ()
