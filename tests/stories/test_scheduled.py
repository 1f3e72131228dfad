"""Posts for later: kept as they were asked, judged when they are sent, there exactly once."""

from __future__ import annotations

import asyncio
import datetime
from typing import Any

import pytest

from fedicert.base.errors import LeaseLost
from fedicert.jobs.publish import Publishing
from fedicert.keys.pen import pen_of
from fedicert.store import queue
from tests.stories.village import Resident, Village, words

MINUTE = 60_000
HOUR = 60 * MINUTE


def at(village: Village, later: int) -> str:
    """A moment so many ms from now, as clients write it."""
    moment = datetime.datetime.fromtimestamp((village.clock.now() + later) / 1000, datetime.UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


async def try_say(person: Resident, text: str, **fields: Any) -> tuple[int, dict[str, Any]]:
    """Post something, whatever comes of it."""
    answer = await person.http.post("/api/v1/statuses", json={"status": text, **fields})
    return answer.status_code, dict(answer.json())


async def own(person: Resident) -> list[str]:
    """The texts of somebody's own posts, newest first."""
    return [words(one["content"]) for one in await person.get(f"/api/v1/accounts/{person.id}/statuses")]


async def test_a_post_for_later_goes_out_at_its_time_once(village: Village) -> None:
    """A scheduled post is nowhere before its time, and everywhere once after it, whoever it names."""
    home = await village.server()
    ada = await home.person("ada")
    carl = village.foreign("carl.example").person("carl")
    await carl.follow(ada)
    await village.work()
    kept = await ada.say(f"Good morning {carl.handle}", scheduled_at=at(village, HOUR), visibility="unlisted")
    assert kept["params"]["text"].startswith("Good morning") and kept["params"]["visibility"] == "unlisted"
    assert kept["scheduled_at"] == at(village, HOUR) and kept["media_attachments"] == []
    await village.pass_time(HOUR - 1)
    assert (await own(ada), carl.home) == ([], [])
    assert [one["id"] for one in await ada.get("/api/v1/scheduled_statuses")] == [kept["id"]]
    await village.pass_time(1)
    assert len(await own(ada)) == 1 and len(carl.home) == 1
    assert await ada.get("/api/v1/scheduled_statuses") == []
    await village.pass_time(HOUR)
    assert len(await own(ada)) == 1 and len(carl.server.got("Create")) == 1


@pytest.mark.law("C14")
async def test_a_scheduled_post_is_judged_when_sent_and_refused_it_becomes_a_draft(village: Village) -> None:
    """A scheduled post is judged when sent; refused, it becomes a draft and @limits says why."""
    home = await village.server(strangers=1)
    ada = await home.person("ada")
    dora, emil = (village.foreign(f"{name}.example").person(name) for name in ("dora", "emil"))
    kept = await ada.say(f"Later, {dora.handle}", scheduled_at=at(village, HOUR))
    await ada.say(f"Now, {emil.handle}")  # uses the one stranger up
    await village.pass_time(HOUR)
    assert [text for text in await own(ada) if text.startswith("Later")] == []
    assert dora.server.got() == []
    (draft,) = await ada.get("/api/v1/scheduled_statuses")
    assert (draft["id"], draft["scheduled_at"]) == (kept["id"], "9999-12-31T00:00:00.000Z")
    assert "1 stranger within 30 days" in draft["refused"]
    (mine,) = await ada.get("/api/fedicert/v1/drafts")
    assert (mine["scheduled_at"], mine["refused"]) == (None, draft["refused"])
    heard = [one for one in await ada.get("/api/v1/notifications") if one["account"]["username"] == "limits"]
    (told,) = [one for one in heard if "1 stranger within" in words(one["status"]["content"])]  # one message, not two
    assert "wasn't posted when its time came" in words(told["status"]["content"])
    assert "1 stranger within 30 days" in words(told["status"]["content"])
    assert [who["acct"] for who in told["status"]["mentions"]] == ["ada"]
    assert ("refused", "law 2: strangers") in await ada.ledger()

    # The draft can be given another time, and goes out when the limit has room.
    answer = await ada.http.put(
        f"/api/v1/scheduled_statuses/{kept['id']}", json={"scheduled_at": at(village, 31 * 24 * HOUR)}
    )
    assert answer.status_code == 200 and answer.json()["refused"] is None
    await village.pass_time(31 * 24 * HOUR)
    assert len([text for text in await own(ada) if text.startswith("Later")]) == 1


async def test_what_is_gone_by_then_makes_a_draft_too(village: Village) -> None:
    """Where what it answers is gone when its time comes, the post is a draft that says so; nobody gets half of it."""
    home = await village.server()
    ada, ben = await home.person("ada"), await home.person("ben")
    first = await ben.say("Anybody there?")
    await ada.say("I am", in_reply_to_id=first["id"], scheduled_at=at(village, HOUR))
    await ben.delete(first)
    await village.pass_time(HOUR)
    (draft,) = await ada.get("/api/fedicert/v1/drafts")
    assert "does not appear to exist" in draft["refused"]
    assert await own(ada) == []


async def test_two_workers_and_one_that_stops_half_way_post_it_once(village: Village) -> None:
    """Exactly once: when the worker dies behind the post, and when two take the same job."""
    home = await village.server()
    ada = await home.person("ada")
    await ada.say("Once", scheduled_at=at(village, HOUR))
    village.clock.advance(HOUR)
    (job,) = await home.write(queue.claim, "publish", 1)
    publishing = Publishing(home.app.deps.peers, pen_of(home.app.house.vault))
    outcomes = await asyncio.gather(publishing.publish(job), publishing.publish(job), return_exceptions=True)
    with pytest.raises(LeaseLost):
        await publishing.publish(job)  # another worker, late, with the same job
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["LeaseLost", "NoneType"]
    await village.work()
    assert await own(ada) == ["Once"]


@pytest.mark.serves(
    "GET /api/v1/scheduled_statuses",
    "GET /api/v1/scheduled_statuses/:id",
    "PUT /api/v1/scheduled_statuses/:id",
    "DELETE /api/v1/scheduled_statuses/:id",
)
async def test_putting_off_and_cancelling(village: Village) -> None:
    """A post can be put off and cancelled, by its author alone; too soon is refused, and what can't be read too."""
    home = await village.server()
    ada, ben = await home.person("ada"), await home.person("ben")
    assert (await try_say(ada, "Soon", scheduled_at=at(village, 5 * MINUTE - 1)))[0] == 422
    assert await try_say(ada, "When?", scheduled_at="tomorrow") == (422, {"error": "Record invalid"})
    kept = await ada.say("Later", scheduled_at=at(village, HOUR))
    path = f"/api/v1/scheduled_statuses/{kept['id']}"
    assert (await ben.http.get(path)).status_code == 404
    assert (await ben.http.delete(path)).status_code == 404
    assert (await ada.http.put(path, json={"scheduled_at": at(village, 2 * HOUR)})).status_code == 200
    await village.pass_time(HOUR)
    assert await own(ada) == []
    earlier = await ada.http.put(path, json={"scheduled_at": at(village, 10 * MINUTE)})
    assert earlier.status_code == 200
    await village.pass_time(10 * MINUTE)
    assert await own(ada) == ["Later"]
    other = await ada.say("Never", scheduled_at=at(village, HOUR))
    assert (await ada.http.delete(f"/api/v1/scheduled_statuses/{other['id']}")).json() == {}
    await village.pass_time(HOUR)
    assert await own(ada) == ["Later"]


async def test_the_same_key_is_the_same_scheduled_post(village: Village) -> None:
    """A client that asks twice with one key gets one post."""
    home = await village.server()
    ada = await home.person("ada")
    found = set()
    for _ in range(2):
        answer = await ada.http.post(
            "/api/v1/statuses",
            json={"status": "Once", "scheduled_at": at(village, HOUR)},
            headers={"idempotency-key": "one"},
        )
        found.add(answer.json()["id"])
    assert len(found) == 1
    await village.pass_time(HOUR)
    assert await own(ada) == ["Once"]


async def test_drafts_are_kept_posted_and_thrown_away(village: Village) -> None:
    """A draft of one's own waits for nothing; posted by hand it is judged then."""
    home = await village.server(strangers=0)
    ada, ben = await home.person("ada"), await home.person("ben")
    draft = await ada.post(
        "/api/fedicert/v1/drafts", status="Hello @ben", poll={"options": ["a", "b"], "expires_in": 600}
    )
    assert draft["scheduled_at"] is None and draft["params"]["poll"]["options"] == ["a", "b"]
    refused = await ada.http.post(f"/api/fedicert/v1/drafts/{draft['id']}/post")
    assert refused.status_code == 422 and "stranger" in refused.json()["error"]
    assert (await ben.http.post(f"/api/fedicert/v1/drafts/{draft['id']}/post")).status_code == 404
    await ben.follow(ada)
    await village.work()
    posted = await ada.post(f"/api/fedicert/v1/drafts/{draft['id']}/post")
    assert posted["poll"]["options"][0]["title"] == "a"
    assert await ada.get("/api/fedicert/v1/drafts") == []
    other = await ada.post("/api/fedicert/v1/drafts", status="Never")
    assert (await ada.http.delete(f"/api/fedicert/v1/drafts/{other['id']}")).json() == {}
    assert await ada.get("/api/v1/scheduled_statuses") == []


async def test_so_many_posts_can_wait(village: Village) -> None:
    """At most 25 for one day."""
    home = await village.server()
    ada = await home.person("ada")
    for _ in range(25):
        await ada.say("One of many", scheduled_at=at(village, 24 * HOUR))
    assert (await try_say(ada, "One too many", scheduled_at=at(village, 24 * HOUR)))[0] == 422
    assert (await try_say(ada, "Another day", scheduled_at=at(village, 72 * HOUR)))[0] == 200
