"""What an operation and a view get on SQLite. Their methods never suspend: they run the statement where they stand, which
is the thread of the connection, and raise our errors for the engine's. They open and commit nothing.
"""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any, Concatenate, NoReturn, ParamSpec, TypeVar

from fedicert.base.errors import CapExceeded, Duplicate, StoreUnavailable
from fedicert.base.ids import Entropy, Ids
from fedicert.store.bookkeeping import Promises
from fedicert.store.dialect import Tables, Texts, lists_as_json
from fedicert.store.unit import Row, Tx

P = ParamSpec("P")
T = TypeVar("T")

LAW = (
    "an operation or view awaited something other than its unit: inside a unit of work there is no network, no sleep, "
    "no other task; prepare before it opens or use after_commit"
)

_TEXTS = Texts("sqlite")
_TABLES = Tables()

_UNAVAILABLE = {
    sqlite3.SQLITE_FULL: "the disk is full",
    sqlite3.SQLITE_IOERR: "the disk reported an error",
    sqlite3.SQLITE_BUSY: "another process holds the database",
    sqlite3.SQLITE_LOCKED: "another process holds the database",
    sqlite3.SQLITE_CANTOPEN: "the database file can't be opened",
    sqlite3.SQLITE_READONLY: "the database file can't be written",
    sqlite3.SQLITE_CORRUPT: "the database file is damaged",
    sqlite3.SQLITE_NOTADB: "the file is no database",
}


