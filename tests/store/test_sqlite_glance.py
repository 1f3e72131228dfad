import threading
from pathlib import Path
from typing import Any

import pytest

from fedicert.base.errors import NotFound
from fedicert.store import sqlite_glance
from fedicert.store.sqlite import SqliteDatabase
from fedicert.store.unit import Reader, Tx, quick


@pytest.fixture
async def db(tmp_path: Path, clock: Any, entropy: Any) -> Any:
    database = await SqliteDatabase(tmp_path / "glance.db", clock, entropy, 0, lambda: None).open()

    async def make(tx: Tx) -> None:
        await tx.run("CREATE TABLE things (id INTEGER PRIMARY KEY)")

    await database.write(make)
    yield database
    await database.close()


async def put(tx: Tx, number: int) -> None:
    await tx.run("INSERT INTO things (id) VALUES ($1)", number)


@quick
async def count(reader: Reader) -> tuple[int, str]:
    return await reader.value("SELECT count(*) FROM things"), threading.current_thread().name


HERE = threading.main_thread().name


async def test_a_quick_view_runs_on_the_loop_and_sees_what_was_acknowledged(db: SqliteDatabase) -> None:
    for number in range(3):
        await db.write(put, number)
        assert await db.read(count) == (number + 1, HERE)


async def test_a_statement_without_end_goes_to_the_reader_s_thread(db: SqliteDatabase) -> None:
    @quick
    async def long(reader: Reader) -> tuple[int, str]:
        sql = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200000) SELECT count(*) FROM n"
        return await reader.value(sql), threading.current_thread().name

    number, name = await db.read(long)
    assert number == 200_000
    assert name != HERE
    assert await db.read(count) == (0, HERE)


async def test_a_slow_disk_sends_all_to_the_reader_s_thread(db: SqliteDatabase, monkeypatch: Any) -> None:
    read = iter(range(1, 100))
    monkeypatch.setattr(sqlite_glance, "SLOW_SECONDS", -1.0)
    monkeypatch.setattr(sqlite_glance, "REST", 1_000_000)
    monkeypatch.setattr(sqlite_glance, "_blocks_read", lambda: -next(read))
    assert (await db.read(count))[1] == HERE
    assert (await db.read(count))[1] != HERE


async def test_errors_and_the_law_are_those_of_every_view(db: SqliteDatabase) -> None:
    @quick
    async def missing(reader: Reader) -> None:
        raise NotFound

    @quick
    async def network(reader: Reader) -> None:
        class Elsewhere:
            def __await__(self) -> Any:
                yield None

        await Elsewhere()

    @quick
    async def writing(reader: Reader) -> None:
        await reader.value("INSERT INTO things (id) VALUES (9) RETURNING id")

    with pytest.raises(NotFound):
        await db.read(missing)
    with pytest.raises(RuntimeError, match="awaited something other"):
        await db.read(network)
    with pytest.raises(Exception, match="readonly"):
        await db.read(writing)
    assert await db.read(count) == (0, HERE)
