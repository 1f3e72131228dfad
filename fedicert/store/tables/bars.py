"""Who is barred here: accounts elsewhere that are suspended by an admin, singly or with their domain, and their follows."""

from collections.abc import Sequence

import msgspec

from fedicert.store.unit import Reader, Tx

BY_DOMAIN, BY_ITSELF = 1, 2


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """A remote account, as far as this is about it."""

    id: int
    uri: str
    domain: str
    barred: int
    silenced: bool


class Barred(msgspec.Struct, frozen=True, kw_only=True):
    """A follow that is paused with its slot for long enough."""

    follow: int
    follower: int
    followed: int


_SELECT = "SELECT id, uri, domain, barred, silenced FROM accounts WHERE domain <> ''"


async def page(reader: Reader, after: int, count: int) -> list[Account]:
    """Remote accounts in order of id, behind one."""
    rows = await reader.all(_SELECT + " AND id > $1 ORDER BY id LIMIT $2", after, count)
    return [Account(id=row[0], uri=row[1], domain=row[2], barred=row[3], silenced=bool(row[4])) for row in rows]


async def of(reader: Reader, account: int) -> int:
    """Why an account is barred, in bits; 0 where it isn't."""
    return int(await reader.value("SELECT barred FROM accounts WHERE id = $1", account) or 0)


async def set_barred(tx: Tx, account: int, barred: int) -> None:
    """Bar an account, or no longer. Barred no longer, its own document says again whether it is suspended at home."""
    await tx.run(
        "UPDATE accounts SET barred = $2, version = version + 1,"
        " suspended_at = CASE WHEN $2 = 0 THEN NULL ELSE COALESCE(suspended_at, $3) END,"
        " fetched_at = CASE WHEN $2 = 0 THEN 0 ELSE fetched_at END WHERE id = $1",
        account,
        barred,
        tx.now,
    )


async def set_silenced(tx: Tx, accounts: Sequence[int], silenced: bool) -> None:
    """Keep their posts out of public timelines, or no longer."""
    await tx.run(
        "UPDATE accounts SET silenced = $2, version = version + 1 WHERE id {any_id:$1}", list(accounts), int(silenced)
    )


async def owners(reader: Reader, followers: Sequence[int]) -> list[int]:
    """The local accounts in whose count these are, in order of id."""
    rows = await reader.all(
        "SELECT DISTINCT f.followed FROM follows f JOIN local_accounts l ON l.id = f.followed"
        " WHERE f.follower {any_id:$1} AND f.state IN ('admitted', 'paused') ORDER BY f.followed",
        list(followers),
    )
    return [row[0] for row in rows]


async def multipliers(reader: Reader, owner: int, after: int, count: int) -> list[int]:
    """Followers in the count of somebody here that pass on what they get, in order of id, behind one."""
    rows = await reader.all(
        "SELECT f.follower FROM follows f JOIN accounts a ON a.id = f.follower WHERE f.followed = $1 AND f.follower > $2"
        " AND f.state IN ('admitted', 'paused') AND a.type IN ('Group', 'Application', 'Service')"
        " ORDER BY f.follower LIMIT $3",
        owner,
        after,
        count,
    )
    return [row[0] for row in rows]


async def bar_longer(tx: Tx, follow: int) -> None:
    """A follower stays paused, and the days of it begin anew."""
    await tx.run("UPDATE follows SET barred_at = $2 WHERE id = $1 AND barred_at IS NOT NULL", follow, tx.now)


async def bar(tx: Tx, follow: int) -> None:
    """A follower is paused with the slot, from now on."""
    await tx.run(
        "UPDATE follows SET state = 'paused', barred_at = $2, state_at = $2 WHERE id = $1 AND barred_at IS NULL",
        follow,
        tx.now,
    )


async def unbar(tx: Tx, follow: int) -> None:
    """Nothing bars them any longer; they stay paused until they are restored."""
    await tx.run("UPDATE follows SET barred_at = NULL WHERE id = $1", follow)


async def since(reader: Reader, before: int, count: int) -> list[Barred]:
    """Some that have been barred since a moment (ms), whose owners' clocks run."""
    rows = await reader.all(
        "SELECT f.id, f.follower, f.followed FROM follows f JOIN accounts a ON a.id = f.followed"
        " WHERE f.barred_at <= $1 AND a.suspended_at IS NULL ORDER BY f.barred_at, f.id LIMIT $2",
        before,
        count,
    )
    return sorted(
        (Barred(follow=row[0], follower=row[1], followed=row[2]) for row in rows), key=lambda one: one.followed
    )


async def host_of(reader: Reader, follower: int) -> str:
    """Where a follower is reached; '' for somebody here."""
    return str(await reader.value("SELECT host FROM inboxes WHERE account = $1", follower) or "")


async def put_off(tx: Tx, owner: int, by: int) -> None:
    """The clocks of somebody here stood still for so long (ms): places in the line, and the time of who is barred."""
    await tx.run(
        "UPDATE follows SET state_at = state_at + $2, barred_at = barred_at + $2"
        " WHERE followed = $1 AND (state IN ('requested', 'held') OR barred_at IS NOT NULL)",
        owner,
        by,
    )
