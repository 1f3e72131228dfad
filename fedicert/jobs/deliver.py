"""Delivers: claims lanes, hands each to the courier, writes down what the other servers said.

A lane is one host (`store/lanes.py` has the rules of order, breaker and patience; `remote.courier` those of connections
and of slow hosts). What came of many lanes is written in one unit of work. Killed, it leaves its lanes to whoever comes
when their leases run out: an activity may then be sent twice, which its id makes harmless.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from functools import partial
from typing import Any

from fedicert.activitypub import synchronization
from fedicert.base.clock import SECOND
from fedicert.base.errors import CourierLost, StoreError
from fedicert.base.log import Level, log
from fedicert.remote.parcels import GONE, UNREACHABLE, Outcome, Parcel
from fedicert.store import lanes
from fedicert.store.lanes import Failure, Lane
from fedicert.store.patience import PATIENT, Patience
from fedicert.store.signals import RESYNC
from fedicert.store.unit import Database

Deliver = Callable[[Sequence[Parcel]], Awaitable[list[Outcome]]]
Line = tuple[Level, dict[str, Any]]
Gone = Callable[[Sequence[str]], Awaitable[None]]

POLL_SECONDS = 1.0
LANES_AT_ONCE = 512
# Claimed when there is room for so many: a claim looks at all lanes that are due, and costs a commit.
LANES_A_CLAIM = 128
# Outcomes gather this long, or until so many lanes came back.
GATHER_SECONDS = 0.05
LOST_PAUSE = 1.0


class Deliverer:
    """Keeps lanes under way until it is stopped. `deliver` is the courier's; `gone` hears of inboxes that said 410."""

    def __init__(
        self,
        db: Database,
        deliver: Deliver,
        *,
        gone: Gone | None = None,
        poll: float = POLL_SECONDS,
        at_once: int = LANES_AT_ONCE,
        lease: int = lanes.LANE_LEASE,
        patience: Patience = PATIENT,
    ) -> None:
        self._db = db
        self._deliver = deliver
        self._gone = gone
        self._poll = poll
        self._at_once = at_once
        self._a_claim = min(LANES_A_CLAIM, at_once)
        self._lease = lease
        self._patience = patience
        self._wake = asyncio.Event()
        self._under_way: dict[str, Lane] = {}
        self._carried: set[asyncio.Future[list[Outcome]]] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._ended: list[lanes.Outcome] = []
        self._told: list[Line] = []
        self._writing: asyncio.Task[None] | None = None
        self._stopping = False
        self._running = False
        self._stopped = asyncio.Event()

    async def run(self) -> None:
        """Deliver until `stop`. An unavailable database is waited for."""
        ends = [self._db.signals.subscribe(kind, lambda _: self._wake.set()) for kind in ("lanes", RESYNC)]
        renewing = asyncio.create_task(self._renew())
        self._running = True
        try:
            while not self._stopping:
                self._wake.clear()
                pause = await self._round()
                if pause > 0 and not self._stopping:
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(pause):
                            await self._wake.wait()
        finally:
            for end in ends:
                end()
            renewing.cancel()
            await asyncio.gather(renewing, return_exceptions=True)
            self._stopped.set()

    async def stop(self, grace: float = 5.0) -> None:
        """Claim no more; what is under way may end for `grace` seconds, the rest is given back untried."""
        self._stopping = True
        self._wake.set()
        if self._running:
            await self._stopped.wait()
        under_way: set[asyncio.Future[Any]] = {*self._carried, *self._tasks}
        if under_way:
            await asyncio.wait(under_way, timeout=grace)
            late: list[asyncio.Future[Any]] = [*self._carried, *self._tasks]
            for each in late:
                each.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        await self._written()
        log.many("delivery", self._told)
        left = [(lane.host, lane.token) for lane in self._under_way.values()]
        if left:
            with contextlib.suppress(StoreError):
                await self._db.write(lanes.release, left)
            self._under_way.clear()

    async def drain(self, rounds: int = 10_000) -> int:
        """Deliver everything that is due now; how many deliveries were tried. For tests, never beside `run`."""
        tried = 0
        for _ in range(rounds):
            claimed = await self._claim(LANES_A_CLAIM)
            if not claimed:
                return tried
            self._carry(claimed)
            while self._carried or self._tasks:
                under_way: list[asyncio.Future[Any]] = [*self._carried, *self._tasks]
                await asyncio.gather(*under_way, return_exceptions=True)
            await self._written()
            tried += sum(len(lane.deliveries) for lane in claimed)
        return tried

    async def _round(self) -> float:
        if self._at_once - len(self._under_way) < self._a_claim:
            return self._poll  # a lane that comes back wakes
        try:
            claimed = await self._claim(self._a_claim)
            self._carry(claimed)
            if claimed:
                return 0.0
            due = await self._db.read(lanes.next_due)
            now = self._db.clock.now()
            return self._poll if due is None or due <= now else min(self._poll, (due - now) / SECOND)
        except StoreError as error:
            log("deliverer_waits", "warning", error=type(error).__name__, message=str(error))
        except Exception as error:
            log.failure("deliverer_failed", error)
        return self._poll

    async def _claim(self, limit: int) -> list[Lane]:
        claiming = asyncio.ensure_future(self._db.write(lanes.claim, limit, lease=self._lease))
        try:
            claimed = await asyncio.shield(claiming)
        except asyncio.CancelledError:
            # The claim may be durable all the same: `stop` gives back what it took.
            self._under_way.update((lane.host, lane) for lane in await claiming)
            raise
        # A host still under way here was taken from us by the clock: its old outcome counts for nothing.
        self._under_way.update((lane.host, lane) for lane in claimed)
        return [] if self._stopping else claimed

    def _carry(self, claimed: Sequence[Lane]) -> None:
        """Lanes to the courier; each comes back by itself, without a task of its own."""
        for lane in claimed:
            orders = lanes.orders(lane.deliveries)
            parcels = [
                Parcel(
                    delivery=delivery.id,
                    inbox=delivery.inbox,
                    body=delivery.body_id,
                    key=delivery.signer,
                    order=orders[delivery.id],
                    proven=lane.proven,
                    synchronization="" if delivery.stated is None else synchronization.write(*delivery.stated),
                )
                for delivery in lane.deliveries
            ]
            carried = asyncio.ensure_future(self._deliver(parcels))
            self._carried.add(carried)
            carried.add_done_callback(partial(self._came_back, lane))

    def _came_back(self, lane: Lane, carried: asyncio.Future[list[Outcome]]) -> None:
        self._carried.discard(carried)
        if carried.cancelled():
            return  # still in `_under_way`: `stop` gives it back
        error = carried.exception()
        if error is None:
            outcomes = carried.result()
            ended = judge(lane, outcomes, self._told)
            if self._gone is not None and any(outcome.fault == GONE for outcome in outcomes):
                self._spawn(self._tell_gone(lane, outcomes, ended))
            else:
                self._end(ended)
        elif isinstance(error, CourierLost):
            log("courier_lost", "warning", host=lane.host, message=str(error))
            self._spawn(self._end_later(lanes.Outcome(lane.host, lane.token)))
        else:
            # A bug: as if each had failed, so that it is tried again in time and buried in the end.
            log.failure("delivery_failed", error, host=lane.host)
            failures = tuple(Failure(delivery, type(error).__name__) for delivery in lane.deliveries)
            self._end(lanes.Outcome(lane.host, lane.token, failures=failures))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _end_later(self, ended: lanes.Outcome) -> None:
        await asyncio.sleep(LOST_PAUSE)
        self._end(ended)

    async def _tell_gone(self, lane: Lane, outcomes: Sequence[Outcome], ended: lanes.Outcome) -> None:
        said = {outcome.delivery for outcome in outcomes if outcome.fault == GONE}
        assert self._gone is not None
        try:
            await self._gone(sorted({delivery.inbox for delivery in lane.deliveries if delivery.id in said}))
        except Exception as error:
            log.failure("gone_not_told", error, host=lane.host)
        self._end(ended)

    def _end(self, ended: lanes.Outcome) -> None:
        self._ended.append(ended)
        if self._writing is None:
            self._writing = asyncio.create_task(self._write())

    async def _write(self) -> None:
        """Write what came back, many lanes in one unit, until nothing is left."""
        try:
            while self._ended:
                if len(self._ended) < LANES_A_CLAIM and len(self._ended) < len(self._under_way):
                    await asyncio.sleep(GATHER_SECONDS)
                batch: dict[str, lanes.Outcome] = {}
                later = []
                for ended in self._ended:
                    if ended.host in batch or len(batch) >= LANES_A_CLAIM:
                        later.append(ended)
                    else:
                        batch[ended.host] = ended
                self._ended = later
                await self._settle(list(batch.values()))
        finally:
            self._writing = None
            self._wake.set()

    async def _settle(self, ended: list[lanes.Outcome]) -> None:
        told, self._told = self._told, []
        log.many("delivery", told)
        try:
            for host in await self._db.write(lanes.settle, ended, self._patience):
                log("lane_lost", "warning", host=host)
        except StoreError as error:
            # Nothing can be written down: the leases run out, and these are sent once more.
            log("lanes_unsettled", "warning", lanes=len(ended), error=type(error).__name__)
        except Exception as error:
            log.failure("lanes_unsettled", error, lanes=len(ended))
        for outcome in ended:
            lane = self._under_way.get(outcome.host)
            if lane is not None and lane.token == outcome.token:
                del self._under_way[outcome.host]

    async def _written(self) -> None:
        while self._writing is not None:
            await asyncio.shield(self._writing)

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(self._lease / SECOND / 3)
            held = [(lane.host, lane.token) for lane in self._under_way.values()]
            if not held:
                continue
            try:
                await self._db.write(lanes.keep, held, self._lease)
            except StoreError as error:
                log("lanes_not_renewed", "warning", lanes=len(held), error=type(error).__name__)


