import io
import json
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from fedicert.base.clock import FrozenClock
from fedicert.base.ids import Entropy
from fedicert.base.log import log
from fedicert.keys import pairs
from fedicert.keys.pairs import Pair
from tests.stories.village import Village


@pytest.fixture(scope="session")
def key_drawer() -> list[Pair]:
    """RSA pairs made in this run. Within a village everybody has another one; the next village uses them again."""
    return []


@pytest.fixture(autouse=True)
def nothing_breaks() -> Iterator[None]:
    """A story in which a server has to write an error into its log has found a bug, however it ends."""
    lines = io.StringIO()
    before = log._stream
    log.configure(stream=lines)
    yield
    log._stream = before
    told = [json.loads(line) for line in lines.getvalue().splitlines()]
    assert [line for line in told if line["level"] == "error"] == []


@pytest.fixture
async def village(
    tmp_path: Path,
    new_database: Callable[[], str],
    clock: FrozenClock,
    entropy: Entropy,
    key_drawer: list[Pair],
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Village]:
    """An empty village, on each engine."""
    taken, new_rsa = 0, pairs.new_rsa

    def take() -> Pair:
        nonlocal taken
        taken += 1
        while len(key_drawer) < taken:
            key_drawer.append(new_rsa())
        return key_drawer[taken - 1]

    monkeypatch.setattr(pairs, "new_rsa", take)
    found = Village(tmp_path, new_database, clock, entropy)
    yield found
    assert {one.host: one.refused for one in found.elsewhere if one.refused} == {}, "signatures were refused"
    await found.close()
