"""Accounts as this server's staff sees them. Who may ask is judged by who calls."""

from collections.abc import Sequence

import msgspec

from fedicert.base.errors import NotFound
from fedicert.mastodon.paging import MAX_ID, Page
from fedicert.model.accounts import LIMITS
from fedicert.model.administration import AccountFilter, AdminAccountRow
from fedicert.store.loaders import accounts
from fedicert.store.unit import Reader, Row

_WAITS = "(g.id IS NOT NULL AND (g.confirmed_at IS NULL OR g.approved_at IS NULL))"
_SELECT = (
    "SELECT a.id, a.domain, COALESCE(l.role, '') AS role, l.disabled_at, g.email, g.locale, g.reason, g.confirmed_at,"
    " g.approved_at FROM accounts a LEFT JOIN local_accounts l ON l.id = a.id LEFT JOIN logins g ON g.id = l.login"
    f" WHERE a.deleted_at IS NULL AND NOT (a.domain = '' AND (a.type = 'Application' OR a.username_key = '{LIMITS}'))"
)
_OF_STATUS = {
    "active": f"a.suspended_at IS NULL AND a.silenced = 0 AND l.disabled_at IS NULL AND NOT {_WAITS}",
    "pending": _WAITS,
    "disabled": "l.disabled_at IS NOT NULL",
    "silenced": "a.silenced = 1",
    "suspended": "a.suspended_at IS NOT NULL",
}


class AdminAccounts(msgspec.Struct, frozen=True):
    """A part of the list; the cursors of its ends, None where it is empty; `more`: it was full."""

    rows: list[AdminAccountRow]
    newest: int | None = None
    oldest: int | None = None
    more: bool = False


async def several(reader: Reader, wanted: AccountFilter, part: Page) -> AdminAccounts:
    """Accounts, latest first."""
    where = ""
    values: list[str | int] = [
        MAX_ID if part.max_id is None else part.max_id,
        max(part.since_id or 0, part.min_id or 0),
    ]
    if wanted.origin:
        where += f" AND a.domain {'=' if wanted.origin == 'local' else '<>'} ''"
    if wanted.status:
        where += f" AND {_OF_STATUS[wanted.status]}"
    if wanted.staff:
        where += " AND l.role IN ('owner', 'admin', 'moderator')"
    for column, text in (
        ("a.username_key", wanted.username.lower()),
        ("LOWER(a.display_name)", wanted.display_name.lower()),
        ("g.email_key", wanted.email.lower()),
    ):
        if text:
            values.append(_beginning(text))
            where += f" AND {column} LIKE ${len(values)} ESCAPE '!'"
    if wanted.domain:
        values.append(wanted.domain.lower())
        where += f" AND a.domain = ${len(values)}"
    order = "ASC" if part.ascending else "DESC"
    values.append(part.limit)
    rows = await reader.all(
        f"{_SELECT} AND a.id < $1 AND a.id > $2{where} ORDER BY a.id {order} LIMIT ${len(values)}", *values
    )
    if not rows:
        return AdminAccounts([])
    if part.ascending:
        rows = rows[::-1]
    return AdminAccounts(await _loaded(reader, rows), rows[0][0], rows[-1][0], len(rows) >= part.limit)


async def one(reader: Reader, account: int) -> AdminAccountRow:
    """One account. `NotFound`."""
    found = await _loaded(reader, await reader.all(f"{_SELECT} AND a.id = $1", account))
    if not found:
        raise NotFound
    return found[0]


async def _loaded(reader: Reader, rows: Sequence[Row]) -> list[AdminAccountRow]:
    known = await accounts(reader, [row["id"] for row in rows])
    return [
        AdminAccountRow(
            account=known[row["id"]],
            role=row["role"],
            email=row["email"] or "",
            locale=row["locale"] or "",
            reason=row["reason"] or "",
            confirmed=bool(row["domain"]) or row["email"] is None or row["confirmed_at"] is not None,
            approved=bool(row["domain"]) or row["email"] is None or row["approved_at"] is not None,
            disabled=row["disabled_at"] is not None,
        )
        for row in rows
        if row["id"] in known
    ]


def _beginning(text: str) -> str:
    return text.replace("!", "!!").replace("%", "!%").replace("_", "!_") + "%"
