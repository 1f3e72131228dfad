"""Deliveries, as the worker sees them: parcels in, outcomes out.

The work is done by an engine in a child process, so that a fan-out leaves the server's own time to its readers. Bodies
and private keys are handed over once. If the child dies, whoever waits gets `CourierLost`, leases run out, and it is
started again. `local=True` runs the engine in this process.
"""

import asyncio
import os
import socket
import subprocess
import sys
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

import msgspec

from fedicert.base.clock import DAY, Clock
from fedicert.base.errors import BadRequest, CourierLost
from fedicert.base.urls import split_url
from fedicert.model.signing import SignBatch, SigningKey
from fedicert.proofs.messages import CAVAGE
from fedicert.remote.courier_depot import Depot
from fedicert.remote.courier_engine import Engine
from fedicert.remote.frames import Frames
from fedicert.remote.guard import Guard, Policy
from fedicert.remote.parcels import (
    INVALID,
    OK,
    CourierLimits,
    Drop,
    GiveBody,
    GiveKey,
    Hello,
    Outcome,
    Outcomes,
    Parcel,
    Send,
)

REMEMBERED_FOR = 7 * DAY
REMEMBERED = 20_000
BODIES_KEPT = 4_096
BODY_BYTES_KEPT = 64 << 20
KEYS_KEPT = 4_096
# Batches whose bodies are read in one go.
SUPPLIED_AT_ONCE = 128
ORIGINS_KEPT = 16_384
START_SECONDS = 20.0
FIRST_PAUSE = 0.1
LONGEST_PAUSE = 5.0


class Supplies(Protocol):
    """Where bodies and keys come from, when the courier doesn't have them yet. What is gone is left out."""

    async def bodies(self, ids: Sequence[int]) -> Mapping[int, bytes]:
        """The bytes of activities."""
        ...

    async def keys(self, ids: Sequence[int]) -> Mapping[int, SigningKey]:
        """Opened private keys."""
        ...


class Setup(msgspec.Struct, frozen=True):
    """How a courier works. `signer`: `module:function` of a `SignBatch`, e.g. `fedicert.keys.pairs:sign_batch`."""

    policy: Policy
    user_agent: str
    signer: str
    limits: CourierLimits = CourierLimits()
    ca_file: str | None = None


