"""An end in time: jobs that don't let themselves be broken off, and commands that never say anything, hold nobody up."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from fedicert.base.errors import StoreUnavailable
from fedicert.jobs import commands, running
from fedicert.jobs.kinds import Kind
from fedicert.jobs.worker import Worker
from fedicert.operations import jobs
from fedicert.operations.commands import socket_address
from fedicert.store.unit import Database

DEADLINE = 30.0
ROOT = Path(__file__).resolve().parents[2]
STUBBORN = """
import asyncio, os, threading, time
from fedicert import server
from fedicert.base.clock import SystemClock
from fedicert.base.ids import SystemEntropy
from fedicert.config import load
from fedicert.jobs.opening import open_house
server.LAST_SECONDS = 1.0
async def never():
    while True:
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            continue
async def main():
    house = await open_house(load(None, os.environ), SystemClock(), SystemEntropy(), lambda _: None)
    held = asyncio.create_task(never())
    threading.Thread(target=time.sleep, args=(3600,)).start()
    await server.SERVING
    await house.close()
asyncio.run(main())
"""
SERVE = 'serve(house, socket.create_server(("127.0.0.1", 0)), ready=lambda: print("up", flush=True))'
WORK = 'work(house, ready=lambda: print("up", flush=True))'


async def test_a_job_that_ignores_its_end_holds_nobody_up(db: Database, entropy: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("fedicert.jobs.worker.BREAK_OFF_SECONDS", 0.05)
    begun, let_go = asyncio.Event(), asyncio.Event()

    async def stubborn(_: Any) -> None:
        begun.set()
        while not let_go.is_set():
            try:
                await let_go.wait()
            except asyncio.CancelledError:
                continue

    await db.write(jobs.enqueue, "stubborn", {})
    worker = Worker(db, {"stubborn": Kind(one=stubborn)}, entropy)
    run = asyncio.create_task(worker.run())
    async with asyncio.timeout(DEADLINE):
        await begun.wait()
        await worker.stop(grace=0.01)
        await run
    assert await db.read(_leased) == 0, "given back, so that the next process takes it at once"
    let_go.set()
    await asyncio.sleep(0)


async def _leased(reader: Any) -> int:
    return int(await reader.value("SELECT COUNT(*) FROM jobs WHERE lease_until > 0"))


async def test_a_command_that_says_nothing_holds_nobody_up(db: Database, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(commands, "LAST_SECONDS", 0.05)
    path = tmp_path / "commands.sock"
    begun = time.monotonic()
    async with asyncio.timeout(DEADLINE):
        async with commands.listening(db, path):
            with socket_address(path) as address:
                _, writer = await asyncio.open_unix_connection(address)
            await asyncio.sleep(0.01)
        writer.close()
    assert time.monotonic() - begun < DEADLINE


async def test_a_database_away_at_the_start_is_waited_for(monkeypatch: Any) -> None:
    monkeypatch.setattr(running, "POLL_SECONDS", 0.01)
    tries = 0

    class Away:
        async def write(self, operation: Any, *values: Any) -> None:
            nonlocal tries
            tries += 1
            if tries < 3:
                raise StoreUnavailable("not now")

    work = running.Work.__new__(running.Work)
    work._db, work._trust = Away(), ()  # type: ignore[assignment]
    work.certifying = SimpleNamespace(every=60_000)  # type: ignore[assignment]
    async with asyncio.timeout(DEADLINE):
        await work._begin_rounds()
    assert tries == 4  # away twice, then the rounds and the trust list


@pytest.mark.parametrize("what", [SERVE, WORK], ids=["serve", "work"])
def test_the_process_ends_whatever_holds_it_up(tmp_path: Path, what: str) -> None:
    program = STUBBORN.replace("import asyncio,", "import socket, asyncio,").replace("SERVING", what)
    process = subprocess.Popen(
        [sys.executable, "-c", program],
        env={**os.environ, "FEDICERT_DATA_DIR": str(tmp_path / "data"), "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n", process.communicate()
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=DEADLINE)
        assert process.returncode == 1
        assert "stopped_late" in err
    finally:
        process.kill()
        process.wait()
