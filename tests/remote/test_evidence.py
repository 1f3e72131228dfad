"""Evidence over real connections: what isn't answered, answered by others, too large, or at an address nobody may ask."""

from __future__ import annotations

import asyncio
import json

import pytest

from fedicert.attestations.judge import Absent
from fedicert.remote import evidence
from fedicert.remote.fetch import Fetcher
from fedicert.remote.guard import Guard, Policy
from tests.remote.doubles import FixedResolver, loose, peer, reply

GOOD = {"id": "x"}


@pytest.fixture
async def fetcher():
    made = Fetcher(loose({"localhost": [["127.0.0.1"]], "other.localhost": [["127.0.0.1"]]}), user_agent="test")
    yield made
    await made.close()


async def fetched(fetcher: Fetcher, url: str, seconds: float = 5.0):
    return await evidence.fetch_credential(fetcher, url, plain=True, seconds=seconds)


async def test_a_document_and_how_it_is_asked_for(fetcher: Fetcher) -> None:
    async with peer() as far:
        far.routes["/c"] = reply(200, json.dumps(GOOD).encode(), content_type="application/vc")
        assert await fetched(fetcher, far.url("/c#part", "localhost")) == GOOD
        (asked,) = far.asked
        assert asked.target == "/c"
        assert "application/vc" in asked.header("accept")
        assert asked.header("cache-control") == "no-cache"
        assert asked.header("signature") == asked.header("cookie") == ""


async def test_refused_connection(fetcher: Fetcher) -> None:
    async with peer() as far:
        url = far.url("/c", "localhost")
    found = await fetched(fetcher, url)
    assert isinstance(found, Absent)
    assert found.reason == "unreachable"


async def test_slow_drip(fetcher: Fetcher) -> None:
    async def drip(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n")
        while True:
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.01)

    async with peer() as far:
        far.routes["/c"] = drip
        found = await fetched(fetcher, far.url("/c", "localhost"), seconds=0.3)
    assert isinstance(found, Absent)
    assert found.reason == "unreachable"


async def test_too_large(fetcher: Fetcher) -> None:
    async with peer() as far:
        far.routes["/c"] = reply(200, b'"' + b"x" * evidence.CREDENTIAL_BYTES + b'"')
        found = await fetched(fetcher, far.url("/c", "localhost"))
    assert isinstance(found, Absent)
    assert found.reason == "unusable"


async def test_redirects_stay_on_their_origin(fetcher: Fetcher) -> None:
    async with peer() as far, peer() as evil:
        evil.default = reply(200, json.dumps(GOOD).encode())
        far.routes["/c"] = reply(302, location=far.url("/d", "localhost"))
        far.routes["/d"] = reply(200, json.dumps(GOOD).encode())
        far.routes["/out"] = reply(302, location=evil.url("/", "localhost"))
        far.routes["/twice"] = reply(302, location=far.url("/c", "localhost"))
        far.routes["/name"] = reply(302, location=far.url("/d", "other.localhost"))
        assert await fetched(fetcher, far.url("/c", "localhost")) == GOOD
        for target in ("/out", "/twice", "/name"):
            found = await fetched(fetcher, far.url(target, "localhost"))
            assert isinstance(found, Absent), target
            assert found.reason == "unusable"
        assert evil.asked == []


@pytest.mark.parametrize("address", ["10.0.0.1", "127.0.0.1", "169.254.169.254", "::1", "fe80::1"])
async def test_private_addresses(address: str) -> None:
    fetcher = Fetcher(Guard(Policy(), FixedResolver({"board.example": [[address]]})), user_agent="test")
    found = await evidence.fetch_status_list(fetcher, "https://board.example/status/1")
    assert isinstance(found, Absent)
    assert found.reason == "status_forbidden"
    await fetcher.close()


@pytest.mark.parametrize(
    ("url", "plain"),
    [
        ("http://board.example/c", True),
        ("http://127.0.0.1/c", True),
        ("http://localhost/c", False),
        ("http://localhost.example/c", True),
        ("ftp://board.example/c", True),
        ("board.example", True),
        ("https://a@board.example/", True),
    ],
)
async def test_addresses_that_are_not_asked(fetcher: Fetcher, url: str, plain: bool) -> None:
    found = await evidence.fetch_issuer(fetcher, url, plain=plain)
    assert isinstance(found, Absent)
    assert found.reason == "issuer_forbidden"
