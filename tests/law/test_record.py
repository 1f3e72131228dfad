"""Law 7: the ledger tells what holds, however often things change within a day; and whom it no longer names."""

from __future__ import annotations

import asyncio
import json

import pytest

from fedicert.base.clock import DAY, FrozenClock
from fedicert.operations import blocks, checkpoints, follows, ledger
from fedicert.operations.ledger import Party
from fedicert.store.tables import seats
from fedicert.store.unit import Database, Reader, Tx
from tests import world
from tests.law.test_follows import _ask, _world
from tests.world import URLS


async def test_in_and_out_and_in_again_within_a_day_is_told_each_time(db: Database) -> None:
    """A repeat is the same outcome again, not an outcome that held once before the last one."""
    ada, (bob,) = await db.write(_world, 1)
    for number in range(2):
        assert await _ask(db, bob, ada, number) == "admitted"
        await db.write(follows.remove_follower, URLS, ada, bob)
    assert await _ask(db, bob, ada, 9) == "admitted"
    assert await db.read(world.told, ada) == ["admitted", "removed", "admitted", "removed", "admitted"]


@pytest.mark.law("7.3")
async def test_following_and_leaving_all_day_makes_one_row_and_a_count(db: Database, clock: FrozenClock) -> None:
    ada, (bob,) = await db.write(_world, 1)
    for number in range(4):
        await _ask(db, bob, ada, number)
        await db.write(follows.undo_follow, URLS, bob, ada)
    assert await db.read(world.told, ada) == ["admitted"]
    clock.advance(DAY + 1)
    await db.write(follows.remove_follower, URLS, ada, bob)
    await _ask(db, bob, ada, 9)
    assert (await db.read(_bodies, ada))[-1]["repeats"] == 3


async def test_repeats_that_nothing_follows_are_told_in_the_end(db: Database, clock: FrozenClock) -> None:
    ada, (bob,) = await db.write(_world, 1)
    for number in range(3):
        await _ask(db, bob, ada, number)
        await db.write(follows.undo_follow, URLS, bob, ada)
    clock.advance(DAY + 1)
    assert await db.write(ledger.tell_repeats, 100) == 1
    assert await db.read(world.told, ada) == ["admitted", "admitted"]
    assert (await db.read(_bodies, ada))[-1] == {"repeats": 2}
    assert await db.read(_left) == 0


async def test_refusing_somebody_blocked_is_told(db: Database) -> None:
    ada, (bob,) = await db.write(_world, 1)
    await db.write(blocks.block, URLS, ada, bob)
    assert await _ask(db, bob, ada) == "refused"
    assert await db.read(world.told, ada) == ["refused"]


@pytest.mark.law("7.5")
async def test_names_go_after_two_years(db: Database, clock: FrozenClock) -> None:
    ada, (bob, cleo) = await db.write(_world, 2)
    await _ask(db, bob, ada)
    clock.advance(730 * DAY)
    await _ask(db, cleo, ada)
    assert await db.write(ledger.forget_old_names, ada) == 0
    assert await db.read(_names, ada) == ["https://h0.example/users/n0", "https://h1.example/users/n1"]
    clock.advance(2 * DAY)
    assert await db.write(ledger.forget_old_names, ada) == 2
    assert await db.read(_names, ada) == ["https://h1.example/users/n1"]


@pytest.mark.parametrize("engine", ["postgres"])
async def test_a_row_that_commits_while_a_checkpoint_is_sealed_stays_for_the_next(db: Database) -> None:
    """The mark of a grown chain and the chain's head are read under one lock."""
    ada, (bob, cleo) = await db.write(_world, 2)
    await _ask(db, bob, ada)
    drafted = await db.write(checkpoints.draft)
    assert drafted is not None
    told, sealing = asyncio.Event(), asyncio.Event()

    async def slow(tx: Tx) -> None:
        await seats.lock(tx, ada)
        await ledger.record(tx, ada, "removed", "law 3", {"follower": Party("https://h1.example/users/n1", cleo)}, {})
        told.set()
        await sealing.wait()
        await asyncio.sleep(0.2)

    async def seal() -> None:
        await told.wait()
        sealing.set()
        await db.write(checkpoints.seal, drafted, "k1", "00")

    await asyncio.gather(db.write(slow), seal())
    again = await db.write(checkpoints.draft)
    assert again is not None and [leaf.seq for leaf in again.leaves] == [2]


async def _bodies(reader: Reader, account: int) -> list[dict[str, object]]:
    return [
        json.loads(r[0]) for r in await reader.all("SELECT body FROM ledger WHERE account = $1 ORDER BY seq", account)
    ]


async def _names(reader: Reader, account: int) -> list[str]:
    sql = "SELECT value FROM ledger_names WHERE account = $1 AND field <> 'moment' ORDER BY seq"
    return [r[0] for r in await reader.all(sql, account)]


async def _left(reader: Reader) -> int:
    return int(await reader.value("SELECT COUNT(*) FROM ledger_repeats"))
