"""Reports as clients get them: one's own, and for those who look after the place. Pure."""

from typing import Any

from fedicert.mastodon.dates import timestamp
from fedicert.mastodon.entities import Account, Entity, Report, Status
from fedicert.mastodon.render_account import account
from fedicert.mastodon.render_status import status
from fedicert.model.reports import ReportView, Staffed
from fedicert.model.urls import Urls


class AdminAccount(Entity, frozen=True, kw_only=True):
    """An account, for those who look after the place; of people elsewhere what isn't known is null or true."""

    id: str
    username: str
    domain: str | None
    created_at: str
    email: str
    ip: None
    ips: list[Any]
    locale: str | None
    invite_request: None
    role: dict[str, Any] | None
    confirmed: bool
    approved: bool
    disabled: bool
    silenced: bool
    sensitized: bool
    suspended: bool
    account: Account


class AdminReport(Entity, frozen=True, kw_only=True):
    """A report, for those who act on it."""

    id: str
    action_taken: bool
    action_taken_at: str | None
    category: str
    comment: str
    forwarded: bool
    created_at: str
    updated_at: str
    account: AdminAccount
    target_account: AdminAccount
    assigned_account: AdminAccount | None
    action_taken_by_account: AdminAccount | None
    statuses: list[Status]
    rules: list[dict[str, str]]


def report(view: ReportView, urls: Urls) -> Report:
    """A report as its reporter sees it."""
    row = view.report
    return Report(
        id=str(row.id),
        action_taken=row.acted_at is not None,
        action_taken_at=_moment(row.acted_at),
        category=row.category,
        comment=row.comment,
        forwarded=row.forwarded,
        created_at=timestamp(row.created_at),
        status_ids=[str(one) for one in row.statuses] or None,
        rule_ids=list(row.rules) or None,
        target_account=account(view.people[row.target].account, urls),
    )


def admin_report(view: ReportView, urls: Urls) -> AdminReport:
    """A report as moderators see it."""
    row = view.report
    return AdminReport(
        id=str(row.id),
        action_taken=row.acted_at is not None,
        action_taken_at=_moment(row.acted_at),
        category=row.category,
        comment=row.comment,
        forwarded=row.forwarded,
        created_at=timestamp(row.created_at),
        updated_at=timestamp(row.updated_at),
        account=_account(view.people[row.reporter], urls),
        target_account=_account(view.people[row.target], urls),
        assigned_account=_named(view, row.assigned, urls),
        action_taken_by_account=_named(view, row.acted_by, urls),
        statuses=[status(one, urls) for one in view.statuses],
        rules=[{"id": rule, "text": ""} for rule in row.rules],
    )


def _named(view: ReportView, identifier: int | None, urls: Urls) -> AdminAccount | None:
    found = None if identifier is None else view.people.get(identifier)
    return None if found is None else _account(found, urls)


def _account(found: Staffed, urls: Urls) -> AdminAccount:
    row = found.account
    return AdminAccount(
        id=str(row.id),
        username=row.username,
        domain=row.domain or None,
        created_at=timestamp(row.created_at),
        email=found.email,
        ip=None,
        ips=[],
        locale=found.locale or None,
        invite_request=None,
        role={"id": "0", "name": found.role.capitalize(), "color": "", "permissions": "0", "highlighted": True}
        if found.role
        else None,
        confirmed=found.confirmed,
        approved=found.approved,
        disabled=found.disabled,
        silenced=False,
        sensitized=False,
        suspended=found.suspended,
        account=account(row, urls),
    )


def _moment(at: int | None) -> str | None:
    return None if at is None else timestamp(at)
