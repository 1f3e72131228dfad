"""Law 3 and 4: the line stays bounded when the cap falls, and a place lapses by the time that its holder waited."""

from __future__ import annotations

import pytest

from fedicert.base.clock import DAY, FrozenClock
from fedicert.base.errors import Forbidden
from fedicert.operations import follows, line, swapping
from fedicert.store.unit import Database, Reader, Tx
from tests import world
from tests.rungs import change_tier
from tests.world import URLS


async def _lay_out(tx: Tx, hosts: tuple[str, ...], locked: bool = False, cap: int = 3) -> tuple[int, list[int]]:
    tier = await world.make_tier(tx, followers=cap)
    await world.make_local(tx, "home.example", tier, kind="Application")
    ada = await world.make_local(tx, "ada", tier, locked=locked)
    return ada, [await world.make_remote(tx, f"n{number}", host) for number, host in enumerate(hosts)]


async def _ask(db: Database, ada: int, *people: int) -> list[str]:
    return [await db.write(follows.receive_follow, URLS, one, ada, f"https://h.example/f/{one}") for one in people]


async def _lower(db: Database, ada: int, cap: int) -> None:
    await db.write(change_tier, "small", {"followers": str(cap)}, ada, "less")
    await _release(db, ada)


async def _release(db: Database, ada: int) -> None:
    while await db.write(line.release, URLS, ada, 4):
        pass


async def _held(db: Database, ada: int) -> list[str]:
    return [name for name, state in (await db.read(world.states, ada)).items() if state == "held"]


@pytest.mark.law("3.12", "3.14")
async def test_a_line_that_is_too_long_for_a_fallen_cap_is_shortened(db: Database) -> None:
    """From the ends of the longest: six of one server, and eight of others; none whom the owner follows."""
    hosts = ("first.example", "second.example", *["many.example"] * 6, *[f"o{number}.example" for number in range(8)])
    ada, people = await db.write(_lay_out, hosts, cap=2)
    assert await _ask(db, ada, *people) == ["admitted"] * 2 + ["held"] * 14
    await db.write(follows.follow, URLS, ada, people[7])
    await _lower(db, ada, 1)
    assert len(await _held(db, ada)) == 14  # while the audience itself is above the cap, a rise undoes it all
    await db.write(follows.undo_follow, URLS, people[0], ada)
    await _release(db, ada)
    # Of many.example the newest go until it has no more than the others; n7 is followed and stays.
    assert await _held(db, ada) == ["n2", "n7", *[f"n{number}" for number in range(8, 16)]]
    assert [host for host, _ in await db.read(world.sent, "Reject")] == ["many.example"] * 4
    assert (await db.read(world.told, ada)).count("gave_way") == 4
    assert (await db.read(world.counts, ada))["held"] == 10


@pytest.mark.law("C3")
async def test_a_cap_that_falls_to_0_ends_the_line(db: Database) -> None:
    ada, people = await db.write(_lay_out, tuple(f"h{number}.example" for number in range(6)))
    await _ask(db, ada, *people)
    await db.write(follows.follow, URLS, ada, people[5])
    for person in people[:3]:
        await db.write(follows.undo_follow, URLS, person, ada)
    await _lower(db, ada, 0)
    assert await db.read(world.states, ada) == {}
    assert {host for host, _ in await db.read(world.sent, "Reject")} == {f"h{number}.example" for number in (3, 4, 5)}


@pytest.mark.law("C3")
@pytest.mark.parametrize("stage", ["admitted", "paused"])
@pytest.mark.parametrize("end", ["is_removed", "leaves"])
async def test_the_line_of_a_locked_account_ends_once_its_audience_fits_a_cap_of_0(
    db: Database, stage: str, end: str
) -> None:
    """Nobody is held there, and still somebody's going is what the line is looked at for.

    Whoever is paused got no copies any more; the audience fits the cap of 0 by their going all the same.
    """
    ada, people = await db.write(_lay_out, ("a.example", "b.example"), locked=True)
    await _ask(db, ada, *people)
    await db.write(follows.authorize, URLS, ada, people[0])
    await _lower(db, ada, 0)
    assert await db.read(world.states, ada) == {"n0": "admitted", "n1": "requested"}
    if stage == "paused":
        await db.write(_pause, ada, people[0])
    await db.write(_no_jobs)
    if end == "is_removed":
        await db.write(follows.remove_follower, URLS, ada, people[0])
    else:
        await db.write(follows.undo_follow, URLS, people[0], ada)
    assert await db.read(_asked_for, "release") == 1
    await _release(db, ada)
    assert await db.read(world.states, ada) == {}


async def _pause(tx: Tx, owner: int, follower: int) -> None:
    await tx.run("UPDATE follows SET state = 'paused' WHERE followed = $1 AND follower = $2", owner, follower)


async def _no_jobs(tx: Tx) -> None:
    await tx.run("DELETE FROM jobs")


async def _asked_for(reader: Reader, kind: str) -> int:
    return int(await reader.value("SELECT COUNT(*) FROM jobs WHERE kind = $1", kind))


@pytest.mark.law("3.13")
async def test_who_was_asked_for_and_waits_in_the_line_now_has_waited_all_the_while(
    db: Database, clock: FrozenClock
) -> None:
    ada, people = await db.write(_lay_out, tuple(f"h{number}.example" for number in range(5)), locked=True)
    assert await _ask(db, ada, *people) == ["requested"] * 5
    clock.advance(179 * DAY)
    await db.write(_unlock, ada)
    await _release(db, ada)
    assert await _held(db, ada) == ["n3", "n4"]
    clock.advance(DAY + 1)
    while await db.write(line.lapse, URLS):
        pass
    assert await _held(db, ada) == []
    assert [host for host, _ in await db.read(world.sent, "Reject")] == ["h3.example", "h4.example"]


async def _unlock(tx: Tx, ada: int) -> None:
    await tx.run("UPDATE accounts SET locked = 0 WHERE id = $1", ada)


@pytest.mark.law("C10")
async def test_the_line_of_an_account_that_moved_stands_still(db: Database) -> None:
    """Neither its owner nor anybody else lets somebody in."""
    ada, people = await db.write(_lay_out, tuple(f"h{number}.example" for number in range(5)))
    await _ask(db, ada, *people)
    await db.write(_moves, ada, people[0])
    with pytest.raises(Forbidden):
        await db.write(swapping.swap, URLS, ada, people[1], people[3])
    await db.write(follows.remove_follower, URLS, ada, people[1])
    with pytest.raises(Forbidden):
        await db.write(follows.authorize, URLS, ada, people[3])
    await _release(db, ada)
    assert await db.read(_admitted, ada) == 2


async def _moves(tx: Tx, ada: int, target: int) -> None:
    await tx.run("UPDATE accounts SET moved_to = $2 WHERE id = $1", ada, target)


async def _admitted(reader: Reader, ada: int) -> int:
    return (await world.counts(reader, ada))["admitted"]
