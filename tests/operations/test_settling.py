"""Law 4, stage by stage: what begins, waits, ends and restores; pins; appeals; the clock."""

from __future__ import annotations

import pytest

from fedicert.base.clock import DAY, HOUR, MINUTE, FrozenClock
from fedicert.base.errors import Conflict, Forbidden, NotFound, Unprocessable
from fedicert.operations import bars, caps, follows, keeping, line, posts, settling, trimming
from fedicert.operations.posts import Draft
from fedicert.store import lanes
from fedicert.store.unit import Database, Tx
from tests import world
from tests.rungs import change_tier
from tests.towns import Town, lay_out
from tests.world import URLS


class SettlingTown(Town):
    """Ada, and time passing."""

    async def cap(self, cap: int | None) -> None:
        """The cap changes, and every account looks."""
        value = "none" if cap is None else str(cap)
        await self.db.write(change_tier, "wide", {"followers": value}, self.owner, "because")
        tier = await self.value("SELECT tier FROM local_accounts WHERE id = $1", self.ada)
        await self.db.write(caps.release_tier, tier, 0)
        await self.settle()

    async def after(self, milliseconds: int, *, watched: bool = True) -> None:
        """Time passes; `watched`: the clock was looked at every minute of it."""
        await self.pass_time(milliseconds, watched=watched)
        await self.settle()

    async def stage(self) -> str:
        return await self.value("SELECT stage FROM settlings WHERE account = $1 AND ended_at IS NULL", self.ada) or ""

    async def admitted(self) -> list[str]:
        return [name for name, state in (await self.states()).items() if state == "admitted"]

    async def pin(self, name: str, place: int | None = None) -> list[str]:
        return await self.db.write(keeping.pin, self.ada, await self.who(name), place)

    async def who(self, name: str) -> int:
        return int(await self.value("SELECT id FROM accounts WHERE username = $1", name))


@pytest.fixture
async def town(db: Database, clock: FrozenClock) -> SettlingTown:
    return SettlingTown(db, clock, *await db.write(lay_out, "wide", None))


async def test_grace_then_throttle_then_trim(town: SettlingTown) -> None:
    await town.cap(2)
    assert await town.stage() == "grace" and len(await town.admitted()) == 6
    await town.after(14 * DAY - 1)
    assert await town.stage() == "grace"
    await town.after(1)
    assert await town.stage() == "throttle" and await town.admitted() == ["l0", "l1"]
    counts = await town.db.read(world.counts, town.ada)
    assert (counts["admitted"], counts["paused"]) == (2, 4)  # they stay in the count
    await town.after(30 * DAY - 1)
    assert await town.stage() == "throttle"
    await town.after(1)
    assert await town.stage() == "" and await town.admitted() == ["l0", "l1"]
    assert list((await town.states()).values()).count("trimmed") == 4
    kinds = ["grace_begun", "throttle_begun", "paused", "trim_begun", "trimmed", "settling_ended"]
    assert await town.kinds() == kinds


async def test_done_twice_it_changes_nothing(town: SettlingTown) -> None:
    await town.cap(2)
    for step in (14 * DAY, 30 * DAY, 10 * MINUTE):
        await town.after(step)
        before = (await town.states(), await town.kinds())
        await town.settle()
        await town.settle()
        assert (await town.states(), await town.kinds()) == before


@pytest.mark.law("4.8")
async def test_a_further_fall_doesnt_restart_the_clock(town: SettlingTown) -> None:
    await town.cap(4)
    until = await town.value("SELECT until FROM settlings")
    await town.after(5 * DAY)
    await town.cap(3)
    assert await town.value("SELECT until FROM settlings") == until
    await town.after(9 * DAY)
    assert await town.stage() == "throttle" and len(await town.admitted()) == 3
    until = await town.value("SELECT until FROM settlings")
    await town.cap(1)
    assert await town.value("SELECT until FROM settlings") == until
    assert await town.admitted() == ["l0"]  # the kept set is the new cap's at once


async def test_a_smaller_rise_keeps_more_and_one_that_covers_everybody_restores_them(town: SettlingTown) -> None:
    await town.cap(1)
    await town.after(14 * DAY)
    await town.cap(3)
    assert await town.stage() == "throttle" and await town.admitted() == ["l0", "l1", "l2"]
    await town.cap(6)
    assert await town.stage() == "" and len(await town.admitted()) == 6
    assert (await town.kinds())[-2:] == ["settling_ended", "restored"]
    await town.after(60 * DAY)
    assert len(await town.admitted()) == 6


