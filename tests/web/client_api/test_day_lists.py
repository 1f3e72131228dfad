"""Lists over HTTP: made, filled, read; exclusive ones keep their members off the home; nobody else has any of it."""

from __future__ import annotations

from typing import Any

import pytest

from fedicert.operations import boosts
from tests import world
from tests.web.client_api.conftest import Three
from tests.web.client_api.people import Person


async def follow(somebody: Person, *others: Person) -> None:
    for other in others:
        assert (await somebody.post(f"/api/v1/accounts/{other.id}/follow"))["following"] is True


async def said(three: Three, somebody: Person, text: str, **more: Any) -> str:
    post = await somebody.say(text, **more)
    await three.app.deps.db.write(world.fan_out)
    return str(post["id"])


async def ids(somebody: Person, path: str, **query: Any) -> list[str]:
    return [item["id"] for item in await somebody.get(path, **query)]


async def put(somebody: Person, path: str, **fields: Any) -> Any:
    answer = await somebody.http.put(path, json=fields)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def make(somebody: Person, title: str, *members: Person, **more: Any) -> str:
    made = await somebody.post("/api/v1/lists", title=title, **more)
    await somebody.post(f"/api/v1/lists/{made['id']}/accounts", account_ids=[str(one.id) for one in members])
    return str(made["id"])


@pytest.mark.serves(
    "POST /api/v1/lists", "GET /api/v1/lists", "GET /api/v1/lists/:id", "PUT /api/v1/lists/:id",
    "DELETE /api/v1/lists/:id",
)  # fmt: skip
async def test_a_list_is_made_changed_and_deleted(three: Three) -> None:
    ada, bob = three.ada, three.bob
    made = await ada.post("/api/v1/lists", title="  Friends  ")
    assert made == {"id": made["id"], "title": "Friends", "replies_policy": "list", "exclusive": False}
    changed = await put(ada, f"/api/v1/lists/{made['id']}", replies_policy="none", exclusive="true")
    assert changed == {**made, "replies_policy": "none", "exclusive": True}
    assert await ada.get("/api/v1/lists") == [changed] and await ada.get(f"/api/v1/lists/{made['id']}") == changed
    assert await bob.get("/api/v1/lists") == []
    for method, path in (("GET", ""), ("PUT", ""), ("DELETE", ""), ("GET", "/accounts"), ("POST", "/accounts")):
        answer = await bob.http.request(method, f"/api/v1/lists/{made['id']}{path}", json={"title": "mine"})
        assert (answer.status_code, answer.json()) == (404, {"error": "Record not found"}), (method, path)
    assert (await ada.http.delete(f"/api/v1/lists/{made['id']}")).json() == {}
    assert await ada.get("/api/v1/lists") == []


async def test_what_a_list_refuses(three: Three) -> None:
    ada, bob = three.ada, three.bob
    blank = await ada.http.post("/api/v1/lists", json={"title": " "})
    assert (blank.status_code, blank.json()["error"]) == (422, "Validation failed: Title can't be blank")
    policy = await ada.http.post("/api/v1/lists", json={"title": "x", "replies_policy": "some"})
    assert policy.status_code == 422 and "Replies policy is not included in the list" in policy.json()["error"]
    made = (await ada.post("/api/v1/lists", title="Friends"))["id"]
    path = f"/api/v1/lists/{made}/accounts"
    stranger = await ada.http.post(path, json={"account_ids": [str(bob.id)]})
    assert stranger.status_code == 422
    assert stranger.json()["error"] == "Validation failed: Account must be a followed account"
    for unknown in ("77", "nobody", ""):
        answer = await ada.http.post(path, json={"account_ids": [str(ada.id), unknown]})
        assert answer.status_code == (404 if unknown else 200), unknown
    assert await ids(ada, path) == [str(ada.id)], "an unknown one leaves nothing behind"
    await three.run("UPDATE lists SET owner = owner")
    for number in range(49):
        await ada.post("/api/v1/lists", title=f"List {number}")
    full = await ada.http.post("/api/v1/lists", json={"title": "One more"})
    assert (full.status_code, "maximum number of lists" in full.json()["error"]) == (422, True)


@pytest.mark.serves(
    "GET /api/v1/lists/:id/accounts", "POST /api/v1/lists/:id/accounts", "DELETE /api/v1/lists/:id/accounts",
    "GET /api/v1/accounts/:id/lists",
)  # fmt: skip
async def test_who_is_on_a_list(three: Three) -> None:
    ada, bob, cleo = three.ada, three.bob, three.cleo
    await follow(ada, bob, cleo)
    made = await make(ada, "Friends", bob, cleo)
    path = f"/api/v1/lists/{made}/accounts"
    await ada.post(path, account_ids=[str(bob.id)])  # again: no error
    assert await ids(ada, path) == [str(cleo.id), str(bob.id)]
    assert await ids(ada, path, limit=0) == [str(cleo.id), str(bob.id)]
    first = await ada.http.get(path, params={"limit": 1})
    assert [one["acct"] for one in first.json()] == ["cleo"]
    rest = await ada.http.get(first.links["next"]["url"])
    assert [one["acct"] for one in rest.json()] == ["bob"]
    assert await ids(ada, f"/api/v1/accounts/{bob.id}/lists") == [made]
    assert await ids(bob, f"/api/v1/accounts/{bob.id}/lists") == []
    assert (await ada.http.get("/api/v1/accounts/77/lists")).status_code == 404
    gone = await ada.http.request("DELETE", path, data={"account_ids[]": [str(bob.id)]})
    assert gone.json() == {} and await ids(ada, path) == [str(cleo.id)]
    # Whom one follows no longer is on no list.
    await ada.post(f"/api/v1/accounts/{cleo.id}/unfollow")
    assert await ids(ada, path) == []