def judge(lane: Lane, outcomes: Sequence[Outcome], told: list[Line]) -> lanes.Outcome:
    """What the courier's outcomes say about a lane; a line of the log for each is added to `told`.

    What only waited behind another wasn't tried.
    """
    orders = lanes.orders(lane.deliveries)
    said = {outcome.delivery: outcome for outcome in outcomes}
    taken: list[int] = []
    served: set[str] = set()
    answered: list[int] = []
    refused: list[int] = []
    failures: list[Failure] = []
    stuck: set[int] = set()
    for delivery in lane.deliveries:
        outcome = said.get(delivery.id)
        order = orders[delivery.id]
        if outcome is None or (order and order in stuck):
            continue
        if outcome.delivered:
            taken.append(delivery.id)
            served.add(delivery.inbox)
            if delivery.pair_key:
                answered.append(delivery.body_id)
        elif outcome.fault == UNREACHABLE:
            after = None if outcome.retry_after is None else outcome.retry_after * SECOND
            failures.append(Failure(delivery, _said(outcome), after))
            stuck.add(order)
        else:
            refused.append(delivery.id)
        about = {
            "host": lane.host,
            "delivery": delivery.id,
            "activity": delivery.body_id,
            "attempt": delivery.attempts + 1,
            "outcome": outcome.fault or "taken",
            "status": outcome.status,
            "ms": outcome.milliseconds,
        }
        told.append(("info" if outcome.delivered else "warning", about))
    return lanes.Outcome(
        lane.host, lane.token, tuple(taken), tuple(refused), tuple(failures), tuple(served), tuple(answered)
    )


def _said(outcome: Outcome) -> str:
    return f"{outcome.status} {outcome.reason}".strip() if outcome.status else outcome.reason
