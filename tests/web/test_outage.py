"""The database goes away while requests run: stopped in the middle, killed, its disk full. Refusals are 503 that say when
to come back, reads go on where they can, nothing acknowledged is lost, and the same process goes on afterwards.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from fedicert.rigs.processes import Program, family
from tests.postgres import PostgresCluster

DEADLINE = 120.0
CLIENTS = 6


class Load:
    """People who post and read without a pause; keeps what they were answered."""

    def __init__(self, program: Program, token: str) -> None:
        self._base = program.base
        self._headers = {"authorization": f"Bearer {token}"}
        self._ends = threading.Event()
        self._threads = [threading.Thread(target=self._go_on, args=(number,)) for number in range(CLIENTS)]
        self.answers: list[tuple[str, int, float, httpx.Headers]] = []
        self.kept: list[str] = []
        self.broken: list[str] = []

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ends.set()
        for thread in self._threads:
            thread.join(DEADLINE)

    def since(self, number: int) -> list[tuple[str, int]]:
        return [(method, status) for method, status, _, _ in self.answers[number:]]

    def _go_on(self, who: int) -> None:
        with httpx.Client(base_url=self._base, headers=self._headers, timeout=DEADLINE) as http:
            number = 0
            while not self._ends.is_set():
                number += 1
                method = "POST" if number % 2 else "GET"
                begun = time.monotonic()
                try:
                    if method == "POST":
                        answer = http.post(
                            "/api/v1/statuses", json={"status": f"{who} says {number} for the {number}th time"}
                        )
                    else:
                        answer = http.get("/api/v1/timelines/home")
                except httpx.HTTPError as error:
                    self.broken.append(f"{method}: {error!r}")
                    continue
                took = time.monotonic() - begun
                self.answers.append((method, answer.status_code, took, answer.headers))
                if method == "POST" and answer.status_code == 200:
                    self.kept.append(answer.json()["id"])
                elif answer.status_code != 200:
                    time.sleep(0.05)


def until(there: Callable[[], Any], what: str) -> None:
    deadline = time.monotonic() + DEADLINE
    while not there():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


def token_of_ada(program: Program) -> str:
    program.run("account", "create", "ada", "--email", "ada@example.org", "--password", "a password")
    return program.run("token", "create", "ada", "--scopes", "read write").stdout.strip()


def nothing_lost(program: Program, load: Load, token: str) -> None:
    assert not load.broken, load.broken[:3]
    for method, status, _, headers in load.answers:
        assert status in (200, 503), (method, status)
        if status == 503:
            assert int(headers["retry-after"]) > 0
            assert headers["content-type"].startswith("application/json")
    with httpx.Client(base_url=program.base, headers={"authorization": f"Bearer {token}"}, timeout=DEADLINE) as http:
        for start in range(0, len(load.kept), 40):
            part = load.kept[start : start + 40]
            there = http.get("/api/v1/statuses", params={"id[]": part}).json()
            assert len(there) == len(part), "acknowledged and lost"


@pytest.fixture
def cluster() -> Iterator[PostgresCluster]:
    """A server of this test's own: it is stopped and killed."""
    cluster = PostgresCluster.start(durable=True)
    yield cluster
    cluster.stop()


def test_postgresql_stands_still_and_is_killed(cluster: PostgresCluster, tmp_path: Path) -> None:
    program = Program({"database": cluster.create_database()}, folder=tmp_path / "here")
    with program:
        token = token_of_ada(program)
        pid = program.child.pid
        with Load(program, token) as load:
            until(lambda: len(load.kept) > 20, "it works")

            assert cluster.pid is not None
            stopped = family(cluster.pid)
            for one in stopped:
                os.kill(one, signal.SIGSTOP)
            try:
                at = len(load.answers)
                until(lambda: 503 in [status for _, status in load.since(at)], "refused, not left waiting")
                with httpx.Client(base_url=program.base, timeout=DEADLINE) as http:
                    assert http.get("/livez").status_code == 200
                    ready = http.get("/readyz")
                    assert ready.status_code == 503
                    assert "database" in ready.json()["wrong"]
            finally:
                for one in reversed(stopped):
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(one, signal.SIGCONT)
            goes_on(load, "awake again")

            doomed = family(cluster.pid)
            cluster.kill()
            for one in doomed:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(one, signal.SIGKILL)
            at = len(load.answers)
            until(lambda: len(load.since(at)) > 2 * CLIENTS, "answered at once")
            assert 503 in [status for _, status in load.since(at)]
            cluster.launch()
            goes_on(load, "started again")
        assert program.child.pid == pid and program.child.running()
        program.wait_ready()
        nothing_lost(program, load, token)


def goes_on(load: Load, what: str) -> None:
    at = len(load.answers)
    until(lambda: {("POST", 200), ("GET", 200)} <= set(load.since(at)[-2 * CLIENTS :]), what)


@pytest.fixture
def small_disk(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Path]:
    """A disk of 16 MB. Where none can be mounted, that is said in the run's own output and not only counted."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounting = ["mount", "-t", "tmpfs", "-o", "size=16m,mode=0700", "none", str(folder)]
    mounted = shutil.which("mount") and subprocess.run(mounting, capture_output=True, check=False).returncode == 0
    if not mounted:
        said = "NOT TESTED: a full disk. Mounting a small tmpfs needs root; run this test as root once"
        reporter = request.config.pluginmanager.get_plugin("terminalreporter")
        if reporter is not None:
            reporter.write_line(said, red=True)
        pytest.skip(said)
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_full_disk(small_disk: Path, tmp_path: Path) -> None:
    data = small_disk / "data"
    program = Program(
        {"data_dir": str(data), "database": f"sqlite:///{data / 'fedicert.db'}"}, folder=tmp_path / "here"
    )
    program.start(ready=False)
    try:
        with httpx.Client(base_url=program.base, timeout=DEADLINE) as http:
            until(lambda: _lives(http), "it never lived")
            wrong = http.get("/readyz")
            assert wrong.status_code == 503
            assert wrong.json()["wrong"] == {"disk": "nearly full"}
        token = token_of_ada(program)
        pid = program.child.pid
        ballast = small_disk / "ballast"
        with Load(program, token) as load:
            until(lambda: len(load.kept) > 20, "it works")
            _fill(ballast)
            at = len(load.answers)
            until(lambda: ("POST", 503) in load.since(at), "writes are refused")
            at = len(load.answers)
            until(lambda: len(load.since(at)) > 4 * CLIENTS, "and answered at once")
            assert {status for method, status in load.since(at) if method == "GET"} == {200}, "reads go on"
            _fill(ballast)
            refused = program.run("account", "create", "bob", "--email", "bob@example.org", check=False)
            assert refused.returncode == 1
            assert "Traceback" not in refused.stderr
            ballast.unlink()
            goes_on(load, "there is room again")
        assert program.child.running() and program.child.pid == pid
        nothing_lost(program, load, token)
        program.kill()
        program.start(ready=False)
        with httpx.Client(base_url=program.base, timeout=DEADLINE) as http:
            until(lambda: _lives(http), "it never lived again")
        nothing_lost(program, load, token)
        assert "Traceback" not in program.child.words()
    finally:
        program.stop()


def _lives(http: httpx.Client) -> bool:
    try:
        return http.get("/livez").status_code == 200
    except httpx.TransportError:
        return False


def _fill(path: Path) -> None:
    """Take what room there is, to the last byte."""
    with path.open("ab", buffering=0) as file:
        for size in (1 << 16, 1 << 10, 1):
            with contextlib.suppress(OSError):
                while True:
                    file.write(b"\0" * size)
