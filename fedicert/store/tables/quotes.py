"""Quotes elsewhere that were allowed: which post, by which post, of whom."""

from fedicert.store.unit import Tx

MOST = 10_000
"""So many quotes of one post are allowed in all."""


async def allow(tx: Tx, status: int, quote: str, quoter: int) -> int | None:
    """Allow a quote; the id of its stamp, the same for the same quote. None: the post has too many."""
    known = await tx.value("SELECT id FROM quotes WHERE status = $1 AND quote_uri = $2", status, quote)
    if known is not None:
        return int(known)
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
