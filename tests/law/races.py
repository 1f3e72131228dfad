"""64 people follow at once for the last slot: the race itself, used by tests in one process and in two.

Run as a program it is the second process: it takes lines `race NUMBER` on standard input, runs its half, and prints how
many it saw admitted.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable

from fedicert.base.clock import SystemClock
from fedicert.base.errors import StoreUnavailable
from fedicert.base.ids import SystemEntropy
from fedicert.operations import follows
from fedicert.store.database import open_database
from fedicert.store.unit import Database, Reader, Tx
from tests import world
from tests.world import URLS

RUNNERS = 64
ASKED = 20
Ask = Callable[[Database, int, int], Awaitable[str]]


async def lay_out(tx: Tx, races: int) -> tuple[list[int], list[int]]:
    """A tier with one slot, somebody to follow per race, and the 64 who run."""
    tier = await world.make_tier(tx, followers=1)
    owners = [await world.make_local(tx, f"o{number}", tier) for number in range(races)]
    return owners, [await world.make_remote(tx, f"r{i}", f"h{i}.example") for i in range(RUNNERS)]


async def ask(db: Database, runner: int, owner: int) -> str:
    """The law's own way to a slot; where the database is too busy it is asked again, as a job would be."""
    for _ in range(ASKED):
        try:
            return await db.write(follows.receive_follow, URLS, runner, owner, f"https://x.example/{runner}/{owner}")
        except StoreUnavailable:
            await asyncio.sleep(0.1)
    raise AssertionError("the database was unavailable for a whole race")


async def run(db: Database, owner: int, runners: list[int], way: Ask = ask) -> int:
    """All at once; how many were told they are in."""
    told = await asyncio.gather(*(way(db, runner, owner) for runner in runners))
    return sum(answer == "admitted" for answer in told)


async def check(db: Database, owner: int) -> None:
    """Exactly one is in: rows, integers, and what other servers are told."""
    rows, counted, accepts = await db.read(_counted, owner)
    assert (rows, counted, accepts) == (1, 1, 1), f"{rows} rows admitted, {counted} counted, {accepts} Accepts"


async def _counted(reader: Reader, owner: int) -> tuple[int, int, int]:
    return (
        await reader.value("SELECT COUNT(*) FROM follows WHERE followed = $1 AND state = 'admitted'", owner),
        await reader.value("SELECT admitted FROM local_accounts WHERE id = $1", owner),
        await reader.value("SELECT COUNT(*) FROM activities WHERE actor = $1 AND type = 'Accept'", owner),
    )


async def _second(url: str, first_runner: int) -> None:
    db = await open_database(url, clock=SystemClock(), entropy=SystemEntropy())
    owners, runners = await db.read(_everybody)
    loop = asyncio.get_running_loop()
    print("ready", flush=True)
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        print(await run(db, owners[int(line.split()[1])], runners[first_runner:]), flush=True)
    await db.close()


async def _everybody(reader: Reader) -> tuple[list[int], list[int]]:
    owners = await reader.all("SELECT id FROM accounts WHERE domain = '' ORDER BY id")
    runners = await reader.all("SELECT id FROM accounts WHERE domain <> '' ORDER BY id")
    return [row[0] for row in owners], [row[0] for row in runners]


if __name__ == "__main__":
    asyncio.run(_second(sys.argv[1], int(sys.argv[2])))
