"""Whom one doesn't want to hear, and whom one shows: mutes, muted threads, hidden domains, endorsements, pins."""

from __future__ import annotations

from typing import Any

import pytest

from fedicert.base.clock import FrozenClock
from fedicert.operations import boosts, mutes
from tests import world
from tests.web.client_api.conftest import Three
from tests.web.client_api.people import Person

HOME = "/api/v1/timelines/home"


async def follow(somebody: Person, *others: Person) -> None:
    for other in others:
        await somebody.post(f"/api/v1/accounts/{other.id}/follow")


async def said(three: Three, somebody: Person, text: str, **more: Any) -> str:
    post = await somebody.say(text, **more)
    await three.app.deps.db.write(world.fan_out)
    return str(post["id"])


async def ids(somebody: Person, path: str, **query: Any) -> list[str]:
    return [item["id"] for item in await somebody.get(path, **query)]


async def between(somebody: Person, other: int) -> dict[str, Any]:
    return dict((await somebody.get("/api/v1/accounts/relationships", id=other))[0])


@pytest.mark.serves("POST /api/v1/accounts/:id/mute", "POST /api/v1/accounts/:id/unmute", "GET /api/v1/mutes")
async def test_muting_somebody(three: Three) -> None:
    await three.run("UPDATE tiers SET visibility = 'listed'")
    ada, bob, cleo = three.ada, three.bob, three.cleo
    await follow(ada, bob, cleo)
    root = await said(three, ada, "#pumps mine")
    theirs = await said(three, bob, "#pumps", in_reply_to_id=root)
    own = await said(three, bob, "Bob's")
    boost = str(await three.app.deps.db.write(boosts.reblog, three.app.deps.urls, cleo.id, int(own)))
    await three.app.deps.db.write(world.fan_out)
    assert await ids(ada, HOME) == [boost, own, theirs, root]
    now = await ada.post(f"/api/v1/accounts/{bob.id}/mute")
    assert (now["muting"], now["muting_notifications"], now["muting_expires_at"]) == (True, True, None)
    assert now["following"] is True, "a mute ends no follow"
    assert await ids(ada, HOME) == [root], "nor do others' boosts of them come through"
    assert await ids(ada, "/api/v1/timelines/public", local=True) == [root]
    assert await ids(ada, "/api/v1/timelines/tag/pumps") == [root]
    assert (await ada.get(f"/api/v1/statuses/{root}/context"))["descendants"] == []
    assert await ids(ada, f"/api/v1/accounts/{bob.id}/statuses") == [own, theirs], "who looks somebody up sees them"
    assert await ids(cleo, "/api/v1/timelines/public", local=True) == [own, root]
    before = len(await ada.get("/api/v1/notifications"))
    await said(three, bob, "@ada hello")
    await bob.post(f"/api/v1/statuses/{root}/favourite")
    assert len(await ada.get("/api/v1/notifications")) == before
    assert await ids(ada, HOME) == [root]
    assert (await between(bob, ada.id))["muting"] is False, "and the muted learn nothing of it"
    (muted,) = await ada.get("/api/v1/mutes")
    assert (muted["acct"], muted["mute_expires_at"]) == ("bob", None)
    assert (await ada.post(f"/api/v1/accounts/{bob.id}/unmute"))["muting"] is False
    assert own in await ids(ada, HOME) and await ada.get("/api/v1/mutes") == []
    assert (await ada.http.post(f"/api/v1/accounts/{ada.id}/mute")).status_code == 422
    assert (await ada.http.post("/api/v1/accounts/77/mute")).status_code == 404


async def test_a_mute_for_a_while_that_lets_notifications_through(three: Three, clock: FrozenClock) -> None:
    ada, bob = three.ada, three.bob
    await follow(ada, bob)
    post = await said(three, bob, "Hello")
    now = await ada.post(f"/api/v1/accounts/{bob.id}/mute", duration=60, notifications=False)
    assert (now["muting_notifications"], now["muting_expires_at"]) == (False, "2026-03-01T12:01:00.000Z")
    assert (await ada.get("/api/v1/mutes"))[0]["mute_expires_at"] == "2026-03-01T12:01:00.000Z"
    await said(three, bob, "@ada hello")
    assert [one["type"] for one in await ada.get("/api/v1/notifications")] == ["mention"]
    job = await three.value("SELECT due FROM jobs WHERE kind = 'unmute'")
    clock.advance(59_999)
    await three.app.deps.db.write(mutes.lapse, ada.id, bob.id)
    assert (await between(ada, bob.id))["muting"] is True
    clock.advance(1)
    assert clock.now() == job
    await three.app.deps.db.write(mutes.lapse, ada.id, bob.id)
    assert (await between(ada, bob.id))["muting"] is False
    assert post in await ids(ada, HOME), "what they said meanwhile comes back"


