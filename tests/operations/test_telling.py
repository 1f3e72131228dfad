"""The limits account itself: made once, by whoever needs it first, and at the next start of an older instance."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from fedicert.base.clock import SystemClock
from fedicert.base.errors import NotFound, Unprocessable
from fedicert.base.ids import SystemEntropy
from fedicert.config import load
from fedicert.jobs.opening import make_first_owner, open_house
from fedicert.operations import people, telling
from fedicert.store.unit import Database, Reader, Tx
from tests import world


async def _limits(reader: Reader) -> list[tuple[str, str, int]]:
    rows = await reader.all(
        "SELECT a.type, a.display_name, l.login FROM accounts a JOIN local_accounts l ON l.id = a.id"
        " WHERE a.username = 'limits' AND a.domain = ''"
    )
    return [(row[0], row[1], row[2]) for row in rows]


async def test_two_who_are_told_at_the_same_moment_are_told_by_one_account(db: Database) -> None:
    """However many units of work find that it isn't there yet."""

    async def lay_out(tx: Tx) -> list[int]:
        tier = await world.make_tier(tx)
        return [await world.make_local(tx, f"p{number}", tier) for number in range(8)]

    async def say(tx: Tx, account: int) -> bool:
        return await telling.tell(tx, account, "reply", once="x")

    told = await asyncio.gather(*(db.write(say, account) for account in await db.write(lay_out)))
    assert told == [True] * 8
    assert await db.read(_limits) == [("Service", "Limits", None)]


async def test_nobody_is_told_who_is_not_a_person_here(db: Database) -> None:
    async def unit(tx: Tx) -> list[bool]:
        tier = await world.make_tier(tx)
        instance = await world.make_local(tx, "home.example", tier, kind="Application")
        stranger = await world.make_remote(tx, "zoe", "there.example")
        limits = await telling.make_account(tx, world.URLS)
        return [await telling.tell(tx, one, "reply", once="x") for one in (instance, stranger, limits, 12345)]

    assert await db.write(unit) == [False] * 4


async def test_an_instance_founded_before_gets_it_at_its_next_start(tmp_path: Path, database_url: str) -> None:
    """And it is nobody whom commands know, or who counts as the first person here."""
    file = tmp_path / "config.toml"
    file.write_text(f'domain = "home.example"\ndatabase = "{database_url}"\n', encoding="utf-8")
    config = load(file, {"FEDICERT_DATA_DIR": str(tmp_path / "data")})

    async def forget(tx: Tx) -> None:
        await tx.run("DELETE FROM local_accounts WHERE id IN (SELECT id FROM accounts WHERE username = 'limits')")
        await tx.run("DELETE FROM accounts WHERE username = 'limits'")

    house = await open_house(config, SystemClock(), SystemEntropy(), lambda _: None)
    try:
        assert await house.db.read(_limits) == [("Service", "Limits", None)]
        await house.db.write(forget)
    finally:
        await house.close()
    house = await open_house(config, SystemClock(), SystemEntropy(), lambda _: None)
    try:
        assert await house.db.read(_limits) == [("Service", "Limits", None)]
        with pytest.raises(NotFound):
            await house.db.write(people.disable, "limits")
        with pytest.raises(Unprocessable):
            people.check_name("l1mits", "home.example")
        assert await house.db.read(people.list_people) == []
        assert await make_first_owner(house) is not None
    finally:
        await house.close()
