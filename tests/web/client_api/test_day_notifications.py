"""Notifications shown together, and those that a person's own policy sets aside."""

from __future__ import annotations

from typing import Any

import pytest

from fedicert.base.clock import HOUR, FrozenClock
from tests import world
from tests.web.client_api.conftest import Three
from tests.web.client_api.people import Person


async def put(somebody: Person, path: str, **fields: Any) -> Any:
    answer = await somebody.http.put(path, json=fields)
    assert answer.status_code == 200, answer.text
    return answer.json()


def groups(answer: dict[str, Any]) -> list[tuple[str, int]]:
    return [(one["type"], one["notifications_count"]) for one in answer["notification_groups"]]


@pytest.mark.serves("GET /api/v2/notifications", "GET /api/v2/notifications/:group_key")
@pytest.mark.serves("GET /api/v2/notifications/:group_key/accounts", "POST /api/v2/notifications/:group_key/dismiss")
@pytest.mark.serves("GET /api/v2/notifications/unread_count", "POST /api/v2/notifications/clear")
async def test_the_same_act_about_the_same_post_is_one_group(three: Three, clock: FrozenClock) -> None:
    ada, bob, cleo = three.ada, three.bob, three.cleo
    one, two = [await ada.say(text) for text in ("One", "Two")]
    for somebody in (bob, cleo):
        await somebody.post(f"/api/v1/statuses/{one['id']}/favourite")
    await cleo.post(f"/api/v1/statuses/{two['id']}/favourite")
    await bob.say("@ada hello")
    await cleo.say("@ada hello")
    found = await ada.get("/api/v2/notifications")
    assert groups(found) == [("mention", 1), ("mention", 1), ("favourite", 1), ("favourite", 2)]
    assert {who["acct"] for who in found["accounts"]} == {"bob", "cleo"} and "partial_accounts" not in found
    last = found["notification_groups"][-1]
    assert last["sample_account_ids"] == [str(cleo.id), str(bob.id)] and last["status_id"] == one["id"]
    assert last["page_min_id"] < last["page_max_id"] == last["most_recent_notification_id"]
    assert {item["id"] for item in found["statuses"]} >= {one["id"], two["id"]}
    for told in found["notification_groups"]:
        assert len({told["group_key"]} & {item["group_key"] for item in await ada.get("/api/v1/notifications")}) == 1

    key = last["group_key"]
    alone = await ada.get(f"/api/v2/notifications/{key}")
    assert alone["notification_groups"] == [last]
    assert [who["acct"] for who in await ada.get(f"/api/v2/notifications/{key}/accounts")] == ["cleo", "bob"]
    mention = found["notification_groups"][0]["group_key"]
    assert mention.startswith("ungrouped-")
    assert groups(await ada.get(f"/api/v2/notifications/{mention}")) == [("mention", 1)]
    assert await ada.get("/api/v2/notifications/unread_count") == {"count": 4}

    # Each group stands on one page alone, in both directions.
    page = await ada.http.get("/api/v2/notifications", params={"limit": 3})
    assert groups(page.json()) == groups(found)[:3]
    rest = await ada.http.get(page.links["next"]["url"])
    assert groups(rest.json()) == [("favourite", 2)]
    back = await ada.http.get(rest.links["prev"]["url"])
    assert groups(back.json()) == groups(found)[:3]
    single = await ada.get("/api/v2/notifications", **{"grouped_types[]": ["follow"], "types[]": ["favourite"]})
    assert groups(single) == [("favourite", 1)] * 3
    partial = await ada.get("/api/v2/notifications", expand_accounts="partial_avatars")
    assert isinstance(partial["partial_accounts"], list)

    for unknown in ("nothing", "ungrouped-7", "ungrouped-x", "favourite-1-1"):
        assert (await ada.http.get(f"/api/v2/notifications/{unknown}")).status_code == 404, unknown
        assert (await ada.http.post(f"/api/v2/notifications/{unknown}/dismiss")).status_code == 404, unknown
        assert (await bob.http.get(f"/api/v2/notifications/{key}/accounts")).status_code == 404
    assert await ada.post(f"/api/v2/notifications/{key}/dismiss") == {}
    assert await ada.post(f"/api/v2/notifications/{mention}/dismiss") == {}
    assert groups(await ada.get("/api/v2/notifications")) == [("mention", 1), ("favourite", 1)]
    clock.advance(13 * HOUR)
    await bob.post(f"/api/v1/statuses/{two['id']}/favourite")
    assert groups(await ada.get("/api/v2/notifications"))[0] == ("favourite", 1), "half a day later is another group"
    assert await ada.post("/api/v2/notifications/clear") == {}
    assert await ada.get("/api/v2/notifications") == {"accounts": [], "statuses": [], "notification_groups": []}


