import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from fedicert.base.clock import SystemClock
from fedicert.base.errors import SchemaTooNew, StoreError
from fedicert.base.ids import SystemEntropy
from fedicert.store.database import open_database
from fedicert.store.migrations import MIGRATIONS, load, migrate, pending
from fedicert.store.statements import split
from fedicert.store.unit import Database, Reader

ROOT = MIGRATIONS.parent


def write(directory: Path, name: str, script: str) -> None:
    (directory / name).mkdir(parents=True)
    for engine in ("sqlite", "postgres"):
        (directory / name / f"{engine}.sql").write_text(script)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    directory = tmp_path / "migrations"
    write(
        directory,
        "0001_first",
        "-- first;\nCREATE TABLE one (id BIGINT PRIMARY KEY);\n"
        "INSERT INTO one VALUES (1);\nINSERT INTO one VALUES (2);",
    )
    write(
        directory,
        "0002_second",
        "CREATE TABLE two (id BIGINT PRIMARY KEY, t TEXT DEFAULT ';');\n"
        "INSERT INTO two SELECT id, 'x' FROM one;\nALTER TABLE one ADD COLUMN more BIGINT;\n"
        "UPDATE one SET more = id;\n",
    )
    return directory


async def opened(url: str) -> Database:
    return await open_database(url, clock=SystemClock(), entropy=SystemEntropy(), slot=0)


async def tables(reader: Reader) -> list[str]:
    sql = (
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
        if reader.engine == "sqlite"
        else "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' ORDER BY table_name"
    )
    return [row[0] for row in await reader.all(sql)]


async def test_applies_what_is_missing_and_nothing_twice(empty_url: str, folder: Path) -> None:
    db = await opened(empty_url)
    assert [migration.name for migration in await pending(db, folder)] == ["first", "second"]
    assert await migrate(db, folder) == ["0001_first", "0002_second"]
    assert await migrate(db, folder) == []
    assert await pending(db, folder) == []
    assert await db.read(tables) == ["one", "schema_migrations", "two"]
    write(folder, "0003_third", "CREATE TABLE three (id BIGINT PRIMARY KEY)")
    assert await migrate(db, folder) == ["0003_third"]
    await db.close()


async def test_a_failing_statement_leaves_the_old_schema(empty_url: str, folder: Path) -> None:
    write(folder, "0003_bad", "CREATE TABLE three (id BIGINT); INSERT INTO nowhere VALUES (1);")
    db = await opened(empty_url)
    with pytest.raises(Exception, match="nowhere"):
        await migrate(db, folder)
    assert await db.read(tables) == ["one", "schema_migrations", "two"]
    await db.close()


async def test_an_older_program_refuses_a_newer_schema(empty_url: str, folder: Path, tmp_path: Path) -> None:
    older = tmp_path / "older"
    write(older, "0001_first", (folder / "0001_first" / "sqlite.sql").read_text())
    db = await opened(empty_url)
    await migrate(db, folder)
    for act in (migrate, pending):
        with pytest.raises(SchemaTooNew, match="0002_second"):
            await act(db, older)
    await db.close()


async def test_a_changed_migration_is_named(empty_url: str, folder: Path) -> None:
    db = await opened(empty_url)
    await migrate(db, folder)
    changed = folder / "0001_first" / f"{db.engine}.sql"
    changed.write_text(changed.read_text() + "\n-- harmless\n")
    with pytest.raises(StoreError, match=str(changed)):
        await migrate(db, folder)
    await db.close()


KILLED = """
import asyncio, os, sys
from pathlib import Path
from fedicert.base.clock import SystemClock
from fedicert.base.ids import SystemEntropy
from fedicert.store.database import open_database
from fedicert.store.migrations import migrate
from fedicert.store.postgres_tx import PostgresTx
from fedicert.store.sqlite_tx import SqliteTx

async def main(url, folder, nth, when):
    count = 0
    for cls in (SqliteTx, PostgresTx):
        for name in ("statement", "run"):
            def wrap(real):
                async def method(self, *args):
                    nonlocal count
                    count += 1
                    if when == "before" and count == nth:
                        os._exit(137)
                    result = await real(self, *args)
                    if when == "after" and count == nth:
                        os._exit(137)
                    return result
                return method
            setattr(cls, name, wrap(getattr(cls, name)))
    db = await open_database(url, clock=SystemClock(), entropy=SystemEntropy(), slot=0)
    await migrate(db, Path(folder))
    await db.close()

asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]))
"""


def run(script: str, *args: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", script, *args], cwd=ROOT)


async def test_killed_anywhere_leaves_the_old_schema_or_the_new(empty_url: str, folder: Path) -> None:
    states = set()
    old = ["schema_migrations", "one"]
    killed = 0
    # Every statement of both migrations, the bookkeeping's included, until a run gets through.
    for nth in range(1, 40):
        when = "before" if nth % 2 else "after"
        child = run(KILLED, empty_url, str(folder), str(nth), when)
        code = await asyncio.to_thread(child.wait, 60)
        db = await opened(empty_url)
        there = await db.read(tables)
        applied = len(await db.read(rows, "schema_migrations")) if "schema_migrations" in there else 0
        states.add(applied)
        assert set(there) == {0: set(), 1: set(old), 2: {*old, "two"}}[applied]
        if applied:
            assert await db.read(rows, "one") == ([(1,), (2,)] if applied == 1 else [(1, 1), (2, 2)])
        await db.close()
        if code == 0:
            break
        assert code == 137
        killed += 1
    else:
        pytest.fail("no run got through")
    assert applied == 2 and killed >= 6 and states >= {0, 2}


async def rows(reader: Reader, table: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in await reader.all(f"SELECT * FROM {table} ORDER BY 1")]  # type: ignore[call-overload]


async def test_migrators_at_once_take_turns(empty_url: str, folder: Path) -> None:
    children = [run(KILLED, empty_url, str(folder), "0", "never") for _ in range(4)]
    codes = await asyncio.gather(*(asyncio.to_thread(child.wait, 60) for child in children))
    assert codes == [0, 0, 0, 0]
    db = await opened(empty_url)
    assert await db.read(rows, "one") == [(1, 1), (2, 2)]
    await db.close()


def test_statements_are_cut_where_they_end() -> None:
    script = """
    -- a comment; with one
    CREATE TABLE a (t TEXT DEFAULT 'it''s; fine', "odd;name" TEXT); /* ; */
    CREATE TRIGGER x AFTER INSERT ON a BEGIN
        UPDATE a SET t = CASE WHEN t = ';' THEN 'END;' ELSE t END; -- END;
        DELETE FROM a;
    END;
    CREATE FUNCTION f() RETURNS trigger AS $body$ BEGIN; $$ x; $$ END $body$ LANGUAGE plpgsql;
    ;
    SELECT 1
    """
    starts = [statement.split()[1:3] for statement in split(script)]
    assert starts == [["TABLE", "a"], ["TRIGGER", "x"], ["FUNCTION", "f()"], ["1"]]
    assert list(split(script))[1].endswith("END")
    assert list(split("  -- nothing\n ; ; /* no */")) == []


def test_every_migration_has_both_engines() -> None:
    assert [m.name for m in load("sqlite", MIGRATIONS)] == [m.name for m in load("postgres", MIGRATIONS)] != []
