import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from fedicert.base.clock import FrozenClock, SystemClock
from fedicert.base.errors import RemoteRefused, RemoteUnreachable, StoreUnavailable, Unavailable
from fedicert.base.ids import SystemEntropy
from fedicert.base.log import log
from fedicert.jobs.kinds import Kind, judge
from fedicert.jobs.worker import Worker
from fedicert.operations import jobs as asking
from fedicert.operations.jobs import Job
from fedicert.store import queue
from fedicert.store.database import open_database
from fedicert.store.unit import Database, Reader, Tx

ROOT = Path(__file__).resolve().parents[2]
DEADLINE = 30.0


async def until(condition: Callable[[], Any]) -> None:
    async with asyncio.timeout(DEADLINE):
        while not condition():
            await asyncio.sleep(0.005)


async def ask(tx: Tx, *numbers: int, lane: str | None = None) -> None:
    for number in numbers:
        await asking.enqueue(tx, "count", {"n": number}, lane=lane)


async def stored(reader: Reader) -> list[dict[str, Any]]:
    return [dict(row) for row in await reader.all("SELECT * FROM jobs ORDER BY id")]


async def settings(reader: Reader) -> list[str]:
    return [row[0] for row in await reader.all("SELECT key FROM settings WHERE key LIKE 'effect%' ORDER BY key")]


class Seen:
    """Handlers that remember what they were given and fail as told."""

    def __init__(self, *errors: Exception) -> None:
        self.numbers: list[int] = []
        self.errors = list(errors)
        self.batches: list[int] = []

    async def one(self, job: Job) -> None:
        self.numbers.append(job.payload["n"])
        if self.errors:
            raise self.errors.pop(0)

    async def many(self, jobs: Sequence[Job]) -> None:
        self.batches.append(len(jobs))
        for job in jobs:
            if job.payload["n"] == 13:
                raise ValueError("poison")
        self.numbers.extend(job.payload["n"] for job in jobs)


async def test_jobs_are_done_and_gone(db: Database, entropy: Any) -> None:
    seen = Seen()
    await db.write(ask, 1, 2, 3)
    assert await Worker(db, {"count": Kind(one=seen.one)}, entropy).drain() == 3
    assert seen.numbers == [1, 2, 3]
    assert await db.read(stored) == []


async def test_asked_for_it_is_done_at_once_without_a_poll(db: Database, entropy: Any) -> None:
    seen = Seen()
    worker = Worker(db, {"count": Kind(one=seen.one)}, entropy, poll=DEADLINE * 2)
    running = asyncio.create_task(worker.run())
    await asyncio.sleep(0.05)  # it sleeps by now, or is about to
    await db.write(ask, 1)
    await until(lambda: seen.numbers == [1])
    await worker.stop()
    await running


async def test_what_another_process_asked_for_is_found_by_looking(
    database_url: str, engine: str, entropy: Any, clock: FrozenClock
) -> None:
    here = await open_database(database_url, clock=clock, entropy=SystemEntropy())
    there = await open_database(database_url, clock=clock, entropy=SystemEntropy())
    seen = Seen()
    # On PostgreSQL by its signal; on SQLite, where none comes, by the poll.
    worker = Worker(here, {"count": Kind(one=seen.one)}, entropy, poll=0.05 if engine == "sqlite" else DEADLINE * 2)
    running = asyncio.create_task(worker.run())
    if engine == "postgres":
        await here._bridge.listening.wait()  # type: ignore[attr-defined]
    await there.write(ask, 1)
    await until(lambda: seen.numbers == [1])
    await worker.stop()
    await running
    await here.close()
    await there.close()


async def test_batches_and_the_bad_one_among_them(db: Database, entropy: Any) -> None:
    seen = Seen()
    await db.write(ask, *range(120))
    worker = Worker(db, {"count": Kind(many=seen.many, batch=50)}, entropy)
    await worker.drain()
    assert sorted(seen.numbers) == [number for number in range(120) if number != 13]
    assert seen.batches[0] == 50 and seen.batches.count(1) >= 50
    (poison,) = await db.read(stored)
    assert (json.loads(poison["payload"]), poison["attempts"], poison["buried_at"]) == ({"n": 13}, 1, None)


async def test_a_batch_says_which_failed(db: Database, entropy: Any) -> None:
    async def many(jobs: Sequence[Job]) -> dict[int, Exception]:
        return {job.id: RemoteRefused("no", 403) for job in jobs if job.payload["n"] % 2}

    await db.write(ask, 0, 1, 2, 3)
    await Worker(db, {"count": Kind(many=many, batch=10)}, entropy).drain()
    assert [row["buried_at"] is not None for row in await db.read(stored)] == [True, True]


