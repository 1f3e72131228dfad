"""Law 8: the limited person is told, in the client they already use."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from mastodon.errors import MastodonAPIError

from fedicert.base.clock import DAY, HOUR
from fedicert.base.log import iso
from fedicert.jobs.upkeep import start_rounds
from fedicert.operations import keeping, telling
from fedicert.store.unit import Tx
from tests.stories.elsewhere import Neighbour
from tests.stories.licensing import LICENSED, ROOMIER, Board, brings, consents, crowd, trusting
from tests.stories.test_pictures import library_of
from tests.stories.village import Place, Resident, Village, words

TRAINED: dict[str, Any] = {"name": "trained", "enter": ["examination"], "followers": 50}


async def says(place: Place, to: Resident, kind: str = "reply", once: str = "x", **more: Any) -> bool:
    """The limits account says something to somebody."""

    async def unit(tx: Tx) -> bool:
        return await telling.tell(tx, to.id, kind, once=once, **more)

    return bool(await place.write(unit))


async def heard(one: Resident) -> list[str]:
    """What the limits account said to somebody, oldest first, as their client shows it among the notifications."""
    shown = await one.get("/api/v1/notifications", **{"types[]": "mention", "limit": 80})
    return [words(told["status"]["content"]) for told in reversed(shown) if told["account"]["acct"] == "limits"]


async def statuses_heard(one: Resident) -> list[dict[str, Any]]:
    """The same as statuses."""
    shown = await one.get("/api/v1/notifications", **{"types[]": "mention", "limit": 80})
    return [told["status"] for told in reversed(shown) if told["account"]["acct"] == "limits"]


@pytest.mark.law("8.2")
async def test_the_way_up_is_one_that_can_be_gone(village: Village) -> None:
    """Who is told how to rise is told of the next tier that can be entered here, not of one that nobody can enter yet."""
    home = await village.server(
        followers=10, higher=[TRAINED, {"name": "professional", "enter": ["licence"], "followers": "none"}]
    )
    ada = await home.person("ada")
    await arrive(village, ada, 8)
    (near,) = await heard(ada)
    assert "the tier professional (no limit to followers), by a verified licence" in near and "examination" not in near
    assert (await ada.get("/api/fedicert/v1/reach"))["next"]["name"] == "professional"


@pytest.mark.law("8.1")
async def test_a_message_is_an_ordinary_direct_mention(village: Village) -> None:
    """What `@limits` says comes as a mention in a direct post, stands in the conversations, and can be opened."""
    home = await village.server("home.example")
    ann = await home.person("ann")
    assert await says(home, ann)
    (told,) = await ann.get("/api/v1/notifications")
    assert (told["type"], told["account"]["acct"], told["status"]["visibility"]) == ("mention", "limits", "direct")
    assert told["account"]["bot"] and told["account"]["display_name"] == "Limits"
    assert [one["username"] for one in told["status"]["mentions"]] == ["ann"]
    (conversation,) = await ann.get("/api/v1/conversations")
    assert conversation["unread"] and conversation["last_status"]["id"] == told["status"]["id"]
    assert (await ann.get(f"/api/v1/statuses/{told['status']['id']}"))["id"] == told["status"]["id"]


@pytest.mark.law("8.1")
async def test_a_message_is_said_once(village: Village) -> None:
    """One message per crossing: what was said under a word isn't said again, however many say it at the same moment."""
    home = await village.server("home.example")
    ann, ben = await home.person("ann"), await home.person("ben")
    said = await asyncio.gather(*(says(home, ann, once="full:1") for _ in range(8)))
    assert sum(said) == 1 and not await says(home, ann, once="full:1")
    assert await says(home, ann, once="full:2") and await says(home, ben, once="full:1")
    assert len(await heard(ann)) == 2 and len(await heard(ben)) == 1
    (conversation,) = await ann.get("/api/v1/conversations")
    assert [one["username"] for one in conversation["accounts"]] == ["limits"]


