"""Hashtags over HTTP: followed, shown on a profile, and which posts come home by them (law 5)."""

from __future__ import annotations

from typing import Any

import pytest

from fedicert.activitypub.read import read_note
from fedicert.activitypub.types import PUBLIC
from fedicert.operations import notes
from tests import world
from tests.web.client_api.conftest import Three
from tests.web.client_api.people import Person

HOME = "/api/v1/timelines/home"


async def said(three: Three, somebody: Person, text: str, **more: Any) -> str:
    post = await somebody.say(text, **more)
    await three.app.deps.db.write(world.fan_out)
    return str(post["id"])


async def home(somebody: Person) -> list[str]:
    return [item["id"] for item in await somebody.get(HOME)]


async def widen(three: Three) -> None:
    """Everybody may speak to strangers."""
    await three.run("UPDATE tiers SET visibility = 'listed'")


async def far(tx: Any, urls: Any, author: int, number: int, to: str = PUBLIC) -> int | None:
    uri = await tx.value("SELECT uri FROM accounts WHERE id = $1", author)
    document = {
        "id": f"{uri}/{number}", "type": "Note", "attributedTo": uri, "to": to, "content": "<p>#Pumps</p>",
        "cc": PUBLIC if to != PUBLIC else f"{uri}/followers", "published": "2026-02-01T00:00:00Z",
        "tag": [{"type": "Hashtag", "name": "#Pumps", "href": "https://far.example/tags/pumps"}],
    }  # fmt: skip
    return await notes.receive_note(tx, urls, author, read_note(document))


@pytest.mark.serves("GET /api/v1/tags/:name", "POST /api/v1/tags/:name/follow", "POST /api/v1/tags/:name/unfollow")
@pytest.mark.serves("GET /api/v1/followed_tags")
async def test_a_hashtag_is_followed(three: Three) -> None:
    ada = three.ada
    unused = (await three.nobody.get("/api/v1/tags/Größe")).json()
    assert (unused["name"], unused["url"]) == ("größe", "https://home.example/tags/gr%C3%B6%C3%9Fe")
    assert unused["history"] == [] and "following" not in unused
    followed = await ada.post("/api/v1/tags/Größe/follow")
    assert (followed["name"], followed["following"], followed["featuring"]) == ("größe", True, False)
    assert int(followed["id"]) > 0
    assert (
        await ada.post("/api/v1/tags/größe/follow")
        == followed
        == await ada.get("/api/v1/tags/GRÖSSE".replace("SS", "ß"))
    )
    await ada.post("/api/v1/tags/pumps/follow")
    page = await ada.http.get("/api/v1/followed_tags", params={"limit": 1})
    assert [one["name"] for one in page.json()] == ["pumps"]
    rest = await ada.http.get(page.links["next"]["url"])
    assert [one["name"] for one in rest.json()] == ["größe"]
    assert await three.bob.get("/api/v1/followed_tags") == []
    assert (await three.bob.get("/api/v1/tags/pumps"))["following"] is False
    assert (await ada.post("/api/v1/tags/pumps/unfollow"))["following"] is False
    assert (await ada.post("/api/v1/tags/never/unfollow"))["following"] is False
    assert [one["name"] for one in await ada.get("/api/v1/followed_tags")] == ["größe"]
    for name in ("12", "two words", "a" * 101, "x-y"):
        assert (await ada.http.post(f"/api/v1/tags/{name}/follow")).status_code == 422, name
        assert (await ada.http.get(f"/api/v1/tags/{name}")).status_code == 404, name


async def test_public_posts_with_it_come_home(three: Three) -> None:
    await widen(three)
    ada, bob = three.ada, three.bob
    await ada.post("/api/v1/tags/pumps/follow")
    shown = await said(three, bob, "A #Pumps b")
    for visibility in ("unlisted", "private", "direct"):
        await said(three, bob, f"#pumps for a few @{'cleo'}", visibility=visibility)
    await said(three, bob, "#valves")
    zoe = await three.app.deps.db.write(world.make_remote, "zoe")
    urls = three.app.deps.urls
    remote = await three.app.deps.db.write(far, urls, zoe, 1)
    await three.app.deps.db.write(far, urls, zoe, 2, "https://far.example/users/zoe/followers")
    assert await home(ada) == [shown, str(remote)]
    assert await home(three.cleo) == []
    # Once is enough, however one comes by it.
    await ada.post("/api/v1/tags/parts/follow")
    await ada.post(f"/api/v1/accounts/{bob.id}/follow")
    both = await said(three, bob, "#pumps #parts")
    found = await home(ada)
    assert found.count(both) == found.count(shown) == found.count(str(remote)) == 1
    await ada.post("/api/v1/tags/pumps/unfollow")
    assert await home(ada) == [post for post in found if post != str(remote)], "who is followed stays"
    await ada.post(f"/api/v1/accounts/{bob.id}/unfollow")
    assert await home(ada) == []


async def test_a_capped_voice_doesnt_come_by_hashtag(three: Three) -> None:
    """Law 5: what tag timelines don't show doesn't come home by a hashtag either; followers have it as before."""
    ada, bob = three.ada, three.bob
    await ada.post("/api/v1/tags/pumps/follow")
    await three.cleo.post(f"/api/v1/accounts/{bob.id}/follow")
    post = await said(three, bob, "#pumps", visibility="public")
    assert await home(ada) == [] and await home(three.cleo) == [post]


