"""Law 1 and 3: a follower beyond the cap does not exist; a full audience holds, it doesn't insult."""

from __future__ import annotations

import pytest

from fedicert.base.clock import MINUTE
from tests.stories.elsewhere import Neighbour
from tests.stories.village import Place, Resident, Village


async def three_of_three(village: Village) -> tuple[Place, Resident, list[Neighbour]]:
    """Ada has an audience of three, each on a server of their own, and room for no more."""
    home = await village.server()
    ada = await home.person("ada")
    friends = [village.foreign(f"{name}.example").person(name) for name in ("carl", "dora", "emil")]
    for friend in friends:
        await friend.follow(ada)
    await village.work()
    assert [friend.relation(ada) for friend in friends] == ["following"] * 3
    return home, ada, friends


@pytest.mark.law("1.1", "3.1", "3.3")
async def test_when_ada_has_three_of_three_bob_waits_and_is_told_nothing(village: Village) -> None:
    _, ada, friends = await three_of_three(village)
    far = village.foreign("far.example")
    bob = far.person("bob")

    before = village.mark()
    await bob.follow(ada)
    await village.work()

    assert village.delivered("Accept", before) == []
    assert village.delivered("Reject", before) == []
    assert bob.relation(ada) == "requested"
    assert await ada.waiting() == await ada.asking() == ["bob"]
    assert ("follow_request", "bob") not in await ada.told()  # in the list, without a notification each
    assert await ada.audience() == ["carl", "dora", "emil"]
    assert (await ada.get("/api/v1/accounts/verify_credentials"))["followers_count"] == 3
    collection = await ada.place.fetch(f"{ada.uri}/followers")
    assert collection["totalItems"] == 3

    before = village.mark()
    await ada.say("Good morning")
    await village.work()
    reached = [inbox for inbox, _ in village.delivered("Create", before)]
    assert sorted(reached) == [f"https://{friend.server.host}/inbox" for friend in friends]
    assert [friend.home for friend in friends] == [["Good morning"]] * 3
    assert far.got("Create") == []
    assert bob.home == []


@pytest.mark.law("3.4")
async def test_when_a_slot_frees_bob_gets_his_accept_and_the_posts_that_follow(village: Village) -> None:
    home, ada, friends = await three_of_three(village)
    bob = village.foreign("far.example").person("bob")
    await bob.follow(ada)
    await village.work()
    await ada.say("Before Bob")
    await village.work()

    await ada.remove(friends[1])
    await village.work()

    assert friends[1].relation(ada) == "nothing"
    assert bob.relation(ada) == "following"
    assert await ada.audience() == ["carl", "emil", "bob"]
    await ada.say("With Bob")
    await village.work()
    assert bob.home == ["With Bob"]
    assert friends[1].home == []
    assert friends[0].home == ["Before Bob", "With Bob"]
    assert (await home.verify_ledger()).findings == []


@pytest.mark.law("2.5", "3.4")
async def test_a_raised_cap_admits_all_who_wait_in_order_and_a_delete_reaches_all_who_got_the_post(
    village: Village,
) -> None:
    home, ada, friends = await three_of_three(village)
    admin = await home.person("root", role="owner")
    waiting = [
        village.foreign(f"far{number}.example").person(name) for number, name in enumerate(("bob", "fay", "gus"))
    ]
    for one in waiting:
        await one.follow(ada)
        village.clock.advance(1_000)
    await village.work()
    first = await ada.say("The first")
    await village.work()
    await ada.remove(friends[0])
    await village.pass_time(10 * MINUTE)  # she picks nobody herself
    assert await ada.waiting() == ["fay", "gus"]

    await home.change_rung(admin, {"followers": 10}, "spring is here")
    await village.work()
    assert [one.relation(ada) for one in waiting] == ["following"] * 3
    assert await ada.waiting() == []
    assert await ada.ledger_of("released") == [one.uri for one in waiting]

    await ada.say("The second")
    await village.work()
    everyone = [*friends[1:], *waiting]
    assert all(one.home[-1:] == ["The second"] for one in everyone)
    assert friends[0].home == []  # she follows no longer; what her server has kept is another matter
    assert [text["id"] for text in friends[0].server.posts.values()] == [first["uri"]]

    before = village.mark()
    await ada.delete(first)
    await village.work()
    reached = sorted(inbox for inbox, _ in village.delivered("Delete", before))
    assert reached == sorted(f"https://{friend.server.host}/inbox" for friend in friends)
    assert all(one.server.got("Delete") == [] for one in waiting)
    assert friends[0].server.posts == {}
    assert [friend.home for friend in friends[1:]] == [["The second"]] * 2
    assert [one.home for one in waiting] == [["The second"]] * 3
    assert (await home.verify_ledger()).findings == []


@pytest.mark.law("1.1", "W3")
async def test_those_who_wait_read_no_more_than_strangers_do(village: Village) -> None:
    home = await village.server(followers=2)
    ada, ben, cleo = await home.person("ada"), await home.person("ben"), await home.person("cleo")
    carl, bob = (village.foreign(f"{name}.example").person(name) for name in ("carl", "bob"))
    await carl.follow(ada)
    await village.work()
    await ben.follow(ada)
    await bob.follow(ada)
    await cleo.follow(ada)
    await village.work()
    assert await ada.followers() == {"carl": "admitted", "ben": "admitted", "cleo": "held", "bob": "held"}

    post = await ada.say("For my followers", visibility="private")
    await village.work()

    assert await ben.home() == ["For my followers"]
    assert await cleo.home() == []
    assert (await ben.http.get(f"/api/v1/statuses/{post['id']}")).status_code == 200
    assert (await cleo.http.get(f"/api/v1/statuses/{post['id']}")).status_code == 404
    assert (await carl.server.fetch(carl, post["uri"])).status == 200
    assert (await bob.server.fetch(bob, post["uri"])).status == 404
    assert await cleo.relation(ada) == "requested"
    assert [told for told in await ada.told() if told[1] in ("cleo", "bob")] == []
