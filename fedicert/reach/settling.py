"""A count larger than its cap, brought back under it in stages: *grace*, *throttle*, *trim* (law 4). Pure.

What happens next is `due`; who stays is `keep`; which hosts get no copies while they may still show posts to people who
were trimmed is `cut_off`. Nobody is told anything before trim: up to there a rise restores everything.
"""

from collections.abc import Iterable, Mapping
from typing import Literal

import msgspec

from fedicert.base.clock import DAY, HOUR, MINUTE
from fedicert.model.standing import Counts, Limits

GRACE = 14 * DAY
AFTER_REVOCATION = 3 * DAY
THROTTLE = 30 * DAY
GIVEN_ONCE_IN = 365 * DAY
APPEAL_AT_MOST = 30 * DAY
CLOCK_JUMP = HOUR
THE_REST_AFTER = 10 * MINUTE
"""How long the hosts that were told of the new list have to act on it before every follower is rejected by name."""

FOR_CAUSE = "for_cause"
REVOKED = "revoked"
WINDOW = "window"
"""Announced 14 days ahead, which is its grace; throttles at its start, never trims (law 9)."""

UNCONFIRMED_AT_LEAST = 3
UNCONFIRMED_SHARE = 20

Next = Literal["wait", "throttle", "trim"]


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """Where a settling stands. `until`: the end of its stage (ms). `appeal_since`: None where no appeal is open.

    `clock_held`: the clock jumped, and no admin has said since that it is right. `window`: one lowers the cap now.
    """

    stage: Literal["grace", "throttle", "trim"]
    cause: str
    until: int
    appeal_since: int | None = None
    clock_held: bool = False
    window: bool = False


class Due(msgspec.Struct, frozen=True):
    """What comes next: `wait` until `at` (None: until somebody says something), `throttle` or `trim`, now."""

    next: Next
    at: int | None = None


class Unit(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept or not, as one: a follower (`follower`), or all those of a host (`follower` 0).

    `oldest`: the place of its first member in the order of admissions. `pin`: the owner's place for it, None: none.
    """

    follower: int
    host: str
    size: int
    oldest: int
    pin: int | None = None


class Kept(msgspec.Struct, frozen=True):
    """Who stays, in order; how many people that is; and pinned units that were too large to keep whole."""

    units: tuple[Unit, ...]
    size: int
    deferred: tuple[Unit, ...]


def is_over(counts: Counts, limits: Limits) -> bool:
    """Is the count larger than the cap? Equal is full, not settling (docs/law.md, Cases)."""
    return is_above(counts, limits.cap)


def is_above(counts: Counts, cap: int | None) -> bool:
    """The same of a cap by itself: the rule's, say, while a window lowers the one that holds."""
    return cap is not None and counts.count > cap


def grace(cause: str, last_given: int | None, now: int) -> int:
    """How long grace lasts, in ms. `last_given`: when it was given last, None: never."""
    if cause in (FOR_CAUSE, WINDOW) or (last_given is not None and now - last_given < GIVEN_ONCE_IN):
        return 0
    return AFTER_REVOCATION if cause == REVOKED else GRACE


def shortened(until: int, cause: str, now: int) -> int:
    """When a grace ends that goes on until a moment (ms), at a further fall: never later, and sooner only where this
    fall's own grace is shorter, after a revocation or for cause."""
    if cause == FOR_CAUSE:
        return min(until, now)
    return min(until, now + AFTER_REVOCATION) if cause == REVOKED else until


def due(progress: Progress, now: int) -> Due:
    """What comes next of a count that is over its cap."""
    if progress.stage == "grace":
        return Due("throttle") if now >= progress.until else Due("wait", progress.until)
    if progress.stage == "trim":
        return Due("trim")
    # A window never trims, nor does anything while one is open: whom its end restores nobody may have lost before.
    if progress.cause == WINDOW or progress.window:
        return Due("wait")
    if now < progress.until:
        return Due("wait", progress.until)
    if progress.appeal_since is not None and now < progress.appeal_since + APPEAL_AT_MOST:
        return Due("wait", progress.appeal_since + APPEAL_AT_MOST)
    return Due("wait") if progress.clock_held else Due("trim")


def jumped(seen: int | None, now: int) -> bool:
    """Did the clock go forward over an hour since it was looked at last? It is looked at every minute."""
    return seen is not None and now - seen > CLOCK_JUMP


def keep(units: Iterable[Unit], cap: int) -> Kept:
    """The kept set: the owner's pins in the owner's order, then the oldest, each whole or not at all, up to the cap.

    What is larger than the room that is left is passed over, and smaller ones behind it may stay.
    """
    kept: list[Unit] = []
    deferred: list[Unit] = []
    room = cap
    for unit in sorted(units, key=_rank):
        if unit.size <= room:
            kept.append(unit)
            room -= unit.size
        elif unit.pin is not None and unit.size > 1:
            deferred.append(unit)
    return Kept(tuple(kept), cap - room, tuple(deferred))


def _rank(unit: Unit) -> tuple[int, int, int, int, str]:
    if unit.pin is not None:
        return (0, unit.pin, unit.oldest, unit.follower, unit.host)
    return (1, 0, unit.oldest, unit.follower, unit.host)


def most_unconfirmed(cap: int) -> int:
    """How many trimmed followers that aren't confirmed gone may stand at hosts that still get copies."""
    return max(UNCONFIRMED_AT_LEAST, cap // UNCONFIRMED_SHARE)


def cut_off(unconfirmed: Mapping[str, int], cap: int | None) -> frozenset[str]:
    """The hosts that get no copies, so that the rows of all others stay within the bound: the host with the most first.

    Without a cap, none: whoever follows there might be admitted, and the bound is a part of the cap.
    """
    if cap is None:
        return frozenset()
    room = most_unconfirmed(cap)
    left = sum(unconfirmed.values())
    cut: set[str] = set()
    for host, rows in sorted(unconfirmed.items(), key=lambda entry: (-entry[1], entry[0])):
        if left <= room:
            break
        cut.add(host)
        left -= rows
    return frozenset(cut)


# Software that drops an accepted follow when Reject(Follow) comes in the form that `activitypub.build.reject_follow` has.
HONOURS_REJECT = frozenset(
    {
        "mastodon", "hometown", "misskey", "calckey", "firefish", "iceshrimp", "sharkey", "foundkey", "cherrypick",
        "akkoma", "pleroma", "mitra", "hollo", "wordpress", "friendica", "bookwyrm", "takahe", "peertube", "fedicert",
    }
)  # fmt: skip


def honours_reject(software: str) -> bool:
    """Is software of this name (NodeInfo) known to drop a follow at Reject?"""
    return software.strip().lower() in HONOURS_REJECT