class Knocks:
    """Which signature scheme an origin took last, for seven days (§1.3). The first knock is draft-cavage."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._learned: OrderedDict[str, tuple[str, int]] = OrderedDict()

    def first(self, origin: str) -> str:
        """The scheme to begin with."""
        known = self._learned.get(origin)
        if known is None:
            return CAVAGE
        if self._clock.now() - known[1] > REMEMBERED_FOR:
            del self._learned[origin]
            return CAVAGE
        return known[0]

    def learn(self, origin: str, outcome: Outcome) -> None:
        """From what an origin took, or from its refusal of both."""
        if outcome.fault == OK and outcome.spec != CAVAGE:
            self._learned[origin] = (outcome.spec, self._clock.now())
            self._learned.move_to_end(origin)
            if len(self._learned) > REMEMBERED:
                self._learned.popitem(last=False)
        elif outcome.fault == OK or outcome.status in (400, 401):
            self._learned.pop(origin, None)


class Courier:
    """Delivers batches. `start` before, `stop` after."""

    def __init__(
        self,
        setup: Setup,
        supplies: Supplies,
        clock: Clock,
        *,
        local: bool = False,
        guard: Guard | None = None,
        sign_batch: SignBatch | None = None,
    ) -> None:
        """`local`: in this process, with `sign_batch` and, for tests, a `guard` with a resolver of their own."""
        self._setup = setup
        self._supplies = supplies
        self._clock = clock
        self._knocks = Knocks(clock)
        self._local = (guard or Guard(setup.policy), sign_batch) if local and sign_batch is not None else None
        if local and sign_batch is None:
            raise ValueError("a local courier needs sign_batch")
        self._end: _End | None = None
        self._up = asyncio.Event()
        self._keeper: asyncio.Task[None] | None = None
        self._stopping = False
        self._number = 0
        self._waiting: dict[int, tuple[_Batch, int, str]] = {}
        self._bodies: OrderedDict[int, int] = OrderedDict()
        self._body_bytes = 0
        self._keys: OrderedDict[int, None] = OrderedDict()
        self._lacking: list[_Load] = []
        self._supplying: asyncio.Task[None] | None = None
        self._outgoing: list[tuple[int, Parcel]] = []
        self.restarts = 0

    @property
    def pid(self) -> int | None:
        """The child's process id; None while there is none."""
        return self._end.pid if self._end is not None else None

    @property
    def outstanding(self) -> int:
        """Parcels without an outcome yet."""
        return len(self._waiting)

    async def start(self) -> None:
        """Start the child and wait until it is there. Raises `CourierLost` where it doesn't come up."""
        self._stopping = False
        self._keeper = asyncio.create_task(self._keep())
        await self._wait_up()

    async def stop(self, grace: float = 5.0) -> None:
        """Wait a little for what is under way, then end the child; who still waits gets `CourierLost`."""
        self._stopping = True
        whole = {batch.whole for batch, _, _ in self._waiting.values()} | {batch.whole for _, batch in self._lacking}
        if whole:
            await asyncio.wait(whole, timeout=grace)
        end = self._end
        for task in (self._supplying, self._keeper):
            if task is not None:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
        if end is not None:
            await end.close()
        self._lose("The courier was stopped")
        lacking, self._lacking = self._lacking, []
        for _, batch in lacking:
            batch.lose("The courier was stopped")

    def deliver(self, parcels: Sequence[Parcel]) -> "asyncio.Future[list[Outcome]]":
        """Deliver all; the future says how each ended, in the same order. Never raises for a delivery.

        It raises `CourierLost` where the child died or was stopped meanwhile; nothing is known of these parcels then.
        """
        batch = _Batch(len(parcels))
        if not parcels:
            batch.whole.set_result([])
        elif self._stopping:
            batch.lose("The courier was stopped")
        elif self._up.is_set() and not self._lacks(parcels):
            self._load([(parcels, batch)])
        else:
            self._lacking.append((parcels, batch))
            if self._supplying is None:
                self._supplying = asyncio.create_task(self._supply())
        return batch.whole

    # Bodies and keys

    async def _supply(self) -> None:
        """Hand over what the child lacks, for all who wait together: a fan-out names one body a thousand times."""
        try:
            while self._lacking:
                bunch = self._lacking[:SUPPLIED_AT_ONCE]
                await self._supply_bunch(bunch)
                del self._lacking[: len(bunch)]
        finally:
            self._supplying = None

    async def _supply_bunch(self, bunch: Sequence["_Load"]) -> None:
        """Ends with nothing awaited, so that what the child has cannot go meanwhile."""
        try:
            await self._wait_up()
            await self._fetch([parcel for parcels, _ in bunch for parcel in parcels])
        except CourierLost as error:
            for _, batch in bunch:
                batch.lose(str(error))
        except Exception as error:
            # A key that can't be opened fails whom it concerns and nobody else.
            if len(bunch) == 1:
                bunch[0][1].fail(error)
            else:
                for each in bunch:
                    await self._supply_bunch([each])
        else:
            self._load(bunch)

    def _load(self, bunch: Sequence["_Load"]) -> None:
        """Number the parcels, whose bodies and keys are there or gone for good, and send them."""
        for parcels, _ in bunch:
            for parcel in parcels:
                if parcel.body in self._bodies:
                    self._bodies.move_to_end(parcel.body)
                if parcel.key in self._keys:
                    self._keys.move_to_end(parcel.key)
        self._make_room(sum(len(parcels) for parcels, _ in bunch))
        for parcels, batch in bunch:
            for place, parcel in enumerate(parcels):
                if parcel.body not in self._bodies or parcel.key not in self._keys:
                    batch.put(place, Outcome(parcel.delivery, INVALID, reason="Its body or its key is not there"))
                else:
                    self._put_out(parcel, batch, place)

    def _put_out(self, parcel: Parcel, batch: "_Batch", place: int) -> None:
        """What is put out within one turn of the loop leaves in one message."""
        self._number += 1
        origin = _origin(parcel.inbox)
        if not parcel.spec and (spec := self._knocks.first(origin)) != CAVAGE:
            parcel = msgspec.structs.replace(parcel, spec=spec)
        self._waiting[self._number] = (batch, place, origin)
        if not self._outgoing:
            asyncio.get_running_loop().call_soon(self._flush)
        self._outgoing.append((self._number, parcel))

    def _flush(self) -> None:
        outgoing, self._outgoing = self._outgoing, []
        if outgoing and self._end is not None:
            self._end.send(Send(outgoing))

    def _lacks(self, parcels: Sequence[Parcel]) -> bool:
        return any(parcel.body not in self._bodies or parcel.key not in self._keys for parcel in parcels)

    async def _fetch(self, parcels: Sequence[Parcel]) -> None:
        end = self._end
        bodies = list({parcel.body: None for parcel in parcels if parcel.body not in self._bodies})
        keys = list({parcel.key: None for parcel in parcels if parcel.key not in self._keys})
        found_bodies = await self._supplies.bodies(bodies) if bodies else {}
        found_keys = await self._supplies.keys(keys) if keys else {}
        if end is None or self._end is not end:
            raise CourierLost("The courier was restarted")
        for body, data in found_bodies.items():
            self._bodies[body] = len(data)
            self._body_bytes += len(data)
            end.send(GiveBody(body, data))
        for number, key in found_keys.items():
            self._keys[number] = None
            end.send(GiveKey(number, key))

    def _make_room(self, spare: int) -> None:
        """Forget the least recently used, never what the present batch names."""
        bodies: list[int] = []
        keys: list[int] = []
        while len(self._bodies) > max(BODIES_KEPT, spare) or (
            self._body_bytes > BODY_BYTES_KEPT and len(self._bodies) > spare
        ):
            body, size = self._bodies.popitem(last=False)
            self._body_bytes -= size
            bodies.append(body)
        while len(self._keys) > max(KEYS_KEPT, spare):
            keys.append(self._keys.popitem(last=False)[0])
        if (bodies or keys) and self._end is not None:
            self._flush()  # what names them goes before
            self._end.send(Drop(bodies, keys))

    # The child

    async def _wait_up(self) -> None:
        if self._up.is_set():
            return
        try:
            async with asyncio.timeout(START_SECONDS):
                await self._up.wait()
        except TimeoutError:
            raise CourierLost("The courier does not come up") from None

    async def _keep(self) -> None:
        """Start the child, and again whenever it ends."""
        pause = FIRST_PAUSE
        while True:
            started = asyncio.get_running_loop().time()
            ended = asyncio.Event()
            try:
                self._end = await self._open(ended.set)
            except OSError:  # no process, no socket: the machine is short of something, and may not be in a while
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)
                continue
            self._up.set()
            try:
                await ended.wait()
            finally:
                self._up.clear()
                end, self._end = self._end, None
                self._outgoing.clear()
                self._bodies.clear()
                self._keys.clear()
                self._body_bytes = 0
            await end.close()
            self._lose("The courier's process ended")
            if asyncio.get_running_loop().time() - started > LONGEST_PAUSE:
                pause = FIRST_PAUSE
            self.restarts += 1
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    async def _open(self, ended: Callable[[], None]) -> "_End":
        if self._local is not None:
            guard, sign_batch = self._local
            assert sign_batch is not None
            return _Here(self._setup, guard, sign_batch, self._clock, self._took)
        return await _Child.start(self._setup, self._took, ended)

    def _took(self, message: Outcomes) -> None:
        for number, outcome in message.outcomes:
            entry = self._waiting.pop(number, None)
            if entry is not None:
                batch, place, origin = entry
                self._knocks.learn(origin, outcome)
                batch.put(place, outcome)

    def _lose(self, reason: str) -> None:
        waiting, self._waiting = self._waiting, {}
        for batch, _, _ in waiting.values():
            batch.lose(reason)


