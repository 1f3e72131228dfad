"""Does the jobs: takes what is due, hands it to the handler of its kind, writes down what became of it.

It is woken by signals when a unit that asked for a job is durable, and looks by itself once a second besides. A handler
that raises says by the error's type whether to try again (`kinds.judge`). Leases of what takes long are renewed; a
worker that is killed leaves its jobs to whoever comes when they run out, one that is stopped gives them back at once.
It holds no unit of work while a handler runs and knows no kind of job by name.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable, Sequence

from fedicert.base.clock import SECOND
from fedicert.base.errors import FedicertError, LeaseLost, StoreError
from fedicert.base.ids import Entropy
from fedicert.base.log import log
from fedicert.jobs.kinds import Failures, Kind, Kinds, Verdict, described, judge
from fedicert.store import queue
from fedicert.store.patience import chance_of
from fedicert.store.queue import Job
from fedicert.store.signals import RESYNC
from fedicert.store.unit import Database

POLL_SECONDS = 1.0
# Claims of single jobs in one unit.
CLAIMED_AT_ONCE = 50
# How long a job may take to notice that it is broken off.
BREAK_OFF_SECONDS = 1.0


class Worker:
    """Runs jobs of the given kinds from one database until it is stopped."""

    def __init__(
        self, db: Database, kinds: Kinds, entropy: Entropy, *, poll: float = POLL_SECONDS, lease: int = queue.LEASE
    ) -> None:
        self._db = db
        self._kinds = dict(kinds)
        self._entropy = entropy
        self._poll = poll
        self._lease = lease
        self._wake = asyncio.Event()
        self._hints = set(self._kinds)
        self._tasks: dict[str, set[asyncio.Task[None]]] = {name: set() for name in self._kinds}
        self._held: dict[int, Job] = {}
        self._stopping = False
        self._running = False
        self._stopped = asyncio.Event()

    async def run(self) -> None:
        """Work until `stop`. An unavailable database is waited for."""
        ends = [self._db.signals.subscribe(f"jobs:{name}", self._hint(name)) for name in self._kinds]
        ends.append(self._db.signals.subscribe(RESYNC, lambda _: self._look_everywhere()))
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

    async def stop(self, grace: float = 8.0) -> None:
        """Take no more, let what is under way end for `grace` seconds, then break it off and give it back.

        A job that doesn't let itself be broken off is given back too: whoever takes it next finds the row it was.
        """
        self._stopping = True
        self._wake.set()
        if self._running:
            await self._stopped.wait()
        under_way = {task for tasks in self._tasks.values() for task in tasks}
        if under_way:
            _, late = await asyncio.wait(under_way, timeout=grace)
            for task in late:
                task.cancel()
            if late:
                _, stuck = await asyncio.wait(late, timeout=BREAK_OFF_SECONDS)
                for task in stuck:
                    log("job_not_broken_off", "warning", task=task.get_name())
        left = list(self._held.values())
        if left:
            with contextlib.suppress(StoreError):
                await self._db.write(queue.release, left)
            self._held.clear()

    async def drain(self, rounds: int = 10_000) -> int:
        """Do everything that is due now, one kind after another, until nothing is left; how many jobs. For tests and
        commands, never beside `run`."""
        done = 0
        for _ in range(rounds):
            claimed = 0
            due = await self._due()
            for name, kind in self._kinds.items():
                if name not in due:
                    continue  # a claim is a unit of work, and there are some forty kinds
                for jobs in await self._claim(name, kind, kind.batch if kind.many else CLAIMED_AT_ONCE):
                    claimed += len(jobs)
                    await self._do(kind, jobs)
                due = await self._due()
            if not claimed:
                return done
            done += claimed
        return done

    async def _due(self) -> set[str]:
        now = self._db.clock.now()
        found = await self._db.read(queue.next_due, list(self._kinds))
        return {name for name, due in found.items() if due <= now}

    async def late(self) -> int:
        """How long (ms) the job that waits longest has been due; 0 where none is."""
        dues = (await self._db.read(queue.next_due, list(self._kinds))).values()
        now = self._db.clock.now()
        return max(0, now - min(dues, default=now))

    def _hint(self, name: str) -> Callable[[tuple[int, ...]], None]:
        def hinted(_: tuple[int, ...]) -> None:
            self._hints.add(name)
            self._wake.set()

        return hinted

    def _look_everywhere(self) -> None:
        self._hints.update(self._kinds)
        self._wake.set()

    async def _round(self) -> float:
        """Start what can be started; how many seconds until it is worth looking again."""
        try:
            started = False
            for name in sorted(self._hints):
                started |= await self._start(name, self._kinds[name])
            if started or self._wake.is_set():
                return 0.0
            return await self._until_next()
        except StoreError as error:
            log("worker_waits", "warning", error=type(error).__name__, message=str(error))
            self._hints.update(self._kinds)
            return self._poll
        except Exception as error:
            log.failure("worker_failed", error)
            self._hints.update(self._kinds)
            return self._poll

    async def _start(self, name: str, kind: Kind) -> bool:
        running = self._tasks[name]
        room = kind.at_once - len(running)
        if room <= 0 or self._stopping:
            return False  # the hint stays for whoever ends
        self._hints.discard(name)
        limit = kind.batch if kind.many else min(room, CLAIMED_AT_ONCE)
        bunches = await self._claim(name, kind, limit)
        for jobs in bunches:
            task = asyncio.create_task(self._do(kind, jobs))
            running.add(task)
            task.add_done_callback(lambda task, name=name: self._ended(name, task))  # type: ignore[misc]
        if sum(len(jobs) for jobs in bunches) >= limit:
            self._hints.add(name)  # there may be more; who asks for another hints by itself
        return bool(bunches)

    def _ended(self, name: str, task: asyncio.Task[None]) -> None:
        self._tasks[name].discard(task)
        if self._kinds[name].in_order:
            self._hints.add(name)  # its lanes are free
        self._wake.set()
        if not task.cancelled() and (error := task.exception()) is not None:
            log.failure("worker_failed", error, kind=name)

    async def _claim(self, name: str, kind: Kind, limit: int) -> list[list[Job]]:
        """What to do, bunch by bunch: a batch, or a lane's jobs in order, or a job alone."""
        claiming = asyncio.ensure_future(
            self._db.write(queue.claim_in_order if kind.in_order else queue.claim, name, limit, lease=self._lease)
        )
        try:
            jobs = await asyncio.shield(claiming)
        except asyncio.CancelledError:
            # The claim may be durable all the same: `stop` gives back what it took.
            self._held.update((job.id, job) for job in await claiming)
            raise
        self._held.update((job.id, job) for job in jobs)
        if not jobs or self._stopping:
            return []
        if kind.many:
            return [jobs]
        bunches: dict[str, list[Job]] = {}
        for job in jobs:
            bunches.setdefault(job.lane if kind.in_order and job.lane else f" {job.id}", []).append(job)
        return list(bunches.values())

    async def _until_next(self) -> float:
        """Look which kinds have something due; seconds until the next is, at most a poll."""
        now = self._db.clock.now()
        pause = self._poll
        for name, due in (await self._db.read(queue.next_due, list(self._kinds))).items():
            if due > now:
                pause = min(pause, (due - now) / SECOND)
            elif len(self._tasks[name]) < self._kinds[name].at_once:
                self._hints.add(name)
        return pause

    async def _do(self, kind: Kind, jobs: list[Job]) -> None:
        try:
            if kind.one is not None:
                for job in jobs:
                    await self._alone(kind, job)
            else:
                await self._together(kind, jobs)
        except asyncio.CancelledError:
            raise  # still in `_held`: `stop` gives them back
        except StoreError as error:
            # Nothing can be written down: the leases run out and somebody takes them again.
            log("job_unsettled", "warning", kind=jobs[0].kind, error=type(error).__name__)
            self._forget(jobs)
        else:
            self._forget(jobs)

    def _forget(self, jobs: Sequence[Job]) -> None:
        for job in jobs:
            self._held.pop(job.id, None)

    async def _together(self, kind: Kind, jobs: Sequence[Job]) -> None:
        assert kind.many is not None
        begun = time.monotonic()
        try:
            failures = await kind.many(jobs) or {}
        except Exception as error:
            if len(jobs) == 1:
                await self._settle(kind, jobs, {jobs[0].id: error}, begun)
                return
            log("batch_taken_apart", "warning", kind=jobs[0].kind, jobs=len(jobs), error=type(error).__name__)
            for job in jobs:
                await self._together(kind, [job])
        else:
            await self._settle(kind, jobs, failures, begun)

    async def _alone(self, kind: Kind, job: Job) -> None:
        assert kind.one is not None
        begun = time.monotonic()
        try:
            await kind.one(job)
        except Exception as error:
            await self._settle(kind, [job], {job.id: error}, begun)
        else:
            await self._settle(kind, [job], {}, begun)

    async def _settle(self, kind: Kind, jobs: Sequence[Job], failures: Failures, begun: float) -> None:
        failed = dict(failures)
        done = [job for job in jobs if job.id not in failed]
        if done and not kind.finishes:
            failed |= await self._finish(done)
        milliseconds = round((time.monotonic() - begun) * 1000)
        for job in jobs:
            error = failed.get(job.id)
            outcome = "done" if error is None else await self._failed(kind, job, error)
            log(
                "job",
                "info" if error is None else "warning",
                kind=job.kind,
                job=job.id,
                attempt=job.attempts + 1,
                ms=milliseconds,
                outcome=outcome,
                **({} if error is None else {"error": type(error).__name__}),
            )

    async def _finish(self, jobs: list[Job]) -> dict[int, Exception]:
        try:
            await self._db.write(queue.finish, *jobs)
        except LeaseLost as error:
            if len(jobs) == 1:
                return {jobs[0].id: error}
            lost: dict[int, Exception] = {}
            for job in jobs:
                lost |= await self._finish([job])
            return lost
        return {}

    async def _failed(self, kind: Kind, job: Job, error: Exception) -> str:
        if not isinstance(error, FedicertError):
            log.failure("job_failed", error, kind=job.kind, job=job.id)
        verdict = judge(kind, job, error, self._db.clock.now(), chance_of(self._entropy.bytes))
        try:
            await self._write_down(job, verdict, described(error))
        except LeaseLost:
            return "lost"
        return {"retry": "retried", "put_off": "put_off", "bury": "buried", "leave": "lost"}[verdict.action]

    async def _write_down(self, job: Job, verdict: Verdict, error: str) -> None:
        if verdict.action == "retry":
            await self._db.write(queue.retry, job, verdict.due, error)
        elif verdict.action == "put_off":
            await self._db.write(queue.put_off, job, verdict.due)
        elif verdict.action == "bury":
            await self._db.write(queue.bury, job, error)

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(self._lease / SECOND / 3)
            held = list(self._held.values())
            if not held:
                continue
            try:
                await self._db.write(queue.keep, held, self._lease)
            except StoreError as error:
                log("leases_not_renewed", "warning", jobs=len(held), error=type(error).__name__)
