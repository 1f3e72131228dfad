"""Law 1 and 3 at the level of operations, on both engines: a slot or the line, in order, and who is told."""

from __future__ import annotations

import io
import json

import pytest

from fedicert.base.clock import DAY, HOUR, MINUTE, FrozenClock
from fedicert.base.errors import CapExceeded, Forbidden, Unprocessable
from fedicert.base.log import log
from fedicert.operations import blocks, follows, line, moves, restoring, swapping, sweeping
from fedicert.operations.moves import Along
from fedicert.reach.turnover import TURN
from fedicert.store.unit import Database, Reader, Tx
from tests import world
from tests.rungs import change_tier
from tests.world import URLS


async def _world(tx: Tx, newcomers: int, **limits: object) -> tuple[int, list[int]]:
    locked = bool(limits.pop("locked", False))
    tier = await world.make_tier(tx, **limits)
    await world.make_local(tx, "home.example", tier, kind="Application")
    ada = await world.make_local(tx, "ada", tier, locked=locked)
    hosts = [f"h{i}.example" for i in range(newcomers)]
    return ada, [await world.make_remote(tx, f"n{i}", host) for i, host in enumerate(hosts)]


async def _ask(db: Database, newcomer: int, ada: int, number: int = 0) -> str:
    return await db.write(follows.receive_follow, URLS, newcomer, ada, f"https://h.example/f/{newcomer}/{number}")


async def _release(db: Database, ada: int) -> None:
    while await db.write(line.release, URLS, ada, 50):
        pass


@pytest.mark.law("1.2", "W6")
async def test_the_fourth_of_a_cap_of_three_is_held_and_told_nothing(db: Database) -> None:
    ada, people = await db.write(_world, 5)
    assert [await _ask(db, p, ada) for p in people] == ["admitted"] * 3 + ["held"] * 2
    assert await db.read(world.counts, ada) == {"admitted": 3, "paused": 0, "held": 2, "requested": 0, "kept_used": 0}
    assert [host for host, _ in await db.read(world.sent, "Accept")] == ["h0.example", "h1.example", "h2.example"]
    assert await db.read(world.sent, "Reject") == []
    assert await db.read(world.told, ada) == ["admitted"] * 3 + ["held"] * 2
    assert await db.read(_notified, ada) == ["follow"] * 3


async def _notified(reader: Reader, account: int) -> list[str]:
    return [r[0] for r in await reader.all("SELECT type FROM notifications WHERE account = $1 ORDER BY id", account)]


async def test_a_freed_slot_goes_to_the_oldest(db: Database) -> None:
    ada, people = await db.write(_world, 5)
    for person in people:
        await _ask(db, person, ada)
    await db.write(follows.undo_follow, URLS, people[1], ada)
    await _release(db, ada)
    assert await db.read(world.states, ada) == {"n0": "admitted", "n2": "admitted", "n3": "admitted", "n4": "held"}
    assert (await db.read(world.sent, "Accept"))[-1][0] == "h3.example"


@pytest.mark.law("3.5")
async def test_people_the_owner_follows_come_before_older_ones(db: Database, clock: FrozenClock) -> None:
    ada, people = await db.write(_world, 5)
    for person in people:
        await _ask(db, person, ada)
    await db.write(follows.follow, URLS, ada, people[4])
    await db.write(follows.remove_follower, URLS, ada, people[0])
    clock.advance(TURN)  # the owner picks nobody
    await _release(db, ada)
    states = await db.read(world.states, ada)
    assert states["n4"] == "admitted" and states["n3"] == "held"
    assert [host for host, _ in await db.read(world.sent, "Reject")] == ["h0.example"]


@pytest.mark.law("3.4", "3.5")
async def test_a_raised_cap_admits_the_line_in_order(db: Database) -> None:
    ada, people = await db.write(_world, 5)
    for person in people:
        await _ask(db, person, ada)
    report = await db.write(change_tier, "small", {"followers": "5"}, ada, "a larger village")
    assert (report.before, report.after) == ({"followers": "3"}, {"followers": "5"})
    await _release(db, ada)
    assert set((await db.read(world.states, ada)).values()) == {"admitted"}
    assert await db.read(world.told, ada) == ["admitted"] * 3 + ["held"] * 2 + ["released"] * 2
    instance = await db.read(_instance)
    assert await db.read(world.told, instance) == ["cap_changed"]


async def _instance(reader: Reader) -> int:
    return int(await reader.value("SELECT id FROM accounts WHERE type = 'Application'"))


@pytest.mark.law("9.2")
async def test_a_lowered_cap_drops_nobody_and_admits_nobody(db: Database) -> None:
    ada, people = await db.write(_world, 4)
    for person in people[:3]:
        await _ask(db, person, ada)
    await db.write(change_tier, "small", {"followers": "1"}, ada, "less")
    assert await _ask(db, people[3], ada) == "held"
    await db.write(follows.undo_follow, URLS, people[0], ada)
    await _release(db, ada)
    assert (await db.read(world.counts, ada))["admitted"] == 2


