"""Accounts, profiles and relations over HTTP: what each side sees before and after."""

from __future__ import annotations

import httpx
import pytest

from tests import world
from tests.web.client_api.conftest import Three

NOWHERE = 1 << 40


async def error(answer: httpx.Response, status: int) -> str:
    assert answer.status_code == status, answer.text
    return str(answer.json()["error"])


@pytest.mark.serves("GET /api/v1/accounts/verify_credentials", "PATCH /api/v1/accounts/update_credentials")
async def test_a_profile_is_changed_and_others_see_it(three: Three) -> None:
    me = await three.ada.get("/api/v1/accounts/verify_credentials")
    assert me["acct"] == "ada" and me["locked"] is False
    assert me["source"] == {
        "privacy": "unlisted", "sensitive": False, "language": me["source"]["language"], "quote_policy": "nobody",
        "note": "", "fields": [], "follow_requests_count": 0, "hide_collections": False, "discoverable": True,
        "indexable": True, "attribution_domains": [],
    }  # fmt: skip
    changed = await three.ada.http.patch(
        "/api/v1/accounts/update_credentials",
        json={
            "display_name": "Ada <L>",
            "note": "I am @bob's friend\n& #maths",
            "bot": True,
            "discoverable": False,
            "indexable": False,
            "fields_attributes": [{"name": "Home", "value": "https://ada.example"}, {"name": "", "value": ""}],
            "source": {"privacy": "private", "sensitive": True, "language": "fr"},
        },
    )
    assert changed.status_code == 200, changed.text
    mine = changed.json()
    assert mine["source"]["note"] == "I am @bob's friend\n& #maths"
    assert mine["source"]["fields"] == [{"name": "Home", "value": "https://ada.example", "verified_at": None}]
    assert (mine["source"]["privacy"], mine["source"]["sensitive"], mine["source"]["language"]) == (
        "private",
        True,
        "fr",
    )
    seen = await three.bob.get(f"/api/v1/accounts/{three.ada.id}")
    assert seen["display_name"] == "Ada <L>" and seen["bot"] is True
    assert 'href="https://home.example/@bob"' in seen["note"] and "<br />&amp; " in seen["note"]
    assert 'rel="me nofollow noopener"' in seen["fields"][0]["value"]
    assert (seen["discoverable"], seen["indexable"]) == (False, False)
    assert "source" not in seen
    assert await three.ada.get("/api/v1/accounts/verify_credentials") == mine


async def test_the_update_goes_to_the_audience(three: Three) -> None:
    far = await three.app.deps.db.write(world.make_remote, "zoe")
    await three.app.deps.db.write(world.admit, far, three.ada.id)
    await three.ada.http.patch("/api/v1/accounts/update_credentials", data={"display_name": "Countess"})
    body = await three.value("SELECT body FROM activities WHERE type = 'Update' AND actor = $1", three.ada.id)
    assert '"name":"Countess"' in body
    count = "SELECT COUNT(*) FROM activities WHERE type = 'Update'"
    told = await three.value(count)
    await three.ada.http.patch("/api/v1/accounts/update_credentials", data={"source[sensitive]": "true"})
    await three.ada.http.patch("/api/v1/accounts/update_credentials", data={"display_name": "Countess"})
    assert await three.value(count) == told


@pytest.mark.parametrize("method", ["PATCH", "PUT"])
@pytest.mark.parametrize(
    "how",
    [
        {"data": {"fields_attributes[0][name]": "A", "fields_attributes[0][value]": "b", "source[privacy]": "private"}},
        {"json": {"fields_attributes": {"0": {"name": "A", "value": "b"}}, "source": {"privacy": "private"}}},
        {
            "files": {
                "fields_attributes[0][name]": (None, "A"),
                "fields_attributes[0][value]": (None, "b"),
                "source[privacy]": (None, "private"),
            }
        },
    ],
    ids=["urlencoded", "json", "multipart"],
)
async def test_every_form_of_a_profile(three: Three, method: str, how: dict[str, object]) -> None:
    answer = await three.ada.http.request(method, "/api/v1/accounts/update_credentials", **how)
    assert answer.status_code == 200, answer.text
    assert answer.json()["fields"][0] == {"name": "A", "value": "b", "verified_at": None}
    assert [field["name"] for field in answer.json()["fields"][1:]] == ["Reach", "Tier"]  # the own view's
    assert answer.json()["source"]["fields"] == [{"name": "A", "value": "b", "verified_at": None}]
    assert answer.json()["source"]["privacy"] == "private"


