"""An audience can't be turned over (law 1): slots that their owner frees are filled again at most *cap* times in 30 days.

Pure. Which admission fills such a slot is said in `admission.refills`; here is how it is told.
"""

from datetime import UTC, datetime

import msgspec

from fedicert.base.clock import DAY, MINUTE
from fedicert.text.counted import counted

WINDOW = 30 * DAY
TURN = 10 * MINUTE
"""So long a slot that its owner freed by a removal waits for whom the owner picks, where several wait (law 3)."""


class Turnover(msgspec.Struct, frozen=True, kw_only=True):
    """How often slots that the owner freed may be filled again. `frees_at`: when the oldest use no longer counts (ms)."""

    limit: int
    used: int
    frees_at: int | None

    @property
    def left(self) -> int:
        """How often it may happen now."""
        return max(0, self.limit - self.used)


def sentence(turnover: Turnover) -> str:
    """Why a freed slot stays empty for now, for its owner."""
    freed = "" if turnover.frees_at is None else f" The next one may be filled from {moment_of(turnover.frees_at)} on."
    times = counted(turnover.limit, "time", "times")
    return f"Slots that you freed yourself may be filled again {times} in 30 days, and that is used up.{freed}"


def moment_of(at: int) -> str:
    """A moment (ms) as it is told."""
    # Up to the next whole minute: at that moment it is so.
    moment = datetime.fromtimestamp(-(-at // MINUTE) * MINUTE // 1000, UTC)
    return f"{moment:%Y-%m-%d %H:%M} UTC"