@pytest.mark.law("8.1")
async def test_a_message_reaches_nobody_else(village: Village) -> None:
    """Local only: no other server is told, shown or answered anything of the limits account, and nobody else here sees it."""
    home = await village.server("home.example")
    there = village.foreign("there.example")
    zoe = there.person("zoe")
    ann, ben = await home.person("ann"), await home.person("ben")
    await zoe.follow(ann)
    await village.work()
    mark = village.mark()
    assert await says(home, ann)
    await village.work()
    assert village.delivered(since=mark) == []
    (told,) = await ann.get("/api/v1/notifications", **{"types[]": "mention"})
    assert (await ben.http.get(f"/api/v1/statuses/{told['status']['id']}")).status_code == 404
    limits = home.urls.actor("limits")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(home.app), base_url="https://home.example") as stranger:
        for path in (limits, f"{limits}/outbox", f"{limits}/followers", told["status"]["uri"], "/@limits",
                     "/.well-known/webfinger?resource=acct:limits@home.example"):  # fmt: skip
            answer = await stranger.get(path, headers={"accept": "application/activity+json"})
            assert answer.status_code == 404, path
    activity = {"id": zoe.new_id("follows"), "type": "Follow", "actor": zoe.uri, "object": limits}
    await zoe.send(ann, activity)
    note = await zoe.say("hear me", ann, to=[limits], tag=[{"type": "Mention", "href": limits, "name": "@limits"}])
    await village.work()
    assert (
        await home.all("SELECT 1 FROM follows f JOIN accounts a ON a.id = f.followed WHERE a.username = 'limits'") == []
    )
    assert await home.all("SELECT 1 FROM statuses WHERE uri = $1", note["id"]) == []


@pytest.mark.law("8.1")
async def test_nobody_follows_the_limits_account(village: Village) -> None:
    """It is found, shown as a machine of this server, and can't be followed; whoever tries is told why."""
    home = await village.server("home.example")
    ann = await home.person("ann")
    (found,) = (await ann.get("/api/v2/search", q="@limits", type="accounts"))["accounts"]
    answer = await ann.http.post(f"/api/v1/accounts/{found['id']}/follow")
    assert answer.status_code == 403 and "comes by itself" in answer.json()["error"]
    assert (await ann.get(f"/api/v1/accounts/{found['id']}/statuses")) == []


async def test_an_answer_to_the_limits_account_stays_there(village: Village) -> None:
    """What somebody answers it is direct, costs nothing, and once a day they are told that nobody reads it."""
    home = await village.server("home.example", answers_per_day=0, strangers=0)
    ann, ben = await home.person("ann"), await home.person("ben")
    assert await says(home, ann, once="first")
    (told,) = await ann.get("/api/v1/notifications")
    for text in ("@limits why?", "@limits still there?"):
        mine = await ann.say(text, in_reply_to_id=told["status"]["id"], visibility="public")
        assert mine["visibility"] == "direct" and mine["mentions"] == []
    assert len(await heard(ann)) == 2 and "Nobody reads" in (await heard(ann))[-1]
    await village.pass_time(DAY)
    await ann.say("@limits and today?", in_reply_to_id=told["status"]["id"])
    assert len(await heard(ann)) == 3
    aloud = await ben.say("what @limits says is true")
    assert aloud["mentions"] == [] and aloud["visibility"] == "public"


async def test_it_speaks_the_language_of_the_person(village: Village) -> None:
    """In the language somebody signed up in, or writes in; English where there is no text in theirs."""
    home = await village.server("home.example")
    ann, ben, cem = await home.person("ann"), await home.person("ben"), await home.person("cem")
    await home.run(
        "UPDATE logins SET locale = 'de-AT' WHERE id = (SELECT login FROM local_accounts WHERE id = $1)", ann.id
    )
    await ben.set(source={"language": "de"})
    await cem.set(source={"language": "tr"})
    for one in (ann, ben, cem):
        assert await says(home, one)
    assert "liest niemand" in (await heard(ann))[0] and "liest niemand" in (await heard(ben))[0]
    assert "Nobody reads" in (await heard(cem))[0]


