"""Law 1 and 3: a swap races with follows, removals, blocks and releases; the count never passes the cap, nobody is lost."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable
from typing import Any

import pytest

from fedicert.base.clock import FrozenClock
from fedicert.base.errors import FedicertError, StoreUnavailable
from fedicert.operations import blocks, follows, line, swapping
from fedicert.reach.turnover import TURN
from fedicert.store.unit import Database, Reader, Tx
from tests import world
from tests.world import URLS

CAP, WAITING, RACES = 4, 12, 25


async def _lay_out(tx: Tx) -> tuple[int, list[int]]:
    tier = await world.make_tier(tx, followers=CAP)
    await world.make_local(tx, "home.example", tier, kind="Application")
    ada = await world.make_local(tx, "ada", tier)
    people = [await world.make_remote(tx, f"r{n}", f"h{n}.example") for n in range(CAP + WAITING)]
    for number, one in enumerate(people):
        await follows.receive_follow(tx, URLS, one, ada, f"https://h{number}.example/f/1")
    return ada, people


async def _numbers(reader: Reader, ada: int) -> dict[str, int]:
    row = await reader.one(
        "SELECT l.admitted, l.held, l.freed, (SELECT COUNT(*) FROM follows f WHERE f.followed = l.id AND f.state = 'admitted')"
        " AS rows_in, (SELECT COUNT(*) FROM follows f WHERE f.followed = l.id AND f.state = 'held') AS rows_held,"
        " (SELECT COUNT(*) FROM refills r WHERE r.account = l.id) AS refills FROM local_accounts l WHERE l.id = $1",
        ada,
    )
    assert row is not None
    return {name: row[name] for name in ("admitted", "held", "freed", "rows_in", "rows_held", "refills")}


async def _try(act: Awaitable[Any]) -> bool:
    try:
        await act
    except StoreUnavailable:
        return False
    except FedicertError:
        return False
    return True


@pytest.mark.law("3.7", "1.3", "1.5")
async def test_a_swap_races_with_follows_removals_blocks_and_releases(db: Database, clock: FrozenClock) -> None:
    dice = random.Random(7)
    for race in range(RACES):
        ada, people = await db.write(_fresh, race)
        inside, waiting = people[:CAP], people[CAP:]
        dice.shuffle(inside)
        dice.shuffle(waiting)
        acts = [
            db.write(swapping.swap, URLS, ada, inside[0], waiting[0]),
            db.write(swapping.swap, URLS, ada, inside[0], waiting[1]),
            db.write(swapping.swap, URLS, ada, inside[1], waiting[0]),
            db.write(follows.remove_follower, URLS, ada, inside[2]),
            db.write(blocks.block, URLS, ada, inside[3]),
            db.write(follows.undo_follow, URLS, waiting[2], ada),
            db.write(follows.authorize, URLS, ada, waiting[3]),
            db.write(line.release, URLS, ada, 10),
        ]
        dice.shuffle(acts)
        await asyncio.gather(*(_try(act) for act in acts))
        found = await db.read(_numbers, ada)
        assert found["admitted"] == found["rows_in"] <= CAP, found
        assert found["held"] == found["rows_held"], found
        clock.advance(TURN)
        while await db.write(line.release, URLS, ada, 10):
            pass
        found = await db.read(_numbers, ada)
        assert found["admitted"] == CAP or found["refills"] == CAP, found  # nobody under, unless turning over ends it
        assert found["refills"] <= CAP, found


async def _fresh(tx: Tx, race: int) -> tuple[int, list[int]]:
    if race == 0:
        return await _lay_out(tx)
    tier = int(await tx.value("SELECT id FROM tiers ORDER BY id LIMIT 1"))
    ada = await world.make_local(tx, f"ada{race}", tier)
    rows = await tx.all("SELECT id FROM accounts WHERE domain <> '' ORDER BY id")
    people = [row[0] for row in rows]
    for number, one in enumerate(people):
        await follows.receive_follow(tx, URLS, one, ada, f"https://h{number}.example/f/{race + 1}")
    return ada, people


@pytest.mark.law("1.7")
async def test_no_order_of_removing_and_admitting_fills_more_than_the_cap_again(
    db: Database, clock: FrozenClock
) -> None:
    """Remove, block, swap, in any order and over forty days: refills within any thirty days are at most the cap."""
    dice = random.Random(11)
    ada, people = await db.write(_lay_out)
    moments: list[int] = []
    for step in range(120):
        clock.advance(dice.randrange(1, 16 * 3_600_000))
        inside = await db.read(_of_state, ada, "admitted")
        waiting = await db.read(_of_state, ada, "held")
        before = (await db.read(_numbers, ada))["refills"]
        how = dice.choice(("remove", "remove", "swap", "return"))
        if how == "remove" and inside:
            await db.write(follows.remove_follower, URLS, ada, dice.choice(inside))
        elif how == "swap" and inside and waiting:
            await _try(db.write(swapping.swap, URLS, ada, dice.choice(inside), dice.choice(waiting)))
        gone = [one for one in people if one not in inside and one not in waiting]
        for one in gone[:2]:
            await db.write(follows.receive_follow, URLS, one, ada, f"https://x.example/{step}/{one}")
        while await db.write(line.release, URLS, ada, 10):
            pass
        after = await db.read(_numbers, ada)
        assert after["admitted"] <= CAP
        moments += [clock.now()] * (after["refills"] - before)
        assert sum(moment > clock.now() - 30 * 86_400_000 for moment in moments) <= CAP
    assert len(moments) > CAP


async def _of_state(reader: Reader, ada: int, state: str) -> list[int]:
    rows = await reader.all("SELECT follower FROM follows WHERE followed = $1 AND state = $2 ORDER BY id", ada, state)
    return [row[0] for row in rows]
