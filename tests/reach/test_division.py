"""Law 10: a cap divided among the accounts of one person, with plain values."""

from __future__ import annotations

import random

import pytest

from fedicert.reach.division import Arrival, Part, arrive, divide, slots, unused


def test_who_comes_takes_what_is_free_and_then_what_nobody_sits_in() -> None:
    alone = arrive(150, 0, [])
    assert alone == Arrival(None, {}) and arrive(None, 10, [Part(1, 5, 0)]) == Arrival(None, {})
    assert arrive(150, 0, [Part(1, None, 40)]) == Arrival(0, {})
    assert arrive(150, 30, [Part(1, None, 40)]) == Arrival(30, {1: 120})
    assert arrive(150, 30, [Part(1, 100, 40)]) == Arrival(30, {})
    assert arrive(150, 60, [Part(1, 100, 40)]) == Arrival(60, {1: 90})
    assert arrive(150, 500, [Part(1, 100, 40), Part(2, 20, 20)]) == Arrival(90, {1: 40})
    assert arrive(150, 500, [Part(1, 100, 400)]) == Arrival(0, {}), "nothing is free while an audience is too large"


def test_who_is_undivided_has_the_rest() -> None:
    parts = [Part(1, None, 40), Part(2, 0, 0)]
    assert divide(150, parts, {2: 50}) == {1: 100, 2: 50}
    assert divide(150, parts, {1: 50}) == {1: 50, 2: 0}


@pytest.mark.parametrize(
    ("wanted", "sentence"),
    [
        ({1: 100, 2: 51}, "the shares add up to 151, and the tier has 150"),
        ({3: 1}, "one of these accounts doesn't stand on this tier"),
        ({1: -1}, "a share is a number of followers, from 0"),
        ({1: 30, 2: 120}, "people sit in 10 of these slots"),
    ],
)
def test_what_is_no_division(wanted: dict[int, int], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        divide(150, [Part(1, 100, 40), Part(2, 50, 0)], wanted)


def test_whatever_comes_the_sum_stays_within_the_cap_and_no_audience_is_touched() -> None:
    chance = random.Random(10)
    for _ in range(2_000):
        cap = chance.randrange(0, 40)
        parts: list[Part] = []
        for account in range(chance.randrange(1, 5)):
            got = arrive(cap, chance.randrange(0, 50), parts)
            share = cap if got.share is None else got.share
            parts = [Part(p.account, got.lowered.get(p.account, p.share), p.count) for p in parts]
            parts.append(Part(account, None if got.share is None else share, chance.randrange(0, share + 1)))
            assert sum(slots(part.share, cap) for part in parts) <= cap
            assert all(part.count <= slots(part.share, cap) for part in parts)
        wanted = {part.account: chance.randrange(0, cap + 2) for part in parts if chance.random() < 0.7}
        try:
            after = divide(cap, parts, wanted)
        except ValueError:
            continue
        assert sum(after.values()) <= cap and unused(cap, parts) >= 0
        assert sum(max(after[p.account], p.count) for p in parts) <= cap or all(
            after[p.account] <= slots(p.share, cap) for p in parts
        )
