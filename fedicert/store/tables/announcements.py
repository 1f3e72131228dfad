"""What the server says to everybody here, who has read it, and what they answered with a single sign."""

from collections.abc import Mapping

import msgspec

from fedicert.store.unit import Reader, Tx


async def of_key(reader: Reader, once: str) -> int | None:
    """The announcement that was made under a key."""
    found = await reader.value("SELECT id FROM announcements WHERE once = $1", once)
    return None if found is None else int(found)


async def insert(
    tx: Tx, text: str, texts: Mapping[str, str], starts_at: int | None, ends_at: int | None, once: str
) -> int:
    """Say something; its id. `texts`: the same in languages."""
    number = tx.new_id()
    await tx.run(
        "INSERT INTO announcements (id, once, text, starts_at, ends_at, published_at, updated_at, texts)"
        " VALUES ($1, $2, $3, $4, $5, $6, $6, $7)",
        number,
        once,
        text,
        starts_at,
        ends_at,
        tx.now,
        msgspec.json.encode(dict(texts)).decode() if texts else "",
    )
    return number


async def exists(reader: Reader, announcement: int) -> bool:
    """Is there such an announcement?"""
    return bool(await reader.value("SELECT COUNT(*) FROM announcements WHERE id = $1", announcement))


async def withdraw(tx: Tx, announcement: int) -> bool:
    """Take one back, with what was answered; False where there is none."""
    for table in ("announcement_reads", "announcement_reactions"):
        await tx.run(f"DELETE FROM {table} WHERE announcement = $1", announcement)
    return await tx.run("DELETE FROM announcements WHERE id = $1", announcement) > 0


async def read(tx: Tx, account: int, announcement: int) -> None:
    """Somebody has read it."""
    await tx.run(
        "INSERT INTO announcement_reads (account, announcement) VALUES ($1, $2)"
        " ON CONFLICT (account, announcement) DO NOTHING",
        account,
        announcement,
    )


async def signs(reader: Reader, announcement: int) -> list[str]:
    """The signs it was answered with."""
    rows = await reader.all("SELECT DISTINCT name FROM announcement_reactions WHERE announcement = $1", announcement)
    return [row[0] for row in rows]


async def react(tx: Tx, account: int, announcement: int, name: str) -> None:
    """Answer with a sign."""
    await tx.run(
        "INSERT INTO announcement_reactions (announcement, name, account, created_at) VALUES ($1, $2, $3, $4)"
        " ON CONFLICT (announcement, name, account) DO NOTHING",
        announcement,
        name,
        account,
        tx.now,
    )


async def unreact(tx: Tx, account: int, announcement: int, name: str) -> None:
    """Take a sign back."""
    await tx.run(
        "DELETE FROM announcement_reactions WHERE announcement = $1 AND name = $2 AND account = $3",
        announcement,
        name,
        account,
    )


async def forget(tx: Tx, account: int) -> None:
    """Somebody left: what they read and answered with goes."""
    for table in ("announcement_reads", "announcement_reactions"):
        await tx.run(f"DELETE FROM {table} WHERE account = $1", account)
