"""Lists of accounts and who is on them. What their timelines show is the gate's (`tables/feeds.py`)."""

from collections.abc import Sequence

import msgspec

from fedicert.store.unit import Reader, Tx


class List(msgspec.Struct, frozen=True, kw_only=True):
    """A list; `replies_policy`: list, followed, none."""

    id: int
    owner: int
    title: str
    replies_policy: str
    exclusive: bool


async def count(reader: Reader, owner: int) -> int:
    """How many lists somebody has."""
    return int(await reader.value("SELECT COUNT(*) FROM lists WHERE owner = $1", owner))


async def insert(tx: Tx, owner: int, title: str, replies_policy: str, exclusive: bool) -> int:
    """Make a list; its id."""
    return int(
        await tx.value(
            "INSERT INTO lists (owner, title, replies_policy, exclusive) VALUES ($1, $2, $3, $4) RETURNING id",
            owner,
            title,
            replies_policy,
            int(exclusive),
        )
    )


async def own(reader: Reader, owner: int, identifier: int) -> List | None:
    """A list, where it is theirs; its row is locked."""
    row = await reader.one(
        "SELECT id, owner, title, replies_policy, exclusive FROM lists WHERE id = $1 AND owner = $2 {for_update}",
        identifier,
        owner,
    )
    return (
        None
        if row is None
        else List(id=row[0], owner=row[1], title=row[2], replies_policy=row[3], exclusive=bool(row[4]))
    )


async def put(tx: Tx, changed: List) -> None:
    """The new title and rules of a list."""
    await tx.run(
        "UPDATE lists SET title = $2, replies_policy = $3, exclusive = $4 WHERE id = $1",
        changed.id,
        changed.title,
        changed.replies_policy,
        int(changed.exclusive),
    )


async def delete(tx: Tx, identifier: int) -> None:
    """A list goes, with who was on it. Its timeline is the gate's to empty, before."""
    await tx.run("DELETE FROM list_members WHERE list = $1", identifier)
    await tx.run("DELETE FROM lists WHERE id = $1", identifier)


async def of(reader: Reader, owner: int) -> list[int]:
    """The lists of somebody."""
    return [row[0] for row in await reader.all("SELECT id FROM lists WHERE owner = $1", owner)]


async def add(tx: Tx, identifier: int, account: int) -> bool:
    """Put somebody on a list; False where they are already."""
    return bool(
        await tx.run(
            "INSERT INTO list_members (list, account) VALUES ($1, $2) ON CONFLICT DO NOTHING", identifier, account
        )
    )


async def remove(tx: Tx, identifier: int, account: int) -> bool:
    """Take somebody off a list; False where they weren't on it."""
    return bool(await tx.run("DELETE FROM list_members WHERE list = $1 AND account = $2", identifier, account))


async def members(reader: Reader, identifier: int) -> list[int]:
    """Who is on a list."""
    return [row[0] for row in await reader.all("SELECT account FROM list_members WHERE list = $1", identifier)]


async def followed(reader: Reader, owner: int, accounts: Sequence[int]) -> set[int]:
    """Those of these accounts that somebody follows or asks to follow, and themselves."""
    rows = await reader.all(
        "SELECT followed FROM follows WHERE follower = $1 AND followed {any_id:$2} AND state <> 'trimmed'",
        owner,
        list(accounts),
    )
    return {owner, *(row[0] for row in rows)}


async def with_member(reader: Reader, owner: int, account: int) -> list[int]:
    """The lists of an owner that somebody is on."""
    rows = await reader.all(
        "SELECT m.list FROM list_members m JOIN lists l ON l.id = m.list WHERE l.owner = $1 AND m.account = $2",
        owner,
        account,
    )
    return [row[0] for row in rows]


async def part(tx: Tx, owner: int, account: int) -> None:
    """Take somebody off all lists of an owner who follows them no longer."""
    await tx.run(
        "DELETE FROM list_members WHERE account = $2 AND list IN (SELECT id FROM lists WHERE owner = $1)",
        owner,
        account,
    )


async def delete_member(tx: Tx, account: int) -> None:
    """An account is gone: it is on no list any more."""
    await tx.run("DELETE FROM list_members WHERE account = $1", account)
