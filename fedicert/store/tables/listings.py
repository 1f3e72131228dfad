"""Accounts that pass on what they get, and that an admin listed: they may have a slot of a capped actor (law 3)."""

from fedicert.model.listings import Listing
from fedicert.store.unit import Reader, Row, Tx

_SELECT = (
    "SELECT g.account, a.uri, a.username, a.domain, a.type, b.username AS by_name, g.reason, g.created_at"
    " FROM listings g JOIN accounts a ON a.id = g.account JOIN accounts b ON b.id = g.listed_by "
)


async def has(reader: Reader, account: int) -> bool:
    """Is this account listed?"""
    return bool(await reader.value("SELECT 1 FROM listings WHERE account = $1", account))


async def add(tx: Tx, account: int, by: int, reason: str) -> bool:
    """List an account; False where it is already."""
    return bool(
        await tx.run(
            "INSERT INTO listings (account, listed_by, reason, created_at) VALUES ($1, $2, $3, $4)"
            " ON CONFLICT (account) DO NOTHING",
            account,
            by,
            reason,
            tx.now,
        )
    )


async def remove(tx: Tx, account: int) -> bool:
    """Strike one off; False where it wasn't listed."""
    return bool(await tx.run("DELETE FROM listings WHERE account = $1", account))


async def page(reader: Reader, after: int, count: int) -> list[Listing]:
    """Some of them in the order of the accounts' ids, behind one."""
    rows = await reader.all(_SELECT + "WHERE g.account > $1 ORDER BY g.account LIMIT $2", after, count)
    return [_listing(row) for row in rows]


def _listing(row: Row) -> Listing:
    return Listing(
        account=row["account"],
        uri=row["uri"],
        acct=f"{row['username']}@{row['domain']}" if row["domain"] else row["username"],
        type=row["type"],
        by=row["by_name"],
        reason=row["reason"],
        created_at=row["created_at"],
    )