async def test_a_page_of_groups_costs_a_fixed_number_of_statements(three: Three) -> None:
    from fedicert.mastodon.paging import Page
    from fedicert.store.told import Wanted
    from fedicert.store.views import notification_groups
    from tests.store.test_timelines import Counting

    ada, bob = three.ada, three.bob
    for number in range(12):
        post = await ada.say(f"Post {number}")
        await bob.post(f"/api/v1/statuses/{post['id']}/favourite")

    async def statements(reader: Any, limit: int) -> int:
        counting = Counting(reader)
        found = await notification_groups.several(counting, ada.id, Page(limit), Wanted(), ["favourite"])
        assert len(found.groups) == min(limit, 12)
        return counting.statements

    assert await three.app.deps.db.read(statements, 1) == await three.app.deps.db.read(statements, 40)


@pytest.mark.serves("GET /api/v2/notifications/policy", "PATCH /api/v2/notifications/policy")
@pytest.mark.serves("PUT /api/v2/notifications/policy")
@pytest.mark.serves("GET /api/v1/notifications/policy", "PUT /api/v1/notifications/policy")
async def test_a_policy(three: Three) -> None:
    ada = three.ada
    path = "/api/v2/notifications/policy"
    names = ("not_following", "not_followers", "new_accounts", "private_mentions", "limited_accounts")
    found = await ada.get(path)
    assert [found[f"for_{name}"] for name in names] == ["accept"] * 5, "without a word everything is told"
    assert found["summary"] == {"pending_requests_count": 0, "pending_notifications_count": 0}
    answer = await ada.http.patch(path, json={"for_not_following": "filter", "for_new_accounts": "drop"})
    assert (answer.json()["for_not_following"], answer.json()["for_new_accounts"]) == ("filter", "drop")
    assert (await put(ada, path, for_new_accounts="accept"))["for_not_following"] == "filter"
    one = await ada.get("/api/v1/notifications/policy")
    assert (one["filter_not_following"], one["filter_new_accounts"]) == (True, False)
    one = await put(ada, "/api/v1/notifications/policy", filter_not_following=False, filter_private_mentions=True)
    assert (one["filter_not_following"], one["filter_private_mentions"]) == (False, True)
    assert (await ada.get(path))["for_private_mentions"] == "filter"
    wrong = await ada.http.patch(path, json={"for_not_following": "burn"})
    assert wrong.status_code == 422 and "not included in the list" in wrong.json()["error"]
    assert (await three.bob.get(path))["for_private_mentions"] == "accept"


@pytest.mark.serves("GET /api/v1/notifications/requests", "GET /api/v1/notifications/requests/:id")
@pytest.mark.serves("POST /api/v1/notifications/requests/:id/accept", "POST /api/v1/notifications/requests/:id/dismiss")
@pytest.mark.serves("POST /api/v1/notifications/requests/accept", "POST /api/v1/notifications/requests/dismiss")
@pytest.mark.serves("GET /api/v1/notifications/requests/merged")
async def test_what_a_policy_sets_aside_waits(three: Three) -> None:
    ada, bob, cleo = three.ada, three.bob, three.cleo
    await put(ada, "/api/v2/notifications/policy", for_not_following="filter")
    first, second = await bob.say("@ada one"), await bob.say("@ada two")
    await cleo.say("@ada three")
    assert await ada.get("/api/v1/notifications") == [] and groups(await ada.get("/api/v2/notifications")) == []
    assert await ada.get("/api/v1/notifications/unread_count") == {"count": 0}
    assert len(await ada.get("/api/v1/notifications", include_filtered=True)) == 3
    path = "/api/v1/notifications/requests"
    waiting = await ada.get(path)
    told = [(one["account"]["acct"], one["notifications_count"]) for one in waiting]
    assert told == [("cleo", "1"), ("bob", "2")]
    assert waiting[1]["last_status"]["id"] == second["id"]
    summary = (await ada.get("/api/v2/notifications/policy"))["summary"]
    assert summary == {"pending_requests_count": 2, "pending_notifications_count": 3}
    page = await ada.http.get(path, params={"limit": 1})
    assert [one["account"]["acct"] for one in (await ada.http.get(page.links["next"]["url"])).json()] == ["bob"]
    assert await ada.get(f"{path}/{bob.id}") == waiting[1]
    for nobody in (ada.id, 77):
        for call in (("GET", ""), ("POST", "/accept"), ("POST", "/dismiss")):
            assert (await ada.http.request(call[0], f"{path}/{nobody}{call[1]}")).status_code == 404

    assert await ada.post(f"{path}/{waiting[1]['id']}/accept") == {}
    assert await ada.get(f"{path}/merged") == {"merged": True}
    assert [one["status"]["id"] for one in await ada.get("/api/v1/notifications")] == [second["id"], first["id"]]
    await three.start_afresh()
    await bob.say("@ada four")
    assert len(await ada.get("/api/v1/notifications")) == 3, "and from now on"
    assert await ada.post(f"{path}/{cleo.id}/dismiss") == {}
    assert await ada.get(path) == [] and len(await ada.get("/api/v1/notifications", include_filtered=True)) == 3
    await cleo.say("@ada five")
    assert await ada.post(f"{path}/dismiss", id=[str(cleo.id), "77", "x"]) == {}
    await cleo.say("@ada six")
    assert await ada.post(f"{path}/accept", id=[str(cleo.id), str(ada.id), "77"]) == {}
    assert len(await ada.get("/api/v1/notifications")) == 4


