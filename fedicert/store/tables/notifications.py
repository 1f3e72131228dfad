"""Notifications: one row per (account, type, from, status)."""

from collections.abc import Sequence

from fedicert.store.unit import Tx

KEPT = 4_000
GROUPED = frozenset({"favourite", "reblog", "follow"})
GROUPED_MS = 12 * 3_600_000


async def insert(
    tx: Tx,
    identifier: int,
    account: int,
    kind: str,
    from_account: int,
    status: int | None,
    *,
    filtered: bool = False,
    decision: int | None = None,
) -> bool:
    """Add one; False where the same is there already. `filtered`: set aside by the person's policy."""
    return bool(
        await tx.run(
            "INSERT INTO notifications (id, account, type, from_account, status, created_at, filtered, group_key,"
            " decision) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING",
            identifier,
            account,
            kind,
            from_account,
            status,
            tx.now,
            int(filtered),
            _group_key(kind, status, tx.now),
            decision,
        )
    )


def _group_key(kind: str, status: int | None, now: int) -> str:
    """What it is shown together with: the same act about the same thing within half a day; '' for what stands alone."""
    if kind not in GROUPED:
        return ""
    return "-".join(str(part) for part in (kind, status, now // GROUPED_MS) if part is not None)


async def delete(tx: Tx, account: int, from_account: int, kinds: Sequence[str], status: int | None) -> None:
    """Take back what was told of somebody's act."""
    await tx.run(
        "DELETE FROM notifications WHERE account = $1 AND from_account = $2 AND type {any_text:$3}"
        " AND COALESCE(status, 0) = $4",
        account,
        from_account,
        list(kinds),
        status or 0,
    )


async def delete_of_status(tx: Tx, status: int) -> None:
    """A post is gone: nothing speaks of it any more."""
    await tx.run("DELETE FROM notifications WHERE status = $1", status)


async def delete_one(tx: Tx, account: int, identifier: int) -> bool:
    """Take one of somebody's away; False where there is none."""
    return bool(await tx.run("DELETE FROM notifications WHERE account = $1 AND id = $2", account, identifier))


async def trim(tx: Tx, account: int) -> None:
    """Leave the latest 4,000 of somebody's."""
    await tx.run(
        "DELETE FROM notifications WHERE account = $1 AND id <= COALESCE("
        f"(SELECT id FROM notifications WHERE account = $1 ORDER BY id DESC LIMIT 1 OFFSET {KEPT}), 0)",
        account,
    )


async def delete_all(tx: Tx, account: int) -> None:
    """Take all of somebody's away."""
    await tx.run("DELETE FROM notifications WHERE account = $1", account)


async def delete_group(tx: Tx, account: int, key: str) -> bool:
    """Take away what is shown together under this key; False where there is none."""
    return bool(await tx.run("DELETE FROM notifications WHERE account = $1 AND group_key = $2", account, key))


async def delete_filtered(tx: Tx, account: int, senders: Sequence[int]) -> int:
    """Take away what was set aside of these people; how many."""
    return await tx.run(
        "DELETE FROM notifications WHERE account = $1 AND filtered = 1 AND from_account {any_id:$2}",
        account,
        list(senders),
    )


async def let_in(tx: Tx, account: int, senders: Sequence[int]) -> int:
    """What was set aside of these people is told after all; how many."""
    return await tx.run(
        "UPDATE notifications SET filtered = 0 WHERE account = $1 AND filtered = 1 AND from_account {any_id:$2}",
        account,
        list(senders),
    )
