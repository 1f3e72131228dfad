"""PostgreSQL: the same operations over an asyncpg pool.

A unit of work is one READ COMMITTED transaction; its operation takes the row locks it needs (`{for_update}`). A unit
that lost to another (serialisation failure, deadlock) is run again, a few times. A view is one read-only REPEATABLE
READ transaction, or none where it says that it is one statement (`unit.one_statement`). Everything has a limit:
connecting, waiting for a connection, for a lock, for a statement, for a stopped server; beyond it: StoreUnavailable,
and the connection is thrown away.
"""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from typing import Any, Concatenate, NoReturn, ParamSpec, TypeVar

import asyncpg

from fedicert.base.clock import Clock
from fedicert.base.errors import CapExceeded, Duplicate, StoreUnavailable
from fedicert.base.ids import Entropy, Ids
from fedicert.store.bookkeeping import Promises, keep_promises
from fedicert.store.dialect import Texts
from fedicert.store.postgres_signals import Bridge
from fedicert.store.signals import Signals
from fedicert.store.slots import SlotKeeper
from fedicert.store.unit import Reader, Row, Tx, is_one_statement

P = ParamSpec("P")
T = TypeVar("T")

CONNECT_SECONDS = 3.0
COMMAND_SECONDS = 5.0
POOL_WAIT_SECONDS = 2.0
MOST_WAITING = 1_000
TRIES = 6
SERVER_SETTINGS = {
    "application_name": "fedicert",
    "statement_timeout": "5000",
    "lock_timeout": "2000",
    "idle_in_transaction_session_timeout": "10000",
    "tcp_keepalives_idle": "10",
    "tcp_user_timeout": "10000",
    "default_transaction_isolation": "read committed",
    "jit": "off",
}
# A migration may take as long as it takes.
MIGRATION_SECONDS = 86_400.0

_TEXTS = Texts("postgres")

_AGAIN = (
    asyncpg.SerializationError,
    asyncpg.DeadlockDetectedError,
    asyncpg.InvalidCachedStatementError,
)

_UNAVAILABLE = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InternalClientError,
    asyncpg.CannotConnectNowError,
    asyncpg.TooManyConnectionsError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.QueryCanceledError,
    asyncpg.LockNotAvailableError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.InsufficientResourcesError,
    asyncpg.PostgresSystemError,
)


class RunAgain(Exception):
    """Raised inside this module alone."""


class _Connection(asyncpg.Connection):  # type: ignore[misc]  # asyncpg ships no types
    """Without the round trip that clears a session on its way back: nothing here changes a session."""

    def get_reset_query(self) -> str:
        return ""


def fault(error: BaseException) -> BaseException:
    """What an error of the engine is in our tree; itself where it is a bug (SQL, a broken reference, a bad type)."""
    if isinstance(error, asyncpg.UniqueViolationError):
        return Duplicate(str(error), _constraint(error))
    if isinstance(error, asyncpg.RaiseError) and "cap_exceeded" in str(error):
        return CapExceeded("the database refused the admission: the audience is full")
    if isinstance(error, _AGAIN):
        return RunAgain(str(error))
    if isinstance(error, _UNAVAILABLE):
        return StoreUnavailable(f"the database can't be reached or is too slow: {type(error).__name__} {error}".strip())
    if isinstance(error, asyncpg.InterfaceError) and "clos" in str(error):
        return StoreUnavailable(f"the connection to the database broke: {error}")
    return error


def _constraint(error: asyncpg.UniqueViolationError) -> str:
    """`table(column, column)`; the index's name where it is over expressions. As SQLite tells it."""
    columns = re.search(r"\((.*?)\)=\(", error.detail or "")
    if columns is None or "(" in columns[1]:
        return str(error.constraint_name or "")
    return f"{error.table_name}({columns[1]})"


class PostgresReader:
    """A snapshot on one connection of the pool."""

    __slots__ = ("_connection", "failure", "now")

    engine = "postgres"

    def __init__(self, connection: Any, now: int) -> None:
        self._connection = connection
        self.now = now
        self.failure: BaseException | None = None

    async def one(self, sql: str, *args: Any) -> Row | None:
        """The first row, or None."""
        if self.failure is not None:
            raise self.failure
        try:
            row: Row | None = await self._connection.fetchrow(_TEXTS[sql].sql, *args)
        except BaseException as error:
            self._failed(error)
        return row

    async def all(self, sql: str, *args: Any) -> Sequence[Row]:
        """Every row."""
        if self.failure is not None:
            raise self.failure
        try:
            rows: Sequence[Row] = await self._connection.fetch(_TEXTS[sql].sql, *args)
        except BaseException as error:
            self._failed(error)
        return rows

    async def value(self, sql: str, *args: Any) -> Any:
        """The first column of the first row, or None."""
        if self.failure is not None:
            raise self.failure
        try:
            return await self._connection.fetchval(_TEXTS[sql].sql, *args)
        except BaseException as error:
            self._failed(error)

    def _failed(self, error: BaseException) -> NoReturn:
        self.failure = fault(error)
        if self.failure is error:
            raise error
        raise self.failure from error

    def end(self) -> None:
        """Make the object useless: a unit kept beyond its end must not touch the next one's transaction."""
        self.failure = RuntimeError("this unit of work has ended")


