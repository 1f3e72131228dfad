"""Dates as clients take them. In: milliseconds since the epoch, UTC. Out: exactly the documented forms."""

from datetime import UTC, datetime
from functools import lru_cache

from fedicert.base.clock import DAY


def timestamp(at: int) -> str:
    """`2026-01-02T03:04:05.678Z`; always three digits of milliseconds."""
    seconds, rest = divmod(at, 1_000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest:03d}Z"


def midnight(at: int) -> str:
    """The start of the day that `at` lies in: accounts tell no more of when they were made."""
    return timestamp(at - at % DAY)


def date(at: int) -> str:
    """`2026-01-02`."""
    return _day(at // DAY)


@lru_cache(maxsize=10_000)  # every account of every page has one, and there are few days
def _day(day: int) -> str:
    return f"{datetime.fromtimestamp(day * DAY // 1_000, UTC):%Y-%m-%d}"