@pytest.mark.serves("POST /api/v1/statuses/:id/mute", "POST /api/v1/statuses/:id/unmute")
async def test_muting_a_thread(three: Three) -> None:
    ada, bob, cleo = three.ada, three.bob, three.cleo
    root = await said(three, ada, "Root")
    answer = await said(three, bob, "@ada", in_reply_to_id=root)
    other = await said(three, ada, "Something else")
    assert (await ada.post(f"/api/v1/statuses/{answer}/mute"))["muted"] is True
    assert (await ada.get(f"/api/v1/statuses/{root}"))["muted"] is True, "the whole thread is"
    assert (await ada.get(f"/api/v1/statuses/{other}"))["muted"] is False
    assert (await bob.get(f"/api/v1/statuses/{root}"))["muted"] is False
    later = await said(three, cleo, "@ada", in_reply_to_id=answer)
    await cleo.post(f"/api/v1/statuses/{root}/favourite")
    await cleo.post(f"/api/v1/statuses/{other}/favourite")
    told = await ada.get("/api/v1/notifications")
    assert [(one["type"], one["status"]["id"]) for one in told] == [("favourite", other), ("mention", answer)]
    assert (await ada.get(f"/api/v1/statuses/{later}"))["muted"] is True
    assert (await ada.post(f"/api/v1/statuses/{later}/unmute"))["muted"] is False
    assert (await ada.get(f"/api/v1/statuses/{root}"))["muted"] is False
    await said(three, bob, "@ada again", in_reply_to_id=later)
    assert (await ada.get("/api/v1/notifications"))[0]["type"] == "mention"


@pytest.mark.serves("GET /api/v1/domain_blocks", "POST /api/v1/domain_blocks", "DELETE /api/v1/domain_blocks")
@pytest.mark.serves("GET /api/v1/domain_blocks/preview")
async def test_hiding_a_domain(three: Three) -> None:
    ada, db, urls = three.ada, three.app.deps.db, three.app.deps.urls
    zoe, yan = [await db.write(world.make_remote, name) for name in ("zoe", "yan")]
    await db.write(world.admit, zoe, ada.id)
    await db.write(world.admit, ada.id, yan)
    assert await ada.get("/api/v1/domain_blocks/preview", domain="far.example") == {
        "following_count": 1,
        "followers_count": 1,
    }
    assert await ada.post("/api/v1/domain_blocks", domain=" FAR.example ") == {}
    await ada.http.post("/api/v1/domain_blocks", params={"domain": "other.example"})
    page = await ada.http.get("/api/v1/domain_blocks", params={"limit": 1})
    assert page.json() == ["other.example"]
    assert (await ada.http.get(page.links["next"]["url"])).json() == ["far.example"]
    assert (await between(ada, zoe))["domain_blocking"] is True
    while await db.write(mutes.sever_domain, urls, ada.id, "far.example"):
        pass
    for other in (zoe, yan):
        now = await between(ada, other)
        assert (now["following"], now["followed_by"]) == (False, False)
    # A follow from there is answered, with a Reject.
    from fedicert.operations import follows

    assert await db.write(follows.receive_follow, urls, yan, ada.id, "https://far.example/f/1") == "refused"
    assert len(await db.read(world.sent, "Reject")) == 2
    for wrong in ("", "not a domain", "home.example", "http://far.example/"):
        answer = await ada.http.post("/api/v1/domain_blocks", json={"domain": wrong})
        assert answer.status_code == 422 and answer.json()["error"].startswith("Validation failed: Domain"), wrong
    gone = await ada.http.request("DELETE", "/api/v1/domain_blocks", json={"domain": "far.example"})
    assert gone.json() == {} and await ada.get("/api/v1/domain_blocks") == ["other.example"]
    assert (await between(ada, zoe))["domain_blocking"] is False
    assert await three.bob.get("/api/v1/domain_blocks") == []


