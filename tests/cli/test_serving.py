"""`fedicert serve` as somebody starts it: the first time, the second time, and ended by Ctrl-C."""

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable

import pytest

from tests.cli.here import ROOT, SECONDS, Here


class Serving:
    """A server started in a folder, its output in files."""

    def __init__(self, here: Here, port: int) -> None:
        self.port = port
        self.out, self.err = here.folder / "out", here.folder / "err"
        with self.out.open("w") as out, self.err.open("w") as err:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "fedicert", "serve"],
                cwd=here.folder,
                env={**here.environment(), "FEDICERT_PORT": str(port)},
                stdout=out,
                stderr=err,
                start_new_session=True,
            )

    def until(self, there: Callable[[], bool]) -> None:
        deadline = time.monotonic() + SECONDS
        while not there():
            assert self.process.poll() is None, self.err.read_text()
            assert time.monotonic() < deadline, self.out.read_text()
            time.sleep(0.05)

    def ready(self) -> str:
        self.until(lambda: "Ctrl-C ends it" in self.out.read_text())
        return self.out.read_text()

    def get(self, path: str) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=SECONDS)
        connection.request("GET", path)
        answer = connection.getresponse()
        got = answer.status, answer.read()
        connection.close()
        return got

    def end(self) -> int:
        """Ctrl-C as a terminal gives it: to the server and to whatever it started."""
        os.killpg(self.process.pid, signal.SIGINT)
        return self.process.wait(SECONDS)


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@pytest.fixture
def here(empty_url, tmp_path):
    folder = tmp_path / "here"
    folder.mkdir()
    return Here(folder, empty_url)


@pytest.fixture
def start(here):
    started = []

    def begin(port: int | None = None) -> Serving:
        started.append(Serving(here, port or free_port()))
        return started[-1]

    yield begin
    for serving in started:
        if serving.process.poll() is None:
            serving.process.kill()
            serving.process.wait(SECONDS)


def test_it_is_started_twice_and_ended_by_ctrl_c(here, start):
    first = start()
    told = first.ready()
    assert "Made the data folder" in told
    assert "http://localhost:8999" in told
    assert "owner@localhost" in told
    password = re.search(r"password   (\S+)", told)
    assert password is not None
    assert first.get("/livez")[0] == 200
    assert "owner" in here.does("account", "list")
    here.does("account", "create", "ada", "--email", "ada@people.example")
    assert first.end() == 0
    assert "Ended." in first.out.read_text()
    assert "Traceback" not in first.err.read_text()
    assert password[1] not in first.err.read_text()

    second = start(first.port)
    told = second.ready()
    assert "password" not in told
    assert "Made" not in told
    assert "ada" in here.does("account", "list")
    assert second.end() == 0


def test_ctrl_c_again_and_again_ends_it_no_less_quietly(here, start):
    serving = start()
    serving.ready()
    with socket.create_connection(("127.0.0.1", serving.port)) as slow:
        slow.sendall(b"POST /api/v1/apps HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nab")
        assert serving.get("/livez")[0] == 200  # the one before is under way
        deadline = time.monotonic() + SECONDS
        while serving.process.poll() is None:
            assert time.monotonic() < deadline, serving.err.read_text()
            os.killpg(serving.process.pid, signal.SIGINT)
            time.sleep(0.02)
    assert serving.process.returncode == 0, serving.err.read_text()
    assert "Ended." in serving.out.read_text()
    lines = [json.loads(line) for line in serving.err.read_text().splitlines()]
    assert [line for line in lines if line["level"] == "error"] == []
    assert lines[-1]["event"] == "stopped"


def test_commands_are_given_beside_it(here, start):
    serving = start()
    serving.ready()
    token = here.does("token", "create", "owner", "--scopes", "read").strip()
    here.does("account", "create", "ada", "--email", "ada@people.example", "--role", "admin")
    here.does("tier", "set", "personal", "followers=151", "--by", "ada", "--reason", "one more", "--yes")
    assert "already" in here.refuses(
        "tier", "set", "personal", "followers=151", "--by", "ada", "--reason", "one more", "--yes"
    )
    here.does("signups", "open")
    here.does("account", "delete", "ada")
    connection = http.client.HTTPConnection("127.0.0.1", serving.port, timeout=SECONDS)
    connection.request("GET", "/api/v1/apps/verify_credentials", headers={"Authorization": f"Bearer {token}"})
    answer = connection.getresponse()
    assert answer.status == 200, answer.read()
    assert json.loads(answer.read())["name"] == "fedicert token"
    connection.close()
    assert serving.end() == 0


def test_a_differing_ladder_is_a_warning_that_names_the_command(here, start):
    text = (ROOT / "config.example.toml").read_text().partition("# ---- The trust list")[0]
    ladder = text.partition("#[[tier]]")
    with (here.folder / "config.toml").open("a") as file:
        file.write(re.sub("(?m)^#", "", "".join(ladder[1:])))
    here.does("migrate")
    here.does("account", "create", "ada", "--email", "ada@people.example", "--role", "admin")
    here.does("tier", "set", "personal", "followers=140", "--by", "ada", "--reason", "one less", "--yes")
    told = start().ready()
    assert "fedicert tier set personal followers=150 --by ACCOUNT --reason TEXT" in told


def test_a_changed_ladder_is_none_where_the_configuration_has_no_ladder(here, start):
    here.does("account", "create", "ada", "--email", "ada@people.example", "--role", "admin")
    here.does("tier", "set", "personal", "followers=140", "--by", "ada", "--reason", "one less", "--yes")
    assert "warning" not in start().ready()


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_a_second_server_on_the_same_data_is_refused(here, start):
    start().ready()
    second = start()
    assert second.process.wait(SECONDS) == 1
    assert "one writer" in second.err.read_text()