async def test_who_isnt_wanted_doesnt_come_by_hashtag(three: Three) -> None:
    await widen(three)
    ada, bob, cleo = three.ada, three.bob, three.cleo
    for somebody in (ada, cleo):
        await somebody.post("/api/v1/tags/pumps/follow")
    await ada.post(f"/api/v1/accounts/{bob.id}/mute")
    post = await said(three, bob, "#pumps")
    assert await home(ada) == [] and await home(cleo) == [post]
    await bob.post(f"/api/v1/accounts/{cleo.id}/block")
    assert await home(cleo) == [], "whom one never followed leaves as well"
    await said(three, bob, "#pumps again")
    assert await home(cleo) == [] and await home(ada) == []
    zoe = await three.app.deps.db.write(world.make_remote, "zoe")
    await ada.post("/api/v1/domain_blocks", domain="far.example")
    await three.app.deps.db.write(far, three.app.deps.urls, zoe, 1)
    assert await home(ada) == [] and len(await home(cleo)) == 1
    await cleo.post("/api/v1/domain_blocks", domain="far.example")
    assert await home(cleo) == [], "and what came before leaves"


async def test_an_exclusive_list_wins_over_a_hashtag(three: Three) -> None:
    await widen(three)
    ada, bob = three.ada, three.bob
    await ada.post("/api/v1/tags/pumps/follow")
    await ada.post(f"/api/v1/accounts/{bob.id}/follow")
    made = await ada.post("/api/v1/lists", title="Pumps", exclusive=True)
    await ada.post(f"/api/v1/lists/{made['id']}/accounts", account_ids=[str(bob.id)])
    post = await said(three, bob, "#pumps")
    assert await home(ada) == []
    assert [item["id"] for item in await ada.get(f"/api/v1/timelines/list/{made['id']}")] == [post]


@pytest.mark.serves("POST /api/v1/featured_tags", "GET /api/v1/featured_tags", "DELETE /api/v1/featured_tags/:id")
@pytest.mark.serves("GET /api/v1/accounts/:id/featured_tags", "GET /api/v1/featured_tags/suggestions")
@pytest.mark.serves("POST /api/v1/tags/:id/feature", "POST /api/v1/tags/:id/unfeature")
async def test_hashtags_on_a_profile(three: Three) -> None:
    ada, bob = three.ada, three.bob
    for text in ("#pumps", "#Pumps #valves", "#pipes"):
        await said(three, ada, text)
    await said(three, ada, "#pipes #secret", visibility="private")
    assert [one["name"] for one in await ada.get("/api/v1/featured_tags/suggestions")] == ["pumps", "valves", "pipes"]
    made = await ada.post("/api/v1/featured_tags", name="#Pumps")
    assert made == {
        "id": made["id"], "name": "Pumps", "url": "https://home.example/tags/Pumps", "statuses_count": "2",
        "last_status_at": "2026-03-01",
    }  # fmt: skip
    assert await ada.post("/api/v1/featured_tags", name="pumps") == made, "twice is once"
    never = await ada.post("/api/v1/featured_tags", name="never")
    assert (never["statuses_count"], never["last_status_at"]) == ("0", None)
    assert await ada.get("/api/v1/featured_tags") == [made, never]
    assert (await three.nobody.get(f"/api/v1/accounts/{ada.id}/featured_tags")).json() == [made, never]
    assert await bob.get("/api/v1/featured_tags") == []
    assert (await three.nobody.get("/api/v1/accounts/77/featured_tags")).status_code == 404
    assert [one["name"] for one in await ada.get("/api/v1/featured_tags/suggestions")] == ["valves", "pipes"]
    assert (await ada.post("/api/v1/tags/valves/feature"))["featuring"] is True
    assert (await ada.get("/api/v1/tags/valves"))["featuring"] is True
    assert (await ada.post("/api/v1/tags/valves/unfeature"))["featuring"] is False
    assert (await bob.http.delete(f"/api/v1/featured_tags/{made['id']}")).status_code == 404
    assert (await ada.http.delete(f"/api/v1/featured_tags/{made['id']}")).json() == {}
    assert await ada.get("/api/v1/featured_tags") == [never]
    for name in ("", "12", "two words"):
        answer = await ada.http.post("/api/v1/featured_tags", json={"name": name})
        assert (answer.status_code, answer.json()["error"]) == (422, "Validation failed: Tag is invalid"), name
    for number in range(9):
        await ada.post("/api/v1/featured_tags", name=f"tag{number}")
    full = await ada.http.post("/api/v1/featured_tags", json={"name": "more"})
    assert full.status_code == 422 and "maximum number of hashtags" in full.json()["error"]


async def test_any_all_and_none_of_several(three: Three) -> None:
    await widen(three)
    one = await said(three, three.bob, "#pumps #valves")
    two = await said(three, three.bob, "#Pumps")
    three_ = await said(three, three.bob, "#pipes")

    async def shown(**query: Any) -> list[str]:
        return [item["id"] for item in await three.ada.get("/api/v1/timelines/tag/PUMPS", **query)]

    assert await shown() == [two, one]
    assert await shown(**{"any[]": ["Pipes"]}) == [three_, two, one]
    assert await shown(**{"all[]": ["valves"]}) == [one]
    assert await shown(**{"none[]": ["valves"]}) == [two]


async def test_search_says_how_one_stands_to_a_hashtag(three: Three) -> None:
    await widen(three)
    await said(three, three.bob, "#pumps")
    await three.ada.post("/api/v1/tags/pumps/follow")
    found = (await three.ada.get("/api/v2/search", q="#pum"))["hashtags"]
    assert [(one["name"], one["following"]) for one in found] == [("pumps", True)]
    assert (await three.bob.get("/api/v2/search", q="#pum"))["hashtags"][0]["following"] is False
