"""An audience can't be turned over (law 1): slots that their owner frees are filled again at most *cap* times in 30 days.

Pure. Which admission fills such a slot is said in `admission.refills`; here is how it is told, and what goes along with
slots when accounts of one login divide a cap (law 10).
"""

from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from fedicert.base.clock import DAY, MINUTE
from fedicert.text.counted import counted

WINDOW = 30 * DAY
TURN = 10 * MINUTE
"""So long a slot that its owner freed by a removal waits for whom the owner picks, where several wait (law 3)."""


class Turnover(msgspec.Struct, frozen=True, kw_only=True):
    """How often slots that the owner freed may be filled again. `frees_at`: when the oldest use no longer counts (ms).

    `along`: of those used, how many came along with slots of another account of the same login.
    """

    limit: int
    used: int
    frees_at: int | None
    along: int = 0

    @property
    def left(self) -> int:
        """How often it may happen now."""
        return max(0, self.limit - self.used)


class Holder(msgspec.Struct, frozen=True, kw_only=True):
    """Who has slots of a tier that accounts of one login divide. `account` 0: the slots that none of them has.

    `room`: how many marks its slots can bear; `marks`: how many lie on them. `gained`: so many slots more than just before.
    """

    account: int
    room: int
    marks: int
    gained: int = 0


class Passed(msgspec.Struct, frozen=True):
    """So many marks go from one holder to another."""

    giver: int
    taker: int
    many: int


def go_along(holders: Sequence[Holder]) -> list[Passed]:
    """What goes along when slots change hands, so that giving them away frees nobody of what was done with them (law 1
    with law 10). A mark is a slot that its owner freed and that is open, or one use of such a slot in 30 days.

    Who gives slots away gives those without a mark first: marks go as far as they are more than what is left can bear. They
    go to who gained, then to slots that nobody has, then to whoever can bear them. Where nobody can, since the cap fell,
    they stay; but what the slots that nobody has can't bear falls to the account with most room, so that it counts when the
    cap rises. So while the rooms together are a cap, and no account uses more than its room, all of them use no more than
    the cap.
    """
    over = {one.account: one.marks - one.room for one in holders if one.marks > one.room}
    bears = [one for one in holders if one.marks < one.room]
    passed = []
    for one in sorted(bears, key=lambda one: (one.gained <= 0, one.account != 0, -one.gained, one.account)):
        bearing = one.room - one.marks
        for giver in sorted(over):
            many = min(over[giver], bearing)
            if many:
                passed.append(Passed(giver, one.account, many))
                over[giver] -= many
                bearing -= many
    accounts = [one for one in holders if one.account]
    if over.get(0) and accounts:
        heir = max(accounts, key=lambda one: (one.room, -one.account))
        passed.append(Passed(0, heir.account, over[0]))
    return passed


def sentence(turnover: Turnover) -> str:
    """Why a freed slot stays empty for now, for its owner."""
    freed = "" if turnover.frees_at is None else f" The next one may be filled from {moment_of(turnover.frees_at)} on."
    times = counted(turnover.limit, "time", "times")
    used = f"Slots that you freed yourself may be filled again {times} in 30 days, and that is used up."
    return f"{used}{along(turnover)}{freed}"


def along(turnover: Turnover) -> str:
    """What of it another account of the same person had used, for its owner; '' where that is nothing."""
    if not turnover.along:
        return ""
    times = counted(turnover.along, "time was", "times were")
    return f" Of it, {times} used by another account of yours, and came along with its slots."


def moment_of(at: int) -> str:
    """A moment (ms) as it is told."""
    # Up to the next whole minute: at that moment it is so.
    moment = datetime.fromtimestamp(-(-at // MINUTE) * MINUTE // 1000, UTC)
    return f"{moment:%Y-%m-%d %H:%M} UTC"
