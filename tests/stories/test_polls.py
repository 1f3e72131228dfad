"""Polls: asked, voted in, counted, told, ended; and that a vote concerns nobody but the poll's author (law 2)."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.stories.elsewhere import Neighbour
from tests.stories.village import Resident, Village

MINUTE = 60_000
HOUR = 60 * MINUTE
POLL = {"options": ["tea", "coffee"], "expires_in": 3_600}


async def vote(person: Resident, post: dict[str, Any], *choices: int) -> tuple[int, dict[str, Any]]:
    """Vote, whatever comes of it."""
    answer = await person.http.post(f"/api/v1/polls/{post['poll']['id']}/votes", json={"choices": list(choices)})
    return answer.status_code, dict(answer.json())


async def send_vote(voter: Neighbour, author: Resident, post: dict[str, Any], choice: str) -> None:
    """Somebody elsewhere votes."""
    note = {
        "id": voter.new_id("votes"),
        "type": "Note",
        "name": choice,
        "attributedTo": voter.uri,
        "inReplyTo": post["uri"],
        "to": [author.uri],
        "cc": [],
    }
    await voter.send(author, voter.create(note))


def counted(poll: dict[str, Any]) -> list[int]:
    """The votes of each choice."""
    return [option["votes_count"] for option in poll["options"]]


@pytest.mark.serves("GET /api/v1/polls/:id", "POST /api/v1/polls/:id/votes")
async def test_a_poll_is_asked_voted_in_counted_and_told_to_the_audience(village: Village) -> None:
    """Votes from here and from elsewhere are counted once a person, and told to the present audience in one Update."""
    home, far = await village.server(), await village.server("far.example")
    ada, ben, fay = await home.person("ada"), await home.person("ben"), await far.person("fay")
    carl = village.foreign("carl.example").person("carl")
    outside = village.foreign("outside.example").person("outside")
    await fay.follow(ada)
    await carl.follow(ada)
    await village.work()
    post = await ada.say("What shall it be?", poll=POLL)
    assert (post["poll"]["voters_count"], counted(post["poll"]), post["poll"]["own_votes"]) == (None, [0, 0], [])
    await village.work()
    sent = carl.server.posts[post["uri"]]
    assert sent["type"] == "Question" and [one["name"] for one in sent["oneOf"]] == ["tea", "coffee"]

    seen = await fay.find("What shall it be?")
    status, answer = await vote(fay, seen, 1)
    assert (status, answer["voted"], answer["own_votes"], counted(answer)) == (200, True, [1], [0, 1])
    assert (await vote(ben, post, 0))[0] == 200
    await send_vote(carl, ada, post, "coffee")
    await send_vote(carl, ada, post, "tea")  # a second one is none
    await send_vote(outside, ada, post, "coffee")
    await send_vote(outside, ada, post, "cocoa")
    await village.work()
    assert counted(await ada.get(f"/api/v1/polls/{post['id']}")) == [1, 3]
    mark = village.mark()
    await village.pass_time(2 * MINUTE)
    updates = village.delivered("Update", since=mark)
    assert sorted(inbox.split("/")[2] for inbox, _ in updates) == ["carl.example", "far.example"]  # not to outside
    assert all("updated" not in activity["object"] for _, activity in updates)
    assert [one["replies"]["totalItems"] for one in carl.server.posts[post["uri"]]["oneOf"]] == [1, 3]
    assert counted((await fay.find("What shall it be?"))["poll"]) == [1, 3]
    assert (await ada.get(f"/api/v1/statuses/{post['id']}"))["replies_count"] == 0
    assert sorted(await ada.told()) == [("follow", "carl"), ("follow", "fay")]  # votes are no notifications


@pytest.mark.law("W10")
async def test_a_vote_goes_to_the_author_alone_who_is_not_addressed_by_it(village: Village) -> None:
    """Voted-on authors aren't addressed: a vote costs neither a stranger nor an answer, and reaches nobody else."""
    home, far = await village.server(strangers=0, answers_per_day=0), await village.server("far.example")
    ada, fay, gil = await home.person("ada"), await far.person("fay"), await home.person("gil")
    await gil.follow(ada)
    await ada.follow(fay)
    await village.work()
    await fay.say("Tea or coffee?", poll={**POLL, "multiple": True})
    await village.work()
    mark = village.mark()
    post = await ada.find("Tea or coffee?")
    assert (await vote(ada, post, 0, 1))[0] == 200
    await village.work()
    votes = village.delivered("Create", since=mark)
    assert [inbox for inbox, _ in votes] == [f"{fay.uri}/inbox"] * 2
    assert [activity["object"]["name"] for _, activity in votes] == ["tea", "coffee"]
    assert all(activity["to"] == [fay.uri] and "content" not in activity["object"] for _, activity in votes)
    assert await home.all("SELECT * FROM addressed") == []
    shown = await fay.get(f"/api/v1/polls/{(await fay.get('/api/v1/timelines/home'))[0]['id']}")
    assert (counted(shown), shown["voters_count"]) == ([1, 1], 1)


