"""Law 6 and the permit on the work: what a licensed actor says to everybody names the licence, under the actor's own key."""

from __future__ import annotations

from typing import Any

import pytest

from fedicert.base.clock import DAY, HOUR
from fedicert.base.log import iso
from fedicert.keys.verify import verify
from fedicert.proofs import object_proofs
from fedicert.proofs.data_integrity import signature_of
from tests.stories.elsewhere import PUBLIC
from tests.stories.licensing import LICENSED, Board, brings, consents, entry, trusting, withdraws
from tests.stories.village import Place, Resident, Village, words

PAGE = "https://home.example/@ada/licences/1"
LINE = f"Under licence: Master Electrician ME-104422, US-NY, issued by The Electrical Board: {PAGE}"
CHIP = "Master Electrician, US-NY, The Electrical Board"
WIRED = LICENSED | {"permit_line": True}


class Town:
    """Ada, licensed, on a server that trusts the board; Fay on another of ours that does too; Carl on somebody else's."""

    def __init__(self, village: Village) -> None:
        self.village = village

    async def build(self, rung: dict[str, Any]) -> Town:
        self.board = Board(self.village)
        trust = [trusting(self.board)]
        self.home: Place = await self.village.server(higher=[rung], trust=trust)
        self.far: Place = await self.village.server("far.example", higher=[LICENSED], trust=trust)
        self.ada: Resident = await self.home.person("ada")
        self.fay: Resident = await self.far.person("fay")
        self.carl = self.village.foreign("carl.example").person("carl")
        await self.fay.follow(self.ada)
        await self.carl.follow(self.ada)
        await self.village.work()
        self.credential = self.board.issue(self.ada.uri)
        await brings(self.ada, self.credential)
        await consents(self.ada)
        return self

    async def says(self, text: str, **fields: Any) -> dict[str, Any]:
        """Ada posts; the document that went to Carl's server."""
        status = await self.ada.say(text, **fields)
        await self.village.work()
        return dict(self.carl.server.posts[status["uri"]])


@pytest.fixture
async def town(village: Village) -> Town:
    return await Town(village).build(WIRED)


async def seen(viewer: Resident, text: str) -> dict[str, Any]:
    """A post in somebody's home by how it begins: under some stands the line."""
    for status in await viewer.get("/api/v1/timelines/home"):
        if words(status["content"]).startswith(text):
            return dict(status)
    raise AssertionError(f"{viewer.handle} doesn't see {text!r} but {await viewer.home()}")


async def met(viewer: Resident, text: str) -> dict[str, Any]:
    """A post that came to somebody's server, as their client is shown it."""
    for status in await viewer.get("/api/v1/timelines/public"):
        if words(status["content"]) == text:
            return dict(status)
    raise AssertionError(f"{viewer.handle} doesn't see {text!r}")


async def holds(town: Town, document: dict[str, Any]) -> bool:
    """Is the proof one by the key that Ada's own document names, over this very text?"""
    actor = await town.ada.document()
    (key,) = actor["assertionMethod"]
    proof = object_proofs.sole_proof(document)
    assert proof["verificationMethod"] == key["id"] and key["controller"] == town.ada.uri
    assert town.ada.uri in (document.get("attributedTo"), document.get("actor"))
    base = object_proofs.signing_input(document, proof)
    return verify(key["publicKeyMultibase"], base, signature_of(proof), "ed25519")


@pytest.mark.law("6.1")
async def test_public_and_unlisted_posts_carry_the_permit_and_private_ones_none(town: Town) -> None:
    """What a licensed person says to everybody names the licence and is signed with their own key; letters aren't."""
    for visibility in ("public", "unlisted"):
        document = await town.says(f"Mind the {visibility} fuse", visibility=visibility)
        assert document["statedUnder"] == town.credential
        assert await holds(town, document)
        assert not await holds(town, document | {"content": "<p>Something else</p>"})
        # Whoever fetches it later gets the same, with the same proof.
        assert await town.home.fetch(document["id"]) == document
    for fields in ({"visibility": "private"}, {"visibility": "direct"}):
        named = f"@carl@carl.example psst {fields['visibility']}"
        document = await town.says(named, **fields)
        assert "statedUnder" not in document and "proof" not in document and LINE not in document["content"]


