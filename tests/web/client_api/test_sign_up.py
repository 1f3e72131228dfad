"""Signing up by an app, over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from fedicert.base.clock import MINUTE, FrozenClock
from fedicert.base.ids import Entropy
from fedicert.web.plumbing.app import App
from tests.web import site
from tests.web.client_api.people import client_of

GOOD = {
    "username": "eve",
    "email": "eve@mail.example",
    "password": "a phrase of eve's own",
    "agreement": True,
    "locale": "en",
}


@pytest.fixture
async def client(app: App) -> AsyncIterator[httpx.AsyncClient]:
    await signups(app, "open")
    async with await client_of(app, None) as client:
        yield client


async def signups(app: App, how: str) -> None:
    async def write(tx: Any) -> None:
        await tx.run("UPDATE settings SET value = $1 WHERE key = 'signups'", how)

    await app.deps.db.write(write)


async def join(client: httpx.AsyncClient, **more: Any) -> httpx.Response:
    return await client.post("/api/v1/accounts", json=GOOD | more)


@pytest.mark.serves("POST /api/v1/accounts")
async def test_joining(app: App, client: httpx.AsyncClient) -> None:
    answer = await join(client)
    assert answer.status_code == 200, answer.text
    token = answer.json()
    assert set(token) == {"access_token", "token_type", "scope", "created_at"}
    assert token["token_type"] == "Bearer" and token["scope"] == "read write follow push"
    async with site.client(app, headers=site.bearer(token["access_token"])) as eve:
        me = (await eve.get("/api/v1/accounts/verify_credentials")).json()
        assert (me["acct"], me["locked"], me["source"]["privacy"]) == ("eve", False, "unlisted")
        said = (await eve.post("/api/v1/statuses", json={"status": "Hello"})).json()
        assert said["account"]["acct"] == "eve"
    assert (await client.get("/api/v1/accounts/lookup?acct=eve")).json()["id"] == me["id"]


async def test_what_is_wrong_is_told_per_field(app: App, client: httpx.AsyncClient) -> None:
    nothing = await client.post("/api/v1/accounts", json={})
    assert nothing.status_code == 422
    details = nothing.json()["details"]
    assert {field: faults[0]["error"] for field, faults in details.items()} == {
        "username": "ERR_BLANK", "email": "ERR_BLANK", "password": "ERR_BLANK", "agreement": "ERR_ACCEPTED",
    }  # fmt: skip
    for field, value, code in (
        ("username", "Eve!", "ERR_INVALID"),
        ("username", "limits", "ERR_RESERVED"),
        ("username", "ada", "ERR_TAKEN"),
        ("email", "ada@mail.example", "ERR_TAKEN"),
        ("email", "eve", "ERR_INVALID"),
        ("password", "short", "ERR_TOO_SHORT"),
        ("agreement", False, "ERR_ACCEPTED"),
    ):
        answer = await join(client, **{field: value})
        assert answer.status_code == 422, answer.text
        assert [fault["error"] for fault in answer.json()["details"][field]] == [code], field
        assert answer.json()["error"].startswith("Validation failed: ")
    assert (await client.get("/api/v1/accounts/lookup?acct=eve")).status_code == 404


async def test_waiting_for_approval(app: App, client: httpx.AsyncClient) -> None:
    await signups(app, "approval")
    token = (await join(client, reason="I like it here")).json()["access_token"]
    async with site.client(app, headers=site.bearer(token)) as eve:
        answer = await eve.post("/api/v1/statuses", json={"status": "Hello"})
        assert (answer.status_code, answer.json()["error"]) == (403, "Your login is currently pending approval")
        assert (await eve.get("/api/v1/apps/verify_credentials")).status_code == 200


async def test_closed(app: App, client: httpx.AsyncClient) -> None:
    await signups(app, "closed")
    answer = await join(client)
    assert (answer.status_code, answer.json()["error"]) == (403, "Signing up is closed on this server")


async def test_only_by_an_app_with_the_scope(app: App, http: httpx.AsyncClient) -> None:
    assert (await join(http)).status_code == 401
    async with await client_of(app, None, frozenset({"read"})) as reader:
        answer = await join(reader)
        assert (answer.status_code, answer.json()["error"]) == (403, "This action is outside the authorized scopes")


async def test_five_tries_in_half_an_hour(app: App, client: httpx.AsyncClient, clock: FrozenClock) -> None:
    for number in range(5):
        assert (await join(client, username=f"eve{number}", email=f"eve{number}@mail.example")).status_code == 200
    late = await join(client)
    assert late.status_code == 429 and int(late.headers["retry-after"]) > 0
    assert (await join(client, username="")).status_code == 422
    clock.advance(30 * MINUTE)
    assert (await join(client)).status_code == 200


async def test_without_limits_and_rules(
    database_url: str, tmp_path: Path, clock: FrozenClock, entropy: Entropy
) -> None:
    """The switches of a closed test instance."""
    settings = {"RATE_LIMITS": "off", "PASSWORD_RULES": "off", "SIGNUPS": "open"}
    async with (
        site.running(database_url, tmp_path, clock, entropy, **settings) as app,
        await client_of(app, None) as client,
    ):
        for number in range(7):
            answer = await join(client, username=f"eve{number}", email=f"eve{number}@mail.example", password="x")
            assert answer.status_code == 200, answer.text
