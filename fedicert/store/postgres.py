"""PostgreSQL: the same operations over an asyncpg pool.

A unit of work is one READ COMMITTED transaction; its operation takes the row locks it needs (`{for_update}`). A unit
that lost to another (serialisation failure, deadlock) is run again, a few times. A view is one read-only REPEATABLE
READ transaction. What says that it is one statement (`unit.one_statement`) needs neither. Everything has a limit:
connecting, waiting for a connection, for a lock, for a statement, for a stopped server; beyond it: StoreUnavailable,
and the connection is thrown away.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Concatenate, ParamSpec, TypeVar

import asyncpg

from fedicert.base.clock import Clock
from fedicert.base.errors import StoreUnavailable
from fedicert.base.ids import Entropy
from fedicert.store.bookkeeping import Promises, keep_promises
from fedicert.store.postgres_signals import Bridge
from fedicert.store.postgres_tx import OneCall, PostgresReader, PostgresTx, RunAgain, fault
from fedicert.store.signals import Signals
from fedicert.store.slots import SlotKeeper, session_name
from fedicert.store.unit import Reader, Tx, is_one_statement

P = ParamSpec("P")
T = TypeVar("T")

CONNECT_SECONDS = 3.0
COMMAND_SECONDS = 5.0
POOL_WAIT_SECONDS = 2.0
MOST_WAITING = 1_000
TRIES = 6
SERVER_SETTINGS = {
    "statement_timeout": "5000",
    "lock_timeout": "2000",
    "idle_in_transaction_session_timeout": "10000",
    "tcp_keepalives_idle": "10",
    "tcp_user_timeout": "10000",
    "default_transaction_isolation": "read committed",
    "jit": "off",
}


class _Connection(asyncpg.Connection):  # type: ignore[misc]  # asyncpg ships no types
    """Without the round trip that clears a session on its way back: nothing here changes a session."""

    def get_reset_query(self) -> str:
        return ""


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
        self._slots = SlotKeeper(self.write_unslotted, entropy, slot)
        self._connecting: dict[str, Any] = {
            "dsn": url,
            "timeout": CONNECT_SECONDS,
            "command_timeout": command_seconds,
            "server_settings": {**SERVER_SETTINGS, "application_name": session_name(self._slots.token)},
            "statement_cache_size": 1_024,
            "max_cached_statement_lifetime": 0,
        }
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
                init=self._opened,
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
        return await self._write(operation, args, kwargs, slotted=True)

    async def write_unslotted(
        self, operation: Callable[Concatenate[Tx, P], Awaitable[T]], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """The same without a process slot: for migrations and for leasing the slot itself."""
        return await self._write(operation, args, kwargs, slotted=False)

    async def _write(
        self, operation: Callable[..., Awaitable[T]], args: tuple[Any, ...], kwargs: dict[str, Any], *, slotted: bool
    ) -> T:
        for tried in range(TRIES):
            if tried:
                # Losers of one race must not meet again at the same moment.
                await asyncio.sleep(0.001 * (1 << tried) * (0.5 + self.entropy.bytes(1)[0] / 256))
            if slotted and not self._slots.ready:
                await self._slots.take()
            try:
                result, promises = await self._unit(operation, args, kwargs, slotted=slotted)
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
                single = PostgresReader(OneCall(connection), self.clock.now())
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
        self, operation: Callable[..., Awaitable[T]], args: tuple[Any, ...], kwargs: dict[str, Any], *, slotted: bool
    ) -> tuple[T, Promises]:
        alone = is_one_statement(operation)
        async with self._connection() as connection:
            if slotted and not self._slots.ready:
                raise RunAgain("the slot was lost with the connections")
            if not alone:
                await _command(connection, "BEGIN")
            used = OneCall(connection) if alone else connection
            tx = PostgresTx(used, self.clock.now(), self._slots.ids, self.entropy)
            result = await operation(tx, *args, **kwargs)
            if tx.failure is not None:
                raise tx.failure
            await tx.settle()
            tx.end()
            if not alone:
                await _command(connection, "COMMIT")
            return result, tx.promises

    async def _opened(self, connection: Any) -> None:
        """Before anything else is done on a connection of the pool."""
        await self._slots.check(PostgresTx(connection, self.clock.now(), None, self.entropy))

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
