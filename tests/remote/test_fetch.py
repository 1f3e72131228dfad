"""The fetcher against peers that misbehave, all on loopback; sentinels prove that nothing forbidden is connected."""

import asyncio
import gzip
import zlib
from pathlib import Path

import pytest

from fedicert.base.clock import SystemClock
from fedicert.base.errors import AddressForbidden, RemoteGone, RemoteInvalid, RemoteRefused, RemoteUnreachable
from fedicert.keys import pairs, verify
from fedicert.model.signing import SigningKey
from fedicert.proofs.http_signatures import CAVAGE, RFC9421, Received, prepare, read
from fedicert.remote.fetch import Fetcher
from fedicert.remote.guard import Guard, Policy
from fedicert.remote.wire import Headers, Limits, Request, Response, check_status
from tests.remote.doubles import FixedResolver, Peer, authority_and_certificate, loose, peer, reply

FAST = Limits(total_seconds=5.0)


async def get(url: str, guard: Guard | None = None, limits: Limits = FAST, **more: object) -> Response:
    fetcher = Fetcher(guard or loose(), user_agent="fedicert/test")
    try:
        return await fetcher.send(Request("GET", url, **more), limits)  # type: ignore[arg-type]
    finally:
        await fetcher.close()


async def test_a_plain_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    async with peer() as there:
        there.routes["/a"] = reply(200, b"hello", content_type="text/plain")
        response = await get(there.url("/a?b=%20c"), headers=(("accept", "x/y"),))
        assert (response.status, response.body, response.final_url) == (200, b"hello", there.url("/a?b=%20c"))
        asked = there.asked[0]
        assert asked.target == "/a?b=%20c"
        assert asked.header("host") == f"127.0.0.1:{there.port}"
        assert asked.header("accept-encoding") == "identity"
        assert asked.header("user-agent") == "fedicert/test"
        assert asked.header("accept") == "x/y"


async def test_a_post_with_a_body() -> None:
    async with peer() as there:
        there.routes["/in"] = reply(202)
        fetcher = Fetcher(loose(), user_agent="x")
        response = await fetcher.send(Request("POST", there.url("/in"), (), b"abc"), FAST)
        assert response.status == 202
        assert there.asked[0].body == b"abc"
        there.routes["/in"] = reply(307, location="/else")
        assert (await fetcher.send(Request("POST", there.url("/in"), (), b"abc"), FAST)).status == 307
        assert len(there.asked) == 2
        await fetcher.close()


