"""Law 4, stage by stage: what begins, waits, ends and restores; pins; appeals; the clock."""

from __future__ import annotations

from typing import Any

import pytest

from fedicert.base.clock import DAY, HOUR, MINUTE, FrozenClock
from fedicert.base.errors import Conflict, Forbidden, NotFound, Unprocessable
from fedicert.operations import caps, follows, keeping, line, posts, settling, trimming
from fedicert.operations.posts import Draft
from fedicert.store.unit import Database, Reader, Tx
from tests import world
from tests.rungs import change_tier
from tests.world import URLS

LOCAL = 6


async def lay_out(tx: Tx, locals_: int = LOCAL) -> tuple[int, int]:
    """Ada on a tier without a cap, an owner, and followers here."""
    tier = await world.make_tier(tx, "wide", followers=None)
    await world.make_local(tx, "home.example", tier, kind="Application")
    owner = await world.make_local(tx, "owner", tier)
    await tx.run("UPDATE local_accounts SET role = 'owner' WHERE id = $1", owner)
    ada = await world.make_local(tx, "ada", tier)
    for number in range(locals_):
        await world.admit(tx, await world.make_local(tx, f"l{number}", tier), ada)
    return ada, owner


class Town:
    """Ada, and time passing."""

    def __init__(self, db: Database, clock: FrozenClock, ada: int, owner: int) -> None:
        self.db, self.clock, self.ada, self.owner = db, clock, ada, owner

    async def cap(self, cap: int | None) -> None:
        """The cap changes, and every account looks."""
        value = "none" if cap is None else str(cap)
        await self.db.write(change_tier, "wide", {"followers": value}, self.owner, "because")
        tier = await self.value("SELECT tier FROM local_accounts WHERE id = $1", self.ada)
        await self.db.write(caps.release_tier, tier, 0)
        await self.settle()

    async def settle(self) -> None:
        """What the job does."""
        await self.db.write(trimming.choose, self.ada)
        while await self.db.write(trimming.settle, URLS, self.ada):
            pass

    async def after(self, milliseconds: int, *, watched: bool = True) -> None:
        """Time passes; `watched`: the clock was looked at every minute of it."""
        self.clock.advance(milliseconds)
        if watched:
            await self.run("UPDATE settings SET value = $1 WHERE key = 'clock_seen'", str(self.clock.now()))
        await self.settle()

    async def run(self, sql: str, *values: Any) -> None:
        async def unit(tx: Tx) -> None:
            await tx.run(sql, *values)

        await self.db.write(unit)

    async def value(self, sql: str, *values: Any) -> Any:
        async def view(reader: Reader) -> Any:
            return await reader.value(sql, *values)

        return await self.db.read(view)

    async def stage(self) -> str:
        return await self.value("SELECT stage FROM settlings WHERE account = $1 AND ended_at IS NULL", self.ada) or ""

    async def states(self) -> dict[str, str]:
        return await self.db.read(world.states, self.ada)

    async def admitted(self) -> list[str]:
        return [name for name, state in (await self.states()).items() if state == "admitted"]

    async def kinds(self) -> list[str]:
        return await self.db.read(world.told, self.ada)

    async def pin(self, name: str, place: int | None = None) -> list[str]:
        return await self.db.write(keeping.pin, self.ada, await self.who(name), place)

    async def who(self, name: str) -> int:
        return int(await self.value("SELECT id FROM accounts WHERE username = $1", name))


@pytest.fixture
async def town(db: Database, clock: FrozenClock) -> Town:
    return Town(db, clock, *await db.write(lay_out))


async def test_grace_then_throttle_then_trim(town: Town) -> None:
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


async def test_done_twice_it_changes_nothing(town: Town) -> None:
    await town.cap(2)
    for step in (14 * DAY, 30 * DAY, 10 * MINUTE):
        await town.after(step)
        before = (await town.states(), await town.kinds())
        await town.settle()
        await town.settle()
        assert (await town.states(), await town.kinds()) == before


@pytest.mark.law("4.8")
async def test_a_further_fall_doesnt_restart_the_clock(town: Town) -> None:
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


async def test_a_smaller_rise_keeps_more_and_one_that_covers_everybody_restores_them(town: Town) -> None:
    await town.cap(1)
    await town.after(14 * DAY)
    await town.cap(3)
    assert await town.stage() == "throttle" and await town.admitted() == ["l0", "l1", "l2"]
    await town.cap(6)
    assert await town.stage() == "" and len(await town.admitted()) == 6
    assert (await town.kinds())[-2:] == ["settling_ended", "restored"]
    await town.after(60 * DAY)
    assert len(await town.admitted()) == 6


async def test_grace_is_given_once_in_a_year(town: Town) -> None:
    await town.cap(2)
    await town.cap(6)
    await town.after(20 * DAY)
    await town.cap(2)
    assert await town.stage() == "throttle"
    await town.cap(6)
    await town.after(365 * DAY)
    await town.cap(2)
    assert await town.stage() == "grace"


async def test_a_fall_without_grace_uses_no_grace_up(town: Town) -> None:
    await town.run("UPDATE tiers SET followers = 2")
    await town.db.write(settling.look, town.ada, "for_cause")
    await town.settle()
    assert await town.stage() == "throttle"
    await town.cap(6)
    await town.cap(2)
    assert await town.stage() == "grace"


async def test_cap_0_keeps_nobody_in_the_end(town: Town) -> None:
    await town.cap(0)
    await town.after(14 * DAY)
    assert await town.admitted() == []
    await town.after(30 * DAY)
    counts = await town.db.read(world.counts, town.ada)
    assert (counts["admitted"], counts["paused"]) == (0, 0)


async def test_pins_come_first_in_the_owners_order(town: Town) -> None:
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


async def test_a_pin_on_a_host_too_large_takes_effect_at_trim_and_the_owner_sees_it(town: Town) -> None:
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


async def test_a_trim_waits_for_an_open_appeal_but_thirty_days_at_most(town: Town) -> None:
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


async def test_an_appeal_that_is_answered_holds_nothing_up(town: Town) -> None:
    await town.cap(2)
    await town.after(14 * DAY)
    await town.after(DAY)
    await town.db.write(settling.appeal_opened, town.ada)
    await town.after(29 * DAY)
    assert await town.stage() == "throttle"
    await town.db.write(settling.appeal_closed, town.ada)
    await town.settle()
    assert await town.stage() == ""


async def test_a_clock_that_jumps_needs_an_admins_word_before_any_trim(town: Town) -> None:
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


async def test_an_hour_is_no_jump_and_a_jump_before_it_began_holds_nothing(town: Town) -> None:
    await town.db.write(settling.watch)
    town.clock.advance(9 * DAY)
    await town.cap(2)
    for _ in range(2):
        await town.after(HOUR, watched=False)
    assert await town.value("SELECT clock_held FROM settlings") == 0


async def test_no_clock_runs_while_the_account_is_suspended(town: Town) -> None:
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


async def test_whoever_was_trimmed_and_follows_again_is_first_in_the_line(town: Town) -> None:
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


async def test_an_undo_after_trim_is_a_confirmation_that_is_never_answered(town: Town) -> None:
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


async def test_what_was_said_while_somebody_was_paused_isnt_sent_to_them(town: Town) -> None:
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
