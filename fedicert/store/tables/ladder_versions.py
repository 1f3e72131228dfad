"""Every ladder that held, by number. Rows are added and never changed."""

import json
from typing import Any

from fedicert.model.ladder import Version
from fedicert.store.unit import Reader, Row, Tx

_SELECT = (
    "SELECT v.number, v.at, COALESCE(a.username, ''), v.act, v.why, v.ladder, v.digest FROM ladder_versions v"
    " LEFT JOIN accounts a ON a.id = v.decider"
)


async def current(reader: Reader) -> int:
    """The number of the ladder that holds; 0 where none was written yet."""
    return int(await reader.value("SELECT COALESCE(MAX(number), 0) FROM ladder_versions"))


async def insert(
    tx: Tx, number: int, decider: int | None, act: str, why: str, ladder: list[dict[str, Any]], digest: str
) -> None:
    """Add the ladder that holds from now on."""
    await tx.run(
        "INSERT INTO ladder_versions (number, at, decider, act, why, ladder, digest) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        number,
        tx.now,
        decider,
        act,
        why,
        json.dumps(ladder),
        digest,
    )


async def newest(reader: Reader, before: int | None, count: int) -> list[Version]:
    """The ladders that held, the newest first, with numbers below `before`."""
    rows = await reader.all(
        _SELECT + " WHERE v.number < $1 ORDER BY v.number DESC LIMIT $2", before or (1 << 62), count
    )
    return [_version(row) for row in rows]


def _version(row: Row) -> Version:
    return Version(
        number=row[0], at=row[1], by=row[2], act=row[3], why=row[4], ladder=json.loads(row[5]), digest=row[6]
    )