async def test_what_a_profile_refuses(three: Three) -> None:
    path = "/api/v1/accounts/update_credentials"
    for fields, field in (
        ({"display_name": "x" * 31}, "display_name"),
        ({"note": "x" * 501}, "note"),
        ({"fields_attributes": [{"name": str(n), "value": "v"} for n in range(5)]}, "fields"),
        ({"source": {"privacy": "direct"}}, "privacy"),
        ({"source": {"language": "not a language"}}, "language"),
    ):
        answer = await three.ada.http.patch(path, json=fields)
        assert answer.status_code == 422 and field in answer.json()["details"], answer.text
    upload = await three.ada.http.patch(path, files={"avatar": ("a.png", b"\x89PNG", "image/png")})
    assert "content type is invalid" in await error(upload, 422)
    assert "must be sent as a file" in await error(await three.ada.http.patch(path, json={"avatar": "data:,"}), 422)
    none_chosen = await three.ada.http.patch(path, files={"display_name": (None, "Ada"), "avatar": ("", b"")})
    assert none_chosen.status_code == 200, none_chosen.text
    assert await error(await three.nobody.patch(path, json={"note": "x"}), 401) == "The access token is invalid"


async def test_a_default_is_never_wider_than_the_tier(three: Three) -> None:
    await three.ada.http.patch("/api/v1/accounts/update_credentials", json={"source": {"privacy": "public"}})
    assert (await three.ada.get("/api/v1/preferences"))["posting:default:visibility"] == "unlisted"
    await three.run("UPDATE tiers SET visibility = 'listed'")
    assert (await three.ada.get("/api/v1/preferences"))["posting:default:visibility"] == "public"


@pytest.mark.serves("GET /api/v1/preferences")
async def test_preferences_are_ones_own(three: Three) -> None:
    await three.ada.http.patch(
        "/api/v1/accounts/update_credentials",
        json={"source": {"privacy": "private", "sensitive": True, "language": "de"}},
    )
    assert await three.ada.get("/api/v1/preferences") == {
        "posting:default:visibility": "private",
        "posting:default:sensitive": True,
        "posting:default:language": "de",
        "posting:default:quote_policy": "nobody",
        "reading:expand:media": "default",
        "reading:expand:spoilers": False,
        "reading:autoplay:gifs": False,
    }
    assert (await three.bob.get("/api/v1/preferences"))["posting:default:sensitive"] is False


@pytest.mark.serves("GET /api/v1/accounts/:id", "GET /api/v1/accounts", "GET /api/v1/accounts/lookup")
async def test_finding_an_account(three: Three) -> None:
    ada = await three.bob.get(f"/api/v1/accounts/{three.ada.id}")
    assert (await three.nobody.get(f"/api/v1/accounts/{three.ada.id}")).json() == ada
    both = await three.bob.get("/api/v1/accounts", **{"id[]": [three.bob.id, NOWHERE, "x", three.ada.id]})
    assert [one["acct"] for one in both] == ["bob", "ada"]
    for acct in ("ada", "@ADA", "ada@home.example", "acct:ada@HOME.example"):
        assert await three.bob.get("/api/v1/accounts/lookup", acct=acct) == ada
    for path in (
        f"{NOWHERE}",
        "abc",
        "99999999999999999999",
        "lookup?acct=nobody",
        "lookup?acct=ada@no where",
        "lookup",
    ):
        assert await error(await three.bob.http.get(f"/api/v1/accounts/{path}"), 404) == "Record not found"


async def test_who_waits_for_approval_isnt_there(three: Three) -> None:
    await three.run(
        "UPDATE logins SET approved_at = NULL WHERE id = (SELECT login FROM local_accounts WHERE id = $1)",
        three.cleo.id,
    )
    for path in (f"{three.cleo.id}", "lookup?acct=cleo"):
        await error(await three.bob.http.get(f"/api/v1/accounts/{path}"), 404)
    assert await three.bob.get("/api/v1/accounts/search", q="cleo") == []
    await error(await three.bob.http.post(f"/api/v1/accounts/{three.cleo.id}/follow"), 404)
    assert "pending approval" in await error(await three.cleo.http.get("/api/v1/accounts/verify_credentials"), 403)


