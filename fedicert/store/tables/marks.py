"""What somebody did with a post: likes, bookmarks, and the bits that a page reads in one go."""

from fedicert.store.unit import Reader, Tx


async def set_bit(tx: Tx, account: int, status: int, bit: int) -> None:
    """Raise a flag of `model.statuses`."""
    await tx.run(
        "INSERT INTO marks (account, status, bits) VALUES ($1, $2, $3)"
        " ON CONFLICT (account, status) DO UPDATE SET bits = marks.bits | excluded.bits",
        account,
        status,
        bit,
    )


async def bits(reader: Reader, account: int, status: int) -> int:
    """The flags of somebody on a post."""
    return int(await reader.value("SELECT bits FROM marks WHERE account = $1 AND status = $2", account, status) or 0)


async def count_bit(reader: Reader, account: int, bit: int) -> int:
    """On how many posts that are still there somebody raised a flag."""
    return int(
        await reader.value(
            "SELECT COUNT(*) FROM marks m JOIN statuses s ON s.id = m.status WHERE m.account = $1 AND m.bits & $2 <> 0",
            account,
            bit,
        )
    )


async def clear_bit(tx: Tx, account: int, status: int, bit: int) -> None:
    """Lower a flag."""
    await tx.run(
        "UPDATE marks SET bits = bits & ~CAST($3 AS BIGINT) WHERE account = $1 AND status = $2", account, status, bit
    )


async def add_favourite(tx: Tx, account: int, status: int, uri: str) -> bool:
    """Like; False where it was liked already. `uri`: the Like's id."""
    return bool(
        await tx.run(
            "INSERT INTO favourites (account, status, uri, created_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
            account,
            status,
            uri,
            tx.now,
        )
    )


async def remove_favourite(tx: Tx, account: int, status: int) -> str | None:
    """Take a like back; the id of the Like, None where there was none."""
    uri = await tx.value("SELECT uri FROM favourites WHERE account = $1 AND status = $2", account, status)
    if uri is None:
        return None
    await tx.run("DELETE FROM favourites WHERE account = $1 AND status = $2", account, status)
    return str(uri)


async def favourite_by_uri(reader: Reader, account: int, uri: str) -> int | None:
    """The post that a Like of this account, given by its id, is about."""
    found = await reader.value("SELECT status FROM favourites WHERE uri = $1 AND account = $2", uri, account)
    return None if found is None else int(found)


async def add_bookmark(tx: Tx, account: int, status: int) -> None:
    """Bookmark; nothing where it is already."""
    await tx.run(
        "INSERT INTO bookmarks (account, status, created_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        account,
        status,
        tx.now,
    )


async def remove_bookmark(tx: Tx, account: int, status: int) -> None:
    """Take a bookmark out."""
    await tx.run("DELETE FROM bookmarks WHERE account = $1 AND status = $2", account, status)
