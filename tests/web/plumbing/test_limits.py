from fedicert.base.clock import MINUTE, FrozenClock
from fedicert.web.plumbing import limits
from fedicert.web.plumbing.limits import RateLimits, address_block


def test_counts_down_and_starts_anew() -> None:
    clock = FrozenClock(1_767_225_600_000)
    rates = RateLimits(clock)
    first = rates.take("api", "a")
    assert (first.limit, first.remaining, first.exceeded) == (300, 299, False)
    assert dict(first.headers())[b"x-ratelimit-reset"] == b"2026-01-01T00:05:00.000Z"
    for _ in range(299):
        last = rates.take("api", "a")
    assert (last.remaining, last.exceeded) == (0, False)
    clock.advance(4 * MINUTE)
    over = rates.take("api", "a")
    assert over.exceeded
    assert over.retry_after == 60
    assert not rates.take("api", "b").exceeded
    assert not rates.take("media", "a").exceeded
    clock.advance(MINUTE)
    assert rates.take("api", "a").remaining == 299


def test_memory_has_an_end(monkeypatch) -> None:
    monkeypatch.setattr(limits, "MAX_CALLERS", 10)
    clock = FrozenClock(0)
    rates = RateLimits(clock)
    for number in range(25):
        rates.take("api", str(number))
        clock.advance(MINUTE)
    assert len(rates._counts) <= 10
    clock.at = 0
    for number in range(100):
        rates.take("api", f"x{number}")
    assert len(rates._counts) <= 10


def test_address_blocks() -> None:
    assert address_block("192.0.2.77") == "192.0.2.0/24"
    assert address_block("::ffff:192.0.2.77") == "192.0.2.0/24"
    assert address_block("2001:db8:1:2:3::4") == "2001:db8:1:2::/64"
    assert address_block("testclient") == "testclient"
