"""What one is told, over HTTP, and how one puts it away; markers beside it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.web.client_api.conftest import Three
from tests.web.client_api.people import Person


async def told(somebody: Person, **query: Any) -> list[tuple[str, str]]:
    found = await somebody.get("/api/v1/notifications", **query)
    return [(one["type"], one["account"]["acct"]) for one in found]


async def bustle(three: Three) -> dict[str, Any]:
    """Bob follows Ada, likes and boosts what she says, Cleo names her; gives Ada's post."""
    post = await three.ada.say("Hello", visibility="public")
    await three.bob.post(f"/api/v1/accounts/{three.ada.id}/follow")
    await three.bob.post(f"/api/v1/statuses/{post['id']}/favourite")
    await three.bob.post(f"/api/v1/statuses/{post['id']}/reblog")
    await three.cleo.say("Hello @ada", visibility="public")
    return post


@pytest.mark.serves("GET /api/v1/notifications", "GET /api/v1/notifications/:id")
async def test_acts_of_others_are_told(three: Three) -> None:
    post = await bustle(three)
    found = await three.ada.get("/api/v1/notifications")
    assert [(one["type"], one["account"]["acct"]) for one in found] == [
        ("mention", "cleo"), ("reblog", "bob"), ("favourite", "bob"), ("follow", "bob"),
    ]  # fmt: skip
    assert found[2]["status"]["id"] == post["id"] and "status" not in found[3]
    assert found[0]["status"]["content"].startswith("<p>Hello <span")
    keys = [one["group_key"].partition("-")[0] for one in found]
    assert keys == ["ungrouped", "reblog", "favourite", "follow"] and found[0]["group_key"].endswith(found[0]["id"])
    assert await three.bob.get("/api/v1/notifications") == []
    assert await three.ada.get(f"/api/v1/notifications/{found[0]['id']}") == found[0]
    for path in (found[0]["id"], "abc"):
        assert (await three.bob.http.get(f"/api/v1/notifications/{path}")).status_code == 404
    assert (await three.nobody.get("/api/v1/notifications")).status_code == 401


async def test_narrowing(three: Three) -> None:
    await bustle(three)
    assert await told(three.ada, **{"types[]": ["follow", "mention"]}) == [("mention", "cleo"), ("follow", "bob")]
    assert await told(three.ada, **{"exclude_types[]": ["follow", "reblog"]}) == [
        ("mention", "cleo"),
        ("favourite", "bob"),
    ]
    assert await told(three.ada, account_id=three.cleo.id) == [("mention", "cleo")]
    assert await told(three.ada, account_id="abc") == []
    assert await told(three.ada, account_id=three.cleo.id, **{"types[]": ["follow"]}) == []


async def test_pages_keep_what_was_asked(three: Three) -> None:
    await bustle(three)
    first = await three.ada.http.get("/api/v1/notifications?limit=2&exclude_types[]=mention")
    assert [one["type"] for one in first.json()] == ["reblog", "favourite"]
    assert "exclude_types[]=mention" in first.links["next"]["url"]
    second = await three.ada.http.get(first.links["next"]["url"])
    assert [one["type"] for one in second.json()] == ["follow"]
    assert "next" not in second.links
    newer = await three.ada.http.get(second.links["prev"]["url"])
    assert [one["type"] for one in newer.json()] == ["reblog", "favourite"]


async def test_nothing_of_blocked_people_and_vanished_posts(three: Three) -> None:
    post = await bustle(three)
    assert (await three.ada.http.delete(f"/api/v1/statuses/{post['id']}")).status_code == 200
    assert await told(three.ada) == [("mention", "cleo"), ("follow", "bob")]
    await three.ada.post(f"/api/v1/accounts/{three.cleo.id}/block")
    assert await told(three.ada) == [("follow", "bob")]


@pytest.mark.serves("POST /api/v1/notifications/:id/dismiss", "POST /api/v1/notifications/clear")
async def test_putting_away(three: Three) -> None:
    await bustle(three)
    await three.ada.say("Hello @bob", visibility="public")
    found = await three.ada.get("/api/v1/notifications")
    path = f"/api/v1/notifications/{found[0]['id']}/dismiss"
    assert (await three.bob.http.post(path)).status_code == 404
    assert await three.ada.post(path) == {}
    assert (await three.ada.http.post(path)).status_code == 404
    assert [one["id"] for one in await three.ada.get("/api/v1/notifications")] == [one["id"] for one in found[1:]]
    assert await three.ada.post("/api/v1/notifications/clear") == {}
    assert await three.ada.get("/api/v1/notifications") == []
    assert await told(three.bob) == [("mention", "ada")]


@pytest.mark.serves("GET /api/v1/notifications/unread_count", "GET /api/v1/markers", "POST /api/v1/markers")
async def test_markers_say_what_is_unread(three: Three) -> None:
    await bustle(three)
    found = await three.ada.get("/api/v1/notifications")
    assert await three.ada.get("/api/v1/notifications/unread_count") == {"count": 4}
    assert await three.ada.get("/api/v1/notifications/unread_count", limit=3) == {"count": 3}
    assert await three.ada.get("/api/v1/markers", **{"timeline[]": ["home", "notifications"]}) == {}
    saved = await three.ada.post("/api/v1/markers", notifications={"last_read_id": found[1]["id"]})
    assert list(saved) == ["notifications"]
    assert (saved["notifications"]["last_read_id"], saved["notifications"]["version"]) == (found[1]["id"], 1)
    assert await three.ada.get("/api/v1/notifications/unread_count") == {"count": 1}
    assert await three.ada.get("/api/v1/notifications/unread_count", **{"types[]": ["follow"]}) == {"count": 0}
    back = await three.ada.http.post("/api/v1/markers", data={"notifications[last_read_id]": found[3]["id"]})
    assert back.json()["notifications"]["version"] == 2
    assert await three.ada.get("/api/v1/notifications/unread_count") == {"count": 3}
    await three.ada.post("/api/v1/markers", home={"last_read_id": "17"})
    both = await three.ada.get("/api/v1/markers", **{"timeline[]": ["home", "notifications"]})
    assert {name: marker["last_read_id"] for name, marker in both.items()} == {
        "home": "17", "notifications": found[3]["id"],
    }  # fmt: skip
    assert await three.bob.get("/api/v1/markers", **{"timeline[]": ["home", "notifications"]}) == {}
    refused = await three.ada.http.post("/api/v1/markers", json={"home": {"last_read_id": "abc"}})
    assert refused.status_code == 422