@pytest.mark.serves("GET /api/v1/accounts/search")
async def test_searching_accounts(three: Three) -> None:
    await three.app.deps.db.write(world.make_remote, "adam")
    await three.app.deps.db.write(world.make_remote, "a_b")
    names = [one["acct"] for one in await three.bob.get("/api/v1/accounts/search", q="AD")]
    assert names == ["ada", "adam@far.example"]
    assert [one["acct"] for one in await three.bob.get("/api/v1/accounts/search", q="a_")] == ["a_b@far.example"]
    assert [one["acct"] for one in await three.bob.get("/api/v1/accounts/search", q="@adam@f")] == ["adam@far.example"]
    assert await three.bob.get("/api/v1/accounts/search", q="%") == []
    assert await three.bob.get("/api/v1/accounts/search", q="ad", following=True) == []
    await three.bob.post(f"/api/v1/accounts/{three.ada.id}/follow")
    found = await three.bob.get("/api/v1/accounts/search", q="ad", following=True, resolve=True)
    assert [one["acct"] for one in found] == ["ada"]
    assert len(await three.bob.get("/api/v1/accounts/search", q="ad", limit=1)) == 1
    assert await error(await three.nobody.get("/api/v1/accounts/search?q=ad"), 401)


@pytest.mark.serves(
    "POST /api/v1/accounts/:id/follow", "POST /api/v1/accounts/:id/unfollow", "GET /api/v1/accounts/relationships",
    "GET /api/v1/accounts/:id/followers", "GET /api/v1/accounts/:id/following",
)  # fmt: skip
async def test_following_and_unfollowing(three: Three) -> None:
    ada, bob = three.ada, three.bob
    now = await bob.post(f"/api/v1/accounts/{ada.id}/follow", notify=True)
    assert (now["following"], now["requested"], now["showing_reblogs"], now["notifying"]) == (True, False, True, True)
    again = await bob.post(f"/api/v1/accounts/{ada.id}/follow", reblogs=False, languages=["en"])
    assert (again["showing_reblogs"], again["notifying"], again["languages"]) == (False, True, ["en"])
    assert [one["acct"] for one in await three.cleo.get(f"/api/v1/accounts/{ada.id}/followers")] == ["bob"]
    assert [one["acct"] for one in await three.cleo.get(f"/api/v1/accounts/{bob.id}/following")] == ["ada"]
    both = await ada.get("/api/v1/accounts/relationships", **{"id[]": [three.cleo.id, NOWHERE, bob.id]})
    assert [(one["id"], one["followed_by"]) for one in both] == [(str(three.cleo.id), False), (str(bob.id), True)]
    assert (await ada.get("/api/v1/accounts/relationships", id=bob.id))[0]["followed_by"] is True
    counts = await three.cleo.get(f"/api/v1/accounts/{ada.id}")
    assert counts["followers_count"] == 1
    gone = await bob.post(f"/api/v1/accounts/{ada.id}/unfollow")
    assert (gone["following"], gone["requested"]) == (False, False)
    assert await bob.post(f"/api/v1/accounts/{ada.id}/unfollow") == gone
    assert await three.cleo.get(f"/api/v1/accounts/{ada.id}/followers") == []
    assert (await three.cleo.get(f"/api/v1/accounts/{ada.id}"))["followers_count"] == 0
    assert await error(await bob.http.post(f"/api/v1/accounts/{bob.id}/follow"), 422)
    assert await error(await bob.http.post(f"/api/v1/accounts/{NOWHERE}/follow"), 404)


async def test_a_remote_follow_waits_for_its_accept(three: Three) -> None:
    far = await three.app.deps.db.write(world.make_remote, "zoe")
    now = await three.bob.post(f"/api/v1/accounts/{far}/follow")
    assert (now["following"], now["requested"]) == (False, True)
    assert await three.app.deps.db.read(world.sent, "Follow") == [
        ("far.example", "https://far.example/users/zoe/inbox")
    ]
    assert (await three.bob.post(f"/api/v1/accounts/{far}/unfollow"))["requested"] is False