async def test_what_a_vote_cannot_be(village: Village) -> None:
    """Twice, in one's own poll, for a choice that isn't there, two of one, after the end: refused with a sentence."""
    home = await village.server()
    ada, ben, cleo = await home.person("ada"), await home.person("ben"), await home.person("cleo")
    post = await ada.say("Which?", poll=POLL)
    assert (await vote(ada, post, 0))[0] == 422
    assert (await vote(ben, post, 2))[0] == 422
    assert (await vote(ben, post))[0] == 422
    assert (await vote(ben, post, 0, 1))[0] == 422
    assert (await vote(ben, post, 0))[0] == 200
    status, answer = await vote(ben, post, 1)
    assert (status, answer["error"]) == (422, "Validation failed: You have already voted on this poll")
    private = await ada.say("For mine?", poll=POLL, visibility="private")
    assert (await vote(ben, private, 0))[0] == 404
    await village.pass_time(HOUR)
    assert (await vote(cleo, post, 0))[0] == 422
    carl = village.foreign("carl.example").person("carl")
    await send_vote(carl, ada, post, "tea")
    await village.work()
    assert counted(await ben.get(f"/api/v1/polls/{post['id']}")) == [1, 0]


async def test_a_hundred_votes_of_one_person_at_once_are_one(village: Village) -> None:
    """However many votes of one person race, the database lets one in."""
    home = await village.server()
    ada, ben = await home.person("ada"), await home.person("ben")
    post = await ada.say("Which?", poll=POLL)
    answers = await asyncio.gather(*(vote(ben, post, place % 2) for place in range(30)))
    assert sorted(status for status, _ in answers) == [200] + [422] * 29
    assert sum(counted(await ada.get(f"/api/v1/polls/{post['id']}"))) == 1


async def test_a_poll_ends_at_its_time_and_tells_who_took_part(village: Village) -> None:
    """At its end the author and whoever voted are told once, hidden totals are shown, and the audience gets them."""
    home, far = await village.server(), await village.server("far.example")
    ada, ben, fay = await home.person("ada"), await home.person("ben"), await far.person("fay")
    await fay.follow(ada)
    await village.work()
    post = await ada.say("Which?", poll={**POLL, "hide_totals": True})
    await village.work()
    await vote(ben, post, 0)
    await vote(fay, await fay.find("Which?"), 0)
    await village.pass_time(2 * MINUTE)
    assert counted(await ada.get(f"/api/v1/polls/{post['id']}")) == [None, None]
    assert [one["replies"]["totalItems"] for one in (await home.fetch(post["uri"]))["oneOf"]] == [0, 0]
    await village.pass_time(HOUR)
    assert counted(await ada.get(f"/api/v1/polls/{post['id']}")) == [2, 0]
    assert ("poll", "ada") in await ada.told()
    assert await ben.told() == [("poll", "ada")]
    assert ("poll", "ada") in await fay.told()
    shown = (await fay.find("Which?"))["poll"]
    assert (counted(shown), shown["expired"]) == ([2, 0], True)
    assert "closed" in await home.fetch(post["uri"])
    await village.pass_time(HOUR)
    assert await ben.told() == [("poll", "ada")]


