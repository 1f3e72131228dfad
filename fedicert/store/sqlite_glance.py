"""Quick views on the event loop's own thread, over a connection of its own: no hand-over, nobody to wait for.

A page that takes SQLite 50 µs costs two threads of one interpreter more than that to hand over. Only views marked
`unit.quick` come here, and neither of the things that could hold the loop up does: a statement that goes on for more
than `MOST_STEPS` (a plan gone wrong) is broken off, and the view runs again in the reader's thread; after a view that
was slow because it waited for the disk, all run in that thread for `REST` times as long. A view changes nothing, so it
may run twice. Never writes, never waits for a lock.
"""

import sqlite3
import time
from collections.abc import Awaitable, Callable
from resource import RUSAGE_SELF, getrusage
from typing import Any

from fedicert.base.clock import Clock
from fedicert.base.errors import StoreUnavailable
from fedicert.store.sqlite_tx import LAW, SqliteReader

LOOK_EVERY = 10_000
MOST_STEPS = 100_000
"""Steps of SQLite's machine, some 10 ms; a home page takes about 2,000."""
SLOW_SECONDS = 0.005
REST = 20


class NotHere(Exception):
    """This view has to run in the reader's thread."""


class Glances:
    """The connection of the loop's thread."""

    def __init__(self, connect: Callable[[], sqlite3.Connection], clock: Clock) -> None:
        self._connect = connect
        self._clock = clock
        self._steps = 0
        self._blocks = 0
        self._rests_until = 0.0
        self._connection: sqlite3.Connection | None = None

    def open(self) -> None:
        """Connect. What goes wrong is sqlite3's error."""
        self._connection = self._connect()
        self._connection.execute("PRAGMA busy_timeout=0")
        self._connection.set_progress_handler(self._too_long, LOOK_EVERY)
        self._blocks = _blocks_read()

    def run(self, view: Callable[..., Awaitable[Any]], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """What the view gives, over one snapshot; whatever it raises. NotHere where the thread must do it."""
        connection = self._connection
        began = time.perf_counter()
        if connection is None or began < self._rests_until:
            raise NotHere
        self._steps = 0
        reader = SqliteReader(connection.execute, self._clock.now())
        try:
            connection.execute("BEGIN")
            coroutine: Any = view(reader, *args, **kwargs)
            coroutine.send(None)
        except StopIteration as stop:
            return stop.value
        except (StoreUnavailable, sqlite3.Error) as error:
            # Busy, broken off or worse: the thread's connection waits where this one doesn't, and says what it is.
            raise NotHere from error
        else:
            coroutine.close()
            raise RuntimeError(LAW)
        finally:
            reader.end()
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            took = time.perf_counter() - began
            if took > SLOW_SECONDS:
                self._after_slow(took)

    def close(self) -> None:
        """Let go of the file."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _too_long(self) -> bool:
        self._steps += LOOK_EVERY
        return self._steps > MOST_STEPS

    def _after_slow(self, took: float) -> None:
        """Where the processor was merely given to others, the reader's thread would have been no quicker."""
        blocks = _blocks_read()
        if blocks != self._blocks:
            self._blocks = blocks
            self._rests_until = time.perf_counter() + REST * took


def _blocks_read() -> int:
    """What this process has had to read from a disk so far."""
    return getrusage(RUSAGE_SELF).ru_inblock
