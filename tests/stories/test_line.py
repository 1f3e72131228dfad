"""Law 3: who waits, in which order, by whose word; what the actor's document says of it, and how often."""

from __future__ import annotations

import pytest

from fedicert.base.clock import DAY, HOUR, MINUTE
from tests.stories.elsewhere import PUBLIC, Neighbour
from tests.stories.village import Place, Resident, Village, words


async def follow_in_turn(village: Village, ada: Resident, *people: Neighbour) -> None:
    for one in people:
        await one.follow(ada)
        village.clock.advance(1_000)
        await village.work()


def crowd(village: Village, *names: str, host: str = "") -> list[Neighbour]:
    """People on one server, or each on a server of their own."""
    if host:
        server = village.foreign(host)
        return [server.person(name) for name in names]
    return [village.foreign(f"{name}.example").person(name) for name in names]


@pytest.mark.law("3.2")
async def test_the_document_says_that_newcomers_are_held_and_an_update_at_most_hourly(village: Village) -> None:
    home = await village.server(followers=2)
    ada = await home.person("ada")
    carl, dora, emil = crowd(village, "carl", "dora", "emil")
    await carl.follow(ada)
    await village.work()
    assert (await ada.document())["manuallyApprovesFollowers"] is False

    await village.pass_time(2 * HOUR)
    before = village.mark()
    await dora.follow(ada)
    await village.work()
    assert (await ada.document())["manuallyApprovesFollowers"] is True
    told = village.delivered("Update", before)
    assert sorted(inbox for inbox, _ in told) == ["https://carl.example/inbox", "https://dora.example/inbox"]
    assert {activity["object"]["manuallyApprovesFollowers"] for _, activity in told} == {True}

    before = village.mark()
    await village.pass_time(MINUTE)
    await ada.remove(dora)  # there is room again
    await village.work()
    assert (await ada.document())["manuallyApprovesFollowers"] is False
    await village.pass_time(MINUTE)
    await emil.follow(ada)  # and none again
    await village.pass_time(MINUTE)
    await ada.remove(emil)
    await village.pass_time(MINUTE)
    assert village.delivered("Update", before) == []

    await village.pass_time(HOUR)
    told = village.delivered("Update", before)
    assert [inbox for inbox, _ in told] == ["https://carl.example/inbox"]
    assert told[0][1]["object"]["manuallyApprovesFollowers"] is False


@pytest.mark.law("3.2")
async def test_the_owners_own_lock_stays_the_owners(village: Village) -> None:
    home = await village.server(followers=1)
    ada = await home.person("ada")
    (carl,) = crowd(village, "carl")
    await carl.follow(ada)
    await village.work()
    assert (await ada.document())["manuallyApprovesFollowers"] is True
    rows = await home.all("SELECT locked FROM accounts WHERE id = $1", ada.id)
    assert rows[0][0] == 0


@pytest.mark.law("3.10", "W5")
async def test_a_fifth_of_the_slots_is_kept_for_people_the_owner_follows(village: Village) -> None:
    home = await village.server(followers=5, kept_for_followed=0.2)
    ada = await home.person("ada")
    strangers = crowd(village, "s1", "s2", "s3", "s4", "s5")
    friend, later = crowd(village, "friend", "later")
    await ada.follow(friend)
    await village.work()

    await follow_in_turn(village, ada, *strangers)
    assert await ada.audience() == ["s1", "s2", "s3", "s4"]
    assert await ada.waiting() == ["s5"]
    assert (await ada.document())["manuallyApprovesFollowers"] is True

    await follow_in_turn(village, ada, friend)
    assert friend.relation(ada) == "following"
    await follow_in_turn(village, ada, later)
    assert await ada.waiting() == ["s5", "later"]

    # Once all slots are taken a friend waits like everybody; a freed one is theirs before the oldest stranger's.
    await ada.follow(later)
    await village.work()
    assert await ada.waiting() == ["s5", "later"]
    await ada.remove(friend)
    await village.pass_time(10 * MINUTE)  # she picks nobody herself
    assert later.relation(ada) == "following"
    assert await ada.waiting() == ["s5"]


@pytest.mark.law("3.10")
async def test_following_one_who_waits_gives_them_a_kept_slot_at_once(village: Village) -> None:
    home = await village.server(followers=5, kept_for_followed=0.2)
    ada = await home.person("ada")
    strangers = crowd(village, "s1", "s2", "s3", "s4", "s5")
    await follow_in_turn(village, ada, *strangers)
    assert await ada.waiting() == ["s5"]
    await ada.follow(strangers[4])
    await village.work()
    assert strangers[4].relation(ada) == "following"