async def test_who_leaves_takes_along_what_they_were_told(village: Village) -> None:
    """A deleted account leaves nothing behind of what the limits account said to it."""
    home = await village.server("home.example")
    ann = await home.person("ann")
    assert await says(home, ann)
    await ann.leave()
    await village.work()
    assert await home.all("SELECT 1 FROM told") == [] and await home.all("SELECT 1 FROM statuses") == []
    assert not await says(home, ann, once="y")


# What it speaks of


async def arrive(village: Village, ada: Resident, count: int, after: int = 0) -> list[Neighbour]:
    """So many people, each of a server of their own, follow somebody one after another."""
    people = [village.foreign(f"s{number}.example").person(f"p{number}") for number in range(after, after + count)]
    for one in people:
        await one.follow(ada)
        await village.work()
    return people


@pytest.mark.law("8.2")
async def test_at_eighty_percent_and_when_full(village: Village) -> None:
    """At 80 % and when full the owner is told how many places are taken, who waits, how to swap, and how to rise."""
    home = await village.server(followers=10, higher=[TRAINED])
    ada = await home.person("ada")
    await arrive(village, ada, 7)
    assert await heard(ada) == []
    await arrive(village, ada, 1, 7)
    (near,) = await heard(ada)
    assert (
        "8 of 10 places are taken" in near
        and "the tier trained (50 followers), by an examination (not offered yet)" in near
    )
    await arrive(village, ada, 2, 8)
    assert len(await heard(ada)) == 2 and "is full: 10 of 10" in (await heard(ada))[1]
    await arrive(village, ada, 3, 10)
    assert await ada.waiting() == ["p10", "p11", "p12"]
    _, _, waiting = await heard(ada)
    assert "1 person waits: @p10@s10.example" in waiting and "To swap, remove a follower" in waiting
    assert "https://home.example/settings/reach" in waiting


@pytest.mark.law("8.1")
async def test_a_count_that_flaps_says_nothing_twice(village: Village) -> None:
    """One message per crossing: one who leaves and another who comes is no crossing; a count that fell far below the mark
    and rose again is one."""
    home = await village.server(followers=10)
    ada = await home.person("ada")
    friends = await crowd(village, home, 10)
    for friend in friends[:8]:
        await friend.follow(ada)
    await village.work()
    assert len(await heard(ada)) == 1
    for _ in range(3):
        await friends[0].unfollow(ada)
        await village.work()
        await friends[0].follow(ada)
        await village.work()
    assert len(await heard(ada)) == 1
    for friend in friends[:3]:
        await friend.unfollow(ada)
    await village.pass_time(DAY)
    for friend in friends[:3]:
        await friend.follow(ada)
    await village.work()
    assert len(await heard(ada)) == 2 and len(await ada.audience()) == 8


@pytest.mark.law("8.2")
async def test_who_waits_is_named_and_not_addressed(village: Village) -> None:
    """Those who wait are named in words alone: no Mention, no notification, no delivery to them."""
    home = await village.server(followers=2)
    ada, *friends = [await home.person("ada"), *(await crowd(village, home, 8))]
    zoe = village.foreign("far.example").person("zoe")
    await friends[0].follow(ada)
    await friends[1].follow(ada)
    await zoe.follow(ada)
    for friend in friends[2:]:
        await friend.follow(ada)
    mark = village.mark()
    await village.work()
    told = (await statuses_heard(ada))[-1]
    said = words(told["content"])
    assert "7 people wait: " in said and "@fan2" in said and "and 2 more" in said
    assert [one["username"] for one in told["mentions"]] == ["ada"]
    assert [told for friend in friends for told in await friend.told()] == []
    assert village.delivered("Create", mark) == []


@pytest.mark.law("8.2")
async def test_a_place_kept_for_those_one_follows(village: Village) -> None:
    """Where the rest is kept for people the owner follows, and somebody else waits, the owner is told so."""
    home = await village.server(followers=10, kept_for_followed=0.2)
    ada = await home.person("ada")
    for friend in await crowd(village, home, 9):
        await friend.follow(ada)
    await village.work()
    said = (await heard(ada))[-1]
    assert "8 of 10 places are taken" in said and "kept for people you follow" in said and "@fan8" in said


