"""Why accounts may stand on their rungs. The tier itself stands in `local_accounts`, which admission locks."""

from fedicert.store.unit import Reader, Tx


async def begin(tx: Tx, account: int, tier: int, ground: str, licence: int | None = None) -> None:
    """From now on an account may stand on a tier."""
    await tx.run(
        "INSERT INTO tier_grants (account, tier, ground, licence, begun_at, cause) VALUES ($1, $2, $3, $4, $5, '')",
        account,
        tier,
        ground,
        licence,
        tx.now,
    )


async def end(tx: Tx, grant: int, cause: str) -> None:
    """It may no longer, for this reason."""
    await tx.run(
        "UPDATE tier_grants SET ended_at = $2, cause = $3 WHERE id = $1 AND ended_at IS NULL", grant, tx.now, cause
    )


async def end_of_licences(tx: Tx, account: int, cause: str) -> None:
    """Whatever an account was granted by licences ends, for this reason."""
    await tx.run(
        "UPDATE tier_grants SET ended_at = $2, cause = $3 WHERE account = $1 AND ended_at IS NULL AND licence IS NOT NULL",
        account,
        tx.now,
        cause,
    )


async def of_licence(reader: Reader, licence: int) -> tuple[int, int, bool] | None:
    """What stands by a licence: (grant, tier, is it an outcome of an appeal, in the licence's place)."""
    row = await reader.one("SELECT id, tier, ground FROM tier_grants WHERE licence = $1 AND ended_at IS NULL", licence)
    return None if row is None else (row[0], row[1], row[2] == "admin")


async def end_in_place_of(tx: Tx, account: int, tier: int, licence: int) -> None:
    """A licence lets somebody stand on a tier: what stood there in the place of another one ends."""
    await tx.run(
        "UPDATE tier_grants SET ended_at = $4, cause = 'licence' WHERE account = $1 AND tier = $2 AND licence <> $3"
        " AND ground = 'admin' AND ended_at IS NULL",
        account,
        tier,
        licence,
        tx.now,
    )


async def by_word(reader: Reader, account: int) -> list[tuple[int, int]]:
    """What stands by an admin's word: (grant, tier)."""
    rows = await reader.all(
        "SELECT id, tier FROM tier_grants WHERE account = $1 AND ground = 'admin' AND ended_at IS NULL ORDER BY id",
        account,
    )
    return [(row[0], row[1]) for row in rows]


async def highest(reader: Reader, account: int) -> int | None:
    """The highest rung that an account may stand on by what stands; None where nothing does."""
    found = await reader.value(
        "SELECT g.tier FROM tier_grants g JOIN tiers t ON t.id = g.tier WHERE g.account = $1 AND g.ended_at IS NULL"
        " ORDER BY t.position DESC LIMIT 1",
        account,
    )
    return None if found is None else int(found)


async def with_several(reader: Reader, after: int, count: int) -> list[int]:
    """Accounts that may stand on more than one rung, in order of id, a page after `after`."""
    rows = await reader.all(
        "SELECT account FROM tier_grants WHERE ended_at IS NULL AND account > $1 GROUP BY account"
        " HAVING COUNT(DISTINCT tier) > 1 ORDER BY account LIMIT $2",
        after,
        count,
    )
    return [row[0] for row in rows]


async def several(reader: Reader) -> dict[int, list[int]]:
    """The same, all of them, and on which rungs: account → tiers."""
    rows = await reader.all(
        "SELECT g.account, g.tier FROM tier_grants g JOIN accounts a ON a.id = g.account WHERE g.ended_at IS NULL"
        " AND a.deleted_at IS NULL ORDER BY g.account"
    )
    found: dict[int, list[int]] = {}
    for row in rows:
        found.setdefault(row[0], []).append(row[1])
    return {account: tiers for account, tiers in found.items() if len(set(tiers)) > 1}
