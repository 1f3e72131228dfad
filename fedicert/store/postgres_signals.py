"""Signals between processes over PostgreSQL's LISTEN and NOTIFY.

NOTIFY is sent after COMMIT, on a connection of its own: inside the unit it would make every commit of the database wait
for the one before. So a signal may be lost with a process or a connection; after each reconnection subscribers hear
`RESYNC`. Payloads are (kind, ids) and the sender's mark, never a body. A NOTIFY is a commit of its own: so the first
signal after a pause goes out at once and those after it are gathered, and nobody waits for the disk.
"""

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Any

import asyncpg
import msgspec

from fedicert.base.ids import Entropy
from fedicert.base.log import log
from fedicert.store.bookkeeping import Signal
from fedicert.store.signals import RESYNC, Signals

CHANNEL = "fedicert"
# PostgreSQL takes payloads below 8,000 bytes.
MOST_BYTES = 7_000
MOST_QUEUED = 10_000
PROBE_SECONDS = 15.0
# Between two NOTIFYs; what is signalled meanwhile goes with the next.
GATHER_SECONDS = 0.02
RECONNECT_SECONDS = (0.2, 0.5, 1.0, 2.0, 5.0)

_LOST = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)


class _Message(msgspec.Struct, array_like=True, frozen=True):
    origin: str
    signals: list[tuple[str, tuple[int, ...]]]


_decoder = msgspec.json.Decoder(_Message)


class Bridge:
    """One listening connection, kept alive, and the queue of what is to be told."""

    def __init__(self, connecting: dict[str, Any], signals: Signals, entropy: Entropy) -> None:
        # A signal may be lost anyway: its commit needn't be on the disk.
        settings = {**connecting.get("server_settings", {}), "synchronous_commit": "off"}
        self._connecting = {**connecting, "server_settings": settings}
        self._signals = signals
        self._origin = entropy.bytes(8).hex()
        self._queue: list[Signal] = []
        self._wake = asyncio.Event()
        self._emptied = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.listening = asyncio.Event()

    def start(self) -> None:
        """Begin to listen and to send."""
        self._task = asyncio.create_task(self._keep())

    async def close(self) -> None:
        """Stop; what was not sent yet is given a moment."""
        if self._task is None:
            return
        if self._queue and self.listening.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(1.0):
                    await self._emptied.wait()
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task
        self._task = None

    def send(self, signals: Sequence[Signal]) -> None:
        """Tell the other processes, soon."""
        if signals and len(self._queue) < MOST_QUEUED:
            self._queue.extend(signals)
            self._emptied.clear()
            self._wake.set()

    async def _keep(self) -> None:
        failures = 0
        first = True
        while True:
            try:
                connection = await asyncpg.connect(**self._connecting)
            except _LOST as error:
                log("listen_failed", "warning", error=type(error).__name__)
            else:
                try:
                    await connection.add_listener(CHANNEL, self._heard)
                    self.listening.set()
                    if not first:
                        self._signals.publish(RESYNC, ())
                    first, failures = False, 0
                    await self._serve(connection)
                except _LOST as error:
                    log("listen_lost", "warning", error=type(error).__name__)
                finally:
                    self.listening.clear()
                    connection.terminate()
            await asyncio.sleep(RECONNECT_SECONDS[min(failures, len(RECONNECT_SECONDS) - 1)])
            failures += 1

    async def _serve(self, connection: Any) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(PROBE_SECONDS):
                    await self._wake.wait()
            self._wake.clear()
            if not self._queue:
                # A half-open connection or a stopped server shows itself only to who asks.
                await connection.execute("SELECT 1")
            while self._queue:
                payload, count = self._payload()
                await connection.execute("SELECT pg_notify($1, $2)", CHANNEL, payload)
                del self._queue[:count]
            self._emptied.set()
            await asyncio.sleep(GATHER_SECONDS)

    def _payload(self) -> tuple[str, int]:
        count = min(len(self._queue), 100)
        while True:
            signals = list(dict.fromkeys(self._queue[:count]))
            payload = msgspec.json.encode(_Message(self._origin, signals))
            if len(payload) <= MOST_BYTES or count == 1:
                return payload.decode(), count
            count = (count + 1) // 2

    def _heard(self, connection: Any, pid: int, channel: str, payload: str) -> None:
        try:
            message = _decoder.decode(payload)
        except msgspec.DecodeError:
            log("signal_unreadable", "warning", length=len(payload))
            return
        if message.origin == self._origin:
            return
        for kind, ids in message.signals:
            self._signals.publish(kind, ids)
