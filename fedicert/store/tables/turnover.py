"""Slots that their owner freed (law 1), and the owner's turn to pick after a removal (law 3). Under the account's lock."""

from fedicert.store.unit import Reader, Tx


async def set_freed(tx: Tx, account: int, freed: int) -> None:
    """So many open slots were freed by their owner."""
    await tx.run("UPDATE local_accounts SET freed = $2 WHERE id = $1", account, freed)


async def refill(tx: Tx, account: int) -> None:
    """A slot that the owner freed is filled again."""
    await tx.run("UPDATE local_accounts SET freed = freed - 1 WHERE id = $1 AND freed > 0", account)
    await tx.run("INSERT INTO refills (account, at) VALUES ($1, $2)", account, tx.now)


async def set_picks(tx: Tx, account: int, picks: int, until: int) -> None:
    """So many slots wait until a moment (ms) for whom the owner picks."""
    await tx.run("UPDATE local_accounts SET picks = $2, picks_until = $3 WHERE id = $1", account, picks, until)


async def refilled_since(reader: Reader, account: int, after: int) -> list[int]:
    """When slots that the owner freed were filled again after a moment (ms), oldest first."""
    rows = await reader.all("SELECT at FROM refills WHERE account = $1 AND at > $2 ORDER BY at, id", account, after)
    return [row[0] for row in rows]


async def forget(tx: Tx, before: int, most: int) -> int:
    """Drop what doesn't count any longer; how many."""
    return await tx.run(
        "DELETE FROM refills WHERE id IN (SELECT id FROM refills WHERE at < $1 ORDER BY id LIMIT $2)", before, most
    )
