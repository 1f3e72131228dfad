"""The bare limits run, and measure something (never how fast: that is the benches' business)."""

import pytest

from fedicert.rigs import limits


def test_signing_on_all_cores() -> None:
    rate = limits.rsa_signing(0.05)
    assert rate.per_second > 0
    assert rate.cpu_us > 0


@pytest.mark.parametrize("rows", [1, 16])
def test_commits_and_verified_inserts(rows: int) -> None:
    assert limits.durable_commits(0.05, rows).per_second > 0
    assert limits.verify_and_insert(0.05, rows).per_second > 0


def test_a_bare_page_and_a_bare_commit_over_http() -> None:
    assert limits.bare_page(1_000, 2, 0.1).per_second > 0
    assert limits.bare_commit_over_http(2, 0.1).per_second > 0


def test_the_sqlite_in_use_is_named() -> None:
    assert limits.sqlite_version().count(".") >= 2
