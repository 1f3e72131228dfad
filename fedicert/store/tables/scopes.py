"""Posts outside the scope of their author's licence: for whom they are, moderators' marks, and suspended rungs."""

from collections.abc import Iterable

import msgspec

from fedicert.store.unit import Reader, Row, Tx


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """A moderator's mark on a post. `undone_at`: None while it stands."""

    id: int
    status: int
    account: int
    by_account: int
    reason: str
    was_visible: str
    was_listed: int
    at: int
    undone_at: int | None = None


_MARK = "SELECT id, status, account, by_account, reason, was_visible, was_listed, at, undone_at FROM scope_marks "


async def keep_for(tx: Tx, status: int, units: Iterable[tuple[str, int]]) -> None:
    """Write down for whom a post is: (host, 0) or ('', follower)."""
    await tx.many(
        "INSERT INTO scope_units (status, host, follower) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        [(status, host, follower) for host, follower in units],
    )


async def units(reader: Reader, status: int) -> frozenset[tuple[str, int]]:
    """For whom a post is."""
    rows = await reader.all("SELECT host, follower FROM scope_units WHERE status = $1", status)
    return frozenset((row[0], row[1]) for row in rows)


async def is_for(reader: Reader, status: int, account: int) -> bool:
    """Is a post for this follower, alone or with their whole host?"""
    return bool(
        await reader.value(
            "SELECT 1 FROM scope_units u WHERE u.status = $1 AND ((u.host = '' AND u.follower = $2) OR (u.follower = 0"
            " AND u.host = (SELECT i.host FROM inboxes i WHERE i.account = $2))) LIMIT 1",
            status,
            account,
        )
    )


async def mark(tx: Tx, new: Mark) -> None:
    """Put a mark on a post. Raises `Duplicate` where one stands."""
    await tx.run(
        "INSERT INTO scope_marks (status, account, by_account, reason, was_visible, was_listed, at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7)",
        new.status,
        new.account,
        new.by_account,
        new.reason,
        new.was_visible,
        new.was_listed,
        new.at,
    )


async def undo(tx: Tx, identifier: int, by: int) -> None:
    """A mark stands no longer."""
    await tx.run(
        "UPDATE scope_marks SET undone_at = $2, undone_by = $3 WHERE id = $1 AND undone_at IS NULL",
        identifier,
        tx.now,
        by,
    )


async def excuse(tx: Tx, account: int, until: int) -> None:
    """An account's marks up to a moment (ms) stand on, and count no longer."""
    await tx.run(
        "UPDATE scope_marks SET excused_at = $3 WHERE account = $1 AND at <= $2 AND undone_at IS NULL"
        " AND excused_at IS NULL",
        account,
        until,
        tx.now,
    )


async def standing(reader: Reader, status: int) -> Mark | None:
    """The mark that stands on a post."""
    row = await reader.one(_MARK + "WHERE status = $1 AND undone_at IS NULL", status)
    return None if row is None else _mark(row)


async def of_account(reader: Reader, account: int, since: int) -> list[Mark]:
    """The marks on an account's posts since a moment (ms) that stand and count, those of deleted posts too; the oldest
    first."""
    rows = await reader.all(
        _MARK + "WHERE account = $1 AND at > $2 AND undone_at IS NULL AND excused_at IS NULL ORDER BY at",
        account,
        since,
    )
    return [_mark(row) for row in rows]


async def latest(reader: Reader, count: int) -> list[Mark]:
    """The latest marks, undone ones too."""
    return [_mark(row) for row in await reader.all(_MARK + "ORDER BY id DESC LIMIT $1", count)]


async def suspended_since(reader: Reader, account: int) -> int | None:
    """Since when (ms) an account's rung is suspended; None: it isn't."""
    found = await reader.value("SELECT since FROM rung_suspensions WHERE account = $1", account)
    return None if found is None else int(found)


async def suspend(tx: Tx, account: int) -> None:
    """From now on it stands on the lowest rung."""
    await tx.run(
        "INSERT INTO rung_suspensions (account, since) VALUES ($1, $2) ON CONFLICT DO NOTHING", account, tx.now
    )


async def restore(tx: Tx, account: int) -> None:
    """It stands again where its grants put it."""
    await tx.run("DELETE FROM rung_suspensions WHERE account = $1", account)


async def forget(tx: Tx, account: int) -> None:
    """An account is gone: its rung isn't suspended any more, and what was said of its posts goes. That marks were put
    stays."""
    await restore(tx, account)
    await tx.run("UPDATE scope_marks SET reason = '' WHERE account = $1 AND reason <> ''", account)


def _mark(row: Row) -> Mark:
    return Mark(
        id=row["id"],
        status=row["status"],
        account=row["account"],
        by_account=row["by_account"],
        reason=row["reason"],
        was_visible=row["was_visible"],
        was_listed=row["was_listed"],
        at=row["at"],
        undone_at=row["undone_at"],
    )