@pytest.mark.law("3.11", "3.4")
async def test_a_domain_has_a_day_and_the_rest_come_in_on_the_next(village: Village) -> None:
    home = await village.server(followers=10, strangers_per_domain_day=2)
    ada = await home.person("ada")
    many = crowd(village, "m1", "m2", "m3", "m4", "m5", host="many.example")
    (other,) = crowd(village, "other")

    await follow_in_turn(village, ada, *many)
    assert await ada.audience() == ["m1", "m2"]
    assert await ada.waiting() == ["m3", "m4", "m5"]
    await follow_in_turn(village, ada, other)
    assert other.relation(ada) == "following"

    await ada.let_in(many[4])  # the owner's word opens a domain's day
    await village.work()
    assert many[4].relation(ada) == "following"

    await village.pass_to("2026-03-01T23:59:00+00:00")
    assert await ada.waiting() == ["m3", "m4"]
    await village.pass_to("2026-03-02T00:00:01+00:00")
    assert await ada.waiting() == []
    assert [one.relation(ada) for one in many] == ["following"] * 5
    assert (await home.verify_ledger()).findings == []


@pytest.mark.law("3.4", "3.11")
async def test_releases_count_toward_a_domains_day(village: Village) -> None:
    home = await village.server(followers=10, strangers_per_domain_day=2)
    ada = await home.person("ada")
    many = crowd(village, "m1", "m2", "m3", "m4", "m5", host="many.example")
    await follow_in_turn(village, ada, *many)
    await village.pass_to("2026-03-02T00:00:01+00:00")
    assert await ada.audience() == ["m1", "m2", "m3", "m4"]
    await village.pass_to("2026-03-03T00:00:01+00:00")
    assert await ada.audience() == ["m1", "m2", "m3", "m4", "m5"]


@pytest.mark.law("3.6")
async def test_a_locked_accounts_owner_picks(village: Village) -> None:
    home = await village.server(followers=1)
    ada = await home.person("ada")
    await ada.set(locked=True)
    carl, dora, emil = crowd(village, "carl", "dora", "emil")
    await follow_in_turn(village, ada, carl, dora, emil)
    assert [one.relation(ada) for one in (carl, dora, emil)] == ["requested"] * 3
    assert [kind for kind, _ in await ada.told()] == ["follow_request"] * 3

    await ada.let_in(dora)
    await village.work()
    await ada.send_away(carl)
    await village.work()
    assert [one.relation(ada) for one in (carl, dora, emil)] == ["nothing", "following", "requested"]

    await ada.remove(dora)  # a slot frees, and nobody is let in but by her word
    await village.work()
    assert emil.relation(ada) == "requested"
    await ada.let_in(emil)
    await village.work()
    assert emil.relation(ada) == "following"


@pytest.mark.law("3.16")
async def test_relays_and_mirrors_are_held_though_there_is_room(village: Village) -> None:
    home = await village.server(followers=3)
    ada = await home.person("ada")
    relay = village.foreign("relay.example").person("relay", "Application")
    mirror = village.foreign("mirror.example").person("mirror", "Service")
    group = village.foreign("group.example").person("group", "Group")
    (carl,) = crowd(village, "carl")
    await follow_in_turn(village, ada, relay, mirror, group, carl)
    assert await ada.audience() == ["carl"]
    assert await ada.waiting() == ["relay", "mirror", "group"]

    before = village.mark()
    await ada.say("For people")
    await village.work()
    assert [inbox for inbox, _ in village.delivered("Create", before)] == ["https://carl.example/inbox"]


@pytest.mark.law("3.15")
async def test_where_the_rung_says_reject_a_full_audience_says_no(village: Village) -> None:
    home = await village.server(followers=1, when_full="reject")
    ada = await home.person("ada")
    carl, dora = crowd(village, "carl", "dora")
    await follow_in_turn(village, ada, carl, dora)
    assert carl.relation(ada) == "following"
    assert dora.relation(ada) == "nothing"
    assert len(dora.server.got("Reject")) == 1
    assert await ada.followers() == {"carl": "admitted"}


