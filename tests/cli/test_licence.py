"""`fedicert licence …` as a person gives it, against a board on this machine: without a server, and through a running one."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from fedicert import config as configuration
from fedicert.base.clock import SystemClock
from fedicert.base.ids import SystemEntropy
from fedicert.jobs.commands import listening
from fedicert.jobs.errands import bound
from fedicert.jobs.opening import open_house, socket_path
from fedicert.server import certifying_alone
from tests.attestations.forge import INDEX
from tests.cli.here import Here
from tests.cli.test_verify import TRUST, LocalBoard
from tests.remote.doubles import peer, reply

ADA = "http://localhost:8999/users/ada"


class Office(LocalBoard):
    """The board, whose licence is Ada's."""

    def issue(self, **changes: Any) -> dict[str, Any]:
        self.actor = ADA
        made = super().issue(**changes)
        self.serve("/credentials/1", made, "application/vc")
        return made


@pytest.fixture
async def board() -> AsyncIterator[Office]:
    async with peer() as far:
        yield Office(far)


@pytest.fixture
def here(tmp_path: Path, database_url: str, board: Office) -> Here:
    made = Here(tmp_path, database_url)
    file = tmp_path / "config.toml"
    file.write_text(file.read_text() + TRUST.format(did=board.did, profession="74"))
    made.config = configuration.load(file, {})
    return made


async def _story(here: Here, board: Office, tmp_path: Path) -> None:
    async def does(*words: str) -> str:
        return await asyncio.to_thread(here.does, *words)

    async def refuses(*words: str) -> str:
        return await asyncio.to_thread(here.refuses, *words)

    told = await does("licence", "import", "ada", board.href)
    for words in ("ok   proof", "ok   status", "imported as licence 1 of @ada", "Master Electrician ME-104422, US-NY"):
        assert words in told
    assert "issued by The Electrical Board" in told and "tier professional" in told
    told = await does("licence", "consent", "ada", "1")
    assert "http://localhost:8999/@ada/licences/1" in told and "tier personal" in told
    assert "The tier professional waits until @ada agrees" in told and "fedicert code agree ada --version 1" in told
    assert "tier professional waits: fedicert code agree" in await does("code", "status", "ada")
    assert "agreed to version 1" in await does("code", "agree", "ada", "--version", "1")
    told = await does("licence", "consent", "ada", "1")
    assert "http://localhost:8999/@ada/licences/1" in told and "tier professional" in told and "waits" not in told
    assert "trusted" in await does("licence", "list")

    file = tmp_path / "credential.json"
    file.write_text(json.dumps(board.issue() | {"name": "altered"}))
    assert "it isn't valid" in (await asyncio.to_thread(here.run, "licence", "import", "ada", str(file))).stderr
    board.far.routes["/status/1"] = reply(500)
    told = await does("licence", "check", "ada")
    assert "no answer to this look (status_unreachable); what was found before stands:" in told
    board.publish(INDEX)
    told = await does("licence", "check", "ada")
    assert "ended (revoked)" in told and "tier personal" in told
    assert "has ended here (revoked)" in await refuses("licence", "withdraw", "ada", "1")


@pytest.mark.parametrize("engine", ["postgres"], indirect=True)
async def test_without_a_server(here: Here, board: Office, tmp_path: Path) -> None:
    await asyncio.to_thread(here.does, "account", "create", "ada", "--email", "ada@people.example")
    await _story(here, board, tmp_path)


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
async def test_a_running_server_does_it(here: Here, board: Office, tmp_path: Path) -> None:
    await asyncio.to_thread(here.does, "account", "create", "ada", "--email", "ada@people.example")
    house = await open_house(here.config, SystemClock(), SystemEntropy(), lambda _: None)
    try:
        async with (
            certifying_alone(house) as certifying,
            listening(house.db, socket_path(here.config), bound(certifying)),
        ):
            await _story(here, board, tmp_path)
    finally:
        await house.close()


@pytest.mark.parametrize("engine", ["sqlite", "postgres"], indirect=True)
async def test_what_was_wrong_is_named_with_what_to_do(here: Here, board: Office, tmp_path: Path) -> None:
    """An address that leads nowhere or to something else is told in one sentence, without checks that nobody made."""
    await asyncio.to_thread(here.does, "account", "create", "ada", "--email", "ada@people.example")
    board.far.routes["/page"] = reply(200, b"<html>", content_type="text/html")
    where = board.href.removesuffix("/credentials/1")
    for source, wrong, to_do in (
        (f"{where}/nothing", "answered 404", "Give the address at which the issuer serves"),
        (f"{where}/page", "a page for people", "or its JSON as a file"),
        (f"{where}/status/1", "it can't be read as a licence", "or its JSON as a file"),
        ("http://localhost:1/credentials/1", "can't be reached", "Try again later"),
        ("https://nowhere.invalid/1", "not a public name", "or its JSON as a file"),
    ):
        done = await asyncio.to_thread(here.run, "licence", "import", "ada", source)
        assert done.returncode == 1 and wrong in done.stderr and to_do in done.stderr, done.stderr
        assert done.stdout.count("\n") == 1 and "not looked at" not in done.stdout


@pytest.mark.parametrize("engine", ["sqlite", "postgres"], indirect=True)
async def test_why_nobody_rises_is_said(here: Here, board: Office) -> None:
    """By a licence of an issuer that isn't listed, or not for this trade; where the ladder has another way in."""
    await asyncio.to_thread(here.does, "account", "create", "ada", "--email", "ada@people.example")
    file = here.folder / "config.toml"
    listed = file.read_text()
    for instead, why in (
        (listed.replace(board.did, "did:web:other.example"), "its issuer isn't on our trust list"),
        (listed.replace('professions = ["74"]', 'professions = ["21"]'), "but not for the trade"),
    ):
        file.write_text(instead)
        for words in (("import", "ada", board.href), ("consent", "ada", "1")):
            told = await asyncio.to_thread(here.does, "licence", *words)
            assert "It lifts to no tier here, because " in told and why in told and "fedicert trust list" in told
    file.write_text(listed.replace('tier = "professional"', 'tier = "trained"'))
    told = await asyncio.to_thread(here.does, "licence", "consent", "ada", "1")
    assert "stands on the tier personal" in told and "names the tier trained for it" in told
    file.write_text(listed)
    shown = await asyncio.to_thread(here.does, "licence", "import", "ada", board.href)
    assert "tier professional" in shown and "lifts to no tier" not in shown
