"""Deliveries: signed, guarded, and judged by what was answered, which is never read beyond a bound."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from fedicert.base.clock import DAY, FrozenClock
from fedicert.base.errors import RemoteError
from fedicert.proofs.http_signatures import CAVAGE, RFC9421
from fedicert.remote import parcels
from fedicert.remote.guard import Guard, Policy
from tests.remote.couriers import BODY, ED25519, KEY_ID, RSA, courier, one, proven_by
from tests.remote.doubles import FixedResolver, authority_and_certificate, loose, peer, reply


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