@pytest.mark.law("3.8", "1.6")
async def test_a_repeated_follow_takes_no_slot_and_is_accepted_again_by_its_latest_id(village: Village) -> None:
    home = await village.server(followers=2)
    ada = await home.person("ada")
    carl, dora, emil = crowd(village, "carl", "dora", "emil")
    await follow_in_turn(village, ada, carl, dora, emil)
    carl.follows.clear()  # his server has lost its memory
    again = await carl.follow(ada)
    await village.work()

    assert carl.relation(ada) == "following"
    accepts = carl.server.got("Accept")
    assert len(accepts) == 2
    assert again["id"] in str(accepts[-1]["object"])
    assert await ada.followers() == {"carl": "admitted", "dora": "admitted", "emil": "held"}

    # One who waits and asks again keeps the place, and is told nothing still.
    await emil.follow(ada)
    await village.work()
    assert emil.server.got() == []
    assert await ada.waiting() == ["emil"]

    # What is undone later is the latest Follow.
    await carl.unfollow(ada, again)
    await village.work()
    assert await ada.followers() == {"dora": "admitted", "emil": "admitted"}


async def test_a_server_that_believes_nothing_changes_nothing_for_the_others(village: Village) -> None:
    home = await village.server(followers=2)
    ada = await home.person("ada")
    deaf = village.foreign("deaf.example", silent=True).person("deaf")
    carl, dora = crowd(village, "carl", "dora")
    await follow_in_turn(village, ada, deaf, carl, dora)
    for _ in range(3):  # it shows "requested" for ever, and asks again and again
        await follow_in_turn(village, ada, deaf)
    assert deaf.relation(ada) == "requested"
    assert await ada.followers() == {"deaf": "admitted", "carl": "admitted", "dora": "held"}
    assert len(deaf.server.got("Accept")) == 4
    await ada.remove(deaf)
    await village.work()
    assert await ada.audience() == ["carl", "dora"]


async def test_leaving_the_line_leaves_no_trace_for_the_others(village: Village) -> None:
    home = await village.server(followers=1)
    ada = await home.person("ada")
    carl, dora, emil = crowd(village, "carl", "dora", "emil")
    await follow_in_turn(village, ada, carl)
    waiting = await dora.follow(ada)
    await village.work()
    await follow_in_turn(village, ada, emil)
    await dora.unfollow(ada, waiting)
    await village.work()
    assert await ada.waiting() == ["emil"]
    await ada.remove(carl)
    await village.work()
    assert await ada.audience() == ["emil"]
    assert dora.server.got() == []


@pytest.mark.law("3.12", "3.14")
async def test_the_line_is_bounded_and_the_domain_with_most_waiters_gives_way(village: Village) -> None:
    home = await village.server(followers=1)
    ada = await home.person("ada")
    (carl,) = crowd(village, "carl")
    many = crowd(village, *(f"m{number}" for number in range(10)), host="many.example")
    (late,) = crowd(village, "late")
    await follow_in_turn(village, ada, carl, *many)
    assert len(await ada.waiting()) == 10
    await follow_in_turn(village, ada, late)
    assert await ada.waiting() == [*(f"m{number}" for number in range(9)), "late"]
    assert many[9].relation(ada) == "nothing"
    assert late.relation(ada) == "requested"
    assert ("gave_way", "law 3: the line is bounded") in await ada.ledger()


async def test_whoever_leaves_the_network_frees_the_slot(village: Village) -> None:
    home = await village.server(followers=2)
    ada, ben = await home.person("ada"), await home.person("ben")
    carl, dora, emil = crowd(village, "carl", "dora", "emil")
    await ben.follow(ada)
    await follow_in_turn(village, ada, carl, dora, emil)
    assert await ada.followers() == {"ben": "admitted", "carl": "admitted", "dora": "held", "emil": "held"}

    await ben.leave()
    await village.work()
    assert await ada.followers() == {"carl": "admitted", "dora": "admitted", "emil": "held"}

    carl.gone = True
    await carl.send(ada, carl.do("Delete", carl.uri))
    await village.work()
    assert await ada.followers() == {"dora": "admitted", "emil": "admitted"}
    assert [one.relation(ada) for one in (dora, emil)] == ["following"] * 2
    assert (await home.verify_ledger()).findings == []


