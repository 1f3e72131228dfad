"""The limited child: what it is bounded by, and that a request that kills it fails alone."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from fedicert.base import limited
from fedicert.base.errors import ChildFailed, ChildTimeout, Unavailable
from fedicert.base.limited import LimitedChild

MEMORY = 512 << 20


@asynccontextmanager
async def child(monkeypatch, seconds: float = 30.0, **more) -> AsyncIterator[LimitedChild]:
    monkeypatch.syspath_prepend(os.path.dirname(__file__))
    made = LimitedChild("pupil", memory=MEMORY, seconds=seconds, **more)
    try:
        yield made
    finally:
        await made.close()


async def test_it_answers_and_one_process_serves_many(monkeypatch):
    async with child(monkeypatch) as one:
        answers = await asyncio.gather(*(one.ask(f"upper word{n}".encode()) for n in range(20)))
        assert answers == [f"WORD{n}".encode() for n in range(20)]
        assert await one.ask(b"large 3000000") == b"x" * 3_000_000
        assert one.starts == 1


async def test_a_refusal_is_told_and_the_child_lives(monkeypatch):
    async with child(monkeypatch) as one:
        with pytest.raises(ChildFailed, match="no such picture"):
            await one.ask(b"refuse no such picture")
        assert await one.ask(b"upper a") == b"A"
        assert one.starts == 1


@pytest.mark.parametrize("request_", [b"die", b"eat"])
async def test_what_kills_it_fails_alone(monkeypatch, request_):
    async with child(monkeypatch) as one:
        async with asyncio.TaskGroup() as group:
            bad = group.create_task(_outcome(one, request_))
            good = [group.create_task(_outcome(one, b"upper a")) for _ in range(3)]
        assert isinstance(bad.result(), ChildFailed)
        assert [each.result() for each in good] == [b"A"] * 3
        assert one.starts == 2


@pytest.mark.parametrize("request_", [b"sleep", b"spin"])
async def test_the_deadline_ends_it(monkeypatch, request_):
    async with child(monkeypatch, seconds=0.5) as one:
        await one.ask(b"upper a")
        first = one.pid
        with pytest.raises(ChildTimeout):
            await one.ask(request_)
        with pytest.raises(ProcessLookupError):
            os.kill(first, 0)


async def test_processor_time_is_bounded_by_the_kernel_too(monkeypatch):
    async with child(monkeypatch, seconds=1.0) as one:
        await one.ask(b"upper a")
        one._seconds = 60.0  # the parent would wait; the child's own limit doesn't
        with pytest.raises(ChildFailed, match="SIGXCPU"):
            await one.ask(b"spin")


async def test_its_limits_and_what_it_is_told(monkeypatch):
    monkeypatch.setenv("FEDICERT_OWNER_PASSWORD", "secret")
    async with child(monkeypatch) as one:
        assert await one.ask(b"limits") == repr([MEMORY, 64, 0, 0]).encode()
        assert b"FEDICERT" not in await one.ask(b"environment")
        assert await one.ask(b"print") == b"quiet"


async def test_it_can_neither_connect_nor_write(monkeypatch, tmp_path):
    async with child(monkeypatch) as one:
        with pytest.raises(ChildFailed, match="shut in this process"):
            await one.ask(b"connect 9")
        with pytest.raises(ChildFailed):
            await one.ask(f"write {tmp_path}/out".encode())
        assert (tmp_path / "out").read_bytes() == b""


async def test_who_asks_and_goes_leaves_no_wrong_answer(monkeypatch):
    async with child(monkeypatch) as one:
        await one.ask(b"upper a")
        task = asyncio.create_task(one.ask(b"sleep"))
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await one.ask(b"upper b") == b"B"


async def test_a_child_killed_from_outside_is_replaced(monkeypatch):
    async with child(monkeypatch) as one:
        await one.ask(b"upper a")
        os.kill(one.pid, signal.SIGKILL)
        results = [await _outcome(one, b"upper b") for _ in range(2)]
        assert results[-1] == b"B"


async def test_the_line_is_bounded(monkeypatch):
    async with child(monkeypatch, waiting=2) as one:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(_outcome(one, b"upper a")) for _ in range(5)]
        results = [task.result() for task in tasks]
        assert results.count(b"A") == 2
        assert sum(isinstance(result, Unavailable) for result in results) == 3


async def test_without_work_it_ends_and_comes_back(monkeypatch):
    monkeypatch.setattr(limited, "IDLE_SECONDS", 0.01)
    async with child(monkeypatch) as one:
        await one.ask(b"upper a")
        async with asyncio.timeout(20):
            while one.pid is not None:
                await asyncio.sleep(0.01)
        assert await one.ask(b"upper b") == b"B"
        assert one.starts == 2


async def test_a_module_that_is_not_there_is_said(monkeypatch):
    absent = LimitedChild("fedicert.no_such_room", memory=MEMORY, seconds=5)
    with pytest.raises(ChildFailed, match="no_such_room"):
        await absent.ask(b"")
    await absent.close()
    with pytest.raises(ChildFailed):
        await absent.ask(b"")


async def _outcome(one: LimitedChild, request: bytes):
    try:
        return await one.ask(request)
    except (ChildFailed, Unavailable) as error:
        return error
