"""Start the program as processes of its own, watch what they use, and end them by pid.

A `Program` is one instance on loopback with a temporary data folder and configuration of its own; it is seen from
outside alone: its port, its log, /proc. Nothing here reads its database or imports a room of the house.
"""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import httpx

READY_SECONDS = 60.0
STOP_SECONDS = 15.0
COMMAND_SECONDS = 120.0
_TICKS = os.sysconf("SC_CLK_TCK")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_LAST_WORDS = 3_000


class ProcessError(Exception):
    """A process didn't start, ended early, or a command of it failed: the sentence holds its last words."""


@dataclass(frozen=True)
class Usage:
    """What a process and its descendants have used: CPU seconds since their start, bytes of memory now.

    `rss` counts pages that several of them share once for each; `pss` divides those among the sharers, and is 0
    where the system doesn't tell.
    """

    cpu_seconds: float
    rss: int
    pss: int
    processes: int

    def since(self, before: "Usage") -> float:
        """CPU seconds used between two looks."""
        return self.cpu_seconds - before.cpu_seconds


def free_port(host: str = "127.0.0.1") -> int:
    """A port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def family(pid: int) -> list[int]:
    """The process and all its living descendants."""
    found, waiting = [], [pid]
    while waiting:
        one = waiting.pop()
        found.append(one)
        for task in _names(f"/proc/{one}/task"):
            waiting += [int(child) for child in _read(f"/proc/{one}/task/{task}/children").split()]
    return found


def usage(pid: int) -> Usage:
    """What the process and its descendants have used; children already reaped are in the CPU seconds."""
    ticks, rss, pss, count = 0, 0, 0, 0
    for one in family(pid):
        # The name in parentheses may hold spaces: the fields begin after the last parenthesis. proc(5)
        fields = _read(f"/proc/{one}/stat").rpartition(")")[2].split()
        if not fields:
            continue
        count += 1
        ticks += sum(int(field) for field in fields[11:15])  # utime, stime, cutime, cstime
        rss += int(fields[21]) * os.sysconf("SC_PAGE_SIZE")
        shared = re.search(r"^Pss:\s+(\d+) kB", _read(f"/proc/{one}/smaps_rollup"), re.MULTILINE)
        pss += int(shared[1]) * 1024 if shared else 0
    return Usage(ticks / _TICKS, rss, pss, count)


def _alive(pid: int) -> bool:
    """Does it still run? A zombie only waits for whoever reaps it."""
    return _read(f"/proc/{pid}/stat").rpartition(")")[2][:3].strip() not in {"", "Z", "X"}


def _names(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []


def _read(path: str) -> str:
    """A file of /proc, empty where the process has just gone."""
    try:
        return Path(path).read_text(errors="replace")
    except OSError:
        return ""


def toml(settings: Mapping[str, Any]) -> str:
    """TOML of plain values, lists of them, tables (dict) and arrays of tables (list of dicts). None is left out."""
    lines = [f"{_key(key)} = {_value(value)}" for key, value in settings.items() if _is_plain(value)]
    for key, value in settings.items():
        if isinstance(value, Mapping):
            lines += ["", f"[{_key(key)}]", toml(value)]
        elif _is_tables(value):
            for entry in value:
                lines += ["", f"[[{_key(key)}]]", toml(entry)]
    return "\n".join(lines) + "\n"


def _is_tables(value: Any) -> bool:
    return isinstance(value, list | tuple) and bool(value) and all(isinstance(entry, Mapping) for entry in value)


def _is_plain(value: Any) -> bool:
    return value is not None and not isinstance(value, Mapping) and not _is_tables(value)


def _key(key: str) -> str:
    return key if _BARE_KEY.fullmatch(key) else _value(key)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, list | tuple):
        return f"[{', '.join(_value(entry) for entry in value)}]"
    escaped = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(f"\\u{ord(sign):04x}" if ord(sign) < 32 else sign for sign in escaped) + '"'


class Child:
    """One process we started: its pid, its log, its end. For the program, the sink and the bare limits alike.

    `environment` replaces ours where given; `folder` is where it runs.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        log: Path,
        environment: Mapping[str, str] | None = None,
        folder: Path | None = None,
    ) -> None:
        self.log = log
        with log.open("ab") as out:
            self._begins = out.tell()
            self._process = subprocess.Popen(
                list(command),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                env=inherited() if environment is None else dict(environment),
                cwd=folder,
            )

    @property
    def pid(self) -> int:
        """The process's id; that of its last run, once it has ended."""
        return self._process.pid

    def running(self) -> bool:
        """Is it alive?"""
        return self._process.poll() is None

    def words(self) -> str:
        """What this run has written so far."""
        return self.log.read_bytes()[self._begins :].decode(errors="replace")

    def line(self, prefix: str, seconds: float) -> str:
        """The rest of the first line that begins so; ProcessError if it ends first or the time runs out."""
        deadline = time.monotonic() + seconds
        while True:
            for line in self.words().splitlines(keepends=True):
                if line.startswith(prefix) and line.endswith("\n"):
                    return line[len(prefix) :].strip()
            self.must_run(f'it never said "{prefix}"')
            if time.monotonic() > deadline:
                raise ProcessError(f'"{prefix}" wasn\'t said within {seconds:.0f} s; the log is {self.log}')
            time.sleep(0.01)

    def must_run(self, otherwise: str) -> None:
        """ProcessError with its last words, unless it is alive."""
        if not self.running():
            raise ProcessError(
                f"process {self.pid} ended with {self._process.returncode}: {otherwise}\n{self.words()[-_LAST_WORDS:]}"
            )

    def usage(self) -> Usage:
        """What it and its descendants have used until now."""
        return usage(self.pid)

    def kill(self) -> None:
        """kill -9 for it and every descendant, until none is alive: what a power cut leaves."""
        doomed = family(self.pid)
        for pid in doomed:
            _signal(pid, signal.SIGKILL)
        self._process.wait()
        deadline = time.monotonic() + STOP_SECONDS
        while any(_alive(pid) for pid in doomed[1:]):
            if time.monotonic() > deadline:
                raise ProcessError(f"a child of process {self.pid} outlived kill -9")
            time.sleep(0.002)

    def stop(self, seconds: float = STOP_SECONDS) -> int:
        """SIGTERM, and SIGKILL where it hasn't ended in time. Returns its exit code."""
        if self.running():
            _signal(self.pid, signal.SIGTERM)
            try:
                self._process.wait(seconds)
            except subprocess.TimeoutExpired:
                self.kill()
        return int(self._process.wait())


