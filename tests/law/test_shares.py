"""Law 10 under load: follows, divisions and new accounts of one person at once; the sum never exceeds the cap."""

from __future__ import annotations

import asyncio
import random
from typing import Any

import pytest

from fedicert.base.errors import CapExceeded, Conflict, Problem, StoreUnavailable
from fedicert.operations import follows, people, shares
from fedicert.operations.people import NewPerson
from fedicert.store.unit import Database, Reader, Tx
from tests import world
from tests.world import URLS

pytestmark = pytest.mark.law("10.1")

CAP = 9
RUNNERS = 12
ROUNDS = 12


async def _town(tx: Tx) -> tuple[int, list[int]]:
    await world.make_local(tx, "instance", await world.make_tier(tx, followers=CAP), kind="Application")
    new = NewPerson(name="ada", email="ada@mail.example", password_hash="", keys=())
    ada = await people.create_account(tx, URLS, new)
    await people.add_account(tx, URLS, ada, "bea", 3, ())
    return ada, [await world.make_remote(tx, f"r{number}", f"h{number}.example") for number in range(RUNNERS)]


async def _state(reader: Reader) -> list[tuple[int, str, int | None, int]]:
    rows = await reader.all(
        "SELECT l.id, a.username, l.cap_share, l.admitted + l.paused FROM local_accounts l"
        " JOIN accounts a ON a.id = l.id WHERE l.login IS NOT NULL ORDER BY l.id"
    )
    return [(row[0], row[1], row[2], row[3]) for row in rows]


async def _tried(work: Any) -> str:
    for _ in range(20):
        try:
            return str(await work())
        except Problem as refused:
            return type(refused).__name__
        except StoreUnavailable:
            await asyncio.sleep(0.05)
    raise AssertionError("the database was unavailable for a whole race")


async def test_follows_divisions_and_new_accounts_at_once(db: Database) -> None:
    """Whatever comes at the same moment, the accounts of one person never have more followers than their tier's cap."""
    ada, runners = await db.write(_town)
    chance = random.Random(7)
    for number in range(ROUNDS):
        accounts = await db.read(_state)

        def follow(who: int, whom: int) -> Any:
            uri = f"https://x.example/{who}/{whom}"
            return lambda: db.write(follows.receive_follow, URLS, who, whom, uri)

        def divide(names: list[str], split: list[int]) -> Any:
            return lambda: db.write(shares.divide, ada, dict(zip(names, split, strict=True)))

        def add(name: str, slots: int) -> Any:
            return lambda: db.write(people.add_account, URLS, ada, name, slots, ())

        names = [one[1] for one in accounts]
        works = [follow(who, chance.choice(accounts)[0]) for who in chance.sample(runners, 6)]
        for _ in range(4):
            cuts = sorted(chance.randrange(0, CAP + 1) for _ in names[1:])
            split = [high - low for low, high in zip([0, *cuts], [*cuts, CAP], strict=True)]
            works.append(divide(names, split))
        if number % 4 == 0:
            works.append(add(f"c{number}", chance.randrange(0, 4)))
        chance.shuffle(works)
        await asyncio.gather(*(_tried(work) for work in works))
        after = await db.read(_state)
        assert sum(CAP if one[2] is None else one[2] for one in after) <= CAP, after
        assert sum(one[3] for one in after) <= CAP, after
        for account, _, _, count in after:
            assert (await db.read(world.counts, account))["admitted"] == count
    assert sum(one[3] for one in await db.read(_state)) > 0


async def test_the_database_itself_refuses_shares_that_are_too_many(db: Database) -> None:
    """Whoever writes past the operations is stopped by the database."""
    ada, _ = await db.write(_town)

    def sets(sql: str, *values: Any) -> Any:
        async def unit(tx: Tx) -> None:
            await tx.run(sql, *values)

        return unit

    for sql in (
        "UPDATE local_accounts SET cap_share = 7 WHERE id = $1",
        "UPDATE local_accounts SET cap_share = NULL WHERE id = $1",
        "INSERT INTO local_accounts (id, login, role, tier, admitted, paused, held, requested, kept_used, admitted_seq,"
        " ledger_seq, ledger_at, ledger_head, told_locked, told_locked_at, note_text, fields_text, default_sensitive,"
        " default_language, hide_collections, created_at, cap_share) SELECT s.id, l.login, '', l.tier, 0, 0, 0, 0, 0, 0, 0,"
        " 0, '', 0, 0, '', '[]', 0, '', 0, 0, 1 FROM local_accounts l, accounts s WHERE l.id = $1 AND s.username = 'r1'",
    ):
        with pytest.raises(CapExceeded):
            await db.write(sets(sql, ada))
    await db.write(sets("UPDATE local_accounts SET cap_share = 5 WHERE id = $1", ada))
    await db.write(sets("UPDATE local_accounts SET cap_share = 6 WHERE id = $1", ada))


async def test_two_accounts_of_one_name_race_and_one_is_made(db: Database) -> None:
    """The same name asked for twice at once is given once, and takes slots once."""
    ada, _ = await db.write(_town)
    told = await asyncio.gather(
        *(_tried(lambda: db.write(people.add_account, URLS, ada, "cyd", 2, ())) for _ in range(4))
    )
    assert sorted(one for one in told if one == Conflict.__name__) == [Conflict.__name__] * 3
    state = {name: share for _, name, share, _ in await db.read(_state)}
    assert state == {"ada": 4, "bea": 3, "cyd": 2}