async def test_a_repeated_follow_is_accepted_again_and_takes_no_slot(db: Database) -> None:
    ada, people = await db.write(_world, 1)
    await _ask(db, people[0], ada, 1)
    assert await _ask(db, people[0], ada, 2) == "admitted"
    assert (await db.read(world.counts, ada))["admitted"] == 1
    assert len(await db.read(world.sent, "Accept")) == 2
    row = await db.read(follows_row, people[0], ada)
    assert row.endswith("/2")


async def follows_row(reader: Reader, follower: int, followed: int) -> str:
    return str(await reader.value("SELECT uri FROM follows WHERE follower = $1 AND followed = $2", follower, followed))


async def test_a_fifth_is_kept_for_people_the_owner_follows(db: Database) -> None:
    ada, people = await db.write(_world, 7, followers=5, kept_permille=200)
    assert [await _ask(db, p, ada) for p in people[:5]] == ["admitted"] * 4 + ["held"]
    await db.write(follows.follow, URLS, ada, people[5])
    assert await _ask(db, people[5], ada) == "admitted"
    assert await _ask(db, people[6], ada) == "held"
    assert await db.read(world.counts, ada) == {"admitted": 5, "paused": 0, "held": 2, "requested": 0, "kept_used": 1}


async def test_following_somebody_who_waits_lets_them_into_a_kept_slot(db: Database) -> None:
    ada, people = await db.write(_world, 5, followers=5, kept_permille=200)
    for person in people:
        await _ask(db, person, ada)
    await db.write(follows.follow, URLS, ada, people[4])
    await _release(db, ada)
    assert (await db.read(world.states, ada))["n4"] == "admitted"


async def _same_domain(tx: Tx, count: int) -> list[int]:
    return [await world.make_remote(tx, f"s{i}", f"h{i}.swarm.org") for i in range(count)]


async def test_a_domain_has_its_day(db: Database, clock: FrozenClock) -> None:
    ada, _ = await db.write(_world, 0, followers=50, strangers_per_domain_day=2)
    swarm = await db.write(_same_domain, 5)
    assert [await _ask(db, p, ada) for p in swarm] == ["admitted"] * 2 + ["held"] * 3
    await db.write(follows.authorize, URLS, ada, swarm[4])  # the owner's word opens the day, not the cap
    await _release(db, ada)
    assert (await db.read(world.counts, ada))["admitted"] == 3
    clock.advance(DAY)
    await _release(db, ada)
    assert (await db.read(world.counts, ada))["admitted"] == 5


async def test_a_clock_that_is_set_back_gives_a_domain_no_second_day(db: Database, clock: FrozenClock) -> None:
    """What was admitted tomorrow counts today; the sweep forgets what a clock counted that was far ahead."""
    ada, _ = await db.write(_world, 0, followers=50, strangers_per_domain_day=2)
    swarm = await db.write(_same_domain, 7)
    assert [await _ask(db, p, ada) for p in swarm[:2]] == ["admitted"] * 2
    clock.advance(-DAY)
    assert [await _ask(db, p, ada) for p in swarm[2:4]] == ["held"] * 2
    await _release(db, ada)
    assert (await db.read(world.counts, ada))["admitted"] == 2
    clock.advance(2 * DAY)
    await _release(db, ada)
    assert (await db.read(world.counts, ada))["admitted"] == 4
    clock.advance(-30 * DAY)
    await db.write(sweeping._domain_days)
    assert [await _ask(db, p, ada) for p in swarm[4:]] == ["admitted"] * 2 + ["held"]


async def test_a_clock_that_is_set_back_gives_the_owner_no_second_turn(db: Database, clock: FrozenClock) -> None:
    """The slot that waited ten minutes for whom the owner picks waits no longer for it, whatever the clock says then."""
    ada, people = await db.write(_world, 5)
    for person in people:
        await _ask(db, person, ada)
    await db.write(follows.remove_follower, URLS, ada, people[0])
    await _release(db, ada)
    assert (await db.read(world.states, ada))["n3"] == "held"  # it waits
    clock.advance(-MINUTE)  # by another node, whose clock is behind
    await _release(db, ada)
    assert (await db.read(world.states, ada))["n3"] == "held"  # it still does
    clock.advance(TURN + MINUTE)
    await _release(db, ada)
    assert (await db.read(world.states, ada))["n3"] == "admitted"
    clock.advance(-HOUR)
    await db.write(follows.remove_follower, URLS, ada, people[1])
    await _release(db, ada)
    assert (await db.read(world.states, ada))["n4"] == "admitted"


