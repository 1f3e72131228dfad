"""`fedicert settle …` as a person gives it, without a server."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from fedicert.base.clock import SystemClock
from fedicert.base.ids import SystemEntropy
from fedicert.operations import settling, trimming
from fedicert.store.database import open_database
from fedicert.store.unit import Database, Tx
from tests import world
from tests.cli.here import Here
from tests.world import URLS


@pytest.fixture
def here(tmp_path: Path, database_url: str) -> Here:
    return Here(tmp_path, database_url)


async def _in(url: str, work: Callable[[Database], Awaitable[Any]]) -> None:
    db = await open_database(url, clock=SystemClock(), entropy=SystemEntropy())
    await work(db)
    await db.close()


async def _fall(tx: Tx) -> int:
    """Ada falls, for cause, with two followers at one server and a cap of one."""
    ada = int(await tx.value("SELECT id FROM accounts WHERE username = 'ada'"))
    await tx.run("UPDATE tiers SET followers = 1 WHERE id = (SELECT tier FROM local_accounts WHERE id = $1)", ada)
    await tx.run("UPDATE local_accounts SET cap_share = NULL WHERE id = $1", ada)
    return ada


async def test_who_would_be_kept_is_seen_and_steered(here: Here, database_url: str) -> None:
    import asyncio

    def does(*words: str) -> Any:
        return asyncio.to_thread(here.does, *words)

    assert "ada" in await does("account", "create", "ada", "--email", "ada@mail.example", "--role", "owner")
    assert await does("settle", "status") == (
        "nothing settles\nreach bound: 0 trimmed and not confirmed gone at servers that still get copies\n"
    )

    async def fall(db: Database) -> None:
        async def follow(tx: Tx) -> int:
            ada = int(await tx.value("SELECT id FROM accounts WHERE username = 'ada'"))
            for name, host in (("bob", "far.example"), ("cyd", "near.example")):
                await world.admit(tx, await world.make_remote(tx, name, host), ada)
            return ada

        ada = await db.write(follow)
        await db.write(_fall)
        await db.write(settling.look, ada, "for_cause")
        await db.write(trimming.choose, ada)
        while await db.write(trimming.settle, URLS, ada):
            pass

    await _in(database_url, fall)
    told = await does("settle", "status", "ada")
    assert "throttle" in told and "for_cause" in told
    assert "everybody at far.example (1)" in await does("settle", "preview", "ada")
    assert await does("settle", "pin", "ada", "cyd@near.example") == "pinned, in this order: cyd@near.example\n"
    assert "everybody at near.example (1)" in await does("settle", "preview", "ada", "--stage", "throttle")
    assert "  cyd@near.example" in await does("settle", "preview", "ada", "--stage", "trim")
    assert await does("settle", "unpin", "ada", "cyd@near.example") == "nobody is pinned\n"

    def refuses(*words: str) -> Any:
        return asyncio.to_thread(here.refuses, *words)

    assert "isn't pinned" in await refuses("settle", "unpin", "ada", "cyd@near.example")
    assert "nobody called" in await refuses("settle", "pin", "ada", "eve@far.example")
    assert "no grace of @ada" in await refuses("settle", "for-cause", "ada", "--by", "ada", "--reason", "forged papers")
    assert "no trim waits" in await refuses("settle", "confirm", "--by", "ada", "--reason", "my watch agrees")
