"""`fedicert work` as a process of its own beside a server without workers, on PostgreSQL: what one process writes the
other does, and a limit changed by command holds in both at once.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from fedicert.rigs.processes import Child, Program
from tests.cli.here import SECONDS

TIER = {
    "name": "members",
    "enter": ["signup"],
    "followers": 1,
    "following": 100,
    "strangers": 30,
    "answers_per_day": 60,
    "visibility": "listed",
    "boosts": "anyone",
    "kept_for_followed": 0,
    "strangers_per_domain_day": 0,
    "when_full": "hold",
}


def until(there: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + SECONDS
    while not (found := there()):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return found


def person(program: Program, name: str, **more: str) -> httpx.Client:
    options = [word for key, value in more.items() for word in (f"--{key}", value)]
    program.run("account", "create", name, "--email", f"{name}@example.org", "--password", "a password", *options)
    token = program.run("token", "create", name, "--scopes", "read write follow").stdout.strip()
    return httpx.Client(base_url=program.base, headers={"authorization": f"Bearer {token}"}, timeout=SECONDS)


def follow(who: httpx.Client, handle: str) -> str:
    found = until(lambda: who.get("/api/v2/search", params={"q": handle, "resolve": "true"}).json()["accounts"])
    who.post(f"/api/v1/accounts/{found[0]['id']}/follow").raise_for_status()
    return str(found[0]["id"])


def stands(who: httpx.Client, account: str) -> str:
    shown = who.get("/api/v1/accounts/relationships", params={"id[]": account}).json()[0]
    return "following" if shown["following"] else "requested" if shown["requested"] else "none"


def home(who: httpx.Client) -> list[str]:
    return [post["content"] for post in who.get("/api/v1/timelines/home").json()]


@pytest.fixture
def apart(postgres_url: Callable[..., str], tmp_path: Path) -> Iterator[tuple[Program, Child, Program]]:
    """A server without workers, a worker beside it, and another server."""
    settings: dict[str, Any] = {"tier": [TIER], "database": postgres_url(), "workers": False}
    server = Program(settings, folder=tmp_path / "server")
    other = Program(folder=tmp_path / "other")
    worker: Child | None = None
    try:
        server.start(ready=False)
        other.start(ready=False)
        server.wait_ready()
        worker = Child(
            [sys.executable, "-m", "fedicert", "work"],
            log=tmp_path / "worker.log",
            environment={**server._environment},
            folder=server.folder,
        )
        worker.line("Working for", SECONDS)
        other.wait_ready()
        yield server, worker, other
    finally:
        if worker is not None:
            worker.stop()
        server.stop()
        other.stop()


def test_a_post_is_delivered_by_the_worker_and_a_limit_changed_by_command_holds_in_both(
    apart: tuple[Program, Child, Program],
) -> None:
    server, worker, other = apart
    ada = person(server, "ada", role="owner")
    bob, cleo = person(other, "bob"), person(other, "cleo")
    handle = f"@ada@{server.authority}"

    followed = follow(bob, handle)
    until(lambda: stands(bob, followed) == "following")
    follow(cleo, handle)
    until(lambda: '"held"' in worker.words() or ada.get("/api/v1/follow_requests").json())
    assert stands(cleo, followed) == "requested", "one slot, and it is taken"

    ada.post("/api/v1/statuses", json={"status": "to one"}).raise_for_status()
    until(lambda: any("to one" in words for words in home(bob)))
    assert '"event":"delivery"' in worker.words().replace(" ", "")
    assert '"event":"delivery"' not in server.log.read_text().replace(" ", ""), "the server has no workers"

    server.run("tier", "set", "members", "followers=2", "--by", "ada", "--reason", "one more", "--yes")
    until(lambda: stands(cleo, followed) == "following")
    shown = ada.get("/api/v1/accounts/verify_credentials").json()
    assert shown["followers_count"] == 2
    server.run("tier", "set", "members", "visibility=followers", "--by", "ada", "--reason", "quietly", "--yes")
    said = ada.post("/api/v1/statuses", json={"status": "to both", "visibility": "public"}).json()
    assert said["visibility"] == "private", "at once in the server, without a restart"
    until(lambda: any("to both" in words for words in home(cleo)))

    assert worker.stop() == 0
    ada.post("/api/v1/statuses", json={"status": "later"}).raise_for_status()
    again = Child(
        [sys.executable, "-m", "fedicert", "work"],
        log=worker.log.with_name("again.log"),
        environment={**server._environment},
        folder=server.folder,
    )
    try:
        until(lambda: any("later" in words for words in home(bob)))
        again.kill()
        assert server.child.running()
    finally:
        again.stop()
