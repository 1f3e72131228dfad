"""The limits of this machine that the benches are set against, measured in the same run: what signing, serving a page,
committing durably, and verifying-and-inserting cost when nothing else is done. No line of the program runs here.
"""

import argparse
import asyncio
import multiprocessing
import os
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256

from fedicert.rigs.load import drive_now, get, post
from fedicert.rigs.processes import Child, free_port

START_SECONDS = 30.0
_BODY = b'{"status": "a bare durable commit"}'


@dataclass(frozen=True)
class Rate:
    """How often a second, and the CPU microseconds each took in the process that did it."""

    per_second: float
    cpu_us: float


def rsa_signing(seconds: float = 1.0, processes: int | None = None) -> Rate:
    """RSA-2048 PKCS#1 v1.5 SHA-256 signatures and nothing else, on all cores at once (or so many processes)."""
    count = processes or os.cpu_count() or 1
    with ProcessPoolExecutor(count, mp_context=multiprocessing.get_context("spawn")) as pool:
        list(pool.map(time.sleep, [0.2] * count))  # every process is up before the moment they all begin at
        begin = time.monotonic() + 0.5
        done = list(pool.map(_sign_until, [begin] * count, [seconds] * count))
    return Rate(sum(made / took for made, took, _ in done), 1e6 * sum(c for *_, c in done) / sum(m for m, *_ in done))


def _sign_until(begin: float, seconds: float) -> tuple[int, float, float]:
    """Signatures made, seconds taken, CPU seconds used, from the moment `begin` on."""
    key, padding, summed = generate_private_key(65537, 2048), PKCS1v15(), SHA256()
    message = b"(request-target): post /inbox\n" * 6
    key.sign(message, padding, summed)
    while time.monotonic() < begin:
        time.sleep(0.001)
    made, started, cpu = 0, time.perf_counter(), time.process_time()
    while (took := time.perf_counter() - started) < seconds:
        for _ in range(20):
            key.sign(message, padding, summed)
        made += 20
    return made, took, time.process_time() - cpu


def bare_page(size: int, clients: int, seconds: float = 1.0) -> Rate:
    """GETs of a page of `size` bytes that a Starlette route returns as it is, over uvicorn, uvloop and httptools."""
    return _against_bare("page", size, clients, seconds, lambda host: get(host, "/page"))


def bare_commit_over_http(clients: int = 1, seconds: float = 1.0) -> Rate:
    """POSTs that a Starlette route answers after one row in a durable SQLite commit of its own."""
    return _against_bare("commit", 0, clients, seconds, lambda host: post(host, "/commit", _BODY))


def _against_bare(kind: str, size: int, clients: int, seconds: float, make: Callable[[str], bytes]) -> Rate:
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="fedicert-limit-") as folder:
        command = [sys.executable, "-m", "fedicert.rigs.limits", kind, str(port), str(size), folder]
        child = Child(command, log=Path(folder) / "log")
        try:
            child.line("INFO:     Uvicorn running", START_SECONDS)
            request = make(f"127.0.0.1:{port}")
            endless = iter(lambda: request, None)
            drive_now("127.0.0.1", port, endless, clients, seconds=min(0.3, seconds))
            before = child.usage()
            outcome = drive_now("127.0.0.1", port, endless, clients, seconds=seconds)
            used = child.usage().since(before)
        finally:
            child.stop()
    outcome.all_were(200)
    return Rate(outcome.rate, 1e6 * used / outcome.answered)


def durable_commits(seconds: float = 1.0, rows: int = 1, folder: Path | None = None) -> Rate:
    """Rows a second into SQLite (WAL, synchronous=FULL), `rows` of them in each commit."""
    return _on_sqlite(seconds, rows, folder, lambda number: f"row {number}")


def verify_and_insert(seconds: float = 1.0, rows: int = 1, folder: Path | None = None) -> Rate:
    """Verify an RSA-2048 signature and insert a row, over and over, `rows` of them in each durable commit."""
    key, padding, summed = generate_private_key(65537, 2048), PKCS1v15(), SHA256()
    public, message = key.public_key(), b"(request-target): post /inbox\n" * 6
    signature = key.sign(message, padding, summed)

    def verified(number: int) -> str:
        public.verify(signature, message, padding, summed)
        return f"row {number}"

    return _on_sqlite(seconds, rows, folder, verified)


def _on_sqlite(seconds: float, rows: int, folder: Path | None, make: Callable[[int], str]) -> Rate:
    with tempfile.TemporaryDirectory(prefix="fedicert-limit-", dir=folder) as place:
        connection = _database(Path(place) / "bare.db")
        number, started, cpu = 0, time.perf_counter(), time.process_time()
        while (took := time.perf_counter() - started) < seconds:
            connection.execute("BEGIN IMMEDIATE")
            for _ in range(rows):
                number += 1
                connection.execute("INSERT INTO bare (id, body) VALUES (?, ?)", (number, make(number)))
            connection.execute("COMMIT")
        used = time.process_time() - cpu
        stored = connection.execute("SELECT count(*) FROM bare").fetchone()[0]
        connection.close()
    if stored != number:
        raise ValueError(f"{number} rows were written and {stored} are there")
    return Rate(number / took, 1e6 * used / number)


def _database(path: Path) -> Any:
    """A database as durable as the program's: WAL, every commit synced."""
    try:
        from pysqlite3 import dbapi2 as sqlite3
    except ImportError:
        import sqlite3
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE bare (id INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT")
    return connection


def sqlite_version() -> str:
    """The SQLite that the commits are made with."""
    with tempfile.TemporaryDirectory(prefix="fedicert-limit-") as place:
        connection = _database(Path(place) / "bare.db")
        version = str(connection.execute("SELECT sqlite_version()").fetchone()[0])
        connection.close()
    return version


def _application(kind: str, size: int, folder: Path) -> Any:
    """The bare application, one route."""
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route

    content = b"x" * size
    connection = _database(folder / "bare.db") if kind == "commit" else None

    async def page(_: Request) -> Response:
        return Response(content, media_type="application/json")

    async def commit(request: Request) -> Response:
        assert connection is not None
        connection.execute("INSERT INTO bare (body) VALUES (?)", ((await request.body()).decode(),))
        return Response(b"{}", media_type="application/json")

    route: Callable[[Request], Awaitable[Response]] = commit if kind == "commit" else page
    return Starlette(routes=[Route(f"/{kind}", route, methods=["GET", "POST"])])


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve one of the bare applications, for the functions above."""
    import uvicorn

    parser = argparse.ArgumentParser(prog="python -m fedicert.rigs.limits", description=main.__doc__)
    parser.add_argument("kind", choices=["page", "commit"])
    parser.add_argument("port", type=int)
    parser.add_argument("size", type=int)
    parser.add_argument("folder", type=Path)
    chosen = parser.parse_args(arguments)
    application = _application(chosen.kind, chosen.size, chosen.folder)
    config = uvicorn.Config(
        application, host="127.0.0.1", port=chosen.port, loop="uvloop", http="httptools", access_log=False, ws="none"
    )
    with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
        runner.run(uvicorn.Server(config).serve())


if __name__ == "__main__":
    main()
