"""When settling begins and how long grace lasts; and that what ends something travels as far as taking back."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedicert.base.clock import DAY, HOUR
from fedicert.model.standing import Counts, Limits, Standing
from fedicert.reach.delivery import FormerInbox, Member, Outgoing, plan
from fedicert.reach.settling import (
    Due,
    Progress,
    Unit,
    cut_off,
    due,
    grace,
    honours_reject,
    is_over,
    jumped,
    keep,
)

NOW = 1_800_000_000_000


@pytest.mark.law("C2")
@pytest.mark.parametrize(
    ("admitted", "paused", "cap", "over"),
    [(3, 0, 3, False), (4, 0, 3, True), (3, 1, 3, True), (1, 0, 0, True), (0, 0, 0, False), (10**6, 0, None, False)],
)
def test_over_is_more_than_the_cap(admitted: int, paused: int, cap: int | None, over: bool) -> None:
    assert is_over(Counts(admitted=admitted, paused=paused), Limits(tier="t", cap=cap)) is over


@pytest.mark.law("4.2")
@pytest.mark.parametrize(
    ("cause", "last", "days"),
    [
        ("expired", None, 14),
        ("unlisted", None, 14),
        ("revoked", None, 3),
        ("for_cause", None, 0),
        ("expired", NOW - 364 * DAY, 0),
        ("revoked", NOW - DAY, 0),
        ("expired", NOW - 365 * DAY, 14),
    ],
)
def test_grace(cause: str, last: int | None, days: int) -> None:
    assert grace(cause, last, NOW) == days * DAY


@pytest.mark.law("2.2")
def test_an_ending_goes_where_anything_ever_went_and_to_nobody_twice() -> None:
    standing = Standing(tier="t", cap=None, visibility="listed", boosts="anyone")
    member = Member(1, "https://new.example/i", "https://new.example/inbox", "new.example")
    former = [FormerInbox("https://old.example/inbox", "old.example")] * 2
    planned = plan(Outgoing(act="end", visibility="public"), standing, [member], [member], former)
    assert [delivery.inbox for delivery in planned.deliveries] == ["https://old.example/inbox"]
    assert planned.homes == ()


@pytest.mark.law("2.2")
def test_a_host_that_is_cut_off_gets_no_copy_but_what_names_somebody_there() -> None:
    standing = Standing(tier="t", cap=3, visibility="listed", boosts="anyone")
    kept = Member(1, "https://a.example/u/1", "https://a.example/inbox", "a.example", cut_off=True)
    other = Member(2, "https://b.example/u/2", "https://b.example/inbox", "b.example")
    say = Outgoing(act="say", visibility="public")
    planned = plan(say, standing, [kept, other], [], [])
    assert [delivery.host for delivery in planned.deliveries] == ["b.example"]
    assert [(refused.account, refused.reason) for refused in planned.refusals] == [(1, "cut_off")]
    planned = plan(say, standing, [kept, other], [kept], [])
    assert {delivery.host for delivery in planned.deliveries} == {"a.example", "b.example"}


@pytest.mark.parametrize(
    ("stage", "cause", "until", "appeal", "held", "then"),
    [
        ("grace", "expired", 1, None, False, Due("wait", NOW + 1)),
        ("grace", "expired", 0, None, False, Due("throttle")),
        ("grace", "for_cause", 0, None, True, Due("throttle")),  # a held clock stops trims alone
        ("throttle", "expired", 5, None, False, Due("wait", NOW + 5)),
        ("throttle", "expired", 0, None, False, Due("trim")),
        ("throttle", "expired", 0, None, True, Due("wait")),
        ("throttle", "expired", 0, -29 * DAY, False, Due("wait", NOW + DAY)),
        ("throttle", "expired", 0, -30 * DAY, False, Due("trim")),
        ("throttle", "window", -400 * DAY, None, False, Due("wait")),  # a window never trims
        ("trim", "expired", 0, 0, True, Due("trim")),  # what was begun is finished
    ],
)
def test_the_stages(stage: Any, cause: str, until: int, appeal: int | None, held: bool, then: Due) -> None:
    since = None if appeal is None else NOW + appeal
    progress = Progress(stage=stage, cause=cause, until=NOW + until, appeal_since=since, clock_held=held)
    assert due(progress, NOW) == then


def test_a_clock_that_goes_forward_over_an_hour_has_jumped() -> None:
    assert jumped(NOW, NOW + HOUR + 1)
    assert not jumped(NOW, NOW + HOUR) and not jumped(NOW, NOW - 5 * DAY) and not jumped(None, NOW)


PINS = st.none() | st.integers(0, 5)


@st.composite
def crowds(draw: st.DrawFn) -> list[Unit]:
    """Followers here, singly, and whole hosts; no two have the same first member."""
    sizes = draw(st.lists(st.tuples(st.integers(1, 9), st.booleans(), PINS), max_size=30))
    places = draw(st.permutations(range(len(sizes))))
    return [
        Unit(follower=at + 1, host="", size=1, oldest=place, pin=pin)
        if local
        else Unit(follower=0, host=f"h{at}.example", size=size, oldest=place, pin=pin)
        for at, ((size, local, pin), place) in enumerate(zip(sizes, places, strict=True))
    ]


@pytest.mark.law("4.3")
@given(crowds(), st.integers(0, 60))
def test_the_kept_set_fits_keeps_the_order_and_wastes_no_room(units: list[Unit], cap: int) -> None:
    kept = keep(units, cap)
    assert kept.size == sum(unit.size for unit in kept.units) <= cap
    left_out = [unit for unit in units if unit not in kept.units]
    for unit in left_out:
        before = sum(one.size for one in kept.units if ahead(one, unit))
        assert before + unit.size > cap, "it would have had room"
    assert all(unit.size > cap - kept.size for unit in left_out), "room was left for one of them"
    assert set(kept.deferred) == {unit for unit in left_out if unit.pin is not None and unit.size > 1}


@given(crowds(), st.integers(0, 60), st.randoms(use_true_random=False))
def test_the_kept_set_is_the_same_in_whatever_order_it_is_asked(units: list[Unit], cap: int, chance: Any) -> None:
    shuffled = list(units)
    chance.shuffle(shuffled)
    assert keep(shuffled, cap) == keep(units, cap)


def ahead(one: Unit, other: Unit) -> bool:
    """Does the law name one before the other? Pins in the owner's order, then the oldest."""
    if (one.pin is None) != (other.pin is None):
        return one.pin is not None
    if one.pin is not None and other.pin is not None and one.pin != other.pin:
        return one.pin < other.pin
    return one.oldest < other.oldest


