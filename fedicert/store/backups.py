"""One consistent state of a whole database as files, while others go on writing; and a database made of such files.

SQLite: the engine's own online copy, taken in one step. PostgreSQL: every table by COPY in one snapshot, since what a
foreign tool would write couldn't be checked here; it is loaded into a schema made by our own migrations of the same number.
Nothing here decides what may be restored where.
"""

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from fedicert.base.errors import StoreUnavailable

DATABASE = "fedicert.db"
TABLES = "tables"
COMMAND_SECONDS = 3_600.0


class Copied(msgspec.Struct, frozen=True, kw_only=True):
    """What was copied. `files`: names under the folder; `rows`: table → how many; `columns`: table → their order."""

    files: list[str]
    schema: list[str]
    rows: dict[str, int]
    columns: dict[str, list[str]]


def sqlite_path(url: str) -> Path:
    """The file of a SQLite database."""
    _, found, rest = url.partition("://")
    return Path(rest.removeprefix("/") if found else url)


async def copy(url: str, folder: Path) -> Copied:
    """Copy the database into the folder. Raises StoreUnavailable."""
    if url.startswith(("postgres://", "postgresql://")):
        return await _copy_postgres(url, folder)
    return await asyncio.to_thread(_copy_sqlite, sqlite_path(url), folder / DATABASE)


def _copy_sqlite(source: Path, target: Path) -> Copied:
    try:
        with contextlib.closing(_open(source, "ro")) as reader, contextlib.closing(_open(target, "rwc")) as copy:
            reader.backup(copy)  # in one step: a single snapshot, whatever is written meanwhile
            copy.execute("PRAGMA journal_mode=DELETE")
            return _described(copy)
    except sqlite3.Error as error:
        raise StoreUnavailable(f"{source} can't be copied: {error}") from error


def _described(connection: sqlite3.Connection) -> Copied:
    fault = connection.execute("PRAGMA integrity_check").fetchone()[0]
    if fault != "ok":
        raise StoreUnavailable(f"the copy isn't whole: {fault}")
    names = [
        row[0]
        for row in connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
        )
    ]
    rows = {name: int(connection.execute(f"SELECT COUNT(*) FROM {name}").fetchone()[0]) for name in names}
    migrations = connection.execute("SELECT number, name FROM schema_migrations ORDER BY number")
    return Copied(files=[DATABASE], schema=[_migration(*row) for row in migrations], rows=rows, columns={})


def check_sqlite(file: Path) -> Copied:
    """Is the file a whole database? Raises StoreUnavailable."""
    try:
        with contextlib.closing(_open(file, "ro")) as connection:
            return _described(connection)
    except sqlite3.Error as error:
        raise StoreUnavailable(f"{file} isn't a database: {error}") from error


def settle(file: Path) -> None:
    """Everything in one file, nothing beside it: it can be moved then."""
    try:
        with contextlib.closing(_open(file, "rw")) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            connection.execute("PRAGMA journal_mode=DELETE").fetchall()
    except sqlite3.Error as error:
        raise StoreUnavailable(f"{file} can't be closed: {error}") from error


def _open(path: Path, mode: str) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode={mode}", uri=True, isolation_level=None, timeout=30)


def _migration(number: int, name: str) -> str:
    return f"{number:04}_{name}"


@contextlib.asynccontextmanager
async def _connected(url: str) -> AsyncIterator[Any]:
    import asyncpg

    try:
        connection = await asyncpg.connect(url, timeout=10, command_timeout=COMMAND_SECONDS)
    except (OSError, TimeoutError, asyncpg.PostgresError) as error:
        raise StoreUnavailable(f"the database can't be reached: {error}") from error
    try:
        yield connection
    except asyncpg.PostgresError as error:
        raise StoreUnavailable(f"the database refused: {error}") from error
    finally:
        await connection.close()