@pytest.mark.law("3.4")
@pytest.mark.parametrize("shown", ["gone", "shown", "away"])
async def test_an_inbox_that_is_gone_twice_a_day_apart_frees_the_slot(village: Village, shown: str) -> None:
    home = await village.server(followers=1)
    ada = await home.person("ada")
    carl, dora = village.foreign("carl.example", shared_inbox=False).person("carl"), *crowd(village, "dora")
    await follow_in_turn(village, ada, carl, dora)
    note = await carl.say("before", ada, to=[PUBLIC, ada.uri])
    await village.work()
    assert await ada.followers() == {"carl": "admitted", "dora": "held"}

    async def post() -> None:
        await ada.say("hello")
        await village.work()

    carl.gone = shown == "gone"
    if shown == "away":
        del carl.server.people["/users/carl"]
    carl.server.gone_inboxes = {"/users/carl/inbox"}
    await post()
    await village.pass_time(HOUR)
    await post()
    assert await ada.followers() == {"carl": "admitted", "dora": "held"}

    await village.pass_time(DAY - 2 * HOUR)
    await post()
    assert await ada.followers() == {"carl": "admitted", "dora": "held"}
    await village.pass_time(2 * HOUR)
    await post()
    assert await ada.followers() == {"dora": "admitted"}
    assert dora.relation(ada) == "following"
    assert await home.all("SELECT 1 FROM gone") == []
    kept = await home.all("SELECT 1 FROM statuses WHERE uri = $1", note["id"])
    assert len(kept) == (0 if shown == "gone" else 1)
    assert (await home.verify_ledger()).findings == []


async def test_who_is_gone_is_asked_for_again_though_nobody_posts(village: Village) -> None:
    home = await village.server(followers=1)
    ada = await home.person("ada")
    carl, dora = crowd(village, "carl", "dora")
    await follow_in_turn(village, ada, carl, dora)
    carl.gone = carl.server.closed = True
    await ada.say("hello")
    await village.work()
    await village.pass_time(DAY - HOUR)
    assert await ada.followers() == {"carl": "admitted", "dora": "held"}
    await village.pass_time(2 * HOUR)
    assert await ada.followers() == {"dora": "admitted"}


async def test_a_shared_inbox_that_is_gone_speaks_for_nobody(village: Village) -> None:
    home = await village.server(followers=17)
    ada = await home.person("ada")
    people = crowd(village, *(f"p{number:02}" for number in range(15)), host="far.example")
    await follow_in_turn(village, ada, *people, *crowd(village, "dora"))
    (alone,) = crowd(village, "alone")  # nobody else there is known, and it is a shared inbox all the same
    await follow_in_turn(village, ada, alone)
    alone.server.closed = True
    people[0].server.closed = True
    people[2].gone = people[12].gone = True
    for _ in range(3):
        await ada.say("hello")
        await village.work()
        await village.pass_time(30 * HOUR)
    assert await ada.audience() == [*(one.name for one in people if not one.gone), "dora", "alone"]


@pytest.mark.parametrize("by", ["inbox", "document"])
async def test_who_is_back_in_between_is_not_gone(village: Village, by: str) -> None:
    home = await village.server(followers=1)
    ada = await home.person("ada")
    carl, dora = village.foreign("carl.example", shared_inbox=False).person("carl"), *crowd(village, "dora")
    await follow_in_turn(village, ada, carl, dora)

    async def post_after(hours: int) -> None:
        await village.pass_time(hours * HOUR)
        await ada.say("hello")
        await village.work()

    async def is_gone(gone: bool) -> None:
        if by == "inbox":
            carl.server.gone_inboxes = {"/users/carl/inbox"} if gone else set()
        else:
            carl.gone = gone

    await is_gone(True)
    await post_after(1)
    await is_gone(False)
    await post_after(12)
    await is_gone(True)
    await post_after(13)
    assert await ada.followers() == {"carl": "admitted", "dora": "held"}
    await post_after(26)
    assert await ada.followers() == {"dora": "admitted"}


@pytest.mark.law("C6")
async def test_a_block_frees_the_slot_and_taking_it_back_restores_nothing(village: Village) -> None:
    home = await village.server(followers=1)
    ada = await home.person("ada")
    carl, dora = crowd(village, "carl", "dora")
    await follow_in_turn(village, ada, carl, dora)
    await ada.block(carl)
    await village.work()
    assert await ada.followers() == {"dora": "admitted"}
    assert carl.relation(ada) == "nothing"
    await ada.to(carl, "unblock")
    await village.work()
    assert await ada.followers() == {"dora": "admitted"}
    await carl.follow(ada)
    await village.work()
    assert await ada.followers() == {"dora": "admitted", "carl": "held"}


