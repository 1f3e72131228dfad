"""What people and the owner do in the state machine, and what is held against the model after every step."""

from __future__ import annotations

import contextlib
import copy

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from fedicert.base.clock import DAY, MINUTE
from fedicert.base.errors import Problem
from fedicert.mastodon.csv_files import Line
from fedicert.operations import blocks, follows, imports, posts, profile_changes, swapping
from fedicert.operations.posts import Draft
from fedicert.operations.profile_changes import ProfileChange
from fedicert.reach import limits
from fedicert.store.unit import Tx
from tests.law.machine import House, Seen
from tests.law.model import COUNTED, ELSEWHERE, HERE, PEOPLE, Model, Place
from tests.world import URLS

anybody = st.sampled_from(PEOPLE)
elsewhere = st.sampled_from(list(ELSEWHERE))

KINDS_TOLD = {"admitted", "held", "requested", "paused", "trimmed"}


class Killed(Exception):
    """The process ends before the commit."""


class Following(RuleBasedStateMachine):
    """One owner, Ada, and nine people who do what they like. After every step the house is held against the model.

    `seconds`: how many other accounts of Ada's are gone: slots that they freed may come back to her. `was`: what was seen after the step before. `caps`: when which caps were seen, as far as they held within 30 days. `came_by_move`: who has a place since then that somebody else had.
    """

    house: House
    seconds = 0

    @initialize(
        cap=st.sampled_from([0, 1, 2, 3, 4, 5, None]), kept=st.sampled_from([0, 200, 500]), per_day=st.integers(0, 2)
    )
    def begins(self, cap: int | None, kept: int, per_day: int) -> None:
        caps = {"low": cap, "high": None if cap is None else cap + 3}
        self.house.begin(caps, kept, per_day)
        self.model = Model(caps, kept, per_day, self.house.clock.now())
        self.follow_ids: dict[str, str] = {}
        self.said = 0
        self.came_by_move: set[str] = set()
        self.told_of: set[str] = set()
        self.caps: list[tuple[int, dict[str, int | None]]] = []
        self.was = self.house.look()

    # What others do

    @rule(name=anybody, again=st.booleans())
    def follows(self, name: str, again: bool) -> None:
        """Somebody follows; perhaps with an id that was seen before: a duplicate, a replay."""
        self._follow(name, again)
        self._check()

    def _follow(self, name: str, again: bool) -> None:
        account, owner = self.house.people[name], self.house.owner
        self.said += 1
        if not (again and name in self.follow_ids):
            self.follow_ids[name] = f"https://x.example/{owner}/{self.said}"
        self.came_by_move |= {name} if self._formers(name) & set(self.model.places) else set()
        self.model.asks(name)
        with contextlib.suppress(Problem):
            if name in HERE:
                self.house.write(follows.follow, URLS, account, owner)
            else:
                self.house.write(follows.receive_follow, URLS, account, owner, self.follow_ids[name])

    def _formers(self, name: str) -> set[str]:
        return {former for former, (target, _) in self.model.moved.items() if target == name}

    @rule(name=anybody)
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

    @rule(name=elsewhere, back=st.booleans())
    def is_blocked(self, name: str, back: bool) -> None:
        """Somebody elsewhere blocks Ada: both follows end, and no slot is free by her doing."""
        account, owner = self.house.people[name], self.house.owner
        if name not in self.model.blocked_by:
            self.model.places.pop(name, None)
            self.model.followed.discard(name)
            self.model.blocked_by.add(name)
        self.house.write(blocks.receive_block, URLS, account, owner, f"https://x.example/{name}#block")
        if back:
            self.model.blocked_by.discard(name)
            self.house.write(blocks.receive_unblock, account, owner)
        self._check()

    @rule(name=elsewhere)
    def is_killed_before_the_commit(self, name: str) -> None:
        """A Follow is being admitted when the process ends; another server sends it again, or never."""

        async def dies(tx: Tx) -> None:
            await follows.receive_follow(tx, URLS, self.house.people[name], self.house.owner, "https://x.example/dies")
            raise Killed

        with contextlib.suppress(Killed, Problem):
            self.house.write(dies)
        self._check()

    @rule(name=anybody, other=anybody)
    def a_crash_leaves_the_jobs_to_the_next_start(self, name: str, other: str) -> None:
        """Two things happen, then the process ends before any job of theirs was done."""
        self._stop(name)
        self._follow(other, False)
        self.house.close()
        self.house.open()
        self._check()

    # What the owner does

    @rule(name=anybody)
    def picks(self, name: str) -> None:
        """The owner lets somebody in who waits."""
        place = self.model.places.get(name)
        waits = place is not None and place.state in ("held", "requested")
        if waits and not self.model.moved_out and not self.model.why_not(name, word=True):
            self.model.admit(name, word=True)
        with contextlib.suppress(Problem):
            self.house.write(follows.authorize, URLS, self.house.owner, self.house.people[name])
        self._check()

    @rule(name=anybody)
    def sends_away(self, name: str) -> None:
        """The owner sends somebody away who waits."""
        if name in self.model.places and self.model.places[name].state in ("held", "requested"):
            self.model.leaves(name)
        with contextlib.suppress(Problem):
            self.house.write(follows.reject, URLS, self.house.owner, self.house.people[name])
        self._check()

    @rule(name=anybody)
    def removes(self, name: str) -> None:
        """The owner removes a follower. Where several wait the slot stays open for ten minutes for whom the owner picks; here
        nobody is."""
        self.model.frees(name)
        self.model.leaves(name)
        self.house.write(follows.remove_follower, URLS, self.house.owner, self.house.people[name])
        self._pass_time(11 * MINUTE)
        self._check()

    @rule(out=anybody, enters=anybody)
    def swaps(self, out: str, enters: str) -> None:
        """The owner gives the slot of one to another who waits: both or neither."""
        model = copy.deepcopy(self.model)
        coming, going = model.places.get(enters), model.places.get(out)
        able = coming is not None and coming.state in ("held", "requested") and not model.moved_out
        if able and going is not None and going.state in COUNTED:
            model.frees(out)
            model.leaves(out)
            if not model.why_not(enters, word=True):
                model.admit(enters, word=True)
                self.model = model
        with contextlib.suppress(Problem):
            self.house.write(swapping.swap, URLS, self.house.owner, self.house.people[out], self.house.people[enters])
        self._check()

    @rule(name=anybody, back=st.booleans())
    def blocks(self, name: str, back: bool) -> None:
        """A block frees the slot; unblocking restores nothing."""
        account = self.house.people[name]
        self.model.blocks(name)
        self.house.write(blocks.block, URLS, self.house.owner, account)
        if back:
            self.model.blocked.discard(name)
            self.house.write(blocks.unblock, URLS, self.house.owner, account)
        self._check()

    @rule(name=anybody)
    def follows_back(self, name: str) -> None:
        """Ada follows somebody, or stops."""
        account = self.house.people[name]
        if name in self.model.followed:
            self.model.followed.discard(name)
            self.house.write(follows.unfollow, URLS, self.house.owner, account)
        else:
            if self._may_follow(name):
                self.model.followed.add(name)
            with contextlib.suppress(Problem):
                self.house.write(follows.follow, URLS, self.house.owner, account)
        self._check()

    def _may_follow(self, name: str) -> bool:
        return not self.model.moved_out and name not in self.model.blocked | self.model.blocked_by

    @rule(name=elsewhere, yes=st.booleans())
    def answers_a_follow_of_adas(self, name: str, yes: bool) -> None:
        """Accept or Reject, asked for or not. Who refuses to be followed is followed no longer."""
        account, ada = self.house.people[name], URLS.actor(f"ada{self.house.played}")
        if yes:
            self.house.write(follows.receive_accept, URLS, account, "", ada)
        else:
            self.model.followed.discard(name)
            self.house.write(follows.receive_reject, URLS, account, "", ada)
        self._check()

    @rule(names=st.lists(anybody, min_size=1, max_size=3, unique=True))
    def imports_whom_to_follow(self, names: list[str]) -> None:
        """A file brings follows, never followers; whom Ada follows has the slots that are kept."""
        lines = [Line(name=f"{name}@{ELSEWHERE.get(name, URLS.domain)}") for name in names]
        try:
            self.house.write(imports.begin, self.house.owner, "following", lines)
        except Problem:  # moved out, or too many files today
            pass
        else:
            self.model.followed |= {name for name in names if self._may_follow(name)}
        self._check()

    @rule()
    def locks_or_unlocks(self) -> None:
        """The owner's own lock."""
        change = ProfileChange(locked=not self.model.locked)
        with contextlib.suppress(Problem):
            self.house.write(profile_changes.update_profile, URLS, self.house.owner, change)
        self.model.locked ^= not self.model.moved_out
        self._check()

    @precondition(lambda self: not self.model.moved_out)
    @rule(name=anybody, joins=anybody)
    def posts_while_people_come_and_go(self, name: str, joins: str) -> None:
        """Delivery set = audience at commit, minus those gone or paused since; whoever comes after the commit gets no
        copy."""
        self._check()
        # With cap 0 an account speaks by name only, also to an audience that settles.
        audience = {one for one, state in self.was.follows.items() if state == "admitted" and self.model.cap != 0}
        draft = Draft(text="hello", visibility="unlisted")
        post = self.house.write(posts.publish, URLS, self.house.owner, draft)
        assert isinstance(post, int)
        gone = {name} if name != joins else set()
        if gone:
            self._stop(name)
        newly = self.was.follows.get(joins) not in COUNTED
        formers = self._formers(joins) & audience
        self._follow(joins, False)
        self._check()
        still = (audience & _who(self.was, "admitted")) - gone - formers - ({joins} if newly else set())
        surely = _reached(still) - self.house.cut_off()
        got = self.house.got(post)
        assert surely <= got, (surely, got)
        # Someone here who was let in or restored afterwards finds it at home, as they find all of Ada's latest posts; and
        # whoever has the slot of a former account by now has what went to that.
        late = (_who(self.was, "admitted") & set(HERE)) | ({joins} if formers else set())
        perhaps = _reached((audience - gone) | late)
        assert got <= perhaps, (got, perhaps)

    def _pass_time(self, milliseconds: int, *, watched: bool = True) -> None:
        self.house.pass_time(milliseconds, watched=watched)
        self.model.turn(self.house.clock.now())

    # After every step

    def _check(self) -> None:
        house, model, was = self.house, self.model, self.was
        self._go_along()
        house.work()
        seen = house.look()  # integers = rows
        self._divided(seen)
        self._turned_over(seen)
        self._restores(seen)
        count, earlier = _count(seen), _count(was)
        if seen.stages or was.stages:
            # During settling the count only shrinks; who comes is held, and nobody is let in but who was paused.
            assert model.cap is None or count <= max(earlier, model.cap), (earlier, count)
            if seen.stages and was.stages:
                came = _who(seen, *COUNTED) - _who(was, *COUNTED) - self.came_by_move
                assert not came, came
            # A window never trims.
            assert set(was.stages) - {"window"} or not _who(seen, "trimmed") - _who(was, "trimmed") - self.came_by_move
            self._adopt(seen)
        else:
            model.release()
            assert seen.follows == model.states()
            self._same_order(seen)
        if not seen.stages:
            assert model.cap is None or count <= model.cap, "over the cap, and nothing settles"
            assert not _who(seen, "paused"), "paused, and nothing settles"
        self._told(seen)
        self.was, self.came_by_move, self.told_of = seen, set(), set()

    def _divided(self, seen: Seen) -> None:
        """Accounts of one login never have more slots, nor more followers, than their rung's cap."""
        _, self.model.share, _, beside = seen.shares[f"ada{self.house.played}"]
        rung, lowered = self.model.rules[self.model.rung], self.model.lowered
        self.model.rule_share = limits.rule_share(self.model.share, beside, lowered, rung)
        for rung, cap in seen.caps.items():
            parts = [(share, count) for there, share, count, _ in seen.shares.values() if there == rung]
            if cap is None or not parts:
                continue
            assert sum(cap if share is None else share for share, _ in parts) <= cap, parts
            assert seen.settling or self.model.waived or sum(count for _, count in parts) <= cap, parts

    def _go_along(self) -> None:
        """Where slots changed hands among accounts of one login, or their rung's cap changed under what nobody has, what Ada
        freed and used goes along as the house says; `_turned_over` checks the sum."""
        if self.house.second or self.seconds:
            shares, freed, refills = self.house.divided()
            hands = shares != {name: (rung, share) for name, (rung, share, _, _) in self.was.shares.items()}
            if hands or any(self.was.caps.get(rung) != cap for rung, cap in self.model.rules.items()):
                self.model.freed, self.model.refills = freed, refills

    def _turned_over(self, seen: Seen) -> None:
        """Whatever accounts of one login do, on no rung are slots that they freed filled again more often in 30 days than its
        cap: the highest that held meanwhile, a waiver's included."""
        raised = self.model.waived[0] if self.model.waived else 0
        self.caps.append(
            (self.model.now, {name: cap if cap is None else cap + raised for name, cap in seen.caps.items()})
        )
        since = self.model.now - 30 * DAY
        self.caps = [
            one for one, after in zip(self.caps, [*self.caps[1:], (since + 1, {})], strict=True) if after[0] > since
        ]
        for rung, moments in seen.used.items():
            caps = [held[rung] for _, held in self.caps]
            if None not in caps:
                most = max(cap for cap in caps if cap is not None)
                assert sum(at > since for at in moments) <= most, (rung, moments, caps)

    def _restores(self, seen: Seen) -> None:
        """Refined by who restores."""

    def _adopt(self, seen: Seen) -> None:
        places = enumerate(seen.follows.items())
        self.model.places = {name: Place(state, order, name in seen.trimmed) for order, (name, state) in places}
        self.model.order = len(seen.follows)
        self.model.days = dict(seen.days)
        self.model.freed, self.model.refills = seen.freed, list(seen.refills)

    def _same_order(self, seen: Seen) -> None:
        """Who is older is what the rows say: a place keeps its age."""
        for number, name in enumerate(seen.follows):
            self.model.places[name].order = number
        self.model.order = len(self.model.places)
        assert self.model.days == seen.days or not self.model.per_day
        # Never filled again more often than the cap in 30 days, and as often as the model says.
        assert len(self.model.refills) == len(seen.refills)

    def _told(self, seen: Seen) -> None:
        """Every decision about somebody is a row of theirs on Ada's ledger, or one more of what is counted there; and every
        other decision of this step is a row."""
        for name, state in seen.follows.items():
            if state in KINDS_TOLD and self.was.follows.get(name) != state:
                rows, repeats = seen.told.get(name, (0, 0))
                rows_before, repeats_before = self.was.told.get(name, (0, 0))
                said = f"{name}: {self.was.follows.get(name)} → {state}"
                assert rows > rows_before or repeats > repeats_before, said
        assert self.told_of <= seen.kinds, self.told_of - seen.kinds


def _who(seen: Seen, *states: str) -> set[str]:
    return {name for name, state in seen.follows.items() if state in states}


def _reached(names: set[str]) -> set[str]:
    """Whose server or home a copy comes to."""
    return {name if name in HERE else ELSEWHERE[name] for name in names}


def _count(seen: Seen) -> int:
    return len(_who(seen, *COUNTED))