class OneStatementReader(PostgresReader):
    """For a view that says it is one statement: no transaction, and a second statement is an error."""

    __slots__ = ("_used",)

    def __init__(self, connection: Any, now: int) -> None:
        super().__init__(connection, now)
        self._used = False

    def _once(self) -> None:
        if self._used:
            raise RuntimeError("a view marked one_statement made a second one: it would see another snapshot")
        self._used = True

    async def one(self, sql: str, *args: Any) -> Row | None:
        """The first row, or None."""
        self._once()
        return await super().one(sql, *args)

    async def all(self, sql: str, *args: Any) -> Sequence[Row]:
        """Every row."""
        self._once()
        return await super().all(sql, *args)

    async def value(self, sql: str, *args: Any) -> Any:
        """The first column of the first row, or None."""
        self._once()
        return await super().value(sql, *args)


class PostgresTx(PostgresReader):
    """One unit of work. A statement that failed outside `attempt` fails the unit, even where it is swallowed."""

    __slots__ = ("_depth", "_entropy", "_ids", "promises")

    def __init__(self, connection: Any, now: int, ids: Ids | None, entropy: Entropy) -> None:
        super().__init__(connection, now)
        self._ids = ids
        self._entropy = entropy
        self._depth = 0
        self.promises = Promises()

    async def run(self, sql: str, *args: Any) -> int:
        """Execute; how many rows were touched."""
        if self.failure is not None:
            raise self.failure
        try:
            status: str = await self._connection.execute(_TEXTS[sql].sql, *args)
        except BaseException as error:
            self._failed(error)
        count = status.rpartition(" ")[2]
        return int(count) if count.isdigit() else 0

    async def many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """Execute once per row of arguments."""
        if self.failure is not None:
            raise self.failure
        try:
            await self._connection.executemany(_TEXTS[sql].sql, rows)
        except BaseException as error:
            self._failed(error)

    async def attempt(
        self, operation: Callable[Concatenate[Tx, P], Awaitable[T]], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run a part in a savepoint: where it raises, only the part is undone, and the error goes on."""
        await self._control(f"SAVEPOINT part{self._depth}")
        self._depth += 1
        mark = self.promises.mark()
        try:
            result = await operation(self, *args, **kwargs)
            if self.failure is not None:
                raise self.failure
        except BaseException as error:
            self._depth -= 1
            self.promises.back_to(mark)
            # A lost unit is run again whole, and with a broken connection there is nothing to go back to.
            if not isinstance(self.failure, RunAgain | StoreUnavailable) and isinstance(error, Exception):
                self.failure = None
                await self._control(f"ROLLBACK TO part{self._depth}; RELEASE part{self._depth}")
            raise
        self._depth -= 1
        await self._control(f"RELEASE part{self._depth}")
        return result

    def new_id(self) -> int:
        """A fresh id that sorts by time."""
        if self._ids is None:
            raise RuntimeError("no process slot is leased: this unit can't make ids")
        return self._ids.next(self.now)

    def random(self, count: int) -> bytes:
        """So many unpredictable bytes."""
        return self._entropy.bytes(count)

    def after_commit(self, callback: Callable[[], None]) -> None:
        """Call this on the event loop once the unit is durable."""
        self.promises.callbacks.append(callback)

    def signal(self, kind: str, *ids: int) -> None:
        """Tell subscribers of every process (kind, ids) once the unit is durable."""
        self.promises.signals.append((kind, ids))

    async def statement(self, sql: str) -> None:
        """For migrations: statements as they stand, nothing rewritten, with all the time they need."""
        await self._control(sql, MIGRATION_SECONDS)

    async def _control(self, sql: str, seconds: float | None = None) -> None:
        if self.failure is not None:
            raise self.failure
        try:
            await self._connection.execute(sql, timeout=seconds)
        except BaseException as error:
            self._failed(error)


class PostgresDatabase:
    """`Database` over a pool of connections."""

    engine = "postgres"

    def __init__(
        self,
        url: str,
        clock: Clock,
        entropy: Entropy,
        slot: int | None,
        pool_size: int,
        command_seconds: float = COMMAND_SECONDS,
    ) -> None:
        self.clock = clock
        self.entropy = entropy
        self.signals = Signals()
        self._pool_size = pool_size
        self._connecting: dict[str, Any] = {
            "dsn": url,
            "timeout": CONNECT_SECONDS,
            "command_timeout": command_seconds,
            "server_settings": SERVER_SETTINGS,
            "statement_cache_size": 1_024,
            "max_cached_statement_lifetime": 0,
        }
        self._slots = SlotKeeper(self.write_unslotted, entropy, slot)
        self._bridge = Bridge(self._connecting, self.signals, entropy)
        self._waiting = 0
        self._pool: Any = None

    async def open(self) -> "PostgresDatabase":
        """Make the pool and start listening. StoreUnavailable where there is no server."""
        try:
            self._pool = await asyncpg.create_pool(
                min_size=1,
                max_size=self._pool_size,
                connection_class=_Connection,
                max_inactive_connection_lifetime=300.0,
                **self._connecting,
            )
        except asyncpg.InvalidCatalogNameError as error:
            raise StoreUnavailable(f"there is no such database: {error}") from error
        except Exception as error:
            known = fault(error)
            if known is error:
                raise
            raise known from error
        self._bridge.start()
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
        for tried in range(TRIES):
            if tried:
                # Losers of one race must not meet again at the same moment.
                await asyncio.sleep(0.001 * (1 << tried) * (0.5 + self.entropy.bytes(1)[0] / 256))
            try:
                result, promises = await self._unit(operation, args, kwargs)
            except RunAgain:
                continue
            keep_promises(promises, self.signals)
            self._bridge.send(promises.signals)
            return result
        raise StoreUnavailable(f"the unit of work lost to others {TRIES} times")

    async def read(self, view: Callable[Concatenate[Reader, P], Awaitable[T]], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a view over one snapshot."""
        async with self._connection() as connection:
            if is_one_statement(view):
                single = OneStatementReader(connection, self.clock.now())
                try:
                    return await view(single, *args, **kwargs)
                finally:
                    single.end()
            await _command(connection, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            reader = PostgresReader(connection, self.clock.now())
            result = await view(reader, *args, **kwargs)
            reader.end()
            await _command(connection, "COMMIT")
            return result

    async def close(self) -> None:
        """Give the slot back, stop listening, close the connections."""
        await self._slots.close()
        await self._bridge.close()
        if self._pool is not None:
            try:
                async with asyncio.timeout(COMMAND_SECONDS):
                    await self._pool.close()
            except (TimeoutError, OSError, asyncpg.PostgresError):
                self._pool.terminate()

    async def _unit(
        self, operation: Callable[..., Awaitable[T]], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[T, Promises]:
        async with self._connection() as connection:
            await _command(connection, "BEGIN")
            tx = PostgresTx(connection, self.clock.now(), self._slots.ids, self.entropy)
            result = await operation(tx, *args, **kwargs)
            if tx.failure is not None:
                raise tx.failure
            tx.end()
            await _command(connection, "COMMIT")
            return result, tx.promises

    @contextlib.asynccontextmanager
    async def _connection(self) -> AsyncIterator[Any]:
        """A connection of the pool; one that is left inside a transaction is rolled back, or thrown away."""
        if self._waiting >= MOST_WAITING:
            raise StoreUnavailable("too many wait for the database already")
        self._waiting += 1
        try:
            connection = await self._pool.acquire(timeout=POOL_WAIT_SECONDS)
        except Exception as error:
            known = fault(error)
            if known is error:
                raise
            raise known from error
        finally:
            self._waiting -= 1
        try:
            yield connection
        except BaseException as error:
            await self._clean(connection, error)
            raise
        finally:
            await self._pool.release(connection)

    async def _clean(self, connection: Any, error: BaseException) -> None:
        # A server that is slow or gone gets no further question on this connection: it might be stopped for good.
        # One that broke has left the pool by itself: then every call raises InterfaceError, and nothing is to be done.
        with contextlib.suppress(asyncpg.InterfaceError):
            if isinstance(error, StoreUnavailable) or not isinstance(error, Exception):
                connection.terminate()
            elif connection.is_in_transaction():
                try:
                    await connection.execute("ROLLBACK")
                except (OSError, TimeoutError, asyncpg.PostgresError):
                    connection.terminate()


async def _command(connection: Any, sql: str) -> None:
    try:
        await connection.execute(sql)
    except Exception as error:
        known = fault(error)
        if known is error:
            raise
        raise known from error
