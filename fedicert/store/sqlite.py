"""SQLite: one writer, one reader, each a connection with a thread of its own, fed in batches.

The writer's thread takes all units that wait (at most 64, for at most 5 ms), opens one transaction, gives each unit a
savepoint, drives its coroutine to its end with a single step, commits once (`synchronous=FULL`) and wakes the event
loop once for all. The reader's thread drains its queue the same way, over one snapshot a batch; views marked quick run
on the loop's thread (`sqlite_glance.py`). So an operation may
await nothing but its `tx`: a real suspension raises. A failing COMMIT fails every unit of its batch; nothing is
acknowledged before it is on the disk. Never used for another engine.
"""

import asyncio
import contextlib
import fcntl
import os
import sqlite3
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

import aiosqlite

from fedicert.base.clock import Clock
from fedicert.base.errors import StoreUnavailable
from fedicert.base.ids import Entropy
from fedicert.base.log import log
from fedicert.store import sqlite_in_use
from fedicert.store.bookkeeping import keep_promises
from fedicert.store.signals import Signals
from fedicert.store.slots import SlotKeeper
from fedicert.store.sqlite_glance import Glances, NotHere
from fedicert.store.sqlite_tx import SqliteReader, SqliteTx, Unit, fault
from fedicert.store.unit import Reader, Tx, is_quick

P = ParamSpec("P")
T = TypeVar("T")

BATCH_UNITS = 64
BATCH_SECONDS = 0.005
CACHED_STATEMENTS = 1_024
BUSY_MS = 2_000


class UnitConnection(aiosqlite.Connection):
    """An aiosqlite connection whose thread runs waiting units in batches."""

    def __init__(self, connector: Callable[[], sqlite3.Connection], deliver: Callable[[list[Unit]], None]) -> None:
        super().__init__(connector, iter_chunk_size=64)
        # Where a program ends without closing, nothing unacknowledged is worth keeping it alive for.
        self._thread.daemon = True
        self._loop = asyncio.get_running_loop()
        self._deliver = deliver
        self._waiting: deque[Unit] = deque()
        self._draining = False

    async def opened(self) -> None:
        """Open the connection in its thread; where that fails, the thread has ended when the error goes on."""
        try:
            await self
        except BaseException:
            await asyncio.to_thread(self._thread.join, 5.0)
            raise

    def submit(self, unit: Unit) -> None:
        """From the loop: let the unit wait its turn."""
        if not self._running or self._connection is None:
            raise StoreUnavailable("the database is closed")
        self._waiting.append(unit)
        # Appended before the flag is read, and the thread clears the flag before it looks a last time: none is left.
        if not self._draining:
            self._draining = True
            self._tx.put_nowait((None, self._drain))

    def _drain(self) -> None:
        while True:
            while self._waiting:
                done: list[Unit] = []
                try:
                    self._batch(self._conn, done)
                except BaseException as error:  # a bug here must reach the callers, not leave them waiting
                    self._give_up(done, error)
                if done:
                    self._loop.call_soon_threadsafe(self._deliver, done)
            self._draining = False
            if not self._waiting:
                return

    def _give_up(self, done: list[Unit], error: BaseException) -> None:
        if not done:
            done.append(self._waiting.popleft())
        for unit in done:
            unit.error, unit.promises = error, None
        with contextlib.suppress(sqlite3.Error):
            if self._conn.in_transaction:
                self._conn.execute("ROLLBACK")

    def _taken(self, done: list[Unit], most: int = BATCH_UNITS) -> Iterable[Unit]:
        until = time.perf_counter() + BATCH_SECONDS
        while self._waiting and len(done) < min(most, BATCH_UNITS):
            unit = self._waiting.popleft()
            done.append(unit)
            yield unit
            if time.perf_counter() > until:
                return

    def _batch(self, connection: sqlite3.Connection, done: list[Unit]) -> None:
        raise NotImplementedError


class ReaderConnection(UnitConnection):
    """The reader: one snapshot for all views of a batch."""

    def __init__(
        self, connector: Callable[[], sqlite3.Connection], deliver: Callable[[list[Unit]], None], clock: Clock
    ) -> None:
        super().__init__(connector, deliver)
        self._clock = clock

    def _batch(self, connection: sqlite3.Connection, done: list[Unit]) -> None:
        try:
            # Only who waits already may share the snapshot, which the first statement takes: whoever comes later may have
            # seen a write acknowledged that is newer than it, and has to find it.
            waiting = len(self._waiting)
            connection.execute("BEGIN")
            for unit in self._taken(done, waiting):
                unit.drive(SqliteReader(connection.execute, self._clock.now()))
        finally:
            if connection.in_transaction:
                connection.execute("ROLLBACK")