async def test_a_locked_account_picks(db: Database) -> None:
    ada, people = await db.write(_world, 4, locked=True, followers=2)
    assert [await _ask(db, p, ada) for p in people] == ["requested"] * 4
    await db.write(follows.authorize, URLS, ada, people[2])
    await db.write(follows.reject, URLS, ada, people[0])
    await db.write(follows.authorize, URLS, ada, people[3])
    with pytest.raises(Unprocessable, match="full"):
        await db.write(follows.authorize, URLS, ada, people[1])
    assert await db.read(world.states, ada) == {"n1": "requested", "n2": "admitted", "n3": "admitted"}


async def test_a_block_frees_the_slot_and_unblocking_restores_nothing(db: Database) -> None:
    ada, people = await db.write(_world, 4)
    for person in people:
        await _ask(db, person, ada)
    await db.write(blocks.block, URLS, ada, people[0])
    await _release(db, ada)
    await db.write(blocks.unblock, URLS, ada, people[0])
    assert await db.read(world.states, ada) == {"n1": "admitted", "n2": "admitted", "n3": "admitted"}


async def test_relays_and_mirrors_wait_whatever_room_there_is(db: Database) -> None:
    ada, _ = await db.write(_world, 0)
    relay = await db.write(world.make_remote, "relay", "relay.example", kind="Application")
    assert await _ask(db, relay, ada) == "held"
    await _release(db, ada)
    assert await db.read(world.states, ada) == {"relay": "held"}


@pytest.mark.law("3.12", "3.14")
async def test_the_line_is_bounded_and_the_longest_domain_gives_way(db: Database) -> None:
    ada, people = await db.write(_world, 4, followers=1)
    swarm = await db.write(_same_domain, 12)
    assert await _ask(db, people[0], ada) == "admitted"
    assert await _ask(db, people[1], ada) == "held"
    assert [await _ask(db, p, ada) for p in swarm] == ["held"] * 9 + ["refused"] * 3
    assert await _ask(db, people[2], ada) == "held"
    states = await db.read(world.states, ada)
    assert "s8" not in states and states["n2"] == "held"
    assert (await db.read(world.counts, ada))["held"] == 10


@pytest.mark.law("C3", "3.14")
async def test_cap_zero_has_no_line(db: Database) -> None:
    ada, people = await db.write(_world, 1, followers=0)
    assert await _ask(db, people[0], ada) == "refused"
    assert len(await db.read(world.sent, "Reject")) == 1


@pytest.mark.law("C3")
async def test_cap_zero_has_no_line_for_a_locked_account_either(db: Database) -> None:
    """Somebody waits from before the cap fell to 0; whom the owner follows is refused too, and takes nobody's place."""
    ada, people = await db.write(_world, 2, locked=True)
    assert await _ask(db, people[0], ada) == "requested"
    await db.write(follows.follow, URLS, ada, people[1])
    await db.write(_fall_to_zero)
    assert await _ask(db, people[1], ada) == "refused"
    assert await db.read(world.states, ada) == {"n0": "requested"}


async def _fall_to_zero(tx: Tx) -> None:
    await tx.run("UPDATE tiers SET followers = 0")


@pytest.mark.law("C10")
async def test_after_move_out_the_line_stands_still_for_its_owner_too(db: Database) -> None:
    """Nobody who waits is let in by a word or a swap of whoever moved away."""
    ada, people = await db.write(_world, 3, followers=2)
    for person in people:
        await _ask(db, person, ada)

    async def move(tx: Tx) -> None:
        await tx.run("UPDATE accounts SET also_known_as = $2 WHERE id = $1", people[1], f'["{URLS.actor("ada")}"]')
        await moves.move_out(tx, URLS, ada, people[1])

    await db.write(move)
    with pytest.raises(Forbidden, match="has moved"):
        await db.write(swapping.swap, URLS, ada, people[0], people[2])
    await db.write(follows.remove_follower, URLS, ada, people[0])
    with pytest.raises(Forbidden, match="has moved"):
        await db.write(follows.authorize, URLS, ada, people[2])
    await _release(db, ada)
    assert await db.read(world.states, ada) == {"n1": "admitted", "n2": "held"}


@pytest.mark.law("3.9")
async def test_who_was_trimmed_inherits_a_slot_only_by_following_again(db: Database) -> None:
    """Two accounts of one person: the new one was trimmed before the old one moved to it."""
    ada, (old, new) = await db.write(_world, 2)
    for person in (old, new):
        await _ask(db, person, ada)

    async def trim(tx: Tx) -> None:
        await tx.run("UPDATE follows SET state = 'trimmed', was_trimmed = 1 WHERE follower = $1", new)

    async def take_along(tx: Tx) -> None:
        along: Along | None = Along(old, new)
        while along is not None:
            along = await moves.take_along(tx, URLS, along)

    await db.write(trim)
    assert await db.write(moves.receive_move, old, new)
    await db.write(take_along)
    assert await db.read(world.states, ada) == {"n0": "admitted", "n1": "trimmed"}
    assert await _ask(db, new, ada, 1) == "admitted"
    assert await db.read(world.states, ada) == {"n1": "admitted"}