@pytest.mark.serves("GET /api/v1/timelines/list/:list_id")
async def test_a_list_has_a_timeline(three: Three) -> None:
    ada, bob, cleo = three.ada, three.bob, three.cleo
    early = await said(three, bob, "Before", visibility="private")
    await follow(ada, bob, cleo)
    made = await make(ada, "Friends", bob)
    path = f"/api/v1/timelines/list/{made}"
    assert await ids(ada, path) == [early], "what was said before comes with who is put on the list"
    now = await said(three, bob, "Now")
    other = await said(three, cleo, "Somebody else")
    boost = await three.app.deps.db.write(boosts.reblog, three.app.deps.urls, bob.id, int(other))
    await three.app.deps.db.write(world.fan_out)
    assert await ids(ada, path) == [str(boost), now, early]
    assert (await ada.get(path))[0]["reblog"]["id"] == other
    assert await ids(ada, "/api/v1/timelines/home") == [str(boost), other, now, early]
    first = await ada.http.get(path, params={"limit": 2})
    assert [item["id"] for item in first.json()] == [str(boost), now]
    assert [item["id"] for item in (await ada.http.get(first.links["next"]["url"])).json()] == [early]
    assert await ids(ada, path, min_id=early, limit=1) == [now]
    for elsewhere in (bob, cleo):
        assert (await elsewhere.http.get(path)).status_code == 404
    # Blocked people, and boosts of them, are seen nowhere.
    await cleo.post(f"/api/v1/accounts/{ada.id}/block")
    assert await ids(ada, path) == [now, early]
    await bob.post(f"/api/v1/accounts/{ada.id}/block")
    assert await ids(ada, path) == []


async def test_an_exclusive_list_keeps_its_members_off_the_home(three: Three) -> None:
    ada, bob, cleo = three.ada, three.bob, three.cleo
    await follow(ada, bob, cleo)
    before = await said(three, bob, "Before")
    theirs = await said(three, cleo, "From Cleo")
    made = await make(ada, "Loud", bob, exclusive=True)
    home, path = "/api/v1/timelines/home", f"/api/v1/timelines/list/{made}"
    assert await ids(ada, home) == [theirs] and await ids(ada, path) == [before]
    after = await said(three, bob, "After")
    mine = await said(three, ada, "Mine")
    assert await ids(ada, home) == [mine, theirs] and await ids(ada, path) == [after, before]
    await put(ada, f"/api/v1/lists/{made}", exclusive=False)
    assert await ids(ada, home) == [mine, after, theirs, before]
    await put(ada, f"/api/v1/lists/{made}", exclusive=True)
    assert await ids(ada, home) == [mine, theirs]
    await ada.http.request("DELETE", f"/api/v1/lists/{made}/accounts", json={"account_ids": [str(bob.id)]})
    assert await ids(ada, home) == [mine, after, theirs, before] and await ids(ada, path) == []
    await ada.post(f"/api/v1/lists/{made}/accounts", account_ids=[str(bob.id)])
    assert await ids(ada, home) == [mine, theirs]
    await ada.http.delete(f"/api/v1/lists/{made}")
    assert await ids(ada, home) == [mine, after, theirs, before]
    assert await three.value("SELECT COUNT(*) FROM list_feed") == 0


async def test_replies_policies(three: Three) -> None:
    ada, bob, cleo = three.ada, three.bob, three.cleo
    await follow(ada, bob, cleo)
    lists = {policy: await make(ada, policy, bob, replies_policy=policy) for policy in ("none", "list", "followed")}
    mine = await said(three, ada, "Mine")
    theirs = await said(three, cleo, "Cleo's")
    to_me = await said(three, bob, "To Ada", in_reply_to_id=mine)
    to_cleo = await said(three, bob, "To Cleo", in_reply_to_id=theirs)
    to_bob = await said(three, bob, "More", in_reply_to_id=to_cleo)
    shown = {policy: await ids(ada, f"/api/v1/timelines/list/{made}") for policy, made in lists.items()}
    assert shown == {"none": [to_bob, to_me], "list": [to_bob, to_me], "followed": [to_bob, to_cleo, to_me]}
    await ada.post(f"/api/v1/lists/{lists['list']}/accounts", account_ids=[str(cleo.id)])
    again = await said(three, bob, "To Cleo again", in_reply_to_id=theirs)
    assert (await ids(ada, f"/api/v1/timelines/list/{lists['list']}"))[0] == again


async def test_somebody_may_be_on_their_own_list(three: Three) -> None:
    ada = three.ada
    made = await make(ada, "Me", ada, exclusive=True)
    mine = await said(three, ada, "Mine")
    assert await ids(ada, f"/api/v1/timelines/list/{made}") == [mine]
    assert await ids(ada, "/api/v1/timelines/home") == [mine], "oneself is always at home"
    await ada.http.delete(f"/api/v1/statuses/{mine}")
    assert await three.value("SELECT COUNT(*) FROM list_feed") == 0


async def test_lists_go_with_their_owner(three: Three) -> None:
    from fedicert.operations import people

    ada, bob = three.ada, three.bob
    await follow(ada, bob)
    await make(ada, "Friends", bob)
    await said(three, bob, "Hello")
    await three.app.deps.db.write(people.delete_account, three.app.deps.urls, "ada")
    for table in ("lists", "list_members", "list_feed"):
        assert await three.value(f"SELECT COUNT(*) FROM {table}") == 0, table
