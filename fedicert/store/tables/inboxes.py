"""Where remote actors are reached. Written and read by the gate alone (`operations.dispatch`)."""

from fedicert.model.accounts import Reached
from fedicert.store.unit import Reader, Tx


async def reached_at(reader: Reader, inbox: str, after: int, count: int) -> list[Reached]:
    """Some of the accounts with this inbox, own or shared, that follow somebody or are followed, behind an account."""
    rows = await reader.all(
        "SELECT i.account, a.uri, i.inbox FROM inboxes i JOIN accounts a ON a.id = i.account"
        " WHERE (i.inbox = $1 OR (i.shared_inbox = $1 AND i.shared_inbox <> '')) AND i.account > $2"
        " AND a.deleted_at IS NULL AND (EXISTS (SELECT 1 FROM follows f WHERE f.follower = a.id)"
        " OR EXISTS (SELECT 1 FROM follows f WHERE f.followed = a.id)) ORDER BY i.account LIMIT $3",
        inbox,
        after,
        count,
    )
    return [Reached(row[0], row[1], row[2]) for row in rows]


async def owner(reader: Reader, inbox: str) -> int | None:
    """The one account that has this inbox for its own; None where it is several people's, or a host's."""
    rows = await reader.all(
        "SELECT account, inbox FROM inboxes WHERE inbox = $1 OR (shared_inbox = $1 AND shared_inbox <> '') LIMIT 2",
        inbox,
    )
    return int(rows[0][0]) if len(rows) == 1 and rows[0][1] == inbox else None


async def remove(tx: Tx, account: int) -> None:
    """Nobody here has to do with this actor any longer."""
    await tx.run("DELETE FROM inboxes WHERE account = $1", account)


async def put(tx: Tx, account: int, inbox: str, shared_inbox: str, host: str) -> None:
    """Record, or correct, where an actor is reached; `host` is the inbox's authority."""
    await tx.later(
        "INSERT INTO inboxes (account, inbox, shared_inbox, host) VALUES ($1, $2, $3, $4)"
        " ON CONFLICT (account) DO UPDATE SET inbox = excluded.inbox, shared_inbox = excluded.shared_inbox,"
        " host = excluded.host",
        account,
        inbox,
        shared_inbox,
        host,
    )