@pytest.mark.law("8.2")
@pytest.mark.law("4.11")
async def test_each_stage_of_settling_is_told(village: Village) -> None:
    """Grace, throttle, a pin that has to wait, trim: the owner is told when each begins, with what can still be done."""
    home = await village.server(followers=6)
    admin, ada = await home.person("admin", role="owner"), await home.person("ada")
    here = await crowd(village, home, 2)
    for friend in here:
        await friend.follow(ada)
    big = village.foreign("big.example")
    big.software = "misskey"
    many = [big.person(f"m{number}") for number in range(4)]
    for one in many:
        await one.follow(ada)
        await village.work()
    before = len(await heard(ada))
    await home.write(keeping.pin, ada.id, int(await ada.account(many[0])))
    await home.change_rung(admin, {"followers": "3"}, "the hall is smaller")
    await village.work()
    grace = (await heard(ada))[before:]
    assert len(grace) == 1 and "(6) is larger than your cap (3" in grace[0] and "the cap was lowered" in grace[0]
    assert await heard(admin) == []  # their own act, whose forecast they saw
    await village.live(14 * DAY)
    throttle = (await heard(ada))[before + 1 :]
    assert "go to 2 of your 6 followers" in throttle[0]
    assert "You pinned @m0@big.example" in throttle[1] and len(throttle) == 2
    await village.live(30 * DAY)
    trim = (await heard(ada))[before + 3 :]
    assert len(trim) == 1 and "3 followers are being removed: your audience is 3" in trim[0]
    await village.live(DAY)
    assert len(await heard(ada)) == before + 4


@pytest.mark.law("8.2")
async def test_a_rise_that_restores_is_told(village: Village) -> None:
    """Where the cap rises again before anybody was let go of, the owner is told that everybody is back."""
    home = await village.server(followers=3)
    admin, ada = await home.person("admin", role="owner"), await home.person("ada")
    for friend in await crowd(village, home, 3):
        await friend.follow(ada)
    await village.work()
    await home.change_rung(admin, {"followers": "2"}, "the hall is smaller")
    await village.live(15 * DAY)
    await home.change_rung(admin, {"followers": "3"}, "the hall is as it was")
    await village.work()
    assert "all 3 of your followers get what you post" in (await heard(ada))[-1]


@pytest.mark.law("8.2")
async def test_a_refusal_that_a_client_would_hide_is_told_once_a_day(village: Village) -> None:
    """What was refused with a sentence that many clients don't show is told in a message too, once a day and kind."""
    home = await village.server(strangers=1, following=1)
    ada = await home.person("ada")
    await crowd(village, home, 3)
    await ada.say("Hello @fan0")
    used_up = await heard(ada)
    assert len(used_up) == 1 and "as many strangers as" in used_up[0]
    for name in ("fan1", "fan2"):
        answer = await ada.http.post("/api/v1/statuses", json={"status": f"Hello @{name}"})
        assert answer.status_code == 422
    refused = (await heard(ada))[1:]
    assert len(refused) == 1 and "wasn't posted" in refused[0] and "1 more (@fan1)" in refused[0]
    assert await ada.get("/api/v1/accounts/verify_credentials") is not None
    await village.pass_time(DAY)
    answer = await ada.http.post("/api/v1/statuses", json={"status": "Hello @fan1"})
    assert answer.status_code == 422 and len(await heard(ada)) == 3
    follow = await ada.http.post(f"/api/v1/accounts/{await _id(ada, 'fan0')}/follow")
    assert follow.status_code == 200
    follow = await ada.http.post(f"/api/v1/accounts/{await _id(ada, 'fan1')}/follow")
    assert follow.status_code == 422 and "couldn't follow" in (await heard(ada))[-1]


async def _id(viewer: Resident, name: str) -> str:
    return str((await viewer.get("/api/v1/accounts/lookup", acct=name))["id"])


