"""The clock, as an argument. Time is INTEGER milliseconds since 1970-01-01 UTC everywhere in the program."""

import time
from typing import Protocol

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR


class Clock(Protocol):
    """Where the present comes from."""

    def now(self) -> int:
        """Milliseconds since the epoch, UTC."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> int:
        """Milliseconds since the epoch, UTC."""
        return time.time_ns() // 1_000_000  # noqa: TID251  the one place that reads it


class FrozenClock:
    """A clock that moves only when told to; for tests and replays."""

    def __init__(self, at: int) -> None:
        self.at = at

    def now(self) -> int:
        """The moment this clock was set to."""
        return self.at

    def advance(self, milliseconds: int) -> None:
        """Move the clock by so many milliseconds; negative steps back."""
        self.at += milliseconds


def utc_day(at: int) -> int:
    """The number of the UTC day that the moment `at` lies in (docs/law.md, Words: a day is a UTC day)."""
    return at // DAY