async def test_connections_are_kept_and_a_closed_one_is_replaced() -> None:
    async with peer() as there:
        there.routes["/"] = reply(200, b"x")

        async def close_after(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(reply(200, b"x"))
            writer.close()

        fetcher = Fetcher(loose(), user_agent="x")
        for _ in range(3):
            await fetcher.send(Request("GET", there.url()), FAST)
        assert there.connections == 1
        there.routes["/"] = close_after
        for _ in range(3):
            assert (await fetcher.send(Request("GET", there.url()), FAST)).body == b"x"
        await fetcher.close()


async def test_pools_of_hosts_are_bounded() -> None:
    fetcher = Fetcher(loose(), user_agent="x", hosts=3)
    async with peer() as there:
        there.default = reply(200)
        await fetcher.send(Request("GET", there.url()), FAST)
        for last in range(2, 9):
            await _refused(fetcher, there.url(host=f"127.0.0.{last}"))
        assert len(fetcher._pools) <= 3
    await fetcher.close()


async def _refused(fetcher: Fetcher, url: str) -> None:
    with pytest.raises(RemoteUnreachable):
        await fetcher.send(Request("GET", url), FAST)


class TestForbidden:
    """Sentinels listen where nothing may connect."""

    @pytest.mark.parametrize("path", ["redirect", "resolve", "rebind", "literal"])
    async def test_no_sentinel_is_ever_reached(self, path: str) -> None:
        async with peer() as sentinel:
            strict = Policy(extra_ports=(sentinel.port,))
            table = {
                "evil.example": [["127.0.0.1"]],
                "mixed.example": [["8.8.8.8", "127.0.0.1"]],
                "mapped.example": [["::ffff:127.0.0.1"]],
                "nat.example": [["64:ff9b::7f00:1"]],
                "any.example": [["0.0.0.0"]],
                "six.example": [["::1"]],
            }
            hosts = list(table) if path == "resolve" else ["127.0.0.1", "localhost", "[::1]", "0.0.0.0", "2130706433"]
            for host in hosts:
                with pytest.raises(AddressForbidden):
                    await get(f"https://{host}:{sentinel.port}/", Guard(strict, FixedResolver(dict(table))))
            await asyncio.sleep(0)
            assert sentinel.connections == 0

    @pytest.mark.parametrize(
        "location",
        [
            "http://169.254.169.254/",
            "http://10.0.0.1/",
            "http://[::]/",
            "//192.168.0.1/x",
            "file:///etc/passwd",
            "gopher://127.0.0.1/",
            "http://user@127.0.0.1/",
            "http://2130706433/",
            "http://private.example/",
        ],
    )
    async def test_redirects_are_judged(self, location: str) -> None:
        async with peer() as there:
            there.routes["/"] = reply(302, location=location)
            with pytest.raises(AddressForbidden):
                await get(there.url(), loose({"private.example": [["10.0.0.1"]]}))

    async def test_a_rebinding_name_is_asked_once_per_connection(self) -> None:
        async with peer() as there:
            there.default = reply(200, b"ok")
            guard = loose({"rebind.example": [["127.0.0.1"], ["10.0.0.1"]]})
            response = await get(f"http://rebind.example:{there.port}/", guard)
            assert response.body == b"ok"
            assert there.asked[0].header("host") == f"rebind.example:{there.port}"
            with pytest.raises(AddressForbidden):
                await get(f"http://rebind.example:{there.port}/", guard)


class TestRedirects:
    async def test_three_are_followed_and_signed_anew(self) -> None:
        async with peer() as there:
            for step in range(3):
                there.routes[f"/{step}"] = reply(302, location=f"/{step + 1}")
            there.routes["/3"] = reply(200, b"end")

            async def sign(url: str) -> tuple[tuple[str, str], ...]:
                return (("host", f"127.0.0.1:{there.port}"), ("signature", f"for {url}"))

            response = await get(there.url("/0"), sign=sign)
            assert (response.body, response.final_url) == (b"end", there.url("/3"))
            assert [asked.header("signature") for asked in there.asked] == [
                f"for {there.url(f'/{n}')}" for n in range(4)
            ]

    async def test_a_fourth_is_not(self) -> None:
        async with peer() as there:
            for step in range(5):
                there.routes[f"/{step}"] = reply(301, location=f"/{step + 1}")
            with pytest.raises(RemoteInvalid, match="more than 3"):
                await get(there.url("/0"))
            assert len(there.asked) == 4

    async def test_circles_end(self) -> None:
        async with peer() as there:
            there.routes["/a"] = reply(307, location="/b")
            there.routes["/b"] = reply(308, location="/a#again")
            with pytest.raises(RemoteInvalid, match="circle"):
                await get(there.url("/a"))

    async def test_secrets_stay_with_their_origin(self) -> None:
        async with peer() as one, peer() as other:
            one.routes["/"] = reply(302, location=other.url())
            other.routes["/"] = reply(200)
            await get(one.url(), headers=(("authorization", "Bearer x"), ("cookie", "a"), ("accept", "b")))
            assert one.asked[0].header("authorization") == "Bearer x"
            assert [other.asked[0].header(name) for name in ("authorization", "cookie", "accept")] == ["", "", "b"]

    async def test_without_a_location_it_is_an_answer(self) -> None:
        async with peer() as there:
            there.routes["/"] = reply(302)
            with pytest.raises(RemoteInvalid):
                check_status(await get(there.url()), there.url())


def _drip(there: Peer, head: bytes) -> None:
    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        while True:
            writer.write(b"a")
            await writer.drain()
            await asyncio.sleep(0.02)

    there.default = drip


class TestLimits:
    @pytest.mark.parametrize("head", [b"", b"HTTP/1.1 200 OK\r\nx: ", b"HTTP/1.1 200 OK\r\n\r\n"])
    async def test_a_drip_ends_at_the_deadline(self, head: bytes) -> None:
        async with peer() as there:
            _drip(there, head)
            with pytest.raises(RemoteUnreachable):
                await get(there.url(), limits=Limits(total_seconds=0.3))

    async def test_the_deadline_spans_redirects(self) -> None:
        async with peer() as there:

            async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                await asyncio.sleep(0.2)
                writer.write(reply(302, location=f"/{len(there.asked)}"))

            there.default = slow
            with pytest.raises(RemoteUnreachable):
                await get(there.url(), limits=Limits(total_seconds=0.5, redirects=20))
            assert len(there.asked) <= 4

    async def test_silence(self) -> None:
        async with peer() as there:

            async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                await asyncio.Event().wait()

            there.default = silent
            with pytest.raises(RemoteUnreachable, match="within"):
                await get(there.url(), limits=Limits(total_seconds=0.2))

    async def test_bodies_are_capped(self) -> None:
        async with peer() as there:
            there.routes["/said"] = b"HTTP/1.1 200 OK\r\ncontent-length: 1001\r\n\r\n" + b"a" * 1001
            there.routes["/unsaid"] = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n400\r\n" + b"a" * 1024
            there.routes["/fits"] = reply(200, b"a" * 1000)
            limits = Limits(total_seconds=5, max_bytes=1000)
            assert len((await get(there.url("/fits"), limits=limits)).body) == 1000
            for target in ("/said", "/unsaid"):
                with pytest.raises(RemoteInvalid, match="larger"):
                    await get(there.url(target), limits=limits)

    async def test_headers_are_capped(self) -> None:
        async with peer() as there:
            there.default = b"HTTP/1.1 200 OK\r\n" + b"x: " + b"a" * 40_000 + b"\r\ncontent-length: 0\r\n\r\n"
            with pytest.raises(RemoteInvalid, match="headers"):
                await get(there.url())
            there.default = b"HTTP/1.1 200 OK\r\n" + b"x: " + b"a" * 4_000_000
            with pytest.raises(RemoteUnreachable):
                await get(there.url())

    @pytest.mark.parametrize("answer", [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc"])
    async def test_broken_answers(self, answer: bytes) -> None:
        async with peer() as there:

            async def broken(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                writer.write(answer)
                writer.close()

            there.default = broken
            with pytest.raises(RemoteUnreachable):
                await get(there.url())


def _deflate(data: bytes, bits: int) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, bits)
    return packer.compress(data) + packer.flush()


def _gzip(data: bytes) -> bytes:
    return gzip.compress(data, mtime=0)  # the same bytes in every process: they stand in the tests' names


class TestCodings:
    @pytest.mark.parametrize(
        ("coding", "packed"),
        [
            ("gzip", _gzip(b"hello" * 100)),
            ("GZIP", _gzip(b"hello" * 100)),
            ("identity", b"hello" * 100),
            ("identity, gzip", _gzip(b"hello" * 100)),
            ("deflate", _deflate(b"hello" * 100, 15)),
            ("deflate", _deflate(b"hello" * 100, -15)),
        ],
    )
    async def test_one_coding_is_undone(self, coding: str, packed: bytes) -> None:
        async with peer() as there:
            there.default = reply(200, packed, content_encoding=coding)
            assert (await get(there.url())).body == b"hello" * 100

    @pytest.mark.parametrize(
        ("coding", "packed"),
        [
            ("gzip, gzip", _gzip(_gzip(b"\0" * 1_000_000))),
            ("gzip", _gzip(b"\0" * 10_000_000)),
            ("deflate", _deflate(b"\0" * 10_000_000, -15)),
            ("gzip", _gzip(b"hello")[:-4]),
            ("gzip", _gzip(b"hello") + b"more"),
            ("gzip", b"not gzip at all"),
            ("br", b"x"),
            ("zstd", b"x"),
            ("gzip, br", b"x"),
        ],
    )
    async def test_bombs_and_nonsense(self, coding: str, packed: bytes) -> None:
        async with peer() as there:
            there.default = reply(200, packed, content_encoding=coding)
            with pytest.raises(RemoteInvalid):
                await get(there.url())


class TestTls:
    async def test_names_are_verified_against_our_authorities(self, tmp_path: Path) -> None:
        ca_file, context = authority_and_certificate(tmp_path, "peer.example")
        guard = loose({"peer.example": [["127.0.0.1"]], "other.example": [["127.0.0.1"]]})
        async with peer(context) as there:
            there.default = reply(200, b"ok")
            fetcher = Fetcher(guard, user_agent="x", ca_file=ca_file)
            response = await fetcher.send(Request("GET", there.url(host="peer.example")), FAST)
            assert (response.body, there.asked[0].header("host")) == (b"ok", f"peer.example:{there.port}")
            for host in ("other.example", "127.0.0.1"):
                with pytest.raises(RemoteUnreachable, match="certificate"):
                    await fetcher.send(Request("GET", there.url(host=host)), FAST)
            stranger = Fetcher(guard, user_agent="x")
            with pytest.raises(RemoteUnreachable, match="certificate"):
                await stranger.send(Request("GET", there.url(host="peer.example")), FAST)
            await fetcher.close()
            await stranger.close()

    async def test_no_downgrade(self, tmp_path: Path) -> None:
        ca_file, context = authority_and_certificate(tmp_path, "127.0.0.1")
        async with peer(context) as there, peer() as plain:
            there.default = reply(302, location=plain.url())
            fetcher = Fetcher(loose(), user_agent="x", ca_file=ca_file)
            with pytest.raises(RemoteInvalid, match="to http"):
                await fetcher.send(Request("GET", there.url()), FAST)
            assert plain.connections == 0
            await fetcher.close()


class TestSignedGets:
    @pytest.mark.parametrize("spec", [CAVAGE, RFC9421])
    async def test_each_hop_has_a_signature_of_its_own(self, spec: str) -> None:
        pair = pairs.new_ed25519()
        key = SigningKey("https://ours.example/actor#main-key", pair.algorithm, pair.secret)

        async def sign(url: str) -> Headers:
            prepared = prepare(spec, "GET", url, key.key_id, SystemClock().now(), algorithm=key.algorithm)
            return prepared.headers(pairs.sign(key.secret, prepared.base))

        async with peer() as there:
            there.routes = {"/a": reply(302, location="/b?x=1"), "/b": reply(200)}
            await get(there.url("/a"), sign=sign)
            assert len(there.asked) == 2
            for asked in there.asked:
                assert len([1 for name, _ in asked.headers if name == "host"]) == 1
                received = Received("GET", asked.target, tuple(asked.headers), there.url("").rstrip("/"))
                claim = read(received, SystemClock().now())
                assert verify.principal(claim, pair.public, "x").key_id == key.key_id


class TestStatuses:
    @pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
    async def test_may_be_tried_again(self, status: int) -> None:
        async with peer() as there:
            there.default = reply(status, retry_after="120")
            with pytest.raises(RemoteUnreachable) as caught:
                check_status(await get(there.url()), there.url())
            assert (caught.value.retry_after, caught.value.status) == (120, status)

    @pytest.mark.parametrize("status", [400, 401, 403, 404, 501])
    async def test_final(self, status: int) -> None:
        async with peer() as there:
            there.default = reply(status)
            with pytest.raises(RemoteRefused) as caught:
                check_status(await get(there.url()), there.url())
            assert caught.value.status == status

    async def test_gone(self) -> None:
        async with peer() as there:
            there.default = reply(410)
            with pytest.raises(RemoteGone):
                check_status(await get(there.url()), there.url())

    @pytest.mark.parametrize(("said", "seconds"), [("999999999", 86400), ("soon", None), ("-1", None), ("", None)])
    async def test_retry_after_is_bounded(self, said: str, seconds: int | None) -> None:
        async with peer() as there:
            there.default = reply(503, retry_after=said)
            with pytest.raises(RemoteUnreachable) as caught:
                check_status(await get(there.url()), there.url())
            assert caught.value.retry_after == seconds