@pytest.mark.law("C4")
def test_more_pins_than_cap_in_the_owners_order() -> None:
    units = [Unit(follower=n, host="", size=1, oldest=n, pin=10 - n) for n in range(1, 6)]
    assert [unit.follower for unit in keep(units, 2).units] == [5, 4]


def test_cap_0_keeps_nobody() -> None:
    assert keep([Unit(follower=1, host="", size=1, oldest=1, pin=0)], 0).units == ()


@pytest.mark.law("4.7")
@given(st.dictionaries(st.text("abcdef", min_size=1, max_size=3), st.integers(1, 400)), st.integers(0, 2_000))
def test_unconfirmed_rows_of_hosts_that_get_copies_stay_within_the_bound(rows: dict[str, int], cap: int) -> None:
    cut = cut_off(rows, cap)
    served = {host: count for host, count in rows.items() if host not in cut}
    assert sum(served.values()) <= max(3, cap / 20)
    if cut and served:
        assert min(rows[host] for host in cut) >= max(served.values()), "the host with the most first"
    for host in cut:  # nobody is cut off needlessly
        assert sum(served.values()) + rows[host] > max(3, cap // 20)


@pytest.mark.law("4.6")
def test_software_known_to_honour_reject() -> None:
    assert honours_reject("Mastodon") and honours_reject("misskey")
    assert not honours_reject("gotosocial") and not honours_reject("mbin") and not honours_reject("")