@pytest.mark.law("6.1")
async def test_the_activity_that_tells_it_is_proven_too(town: Town) -> None:
    """Whoever is passed the Create or Update on by somebody else, a relay say, can check by the actor's own key who did
    it; the post inside keeps its own proof. What is private isn't signed, nor is what carries no permit."""
    since = town.village.mark()
    status = await town.ada.say("Mind the fuse")
    await town.village.work()
    await town.village.pass_time(HOUR)
    await town.ada.rewrite(status, "Mind the second fuse")
    await town.village.work()
    for kind in ("Create", "Update"):
        told = [done for _, done in town.village.delivered(kind, since) if done["object"].get("id") == status["uri"]]
        assert told and all(one == told[0] for one in told)
        activity = told[0]
        assert isinstance(activity["@context"], list) and activity["@context"] == activity["object"]["@context"]
        assert await holds(town, activity | {"attributedTo": activity["actor"]}) is False, "nothing may be added"
        assert await holds(town, activity) and await holds(town, activity["object"])
        assert not await holds(town, activity | {"to": ["https://else.example/"]})
        inner = activity["object"] | {"content": "<p>Something else</p>"}
        assert not await holds(town, activity | {"object": inner})
    since = town.village.mark()
    for fields in ({"visibility": "private"}, {"off_duty": True}):
        await town.ada.say("For some", **fields)
    await town.village.work()
    told = [done for _, done in town.village.delivered("Create", since)]
    assert told and not any("proof" in done for done in told)


@pytest.mark.law("6.1")
async def test_an_edit_is_signed_anew_and_stands_under_the_licence_of_its_own_moment(town: Town) -> None:
    """An edit carries a proof of its own, made when it was made."""
    status = await town.ada.say("Mind the fuse")
    await town.village.work()
    before = town.carl.server.posts[status["uri"]]
    await town.village.pass_time(HOUR)
    await town.ada.rewrite(status, "Mind the second fuse")
    await town.village.work()
    after = town.carl.server.posts[status["uri"]]
    assert "second" in after["content"] and await holds(town, after)
    assert after["proof"]["created"] > before["proof"]["created"]
    assert await town.home.fetch(after["id"]) == after
    assert (await seen(town.fay, "Mind the second fuse"))["fedicert"]["permit"]["state"] == "valid"


async def test_a_short_visible_line_tells_those_who_know_nothing_of_permits(town: Town) -> None:
    """Where the rung says so the federated text ends in a line with licence, issuer and page; our own people see words."""
    status = await town.ada.say("Mind the fuse", language="en")
    await town.village.work()
    document = town.carl.server.posts[status["uri"]]
    assert town.carl.home[-1].endswith(LINE) and document["contentMap"]["en"] == document["content"]
    assert "Under licence" not in status["content"]
    assert status["fedicert"] == {
        "off_duty": False,
        "marked": False,
        "permit": {
            "state": "valid",
            "text": CHIP,
            "what": "Master Electrician, US-NY",
            "issuer": "The Electrical Board",
            "credential": town.credential,
            "url": PAGE,
        },
    }


async def test_where_the_rung_says_nothing_of_a_line_there_is_none(village: Village) -> None:
    """Without the key there is a proof and no line."""
    town = await Town(village).build(LICENSED)
    document = await town.says("Mind the fuse")
    assert document["content"] == "<p>Mind the fuse</p>" and await holds(town, document)


async def test_nobody_writes_a_line_like_the_servers_own(town: Town) -> None:
    """A line that begins like the server's is refused from people here, and earns nobody else a chip."""
    for text in ("Buy this\nUnder licence: me, issued by me", "> undеr LICENSE： x"):
        answer = await town.ada.http.post("/api/v1/statuses", json={"status": text})
        assert answer.status_code == 422 and "the server's own" in answer.json()["error"]
    await town.carl.say(LINE, town.fay, to=[PUBLIC, town.fay.uri])
    await town.village.work()
    assert "fedicert" not in await met(town.fay, LINE)