async def test_most_of_the_strangers_are_used(village: Village) -> None:
    """At 80 % of the strangers a tier allows the author is told, and when they are used up; not again within a week."""
    home = await village.server(strangers=5)
    ada = await home.person("ada")
    await crowd(village, home, 6)
    for number in range(5):
        await ada.say(f"Hello @fan{number}")
        said = await heard(ada)
        assert len(said) == {0: 0, 1: 0, 2: 0, 3: 1, 4: 2}[number]
    assert "4 of the 5 strangers" in said[0] and "allows within 30 days: 5" in said[1]


async def test_a_licence_that_ends_is_announced_60_30_7_and_1_days_before(village: Village) -> None:
    """Reminders come 60, 30, 7 and 1 days before a licence ends, each once; when it has ended, that is told, and the fall."""
    board = Board(village)
    home = await village.server(higher=[ROOMIER], trust=[trusting(board)])
    ada = await home.person("ada")
    now = village.clock.now()
    until = now - now % 1000 + 100 * DAY
    await brings(ada, board.issue(ada.uri, until=iso(until)[:19] + "Z"))
    await consents(ada)
    rose = await heard(ada)
    assert len(rose) == 1 and "You stand on the tier licensed now: by a licence" in rose[0]
    await home.write(start_rounds)
    told: list[tuple[int, str]] = []
    for day in range(98):
        if day in (39, 40, 41, 69, 70, 92, 93, 94, 97):
            await village.pass_time(until - (100 - day) * DAY - village.clock.now())
            said = (await heard(ada))[1:]
            told += [(100 - day, text) for text in said[len(told) :]]
    await village.pass_time(until - DAY - village.clock.now())
    told += [(1, text) for text in (await heard(ada))[1 + len(told) :]]
    assert [(left, text.partition(", in ")[2].partition(".")[0]) for left, text in told] == [
        (60, "60 days"), (30, "30 days"), (7, "7 days"), (1, "1 day")
    ]  # fmt: skip
    await village.pass_time(DAY + HOUR)
    last = (await heard(ada))[5:]
    assert any("doesn't hold here any more: the licence has expired" in text for text in last)
    assert any("You stand on the tier neighbours now" in text for text in last)


@pytest.mark.law("4.2")
async def test_owners_and_admins_are_told_of_grace(village: Village) -> None:
    """When a licence ends and the audience is above the cap then, the owner of the account and the staff are told."""
    board = Board(village)
    home = await village.server(higher=[LICENSED], trust=[trusting(board)])
    chief, ada = await home.person("chief", role="owner"), await home.person("ada")
    await brings(ada, board.issue(ada.uri))
    await consents(ada)
    for friend in await crowd(village, home, 5):
        await friend.follow(ada)
    await village.work()
    board.revoke()
    await village.pass_time(7 * HOUR)
    await home.look_again()
    said = await heard(ada)
    assert any("was revoked" in text and "doesn't hold here" in text for text in said)
    assert any("(5) is larger than your cap (3" in text for text in said)
    (to_staff,) = await heard(chief)
    assert "The audience of @ada (5) is larger" in to_staff


async def test_whose_place_in_the_line_is_gone_is_told(village: Village) -> None:
    """Somebody here who waited is told when their place lapsed, and who finds no line is told that."""
    home = await village.server(followers=1)
    ada, full = await home.person("ada"), await home.person("full")
    ben, cleo = await home.person("ben"), await home.person("cleo")
    await full.follow(ada)
    await ben.follow(ada)
    assert await ada.waiting() == ["ben"]
    await home.write(start_rounds)
    await village.pass_time(181 * DAY)
    await village.pass_time(HOUR)
    assert await ben.relation(ada) == "nothing"
    assert ["audience of @ada" in text and "has lapsed" in text for text in await heard(ben)] == [True]
    admin = await home.person("admin", role="owner")
    await home.change_rung(admin, {"when_full": "reject"}, "no lines here")
    await cleo.to(ada, "follow")
    assert ["can't follow @ada now" in text for text in await heard(cleo)] == [True]


# What the client shows besides


async def fields(one: Resident, path: str = "/api/v1/accounts/verify_credentials") -> dict[str, str]:
    """The fields of an account as a client shows them."""
    return {field["name"]: field["value"] for field in (await one.get(path))["fields"]}


