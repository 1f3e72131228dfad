"""A wire without a network: each host is an ASGI application or a function, and everything that is asked is remembered.

It keeps the promises of `remote.wire.Wire`: status and final URL, redirects within the limits, signed anew at each hop,
bodies capped. Names that nobody answers to are unreachable.
"""

from __future__ import annotations

import asyncio
import inspect
import json
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urljoin

from fedicert.base.errors import RemoteInvalid, RemoteUnreachable
from fedicert.base.urls import Url, split_url
from fedicert.remote.wire import Limits, Request, Response

ACTIVITY = "application/activity+json"

Handler = Callable[[Request], Response | Awaitable[Response]]
Application = Callable[[dict[str, Any], Callable[..., Any], Callable[..., Any]], Awaitable[None]]

_REDIRECTS = (301, 302, 303, 307, 308)


class Asked:
    """One request as it went over the wire, its signature's headers included."""

    def __init__(self, request: Request, url: Url, status: int) -> None:
        self.method, self.url, self.headers, self.body = request.method, url.text, dict(request.headers), request.body
        self.status = status

    def __repr__(self) -> str:
        return f"{self.method} {self.url} → {self.status}"


class VillageWire:
    """`hosts`: authority (`far.example`, `far.example:8443`) → ASGI application. `handlers`: authority → function.

    `down`: authorities that can't be reached for now. `address`: where applications see requests come from.
    """

    def __init__(self, address: str = "203.0.113.9") -> None:
        self.hosts: dict[str, Application] = {}
        self.handlers: dict[str, Handler] = {}
        self.down: set[str] = set()
        self.address = address
        self.asked: list[Asked] = []

    def urls(self) -> list[str]:
        """Every URL that was asked for, in order."""
        return [one.url for one in self.asked]

    async def send(self, request: Request, limits: Limits) -> Response:
        """As `Wire.send`."""
        url = split_url(request.url)
        for _ in range(limits.redirects + 1):
            response = await self._once(request, url)
            if len(response.body) > limits.max_bytes:
                raise RemoteInvalid(f"{url.text} answered more than {limits.max_bytes} bytes")
            location = response.header("location")
            if response.status not in _REDIRECTS or request.method != "GET" or not location:
                return response
            further = split_url(urljoin(url.text, location))
            if limits.same_origin and further.origin != url.origin:
                raise RemoteInvalid(f"{url.text} redirects to another server, {further.origin}")
            url = further
        raise RemoteInvalid(f"{request.url} redirects too often")

    async def _once(self, request: Request, url: Url) -> Response:
        if url.authority in self.down:
            raise RemoteUnreachable(f"{url.origin} is down")
        signed = () if request.sign is None else await request.sign(url.text)
        headers = tuple(pair for pair in signed if pair[0] != "host")
        sent = Request(request.method, url.text, (*request.headers, *headers), request.body)
        if url.authority in self.handlers:
            answer = self.handlers[url.authority](sent)
            response = await answer if inspect.isawaitable(answer) else answer
        elif url.authority in self.hosts:
            response = await call_app(self.hosts[url.authority], sent, url, self.address)
        else:
            raise RemoteUnreachable(f"{url.origin} has no address")
        self.asked.append(Asked(sent, url, response.status))
        return response


async def call_app(app: Application, request: Request, url: Url, address: str) -> Response:
    """One request through an ASGI application."""
    path, _, query = url.target.partition("?")
    named = any(name == "host" for name, _ in request.headers)
    headers = [] if named else [(b"host", url.authority.encode())]
    headers += [(name.encode("latin-1"), value.encode("latin-1")) for name, value in request.headers]
    if request.body:
        headers.append((b"content-length", str(len(request.body)).encode()))
    scope: dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": url.scheme,
        "path": path,
        "raw_path": path.encode("latin-1"),
        "query_string": query.encode("latin-1"),
        "root_path": "",
        "headers": headers,
        "client": (address, 40_000),
        "server": (url.host, url.port),
    }
    status, answered, pieces = 0, (), []
    sent, over = False, asyncio.Event()

    async def receive() -> dict[str, Any]:
        nonlocal sent
        if sent:
            await over.wait()  # who asks stays until the answer is whole
            return {"type": "http.disconnect"}
        sent = True
        return {"type": "http.request", "body": request.body, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        nonlocal status, answered
        if message["type"] == "http.response.start":
            status = message["status"]
            answered = tuple((k.decode("latin-1").lower(), v.decode("latin-1")) for k, v in message["headers"])
        else:
            pieces.append(message.get("body", b""))
            if not message.get("more_body", False):
                over.set()

    await app(scope, receive, send)
    return Response(status, answered, b"".join(pieces), url.text)


def answer(url: str, value: object, status: int = 200, content_type: str = ACTIVITY) -> Response:
    """A response with this value as JSON."""
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    return Response(status, (("content-type", content_type),), body, url)