@pytest.mark.law("2.5")
async def test_withdrawing_takes_name_and_number_off_the_posts_everywhere(town: Town) -> None:
    """Whoever was ever sent the post hears that it stands under the licence no longer, followers of yesterday too."""
    status = await town.ada.say("Mind the fuse")
    await town.village.work()
    uri = status["uri"]
    assert "proof" in town.carl.server.posts[uri]
    await town.ada.remove(town.carl)
    await town.village.work()
    since = town.village.mark()
    await withdraws(town.ada)
    told = [(inbox, done) for inbox, done in town.village.delivered("Update", since) if done["object"]["id"] == uri]
    assert {inbox for inbox, _ in told} == {"https://carl.example/inbox", "https://far.example/inbox"}
    for document in (town.carl.server.posts[uri], await town.home.fetch(uri)):
        assert "statedUnder" not in document and "proof" not in document and "ME-104422" not in str(document)
    assert "fedicert" not in await seen(town.fay, "Mind the fuse")
    (shown,) = [one for one in await town.ada.get("/api/v1/timelines/home") if one["uri"] == uri]
    assert "fedicert" not in shown
    later = await town.ada.say("From now on")
    assert "fedicert" not in later and "proof" not in await town.home.fetch(later["uri"])


async def test_what_was_said_under_a_licence_stays_under_it_when_it_ends(town: Town) -> None:
    """Revoked later: who met the post before goes on seeing it as valid, who meets it now sees that the licence ended."""
    status = await town.ada.say("Mind the fuse", visibility="public")
    await town.village.work()
    assert (await seen(town.fay, "Mind the fuse"))["fedicert"]["permit"]["text"] == CHIP
    third = await town.village.server("third.example", higher=[LICENSED], trust=[trusting(town.board)])
    gus = await third.person("gus")
    town.board.revoke()
    await town.village.pass_time(DAY)
    await town.home.look_again()
    await town.far.look_again()
    assert (await seen(town.fay, "Mind the fuse"))["fedicert"]["permit"]["state"] == "valid"
    assert "proof" in await town.home.fetch(status["uri"])
    assert "proof" not in await town.says("After the end")
    found = await gus.get("/api/v2/search", q=status["uri"], resolve="true", type="statuses")
    await town.village.work()
    shown = await gus.get(f"/api/v1/statuses/{found['statuses'][0]['id']}")
    assert shown["fedicert"]["permit"]["text"] == f"{CHIP}: licence ended"


async def test_each_server_judges_by_its_own_trust_list(town: Town) -> None:
    """A genuine permit of an issuer that isn't on our list says so, with the issuer's name; a changed list changes it."""
    await town.ada.say("Mind the fuse")
    await town.village.work()
    await town.far.trusts()
    permit = (await seen(town.fay, "Mind the fuse"))["fedicert"]["permit"]
    assert permit["state"] == "unlisted" and "not on our list" in permit["text"] and town.board.host in permit["text"]
    await town.far.trusts(entry(town.board))
    assert (await seen(town.fay, "Mind the fuse"))["fedicert"]["permit"]["text"] == CHIP


@pytest.mark.parametrize(
    "change",
    [
        {"content": "<p>Buy my oil</p>"},
        {"statedUnder": "https://board.example/credentials/99"},
        {"proof": None},
        {"published": "2020-01-01T00:00:00Z"},
        {"sensitive": True},
        {"@context": "https://www.w3.org/ns/activitystreams"},
    ],
    ids=lambda change: next(iter(change)),
)
async def test_what_isnt_proven_is_never_shown(village: Village, change: dict[str, Any]) -> None:
    """A post whose proof isn't about its very text has no chip, whatever it says of itself."""
    town = await Town(village).build(WIRED)
    await town.fay.unfollow(town.ada)
    await town.village.work()
    status = await town.ada.say("Mind the fuse")
    real = await town.home.fetch(status["uri"])
    # As her own server would serve it, were it broken into.
    forged = {key: value for key, value in (real | change).items() if value is not None}
    town.village.serve_instead(town.home, status["uri"], forged)
    found = await town.fay.get("/api/v2/search", q=status["uri"], resolve="true", type="statuses")
    await town.village.work()
    shown = await town.fay.get(f"/api/v1/statuses/{found['statuses'][0]['id']}")
    assert "fedicert" not in shown


