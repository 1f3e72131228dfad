"""Windows in which a tier's limits are lowered: announced, begun, ended or cancelled."""

import json
from typing import Any

from fedicert.model.ladder import Window
from fedicert.store.unit import Reader, Row, Tx

_SELECT = (
    "SELECT id, tier, tier_name, limits, starts_at, ends_at, decider, why, announced_at, begun_at, ended_at, cancelled_at"
    " FROM tier_windows"
)
_OPEN = " WHERE ended_at IS NULL"


async def insert(tx: Tx, window: Window) -> int:
    """Write an announced window; its number."""
    return int(
        await tx.value(
            "INSERT INTO tier_windows (tier, tier_name, limits, starts_at, ends_at, decider, why, announced_at)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id",
            window.tier,
            window.tier_name,
            json.dumps(window.limits),
            window.starts_at,
            window.ends_at,
            window.decider,
            window.why,
            tx.now,
        )
    )


async def open_ones(reader: Reader) -> list[Window]:
    """Windows that hold or will, in the order of their beginning."""
    return [_window(row) for row in await reader.all(_SELECT + _OPEN + " ORDER BY starts_at, id")]


async def by_id(reader: Reader, window: int) -> Window | None:
    """One window."""
    row = await reader.one(_SELECT + " WHERE id = $1", window)
    return None if row is None else _window(row)


async def newest(reader: Reader, before: int | None, count: int) -> list[Window]:
    """Windows past and to come, the newest first, with numbers below `before`."""
    rows = await reader.all(_SELECT + " WHERE id < $1 ORDER BY id DESC LIMIT $2", before or (1 << 62), count)
    return [_window(row) for row in rows]


async def begin(tx: Tx, window: int) -> None:
    """It holds from now on."""
    await tx.run("UPDATE tier_windows SET begun_at = $2 WHERE id = $1 AND begun_at IS NULL", window, tx.now)


async def end(tx: Tx, window: int, *, cancelled: bool = False) -> None:
    """It holds no longer."""
    await tx.run(
        "UPDATE tier_windows SET ended_at = $2, cancelled_at = $3 WHERE id = $1 AND ended_at IS NULL",
        window,
        tx.now,
        tx.now if cancelled else None,
    )


async def until(reader: Reader, account: int) -> int | None:
    """When the last of the windows ends that hold on an account's tier now."""
    found = await reader.value(
        "SELECT MAX(w.ends_at) FROM tier_windows w JOIN local_accounts l ON l.tier = w.tier"
        " WHERE l.id = $1 AND w.begun_at IS NOT NULL AND w.ended_at IS NULL",
        account,
    )
    return None if found is None else int(found)


def _window(row: Row) -> Window:
    limits: dict[str, Any] = json.loads(row[3])
    return Window(
        id=row[0],
        tier=row[1],
        tier_name=row[2],
        limits=limits,
        starts_at=row[4],
        ends_at=row[5],
        decider=row[6],
        why=row[7],
        announced_at=row[8],
        begun_at=row[9],
        ended_at=row[10],
        cancelled_at=row[11],
    )
