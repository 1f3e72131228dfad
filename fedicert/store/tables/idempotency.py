"""Idempotency keys: which post a client's key stands for, for an hour."""

from fedicert.base.clock import HOUR
from fedicert.store.unit import Tx


async def claim(tx: Tx, token: int, key: str, status: int) -> int | None:
    """Let the key of this token stand for `status`; the post it stands for already, None where the claim holds.

    A second request with the same key waits here until the first one is decided.
    """
    claimed = await tx.run(
        "INSERT INTO idempotency (token, key, status, created_at) VALUES ($1, $2, $3, $4)"
        " ON CONFLICT (token, key) DO UPDATE SET status = excluded.status, created_at = excluded.created_at"
        " WHERE idempotency.created_at <= $5 OR NOT EXISTS (SELECT 1 FROM statuses s WHERE s.id = idempotency.status)",
        token,
        key,
        status,
        tx.now,
        tx.now - HOUR,
    )
    if claimed:
        return None
    return int(await tx.value("SELECT status FROM idempotency WHERE token = $1 AND key = $2", token, key))


async def release(tx: Tx, token: int, key: str) -> None:
    """The key stands for nothing: what it was claimed for isn't done."""
    await tx.run("DELETE FROM idempotency WHERE token = $1 AND key = $2", token, key)


async def forget(tx: Tx, before: int) -> int:
    """Drop keys older than that moment; how many."""
    return await tx.run("DELETE FROM idempotency WHERE created_at < $1", before)
