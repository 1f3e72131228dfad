import asyncio
import sqlite3
import threading
from pathlib import Path
from typing import Any

import pytest

import fedicert.store
from fedicert.base.errors import StoreUnavailable
from fedicert.store import has_wal_reset_bug, sqlite_in_use
from fedicert.store.sqlite import BATCH_UNITS, SqliteDatabase
from fedicert.store.sqlite_tx import SqliteTx
from fedicert.store.unit import Reader, Tx


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "a name with spaces?.db"


async def opened(file: Path, clock: Any, entropy: Any, faults: list[str] | None = None) -> SqliteDatabase:
    found = [] if faults is None else faults
    return await SqliteDatabase(file, clock, entropy, 0, lambda: found.append("fault")).open()


async def make(tx: Tx) -> None:
    await tx.run("CREATE TABLE things (id INTEGER PRIMARY KEY, body TEXT)")


async def put(tx: Tx, number: int, body: str = "") -> None:
    await tx.run("INSERT INTO things (id, body) VALUES ($1, $2)", number, body)


async def count(reader: Reader) -> int:
    return int(await reader.value("SELECT count(*) FROM things"))


def test_the_versions_with_the_fault() -> None:
    assert [has_wal_reset_bug(v) for v in [(3, 40, 1), (3, 44, 5), (3, 50, 6), (3, 51, 2), (3, 49, 9)]] == [True] * 5
    assert [has_wal_reset_bug(v) for v in [(3, 44, 6), (3, 50, 7), (3, 51, 3), (3, 53, 4), (3, 6, 23)]] == [False] * 5


async def test_aiosqlite_uses_the_chosen_sqlite(file: Path, clock: Any, entropy: Any) -> None:
    import aiosqlite.core

    assert aiosqlite.core.sqlite3 is sqlite3
    db = await opened(file, clock, entropy)

    async def version(reader: Reader) -> Any:
        return await reader.value("SELECT sqlite_version()")

    assert await db.read(version) == sqlite_in_use().version == sqlite3.sqlite_version
    await db.close()


async def test_durable_and_strict_about_references(file: Path, clock: Any, entropy: Any) -> None:
    db = await opened(file, clock, entropy)

    async def pragmas(tx: Reader) -> list[Any]:
        names = ("journal_mode", "synchronous", "foreign_keys")
        return [await tx.value(f"PRAGMA {name}") for name in names]

    assert await db.write(pragmas) == ["wal", 2, 1]
    assert await db.read(pragmas) == ["wal", 2, 1]
    await db.close()


async def test_a_suspension_raises_and_undoes(file: Path, clock: Any, entropy: Any) -> None:
    db = await opened(file, clock, entropy)
    await db.write(make)

    class Elsewhere:
        def __await__(self) -> Any:
            yield None

    async def network(tx: Reader) -> None:
        if isinstance(tx, SqliteTx):
            await put(tx, 1)
        await Elsewhere()

    with pytest.raises(RuntimeError, match="awaited something other than its unit"):
        await db.write(network)
    with pytest.raises(RuntimeError):
        await db.read(network)
    assert await db.read(count) == 0
    await db.close()


async def test_waiting_units_share_commits(file: Path, clock: Any, entropy: Any) -> None:
    db = await opened(file, clock, entropy)
    await db.write(make)
    began = threading.Event()
    commits: list[str] = []
    db._writer._conn.set_trace_callback(lambda sql: commits.append(sql) if sql == "COMMIT" else None)

    async def first(tx: Tx) -> None:
        began.wait(20)  # the others arrive while this one runs

    waiting = [asyncio.ensure_future(db.write(first))]
    waiting += [asyncio.ensure_future(db.write(put, number)) for number in range(200)]
    await asyncio.sleep(0)
    began.set()
    await asyncio.gather(*waiting)
    assert await db.read(count) == 200
    # A batch ends after 5 ms as well, so on a slow machine there may be more than the four that are needed.
    assert 200 / BATCH_UNITS <= len(commits) < 150
    await db.close()


async def test_a_failing_commit_fails_every_unit_of_its_batch(file: Path, clock: Any, entropy: Any) -> None:
    db = await opened(file, clock, entropy)
    await db.write(make)

    async def deferred(tx: Any) -> None:
        await tx.statement("CREATE TABLE parts (thing INTEGER REFERENCES things (id) DEFERRABLE INITIALLY DEFERRED)")

    async def orphan(tx: Tx) -> None:
        await tx.run("INSERT INTO parts (thing) VALUES (99)")

    await db.write(deferred)
    began = threading.Event()
    kept: list[int] = []

    async def first(tx: Tx) -> None:
        began.wait(20)
        tx.after_commit(lambda: kept.append(1))

    waiting = [asyncio.ensure_future(db.write(unit)) for unit in (first, orphan)]
    await asyncio.sleep(0)
    began.set()
    results = await asyncio.gather(*waiting, return_exceptions=True)
    # `first` may have gone alone, before the other was taken; the orphan never passes.
    assert isinstance(results[1], sqlite3.IntegrityError)
    assert (results[0] is None) == (kept == [1])
    await db.write(put, 1)
    assert await db.read(count) == 1
    await db.close()


