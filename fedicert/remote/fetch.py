"""The wire of everything but deliveries: httpcore (httpx's own engine) behind the guard.

A pool of connections per host, the least recently used dropped: one pool for all hosts looks at every idle connection
on every request, and a client per request builds everything anew. Compression is not asked for, sizes are counted
decoded, the deadline covers redirects and all, no environment variable is read, and connections go only to addresses
that the guard has judged. Never follows a redirect for anything but a GET.
"""

import asyncio
import importlib.util
import ssl
import sys
from collections import OrderedDict
from collections.abc import Iterable
from typing import Any
from urllib.parse import urljoin

import httpcore

from fedicert.base.errors import RemoteError, RemoteInvalid, RemoteUnreachable
from fedicert.base.urls import Url
from fedicert.remote.guard import Guard
from fedicert.remote.inflate import Decoder
from fedicert.remote.trust import client_context
from fedicert.remote.wire import Headers, Limits, Request, Response

CONNECT_SECONDS = 5.0
HOSTS = 256
PER_HOST = 6
IDLE_PER_HOST = 2
IDLE_SECONDS = 30.0
ADDRESSES_TRIED = 2
MAX_HEADER_BYTES = 32_768

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_SECRET_HEADERS = frozenset({"authorization", "cookie"})

if importlib.util.find_spec("sniffio") is None:
    # httpcore imports it several times a request, to ask which loop runs; where it isn't installed, each time is a
    # search of the whole path (7 % of what a Follow from a new actor costs). None: known not to be there.
    sys.modules["sniffio"] = None  # type: ignore[assignment]


