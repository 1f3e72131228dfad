"""Peers on loopback that misbehave on command, and a resolver that answers what it is told."""

import asyncio
import contextlib
import ipaddress
import json
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from fedicert.remote.guard import Guard, Policy
from fedicert.remote.wire import Limits, Request, Response

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Asked:
    """One request as a peer saw it."""

    def __init__(self, method: str, target: str, headers: list[tuple[str, str]], body: bytes) -> None:
        self.method, self.target, self.headers, self.body = method, target, headers, body

    def header(self, name: str) -> str:
        return next((value for key, value in self.headers if key == name), "")


async def read_request(reader: asyncio.StreamReader) -> Asked | None:
    """The next request on a connection, or None at its end."""
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    first, *lines = head.split("\r\n")[:-2]
    method, target, _ = first.split(" ", 2)
    headers = [(line.split(":", 1)[0].lower(), line.split(":", 1)[1].strip()) for line in lines]
    length = next((int(value) for key, value in headers if key == "content-length"), 0)
    return Asked(method, target, headers, await reader.readexactly(length))


def reply(status: int, body: bytes = b"", **headers: str) -> bytes:
    """A whole response."""
    lines = [f"HTTP/1.1 {status} Whatever", f"content-length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


class Peer:
    """A server whose answers come from `routes`: target → bytes, or a coroutine that writes for itself."""

    def __init__(self) -> None:
        self.routes: dict[str, bytes | Handler] = {}
        self.asked: list[Asked] = []
        self.connections = 0
        self.default: bytes | Handler = reply(404)
        self.port = 0
        self.scheme = "http"
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def url(self, target: str = "/", host: str = "127.0.0.1") -> str:
        return f"{self.scheme}://{host}:{self.port}{target}"

    async def start(self, ssl_context: object = None) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=ssl_context)  # type: ignore[arg-type]
        self.port = self._server.sockets[0].getsockname()[1]
        self.scheme = "https" if ssl_context else "http"

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        self.connections += 1
        with contextlib.suppress(ConnectionError, asyncio.CancelledError):
            while (asked := await read_request(reader)) is not None:
                self.asked.append(asked)
                answer = self.routes.get(asked.target.partition("?")[0], self.default)
                if isinstance(answer, bytes):
                    writer.write(answer)
                    await writer.drain()
                else:
                    await answer(reader, writer)
                    if writer.is_closing():
                        break
        with contextlib.suppress(Exception):
            writer.close()


@contextlib.asynccontextmanager
async def peer(ssl_context: object = None) -> AsyncIterator[Peer]:
    double = Peer()
    await double.start(ssl_context)
    try:
        yield double
    finally:
        await double.stop()


class FixedResolver:
    """Answers from a table; each name may answer differently each time it is asked."""

    def __init__(self, table: dict[str, list[Sequence[str]]] | None = None) -> None:
        self.table = table or {}
        self.asked: list[str] = []

    async def resolve(self, host: str, port: int) -> Sequence[str]:
        assert isinstance(host, str)
        self.asked.append(host)
        answers = self.table.get(host)
        if not answers:
            raise socket.gaierror("no such name")
        return answers.pop(0) if len(answers) > 1 else answers[0]


LOOSE = Policy(allow_loopback_and_http=True)


def loose(table: dict[str, list[Sequence[str]]] | None = None) -> Guard:
    """A guard that lets loopback through, with a resolver of its own."""
    return Guard(LOOSE, FixedResolver(table))


class TableWire:
    """A wire that answers from a table: URL → response; a list answers in turn. Unknown URLs are 404."""

    def __init__(self, table: dict[str, object] | None = None) -> None:
        self.table = table or {}
        self.asked: list[str] = []

    async def send(self, request: Request, limits: Limits) -> Response:
        self.asked.append(request.url)
        answer = self.table.get(request.url)
        if isinstance(answer, list):
            answer = answer.pop(0) if len(answer) > 1 else answer[0]
        if isinstance(answer, Exception):
            raise answer
        if answer is None:
            return Response(404, (), b"", request.url)
        if isinstance(answer, Response):
            return answer
        return document(request.url, answer)


def document(url: str, value: object, content_type: str = "application/activity+json", status: int = 200) -> Response:
    """A response with this value as JSON."""
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    return Response(status, (("content-type", content_type),), body, url)


def authority_and_certificate(folder: Path, *names: str) -> tuple[str, ssl.SSLContext]:
    """A certificate authority of our own: the path of its certificate, and a server's context for these names."""
    authority = ec.generate_private_key(ec.SECP256R1())
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test authority")])
    start = datetime(2020, 1, 1, tzinfo=UTC)
    end = datetime(2100, 1, 1, tzinfo=UTC)
    root = (
        x509.CertificateBuilder(issuer, issuer, authority.public_key(), 1, start, end)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(authority, hashes.SHA256())
    )
    key = ec.generate_private_key(ec.SECP256R1())
    said = [x509.IPAddress(ipaddress.ip_address(name)) if name[0].isdigit() else x509.DNSName(name) for name in names]
    leaf = (
        x509.CertificateBuilder(
            issuer, x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "leaf")]), key.public_key(), 2, start, end
        )
        .add_extension(x509.SubjectAlternativeName(said), critical=False)
        .sign(authority, hashes.SHA256())
    )
    (folder / "ca.pem").write_bytes(root.public_bytes(Encoding.PEM))
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "leaf.pem").write_bytes(leaf.public_bytes(Encoding.PEM) + pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "leaf.pem")
    return str(folder / "ca.pem"), context
