"""The inboxes of six servers in this process: they serve their people, check signatures and remember every delivery."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from typing import Any

import orjson

from fedicert.rigs.processes import free_port
from fedicert.rigs.signatures import Key, check, parameters, public_key

HOSTS = 6
AS = "https://www.w3.org/ns/activitystreams"


class Inboxes:
    """Hosts `127.20.0.1` and so on, all on one port. `got`: (host, activity id) → how often it came."""

    def __init__(self, key: Key) -> None:
        self.key = key
        self.port = free_port("127.20.0.1")
        self.got: Counter[tuple[str, str]] = Counter()
        self.activities: dict[str, dict[str, Any]] = {}
        self.keys: dict[str, Any] = {}
        self.faults: list[str] = []
        self._servers: list[asyncio.Server] = []

    def host(self, number: int) -> str:
        """The authority of a host."""
        return f"127.20.0.{number + 1}:{self.port}"

    def actor(self, number: int) -> str:
        """The id of a person; they are dealt out over the hosts."""
        return f"http://{self.host(number % HOSTS)}/users/u{number}"

    async def start(self) -> None:
        """Listen."""
        for number in range(HOSTS):
            address = self.host(number).partition(":")[0]
            self._servers.append(await asyncio.start_server(self._serve, address, self.port))

    async def stop(self) -> None:
        """Listen no more."""
        for server in self._servers:
            server.close()

    def of_type(self, kind: str) -> list[tuple[str, dict[str, Any]]]:
        """(host, activity) of a type, each once."""
        return [
            (host, self.activities[identifier])
            for host, identifier in self.got
            if self.activities[identifier]["type"] == kind
        ]

    @property
    def repeated(self) -> int:
        """Deliveries that came again."""
        return self.got.total() - len(self.got)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await self._one(reader, writer):
                pass
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # killed while it spoke
        finally:
            writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, target, _ = head[0].split(" ")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        if method == "POST":
            status = self._take(target, headers, body)
            writer.write(f"HTTP/1.1 {status} X\r\nContent-Length: 0\r\n\r\n".encode())
        else:
            self._show(target, headers["host"], writer)
        await writer.drain()
        return True

    def _take(self, target: str, headers: dict[str, str], body: bytes) -> int:
        try:
            found = parameters(headers["signature"])
            check(found, public_key(self.keys[found["keyId"]]), target, headers, body, time.time())
        except Exception as error:
            self.faults.append(f"{target}: {error!r}")
            return 401
        activity = orjson.loads(body)
        self.activities[activity["id"]] = activity
        self.got[headers["host"], activity["id"]] += 1
        return 202

    def _show(self, target: str, host: str, writer: asyncio.StreamWriter) -> None:
        name = target.removeprefix("/users/")
        if not target.startswith("/users/") or not name.startswith("u"):
            writer.write(b"HTTP/1.1 404 X\r\nContent-Length: 0\r\n\r\n")
            return
        uri = f"http://{host}{target}"
        document = orjson.dumps(
            {
                "@context": [AS, "https://w3id.org/security/v1"],
                "id": uri,
                "type": "Person",
                "preferredUsername": name,
                "inbox": f"{uri}/inbox",
                "outbox": f"{uri}/outbox",
                "followers": f"{uri}/followers",
                "endpoints": {"sharedInbox": f"http://{host}/inbox"},
                "publicKey": {"id": f"{uri}#main-key", "owner": uri, "publicKeyPem": self.key.public_pem},
            }
        )
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/activity+json\r\nContent-Length: {len(document)}\r\n\r\n"
        writer.write(head.encode() + document)
