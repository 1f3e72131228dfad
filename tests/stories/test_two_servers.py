"""Two of our servers live with each other: everything that people do to each other, once and over again."""

from __future__ import annotations

import msgspec
import pytest

from fedicert.base.clock import DAY, MINUTE
from fedicert.operations import arrivals
from tests.stories.village import Place, Resident, Village


class Two(msgspec.Struct, frozen=True):
    """Ada at home, Bob at far; Bob follows Ada and Ada follows Bob."""

    village: Village
    home: Place
    far: Place
    ada: Resident
    bob: Resident


@pytest.fixture
async def two(village: Village) -> Two:
    home, far = await village.server(), await village.server("far.example")
    ada, bob = await home.person("ada"), await far.person("bob")
    found = Two(village, home, far, ada, bob)
    await bob.follow(ada)
    await ada.follow(bob)
    await village.work()
    assert await bob.relation(ada) == await ada.relation(bob) == "following"
    return found


async def test_a_follow_is_asked_for_accepted_and_undone(village: Village) -> None:
    home, far = await village.server(followers=1), await village.server("far.example")
    ada, bob, fay = await home.person("ada"), await far.person("bob"), await far.person("fay")
    await bob.follow(ada)
    assert await bob.relation(ada) == "requested"
    await village.work()
    assert await bob.relation(ada) == "following"
    assert await ada.told() == [("follow", "bob")]
    await village.pass_time(10 * MINUTE)
    assert await ada.told() == [("follow", "bob"), ("mention", "limits")]  # her audience of one is full
    await fay.follow(ada)
    await village.work()
    assert await fay.relation(ada) == "requested"
    await bob.unfollow(ada)
    await village.work()
    assert await bob.relation(ada) == "nothing"
    assert await fay.relation(ada) == "following"


async def test_what_the_one_shows_is_what_the_other_holds_back_from_those_who_wait(village: Village) -> None:
    """Bob and Fay share a server. Bob is admitted, Fay waits: her own server must not show her what came for him."""
    home, far = await village.server(followers=1), await village.server("far.example")
    ada, bob, fay = await home.person("ada"), await far.person("bob"), await far.person("fay")
    await bob.follow(ada)
    await village.work()
    await fay.follow(ada)
    await village.work()
    await ada.say("For Bob")
    await village.work()
    assert await bob.home() == ["For Bob"]
    assert await fay.home() == []


async def test_a_post_is_seen_answered_edited_liked_boosted_and_deleted(two: Two) -> None:
    village, ada, bob = two.village, two.ada, two.bob
    fay = await two.far.person("fay")
    await fay.follow(bob)
    await village.work()

    await ada.say("Hello @bob@far.example, read https://example.org/page #spring")
    await village.work()
    seen = await bob.find("Hello @bob, read https://example.org/page #spring")
    assert [tag["name"] for tag in seen["tags"]] == ["spring"]
    assert [mention["acct"] for mention in seen["mentions"]] == ["bob"]
    assert 'href="https://example.org/page"' in seen["content"]
    assert ("mention", "ada") in await bob.told()
    assert await fay.tagged("spring") == await fay.public() == ["Hello @bob, read https://example.org/page #spring"]

    await bob.say("@ada@home.example I did", in_reply_to_id=seen["id"])
    await village.work()
    answer = await ada.find("@ada I did")
    own = await ada.find("Hello @bob, read https://example.org/page #spring")
    assert answer["in_reply_to_id"] == own["id"]
    assert own["replies_count"] == 1
    assert ("mention", "bob") in await ada.told()

    village.clock.advance(1_000)
    await ada.rewrite(own, "Hello again, @bob@far.example")
    await village.work()
    seen = await bob.find("Hello again, @bob")
    assert seen["edited_at"] is not None
    assert await fay.tagged("spring") == []

    await bob.act("favourite", seen)
    await bob.act("reblog", seen)
    await village.work()
    own = await ada.get(f"/api/v1/statuses/{own['id']}")
    assert (own["favourites_count"], own["reblogs_count"]) == (1, 1)
    assert [told for told in await ada.told() if told[0] in ("favourite", "reblog")] == [
        ("favourite", "bob"),
        ("reblog", "bob"),
    ]
    assert await fay.home() == ["Hello again, @bob"]

    await bob.act("unfavourite", seen)
    await bob.act("unreblog", seen)
    await village.work()
    own = await ada.get(f"/api/v1/statuses/{own['id']}")
    assert (own["favourites_count"], own["reblogs_count"]) == (0, 0)
    assert await fay.home() == []

    await bob.act("reblog", seen)
    await village.work()
    await ada.delete(own)
    await village.work()
    assert await bob.home() == ["@ada I did"]
    assert await fay.home() == []
    assert await fay.public() == []


async def test_a_block_ends_both_follows_and_nothing_passes_any_more(two: Two) -> None:
    village, ada, bob = two.village, two.ada, two.bob
    await ada.block(bob)
    await village.work()
    assert await ada.relation(bob) == await bob.relation(ada) == "nothing"
    assert await ada.followers() == await bob.followers() == {}
    await ada.say("Without Bob")
    await village.work()
    assert await bob.home() == []
    answer = await bob.http.post(f"/api/v1/accounts/{await bob.account(ada)}/follow")
    assert answer.status_code == 403