async def test_a_lowered_cap_admits_nobody_and_drops_nobody_by_itself(village: Village) -> None:
    home = await village.server(followers=3)
    ada, admin = await home.person("ada"), await home.person("root", role="owner")
    carl, dora, emil, fay = crowd(village, "carl", "dora", "emil", "fay")
    await follow_in_turn(village, ada, carl, dora, emil, fay)
    await home.change_rung(admin, {"followers": 2}, "harvest is in")
    await village.work()
    assert await ada.audience() == ["carl", "dora", "emil"]
    await ada.remove(carl)  # two of two: full, and nobody is let in
    await village.work()
    assert await ada.followers() == {"dora": "admitted", "emil": "admitted", "fay": "held"}
    await ada.remove(dora)
    await village.work()
    assert await ada.followers() == {"emil": "admitted", "fay": "admitted"}


# Swapping, and turning over


async def two_of_two(village: Village, *waiting: str) -> tuple[Place, Resident, list[Neighbour], list[Neighbour]]:
    """Ada has two followers, room for no more, and people who wait."""
    home = await village.server(followers=2)
    ada = await home.person("ada")
    friends, others = crowd(village, "carl", "dora"), crowd(village, *waiting)
    await follow_in_turn(village, ada, *friends, *others)
    return home, ada, friends, others


@pytest.mark.law("3.7")
async def test_to_swap_with_any_client_one_removes_a_follower_and_accepts_who_waits(village: Village) -> None:
    """Whoever the owner picks within ten minutes of a removal has the slot, not the oldest who waits."""
    home, ada, (carl, dora), (emil, fay) = await two_of_two(village, "emil", "fay")
    answer = await ada.http.post(f"/api/v1/follow_requests/{await ada.account(fay)}/authorize")
    assert answer.status_code == 422
    assert answer.json()["error"] == (
        "Your audience is full (2 of 2). To swap, remove a follower and then accept this person within 10 minutes;"
        " or rise to a higher tier."
    )
    await ada.remove(carl)
    await village.pass_time(9 * MINUTE)
    assert await ada.waiting() == ["emil", "fay"]  # the slot waits for her
    (gus,) = crowd(village, "gus")
    await follow_in_turn(village, ada, gus)  # and nobody who comes later has it meanwhile
    assert await ada.waiting() == ["emil", "fay", "gus"]
    await ada.let_in(fay)
    await village.work()
    assert [one.relation(ada) for one in (carl, dora, emil, fay)] == ["nothing", "following", "requested", "following"]
    assert await ada.followers() == {"dora": "admitted", "emil": "held", "fay": "admitted", "gus": "held"}
    assert (await home.verify_ledger()).findings == []


@pytest.mark.law("3.7", "3.4")
async def test_where_the_owner_picks_nobody_the_next_in_line_has_the_slot_after_ten_minutes(village: Village) -> None:
    _, ada, (carl, _dora), (emil, fay) = await two_of_two(village, "emil", "fay")
    await ada.remove(carl)
    await village.pass_time(10 * MINUTE)
    assert await ada.followers() == {"dora": "admitted", "emil": "admitted", "fay": "held"}
    assert (emil.relation(ada), fay.relation(ada)) == ("following", "requested")


@pytest.mark.law("3.7", "1.5")
async def test_the_owner_swaps_in_one_step(village: Village) -> None:
    """Both or neither: who goes is told Reject, who comes Accept, and nobody else moves."""
    home, ada, (carl, _dora), (emil, fay) = await two_of_two(village, "emil", "fay")
    left = await ada.post("/api/fedicert/v1/swap", out=await ada.account(carl), **{"in": await ada.account(fay)})
    assert (left["limit"], left["used"], left["left"]) == (2, 1, 1)
    await village.work()
    assert await ada.followers() == {"dora": "admitted", "emil": "held", "fay": "admitted"}
    assert [len(one.server.got("Reject")) for one in (carl, emil)] == [1, 0]
    assert fay.relation(ada) == "following"
    assert [kind for kind, rule in await ada.ledger() if rule == "law 3: the owner swaps"] == [
        "swapped_out",
        "swapped_in",
    ]

    for out, in_, status in ((carl, emil, 422), (fay, carl, 404)):  # who has no slot, who doesn't wait
        body = {"out": await ada.account(out), "in": await ada.account(in_)}
        assert (await ada.http.post("/api/fedicert/v1/swap", json=body)).status_code == status
    assert await ada.followers() == {"dora": "admitted", "emil": "held", "fay": "admitted"}
    assert (await home.verify_ledger()).findings == []


