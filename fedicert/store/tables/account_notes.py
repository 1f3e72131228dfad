"""What people here wrote down about accounts. Read by nobody but who wrote it."""

from fedicert.store.unit import Tx


async def put(tx: Tx, account: int, target: int, text: str) -> None:
    """Write it down, in the place of what was there."""
    await tx.run(
        "INSERT INTO account_notes (account, target, text) VALUES ($1, $2, $3)"
        " ON CONFLICT (account, target) DO UPDATE SET text = excluded.text",
        account,
        target,
        text,
    )


async def delete(tx: Tx, account: int, target: int) -> None:
    """Forget it."""
    await tx.run("DELETE FROM account_notes WHERE account = $1 AND target = $2", account, target)
