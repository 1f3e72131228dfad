"""What an operation and a view get on PostgreSQL: statements on one connection of the pool, our errors for the engine's.
They open and commit nothing.
"""

import re
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any, Concatenate, NoReturn, ParamSpec, TypeVar

import asyncpg

from fedicert.base.errors import CapExceeded, Duplicate, StoreUnavailable
from fedicert.base.ids import Entropy, Ids
from fedicert.store.bookkeeping import Promises
from fedicert.store.dialect import Texts
from fedicert.store.unit import Row, Tx

P = ParamSpec("P")
T = TypeVar("T")

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
    """Raised and caught inside this room."""


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

    async def tuples(self, sql: str, *args: Any) -> Sequence[Sequence[Any]]:
        """Every row, its columns by place alone."""
        rows: Any = await self.all(sql, *args)
        return list(rows)  # asyncpg's rows are both

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