@pytest.mark.law("3.7", "3.16")
async def test_a_swap_that_the_law_refuses_changes_nothing(village: Village) -> None:
    home = await village.server(followers=2, kept_for_followed=0.5)
    ada = await home.person("ada")
    friend, carl, dora = crowd(village, "friend", "carl", "dora")
    relay = village.foreign("relay.example").person("relay", "Application")
    await ada.follow(friend)
    await village.work()
    await follow_in_turn(village, ada, friend, carl, dora, relay)
    before = await ada.followers()
    for coming, told in ((dora, "has room only for people you follow"), (relay, "An admin has to list it")):
        body = {"out": await ada.account(friend), "in": await ada.account(coming)}
        answer = await ada.http.post("/api/fedicert/v1/swap", json=body)
        assert answer.status_code == 422
        assert told in answer.json()["error"]
    await village.work()
    assert await ada.followers() == before
    assert friend.server.got("Reject") == []


@pytest.mark.law("1.7")
async def test_slots_that_the_owner_frees_are_filled_again_as_often_as_the_cap_in_thirty_days(village: Village) -> None:
    """Two slots, two refills: the third waits until the first is thirty days old, to the millisecond."""
    home, ada, (carl, dora), others = await two_of_two(village, "e1", "e2", "e3", "e4")
    first = village.clock.now()
    await ada.remove(carl)
    await ada.let_in(others[0])
    await village.pass_time(DAY)
    await ada.post("/api/fedicert/v1/swap", out=await ada.account(dora), **{"in": await ada.account(others[1])})
    assert (await ada.get("/api/fedicert/v1/turnover"))["left"] == 0
    await village.work()
    assert await ada.audience() == ["e1", "e2"]

    body = {"out": await ada.account(others[0]), "in": await ada.account(others[2])}
    answer = await ada.http.post("/api/fedicert/v1/swap", json=body)
    assert answer.status_code == 422
    assert answer.json()["error"] == (
        "Slots that you freed yourself may be filled again 2 times in 30 days, and that is used up."
        " The next one may be filled from 2026-03-31 12:01 UTC on."
    )
    await ada.remove(others[0])
    await village.pass_time(DAY)
    assert await ada.audience() == ["e2"]  # the slot stays empty
    told = [words(one["status"]["content"]) for one in await ada.get("/api/v1/notifications", **{"types[]": "mention"})]
    (said,) = [text for text in told if "stays empty for now" in text]
    assert "at most 2 times in 30 days" in said and "from 2026-03-31 12:01 UTC on" in said
    assert (await ada.document())["manuallyApprovesFollowers"] is True
    answer = await ada.http.post(f"/api/v1/follow_requests/{await ada.account(others[2])}/authorize")
    assert answer.json()["error"].startswith("Slots that you freed yourself")
    (late,) = crowd(village, "late")
    await follow_in_turn(village, ada, late)
    assert await ada.waiting() == ["e3", "e4", "late"]

    since = (await home.all("SELECT MIN(at) FROM refills"))[0][0]
    assert since >= first
    await village.pass_time(since + 30 * DAY - village.clock.now() - 1)
    assert await ada.audience() == ["e2"]
    await village.pass_time(1)
    assert await ada.audience() == ["e2", "e3"]
    assert (await home.verify_ledger()).findings == []


@pytest.mark.law("1.7")
async def test_slots_that_others_free_are_filled_again_without_a_number(village: Village) -> None:
    """Whoever leaves by themselves, or blocks the owner, frees a slot like any other."""
    _home, ada, (carl, dora), others = await two_of_two(village, "e1", "e2", "e3", "e4", "e5")
    await carl.send(ada, carl.do("Block", ada.uri))
    await village.work()
    for number, one in enumerate((dora, *others[:2])):
        follow = next(uri for uri, whom in one.follow_ids.items() if whom == ada.uri)
        await one.unfollow(ada, {"id": follow, "type": "Follow", "actor": one.uri, "object": ada.uri})
        await village.work()
        assert len(await ada.audience()) == 2, number
    assert (await ada.get("/api/fedicert/v1/turnover"))["used"] == 0
    assert await ada.audience() == ["e3", "e4"]


@pytest.mark.law("1.7")
async def test_a_block_counts_as_freeing_and_empty_slots_are_filled_first(village: Village) -> None:
    home = await village.server(followers=3)
    ada = await home.person("ada")
    carl, dora, emil, fay = crowd(village, "carl", "dora", "emil", "fay")
    await follow_in_turn(village, ada, carl, dora)
    await ada.block(carl)
    await village.work()
    await follow_in_turn(village, ada, emil)
    assert (await ada.get("/api/fedicert/v1/turnover"))["used"] == 0  # that one was never anybody's
    await follow_in_turn(village, ada, fay)
    assert (await ada.get("/api/fedicert/v1/turnover"))["used"] == 1  # and that one was carl's
    (gus,) = crowd(village, "gus")
    await follow_in_turn(village, ada, gus)
    assert (await ada.audience(), await ada.waiting()) == (["dora", "emil", "fay"], ["gus"])
    await ada.block(dora)
    await village.work()
    assert await ada.audience() == ["emil", "fay", "gus"]
    assert (await ada.get("/api/fedicert/v1/turnover"))["used"] == 2


