import asyncio
from typing import Any

import pytest

from fedicert.base.errors import StoreUnavailable
from fedicert.base.ids import SLOTS, SystemEntropy
from fedicert.store.database import open_database
from fedicert.store.slots import free_slot, keep_slot, take_slot
from fedicert.store.unit import Database, Reader, Tx


async def one_id(tx: Tx) -> int:
    return tx.new_id()


async def leased(reader: Reader) -> int:
    return int(await reader.value("SELECT count(*) FROM process_slots WHERE lease_until > 0"))


async def test_every_slot_is_one_process_s(db: Database) -> None:
    taken = [await db.write(take_slot, f"t{number}") for number in range(SLOTS)]
    assert taken == list(range(SLOTS))
    with pytest.raises(StoreUnavailable):
        await db.write(take_slot, "one too many")
    assert await db.write(keep_slot, 3, "t3") and not await db.write(keep_slot, 3, "t4")
    await db.write(free_slot, 3, "somebody else")
    await db.write(free_slot, 5, "t5")
    assert await db.write(take_slot, "next") == 5


async def test_openers_of_one_database_never_make_the_same_id(database_url: str, clock: Any) -> None:
    opened = [await open_database(database_url, clock=clock, entropy=SystemEntropy()) for _ in range(3)]
    made = await asyncio.gather(*(db.write(one_id) for db in opened for _ in range(50)))
    assert len(set(made)) == 150
    assert {identifier >> 12 & 0xF for identifier in made} == {0, 1, 2}
    assert await opened[0].read(leased) == 3
    for db in opened[1:]:
        await db.close()
    assert await opened[0].read(leased) == 1
    await opened[0].close()


async def test_a_lease_that_may_be_anothers_is_taken_anew(database_url: str, clock: Any) -> None:
    db: Any = await open_database(database_url, clock=clock, entropy=SystemEntropy())
    assert (await db.write(one_id)) >> 12 & 0xF == 0

    async def stolen(tx: Tx) -> None:
        await tx.run("UPDATE process_slots SET token = 'another' WHERE slot = 0")

    await db.write_unslotted(stolen)
    db._slots._good_until = 0.0  # as after a sleep longer than the lease
    assert (await db.write(one_id)) >> 12 & 0xF == 1
    await db.close()
