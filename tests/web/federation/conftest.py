"""A whole server with Ada on it, a peer with Bob on it, and nothing but memory between them."""

from __future__ import annotations

import io
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from fedicert import config, server
from fedicert.base.clock import FrozenClock
from fedicert.base.ids import Entropy
from fedicert.base.log import log
from fedicert.base.urls import Url
from fedicert.remote.wire import Request, Response
from fedicert.store.unit import Reader
from fedicert.web.plumbing.app import App
from tests.web.federation.peer import ORIGIN, Peer, Signer, new_signer
from tests.web.site import add_person
from tests.wire import VillageWire, call_app


class House:
    """The server under test, and what came of a request."""

    def __init__(self, app: App, wire: VillageWire, lines: io.StringIO) -> None:
        self.app, self.wire, self._lines = app, wire, lines
        self.ada = 0

    async def send(self, request: Request, address: str = "203.0.113.9") -> Response:
        target = request.url.removeprefix(ORIGIN)
        return await call_app(self.app, request, Url("https", "home.example", 443, target), address)

    async def get(self, path: str, accept: str = "application/activity+json", method: str = "GET") -> Response:
        return await self.send(Request(method, ORIGIN + path, (("accept", accept),) if accept else ()))

    async def arrivals(self) -> list[tuple[str, str]]:
        async def read(reader: Reader) -> list[tuple[str, str]]:
            return [(row[0], row[1]) for row in await reader.all("SELECT activity, actor FROM arrivals ORDER BY id")]

        return await self.app.deps.db.read(read)

    async def value(self, sql: str, *args: Any) -> Any:
        async def read(reader: Reader) -> Any:
            return await reader.value(sql, *args)

        return await self.app.deps.db.read(read)

    async def run(self, sql: str, *args: Any) -> None:
        async def write(tx: Any) -> None:
            await tx.run(sql, *args)

        await self.app.deps.db.write(write)

    def logged(self, event: str = "") -> list[dict[str, Any]]:
        """The lines since the last look, those of requests and decisions as such left out."""
        found = [json.loads(line) for line in self._lines.getvalue().splitlines()]
        self._lines.seek(0)
        self._lines.truncate()
        return [
            line
            for line in found
            if line["event"] not in ("request", "decision") and (not event or line["event"] == event)
        ]


def error(response: Response) -> str:
    return str(json.loads(response.body)["error"])


@pytest.fixture(scope="session")
def signer() -> Signer:
    return new_signer()


@pytest.fixture(scope="session")
def other_signer() -> Signer:
    return new_signer()


@pytest.fixture
def peer(signer: Signer) -> Peer:
    return Peer(signer)


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    stream = io.StringIO()
    before = log._stream
    log.configure(stream=stream)
    yield stream
    log._stream = before


@pytest.fixture
async def house(
    database_url: str, tmp_path: Path, clock: FrozenClock, entropy: Entropy, peer: Peer, lines: io.StringIO
) -> AsyncIterator[House]:
    wire = VillageWire()
    wire.handlers[peer.host] = peer
    values = {"DOMAIN": "home.example", "DATABASE": database_url, "DATA_DIR": str(tmp_path / "data")}
    app = await server.build(
        config.load(None, {f"FEDICERT_{key}": value for key, value in values.items()}),
        clock=clock,
        entropy=entropy,
        wire=wire,
    )
    found = House(app, wire, lines)
    found.ada = await add_person(app, "ada")
    wire.hosts["home.example"] = app
    try:
        yield found
    finally:
        await server.close(app)
