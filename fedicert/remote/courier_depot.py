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


class Depot:
    """Bodies, keys and an engine. `tell` gets outcomes, gathered per turn of the loop."""

    def __init__(self, engine: Engine, tell: Callable[[Outcomes], None]) -> None:
        self.engine = engine
        self._tell = tell
        self._bodies: dict[int, Body] = {}
        self._keys: dict[int, SigningKey] = {}
        self._ended: list[tuple[int, Outcome]] = []

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
        if not self._ended:
            asyncio.get_running_loop().call_soon(self._flush)
        self._ended.append((number, outcome))

    def _flush(self) -> None:
        ended, self._ended = self._ended, []
        self._tell(Outcomes(ended))
