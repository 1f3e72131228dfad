"""A scene for each test: a board, its licence of Alice, and somebody who looks."""

from collections.abc import Iterator

import pytest

from fedicert.base.clock import FrozenClock
from fedicert.keys.pool import KeyPool
from tests.attestations import forge
from tests.attestations.forge import Scene


@pytest.fixture(scope="session")
def key_threads() -> Iterator[KeyPool]:
    pool = forge.pool()
    yield pool
    pool.close()


@pytest.fixture
def scene(clock: FrozenClock, key_threads: KeyPool) -> Scene:
    return Scene(clock, key_threads)