@pytest.mark.serves("POST /api/v1/accounts/:id/endorse", "POST /api/v1/accounts/:id/unendorse")
@pytest.mark.serves("POST /api/v1/accounts/:id/pin", "POST /api/v1/accounts/:id/unpin")
@pytest.mark.serves("GET /api/v1/endorsements", "GET /api/v1/accounts/:id/endorsements")
async def test_showing_people_on_ones_profile(three: Three) -> None:
    ada, bob, cleo = three.ada, three.bob, three.cleo
    stranger = await ada.http.post(f"/api/v1/accounts/{bob.id}/endorse")
    assert stranger.status_code == 422 and "already following" in stranger.json()["error"]
    await follow(ada, bob, cleo)
    assert (await ada.post(f"/api/v1/accounts/{bob.id}/endorse"))["endorsed"] is True
    assert (await ada.post(f"/api/v1/accounts/{cleo.id}/pin"))["endorsed"] is True
    assert await ids(ada, "/api/v1/endorsements") == [str(cleo.id), str(bob.id)]
    shown = await three.nobody.get(f"/api/v1/accounts/{ada.id}/endorsements", params={"limit": 1})
    assert [one["acct"] for one in shown.json()] == ["cleo"]
    assert [one["acct"] for one in (await three.nobody.get(shown.links["next"]["url"])).json()] == ["bob"]
    assert (await ada.post(f"/api/v1/accounts/{cleo.id}/unpin"))["endorsed"] is False
    assert await ids(ada, "/api/v1/endorsements") == [str(bob.id)]
    await ada.post(f"/api/v1/accounts/{bob.id}/unfollow")
    assert await ids(ada, "/api/v1/endorsements") == [], "whom one follows no longer isn't shown"
    assert (await ada.post(f"/api/v1/accounts/{bob.id}/unendorse"))["endorsed"] is False
    assert (await three.nobody.get("/api/v1/accounts/77/endorsements")).status_code == 404


@pytest.mark.serves("GET /api/v1/accounts/familiar_followers")
async def test_familiar_followers(three: Three) -> None:
    ada, bob, cleo = three.ada, three.bob, three.cleo
    await follow(ada, bob)
    await follow(bob, cleo)
    asked = {"id[]": [str(cleo.id), str(bob.id), "77"]}
    found = await ada.get("/api/v1/accounts/familiar_followers", **asked)
    assert [(one["id"], [who["acct"] for who in one["accounts"]]) for one in found] == [
        (str(cleo.id), ["bob"]),
        (str(bob.id), []),
    ]
    await bob.http.patch("/api/v1/accounts/update_credentials", json={"hide_collections": True})
    found = await ada.get("/api/v1/accounts/familiar_followers", **asked)
    assert [one["accounts"] for one in found] == [[], []], "who hides whom they follow is named nowhere"
    assert await ada.get("/api/v1/accounts/familiar_followers") == []


@pytest.mark.serves("POST /api/v1/statuses/:id/pin", "POST /api/v1/statuses/:id/unpin")
async def test_pinned_posts(three: Three) -> None:
    ada, bob, db = three.ada, three.bob, three.app.deps.db
    zoe = await db.write(world.make_remote, "zoe")
    await db.write(world.admit, zoe, ada.id)
    posts = [await said(three, ada, f"Post {number}", visibility="unlisted") for number in range(6)]
    assert (await ada.post(f"/api/v1/statuses/{posts[0]}/pin"))["pinned"] is True
    assert (await ada.post(f"/api/v1/statuses/{posts[0]}/pin"))["pinned"] is True
    await db.write(world.fan_out)
    assert len(await db.read(world.sent, "Add")) == 1, "the audience is told, once"
    path = f"/api/v1/accounts/{ada.id}/statuses"
    assert [item["id"] for item in (await three.nobody.get(path, params={"pinned": True})).json()] == [posts[0]]
    document = await three.nobody.get(
        "/users/ada/collections/featured", headers={"accept": "application/activity+json"}
    )
    assert [item["id"].rsplit("/")[-1] for item in document.json()["orderedItems"]] == [posts[0]]
    private = await said(three, ada, "For followers", visibility="private")
    assert (await ada.post(f"/api/v1/statuses/{private}/pin"))["pinned"] is True
    await db.write(world.fan_out)
    assert len(await db.read(world.sent, "Add")) == 1, "what isn't for everybody isn't in the collection"
    for post in posts[1:4]:
        await ada.post(f"/api/v1/statuses/{post}/pin")
    direct = await said(three, ada, "@bob", visibility="direct")
    theirs = await said(three, bob, "Bob's")
    boost = (await ada.post(f"/api/v1/statuses/{theirs}/reblog"))["id"]
    sentences = {
        posts[5]: "already pinned the maximum number", direct: "only visible to mentioned users",
        theirs: "Someone else's post", boost: "A boost cannot be pinned",
    }  # fmt: skip
    for post, sentence in sentences.items():
        answer = await ada.http.post(f"/api/v1/statuses/{post}/pin")
        assert answer.status_code == 422 and sentence in answer.json()["error"], answer.text
    assert (await ada.http.post("/api/v1/statuses/77/pin")).status_code == 404
    assert (await ada.post(f"/api/v1/statuses/{posts[0]}/unpin"))["pinned"] is False
    await db.write(world.fan_out)
    assert len(await db.read(world.sent, "Remove")) == 1
    await ada.http.delete(f"/api/v1/statuses/{posts[1]}")
    assert (await ada.post(f"/api/v1/statuses/{posts[5]}/pin"))["pinned"] is True, "a deleted one takes no place"
