"""How each kind of job is done, and what an error says about trying again. Pure: it runs nothing."""

from collections.abc import Awaitable, Callable, Mapping, Sequence

import msgspec

from fedicert.base.clock import MINUTE, SECOND
from fedicert.base.errors import (
    FedicertError,
    LeaseLost,
    RemoteUnreachable,
    StoreError,
    StoreUnavailable,
    TooManyRequests,
    Unavailable,
)
from fedicert.operations.jobs import Job
from fedicert.store.patience import TRIES, jobs_next_try

Failures = Mapping[int, Exception]
One = Callable[[Job], Awaitable[None]]
Many = Callable[[Sequence[Job]], Awaitable[Failures | None]]

# What fails by a fault of our own won't heal by being tried.
BUG_TRIES = 3
BUG_PAUSES = (10 * SECOND, MINUTE)
UNAVAILABLE_PAUSE = 5 * SECOND


class Kind(msgspec.Struct, frozen=True):
    """How jobs of a kind are done.

    `one` gets a job; `many` gets up to `batch` of them and returns job id → error for those that failed. Where a whole
    batch raises, each is done alone, so that one bad job spoils no other. `at_once`: jobs (batches) under way at most.
    `in_order`: mind the lanes. `finishes`: it ends its jobs itself, by `operations.jobs.finish` in the unit of work of
    the effect, so that the effect is there exactly once; without it the worker ends them afterwards. `tries`: how often
    what may heal is tried before it is buried.
    """

    one: One | None = None
    many: Many | None = None
    batch: int = 1
    at_once: int = 4
    in_order: bool = False
    finishes: bool = False
    tries: int = TRIES

    def __post_init__(self) -> None:
        if (self.one is None) == (self.many is None):
            raise ValueError("a kind of job has one handler: `one` or `many`")
        if self.one is not None and self.batch != 1:
            raise ValueError("a handler of single jobs takes no batch")


class Verdict(msgspec.Struct, frozen=True):
    """What to do with a job that failed: `retry` or `put_off` (uncounted) not before `due`, `bury`, or `leave` it."""

    action: str
    due: int = 0


def judge(kind: Kind, job: Job, error: Exception, now: int, chance: float) -> Verdict:
    """Whether the error passes with time, with a change of ours, or never."""
    failed = job.attempts + 1
    if isinstance(error, LeaseLost):
        return Verdict("leave")
    if isinstance(error, StoreUnavailable | Unavailable):
        return Verdict("put_off", now + UNAVAILABLE_PAUSE)
    if isinstance(error, RemoteUnreachable | TooManyRequests):
        after = None if error.retry_after is None else error.retry_after * SECOND
        due = jobs_next_try(failed, kind.tries, now, chance, after)
        return Verdict("bury") if due is None else Verdict("retry", due)
    if isinstance(error, FedicertError) and not isinstance(error, StoreError):
        return Verdict("bury")
    if failed >= min(BUG_TRIES, kind.tries):
        return Verdict("bury")
    return Verdict("retry", now + BUG_PAUSES[min(failed, len(BUG_PAUSES)) - 1])


def described(error: Exception) -> str:
    """For the job's row: the class, and the message where it is one of ours and so quotes nobody."""
    return f"{type(error).__name__}: {error}" if isinstance(error, FedicertError) else type(error).__name__


Kinds = Mapping[str, Kind]
