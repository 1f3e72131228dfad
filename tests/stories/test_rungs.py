"""Law 5: a rung says how its public posts federate, and there is no silent difference."""

from __future__ import annotations

import pytest

from tests.stories.village import Village

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"


@pytest.mark.law("5.1", "5.5")
async def test_where_the_rung_says_unlisted_public_becomes_unlisted_in_what_is_shown_and_sent(village: Village) -> None:
    home = await village.server(visibility="unlisted")
    far = await village.server("far.example")
    ada, ben = await home.person("ada"), await home.person("ben")
    bob = await far.person("bob")
    carl = village.foreign("carl.example").person("carl")
    await carl.follow(ada)
    await bob.follow(ada)
    await village.work()

    before = village.mark()
    post = await ada.say("A plain voice #market", visibility="public")
    await village.work()

    assert post["visibility"] == "unlisted"
    for _, activity in village.delivered("Create", before):
        for told in (activity, activity["object"]):
            assert told["to"] == [f"{ada.uri}/followers"]
            assert told["cc"] == [PUBLIC]
    assert await bob.home() == ["A plain voice #market"]
    for stranger in (bob, ben):
        assert await stranger.public() == []
        assert await stranger.tagged("market") == []
    assert await ben.public(local="true") == ["A plain voice #market"]  # the local timeline, for members
    assert (await home.fetch(post["uri"]))["cc"] == [PUBLIC]


@pytest.mark.law("5.1")
async def test_where_the_rung_says_followers_nobody_else_sees_it(village: Village) -> None:
    home = await village.server(visibility="followers")
    ada, ben = await home.person("ada"), await home.person("ben")
    carl = village.foreign("carl.example").person("carl")
    await carl.follow(ada)
    await village.work()

    post = await ada.say("A small circle", visibility="public")
    await village.work()

    assert post["visibility"] == "private"
    assert PUBLIC not in str(carl.server.got("Create")[0])
    assert carl.home == ["A small circle"]
    assert await ben.public(local="true") == []
    answer = await ben.http.get(f"/api/v1/statuses/{post['id']}")
    assert answer.status_code == 404


@pytest.mark.law("5.1", "5.2")
async def test_a_listed_rung_is_seen_by_all(village: Village) -> None:
    home, far = await village.server(visibility="listed"), await village.server("far.example")
    ada, ben, bob = await home.person("ada"), await home.person("ben"), await far.person("bob")
    fay = await far.person("fay")
    await bob.follow(ada)
    await village.work()
    post = await ada.say("Hear, hear #market", visibility="public")
    await village.work()
    assert post["visibility"] == "public"
    assert await ben.public() == await ben.tagged("market") == ["Hear, hear #market"]
    assert await fay.public() == await fay.tagged("MARKET") == ["Hear, hear #market"]
    assert await fay.home() == []


async def test_less_than_the_rung_allows_stays_what_it_is(village: Village) -> None:
    home = await village.server(visibility="unlisted")
    ada = await home.person("ada")
    assert (await ada.say("quietly", visibility="private"))["visibility"] == "private"
    assert (await ada.say("to one", visibility="direct"))["visibility"] == "direct"
