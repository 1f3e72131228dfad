"""The ladder by command: forecast first, then applied; windows; history; announcements."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.here import Here


@pytest.fixture
def here(tmp_path: Path, database_url: str) -> Here:
    here = Here(tmp_path, database_url)
    here.does("account", "create", "ada", "--email", "ada@people.example", "--role", "owner", "--confirmed")
    return here


@pytest.fixture
def signed() -> Callable[..., tuple[str, ...]]:
    return lambda *words: (*words, "--by", "ada", "--reason", "because", "--yes")


def test_the_ladder_is_changed_by_command(here: Here, signed: Callable[..., tuple[str, ...]]) -> None:
    said = here.does("tier", "forecast", "personal", "followers=1")
    assert "personal: followers: from 150 to 1" in said and "It touches 1 account." in said
    assert "150" in here.does("tier", "list").split("followers", 1)[1]

    unsure = here.run("tier", "set", "personal", "followers=1", "--by", "ada", "--reason", "because")
    assert unsure.returncode == 1
    assert "It touches 1 account." in unsure.stderr and "add --yes" in unsure.stderr
    assert "150" in here.does("tier", "list")  # nothing was changed without a yes

    assert "version 2" in here.does(*signed("tier", "set", "personal", "followers=100"))
    assert "version 3" in here.does(*signed("tier", "add", "neighbour", "enter=examination", "--place", "2"))
    assert "version 4" in here.does(*signed("tier", "rename", "neighbour", "friend"))
    assert "stands on it" in here.refuses(*signed("tier", "remove", "personal"))
    assert "stands on it" in here.refuses(*signed("tier", "rename", "personal", "people"))
    assert "version 5" in here.does(*signed("tier", "remove", "friend"))
    listed = here.does("tier", "history").splitlines()
    assert [line.split()[0] for line in listed[1:]] == ["5", "4", "3", "2", "1"]
    assert "because" in listed[1] and "ada" in listed[1]
    for kind in ("cap_changed", "tier_added", "tier_renamed", "tier_removed"):
        assert kind in here.does("ledger", "show")


def test_windows_and_announcements_by_command(here: Here, signed: Callable[..., tuple[str, ...]]) -> None:
    assert "no window" in here.does("tier", "windows")
    times = ("--from", "2099-09-01T08:00", "--until", "2099-09-20")
    assert "window 1" in here.does(*signed("tier", "window", "personal", "followers=50", *times))
    soon = ("--from", "2001-09-01", "--until", "2001-09-20")
    assert "14 days ahead" in here.refuses(*signed("tier", "window", "personal", "followers=50", *soon))
    assert "only lowers" in here.refuses(*signed("tier", "window", "personal", "followers=151", *times))
    assert "isn't a moment" in here.refuses(
        *signed("tier", "window", "personal", "followers=5", "--from", "x", "--until", "y")
    )
    shown = here.does("tier", "windows")
    assert "to come" in shown and "2099-09-01 08:00 UTC" in shown and "followers=50" in shown
    here.does(*signed("tier", "cancel", "1"))
    assert "cancelled" in here.does("tier", "windows")
    assert "no window 1" in here.refuses(*signed("tier", "cancel", "1"))

    number = here.does("announce", "The hall is closed on Monday.", "--by", "ada").split()[-1]
    assert "withdrew" in here.does("announce", "--by", "ada", "--withdraw", number)
    assert "no such announcement" in here.refuses("announce", "--by", "ada", "--withdraw", number)
    assert "say a text" in here.refuses("announce", "--by", "ada")
