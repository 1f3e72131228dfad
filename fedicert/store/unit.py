"""What an operation and a view get from the database: one interface over both engines.

SQL is one text for both engines, with `$1, $2, …`. What differs stands in braces and is put in when the text is first
used: `{for_update}`, `{for_share}`, `{skip_locked}`, `{any_id:$1}` (`column {any_id:$1}`: the column is among a list of
integers), `{any_text:$1}` and what else `dialect.py` lists. A list argument is passed as a Python list on both engines.
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from fedicert.base.clock import Clock
from fedicert.store.signals import Signals

P = ParamSpec("P")
T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Awaitable[Any]])


class Row(Protocol):
    """One row: a column by name or by place."""

    def __getitem__(self, key: str | int, /) -> Any: ...


class Reader(Protocol):
    """A snapshot to read from."""

    @property
    def engine(self) -> str:
        """`sqlite` or `postgres`."""
        ...

    @property
    def now(self) -> int:
        """The moment of this unit, in milliseconds; the same for all of it."""
        ...

    async def one(self, sql: str, *args: Any) -> Row | None:
        """The first row, or None."""
        ...

    async def all(self, sql: str, *args: Any) -> Sequence[Row]:
        """Every row."""
        ...

    async def tuples(self, sql: str, *args: Any) -> Sequence[Sequence[Any]]:
        """Every row, its columns by place alone: cheaper, for pages."""
        ...

    async def value(self, sql: str, *args: Any) -> Any:
        """The first column of the first row, or None."""
        ...


class Tx(Reader, Protocol):
    """One unit of work: all of it happens or none. It is safe to run twice and awaits nothing but this object."""

    async def run(self, sql: str, *args: Any) -> int:
        """Execute; how many rows were touched."""
        ...

    async def many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """Execute once per row of arguments."""
        ...

    async def later(self, sql: str, *args: Any) -> None:
        """Execute before the unit reads or runs anything else, or ends; nobody asks what came of it.

        On PostgreSQL what waits goes out as one statement. So it may write one table and read no other: no SELECT, no
        RETURNING. A fault of it, such as `Duplicate`, shows no later than at the end of the unit, or of its `attempt`.
        """
        ...

    async def later_many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """The same once per row of arguments."""
        ...

    async def attempt(
        self, operation: Callable[Concatenate["Tx", P], Awaitable[T]], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run a part in a savepoint: where it raises, only the part is undone, and the error goes on."""
        ...

    def new_id(self) -> int:
        """A fresh id that sorts by time (`base/ids.py`)."""
        ...

    def random(self, count: int) -> bytes:
        """So many unpredictable bytes."""
        ...

    def after_commit(self, callback: Callable[[], None]) -> None:
        """Call this on the event loop once the unit is durable; never when it was undone."""
        ...

    def signal(self, kind: str, *ids: int) -> None:
        """Tell subscribers of every process (kind, ids) once the unit is durable."""
        ...


class Database(Protocol):
    """Runs units of work and views."""

    @property
    def engine(self) -> str:
        """`sqlite` or `postgres`."""
        ...

    @property
    def clock(self) -> Clock:
        """Where `now` of its units comes from."""
        ...

    @property
    def signals(self) -> Signals:
        """Whom `tx.signal` tells in this process."""
        ...

    async def write(
        self, operation: Callable[Concatenate[Tx, P], Awaitable[T]], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Open a unit, run the operation, commit; repeats the unit on a serialisation failure."""
        ...

    async def write_unslotted(
        self, operation: Callable[Concatenate[Tx, P], Awaitable[T]], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """The same without a process slot, so without ids: for what comes before the schema is there."""
        ...

    async def read(self, view: Callable[Concatenate[Reader, P], Awaitable[T]], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a view over one snapshot."""
        ...

    async def close(self) -> None:
        """Finish what was begun and close."""
        ...


def one_statement(view: F) -> F:
    """Mark a view, or an operation, that makes exactly one statement: on PostgreSQL it then costs no BEGIN and COMMIT.

    Where it makes a second one after all, that raises on PostgreSQL.
    """
    view.one_statement = True  # type: ignore[attr-defined]  # a mark on the function itself
    return view


def is_one_statement(view: Callable[..., Any]) -> bool:
    """Whether the view was marked so."""
    return getattr(view, "one_statement", False) is True


def quick(
    view: Callable[Concatenate[Reader, P], Awaitable[T]],
) -> Callable[Concatenate[Reader, P], Awaitable[T]]:
    """Mark a view that reads a bounded part of indexes and is asked for all the time.

    On SQLite it then runs where it is asked for, on the event loop's thread, as long as it really is quick.
    """
    view.quick = True  # type: ignore[attr-defined]  # a mark on the function itself
    return view


def is_quick(view: Callable[..., Any]) -> bool:
    """Whether the view was marked so."""
    return getattr(view, "quick", False) is True
