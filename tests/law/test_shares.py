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


async def _tried(db: Database, operation: Any, *values: Any) -> str:
    for _ in range(20):
        try:
            return str(await db.write(operation, *values))
        except Problem as refused:
            return type(refused).__name__
        except StoreUnavailable:
            await asyncio.sleep(0.05)
    raise AssertionError("the database was unavailable for a whole race")


async def _follow(db: Database, who: int, whom: int) -> str:
    return await _tried(db, follows.receive_follow, URLS, who, whom, f"https://x.example/{who}/{whom}")


async def test_follows_divisions_and_new_accounts_at_once(db: Database) -> None:
    """Whatever comes at the same moment, the accounts of one person never have more followers than their tier's cap."""
    ada, runners = await db.write(_town)
    chance = random.Random(7)
    for number in range(ROUNDS):
        accounts = await db.read(_state)

        names = [one[1] for one in accounts]
        works: list[Any] = [_follow(db, who, chance.choice(accounts)[0]) for who in chance.sample(runners, 6)]
        for _ in range(4):
            cuts = sorted(chance.randrange(0, CAP + 1) for _ in names[1:])
            split = [high - low for low, high in zip([0, *cuts], [*cuts, CAP], strict=True)]
            works.append(_tried(db, shares.divide, ada, dict(zip(names, split, strict=True))))
        if number % 4 == 0:
            works.append(_tried(db, people.add_account, URLS, ada, f"c{number}", chance.randrange(0, 4), ()))
        chance.shuffle(works)
        await asyncio.gather(*works)
        after = await db.read(_state)
        assert sum(CAP if one[2] is None else one[2] for one in after) <= CAP, after
        assert sum(one[3] for one in after) <= CAP, after
        for account, _, _, count in after:
            assert (await db.read(world.counts, account))["admitted"] == count
    assert sum(one[3] for one in await db.read(_state)) > 0


async def _pair(tx: Tx, number: int) -> tuple[int, int]:
    """Two accounts of one person: the second has the last two slots, and one is taken."""
    new = NewPerson(name=f"a{number}", email=f"a{number}@mail.example", password_hash="", keys=())
    one = await people.create_account(tx, URLS, new)
    other, _ = await people.add_account(tx, URLS, one, f"b{number}", CAP, ())
    return one, other


async def test_a_slot_is_not_taken_and_given_away_in_one_moment(db: Database) -> None:
    """A division and an admission that meet: either the slot is given away, or somebody sits in it."""
    _, runners = await db.write(_town)
    for number in range(40):
        one, other = await db.write(_pair, number)
        for who in runners[: CAP - 1]:
            await _follow(db, who, other)
        wanted = {f"a{number}": 1, f"b{number}": CAP - 1}
        last, late = runners[CAP - 1], runners[CAP]
        told = await asyncio.gather(
            _follow(db, last, other),
            _tried(db, shares.divide, one, wanted),
        )
        await _follow(db, late, one)
        counted = [one for one in await db.read(_state) if one[1] in wanted]
        assert sum(row[3] for row in counted) <= CAP, counted
        assert (told[0] == "admitted") != (told[1].startswith("[")), told


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
    told = await asyncio.gather(*(_tried(db, people.add_account, URLS, ada, "cyd", 2, ()) for _ in range(4)))
    assert sorted(one for one in told if one == Conflict.__name__) == [Conflict.__name__] * 3
    state = {name: share for _, name, share, _ in await db.read(_state)}
    assert state == {"ada": 4, "bea": 3, "cyd": 2}
