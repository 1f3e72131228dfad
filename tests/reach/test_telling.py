"""When somebody is told: marks of an audience and of a limit, each crossed once, none by a flapping count."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedicert.model.standing import Counts, Limits
from fedicert.reach.telling import FULL, KEPT, NEAR, NOTHING, WAITING, crossed, level, reminder


def at(count: int, *, cap: int | None = 150, held: int = 0, kept: int = 0, used: int = 0, told: int = 0) -> int:
    limits = Limits(tier="t", cap=cap, kept_slots=kept)
    return level(Counts(admitted=count, held=held, kept_used=used), limits, told)


@pytest.mark.law("8.2")
def test_the_marks_of_an_audience() -> None:
    assert [at(count) for count in (0, 119, 120, 149, 150)] == [NOTHING, NOTHING, NEAR, NEAR, FULL]
    assert at(150, held=1) == WAITING
    assert at(120, kept=30, held=1) == KEPT and at(120, kept=30) == NEAR
    assert at(120, kept=30, held=1, used=1) == NEAR  # a stranger still has a slot: who waits, waits for another reason
    assert at(1_000_000, cap=None) == NOTHING and at(0, cap=0) == NOTHING


@pytest.mark.law("8.1")
def test_a_level_is_forgotten_only_well_below_its_mark() -> None:
    assert [at(count, told=NEAR) for count in (119, 106, 105)] == [NEAR, NEAR, NOTHING]
    assert [at(count, told=FULL) for count in (149, 136, 135)] == [FULL, FULL, NEAR]
    assert at(150, told=WAITING) == WAITING  # the line is empty, and fills again
    assert at(2, cap=3, told=FULL) == FULL and at(1, cap=3, told=FULL) == NOTHING
    assert at(150, cap=1_500, told=WAITING) == NOTHING  # a rise


@given(st.integers(1, 400), st.lists(st.integers(-1, 1), max_size=200), st.integers(0, 400))
def test_flapping_by_one_says_nothing_twice(cap: int, steps: list[int], start: int) -> None:
    """Between two messages of one kind the count fell by more than one below its mark."""
    count, told, said = min(start, cap), 0, {}
    lowest = count
    for step in steps:
        count = max(0, min(cap, count + step))
        lowest = min(lowest, count)
        now = at(count, cap=cap, told=told)
        if now > told:
            mark = cap if now == FULL else -(-cap * 80 // 100)
            assert now not in said or lowest <= max(mark - 2, 0)
            said[now], lowest = count, count
        told = now


@pytest.mark.law("8.1")
def test_a_limit_is_crossed_once() -> None:
    assert [crossed(before, 1, 30) for before in (22, 23, 24, 28, 29, 30)] == [
        NOTHING, NEAR, NOTHING, NOTHING, FULL, NOTHING
    ]  # fmt: skip
    assert crossed(0, 30, 30) == FULL and crossed(23, 0, 30) == NOTHING
    assert crossed(5, 1, None) == NOTHING and crossed(0, 1, 0) == NOTHING


def test_reminders_before_an_end() -> None:
    assert [reminder(days) for days in (61, 60, 31, 30, 8, 7, 2, 1, 0, -3)] == [
        None, 60, 60, 30, 30, 7, 7, 1, None, None
    ]  # fmt: skip