async def test_somebody_elses_licence_and_key_earn_nothing(town: Town) -> None:
    """Naming Ada's licence, or signing with another's key, shows nothing."""
    real = await town.says("Mind the fuse")
    await town.carl.say(
        "Mine",
        town.fay,
        to=[PUBLIC, town.fay.uri],
        statedUnder=town.credential,
        proof=real["proof"],
        **{"@context": real["@context"]},
    )
    await town.village.work()
    assert "fedicert" not in await met(town.fay, "Mine")


async def test_our_own_list_speaks_for_our_own_people_too(town: Town) -> None:
    """Struck off the list, what was stated under the issuer's licences says so here as well; the signed post stays."""
    status = await town.ada.say("Mind the fuse")
    await town.village.work()
    await town.home.trusts()
    shown = await town.ada.get(f"/api/v1/statuses/{status['id']}")
    assert shown["fedicert"]["permit"]["state"] == "unlisted"
    assert "proof" in await town.home.fetch(status["uri"])
    await town.home.trusts(entry(town.board))
    shown = await town.ada.get(f"/api/v1/statuses/{status['id']}")
    assert shown["fedicert"]["permit"]["text"] == CHIP


@pytest.mark.law("6.1")
async def test_a_poll_and_a_quote_are_under_the_licence_like_any_post(town: Town) -> None:
    """A poll carries the permit, and is signed anew whenever its votes are told; a quote carries it too, and once its
    author's leave is there as well."""
    status = await town.ada.say("Which fuse?", poll={"options": ["red", "blue"], "expires_in": 3_600})
    await town.village.work()
    assert status["fedicert"]["permit"]["state"] == "valid"
    asked = town.carl.server.posts[status["uri"]]
    assert asked["type"] == "Question" and asked["statedUnder"] == town.credential and await holds(town, asked)
    seen_there = await seen(town.fay, "Which fuse?")
    assert seen_there["fedicert"]["permit"]["state"] == "valid"
    voted = await town.fay.http.post(f"/api/v1/polls/{seen_there['poll']['id']}/votes", json={"choices": [0]})
    assert voted.status_code == 200
    await town.village.work()
    await town.village.pass_time(HOUR)
    counted = town.carl.server.posts[status["uri"]]
    assert counted["oneOf"][0]["replies"]["totalItems"] == 1 and await holds(town, counted)
    assert await town.home.fetch(status["uri"]) == counted
    assert (await seen(town.fay, "Which fuse?"))["fedicert"]["permit"]["state"] == "valid"

    await town.ada.follow(town.fay)
    await town.village.work()
    theirs = await town.fay.say("Fuses are red")
    await town.village.work()
    quoted = await town.ada.find("Fuses are red")
    made = await town.ada.say("Not all of them", quoted_status_id=quoted["id"])
    assert made["quote"]["state"] == "pending" and made["fedicert"]["permit"]["state"] == "valid"
    await town.village.work()
    shown = await town.ada.get(f"/api/v1/statuses/{made['id']}")
    assert (shown["quote"]["state"], shown["fedicert"]["permit"]["state"]) == ("accepted", "valid")
    document = town.carl.server.posts[made["uri"]]
    assert document["quote"] == theirs["uri"] and "quoteAuthorization" in document
    assert document["statedUnder"] == town.credential and await holds(town, document)
    assert await town.home.fetch(made["uri"]) == document


@pytest.mark.law("6.1", "C14")
async def test_a_post_for_later_stands_under_the_licence_of_its_own_moment(town: Town) -> None:
    """Judged when it is sent: it is signed then, or carries none where the licence has ended by then."""
    first = await town.ada.say("Soon", scheduled_at=iso(town.village.clock.now() + HOUR))
    second = await town.ada.say("Too late", scheduled_at=iso(town.village.clock.now() + 2 * DAY))
    assert first["id"] != second["id"]
    await town.village.pass_time(HOUR)
    (status,) = await town.ada.get(f"/api/v1/accounts/{town.ada.id}/statuses")
    assert await holds(town, town.carl.server.posts[status["uri"]])
    town.board.revoke()
    await town.village.pass_time(DAY)
    await town.home.look_again()
    await town.village.pass_time(DAY)
    late, _ = await town.ada.get(f"/api/v1/accounts/{town.ada.id}/statuses")
    assert words(late["content"]) == "Too late" and "fedicert" not in late
    assert "proof" not in town.carl.server.posts[late["uri"]]