class _Batch:
    """The outcomes of one call."""

    __slots__ = ("_left", "_outcomes", "whole")

    def __init__(self, size: int) -> None:
        self._left = size
        self._outcomes: list[Outcome | None] = [None] * size
        self.whole: asyncio.Future[list[Outcome]] = asyncio.get_running_loop().create_future()

    def put(self, place: int, outcome: Outcome) -> None:
        self._outcomes[place] = outcome
        self._left -= 1
        if not self._left and not self.whole.done():
            self.whole.set_result([each for each in self._outcomes if each is not None])

    def lose(self, reason: str) -> None:
        self.fail(CourierLost(reason))

    def fail(self, error: Exception) -> None:
        if not self.whole.done():
            self.whole.set_exception(error)


_Load = tuple[Sequence[Parcel], _Batch]


class _End(Protocol):
    """Where messages go."""

    pid: int | None

    def send(self, message: Any) -> None: ...

    async def close(self) -> None: ...


class _Here:
    """An engine in this process."""

    pid: int | None = None

    def __init__(
        self, setup: Setup, guard: Guard, sign_batch: SignBatch, clock: Clock, took: Callable[[Outcomes], None]
    ) -> None:
        engine = Engine(
            guard,
            sign_batch,
            clock=clock,
            user_agent=setup.user_agent,
            limits=setup.limits,
            ca_file=setup.ca_file,
        )
        self._depot = Depot(engine, took)

    def send(self, message: Any) -> None:
        self._depot.handle(message)

    async def close(self) -> None:
        self._depot.engine.close()


