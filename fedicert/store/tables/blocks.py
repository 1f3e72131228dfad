"""Who blocks whom."""

from fedicert.store.unit import Reader, Tx


async def exists(reader: Reader, account: int, target: int) -> bool:
    """Does the one block the other?"""
    return bool(await reader.value("SELECT 1 FROM blocks WHERE account = $1 AND target = $2", account, target))


async def either(reader: Reader, one: int, other: int) -> bool:
    """Does either block the other?"""
    return bool(
        await reader.value(
            "SELECT 1 FROM blocks WHERE (account = $1 AND target = $2) OR (account = $2 AND target = $1) LIMIT 1",
            one,
            other,
        )
    )


async def insert(tx: Tx, account: int, target: int, uri: str) -> bool:
    """Block; False where it was so already."""
    return bool(
        await tx.run(
            "INSERT INTO blocks (account, target, uri, created_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
            account,
            target,
            uri,
            tx.now,
        )
    )


async def delete(tx: Tx, account: int, target: int) -> str | None:
    """Unblock; the id of the Block that is undone, None where there was none."""
    uri = await tx.value("SELECT uri FROM blocks WHERE account = $1 AND target = $2", account, target)
    if uri is not None:
        await tx.run("DELETE FROM blocks WHERE account = $1 AND target = $2", account, target)
    return None if uri is None else str(uri)


async def by_uri(reader: Reader, account: int, uri: str) -> int | None:
    """Whom this account blocks by the Block of that id."""
    found = await reader.value("SELECT target FROM blocks WHERE account = $1 AND uri = $2", account, uri)
    return None if found is None else int(found)