@pytest.mark.law("8.3")
async def test_the_own_view_has_fields_that_only_its_owner_sees(village: Village) -> None:
    """ "Reach 1/3" and "Tier" stand in one's own fields, never in their source, in nobody else's view, in no document."""
    home = await village.server()
    ada, bob = await home.person("ada"), await home.person("bob")
    await bob.follow(ada)
    await ada.set(fields_attributes=[{"name": "Pronouns", "value": "she"}])
    assert await fields(ada) == {"Pronouns": "she", "Reach": "1/3", "Tier": "neighbours"}
    mine = f"/api/v1/accounts/{ada.id}"
    assert await fields(ada, mine) == await fields(ada)
    assert await fields(bob, mine) == {"Pronouns": "she"}
    shown = await ada.get("/api/v1/accounts/verify_credentials")
    assert [field["name"] for field in shown["source"]["fields"]] == ["Pronouns"]
    assert [field["name"] for field in (await ada.document())["attachment"]] == ["Pronouns"]
    assert all(field["verified_at"] is None for field in shown["fields"])


@pytest.mark.law("8.3")
async def test_a_client_that_sends_back_what_it_was_shown_changes_nothing(village: Village) -> None:
    """Fields of the own view that come back are dropped, in any language, and nobody elsewhere is told of a change."""
    home = await village.server()
    ada = await home.person("ada")
    there = village.foreign("there.example").person("zoe")
    await there.follow(ada)
    await ada.set(fields_attributes=[{"name": "Pronouns", "value": "she"}], source={"language": "de"})
    await village.work()
    assert await fields(ada) == {"Pronouns": "she", "Reichweite": "1/3", "Stufe": "neighbours"}
    before, mark = await home.facts(), village.mark()
    shown = await ada.get("/api/v1/accounts/verify_credentials")
    sent = [{"name": field["name"], "value": words(field["value"])} for field in shown["fields"]]
    await ada.set(fields_attributes=[*sent, {"name": "Tier", "value": "professional"}, {"name": "Rеach", "value": "9"}])
    await village.work()
    assert await ada.get("/api/v1/accounts/verify_credentials") == shown
    assert await home.facts() == before and village.delivered(since=mark) == []


@pytest.mark.law("8.5")
async def test_names_of_the_server_are_nobody_elses(village: Village) -> None:
    """Handles and shown names that look like the limits account's are refused with a sentence; elsewhere's are shown with
    where they are from; fields like the server's are nobody's to paint green."""
    home = await village.server()
    ada = await home.person("ada")
    for name in ("Limits", "Lіmits", "L1mit5 bot", "ⓛimits", "Limits (home.example)"):
        answer = await ada.http.patch("/api/v1/accounts/update_credentials", json={"display_name": name})
        assert answer.status_code == 422, name
        assert "could be taken for the account that tells people their limits" in answer.json()["error"]
    await ada.set(display_name="No limits")
    there = village.foreign("there.example")
    zoe = there.person("zoe")
    zoe.profile = {
        "name": "Limits",
        "attachment": [
            {"type": "PropertyValue", "name": "Tier", "value": "professional"},
            {"type": "PropertyValue", "name": "Reach", "value": "9/10"},
        ],
    }
    await zoe.follow(ada)
    await village.work()
    shown = await ada.get(f"/api/v1/accounts/{await ada.account(zoe)}")
    assert shown["display_name"] == "Limits (there.example)"
    assert [field["verified_at"] for field in shown["fields"]] == [None, None] and shown["roles"] == []


@pytest.mark.law("8.4")
async def test_a_badge_says_the_tier_of_everybody_here(village: Village) -> None:
    """Every account here has its tier beside its name, and the limits account that it is the server's."""
    home = await village.server(higher=[TRAINED])
    ada, bob = await home.person("ada"), await home.person("bob")
    assert [role["name"] for role in (await bob.get(f"/api/v1/accounts/{ada.id}"))["roles"]] == ["neighbours"]
    limits = await bob.get("/api/v1/accounts/lookup", acct="limits")
    assert [role["name"] for role in limits["roles"]] == ["Server"] and limits["bot"]


