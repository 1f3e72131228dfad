"""Law 2: whom a post may address outside the audience, in the words of the law."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.stories.village import Place, Resident, Village

DAY = 86_400_000


async def say(person: Resident, text: str, **fields: Any) -> tuple[int, dict[str, Any]]:
    """Post something, whatever comes of it."""
    answer = await person.http.post("/api/v1/statuses", json={"status": text, **fields})
    return answer.status_code, dict(answer.json())


async def nothing_new(place: Place) -> list[int]:
    """How much there is of what a post would leave; what the limits account says of it aside."""
    limits = "(SELECT id FROM accounts WHERE username = 'limits')"
    others = {
        "statuses": f" WHERE author <> {limits}",
        "status_mentions": f" WHERE status NOT IN (SELECT id FROM statuses WHERE author = {limits})",
        "notifications": f" WHERE from_account <> {limits}",
    }
    tables = ("statuses", "status_mentions", "activities", "deliveries", "addressed", "notifications", "feed")
    return [(await place.all(f"SELECT COUNT(*) FROM {table}{others.get(table, '')}"))[0][0] for table in tables]


@pytest.mark.law("2.3")
async def test_a_post_beyond_the_limit_is_refused_whole_with_a_sentence(village: Village) -> None:
    home = await village.server(strangers=2)
    ada = await home.person("ada")
    far = village.foreign("far.example")
    dora, emil, fay = far.person("dora"), far.person("emil"), far.person("fay")
    await ada.say(f"Good day {dora.handle} and {emil.handle}")
    for person in (dora, emil, fay):
        await ada.account(person)
    await village.work()
    before, mark = await nothing_new(home), village.mark()

    status, answer = await say(ada, f"And you, {fay.handle}?")
    await village.work()

    assert status == 422
    assert answer["error"].startswith(
        "Not posted: your tier (neighbours) lets you address 2 strangers within 30 days; 2 used, this needs 1 more"
        " (@fay@far.example). It fits from "
    )
    assert await nothing_new(home) == before
    assert village.delivered(since=mark) == []
    assert ("refused", "law 2: strangers") in await ada.ledger()

    village.clock.advance(30 * DAY - 1)
    assert (await say(ada, f"And you, {fay.handle}?"))[0] == 422
    village.clock.advance(1)
    assert (await say(ada, f"And you, {fay.handle}?"))[0] == 200
    await village.work()
    assert len(fay.home) == 1
    assert (await home.verify_ledger()).findings == []


@pytest.mark.law("W7")
async def test_the_audience_and_those_who_speak_first_are_no_strangers(village: Village) -> None:
    home = await village.server(strangers=0)
    ada, ben = await home.person("ada"), await home.person("ben")
    carl, dora, emil = (village.foreign(f"{name}.example").person(name) for name in ("carl", "dora", "emil"))
    await carl.follow(ada)
    await village.work()
    await ada.follow(emil)
    await dora.say("Good day", ada, tag=[{"type": "Mention", "href": ada.uri, "name": ada.handle}], to=[ada.uri])
    await village.work()

    assert (await say(ada, f"For you, {carl.handle}"))[0] == 200  # in the audience
    assert (await say(ada, f"Good day, {dora.handle}"))[0] == 200  # she spoke first
    assert (await say(ada, f"Hello, {emil.handle}"))[0] == 422  # following him makes him no less a stranger
    assert (await say(ada, "Hello, @ben"))[0] == 422  # local people count like remote
    assert (await say(ada, f"psst {emil.handle}", visibility="direct"))[0] == 422
    assert await ben.told() == []


@pytest.mark.law("W8")
async def test_a_third_post_to_one_who_has_not_answered_is_refused(village: Village) -> None:
    home = await village.server(strangers=30)
    ada = await home.person("ada")
    dora = village.foreign("dora.example").person("dora")
    first = await ada.say(f"Good day {dora.handle}")
    await ada.say(f"Are you there, {dora.handle}?")
    status, answer = await say(ada, f"Hello? {dora.handle}")
    assert status == 422
    assert "@dora@dora.example got two posts of yours within 30 days and didn't answer" in answer["error"]
    await village.work()

    reply = {"inReplyTo": first["uri"], "tag": [{"type": "Mention", "href": ada.uri}], "to": [ada.uri]}
    await dora.say("Here I am", ada, **reply)
    await village.work()
    for text in ("There you are", "How are you?", "Are you well?"):
        assert (await say(ada, f"{text} {dora.handle}"))[0] == 200


@pytest.mark.law("10.2")
async def test_another_account_of_the_login_has_no_strangers_of_its_own(village: Village) -> None:
    home = await village.server(strangers=1)
    ada, alias = await home.person("ada"), await home.person("alias")
    await home.run(
        "UPDATE local_accounts SET login = (SELECT login FROM local_accounts WHERE id = $1) WHERE id = $2",
        ada.id,
        alias.id,
    )
    dora, emil = (village.foreign(f"{name}.example").person(name) for name in ("dora", "emil"))
    await ada.say(f"Good day {dora.handle}")
    assert (await say(alias, f"Good day {emil.handle}"))[0] == 422


@pytest.mark.law("W9")
async def test_a_thread_started_in_a_group_counts_as_ten_strangers(village: Village) -> None:
    home = await village.server(strangers=19)
    ada = await home.person("ada")
    club = village.foreign("club.example").person("club", "Group")
    await ada.say(f"A question for all {club.handle}")
    assert (await say(ada, f"Another one {club.handle}"))[0] == 422


@pytest.mark.law("W11")
async def test_answers_outside_the_audience_are_counted_by_the_day(village: Village) -> None:
    home = await village.server(strangers=0, answers_per_day=1)
    ada = await home.person("ada")
    dora = village.foreign("dora.example").person("dora")
    await dora.say("Good day", ada, tag=[{"type": "Mention", "href": ada.uri}], to=[ada.uri])
    await village.work()
    assert (await say(ada, f"Good day {dora.handle}"))[0] == 200
    status, answer = await say(ada, f"And another thing {dora.handle}")
    assert status == 422
    assert "lets you answer 1 person outside your audience a day; 1 used" in answer["error"]
    village.clock.advance(DAY)
    assert (await say(ada, f"And another thing {dora.handle}"))[0] == 200


@pytest.mark.law("2.4")
async def test_posting_never_fails_because_of_the_follower_cap(village: Village) -> None:
    home = await village.server(followers=0, strangers=1)
    ada = await home.person("ada")
    dora = village.foreign("dora.example").person("dora")
    assert (await say(ada, "To nobody at all"))[0] == 200
    assert (await say(ada, f"By name, {dora.handle}"))[0] == 200
    await village.work()
    assert len(dora.home) == 1


@pytest.mark.law("C12")
async def test_an_edit_that_adds_strangers_beyond_the_limit_leaves_the_old_text(village: Village) -> None:
    home = await village.server(strangers=1)
    ada = await home.person("ada")
    dora, emil = (village.foreign(f"{name}.example").person(name) for name in ("dora", "emil"))
    post = await ada.say(f"Good day {dora.handle}")
    await ada.account(emil)
    await village.work()
    mark = village.mark()
    village.clock.advance(1_000)
    answer = await ada.http.put(
        f"/api/v1/statuses/{post['id']}",
        json={"status": f"Good day {dora.handle} {emil.handle}", "visibility": "public"},
    )
    await village.work()
    assert answer.status_code == 422 and "1 used" in answer.json()["error"]
    assert (await ada.get(f"/api/v1/statuses/{post['id']}"))["content"] == post["content"]
    assert village.delivered(since=mark) == []


@pytest.mark.law("C13")
async def test_an_edit_cannot_widen_visibility(village: Village) -> None:
    home = await village.server()
    ada, ben = await home.person("ada"), await home.person("ben")
    post = await ada.say("For few", visibility="private")
    village.clock.advance(1_000)
    answer = await ada.http.put(f"/api/v1/statuses/{post['id']}", json={"status": "For all", "visibility": "public"})
    assert answer.json()["visibility"] == "private"
    assert (await ben.http.get(f"/api/v1/statuses/{post['id']}")).status_code == 404


async def test_nobody_else_than_those_allowed_is_mentioned(village: Village) -> None:
    home = await village.server()
    ada, ben, cleo = await home.person("ada"), await home.person("ben"), await home.person("cleo")
    before = await nothing_new(home)
    ids = [await ada.account(ben)]
    status, answer = await say(ada, "Hello @ben and @cleo", allowed_mentions=ids)
    assert status == 422
    assert [found["acct"] for found in answer["unexpected_accounts"]] == ["cleo"]
    assert await nothing_new(home) == before
    assert (await say(ada, "Hello @ben", allowed_mentions=ids))[0] == 200
    assert await cleo.told() == []


async def test_the_preview_says_what_then_happens(village: Village) -> None:
    home = await village.server(followers=4, strangers=3, answers_per_day=2)
    ada, ben = await home.person("ada"), await home.person("ben")
    await home.person("cleo")
    big = village.foreign("big.example")
    small = village.foreign("small.example", shared_inbox=False)
    one, two, three, late = big.person("one"), big.person("two"), small.person("three"), big.person("late")
    dora, emil = small.person("dora"), village.foreign("emil.example").person("emil")
    for follower in (one, two, three, ben, late):
        await follower.follow(ada)
        await village.work()
    await emil.say("Good day", ada, tag=[{"type": "Mention", "href": ada.uri}], to=[ada.uri])
    await village.work()
    assert await ada.waiting() == ["late"]
    for asked in (
        {"status": f"All of you, {dora.handle} {emil.handle} {one.handle} @cleo"},
        {"status": f"Between us, {dora.handle} {one.handle}", "visibility": "direct"},
        {"status": "For mine", "visibility": "private"},
    ):
        before, mark = await nothing_new(home), village.mark()
        ledger = await ada.ledger()
        told = await ada.post("/api/v1/statuses", preview="1", **asked)
        assert await nothing_new(home) == before and await ada.ledger() == ledger

        post = await ada.say(asked["status"], **{k: v for k, v in asked.items() if k != "status"})
        await village.work()
        sent = [inbox for inbox, _ in village.delivered("Create", mark)]
        assert told["deliveries"] - len(sent) == 0, (told, sent)
        assert told["servers"] - len({inbox.split("/")[2] for inbox in sent}) == 0
        assert told["visibility"] == post["visibility"]
        assert (told["waiting"], told["refusal"]) == (1, None)
        now = await ada.post("/api/v1/statuses", preview="1", status="nobody")
        assert now["strangers"]["used"] == told["strangers"]["used"] + told["strangers"]["uses"]
        assert now["strangers"]["remaining"] == told["strangers"]["remaining"]
        assert now["answers"]["remaining"] == told["answers"]["remaining"]
        people = {"All": 7, "Between": 2, "For": 4}[asked["status"].split()[0]]
        assert told["people"] == people
    assert (now["strangers"], now["answers"]) == (
        {"uses": 0, "used": 2, "limit": 3, "remaining": 1},
        {"uses": 0, "used": 1, "limit": 2, "remaining": 1},
    )
    fay, gus = (village.foreign(f"{name}.example").person(name) for name in ("fay", "gus"))
    too_much = await ada.post("/api/v1/statuses", preview="1", status=f"Hello {fay.handle} {gus.handle}")
    assert "2 used, this needs 2 more" in too_much["refusal"]
    status, answer = await say(ada, f"Hello {fay.handle} {gus.handle}")
    assert (status, answer["error"]) == (422, too_much["refusal"])


async def test_following_stops_at_what_the_tier_allows(village: Village) -> None:
    home = await village.server(following=1)
    ada, ben = await home.person("ada"), await home.person("ben")
    dora = village.foreign("dora.example").person("dora")
    await ada.follow(dora)
    await village.work()
    account = await ada.account(ben)
    answer = await ada.http.post(f"/api/v1/accounts/{account}/follow")
    assert answer.status_code == 422
    assert answer.json()["error"].startswith(
        "Your tier (neighbours) lets you follow 1 account, and you follow or asked to follow 1."
    )
    assert await ada.relation(ben) == "nothing" and await ben.told() == []
    await ada.unfollow(dora)
    await ada.follow(ben)
    assert await ada.relation(ben) == "following"


async def test_one_of_many_posts_at_once_gets_the_last_stranger(village: Village) -> None:
    home = await village.server(strangers=1)
    ada = await home.person("ada")
    crowd = [village.foreign(f"h{number}.example").person("p") for number in range(8)]
    for person in crowd:
        await ada.account(person)
    told = await asyncio.gather(*(say(ada, f"You, {person.handle}?") for person in crowd))
    assert sorted(status for status, _ in told) == [200] + [422] * 7
