"""Archives that people asked for: made or not yet, and where they lie."""

import msgspec

from fedicert.store.unit import Reader, Row, Tx


class Archive(msgspec.Struct, frozen=True, kw_only=True):
    """One. `state`: asked, ready, failed, gone. Times in ms."""

    id: int
    account: int
    state: str
    file: str
    bytes: int
    asked_at: int
    ready_at: int | None


_SELECT = "SELECT id, account, state, file, bytes, asked_at, ready_at FROM archives "


async def insert(tx: Tx, identifier: int, account: int, file: str) -> None:
    """Somebody asks for one, which will have this name."""
    await tx.run(
        "INSERT INTO archives (id, account, state, file, bytes, asked_at, ready_at)"
        " VALUES ($1, $2, 'asked', $3, 0, $4, NULL)",
        identifier,
        account,
        file,
        tx.now,
    )


async def one(reader: Reader, identifier: int) -> Archive | None:
    """One, by its id."""
    row = await reader.one(_SELECT + "WHERE id = $1", identifier)
    return None if row is None else _archive(row)


async def of(reader: Reader, account: int, count: int) -> list[Archive]:
    """The latest of somebody."""
    rows = await reader.all(_SELECT + "WHERE account = $1 ORDER BY id DESC LIMIT $2", account, count)
    return [_archive(row) for row in rows]


async def asked_since(reader: Reader, account: int, since: int) -> int:
    """How many somebody asked for since a moment (ms)."""
    return int(await reader.value("SELECT COUNT(*) FROM archives WHERE account = $1 AND asked_at > $2", account, since))


async def ready(tx: Tx, identifier: int, size: int) -> bool:
    """It is made; False where nobody waits for it any more."""
    return bool(
        await tx.run(
            "UPDATE archives SET state = 'ready', bytes = $2, ready_at = $3 WHERE id = $1 AND state = 'asked'",
            identifier,
            size,
            tx.now,
        )
    )


async def set_state(tx: Tx, identifier: int, state: str) -> None:
    """It failed, or its file is to go."""
    await tx.run("UPDATE archives SET state = $2 WHERE id = $1", identifier, state)


async def give_up(tx: Tx, account: int) -> None:
    """Somebody is gone: so are their archives."""
    await tx.run("UPDATE archives SET state = 'gone' WHERE account = $1", account)


async def expire(tx: Tx, before: int) -> None:
    """What was made before a moment (ms) is to go."""
    await tx.run("UPDATE archives SET state = 'gone' WHERE state = 'ready' AND ready_at < $1", before)


async def to_remove(reader: Reader, count: int) -> list[Archive]:
    """Some whose files are to be removed."""
    rows = await reader.all(_SELECT + "WHERE state = 'gone' AND file <> '' ORDER BY id LIMIT $1", count)
    return [_archive(row) for row in rows]


async def removed(tx: Tx, identifiers: list[int]) -> None:
    """Their files are gone."""
    await tx.run("UPDATE archives SET file = '' WHERE id {any_id:$1}", identifiers)


async def forget(tx: Tx, before: int, most: int) -> int:
    """Forget those asked for before a moment (ms) whose files are gone; how many."""
    return await tx.run(
        "DELETE FROM archives WHERE id IN (SELECT id FROM archives WHERE asked_at < $1"
        " AND (file = '' OR state = 'failed') LIMIT $2)",
        before,
        most,
    )


def _archive(row: Row) -> Archive:
    return Archive(
        id=row["id"],
        account=row["account"],
        state=row["state"],
        file=row["file"],
        bytes=row["bytes"],
        asked_at=row["asked_at"],
        ready_at=row["ready_at"],
    )
