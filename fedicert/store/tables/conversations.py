"""Direct posts of one thread among the same people: a row for each of them who lives here, and the posts in it."""

from collections.abc import Sequence

import msgspec

from fedicert.store.unit import Reader, Tx


async def note(tx: Tx, account: int, thread: str, others: Sequence[int], status: int, *, unread: bool) -> int:
    """A post joined somebody's conversation, begun by it or before; the conversation's id."""
    people = msgspec.json.encode(sorted(others)).decode()
    identifier = int(
        await tx.value(
            "INSERT INTO conversations (account, thread, people, last_status, unread) VALUES ($1, $2, $3, $4, $5)"
            " ON CONFLICT (account, thread, people) DO UPDATE SET unread = excluded.unread, last_status ="
            " CASE WHEN conversations.last_status > excluded.last_status THEN conversations.last_status"
            " ELSE excluded.last_status END RETURNING id",
            account,
            thread,
            people,
            status,
            int(unread),
        )
    )
    await tx.run(
        "INSERT INTO conversation_statuses (conversation, status) VALUES ($1, $2) ON CONFLICT DO NOTHING",
        identifier,
        status,
    )
    return identifier


async def set_unread(tx: Tx, account: int, identifier: int, unread: bool) -> bool:
    """It was read, or is to look as if it weren't; False where it isn't theirs."""
    return bool(
        await tx.run(
            "UPDATE conversations SET unread = $3 WHERE id = $1 AND account = $2", identifier, account, int(unread)
        )
    )


async def owns(reader: Reader, account: int, identifier: int) -> bool:
    """Is it theirs?"""
    return bool(await reader.value("SELECT 1 FROM conversations WHERE id = $1 AND account = $2", identifier, account))


async def delete(tx: Tx, identifier: int) -> None:
    """It goes from the list; its posts stay."""
    await tx.run("DELETE FROM conversation_statuses WHERE conversation = $1", identifier)
    await tx.run("DELETE FROM conversations WHERE id = $1", identifier)


async def forget_status(tx: Tx, status: int) -> None:
    """A post is gone: conversations show the one before it, and one without a post goes."""
    await tx.run("DELETE FROM conversation_statuses WHERE status = $1", status)
    await tx.run(
        "DELETE FROM conversations WHERE last_status = $1 AND NOT EXISTS"
        " (SELECT 1 FROM conversation_statuses c WHERE c.conversation = conversations.id)",
        status,
    )
    await tx.run(
        "UPDATE conversations SET last_status = (SELECT MAX(c.status) FROM conversation_statuses c"
        " WHERE c.conversation = conversations.id) WHERE last_status = $1",
        status,
    )


async def forget(tx: Tx, account: int) -> None:
    """Somebody leaves, with their conversations; others keep theirs."""
    await tx.run(
        "DELETE FROM conversation_statuses WHERE conversation IN (SELECT id FROM conversations WHERE account = $1)",
        account,
    )
    await tx.run("DELETE FROM conversations WHERE account = $1", account)
