"""What admins, licences, moves, backups and the clock do in the state machine."""

from __future__ import annotations

import contextlib

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from fedicert.base.clock import DAY, HOUR, MINUTE
from fedicert.base.errors import Problem
from fedicert.model.ladder import Change
from fedicert.operations import deciding, follows, moves, people, restoring, rungs, settling, shares, waivers
from fedicert.store.tables import grants
from fedicert.store.unit import Tx
from tests.law.machine import Seen
from tests.law.model import HERE, RUNGS, Window
from tests.law.rules import Following, elsewhere
from tests.rungs import change_tier
from tests.world import URLS

REASON = "a rule of the play"
NOBODY_BEFORE = 72 * HOUR
IN_STEP_AFTER = 10 * MINUTE


class Ruling(Following):
    """The whole play. `restored`: when a backup was put back; `owed`: hosts that weren't told since, `in_step`: since when
    there are none."""

    restored: int | None = None
    in_step: int | None = None
    owed: frozenset[str] | set[str] = frozenset()

    # The ladder

    @rule(rung=st.sampled_from(RUNGS), cap=st.sampled_from([0, 1, 2, 3, 4, 5, 6, None]))
    def the_cap_changes(self, rung: str, cap: int | None) -> None:
        """An admin changes the cap of a rung; what falls as one climbs is refused."""
        changes = {"followers": "none" if cap is None else str(cap)}
        with contextlib.suppress(Problem):
            self.house.write(change_tier, rung, changes, self.house.admin, REASON)
            self.model.rules[rung] = cap
            self.told_of.add("cap_changed")
        self._check()

    @rule(cap=st.integers(0, 5), days=st.sampled_from([3, 30, 80]))
    def a_window_opens(self, cap: int, days: int) -> None:
        """A window on Ada's rung is announced, and two weeks pass to its beginning."""
        rung, starts = self.model.rung, self.house.clock.now() + 14 * DAY
        ends = starts + days * DAY
        change = Change(act="window", name=rung, values={"followers": str(cap)}, starts_at=starts, ends_at=ends)
        with contextlib.suppress(Problem):
            self.house.write(deciding.apply, self.house.admin, change, REASON)
            rule_cap = self.model.rules[rung]
            assert rule_cap is None or cap < rule_cap, "a window that raises"
            self.model.windows.append(Window(rung, cap, starts, ends))
            self.told_of.add("window_announced")
            self._pass_time(14 * DAY)
        self._check()

    @precondition(lambda self: self.model.windows)
    @rule()
    def a_window_ends(self) -> None:
        """Time passes to the end of the window that ends next."""
        self._pass_time(min(window.ends for window in self.model.windows) - self.house.clock.now())
        self.told_of.add("window_ended")
        self._check()

    @rule(cause=st.sampled_from(["expired", "revoked", "for_cause"]))
    def a_licence_comes_or_goes(self, cause: str) -> None:
        """Ada rises by a licence; it expires, is revoked, or ends for cause."""
        house = self.house
        rises = self.model.rung == "low"

        async def stands(tx: Tx) -> None:
            await follows.seating.seat_of(tx, house.owner)
            if rises:
                await grants.begin(tx, house.owner, house.high, "licence")
            else:
                await tx.run(
                    "UPDATE tier_grants SET ended_at = $2, cause = $3 WHERE account = $1 AND ground = 'licence'",
                    house.owner, tx.now, cause,
                )  # fmt: skip
            await rungs.stand(tx, house.owner, "granted" if rises else cause, {}, {}, "law 4")

        house.write(stands)
        self.model.rung = "high" if rises else "low"
        self.told_of.add("rung_changed")
        self._check()

    @rule(to=st.integers(0, 8), days=st.sampled_from([1, 30, 31]))
    def a_waiver_is_given(self, to: int, days: int) -> None:
        """Ada asks for a waiver of her cap, and an admin gives it: at most 30 days, and it only raises."""

        async def gives(tx: Tx) -> None:
            asked = await waivers.ask(tx, self.house.owner, {"followers": to}, days, REASON, self.house.owner)
            await waivers.give(tx, asked.id, self.house.admin)

        cap = self.model.cap
        able = days <= 30 and cap is not None and to > cap and self.model.waived is None
        try:
            self.house.write(gives)
        except Problem:
            assert not able
        else:
            assert able
            self.model.waived = (to, self.house.clock.now() + days * DAY)
            self.told_of.add("waiver_given")
        self._check()

    @precondition(lambda self: self.model.waived)
    @rule()
    def a_waiver_is_given_back(self) -> None:
        """Ada gives it back before its time."""

        async def gives_back(tx: Tx) -> None:
            (one,) = [w for w in await waivers.of_account(tx, self.house.owner, None, 100) if w.state == "given"]
            await waivers.give_back(tx, one.id, self.house.owner, "")

        self.house.write(gives_back)
        self.model.waived = None
        self.told_of.add("waiver_ended")
        self._check()

    # Another account of the same login

    @rule(slots=st.integers(0, 4))
    def ada_divides_her_cap(self, slots: int) -> None:
        """Ada has a second account, made here the first time, and gives so many slots to her first."""
        house, first, second = self.house, f"ada{self.house.played}", f"bea{self.house.played}x{self.seconds}"
        with contextlib.suppress(Problem):
            if not house.second:
                house.second, _ = house.write(people.add_account, URLS, house.owner, second, slots, ())
            else:
                house.write(shares.divide, house.owner, {first: slots})
                self.model.share = slots
                self._check()
                assert self.was.shares[first][1] == slots
        self._check()

    @precondition(lambda self: self.house.second)
    @rule(name=elsewhere)
    def somebody_follows_the_second(self, name: str) -> None:
        """The audience of the second account grows too, as far as its share goes."""
        account, owner = self.house.people[name], self.house.second
        with contextlib.suppress(Problem):
            self.house.write(follows.receive_follow, URLS, account, owner, f"https://x.example/{owner}/{name}")
        self._check()

    @precondition(lambda self: self.house.second)
    @rule(name=elsewhere)
    def the_second_removes_somebody(self, name: str) -> None:
        """Slots that are freed on one account and given to the other are freed ones there, too."""
        self.house.write(follows.remove_follower, URLS, self.house.second, self.house.people[name])
        self._check()

    @precondition(lambda self: self.house.second)
    @rule()
    def the_second_is_deleted(self) -> None:
        """Its slots are Ada's again, and were freed by her. A name is never given twice."""
        self.house.write(people.delete_account, URLS, f"bea{self.house.played}x{self.seconds}")
        self.house.second = 0
        self.seconds += 1
        self._check()

    # Moving

    @rule(former=elsewhere, name=elsewhere, asks=st.booleans())
    def somebody_moves(self, former: str, name: str, asks: bool) -> None:
        """Somebody elsewhere moved, as both accounts say, and the new one follows; or it did before, or never does."""
        if former == name:
            return
        both = former in self.model.places and name in self.model.places
        self.came_by_move |= {name} if both else set()
        counts = self.model.moves(former, name)
        people_of = self.house.people
        assert self.house.write(moves.receive_move, people_of[former], people_of[name]) is counts
        if asks:
            self._check()  # whom Ada follows changed with it, and who waits may be let in before the Follow comes
            self._follow(name, False)
        self._check()

    @rule(name=elsewhere)
    def ada_moves_or_comes_back(self, name: str) -> None:
        """Ada moves to an account elsewhere that names hers; people here go along. Or she takes it back."""
        house, account = self.house, self.house.people[name]
        uri = URLS.actor(f"ada{house.played}")

        async def goes(tx: Tx) -> None:
            await tx.run("UPDATE accounts SET also_known_as = $2 WHERE id = $1", account, f'["{uri}"]')
            await moves.move_out(tx, URLS, house.owner, account)

        if self.model.moved_out:
            house.write(moves.undo_move, URLS, house.owner)
            self.model.moved_out = False
            self.told_of.add("move_undone")
        else:
            with contextlib.suppress(Problem):
                house.write(goes)
                self.model.moved_out = True
                self.model.moved["ada"] = (name, house.clock.now())
                self.told_of.add("moved")
                for one in HERE:
                    self.model.leaves(one)
        self._check()

    # Backups

    @rule()
    def the_database_is_restored(self) -> None:
        """It comes from a backup, a moment after all that was before: nobody is admitted until every known host is in step,
        or 72 hours passed."""
        self._pass_time(1)
        self.house.write(restoring.begin, self.house.clock.now() - HOUR)
        self.model.restored = True
        now = self.house.clock.now()
        self.restored, self.owed = now, self.house.known_hosts()
        self.in_step = None if self.owed else now - IN_STEP_AFTER
        self._check()

    @rule(silent=st.sampled_from([None, "one.example.org"]))
    def servers_take_what_waits(self, silent: str | None) -> None:
        """All servers take what was sent, or all but one."""
        self.owed = self.owed - self.house.deliver(silent)
        if not self.owed and self.in_step is None:
            self.in_step = self.house.clock.now()
        self._check()

    def _restores(self, seen: Seen) -> None:
        if self.restored is None:
            assert not seen.restored
            return
        now, until = self.house.clock.now(), self.restored + NOBODY_BEFORE
        told = self.in_step is not None and now >= self.in_step + IN_STEP_AFTER
        assert seen.restored or told or now >= until, "hosts aren't in step, and admission goes on"
        assert not seen.restored or now < until + HOUR, "72 hours passed, and nobody is admitted"
        self.model.restored = seen.restored
        if not seen.restored:
            self.restored = None

    # Time

    @rule(hours=st.sampled_from([1, 13, 24, 24 * 3, 24 * 14, 24 * 31]))
    def time_passes(self, hours: int) -> None:
        """Hours or weeks."""
        self._pass_time(hours * HOUR)
        self._check()

    @rule(hours=st.sampled_from([-2, 2, 48]))
    def the_clock_jumps(self, hours: int) -> None:
        """Back or forward, and nobody looked at it meanwhile."""
        self._pass_time(hours * HOUR, watched=False)
        self._check()

    @precondition(lambda self: self.was.stages)
    @rule()
    def an_admin_says_the_clock_is_right(self) -> None:
        """After a jump, trims wait for that."""
        with contextlib.suppress(Problem):
            self.house.write(settling.confirm_clock, self.house.admin, "I looked")
            self.told_of.add("clock_confirmed")
        self._check()