async def _copy_postgres(url: str, folder: Path) -> Copied:
    (folder / TABLES).mkdir()
    rows: dict[str, int] = {}
    async with _connected(url) as connection, connection.transaction(isolation="repeatable_read", readonly=True):
        columns = await _columns(connection)
        for table, names in columns.items():
            file = folder / TABLES / f"{table}.copy"
            told = await connection.copy_from_table(table, output=str(file), columns=names, format="binary")
            rows[table] = int(told.rpartition(" ")[2])
        found = await connection.fetch("SELECT number, name FROM schema_migrations ORDER BY number")
    return Copied(
        files=[f"{TABLES}/{table}.copy" for table in columns],
        schema=[_migration(row[0], row[1]) for row in found],
        rows=rows,
        columns=columns,
    )


async def _columns(connection: Any) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for row in await connection.fetch(
        "SELECT c.table_name, c.column_name FROM information_schema.columns c JOIN information_schema.tables t"
        " ON t.table_schema = c.table_schema AND t.table_name = c.table_name WHERE c.table_schema = 'public'"
        " AND t.table_type = 'BASE TABLE' ORDER BY c.table_name, c.ordinal_position"
    ):
        found.setdefault(row[0], []).append(row[1])
    return found


async def is_empty(url: str) -> bool:
    """Is there nothing of ours yet?"""
    if not url.startswith(("postgres://", "postgresql://")):
        return not sqlite_path(url).exists()
    async with _connected(url) as connection:
        if await connection.fetchval("SELECT to_regclass('settings')") is None:
            return True
        return not await connection.fetchval("SELECT COUNT(*) FROM settings")


async def load_postgres(url: str, folder: Path, columns: Mapping[str, Sequence[str]], rows: Mapping[str, int]) -> None:
    """Fill a fresh schema of the same number with the tables in the folder, all or nothing. Raises StoreUnavailable."""
    async with _connected(url) as connection, connection.transaction():
        here = await _columns(connection)
        if {table: sorted(names) for table, names in here.items()} != {t: sorted(n) for t, n in columns.items()}:
            raise StoreUnavailable("the tables of the backup aren't those of this schema")
        # What triggers keep (counts, append-only rows) stands in the copy already; what refers to what is still checked.
        for table in here:
            await connection.execute(f'ALTER TABLE "{table}" DISABLE TRIGGER USER')
        order = await _in_order(connection, list(here))
        for table in reversed(order):
            await connection.execute(f'DELETE FROM "{table}"')
        for table in order:
            file = folder / TABLES / f"{table}.copy"
            told = await connection.copy_to_table(
                table, source=str(file), columns=list(columns[table]), format="binary"
            )
            if int(told.rpartition(" ")[2]) != rows[table]:
                raise StoreUnavailable(f"the table {table} of the backup has other rows than its list says")
        for table in here:
            await connection.execute(f'ALTER TABLE "{table}" ENABLE TRIGGER USER')
        await _count_on(connection)


async def _in_order(connection: Any, tables: Sequence[str]) -> list[str]:
    """Tables before those that refer to them."""
    needs: dict[str, set[str]] = {table: set() for table in tables}
    for row in await connection.fetch(
        "SELECT r.relname, f.relname FROM pg_constraint c JOIN pg_class r ON r.oid = c.conrelid"
        " JOIN pg_class f ON f.oid = c.confrelid WHERE c.contype = 'f'"
    ):
        if row[0] in needs and row[0] != row[1]:
            needs[row[0]].add(row[1])
    order: list[str] = []
    while needs:
        free = sorted(table for table, wanted in needs.items() if not wanted - set(order))
        if not free:
            raise StoreUnavailable("the tables refer to each other in a circle")
        order += free
        for table in free:
            del needs[table]
    return order


async def _count_on(connection: Any) -> None:
    """Numbers that the database gives go on behind those that it gave."""
    for row in await connection.fetch(
        "SELECT table_name, column_name, pg_get_serial_sequence(quote_ident(table_name), column_name)"
        " FROM information_schema.columns WHERE table_schema = 'public' AND is_identity = 'YES'"
    ):
        table, column, sequence = row
        await connection.execute(
            f'SELECT setval(\'{sequence}\', (SELECT COALESCE(MAX("{column}"), 0) + 1 FROM "{table}"), false)'
        )
