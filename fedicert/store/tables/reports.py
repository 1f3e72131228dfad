"""Reports."""

import msgspec

from fedicert.model.reports import ReportRow
from fedicert.store.reported import REPORTS, report_row
from fedicert.store.unit import Reader, Tx


async def insert(tx: Tx, row: ReportRow) -> None:
    """Keep one."""
    await tx.run(
        "INSERT INTO reports (id, reporter, target, statuses, rules, category, comment, forwarded, uri, created_at,"
        " updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)",
        row.id,
        row.reporter,
        row.target,
        _json(row.statuses),
        _json(row.rules),
        row.category,
        row.comment,
        int(row.forwarded),
        row.uri,
        tx.now,
    )


async def hold(tx: Tx, identifier: int) -> ReportRow | None:
    """One, its row locked."""
    row = await tx.one(REPORTS + "id = $1 {for_update}", identifier)
    return None if row is None else report_row(row)


async def open_between(tx: Tx, reporter: int, target: int) -> ReportRow | None:
    """The open report of somebody about somebody, its row locked."""
    row = await tx.one(
        REPORTS + "reporter = $1 AND target = $2 AND acted_at IS NULL ORDER BY id DESC LIMIT 1 {for_update}",
        reporter,
        target,
    )
    return None if row is None else report_row(row)


async def known(reader: Reader, uri: str) -> bool:
    """Did this Flag come already?"""
    return bool(await reader.value("SELECT 1 FROM reports WHERE uri = $1 AND uri <> ''", uri))


async def put(tx: Tx, row: ReportRow) -> None:
    """Its new state."""
    await tx.run(
        "UPDATE reports SET statuses = $2, rules = $3, category = $4, comment = $5, assigned = $6, acted_by = $7,"
        " acted_at = $8, updated_at = $9, uri = $10 WHERE id = $1",
        row.id,
        _json(row.statuses),
        _json(row.rules),
        row.category,
        row.comment,
        row.assigned,
        row.acted_by,
        row.acted_at,
        tx.now,
        row.uri,
    )


async def forget(tx: Tx, account: int) -> None:
    """An account leaves: what it reported, and what was reported of it, goes."""
    await tx.run("DELETE FROM reports WHERE reporter = $1 OR target = $1", account)


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
