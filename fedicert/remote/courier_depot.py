"""The receiving end of the courier's messages: keeps what was given once and hands parcels to the engine.

The same in the child process and in the server's own.
"""

import asyncio
from collections.abc import Callable

from fedicert.model.signing import SigningKey
from fedicert.remote.courier_engine import Engine
from fedicert.remote.parcels import (
    INVALID,
    Body,
    Drop,
    GiveBody,
    GiveKey,
    Outcome,
    Outcomes,
    Parcel,
    Send,
)

GATHER_SECONDS = 0.01


class Depot:
    """Bodies, keys and an engine.

    `tell` gets outcomes, gathered for a moment while others are under way: each message costs the server a wake-up.
    """

    def __init__(self, engine: Engine, tell: Callable[[Outcomes], None]) -> None:
        self.engine = engine
        self._tell = tell
        self._bodies: dict[int, Body] = {}
        self._keys: dict[int, SigningKey] = {}
        self._ended: list[tuple[int, Outcome]] = []
        self._soon: asyncio.Handle | None = None
        self._later: asyncio.TimerHandle | None = None

    def handle(self, message: GiveBody | GiveKey | Drop | Send) -> None:
        """Do what the message says."""
        if isinstance(message, Send):
            for number, parcel in message.parcels:
                self._start(number, parcel)
        elif isinstance(message, GiveBody):
            self._bodies[message.id] = Body(message.data)
        elif isinstance(message, GiveKey):
            self._keys[message.id] = message.key
        else:
            for body in message.bodies:
                self._bodies.pop(body, None)
            for key in message.keys:
                self._keys.pop(key, None)

    def _start(self, number: int, parcel: Parcel) -> None:
        body, key = self._bodies.get(parcel.body), self._keys.get(parcel.key)
        if body is None or key is None:
            self._end(number, Outcome(parcel.delivery, INVALID, reason="Its body or its key is not there"))
        else:
            self.engine.submit(parcel, body, key, lambda outcome: self._end(number, outcome))

    def _end(self, number: int, outcome: Outcome) -> None:
        self._ended.append((number, outcome))
        loop = asyncio.get_running_loop()
        if not self.engine.under_way:
            if self._soon is None:
                self._soon = loop.call_soon(self._flush)
        elif self._later is None:
            self._later = loop.call_later(GATHER_SECONDS, self._flush)

    def _flush(self) -> None:
        for handle in (self._soon, self._later):
            if handle is not None:
                handle.cancel()
        self._soon = self._later = None
        ended, self._ended = self._ended, []
        self._tell(Outcomes(ended))
