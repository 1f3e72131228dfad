"""What a changed limit does, in plain numbers; and what a window may say."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedicert.base.clock import DAY
from fedicert.model.ladder import Window
from fedicert.model.standing import Counts, Limits
from fedicert.model.tiers import DEFAULT_LADDER, Tier, TierFault
from fedicert.reach import windows as law
from fedicert.reach.admission import has_room, has_room_for_others
from fedicert.reach.forecast import LARGEST, Account, admissible, effect
from fedicert.reach.limits import rule_share, window_share


def limits(cap: int | None, kept: int = 0) -> Limits:
    return Limits(tier="t", cap=cap, kept_slots=kept)


def account(
    count: int, before: int | None, after: int | None, *, held: int = 0, kept: int = 0, **more: object
) -> Account:
    counts = Counts(admitted=count, held=held)
    return Account(name=f"n{count}", counts=counts, before=limits(before, kept), after=limits(after, kept), **more)  # type: ignore[arg-type]


def test_a_lowered_cap() -> None:
    found = effect([account(3, 10, 5), account(7, 10, 5, held=2), account(5, 10, 5), account(12, 10, 5)])
    assert (found.touched, found.over, found.newly_over, found.beyond) == (4, 2, 1, 9)
    assert (found.filled, found.waiting) == (1, 2)
    assert [(one.name, one.count, one.beyond) for one in found.largest] == [("n12", 12, 7), ("n7", 7, 2)]


def test_a_raised_cap_lets_the_line_in_but_for_kept_slots_and_locked_accounts() -> None:
    assert effect([account(5, 5, 8, held=9)]).let_in == 3
    assert effect([account(5, 5, 8, held=9, kept=2)]).let_in == 1
    assert effect([account(5, 5, 8, held=9, kept=2, waiting_followed=2)]).let_in == 3
    assert effect([account(5, 5, None, held=9)]).let_in == 9
    assert effect([account(5, 5, 8, held=9, locked=True)]).let_in == 0
    assert effect([account(5, 8, 5, held=2)]).held == 2


def test_only_the_largest_few_are_named() -> None:
    found = effect(account(number, None, 1) for number in range(2, 40))
    assert len(found.largest) == LARGEST and found.largest[0].beyond == 38


@given(
    count=st.integers(0, 30), kept_used=st.integers(0, 30), held=st.integers(0, 30), followed=st.integers(0, 30),
    cap=st.none() | st.integers(0, 30), kept=st.integers(0, 30),
)  # fmt: skip
def test_whom_it_lets_in_are_those_whom_release_would(
    count: int, kept_used: int, held: int, followed: int, cap: int | None, kept: int
) -> None:
    """The same as admitting one after the other, those whom the owner follows first."""
    counts = Counts(admitted=count, held=held, kept_used=min(kept_used, count))
    followed, rule = min(followed, held), limits(cap, min(kept, cap or 0))
    left, others, now = followed, held - followed, counts
    admitted = 0
    while True:
        if left and has_room(now, rule):
            left -= 1
            now = msgspec.structs.replace(now, admitted=now.admitted + 1, kept_used=now.kept_used + 1)
        elif others and has_room_for_others(now, rule):
            others -= 1
            now = msgspec.structs.replace(now, admitted=now.admitted + 1)
        else:
            break
        admitted += 1
    assert admissible(counts, rule, followed) == admitted


# Windows

LOW = msgspec.structs.replace(DEFAULT_LADDER[0], id=1)


def window(starts: int, ends: int, number: int = 1, **limits_: object) -> Window:
    return Window(
        id=number, tier=1, tier_name="personal", limits=dict(limits_), starts_at=starts, ends_at=ends, decider=1, why="",
        announced_at=0,
    )  # fmt: skip


@given(st.none() | st.integers(0, 400), st.none() | st.integers(0, 400))
def test_a_window_never_raises_whatever_becomes_of_the_rule(rule: int | None, lowered: int | None) -> None:
    held = law.holding(msgspec.structs.replace(LOW, followers=rule), [window(0, 9, followers=lowered)]).followers
    height = {None: 1_000}
    assert height.get(held, held) == min(height.get(rule, rule), height.get(lowered, lowered))


def test_0_admissions_a_domain_and_day_is_the_highest_value() -> None:
    assert law.read(LOW, {"strangers_per_domain_day": "3"}) == {"strangers_per_domain_day": 3}
    with pytest.raises(TierFault, match="only lowers"):
        law.read(LOW, {"strangers_per_domain_day": "0"})


def test_every_moment_at_which_one_begins_or_ends_is_looked_at() -> None:
    upper = msgspec.structs.replace(DEFAULT_LADDER[1], id=2)
    ladder: list[Tier] = [LOW, upper]
    lower = window(10, 20, 1, followers=10)
    higher = msgspec.structs.replace(window(10, 20, 2, followers=50), tier=2)
    law.check(ladder, [lower, higher], 0)
    for starts, ends in ((9, 20), (10, 21), (15, 30)):
        with pytest.raises(TierFault, match="while a window is open"):
            law.check(ladder, [lower, msgspec.structs.replace(higher, starts_at=starts, ends_at=ends)], 0)
    assert law.next_moment([lower, higher], 10) == 20 and law.next_moment([lower], 20) is None


def test_what_was_begun_holds_to_its_end_whatever_the_clock_does() -> None:
    one = window(10 * DAY, 20 * DAY, followers=1)
    assert not law.in_force(one, 9 * DAY) and law.in_force(one, 10 * DAY) and not law.in_force(one, 20 * DAY)
    begun = msgspec.structs.replace(one, begun_at=10 * DAY)
    assert law.in_force(begun, 5 * DAY)
    assert not law.in_force(msgspec.structs.replace(begun, ended_at=11 * DAY), 12 * DAY)


@given(st.integers(0, 500), st.integers(1, 500), st.integers(0, 500))
def test_a_part_of_a_cap_comes_back_whole(share: int, rule: int, cap: int) -> None:
    cap, share = min(cap, rule), min(share, rule)
    lowered = window_share(share, cap, rule)
    assert lowered <= cap and rule_share(lowered, share, cap, rule) == share
