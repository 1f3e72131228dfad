"""How long to wait for a host, or for anything that failed: pure rules over numbers. It knows no table and no clock."""

from collections.abc import Callable

import msgspec

from fedicert.base.clock import DAY, HOUR, MINUTE

# 14 tries over 7 days: close together at first, since most faults pass in minutes.
DELAYS = (
    *(MINUTE, 5 * MINUTE, 15 * MINUTE, 30 * MINUTE),
    *(HOUR, 2 * HOUR, 4 * HOUR, 8 * HOUR, 12 * HOUR),
    *(DAY, DAY, 36 * HOUR, 56 * HOUR),
)
TRIES = len(DELAYS) + 1
JITTER = 0.3
MOST_RETRY_AFTER = DAY

BREAKS_AFTER = 5
BREAKS_WITHIN = 10 * MINUTE
OPEN_FOR = 30 * MINUTE
DORMANT_AFTER = 7 * DAY
PROVEN_FOR = 7 * DAY
SPREAD_OVER = 7
"""Days that the waits above take in all."""

KEPT_FAULTS = 5
MAX_FAULT = 300


class Fault(msgspec.Struct, frozen=True):
    """What went wrong in one try."""

    at: int
    error: str


def one_more(faults: tuple[Fault, ...], at: int, error: str) -> tuple[Fault, ...]:
    """The last five, with this one."""
    return (*faults, Fault(at, error[:MAX_FAULT]))[-KEPT_FAULTS:]


class Patience(msgspec.Struct, frozen=True):
    """How often one delivery is tried, and over how many days.

    The waits are those of 14 tries over 7 days, as much longer or shorter as the days are; beyond 14 tries the last one
    comes again and again.
    """

    tries: int = TRIES
    days: int = SPREAD_OVER

    @property
    def horizon(self) -> int:
        """Nothing waits longer (ms), tried or not: with every jitter upwards the last try comes at 1.3 times the days."""
        return self.days * DAY * 10 // 7

    def wait(self, failed: int) -> int:
        """How long to wait after so many failed tries (ms), before jitter."""
        return DELAYS[min(failed, len(DELAYS)) - 1] * self.days // SPREAD_OVER


PATIENT = Patience()


class Health(msgspec.Struct, frozen=True):
    """What is remembered of a host. `breaker`: `closed`, `open` (one probe when `not_before` is over), `dormant`."""

    breaker: str = "closed"
    not_before: int = 0
    failures: int = 0
    failures_since: int = 0
    failing_since: int | None = None


def next_try(
    failed: int, now: int, chance: float, retry_after: int | None = None, patience: Patience = PATIENT
) -> int | None:
    """When to try again after `failed` failed tries (ms), None for never; `chance` in [0, 1).

    `retry_after` (ms) is what the host asked for: honoured up to a day, never shortened by the jitter.
    """
    if failed >= patience.tries:
        return None
    due = now + round(patience.wait(failed) * (1 - JITTER + 2 * JITTER * chance))
    return due if retry_after is None else max(due, now + min(retry_after, MOST_RETRY_AFTER))


def jobs_next_try(failed: int, tries: int, now: int, chance: float, retry_after: int | None = None) -> int | None:
    """The same for a job with its own number of tries."""
    return None if failed >= tries else next_try(min(failed, TRIES - 1), now, chance, retry_after)


def chance_of(random: Callable[[int], bytes]) -> float:
    """A number in [0, 1) out of unpredictable bytes."""
    return int.from_bytes(random(4), "big") / 2**32


def after_failure(health: Health, now: int, retry_after: int | None = None) -> Health:
    """One more delivery failed: the breaker may open, and after seven failing days the host is dormant."""
    within = health.failures and now - health.failures_since < BREAKS_WITHIN
    failures = health.failures + 1 if within else 1
    since = health.failures_since if within else now
    failing_since = now if health.failing_since is None else health.failing_since
    not_before = max(health.not_before, now + min(retry_after or 0, MOST_RETRY_AFTER))
    breaker = "open" if health.breaker == "open" or failures >= BREAKS_AFTER else "closed"
    if breaker == "open":
        not_before = max(not_before, now + OPEN_FOR)
    if health.breaker == "dormant" or now - failing_since >= DORMANT_AFTER:
        breaker = "dormant"
    return Health(breaker, not_before, failures, since, failing_since)


def after_answer(health: Health) -> Health:
    """The host answered, be it with a refusal: it lives."""
    return Health()
