"""`fedicert account add|shares|tier`, `waiver …`, `appeal …` and `code …` as people give them, without a server."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest

from fedicert.base.clock import SystemClock
from fedicert.base.ids import SystemEntropy
from fedicert.jobs.opening import open_house
from fedicert.store.unit import Tx
from tests.cli.here import Here

NEWER = "We answer for what we say, and say so when we were wrong. That is all of it.\n"


class Desk:
    """A terminal."""

    def __init__(self, here: Here) -> None:
        self._here = here
        self.config = here.config
        self.url = here.config.database

    async def does(self, *words: str) -> str:
        return str(await asyncio.to_thread(self._here.does, *words))

    async def refuses(self, *words: str) -> str:
        return str(await asyncio.to_thread(self._here.refuses, *words))

    async def person(self, name: str, role: str = "") -> None:
        office = ("--role", role) if role else ()
        await self.does(
            "account", "create", name, "--email", f"{name}@mail.example", "--password", "long enough 9", *office
        )


@pytest.fixture
async def desk(tmp_path: Path, database_url: str) -> Desk:
    desk = Desk(Here(tmp_path, database_url))
    await desk.person("ada")
    await desk.person("kay", "admin")
    return desk


async def test_accounts_of_one_person_by_command(desk: Desk) -> None:
    told = await desk.does("account", "add", "ada", "bea", "--slots", "50")
    assert told.startswith("made @bea@") and re.search(r"personal +ada +0 +100\b", told), told
    told = await desk.does("account", "shares", "ada", "ada=120", "bea=30")
    assert re.search(r"personal +bea +0 +30\b", told), told
    assert await desk.does("account", "shares", "bea") == told
    assert "add up to 151" in await desk.refuses("account", "shares", "ada", "ada=121")
    assert "write ACCOUNT=N" in await desk.refuses("account", "shares", "ada", "ada:1")
    assert "never given twice" in await desk.refuses("account", "add", "ada", "bea")


async def test_an_admins_word_and_the_code_by_command(desk: Desk, tmp_path: Path) -> None:
    told = await desk.does("account", "tier", "ada", "trained", "--by", "kay", "--reason", "passed the course")
    assert "@ada stands on personal\ntrained waits until @ada agrees" in told
    assert "tier trained waits" in await desk.does("code", "status", "ada")
    assert (await desk.does("code", "show")).startswith("version 1, SHA-256 ")
    file = tmp_path / "code.txt"
    file.write_text(NEWER)
    assert "version 2 holds" in await desk.does("code", "publish", str(file), "--by", "kay", "--reason", "shorter")
    assert "holds already" in await desk.refuses("code", "publish", str(file), "--by", "kay", "--reason", "again")
    assert "only an owner or admin" in await desk.refuses("code", "publish", str(file), "--by", "ada", "--reason", "x")
    assert "version 2 of the code holds, not 1" in await desk.refuses("code", "agree", "ada", "--version", "1")
    assert "version 2 holds; tier trained" in await desk.does("code", "agree", "ada", "--version", "2")
    assert "Code of responsibility" in await desk.does("code", "show", "1")
    assert "can't be read" in await desk.refuses("code", "publish", str(file) + "x", "--by", "kay", "--reason", "x")


async def test_waivers_and_appeals_by_command(desk: Desk) -> None:
    asked = await desk.does("waiver", "ask", "ada", "--followers", "400", "--days", "5", "--reason", "A fair")
    number = re.findall(r"fedicert waiver give (\d+)", asked)[0]
    assert "asked" in await desk.does("waiver", "list")
    assert "refused: " in await desk.does("waiver", "refuse", number, "--by", "kay", "--reason", "No room")
    assert await desk.does("appeal", "list", "--open") == "no appeal is open\n"
    appeal = await _appeal(desk, "waiver_refused")
    assert "@ada" not in await desk.does("waiver", "list", "kay")
    assert "The waiver you asked for was refused" in await desk.does("appeal", "list")
    assert "There is a fair" in await desk.does("appeal", "show", appeal)
    assert "Which" in await desk.does("appeal", "answer", appeal, "--by", "kay", "--text", "Which one?")
    refused = await desk.refuses("appeal", "decide", "granted", appeal, "--by", "kay", "--text", "Well then")
    assert "it is for the owner to decide" in refused or "Nobody decides their own case" in refused
    await desk.person("owl", "owner")
    told = await desk.does("appeal", "decide", "granted", appeal, "--by", "owl", "--text", "Well then")
    assert "granted" in told and "what was decided is undone" in told
    assert "given" in await desk.does("waiver", "list", "ada")
    assert "ended: " in await desk.does("waiver", "end", number, "--by", "owl", "--reason", "The fair is over")
    assert "isn't in force" in await desk.refuses("waiver", "end", number, "--by", "owl", "--reason", "again")
    assert "within 30 days" in await desk.refuses(
        "waiver", "ask", "ada", "--followers", "400", "--days", "31", "--reason", "A fair"
    )


async def _appeal(desk: Desk, kind: str) -> str:
    """Somebody appeals by the page or the API, which aren't open here."""
    from fedicert.base.clock import SystemClock
    from fedicert.base.ids import SystemEntropy
    from fedicert.operations import appeals
    from fedicert.store.database import open_database

    async def opens(tx: Tx) -> Any:
        row = await tx.one("SELECT account, seq FROM ledger WHERE kind = $1", kind)
        assert row is not None
        return await appeals.open_case(tx, row[0], row[1], "There is a fair")

    db = await open_database(desk.url, clock=SystemClock(), entropy=SystemEntropy())
    case = await db.write(opens)
    await db.close()
    return str(case.appeal.id)


