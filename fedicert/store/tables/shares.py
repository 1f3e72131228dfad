"""The shares of a tier's cap that the accounts of one login have (law 10). Writers hold the locks of all of them.

The database refuses a share that rises beyond what is left: those that fall are written first.
"""

from collections.abc import Mapping

import msgspec

from fedicert.reach.division import Part
from fedicert.store.unit import Reader, Tx


class Shared(msgspec.Struct, frozen=True, kw_only=True):
    """One account of a login with its tier and its share. `cap`: of the tier. Deleted accounts belong to nobody."""

    account: int
    username: str
    tier: int
    tier_name: str
    cap: int | None
    share: int | None
    count: int
    closed: bool


async def of_login(reader: Reader, login: int) -> list[Shared]:
    """All accounts of a login, the lowest rung first, then in the order in which they were made."""
    rows = await reader.all(
        "SELECT l.id, a.username, l.tier, t.name, t.followers, l.cap_share, l.admitted + l.paused AS count,"
        " l.disabled_at, a.suspended_at FROM local_accounts l JOIN accounts a ON a.id = l.id"
        " JOIN tiers t ON t.id = l.tier WHERE l.login = $1 ORDER BY t.position, l.id",
        login,
    )
    return [
        Shared(
            account=row[0],
            username=row[1],
            tier=row[2],
            tier_name=row[3],
            cap=row[4],
            share=row[5],
            count=row[6],
            closed=row[7] is not None or row[8] is not None,
        )
        for row in rows
    ]


async def hold_cap(tx: Tx, tier: int) -> int | None:
    """The follower cap of a tier, which can't change before this unit ends."""
    lock = " FOR SHARE" if tx.engine == "postgres" else ""
    found = await tx.value("SELECT followers FROM tiers WHERE id = $1" + lock, tier)
    return None if found is None else int(found)


async def parts(reader: Reader, login: int, tier: int, but: int = 0) -> list[Part]:
    """Those of a login on a tier, one account left out."""
    rows = await reader.all(
        "SELECT id, cap_share, admitted + paused FROM local_accounts WHERE login = $1 AND tier = $2 AND id <> $3"
        " ORDER BY id",
        login,
        tier,
        but,
    )
    return [Part(row[0], row[1], row[2]) for row in rows]


async def write(tx: Tx, before: Mapping[int, int | None], after: Mapping[int, int | None]) -> None:
    """Write shares; what falls comes first, so that at no moment they are too many."""
    falls = [a for a, share in after.items() if share is not None and (before[a] is None or share < (before[a] or 0))]
    rises = [a for a in after if a not in falls and after[a] != before[a]]
    for account in (*falls, *rises):
        await tx.run("UPDATE local_accounts SET cap_share = $2 WHERE id = $1", account, after[account])


async def hold_divided(tx: Tx, tier: str) -> None:
    """Lock whoever has a share on a tier, or shares a login there, before the tier itself: in the order of admission."""
    if tx.engine == "postgres":
        await tx.all(
            "SELECT l.id FROM local_accounts l JOIN tiers t ON t.id = l.tier WHERE t.name = $1 AND (l.cap_share IS NOT"
            " NULL OR EXISTS (SELECT 1 FROM local_accounts o WHERE o.login = l.login AND o.tier = l.tier"
            " AND o.id <> l.id)) ORDER BY l.id FOR UPDATE OF l",
            tier,
        )


async def scale(tx: Tx, tier: int, before: int | None, after: int | None) -> None:
    """A tier's cap changed. When it falls, shares scale down in the same unit (integers, rounded down); a cap that ends
    leaves none; a new one is divided evenly."""
    if after is None:
        await tx.run("UPDATE local_accounts SET cap_share = NULL WHERE tier = $1 AND cap_share IS NOT NULL", tier)
    elif before is None:
        await tx.run(
            "UPDATE local_accounts SET cap_share = $2 / (SELECT COUNT(*) FROM local_accounts o"
            " WHERE o.login = local_accounts.login AND o.tier = $1) WHERE tier = $1 AND login IN"
            " (SELECT login FROM local_accounts WHERE tier = $1 AND login IS NOT NULL GROUP BY login HAVING COUNT(*) > 1)",
            tier,
            after,
        )
    elif after < before:
        await tx.run(
            "UPDATE local_accounts SET cap_share = cap_share * $2 / $3 WHERE tier = $1 AND cap_share IS NOT NULL",
            tier,
            after,
            before,
        )
