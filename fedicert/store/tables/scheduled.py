"""Posts that wait for their time, and drafts."""

import msgspec

from fedicert.base.clock import DAY, utc_day
from fedicert.model.scheduled import Kept, ScheduledRow
from fedicert.store.unit import Reader, Row, Tx

_kept = msgspec.json.Decoder(Kept)
_SELECT = "SELECT id, account, due, draft, refused, token, idempotency FROM scheduled "


async def insert(tx: Tx, row: ScheduledRow) -> None:
    """Keep one."""
    await tx.run(
        "INSERT INTO scheduled (id, account, due, draft, refused, token, idempotency, created_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        row.id,
        row.account,
        row.due,
        msgspec.json.encode(row.kept).decode(),
        row.refused,
        row.token,
        row.idempotency,
        tx.now,
    )


async def hold(tx: Tx, identifier: int) -> ScheduledRow | None:
    """One, its row locked."""
    row = await tx.one(_SELECT + "WHERE id = $1 {for_update}", identifier)
    return None if row is None else _row(row)


async def by_id(reader: Reader, identifier: int) -> ScheduledRow | None:
    """One."""
    row = await reader.one(_SELECT + "WHERE id = $1", identifier)
    return None if row is None else _row(row)


async def by_key(reader: Reader, token: int, key: str) -> ScheduledRow | None:
    """What a client's key stands for."""
    row = await reader.one(_SELECT + "WHERE token = $1 AND idempotency = $2", token, key)
    return None if row is None else _row(row)


async def move(tx: Tx, identifier: int, due: int | None, refused: str) -> None:
    """It waits for another time, or (None) is a draft."""
    await tx.run("UPDATE scheduled SET due = $2, refused = $3 WHERE id = $1", identifier, due, refused)


async def delete(tx: Tx, identifier: int) -> None:
    """It goes."""
    await tx.run("DELETE FROM scheduled WHERE id = $1", identifier)


async def forget(tx: Tx, account: int) -> None:
    """Somebody leaves."""
    await tx.run("DELETE FROM scheduled WHERE account = $1", account)


async def count(reader: Reader, account: int, due: int | None) -> tuple[int, int]:
    """How many somebody has in all, and how many on the UTC day of a moment."""
    start = 0 if due is None else utc_day(due) * DAY
    row = await reader.one(
        "SELECT COUNT(*), COALESCE(SUM(CASE WHEN due >= $2 AND due < $3 THEN 1 ELSE 0 END), 0) FROM scheduled"
        " WHERE account = $1",
        account,
        start,
        start + DAY,
    )
    assert row is not None
    return int(row[0]), int(row[1])


def _row(row: Row) -> ScheduledRow:
    return ScheduledRow(
        id=row["id"],
        account=row["account"],
        due=row["due"],
        kept=_kept.decode(row["draft"]),
        refused=row["refused"],
        token=row["token"],
        idempotency=row["idempotency"],
    )
