"""Lists that somebody brought along: each line, and what came of it."""

from collections.abc import Sequence
from typing import Literal

import msgspec

from fedicert.mastodon.csv_files import Kind, Line
from fedicert.store.unit import Reader, Row, Tx

Outcome = Literal["waiting", "done", "over", "failed"]


class Import(msgspec.Struct, frozen=True, kw_only=True):
    """One import, with how many lines are in which state. Times in ms."""

    id: int
    account: int
    kind: Kind
    state: str
    created_at: int
    ended_at: int | None
    waiting: int
    done: int
    over: int
    failed: int


class Waiting(msgspec.Struct, frozen=True):
    """A line whose turn it is."""

    place: int
    line: Line
    tries: int


_line = msgspec.json.Decoder(Line)
_SELECT = (
    "SELECT i.id, i.account, i.kind, i.state, i.created_at, i.ended_at,"
    " (SELECT COUNT(*) FROM import_rows r WHERE r.import = i.id AND r.state = 'waiting') AS waiting,"
    " (SELECT COUNT(*) FROM import_rows r WHERE r.import = i.id AND r.state = 'done') AS done,"
    " (SELECT COUNT(*) FROM import_rows r WHERE r.import = i.id AND r.state = 'over') AS over,"
    " (SELECT COUNT(*) FROM import_rows r WHERE r.import = i.id AND r.state = 'failed') AS failed FROM imports i "
)


async def insert(tx: Tx, identifier: int, account: int, kind: Kind, lines: Sequence[Line]) -> None:
    """A new one, every line waiting."""
    await tx.run(
        "INSERT INTO imports (id, account, kind, state, created_at, ended_at) VALUES ($1, $2, $3, 'running', $4, NULL)",
        identifier,
        account,
        kind,
        tx.now,
    )
    await tx.many(
        "INSERT INTO import_rows (import, place, line, state, said, tries, due)"
        " VALUES ($1, $2, $3, 'waiting', '', 0, 0)",
        [(identifier, place, msgspec.json.encode(line).decode()) for place, line in enumerate(lines)],
    )


async def one(reader: Reader, identifier: int) -> Import | None:
    """One, by its id."""
    row = await reader.one(_SELECT + "WHERE i.id = $1", identifier)
    return None if row is None else _import(row)


async def of(reader: Reader, account: int, count: int) -> list[Import]:
    """The latest of somebody."""
    rows = await reader.all(_SELECT + "WHERE i.account = $1 ORDER BY i.id DESC LIMIT $2", account, count)
    return [_import(row) for row in rows]


async def begun_since(reader: Reader, account: int, since: int) -> int:
    """How many somebody began since a moment (ms)."""
    return int(
        await reader.value("SELECT COUNT(*) FROM imports WHERE account = $1 AND created_at > $2", account, since)
    )


async def waiting(reader: Reader, identifier: int, count: int) -> list[Waiting]:
    """Some lines whose turn it is."""
    rows = await reader.all(
        "SELECT place, line, tries FROM import_rows WHERE import = $1 AND state = 'waiting' AND due <= $2"
        " ORDER BY due, place LIMIT $3",
        identifier,
        reader.now,
        count,
    )
    return [Waiting(row[0], _line.decode(row[1]), row[2]) for row in rows]


async def next_due(reader: Reader, identifier: int) -> int | None:
    """When the next line's turn is (ms); None where none waits."""
    found = await reader.value("SELECT MIN(due) FROM import_rows WHERE import = $1 AND state = 'waiting'", identifier)
    return None if found is None else int(found)


async def settle(tx: Tx, identifier: int, place: int, state: Outcome, said: str) -> None:
    """What came of a line."""
    await tx.run(
        "UPDATE import_rows SET state = $3, said = $4 WHERE import = $1 AND place = $2", identifier, place, state, said
    )


async def put_off(tx: Tx, identifier: int, place: int, due: int, *, tried: bool) -> None:
    """Not before a moment (ms). `tried`: it failed just now."""
    await tx.run(
        "UPDATE import_rows SET due = $3, tries = tries + $4 WHERE import = $1 AND place = $2",
        identifier,
        place,
        due,
        int(tried),
    )


async def put_all_off(tx: Tx, identifier: int, due: int) -> None:
    """No line that waits comes before a moment (ms)."""
    await tx.run(
        "UPDATE import_rows SET due = $2 WHERE import = $1 AND state = 'waiting' AND due < $2", identifier, due
    )


async def end(tx: Tx, identifier: int) -> bool:
    """No line waits any longer; False where that was known."""
    return bool(
        await tx.run(
            "UPDATE imports SET state = 'done', ended_at = $2 WHERE id = $1 AND state = 'running'", identifier, tx.now
        )
    )


async def again(tx: Tx, identifier: int) -> int:
    """Try again what didn't come in; how many lines."""
    found = await tx.run(
        "UPDATE import_rows SET state = 'waiting', said = '', tries = 0, due = 0 WHERE import = $1"
        " AND state IN ('over', 'failed')",
        identifier,
    )
    if found:
        await tx.run("UPDATE imports SET state = 'running', ended_at = NULL WHERE id = $1", identifier)
    return found


async def left(reader: Reader, identifier: int) -> list[tuple[Line, str]]:
    """What didn't come in, and why."""
    rows = await reader.all(
        "SELECT line, said FROM import_rows WHERE import = $1 AND state IN ('over', 'failed') ORDER BY place",
        identifier,
    )
    return [(_line.decode(row[0]), row[1]) for row in rows]


async def forget(tx: Tx, before: int, most: int) -> int:
    """Drop imports that ended before a moment (ms); how many."""
    rows = await tx.all("SELECT id FROM imports WHERE ended_at < $1 ORDER BY id LIMIT $2", before, most)
    await _drop(tx, [row[0] for row in rows])
    return len(rows)


async def forget_all(tx: Tx, account: int) -> None:
    """Somebody is gone, and with them what they brought."""
    await _drop(tx, [row[0] for row in await tx.all("SELECT id FROM imports WHERE account = $1", account)])


async def _drop(tx: Tx, identifiers: list[int]) -> None:
    if identifiers:
        await tx.run("DELETE FROM import_rows WHERE import {any_id:$1}", identifiers)
        await tx.run("DELETE FROM imports WHERE id {any_id:$1}", identifiers)


def _import(row: Row) -> Import:
    return Import(
        id=row["id"],
        account=row["account"],
        kind=row["kind"],
        state=row["state"],
        created_at=row["created_at"],
        ended_at=row["ended_at"],
        waiting=row["waiting"],
        done=row["done"],
        over=row["over"],
        failed=row["failed"],
    )