async def test_other_choices_reset_the_votes_the_same_ones_keep_them(village: Village) -> None:
    """Editing a poll's choices resets its votes; editing the words around it doesn't; leaving it out ends it."""
    home, far = await village.server(), await village.server("far.example")
    ada, ben, fay = await home.person("ada"), await home.person("ben"), await far.person("fay")
    await fay.follow(ada)
    await village.work()
    post = await ada.say("Which?", poll=POLL)
    await village.work()
    await vote(ben, post, 0)
    await vote(fay, await fay.find("Which?"), 1)
    await village.work()

    async def edit(text: str, **fields: Any) -> dict[str, Any]:
        answer = await ada.http.put(f"/api/v1/statuses/{post['id']}", json={"status": text, **fields})
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    assert counted((await edit("Which one?", poll=POLL))["poll"]) == [1, 1]
    await village.work()
    assert (await fay.find("Which one?"))["poll"]["own_votes"] == [1]
    changed = await edit("Which one?", poll={**POLL, "options": ["tea", "cocoa"]})
    assert counted(changed["poll"]) == [0, 0]
    await village.work()
    shown = (await fay.find("Which one?"))["poll"]
    assert (counted(shown), shown["own_votes"], shown["voted"]) == ([0, 0], [], False)
    assert (await vote(ben, post, 1))[0] == 200
    history = await ada.get(f"/api/v1/statuses/{post['id']}/history")
    assert [[one["title"] for one in state["poll"]["options"]] for state in history] == [
        ["tea", "coffee"],
        ["tea", "coffee"],
        ["tea", "cocoa"],
    ]
    assert (await edit("Never mind"))["poll"] is None
    await village.work()
    assert (await fay.find("Never mind"))["poll"] is None


async def test_a_poll_that_cannot_be_is_refused_and_nothing_stays(village: Village) -> None:
    """One choice, two alike, a time too short, a choice too long: 422, and no post."""
    home = await village.server()
    ada = await home.person("ada")
    for wrong in (
        {"options": ["one"], "expires_in": 3_600},
        {"options": ["a", "a"], "expires_in": 3_600},
        {"options": ["a", "b"], "expires_in": 299},
        {"options": ["a", "b"]},
        {"options": ["a", "b" * 51], "expires_in": 3_600},
        {"options": ["a", "b", "c", "d", "e"], "expires_in": 3_600},
    ):
        answer = await ada.http.post("/api/v1/statuses", json={"status": "?", "poll": wrong})
        assert answer.status_code == 422 and answer.json()["error"].startswith("Validation failed")
    assert await home.all("SELECT id FROM statuses WHERE local = 1") == []


@pytest.mark.law("2.7")
async def test_what_answers_one_actor_goes_out_under_rates(village: Village) -> None:
    """Likes, votes and the like: 1,000 a day of each kind, 3,000 of all; beyond that nothing is done, and the ledger says so."""
    home, far = await village.server(), await village.server("far.example")
    ada, fay = await home.person("ada"), await far.person("fay")
    await ada.follow(fay)
    await village.work()
    await fay.say("Tea or coffee?", poll=POLL)
    await village.work()
    post = await ada.find("Tea or coffee?")
    day = (await home.all("SELECT day FROM answer_days WHERE kind = 'Follow'"))[0][0]
    await home.run("INSERT INTO answer_days (account, day, kind, n) VALUES ($1, $2, 'Like', 1000)", ada.id, day)

    answer = await ada.http.post(f"/api/v1/statuses/{post['id']}/favourite")
    assert answer.status_code == 422
    assert "1,000 likes a day" in answer.json()["error"]
    assert (await ada.get(f"/api/v1/statuses/{post['id']}"))["favourites_count"] == 0
    assert ("refused", "law 2: rates") in await ada.ledger()
    assert (await vote(ada, post, 0))[0] == 200  # another kind

    await home.run("UPDATE answer_days SET n = 3000 WHERE kind = '' AND account = $1", ada.id)
    for path in (f"/api/v1/statuses/{post['id']}/reblog", f"/api/v1/accounts/{await ada.account(fay)}/unfollow"):
        status = (await ada.http.post(path)).status_code
        assert status == (422 if "reblog" in path else 200)  # taking back has no rate
    assert (await ada.http.post(f"/api/v1/accounts/{await ada.account(fay)}/follow")).status_code == 422
    await village.pass_time(24 * HOUR)
    assert (await ada.http.post(f"/api/v1/statuses/{post['id']}/favourite")).status_code == 200