async def test_whom_a_policy_concerns(three: Three) -> None:
    ada, bob, cleo = three.ada, three.bob, three.cleo
    await ada.post(f"/api/v1/accounts/{bob.id}/follow")
    await put(ada, "/api/v2/notifications/policy", for_not_followers="drop", for_private_mentions="filter")

    async def told() -> list[str]:
        return [one["account"]["acct"] for one in await ada.get("/api/v1/notifications", include_filtered=True)]

    await bob.say("@ada hello")
    assert await told() == [], "who doesn't follow is dropped, as was said"
    await bob.post(f"/api/v1/accounts/{ada.id}/follow")
    await cleo.post(f"/api/v1/accounts/{ada.id}/follow")
    await ada.post("/api/v1/notifications/clear")
    await bob.say("@ada between us", visibility="direct")
    await cleo.say("@ada between us", visibility="direct")
    assert [one["account"]["acct"] for one in await ada.get("/api/v1/notifications")] == ["bob"]
    assert await told() == ["cleo", "bob"]
    asked = await ada.say("@cleo what is it?", visibility="direct")
    await cleo.say("@ada this", visibility="direct", in_reply_to_id=asked["id"])
    assert len(await ada.get("/api/v1/notifications")) == 2, "an answer isn't uncalled for"
    # Calling oneself a machine makes nobody one of the house.
    await three.run("UPDATE accounts SET type = 'Service' WHERE id = $1", cleo.id)
    await cleo.say("@ada a beep", visibility="direct")
    assert len(await ada.get("/api/v1/notifications")) == 2
    # People of this server's staff are heard whatever one's policy is.
    await three.run("UPDATE local_accounts SET role = 'moderator' WHERE id = $1", cleo.id)
    await cleo.say("@ada a word", visibility="direct")
    assert len(await ada.get("/api/v1/notifications")) == 3
    assert await three.app.deps.db.read(world.notified, ada.id)


async def test_who_asked_for_it_is_told_of_posts(three: Three) -> None:
    """`notify` of a follow: a post of one's own, to all or to followers; not an answer to others, not a boost."""
    ada, bob, cleo = three.ada, three.bob, three.cleo
    await bob.post(f"/api/v1/accounts/{ada.id}/follow", notify=True)
    await cleo.post(f"/api/v1/accounts/{ada.id}/follow")
    theirs = await cleo.say("Cleo's")
    first = await ada.say("One", visibility="private")
    await ada.say("An answer", in_reply_to_id=theirs["id"])
    await ada.post(f"/api/v1/statuses/{theirs['id']}/reblog")
    more = await ada.say("More", in_reply_to_id=first["id"])
    await three.app.deps.db.write(world.fan_out)
    told = [(one["type"], one["status"]["id"]) for one in await bob.get("/api/v1/notifications")]
    assert told == [("status", more["id"]), ("status", first["id"])]
    assert "status" not in [one["type"] for one in await cleo.get("/api/v1/notifications")]
    await bob.post(f"/api/v1/accounts/{ada.id}/follow", notify=False)
    await ada.say("Two")
    await three.app.deps.db.write(world.fan_out)
    assert len(await bob.get("/api/v1/notifications")) == 2