async def test_pages_of_followers(three: Three) -> None:
    await three.bob.post(f"/api/v1/accounts/{three.ada.id}/follow")
    await three.cleo.post(f"/api/v1/accounts/{three.ada.id}/follow")
    first = await three.nobody.get(f"/api/v1/accounts/{three.ada.id}/followers?limit=1")
    assert [one["acct"] for one in first.json()] == ["cleo"]
    second = await three.nobody.get(first.links["next"]["url"])
    assert [one["acct"] for one in second.json()] == ["bob"]
    third = await three.nobody.get(second.links["next"]["url"])
    assert third.json() == [] and "link" not in third.headers
    back = await three.nobody.get(second.links["prev"]["url"])
    assert [one["acct"] for one in back.json()] == ["cleo"]


async def test_hidden_relations_are_the_owners(three: Three) -> None:
    await three.bob.post(f"/api/v1/accounts/{three.ada.id}/follow")
    await three.ada.http.patch("/api/v1/accounts/update_credentials", json={"hide_collections": True})
    assert await three.cleo.get(f"/api/v1/accounts/{three.ada.id}/followers") == []
    assert [one["acct"] for one in await three.ada.get(f"/api/v1/accounts/{three.ada.id}/followers")] == ["bob"]
    assert await error(await three.cleo.http.get(f"/api/v1/accounts/{NOWHERE}/followers"), 404)


@pytest.mark.serves("POST /api/v1/accounts/:id/remove_from_followers")
async def test_removing_a_follower(three: Three) -> None:
    await three.bob.post(f"/api/v1/accounts/{three.ada.id}/follow")
    now = await three.ada.post(f"/api/v1/accounts/{three.bob.id}/remove_from_followers")
    assert now["followed_by"] is False
    assert (await three.bob.get("/api/v1/accounts/relationships", id=three.ada.id))[0]["following"] is False
    assert await three.ada.post(f"/api/v1/accounts/{three.bob.id}/remove_from_followers") == now


@pytest.mark.serves("POST /api/v1/accounts/:id/block", "POST /api/v1/accounts/:id/unblock", "GET /api/v1/blocks")
async def test_blocking(three: Three) -> None:
    ada, bob = three.ada, three.bob
    await bob.post(f"/api/v1/accounts/{ada.id}/follow")
    await ada.post(f"/api/v1/accounts/{bob.id}/follow")
    now = await ada.post(f"/api/v1/accounts/{bob.id}/block")
    assert (now["blocking"], now["following"], now["followed_by"]) == (True, False, False)
    assert (await bob.get("/api/v1/accounts/relationships", id=ada.id))[0]["blocked_by"] is True
    assert [one["acct"] for one in await ada.get("/api/v1/blocks")] == ["bob"]
    assert await bob.get("/api/v1/blocks") == []
    assert await error(await bob.http.post(f"/api/v1/accounts/{ada.id}/follow"), 403)
    assert await bob.get("/api/v1/accounts/search", q="ada") == []
    assert (await bob.get(f"/api/v1/accounts/{ada.id}"))["acct"] == "ada"
    freed = await ada.post(f"/api/v1/accounts/{bob.id}/unblock")
    assert (freed["blocking"], freed["followed_by"]) == (False, False)
    assert await ada.get("/api/v1/blocks") == []
    assert await error(await ada.http.post(f"/api/v1/accounts/{ada.id}/block"), 422)


@pytest.mark.serves("POST /api/v1/accounts/:id/note")
async def test_a_note_is_private(three: Three) -> None:
    now = await three.ada.post(f"/api/v1/accounts/{three.bob.id}/note", comment=" met in Turin ")
    assert now["note"] == "met in Turin"
    assert (await three.bob.get("/api/v1/accounts/relationships", id=three.ada.id))[0]["note"] == ""
    assert (await three.ada.get("/api/v1/accounts/relationships", id=three.bob.id))[0]["note"] == "met in Turin"
    assert (await three.ada.post(f"/api/v1/accounts/{three.bob.id}/note", comment=""))["note"] == ""
    assert await error(
        await three.ada.http.post(f"/api/v1/accounts/{three.bob.id}/note", json={"comment": "x" * 2001}), 422
    )
    assert await error(await three.ada.http.post(f"/api/v1/accounts/{NOWHERE}/note", json={"comment": "x"}), 404)
