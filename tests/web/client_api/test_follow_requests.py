"""The line and the owner's word over HTTP: who waits, who is let in, and that the cap stands."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests import world
from tests.web.client_api.conftest import Three
from tests.web.client_api.people import Person, person


@pytest.fixture
async def dan(three: Three) -> AsyncIterator[Person]:
    dan = await person(three.app, "dan")
    yield dan
    await dan.http.aclose()


async def cap(three: Three, followers: int) -> None:
    await three.run("UPDATE tiers SET followers = $1 WHERE position = 0", followers)


async def lock(somebody: Person, locked: bool) -> None:
    answer = await somebody.http.patch("/api/v1/accounts/update_credentials", json={"locked": locked})
    assert answer.status_code == 200, answer.text


async def follow(somebody: Person, other: Person) -> tuple[bool, bool]:
    now = await somebody.post(f"/api/v1/accounts/{other.id}/follow")
    return now["following"], now["requested"]


async def line(somebody: Person) -> list[str]:
    return [one["acct"] for one in await somebody.get("/api/v1/follow_requests")]


@pytest.mark.serves("GET /api/v1/follow_requests", "POST /api/v1/follow_requests/:account_id/authorize")
async def test_the_owner_of_a_locked_account_picks(three: Three, dan: Person) -> None:
    ada, bob, cleo = three.ada, three.bob, three.cleo
    await lock(ada, True)
    assert await follow(bob, ada) == (False, True)
    assert await follow(cleo, ada) == (False, True)
    assert await line(ada) == ["bob", "cleo"]
    assert await line(bob) == []
    assert (await ada.get("/api/v1/accounts/verify_credentials"))["source"]["follow_requests_count"] == 2
    assert (await ada.get("/api/v1/accounts/relationships", id=bob.id))[0]["requested_by"] is True
    assert (await dan.get(f"/api/v1/accounts/{ada.id}"))["followers_count"] == 0
    now = await ada.post(f"/api/v1/follow_requests/{cleo.id}/authorize")
    assert (now["followed_by"], now["requested_by"]) == (True, False)
    assert await line(ada) == ["bob"]
    assert (await cleo.get("/api/v1/accounts/relationships", id=ada.id))[0]["following"] is True
    answer = await ada.http.post(f"/api/v1/follow_requests/{cleo.id}/authorize")
    assert answer.status_code == 200, "who was let in a moment ago is in"
    assert await line(ada) == ["bob"]


@pytest.mark.serves("POST /api/v1/follow_requests/:account_id/reject")
async def test_sending_somebody_away(three: Three) -> None:
    await lock(three.ada, True)
    await follow(three.bob, three.ada)
    now = await three.ada.post(f"/api/v1/follow_requests/{three.bob.id}/reject")
    assert (now["followed_by"], now["requested_by"]) == (False, False)
    assert (await three.bob.get("/api/v1/accounts/relationships", id=three.ada.id))[0]["requested"] is False
    assert (await three.ada.http.post(f"/api/v1/follow_requests/{three.bob.id}/reject")).status_code == 404


async def test_beyond_the_cap_one_waits_and_nobody_is_told(three: Three, dan: Person) -> None:
    ada, bob, cleo = three.ada, three.bob, three.cleo
    await cap(three, 1)
    assert await follow(bob, ada) == (True, False)
    assert await follow(cleo, ada) == (False, True)
    assert await follow(dan, ada) == (False, True)
    assert await line(ada) == ["cleo", "dan"]
    assert [one["account"]["acct"] for one in await ada.get("/api/v1/notifications")] == ["bob"]
    assert [one["acct"] for one in await cleo.get(f"/api/v1/accounts/{ada.id}/followers")] == ["bob"]
    refused = await ada.http.post(f"/api/v1/follow_requests/{dan.id}/authorize")
    assert refused.status_code == 422
    assert refused.json()["error"].startswith("Your audience is full (1 of 1).")
    assert await line(ada) == ["cleo", "dan"]
    assert (await dan.get("/api/v1/accounts/relationships", id=ada.id))[0]["requested"] is True
    await ada.post(f"/api/v1/accounts/{bob.id}/remove_from_followers")
    now = await ada.post(f"/api/v1/follow_requests/{dan.id}/authorize")
    assert now["followed_by"] is True
    assert await line(ada) == ["cleo"]


async def test_the_line_stands_in_the_order_of_admission_and_has_pages(three: Three, dan: Person) -> None:
    ada = three.ada
    await cap(three, 1)
    far = await three.app.deps.db.write(world.make_remote, "zoe")
    await three.app.deps.db.write(world.admit, far, ada.id)
    for somebody in (three.bob, three.cleo, dan):
        await follow(somebody, ada)
    await ada.post(f"/api/v1/accounts/{three.cleo.id}/follow")
    await three.run("UPDATE follows SET was_trimmed = 1 WHERE follower = $1", dan.id)
    assert await line(ada) == ["dan", "cleo", "bob"]
    seen = []
    answer = await ada.http.get("/api/v1/follow_requests?limit=1")
    while answer.json():
        seen += [one["acct"] for one in answer.json()]
        before, answer = answer, await ada.http.get(answer.links["next"]["url"])
    assert seen == ["dan", "cleo", "bob"]
    back = await ada.http.get(before.links["prev"]["url"])
    assert [one["acct"] for one in back.json()] == ["cleo"]


async def test_unlocking_lets_the_line_move_as_far_as_there_are_slots(three: Three, dan: Person) -> None:
    ada, bob, cleo = three.ada, three.bob, three.cleo
    await cap(three, 2)
    await lock(ada, True)
    for somebody in (bob, cleo, dan):
        await follow(somebody, ada)
    assert [one["type"] for one in await ada.get("/api/v1/notifications")] == ["follow_request"] * 3
    await lock(ada, False)
    await three.app.work.worker.drain()
    followers = [one["acct"] for one in await dan.get(f"/api/v1/accounts/{ada.id}/followers")]
    assert followers == ["cleo", "bob"]
    assert await line(ada) == ["dan"]
    assert (await dan.get("/api/v1/accounts/relationships", id=ada.id))[0]["requested"] is True
    told = [(one["type"], one["account"]["acct"]) for one in await ada.get("/api/v1/notifications")]
    # That her audience is full she hears a little later: more may come in the same go.
    assert told == [("follow", "cleo"), ("follow", "bob")]
    kinds = [kind for kind in await three.app.deps.db.read(world.told, ada.id) if kind in ("held", "released")]
    assert kinds == ["held"] * 3 + ["released"] * 2
