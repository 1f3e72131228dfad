"""How far people have read their timelines, one row each."""

from fedicert.store.unit import Tx


async def put(tx: Tx, account: int, timeline: str, last_read: int) -> None:
    """Remember a place; the version counts how often."""
    await tx.run(
        "INSERT INTO markers (account, timeline, last_read_id, version, updated_at) VALUES ($1, $2, $3, 1, $4)"
        " ON CONFLICT (account, timeline) DO UPDATE SET last_read_id = excluded.last_read_id,"
        " version = markers.version + 1, updated_at = excluded.updated_at",
        account,
        timeline,
        last_read,
        tx.now,
    )
