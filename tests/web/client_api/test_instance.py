"""What a client asks when it starts: everything it reads unguarded is there, and nothing is promised that isn't served."""

from __future__ import annotations

import pytest

from fedicert.operations import polls
from tests import world
from tests.web.client_api.conftest import Three


@pytest.mark.serves("GET /api/v2/instance", "GET /api/v1/instance", "GET /api/v1/instance/rules")
async def test_the_server_says_what_it_is(three: Three) -> None:
    await three.bob.say("Hello")
    two = (await three.nobody.get("/api/v2/instance")).json()
    assert two["domain"] == "home.example"
    assert two["version"] == "4.3.0 (compatible; Fedicert 0.1.0)"
    assert two["api_versions"] == {"mastodon": 2}
    assert two["configuration"]["urls"]["streaming"] == "wss://home.example"
    assert two["configuration"]["statuses"]["max_characters"] == 500
    assert two["configuration"]["statuses"]["max_media_attachments"] == 4
    assert two["configuration"]["polls"]["max_options"] == polls.MAX_OPTIONS == 4
    assert two["configuration"]["polls"]["min_expiration"] == polls.SHORTEST
    assert two["configuration"]["media_attachments"]["supported_mime_types"] == [
        "image/jpeg", "image/png", "image/gif", "image/webp", "image/avif",
    ]  # fmt: skip
    assert two["configuration"]["accounts"]["max_profile_fields"] == 4
    assert two["usage"]["users"]["active_month"] == 1
    assert two["rules"] == [] and two["contact"]["account"] is None
    one = (await three.nobody.get("/api/v1/instance")).json()
    assert one["uri"] == "home.example" and one["version"] == two["version"]
    assert one["stats"] == {"user_count": 3, "status_count": 1, "domain_count": 0}
    assert one["urls"] == {"streaming_api": "wss://home.example"}
    assert one["max_toot_chars"] == 500
    assert (await three.nobody.get("/api/v1/instance/rules")).json() == []


async def test_how_people_join_is_told(three: Three) -> None:
    for how, expected in (("open", (True, False)), ("approval", (True, True)), ("closed", (False, False))):
        await three.run("UPDATE settings SET value = $1 WHERE key = 'signups'", how)
        told = (await three.nobody.get("/api/v2/instance")).json()["registrations"]
        assert (told["enabled"], told["approval_required"]) == expected
        old = (await three.nobody.get("/api/v1/instance")).json()
        assert (old["registrations"], old["approval_required"]) == expected


async def test_the_owner_is_whom_to_ask(three: Three) -> None:
    await three.run("UPDATE local_accounts SET role = 'owner' WHERE id = $1", three.cleo.id)
    assert (await three.nobody.get("/api/v2/instance")).json()["contact"]["account"]["acct"] == "cleo"
    shown = await three.cleo.get("/api/v1/accounts/verify_credentials")
    assert shown["role"]["name"] == "Owner"
    assert (await three.bob.get("/api/v1/accounts/verify_credentials"))["role"]["name"] == ""


@pytest.mark.serves("GET /api/v1/instance/peers", "GET /api/v1/instance/translation_languages")
async def test_whom_the_server_met(three: Three) -> None:
    assert (await three.nobody.get("/api/v1/instance/peers")).json() == []
    await three.app.deps.db.write(world.make_remote, "zoe")
    await three.app.deps.db.write(world.make_remote, "yan")
    assert (await three.nobody.get("/api/v1/instance/peers")).json() == ["far.example"]
    assert (await three.nobody.get("/api/v1/instance")).json()["stats"]["domain_count"] == 1
    assert (await three.nobody.get("/api/v1/instance/translation_languages")).json() == {}


PUBLIC = ("custom_emojis", "trends", "trends/tags", "trends/statuses", "trends/links")
PRIVATE = ("suggestions", "../v2/suggestions")


@pytest.mark.serves(
    "GET /api/v1/custom_emojis", "GET /api/v1/trends", "GET /api/v1/trends/tags", "GET /api/v1/trends/statuses",
    "GET /api/v1/trends/links", "GET /api/v1/suggestions", "GET /api/v2/suggestions",
)  # fmt: skip
async def test_what_nobody_can_make_is_an_empty_list(three: Three) -> None:
    await three.ada.say("Hello #maths", visibility="public")
    for path in PUBLIC:
        answer = await three.nobody.get(f"/api/v1/{path}")
        assert (answer.status_code, answer.json()) == (200, []), path
    for path in PRIVATE:
        assert await three.ada.get(f"/api/v1/{path}") == [], path
        assert await three.bob.get(f"/api/v1/{path}") == [], path
        refused = await three.nobody.get(f"/api/v1/{path}")
        assert (refused.status_code, refused.json()) == (401, {"error": "The access token is invalid"}), path


async def test_what_isnt_served_is_404_in_the_documented_form(three: Three) -> None:
    for method, path in (
        ("PUT", "/api/v2/media/1"),
        ("GET", "/api/v1/push/subscription"),
        ("GET", "/api/v1/streaming/user"),
        ("GET", "/api/v9/nonsense"),
    ):
        answer = await three.ada.http.request(method, path)
        assert (answer.status_code, answer.json()) == (404, {"error": "Record not found"}), path
        assert answer.headers["access-control-allow-origin"] == "*"
