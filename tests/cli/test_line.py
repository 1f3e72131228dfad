"""`fedicert line`, `listing`, `domain` and `account suspend` as a person gives them, without a server."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from fedicert.base.clock import SystemClock
from fedicert.base.ids import SystemEntropy
from fedicert.operations import follows
from fedicert.store.database import open_database
from fedicert.store.unit import Tx
from tests import world
from tests.cli.here import Here
from tests.world import URLS


@pytest.fixture
def here(tmp_path: Path, database_url: str) -> Here:
    return Here(tmp_path, database_url)


async def _full(tx: Tx) -> None:
    ada = int(await tx.value("SELECT id FROM accounts WHERE username = 'ada'"))
    await tx.run("UPDATE tiers SET followers = 1, kept_permille = 0, strangers_per_domain_day = 0")
    for name, host in (("bob", "far.example"), ("cyd", "near.example")):
        follower = await world.make_remote(tx, name, host)
        await follows.receive_follow(tx, URLS, follower, ada, f"https://{host}/f/1")
    await world.make_remote(tx, "relay", "relay.example", kind="Application")


async def test_the_line_listings_domains_and_suspension_by_command(here: Here, database_url: str) -> None:
    def does(*words: str) -> Any:
        return asyncio.to_thread(here.does, *words)

    def refuses(*words: str) -> Any:
        return asyncio.to_thread(here.refuses, *words)

    await does("account", "create", "ada", "--email", "ada@mail.example", "--role", "owner")
    await does("account", "create", "eve", "--email", "eve@mail.example")
    db = await open_database(database_url, clock=SystemClock(), entropy=SystemEntropy())
    await db.write(_full)
    await db.close()

    assert await does("line", "status", "ada") == (
        "audience: 1 of 1\nwaiting: 1 for a slot, 0 for the owner's word\n"
        "slots freed by the owner may be filled again 1 of 1 times in 30 days\n"
    )
    swapped = await does("line", "swap", "ada", "bob@far.example", "cyd@near.example")
    assert "cyd@near.example is in" in swapped and "again 0 of 1 times in 30 days; again from " in swapped
    assert "nobody called" in await refuses("line", "swap", "ada", "bob@far.example", "x@far.example")

    by = ("--by", "ada", "--reason", "our town's choir")
    assert await does("listing", "list") == "nobody is listed\n"
    assert await does("listing", "add", "relay@relay.example", *by) == "listed: relay@relay.example\n"
    assert "our town's choir" in await does("listing", "list")
    assert "no relay" in await refuses("listing", "add", "bob@far.example", *by)
    assert "owner or admin" in await refuses("listing", "remove", "relay@relay.example", "--by", "eve", "--reason", "x")
    assert await does("listing", "remove", "relay@relay.example", *by) == "struck off: relay@relay.example\n"

    assert await does("domain", "block", "Bad.example", *by) == "bad.example: suspend\n"
    assert "bad.example  suspend" in await does("domain", "list")
    assert await does("domain", "block", "bad.example", "--severity", "silence", *by) == "bad.example: silence\n"
    assert await does("domain", "unblock", "bad.example", "--by", "ada") == "bad.example is blocked no longer\n"
    assert await does("domain", "list") == "no domain is blocked\n"

    assert await does("account", "suspend", "eve", *by) == "suspended @eve\n"
    assert "suspended" in await does("account", "list")
    assert await does("account", "unsuspend", "eve", *by) == "unsuspended @eve\n"
    assert "their own case" in await refuses("account", "suspend", "ada", *by)
