"""Law 1 and 3: whoever is let in is counted under the lock. Not a lottery: the second unit of work comes exactly between the
reading of the first and its writing, and either waits there or is done.

On SQLite nothing can come between: it has one writer.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import Any

import pytest

from fedicert.base.errors import Unprocessable
from fedicert.operations import follows, line, seating
from fedicert.store.unit import Database, Reader, Tx
from tests import world
from tests.world import URLS

pytestmark = pytest.mark.parametrize("engine", ["postgres"], indirect=False)

PATIENCE = 20.0


async def lay_out(tx: Tx) -> tuple[int, list[int]]:
    """Two slots, one of which is kept for people the owner follows; one is in, two wait."""
    tier = await world.make_tier(tx, followers=2, kept_permille=500)
    await world.make_local(tx, "home.example", tier, kind="Application")
    ada = await world.make_local(tx, "ada", tier)
    people = [await world.make_remote(tx, name, f"{name}.example") for name in ("first", "second", "third")]
    for one in people:
        await follows.receive_follow(tx, URLS, one, ada, f"https://x.example/{one}")
    return ada, people


async def waits_for_a_lock(reader: Reader) -> bool:
    return bool(
        await reader.value(
            "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
    )


async def comes_between(db: Database, work: asyncio.Task[Any]) -> None:
    """Until it is done, or waits for what the other unit holds."""
    deadline = time.monotonic() + PATIENCE
    while not work.done() and not await db.read(waits_for_a_lock):
        assert time.monotonic() < deadline, "it neither ends nor waits"
        await asyncio.sleep(0.005)


@pytest.mark.law("1.2", "1.3")
@pytest.mark.parametrize("other", ["another_release", "the_owners_word"])
async def test_who_is_let_in_from_the_line_is_counted_under_the_lock(
    db: Database, monkeypatch: pytest.MonkeyPatch, engine: str, other: str
) -> None:
    """A slot is free and a release is about to fill it, when another release does, or the owner lets somebody else in."""
    ada, (first, _, third) = await db.write(lay_out)
    await db.write(follows.undo_follow, URLS, first, ada)
    admit, between = seating.admit, []

    async def second_comes() -> None:
        with contextlib.suppress(Unprocessable):
            if other == "another_release":
                await db.write(line.release, URLS, ada, 5)
            else:
                await db.write(follows.authorize, URLS, ada, third)

    async def slowly(*args: Any, **more: Any) -> None:
        if not between:
            between.append(asyncio.create_task(second_comes()))
            await comes_between(db, between[0])
        await admit(*args, **more)

    monkeypatch.setattr(seating, "admit", slowly)
    await db.write(line.release, URLS, ada, 5)
    await between[0]
    assert await db.read(world.states, ada) == {"second": "admitted", "third": "held"}
    assert (await db.read(world.counts, ada))["admitted"] == 1
    assert (await db.read(world.told, ada)).count("released") == 1
    accepts = [host for host, _ in await db.read(world.sent, "Accept")]
    assert accepts == ["first.example", "second.example"]