def inherited() -> dict[str, str]:
    """Our environment without what would configure an instance, and with this very program on Python's path."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("FEDICERT_")}
    paths = [str(Path(__file__).resolve().parents[2]), kept.get("PYTHONPATH", "")]
    return {**kept, "PYTHONPATH": os.pathsep.join(path for path in paths if path)}


def fedicert(
    *arguments: str, environment: Mapping[str, str], folder: Path, check: bool = True
) -> subprocess.CompletedProcess[str]:
    """A command of the program, as `account create ada …`, in a folder; with `check`, ProcessError where it fails."""
    done = subprocess.run(
        [sys.executable, "-m", "fedicert", *arguments],
        env=dict(environment),
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=COMMAND_SECONDS,
        check=False,
    )
    if check and done.returncode != 0:
        raise ProcessError(f"fedicert {' '.join(arguments)}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


class Program:
    """One instance as processes of its own, on `http://HOST:PORT`.

    `settings` are keys of config.toml over those of a closed test instance on loopback (no rate limits, no password
    rules, open sign-ups, password grant); tiers are `{"tier": [{"name": …}, …]}`. The folder, unless one is given,
    is temporary and goes with `remove`. Starting again after `stop` or `kill` keeps the data and the port.
    """

    def __init__(
        self,
        settings: Mapping[str, Any] | None = None,
        *,
        folder: Path | None = None,
        host: str = "localhost",
        port: int | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.port = port or free_port()
        self.authority = f"{host}:{self.port}"
        self.base = f"http://{self.authority}"
        self._temporary = folder is None
        self.folder = (folder or Path(tempfile.mkdtemp(prefix="fedicert-rig-"))).resolve()
        self.folder.mkdir(parents=True, exist_ok=True)
        self.config = self.folder / "config.toml"
        self.settings: dict[str, Any] = {
            "domain": self.authority,
            "bind": host if host.startswith("127.") else "127.0.0.1",
            "port": self.port,
            "data_dir": str(self.folder / "data"),
            "rate_limits": False,
            "password_rules": False,
            "password_grant": True,
            "signups": "open",
            **(settings or {}),
        }
        self.config.write_text(toml(self.settings))
        self._environment = {**inherited(), "FEDICERT_CONFIG": str(self.config), **(environment or {})}
        self._child: Child | None = None

    def __enter__(self) -> "Program":
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()
        self.remove()

    @property
    def child(self) -> Child:
        """The server process; ProcessError where none was started."""
        if self._child is None:
            raise ProcessError(f"{self.base} isn't running")
        return self._child

    @property
    def log(self) -> Path:
        """Everything its processes have written."""
        return self.folder / "server.log"

    def start(self, *, ready: bool = True) -> float:
        """Start `fedicert serve`; with `ready`, return once /readyz answers 200. Returns the seconds it took."""
        begun = time.monotonic()
        self._child = Child(
            [sys.executable, "-m", "fedicert", "serve"], log=self.log, environment=self._environment, folder=self.folder
        )
        if ready:
            self.wait_ready()
        return time.monotonic() - begun

    def wait_ready(self, seconds: float = READY_SECONDS) -> None:
        """Until /readyz answers 200; ProcessError with the log's end where it doesn't."""
        deadline = time.monotonic() + seconds
        address = f"http://{self.settings['bind']}:{self.port}/readyz"
        last = "no answer"
        with httpx.Client(trust_env=False, timeout=5.0) as client:
            while True:
                try:
                    answer = client.get(address, headers={"host": self.authority})
                except httpx.HTTPError as error:
                    last = str(error)
                else:
                    if answer.status_code == httpx.codes.OK:
                        return
                    last = f"{answer.status_code} {answer.text[:200]}"
                self.child.must_run("it was never ready")
                if time.monotonic() > deadline:
                    words = self.child.words()[-_LAST_WORDS:]
                    raise ProcessError(f"{self.base} wasn't ready within {seconds:.0f} s ({last}):\n{words}")
                time.sleep(0.005)

    def run(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """A command of the program against this instance, as `account create ada …`. Its words are in the answer."""
        return fedicert(*arguments, environment=self._environment, folder=self.folder, check=check)

    @property
    def environment(self) -> Mapping[str, str]:
        """What a command against this instance finds in its environment."""
        return self._environment

    def usage(self) -> Usage:
        """What the server and its children have used since its start."""
        return self.child.usage()

    def kill(self) -> None:
        """kill -9 the server and its children."""
        self.child.kill()

    def stop(self) -> int:
        """End it cleanly; returns the exit code (0 where it never ran)."""
        return 0 if self._child is None else self._child.stop()

    def remove(self) -> None:
        """Take the temporary folder away; a folder that was given stays."""
        if self._temporary:
            shutil.rmtree(self.folder, ignore_errors=True)
