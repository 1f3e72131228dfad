"""Reports with the people and posts they name, for every view that shows one. Never writes."""

from collections.abc import Sequence

import msgspec

from fedicert.model.accounts import AccountRow
from fedicert.model.administration import AdminAccountRow
from fedicert.model.reports import ReportRow, ReportView
from fedicert.model.statuses import StatusView
from fedicert.store.loaders import accounts, statuses
from fedicert.store.unit import Reader, Row

REPORTS = (
    "SELECT id, reporter, target, statuses, rules, category, comment, forwarded, uri, assigned, acted_by, acted_at,"
    " created_at, updated_at FROM reports WHERE "
)
_ids = msgspec.json.Decoder(tuple[int, ...])
_names = msgspec.json.Decoder(tuple[str, ...])


async def report_views(reader: Reader, viewer: int, rows: Sequence[Row], *, whole: bool = False) -> list[ReportView]:
    """Rows of `REPORTS` with whom and what they name. Posts as far as the viewer may see them; `whole`: all of them."""
    found = [report_row(row) for row in rows]
    named = {one for row in found for one in (row.reporter, row.target, row.assigned, row.acted_by) if one is not None}
    people = await _people(reader, named)
    posts = await statuses(reader, viewer, {one for row in found for one in row.statuses})
    if whole:
        for row in found:
            # What was reported is judged by moderators, also what was said to a few: as its author sees it, without marks.
            hidden = [one for one in row.statuses if one not in posts]
            for identifier, view in (await statuses(reader, row.target, hidden)).items():
                posts[identifier] = _unmarked(view)
    return [
        ReportView(
            report=row,
            people=people,
            statuses=tuple(posts[one] for one in row.statuses if one in posts),
        )
        for row in found
    ]


def _unmarked(view: StatusView) -> StatusView:
    poll = None if view.poll is None else msgspec.structs.replace(view.poll, own_votes=None)
    return msgspec.structs.replace(view, marks=0, poll=poll)


async def _people(reader: Reader, named: set[int]) -> dict[int, AdminAccountRow]:
    if not named:
        return {}
    known = await accounts(reader, named)
    rows = await reader.all(
        "SELECT l.id, l.role, l.disabled_at, l.default_language, g.email, g.confirmed_at, g.approved_at"
        " FROM local_accounts l LEFT JOIN logins g ON g.id = l.login WHERE l.id {any_id:$1}",
        list(named),
    )
    here = {row["id"]: row for row in rows}
    return {one: _person(account, here.get(one)) for one, account in known.items()}


def _person(account: AccountRow, row: Row | None) -> AdminAccountRow:
    if row is None:
        return AdminAccountRow(account=account, confirmed=True, approved=True)
    return AdminAccountRow(
        account=account,
        role=row["role"],
        email=row["email"] or "",
        locale=row["default_language"],
        confirmed=row["email"] is None or row["confirmed_at"] is not None,
        approved=row["email"] is None or row["approved_at"] is not None,
        disabled=row["disabled_at"] is not None,
    )


def report_row(row: Row) -> ReportRow:
    """A report, without whom and what it names."""
    return ReportRow(
        id=row["id"],
        reporter=row["reporter"],
        target=row["target"],
        statuses=_ids.decode(row["statuses"]),
        rules=_names.decode(row["rules"]),
        category=row["category"],
        comment=row["comment"],
        forwarded=bool(row["forwarded"]),
        uri=row["uri"],
        assigned=row["assigned"],
        acted_by=row["acted_by"],
        acted_at=row["acted_at"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )
