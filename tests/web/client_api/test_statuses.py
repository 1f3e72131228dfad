"""Posts and timelines over HTTP, called as two users: what changed, what is refused and in which words."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import msgspec
import pytest

from fedicert.web.plumbing.app import App
from tests import world
from tests.web import site
from tests.web.client_api.people import Person, client_of, person

NOWHERE = 1 << 40


class Two(msgspec.Struct, frozen=True):
    """Ada and Bob, Bob follows Ada; and somebody without a login."""

    ada: Person
    bob: Person
    nobody: httpx.AsyncClient


@pytest.fixture
async def two(app: App) -> AsyncIterator[Two]:
    account = await app.deps.db.read(_account, "ada")
    ada, bob = await person(app, "ada", account), await person(app, "bob")
    await app.deps.db.write(world.admit, bob.id, ada.id)
    await app.deps.db.write(_tier, "listed")
    async with site.client(app) as nobody:
        yield Two(ada, bob, nobody)
    await ada.http.aclose()
    await bob.http.aclose()


async def _account(reader: Any, name: str) -> int:
    return int(await reader.value("SELECT id FROM accounts WHERE username = $1 AND domain = ''", name))


async def _tier(tx: Any, visibility: str) -> None:
    await tx.run("UPDATE tiers SET visibility = $1", visibility)


async def refused(client: httpx.AsyncClient, method: str, path: str, code: int, **fields: Any) -> dict[str, Any]:
    answer = await client.request(method, path, json=fields or None)
    assert answer.status_code == code, answer.text
    return dict(answer.json())


@pytest.mark.serves("POST /api/v1/statuses", "GET /api/v1/statuses/:id", "GET /api/v1/timelines/home")
async def test_a_post_shows_at_home_of_a_follower(app: App, two: Two) -> None:
    made = await two.ada.say("Hello @bob", spoiler_text="Careful", language="en")
    assert made["application"] == {"name": "A client", "website": None}
    assert made["favourited"] is False and made["filtered"] == [] and made["sensitive"] is True
    await app.deps.db.write(world.fan_out)
    assert [post["id"] for post in await two.bob.get("/api/v1/timelines/home")] == [made["id"]]
    assert await two.bob.get(f"/api/v1/statuses/{made['id']}") == made
    stranger = (await two.nobody.get(f"/api/v1/statuses/{made['id']}")).json()
    assert "favourited" not in stranger and stranger["content"] == made["content"]


@pytest.mark.parametrize("form", ["json", "urlencoded", "multipart", "query"])
async def test_every_form_of_a_body(two: Two, form: str) -> None:
    fields = {"status": "Hello", "visibility": "unlisted", "sensitive": "true"}
    how: dict[str, dict[str, Any]] = {
        "json": {"json": {**fields, "sensitive": True}},
        "urlencoded": {"data": fields},
        "multipart": {"files": {name: (None, value) for name, value in fields.items()}},
        "query": {"params": fields},
    }
    answer = await two.ada.http.post("/api/v1/statuses", **how[form])
    assert answer.status_code == 200, answer.text
    assert answer.json()["visibility"] == "unlisted" and answer.json()["sensitive"] is True


async def test_the_same_key_is_the_same_post(two: Two) -> None:
    headers = {"idempotency-key": "once"}
    made = [(await two.ada.http.post("/api/v1/statuses", json={"status": "x"}, headers=headers)).json() for _ in "ab"]
    assert made[0]["id"] == made[1]["id"]
    other = await two.bob.http.post("/api/v1/statuses", json={"status": "x"}, headers=headers)
    assert other.json()["id"] != made[0]["id"]
    assert len(await two.ada.get(f"/api/v1/accounts/{two.ada.id}/statuses")) == 1


async def test_what_cant_be_posted(two: Two) -> None:
    said = [
        ({"status": ""}, 422, "Validation failed: Text can't be blank"),
        ({"status": "x" * 501}, 422, "Validation failed: Text character limit of 500 exceeded"),
        ({"status": "x", "in_reply_to_id": NOWHERE}, 404, "trying to reply to does not appear to exist"),
        ({"status": "x", "in_reply_to_id": "abc"}, 404, "trying to reply to does not appear to exist"),
        ({"status": "x", "visibility": "loud"}, 422, "Visibility is not"),
        ({"status": "x", "media_ids": ["1"]}, 422, "Media 1 not found"),
        ({"status": "x", "scheduled_at": "2001-01-01T00:00:00Z"}, 422, "Scheduled at"),
        ({"status": "x", "poll": {"options": ["a", "b"]}}, 422, "Poll expires_in"),
        ({"status": "x", "quoted_status_id": "1"}, 404, "trying to quote"),
    ]
    for fields, status, sentence in said:
        answer = await refused(two.ada.http, "POST", "/api/v1/statuses", status, **fields)
        assert sentence in answer["error"], answer
    assert await two.ada.get(f"/api/v1/accounts/{two.ada.id}/statuses") == []


async def test_mentions_that_werent_meant(two: Two) -> None:
    answer = await refused(
        two.ada.http, "POST", "/api/v1/statuses", 422, status="Hi @bob", allowed_mentions=[str(two.ada.id)]
    )
    assert [account["username"] for account in answer["unexpected_accounts"]] == ["bob"]
    assert (await two.ada.say("Hi @bob", allowed_mentions=[str(two.bob.id)]))["mentions"][0]["username"] == "bob"


async def test_tokens_and_scopes(app: App, two: Two) -> None:
    made = await two.ada.say("Hello")
    assert (await refused(two.nobody, "POST", "/api/v1/statuses", 401))["error"] == "The access token is invalid"
    reading = await client_of(app, two.ada.id, frozenset({"read"}))
    answer = await refused(reading, "POST", "/api/v1/statuses", 403, status="x")
    assert answer["error"] == "This action is outside the authorized scopes"
    await refused(reading, "POST", f"/api/v1/statuses/{made['id']}/favourite", 403)
    await refused(reading, "DELETE", f"/api/v1/statuses/{made['id']}", 403)
    alone = await client_of(app, None, secret="an app's own")
    await refused(alone, "POST", "/api/v1/statuses", 422, status="x")
    assert (await alone.get("/api/v1/timelines/public")).status_code == 200
    bad = site.client(app, headers=site.bearer("no such token"))
    for path in ("timelines/public", "timelines/home", f"statuses/{made['id']}"):
        assert (await bad.get(f"/api/v1/{path}")).status_code == 401
    assert len(await two.ada.get(f"/api/v1/accounts/{two.ada.id}/statuses")) == 1


@pytest.mark.serves(
    "PUT /api/v1/statuses/:id", "GET /api/v1/statuses/:id/source", "GET /api/v1/statuses/:id/history",
)  # fmt: skip
async def test_an_edit_is_the_authors(two: Two) -> None:
    made = await two.ada.say("Frist", visibility="unlisted")
    path = f"/api/v1/statuses/{made['id']}"
    await refused(two.bob.http, "PUT", path, 404, status="Mine")
    edited = (await two.ada.http.put(path, json={"status": "First", "spoiler_text": "CW"})).json()
    assert edited["edited_at"] and edited["visibility"] == "unlisted" and "First" in edited["content"]
    assert await two.ada.get(path + "/source") == {"id": made["id"], "text": "First", "spoiler_text": "CW"}
    await refused(two.bob.http, "GET", path + "/source", 404)
    states = await two.bob.get(path + "/history")
    assert [state["content"] for state in states] == ["<p>Frist</p>", "<p>First</p>"]
    assert states[0]["created_at"] == made["created_at"] and states[0]["account"]["username"] == "ada"


@pytest.mark.serves("DELETE /api/v1/statuses/:id")
async def test_a_delete_gives_the_source_back(two: Two) -> None:
    made = await two.ada.say("Oops @bob")
    path = f"/api/v1/statuses/{made['id']}"
    await refused(two.bob.http, "DELETE", path, 404)
    gone = (await two.ada.http.delete(path)).json()
    assert gone["text"] == "Oops @bob" and gone["id"] == made["id"]
    for client in (two.ada.http, two.bob.http, two.nobody):
        assert (await refused(client, "GET", path, 404)) == {"error": "Record not found"}
    await refused(two.ada.http, "DELETE", path, 404)


@pytest.mark.parametrize(
    ("act", "undo", "flag", "count"),
    [
        ("favourite", "unfavourite", "favourited", "favourites_count"),
        ("reblog", "unreblog", "reblogged", "reblogs_count"),
        ("bookmark", "unbookmark", "bookmarked", ""),
    ],
)
@pytest.mark.serves(
    "POST /api/v1/statuses/:id/favourite", "POST /api/v1/statuses/:id/unfavourite",
    "POST /api/v1/statuses/:id/reblog", "POST /api/v1/statuses/:id/unreblog",
    "POST /api/v1/statuses/:id/bookmark", "POST /api/v1/statuses/:id/unbookmark",
)  # fmt: skip
async def test_acts_and_their_undoing(two: Two, act: str, undo: str, flag: str, count: str) -> None:
    made = await two.ada.say("Hello")
    path = f"/api/v1/statuses/{made['id']}"
    for _ in range(2):
        answer = await two.bob.post(f"{path}/{act}")
        shown = answer["reblog"] or answer
        assert shown[flag] is True and answer[flag] is True and shown["id"] == made["id"]
        assert not count or shown[count] == 1
    seen = await two.ada.get(path)
    assert seen[flag] is False and (not count or seen[count] == 1)
    for _ in range(2):
        answer = await two.bob.post(f"{path}/{undo}")
        assert answer["id"] == made["id"] and answer[flag] is False and (not count or answer[count] == 0)
    await refused(two.nobody, "POST", f"{path}/{act}", 401)
    await refused(two.bob.http, "POST", f"/api/v1/statuses/{NOWHERE}/{act}", 404)


async def test_posts_for_a_few_look_as_if_they_werent_there(app: App, two: Two) -> None:
    cleo = await person(app, "cleo")
    for visibility, seen_by in (("private", [two.ada, two.bob]), ("direct", [two.ada])):
        made = await two.ada.say("Psst", visibility=visibility)
        path = f"/api/v1/statuses/{made['id']}"
        unknown = await refused(cleo.http, "GET", f"/api/v1/statuses/{NOWHERE}", 404)
        for asking in (two.ada, two.bob, cleo):
            if asking in seen_by:
                await asking.get(path)
                continue
            for tail in ("", "/context", "/history", "/favourited_by", "/reblogged_by"):
                assert await refused(asking.http, "GET", path + tail, 404) == unknown
            for act in ("favourite", "reblog", "bookmark"):
                assert await refused(asking.http, "POST", f"{path}/{act}", 404) == unknown
        assert await cleo.get("/api/v1/statuses", **{"id[]": made["id"]}) == []
        shown = await cleo.get(f"/api/v1/accounts/{two.ada.id}/statuses")
        assert made["id"] not in [post["id"] for post in shown]
    private = next(p for p in await two.bob.get(f"/api/v1/accounts/{two.ada.id}/statuses"))
    await refused(two.bob.http, "POST", f"/api/v1/statuses/{private['id']}/reblog", 403)
    await cleo.http.aclose()


async def test_malformed_ids_are_unknown_ids(two: Two) -> None:
    for bad in ("abc", "0", "-1", "1e3", "99999999999999999999", "%00"):
        assert await refused(two.ada.http, "GET", f"/api/v1/statuses/{bad}", 404) == {"error": "Record not found"}


async def test_pages_and_their_links(two: Two) -> None:
    made = [(await two.ada.say(f"Post {n}"))["id"] for n in range(5)]
    answer = await two.ada.http.get("/api/v1/timelines/home", params={"limit": 2})
    assert [post["id"] for post in answer.json()] == [made[4], made[3]]
    assert answer.links["next"]["url"] == f"{site.BASE}/api/v1/timelines/home?limit=2&max_id={made[3]}"
    assert answer.links["prev"]["url"] == f"{site.BASE}/api/v1/timelines/home?limit=2&min_id={made[4]}"
    seen = [post["id"] for post in answer.json()]
    while "next" in answer.links:
        answer = await two.ada.http.get(answer.links["next"]["url"])
        seen += [post["id"] for post in answer.json()]
    assert seen == made[::-1] and answer.json() == [] and "link" not in answer.headers
    above = await two.ada.get("/api/v1/timelines/home", min_id=made[0], limit=2)
    assert [post["id"] for post in above] == [made[2], made[1]]
    assert len(await two.ada.get("/api/v1/timelines/home", limit="99999")) == 5
    assert len(await two.ada.get("/api/v1/timelines/home", limit="many", max_id="x")) == 5


@pytest.mark.serves("GET /api/v1/timelines/public", "GET /api/v1/timelines/tag/:hashtag")
async def test_the_public_and_tag_timelines(two: Two) -> None:
    first = await two.ada.say("Look at my #Pumps")
    await two.ada.say("#pumps", visibility="unlisted")
    answer = await two.bob.say("@ada nice #pumps", in_reply_to_id=first["id"])
    assert [p["id"] for p in (await two.nobody.get("/api/v1/timelines/public")).json()] == [first["id"]]
    found = (await two.nobody.get("/api/v1/timelines/tag/PUMPS")).json()
    assert [p["id"] for p in found] == [answer["id"], first["id"]]
    narrowed = await two.bob.http.get("/api/v1/timelines/tag/pumps", params={"none[]": ["valves"], "local": "true"})
    assert len(narrowed.json()) == 2
    assert (await two.nobody.get("/api/v1/timelines/public", params={"remote": "1"})).json() == []
    await refused(two.nobody, "GET", "/api/v1/timelines/home", 401)


async def test_a_capped_voice_is_heard_in_its_own_house(app: App, two: Two) -> None:
    await app.deps.db.write(_tier, "unlisted")
    made = await two.ada.say("Hello", visibility="public")
    assert made["visibility"] == "unlisted"
    assert [p["id"] for p in await two.bob.get("/api/v1/timelines/public", local="true")] == [made["id"]]
    assert await two.bob.get("/api/v1/timelines/public") == []
    for query in ({}, {"local": "true"}):
        assert (await two.nobody.get("/api/v1/timelines/public", params=query)).json() == []


@pytest.mark.serves("GET /api/v1/statuses/:id/context")
async def test_what_stands_around_a_post(two: Two) -> None:
    root = await two.ada.say("root")
    answer = await two.bob.say("answer", in_reply_to_id=root["id"])
    last = await two.ada.say("last", in_reply_to_id=answer["id"])
    around = await two.bob.get(f"/api/v1/statuses/{answer['id']}/context")
    assert [p["id"] for p in around["ancestors"]] == [root["id"]]
    assert [p["id"] for p in around["descendants"]] == [last["id"]]
    assert (await two.bob.get(f"/api/v1/statuses/{root['id']}"))["replies_count"] == 1


@pytest.mark.serves(
    "GET /api/v1/bookmarks", "GET /api/v1/favourites", "GET /api/v1/statuses/:id/favourited_by",
    "GET /api/v1/statuses/:id/reblogged_by", "GET /api/v1/statuses",
)  # fmt: skip
async def test_lists_of_what_one_keeps_and_likes(two: Two) -> None:
    made = [(await two.ada.say(f"Post {n}"))["id"] for n in range(3)]
    for identifier in (made[1], made[0]):
        await two.bob.post(f"/api/v1/statuses/{identifier}/bookmark")
        await two.bob.post(f"/api/v1/statuses/{identifier}/favourite")
    for path in ("/api/v1/bookmarks", "/api/v1/favourites"):
        answer = await two.bob.http.get(path, params={"limit": 1})
        assert [p["id"] for p in answer.json()] == [made[0]]
        rest = await two.bob.http.get(answer.links["next"]["url"])
        assert [p["id"] for p in rest.json()] == [made[1]]
        assert await two.ada.get(path) == []
    who = (await two.nobody.get(f"/api/v1/statuses/{made[0]}/favourited_by")).json()
    assert [account["username"] for account in who] == ["bob"]
    await two.bob.post(f"/api/v1/statuses/{made[0]}/reblog")
    who = (await two.nobody.get(f"/api/v1/statuses/{made[0]}/reblogged_by")).json()
    assert [account["username"] for account in who] == ["bob"]
    several = await two.bob.http.get("/api/v1/statuses", params={"id[]": [made[2], made[0], "7", "x"]})
    assert [p["id"] for p in several.json()] == [made[2], made[0]]


@pytest.mark.serves("GET /api/v1/accounts/:id/statuses")
async def test_an_accounts_posts(two: Two) -> None:
    first = await two.ada.say("Hello")
    await two.bob.post(f"/api/v1/statuses/{first['id']}/reblog")
    own = await two.bob.say("Own")
    path = f"/api/v1/accounts/{two.bob.id}/statuses"
    assert len(await two.ada.get(path)) == 2
    assert [p["id"] for p in await two.ada.get(path, exclude_reblogs="true")] == [own["id"]]
    assert await two.ada.get(path, pinned="true") == []
    await refused(two.ada.http, "GET", f"/api/v1/accounts/{NOWHERE}/statuses", 404)
    gone = (await two.bob.http.delete(f"/api/v1/statuses/{(await two.ada.get(path))[1]['id']}")).json()
    assert gone["reblog"]["id"] == first["id"]
    assert (await two.ada.get(f"/api/v1/statuses/{first['id']}"))["reblogs_count"] == 0


@pytest.mark.parametrize(
    ("act", "undo", "count"),
    [("favourite", "unfavourite", "favourites"), ("bookmark", "unbookmark", "bookmarks")],
)
async def test_what_one_did_to_a_post_can_be_taken_back_when_it_may_no_longer_be_seen(
    app: App, two: Two, act: str, undo: str, count: str
) -> None:
    made = await two.ada.say("Psst", visibility="private")
    path = f"/api/v1/statuses/{made['id']}"
    await two.bob.post(f"{path}/{act}")
    await two.ada.post(f"/api/v1/accounts/{two.bob.id}/remove_from_followers")
    await refused(two.bob.http, "POST", f"{path}/{undo}", 404)
    assert await app.deps.db.read(_rows, count) == 0, "not shown any more, and taken back"


async def _rows(reader: Any, table: str) -> int:
    return int(await reader.value(f"SELECT COUNT(*) FROM {table}"))


async def test_one_key_at_the_same_moment_is_one_post(two: Two) -> None:
    headers = {"idempotency-key": "at once"}
    answers = await asyncio.gather(
        *(two.ada.http.post("/api/v1/statuses", json={"status": "x"}, headers=headers) for _ in range(16))
    )
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert len(await two.ada.get(f"/api/v1/accounts/{two.ada.id}/statuses")) == 1


@pytest.mark.parametrize("given", ["5", "zz-not-a-language-at-all", "x" * 500, "de de", "<b>"])
async def test_a_language_that_is_none_is_the_authors_own(two: Two, given: str) -> None:
    assert (await two.ada.say("Hello", language="pt-BR"))["language"] == "pt-BR"
    assert (await two.ada.say("Hello", language=given))["language"] in (None, "en")
