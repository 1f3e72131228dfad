"""Deliveries go in turn, on kept connections, and hold nothing up for longer than allowed."""

import asyncio
from typing import Any

import pytest

from fedicert.base.errors import CourierLost
from fedicert.remote import courier_engine, parcels
from fedicert.remote.parcels import CourierLimits, Parcel
from tests.remote.couriers import RSA, courier, one, proven_by
from tests.remote.doubles import peer, reply


class TestConnections:
    async def test_they_are_kept(self) -> None:
        async with peer() as there, courier() as running:
            there.default = reply(202, b"thanks")
            for _ in range(5):
                assert (await one(running, there.url("/inbox"))).delivered
            assert there.connections == 1
            assert running._end._depot.engine.at_rest == 1  # type: ignore[union-attr]

    async def test_not_against_the_peers_word(self) -> None:
        async with peer() as there, courier() as running:
            there.default = reply(202, connection="close")
            for _ in range(2):
                assert (await one(running, there.url("/inbox"))).delivered
            assert there.connections == 2

    async def test_a_kept_one_that_closes_before_a_byte_is_replaced_once(self) -> None:
        async with peer() as there, courier() as running:
            closing = False

            async def moody(reader: Any, writer: asyncio.StreamWriter) -> None:
                if closing and there.connections == 1:
                    writer.transport.abort()
                else:
                    writer.write(reply(202))

            there.default = moody
            assert (await one(running, there.url("/inbox"))).delivered
            closing = True
            assert (await one(running, there.url("/inbox"))).delivered
            assert (there.connections, len(there.asked)) == (2, 3)
            first, again = there.asked[1], there.asked[2]
            assert proven_by(first, there, RSA.public) == proven_by(again, there, RSA.public)

    @pytest.mark.parametrize("said", [b"", b"HTTP/1.1 2"])
    async def test_a_fresh_one_is_not(self, said: bytes) -> None:
        async with peer() as there, courier() as running:

            async def rude(reader: Any, writer: asyncio.StreamWriter) -> None:
                writer.write(said)
                writer.close()

            there.default = rude
            assert (await one(running, there.url("/inbox"))).fault == parcels.UNREACHABLE
            assert len(there.asked) == 1

    async def test_one_that_closed_while_at_rest_is_forgotten(self) -> None:
        async with peer() as there, courier() as running:

            async def then_close(reader: Any, writer: asyncio.StreamWriter) -> None:
                writer.write(reply(202))
                writer.close()

            there.default = then_close
            engine = running._end._depot.engine  # type: ignore[union-attr]
            for _ in range(3):
                assert (await one(running, there.url("/inbox"))).delivered
                async with asyncio.timeout(5):
                    while engine.at_rest:
                        await asyncio.sleep(0.001)
            assert not engine._lanes

    async def test_at_rest_they_are_bounded_in_number_and_time(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(courier_engine, "SWEEP_SECONDS", 0.01)
        async with peer() as one_peer, peer() as other, courier(limits=CourierLimits(idle_links=1)) as running:
            one_peer.default = other.default = reply(202)
            engine = running._end._depot.engine  # type: ignore[union-attr]
            await one(running, one_peer.url("/inbox"))
            await one(running, other.url("/inbox"))
            assert engine.at_rest == 1
            assert len(engine._lanes) == 1
        async with peer() as there, courier(limits=CourierLimits(idle_seconds=0.05)) as running:
            there.default = reply(202)
            engine = running._end._depot.engine  # type: ignore[union-attr]
            await one(running, there.url("/inbox"))
            async with asyncio.timeout(5):
                while engine.at_rest:
                    await asyncio.sleep(0.005)

    async def test_two_at_once_per_host_and_so_many_in_all(self) -> None:
        release = asyncio.Event()
        most = 0
        busy = 0

        async def slow(reader: Any, writer: asyncio.StreamWriter) -> None:
            nonlocal most, busy
            busy += 1
            most = max(most, busy)
            await release.wait()
            busy -= 1
            writer.write(reply(202))

        async with peer() as there, peer() as other, courier(limits=CourierLimits(total=3)) as running:
            there.default = other.default = slow
            batch = [Parcel(n, there.url("/inbox"), 1, 1) for n in range(6)]
            batch += [Parcel(n, other.url("/inbox"), 1, 1) for n in range(6, 12)]
            delivering = asyncio.ensure_future(running.deliver(batch))
            async with asyncio.timeout(5):
                while busy < 3:
                    await asyncio.sleep(0.001)
            await asyncio.sleep(0.02)
            assert most == 3
            assert there.connections == 2
            release.set()
            outcomes = await delivering
            assert [outcome.delivery for outcome in outcomes] == list(range(12))
            assert all(outcome.delivered for outcome in outcomes)
            assert there.connections == 2
            assert other.connections <= 2


class TestOrder:
    async def test_the_same_thing_is_told_in_order(self) -> None:
        async with peer() as there, courier() as running:
            at_once = 0

            async def alone(reader: Any, writer: asyncio.StreamWriter) -> None:
                nonlocal at_once
                at_once += 1
                assert at_once == 1
                await asyncio.sleep(0.001)
                at_once -= 1
                writer.write(reply(202))

            there.default = alone
            shelf_targets = [f"/{n}" for n in range(6)]
            await running.deliver([Parcel(n, there.url(f"/{n}"), 1, 1, order=5) for n in range(6)])
            assert [asked.target for asked in there.asked] == shelf_targets

    async def test_nothing_overtakes_what_must_be_tried_again(self) -> None:
        async with peer() as there, courier() as running:
            there.routes = {"/create": reply(503), "/delete": reply(202), "/other": reply(202)}
            outcomes = await running.deliver(
                [
                    Parcel(1, there.url("/create"), 1, 1, order=5),
                    Parcel(2, there.url("/delete"), 1, 1, order=5),
                    Parcel(3, there.url("/other"), 1, 1, order=6),
                ]
            )
            assert [outcome.fault for outcome in outcomes] == ["unreachable", "unreachable", ""]
            assert "earlier" in outcomes[1].reason
            assert sorted(asked.target for asked in there.asked) == ["/create", "/other"]

    async def test_a_final_refusal_lets_the_next_pass(self) -> None:
        async with peer() as there, courier() as running:
            there.routes = {"/create": reply(404), "/delete": reply(202)}
            outcomes = await running.deliver(
                [Parcel(n, there.url(target), 1, 1, order=5) for n, target in enumerate(("/create", "/delete"))]
            )
            assert [outcome.fault for outcome in outcomes] == ["refused", ""]


class TestTime:
    @pytest.fixture(autouse=True)
    def sweep_often(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(courier_engine, "SWEEP_SECONDS", 0.02)

    @pytest.mark.parametrize("said", [b"", b"HTTP/1.1 202 Acc", b"HTTP/1.1 500 x\r\n\r\n"])
    async def test_the_deadline_is_for_everything(self, said: bytes) -> None:
        async with peer() as there, courier(limits=CourierLimits(total_seconds=0.2)) as running:

            async def drip(reader: Any, writer: asyncio.StreamWriter) -> None:
                writer.write(said)
                while True:
                    writer.write(b"a")
                    await writer.drain()
                    await asyncio.sleep(0.01)

            there.default = drip
            outcome = await one(running, there.url("/inbox"))
            assert (outcome.fault, len(there.asked)) == (parcels.UNREACHABLE, 1)

    async def test_a_dripping_body_does_not_undo_a_yes(self) -> None:
        async with peer() as there, courier(limits=CourierLimits(total_seconds=0.2)) as running:

            async def drip(reader: Any, writer: asyncio.StreamWriter) -> None:
                writer.write(b"HTTP/1.1 202 Accepted\r\ncontent-length: 1000\r\n\r\n")
                while True:
                    writer.write(b"a")
                    await writer.drain()
                    await asyncio.sleep(0.01)

            there.default = drip
            assert (await one(running, there.url("/inbox"))).delivered

    async def test_names_that_do_not_resolve_and_ports_that_do_not_listen(self) -> None:
        async with peer() as there, courier() as running:
            assert (await one(running, "http://gone.example/inbox")).fault == parcels.UNREACHABLE
            port = there.port
        async with courier() as running:
            assert (await one(running, f"http://127.0.0.1:{port}/inbox")).fault == parcels.UNREACHABLE

    async def test_unproven_hosts_give_up_their_places(self) -> None:
        limits = CourierLimits(total=4, per_host=4, slow_after=0.1, total_seconds=30)
        async with peer() as tarpit, peer() as there, courier(limits=limits) as running:

            async def silent(reader: Any, writer: asyncio.StreamWriter) -> None:
                await asyncio.Event().wait()

            tarpit.default = silent
            there.default = reply(202)
            stuck = [Parcel(n, tarpit.url("/inbox"), 1, 1, proven=False) for n in range(3)]
            stuck += [Parcel(9, tarpit.url("/inbox"), 1, 1, proven=True)]
            waiting = asyncio.ensure_future(running.deliver(stuck))
            async with asyncio.timeout(10):
                while len(tarpit.asked) < 4:
                    await asyncio.sleep(0.001)
                assert (await one(running, there.url("/inbox"))).delivered
            assert running.outstanding == 1, "the proven one keeps its place"
            await running.stop(grace=0)
            with pytest.raises(CourierLost):
                await waiting
