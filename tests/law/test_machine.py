"""The law against a small model of it: whatever happens in whatever order, the house does what the model says.

`make test` plays 300 plays of 40 steps, always the same; `make soak` 20,000 of 100, others each time, in parts. A part that
fails prints its seed, and `MACHINE_SEED=… pytest -m soak -k part_07` plays it again.
"""

from __future__ import annotations

import os
import random

import pytest
from hypothesis import HealthCheck, seed, settings
from hypothesis.stateful import get_state_machine_test

from fedicert.base.log import log
from tests.law.machine import House
from tests.law.rules_of_office import Ruling

PARTS = 40
"""Of the long run, so that processes share it."""


def play(url: str, plays: int, steps: int, seeded: int | None = None) -> None:
    """Without a seed always the same."""
    log.configure(level="error")
    house = House(url)
    machine = type("Play", (Ruling,), {"house": house})
    test = get_state_machine_test(
        machine,
        settings=settings(
            max_examples=plays,
            stateful_step_count=steps,
            deadline=None,
            database=None,
            derandomize=seeded is None,
            print_blob=True,
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        ),
    )
    try:
        (test if seeded is None else seed(seeded)(test))()
    finally:
        house.end()


@pytest.mark.law("1.1", "1.5", "1.6", "3.4", "3.5", "3.9", "7.1", "9.3", "10.1", "C1", "C15")
def test_the_house_does_what_the_model_says(database_url: str) -> None:
    play(database_url, 300, 40)


@pytest.mark.soak
@pytest.mark.parametrize("part", [pytest.param(number, id=f"part_{number:02}") for number in range(PARTS)])
def test_the_house_does_what_the_model_says_for_a_long_time(database_url: str, part: int) -> None:
    seeded = int(os.environ.get("MACHINE_SEED", random.SystemRandom().randrange(1 << 32)))
    print(f"MACHINE_SEED={seeded}")
    play(database_url, 20_000 // PARTS, 100, seeded)
