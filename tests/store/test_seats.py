"""The row that admission locks: what is read under the lock is what was committed last, whoever held it before."""

import asyncio

import pytest

from fedicert.store.tables import seats
from fedicert.store.tables.seats import Seat
from fedicert.store.unit import Database, Tx
from tests import world


async def _ada(tx: Tx) -> tuple[int, int]:
    tier = await world.make_tier(tx, followers=5)
    return await world.make_local(tx, "ada", tier), tier


@pytest.mark.parametrize("engine", ["postgres"], indirect=True)
@pytest.mark.parametrize("what", ["account", "person", "tier", "moved"])
async def test_who_waits_for_the_lock_reads_what_its_holder_wrote(db: Database, what: str) -> None:
    ada, tier = await db.write(_ada)
    held, waits = asyncio.Event(), asyncio.Event()

    async def holder(tx: Tx) -> None:
        assert await seats.lock(tx, ada) is not None
        held.set()
        await waits.wait()
        if what == "account":
            await tx.run("UPDATE local_accounts SET admitted_seq = 7 WHERE id = $1", ada)
        elif what == "person":
            await tx.run("UPDATE accounts SET deleted_at = 1 WHERE id = $1", ada)
        elif what == "tier":
            await tx.run("UPDATE tiers SET followers = 1 WHERE id = $1", tier)
        else:
            other = await world.make_tier(tx, name="other", position=1, followers=2)
            await tx.run("UPDATE local_accounts SET tier = $2 WHERE id = $1", ada, other)

    async def look(tx: Tx) -> Seat | None:
        return await seats.lock(tx, ada)

    async def blocked(tx: Tx) -> int:
        return int(await tx.value("SELECT COUNT(*) FROM pg_locks WHERE NOT granted"))

    holding = asyncio.create_task(db.write(holder))
    await held.wait()
    looking = asyncio.create_task(db.write(look))
    async with asyncio.timeout(5.0):
        while not await db.write(blocked):
            await asyncio.sleep(0.005)
    waits.set()
    await holding
    seat = await looking
    assert seat is not None
    found = (seat.admitted_seq, seat.closed, seat.limits.cap)
    assert (
        found
        == {
            "account": (7, False, 5),
            "person": (0, True, 5),
            "tier": (0, False, 1),
            "moved": (0, False, 2),
        }[what]
    )


async def test_somebody_elsewhere_has_no_seat(db: Database) -> None:
    async def look(tx: Tx) -> Seat | None:
        return await seats.lock(tx, 12345)

    assert await db.write(look) is None
