"""Drive an HTTP server with requests made beforehand: N kept-alive connections, each sending the next as soon as its
last was answered. It adds nothing to a request and judges no answer: it counts them and takes their times.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import httptools
import uvloop

ANSWER_SECONDS = 60.0
T = TypeVar("T")


@dataclass
class Outcome:
    """What came of a drive: answers by status, seconds in all, seconds of each answer in order of arrival."""

    statuses: Counter[int] = field(default_factory=Counter)
    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    broken: int = 0

    @property
    def answered(self) -> int:
        """How many were answered at all."""
        return self.statuses.total()

    @property
    def rate(self) -> float:
        """Answers a second."""
        return self.answered / self.seconds if self.seconds else 0.0

    def all_were(self, *expected: int) -> None:
        """ValueError that says what came, unless every answer had one of these statuses and none was lost."""
        if self.broken or set(self.statuses) - set(expected):
            sample = b" | ".join(self.bodies[:3]).decode(errors="replace")[:500]
            raise ValueError(f"expected {expected}, got {dict(self.statuses)}, {self.broken} broken; {sample}")


class _Connection(asyncio.Protocol):
    """One kept-alive connection with at most one request under way."""

    def __init__(self, keep: int) -> None:
        self._keep = keep
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[tuple[int, bytes]] | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._chunks: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            self._fail(ConnectionError(f"unreadable answer: {error}"))

    def on_message_begin(self) -> None:
        self._chunks = []

    def on_body(self, chunk: bytes) -> None:
        if self._keep:
            self._chunks.append(chunk)

    def on_message_complete(self) -> None:
        status = self._parser.get_status_code()
        alive = self._parser.should_keep_alive()
        if not alive and self._transport is not None:
            self._transport.close()
        self._parser = httptools.HttpResponseParser(self) if not alive else self._parser
        if self._answer is not None and not self._answer.done():
            self._answer.set_result((status, b"".join(self._chunks)[: self._keep]))

    def connection_lost(self, error: Exception | None) -> None:
        self._transport = None
        self._fail(error or ConnectionError("closed before the answer"))

    def _fail(self, error: Exception) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error)

    @property
    def open(self) -> bool:
        return self._transport is not None and not self._transport.is_closing()

    async def ask(self, request: bytes) -> tuple[int, bytes]:
        assert self._transport is not None
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await asyncio.wait_for(self._answer, ANSWER_SECONDS)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


async def drive(
    host: str, port: int, requests: Iterable[bytes], connections: int, *, keep: int = 0, until: float | None = None
) -> Outcome:
    """Send all the requests over so many connections, or stop at the monotonic time `until`.

    `keep`: how many bytes of each answer's body to keep. A connection that the server closed is opened again for the
    next request; a request without an answer is counted as broken and not sent again.
    """
    outcome, waiting = Outcome(), iter(requests)
    begun = time.perf_counter()
    await asyncio.gather(*(_one(host, port, waiting, outcome, keep, until) for _ in range(connections)))
    outcome.seconds = time.perf_counter() - begun
    return outcome


async def _one(
    host: str, port: int, waiting: Iterator[bytes], outcome: Outcome, keep: int, until: float | None
) -> None:
    loop = asyncio.get_running_loop()
    connection: _Connection | None = None
    for request in waiting:
        if until is not None and time.monotonic() >= until:
            break
        begun = time.perf_counter()
        try:
            if connection is None or not connection.open:
                _, connection = await loop.create_connection(lambda: _Connection(keep), host, port)
            status, body = await connection.ask(request)
        except (OSError, TimeoutError):
            outcome.broken += 1
            if connection is not None:
                connection.close()
            connection = None
            continue
        outcome.latencies.append(time.perf_counter() - begun)
        outcome.statuses[status] += 1
        if keep:
            outcome.bodies.append(body)
    if connection is not None:
        connection.close()


def run(make: Callable[[], Any]) -> Any:
    """Run a coroutine on uvloop, from synchronous code."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(make())


def drive_now(
    host: str, port: int, requests: Iterable[bytes], connections: int, *, keep: int = 0, seconds: float | None = None
) -> Outcome:
    """`drive` from synchronous code, for at most so many seconds."""
    until = None if seconds is None else time.monotonic() + seconds
    outcome: Outcome = run(lambda: drive(host, port, requests, connections, keep=keep, until=until))
    return outcome


def get(host: str, path: str, token: str | None = None, accept: str = "*/*") -> bytes:
    """A GET request's bytes; `host` is the Host header, port included."""
    bearer = f"Authorization: Bearer {token}\r\n" if token else ""
    return f"GET {path} HTTP/1.1\r\nHost: {host}\r\nAccept: {accept}\r\n{bearer}\r\n".encode()


def post(host: str, path: str, body: bytes, token: str | None = None, headers: Sequence[tuple[str, str]] = ()) -> bytes:
    """A POST request's bytes with a JSON body."""
    bearer = f"Authorization: Bearer {token}\r\n" if token else ""
    more = "".join(f"{name}: {value}\r\n" for name, value in headers)
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n{bearer}{more}\r\n"
    )
    return head.encode() + body
