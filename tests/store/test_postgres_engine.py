"""What only PostgreSQL can do to us: lose races, stop, come back, and tell other processes."""

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from fedicert.base.clock import FrozenClock
from fedicert.base.errors import StoreUnavailable
from fedicert.base.ids import SystemEntropy
from fedicert.store.database import open_database
from fedicert.store.postgres import PostgresDatabase
from fedicert.store.signals import RESYNC
from fedicert.store.unit import Reader, Tx, one_statement
from tests.postgres import PostgresCluster

DEADLINE = 30.0


@pytest.fixture
def url(postgres: PostgresCluster) -> Iterator[str]:
    dsn = postgres.create_database()
    yield dsn
    postgres.drop(dsn)


@pytest.fixture
async def db(url: str, clock: FrozenClock) -> AsyncIterator[PostgresDatabase]:
    database = await PostgresDatabase(url, clock, SystemEntropy(), 0, 4, command_seconds=2.5).open()
    await database.write(make)
    yield database
    await database.close()


async def make(tx: Tx) -> None:
    await tx.run("CREATE TABLE IF NOT EXISTS things (id BIGINT PRIMARY KEY, n BIGINT NOT NULL)")
    await tx.run("INSERT INTO things VALUES (1, 0), (2, 0) ON CONFLICT DO NOTHING")


async def add(tx: Tx, thing: int, more: int = 1) -> None:
    found = await tx.value("SELECT n FROM things WHERE id = $1 {for_update}", thing)
    await tx.run("UPDATE things SET n = $2 WHERE id = $1", thing, found + more)


async def amount(reader: Reader, thing: int) -> int:
    return int(await reader.value("SELECT n FROM things WHERE id = $1", thing))


async def test_a_deadlocked_unit_is_run_again(db: PostgresDatabase) -> None:
    met = asyncio.Barrier(2)
    runs = 0

    async def both(tx: Tx, first: int, second: int) -> None:
        nonlocal runs
        runs += 1
        await add(tx, first)
        if runs <= 2:
            await met.wait()
        await add(tx, second)

    await asyncio.gather(db.write(both, 1, 2), db.write(both, 2, 1))
    assert runs > 2
    assert [await db.read(amount, thing) for thing in (1, 2)] == [2, 2]


async def test_a_lost_unit_inside_an_attempt_is_run_again_whole(db: PostgresDatabase) -> None:
    met = asyncio.Barrier(2)
    runs = 0

    async def both(tx: Tx, first: int, second: int) -> None:
        nonlocal runs
        runs += 1
        await add(tx, first)
        if runs <= 2:
            await met.wait()
        with contextlib.suppress(ValueError):
            await tx.attempt(add, second)

    await asyncio.gather(db.write(both, 1, 2), db.write(both, 2, 1))
    assert [await db.read(amount, thing) for thing in (1, 2)] == [2, 2]


async def test_row_locks_make_increments_add_up(db: PostgresDatabase) -> None:
    await asyncio.gather(*(db.write(add, 1) for _ in range(40)))
    assert await db.read(amount, 1) == 40


async def test_one_statement_needs_no_transaction_and_may_not_be_two(db: PostgresDatabase) -> None:
    @one_statement
    async def single(reader: Reader) -> Any:
        return await reader.value("SELECT current_setting('transaction_isolation')")

    async def plain(reader: Reader) -> Any:
        return await reader.value("SELECT current_setting('transaction_isolation')")

    @one_statement
    async def double(reader: Reader) -> Any:
        return [await reader.value("SELECT 1"), await reader.value("SELECT 2")]

    assert (await db.read(single), await db.read(plain)) == ("read committed", "repeatable read")
    with pytest.raises(RuntimeError, match="one_statement"):
        await db.read(double)


async def test_an_operation_of_one_statement_needs_no_transaction_either(db: PostgresDatabase) -> None:
    @one_statement
    async def one(tx: Tx) -> int:
        return await tx.run("UPDATE things SET n = n + 1 WHERE id = $1", 1)

    @one_statement
    async def two(tx: Tx) -> None:
        await one(tx)
        await one(tx)

    assert await db.write(one) == 1
    with pytest.raises(RuntimeError, match="one_statement"):
        await db.write(two)
    assert await db.write(one) == 1


async def test_a_stopped_server_costs_a_bounded_wait(db: PostgresDatabase) -> None:
    async def pid(reader: Reader) -> int:
        return int(await reader.value("SELECT pg_backend_pid()"))

    async def stopped(tx: Tx, backend: list[int]) -> None:
        backend.append(await pid(tx))
        os.kill(backend[0], signal.SIGSTOP)
        await tx.value("SELECT 1")

    backend: list[int] = []
    try:
        async with asyncio.timeout(DEADLINE):
            with pytest.raises(StoreUnavailable):
                await db.write(stopped, backend)
            # The connection is thrown away; the next unit gets another.
            await db.write(add, 1)
    finally:
        os.kill(backend[0], signal.SIGCONT)
    assert await db.read(amount, 1) == 1


