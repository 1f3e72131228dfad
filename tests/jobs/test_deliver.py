import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from fedicert.base.clock import HOUR, FrozenClock
from fedicert.base.errors import CourierLost
from fedicert.jobs import deliver
from fedicert.jobs.deliver import Deliverer
from fedicert.remote.parcels import GONE, REFUSED, UNREACHABLE, Outcome, Parcel
from fedicert.store import lanes
from fedicert.store.patience import Patience
from fedicert.store.tables import deliveries
from fedicert.store.unit import Database, Reader, Tx

DEADLINE = 30.0


async def post(tx: Tx, number: int, *hosts: str, about: str | None = None) -> None:
    targets = [(host, f"https://{host}/inbox") for host in hosts]
    await deliveries.add(
        tx,
        body_id=number,
        body="{}",
        signer=7,
        object_key=f"o{number}" if about is None else about,
        pair_key="",
        targets=targets,
    )


async def rows(reader: Reader) -> list[dict[str, Any]]:
    return [dict(row) for row in await reader.all("SELECT * FROM deliveries ORDER BY id")]


async def until(condition: Callable[[], Any]) -> None:
    async with asyncio.timeout(DEADLINE):
        while not condition():
            await asyncio.sleep(0.005)


class Courier:
    """Answers for other servers, host by host: a fault and a status, or nothing for 2xx."""

    def __init__(self, **faults: Outcome | Exception) -> None:
        self.faults = {host.replace("_", "."): fault for host, fault in faults.items()}
        self.carried: list[tuple[str, int, int]] = []

    async def deliver(self, parcels: Sequence[Parcel]) -> list[Outcome]:
        said = []
        for parcel in parcels:
            host = parcel.inbox.split("/")[2]
            fault = self.faults.get(host)
            if isinstance(fault, Exception):
                raise fault
            self.carried.append((host, parcel.body, parcel.key))
            outcome = fault or Outcome(0, status=202)
            said.append(Outcome(parcel.delivery, outcome.fault, outcome.status, retry_after=outcome.retry_after))
        return said


async def test_what_was_taken_is_gone_and_the_rest_is_kept(db: Database, clock: FrozenClock) -> None:
    gone: list[str] = []

    async def tell(said: Sequence[str]) -> None:
        gone.extend(said)

    courier = Courier(
        b_example=Outcome(0, UNREACHABLE, 503, retry_after=7200),
        c_example=Outcome(0, REFUSED, 401),
        d_example=Outcome(0, GONE, 410),
    )
    await db.write(post, 1, "a.example", "b.example", "c.example", "d.example")
    assert await Deliverer(db, courier.deliver, gone=tell).drain() == 4
    assert sorted(courier.carried) == [(f"{letter}.example", 1, 7) for letter in "abcd"]
    assert gone == ["https://d.example/inbox"]
    (left,) = await db.read(rows)
    assert (left["host"], left["attempts"]) == ("b.example", 1)
    assert left["due"] >= clock.now() + 2 * HOUR
    assert "503" in left["errors"]


async def test_it_runs_when_there_is_something_to_send(db: Database) -> None:
    courier = Courier()
    deliverer = Deliverer(db, courier.deliver, poll=DEADLINE * 2)
    running = asyncio.create_task(deliverer.run())
    await asyncio.sleep(0.02)
    for number in range(40):
        await db.write(post, number, *(f"h{host}.example" for host in range(number % 7 + 1)))
    expected = sum(number % 7 + 1 for number in range(40))
    await until(lambda: len(courier.carried) == expected)
    await deliverer.stop()
    await running
    assert await db.read(rows) == []
    for host in range(7):
        bodies = [body for name, body, _ in courier.carried if name == f"h{host}.example"]
        assert bodies == sorted(bodies)


async def test_a_lost_courier_costs_no_try(db: Database, monkeypatch: Any) -> None:
    monkeypatch.setattr(deliver, "LOST_PAUSE", 0.0)
    courier = Courier(a_example=CourierLost("it died"))
    await db.write(post, 1, "a.example")
    deliverer = Deliverer(db, courier.deliver)
    running = asyncio.create_task(deliverer.run())
    await asyncio.sleep(0.05)
    courier.faults.clear()
    await until(lambda: courier.carried)
    await deliverer.stop()
    await running
    assert await db.read(rows) == []


async def test_a_bug_in_the_courier_is_a_failed_try(db: Database) -> None:
    await db.write(post, 1, "a.example")
    await Deliverer(db, Courier(a_example=ValueError("bug")).deliver).drain()
    (left,) = await db.read(rows)
    assert left["attempts"] == 1 and "ValueError" in left["errors"]


async def test_it_tries_as_often_as_the_admin_says(db: Database, clock: FrozenClock) -> None:
    await db.write(post, 1, "a.example")
    courier = Courier(a_example=Outcome(0, UNREACHABLE, 503))
    deliverer = Deliverer(db, courier.deliver, patience=Patience(tries=2))
    for _ in range(4):
        await deliverer.drain()
        clock.advance(HOUR)
    (left,) = await db.read(rows)
    assert (left["attempts"], left["due"], len(courier.carried)) == (2, None, 2)


async def test_stopped_it_gives_its_lanes_back(db: Database) -> None:
    begun = asyncio.Event()

    async def endless(parcels: Sequence[Parcel]) -> list[Outcome]:
        begun.set()
        await asyncio.Event().wait()
        return []

    await db.write(post, 1, "a.example", "b.example")
    deliverer = Deliverer(db, endless)
    running = asyncio.create_task(deliverer.run())
    await begun.wait()
    await deliverer.stop(grace=0.01)
    await running
    courier = Courier()
    assert await Deliverer(db, courier.deliver).drain() == 2
    assert await db.read(rows) == []


async def test_what_waited_behind_a_failure_was_not_tried(db: Database) -> None:
    for number in (1, 2, 3):
        await db.write(post, number, "a.example", about="post" if number < 3 else "else")
    (lane,) = await db.write(lanes.claim, 1)
    outcomes = [Outcome(d.id, UNREACHABLE if d.body_id < 3 else "") for d in lane.deliveries]
    told: list[deliver.Line] = []
    judged = deliver.judge(lane, outcomes, told)
    assert [failure.delivery.body_id for failure in judged.failures] == [1]
    assert judged.taken == (lane.deliveries[2].id,)
    assert [(level, line["outcome"]) for level, line in told] == [("warning", UNREACHABLE), ("info", "taken")]
    await db.write(lanes.settle, [judged])
    assert [(row["body"], row["attempts"]) for row in await db.read(rows)] == [(1, 1), (2, 0)]
