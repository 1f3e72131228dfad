"""Messages over a socket between two processes of this program: four bytes of length, then MessagePack."""

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec

LARGEST = 64 << 20

_HEAD = 4


class Frames(asyncio.Protocol):
    """One end. Messages sent within one turn of the loop leave in one write."""

    def __init__(self, accepts: Any, received: Callable[[Any], None], ended: Callable[[], None]) -> None:
        self._decoder = msgspec.msgpack.Decoder(accepts)
        self._encoder = msgspec.msgpack.Encoder()
        self._received = received
        self._ended = ended
        self._buffer = bytearray()
        self._outgoing: list[bytes] = []
        self._transport: asyncio.Transport | None = None

    def send(self, message: Any) -> None:
        """Send soon, in order; silently nowhere once the other end is gone."""
        data = self._encoder.encode(message)
        if not self._outgoing:
            asyncio.get_running_loop().call_soon(self._flush)
        self._outgoing.append(len(data).to_bytes(_HEAD))
        self._outgoing.append(data)

    def close(self) -> None:
        """Send what waits and close."""
        self._flush()
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """asyncio: open."""
        self._transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        """asyncio: some bytes; whole messages are handed on."""
        buffer = self._buffer
        buffer += data
        at = 0
        while len(buffer) - at >= _HEAD:
            size = int.from_bytes(buffer[at : at + _HEAD])
            if size > LARGEST:
                self.close()
                return
            if len(buffer) - at - _HEAD < size:
                break
            at += _HEAD
            self._received(self._decoder.decode(memoryview(buffer)[at : at + size].tobytes()))
            at += size
        del buffer[:at]

    def connection_lost(self, exc: Exception | None) -> None:
        """asyncio: the other end is gone."""
        self._transport = None
        self._ended()

    def _flush(self) -> None:
        outgoing, self._outgoing = self._outgoing, []
        if self._transport is not None and outgoing:
            self._transport.write(b"".join(outgoing))