async def test_a_killed_connection_is_unavailable_once(db: PostgresDatabase) -> None:
    async def killed(tx: Tx) -> None:
        await add(tx, 1)
        await tx.value("SELECT pg_terminate_backend(pg_backend_pid())")

    with pytest.raises(StoreUnavailable):
        await db.write(killed)
    await db.write(add, 1)
    assert await db.read(amount, 1) == 1


async def test_a_lock_held_too_long_is_unavailable(db: PostgresDatabase) -> None:
    locked, go_on = asyncio.Event(), asyncio.Event()

    async def slow(tx: Tx) -> None:
        await add(tx, 1)
        locked.set()
        await go_on.wait()

    holding = asyncio.create_task(db.write(slow))
    await locked.wait()
    with pytest.raises(StoreUnavailable):
        await db.write(add, 1)
    go_on.set()
    await holding
    assert await db.read(amount, 1) == 1


async def test_when_every_connection_is_taken_the_wait_is_bounded(
    db: PostgresDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fedicert.store.postgres.POOL_WAIT_SECONDS", 0.05)
    go_on, begun = asyncio.Event(), asyncio.Semaphore(0)

    async def waits(tx: Tx) -> None:
        begun.release()
        await go_on.wait()

    holding = [asyncio.create_task(db.write(waits)) for _ in range(4)]
    for _ in holding:
        await begun.acquire()
    with pytest.raises(StoreUnavailable):
        await db.write(add, 1)
    monkeypatch.setattr("fedicert.store.postgres.MOST_WAITING", 0)
    with pytest.raises(StoreUnavailable, match="too many"):
        await db.write(add, 1)
    go_on.set()
    await asyncio.gather(*holding)


async def test_a_cancelled_unit_is_undone_and_its_connection_reusable(db: PostgresDatabase) -> None:
    begun = asyncio.Event()

    async def slow(tx: Tx) -> None:
        await add(tx, 1)
        begun.set()
        await tx.value("SELECT pg_sleep(20)")

    gone = asyncio.create_task(db.write(slow))
    await begun.wait()
    gone.cancel()
    await asyncio.gather(gone, return_exceptions=True)
    await asyncio.gather(*(db.write(add, 2) for _ in range(8)))
    assert [await db.read(amount, thing) for thing in (1, 2)] == [0, 8]


async def test_no_server_is_unavailable(clock: FrozenClock, tmp_path: Any) -> None:
    with pytest.raises(StoreUnavailable):
        await open_database(f"postgresql://x@/y?host={tmp_path}", clock=clock, entropy=SystemEntropy())


async def test_no_such_database_is_named(url: str, clock: FrozenClock) -> None:
    with pytest.raises(StoreUnavailable, match="no such database"):
        await open_database(url.replace("@/", "@/nowhere_"), clock=clock, entropy=SystemEntropy())


async def test_signals_reach_other_processes_once_and_none_when_undone(
    db: PostgresDatabase, url: str, clock: FrozenClock
) -> None:
    other = await PostgresDatabase(url, clock, SystemEntropy(), 1, 4).open()
    heard: dict[str, list[Any]] = {"here": [], "there": []}
    db.signals.subscribe("thing", heard["here"].append)
    other.signals.subscribe("thing", heard["there"].append)
    async with asyncio.timeout(DEADLINE):
        await other._bridge.listening.wait()

        async def tell(tx: Tx, number: int, fail: bool = False) -> None:
            await add(tx, 1)
            tx.signal("thing", number, 2**62)
            if fail:
                raise ValueError("undone")

        await db.write(tell, 1)
        with pytest.raises(ValueError, match="undone"):
            await db.write(tell, 2, fail=True)
        for number in range(3, 1000):
            db._bridge.send([("thing", (number, 2**62))])
        await db.write(tell, 1000)
        while len(heard["there"]) < 999:
            await asyncio.sleep(0.005)
    assert heard["there"] == [(number, 2**62) for number in range(1, 1001) if number != 2]
    assert heard["here"] == [(1, 2**62), (1000, 2**62)]
    await other.close()


async def test_a_lost_listening_connection_comes_back_and_says_so(
    db: PostgresDatabase, url: str, clock: FrozenClock
) -> None:
    missed: list[Any] = []
    heard: list[Any] = []
    db.signals.subscribe(RESYNC, missed.append)
    db.signals.subscribe("thing", heard.append)
    other = await PostgresDatabase(url, clock, SystemEntropy(), 1, 4).open()

    async def cut(tx: Tx) -> None:
        await tx.value(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE pid <> pg_backend_pid() AND datname = current_database()"
        )

    async def tell(tx: Tx) -> None:
        tx.signal("thing", 7)

    async with asyncio.timeout(DEADLINE):
        await db._bridge.listening.wait()
        await db.write(cut)
        while not missed:
            db._bridge._wake.set()  # so that it asks its connection now instead of in a quarter of a minute
            other._bridge._wake.set()
            await asyncio.sleep(0.01)
        await other._bridge.listening.wait()
        while not heard:
            await other.write(tell)
            await asyncio.sleep(0.01)
    await other.close()
