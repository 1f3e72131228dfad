"""Brings a database's schema up to this program's, one migration after another.

`migrations/NNNN_name/{sqlite,postgres}.sql`, each in one transaction with its row in `schema_migrations`: killed
anywhere, the old schema stands or the new one. Migrators that run at once take turns. An older program refuses a newer
schema; a migration that was changed after it had been applied is refused by name. It never runs a script whole.
"""

import hashlib
import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Protocol

import msgspec

from fedicert.base.errors import SchemaTooNew, StoreError
from fedicert.store.statements import split
from fedicert.store.unit import Database, Reader, Tx

# Beside the package in a clone; a setting may name another folder.
MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"

# Any constant: whoever migrates this database locks on it.
LOCK = 0x6665646963657274 >> 1

_NAME = re.compile(r"(\d{4})_([a-z0-9_]+)")

_BOOKS = """
CREATE TABLE IF NOT EXISTS schema_migrations (
    number INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    digest TEXT NOT NULL,
    applied_at BIGINT NOT NULL
)
"""


class Migration(msgspec.Struct, frozen=True):
    """One migration as it lies on the disk; `digest` is the SHA-256 of this engine's file, in hex."""

    number: int
    name: str
    path: Path
    digest: str
    statements: tuple[str, ...]


class SchemaTx(Tx, Protocol):
    """What a migration needs besides: statements as they stand."""

    async def statement(self, sql: str) -> None:
        """Run it; nothing is rewritten."""
        ...


async def migrate(db: Database, directory: Path | None = None, *, through: int | None = None) -> list[str]:
    """Apply what is missing, in order, up to the number `through`; the names of what was applied.

    Raises SchemaTooNew, StoreError.
    """
    known = load(db.engine, directory or MIGRATIONS)
    applied = []
    for migration in await pending(db, directory):
        if through is not None and migration.number > through:
            break
        if await db.write_unslotted(_apply, migration, known):  # type: ignore[arg-type]  # both engines' Tx is one
            applied.append(f"{migration.number:04}_{migration.name}")
    return applied


async def pending(db: Database, directory: Path | None = None) -> list[Migration]:
    """What `migrate` would apply. Raises SchemaTooNew, and StoreError for a migration changed after it was applied."""
    known = load(db.engine, directory or MIGRATIONS)
    applied = await db.read(_applied)
    _check(known, applied)
    return [migration for migration in known if migration.number not in applied]


def load(engine: str, directory: Path) -> list[Migration]:
    """The migrations in the folder, by number. StoreError names what can't be used."""
    if not directory.is_dir():
        raise StoreError(f"{directory}: no migrations here; run from a clone, or name the folder in the configuration")
    migrations = []
    for folder in sorted(path for path in directory.iterdir() if path.is_dir()):
        named = _NAME.fullmatch(folder.name)
        if named is None:
            raise StoreError(f"{folder}: a migration's folder is called NNNN_name")
        path = folder / f"{engine}.sql"
        try:
            script = path.read_bytes()
        except OSError as error:
            raise StoreError(f"{path} can't be read: {error}") from error
        statements = _statements(script.decode())
        digest = hashlib.sha256(script).hexdigest()
        migrations.append(Migration(int(named[1]), named[2], path, digest, statements))
    numbers = [migration.number for migration in migrations]
    if len(set(numbers)) != len(numbers):
        raise StoreError(f"{directory}: two migrations have one number")
    return migrations


@lru_cache(maxsize=256)
def _statements(script: str) -> tuple[str, ...]:
    """Taken apart once a process: several servers in one ask for the same."""
    return tuple(split(script))


async def _applied(reader: Reader) -> dict[int, tuple[str, str]]:
    """Number → (name, digest) of what was applied; nothing in a fresh database."""
    there = await reader.value(
        "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'schema_migrations'"
        if reader.engine == "sqlite"
        else "SELECT count(*) FROM pg_class WHERE oid = to_regclass('schema_migrations')"
    )
    if not there:
        return {}
    rows = await reader.all("SELECT number, name, digest FROM schema_migrations")
    return {row["number"]: (row["name"], row["digest"]) for row in rows}


def _check(known: Sequence[Migration], applied: dict[int, tuple[str, str]]) -> None:
    by_number = {migration.number: migration for migration in known}
    for number, (name, digest) in sorted(applied.items()):
        migration = by_number.get(number)
        if migration is None:
            raise SchemaTooNew(
                f"the database has the migration {number:04}_{name}, which this program doesn't know: it was written "
                "by a newer one; run that, or restore the backup made before the upgrade"
            )
        if migration.digest != digest:
            raise StoreError(
                f"{migration.path} was changed after it had been applied to this database; put the file back as it was "
                "and write a new migration"
            )


async def _apply(tx: SchemaTx, migration: Migration, known: Sequence[Migration]) -> bool:
    if tx.engine == "postgres":
        await tx.statement("SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0")
        await tx.statement(f"SELECT pg_advisory_xact_lock({LOCK})")
    await tx.statement(_BOOKS)
    applied = await _applied(tx)
    _check(known, applied)
    if migration.number in applied:
        return False
    for statement in migration.statements:
        await tx.statement(statement)
    await tx.run(
        "INSERT INTO schema_migrations (number, name, digest, applied_at) VALUES ($1, $2, $3, $4)",
        migration.number,
        migration.name,
        migration.digest,
        tx.now,
    )
    return True
