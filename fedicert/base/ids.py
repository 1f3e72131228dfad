"""Ids that sort by time, and the source of chance. Both are arguments, never globals."""

import os
from typing import Protocol

SLOT_BITS = 4
COUNTER_BITS = 12
LOW_BITS = SLOT_BITS + COUNTER_BITS
SLOTS = 1 << SLOT_BITS
COUNTERS = 1 << COUNTER_BITS


class Entropy(Protocol):
    """Where unpredictable bytes come from."""

    def bytes(self, count: int) -> bytes:
        """So many unpredictable bytes."""
        ...


class SystemEntropy:
    """The operating system's generator."""

    def bytes(self, count: int) -> bytes:
        """So many unpredictable bytes."""
        return os.urandom(count)  # noqa: TID251  the one place that reads it


class Ids:
    """Makes 64-bit ids `milliseconds << 16 | slot << 12 | counter`, rising and unique within a process slot.

    The low bits are never random: 500 random ones in a millisecond collide with 84 %.
    When a millisecond's counter is used up, the next millisecond's ids are taken.
    `after`: a millisecond of which ids were given before this process; where the clock stepped back, ids go on behind it.
    """

    def __init__(self, slot: int, after: int = 0) -> None:
        if not 0 <= slot < SLOTS:
            raise ValueError(f"a process slot is 0..{SLOTS - 1}, not {slot}")
        self._slot = slot
        self._last_ms = after
        self._counter = COUNTERS - 1

    def next(self, now: int) -> int:
        """The next id for the moment `now` (ms); never lower than one given before."""
        if now > self._last_ms:
            self._last_ms, self._counter = now, 0
        elif self._counter + 1 < COUNTERS:
            self._counter += 1
        else:
            self._last_ms, self._counter = self._last_ms + 1, 0
        return (self._last_ms << LOW_BITS) | (self._slot << COUNTER_BITS) | self._counter


def id_at(milliseconds: int) -> int:
    """The lowest id of that millisecond; ids of remote posts start here, at min(published, now)."""
    return milliseconds << LOW_BITS


def moment_of(identifier: int) -> int:
    """The millisecond an id was made for."""
    return identifier >> LOW_BITS
