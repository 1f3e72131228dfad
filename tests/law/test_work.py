"""What a follow, an admission, a release and a page of a settling cost doesn't grow with the audience: counted in SQLite's own
instructions."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from fedicert.base.clock import DAY, FrozenClock
from fedicert.operations import follows, line, settling, trimming
from fedicert.store.tables import rejections
from fedicert.store.unit import Database, Tx
from tests import world

SMALL, LARGE = 40, 2_000
ROOM = 5
CAP, PAGE = 5, 20


async def counted(tx: Any, work: Callable[..., Awaitable[Any]], *values: Any) -> int:
    """How many instructions of SQLite's machine a piece of work takes."""
    connection = tx._execute("SELECT 1", ()).connection
    spent = 0

    def step() -> int:
        nonlocal spent
        spent += 1
        return 0

    connection.set_progress_handler(step, 1)
    try:
        await work(tx, *values)
    finally:
        connection.set_progress_handler(None, 0)
    return spent


async def crowded(tx: Tx, name: str, size: int) -> int:
    """Somebody with so many followers and a few slots left."""
    owner = await world.make_local(
        tx, name, await world.make_tier(tx, f"of-{size}", followers=size + ROOM, position=size)
    )
    for number in range(size):
        await world.admit(tx, await world.make_remote(tx, f"{name}{number}", f"h{number}.example"), owner)
    return owner


async def day(tx: Tx, size: int) -> dict[str, int]:
    """What an ordinary day costs somebody with so many followers, act by act."""
    owner = await crowded(tx, f"ada{size}", size)
    tier = await world.make_tier(tx, f"none-{size}", followers=None, position=size + 1)
    near = [await world.make_local(tx, f"near{size}x{number}", tier) for number in range(4)]
    far = [await world.make_remote(tx, f"far{size}x{number}", f"far{number}.example") for number in range(4)]
    urls = world.URLS
    # The digests of an audience that was there before them are summed up once.
    await follows.receive_follow(tx, urls, far[2], owner, f"urn:{far[2]}")
    spent: dict[str, int] = {}
    spent["a follow from here is admitted"] = await counted(tx, follows.follow, urls, near[0], owner)
    spent["a follow from elsewhere is admitted"] = await counted(
        tx, follows.receive_follow, urls, far[0], owner, f"urn:{far[0]}"
    )
    for one in (*near[1:3],):
        await follows.follow(tx, urls, one, owner)
    spent["a follow from here is held"] = await counted(tx, follows.follow, urls, near[3], owner)
    spent["a follow from elsewhere is held"] = await counted(
        tx, follows.receive_follow, urls, far[1], owner, f"urn:{far[1]}"
    )
    spent["a follow is repeated"] = await counted(
        tx, follows.receive_follow, urls, far[0], owner, f"urn:{far[0]}:again"
    )
    spent["somebody leaves"] = await counted(tx, follows.unfollow, urls, near[0], owner)
    spent["somebody is let in"] = await counted(tx, line.release, urls, owner, 1)
    spent["somebody elsewhere leaves"] = await counted(tx, follows.undo_follow, urls, far[0], owner)
    spent["somebody is removed"] = await counted(tx, follows.remove_follower, urls, owner, near[1])
    return spent


async def test_no_act_of_a_follow_costs_more_in_a_larger_audience(db: Database, engine: str) -> None:
    if engine != "sqlite":
        pytest.skip("SQLite's instructions are counted")
    small, large = await db.write(day, SMALL), await db.write(day, LARGE)
    dearer = {act: (small[act], large[act]) for act in small if large[act] > 1.5 * small[act] + 100}
    assert not dearer, dearer
    assert all(small.values())


async def settled(db: Database, clock: FrozenClock, size: int) -> dict[str, int]:
    """What the last page of each stage costs, of an audience of which five are kept; and a look at what is left to say."""

    async def found(tx: Tx) -> int:
        owner = await world.make_local(
            tx, f"eve{size}", await world.make_tier(tx, f"falls-{size}", followers=size, position=size)
        )
        for number in range(size):
            host = f"kept{number}.example" if number < CAP else f"h{number % 7}.example"
            await world.admit(tx, await world.make_remote(tx, f"eve{size}x{number}", host), owner)
        await tx.run("UPDATE tiers SET followers = $2 WHERE name = $1", f"falls-{size}", CAP)
        await settling.look(tx, owner, "cap_lowered")
        return owner

    async def looked_at_the_clock(tx: Tx) -> None:
        await tx.run("UPDATE settings SET value = $1 WHERE key = $2", str(tx.now), settling.CLOCK_SEEN)

    owner = await db.write(found)
    spent: dict[str, int] = {}
    for name, days, state in (("a page is paused", 15, "paused"), ("a page is trimmed", 31, "trimmed")):
        clock.advance(days * DAY)
        await db.write(looked_at_the_clock)
        while True:

            async def page(tx: Tx, name: str = name, state: str = state) -> bool:
                done = "SELECT COUNT(*) FROM follows WHERE followed = $1 AND state = $2"
                before = await tx.value(done, owner, state)
                cost = await counted(tx, trimming.settle, world.URLS, owner)
                if await tx.value(done, owner, state) - before == PAGE:
                    spent[name] = cost
                return bool(await tx.value(done, owner, state) < size - CAP)

            if not await db.write(page):
                break
    await db.write(trimming.settle, world.URLS, owner)

    async def look(tx: Tx) -> None:
        spent["hosts are looked at"] = await counted(tx, rejections.per_host, owner)

    await db.write(look)
    return spent


async def test_no_page_of_a_settling_costs_more_in_a_larger_audience(
    db: Database, clock: FrozenClock, engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if engine != "sqlite":
        pytest.skip("SQLite's instructions are counted")
    monkeypatch.setattr(trimming, "PAGE", PAGE)
    small, large = await settled(db, clock, SMALL), await settled(db, clock, LARGE)
    dearer = {act: (small[act], large[act]) for act in small if large[act] > 1.5 * small[act] + 100}
    assert not dearer, dearer
    assert len(small) == 3 and all(small.values())
