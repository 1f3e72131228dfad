"""The courier as a child process: what it is given, when it dies, and the frames between."""

import asyncio
import os
import signal
from typing import Any

import pytest

from fedicert.base.clock import SystemClock
from fedicert.base.errors import CourierLost
from fedicert.remote import courier as module
from fedicert.remote import parcels
from fedicert.remote.courier import Courier, Setup
from fedicert.remote.frames import Frames
from fedicert.remote.parcels import Parcel
from tests.remote.couriers import ED25519, RSA, Shelf, courier, is_rsa, one, proven_by
from tests.remote.doubles import LOOSE, peer, reply


class TestSupplies:
    async def test_bodies_and_keys_are_asked_for_once(self) -> None:
        shelf = Shelf()
        async with peer() as there, courier(shelf=shelf) as running:
            there.default = reply(202)
            await asyncio.gather(*(one(running, there.url("/inbox")) for _ in range(30)))
            assert shelf.asked == [("bodies", [1]), ("keys", [1])]

    async def test_what_is_gone_is_said(self) -> None:
        async with peer() as there, courier() as running:
            there.default = reply(202)
            outcomes = await running.deliver(
                [
                    Parcel(1, there.url("/inbox"), 1000, 1),
                    Parcel(2, there.url("/inbox"), 1, 9),
                    Parcel(3, there.url("/inbox"), 1, 1),
                ]
            )
            assert [outcome.fault for outcome in outcomes] == ["invalid", "invalid", ""]
            assert await running.deliver([]) == []

    async def test_the_oldest_make_room(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(module, "BODIES_KEPT", 2)
        shelf = Shelf()
        async with peer() as there, courier(shelf=shelf) as running:
            there.default = reply(202)
            for body in (1, 2, 3, 3, 1):
                assert (await one(running, there.url("/inbox"), body=body)).delivered
            assert [ids for kind, ids in shelf.asked if kind == "bodies"] == [[1], [2], [3], [1]]
            assert len(running._end._depot._bodies) == 2  # type: ignore[union-attr]
            batch = [Parcel(n, there.url("/inbox"), n, 1) for n in range(10, 20)]
            assert all(outcome.delivered for outcome in await running.deliver(batch))


class TestChild:
    """The engine as a process of its own."""

    async def test_delivers_dies_and_comes_back(self) -> None:
        setup = Setup(LOOSE, "fedicert/test", "fedicert.keys.pairs:sign_batch")
        running = Courier(setup, Shelf(), SystemClock())
        await running.start()
        async with peer() as there:
            there.default = reply(202)
            async with asyncio.timeout(30):
                outcomes = await running.deliver([Parcel(n, there.url("/inbox"), n, 1 + n % 2) for n in range(20)])
            assert all(outcome.delivered for outcome in outcomes)
            assert proven_by(there.asked[0], there, RSA.public if is_rsa(there.asked[0]) else ED25519.public)

            async def silent(reader: Any, writer: asyncio.StreamWriter) -> None:
                await asyncio.Event().wait()

            there.default = silent
            first = running.pid
            assert first is not None
            waiting = asyncio.ensure_future(one(running, there.url("/inbox")))
            async with asyncio.timeout(30):
                while len(there.asked) < 21:
                    await asyncio.sleep(0.005)
                os.kill(first, signal.SIGKILL)
                with pytest.raises(CourierLost):
                    await waiting
                there.default = reply(202)
                assert (await one(running, there.url("/inbox"))).delivered
            assert running.pid not in (None, first)
            assert running.restarts == 1
            last = running.pid
            await running.stop()
            with pytest.raises(ProcessLookupError):
                os.kill(last or 0, 0)
            with pytest.raises(CourierLost):
                await one(running, there.url("/inbox"))

    async def test_stopping_waits_for_what_is_under_way(self) -> None:
        async with peer() as there, courier() as running:
            release = asyncio.Event()

            async def slow(reader: Any, writer: asyncio.StreamWriter) -> None:
                await release.wait()
                writer.write(reply(202))

            there.default = slow
            waiting = asyncio.ensure_future(one(running, there.url("/inbox")))
            while not there.asked:
                await asyncio.sleep(0.001)
            stopping = asyncio.ensure_future(running.stop(grace=10))
            await asyncio.sleep(0.01)
            release.set()
            assert (await waiting).delivered
            await stopping

    async def test_stopping_ends_what_does_not_end(self) -> None:
        async with peer() as there, courier() as running:

            async def silent(reader: Any, writer: asyncio.StreamWriter) -> None:
                await asyncio.Event().wait()

            there.default = silent
            waiting = asyncio.ensure_future(one(running, there.url("/inbox")))
            while not there.asked:
                await asyncio.sleep(0.001)
            await running.stop(grace=0.01)
            with pytest.raises(CourierLost):
                await waiting


async def test_frames_come_whole_however_they_are_cut() -> None:
    got: list[Any] = []
    frames = Frames(parcels.ToChild, got.append, lambda: None)
    sent: list[bytes] = []

    class Pipe(asyncio.Transport):
        def write(self, data: Any) -> None:
            sent.append(bytes(data))

    frames.connection_made(Pipe())
    messages = [parcels.GiveBody(n, b"x" * n * 100) for n in range(20)] + [parcels.Drop([1], [2])]
    for message in messages:
        frames.send(message)
    await asyncio.sleep(0)
    assert len(sent) == 1
    for size in (1, 3, 7, 1000, len(sent[0])):
        got.clear()
        for at in range(0, len(sent[0]), size):
            frames.data_received(sent[0][at : at + size])
        assert got == messages
