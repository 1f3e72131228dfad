"""Reports as whoever filed them, or is told of them, gets them. Pure."""

from fedicert.mastodon.dates import timestamp
from fedicert.mastodon.render_account import account
from fedicert.mastodon.staff_entities import Report
from fedicert.model.reports import ReportView
from fedicert.model.urls import Urls


def report(view: ReportView, urls: Urls) -> Report:
    """A report."""
    row = view.report
    return Report(
        id=str(row.id),
        action_taken=row.acted_at is not None,
        action_taken_at=None if row.acted_at is None else timestamp(row.acted_at),
        category=row.category,
        comment=row.comment,
        forwarded=row.forwarded,
        created_at=timestamp(row.created_at),
        status_ids=[str(one) for one in row.statuses] or None,
        rule_ids=list(row.rules) or None,
        target_account=account(view.people[row.target].account, urls),
    )
