"""How often one caller may ask. In memory, a process; counters that must survive a restart are in the database.

Windows are fixed: every caller's window of a class begins at the same moment, so that what the headers say is exact.
"""

import ipaddress
from functools import lru_cache

import msgspec

from fedicert.base.clock import MINUTE, Clock
from fedicert.base.log import iso

MAX_CALLERS = 100_000
"""More are never remembered; beyond this, closed windows go first and then everybody starts anew."""

CLASSES: dict[str, tuple[int, int]] = {
    "api": (300, 5 * MINUTE),
    "media": (30, 30 * MINUTE),
    "delete": (30, 30 * MINUTE),
    "apps": (30, 30 * MINUTE),
    "verify": (60, 5 * MINUTE),
    "passwords": (300, 15 * MINUTE),
    "inbox": (6_000, MINUTE),
    "pictures": (6_000, 5 * MINUTE),
}
"""Class → (requests, window in ms): what clients count on, what one block of addresses may post to inboxes, and how
many pictures of other servers it may look at. `passwords`: right ones too, because each costs as much as a wrong one."""


class Allowance(msgspec.Struct, frozen=True):
    """What one request was told: the limit, what is left, when the window ends (ms)."""

    limit: int
    remaining: int
    reset: int
    exceeded: bool
    retry_after: int

    def headers(self) -> list[tuple[bytes, bytes]]:
        """The X-RateLimit headers; the reset as ISO 8601, which every known client reads."""
        return [
            (b"x-ratelimit-limit", b"%d" % self.limit),
            (b"x-ratelimit-remaining", b"%d" % self.remaining),
            (b"x-ratelimit-reset", iso(self.reset).encode()),
        ]


class RateLimits:
    """Counts requests per class and caller."""

    def __init__(self, clock: Clock, *, enabled: bool = True) -> None:
        self._clock = clock
        self.enabled = enabled
        self._counts: dict[tuple[str, str], tuple[int, int]] = {}

    def take(self, name: str, caller: str) -> Allowance:
        """Count one request of a caller."""
        limit, window = CLASSES[name]
        now = self._clock.now()
        start = now - now % window
        key = (name, caller)
        seen_start, count = self._counts.get(key, (start, 0))
        count = count + 1 if seen_start == start else 1
        if key not in self._counts and len(self._counts) >= MAX_CALLERS:
            self._forget(now)
        self._counts[key] = (start, count)
        wait = (start + window - now + 999) // 1000
        return Allowance(limit, max(0, limit - count), start + window, count > limit, wait)

    def _forget(self, now: int) -> None:
        self._counts = {key: value for key, value in self._counts.items() if value[0] + CLASSES[key[0]][1] > now}
        if len(self._counts) >= MAX_CALLERS:
            self._counts.clear()


@lru_cache(maxsize=4096)
def address_block(address: str) -> str:
    """The block that one customer of a provider usually has: /24 or /64; what is no address stays as it is."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped:
        found = found.ipv4_mapped
    bits = 24 if found.version == 4 else 64
    return str(ipaddress.ip_network((found, bits), strict=False))
