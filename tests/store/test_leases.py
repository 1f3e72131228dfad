"""After a kill nobody holds anything: the one process that may write takes up at once what was under way."""

from __future__ import annotations

from pathlib import Path

from fedicert import config, server
from fedicert.base.clock import FrozenClock
from fedicert.base.ids import Entropy
from fedicert.store import leases, queue
from fedicert.store.slots import take_slot
from fedicert.store.unit import Database, Tx

SLOTS = 16


async def _killed(tx: Tx) -> None:
    """A process claimed a job and died; so many others did that no slot is left."""
    await queue.enqueue(tx, "release", {"account": 1})
    assert len(await queue.claim(tx, "release", 10)) == 1
    for number in range(SLOTS):
        await tx.run("UPDATE process_slots SET token = $2, lease_until = {db_now} + 60000 WHERE slot = $1", number, "x")


async def test_voided_leases_are_free(db: Database) -> None:
    await db.write(_killed)
    assert await db.write(queue.claim, "release", 10) == []
    await db.write_unslotted(leases.void)
    assert len(await db.write(queue.claim, "release", 10)) == 1
    assert await db.write_unslotted(take_slot, "mine") == 0


async def test_a_server_on_sqlite_starts_after_many_kills_and_goes_on_at_once(
    tmp_path: Path, clock: FrozenClock, entropy: Entropy
) -> None:
    settings = config.load(None, {"FEDICERT_DOMAIN": "home.example", "FEDICERT_DATA_DIR": str(tmp_path / "data")})
    first = await server.build(settings, clock=clock, entropy=entropy)
    await first.deps.db.write(_killed)
    await server.close(first)
    again = await server.build(settings, clock=clock, entropy=entropy)
    try:
        assert await again.work.worker.drain() == 1
    finally:
        await server.close(again)
