"""Law 2, pure: who is a stranger, who is an answer, what it costs, what is refused and in which words."""

from __future__ import annotations

from typing import Any

import pytest

from fedicert.base.clock import DAY, HOUR
from fedicert.model.standing import Limits
from fedicert.reach.strangers import WINDOW, Addressed, Used, judge, kind_of, sentence, too_many_followed

NOW = 1_790_000_000_000


def limits(strangers: int | None = 30, answers: int | None = 60) -> Limits:
    return Limits(tier="personal", cap=150, strangers=strangers, answers_per_day=answers, following=1_500)


def who(account: int = 1, **known: Any) -> Addressed:
    return Addressed(account=account, handle=f"p{account}@far.example", **known)


@pytest.mark.parametrize(
    ("known", "kind"),
    [
        ({}, "stranger"),
        ({"in_audience": True}, None),
        ({"in_audience": True, "spoke": True}, None),
        ({"spoke": True}, "answer"),
        ({"higher_up": True}, "answer"),
        ({"quoted": True}, "answer"),
    ],
)
def test_who_is_a_stranger(known: dict[str, bool], kind: str | None) -> None:
    assert kind_of(who(**known)) == kind


def test_thirty_days_are_two_million_and_a_half_seconds() -> None:
    assert WINDOW == 30 * 86_400_000


def test_the_last_slot_fits_and_the_next_does_not() -> None:
    before = Used(strangers=[(NOW - DAY + i, 1) for i in range(29)])
    assert judge(limits(), before, [who()], NOW, starts_thread=True).refusal is None
    full = Used(strangers=[(NOW - DAY + i, 1) for i in range(30)])
    refusal = judge(limits(), full, [who()], NOW, starts_thread=True).refusal
    assert refusal is not None
    assert (refusal.limit, refusal.most, refusal.used, refusal.wants) == ("strangers", 30, 30, 1)
    assert refusal.frees_at == NOW - DAY + WINDOW


def test_it_frees_when_enough_of_it_is_thirty_days_old() -> None:
    used = Used(strangers=[(NOW - 20 * DAY, 1), (NOW - 10 * DAY, 10), (NOW - DAY, 19)])
    refusal = judge(limits(), used, [who(1), who(2)], NOW, starts_thread=True).refusal
    assert refusal is not None and refusal.frees_at == NOW - 10 * DAY + WINDOW
    many = judge(limits(2), Used(), [who(i) for i in range(3)], NOW, starts_thread=True).refusal
    assert many is not None and many.frees_at is None and "too many at once" in sentence(many)


def test_a_person_is_counted_once_and_a_group_ten_each_time() -> None:
    again = judge(limits(), Used(), [who(counted=True, posts=(NOW - DAY,))], NOW, starts_thread=True)
    assert (again.strangers, [c.cost for c in again.charges]) == (0, [0])
    group = who(group=True, spoke=True, counted=True, posts=(NOW - 2, NOW - 1), thread_there=True)
    assert judge(limits(), Used(), [group], NOW, starts_thread=True).strangers == 10
    assert judge(limits(), Used(), [group], NOW, starts_thread=False).strangers == 0
    assert judge(limits(), Used(), [who(group=True, thread_there=True)], NOW, starts_thread=False).strangers == 1
    assert judge(limits(), Used(), [who(group=True, spoke=True)], NOW, starts_thread=False).strangers == 10
    assert judge(limits(), Used(), [who(group=True, higher_up=True)], NOW, starts_thread=False).strangers == 0
    assert judge(limits(9), Used(), [group], NOW, starts_thread=True).refusal is not None
    assert judge(limits(), Used(), [who(group=True, in_audience=True)], NOW, starts_thread=True).charges == ()


def test_a_third_post_to_one_who_has_not_answered_is_refused() -> None:
    twice = who(counted=True, posts=(NOW - 3 * DAY, NOW - DAY))
    for tier in (limits(), limits(None, None)):
        refusal = judge(tier, Used(), [twice], NOW, starts_thread=True).refusal
        assert refusal is not None and refusal.limit == "third_post"
        assert refusal.frees_at == NOW - 3 * DAY + WINDOW
    answered = who(counted=True, spoke=True, posts=(NOW - 3 * DAY, NOW - DAY))
    assert judge(limits(), Used(), [answered], NOW, starts_thread=True).refusal is None


def test_answers_count_by_utc_day() -> None:
    noon = NOW // DAY * DAY + 12 * HOUR
    assert judge(limits(), Used(answers=59), [who(spoke=True)], noon, starts_thread=False).refusal is None
    refusal = judge(limits(), Used(answers=60), [who(spoke=True)], noon, starts_thread=False).refusal
    assert refusal is not None and (refusal.limit, refusal.frees_at) == ("answers", NOW // DAY * DAY + DAY)
    assert judge(limits(None, None), Used(answers=10**6), [who(spoke=True)], noon, starts_thread=False).refusal is None


def test_following_stops_at_the_cap() -> None:
    assert too_many_followed(limits(), 1_499) is None
    refusal = too_many_followed(limits(), 1_500)
    assert refusal is not None
    assert sentence(refusal).startswith("Your tier (personal) lets you follow 1,500 accounts")
    assert too_many_followed(Limits(tier="t", cap=None), 10**9) is None


def test_the_sentence_says_which_how_much_and_when() -> None:
    used = Used(strangers=[(1_789_000_020_001, 30)])
    refusal = judge(limits(), used, [who(7)], NOW, starts_thread=True).refusal
    assert refusal is not None
    assert sentence(refusal) == (
        "Not posted: your tier (personal) lets you address 30 strangers within 30 days; 30 used,"
        " this needs 1 more (@p7@far.example). It fits from 2026-10-10 00:28 UTC."
    )
