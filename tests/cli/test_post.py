"""`fedicert post …` and `fedicert relay …` as a person gives them, without a server."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from fedicert.base.clock import SystemClock
from fedicert.base.ids import SystemEntropy
from fedicert.jobs.opening import urls_of
from fedicert.operations import posts
from fedicert.operations.posts import Draft
from fedicert.store.database import open_database
from fedicert.store.unit import Tx
from tests.cli.here import Here


@pytest.fixture
def here(tmp_path: Path, database_url: str) -> Here:
    return Here(tmp_path, database_url)


async def _climb(tx: Tx) -> int:
    ada = int(await tx.value("SELECT id FROM accounts WHERE username = 'ada'"))
    await tx.run("UPDATE local_accounts SET tier = (SELECT id FROM tiers WHERE name = 'trained') WHERE id = $1", ada)
    return ada


async def test_a_mark_is_put_on_shown_and_undone(here: Here, database_url: str) -> None:
    def does(*words: str) -> Any:
        return asyncio.to_thread(here.does, *words)

    def refuses(*words: str) -> Any:
        return asyncio.to_thread(here.refuses, *words)

    await does("account", "create", "ada", "--email", "ada@mail.example")
    await does("account", "create", "mod", "--email", "mod@mail.example", "--role", "moderator")
    await does("code", "agree", "ada", "--version", "1")  # who stands above the lowest tier posts only then
    db = await open_database(database_url, clock=SystemClock(), entropy=SystemEntropy())
    urls = urls_of(here.config)
    ada = await db.write(_climb)
    post = await db.write(posts.publish, urls, ada, Draft(text="Vote for me", visibility="public"))
    await db.close()

    assert await does("post", "marks") == "no post was ever marked\n"
    by = ("--by", "mod", "--reason", "not about wiring")
    assert "only a moderator" in await refuses("post", "mark", str(post), "--by", "ada", "--reason", "x")
    assert "there is no post" in await refuses("post", "mark", "https://else.example/1", *by)
    page = urls.status_page("ada", post)
    assert await does("post", "mark", page, *by) == f"{page} by @ada is marked; 1 within 90 days stand\n"
    assert "not about wiring" in await does("post", "marks")
    assert "is no longer marked; 0 within" in await does("post", "unmark", str(post), *by)
    assert "no mark stands" in await refuses("post", "unmark", str(post), *by)

    assert await does("relay", "list") == "there are no relays\n"
    assert "only an owner or admin" in await refuses("relay", "remove", "https://r.example/actor", *by)
    assert "no address" in await refuses("relay", "add", "relay.example", *by)
