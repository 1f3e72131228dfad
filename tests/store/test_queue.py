import asyncio
from typing import Any

import pytest

from fedicert.base.clock import DAY, FrozenClock
from fedicert.base.errors import LeaseLost, NotFound
from fedicert.base.ids import SystemEntropy
from fedicert.store import queue
from fedicert.store.database import open_database
from fedicert.store.queue import Job
from fedicert.store.unit import Database, Reader, Tx


async def ask(tx: Tx, numbers: range, lane: str = "", kind: str = "count") -> None:
    for number in numbers:
        await queue.enqueue(tx, kind, {"n": number}, lane=lane)


async def run_out(tx: Tx) -> None:
    """As if every lease had run out."""
    await tx.run("UPDATE jobs SET lease_until = 1 WHERE lease_until > 0")


async def left(reader: Reader) -> int:
    return int(await reader.value("SELECT count(*) FROM jobs"))


def payloads(jobs: list[Job]) -> list[int]:
    return [job.payload["n"] for job in jobs]


async def test_a_job_is_there_with_its_fact_or_not_at_all(db: Database) -> None:
    async def fact(tx: Tx) -> None:
        await ask(tx, range(3))
        raise NotFound("no fact")

    with pytest.raises(NotFound):
        await db.write(fact)
    assert await db.write(queue.claim, "count", 10) == []


async def test_oldest_first_not_before_they_are_due_and_taken_once(db: Database, clock: FrozenClock) -> None:
    await db.write(queue.enqueue, "count", {"n": 9}, due=clock.now() + 1000)
    await db.write(ask, range(3))
    first = await db.write(queue.claim, "count", 2)
    assert payloads(first) == [0, 1]
    assert payloads(await db.write(queue.claim, "count", 5)) == [2]
    assert await db.write(queue.claim, "count", 5) == []
    assert await db.write(queue.claim, "other", 5) == []
    assert (await db.read(queue.next_due, ["count", "other"])) == {"count": clock.now()}
    clock.advance(1000)
    assert payloads(await db.write(queue.claim, "count", 5)) == [9]
    await db.write(queue.finish, *first)
    assert await db.read(left) == 2


async def test_a_late_holder_loses_and_its_effect_is_undone(db: Database) -> None:
    await db.write(ask, range(1))
    (late,) = await db.write(queue.claim, "count", 1)
    await db.write(run_out)
    (job,) = await db.write(queue.claim, "count", 1)

    async def effect(tx: Tx, job: Job) -> None:
        await tx.run("INSERT INTO settings (key, value, updated_at) VALUES ('effect', 'x', 0)")
        await queue.finish(tx, job)

    for act in (effect, queue.finish, queue.hold):
        with pytest.raises(LeaseLost):
            await db.write(act, late)
    with pytest.raises(LeaseLost):
        await db.write(queue.retry, late, 0, "no")
    with pytest.raises(LeaseLost):
        await db.write(queue.bury, late, "no")
    await db.write(queue.release, [late])
    await db.write(queue.hold, job)
    await db.write(effect, job)

    async def effects(reader: Reader) -> Any:
        return await reader.value("SELECT count(*) FROM settings WHERE key = 'effect'")

    assert await db.read(effects) == 1
    assert await db.read(left) == 0


async def test_one_key_is_one_job_with_the_latest_payload(db: Database, clock: FrozenClock) -> None:
    now = clock.now()
    await db.write(queue.enqueue, "count", {"n": 1}, key="a", due=now + 5000)
    await db.write(queue.enqueue, "count", {"n": 2}, key="a", due=now + 9000)
    await db.write(queue.enqueue, "count", {"n": 3}, key="b", due=now)
    assert await db.read(left) == 2
    assert payloads(await db.write(queue.claim, "count", 5)) == [3]
    clock.advance(5000)  # the earlier of the two
    assert payloads(await db.write(queue.claim, "count", 5)) == [2]


async def test_asked_for_while_it_runs_it_runs_once_more(db: Database, clock: FrozenClock) -> None:
    await db.write(queue.enqueue, "count", {"n": 1}, key="a")
    (job,) = await db.write(queue.claim, "count", 1)
    later = clock.now() + 3_600_000
    await db.write(queue.enqueue, "count", {"n": 2}, key="a", due=later)
    await db.write(queue.finish, job)
    assert await db.write(queue.claim, "count", 1) == []
    assert await db.read(queue.next_due, ["count"]) == {"count": later}
    clock.advance(3_600_000)
    (job,) = await db.write(queue.claim, "count", 1)
    assert job.payload == {"n": 2} and job.attempts == 0
    await db.write(queue.finish, job)
    assert await db.read(left) == 0