async def test_a_profile_changes_and_an_account_leaves(two: Two) -> None:
    village, ada, bob, far = two.village, two.ada, two.bob, two.far
    await ada.say("One")
    await village.work()
    await ada.set(display_name="Ada of the mill")
    await village.work()
    assert (await bob.find("One"))["account"]["display_name"] == "Ada of the mill"

    await bob.act("favourite", await bob.find("One"))
    await village.work()
    await ada.leave()
    await village.work()
    assert await bob.home() == []
    assert await bob.relation(ada) == "nothing"
    assert await bob.followers() == {}
    assert (
        await far.all("SELECT id FROM statuses WHERE author = (SELECT id FROM accounts WHERE uri = $1)", ada.uri) == []
    )
    with pytest.raises(AssertionError, match="410"):
        await two.home.fetch(ada.uri)


async def live(two: Two) -> None:
    """A bit of everything, with a trace of each act left standing."""
    village, ada, bob = two.village, two.ada, two.bob
    kept = await ada.say("Kept, @bob@far.example #spring")
    gone = await ada.say("Gone")
    await village.work()
    seen = await bob.find("Kept, @bob #spring")
    await bob.say("@ada@home.example an answer", in_reply_to_id=seen["id"])
    await bob.act("favourite", seen)
    await bob.act("reblog", seen)
    other = await bob.find("Gone")
    await bob.act("favourite", other)
    await bob.act("reblog", other)
    await village.work()
    await bob.act("unfavourite", other)
    await bob.act("unreblog", other)
    await village.work()
    village.clock.advance(1_000)
    await ada.rewrite(kept, "Kept and bettered, @bob@far.example")
    await village.work()
    await ada.delete(gone)
    await ada.set(display_name="Ada of the mill")
    await village.work()


@pytest.mark.law("1.6")
@pytest.mark.parametrize("how", ["as it was", "signed anew", "after a month, forgotten"])
async def test_every_activity_over_again_changes_nothing(two: Two, how: str) -> None:
    village = two.village
    await live(two)
    if how == "after a month, forgotten":
        await village.pass_time(31 * DAY)
        for place in village.places:
            await place.write(arrivals.sweep)
            assert await place.all("SELECT id FROM arrivals") == []
    before = [await two.home.facts(), await two.far.facts()]
    since = village.mark()
    assert await village.replay(signed_anew=how != "as it was") >= 12
    for place, facts in zip((two.home, two.far), before, strict=True):
        assert await place.facts() == facts
    assert {asked.status for asked in village.wire.asked[since:] if asked.method == "POST"} == {202}


async def test_a_delete_that_comes_first_wins(village: Village) -> None:
    far = await village.server("far.example")
    bob = await far.person("bob")
    carl = village.foreign("carl.example").person("carl")
    await bob.follow(carl)
    await village.work()
    accept = carl.do("Accept", carl.server.got("Follow")[0]["id"])
    await carl.send(bob, accept)
    await village.work()
    assert await bob.relation(carl) == "following"

    note = {
        "id": carl.new_id("notes"),
        "type": "Note",
        "attributedTo": carl.uri,
        "content": "<p>Too late</p>",
        "published": carl.server.timestamp(),
        "to": ["https://www.w3.org/ns/activitystreams#Public"],
        "cc": [f"{carl.uri}/followers"],
    }
    await carl.send(bob, carl.do("Delete", {"id": note["id"], "type": "Tombstone"}))
    await village.work()
    await carl.send(bob, carl.create(note))
    await village.work()
    assert await bob.home() == []
    await carl.say("In time", bob)
    await village.work()
    assert await bob.home() == ["In time"]


async def test_nobody_speaks_for_another(two: Two) -> None:
    """Mallory sends what would be Bob's to send, under a key of her own: nothing of it has an effect."""
    village, home, ada, bob = two.village, two.home, two.ada, two.bob
    mallory = village.foreign("mallory.example").person("mallory")
    post = await ada.say("Mine")
    await bob.say("And mine")
    await village.work()
    before = await home.facts()
    his = (await ada.find("And mine"))["uri"]
    for kind, thing in (
        ("Delete", his),
        ("Delete", bob.uri),
        ("Delete", post["uri"]),
        ("Undo", {"id": f"{bob.uri}#f", "type": "Follow", "actor": bob.uri, "object": ada.uri}),
        ("Update", {"id": his, "type": "Note", "attributedTo": bob.uri, "content": "Forged"}),
        ("Accept", {"type": "Follow", "actor": ada.uri, "object": bob.uri}),
        ("Reject", {"type": "Follow", "actor": ada.uri, "object": bob.uri}),
    ):
        for actor in (mallory.uri, bob.uri):
            await mallory.send(ada, mallory.do(kind, thing) | {"actor": actor})
    await village.work()
    assert (await home.facts())["statuses: uri, author, content_html, reblog_of"] == before[
        "statuses: uri, author, content_html, reblog_of"
    ]
    assert (await home.facts())["follows: follower, followed, state, uri"] == before[
        "follows: follower, followed, state, uri"
    ]
