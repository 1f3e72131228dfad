"""Law 2: the outbox delivers to nobody outside the audience, and taking back travels further than saying."""

from __future__ import annotations

import pytest

from fedicert.base.clock import HOUR
from tests.stories.village import Village

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"


@pytest.mark.law("2.1")
async def test_a_post_reaches_no_server_without_an_admitted_follower(village: Village) -> None:
    home = await village.server(followers=1)
    ada, ben = await home.person("ada"), await home.person("ben")
    carl = village.foreign("carl.example").person("carl")
    dora = village.foreign("dora.example").person("dora")  # Ada follows her
    emil = village.foreign("emil.example").person("emil")  # he waits
    fay = village.foreign("fay.example").person("fay")  # she was blocked
    await fay.follow(ada)
    await village.work()
    await ada.block(fay)
    await carl.follow(ada)
    await village.work()
    await emil.follow(ada)
    await ada.follow(dora)
    await village.work()
    await ben.follow(ada)  # he waits too: local followers count like remote ones
    await village.work()
    assert await ada.followers() == {"carl": "admitted", "emil": "held", "ben": "held"}

    before = village.mark()
    await ada.say("For those who are mine #spring")
    await ada.say("For my followers", visibility="private")
    await village.work()

    assert [inbox for inbox, _ in village.delivered(since=before)] == ["https://carl.example/inbox"] * 2
    assert carl.home == ["For those who are mine #spring", "For my followers"]
    assert await ben.home() == []


@pytest.mark.law("2.1")
async def test_a_mention_reaches_the_person_it_names_and_nobody_else_there(village: Village) -> None:
    home = await village.server()
    ada = await home.person("ada")
    big = village.foreign("big.example")
    dora, emil = big.person("dora"), big.person("emil")
    small = village.foreign("small.example", shared_inbox=False, signed_fetches=True)
    fay = small.person("fay")

    post = await ada.say("Good day, @dora@big.example and @fay@small.example")
    await village.work()

    assert [mention["acct"] for mention in post["mentions"]] == ["dora@big.example", "fay@small.example"]
    assert sorted(inbox for inbox, _ in village.delivered("Create")) == [
        "https://big.example/inbox",
        "https://small.example/users/fay/inbox",
    ]
    assert len(dora.home) == len(fay.home) == 1
    assert emil.home == []

    before = village.mark()
    await ada.say("@dora@big.example between us", visibility="direct")
    await village.work()
    told = village.delivered("Create", before)
    assert [inbox for inbox, _ in told] == ["https://big.example/users/dora/inbox"]
    assert told[0][1]["to"] == [dora.uri]
    assert PUBLIC not in str(told[0][1])


@pytest.mark.law("2.6")
async def test_an_edit_goes_to_the_present_audience_and_those_it_names(village: Village) -> None:
    home = await village.server()
    ada = await home.person("ada")
    carl, dora, emil, gus = (
        village.foreign(f"{name}.example").person(name) for name in ("carl", "dora", "emil", "gus")
    )
    await carl.follow(ada)
    await dora.follow(ada)
    await village.work()
    post = await ada.say("Tea at four, @gus@gus.example")
    await village.work()
    await ada.remove(dora)
    await emil.follow(ada)
    await village.work()

    before = village.mark()
    village.clock.advance(1_000)
    await ada.rewrite(post, "Tea at five, @gus@gus.example")
    await village.work()

    assert sorted(inbox for inbox, _ in village.delivered("Update", before)) == [
        "https://carl.example/inbox",
        "https://emil.example/inbox",
        "https://gus.example/inbox",
    ]
    assert carl.home == gus.home == ["Tea at five, @gus"]
    assert ["four" in note["content"] for note in dora.server.posts.values()] == [True]

    before = village.mark()
    await ada.delete(post)
    await village.work()
    told = sorted(inbox for inbox, _ in village.delivered("Delete", before))
    assert told == [f"https://{name}.example/inbox" for name in ("carl", "dora", "emil", "gus")]
    assert dora.server.posts == {}


@pytest.mark.law("2.5")
async def test_a_boost_taken_back_is_taken_back_from_all_who_were_told(village: Village) -> None:
    home = await village.server()
    ada, ben = await home.person("ada"), await home.person("ben")
    carl, dora = (village.foreign(f"{name}.example").person(name) for name in ("carl", "dora"))
    await carl.follow(ada)
    await dora.follow(ada)
    await village.work()
    post = await ben.say("Worth passing on")
    await village.work()
    await ada.act("reblog", post)
    await village.work()
    assert carl.boosts == dora.boosts == [post["uri"]]
    await ada.remove(dora)
    await village.work()

    before = village.mark()
    await ada.act("unreblog", post)
    await village.work()

    told = village.delivered("Undo", before)
    assert sorted(inbox for inbox, _ in told) == ["https://carl.example/inbox", "https://dora.example/inbox"]
    assert dora.server.announces == carl.server.announces == {}
    assert (await ada.get(f"/api/v1/statuses/{post['id']}"))["reblogs_count"] == 0


async def test_a_server_that_was_away_gets_everything_afterwards_in_order(village: Village) -> None:
    home = await village.server()
    ada = await home.person("ada")
    bob = village.foreign("far.example").person("bob")
    await bob.follow(ada)
    await village.work()

    bob.server.down = True
    first = await ada.say("One")
    await village.work()
    village.clock.advance(1_000)
    await ada.rewrite(first, "One, corrected")
    second = await ada.say("Two")
    await village.work()
    await ada.delete(second)
    await village.work()
    assert bob.home == []

    bob.server.down = False
    for _ in range(30):
        await village.pass_time(HOUR)
    assert bob.home == ["One, corrected"]
    about_first = [a["type"] for a in bob.server.got() if first["uri"] in str(a["object"])]
    assert about_first == ["Create", "Update"]
    assert [a["type"] for a in bob.server.got() if second["uri"] in str(a["object"])][-1] == "Delete"


@pytest.mark.law("C3")
async def test_cap_0_speaks_by_name_only_and_has_no_line(village: Village) -> None:
    home = await village.server(followers=0)
    ada = await home.person("ada")
    carl, dora = (village.foreign(f"{name}.example").person(name) for name in ("carl", "dora"))

    await carl.follow(ada)
    await village.work()
    assert carl.relation(ada) == "nothing"
    assert await ada.followers() == {}

    before = village.mark()
    await ada.say("To nobody")
    await ada.say("@dora@dora.example to you")
    await village.work()
    assert [inbox for inbox, _ in village.delivered("Create", before)] == ["https://dora.example/inbox"]
    assert len(dora.home) == 1
