"""Hashtags that people follow, and those they show on their profile. Which posts have which is `tables/statuses.py`."""

from fedicert.store.unit import Reader, Tx


async def known(tx: Tx, name: str) -> int:
    """The id of a hashtag (normal form), made where it is new."""
    await tx.run("INSERT INTO tags (name) VALUES ($1) ON CONFLICT DO NOTHING", name)
    return int(await tx.value("SELECT id FROM tags WHERE name = $1", name))


async def find(reader: Reader, name: str) -> int | None:
    """The id of a hashtag (normal form); None where nobody ever used it."""
    found = await reader.value("SELECT id FROM tags WHERE name = $1", name)
    return None if found is None else int(found)


async def count_followed(reader: Reader, account: int) -> int:
    """How many somebody follows."""
    return int(await reader.value("SELECT COUNT(*) FROM followed_tags WHERE account = $1", account))


async def follow(tx: Tx, account: int, tag: int) -> bool:
    """Follow; False where it was so already."""
    return bool(
        await tx.run("INSERT INTO followed_tags (account, tag) VALUES ($1, $2) ON CONFLICT DO NOTHING", account, tag)
    )


async def unfollow(tx: Tx, account: int, tag: int) -> bool:
    """Follow no longer; False where it wasn't so."""
    return bool(await tx.run("DELETE FROM followed_tags WHERE account = $1 AND tag = $2", account, tag))


async def count_featured(reader: Reader, account: int) -> int:
    """How many somebody shows."""
    return int(await reader.value("SELECT COUNT(*) FROM featured_tags WHERE account = $1", account))


async def feature(tx: Tx, account: int, tag: int, name: str) -> int:
    """Show one, spelt so; the id of its row, there before or not."""
    await tx.run(
        "INSERT INTO featured_tags (account, tag, name) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING", account, tag, name
    )
    return int(await tx.value("SELECT id FROM featured_tags WHERE account = $1 AND tag = $2", account, tag))


async def is_featured(reader: Reader, account: int, tag: int) -> bool:
    """Does somebody show it?"""
    return bool(await reader.value("SELECT 1 FROM featured_tags WHERE account = $1 AND tag = $2", account, tag))


async def unfeature(tx: Tx, account: int, tag: int) -> None:
    """Show it no longer."""
    await tx.run("DELETE FROM featured_tags WHERE account = $1 AND tag = $2", account, tag)


async def unfeature_row(tx: Tx, account: int, row_id: int) -> bool:
    """Show one no longer, named by its row; False where it isn't theirs."""
    return bool(await tx.run("DELETE FROM featured_tags WHERE account = $1 AND id = $2", account, row_id))


async def forget(tx: Tx, account: int) -> None:
    """Somebody leaves: they follow and show none."""
    await tx.run("DELETE FROM followed_tags WHERE account = $1", account)
    await tx.run("DELETE FROM featured_tags WHERE account = $1", account)
