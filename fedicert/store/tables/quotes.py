"""Quotes that were allowed: which post, by which post, of whom. One that was taken back stays, and isn't allowed again."""

from fedicert.store.unit import Reader, Tx

MOST = 10_000
"""So many quotes of one post are allowed in all."""


async def allow(tx: Tx, status: int, quote: str, quoter: int) -> int | None:
    """Allow a quote; the id of its stamp, the same for the same quote. None: it was taken back, or there are too many."""
    known = await tx.one("SELECT id, revoked_at FROM quotes WHERE status = $1 AND quote_uri = $2", status, quote)
    if known is not None:
        return int(known["id"]) if known["revoked_at"] is None else None
    if await tx.value("SELECT COUNT(*) FROM quotes WHERE status = $1", status) >= MOST:
        return None
    identifier = tx.new_id()
    await tx.run(
        "INSERT INTO quotes (id, status, quote_uri, quoter, created_at) VALUES ($1, $2, $3, $4, $5)",
        identifier,
        status,
        quote,
        quoter,
        tx.now,
    )
    return identifier


async def allowed(reader: Reader, status: int, quote: str) -> int | None:
    """The stamp of a quote that is allowed now."""
    found = await reader.value(
        "SELECT id FROM quotes WHERE status = $1 AND quote_uri = $2 AND revoked_at IS NULL", status, quote
    )
    return None if found is None else int(found)


async def revoke(tx: Tx, status: int, quote: str, quoter: int) -> int | None:
    """Take a stamp back, or never give one; the id of one that was given."""
    found = await allowed(tx, status, quote)
    await tx.run(
        "INSERT INTO quotes (id, status, quote_uri, quoter, created_at, revoked_at) VALUES ($1, $2, $3, $4, $5, $5)"
        " ON CONFLICT (status, quote_uri) DO UPDATE SET revoked_at = excluded.revoked_at",
        tx.new_id(),
        status,
        quote,
        quoter,
        tx.now,
    )
    return found
