"""Where remote actors are reached. Written and read by the gate alone (`operations.dispatch`)."""

from fedicert.store.unit import Tx


async def remove(tx: Tx, account: int) -> None:
    """Nobody here has to do with this actor any longer."""
    await tx.run("DELETE FROM inboxes WHERE account = $1", account)


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
