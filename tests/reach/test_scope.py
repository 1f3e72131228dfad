"""Law 6 with plain values: what holds outside a licence's scope, who gets it, and when marks suspend."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedicert.base.clock import DAY
from fedicert.model.standing import Limits, Standing
from fedicert.reach.delivery import Member, Outgoing, plan
from fedicert.reach.scope import carries_permit, is_off_duty, limits_outside, suspends

NOW = 1_800_000_000_000
LOWEST = Limits(tier="low", cap=150, visibility="unlisted", boosts="audience", strangers=30, answers_per_day=60)
OPEN = Standing(tier="high", cap=None, visibility="listed", boosts="anyone")


@pytest.mark.law("6.2")
def test_outside_holds_the_narrower_of_both() -> None:
    own = Limits(tier="high", cap=None, visibility="listed", boosts="anyone", permit_line=True)
    outside = limits_outside(own, LOWEST)
    assert (outside.tier, outside.cap, outside.visibility, outside.boosts) == ("low", 150, "unlisted", "audience")
    assert (outside.strangers, outside.answers_per_day) == (30, 60)
    # Somebody whose share of a cap, or whose fallen tier, is narrower than the lowest rung's own numbers keeps it.
    own = Limits(tier="x", cap=20, visibility="followers", boosts="audience", strangers=5, answers_per_day=None)
    outside = limits_outside(own, LOWEST)
    assert (outside.cap, outside.visibility, outside.strangers, outside.answers_per_day) == (20, "followers", 5, 60)


@pytest.mark.law("6.1")
@pytest.mark.parametrize(
    ("visibility", "scope", "carries"),
    [
        ("public", "", True),
        ("unlisted", "", True),
        ("private", "", False),
        ("direct", "", False),
        ("public", "off_duty", False),
        ("unlisted", "marked", False),
    ],
)
def test_what_carries_a_permit(visibility: str, scope: str, carries: bool) -> None:
    assert carries_permit(visibility, scope) is carries


def test_the_word_for_it() -> None:
    assert is_off_duty(True, ()) and is_off_duty(False, ("pumps", "offduty")) and not is_off_duty(False, ("off",))


MEMBERS = [
    Member(1, "", "", ""),
    Member(2, "", "", ""),
    Member(3, "https://a.example/3", "https://a.example/inbox", "a.example"),
    Member(4, "https://b.example/4", "https://b.example/inbox", "b.example"),
]


@pytest.mark.law("6.2", "2.2")
@given(st.sets(st.sampled_from([("", 1), ("", 2), ("a.example", 0), ("b.example", 0)])))
def test_nobody_outside_the_kept_set_gets_a_copy(kept: set[tuple[str, int]]) -> None:
    standing = Standing(tier="low", cap=150, visibility="unlisted", boosts="audience", kept_only=True)
    planned = plan(Outgoing(act="say", visibility="unlisted"), standing, MEMBERS, (), (), kept)
    assert {("", home) for home in planned.homes} | {(one.host, 0) for one in planned.deliveries} == kept
    assert len(planned.refusals) == 4 - len(kept)


@pytest.mark.law("5.2")
@pytest.mark.parametrize(
    ("visibility", "tier", "told"),
    [
        ("public", "listed", True),
        ("unlisted", "listed", False),
        ("public", "unlisted", False),
        ("private", "listed", False),
    ],
)
def test_relays_get_public_posts_of_listed_tiers_alone(visibility: str, tier: str, told: bool) -> None:
    relay = Member(9, "https://relay.example/inbox", "", "relay.example")
    standing = Standing(tier="t", cap=None, visibility=tier, boosts="anyone")  # type: ignore[arg-type]
    outgoing = Outgoing(act="say", visibility=visibility)  # type: ignore[arg-type]
    planned = plan(outgoing, standing, (), (), (), None, [relay])
    assert [one.host for one in planned.deliveries] == (["relay.example"] if told else [])
    assert not plan(outgoing, standing, (), (), (), frozenset(), [relay]).deliveries


@pytest.mark.law("6.4")
@pytest.mark.parametrize(
    ("ages", "until"),
    [
        ([0, 1], None),
        ([0, 1, 2], 88),
        ([0, 1, 2, 3], 88),
        ([0, 1, 89], 1),
        ([0, 1, 90], None),
        ([], None),
    ],
)
def test_three_marks_within_ninety_days_suspend(ages: list[int], until: int | None) -> None:
    marks = [NOW - age * DAY for age in ages]
    assert suspends(marks, NOW) == (None if until is None else NOW + until * DAY)
