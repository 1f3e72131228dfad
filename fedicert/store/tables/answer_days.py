"""How much somebody sent today of what answers single actors: by kind, and in all ('')."""

from collections.abc import Iterable

from fedicert.base.clock import utc_day
from fedicert.store.unit import Reader, Tx

ALL = ""


async def used(reader: Reader, account: int, kind: str) -> tuple[int, int]:
    """Today: of this kind, and of all kinds."""
    rows = await reader.all(
        "SELECT kind, n FROM answer_days WHERE account = $1 AND day = $2 AND kind {any_text:$3}",
        account,
        utc_day(reader.now),
        [kind, ALL],
    )
    found = {row[0]: int(row[1]) for row in rows}
    return found.get(kind, 0), found.get(ALL, 0)


async def take(tx: Tx, account: int, most: Iterable[tuple[str, int]]) -> bool:
    """One more today of each of these kinds, each up to so many; False where one of them is used up."""
    for kind, limit in most:
        taken = await tx.run(
            "INSERT INTO answer_days (account, day, kind, n) VALUES ($1, $2, $3, 1)"
            " ON CONFLICT (account, day, kind) DO UPDATE SET n = answer_days.n + 1 WHERE answer_days.n < $4",
            account,
            utc_day(tx.now),
            kind,
            limit,
        )
        if not taken:
            return False
    return True


async def forget(tx: Tx, before_day: int) -> int:
    """Drop days before this one; how many rows."""
    return await tx.run("DELETE FROM answer_days WHERE day < $1", before_day)
