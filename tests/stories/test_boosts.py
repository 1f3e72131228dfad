"""Law 5: capped voices aren't broadcast by us: who may boost is the tier's word, told to peers and held here."""

from __future__ import annotations

from typing import Any

import pytest

from fedicert.base.clock import DAY
from fedicert.keys.verify import verify
from fedicert.proofs import object_proofs
from fedicert.proofs.data_integrity import signature_of
from tests.stories.elsewhere import Neighbour
from tests.stories.licensing import LICENSED, Board, brings, consents, trusting
from tests.stories.village import Place, Resident, Village

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"


async def boost(person: Resident, post: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """Boost, whatever comes of it."""
    answer = await person.http.post(f"/api/v1/statuses/{post['id']}/reblog")
    return answer.status_code, dict(answer.json())


async def announce(booster: Neighbour, author: Resident, post: dict[str, Any]) -> None:
    """Somebody elsewhere boosts."""
    await booster.send(author, booster.do("Announce", post["uri"], to=[PUBLIC], cc=[f"{booster.uri}/followers"]))


@pytest.mark.law("5.3")
async def test_a_capped_voice_is_boosted_by_its_audience_only(village: Village) -> None:
    home = await village.server(boosts="audience", visibility="unlisted")
    ada, ben, cleo = await home.person("ada"), await home.person("ben"), await home.person("cleo")
    await ben.follow(ada)
    await village.work()
    post = await ada.say("Pass it on?")

    status, answer = await boost(cleo, post)
    assert status == 403
    assert answer["error"] == "This action is not allowed: posts of @ada may be boosted by their own followers only"
    assert ("refused", "law 5: boosts") in await cleo.ledger()
    assert (await ada.get(f"/api/v1/statuses/{post['id']}"))["reblogs_count"] == 0

    assert (await boost(ben, post))[0] == 200
    assert (await boost(ada, post))[0] == 200  # one's own
    assert (await ada.get(f"/api/v1/statuses/{post['id']}"))["reblogs_count"] == 2


@pytest.mark.law("5.4")
async def test_a_boost_is_the_boosters_act_under_the_boosters_limits(village: Village) -> None:
    home = await village.server(followers=1)
    ada, ben = await home.person("ada"), await home.person("ben")
    carl, dora = (village.foreign(f"{name}.example").person(name) for name in ("carl", "dora"))
    await carl.follow(ben)
    await village.work()
    await dora.follow(ben)  # held
    await village.work()
    await boost(ben, await ada.say("Worth passing on"))
    await village.work()
    assert len(carl.boosts) == 1
    assert dora.server.got("Announce") == []


@pytest.mark.law("5.4")
async def test_what_other_servers_boost_is_counted_and_shown_and_enters_no_home(village: Village) -> None:
    home = await village.server(boosts="audience")
    ada, ben, cleo = await home.person("ada"), await home.person("ben"), await home.person("cleo")
    inside, outside = (village.foreign(f"{name}.example").person(name) for name in ("inside", "outside"))
    await inside.follow(ada)
    await village.work()
    await ben.follow(outside)
    await cleo.follow(inside)
    await village.work()
    for booster, follower in ((outside, ben), (inside, cleo)):
        follow = booster.server.got("Follow")[-1]
        await booster.send(follower, booster.do("Accept", follow))
    await village.work()
    post = await ada.say("Hear me")

    await announce(outside, ada, post)
    await announce(inside, ada, post)
    await village.work()

    assert (await ada.get(f"/api/v1/statuses/{post['id']}"))["reblogs_count"] == 2
    assert ("reblog", "outside") in await ada.told()
    assert await ben.home() == []
    assert await cleo.home() == ["Hear me"]
    await ben.unfollow(outside)
    await ben.follow(outside)
    await village.work()
    await outside.send(ben, outside.do("Accept", outside.server.got("Follow")[-1]))
    await village.work()
    assert await ben.home() == []  # nor by following later


@pytest.mark.law("5.3")
async def test_peers_are_told_who_may_boost_and_quote(village: Village) -> None:
    home = await village.server(boosts="audience", higher=[{"name": "open", "enter": ["licence"], "boosts": "anyone"}])
    ada = await home.person("ada")
    carl = village.foreign("carl.example").person("carl")
    await carl.follow(ada)
    await village.work()
    post = await ada.say("With a policy")
    few = await ada.say("For few", visibility="private")
    await village.work()

    audience = {"automaticApproval": [f"{ada.uri}/followers", ada.uri], "manualApproval": []}
    sent = carl.server.posts[post["uri"]]
    assert sent["interactionPolicy"]["canAnnounce"] == audience
    assert "canReply" not in sent["interactionPolicy"]  # whoever may see it may answer
    assert (await home.fetch(post["uri"]))["interactionPolicy"] == sent["interactionPolicy"]
    assert "interactionPolicy" not in carl.server.posts[few["uri"]]

    await home.run("UPDATE local_accounts SET tier = (SELECT id FROM tiers WHERE name = 'open') WHERE id = $1", ada.id)
    lifted = (await home.fetch(post["uri"])).get("interactionPolicy", {})
    assert "canAnnounce" not in lifted


async def test_what_a_peer_says_of_its_posts_holds_here(village: Village) -> None:
    home, far = await village.server(), await village.server("far.example", boosts="audience")
    ada, ben = await home.person("ada"), await home.person("ben")
    fay = await far.person("fay")
    await ada.follow(fay)
    await village.work()
    await fay.say("For mine to pass on")
    await village.work()
    post = await ada.find("For mine to pass on")
    assert (await boost(ben, post))[0] == 403
    assert (await boost(ada, post))[0] == 200
    carl = village.foreign("carl.example").person("carl")  # whether he follows her isn't known here
    await ada.follow(carl)
    await village.work()
    await carl.send(ada, carl.do("Accept", carl.server.got("Follow")[-1]))
    await village.work()
    await announce(carl, ada, post)
    await village.work()
    (kept,) = await home.all("SELECT boosts FROM statuses WHERE uri LIKE $1", f"{carl.uri}%")
    assert kept[0] == ""

    asks = village.foreign("asks.example").person("gus")
    await ada.follow(asks)
    await village.work()
    await asks.send(ada, asks.do("Accept", asks.server.got("Follow")[-1]))
    await village.work()
    policy = {"canAnnounce": {"automaticApproval": [asks.uri], "manualApproval": [PUBLIC]}}
    await asks.say("Ask me first", ada, interactionPolicy=policy)
    await village.work()
    assert (await boost(ada, await ada.find("Ask me first")))[0] == 403


async def asks_to_quote(quoter: Neighbour, author: Resident, post: dict[str, Any], quote: str) -> dict[str, Any]:
    """Somebody elsewhere asks, as Mastodon does; the answer that comes."""
    before = len(quoter.server.received)
    await quoter.send(author, quoter.do("QuoteRequest", post["uri"], instrument=quote))
    await author.place.village.work()
    (found,) = [one for _, one in quoter.server.received[before:] if one["type"] in ("Accept", "Reject")]
    return found


@pytest.mark.law("5.3")
async def test_who_may_quote_is_the_tiers_word_too(village: Village) -> None:
    home = await village.server(boosts="audience", higher=[{"name": "open", "enter": ["licence"], "boosts": "anyone"}])
    ada = await home.person("ada")
    inside, outside = (village.foreign(f"{name}.example").person(name) for name in ("inside", "outside"))
    await inside.follow(ada)
    await village.work()
    post = await ada.say("Quote me")
    few = await ada.say("Not this", visibility="private")
    quote = f"{inside.uri}/notes/quoting"

    answer = await asks_to_quote(inside, ada, post, quote)
    assert (answer["type"], answer["object"]["instrument"]) == ("Accept", quote)
    stamp = await home.fetch(answer["result"])
    assert stamp["type"] == "QuoteAuthorization"
    assert (stamp["attributedTo"], stamp["interactingObject"], stamp["interactionTarget"]) == (
        ada.uri,
        quote,
        post["uri"],
    )
    assert (await asks_to_quote(inside, ada, post, quote))["result"] == answer["result"]

    refusal = await asks_to_quote(outside, ada, post, f"{outside.uri}/notes/quoting")
    assert refusal["type"] == "Reject" and "result" not in refusal
    assert ("refused", "law 5: quotes") in await ada.ledger()
    assert (await asks_to_quote(inside, ada, few, quote))["type"] == "Reject"

    before = len(outside.server.received)
    foreign = outside.do("QuoteRequest", post["uri"], instrument=quote)  # somebody else's post
    await outside.send(ada, foreign)
    await village.work()
    assert len(outside.server.received) == before

    await home.run("UPDATE local_accounts SET tier = (SELECT id FROM tiers WHERE name = 'open') WHERE id = $1", ada.id)
    assert (await asks_to_quote(outside, ada, post, f"{outside.uri}/notes/quoting"))["type"] == "Accept"

    mark = village.mark()
    await ada.delete(post)
    await village.work()
    told = (inbox.split("/")[2] for inbox, _ in village.delivered("Delete", mark))
    assert set(told) == {"inside.example", "outside.example"}
    assert await home.all("SELECT id FROM quotes") == []


CAPPED: dict[str, Any] = {"boosts": "audience", "visibility": "unlisted", "followers": 5}
OPEN = LICENSED | {"boosts": "anyone", "visibility": "listed"}


async def policy(home: Place, post: dict[str, Any], act: str) -> list[str]:
    """Who may, as everybody is told who fetches the post now; [] where that isn't spoken of."""
    said = (await home.fetch(post["uri"]))["interactionPolicy"]
    return list(said.get(act, {}).get("automaticApproval", []))


async def attempts(cleo: Resident, post: dict[str, Any]) -> tuple[int, int, str]:
    """What a stranger of this server may: boost, quote, and what their client is told of quoting."""
    boosted, _ = await boost(cleo, post)
    quoted = await cleo.http.post("/api/v1/statuses", json={"status": "She said", "quoted_status_id": post["id"]})
    shown = await cleo.get(f"/api/v1/statuses/{post['id']}")
    return boosted, quoted.status_code, shown["quote_approval"]["current_user"]


@pytest.mark.law("5.3", "4.1")
async def test_earlier_posts_are_boosted_and_quoted_by_the_rung_of_now(village: Village) -> None:
    """A licence ends, and with it who may boost and quote what was said under it: told to whoever fetches the post, whose
    permit stands as it was signed, and held here against people of this server and of others. It comes back with a rise."""
    board = Board(village)
    home = await village.server(higher=[OPEN], trust=[trusting(board)], **CAPPED)
    ada, ben, cleo, dan = [await home.person(name) for name in ("ada", "ben", "cleo", "dan")]
    outside = village.foreign("outside.example").person("outside")
    await brings(ada, board.issue(ada.uri))
    await consents(ada)
    await ben.follow(ada)
    await dan.follow(outside)
    await village.work()
    await outside.send(dan, outside.do("Accept", outside.server.got("Follow")[-1]))
    posts = [await ada.say(f"Mind fuse {number}", visibility="public") for number in range(4)]
    await village.work()
    assert await policy(home, posts[0], "canAnnounce") == [] and PUBLIC in await policy(home, posts[0], "canQuote")
    assert await attempts(cleo, posts[0]) == (200, 200, "automatic")

    board.revoke()
    await village.pass_time(DAY)
    await home.look_again()
    audience = [f"{ada.uri}/followers", ada.uri]
    document = await home.fetch(posts[1]["uri"])
    assert [document["interactionPolicy"][act]["automaticApproval"] for act in ("canAnnounce", "canQuote")] == [
        audience,
        audience,
    ]
    (key,) = (await ada.document())["assertionMethod"]
    proof = object_proofs.sole_proof(document)
    base = object_proofs.signing_input(document, proof)
    assert verify(key["publicKeyMultibase"], base, signature_of(proof), "ed25519") and "statedUnder" in document
    assert await attempts(cleo, posts[1]) == (403, 403, "denied")
    assert (await boost(ben, posts[1]))[0] == 200
    assert (await home.fetch(f"{ada.uri}/outbox?page=true"))["orderedItems"]

    await announce(outside, ada, posts[2])
    since = village.mark()
    note = {
        "id": outside.new_id("notes"), "type": "Note", "attributedTo": outside.uri, "content": "<p>She said</p>",
        "published": outside.server.timestamp(), "to": [PUBLIC], "cc": [], "quote": posts[2]["uri"],
    }  # fmt: skip
    await outside.send(ada, outside.do("QuoteRequest", posts[2]["uri"], instrument=note))
    await village.work()
    assert await dan.home() == []
    assert len(village.delivered("Reject", since)) == 1 and village.delivered("Accept", since) == []

    await brings(ada, board.issue(ada.uri, index=2))
    await consents(ada, number=2)
    assert await policy(home, posts[3], "canAnnounce") == [] and PUBLIC in await policy(home, posts[3], "canQuote")
    assert await attempts(cleo, posts[3]) == (200, 200, "automatic")


@pytest.mark.law("5.3", "9.2")
async def test_a_changed_rung_changes_who_boosts_what_was_said_before(village: Village) -> None:
    """An admin leaves boosting to the audience: it holds at once for every post of everybody who stands there."""
    home = await village.server()
    admin, ada, cleo = await home.person("admin", role="owner"), await home.person("ada"), await home.person("cleo")
    first, second = await ada.say("Before"), await ada.say("Before, too")
    assert await attempts(cleo, first) == (200, 200, "automatic")
    await home.change_rung(admin, {"boosts": "audience"}, "a quieter hall")
    await village.work()
    assert await attempts(cleo, second) == (403, 403, "denied")
    assert await policy(home, second, "canAnnounce") == [f"{ada.uri}/followers", ada.uri]
    await home.change_rung(admin, {"boosts": "anyone"}, "as it was")
    await village.work()
    assert await attempts(cleo, second) == (200, 200, "automatic")
