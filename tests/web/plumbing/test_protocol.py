"""A real socket on loopback: what is cut, and that what is ordinary isn't."""

import asyncio
import contextlib
import io
import json
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator

import pytest
import uvicorn

from fedicert.base.log import log
from fedicert.web.plumbing.protocol import MAX_HEADER_BYTES, LimitedProtocol

WAIT = 20.0


async def echo(scope, receive, send) -> None:
    body = b""
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        body += message["body"]
        more = message["more_body"]
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(body))]})
    await send({"type": "http.response.body", "body": body})


def limited(header_seconds: float, body_seconds: float) -> type[LimitedProtocol]:
    """The protocol with other times."""
    times = {"header_seconds": header_seconds, "body_seconds": body_seconds, "large_body_seconds": body_seconds}
    return type("Limited", (LimitedProtocol,), times)


@contextlib.asynccontextmanager
async def serving(header_seconds: float = 10, body_seconds: float = 30) -> AsyncIterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        config = uvicorn.Config(
            echo, http=limited(header_seconds, body_seconds), ws="none", lifespan="off", log_config=None,
            timeout_graceful_shutdown=1,
        )  # fmt: skip
        server = uvicorn.Server(config)
        task = asyncio.create_task(server._serve([listener]))
        while not server.started:
            await asyncio.sleep(0.005)
        try:
            yield port
        finally:
            server.should_exit = True
            await task


async def say(port: int, *pieces: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for piece in pieces:
            writer.write(piece)
            with contextlib.suppress(ConnectionError):
                await writer.drain()
        return await asyncio.wait_for(reader.read(), WAIT)
    except ConnectionResetError:
        return b""
    finally:
        writer.close()


async def test_ordinary_requests_pass_whole_and_in_pieces() -> None:
    async with serving() as port:
        whole = b"POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 5\r\n\r\nhello"
        assert (await say(port, whole)).endswith(b"hello")
        assert (await say(port, *(whole[i : i + 1] for i in range(len(whole))))).endswith(b"hello")


async def test_a_large_body_is_no_large_header() -> None:
    body = b"x" * 900_000
    head = b"POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: %d\r\n\r\n" % len(body)
    async with serving() as port:
        assert (await say(port, head + body)).endswith(body)


async def test_two_requests_in_one_piece_are_both_answered() -> None:
    async with serving() as port:
        first = b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\n\r\none"
        second = b"POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 3\r\n\r\ntwo"
        answer = await say(port, first + second)
        assert b"one" in answer
        assert answer.endswith(b"two")


@pytest.mark.parametrize("form", ["one header", "many headers", "long address", "just over"])
async def test_headers_beyond_the_limit_are_refused(form: str) -> None:
    filler = {
        "one header": b"a: " + b"x" * 500_000,
        "many headers": b"\r\n".join(b"h%d: y" % n for n in range(20_000)),
        "long address": b"",
        "just over": b"a: " + b"x" * MAX_HEADER_BYTES,
    }[form]
    path = b"/" + b"p" * (400_000 if form == "long address" else 0)
    async with serving() as port:
        answer = await say(port, b"GET " + path + b" HTTP/1.1\r\nhost: x\r\n" + filler + b"\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 431") or answer == b""
        assert b" 200 " not in answer


async def test_headers_that_never_end_are_cut() -> None:
    async with serving(header_seconds=0.05) as port:
        assert (await say(port, b"GET / HTTP/1.1\r\nhost: x\r\n")).startswith(b"HTTP/1.1 408")
        assert (await say(port, b"")).startswith(b"HTTP/1.1 408")


async def test_what_is_cut_off_before_the_application_saw_it_is_in_the_log(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = io.StringIO()
    monkeypatch.setattr(log, "_stream", lines)
    async with serving(header_seconds=0.05) as port:
        await say(port, b"GET / HTTP/1.1\r\nhost: x\r\na: " + b"x" * MAX_HEADER_BYTES + b"\r\n\r\n")
        await say(port, b"GET / HTTP/1.1\r\nhost: x\r\n")
    cut = [json.loads(line) for line in lines.getvalue().splitlines()]
    assert [(line["event"], line["status"]) for line in cut] == [("cut_off", 431), ("cut_off", 408)]


@pytest.mark.parametrize("offered", [b"websocket", b"h2c"])
async def test_an_offer_of_another_protocol_is_answered_in_this_one(
    offered: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    asked = b"GET / HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: " + offered + b"\r\n\r\n"
    async with serving() as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(asked)
        assert (await asyncio.wait_for(reader.readline(), WAIT)).startswith(b"HTTP/1.1 200")
        writer.close()
    assert "pip install" not in caplog.text


async def test_a_body_that_never_ends_is_cut() -> None:
    async with serving(body_seconds=0.05) as port:
        answer = await say(port, b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\nhal")
        assert answer.startswith(b"HTTP/1.1 408")


async def test_slow_clients_keep_nobody_waiting() -> None:
    async with serving(header_seconds=0.3) as port:
        slow = [asyncio.create_task(say(port, b"GET / HTTP/1.1\r\nx: y")) for _ in range(50)]
        quick = b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
        for _ in range(10):
            assert b" 200 " in await say(port, quick)
        for task in slow:
            assert (await task).startswith(b"HTTP/1.1 408")


SCRIPT = """
import uvicorn
from fedicert.web.plumbing.protocol import LimitedProtocol
async def app(scope, receive, send):
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})
config = uvicorn.Config(app, port=%d, http=LimitedProtocol, ws="none", lifespan="off", timeout_graceful_shutdown=1)
uvicorn.Server(config).run()
"""


async def test_a_stop_waits_for_no_half_sent_request() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    process = subprocess.Popen([sys.executable, "-c", SCRIPT % port], stderr=subprocess.DEVNULL)
    try:
        deadline = asyncio.get_running_loop().time() + WAIT
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                break
            except OSError:
                assert asyncio.get_running_loop().time() < deadline
                await asyncio.sleep(0.02)
        writer.write(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\nhal")
        await writer.drain()
        await asyncio.sleep(0)
        process.send_signal(signal.SIGTERM)
        await asyncio.wait_for(asyncio.to_thread(process.wait), WAIT)
        writer.close()
    finally:
        process.kill()
        process.wait()