class _JudgedBackend(httpcore.AsyncNetworkBackend):
    """Resolves and judges in one step; SNI and Host stay with the name, httpcore takes them from the origin."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self._inner = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        name = f"[{host}]" if ":" in host else host
        first, *others = (await self._guard.addresses(name, port))[:ADDRESSES_TRIED]
        try:
            return await self._inner.connect_tcp(first, port, timeout, local_address, socket_options)
        except (httpcore.ConnectError, httpcore.ConnectTimeout):
            if not others:
                raise
        return await self._inner.connect_tcp(others[0], port, timeout, local_address, socket_options)

    async def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> httpcore.AsyncNetworkStream:
        raise httpcore.UnsupportedProtocol("unix sockets are refused")

    async def sleep(self, seconds: float) -> None:
        await self._inner.sleep(seconds)


class _Pool:
    """The connections to one origin, and how many requests use them now."""

    def __init__(self, backend: httpcore.AsyncNetworkBackend, context: ssl.SSLContext | None) -> None:
        self.users = 0
        self.connections = httpcore.AsyncConnectionPool(
            ssl_context=context,
            max_connections=PER_HOST,
            max_keepalive_connections=IDLE_PER_HOST,
            keepalive_expiry=IDLE_SECONDS,
            network_backend=backend,
        )


class Fetcher:
    """A `Wire` to the real network."""

    def __init__(self, guard: Guard, *, user_agent: str, ca_file: str | None = None, hosts: int = HOSTS) -> None:
        self._guard = guard
        self._user_agent = user_agent
        self._ca_file = ca_file
        self._hosts = hosts
        self._backend = _JudgedBackend(guard)
        self._context: ssl.SSLContext | None = None
        self._pools: OrderedDict[str, _Pool] = OrderedDict()

    async def send(self, request: Request, limits: Limits) -> Response:
        """As `Wire.send`."""
        url = self._guard.judge_url(request.url)
        try:
            async with asyncio.timeout(limits.total_seconds):
                return await self._follow(request, url, limits)
        except TimeoutError:
            raise RemoteUnreachable(f"{url.origin} did not answer within {limits.total_seconds:g} s") from None

    async def close(self) -> None:
        """Close every connection."""
        pools, self._pools = list(self._pools.values()), OrderedDict()
        for pool in pools:
            await pool.connections.aclose()

    async def _follow(self, request: Request, url: Url, limits: Limits) -> Response:
        """Hop by hop: judged, signed and capped at each."""
        seen = {url.text}
        while True:
            response = await self._once(request, url, limits)
            location = response.header("location")
            if response.status not in _REDIRECTS or request.method != "GET" or not location:
                return response
            further = self._guard.judge_url(urljoin(url.text, location))
            if url.scheme == "https" and further.scheme != "https":
                raise RemoteInvalid(f"{url.text} redirects from https to http")
            if limits.same_origin and further.origin != url.origin:
                raise RemoteInvalid(f"{url.text} redirects to another server, {further.origin}")
            if further.text in seen:
                raise RemoteInvalid(f"{request.url} redirects in a circle")
            if len(seen) > limits.redirects:
                raise RemoteInvalid(f"{request.url} redirects more than {limits.redirects} times")
            seen.add(further.text)
            if further.origin != url.origin:
                kept = tuple(pair for pair in request.headers if pair[0] not in _SECRET_HEADERS)
                request = Request("GET", request.url, kept, b"", request.sign)
            url = further

    async def _once(self, request: Request, url: Url, limits: Limits) -> Response:
        headers = await self._headers(request, url)
        try:
            return await self._exchange(request, url, headers, limits)
        except (httpcore.RemoteProtocolError, httpcore.ReadError, httpcore.WriteError) as error:
            if request.method not in ("GET", "HEAD"):
                raise _unreachable(url, error) from None
        # A kept connection may have been closed under our hands: once more.
        try:
            return await self._exchange(request, url, headers, limits)
        except (httpcore.RemoteProtocolError, httpcore.ReadError, httpcore.WriteError) as error:
            raise _unreachable(url, error) from None

    async def _headers(self, request: Request, url: Url) -> list[tuple[bytes, bytes]]:
        headers: Headers = request.headers
        if request.sign is not None:
            headers = (*headers, *await request.sign(url.text))
        named = {name for name, _ in headers}
        if "host" not in named:
            headers = (("host", url.authority), *headers)
        headers = (*headers, ("user-agent", self._user_agent), ("accept-encoding", "identity"))
        if request.body:
            headers = (*headers, ("content-length", str(len(request.body))))
        return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]

    async def _exchange(
        self, request: Request, url: Url, headers: list[tuple[bytes, bytes]], limits: Limits
    ) -> Response:
        pool = await self._pool(url)
        pool.users += 1
        try:
            outgoing = httpcore.Request(
                request.method,
                httpcore.URL(
                    scheme=url.scheme.encode(),
                    host=url.host.strip("[]").encode(),
                    port=url.port,
                    target=url.target.encode(),
                ),
                headers=headers,
                content=request.body or None,
                extensions={"timeout": {"connect": CONNECT_SECONDS}},
            )
            response = await pool.connections.handle_async_request(outgoing)
            try:
                return await _read(response, url, limits)
            finally:
                await response.aclose()
        except (httpcore.ConnectError, httpcore.TimeoutException, ssl.SSLError, OSError) as error:
            raise _unreachable(url, error) from None
        except (httpcore.LocalProtocolError, httpcore.UnsupportedProtocol) as error:
            raise RemoteInvalid(f"{url.text} can't be asked: {error}") from None
        finally:
            pool.users -= 1

    async def _pool(self, url: Url) -> _Pool:
        pool = self._pools.get(url.origin)
        if pool is not None:
            self._pools.move_to_end(url.origin)
            return pool
        if url.scheme == "https" and self._context is None:
            self._context = client_context(self._ca_file)
        pool = self._pools[url.origin] = _Pool(self._backend, self._context)
        while len(self._pools) > self._hosts:
            oldest = next((origin for origin, each in self._pools.items() if not each.users), None)
            if oldest is None or oldest == url.origin:
                break
            await self._pools.pop(oldest).connections.aclose()
        return pool


async def _read(response: httpcore.Response, url: Url, limits: Limits) -> Response:
    if sum(len(name) + len(value) for name, value in response.headers) > MAX_HEADER_BYTES:
        raise RemoteInvalid(f"{url.text} answered with more than {MAX_HEADER_BYTES} bytes of headers")
    headers = tuple((name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in response.headers)
    said = [value for name, value in headers if name == "content-length"]
    if said and said[0].isdigit() and int(said[0][:20]) > limits.max_bytes:
        raise RemoteInvalid(f"{url.text} is larger than {limits.max_bytes} bytes")
    coding = ",".join(value for name, value in headers if name == "content-encoding")
    decoder = Decoder(coding, limits.max_bytes)
    empty = True
    async for chunk in response.aiter_stream():
        empty = False
        decoder.feed(chunk)
    body = b"" if empty else decoder.finish()
    return Response(response.status, headers, body, url.text)


def _unreachable(url: Url, error: Exception) -> RemoteError:
    return RemoteUnreachable(f"{url.origin} can't be reached: {str(error) or type(error).__name__}")