async def test_closing_an_account_says_who_and_why(desk: Desk) -> None:
    """By command as by a client: a member of staff decides, with a reason, and not about themselves."""
    await desk.person("mod", "moderator")
    for verb in ("disable", "enable"):
        word = ("--reason", f"because we {verb}")
        assert await desk.does("account", verb, "@ada", "--by", "mod", *word) == f"{verb}d @ada\n"
        assert await desk.does("account", verb, "ada", "--by", "mod", *word) == f"{verb}d @ada\n"  # once is enough
        assert "for this server's" in await desk.refuses("account", verb, "mod", "--by", "ada", *word)
        assert "own case" in await desk.refuses("account", verb, "mod", "--by", "mod", *word)
        assert "Only an owner" in await desk.refuses("account", verb, "kay", "--by", "mod", *word)
        assert "Say why" in await desk.refuses("account", verb, "ada", "--by", "kay", "--reason", " ")
    told = await desk.does("ledger", "show", "ada")
    for kind in ("disable", "enable"):
        assert told.count(f"account_{kind}d") == 1 and f"because we {kind}" in told
    assert told.count("/users/mod") == 2


async def test_who_waits_is_listed_with_why_they_ask(desk: Desk) -> None:
    """What strangers wrote is shown on one line, without what steers a terminal; of whoever is in already it isn't."""
    for name in ("carl", "dora"):
        await desk.person(name)
    house = await open_house(desk.config, SystemClock(), SystemEntropy(), lambda _: None)

    async def asked(tx: Tx, name: str, reason: str, approved: int | None) -> None:
        await tx.run(
            "UPDATE logins SET reason = $2, approved_at = $3 WHERE id ="
            " (SELECT l.login FROM local_accounts l JOIN accounts a ON a.id = l.id WHERE a.username = $1)",
            name,
            reason,
            approved,
        )

    try:
        await house.db.write(asked, "ada", "I repair\nradios \x1b[31mred", None)
        await house.db.write(asked, "carl", "Let in long ago", 1)
        await house.db.write(asked, "dora", "", None)
    finally:
        await house.close()
    told = await desk.does("account", "list")
    assert "  @ada: I repair radios [31mred\n  @dora: (no reason given)\n" in told and "Let in long ago" not in told
    assert told.count("waits for approval") == 2
    for name in ("ada", "dora"):
        await desk.does("account", "approve", name)
    assert "would like to join" not in await desk.does("account", "list")


async def test_who_gave_a_role_and_why_stands_on_the_ledger(desk: Desk) -> None:
    """Nobody gives a role to themselves in their own name, and who isn't on the staff lets nobody in."""
    await desk.person("ben")
    word = ("--by", "kay", "--reason", "looks after  the queue")
    assert await desk.does("account", "promote", "ben", "--role", "moderator", *word) == "@ben is moderator\n"
    assert "Nobody decides their own case" in await desk.refuses("account", "promote", "kay", "--role", "none", *word)
    assert "owner or admin" in await desk.refuses("account", "promote", "ada", "--role", "admin", "--by", "ben")
    assert "moderator" in await desk.refuses("account", "approve", "ben", "--by", "ada")
    told = await desk.does("ledger", "show", "ben", "--words")
    assert "from none to moderator by" in told and "kay" in told and "looks after the queue" in told