# The line, to its ends


@pytest.mark.law("3.5")
async def test_who_comes_later_stands_behind_who_waits(village: Village) -> None:
    """A slot that is open for a moment is the line's, whoever knocks first."""
    home, ada, (carl, _dora), (_emil,) = await two_of_two(village, "emil")
    (late,) = crowd(village, "late")
    await ada.remove(carl)  # one waits: there is nothing to pick, and the slot is emil's
    await late.follow(ada)
    await village.work()
    assert await ada.followers() == {"dora": "admitted", "emil": "admitted", "late": "held"}
    assert (await home.verify_ledger()).findings == []


@pytest.mark.law("3.12", "3.14")
async def test_nobody_whom_the_owner_follows_gives_way_or_finds_no_line(village: Village) -> None:
    home = await village.server(followers=1)
    ada = await home.person("ada")
    (carl,) = crowd(village, "carl")
    many = crowd(village, *(f"m{number}" for number in range(9)), host="many.example")
    mate = village.foreign("many.example.org").person("mate")
    await ada.follow(mate)
    await village.work()
    await follow_in_turn(village, ada, carl, *many, mate)
    assert len(await ada.waiting()) == 10
    late = many[0].server.person("late")
    await follow_in_turn(village, ada, late)  # of the longest domain, and the newest: no line for this one
    assert late.relation(ada) == "nothing"
    assert len(late.server.got("Reject")) == 1
    for name in ("n1", "n2"):
        await follow_in_turn(village, ada, *crowd(village, name))
    waiting = await ada.waiting()
    assert "mate" in waiting
    assert [name for name in waiting if name.startswith("n")] == ["n1", "n2"]


@pytest.mark.law("3.13", "3.14")
async def test_a_place_lapses_after_180_days_and_is_sent_reject(village: Village) -> None:
    home, ada, _friends, (emil,) = await two_of_two(village, "emil")
    await village.pass_time(180 * DAY - 2 * HOUR)
    await home.sweep()
    assert await ada.waiting() == ["emil"]
    await village.pass_time(4 * HOUR)
    await home.sweep()
    assert await ada.waiting() == []
    assert emil.relation(ada) == "nothing"
    assert ("lapsed", "law 3: a place lapses after 180 days") in await ada.ledger()


@pytest.mark.law("3.15", "3.14")
async def test_reject_holds_for_newcomers_and_leaves_those_who_wait_already(village: Village) -> None:
    home, ada, (carl, _dora), (_emil, _fay) = await two_of_two(village, "emil", "fay")
    admin = await home.person("root", role="owner")
    await home.change_rung(admin, {"when_full": "reject"}, "no lines any longer")
    await village.work()
    (late,) = crowd(village, "late")
    await follow_in_turn(village, ada, late)
    assert late.relation(ada) == "nothing"
    assert await ada.waiting() == ["emil", "fay"]
    await ada.remove(carl)
    await village.pass_time(10 * MINUTE)
    assert await ada.audience() == ["dora", "emil"]


@pytest.mark.law("3.2")
async def test_a_client_that_sends_back_what_it_was_shown_changes_nothing(village: Village) -> None:
    """While newcomers are held the own account shows a lock, so that clients show who waits; sent back, it locks nothing."""
    _home, ada, (carl, dora), (emil,) = await two_of_two(village, "emil")
    shown = await ada.get("/api/v1/accounts/verify_credentials")
    assert shown["locked"] is True
    assert shown["source"]["follow_requests_count"] == 1
    await ada.set(locked=shown["locked"], display_name="Ada", bot=shown["bot"], discoverable=shown["discoverable"])
    assert await ada.get("/api/fedicert/v1/lock") == {"locked": False, "holds": True}
    await ada.remove(carl)
    await village.work()
    assert emil.relation(ada) == "following"  # nobody asked for her word

    answer = await ada.http.put("/api/fedicert/v1/lock", json={"locked": True})
    assert answer.json() == {"locked": True, "holds": True}
    await ada.set(locked=True)
    await ada.set(locked=False)
    assert (await ada.get("/api/fedicert/v1/lock"))["locked"] is False
    await ada.remove(dora)
    await village.pass_time(2 * HOUR)
    assert (await ada.get("/api/v1/accounts/verify_credentials"))["locked"] is False
    await ada.set(locked=True)
    assert (await ada.get("/api/fedicert/v1/lock"))["locked"] is True