async def test_grace_is_given_once_in_a_year(town: SettlingTown) -> None:
    await town.cap(2)
    await town.cap(6)
    await town.after(20 * DAY)
    await town.cap(2)
    assert await town.stage() == "throttle"
    await town.cap(6)
    await town.after(365 * DAY)
    await town.cap(2)
    assert await town.stage() == "grace"


async def test_a_fall_without_grace_uses_no_grace_up(town: SettlingTown) -> None:
    await town.run("UPDATE tiers SET followers = 2")
    await town.db.write(settling.look, town.ada, "for_cause")
    await town.settle()
    assert await town.stage() == "throttle"
    await town.cap(6)
    await town.cap(2)
    assert await town.stage() == "grace"


async def test_cap_0_keeps_nobody_in_the_end(town: SettlingTown) -> None:
    await town.cap(0)
    await town.after(14 * DAY)
    assert await town.admitted() == []
    await town.after(30 * DAY)
    counts = await town.db.read(world.counts, town.ada)
    assert (counts["admitted"], counts["paused"]) == (0, 0)


async def test_pins_come_first_in_the_owners_order(town: SettlingTown) -> None:
    await town.pin("l4")
    assert await town.pin("l5") == ["l4", "l5"]
    assert await town.pin("l3", 1) == ["l3", "l4", "l5"]
    seen = await town.db.read(keeping.preview, town.ada, "throttle")
    assert (seen.kept, seen.cap) == (6, None)
    await town.cap(2)
    seen = await town.db.read(keeping.preview, town.ada, "throttle")
    assert seen.people == ["l3", "l4"] and len(await town.admitted()) == 6  # a preview changes nothing
    await town.after(14 * DAY)
    assert await town.admitted() == ["l3", "l4"]
    assert await town.db.write(keeping.unpin, town.ada, await town.who("l3")) == ["l4", "l5"]
    await town.settle()
    assert await town.admitted() == ["l4", "l5"]  # at every stage
    await town.after(30 * DAY)
    assert await town.admitted() == ["l4", "l5"]
    with pytest.raises(Unprocessable):
        await town.pin("l3")  # trimmed
    with pytest.raises(NotFound):
        await town.db.write(keeping.unpin, town.ada, await town.who("l3"))
    with pytest.raises(Unprocessable):
        await town.db.read(keeping.preview, town.ada, "grace")


async def test_a_pin_on_a_host_too_large_takes_effect_at_trim_and_the_owner_sees_it(town: SettlingTown) -> None:
    async def elsewhere(tx: Tx) -> None:
        for number in range(5):
            await world.admit(tx, await world.make_remote(tx, f"r{number}", "big.example"), town.ada)

    await town.db.write(elsewhere)
    await town.pin("r4")
    await town.cap(3)
    seen = await town.db.read(keeping.preview, town.ada, "throttle")
    assert seen.too_large == ["r4@big.example"] and seen.people == ["l0", "l1", "l2"]
    assert (await town.db.read(keeping.preview, town.ada, "trim")).people == ["r4@big.example", "l0", "l1"]
    await town.after(14 * DAY)
    assert await town.admitted() == ["l0", "l1", "l2"]
    await town.after(30 * DAY)
    assert await town.admitted() == ["l0", "l1", "r4"]
    # Four of that server aren't confirmed gone, and the bound is three: it is cut off, and nothing of it is in the bound.
    assert await town.value("SELECT cut_off FROM trim_hosts WHERE host = 'big.example'") == 1
    assert await town.db.read(settling.reach_bound) == 0
    for number in range(2):
        await town.db.write(follows.undo_follow, URLS, await town.who(f"r{number}"), town.ada)
    await town.settle()
    assert await town.value("SELECT cut_off FROM trim_hosts WHERE host = 'big.example'") == 0
    assert await town.db.read(settling.reach_bound) == 2


async def test_a_trim_waits_for_an_open_appeal_but_thirty_days_at_most(town: SettlingTown) -> None:
    await town.cap(2)
    await town.after(14 * DAY)
    await town.after(20 * DAY)
    assert await town.db.write(settling.appeal_opened, town.ada)
    assert not await town.db.write(settling.appeal_opened, town.ada)
    await town.after(10 * DAY)
    assert await town.stage() == "throttle"
    assert (await town.db.read(keeping.status, "ada")).settlings[0].waits == "appeal"
    await town.after(20 * DAY - 1)
    assert await town.stage() == "throttle"
    await town.after(1)
    assert await town.stage() == ""
    assert not await town.db.write(settling.appeal_opened, town.ada)


