from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from fedicert.base.clock import FrozenClock
from fedicert.keys import pairs
from fedicert.keys.pairs import Pair
from fedicert.web.plumbing.app import App
from tests.web import site


@pytest.fixture(scope="session")
def one_rsa_pair() -> Pair:
    return pairs.new_rsa()


@pytest.fixture(autouse=True)
def quick_keys(monkeypatch: pytest.MonkeyPatch, one_rsa_pair: Pair) -> None:
    """Everybody gets the same RSA pair: making one takes a tenth of a second."""
    monkeypatch.setattr(pairs, "new_rsa", lambda: one_rsa_pair)


@pytest.fixture
async def app(database_url: str, tmp_path: Path, clock: FrozenClock, entropy) -> AsyncIterator[App]:
    """A server of each engine, with Ada on it."""
    async with site.running(database_url, tmp_path, clock, entropy) as app:
        await site.add_person(app, "ada")
        yield app


@pytest.fixture
async def http(app: App) -> AsyncIterator[httpx.AsyncClient]:
    async with site.client(app) as client:
        yield client
