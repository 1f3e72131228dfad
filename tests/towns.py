"""A town in a database, without servers: Ada with followers here, an owner, and time that passes."""

from __future__ import annotations

from typing import Any

from fedicert.base.clock import FrozenClock
from fedicert.operations import trimming
from fedicert.store.unit import Database, Reader, Tx
from tests import world
from tests.world import URLS

FOLLOWERS = 6


async def lay_out(tx: Tx, tier: str, cap: int | None, followers: int = FOLLOWERS) -> tuple[int, int]:
    """(the owner, Ada): both on a tier of this name, with people here who follow Ada."""
    standing = await world.make_tier(tx, tier, followers=cap)
    await world.make_local(tx, "home.example", standing, kind="Application")
    owner = await world.make_local(tx, "owner", standing)
    await tx.run("UPDATE local_accounts SET role = 'owner' WHERE id = $1", owner)
    ada = await world.make_local(tx, "ada", standing)
    for number in range(followers):
        await world.admit(tx, await world.make_local(tx, f"l{number}", standing), ada)
    return owner, ada


class Town:
    """Who lives there, and what is asked of the database."""

    def __init__(self, db: Database, clock: FrozenClock, owner: int, ada: int) -> None:
        self.db, self.clock, self.owner, self.ada = db, clock, owner, ada

    async def pass_time(self, milliseconds: int, *, watched: bool) -> None:
        """Time passes; `watched`: the clock was looked at every minute of it."""
        self.clock.advance(milliseconds)
        if watched:
            await self.run("UPDATE settings SET value = $1 WHERE key = 'clock_seen'", str(self.clock.now()))

    async def settle(self) -> None:
        """What the job does for Ada."""
        await self.db.write(trimming.choose, self.ada)
        while await self.db.write(trimming.settle, URLS, self.ada):
            pass

    async def run(self, sql: str, *values: Any) -> None:
        """A change by hand."""

        async def unit(tx: Tx) -> None:
            await tx.run(sql, *values)

        await self.db.write(unit)

    async def rows(self, sql: str, *values: Any) -> list[Any]:
        """What stands there."""

        async def view(reader: Reader) -> list[Any]:
            return list(await reader.all(sql, *values))

        return await self.db.read(view)

    async def value(self, sql: str, *values: Any) -> Any:
        """The first of it."""
        found = await self.rows(sql, *values)
        return found[0][0] if found else None

    async def states(self) -> dict[str, str]:
        """Who follows Ada: name → state."""
        return await self.db.read(world.states, self.ada)

    async def kinds(self) -> list[str]:
        """What Ada's ledger tells."""
        return await self.db.read(world.told, self.ada)