@pytest.mark.law("8.4")
async def test_one_request_tells_everything_one_may_and_has_used(village: Village) -> None:
    """`GET /api/fedicert/v1/reach` gives tier, cap, audience, line, what is used of each limit, and the way up."""
    home = await village.server(
        followers=3, strangers=2, answers_per_day=5, following=10, strangers_per_domain_day=2, higher=[TRAINED]
    )
    admin, ada = await home.person("admin", role="owner"), await home.person("ada")
    friends = await crowd(village, home, 5)
    for friend in friends[:4]:
        await friend.follow(ada)
        await village.work()
    await ada.follow(friends[4])
    await ada.say("Hello @fan4")
    found = await ada.get("/api/fedicert/v1/reach")
    assert found["tier"] == {
        "name": "neighbours", "visibility": "listed", "default_visibility": "public", "boosts": "anyone"
    }  # fmt: skip
    followers = found["followers"]
    assert (followers["count"], followers["cap"], followers["audience"], followers["held"]) == (2, 3, 2, 2)
    assert (followers["free"], followers["line_limit"], followers["holds_newcomers"]) == (1, 30, False)
    assert found["domains_today"]["limit"] == 2 and found["domains_today"]["domains"][0]["left"] == 0
    assert (found["following"]["used"], found["following"]["left"]) == (1, 9)
    assert (found["strangers"]["used"], found["strangers"]["limit"], found["strangers"]["left"]) == (1, 2, 1)
    assert found["strangers"]["frees_at"] is not None and found["answers"] == {
        "used": 0, "limit": 5, "left": 5, "frees_at": None
    }  # fmt: skip
    assert found["refills"] == {"used": 0, "limit": 3, "left": 3, "frees_at": None}
    assert found["settling"] is None and found["licences"] == []
    assert (found["next"]["name"], found["next"]["enter"], found["next"]["followers"]) == (
        "trained",
        ["examination"],
        50,
    )
    await home.change_rung(admin, {"followers": "1"}, "smaller")
    await village.work()
    settling = (await ada.get("/api/fedicert/v1/reach"))["settling"]
    assert (settling["stage"], settling["cause"], settling["waits"]) == ("grace", "cap_lowered", "")
    configuration = (await ada.get("/api/v2/instance"))["configuration"]
    assert configuration["reach"]["own"] == "https://home.example/api/fedicert/v1/reach"
    async with httpx.AsyncClient(transport=httpx.ASGITransport(home.app), base_url="https://home.example") as stranger:
        assert (await stranger.get("/api/fedicert/v1/reach")).status_code == 401


@pytest.mark.law("8.1", "8.2", "8.3", "3.3", "3.7")
async def test_the_limited_person_with_an_ordinary_client(village: Village) -> None:
    """With Mastodon.py: the reach among one's fields, the line among the follow requests, the mention when the audience is
    full, the sentence of a refusal, and the swap."""
    home = await village.server(followers=2, strangers=0)
    ada, friends = await home.person("ada"), await crowd(village, home, 4)
    for friend in friends:
        await friend.follow(ada)
        await village.work()
    client = library_of(ada)

    def looks() -> None:
        fields = {field.name: field.value for field in client.account_verify_credentials().fields}
        assert fields == {"Reach": "2/2", "Tier": "neighbours"}
        assert [one.username for one in client.follow_requests()] == ["fan2", "fan3"]
        said = [one.status for one in client.notifications(types=["mention"])]
        assert "1 person waits: @fan2" in words(said[0].content) and said[0].visibility == "direct"
        assert client.conversations()[0].last_status.id == said[0].id
        with pytest.raises(MastodonAPIError, match="lets you address 0 strangers within 30 days"):
            client.status_post("Hello @fan3")
        assert "wasn't posted" in words(client.notifications(types=["mention"])[0].status.content)
        out = client.account_lookup("fan0")
        client.account_remove_from_followers(out)
        client.follow_request_authorize(client.account_lookup("fan3").id)

    await asyncio.to_thread(looks)
    await village.work()
    assert await ada.audience() == ["fan1", "fan3"] and await ada.waiting() == ["fan2"]