async def test_an_appeal_that_is_answered_holds_nothing_up(town: SettlingTown) -> None:
    await town.cap(2)
    await town.after(14 * DAY)
    await town.after(DAY)
    await town.db.write(settling.appeal_opened, town.ada)
    await town.after(29 * DAY)
    assert await town.stage() == "throttle"
    await town.db.write(settling.appeal_closed, town.ada)
    await town.settle()
    assert await town.stage() == ""


async def test_a_clock_that_jumps_needs_an_admins_word_before_any_trim(town: SettlingTown) -> None:
    await town.cap(2)
    await town.after(14 * DAY)
    await town.after(31 * DAY, watched=False)
    assert await town.stage() == "throttle"
    assert (await town.db.read(keeping.status, "")).settlings[0].waits == "clock"
    await town.after(DAY)
    assert await town.stage() == "throttle"
    with pytest.raises(Forbidden):
        await town.db.write(settling.confirm_clock, town.ada, "I looked")
    with pytest.raises(Unprocessable):
        await town.db.write(settling.confirm_clock, town.owner, " ")
    assert await town.db.write(settling.confirm_clock, town.owner, "I looked at my watch") == 1
    await town.settle()
    assert await town.stage() == ""
    with pytest.raises(Conflict):
        await town.db.write(settling.confirm_clock, town.owner, "again")
    instance = await town.value("SELECT id FROM accounts WHERE type = 'Application'")
    assert (await town.db.read(world.told, instance))[-2:] == ["clock_jumped", "clock_confirmed"]


async def test_an_hour_is_no_jump_and_a_jump_before_it_began_holds_nothing(town: SettlingTown) -> None:
    await town.db.write(settling.watch)
    town.clock.advance(9 * DAY)
    await town.cap(2)
    for _ in range(2):
        await town.after(HOUR, watched=False)
    assert await town.value("SELECT clock_held FROM settlings") == 0


async def test_no_clock_runs_while_the_account_is_suspended(town: SettlingTown) -> None:
    await town.cap(2)
    await town.after(10 * DAY)
    await town.run("UPDATE accounts SET suspended_at = $2 WHERE id = $1", town.ada, town.clock.now())
    await town.db.write(settling.stop_clock, town.ada)
    await town.after(100 * DAY)
    assert await town.stage() == "grace" and len(await town.admitted()) == 6
    await town.run("UPDATE accounts SET suspended_at = NULL WHERE id = $1", town.ada)
    await town.settle()
    await town.after(4 * DAY - 1)
    assert await town.stage() == "grace"
    await town.after(1)
    assert await town.stage() == "throttle"


async def test_whoever_was_trimmed_and_follows_again_is_first_in_the_line(town: SettlingTown) -> None:
    await town.cap(2)
    await town.after(14 * DAY)

    async def come(tx: Tx, name: str) -> int:
        return await world.make_remote(tx, name, f"{name}.example")

    early = await town.db.write(come, "early")
    assert await town.db.write(follows.receive_follow, URLS, early, town.ada, "https://early.example/1") == "held"
    await town.after(30 * DAY)
    again = await town.who("l5")
    await town.db.write(follows.follow, URLS, again, town.ada)
    assert (await town.states())["l5"] == "held"
    await town.cap(3)
    while await town.db.write(line.release, URLS, town.ada, 5):
        pass
    assert await town.admitted() == ["l0", "l1", "l5"] and (await town.states())["early"] == "held"


async def test_an_undo_after_trim_is_a_confirmation_that_is_never_answered(town: SettlingTown) -> None:
    async def elsewhere(tx: Tx) -> int:
        found = await world.make_remote(tx, "r0", "one.example")
        await world.admit(tx, found, town.ada)
        return found

    gone = await town.db.write(elsewhere)
    await town.cap(2)
    for step in (14 * DAY, 30 * DAY, 10 * MINUTE):
        await town.after(step)
    rejects = await town.db.read(world.sent, "Reject")
    assert rejects == [("one.example", "https://one.example/users/r0/inbox")]
    for _ in range(3):
        await town.db.write(follows.undo_follow, URLS, gone, town.ada)
        await town.settle()
    assert await town.db.read(world.sent, "Reject") == rejects
    assert await town.value("SELECT COUNT(*) FROM rejections") == 0
    assert (await town.states())["r0"] == "trimmed"  # the place in the line stays


