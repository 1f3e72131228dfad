"""Where remote actors are reached. Written and read by the gate alone (`operations.dispatch`)."""

from collections.abc import Sequence

import msgspec

from fedicert.model.accounts import Reached
from fedicert.reach.delivery import FormerInbox
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


MOVES_KEPT = 5
"""Addresses of before that are remembered of an actor."""


class Place(msgspec.Struct, frozen=True):
    """Where an actor is reached."""

    inbox: str
    shared_inbox: str
    host: str


async def of(reader: Reader, account: int) -> Place | None:
    """Where somebody elsewhere is reached; None for people here."""
    row = await reader.one("SELECT inbox, shared_inbox, host FROM inboxes WHERE account = $1", account)
    return None if row is None else Place(row[0], row[1], row[2])


async def of_each(reader: Reader, accounts: Sequence[int]) -> list[Place]:
    """The same for several; people here are left out."""
    rows = await reader.all(
        "SELECT inbox, shared_inbox, host FROM inboxes WHERE account {any_id:$1} ORDER BY account", list(accounts)
    )
    return [Place(row[0], row[1], row[2]) for row in rows]


async def moved(tx: Tx, account: int, before: Place, now: Place) -> None:
    """An actor is reached elsewhere from now on. A shared inbox counts as moved with the last who had it."""
    olds = [before.inbox] if before.inbox != now.inbox else []
    if before.shared_inbox not in ("", now.shared_inbox) and not await tx.value(
        "SELECT 1 FROM inboxes WHERE shared_inbox = $1 AND account <> $2 LIMIT 1", before.shared_inbox, account
    ):
        olds.append(before.shared_inbox)
    for old in olds:
        target = now.shared_inbox if old == before.shared_inbox and now.shared_inbox else now.inbox
        await tx.run("UPDATE moved_inboxes SET inbox = $2, host = $3 WHERE inbox = $1", old, target, now.host)
        await tx.run(
            "INSERT INTO moved_inboxes (old_inbox, account, inbox, host, moved_at) VALUES ($1, $2, $3, $4, $5)"
            " ON CONFLICT (old_inbox) DO UPDATE SET inbox = excluded.inbox, host = excluded.host,"
            " moved_at = excluded.moved_at",
            old,
            account,
            target,
            now.host,
            tx.now,
        )
    if olds:
        await tx.run("DELETE FROM moved_inboxes WHERE old_inbox = inbox")
        await tx.run(
            "DELETE FROM moved_inboxes WHERE account = $1 AND old_inbox NOT IN (SELECT old_inbox FROM moved_inboxes"
            " WHERE account = $1 ORDER BY moved_at DESC, old_inbox LIMIT $2)",
            account,
            MOVES_KEPT,
        )


async def now_at(reader: Reader, inboxes: Sequence[str]) -> list[FormerInbox]:
    """Where those of these inboxes are now that were given up."""
    rows = await reader.all(
        "SELECT DISTINCT inbox, host FROM moved_inboxes WHERE old_inbox {any_text:$1} ORDER BY inbox", list(inboxes)
    )
    return [FormerInbox(row[0], row[1]) for row in rows]


async def forget_moves(tx: Tx, before: int, most: int) -> int:
    """Forget moves before a moment (ms); how many."""
    return await tx.run(
        "DELETE FROM moved_inboxes WHERE old_inbox IN (SELECT old_inbox FROM moved_inboxes WHERE moved_at < $1 LIMIT $2)",
        before,
        most,
    )


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