async def test_a_full_disk_is_unavailable_and_loses_nothing(file: Path, clock: Any, entropy: Any) -> None:
    db = await opened(file, clock, entropy)
    await db.write(make)
    await db.write(put, 1)

    async def limit(tx: Tx, pages: int) -> None:
        await tx.value(f"PRAGMA max_page_count = {pages}")

    async def fill(tx: Tx, number: int) -> None:
        await put(tx, number, "x" * 100_000)

    async def stubborn(tx: Tx) -> None:
        try:
            await tx.attempt(fill, 3)
        except StoreUnavailable:
            await put(tx, 4)  # SQLite undid the transaction by itself: this must not run outside of one

    await db.write(limit, 10)
    for operation, args in ((fill, (2,)), (stubborn, ())):
        with pytest.raises(StoreUnavailable, match="full"):
            await db.write(operation, *args)  # type: ignore[arg-type]
        assert await db.read(count) == 1
    results = await asyncio.gather(db.write(put, 5), db.write(fill, 6), db.write(put, 7), return_exceptions=True)
    assert isinstance(results[1], StoreUnavailable)
    there = await db.read(count)
    assert there == 1 + sum(result is None for result in results)
    await db.write(limit, 10_000)
    await db.write(fill, 8)
    assert await db.read(count) == there + 1
    await db.close()


async def test_a_failed_fsync_at_commit_is_never_retried(file: Path, clock: Any, entropy: Any) -> None:
    faults: list[str] = []
    db = await opened(file, clock, entropy, faults)
    await db.write(make)
    real = db._writer._connection
    assert real is not None

    class Broken:
        in_transaction = False

        def execute(self, sql: str, args: Any = ()) -> Any:
            if sql == "COMMIT":
                real.execute("ROLLBACK")
                self.in_transaction = False
                error = sqlite3.OperationalError("disk I/O error")
                error.sqlite_errorcode = sqlite3.SQLITE_IOERR
                raise error
            if sql == "BEGIN IMMEDIATE":
                self.in_transaction = True
            return real.execute(sql, args)

    db._writer._connection = Broken()  # type: ignore[assignment]
    with pytest.raises(StoreUnavailable, match="disk"):
        await db.write(put, 1)
    assert faults == ["fault"]
    db._writer._connection = real
    assert await db.read(count) == 0
    await db.close()


async def test_closing_lets_what_waits_end(file: Path, clock: Any, entropy: Any) -> None:
    db = await opened(file, clock, entropy)
    await db.write(make)
    waiting = [asyncio.ensure_future(db.write(put, number)) for number in range(50)]
    await asyncio.sleep(0)
    await db.close()
    await asyncio.gather(*waiting)
    with pytest.raises(StoreUnavailable):
        await db.write(put, 99)
    with sqlite3.connect(file) as other:
        assert other.execute("SELECT count(*) FROM things").fetchone() == (50,)
    other.close()


async def test_a_caller_that_went_away_stops_nothing(file: Path, clock: Any, entropy: Any) -> None:
    db = await opened(file, clock, entropy)
    await db.write(make)
    gone = asyncio.ensure_future(db.write(put, 1))
    await asyncio.sleep(0)
    gone.cancel()
    await db.write(put, 2)
    assert await db.read(count) == 2
    await db.close()


async def test_a_view_sees_every_write_that_was_acknowledged_before_it(
    file: Path, clock: Any, entropy: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fedicert.store.sqlite.BATCH_SECONDS", 60.0)
    db = await opened(file, clock, entropy)
    await db.write(make)
    looked, go_on = threading.Event(), threading.Event()

    async def slow(reader: Reader) -> int:
        found = await count(reader)
        looked.set()
        assert go_on.wait(30)
        return found

    earlier = asyncio.create_task(db.read(slow))
    assert await asyncio.to_thread(looked.wait, 30)
    await db.write(put, 1)
    later = asyncio.create_task(db.read(count))
    await asyncio.sleep(0)  # it waits its turn now, while the earlier one still holds its snapshot
    go_on.set()
    assert (await earlier, await later) == (0, 1)
    await db.close()


async def test_a_folder_that_is_not_there(tmp_path: Path, clock: Any, entropy: Any) -> None:
    with pytest.raises(StoreUnavailable, match="nowhere"):
        await opened(tmp_path / "nowhere" / "x.db", clock, entropy)


async def test_with_the_fault_a_second_process_is_refused(
    file: Path, clock: Any, entropy: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = fedicert.store.SqliteInUse("3.40.1", "system", True)
    monkeypatch.setattr("fedicert.store.sqlite.sqlite_in_use", lambda: bad)
    db = await opened(file, clock, entropy)
    with pytest.raises(StoreUnavailable, match="another process"):
        await opened(file, clock, entropy)
    await db.close()
    await (await opened(file, clock, entropy)).close()
