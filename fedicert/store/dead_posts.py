"""Deliveries that failed for good: kept 30 days with their last errors, until somebody tries them again or drops them."""

from collections.abc import Sequence

import msgspec

from fedicert.store.patience import Fault
from fedicert.store.unit import Reader, Tx, one_statement


class DeadPost(msgspec.Struct, frozen=True):
    """A POST that wasn't taken. `type`: the activity's, '' where it is no longer known."""

    id: int
    host: str
    inbox: str
    type: str
    attempts: int
    faults: tuple[Fault, ...]
    created_at: int
    buried_at: int


_faults = msgspec.json.Decoder(tuple[Fault, ...])


@one_statement
async def page(reader: Reader, after: int, count: int, host: str) -> list[DeadPost]:
    """Some of them behind an id, oldest first; of one host, where one is named."""
    rows = await reader.all(
        "SELECT d.id, d.host, d.inbox, COALESCE(v.type, ''), d.attempts, d.errors, d.created_at, d.buried_at"
        " FROM deliveries d LEFT JOIN activities v ON v.id = d.body"
        " WHERE d.buried_at IS NOT NULL AND d.id > $1 AND ($3 = '' OR d.host = $3) ORDER BY d.id LIMIT $2",
        after,
        count,
        host,
    )
    return [DeadPost(row[0], row[1], row[2], row[3], row[4], _faults.decode(row[5]), row[6], row[7]) for row in rows]


async def retry(tx: Tx, ids: Sequence[int]) -> int:
    """Try these again from the start, whatever was known of their hosts; how many there were."""
    rows = await tx.all(
        "UPDATE deliveries SET due = $2, buried_at = NULL, attempts = 0, created_at = $2"
        " WHERE id {any_id:$1} AND buried_at IS NOT NULL RETURNING host",
        list(ids),
        tx.now,
    )
    for host in sorted({row[0] for row in rows}):
        await tx.run(
            "INSERT INTO lanes (host, due, not_before, lease_until, token, breaker, failures, failures_since, proven_at,"
            " created_at) VALUES ($1, $2, 0, 0, 0, 'closed', 0, 0, 0, $2) ON CONFLICT (host) DO UPDATE SET"
            " due = excluded.due, not_before = 0, breaker = CASE WHEN lanes.breaker = 'dormant' THEN 'open'"
            " ELSE lanes.breaker END",
            host,
            tx.now,
        )
    if rows:
        tx.signal("lanes")
    return len(rows)


async def drop(tx: Tx, ids: Sequence[int]) -> int:
    """Forget these; how many there were."""
    return await tx.run("DELETE FROM deliveries WHERE id {any_id:$1} AND buried_at IS NOT NULL", list(ids))