async def test_failures_are_kept_and_what_is_buried_can_be_asked_for_again(db: Database, clock: FrozenClock) -> None:
    await db.write(queue.enqueue, "count", {"n": 1}, key="a")
    for number in range(7):
        (job,) = await db.write(queue.claim, "count", 1)
        assert job.attempts == number
        await db.write(queue.retry, job, clock.now() + 10, f"error {number}" + "x" * 1000)
        assert await db.write(queue.claim, "count", 1) == []
        clock.advance(10)
    (job,) = await db.write(queue.claim, "count", 1)
    assert [fault.error[:7] for fault in job.faults] == [f"error {number}" for number in range(2, 7)]
    await db.write(queue.bury, job, "for good")
    assert await db.write(queue.claim, "count", 1) == []
    (dead,) = await db.read(queue.buried)
    assert (dead.payload, dead.attempts, dead.faults[-1].error) == ({"n": 1}, 8, "for good")
    assert await db.write(queue.unbury, dead.id) and not await db.write(queue.unbury, dead.id)
    (job,) = await db.write(queue.claim, "count", 1)
    assert job.attempts == 0
    await db.write(queue.bury, job, "again")
    # Asking for the same work anew revives it as well.
    await db.write(queue.enqueue, "count", {"n": 5}, key="a")
    (job,) = await db.write(queue.claim, "count", 1)
    assert job.payload == {"n": 5} and await db.read(queue.buried) == []
    await db.write(queue.bury, job, "old")
    clock.advance(31 * DAY)
    assert await db.write(queue.forget_buried, clock.now() - 30 * DAY) == 1
    assert await db.read(left) == 0


async def test_a_put_off_job_counts_no_try(db: Database, clock: FrozenClock) -> None:
    await db.write(ask, range(1))
    (job,) = await db.write(queue.claim, "count", 1)
    await db.write(queue.put_off, job, clock.now() + 10)
    assert await db.write(queue.claim, "count", 1) == []
    clock.advance(10)
    (job,) = await db.write(queue.claim, "count", 1)
    assert job.attempts == 0 and job.faults == ()


async def test_a_lane_has_one_holder_and_keeps_its_order(db: Database) -> None:
    await db.write(ask, range(5), "ada")
    await db.write(ask, range(5, 8), "bob")
    await db.write(ask, range(8, 10))
    first = await db.write(queue.claim_in_order, "count", 3)
    assert payloads(first) == [0, 1, 2]
    second = await db.write(queue.claim_in_order, "count", 10)
    assert payloads(second) == [5, 6, 7, 8, 9]
    await db.write(queue.finish, *first)
    assert payloads(await db.write(queue.claim_in_order, "count", 10)) == [3, 4]


async def test_leases_are_kept_and_given_back(db: Database) -> None:
    await db.write(ask, range(4))
    jobs = await db.write(queue.claim, "count", 2)
    jobs += await db.write(queue.claim, "count", 2)

    async def leases(reader: Reader) -> list[int]:
        return sorted({row[0] for row in await reader.all("SELECT lease_until FROM jobs")})

    before = await db.read(leases)
    await db.write(queue.keep, jobs, 600_000)
    assert (await db.read(leases))[0] > before[-1] + 500_000
    await db.write(queue.release, jobs)
    assert len(await db.write(queue.claim, "count", 9)) == 4


async def test_many_workers_take_each_job_once(database_url: str, engine: str) -> None:
    clock = FrozenClock(1_772_366_400_000)
    nodes = [await open_database(database_url, clock=clock, entropy=SystemEntropy()) for _ in range(2)]
    await nodes[0].write(ask, range(600))
    await nodes[0].write(ask, range(600, 900), "lane")
    taken: list[Job] = []
    lane: list[int] = []

    async def work(db: Database) -> None:
        while jobs := await db.write(queue.claim_in_order, "count", 7):
            taken.extend(jobs)
            lane.extend(job.payload["n"] for job in jobs if job.lane)
            await db.write(queue.finish, *jobs)

    await asyncio.gather(*(work(nodes[number % 2]) for number in range(8)))
    while len(taken) < 900:  # a worker may have found the lane held by another, with nothing else left
        await work(nodes[0])
    assert sorted(job.payload["n"] for job in taken) == list(range(900))
    assert lane == list(range(600, 900))
    assert await nodes[1].read(left) == 0
    for node in nodes:
        await node.close()


async def test_asking_wakes_whoever_waits_for_the_kind(db: Database, clock: FrozenClock) -> None:
    heard: list[Any] = []
    db.signals.subscribe("jobs:count", heard.append)
    await db.write(queue.enqueue, "count", {"n": 1}, due=clock.now() + 1)
    assert heard == []
    await db.write(ask, range(5))
    assert heard == [()]
