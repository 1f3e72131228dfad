"""A rule lowered for a time, such as an election (law 9): what a window may say, and what holds while some are open. Pure.

A window only lowers; it is announced 14 days ahead, which is its grace; it throttles at its start, restores at its end,
and never trims. Of windows that overlap the lowest value holds, key by key, and each ends by itself.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from fedicert.base.clock import DAY
from fedicert.model.ladder import Window
from fedicert.model.tiers import BOOSTS, LIMITS, VISIBILITY, Tier, TierFault, changed, check_ladder, shown_value

AHEAD = 14 * DAY
LONGEST = 90 * DAY

KEYS = (*LIMITS, "strangers_per_domain_day", "visibility", "boosts")
"""What a window may lower; the rest of what a tier says has no lower and higher."""

_NONE = 1 << 62


def read(tier: Tier, values: Mapping[str, Any]) -> dict[str, Any]:
    """What a window on this tier lowers: field → value. Raises TierFault where it would raise anything, or nothing."""
    if not values:
        raise TierFault("window", f"say what it lowers: {', '.join(KEYS)}")
    for key in values:
        if key not in KEYS:
            raise TierFault(key, f"a window only lowers, and that is said of {', '.join(KEYS)}")
    meant = changed(tier, values)
    for key in values:
        if _height(key, getattr(meant, key)) >= _height(key, getattr(tier, key)):
            raise TierFault(
                key,
                f"a window only lowers, and {shown_value(meant, key)} isn't lower than what {tier.name} has "
                f"({shown_value(tier, key)})",
            )
    return {key: getattr(meant, key) for key in values}


def holding(rule: Tier, windows: Sequence[Window]) -> Tier:
    """What holds of a tier while these windows are in force. Where its rule came to be lower still, the rule holds."""
    lowest: dict[str, Any] = {}
    for window in windows:
        if window.tier == rule.id:
            for key, value in window.limits.items():
                if _height(key, value) < _height(key, lowest.get(key, getattr(rule, key))):
                    lowest[key] = value
    return msgspec.structs.replace(rule, **lowest)


def in_force(window: Window, at: int) -> bool:
    """Does the window hold at a moment? Once begun it holds to its end, wherever the clock goes."""
    if window.ended_at is not None or at >= window.ends_at:
        return False
    return window.begun_at is not None or at >= window.starts_at


def ladder_at(rules: Sequence[Tier], windows: Sequence[Window], at: int) -> list[Tier]:
    """The ladder as it holds at a moment."""
    open_then = [window for window in windows if in_force(window, at)]
    return [holding(rule, open_then) for rule in rules]


def next_moment(windows: Sequence[Window], now: int) -> int | None:
    """When a window begins or ends next; None where none does."""
    coming = [window.starts_at for window in windows if window.begun_at is None and window.ended_at is None]
    coming += [window.ends_at for window in windows if window.ended_at is None]
    return min((at for at in coming if at > now), default=None)


def check(rules: Sequence[Tier], windows: Sequence[Window], now: int) -> None:
    """Does the ladder hold together now and at every moment at which a window begins or ends? Raises TierFault."""
    check_ladder(rules)
    at: int | None = now
    while at is not None:
        try:
            check_ladder(ladder_at(rules, windows, at))
        except TierFault as fault:
            raise TierFault(fault.key, f"{fault.reason} (while a window is open)") from fault
        at = next_moment(windows, at)


def _height(key: str, value: Any) -> int:
    """How much a value lets reach; of two the lower one is stricter."""
    if key == "visibility":
        return -VISIBILITY.index(value)
    if key == "boosts":
        return BOOSTS.index(value)
    if value is None or (key == "strangers_per_domain_day" and value == 0):
        return _NONE
    return int(value)
