"""Processes of the rigs: configuration written, used CPU and memory seen, families ended, early ends explained."""

import sys
import time
import tomllib
from pathlib import Path

import pytest

from fedicert.rigs.processes import Child, ProcessError, Program, family, free_port, toml

PARENT = "import subprocess, sys, time; c = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']); "


def test_toml_says_what_it_was_given() -> None:
    settings = {
        "domain": "localhost:8000",
        "port": 8000,
        "ratio": 0.5,
        "open": False,
        "languages": ["en", "de"],
        "odd name": 'quote " backslash \\ line\nend é',
        "delivery": {"tries": 3},
        "tier": [{"name": "personal", "followers": 3, "enter": ["signup"]}, {"name": "all", "followers": "none"}],
    }
    assert tomllib.loads(toml({"absent": None, **settings})) == settings


SERVER = """
import http.server, os, sys, tomllib
settings = tomllib.load(open(os.environ["FEDICERT_CONFIG"], "rb"))
if sys.argv[1] != "serve":
    sys.exit(f"there is no command {sys.argv[1]}")
if settings["signups"] == "closed":
    sys.exit("signups: closed for today")
class Answers(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/readyz" else 404)
        self.end_headers()
http.server.HTTPServer((settings["bind"], settings["port"]), Answers).serve_forever()
"""


@pytest.fixture
def stand_in(tmp_path: Path) -> dict[str, str]:
    """An environment in which another, tiny program answers to the name."""
    package = tmp_path / "path" / "fedicert"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "__main__.py").write_text(SERVER)
    return {"PYTHONPATH": str(package.parent)}


def test_a_program_starts_is_killed_and_starts_again_on_its_port(tmp_path: Path, stand_in: dict[str, str]) -> None:
    program = Program(folder=tmp_path / "one", environment=stand_in)
    written = tomllib.loads(program.config.read_text())
    assert (written["domain"], written["rate_limits"]) == (program.authority, False)
    assert program.start() > 0
    first = program.child.pid
    assert program.usage().processes == 1
    program.kill()
    program.start()
    assert program.child.pid != first
    assert program.stop() == -15
    assert program.log.exists()


def test_a_program_that_ends_says_why(tmp_path: Path, stand_in: dict[str, str]) -> None:
    program = Program({"signups": "closed"}, folder=tmp_path / "one", environment=stand_in)
    assert program.stop() == 0
    with pytest.raises(ProcessError, match="isn't running"):
        program.usage()
    with pytest.raises(ProcessError, match="closed for today"):
        program.start()
    assert program.stop() == 1
    with pytest.raises(ProcessError, match="there is no command dance"):
        program.run("dance")
    assert program.run("dance", check=False).returncode == 1


def test_a_temporary_folder_goes_and_a_given_one_stays(tmp_path: Path) -> None:
    temporary, given = Program(), Program(folder=tmp_path / "kept")
    for program in (temporary, given):
        program.remove()
    assert (temporary.folder.exists(), given.folder.exists()) == (False, True)


def test_use_is_seen_with_the_children_s(tmp_path: Path) -> None:
    work = PARENT + "print('up', flush=True); sum(range(10_000_000)); print('done', flush=True); time.sleep(60)"
    child = Child([sys.executable, "-c", work], log=tmp_path / "log")
    try:
        child.line("up", 20.0)
        before = child.usage()
        child.line("done", 20.0)
        after = child.usage()
        assert after.since(before) > 0
        assert after.processes == len(family(child.pid)) == 2
        assert after.rss > 2 << 20
    finally:
        child.kill()


def test_kill_ends_the_whole_family(tmp_path: Path) -> None:
    child = Child([sys.executable, "-c", PARENT + "print(c.pid, flush=True); time.sleep(60)"], log=tmp_path / "log")
    grandchild = int(child.line("", 20.0))
    child.kill()
    assert not child.running()
    # Nobody here may wait for a grandchild: the kernel ends it in its own time.
    deadline = time.monotonic() + 20.0
    while running(grandchild):
        assert time.monotonic() < deadline
        time.sleep(0.005)


def running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


def test_stop_is_gentle_first(tmp_path: Path) -> None:
    work = (
        "import signal, sys, time; signal.signal(signal.SIGTERM, lambda *_: sys.exit(7)); "
        "print('up', flush=True); time.sleep(60)"
    )
    child = Child([sys.executable, "-c", work], log=tmp_path / "log")
    child.line("up", 20.0)
    assert child.stop() == 7


def test_a_line_that_never_comes_is_an_error_with_the_last_words(tmp_path: Path) -> None:
    child = Child([sys.executable, "-c", "print('other words')"], log=tmp_path / "log")
    with pytest.raises(ProcessError, match="other words"):
        child.line("ready", 20.0)


def test_ports_given_out_are_free() -> None:
    import socket

    with socket.socket() as one:
        one.bind(("127.0.0.1", free_port()))
