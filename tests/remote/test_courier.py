"""Deliveries: signed, in turn, on kept connections, and never longer or larger than allowed."""

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from fedicert.base.clock import DAY, FrozenClock, SystemClock
from fedicert.base.errors import CourierLost, RemoteError
from fedicert.keys import pairs, verify
from fedicert.model.signing import SigningKey
from fedicert.proofs.http_signatures import CAVAGE, RFC9421, Received, read
from fedicert.remote import courier as module
from fedicert.remote import courier_engine, parcels
from fedicert.remote.courier import Courier, Setup
from fedicert.remote.frames import Frames
from fedicert.remote.guard import Guard, Policy
from fedicert.remote.parcels import CourierLimits, Outcome, Parcel
from tests.remote.doubles import LOOSE, Asked, FixedResolver, Peer, authority_and_certificate, loose, peer, reply

RSA = pairs.new_rsa()
ED25519 = pairs.new_ed25519()
KEY_ID = "https://ours.example/users/ada#main-key"
BODY = b'{"type":"Create"}'


class Shelf:
    """Bodies and keys, and how often they were asked for. Key 1 is RSA, key 2 Ed25519."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, list[int]]] = []
        self.texts = dict.fromkeys(range(100), BODY)

    async def bodies(self, ids: Sequence[int]) -> Mapping[int, bytes]:
        self.asked.append(("bodies", list(ids)))
        await asyncio.sleep(0)
        return {number: self.texts[number] for number in ids if number in self.texts}

    async def keys(self, ids: Sequence[int]) -> Mapping[int, SigningKey]:
        self.asked.append(("keys", list(ids)))
        made = {1: RSA, 2: ED25519}
        return {n: SigningKey(KEY_ID, made[n].algorithm, made[n].secret) for n in ids if n in made}


@contextlib.asynccontextmanager
async def courier(
    guard: Guard | None = None,
    limits: CourierLimits | None = None,
    clock: Any = None,
    shelf: Shelf | None = None,
    ca_file: str | None = None,
) -> AsyncIterator[Courier]:
    setup = Setup(LOOSE, "fedicert/test", "fedicert.keys.pairs:sign_batch", limits or CourierLimits(), ca_file)
    running = Courier(
        setup,
        shelf or Shelf(),
        clock or SystemClock(),
        local=True,
        guard=guard or loose(),
        sign_batch=pairs.sign_batch,
    )
    await running.start()
    try:
        yield running
    finally:
        await running.stop(grace=0)


async def one(running: Courier, url: str, **more: Any) -> Outcome:
    (outcome,) = await running.deliver([Parcel(7, url, more.pop("body", 1), more.pop("key", 1), **more)])
    return outcome


def proven_by(asked: Asked, there: Peer, public: str, now: int | None = None) -> str:
    received = Received("POST", asked.target, tuple(asked.headers), there.url("").rstrip("/"), asked.body)
    claim = read(received, now or SystemClock().now())
    return f"{claim.spec} {verify.principal(claim, public, 'x').key_id}"


class TestSigning:
    async def test_a_delivery_is_signed_and_complete(self) -> None:
        async with peer() as there, courier() as running:
            there.default = reply(202)
            outcome = await one(running, there.url("/users/bob/inbox?x=%20"), synchronization='digest="00"')
            assert outcome.delivered
            assert (outcome.delivery, outcome.status, outcome.spec) == (7, 202, CAVAGE)
            assert outcome.error() is None
            asked = there.asked[0]
            assert (asked.method, asked.target, asked.body) == ("POST", "/users/bob/inbox?x=%20", BODY)
            assert asked.header("content-type") == "application/activity+json"
            assert asked.header("user-agent") == "fedicert/test"
            assert "collection-synchronization" in asked.header("signature")
            assert proven_by(asked, there, RSA.public) == f"cavage {KEY_ID}"

    @pytest.mark.parametrize(("key", "public"), [(1, RSA.public), (2, ED25519.public)], ids=["rsa", "ed25519"])
    async def test_the_second_knock_is_the_other_scheme(self, key: int, public: str) -> None:
        for status in (400, 401):
            async with peer() as there, courier() as running:

                async def only_9421(reader: Any, writer: asyncio.StreamWriter, status: int = status) -> None:
                    writer.write(reply(202 if there.asked[-1].header("signature-input") else status))

                there.default = only_9421
                outcome = await one(running, there.url("/inbox"), key=key, synchronization='digest="00"')
                assert (outcome.delivered, outcome.spec, len(there.asked)) == (True, RFC9421, 2)
                assert "collection-synchronization" in there.asked[1].header("signature-input")
                assert proven_by(there.asked[0], there, public) == f"cavage {KEY_ID}"
                assert proven_by(there.asked[1], there, public) == f"rfc9421 {KEY_ID}"
                await one(running, there.url("/inbox"), key=key)
                assert len(there.asked) == 3, "what was learned is remembered"
                assert there.connections == 1

    async def test_what_was_learned_is_unlearned(self) -> None:
        clock = FrozenClock(1_790_000_000_000)
        async with peer() as there, courier(clock=clock) as running:
            accepts = "signature-input"

            async def picky(reader: Any, writer: asyncio.StreamWriter) -> None:
                modern = bool(there.asked[-1].header("signature-input"))
                writer.write(reply(202 if modern == (accepts == "signature-input") else 401))

            there.default = picky
            await one(running, there.url("/inbox"))
            clock.advance(7 * DAY + 1)
            await one(running, there.url("/inbox"))
            assert len(there.asked) == 4, "after seven days the first knock is draft-cavage again"
            accepts = "none but cavage"
            assert (await one(running, there.url("/inbox"))).spec == CAVAGE
            assert len(there.asked) == 6
            await one(running, there.url("/inbox"))
            assert len(there.asked) == 7

    @pytest.mark.parametrize("status", [403, 404, 500, 503])
    async def test_no_second_knock_elsewhere(self, status: int) -> None:
        async with peer() as there, courier() as running:
            there.default = reply(status)
            assert not (await one(running, there.url("/inbox"))).delivered
            assert len(there.asked) == 1

    async def test_both_refused(self) -> None:
        async with peer() as there, courier() as running:
            there.default = reply(401)
            outcome = await one(running, there.url("/inbox"))
            assert (outcome.fault, outcome.status, len(there.asked)) == (parcels.REFUSED, 401, 2)

    async def test_a_key_that_cannot_sign(self) -> None:
        async with peer() as there, courier() as running:

            def broken(batch: Sequence[tuple[bytes, bytes]]) -> list[bytes]:
                raise ValueError("no such key")

            running._end._depot.engine._sign_batch = broken  # type: ignore[union-attr]
            outcome = await one(running, there.url("/inbox"))
            assert outcome.fault == parcels.INVALID
            assert not there.asked


class TestAnswers:
    @pytest.mark.parametrize(
        ("status", "fault"),
        [
            (200, ""),
            (201, ""),
            (204, ""),
            (301, "invalid"),
            (302, "invalid"),
            (304, "invalid"),
            (403, "refused"),
            (404, "refused"),
            (405, "refused"),
            (408, "unreachable"),
            (410, "gone"),
            (413, "refused"),
            (429, "unreachable"),
            (500, "unreachable"),
            (501, "refused"),
            (503, "unreachable"),
        ],
    )
    async def test_each_status_has_its_fault(self, status: int, fault: str) -> None:
        async with peer() as there, courier() as running:
            answer = reply(status, retry_after="77")
            there.default = answer.replace(b"content-length: 0\r\n", b"") if status in (204, 304) else answer
            outcome = await one(running, there.url("/inbox"))
            assert (outcome.fault, outcome.status) == (fault, status)
            error = outcome.error()
            assert (error is None) == (fault == "")
            if error is not None:
                assert isinstance(error, RemoteError)
                assert str(status) in str(error) or status in (301, 302)
            if fault == "unreachable":
                assert outcome.retry_after == 77

    async def test_a_redirect_is_followed_once_on_its_own_host(self) -> None:
        async with peer() as there, courier() as running:
            there.routes = {"/a": reply(307, location="/b"), "/b": reply(202), "/c": reply(308, location="/a")}
            assert (await one(running, there.url("/a"))).delivered
            assert [asked.target for asked in there.asked] == ["/a", "/b"]
            for asked in there.asked:
                assert proven_by(asked, there, RSA.public)
            assert there.asked[1].body == BODY
            outcome = await one(running, there.url("/c"))
            assert (outcome.fault, outcome.status) == (parcels.INVALID, 307)

    @pytest.mark.parametrize(
        ("location", "fault"),
        [
            ("http://127.0.0.2/x", "invalid"),
            ("", "invalid"),
            ("http://10.0.0.1/", "forbidden"),
            ("file:///x", "forbidden"),
        ],
    )
    async def test_and_never_elsewhere(self, location: str, fault: str) -> None:
        async with peer() as there, courier() as running:
            there.default = reply(307, location=location)
            assert (await one(running, there.url("/inbox"))).fault == fault
            assert len(there.asked) == 1

    async def test_interim_answers_are_passed_over(self) -> None:
        async with peer() as there, courier() as running:
            there.default = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nlink: x\r\n\r\n" + reply(202)
            for _ in range(2):
                assert (await one(running, there.url("/inbox"))).status == 202
            assert there.connections == 1

    @pytest.mark.parametrize(
        "answer",
        [
            b"nonsense\r\n\r\n",
            b"HTTP/1.1 200\xff OK\r\n\r\n\x00",
            b"HTTP/1.1 101 Switching\r\nupgrade: h2c\r\nconnection: upgrade\r\n\r\nbytes",
            b"HTTP/1.1 200 OK\r\n" + b"x: " + b"a" * 70_000,
            b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 20_000,
            b"SSH-2.0-OpenSSH_9\r\n",
        ],
    )
    async def test_what_is_no_answer(self, answer: bytes) -> None:
        async with peer() as there, courier() as running:

            async def say(reader: Any, writer: asyncio.StreamWriter) -> None:
                writer.write(answer)
                await writer.drain()
                await asyncio.Event().wait()

            there.default = say
            outcome = await one(running, there.url("/inbox"))
            assert outcome.fault == parcels.UNREACHABLE, outcome

    async def test_a_long_body_is_not_waited_for(self) -> None:
        async with peer() as there, courier() as running:

            async def endless(reader: Any, writer: asyncio.StreamWriter) -> None:
                writer.write(b"HTTP/1.1 202 Accepted\r\n\r\n")
                while True:
                    writer.write(b"a" * 10_000)
                    await writer.drain()

            there.default = endless
            assert (await one(running, there.url("/inbox"))).status == 202
            assert running._end._depot.engine.at_rest == 0  # type: ignore[union-attr]

    async def test_a_body_that_the_end_delimits(self) -> None:
        async with peer() as there, courier() as running:

            async def old(reader: Any, writer: asyncio.StreamWriter) -> None:
                writer.write(b"HTTP/1.0 200 OK\r\n\r\nhello")
                writer.close()

            there.default = old
            assert (await one(running, there.url("/inbox"))).delivered


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


class TestGuarded:
    @pytest.mark.parametrize(
        "url", ["http://10.0.0.1/", "http://[::]/", "http://2130706433/", "ftp://127.0.0.1/", "http://a@127.0.0.1/", ""]
    )
    async def test_forbidden_addresses(self, url: str) -> None:
        async with courier() as running:
            assert (await one(running, url)).fault == parcels.FORBIDDEN

    async def test_no_sentinel_is_reached(self) -> None:
        async with peer() as sentinel:
            table: dict[str, list[Sequence[str]]] = {
                "evil.example": [["127.0.0.1"]],
                "mixed.example": [["8.8.8.8", "127.0.0.1"]],
                "nat.example": [["64:ff9b::7f00:1"]],
            }
            strict = Guard(Policy(extra_ports=(sentinel.port,)), FixedResolver(table))
            async with courier(guard=strict) as running:
                for host in [*table, "127.0.0.1", "localhost", "[::1]", "0.0.0.0"]:
                    assert (await one(running, f"https://{host}:{sentinel.port}/")).fault == parcels.FORBIDDEN
            assert sentinel.connections == 0


class TestTls:
    async def test_names_are_verified_against_our_authorities(self, tmp_path: Path) -> None:
        ca_file, context = authority_and_certificate(tmp_path, "peer.example", "127.0.0.1")
        guard = loose({"peer.example": [["127.0.0.1"]], "other.example": [["127.0.0.1"]]})
        async with peer(context) as there, courier(guard=guard, ca_file=ca_file) as running:
            there.default = reply(202)
            for host in ("peer.example", "PEER.example.", "127.0.0.1"):
                assert (await one(running, there.url("/inbox", host=host))).delivered
            assert there.asked[0].header("host") == f"peer.example:{there.port}"
            assert there.connections == 2
            outcome = await one(running, there.url("/inbox", host="other.example"))
            assert (outcome.fault, len(there.asked)) == (parcels.UNREACHABLE, 3)
            assert "certificate" in outcome.reason

    async def test_a_strangers_authority_is_not_believed(self, tmp_path: Path) -> None:
        _, context = authority_and_certificate(tmp_path, "127.0.0.1")
        async with peer(context) as there, courier() as running:
            outcome = await one(running, there.url("/inbox"))
            assert outcome.fault == parcels.UNREACHABLE
            assert "certificate" in outcome.reason
            assert not there.asked


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
            assert proven_by(there.asked[0], there, RSA.public if _is_rsa(there.asked[0]) else ED25519.public)

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


def _is_rsa(asked: Asked) -> bool:
    return 'algorithm="rsa-sha256"' in asked.header("signature")


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
