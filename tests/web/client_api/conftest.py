from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import msgspec
import pytest

from fedicert.web.plumbing.app import App
from tests.web import site
from tests.web.client_api.people import Person, person


class Three(msgspec.Struct, frozen=True):
    """Ada, Bob and Cleo, who don't follow each other; and somebody without a login."""

    ada: Person
    bob: Person
    cleo: Person
    nobody: httpx.AsyncClient
    app: App

    async def run(self, sql: str, *values: Any) -> None:
        """Change something behind everybody's back."""
        await self.app.deps.db.write(_run, sql, values)

    async def start_afresh(self) -> None:
        """As if whoever was addressed had been addressed more than 30 days ago."""
        await self.run("DELETE FROM addressed")

    async def value(self, sql: str, *values: Any) -> Any:
        """Look something up behind everybody's back."""
        return await self.app.deps.db.read(_value, sql, values)


async def _run(tx: Any, sql: str, values: tuple[Any, ...]) -> None:
    await tx.run(sql, *values)


async def _value(reader: Any, sql: str, values: tuple[Any, ...]) -> Any:
    return await reader.value(sql, *values)


@pytest.fixture
async def three(app: App) -> AsyncIterator[Three]:
    """Tiers as they come, but that no slot is kept, no domain has a day, and anyone boosts."""
    ada = await person(app, "ada", await app.deps.db.read(_value, "SELECT id FROM accounts WHERE username = 'ada'", ()))
    bob, cleo = await person(app, "bob"), await person(app, "cleo")
    async with site.client(app) as nobody:
        three = Three(ada, bob, cleo, nobody, app)
        await three.run("UPDATE tiers SET kept_permille = 0, strangers_per_domain_day = 0, boosts = 'anyone'")
        yield three
    for somebody in (ada, bob, cleo):
        await somebody.http.aclose()
