from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from fedicert.base.clock import FrozenClock
from fedicert.web.plumbing.app import App
from tests.web import site


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
