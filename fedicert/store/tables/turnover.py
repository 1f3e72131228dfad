"""Slots that their owner freed (law 1), and the owner's turn to pick after a removal (law 3). Under the account's lock."""

from collections.abc import Sequence

import msgspec

from fedicert.store.unit import Reader, Tx


class Use(msgspec.Struct, frozen=True):
    """A freed slot that was filled again, as it counts for one account (0: for slots that nobody has).

    `origin`: the same for all rows about one use. `first`: this is the row of who used it.
    """

    id: int
    account: int
    origin: int
    first: bool


async def set_freed(tx: Tx, account: int, freed: int) -> None:
    """So many open slots were freed by their owner."""
    await tx.run("UPDATE local_accounts SET freed = $2 WHERE id = $1", account, freed)


async def refill(tx: Tx, account: int) -> None:
    """A slot that the owner freed is filled again."""
    await tx.run("UPDATE local_accounts SET freed = freed - 1 WHERE id = $1 AND freed > 0", account)
    await tx.run(
        "INSERT INTO refills (account, at, login, tier, used_by)"
        " SELECT id, $2, login, tier, id FROM local_accounts WHERE id = $1",
        account,
        tx.now,
    )


async def set_picks(tx: Tx, account: int, picks: int, until: int) -> None:
    """So many slots wait until a moment (ms) for whom the owner picks."""
    await tx.run("UPDATE local_accounts SET picks = $2, picks_until = $3 WHERE id = $1", account, picks, until)


async def refilled_since(reader: Reader, account: int, after: int) -> list[tuple[int, bool]]:
    """When slots that the owner freed were filled again after a moment (ms), oldest first; and did it come along with slots
    of another account?"""
    rows = await reader.all(
        "SELECT at, used_by FROM refills WHERE account = $1 AND at > $2 ORDER BY at, id", account, after
    )
    return [(row[0], row[1] != account) for row in rows]


async def uses(reader: Reader, login: int, tier: int, after: int) -> list[Use]:
    """What accounts of a login used on a tier after a moment (ms), oldest first; also what deleted ones did."""
    rows = await reader.all(
        "SELECT id, account, origin FROM refills WHERE login = $1 AND tier = $2 AND at > $3 ORDER BY at, id",
        login,
        tier,
        after,
    )
    return [Use(row[0], row[1], row[2] or row[0], row[2] is None) for row in rows]


async def logins(reader: Reader, tier: int, after: int) -> list[int]:
    """Who freed slots on a tier, or filled such again after a moment (ms)."""
    rows = await reader.all(
        "SELECT login FROM local_accounts WHERE tier = $1 AND freed > 0 AND login IS NOT NULL"
        " UNION SELECT login FROM unheld WHERE tier = $1 AND freed > 0"
        " UNION SELECT login FROM refills WHERE tier = $1 AND at > $2 AND login IS NOT NULL ORDER BY login",
        tier,
        after,
    )
    return [row[0] for row in rows]


async def charge(tx: Tx, rows: Sequence[int], account: int) -> None:
    """These uses count for another account from now on."""
    await tx.run(
        "UPDATE refills SET account = $2, origin = COALESCE(origin, id) WHERE id {any_id:$1}", list(rows), account
    )


async def charge_too(tx: Tx, rows: Sequence[int], account: int) -> None:
    """These uses count for another account, too."""
    await tx.run(
        "INSERT INTO refills (account, at, login, tier, origin, used_by) SELECT CAST($2 AS BIGINT), at, login, tier,"
        " COALESCE(origin, id), used_by FROM refills WHERE id {any_id:$1} ORDER BY id",
        list(rows),
        account,
    )


async def discharge(tx: Tx, rows: Sequence[int]) -> None:
    """These uses count for somebody else already."""
    await tx.run("DELETE FROM refills WHERE id {any_id:$1}", list(rows))


async def unheld(reader: Reader, login: int, tier: int) -> list[tuple[int, int]]:
    """Slots freed by their owner that are nobody's of the login now: who left them there (0: many), and how many."""
    rows = await reader.all(
        "SELECT account, freed FROM unheld WHERE login = $1 AND tier = $2 ORDER BY account", login, tier
    )
    return [(row[0], row[1]) for row in rows]


async def leave(tx: Tx, login: int, tier: int, account: int, freed: int) -> None:
    """So many more are nobody's. `account`: who left them there by going to another tier, else 0."""
    if not freed:
        return
    await tx.run(
        "INSERT INTO unheld (login, tier, account, freed) VALUES ($1, $2, $3, $4)"
        " ON CONFLICT (login, tier, account) DO UPDATE SET freed = unheld.freed + excluded.freed",
        login,
        tier,
        account,
        freed,
    )


async def take(tx: Tx, login: int, tier: int, many: int) -> None:
    """So many are somebody's again."""
    for account, freed in await unheld(tx, login, tier):
        took = min(freed, many)
        many -= took
        await tx.run(
            "UPDATE unheld SET freed = freed - $4 WHERE login = $1 AND tier = $2 AND account = $3",
            login,
            tier,
            account,
            took,
        )
    await tx.run("DELETE FROM unheld WHERE login = $1 AND tier = $2 AND freed = 0", login, tier)


async def take_along(tx: Tx, login: int, tier: int, account: int) -> None:
    """An account that comes back brings itself what it left there."""
    await tx.run("DELETE FROM unheld WHERE login = $1 AND tier = $2 AND account = $3", login, tier, account)


async def forget(tx: Tx, before: int, most: int) -> int:
    """Drop what doesn't count any longer; how many."""
    return await tx.run(
        "DELETE FROM refills WHERE id IN (SELECT id FROM refills WHERE at < $1 ORDER BY id LIMIT $2)", before, most
    )
