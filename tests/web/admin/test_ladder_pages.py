"""The pages of the ladder, as a browser without scripts goes through them."""

from __future__ import annotations

from html import unescape

import httpx
import pytest

from fedicert.base.clock import DAY, FrozenClock
from fedicert.operations import people, windows
from fedicert.web.plumbing.app import App
from tests.web.site import add_person, client, form, log_in, submit

FORECAST = "/admin/ladder/forecast"


@pytest.fixture
async def owner(app: App, http: httpx.AsyncClient) -> httpx.AsyncClient:
    await app.deps.db.write(people.promote, "ada", "owner")
    await log_in(http)
    return http


async def followers(http: httpx.AsyncClient) -> str:
    page = (await http.get("/admin/ladder")).text
    return page.split("personal: </span>")[2].split("<")[0]


async def test_an_admin_sees_the_forecast_then_applies_it(owner: httpx.AsyncClient) -> None:
    shown = await owner.get("/admin/ladder")
    assert shown.status_code == 200 and "Version 1." in shown.text
    assert 'aria-current="page">The ladder' in shown.text
    tier = await owner.get("/admin/ladder/tiers/personal", params={"account": "ada"})
    for part in (
        '<label for="rule-followers">',
        'value="150"',
        '<label for="window-followers">',
        "1 account stands on it",
    ):
        assert part in tier.text
    assert tier.text.count("<label") == tier.text.count("<input") - tier.text.count('type="hidden"') + tier.text.count(
        "<select"
    )

    seen = await owner.get(
        FORECAST,
        params={
            "account": "ada",
            "act": "set",
            "name": "personal",
            "values[followers]": "100",
            "values[strangers]": "30",
        },
    )
    assert seen.status_code == 200
    assert "personal: followers: from 150 to 100" in seen.text and "strangers" not in seen.text
    assert "It touches 1 account." in seen.text
    assert await followers(owner) == "150"

    done = await submit(owner, seen, reason="a smaller hall")
    assert (done.status_code, done.headers["location"]) == (303, "/admin/ladder?account=ada&version=2")
    after = await owner.get(done.headers["location"])
    assert 'role="status">Done: version 2' in after.text and await followers(owner) == "100"
    told = unescape((await owner.get("/admin/ladder/history")).text)
    assert "by @ada: a smaller hall" in told and "personal: followers: from 150 to 100" in told


async def test_a_ladder_that_moved_since_shows_the_fresh_forecast(owner: httpx.AsyncClient) -> None:
    change = {"act": "set", "name": "personal", "values[followers]": "100"}
    old = await owner.get(FORECAST, params=change)
    await submit(owner, await owner.get(FORECAST, params=change | {"values[followers]": "120"}), reason="first")
    refused = await submit(owner, old, reason="second")
    assert refused.status_code == 409 and "has changed since this forecast" in refused.text
    assert "from 120 to 100" in refused.text and 'value="second"' in refused.text
    assert await followers(owner) == "120"
    assert (await submit(owner, refused, reason="second")).status_code == 303
    assert await followers(owner) == "100"


async def test_a_window_by_page(app: App, clock: FrozenClock, owner: httpx.AsyncClient) -> None:
    change = {
        "act": "window", "name": "personal", "starts_at": "2026-04-01T08:00", "ends_at": "2026-04-08T08:00",
        "values[followers]": "50", "values[visibility]": "",
    }  # fmt: skip
    seen = await owner.get(FORECAST, params=change)
    assert "From 2026-04-01 08:00 UTC to 2026-04-08 08:00 UTC." in seen.text
    assert (await submit(owner, seen, reason="the election")).status_code == 303
    page = await owner.get("/admin/ladder")
    assert "personal, 2026-04-01 08:00 UTC to 2026-04-08 08:00 UTC" in page.text and "Followers: 50" in page.text
    clock.advance(32 * DAY)
    await app.deps.db.write(windows.turn)
    assert "personal is lowered until 2026-04-08 08:00 UTC" in (await owner.get("/about")).text
    await log_in(owner)  # a month later
    page = await owner.get("/admin/ladder")
    assert "a window lowers it; the rule says 150" in page.text and "Open now." in page.text
    action, fields = form(page)
    cancel = await owner.get(action, params=fields)
    assert (await submit(owner, cancel, reason="no election")).status_code == 303
    assert "No window is open or to come." in (await owner.get("/admin/ladder")).text


async def test_a_tier_comes_and_goes_by_page(owner: httpx.AsyncClient) -> None:
    new = await owner.get("/admin/ladder/add")
    _, fields = form(new)
    choices = {"values[visibility]": "listed", "values[boosts]": "anyone", "values[when_full]": "hold"}
    seen = await owner.get(FORECAST, params=fields | choices | {"name": "master"})
    assert seen.status_code == 200 and "master: followers: none" in seen.text
    assert (await submit(owner, seen, reason="more room")).status_code == 303
    assert "Change master" in (await owner.get("/admin/ladder")).text
    gone = await owner.get(FORECAST, params={"act": "remove", "name": "master"})
    assert (await submit(owner, gone, reason="no room")).status_code == 303
    assert "Change master" not in (await owner.get("/admin/ladder")).text
    full = await owner.get(FORECAST, params={"act": "remove", "name": "personal"})
    assert full.status_code == 409 and "stand" in full.text


async def test_nobody_else_gets_there(app: App, owner: httpx.AsyncClient) -> None:
    await add_person(app, "bob")
    paths = ("/admin/ladder", "/admin/ladder/tiers/personal", "/admin/ladder/add", FORECAST, "/admin/ladder/history")
    async with client(app) as stranger:
        for path in paths:
            answer = await stranger.get(path)
            assert answer.status_code == 303 and answer.headers["location"].startswith("/login?return_to=%2Fadmin")
        await log_in(stranger, "bob")
        for path in paths:
            assert (await stranger.get(path)).status_code == 403
        seen = await owner.get(FORECAST, params={"act": "set", "name": "personal", "values[followers]": "100"})
        _, fields = form(seen)
        answer = await stranger.post("/admin/ladder/apply", data=fields | {"reason": "mine"})
        assert answer.status_code == 403
    # without the token of the browser's own form, or from elsewhere
    for sent, headers in (
        (fields | {"form_token": "x"}, {}),
        (fields, {"origin": "https://evil.example"}),
    ):
        assert (
            await owner.post("/admin/ladder/apply", data=sent | {"reason": "x"}, headers=headers)
        ).status_code == 403
    assert await followers(owner) == "150"