# Relays, mirrors, groups


@pytest.mark.law("3.16")
async def test_an_admin_lists_a_group_and_it_is_let_in_when_its_turn_comes(village: Village) -> None:
    home = await village.server(followers=2)
    ada, admin, ben = await home.person("ada"), await home.person("root", role="admin"), await home.person("ben")
    group = village.foreign("group.example").person("group", "Group")
    await follow_in_turn(village, ada, group)
    await follow_in_turn(village, ben, group)
    assert group.relation(ada) == "requested"

    said = {"acct": "group@group.example", "reason": "the choir of our town"}
    assert (await ben.http.post("/api/fedicert/v1/admin/listings", json=said)).status_code == 403
    assert (await admin.http.post("/api/fedicert/v1/admin/listings", json=said | {"reason": ""})).status_code == 422
    listed = await admin.post("/api/fedicert/v1/admin/listings", **said)
    await village.work()
    assert [group.relation(one) for one in (ada, ben)] == ["following"] * 2
    (shown,) = await admin.get("/api/fedicert/v1/admin/listings")
    assert (shown["acct"], shown["by"], shown["reason"]) == ("group@group.example", "root", "the choir of our town")
    assert (await admin.http.post("/api/fedicert/v1/admin/listings", json=said)).status_code == 409

    before = village.mark()
    gone = await admin.http.request(
        "DELETE", f"/api/fedicert/v1/admin/listings/{listed['id']}", json={"reason": "it mirrors everything"}
    )
    assert gone.status_code == 200
    await village.work()
    assert [group.relation(one) for one in (ada, ben)] == ["nothing"] * 2
    assert await ada.followers() == {"group": "trimmed"}
    await ada.say("Among people")
    await village.work()
    assert village.delivered("Create", before) == []
    await follow_in_turn(village, ada, group)
    assert await ada.waiting() == ["group"]
    rules = [rule for _, rule in await ada.ledger()]
    assert rules.count("law 3: relays and mirrors") >= 2
    assert (await home.verify_ledger()).findings == []


@pytest.mark.law("3.16")
@pytest.mark.parametrize("kind", ["Group", "Application", "Service"])
async def test_a_follower_who_becomes_a_relay_loses_the_slot_at_once(village: Village, kind: str) -> None:
    """A person let in, whose document says Group from now on, is told Reject and waits for an admin like any other."""
    home, ada, (carl, _dora), (_emil,) = await two_of_two(village, "emil")
    carl.kind = kind
    await carl.send(ada, carl.do("Update", carl.document()))
    await village.work()
    assert carl.relation(ada) == "nothing"
    assert len(carl.server.got("Reject")) == 1
    assert await ada.followers() == {"carl": "trimmed", "dora": "admitted", "emil": "admitted"}
    before = village.mark()
    await ada.say("For people")
    await village.work()
    assert sorted(inbox for inbox, _ in village.delivered("Create", before)) == [
        "https://dora.example/inbox",
        "https://emil.example/inbox",
    ]
    assert (await home.verify_ledger()).findings == []


@pytest.mark.law("3.16", "1.1")
async def test_a_relay_in_an_audience_that_gets_a_cap_is_paused_and_trimmed_after_thirty_days(village: Village) -> None:
    home = await village.server(followers="none")
    ada, admin = await home.person("ada"), await home.person("root", role="owner")
    relay = village.foreign("relay.example").person("relay", "Application")
    (carl,) = crowd(village, "carl")
    await follow_in_turn(village, ada, relay, carl)
    assert relay.relation(ada) == "following"
    await home.change_rung(admin, {"followers": 5}, "a smaller hall")
    await village.work()
    assert await ada.followers() == {"relay": "paused", "carl": "admitted"}
    await home.change_rung(admin, {"followers": "none"}, "the larger one again")
    await village.work()
    assert await ada.followers() == {"relay": "admitted", "carl": "admitted"}
    await home.change_rung(admin, {"followers": 5}, "and the smaller one")
    await village.work()
    await village.pass_time(30 * DAY)
    await home.sweep()
    assert await ada.followers() == {"relay": "trimmed", "carl": "admitted"}
    assert relay.relation(ada) == "nothing"