async def test_what_was_said_while_somebody_was_paused_isnt_sent_to_them(town: SettlingTown) -> None:
    async def elsewhere(tx: Tx) -> None:
        await world.admit(tx, await world.make_remote(tx, "r0", "one.example"), town.ada)

    await town.db.write(elsewhere)
    await town.cap(2)
    await town.after(14 * DAY)
    await town.db.write(posts.publish, URLS, town.ada, Draft(text="to two"))
    await town.cap(7)  # restored before the post was fanned out
    await town.db.write(world.fan_out)
    assert await town.db.read(world.sent, "Create") == []
    await town.db.write(posts.publish, URLS, town.ada, Draft(text="to all"))
    await town.db.write(world.fan_out)
    assert await town.db.read(world.sent, "Create") == [("one.example", "https://one.example/inbox")]


@pytest.mark.law("4.2", "4.8")
@pytest.mark.parametrize(("cause", "days"), [("revoked", 3), ("for_cause", 0), ("expired", 9)])
async def test_a_graver_fall_while_grace_goes_on_shortens_it(town: Town, cause: str, days: int) -> None:
    await town.cap(4)
    await town.after(5 * DAY)
    await town.run("UPDATE tiers SET followers = 3")
    await town.db.write(settling.look, town.ada, cause)
    await town.settle()
    assert await town.stage() == ("grace" if days else "throttle")
    if days:
        await town.after(days * DAY - 1)
        assert await town.stage() == "grace"
        await town.after(1)
    assert await town.stage() == "throttle" and len(await town.admitted()) == 3
    assert ("grace_shortened" in await town.kinds()) == (cause != "expired")
    # It isn't lengthened by one that comes later.
    assert await town.value("SELECT COUNT(*) FROM settlings") == 1


async def _elsewhere(tx: Tx, ada: int, host: str, count: int) -> list[int]:
    found = [await world.make_remote(tx, f"{host[0]}{number}", host) for number in range(count)]
    for person in found:
        await world.admit(tx, person, ada)
    return found


@pytest.mark.law("4.8")
async def test_a_cap_that_falls_further_while_a_trim_goes_on_settles_too(town: Town) -> None:
    await town.cap(4)
    await town.after(14 * DAY)
    town.clock.advance(30 * DAY)
    await town.run("UPDATE settings SET value = $1 WHERE key = 'clock_seen'", str(town.clock.now()))
    while await town.stage() != "trim":
        assert await town.db.write(trimming.settle, URLS, town.ada)
    await town.cap(2)
    assert await town.stage() == "throttle"  # grace was given already
    await town.after(30 * DAY)
    assert len(await town.admitted()) == 2 and await town.stage() == ""


@pytest.mark.law("4.5", "3.9")
async def test_a_follower_who_moves_while_a_trim_goes_on_is_told_at_the_new_address(town: Town) -> None:
    old, new = await town.db.write(_elsewhere, town.ada, "one.example", 1), await town.db.write(_new)
    await town.cap(2)
    await town.after(14 * DAY)
    town.clock.advance(30 * DAY)
    await town.run("UPDATE settings SET value = $1 WHERE key = 'clock_seen'", str(town.clock.now()))
    while await town.stage() != "trim":
        assert await town.db.write(trimming.settle, URLS, town.ada)
    await town.run("UPDATE accounts SET moved_to = $1 WHERE id = $2", new, old[0])
    assert await town.db.write(follows.receive_follow, URLS, new, town.ada, "https://new.example/f/1") == "paused"
    await town.settle()
    await town.after(10 * MINUTE)
    assert (await town.states())["new"] == "trimmed"
    assert [host for host, _ in await town.db.read(world.sent, "Reject")] == ["one.example", "new.example"]
    assert await town.value("SELECT COUNT(*) FROM rejections WHERE follower = $1 AND activity IS NOT NULL", new) == 1
    assert await town.value("SELECT COUNT(*) FROM trim_hosts WHERE host = 'one.example'") == 0, "nobody is owed there"


