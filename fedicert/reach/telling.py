"""When somebody is told how full their audience is, and how much they used (law 8): once a crossing. Pure.

What was told is kept as a level. A count that goes up and down around a mark says nothing twice: a level is forgotten only
well below its mark. Several marks crossed in one go (somebody brings 700 followers along) are one crossing, and told as the
last of them: so each is told a little later.
"""

from collections.abc import Sequence

from fedicert.base.clock import MINUTE
from fedicert.model.standing import Counts, Limits

NOTHING, NEAR, KEPT, FULL, WAITING = 0, 1, 2, 3, 4
"""Nothing; 80 % are taken; what is left is kept for people the owner follows and somebody else waits; every slot is taken;
and somebody waits."""

NEAR_PERCENT = 80
FORGOTTEN_PERCENT = {NEAR: 70, KEPT: 70, FULL: 90, WAITING: 90}
SLACK = 2
"""So many slots below a mark at least: of a cap of three a single follower is a third."""

MAY_RISE_FOR = 10 * MINUTE
"""So long a level isn't told yet that another may still follow in the same go."""
LINE_FORMS_FOR = MINUTE
"""So long the last one isn't: more than the first may wait by then, and are named too."""

REMINDERS = (60, 30, 7, 1)
"""Days before a licence ends."""


def level(counts: Counts, limits: Limits, told: int) -> int:
    """What somebody is told of their audience now, having been told `told` last; the same: nothing new.

    Of a count above its cap the stages of settling speak: it is full, and that needs no message.
    """
    cap = limits.cap
    if not cap:
        return NOTHING
    reached = _reached(counts, limits, cap)
    if reached >= told:
        return reached
    forgets = min(cap * FORGOTTEN_PERCENT[told] // 100, _mark(told, cap) - SLACK)
    return reached if counts.count <= forgets else told


def told_after(reached: int) -> int:
    """How long (ms) after it is reached a level is told."""
    return LINE_FORMS_FOR if reached == WAITING else MAY_RISE_FOR


def _reached(counts: Counts, limits: Limits, cap: int) -> int:
    if counts.count >= cap:
        return WAITING if counts.held else FULL
    if counts.held and counts.others >= cap - limits.kept_slots:
        return KEPT
    return NEAR if counts.count >= _mark(NEAR, cap) else NOTHING


def _mark(told: int, cap: int) -> int:
    return cap if told >= FULL else -(-cap * NEAR_PERCENT // 100)


def crossed(before: int, adds: int, most: int | None) -> int:
    """Which mark of a limit what is used now crosses: FULL (used up), NEAR, or NOTHING new."""
    if not most or not adds:
        return NOTHING
    after = before + adds
    if before < most <= after:
        return FULL
    near = -(-most * NEAR_PERCENT // 100)
    return NEAR if before < near <= after < most else NOTHING


def reminder(days_left: int, marks: Sequence[int] = REMINDERS) -> int | None:
    """Of which reminder it is time, so many days (begun ones too) before the end; None: of none yet, or it is over."""
    due = [mark for mark in marks if days_left <= mark]
    return min(due) if due and days_left > 0 else None
