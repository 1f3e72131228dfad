"""Law 9: a window only lowers, throttles at its start, restores at its end and never trims, beside whatever goes on."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from fedicert.base.clock import DAY, HOUR, FrozenClock
from fedicert.base.errors import CapExceeded, Conflict, NotFound, Unprocessable
from fedicert.model.ladder import Change, Window
from fedicert.operations import bars, caps, deciding, follows, keeping, people, rungs, shares, windows
from fedicert.operations.deciding import Applied
from fedicert.store.tables import local_people, tiers
from fedicert.store.unit import Database, Tx
from tests import world
from tests.towns import FOLLOWERS, Town, lay_out
from tests.world import URLS

BEFORE = 14 * DAY
WEEK = 7 * DAY


class WindowTown(Town):
    """Ada with six followers on a rung of ten, an owner, and time passing: each job is done when its moment comes."""

    async def window(self, starts: int = BEFORE, lasts: int = WEEK, name: str = "hall", **limits: Any) -> Applied:
        now = self.clock.now()
        change = Change(act="window", name=name, values=limits, starts_at=now + starts, ends_at=now + starts + lasts)
        return await self.db.write(deciding.apply, self.owner, change, "the election")

    async def decide(self, **change: Any) -> Applied:
        done = await self.db.write(deciding.apply, self.owner, Change(**change), "because")
        await self.work()
        return done

    async def cap(self, cap: int | str, name: str = "hall") -> None:
        await self.decide(act="set", name=name, values={"followers": str(cap)})

    async def after(self, milliseconds: int, *, asleep: bool = False) -> None:
        """Time passes; `asleep`: the server was off and comes back at the end of it."""
        await self.pass_time(milliseconds, watched=not asleep)
        await self.work()

    async def work(self) -> None:
        await self.db.write(windows.turn)
        for row in await self.rows("SELECT id FROM tiers ORDER BY id"):
            after: int | None = 0
            while after is not None:
                after = await self.db.write(caps.release_tier, row[0], after)
        await self.settle()

    async def held(self, name: str = "hall") -> Any:
        return next(tier for tier in await self.db.read(tiers.ladder) if tier.name == name)

    async def admitted(self) -> int:
        return (await self.db.read(world.counts, self.ada))["admitted"]

    async def counts(self) -> tuple[int, int, int]:
        """Admitted, paused and trimmed."""
        counts = await self.db.read(world.counts, self.ada)
        states = await self.states()
        return counts["admitted"], counts["paused"], list(states.values()).count("trimmed")

    async def stages(self) -> dict[str, tuple[str, int]]:
        rows = await self.rows(
            "SELECT cause, stage, until FROM settlings WHERE account = $1 AND ended_at IS NULL", self.ada
        )
        return {row[0]: (row[1], row[2]) for row in rows}

    async def instance_kinds(self) -> list[str]:
        (row,) = await self.rows("SELECT id FROM accounts WHERE type = 'Application'")
        return await self.db.read(world.told, row[0])


@pytest.fixture
async def town(db: Database, clock: FrozenClock) -> WindowTown:
    return await found(db, clock)


async def found(db: Database, clock: FrozenClock, cap: int | None = 10) -> WindowTown:
    return WindowTown(db, clock, *await db.write(lay_out, "hall", cap))


@pytest.mark.law("9.3")
async def test_it_throttles_at_its_start_never_trims_and_restores_at_its_end(town: WindowTown) -> None:
    await town.window(lasts=90 * DAY, followers="2")
    assert await town.counts() == (6, 0, 0)
    await town.after(BEFORE - 1)
    assert await town.counts() == (6, 0, 0) and (await town.held()).followers == 10
    await town.after(1)
    assert await town.counts() == (2, 4, 0) and (await town.held()).followers == 2
    assert list((await town.stages()).values()) == [("throttle", town.clock.now() + 90 * DAY)]
    await town.after(90 * DAY - 1)
    assert await town.counts() == (2, 4, 0)
    await town.after(1)
    assert await town.counts() == (6, 0, 0) and (await town.held()).followers == 10
    assert await town.stages() == {}
    assert await town.kinds() == ["throttle_begun", "paused", "settling_ended", "restored"]
    assert await town.instance_kinds() == ["window_announced", "window_begun", "window_ended"]
    await town.after(60 * DAY)
    assert await town.counts() == (6, 0, 0)
    assert await town.rows("SELECT 1 FROM rejections") == []


async def test_everything_else_that_it_lowers_falls_at_its_start_and_comes_back(town: WindowTown) -> None:
    before = await town.held()
    await town.window(strangers="5", visibility="unlisted", boosts="audience", following="7", answers_per_day="3")
    await town.after(BEFORE)
    held = await town.held()
    assert (held.strangers, held.visibility, held.boosts, held.following) == (5, "unlisted", "audience", 7)
    assert await town.counts() == (6, 0, 0)
    await town.after(WEEK)
    after = await town.held()
    assert (after.strangers, after.visibility, after.boosts) == (before.strangers, before.visibility, before.boosts)
    assert (after.following, after.answers_per_day, after.followers) == (None, None, 10)


@pytest.mark.law("9.3")
@pytest.mark.parametrize(
    ("limits", "said"),
    [
        ({"followers": "10"}, "a window only lowers"),
        ({"followers": "none"}, "a window only lowers"),
        ({"visibility": "listed"}, "a window only lowers"),
        ({"followers": "5", "boosts": "anyone"}, "a window only lowers"),
        ({"kept_for_followed": "0.5"}, "a window only lowers, and that is said of"),
        ({"when_full": "reject"}, "a window only lowers, and that is said of"),
        ({"enter": "licence"}, "a window only lowers, and that is said of"),
        ({}, "say what it lowers"),
        ({"folowers": "3"}, "folowers"),
    ],
)
async def test_it_only_lowers(town: WindowTown, limits: dict[str, str], said: str) -> None:
    with pytest.raises(Unprocessable, match=said):
        await town.window(**limits)
    assert await town.rows("SELECT 1 FROM tier_windows") == []


@pytest.mark.law("9.3")
async def test_it_is_announced_14_days_ahead_and_has_an_end(town: WindowTown) -> None:
    with pytest.raises(Unprocessable, match="14 days ahead"):
        await town.window(starts=BEFORE - 1, followers="2")
    for lasts in (0, -1, 90 * DAY + 1):
        with pytest.raises(Unprocessable, match="at most 90 days"):
            await town.window(lasts=lasts, followers="2")
    with pytest.raises(NotFound):
        await town.window(name="nowhere", followers="2")
    done = await town.window(followers="2")
    (row,) = await town.rows("SELECT text, starts_at, ends_at FROM announcements WHERE id = $1", done.announcement)
    assert "followers: from 10 to 2" in row[0] and "the election" in row[0]
    assert (row[1], row[2]) == (town.clock.now() + BEFORE, town.clock.now() + BEFORE + WEEK)


# Beside a settling


async def test_it_neither_restarts_nor_shortens_the_clock_of_a_settling(town: WindowTown) -> None:
    """The cap falls to 4 on day 10, a window to 2 on day 14: grace still ends on day 24, and whoever it paused is back."""
    await town.window(followers="2")
    await town.after(10 * DAY)
    await town.cap(4)
    grace = (await town.stages())["cap_lowered"]
    assert grace == ("grace", town.clock.now() + 14 * DAY)
    await town.after(4 * DAY)
    assert await town.counts() == (2, 4, 0)
    assert (await town.stages())["cap_lowered"] == grace
    await town.after(WEEK)
    assert await town.counts() == (6, 0, 0) and (await town.stages()) == {"cap_lowered": grace}
    await town.after(3 * DAY - 1)
    assert await town.counts() == (6, 0, 0)
    await town.after(1)
    assert await town.counts() == (4, 2, 0)
    await town.after(30 * DAY)
    assert await town.counts() == (4, 0, 2)


async def test_a_trim_waits_while_a_window_is_open(town: WindowTown) -> None:
    await town.cap(4)
    await town.after(30 * DAY)  # throttle since day 30
    await town.window(starts=20 * DAY, lasts=60 * DAY, followers="1")
    await town.after(20 * DAY)
    assert await town.counts() == (1, 5, 0)
    await town.after(30 * DAY)  # day 80: the trim's own moment was day 60
    assert await town.counts() == (1, 5, 0)
    assert [one.waits for one in (await town.db.read(keeping.status, "")).settlings] == ["window", ""]
    await town.after(30 * DAY)
    assert await town.counts() == (4, 0, 2)  # by the rule's cap, never by the window's


async def test_throttle_by_the_rule_goes_on_below_a_window(town: WindowTown) -> None:
    """The throttle that the rule brings goes to the lower of the two caps, and back to its own."""
    await town.window(starts=BEFORE, lasts=20 * DAY, followers="2")
    await town.cap(5)
    await town.after(BEFORE)  # grace ends as the window begins
    assert await town.counts() == (2, 4, 0)
    await town.after(20 * DAY)
    assert await town.counts() == (5, 1, 0)
    await town.cap(8)
    assert await town.counts() == (6, 0, 0) and await town.stages() == {}


async def test_a_rule_that_changes_in_its_middle_holds_afterwards(town: WindowTown) -> None:
    await town.window(followers="2", strangers="5")
    await town.after(BEFORE)
    await town.cap(4)  # lower than the audience, higher than the window: its grace begins now
    assert (await town.held()).followers == 2
    now = town.clock.now()
    assert (await town.stages())["cap_lowered"] == ("grace", now + 14 * DAY)
    await town.decide(act="set", name="hall", values={"strangers": "3"})
    assert (await town.held()).strangers == 3  # the rule came to be lower than the window
    await town.decide(act="set", name="hall", values={"strangers": "50"})
    assert (await town.held()).strangers == 5
    await town.after(WEEK)
    held = await town.held()
    assert (held.followers, held.strangers) == (4, 50)
    assert await town.counts() == (6, 0, 0)
    await town.after(WEEK)
    assert await town.counts() == (4, 2, 0)


async def test_a_rule_that_rises_in_its_middle_lets_nobody_in_before_its_end(town: WindowTown) -> None:
    zoe = await town.db.write(world.make_remote, "zoe")
    await town.window(followers="2")
    await town.after(BEFORE)
    await town.db.write(follows.receive_follow, URLS, zoe, town.ada, "https://far.example/f")
    assert (await town.db.read(world.states, town.ada))["zoe"] == "held"
    await town.cap(20)
    assert (await town.db.read(world.states, town.ada))["zoe"] == "held"
    assert await town.counts() == (2, 4, 0)


async def test_who_comes_to_the_rung_while_it_is_open_is_under_it(town: WindowTown) -> None:
    """A fall onto the rung has its own grace; the window is for everybody on the rung."""

    async def rise(tx: Tx) -> None:
        high = await world.make_tier(tx, "high", position=1, followers=None)
        await tx.run(
            "INSERT INTO tier_grants (account, tier, ground, begun_at, cause) VALUES ($1, $2, 'admin', $3, '')",
            town.ada,
            high,
            tx.now,
        )
        await rungs.stand(tx, town.ada, "test", {}, {}, "law 4")

    async def fall(tx: Tx) -> None:
        await tx.run("UPDATE tier_grants SET ended_at = $1 WHERE account = $2", tx.now, town.ada)
        await rungs.stand(tx, town.ada, "expired", {}, {}, "law 4")

    await town.db.write(rise)
    await town.cap(5)
    await town.window(followers="2")
    await town.after(BEFORE)
    assert await town.counts() == (6, 0, 0)
    await town.db.write(fall)
    await town.work()
    assert await town.counts() == (2, 4, 0)
    assert (await town.stages())["expired"] == ("grace", town.clock.now() + 14 * DAY)
    await town.after(WEEK)
    assert await town.counts() == (6, 0, 0)


# Several, cancelled, missed


async def test_where_windows_overlap_the_lowest_holds_and_each_ends_by_itself(town: WindowTown) -> None:
    await town.window(starts=BEFORE, lasts=10 * DAY, followers="4")
    await town.window(starts=BEFORE + 5 * DAY, lasts=10 * DAY, followers="2", strangers="9")
    found = []
    await town.after(BEFORE)
    for _ in range(4):
        found.append(((await town.held()).followers, await town.admitted()))
        await town.after(5 * DAY)
    assert found == [(4, 4), (2, 2), (2, 2), (10, 6)]


async def test_it_can_be_cancelled_before_and_during(town: WindowTown) -> None:
    before = await town.window(followers="2")
    await town.decide(act="cancel", window=before.window)
    await town.after(BEFORE + DAY)
    assert await town.counts() == (6, 0, 0)
    during = await town.window(followers="2")
    await town.after(BEFORE)
    assert await town.counts() == (2, 4, 0)
    await town.decide(act="cancel", window=during.window)
    assert await town.counts() == (6, 0, 0) and (await town.held()).followers == 10
    await town.after(WEEK)
    with pytest.raises(NotFound):
        await town.decide(act="cancel", window=during.window)
    assert await town.instance_kinds() == [
        "window_announced", "window_cancelled", "window_announced", "window_begun", "window_cancelled",
    ]  # fmt: skip
    texts = [row[0] for row in await town.rows("SELECT text FROM announcements ORDER BY id")]
    assert ["cancelled" in text for text in texts] == [False, True, False, True]


async def test_a_server_that_was_off_at_its_start_begins_it_late_and_ends_it_in_time(town: WindowTown) -> None:
    await town.window(followers="2")
    await town.after(BEFORE + HOUR, asleep=True)
    assert await town.counts() == (2, 4, 0)
    await town.after(WEEK - HOUR)
    assert await town.counts() == (6, 0, 0)


async def test_a_server_that_was_off_all_the_while_pauses_nobody(town: WindowTown) -> None:
    await town.window(followers="2")
    await town.after(BEFORE + 2 * WEEK, asleep=True)
    assert await town.counts() == (6, 0, 0) and await town.kinds() == []
    assert await town.instance_kinds() == ["window_announced", "window_ended"]


async def test_a_server_that_was_off_at_its_end_restores_late(town: WindowTown) -> None:
    await town.window(followers="2")
    await town.after(BEFORE)
    await town.after(WEEK + DAY, asleep=True)
    assert await town.counts() == (6, 0, 0)


async def test_turning_twice_changes_nothing(town: WindowTown) -> None:
    await town.window(followers="2")
    for step in (BEFORE, WEEK):
        await town.after(step)
        before = (await town.counts(), await town.kinds(), await town.instance_kinds())
        for _ in range(2):
            assert await town.db.write(windows.turn) == []
            await town.work()
        assert (await town.counts(), await town.kinds(), await town.instance_kinds()) == before


async def test_a_clock_that_steps_back_ends_nothing(town: WindowTown) -> None:
    await town.window(followers="2")
    await town.after(BEFORE)
    town.clock.advance(-2 * DAY)
    await town.work()
    assert (await town.held()).followers == 2 and await town.counts() == (2, 4, 0)


async def test_the_jobs_are_asked_for_at_its_moments(town: WindowTown) -> None:
    await town.window(followers="2")
    await town.db.write(windows.turn)
    rows = await town.rows("SELECT due FROM jobs WHERE kind = 'turn_windows'")
    assert [row[0] for row in rows] == [town.clock.now() + BEFORE]
    await town.after(BEFORE)
    rows = await town.rows("SELECT due FROM jobs WHERE kind = 'turn_windows' ORDER BY due DESC")
    assert rows[0][0] == town.clock.now() + WEEK


# The ladder stays one


async def test_limits_never_fall_as_one_climbs_at_any_moment(town: WindowTown) -> None:
    await town.decide(act="add", name="upper", values={"enter": "licence", "followers": "20"})
    with pytest.raises(Unprocessable, match="while a window is open"):
        await town.window(name="upper", followers="5")
    lower = await town.window(followers="3", lasts=10 * DAY)
    with pytest.raises(Unprocessable, match="while a window is open"):
        await town.window(name="upper", followers="5", lasts=11 * DAY)  # a day longer than the one below
    await town.window(name="upper", followers="5", lasts=10 * DAY)
    with pytest.raises(Unprocessable, match="while a window is open"):
        await town.decide(act="cancel", window=lower.window)
    with pytest.raises(Conflict, match="cancel that first"):
        await town.decide(act="remove", name="upper")
    with pytest.raises(Conflict, match="cancel that first"):
        await town.decide(act="rename", name="upper", to="top")


async def test_a_rung_without_a_cap_can_have_one_for_a_while(db: Database, clock: FrozenClock) -> None:
    town = await found(db, clock, cap=None)
    await town.window(followers="4")
    await town.after(BEFORE)
    assert await town.counts() == (4, 2, 0)
    await town.after(WEEK)
    assert await town.counts() == (6, 0, 0) and (await town.held()).followers is None


async def test_parts_of_a_cap_fall_with_it_and_come_back_whole(town: WindowTown) -> None:
    """10 divided 7 and 3; a window of 4 makes it 2 and 1; afterwards it is 7 and 3, not what rounding left of it."""

    async def shares() -> dict[str, int]:
        rows = await town.rows(
            "SELECT a.username, l.cap_share FROM local_accounts l JOIN accounts a ON a.id = l.id"
            " WHERE l.cap_share IS NOT NULL"
        )
        return {row[0]: row[1] for row in rows}

    for name, share in (("ada", 7), ("l0", 3)):
        await town.run(
            "UPDATE local_accounts SET cap_share = $1 WHERE id = (SELECT id FROM accounts WHERE username = $2)",
            share,
            name,
        )
    await town.window(followers="4")
    await town.after(BEFORE)
    assert await shares() == {"ada": 2, "l0": 1} and await town.counts() == (2, 4, 0)
    await town.cap(20)  # a rise divides nothing anew
    assert await shares() == {"ada": 1, "l0": 0}
    await town.cap(10)
    assert await shares() == {"ada": 1, "l0": 0}  # 7 of 20, halved with its cap: 3 of 10
    await town.after(WEEK)
    assert await shares() == {"ada": 3, "l0": 1}


async def test_parts_that_nobody_touched_are_whole_again(town: WindowTown) -> None:
    await town.run("UPDATE local_accounts SET cap_share = 7 WHERE id = $1", town.ada)
    await town.window(followers="3")
    await town.after(BEFORE)
    assert (await town.admitted()) == 2
    await town.after(WEEK)
    (row,) = await town.rows("SELECT cap_share, rule_share FROM local_accounts WHERE id = $1", town.ada)
    assert (row[0], row[1]) == (7, None) and await town.counts() == (6, 0, 0)


# Races


async def test_follows_that_race_with_a_window_never_pass_its_cap(db: Database, clock: FrozenClock) -> None:
    """Whoever is admitted was so before the window; after it has begun nobody is, whatever the order of the commits."""
    town = await found(db, clock, cap=40)
    await town.window(followers="6")
    runners = [await db.write(world.make_remote, f"r{number}") for number in range(30)]
    town.clock.advance(BEFORE)

    async def follow(number: int) -> None:
        await db.write(follows.receive_follow, URLS, runners[number], town.ada, f"https://far.example/f{number}")

    begun: list[Window] = []

    async def turn() -> None:
        begun.extend(await db.write(windows.turn))

    await asyncio.gather(*(follow(number) for number in range(15)), turn(), *(follow(n) for n in range(15, 30)))
    assert len(begun) == 1
    after = await db.read(world.counts, town.ada)
    assert after["admitted"] + after["held"] == FOLLOWERS + 30
    late = [await db.write(world.make_remote, f"late{number}") for number in range(5)]
    for number, one in enumerate(late):
        await db.write(follows.receive_follow, URLS, one, town.ada, f"https://far.example/late{number}")
    await town.work()
    assert sum((await town.counts())[:2]) == after["admitted"]
    assert await town.admitted() == min(6, after["admitted"])
    states = await db.read(world.states, town.ada)
    assert all(states[f"late{number}"] == "held" for number in range(5))


async def test_the_database_refuses_an_admission_above_a_windows_cap(town: WindowTown) -> None:
    await town.window(followers="2")
    await town.after(BEFORE)

    async def sit(tx: Tx) -> None:
        zoe = await world.make_remote(tx, "zoe")
        await world.admit(tx, zoe, town.ada)

    with pytest.raises(CapExceeded):
        await town.db.write(sit)


async def test_a_relay_in_an_audience_without_a_cap_is_paused_and_comes_back(db: Database, clock: FrozenClock) -> None:
    """While a window caps the rung a relay gets nothing, for longer than 30 days; afterwards it is where it was."""
    town = await found(db, clock, cap=None)

    async def relay(tx: Tx) -> int:
        found = await world.make_remote(tx, "relay", kind="Service")
        await world.admit(tx, found, town.ada)
        return found

    follower = await db.write(relay)
    await town.window(lasts=80 * DAY, followers="50")
    await town.after(BEFORE)
    await db.write(bars.review_owner, town.ada, 0)
    assert (await db.read(world.states, town.ada))["relay"] == "paused"
    for _ in range(2):
        await town.after(35 * DAY)
        assert await db.write(bars.lapse) == 1
        assert await db.write(bars.lapse) == 0
        await db.write(bars.passes_on, follower)
        assert (await db.read(world.states, town.ada))["relay"] == "paused"
    await town.after(10 * DAY)
    await db.write(bars.review_owner, town.ada, 0)
    await town.work()
    assert (await db.read(world.states, town.ada))["relay"] == "admitted"


# Beside a division of the cap


async def divided(town: Town, slots: int = 4) -> None:
    """Ada has a second account, bea, and both stand on the hall's rung."""

    async def share(tx: Tx) -> None:
        login = await local_people.insert_login(
            tx, email="ada@mail.example", password_hash="", locale="en", reason="", confirmed=True, approved=True
        )
        await tx.run("UPDATE local_accounts SET login = $2 WHERE id = $1", town.ada, login)
        await people.add_account(tx, URLS, town.ada, "bea", slots, ())

    await town.db.write(share)


