"""The server as a process's heart: a real socket, an ordinary Mastodon client, and an end in good order."""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from mastodon import Mastodon

from fedicert import server
from fedicert.config import load
from fedicert.web.doors import routes
from fedicert.web.plumbing.app import App
from tests.web import site
from tests.web.site import OOB, PASSWORD, form, submit

WAIT = 30.0


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound


@contextlib.asynccontextmanager
async def serving(app: App, listener: socket.socket) -> AsyncIterator[None]:
    """Serve in this loop until left."""
    ready = asyncio.Event()
    running = server.listen(app, ready.set)
    task = asyncio.create_task(running.serve([listener]))
    async with asyncio.timeout(WAIT):
        await ready.wait()
    try:
        yield
    finally:
        running.should_exit = True
        async with asyncio.timeout(WAIT):
            await task


def come_in(base: str, address: str) -> str:
    """What a person does with a browser: log in, allow, copy the code."""

    async def visit() -> str:
        async with httpx.AsyncClient(base_url=base) as browser:
            page = await browser.get(address)
            back = await submit(browser, page, name="ada", password=PASSWORD)
            consent = await browser.get(back.headers["location"])
            shown = await browser.get((await submit(browser, consent, decision="allow")).headers["location"])
            return form(shown)[1]["code"]

    return asyncio.run(visit())


def live_a_little(base: str) -> str:
    """Mastodon.py's own flow."""
    client_id, client_secret = Mastodon.create_app("a script", api_base_url=base, scopes=["read", "write"])
    client = Mastodon(client_id, client_secret, api_base_url=base, version_check_mode="none", mastodon_version="4.5.0")
    code = come_in(base, client.auth_request_url(redirect_uris=OOB, scopes=["read", "write"], allow_http=True))
    token = client.log_in(code=code, redirect_uri=OOB, scopes=["read", "write"], allow_http=True)
    assert client.app_verify_credentials().name == "a script"
    client.revoke_access_token(allow_http=True)
    return token


async def test_an_ordinary_client_comes_in(
    database_url: str, tmp_path: Path, clock, entropy, listener: socket.socket
) -> None:
    domain = f"localhost:{listener.getsockname()[1]}"
    async with site.running(database_url, tmp_path, clock, entropy, DOMAIN=domain) as app:
        await site.add_person(app, "ada")
        async with serving(app, listener):
            token = await asyncio.to_thread(live_a_little, f"http://{domain}")
            async with httpx.AsyncClient() as http:
                answer = await http.get(f"http://{domain}/api/v1/apps/verify_credentials", headers=site.bearer(token))
                assert answer.status_code == 401, "revoked"


PROGRAM = """
import asyncio, os, socket, sys
from fedicert import server
from fedicert.base.clock import SystemClock
from fedicert.base.ids import SystemEntropy
from fedicert.config import load
from fedicert.jobs.opening import open_house
async def main():
    house = await open_house(load(None, os.environ), SystemClock(), SystemEntropy(), lambda _: None)
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    await server.serve(house, listener, ready=lambda: print(listener.getsockname()[1], flush=True))
    await house.close()
    print("closed", flush=True)
asyncio.run(main())
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_in_good_order(tmp_path: Path, number: signal.Signals) -> None:
    environment = os.environ | {"FEDICERT_DATA_DIR": str(tmp_path / "data")}
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        assert httpx.get(f"http://127.0.0.1:{port}/livez").status_code == 200
        with socket.create_connection(("127.0.0.1", port)) as half:
            half.sendall(b"POST /oauth/token HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\nhal")
            process.send_signal(number)
            out, err = process.communicate(timeout=WAIT)
        assert "closed" in out
        assert process.returncode == 0
        assert "Traceback" not in err
    finally:
        process.kill()
        process.wait()


async def test_a_database_of_another_name_is_refused(database_url: str, tmp_path: Path, clock, entropy) -> None:
    from fedicert.base.errors import ConfigError

    async with site.running(database_url, tmp_path, clock, entropy):
        pass
    with pytest.raises(ConfigError, match=r"belongs to home\.example"):
        async with site.running(database_url, tmp_path, clock, entropy, DOMAIN="other.example"):
            pass


def test_no_two_routes_answer_the_same() -> None:
    from fedicert.web.plumbing.routing import RouteTable

    RouteTable(routes())
    assert load(None, {}).base == "http://localhost:8000"


async def test_work_that_is_behind_or_ended_makes_the_process_unready(
    database_url: str, tmp_path: Path, clock, entropy
) -> None:
    from fedicert.operations import jobs

    async with site.running(database_url, tmp_path, clock, entropy, COURIER="off") as app:
        await app.deps.db.write(jobs.enqueue, "sweep", {}, key="round", due=clock.now())
        assert await app.work.worker.late() == 0
        clock.advance(16 * 60_000)
        assert await app.work.worker.late() == 16 * 60_000
        async with app.router.lifespan_context(app), site.client(app) as http:
            async with asyncio.timeout(WAIT):
                while (answer := await http.get("/readyz")).status_code != 200:
                    assert answer.json()["wrong"] == {"queue": "behind"}
                    await asyncio.sleep(0.02)
            await asyncio.gather(app.work.worker.stop(), app.work.deliverer.stop())
            async with asyncio.timeout(WAIT):
                while (answer := await http.get("/readyz")).status_code != 503:
                    await asyncio.sleep(0.02)
            assert answer.json()["wrong"] == {"work": "ended by itself"}
