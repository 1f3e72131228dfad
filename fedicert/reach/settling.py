"""A count larger than its cap: when settling begins, how long its first stage lasts, when it is over (law 4). Pure.

Of the stages only *grace* is built: new follows are held, and nobody is dropped.
"""

from fedicert.base.clock import DAY
from fedicert.model.standing import Counts, Limits

GRACE = 14 * DAY
AFTER_REVOCATION = 3 * DAY
GIVEN_ONCE_IN = 365 * DAY
FOR_CAUSE = "for_cause"
REVOKED = "revoked"


def is_over(counts: Counts, limits: Limits) -> bool:
    """Is the count larger than the cap? Equal is full, not settling (docs/law.md, Cases)."""
    return limits.cap is not None and counts.count > limits.cap


def grace(cause: str, last_begun: int | None, now: int) -> int:
    """How long grace lasts, in ms. `last_begun`: when grace was given last, None: never."""
    if cause == FOR_CAUSE or (last_begun is not None and now - last_begun < GIVEN_ONCE_IN):
        return 0
    return AFTER_REVOCATION if cause == REVOKED else GRACE
