"""R1 and R2: what was acknowledged comes true, once, whatever instant the process is killed at; on each engine.

A small run belongs to every test run; the whole one (`make soak`) makes 120 kills per engine. The seed is printed:
`FEDICERT_TEST_SEED` sets it. Ends with a line of what was counted.
"""

from __future__ import annotations

import itertools
import os
from pathlib import Path

import pytest

from fedicert.rigs.signatures import Key, make_keys
from tests.crash.failing import POINTS
from tests.crash.rig import Rig

SEED = int(os.environ.get("FEDICERT_TEST_SEED", "20260301"))


@pytest.fixture(scope="session")
def key(tmp_path_factory: pytest.TempPathFactory) -> Key:
    return make_keys(tmp_path_factory.mktemp("keys") / "keys.pem", 1)[0]


async def killed(folder: Path, url: str, key: Key, seed: int, kills: int, *, cap: int) -> Rig:
    """So many kills, a point, an acknowledgement and a random moment in turn, and the reckoning.

    A cap that is high keeps the line open to all who come; a low one fills it.
    """
    print(f"\nseed {seed}")
    rig = Rig(folder, url, key, seed, cap)
    points = itertools.cycle(POINTS)
    try:
        await rig.prepare()
        rig.program.kill()
        for number in range(kills):
            if number % 5 in (0, 3):
                await rig.kill_after_an_acknowledgement()
            elif number % 5 == 1:
                await rig.kill_at_random()
            else:
                await rig.kill_at(next(points))
        await rig.drain()
        await rig.reckon()
    finally:
        await rig.end()
        print(rig.tally)
    return rig


async def test_forty_kills_lose_nothing_and_double_nothing(tmp_path: Path, database_url: str, key: Key) -> None:
    tally = (await killed(tmp_path, database_url, key, SEED, 40, cap=40)).tally
    assert tally.kills == 40
    assert tally.between >= 20, tally
    assert min(tally.acknowledged[kind] for kind in ("follow", "create", "post")) > 0


@pytest.mark.soak
async def test_many_kills_lose_nothing_and_double_nothing(tmp_path: Path, database_url: str, key: Key) -> None:
    tally = (await killed(tmp_path, database_url, key, SEED + 1, 120, cap=8)).tally
    assert tally.between >= 60, tally
    assert tally.turned_away > 0, tally
