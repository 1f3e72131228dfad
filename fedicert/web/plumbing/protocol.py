"""What a connection may cost before a request is whole: bytes of headers, time for headers, time for the body.

httptools takes headers without end and uvicorn waits for a request for ever; this subclass of uvicorn's protocol sets
the limits and answers 431 or 408 and closes. It never looks into a request. It also lets the application hand over an
answer that is whole: head and body leave in one write, where ASGI's two messages are two, and the first one alone costs
as much as a tenth of a page.
"""

import asyncio
from asyncio.events import TimerHandle

from starlette.types import Scope
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from fedicert.base.log import log

MAX_HEADER_BYTES = 32 * 1024
HEADER_SECONDS = 10.0
BODY_SECONDS = 30.0
LARGE_BODY = 1024 * 1024
LARGE_BODY_SECONDS = 120.0
"""For a body that says it has more bytes than that: a picture over a slow line."""

WHOLE = "fedicert.whole"
"""The extension of the scope under which `LimitedProtocol.answer` is found."""

_ANSWERS = {
    408: (b"Request Timeout", b"The request took too long to arrive"),
    431: (b"Request Header Fields Too Large", b"The headers of a request may have 32 KiB"),
}


class LimitedProtocol(HttpToolsProtocol):
    """uvicorn's HTTP/1.1 protocol with an end to everything a client sends.

    A request that arrives in one piece arms no timer.
    """

    header_seconds = HEADER_SECONDS
    body_seconds = BODY_SECONDS
    large_body_seconds = LARGE_BODY_SECONDS

    _large = False
    _phase = "idle"  # idle → headers → body → idle; done: cut off
    _header_bytes = 0
    _refused = 0
    _deadline: TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client connected: its first request has so long to show its headers."""
        super().connection_made(transport)
        self._arm("headers")

    def connection_lost(self, exc: Exception | None) -> None:
        """The client went."""
        self._disarm()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Feed the parser, in pieces that can't hide more header bytes than are allowed."""
        for start in range(0, len(data), MAX_HEADER_BYTES):
            piece = data if len(data) <= MAX_HEADER_BYTES else data[start : start + MAX_HEADER_BYTES]
            went_on = self._phase == "headers"
            if self.parser is None or self._phase == "done":
                return
            super().data_received(piece)
            if went_on and self._phase == "headers":
                self._header_bytes += len(piece)
                if self._header_bytes > MAX_HEADER_BYTES:
                    self._refused = 431
            if self._refused:
                self._cut(self._refused)
                return
        if self._phase == "idle":
            self._disarm()
        elif self._deadline is None or self._armed_for != self._phase:
            self._arm(self._phase)

    def on_message_begin(self) -> None:
        """A request starts."""
        self._phase, self._header_bytes = "headers", 0
        super().on_message_begin()
        self.scope["extensions"] = {WHOLE: self.answer}  # type: ignore[dict-item]  # ours alone

    def answer(self, scope: Scope, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> bool:
        """Send a whole answer, its content-length among the headers, in one write.

        False where it has to go the long way (nothing was sent): a connection that ends or is full, a request behind
        another one, a header that is none.
        """
        cycle = self.cycle
        if cycle.scope is not scope or cycle.response_started or cycle.disconnected or not cycle.keep_alive:
            return False
        if self.flow.write_paused or status not in STATUS_LINE:
            return False
        lines = [b"%b: %b\r\n" % line for line in (*cycle.default_headers, *headers)]
        head = b"".join(lines)
        if head.count(b"\n") != len(lines) or head.count(b"\r") != len(lines) or b"\0" in head:
            return False
        cycle.response_started = cycle.response_complete = True
        cycle.waiting_for_100_continue = False
        self.transport.write(b"%b%b\r\n%b" % (STATUS_LINE[status], head, body))
        cycle.message_event.set()
        cycle.on_response()
        return True

    def on_headers_complete(self) -> None:
        """The headers are whole; count them exactly before anything is made of them."""
        size = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
        if size > MAX_HEADER_BYTES:
            self._refused = 431
            return
        said = [value for name, value in self.headers if name == b"content-length"]
        self._large = bool(said) and said[0].isdigit() and int(said[0][:20]) > LARGE_BODY
        self._phase = "body"
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A piece of the body."""
        if not self._refused:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """The request is whole."""
        if not self._refused:
            self._phase = "idle"
            super().on_message_complete()

    def _unsupported_upgrade_warning(self) -> None:
        """An offer to speak WebSocket or HTTP/2 is answered in HTTP/1.1, as RFC 9110 §7.8 lets us; no warning."""

    def shutdown(self) -> None:
        """The server stops: who hasn't sent a whole request by now won't be waited for."""
        if self._phase == "headers":
            self.transport.close()
        else:
            super().shutdown()

    _armed_for = ""

    def _arm(self, phase: str) -> None:
        self._disarm()
        seconds = self.header_seconds
        if phase == "body":
            seconds = self.large_body_seconds if self._large else self.body_seconds
        self._armed_for = phase
        self._deadline = self.loop.call_later(seconds, self._cut, 408)

    def _disarm(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _cut(self, status: int) -> None:
        """Answer where nothing was answered yet, and close; the application is told that the client is gone."""
        self._phase = "done"
        self._disarm()
        cycle = self.cycle
        running = cycle is not None and not cycle.response_complete
        if not self.transport.is_closing():
            if not (running and (cycle.response_started or self.pipeline)):
                self.transport.write(_answer(status))
            self.transport.close()
            if not running:  # else the application has its line in the log
                log("cut_off", status=status)
        if running:
            cycle.disconnected = True
            cycle.message_event.set()


def _answer(status: int) -> bytes:
    phrase, body = _ANSWERS[status]
    return b"HTTP/1.1 %d %s\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: %d\r\n" % (
        status,
        phrase,
        len(body),
    ) + (b"connection: close\r\n\r\n" + body)
