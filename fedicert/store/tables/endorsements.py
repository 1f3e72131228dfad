"""Whom somebody shows on their profile."""

from fedicert.store.unit import Reader, Tx


async def add(tx: Tx, account: int, target: int) -> None:
    """Show somebody; nothing where it is so already."""
    await tx.run("INSERT INTO endorsements (account, target) VALUES ($1, $2) ON CONFLICT DO NOTHING", account, target)


async def remove(tx: Tx, account: int, target: int) -> None:
    """Show them no longer."""
    await tx.run("DELETE FROM endorsements WHERE account = $1 AND target = $2", account, target)


async def count(reader: Reader, account: int) -> int:
    """How many somebody shows."""
    return int(await reader.value("SELECT COUNT(*) FROM endorsements WHERE account = $1", account))


async def follows(reader: Reader, account: int, target: int) -> bool:
    """Does the one follow the other?"""
    return bool(
        await reader.value(
            "SELECT 1 FROM follows WHERE follower = $1 AND followed = $2 AND state IN ('admitted', 'paused')",
            account,
            target,
        )
    )


async def forget(tx: Tx, account: int) -> None:
    """An account is gone: it shows nobody and is shown by nobody."""
    await tx.run("DELETE FROM endorsements WHERE account = $1 OR target = $1", account)
