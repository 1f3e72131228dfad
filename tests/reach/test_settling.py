"""When settling begins and how long grace lasts; and that what ends something travels as far as taking back."""

import pytest

from fedicert.base.clock import DAY
from fedicert.model.standing import Counts, Limits, Standing
from fedicert.reach.delivery import FormerInbox, Member, Outgoing, plan
from fedicert.reach.settling import grace, is_over

NOW = 1_800_000_000_000


@pytest.mark.parametrize(
    ("admitted", "paused", "cap", "over"),
    [(3, 0, 3, False), (4, 0, 3, True), (3, 1, 3, True), (1, 0, 0, True), (0, 0, 0, False), (10**6, 0, None, False)],
)
def test_over_is_more_than_the_cap(admitted: int, paused: int, cap: int | None, over: bool) -> None:
    assert is_over(Counts(admitted=admitted, paused=paused), Limits(tier="t", cap=cap)) is over


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


def test_an_ending_goes_where_anything_ever_went_and_to_nobody_twice() -> None:
    standing = Standing(tier="t", cap=None, visibility="listed", boosts="anyone")
    member = Member(1, "https://new.example/i", "https://new.example/inbox", "new.example")
    former = [FormerInbox("https://old.example/inbox", "old.example")] * 2
    planned = plan(Outgoing(act="end", visibility="public"), standing, [member], [member], former)
    assert [delivery.inbox for delivery in planned.deliveries] == ["https://old.example/inbox"]
    assert planned.homes == ()