async def test_the_errors_type_decides(db: Database, entropy: Any, clock: FrozenClock) -> None:
    job = Job(1, "count", {}, "", None, 0, 1, (), 0)
    kind = Kind(one=Seen().one)

    def action(error: Exception, attempts: int = 0) -> str:
        tried = Job(1, "count", {}, "", None, attempts, 1, (), 0)
        return judge(kind, tried, error, 1000, 0.5).action

    assert action(RemoteUnreachable("later")) == "retry"
    assert action(RemoteUnreachable("later"), 12) == "retry"
    assert action(RemoteUnreachable("later"), 13) == "bury"
    assert judge(kind, job, RemoteUnreachable("later", retry_after=7200), 1000, 0.5).due == 1000 + 7_200_000
    assert action(RemoteRefused("no", 403)) == "bury"
    assert action(ValueError("bug")) == "retry" and action(ValueError("bug"), 2) == "bury"
    assert action(StoreUnavailable("disk"), 99) == "put_off" == action(Unavailable())


async def test_tried_again_in_time_and_buried_in_the_end(db: Database, entropy: Any, clock: FrozenClock) -> None:
    seen = Seen(RemoteUnreachable("later"), ValueError("bug"), ValueError("bug"))
    worker = Worker(db, {"count": Kind(one=seen.one)}, entropy)
    await db.write(ask, 5)
    await worker.drain()
    for expected in (1, 2):
        (row,) = await db.read(stored)
        assert row["attempts"] == expected and row["due"] > clock.now()
        clock.at = row["due"]
        await worker.drain()
    (row,) = await db.read(stored)
    assert row["buried_at"] == clock.now() and row["due"] is None
    assert [fault["error"] for fault in json.loads(row["errors"])] == [
        "RemoteUnreachable: later",
        "ValueError",
        "ValueError",
    ]
    assert await worker.drain() == 0


async def test_a_kind_that_finishes_its_jobs_has_its_effect_once(db: Database, entropy: Any) -> None:
    async def effect(tx: Tx, job: Job) -> None:
        await tx.run("INSERT INTO settings (key, value, updated_at) VALUES ($1, '', 0)", f"effect{job.payload['n']}")
        await asking.finish(tx, job)

    async def slow(job: Job) -> None:
        if job.payload["n"] == 1:
            # Its lease runs out and another does it meanwhile.
            await db.write(run_out)
            (again,) = await db.write(queue.claim, "count", 1)
            await db.write(effect, again)
        await db.write(effect, job)

    await db.write(ask, 1)
    worker = Worker(db, {"count": Kind(one=slow, finishes=True)}, entropy)
    await worker.drain()
    await db.write(ask, 2)
    await worker.drain()
    assert await db.read(settings) == ["effect1", "effect2"]
    assert await db.read(stored) == []


async def run_out(tx: Tx) -> None:
    await tx.run("UPDATE jobs SET lease_until = 1 WHERE lease_until > 0")


async def test_no_more_at_once_than_the_kind_allows_and_lanes_in_order(db: Database, entropy: Any) -> None:
    active = most = 0
    order: dict[str, list[int]] = {"a": [], "b": [], "": []}

    async def one(job: Job) -> None:
        nonlocal active, most
        active += 1
        most = max(most, active)
        await asyncio.sleep(0.002)
        order[job.lane].append(job.payload["n"])
        active -= 1

    for number in range(0, 30, 3):
        await db.write(ask, number, lane="a")
        await db.write(ask, number + 1, lane="b")
        await db.write(ask, number + 2)
    worker = Worker(db, {"count": Kind(one=one, at_once=3, in_order=True)}, entropy)
    running = asyncio.create_task(worker.run())
    await until(lambda: sum(map(len, order.values())) == 30)
    await worker.stop()
    await running
    assert order["a"] == list(range(0, 30, 3)) and order["b"] == list(range(1, 30, 3))
    assert most <= 3


async def test_stopped_it_gives_back_what_it_holds(db: Database, entropy: Any) -> None:
    begun = asyncio.Event()

    async def endless(job: Job) -> None:
        begun.set()
        await asyncio.Event().wait()

    await db.write(ask, 1, 2)
    worker = Worker(db, {"count": Kind(one=endless)}, entropy)
    running = asyncio.create_task(worker.run())
    await begun.wait()
    await worker.stop(grace=0.01)
    await running
    seen = Seen()
    assert await Worker(db, {"count": Kind(one=seen.one)}, entropy).drain() == 2
    assert seen.numbers == [1, 2]


async def test_stopping_lets_what_is_under_way_end(db: Database, entropy: Any) -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def slow(job: Job) -> None:
        begun.set()
        await go_on.wait()

    await db.write(ask, 1)
    worker = Worker(db, {"count": Kind(one=slow)}, entropy)
    running = asyncio.create_task(worker.run())
    await begun.wait()
    stopping = asyncio.create_task(worker.stop(grace=DEADLINE))
    await asyncio.sleep(0)
    go_on.set()
    await stopping
    await running
    assert await db.read(stored) == []