@pytest.mark.law("4.4", "3.9")
async def test_somebody_kept_here_who_moves_to_a_server_that_isnt_kept_is_paused_at_once(town: Town) -> None:
    await town.db.write(_elsewhere, town.ada, "big.example", 5)
    await town.cap(2)
    await town.after(14 * DAY)
    assert await town.admitted() == ["l0", "l1"]
    new = await town.db.write(world.make_remote, "new", "big.example")
    await town.run("UPDATE accounts SET moved_to = $1 WHERE id = $2", new, await town.who("l0"))
    assert await town.db.write(follows.receive_follow, URLS, new, town.ada, "https://big.example/f/1") == "paused"
    assert await town.admitted() == ["l1"] and (await town.states())["new"] == "paused"
    await town.settle()
    assert await town.admitted() == ["l1", "l2"]


@pytest.mark.law("4.5", "C7")
async def test_who_is_barred_no_longer_while_a_trim_goes_on_keeps_the_slot(town: Town) -> None:
    (barred,) = await town.db.write(_elsewhere, town.ada, "shut.example", 1)
    await town.run("UPDATE accounts SET barred = 1, suspended_at = 1 WHERE id = $1", barred)
    await town.db.write(bars.review, [barred])
    await town.pin("s0")
    await town.cap(2)
    await town.after(14 * DAY)
    town.clock.advance(30 * DAY)
    await town.run("UPDATE settings SET value = $1 WHERE key = 'clock_seen'", str(town.clock.now()))
    while await town.stage() != "trim":
        assert await town.db.write(trimming.settle, URLS, town.ada)
    await town.run("UPDATE accounts SET barred = 0, suspended_at = NULL WHERE id = $1", barred)
    await town.db.write(bars.review, [barred])
    await town.settle()
    assert await town.admitted() == ["l0", "s0"]


async def _new(tx: Tx) -> int:
    return await world.make_remote(tx, "new", "new.example")


@pytest.mark.law("4.7")
async def test_without_a_cap_nobody_is_cut_off_any_more(town: Town) -> None:
    """The bound is a part of the cap: who follows somebody without one gets copies, whatever a trim left at their server."""
    await town.db.write(_elsewhere, town.ada, "big.example", 5)
    await town.cap(3)
    for step in (14 * DAY, 30 * DAY, 10 * MINUTE):
        await town.after(step)
    assert await town.value("SELECT cut_off FROM trim_hosts WHERE host = 'big.example'") == 1
    await town.cap(None)
    late = await town.db.write(world.make_remote, "late", "big.example")
    assert await town.db.write(follows.receive_follow, URLS, late, town.ada, "https://big.example/f/1") == "admitted"
    await town.settle()
    await town.db.write(posts.publish, URLS, town.ada, Draft(text="to all"))
    await town.db.write(world.fan_out)
    assert await town.db.read(world.sent, "Create") == [("big.example", "https://big.example/inbox")]


@pytest.mark.law("4.7")
async def test_another_cap_is_another_bound(town: Town) -> None:
    await town.db.write(_elsewhere, town.ada, "big.example", 5)
    await town.pin("b4")
    await town.cap(3)
    for step in (14 * DAY, 30 * DAY, 10 * MINUTE):
        await town.after(step)
    assert await town.value("SELECT cut_off FROM trim_hosts WHERE host = 'big.example'") == 1
    await town.cap(100)  # four of a hundred
    assert await town.value("SELECT cut_off FROM trim_hosts WHERE host = 'big.example'") == 0
    assert await town.db.read(settling.reach_bound) == 4
    await town.cap(3)
    assert await town.value("SELECT cut_off FROM trim_hosts WHERE host = 'big.example'") == 1


@pytest.mark.law("4.6", "C7")
async def test_who_is_barred_with_the_slot_takes_the_header_from_nobody(town: Town) -> None:
    """The first Reject to each host carries the header, also where a follower of a blocked domain keeps the slot."""
    (barred, *_) = await town.db.write(_elsewhere, town.ada, "shut.example", 1)
    await town.db.write(_elsewhere, town.ada, "one.example", 1)
    await town.run("UPDATE accounts SET barred = 1, suspended_at = 1 WHERE id = $1", barred)
    await town.db.write(bars.review, [barred])
    await town.pin("s0")
    await town.cap(2)
    for step in (14 * DAY, 30 * DAY):
        await town.after(step)
    assert (await town.states())["s0"] == "paused"
    claimed = await town.db.write(lanes.claim, 10)
    stated = [one.stated is not None for lane in claimed if lane.host == "one.example" for one in lane.deliveries]
    assert stated == [True]
