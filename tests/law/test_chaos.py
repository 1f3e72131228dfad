"""Law 1 and 3 under everything at once: follows, leavings, blocks, picks and changed caps race, and the counts hold."""

from __future__ import annotations

import asyncio
import contextlib
import random

import pytest

from fedicert.base.errors import Problem
from fedicert.operations import blocks, follows, line
from fedicert.store.unit import Database, Reader, Tx
from tests import world
from tests.rungs import change_tier
from tests.world import URLS

HERE = 4
ELSEWHERE = 6
CAP = 4


async def _village(tx: Tx) -> tuple[list[int], list[int]]:
    tier = await world.make_tier(tx, followers=CAP, kept_permille=500)
    await world.make_local(tx, "home.example", tier, kind="Application")
    here = [await world.make_local(tx, f"l{number}", tier) for number in range(HERE)]
    return here, [await world.make_remote(tx, f"r{number}", f"h{number}.example") for number in range(ELSEWHERE)]


async def _one(db: Database, chance: random.Random, here: list[int], elsewhere: list[int], number: int) -> None:
    one, other = chance.sample(here, 2)
    far = chance.choice(elsewhere)
    uri = f"https://h.example/{number}"
    deed = chance.randrange(14)
    with contextlib.suppress(Problem):
        if deed < 4:
            await db.write(follows.receive_follow, URLS, far, one, uri)
        elif deed == 4:
            await db.write(follows.undo_follow, URLS, far, one)
        elif deed < 7:
            await db.write(follows.follow, URLS, one, chance.choice([other, far]))
        elif deed == 7:
            await db.write(follows.unfollow, URLS, one, chance.choice([other, far]))
        elif deed == 8:
            await db.write(blocks.block, URLS, one, chance.choice([other, far]))
        elif deed == 9:
            await db.write(blocks.unblock, URLS, one, chance.choice([other, far]))
        elif deed == 10:
            await db.write(blocks.receive_block, URLS, far, one, uri)
        elif deed == 11:
            await db.write(blocks.receive_unblock, far, one)
        elif deed == 12:
            await db.write(line.release, URLS, one, 5)
        else:
            await db.write(follows.remove_follower, URLS, one, chance.choice([other, far]))


@pytest.mark.law("1.5", "1.6")
async def test_whatever_races_the_counts_hold(db: Database) -> None:
    here, elsewhere = await db.write(_village)
    chance = random.Random(7)
    for round_ in range(12):
        deeds = [_one(db, chance, here, elsewhere, round_ * 100 + number) for number in range(30)]
        await asyncio.gather(*deeds)
        for account in here:
            assert (await db.read(world.counts, account))["admitted"] <= CAP
        assert await db.read(_blocked_and_following) == []
        assert await db.read(_wrongly_kept) == []


@pytest.mark.law("W1")
async def test_tiers_changed_at_once_never_leave_a_ladder_that_falls(db: Database) -> None:
    async def lay_out(tx: Tx) -> int:
        low = await world.make_tier(tx, "low", followers=10)
        await world.make_tier(tx, "high", position=1, followers=20)
        await world.make_local(tx, "home.example", low, kind="Application")
        return await world.make_local(tx, "ada", low)

    async def change(name: str, cap: str) -> None:
        with contextlib.suppress(Problem):
            await db.write(change_tier, name, {"followers": cap}, ada, "a test")

    ada = await db.write(lay_out)
    for _ in range(10):
        await asyncio.gather(change("low", "18"), change("high", "12"))
        assert await db.read(_caps) in ([10, 12], [18, 20])
        await change("high", "20")
        await change("low", "10")


async def _caps(reader: Reader) -> list[int]:
    return [row[0] for row in await reader.all("SELECT followers FROM tiers ORDER BY position")]


async def _blocked_and_following(reader: Reader) -> list[tuple[int, int]]:
    rows = await reader.all(
        "SELECT b.account, b.target FROM blocks b JOIN follows f ON (f.follower = b.account AND f.followed = b.target)"
        " OR (f.follower = b.target AND f.followed = b.account)"
    )
    return [(row[0], row[1]) for row in rows]


async def _wrongly_kept(reader: Reader) -> list[tuple[int, int]]:
    """`kept` says that the followed person follows back."""
    rows = await reader.all(
        "SELECT f.follower, f.followed, f.kept FROM follows f JOIN local_accounts l ON l.id = f.followed WHERE f.kept <>"
        " CASE WHEN EXISTS (SELECT 1 FROM follows g WHERE g.follower = f.followed AND g.followed = f.follower) THEN 1"
        " ELSE 0 END"
    )
    return [tuple(row) for row in rows]  # type: ignore[call-overload]
