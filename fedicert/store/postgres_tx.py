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
from fedicert.store.dialect import Folds, Tables, Texts
from fedicert.store.unit import Row, Tx

P = ParamSpec("P")
T = TypeVar("T")

# A migration may take as long as it takes.
MIGRATION_SECONDS = 86_400.0

_TEXTS = Texts("postgres")
_TABLES = Tables()
_FOLDS = Folds()

_AGAIN = (
    asyncpg.SerializationError,
    asyncpg.DeadlockDetectedError,
    asyncpg.InvalidCachedStatementError,
)

# What stands on a rung that was removed while the unit ran: another look finds another rung.
_RUNGS = frozenset({"local_accounts_tier_fkey", "tier_grants_tier_fkey"})

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
    if isinstance(error, asyncpg.ForeignKeyViolationError) and error.constraint_name in _RUNGS:
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


class OneCall:
    """A connection for what says that it is one statement: outside any transaction, and a second one is an error."""

    __slots__ = ("_connection",)

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def __getattr__(self, name: str) -> Any:
        if self._connection is None:
            raise RuntimeError("what is marked one_statement made a second one: it would see another snapshot")
        connection, self._connection = self._connection, None
        return getattr(connection, name)


class PostgresTx(PostgresReader):
    """One unit of work. A statement that failed outside `attempt` fails the unit, even where it is swallowed."""

    __slots__ = ("_depth", "_entropy", "_ids", "_waiting", "promises")

    def __init__(self, connection: Any, now: int, ids: Ids | None, entropy: Entropy) -> None:
        super().__init__(connection, now)
        self._ids = ids
        self._entropy = entropy
        self._depth = 0
        self._waiting: list[tuple[str, list[Sequence[Any]]]] = []
        self.promises = Promises()

    async def one(self, sql: str, *args: Any) -> Row | None:
        """The first row, or None."""
        if self._waiting:
            await self.settle()
        return await super().one(sql, *args)

    async def all(self, sql: str, *args: Any) -> Sequence[Row]:
        """Every row."""
        if self._waiting:
            await self.settle()
        return await super().all(sql, *args)

    async def value(self, sql: str, *args: Any) -> Any:
        """The first column of the first row, or None."""
        if self._waiting:
            await self.settle()
        return await super().value(sql, *args)

    async def run(self, sql: str, *args: Any) -> int:
        """Execute; how many rows were touched."""
        if self._waiting:
            await self.settle()
        status = await self._execute(_TEXTS[sql].sql, args)
        count = status.rpartition(" ")[2]
        return int(count) if count.isdigit() else 0

    async def many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """Execute once per row of arguments."""
        if self._waiting:
            await self.settle()
        found = list(rows)
        if len(found) == 1:
            await self._execute(_TEXTS[sql].sql, found[0])
        elif found:
            await self._execute_many(_TEXTS[sql].sql, found)

    async def later(self, sql: str, *args: Any) -> None:
        """Execute before the unit reads or runs anything else, at the latest at its end."""
        await self.later_many(sql, (args,))

    async def later_many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """The same once per row of arguments."""
        if self.failure is not None:
            raise self.failure
        _TABLES[sql]  # refuses at once what couldn't be folded
        found = list(rows)
        if not found:
            return
        if self._waiting and self._waiting[-1][0] == sql:
            self._waiting[-1][1].extend(found)
        else:
            self._waiting.append((sql, found))

    async def settle(self) -> None:
        """Send what waits: neighbours that write different tables in one statement."""
        waiting, self._waiting = self._waiting, []
        together: dict[str, tuple[str, Sequence[Any]]] = {}
        for sql, rows in waiting:
            table = _TABLES[sql]
            if table in together or len(rows) > 1:
                await self._together(list(together.values()))
                together = {}
            if len(rows) > 1:
                await self._execute_many(_TEXTS[sql].sql, rows)
            else:
                together[table] = (sql, rows[0])
        await self._together(list(together.values()))

    async def _together(self, statements: Sequence[tuple[str, Sequence[Any]]]) -> None:
        if len(statements) == 1:
            await self._execute(_TEXTS[statements[0][0]].sql, statements[0][1])
        elif statements:
            text = _FOLDS[tuple(sql for sql, _ in statements)]
            await self._execute(text, [value for _, args in statements for value in args])

    async def _execute(self, text: str, args: Sequence[Any]) -> str:
        if self.failure is not None:
            raise self.failure
        try:
            status: str = await self._connection.execute(text, *args)
        except BaseException as error:
            self._failed(error)
        return status

    async def _execute_many(self, text: str, rows: Sequence[Sequence[Any]]) -> None:
        if self.failure is not None:
            raise self.failure
        try:
            await self._connection.executemany(text, rows)
        except BaseException as error:
            self._failed(error)

    async def attempt(
        self, operation: Callable[Concatenate[Tx, P], Awaitable[T]], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run a part in a savepoint: where it raises, only the part is undone, and the error goes on."""
        await self.settle()
        await self._control(f"SAVEPOINT part{self._depth}")
        self._depth += 1
        mark = self.promises.mark()
        try:
            result = await operation(self, *args, **kwargs)
            if self.failure is not None:
                raise self.failure
            await self.settle()
        except BaseException as error:
            self._waiting = []
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
        await self.settle()
        await self._control(sql, MIGRATION_SECONDS)

    async def _control(self, sql: str, seconds: float | None = None) -> None:
        if self.failure is not None:
            raise self.failure
        try:
            await self._connection.execute(sql, timeout=seconds)
        except BaseException as error:
            self._failed(error)
