"""No single request holds up everybody else: what hostile clients send costs the event loop no more than a quarter of a
second of its own time, and is refused or answered in words.

Measured is the processor time of the loop's thread between two ticks: a busy machine lengthens waiting, not this.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from fedicert import server
from tests.web import site
from tests.web.client_api.people import EVERYTHING, client_of

MOST_SECONDS = 0.25
DEADLINE = 120.0


class Apart:
    """A server in a thread of its own, with a sampler of how long its loop was held."""

    def __init__(self, url: str, folder: Path, clock: Any, entropy: Any) -> None:
        self._given = (url, folder, clock, entropy)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.base = f"http://localhost:{self._listener.getsockname()[1]}"
        self.address = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._ready = threading.Event()
        self._ended: asyncio.Event | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self.longest = 0.0
        self.failed: BaseException | None = None
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Apart:
        self._thread.start()
        assert self._ready.wait(DEADLINE)
        if self.failed is not None:
            raise self.failed
        return self

    def __exit__(self, *_: object) -> None:
        if self._loop is not None and self._ended is not None:
            self._loop.call_soon_threadsafe(self._ended.set)
        self._thread.join(DEADLINE)
        self._listener.close()

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:
            self.failed = error
        finally:
            self._ready.set()

    async def _serve(self) -> None:
        self._loop, self._ended = asyncio.get_running_loop(), asyncio.Event()
        settings = {"DOMAIN": self.base.removeprefix("http://"), "RATE_LIMITS": "off", "WORKERS": "off"}
        async with site.running(*self._given, **settings) as app:
            account = await site.add_person(app, "ada")
            await (await client_of(app, account, EVERYTHING, "ada's token")).aclose()
            up = asyncio.Event()
            running = server.listen(app, up.set)
            running.capture_signals = contextlib.nullcontext  # type: ignore[method-assign]  # the main thread's alone
            serving = asyncio.create_task(running.serve([self._listener]))
            async with asyncio.timeout(DEADLINE):
                await up.wait()
            sampling = asyncio.create_task(self._sample())
            self._ready.set()
            await self._ended.wait()
            sampling.cancel()
            running.should_exit = True
            await serving

    async def _sample(self) -> None:
        at = time.thread_time()
        while True:
            await asyncio.sleep(0.001)
            now = time.thread_time()
            self.longest = max(self.longest, now - at)
            at = now


@pytest.fixture
def apart(database_url: str, tmp_path: Path, clock: Any, entropy: Any) -> Iterator[Apart]:
    with Apart(database_url, tmp_path, clock, entropy) as apart:
        yield apart


def _texts() -> dict[str, str]:
    size = 450_000  # two of them fit; no string of JSON may be longer than a million bytes
    return {
        "names": "@a " * (size // 3),
        "handles": "@a@localhost:1 " * (size // 15),
        "tags": "#tag " * (size // 5),
        "links": "http://localhost:1 " * (size // 19),
        "at signs": "@" * size,
        "half links": "http://" * (size // 7),
        "brackets": "http://localhost:1/" + "(" * (size // 2),
        "closed": "http://localhost:1/" + ")" * (size - 50),
        "graphemes": "e\u0301" * (size // 3),
        "family": "\U0001f468\u200d" * (size // 7),
        "marks": "a" + "\u0301" * (size // 2 - 10),
        "lines": "\n" * (size // 2),
        "dots": "@a" + ".a" * (size // 2),
    }


def _bodies() -> dict[str, tuple[str, bytes]]:
    kinds = {
        "deep": b'{"status":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        "wide": b'{"status":"x","media_ids":[' + b'"1",' * 200_000 + b'"1"]}',
        "keys": json.dumps({f"k{number}": number for number in range(50_000)}).encode(),
        "digits": b'{"status":' + b"9" * 1_000_000 + b"}",
        "exponent": b'{"status":1e999999999}',
        "surrogates": b'{"status":"' + b"\\ud800" * 100_000 + b'"}',
    }
    found = {name: ("application/json", body) for name, body in kinds.items()}
    form = "application/x-www-form-urlencoded"
    found["fields"] = (form, b"&".join(b"a%d=1" % number for number in range(100_000)))
    found["indices"] = (form, b"&".join(b"poll[options][%d]=1" % number for number in range(999)))
    found["nested"] = (form, b"status" + b"[a]" * 300_000 + b"=1")
    found["percent"] = (form, b"status=" + b"%41" * 340_000)
    found["parts"] = (
        "multipart/form-data; boundary=b",
        b"".join(b'--b\r\ncontent-disposition: form-data; name="a%d"\r\n\r\n\r\n' % number for number in range(15_000)),
    )
    found["boundary"] = ("multipart/form-data; boundary=b", b"--b\r\n-" * 140_000)
    found["header"] = (
        "multipart/form-data; boundary=b",
        b'--b\r\ncontent-disposition: form-data; name="' + b"a;" * 400_000 + b'"\r\n\r\nx\r\n--b--\r\n',
    )
    return found


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
async def test_nothing_sent_holds_up_the_loop(apart: Apart) -> None:
    slow: dict[str, float] = {}
    headers = site.bearer("ada's token") | {"host": apart.base.removeprefix("http://")}
    async with httpx.AsyncClient(base_url=apart.address, headers=headers, timeout=DEADLINE) as http:

        async def ask(name: str, method: str, path: str, **how: Any) -> None:
            apart.longest = 0.0
            answer = await http.request(method, path, **how)
            assert answer.status_code < 500, (name, answer.text[:300])
            await asyncio.sleep(0.002)
            slow[name] = round(apart.longest, 3)

        for name, text in _texts().items():
            await ask(f"status of {name}", "POST", "/api/v1/statuses", json={"status": text})
            await ask(f"note of {name}", "PATCH", "/api/v1/accounts/update_credentials", json={"note": text})
            fields = {"display_name": text, "fields_attributes": [{"name": "x", "value": text}]}
            await ask(f"field of {name}", "PATCH", "/api/v1/accounts/update_credentials", json=fields)
            await ask(f"search for {name}", "GET", "/api/v2/search", params={"q": text[:5_000], "resolve": "true"})
            await ask(f"tag of {name}", "GET", f"/api/v1/timelines/tag/{text[:1000].replace('/', '').strip() or 'x'}")
        for name, (kind, body) in _bodies().items():
            for path in ("/api/v1/statuses", "/oauth/token", "/inbox"):
                await ask(f"{name} to {path}", "POST", path, content=body, headers={"content-type": kind})
        query = "&".join(f"id[]={number}" for number in range(3_000))
        for path in ("/api/v1/statuses", "/api/v1/accounts", "/api/v1/accounts/relationships"):
            await ask(f"ids to {path}", "GET", f"{path}?{query}")
    worst = sorted(slow.items(), key=lambda entry: -entry[1])[:12]
    assert worst[0][1] < MOST_SECONDS, worst
