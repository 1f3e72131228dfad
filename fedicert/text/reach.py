"""Reach in words, and the picture of an audience as points of a line. Pure."""

from collections.abc import Sequence

from fedicert.model.tiers import NOT_OFFERED, Enter
from fedicert.text.counted import counted

WIDTH, HEIGHT = 600, 160
MOST_POINTS = 120

STAGES = {
    "grace": "Your audience is larger than your cap. It keeps its copies until {until}; new follows wait.",
    "throttle": "Your audience is larger than your cap. Until {until} copies go to those you keep alone; the others are"
    " paused, and come back by themselves should your cap cover them again.",
    "trim": "Your audience was larger than your cap. Those who aren't kept are being told that they follow no longer.",
}
WAITS = {
    "appeal": "It goes no further while your appeal is open, at most 30 days.",
    "clock": "It goes no further until an admin has said that the server's clock is right.",
    "suspended": "Nothing goes on while the account is suspended.",
}
_ENTER = {
    "signup": "signing up",
    "examination": "passing this server's examination",
    "licence": "a verified licence from an issuer that this server trusts",
    "registration": "a registration of the organisation",
}


def ways_in(ways: Sequence[Enter]) -> str:
    """How one enters a tier: everything that it demands, and which of it nobody can have here yet."""
    return " and ".join(_ENTER[way] + (" (not offered yet)" if way in NOT_OFFERED else "") for way in ways)


def line(moments: Sequence[tuple[int, int]], now: int, top: int) -> str:
    """Counts over time as the `points` of an SVG polyline, in steps, from the first moment until now. '' for none.

    `top`: the count at the upper edge. At most 120 moments are drawn; the last is always among them.
    """
    if not moments:
        return ""
    step = -(-len(moments) // MOST_POINTS)
    drawn = [*moments[:-1][::step], moments[-1]]
    begun, span = drawn[0][0], max(now - drawn[0][0], 1)
    points: list[str] = []
    height = HEIGHT
    for at, count in drawn:
        across = (at - begun) * WIDTH // span
        if points:
            points.append(f"{across},{height}")
        height = HEIGHT - min(count, top) * HEIGHT // max(top, 1)
        points.append(f"{across},{height}")
    points.append(f"{WIDTH},{height}")
    return " ".join(points)


def used_of(used: int, most: int | None) -> str:
    """'3 of 30', or '3, no limit'."""
    return f"{used:,} of {most:,}" if most is not None else f"{used:,}, no limit"


def free(slots: int | None, for_others: int | None) -> str:
    """What is left for whom."""
    if slots is None or for_others is None:
        return "Everybody who follows is admitted."
    if not slots:
        return "No slot is free: whoever follows waits in your line."
    kept = slots - for_others
    told = f"{counted(slots, 'slot is', 'slots are')} free"
    if not kept:
        return f"{told}."
    return f"{told}, {counted(kept, 'of them', 'of them')} kept for people whom you follow."