@pytest.mark.law("3.9")
async def test_a_place_that_a_relay_hands_to_a_person_is_looked_at_again(db: Database) -> None:
    """A relay waits although there is room. It moves to a person, who has the place, and is let in by a job."""
    ada, (person,) = await db.write(_world, 1)
    relay = await db.write(_relay)
    assert await _ask(db, relay, ada) == "held"
    assert await db.write(moves.receive_move, relay, person)
    await _ask(db, person, ada)
    assert await db.read(_released, ada)
    await _release(db, ada)
    assert await db.read(world.states, ada) == {"n0": "admitted"}


async def _relay(tx: Tx) -> int:
    return await world.make_remote(tx, "relay", "relay.example", kind="Service")


async def _released(reader: Reader, ada: int) -> bool:
    return bool(await reader.value("SELECT 1 FROM jobs WHERE kind = 'release' AND job_key = $1", str(ada)))


@pytest.mark.law("C16")
async def test_one_server_out_of_step_holds_admission_up_for_all(db: Database, clock: FrozenClock) -> None:
    """Two servers are known to a restored database; each may know of followers that were lost."""
    ada, people = await db.write(_world, 3)
    for person in people[:2]:
        await _ask(db, person, ada)

    async def in_step(tx: Tx, host: str) -> bool:
        await restoring.look(tx)
        await tx.run("UPDATE restored_hosts SET state = 'in_step' WHERE host = $1", host)
        return await restoring.look(tx)

    assert await db.write(restoring.begin, clock.now()) == 2
    assert await _ask(db, people[2], ada) == "held"
    clock.advance(DAY)
    assert await db.write(in_step, "h0.example")
    await _release(db, ada)
    assert (await db.read(world.states, ada))["n2"] == "held"
    assert not await db.write(in_step, "h1.example")
    await _release(db, ada)
    assert (await db.read(world.states, ada))["n2"] == "admitted"


@pytest.mark.law("1.4")
async def test_the_database_itself_refuses_the_overshoot(db: Database) -> None:
    """Going round the code: plain SQL, no lock, no law."""
    ada, people = await db.write(_world, 5)
    for person in people:
        await _ask(db, person, ada)

    async def force(tx: Tx) -> None:
        await tx.run("UPDATE follows SET state = 'admitted', admitted_seq = 99 WHERE followed = $1", ada)

    with pytest.raises(CapExceeded):
        await db.write(force)
    await db.write(follows.undo_follow, URLS, people[3], ada)
    assert (await db.read(world.counts, ada))["admitted"] == 3

    async def stranger(tx: Tx) -> None:
        newcomer = await world.make_remote(tx, "late", "late.example")
        await tx.run(
            "INSERT INTO follows (follower, followed, state, uri, domain, kept, was_trimmed, reblogs, notify, languages,"
            " admitted_seq, created_at, state_at) VALUES ($1, $2, 'admitted', 'x', '', 0, 0, 1, 0, '[]', 9, 0, 0)",
            newcomer,
            ada,
        )

    with pytest.raises(CapExceeded):
        await db.write(stranger)
    assert (await db.read(world.counts, ada))["admitted"] == 3


@pytest.mark.law("7.3")
async def test_a_repeat_within_a_day_adds_to_a_count(db: Database, clock: FrozenClock) -> None:
    ada, people = await db.write(_world, 4)
    for person in people:
        await _ask(db, person, ada)
    for number in range(5):
        await _ask(db, people[3], ada, number)
    assert await db.read(world.told, ada) == ["admitted"] * 3 + ["held"]
    clock.advance(DAY + 1)
    await _ask(db, people[3], ada, 9)
    row = await db.read(_last_row, ada)
    assert row == ("held", 5)


async def _last_row(reader: Reader, account: int) -> tuple[str, int]:

    row = await reader.one("SELECT kind, body FROM ledger WHERE account = $1 ORDER BY seq DESC LIMIT 1", account)
    assert row is not None
    return row[0], json.loads(row[1])["repeats"]


async def test_each_decision_is_a_line_in_the_log_that_names_nobody(db: Database) -> None:
    ada, people = await db.write(_world, 4)
    lines = io.StringIO()
    log.configure(stream=lines)
    for person in people:
        await _ask(db, person, ada)
    decisions = [line for line in map(json.loads, lines.getvalue().splitlines()) if line["event"] == "decision"]
    assert [(line["kind"], line["account"]) for line in decisions] == [("admitted", ada)] * 3 + [("held", ada)]
    assert "example" not in lines.getvalue()