def fault(error: sqlite3.Error) -> Exception:
    """What an error of the engine is in our tree; itself where it is a bug (SQL, a broken reference, a bad type)."""
    code = (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF
    message = str(error)
    if isinstance(error, sqlite3.IntegrityError):
        if "cap_exceeded" in message:
            return CapExceeded("the database refused the admission: the audience is full")
        if message.startswith("UNIQUE constraint failed: "):
            return Duplicate(message, _constraint(message.removeprefix("UNIQUE constraint failed: ")))
        return error
    if code in _UNAVAILABLE:
        return StoreUnavailable(f"{_UNAVAILABLE[code]}: {message}")
    return error


def _constraint(named: str) -> str:
    """`t.a, t.b` → `t(a, b)`; `index 'name'` → `name`."""
    if named.startswith("index "):
        return named.removeprefix("index ").strip("'")
    columns = [part.rpartition(".") for part in named.split(", ")]
    return f"{columns[0][0]}({', '.join(column for _, _, column in columns)})"


class SqliteReader:
    """A snapshot on the reader's connection. Its methods never suspend: they run the statement where they stand."""

    __slots__ = ("_execute", "now")

    engine = "sqlite"

    def __init__(self, execute: Callable[[str, Sequence[Any]], sqlite3.Cursor], now: int) -> None:
        self._execute = execute
        self.now = now

    async def one(self, sql: str, *args: Any) -> Row | None:
        """The first row, or None."""
        text, lists = _TEXTS[sql]
        try:
            row: Row | None = self._execute(text, lists_as_json(args, lists) if lists else args).fetchone()
        except sqlite3.Error as error:
            self._failed(error)
        return row

    async def all(self, sql: str, *args: Any) -> Sequence[Row]:
        """Every row."""
        text, lists = _TEXTS[sql]
        try:
            return self._execute(text, lists_as_json(args, lists) if lists else args).fetchall()
        except sqlite3.Error as error:
            self._failed(error)

    async def tuples(self, sql: str, *args: Any) -> Sequence[Sequence[Any]]:
        """Every row, its columns by place alone."""
        text, lists = _TEXTS[sql]
        try:
            cursor = self._execute(text, lists_as_json(args, lists) if lists else args)
            cursor.row_factory = None
            return cursor.fetchall()
        except sqlite3.Error as error:
            self._failed(error)

    async def value(self, sql: str, *args: Any) -> Any:
        """The first column of the first row, or None."""
        text, lists = _TEXTS[sql]
        try:
            row = self._execute(text, lists_as_json(args, lists) if lists else args).fetchone()
        except sqlite3.Error as error:
            self._failed(error)
        return None if row is None else row[0]

    def _failed(self, error: sqlite3.Error) -> NoReturn:
        raise fault(error) from error

    def end(self) -> None:
        """Make the object useless: a unit kept beyond its end must not touch the next one's transaction."""
        self._execute = _ended


def _ended(sql: str, args: Sequence[Any]) -> NoReturn:
    raise RuntimeError("this unit of work has ended")


class SqliteTx(SqliteReader):
    """One unit of work in the writer's thread.

    As on PostgreSQL, a statement that failed outside `attempt` fails the unit: later statements raise the same error,
    and the unit is undone even where the operation swallows it.
    """

    __slots__ = ("_connection", "_depth", "_entropy", "_ids", "failure", "promises")

    def __init__(self, connection: sqlite3.Connection, now: int, ids: Ids | None, entropy: Entropy) -> None:
        super().__init__(connection.execute, now)
        self._connection = connection
        self._ids = ids
        self._entropy = entropy
        self._depth = 0
        self.failure: Exception | None = None
        self.promises = Promises()

    async def run(self, sql: str, *args: Any) -> int:
        """Execute; how many rows were touched."""
        text, lists = _TEXTS[sql]
        try:
            return max(self._execute(text, lists_as_json(args, lists) if lists else args).rowcount, 0)
        except sqlite3.Error as error:
            self._failed(error)

    async def many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """Execute once per row of arguments."""
        text, lists = _TEXTS[sql]
        if self.failure is not None:
            raise self.failure
        try:
            self._connection.executemany(text, [lists_as_json(row, lists) for row in rows] if lists else rows)
        except sqlite3.Error as error:
            self._failed(error)

    async def later(self, sql: str, *args: Any) -> None:
        """Execute, here at once: nothing is saved by waiting."""
        _TABLES[sql]  # what the other engine couldn't fold is refused here too
        text, lists = _TEXTS[sql]
        try:
            self._execute(text, lists_as_json(args, lists) if lists else args)
        except sqlite3.Error as error:
            self._failed(error)

    async def later_many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """The same once per row of arguments."""
        _TABLES[sql]
        await self.many(sql, rows)

    async def attempt(
        self, operation: Callable[Concatenate[Tx, P], Awaitable[T]], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run a part in a savepoint: where it raises, only the part is undone, and the error goes on."""
        self._execute(f"SAVEPOINT part{self._depth}", ())
        self._depth += 1
        mark = self.promises.mark()
        try:
            result = await operation(self, *args, **kwargs)
            if self.failure is not None:
                raise self.failure
        except BaseException:
            self._depth -= 1
            self.promises.back_to(mark)
            if self._connection.in_transaction:
                self.failure = None
                self._execute = self._connection.execute
                self._execute(f"ROLLBACK TO part{self._depth}", ())
                self._execute(f"RELEASE part{self._depth}", ())
            raise
        self._depth -= 1
        self._execute(f"RELEASE part{self._depth}", ())
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
        """Tell subscribers (kind, ids) once the unit is durable."""
        self.promises.signals.append((kind, ids))

    async def statement(self, sql: str) -> None:
        """For migrations: one statement as it stands, nothing rewritten."""
        try:
            self._execute(sql, ()).fetchall()
        except sqlite3.Error as error:
            self._failed(error)

    def _failed(self, error: sqlite3.Error) -> NoReturn:
        self.failure = fault(error)
        self._execute = self._refuse
        raise self.failure from error

    def _refuse(self, sql: str, args: Sequence[Any]) -> NoReturn:
        assert self.failure is not None
        raise self.failure


class Unit:
    """A unit that waits, runs or is done, and the future its caller holds."""

    __slots__ = ("args", "error", "future", "kwargs", "operation", "promises", "result")

    def __init__(self, operation: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self.operation = operation
        self.args = args
        self.kwargs = kwargs
        self.future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self.result: Any = None
        self.error: BaseException | None = None
        self.promises: Promises | None = None

    def drive(self, tx: SqliteReader) -> None:
        """Run the coroutine to its end with one step; what came of it is in `result` or `error`."""
        try:
            coroutine = self.operation(tx, *self.args, **self.kwargs)
            coroutine.send(None)
        except StopIteration as stop:
            self.result = stop.value
        except BaseException as error:  # whatever it is belongs to the caller, never to this thread
            self.error = error
        else:
            coroutine.close()
            self.error = RuntimeError(LAW)
        finally:
            tx.end()