async def test_leases_of_long_jobs_are_renewed(database_url: str, entropy: Any) -> None:
    db = await open_database(database_url, clock=SystemClock(), entropy=SystemEntropy())
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def slow(job: Job) -> None:
        begun.set()
        await go_on.wait()

    await db.write(ask, 1)
    worker = Worker(db, {"count": Kind(one=slow)}, entropy, lease=600)
    running = asyncio.create_task(worker.run())
    await begun.wait()
    (first,) = await db.read(stored)
    async with asyncio.timeout(DEADLINE):
        while (await db.read(stored))[0]["lease_until"] < first["lease_until"] + 1000:
            assert await db.write(queue.claim, "count", 1) == []
            await asyncio.sleep(0.05)
    go_on.set()
    await worker.stop()
    await running
    assert await db.read(stored) == []
    await db.close()


async def test_one_line_a_job(db: Database, entropy: Any, tmp_path: Path) -> None:
    path = tmp_path / "log"
    with path.open("w") as stream:
        log.configure(stream=stream)
        await db.write(ask, 1, 2)
        await Worker(db, {"count": Kind(one=Seen(RemoteRefused("no", 403)).one)}, entropy).drain()
        log.configure(stream=sys.stderr)
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    jobs = [line for line in lines if line["event"] == "job"]
    assert [(line["kind"], line["outcome"], line.get("error")) for line in jobs] == [
        ("count", "buried", "RemoteRefused"),
        ("count", "done", None),
    ]


WORKER = """
import asyncio, sys
from fedicert.base.clock import SystemClock
from fedicert.base.ids import SystemEntropy
from fedicert.jobs.kinds import Kind
from fedicert.jobs.worker import Worker
from fedicert.operations import jobs as asking
from fedicert.store.database import open_database

async def effect(tx, job):
    await tx.run("INSERT INTO settings (key, value, updated_at) VALUES ($1, '', 0)", f"effect{job.payload['n']:05}")
    await asking.finish(tx, job)

async def main(url):
    db = await open_database(url, clock=SystemClock(), entropy=SystemEntropy())
    async def one(job):
        await asyncio.sleep(0.02)
        await db.write(effect, job)
    kinds = {"count": Kind(one=one, at_once=8, finishes=True)}
    print("up", flush=True)
    await Worker(db, kinds, SystemEntropy(), poll=0.05, lease=400).run()

asyncio.run(main(sys.argv[1]))
"""


async def test_killed_workers_leave_their_jobs_to_be_retaken(database_url: str, engine: str) -> None:
    """Two processes at a time, killed again and again: nothing is lost, no effect is there twice (that would fail on
    the key, and bury the job)."""
    total = 400
    db = await open_database(database_url, clock=SystemClock(), entropy=SystemEntropy())
    await db.write(ask, *range(total))
    kills = 0
    workers: list[subprocess.Popen[str]] = []
    deadline = time.monotonic() + 90

    async def start() -> subprocess.Popen[str]:
        child = subprocess.Popen(
            [sys.executable, "-c", WORKER, database_url],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert child.stdout is not None
        assert await asyncio.to_thread(child.stdout.readline) == "up\n"
        return child

    try:
        while len(await db.read(settings)) < total:
            assert time.monotonic() < deadline
            while len(workers) < (1 if engine == "sqlite" else 2):
                workers.append(await start())
            before = len(await db.read(settings))
            async with asyncio.timeout(DEADLINE):
                while before < total and len(await db.read(settings)) <= before:
                    await asyncio.sleep(0.005)
            if kills < 4:
                victim = workers.pop(0)
                os.kill(victim.pid, signal.SIGKILL)
                await asyncio.to_thread(victim.wait)
                kills += 1
    finally:
        for child in workers:
            child.kill()
            child.wait()
    assert await db.read(settings) == [f"effect{number:05}" for number in range(total)]
    assert kills == 4
    assert [row for row in await db.read(stored) if row["buried_at"] is not None] == []
    await db.close()


async def test_cancelled_in_the_middle_of_a_claim_nothing_stays_taken(db: Database, entropy: Any) -> None:
    """Whatever await a cancellation hits, what was claimed is given back by `stop`."""
    await db.write(ask, *range(20))
    for turns in range(12):
        worker = Worker(db, {"count": Kind(one=lambda job: asyncio.Event().wait())}, entropy)  # type: ignore[arg-type, return-value]
        running = asyncio.create_task(worker.run())
        for _ in range(turns):
            await asyncio.sleep(0)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await worker.stop(grace=0.0)
        assert [row["lease_until"] for row in await db.read(stored)] == [0] * 20