class WriterConnection(UnitConnection):
    """The writer: one transaction for all units of a batch, a savepoint each."""

    def __init__(
        self,
        connector: Callable[[], sqlite3.Connection],
        deliver: Callable[[list[Unit]], None],
        make_tx: Callable[[sqlite3.Connection], SqliteTx],
        on_disk_fault: Callable[[], None],
    ) -> None:
        super().__init__(connector, deliver)
        self._make_tx = make_tx
        self._on_disk_fault = on_disk_fault

    def _batch(self, connection: sqlite3.Connection, done: list[Unit]) -> None:
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.Error as error:
            self._fail(list(self._taken(done)), error)
            return
        for unit in self._taken(done):
            self._run(connection, unit)
            if not connection.in_transaction:
                # SQLite undid the whole transaction by itself (disk full, I/O error): nothing of this batch is kept.
                lost = unit.error if isinstance(unit.error, StoreUnavailable) else None
                self._undone(done, lost or StoreUnavailable("the database gave up the transaction"))
                return
        try:
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            self._fail(done, error)
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            if (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF == sqlite3.SQLITE_IOERR:
                # After a failed fsync nobody knows what is on the disk, and a second one may lie. Never go on.
                self._on_disk_fault()

    def _run(self, connection: sqlite3.Connection, unit: Unit) -> None:
        connection.execute("SAVEPOINT unit")
        tx = self._make_tx(connection)
        unit.drive(tx)
        if unit.error is None and tx.failure is not None:
            unit.error = tx.failure
        if unit.error is None:
            unit.promises = tx.promises
        elif connection.in_transaction:
            connection.execute("ROLLBACK TO unit")
        if connection.in_transaction:
            connection.execute("RELEASE unit")

    def _fail(self, units: list[Unit], error: sqlite3.Error) -> None:
        self._undone(units, fault(error))

    def _undone(self, units: list[Unit], error: Exception) -> None:
        for unit in units:
            if unit.error is None:
                unit.error, unit.result, unit.promises = error, None, None


def end_process() -> None:
    """What a failed fsync comes to: the process ends at once, and the next start reads what the disk really holds."""
    log("disk_fault", "error", action="exit")
    os._exit(74)


class SqliteDatabase:
    """`Database` over one file."""

    engine = "sqlite"

    def __init__(
        self, path: Path, clock: Clock, entropy: Entropy, slot: int | None, on_disk_fault: Callable[[], None]
    ) -> None:
        self.clock = clock
        self.entropy = entropy
        self.signals = Signals()
        self._path = path
        self._slots = SlotKeeper(self.write_unslotted, entropy, slot)
        self._lock: int | None = None
        self._writer = WriterConnection(self._connect_writer, self._deliver, self._make_tx, on_disk_fault)
        self._reader = ReaderConnection(self._connect_reader, self._deliver, clock)
        self._glances = Glances(self._connect_reader, clock)

    async def open(self) -> "SqliteDatabase":
        """Open both connections; the file is made where there is none. StoreUnavailable where it can't be used."""
        self._lock_out_others()
        try:
            await self._writer.opened()
            try:
                await self._reader.opened()
                self._glances.open()
            except BaseException:
                await self._reader.close()
                await self._writer.close()
                raise
        except (sqlite3.Error, OSError) as error:
            self._unlock()
            raise StoreUnavailable(f"{self._path}: {error}") from error
        return self

    async def write(
        self, operation: Callable[Concatenate[Tx, P], Awaitable[T]], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run the operation as one unit of work; returns once it is durable."""
        if not self._slots.ready:
            await self._slots.take()
        return await self.write_unslotted(operation, *args, **kwargs)

    async def write_unslotted(
        self, operation: Callable[Concatenate[Tx, P], Awaitable[T]], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """The same without a process slot: for migrations and for leasing the slot itself."""
        unit = Unit(operation, args, kwargs)
        self._writer.submit(unit)
        result: T = await unit.future
        return result

    async def read(self, view: Callable[Concatenate[Reader, P], Awaitable[T]], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a view over one snapshot."""
        if is_quick(view):
            try:
                seen: T = self._glances.run(view, args, kwargs)
            except NotHere:
                pass
            else:
                return seen
        unit = Unit(view, args, kwargs)
        self._reader.submit(unit)
        result: T = await unit.future
        return result

    async def close(self) -> None:
        """Let what waits end, give the slot back and close."""
        await self._slots.close()
        self._glances.close()
        await self._reader.close()
        await self._writer.close()
        self._unlock()

    def _make_tx(self, connection: sqlite3.Connection) -> SqliteTx:
        return SqliteTx(connection, self.clock.now(), self._slots.ids, self.entropy)

    def _deliver(self, done: list[Unit]) -> None:
        for unit in done:
            if unit.promises is not None:
                keep_promises(unit.promises, self.signals)
            future = unit.future
            if future.done():
                continue
            if unit.error is None:
                future.set_result(unit.result)
            else:
                future.set_exception(unit.error)

    def _connect(self, *, readonly: bool) -> sqlite3.Connection:
        connection = sqlite3.connect(
            f"{self._path.absolute().as_uri()}?mode={'ro' if readonly else 'rwc'}",
            uri=True,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=CACHED_STATEMENTS,
            timeout=BUSY_MS / 1000,
        )
        connection.row_factory = sqlite3.Row
        connection.create_function("fedicert_now", 0, self.clock.now)
        for pragma in ("foreign_keys=ON", "synchronous=FULL", "temp_store=MEMORY", "cache_size=-16000"):
            connection.execute(f"PRAGMA {pragma}")
        return connection

    def _connect_writer(self) -> sqlite3.Connection:
        connection = self._connect(readonly=False)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA journal_size_limit=67108864")
        return connection

    def _connect_reader(self) -> sqlite3.Connection:
        return self._connect(readonly=True)

    def _lock_out_others(self) -> None:
        """With an SQLite that has the WAL-reset bug, a second process that writes is refused."""
        if not sqlite_in_use().wal_reset_bug:
            return
        lock = os.open(f"{self._path}.writer", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(lock)
            raise StoreUnavailable(
                f"another process uses {self._path}, and this SQLite ({sqlite3.sqlite_version}) can lose commits when "
                "two do; end the other, or install pysqlite3"
            ) from error
        self._lock = lock

    def _unlock(self) -> None:
        if self._lock is not None:
            with contextlib.suppress(OSError):
                os.close(self._lock)
            self._lock = None
