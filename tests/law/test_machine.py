"""The law against a small model of it: whatever happens in whatever order, the house does what the model says.

`make test` plays 300 plays of 40 steps, always the same; `make soak` 20,000 of 100, each time others.
"""

from __future__ import annotations

import contextlib
import copy

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from fedicert.base.clock import HOUR, MINUTE
from fedicert.base.errors import Problem
from fedicert.operations import blocks, follows, posts, profile_changes, rungs, settling, swapping
from fedicert.operations.posts import Draft
from fedicert.operations.profile_changes import ProfileChange
from fedicert.store.tables import grants
from fedicert.store.unit import Tx
from tests.law.machine import COUNTED, ELSEWHERE, HERE, PEOPLE, House, Model, Place, utc_day
from tests.rungs import change_tier
from tests.world import URLS

people = st.sampled_from(PEOPLE)
elsewhere = st.sampled_from(list(ELSEWHERE))

KINDS_TOLD = {"admitted", "held", "requested", "paused", "trimmed"}


class Killed(Exception):
    """The process ends before the commit."""


class Following(RuleBasedStateMachine):
    """One owner, Ada, and nine people who do what they like. After every step the house is held against the model."""

    house: House

    @initialize(
        cap=st.sampled_from([0, 1, 2, 3, 4, 5, None]), kept=st.sampled_from([0, 200, 500]), per_day=st.integers(0, 2)
    )
    def begins(self, cap: int | None, kept: int, per_day: int) -> None:
        self.house.begin(cap, kept, per_day)
        self.low = cap
        self.risen = False
        self.model = Model(cap, kept, per_day)
        self._new_day()
        self.follow_ids: dict[str, str] = {}
        self.said = 0
        self.before = self.house.states()
        self.told = self.house.told()
        self.was_settling = False

    # What others do

    @rule(name=people, again=st.booleans())
    def follows(self, name: str, again: bool) -> None:
        """Somebody follows; perhaps with an id that was seen before: a duplicate, a replay."""
        self._follow(name, again)
        self._check()

    def _follow(self, name: str, again: bool) -> None:
        account, owner = self.house.people[name], self.house.owner
        self.said += 1
        if not (again and name in self.follow_ids):
            self.follow_ids[name] = f"https://x.example/{owner}/{self.said}"
        self.model.asks(name)
        with contextlib.suppress(Problem):
            if name in HERE:
                self.house.write(follows.follow, URLS, account, owner)
            else:
                self.house.write(follows.receive_follow, URLS, account, owner, self.follow_ids[name])

    @rule(name=people)
    def stops_following(self, name: str) -> None:
        """Somebody stops, or says so before having begun."""
        self._stop(name)
        self._check()

    def _stop(self, name: str) -> None:
        account = self.house.people[name]
        self.model.leaves(name)
        if name in HERE:
            self.house.write(follows.unfollow, URLS, account, self.house.owner)
        else:
            self.house.write(follows.undo_follow, URLS, account, self.house.owner)

    @rule(name=elsewhere)
    def is_killed_before_the_commit(self, name: str) -> None:
        """A Follow is being admitted when the process ends; another server sends it again, or never."""

        async def dies(tx: Tx) -> None:
            await follows.receive_follow(tx, URLS, self.house.people[name], self.house.owner, "https://x.example/dies")
            raise Killed

        with contextlib.suppress(Killed, Problem):
            self.house.write(dies)
        self._check()

    @rule(name=people, other=people)
    def a_crash_leaves_the_jobs_to_the_next_start(self, name: str, other: str) -> None:
        """Two things happen, then the process ends before any job of theirs was done."""
        self._stop(name)
        self.house.close()
        self.house.open()
        self._check()
        self._follow(other, False)
        self.house.close()
        self.house.open()
        self._check()

    # What the owner does

    @rule(name=people)
    def picks(self, name: str) -> None:
        """The owner lets somebody in who waits."""
        place = self.model.places.get(name)
        waits = place is not None and place.state in ("held", "requested")
        if waits and not self.model.why_not(name, word=True):
            self.model.admit(name, word=True)
        with contextlib.suppress(Problem):
            self.house.write(follows.authorize, URLS, self.house.owner, self.house.people[name])
        self._check()

    @rule(name=people)
    def sends_away(self, name: str) -> None:
        """The owner sends somebody away who waits."""
        if name in self.model.places and self.model.places[name].state in ("held", "requested"):
            self.model.leaves(name)
        with contextlib.suppress(Problem):
            self.house.write(follows.reject, URLS, self.house.owner, self.house.people[name])
        self._check()

    @rule(name=people)
    def removes(self, name: str) -> None:
        """The owner removes a follower. Where several wait the slot stays open for ten minutes for whom the owner picks; here
        nobody is."""
        self.model.frees(name)
        self.model.leaves(name)
        self.house.write(follows.remove_follower, URLS, self.house.owner, self.house.people[name])
        self.house.pass_time(11 * MINUTE)
        self._new_day()
        self._check()

    @rule(out=people, enters=people)
    def swaps(self, out: str, enters: str) -> None:
        """The owner gives the slot of one to another who waits: both or neither."""
        model = copy.deepcopy(self.model)
        coming, going = model.places.get(enters), model.places.get(out)
        able = coming is not None and coming.state in ("held", "requested")
        if able and going is not None and going.state in COUNTED:
            model.frees(out)
            model.leaves(out)
            if not model.why_not(enters, word=True):
                model.admit(enters, word=True)
                self.model = model
        with contextlib.suppress(Problem):
            self.house.write(swapping.swap, URLS, self.house.owner, self.house.people[out], self.house.people[enters])
        self._check()

    @rule(name=people, back=st.booleans())
    def blocks(self, name: str, back: bool) -> None:
        """A block frees the slot; unblocking restores nothing."""
        account = self.house.people[name]
        self.model.frees(name)
        self.model.places.pop(name, None)
        self.model.followed.discard(name)
        self.model.blocked.add(name)
        self.house.write(blocks.block, URLS, self.house.owner, account)
        if back:
            self.model.blocked.discard(name)
            self.house.write(blocks.unblock, URLS, self.house.owner, account)
        self._check()

    @rule(name=people)
    def follows_back(self, name: str) -> None:
        """Ada follows somebody, or stops."""
        account = self.house.people[name]
        if name in self.model.followed:
            self.model.followed.discard(name)
            self.house.write(follows.unfollow, URLS, self.house.owner, account)
        elif name not in self.model.blocked:
            with contextlib.suppress(Problem):
                self.house.write(follows.follow, URLS, self.house.owner, account)
                self.model.followed.add(name)
        self._check()

    @rule()
    def locks_or_unlocks(self) -> None:
        """The owner's own lock."""
        self.model.locked = not self.model.locked
        self.house.write(
            profile_changes.update_profile, URLS, self.house.owner, ProfileChange(locked=self.model.locked)
        )
        self._check()

    @rule(name=people, joins=people)
    def posts_while_people_come_and_go(self, name: str, joins: str) -> None:
        """Delivery set = audience at commit, minus those gone since; whoever comes after the commit gets no copy."""
        self._check()
        # With cap 0 an account speaks by name only, also to an audience that settles.
        audience = {one for one, state in self.before.items() if state == "admitted" and self.model.cap != 0}
        draft = Draft(text="hello", visibility="unlisted")
        post = self.house.write(posts.publish, URLS, self.house.owner, draft)
        assert isinstance(post, int)
        gone = {name} if name != joins else set()
        if gone:
            self._stop(name)
        newly = self.before.get(joins) not in COUNTED
        self._follow(joins, False)
        self._check()
        reached = {one if one in HERE else ELSEWHERE[one] for one in audience - gone}
        surely = reached - self.house.cut_off()
        got = self.house.got(post)
        assert surely - ({joins} if newly else set()) <= got, (surely, got)
        # Someone here who joined afterwards finds it at home, as they find all of Ada's latest posts.
        assert got - ({joins} & set(HERE)) <= reached, (got, reached)

    # What admins do, and licences

    @rule(cap=st.sampled_from([0, 1, 2, 3, 4, 5, 6, None]))
    def the_cap_changes(self, cap: int | None) -> None:
        """An admin changes the cap of the tier Ada stands on."""
        name = "high" if self.risen else "low"
        changes = {"followers": "none" if cap is None else str(cap)}
        with contextlib.suppress(Problem):
            self.house.write(change_tier, name, changes, self.house.admin, "a rule of the play")
            self.model.cap = cap
            if not self.risen:
                self.low = cap
        self._check()

    @rule(cause=st.sampled_from(["expired", "revoked", "for_cause"]))
    def a_licence_comes_or_goes(self, cause: str) -> None:
        """Ada rises by a licence; it expires, is revoked, or ends for cause."""
        house = self.house
        self.risen = not self.risen

        async def stands(tx: Tx) -> None:
            await follows.seating.seat_of(tx, house.owner)
            if self.risen:
                await grants.begin(tx, house.owner, house.other_tier, "licence")
            else:
                await tx.run(
                    "UPDATE tier_grants SET ended_at = $2, cause = $3 WHERE account = $1 AND ground = 'licence'",
                    house.owner, tx.now, cause,
                )  # fmt: skip
            await rungs.stand(tx, house.owner, "granted" if self.risen else cause, {}, {}, "law 4")
            row = await tx.value(
                "SELECT t.followers FROM local_accounts l JOIN tiers t ON t.id = l.tier WHERE l.id = $1", house.owner
            )
            self.model.cap = row

        house.write(stands)
        self._check()

    # Time

    @rule(hours=st.sampled_from([1, 13, 24, 24 * 3, 24 * 14, 24 * 31]))
    def time_passes(self, hours: int) -> None:
        """Hours or weeks."""
        self.house.pass_time(hours * HOUR)
        self._new_day()
        self._check()

    @rule(hours=st.sampled_from([-2, 2, 48]))
    def the_clock_jumps(self, hours: int) -> None:
        """Back or forward, and nobody looked at it meanwhile."""
        self.house.pass_time(hours * HOUR, watched=False)
        self._new_day()
        self._check()

    @precondition(lambda self: self.was_settling)
    @rule()
    def an_admin_says_the_clock_is_right(self) -> None:
        """After a jump, trims wait for that."""
        with contextlib.suppress(Problem):
            self.house.write(settling.confirm_clock, self.house.admin, "I looked")
        self._check()

    def _new_day(self) -> None:
        self.model.day, self.model.now = utc_day(self.house), self.house.clock.now()

    # After every step

    def _check(self) -> None:
        house, model = self.house, self.model
        house.work()
        now = house.states()  # integers = rows
        count = sum(state in COUNTED for state in now.values())
        earlier = sum(state in COUNTED for state in self.before.values())
        stage = house.settles()
        if stage or self.was_settling:
            # During settling the count only shrinks; who comes is held, and nobody is let in but who was paused.
            assert model.cap is None or count <= max(earlier, model.cap), (earlier, count)
            if stage and self.was_settling:
                came = {name for name in now if now[name] in COUNTED} - {
                    name for name, state in self.before.items() if state in COUNTED
                }
                assert not came, came
            self._adopt(now)
        else:
            assert model.cap is None or count <= model.cap
            model.release()
            assert now == model.states()
            self._same_order()
        assert stage or model.cap is None or count <= model.cap, "over the cap, and nothing settles"
        self._told(now)
        self.before, self.was_settling = now, bool(stage)

    def _adopt(self, now: dict[str, str]) -> None:
        trimmed = self.house.trimmed_before()
        order = {name: number for number, name in enumerate(self.house.in_order())}
        self.model.places = {name: Place(state, order[name], name in trimmed) for name, state in now.items()}
        self.model.order = len(order)
        self.model.days = dict(self.house.days())
        self.model.freed, self.model.refills = self.house.turned_over()

    def _same_order(self) -> None:
        """Who is older is what the rows say: a place keeps its age."""
        for number, name in enumerate(self.house.in_order()):
            self.model.places[name].order = number
        self.model.order = len(self.model.places)
        assert self.model.days == self.house.days() or not self.model.per_day
        # Never filled again more often than the cap in 30 days, and as often as the model says.
        assert len(self.model.refills) == len(self.house.turned_over()[1])

    def _told(self, now: dict[str, str]) -> None:
        """Every decision about somebody is a row of theirs on Ada's ledger, or one more of what is counted there."""
        told = self.house.told()
        for name, state in now.items():
            if state in KINDS_TOLD and self.before.get(name) != state:
                rows, repeats = told.get(name, (0, 0))
                rows_before, repeats_before = self.told.get(name, (0, 0))
                assert rows > rows_before or repeats > repeats_before, f"{name}: {self.before.get(name)} → {state}"
        self.told = told


def play(url: str, plays: int, steps: int, *, always_the_same: bool) -> None:
    house = House(url)
    machine = type("Play", (Following,), {"house": house})
    try:
        run_state_machine_as_test(
            machine,
            settings=settings(
                max_examples=plays,
                stateful_step_count=steps,
                deadline=None,
                database=None,
                derandomize=always_the_same,
                print_blob=True,
                report_multiple_bugs=False,
                suppress_health_check=list(HealthCheck),
            ),
        )
    finally:
        house.end()


@pytest.mark.law("1.1", "1.5", "1.6", "3.4", "3.5", "7.1", "C1", "C15")
def test_the_house_does_what_the_model_says(database_url: str) -> None:
    play(database_url, 300, 40, always_the_same=True)


@pytest.mark.soak
def test_the_house_does_what_the_model_says_for_a_long_time(database_url: str) -> None:
    play(database_url, 20_000, 100, always_the_same=False)
