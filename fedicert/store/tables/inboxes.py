"""Where remote actors are reached. Written and read by the gate alone (`operations.dispatch`)."""

from fedicert.store.unit import Tx


async def put(tx: Tx, account: int, inbox: str, shared_inbox: str, host: str) -> None:
    """Record, or correct, where an actor is reached; `host` is the inbox's authority."""
    await tx.run(
        "INSERT INTO inboxes (account, inbox, shared_inbox, host) VALUES ($1, $2, $3, $4)"
        " ON CONFLICT (account) DO UPDATE SET inbox = excluded.inbox, shared_inbox = excluded.shared_inbox,"
        " host = excluded.host",
        account,
        inbox,
        shared_inbox,
        host,
    )
