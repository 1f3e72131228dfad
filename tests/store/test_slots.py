import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from fedicert.base.clock import FrozenClock
from fedicert.base.errors import StoreUnavailable
from fedicert.base.ids import SLOTS, SystemEntropy
from fedicert.operations import announcements
from fedicert.store import slots
from fedicert.store.database import open_database
from fedicert.store.migrations import migrate
from fedicert.store.postgres import PostgresDatabase
from fedicert.store.slots import free_slot, keep_slot, take_slot
from fedicert.store.unit import Database, Reader, Tx
from tests.postgres import PostgresCluster

Opener = Callable[[], Awaitable[PostgresDatabase]]


async def one_id(tx: Tx) -> int:
    return tx.new_id()


async def leased(reader: Reader) -> int:
    return int(await reader.value("SELECT count(*) FROM process_slots WHERE lease_until > 0"))


async def test_every_slot_is_one_process_s(db: Database) -> None:
    taken = [await db.write(take_slot, f"t{number}") for number in range(SLOTS)]
    assert taken == list(range(SLOTS))
    if db.engine == "sqlite":
        assert await db.write(take_slot, "one too many") is None
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


@pytest.fixture
async def opened(postgres: PostgresCluster, url: str, clock: FrozenClock) -> AsyncIterator[Opener]:
    """Opens the database as one more process would."""
    made: list[PostgresDatabase] = []

    async def opener() -> PostgresDatabase:
        made.append(await PostgresDatabase(url, clock, SystemEntropy(), None, 2).open())
        return made[-1]

    yield opener
    for one in made:
        await one.close()


@pytest.fixture
async def url(postgres: PostgresCluster, clock: FrozenClock) -> AsyncIterator[str]:
    dsn = postgres.create_database()
    database = await PostgresDatabase(dsn, clock, SystemEntropy(), 0, 2).open()
    await migrate(database)
    await database.close()
    yield dsn
    postgres.drop(dsn)


def slot_of(identifier: int) -> int:
    return identifier >> 12 & 0xF


KILLED = """
import asyncio, sys
from fedicert.base.clock import SystemClock
from fedicert.base.ids import SystemEntropy
from fedicert.store.postgres import PostgresDatabase

async def one_id(tx):
    return tx.new_id()

async def main():
    opened = [await PostgresDatabase(sys.argv[1], SystemClock(), SystemEntropy(), None, 1).open() for _ in range(16)]
    print(*sorted([(await db.write(one_id)) >> 12 & 15 for db in opened]), flush=True)
    await asyncio.sleep(600)

asyncio.run(main())
"""


async def test_the_slots_of_the_killed_are_free_at_once(url: str, opened: Opener) -> None:
    """As many as there are, all with leases that run on; who was killed with a statement under way is there for longer."""
    child = subprocess.Popen([sys.executable, "-c", KILLED, url], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    with child:
        told = await asyncio.to_thread(child.stdout.readline)
        assert told.split() == [str(slot) for slot in range(SLOTS)]
        child.kill()
    survivor = await opened()
    assert await survivor.read(leased) == SLOTS
    made = [await (await opened()).write(one_id) for _ in range(3)]
    assert len({slot_of(identifier) for identifier in made}) == 3


async def test_nobody_takes_the_slot_of_the_living(opened: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slots, "TRIES", 2)
    living = [await opened() for _ in range(SLOTS)]
    assert {slot_of(await db.write(one_id)) for db in living} == set(range(SLOTS))
    late = await opened()
    with pytest.raises(StoreUnavailable, match="as many processes"):
        await late.write(one_id)
    await living[7].close()
    assert slot_of(await late.write(one_id)) == slot_of(await late.write(one_id))
    assert await late.read(leased) == SLOTS


async def test_who_lost_all_connections_gives_no_id_of_a_slot_that_was_taken_meanwhile(
    opened: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slots, "TRIES", 2)
    cut_off, other = await opened(), await opened()
    lost = slot_of(await cut_off.write(one_id))

    async def occupy(tx: Tx, slot: int, token: str) -> None:
        await tx.run(
            "UPDATE process_slots SET token = $2, lease_until = {db_now} + 60000 WHERE slot <> $1", slot, token
        )

    async def cut(tx: Tx, token: str) -> int:
        return int(
            await tx.value(
                "SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity WHERE application_name = $1",
                slots.session_name(token),
            )
        )

    await other.write_unslotted(occupy, lost, other._slots.token)
    assert await other.write_unslotted(take_slot, "another") is None
    await cut_off._bridge.close()  # it would come back, and so would the pool's first connection
    monkeypatch.setattr(cut_off._pool, "_minsize", 0)
    assert await other.write_unslotted(cut, cut_off._slots.token) >= 1
    assert cut_off._slots.ready
    assert await other.write_unslotted(take_slot, other._slots.token) == lost
    with pytest.raises(StoreUnavailable, match="as many processes"):
        await cut_off.write(one_id)
    await other.write_unslotted(free_slot, 15 - lost, other._slots.token)
    assert slot_of(await cut_off.write(one_id)) == 15 - lost


async def test_who_lost_all_connections_and_finds_its_slot_keeps_it(opened: Opener) -> None:
    cut_off, other = await opened(), await opened()
    slot = slot_of(await cut_off.write(one_id))

    async def cut(tx: Tx, token: str) -> None:
        await tx.run(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = $1",
            slots.session_name(token),
        )

    await other.write_unslotted(cut, cut_off._slots.token)
    assert slot_of(await cut_off.write(one_id)) == slot
    assert slot_of(await other.write(one_id)) != slot


async def made_here(reader: Reader) -> set[str]:
    """Tables whose ids come from the program, not from the database."""
    rows = await reader.all(
        "SELECT c.table_name FROM information_schema.columns c JOIN information_schema.key_column_usage k"
        " ON k.table_name = c.table_name AND k.column_name = c.column_name"
        " JOIN information_schema.table_constraints t ON t.constraint_name = k.constraint_name"
        " AND t.constraint_type = 'PRIMARY KEY' WHERE c.column_name = 'id' AND c.data_type = 'bigint'"
        " AND c.is_identity = 'NO' AND c.table_name <> 'local_accounts'"
    )
    return {row[0] for row in rows}


@pytest.mark.parametrize("engine", ["postgres"], indirect=False)
async def test_ids_go_on_behind_whatever_was_made_last(db: Database, engine: str) -> None:
    """A process that starts after the clock stepped back looks at every table whose ids are made here. One engine says it
    of both: their schemas are one."""
    assert await db.read(made_here) == set(slots.MADE_OF_MOMENTS)


async def test_an_announcement_alone_is_a_trace_of_its_moment(database_url: str, clock: FrozenClock) -> None:
    async def say(tx: Tx, once: str) -> int:
        return await announcements.announce(tx, "said", once=once)

    said = []
    for once in ("first", "second"):
        db = await open_database(database_url, clock=clock, entropy=SystemEntropy())
        said.append(await db.write(say, once))
        await db.close()
        clock.advance(-1_000)
    assert said[0] < said[1]