class _Child:
    """An engine in a process of its own."""

    def __init__(self, process: "subprocess.Popen[bytes]", frames: Frames) -> None:
        self._process = process
        self._frames = frames
        self.pid: int | None = process.pid

    @classmethod
    async def start(cls, setup: Setup, took: Callable[[Outcomes], None], ended: Callable[[], None]) -> "_Child":
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        loop = asyncio.get_running_loop()
        try:
            process = await loop.run_in_executor(None, _spawn, theirs.fileno())
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
        frames = Frames(Outcomes, took, ended)
        await loop.create_connection(lambda: frames, sock=ours)
        frames.send(Hello(setup.policy, setup.limits, setup.user_agent, setup.signer, setup.ca_file))
        return cls(process, frames)

    def send(self, message: Any) -> None:
        self._frames.send(message)

    async def close(self) -> None:
        """Closing the socket ends the child; one that hangs is killed."""
        self._frames.close()
        await asyncio.get_running_loop().run_in_executor(None, self._reap)

    def _reap(self) -> None:
        try:
            self._process.wait(2)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def _spawn(end: int) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(  # noqa: S603  our own interpreter, our own module
        [sys.executable, "-m", "fedicert.remote.courier_child", str(end)],
        pass_fds=(end,),
        stdin=subprocess.DEVNULL,
        # Ctrl-C at a terminal is for the server alone; the child, while it starts, can't ignore it by itself yet.
        start_new_session=True,
        env=_environment(),
    )


def _environment() -> dict[str, str]:
    """The child finds the program where this process found it, and no proxy or key file is handed on."""
    root = str(Path(__file__).resolve().parents[2])
    kept = {
        name: os.environ[name]
        for name in ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "LD_LIBRARY_PATH")
        if name in os.environ
    }
    kept["MALLOC_ARENA_MAX"] = "2"  # a few threads need no heap each
    return {**kept, "PYTHONPATH": os.pathsep.join([root, *(part for part in sys.path if part)])}


@lru_cache(maxsize=ORIGINS_KEPT)
def _origin(inbox: str) -> str:
    try:
        return split_url(inbox).origin
    except BadRequest:
        return ""
