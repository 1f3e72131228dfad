"""Reports as those get them who act on them. Pure."""

from fedicert.mastodon.admin_entities import AdminAccount, admin_account
from fedicert.mastodon.dates import timestamp
from fedicert.mastodon.entities import Entity, Status
from fedicert.mastodon.render import status
from fedicert.model.reports import ReportView
from fedicert.model.urls import Urls


class AdminReport(Entity, frozen=True, kw_only=True):
    """Admin::Report. The texts of rules are the instance's; here stand their ids."""

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


def admin_report(view: ReportView, urls: Urls) -> AdminReport:
    """A report."""
    row = view.report
    return AdminReport(
        id=str(row.id),
        action_taken=row.acted_at is not None,
        action_taken_at=None if row.acted_at is None else timestamp(row.acted_at),
        category=row.category,
        comment=row.comment,
        forwarded=row.forwarded,
        created_at=timestamp(row.created_at),
        updated_at=timestamp(row.updated_at),
        account=admin_account(view.people[row.reporter], urls),
        target_account=admin_account(view.people[row.target], urls),
        assigned_account=_named(view, row.assigned, urls),
        action_taken_by_account=_named(view, row.acted_by, urls),
        statuses=[status(one, urls) for one in view.statuses],
        rules=[{"id": rule, "text": ""} for rule in row.rules],
    )


def _named(view: ReportView, identifier: int | None, urls: Urls) -> AdminAccount | None:
    found = None if identifier is None else view.people.get(identifier)
    return None if found is None else admin_account(found, urls)
