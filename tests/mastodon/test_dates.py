"""Dates in exactly the documented forms."""

from fedicert.mastodon.dates import date, midnight, timestamp


def test_dates() -> None:
    at = 1_767_323_045_678
    assert timestamp(at) == "2026-01-02T03:04:05.678Z"
    assert timestamp(at - 678) == "2026-01-02T03:04:05.000Z"
    assert timestamp(0) == "1970-01-01T00:00:00.000Z"
    assert midnight(at) == "2026-01-02T00:00:00.000Z"
    assert date(at) == "2026-01-02"
