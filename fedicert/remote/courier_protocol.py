"""One HTTP/1.1 connection of the courier: write a POST, read the status, throw the body away.

Knows no signature and no host; `Owner` is told how each exchange ended. Never pipelines: one request at a time.
"""

import asyncio
from typing import Any, Protocol

import httptools


class Reply:
    """What is kept of a response."""

    __slots__ = ("location", "retry_after", "status")

    def __init__(self) -> None:
        self.status = 0
        self.retry_after = ""
        self.location = ""


class Owner(Protocol):
    """Who owns the connections."""

    def answered(self, link: "Link", reply: Reply, keep: bool) -> None:
        """A response came. `keep`: the connection can be used again."""
        ...

    def lost(self, link: "Link", reason: str, untouched: bool) -> None:
        """No response will come. `untouched`: not one byte of it had come."""
        ...

    def idled_out(self, link: "Link") -> None:
        """A connection that waited for its next use is no more."""
        ...


class Link(asyncio.Protocol):
    """A connection to a judged address. `lane` and `cargo` are the owner's; `uses` counts finished exchanges."""

    __slots__ = (
        "_body_bytes",
        "_head_bytes",
        "_max_body",
        "_max_head",
        "_owner",
        "_parser",
        "_reply",
        "_transport",
        "cargo",
        "closed",
        "lane",
        "uses",
        "waiting",
    )

    def __init__(self, owner: Owner, lane: Any, max_head: int, max_body: int) -> None:
        self._owner = owner
        self._max_head = max_head
        self._max_body = max_body
        self._transport: asyncio.Transport | None = None
        self._parser: Any = None
        self._reply = Reply()
        self._head_bytes = 0
        self._body_bytes = 0
        self.lane = lane
        self.cargo: Any = None
        self.uses = 0
        self.waiting = False
        self.closed = False

    def send(self, data: bytes, cargo: Any) -> None:
        """Write a whole request; one of the owner's callbacks follows."""
        self._reply = Reply()
        self._head_bytes = 0
        self._body_bytes = 0
        self.cargo = cargo
        self.waiting = True
        if self._transport is not None:
            self._transport.write(data)

    def close(self) -> None:
        """Close; nobody is told."""
        self.closed = True
        self.waiting = False
        if self._transport is not None:
            self._transport.abort()

    def give_up(self) -> Reply | None:
        """Close at the deadline; the reply, where its head had come."""
        reply = self._reply
        self.close()
        return reply if reply.status else None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """asyncio: connected, TLS included."""
        self._transport = transport  # type: ignore[assignment]
        self._parser = httptools.HttpResponseParser(self)

    def data_received(self, data: bytes) -> None:
        """asyncio: bytes of a response."""
        if not self.waiting:
            if not self.closed:
                self._end("spoke without being asked")
            return
        if not self._reply.status:
            self._head_bytes += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._end("wants another protocol")
        except httptools.HttpParserError as error:
            self._end(f"does not speak HTTP: {error}")
        if self.waiting and self._head_bytes > self._max_head and not self._reply.status:
            self._end("sent too many headers")
        elif self.waiting and self._body_bytes > self._max_body:
            self._end("sent too long a body")

    def connection_lost(self, exc: Exception | None) -> None:
        """asyncio: the end. A body that only the end delimits is complete with it."""
        self._parser = None
        if not self.closed:
            self._end(f"broke the connection: {exc}" if exc else "closed the connection")

    def _end(self, reason: str) -> None:
        """No further use. The owner learns the reply if its head had come, else the reason."""
        waited = self.waiting
        self.close()
        if not waited:
            self._owner.idled_out(self)
        elif self._reply.status:
            self._owner.answered(self, self._reply, False)
        else:
            self._owner.lost(self, reason, self._head_bytes == 0)

    def on_header(self, name: bytes, value: bytes) -> None:
        """httptools: one header."""
        size = len(name)
        if size == 11 and name.lower() == b"retry-after":
            self._reply.retry_after = value.decode("latin-1")
        elif size == 8 and name.lower() == b"location":
            self._reply.location = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        """httptools: the status is known. Interim ones (1xx) are passed over."""
        status = self._parser.get_status_code()
        if status >= 200:
            self._reply.status = status

    def on_body(self, body: bytes) -> None:
        """httptools: thrown away, and counted."""
        self._body_bytes += len(body)

    def on_message_complete(self) -> None:
        """httptools: the whole response is here."""
        if not self._reply.status or not self.waiting:
            return
        self.waiting = False
        self.uses += 1
        keep = bool(self._parser.should_keep_alive())
        self._owner.answered(self, self._reply, keep)