async def shares_of(town: Town) -> dict[str, int]:
    rows = await town.rows(
        "SELECT a.username, l.cap_share FROM local_accounts l JOIN accounts a ON a.id = l.id WHERE l.cap_share IS NOT NULL"
    )
    return {row[0]: row[1] for row in rows}


@pytest.mark.law("9.3", "10.1")
async def test_its_end_gives_back_no_more_than_the_cap_where_the_owner_divided_anew(town: Town) -> None:
    """The window took everything; in the next one the owner gave one slot to another account than before. What the first
    took from who has nothing now comes back, and no more together than the cap."""
    await divided(town)
    assert await shares_of(town) == {"ada": 6, "bea": 4}
    await town.window(starts=BEFORE, followers="0")
    await town.window(starts=BEFORE + WEEK, followers="1")
    await town.after(BEFORE)
    await town.after(WEEK)
    assert await shares_of(town) == {"ada": 0, "bea": 0}
    await town.run("DELETE FROM follows WHERE followed = $1", town.ada)
    await town.db.write(shares.divide, town.ada, {"bea": 1})
    await town.after(WEEK)
    assert await shares_of(town) == {"ada": 6, "bea": 4}


@pytest.mark.law("9.3", "10.1")
async def test_where_the_rule_has_no_cap_parts_of_a_window_are_nothing_to_be_trimmed_by(
    db: Database, clock: FrozenClock
) -> None:
    """Accounts of one login share what windows leave of no cap at all: never more than it, never trimmed for it, and all
    is as before at the end."""
    town = await found(db, clock, cap=None)
    await divided(town)
    await town.window(starts=BEFORE, lasts=80 * DAY, followers="4")
    await town.window(starts=BEFORE + WEEK, lasts=WEEK, followers="3")
    await town.after(BEFORE)
    assert await shares_of(town) == {"ada": 2, "bea": 2}
    assert await town.counts() == (2, 4, 0) and list(await town.stages()) == ["window"]
    await town.after(WEEK)
    assert sum((await shares_of(town)).values()) <= 3
    await town.after(60 * DAY)
    assert list(await town.stages()) == ["window"] and (await town.counts())[2] == 0
    await town.after(20 * DAY)
    assert await town.counts() == (6, 0, 0) and await town.stages() == {} and await shares_of(town) == {}


@pytest.mark.law("9.3", "10.1")
async def test_a_window_begins_where_one_account_has_all_of_what_the_one_before_left_of_no_cap(
    db: Database, clock: FrozenClock
) -> None:
    """It had left nothing, so that another account could be made with nothing; what the next leaves is the first's."""
    town = await found(db, clock, cap=None)
    await town.run("DELETE FROM follows WHERE followed = $1", town.ada)
    await town.window(starts=BEFORE, followers="0")
    await town.after(BEFORE)
    await divided(town, slots=0)
    assert await shares_of(town) == {"bea": 0}
    await town.window(starts=BEFORE, followers="1")
    await town.after(BEFORE)
    assert (await town.held()).followers == 1 and await shares_of(town) == {"bea": 0}
    await town.after(WEEK)
    assert (await town.held()).followers is None and await shares_of(town) == {}
