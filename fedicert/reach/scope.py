"""What a licence's scope decides (law 6): what carries a permit, and under which limits a post outside goes. Pure."""

from collections.abc import Sequence
from typing import TypeVar

import msgspec

from fedicert.base.clock import DAY
from fedicert.model.permits import OFF_DUTY
from fedicert.model.standing import Boosts, Limits, TierVisibility
from fedicert.reach.limits import kept_slots

MARKS_SUSPEND = 3
MARKS_WITHIN = 90 * DAY

_VISIBILITY: tuple[TierVisibility, ...] = ("listed", "unlisted", "followers")
_BOOSTS: tuple[Boosts, ...] = ("anyone", "audience")

T = TypeVar("T")


def is_off_duty(asked: bool, tags: Sequence[str]) -> bool:
    """Is a post outside the scope by its author's word: the field in the API, or the hashtag in any client?"""
    return asked or OFF_DUTY in tags


def carries_permit(visibility: str, scope: str) -> bool:
    """Public and unlisted posts of a licensed actor are under the licence; those for a few are private."""
    return scope == "" and visibility in ("public", "unlisted")


def limits_outside(own: Limits, lowest: Limits) -> Limits:
    """The limits of a post outside the scope: the lowest rung's, and never wider than its author's own."""
    cap = _lower(own.cap, lowest.cap)
    return msgspec.structs.replace(
        own,
        tier=lowest.tier,
        cap=cap,
        kept_slots=kept_slots(cap, 0),
        visibility=_narrower(_VISIBILITY, own.visibility, lowest.visibility),
        boosts=_narrower(_BOOSTS, own.boosts, lowest.boosts),
        strangers=_lower(own.strangers, lowest.strangers),
        answers_per_day=_lower(own.answers_per_day, lowest.answers_per_day),
        members_timeline=own.members_timeline and lowest.members_timeline,
    )


def suspends(marks: Sequence[int], now: int) -> int | None:
    """Do these marks (moments, ms) suspend the rung? Then until when, by the clock alone; None: they don't."""
    within = sorted(at for at in marks if now - at < MARKS_WITHIN)
    return within[-MARKS_SUSPEND] + MARKS_WITHIN if len(within) >= MARKS_SUSPEND else None


def _lower(one: int | None, other: int | None) -> int | None:
    if one is None or other is None:
        return other if one is None else one
    return min(one, other)


def _narrower(order: tuple[T, ...], one: T, other: T) -> T:
    return order[max(order.index(one), order.index(other))]
