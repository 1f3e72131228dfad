"""What others are shown of the people here: documents, collections, posts, activities; who sees which."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fedicert.activitypub.read import read_actor
from fedicert.base.clock import FrozenClock
from fedicert.keys import verify
from fedicert.model.statuses import PINNED
from fedicert.operations import blocks, boosts, follows, posts
from fedicert.operations.posts import Draft
from fedicert.proofs import http_signatures
from fedicert.proofs.messages import RFC9421, Received
from fedicert.remote.wire import Response
from fedicert.store.unit import Tx
from tests import world
from tests.conftest import NOON
from tests.web.federation.conftest import House
from tests.web.federation.peer import AS, ORIGIN, Peer, get
from tests.web.site import add_person

PUBLIC = f"{AS}#Public"
JSON = "application/activity+json; charset=utf-8"


def value(response: Response, status: int = 200) -> dict[str, Any]:
    assert response.status == status, response.body
    assert response.header("content-type") == JSON
    assert response.header("vary") == "Accept, Signature"
    found = json.loads(response.body)
    assert isinstance(found, dict)
    return found


def kept(response: Response) -> bool:
    return response.header("cache-control").startswith("public")


async def write(house: House, visibility: Any = "public", text: str = "Hello", **more: Any) -> int:
    await house.run("UPDATE tiers SET visibility = 'listed'")
    draft = Draft(text=text, visibility=visibility, **more)
    return await house.app.deps.db.write(posts.publish, house.app.deps.urls, house.ada, draft)


async def admit(house: House, name: str, host: str, count: int = 1) -> list[int]:
    async def make(tx: Tx) -> list[int]:
        return [await world.make_remote(tx, f"{name}{n or ''}", host) for n in range(count)]

    people = await house.app.deps.db.write(make)
    for person in people:
        await house.app.deps.db.write(
            follows.receive_follow, house.app.deps.urls, person, house.ada, f"https://{host}/f/{person}"
        )
    return people


async def cap(house: House, followers: int) -> None:
    await house.run("UPDATE tiers SET followers = $1, kept_permille = 0, strangers_per_domain_day = 0", followers)


# Actors


async def test_a_person(house: House) -> None:
    response = await house.get("/users/ada")
    shown = value(response)
    assert kept(response)
    assert shown["id"] == f"{ORIGIN}/users/ada" and shown["webfinger"] == "ada@home.example"
    actor = read_actor(shown)
    assert actor.username == "ada" and actor.shared_inbox == f"{ORIGIN}/inbox" and actor.accepts_rfc9421
    assert actor.rsa_keys[0].owner == actor.id and actor.multikeys[0].controller == actor.id
    assert not actor.manually_approves
    assert (await house.get("/users/ADA")).body == response.body


async def test_whether_newcomers_wait_is_told_at_once(house: House) -> None:
    """Law 3: a full audience says so, whatever the owner's own setting is; room says so again."""
    await cap(house, 2)
    people = await admit(house, "n", "far.example", 2)
    assert value(await house.get("/users/ada"))["manuallyApprovesFollowers"] is True
    await house.app.deps.db.write(follows.undo_follow, house.app.deps.urls, people[0], house.ada)
    assert value(await house.get("/users/ada"))["manuallyApprovesFollowers"] is False
    await house.run("UPDATE accounts SET locked = 1 WHERE id = $1", house.ada)
    assert value(await house.get("/users/ada"))["manuallyApprovesFollowers"] is True


@pytest.mark.parametrize(
    "accept",
    [
        "application/activity+json",
        'application/ld+json; profile="https://www.w3.org/ns/activitystreams"',
        "application/activity+json, application/ld+json;q=0.9, text/html;q=0.1",
        "application/json",
        "*/*",
        "",
        "text/html;q=0.5, application/ld+json",
    ],
)
async def test_who_wants_a_document_gets_it(house: House, accept: str) -> None:
    assert value(await house.get("/users/ada", accept))["type"] == "Person"


@pytest.mark.parametrize(
    "accept",
    ["text/html", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/*, application/json;q=0.1"],
)
async def test_who_wants_a_page_is_sent_there(house: House, accept: str) -> None:
    status = await write(house)
    for path in ("/users/ada", "/users/ada/outbox", "/users/ada/followers", "/users/ada/following"):
        response = await house.get(path, accept)
        assert (response.status, response.header("location")) == (302, f"{ORIGIN}/@ada")
        assert response.header("vary") == "Accept, Signature"
    response = await house.get(f"/users/ada/statuses/{status}", accept)
    assert (response.status, response.header("location")) == (302, f"{ORIGIN}/@ada/{status}")


@pytest.mark.parametrize("accept", ["image/png", "application/xml", "text/html;q=0, application/json;q=0"])
async def test_who_wants_neither_is_told(house: House, accept: str) -> None:
    assert (await house.get("/users/ada", accept)).status == 406


async def test_head_is_get_without_a_body(house: House) -> None:
    whole, head = await house.get("/users/ada"), await house.get("/users/ada", method="HEAD")
    assert (head.status, head.body) == (200, b"")
    assert head.header("content-length") == str(len(whole.body))


async def test_unknown_unready_suspended_and_deleted_people(house: House) -> None:
    paths = ["", "/outbox", "/followers", "/following", "/collections/featured", "/statuses/1"]
    await add_person(house.app, "eve", approved=False)
    for name in ("nobody", "eve", "home.example", "actor"):
        assert {(await house.get(f"/users/{name}{path}")).status for path in paths} == {404}
    await house.run("UPDATE accounts SET suspended_at = 1 WHERE id = $1", house.ada)
    shown = value(await house.get("/users/ada"))
    assert shown["suspended"] is True and "publicKey" in shown and "summary" not in shown
    assert {(await house.get(f"/users/ada{path}")).status for path in paths[1:]} == {403}
    await house.run("UPDATE accounts SET deleted_at = 1 WHERE id = $1", house.ada)
    answers = [await house.get(f"/users/ada{path}") for path in paths]
    assert {one.status for one in answers} == {410}
    assert {(one.header("cache-control"), one.header("vary")) for one in answers} == {
        ("private, no-store", "Accept, Signature")
    }


async def test_the_instance_actor_needs_no_signature(house: House) -> None:
    shown = value(await house.get("/actor"))
    assert shown["type"] == "Application" and shown["publicKey"]["id"] == f"{ORIGIN}/actor#main-key"
    assert value(await house.get("/actor/outbox"))["totalItems"] == 0
    assert house.wire.asked == []


async def test_our_own_gets_are_signed_by_the_instance_actor(house: House, peer: Peer) -> None:
    """Another server takes our signature for what it is, with the key that it fetches from us."""
    peers = house.app.deps.peers
    assert peers.sign is not None
    headers = await peers.sign(f"https://{peer.host}/users/bob")
    claim = http_signatures.read(Received("GET", "/users/bob", headers, f"https://{peer.host}"), NOON)
    found = await peers.keys.find(claim.key_id)
    assert verify.principal(claim, found.public, found.owner).owner == f"{ORIGIN}/actor"


# Collections


async def test_the_outbox_has_what_anybody_may_see(house: House) -> None:
    made = [await write(house, visibility) for visibility in ("public", "unlisted", "private", "direct")]
    shown = value(await house.get("/users/ada/outbox"))
    assert (shown["type"], shown["totalItems"]) == ("OrderedCollection", 2)
    page = value(await house.get(shown["first"].removeprefix(ORIGIN)))
    assert page["partOf"] == shown["id"] and "next" not in page
    assert [item["id"] for item in page["orderedItems"]] == [
        f"{ORIGIN}/users/ada/statuses/{n}/activity" for n in (made[1], made[0])
    ]
    assert {item["type"] for item in page["orderedItems"]} == {"Create"}
    assert all("@context" not in item for item in page["orderedItems"])


async def test_the_outbox_is_paged(house: House, clock: FrozenClock) -> None:
    for _ in range(45):
        await write(house)
        clock.advance(1000)
    seen: list[str] = []
    page = value(await house.get("/users/ada/outbox?page=true"))
    while True:
        seen += [item["id"] for item in page["orderedItems"]]
        if "next" not in page:
            break
        page = value(await house.get(page["next"].removeprefix(ORIGIN)))
    assert len(seen) == len(set(seen)) == 45 and seen == sorted(seen, reverse=True)
    assert (await house.get("/users/ada/outbox?page=true&before=x")).status == 400


async def test_followers_are_the_count_and_nobody_else(house: House) -> None:
    """Law 1: who is held, requested or trimmed is in no page and no number."""
    await cap(house, 3)
    people = await admit(house, "n", "far.example", 5)
    await house.run("UPDATE follows SET state = 'paused' WHERE follower = $1", people[2])
    await admit(house, "late", "other.example")
    assert await house.value("SELECT COUNT(*) FROM follows WHERE state = 'held'") == 3
    shown = value(await house.get("/users/ada/followers"))
    assert shown["totalItems"] == 3
    page = value(await house.get(shown["first"].removeprefix(ORIGIN)))
    assert page["orderedItems"] == [f"https://far.example/users/{name}" for name in ("n2", "n1", "n")]
    assert page["totalItems"] == 3
    await house.run("UPDATE local_accounts SET hide_collections = 1 WHERE id = $1", house.ada)
    hidden = value(await house.get("/users/ada/followers"))
    assert hidden["totalItems"] == 3 and "first" not in hidden
    assert b"far.example" not in (await house.get("/users/ada/followers?page=true")).body


async def test_following(house: House) -> None:
    people = await admit(house, "n", "far.example", 2)
    for person in people:
        await house.app.deps.db.write(follows.follow, house.app.deps.urls, house.ada, person)
    assert value(await house.get("/users/ada/following"))["totalItems"] == 0
    await house.run("UPDATE follows SET state = 'admitted' WHERE follower = $1 AND followed = $2", house.ada, people[0])
    assert value(await house.get("/users/ada/following"))["totalItems"] == 1
    page = value(await house.get("/users/ada/following?page=true"))
    assert page["orderedItems"] == ["https://far.example/users/n"]


async def test_pinned_posts(house: House) -> None:
    assert value(await house.get("/users/ada/collections/featured"))["orderedItems"] == []
    pinned, private = await write(house), await write(house, "private")
    await write(house)
    for status in (pinned, private):
        await house.run("INSERT INTO marks (account, status, bits) VALUES ($1, $2, $3)", house.ada, status, PINNED | 1)
    shown = value(await house.get("/users/ada/collections/featured"))
    assert [item["id"] for item in shown["orderedItems"]] == [f"{ORIGIN}/users/ada/statuses/{pinned}"]


# Posts


@pytest.mark.parametrize("visibility", ["public", "unlisted"])
async def test_a_post_for_everybody(house: House, visibility: str) -> None:
    status = await write(house, visibility)
    response = await house.get(f"/users/ada/statuses/{status}")
    note = value(response)
    assert kept(response)
    assert (note["type"], note["id"]) == ("Note", f"{ORIGIN}/users/ada/statuses/{status}")
    create = value(await house.get(f"/users/ada/statuses/{status}/activity"))
    assert create["type"] == "Create" and create["id"] == f"{note['id']}/activity"
    assert create["object"] == {key: item for key, item in note.items() if key != "@context"}
    assert create == json.loads(await house.value("SELECT body FROM activities WHERE type = 'Create'"))
    assert (await house.get(f"/users/bob/statuses/{status}")).status == 404


async def test_an_answer_names_what_it_answers(house: House) -> None:
    first = await write(house)
    second = await write(house, in_reply_to_id=first)
    note = value(await house.get(f"/users/ada/statuses/{second}"))
    assert note["inReplyTo"] == f"{ORIGIN}/users/ada/statuses/{first}"
    assert note["conversation"] == value(await house.get(f"/users/ada/statuses/{first}"))["conversation"]


@pytest.mark.parametrize("path", ["", "/activity"])
async def test_a_post_for_followers_is_for_servers_that_have_one(
    house: House, peer: Peer, path: str, clock: FrozenClock
) -> None:
    """The instance actor of an admitted follower's server gets it; others, and who doesn't sign, find nothing."""
    status = await write(house, "private")
    where = f"/users/ada/statuses/{status}{path}"
    nowhere = where.replace(str(status), "116153902489600001")
    peer.add_actor("instance")
    ask = get(peer.signer, peer.key("instance"), where, NOON)
    unsigned, missing = await house.get(where), await house.get(nowhere)
    assert (unsigned.status, unsigned.body) == (missing.status, missing.body) == (404, b'{"error":"Record not found"}')
    before, missed = await house.send(ask), await house.send(get(peer.signer, peer.key("instance"), nowhere, NOON))
    assert (before.status, before.body) == (missed.status, missed.body) == (404, unsigned.body)
    await admit(house, "anna", peer.host)
    response = await house.send(ask)
    assert value(response)["type"] == ("Create" if path else "Note")
    assert response.header("cache-control") == "private, no-store"
    assert (await house.send(get(peer.signer, peer.key("instance"), where, NOON, spec=RFC9421))).status == 200
    assert (await house.get(where)).status == 404
    for state in ("paused", "held", "requested", "trimmed"):
        await house.run("UPDATE follows SET state = $1", state)
        assert (await house.send(ask)).status == 404, state
    other = Peer(peer.signer, "notfar.example")
    house.wire.handlers[other.host] = other
    assert (await house.send(get(peer.signer, other.key(), where, NOON))).status == 404


async def test_a_wrong_signature_says_the_same_whether_there_is_something_or_not(
    house: House, peer: Peer, clock: FrozenClock
) -> None:
    status = await write(house, "private")
    answers = set()
    for number in (status, 116153902489600001):
        where = f"/users/ada/statuses/{number}"
        asked = get(peer.signer, peer.key(), where, NOON)
        broken = tuple(
            (k, v.replace('signature="', 'signature="AAAA') if k == "signature" else v) for k, v in asked.headers
        )
        response = await house.send(type(asked)("GET", asked.url, broken))
        answers.add((response.status, response.body))
    assert len(answers) == 1 and next(iter(answers))[0] == 401


async def test_a_direct_post_is_for_the_servers_of_those_it_names(house: House, peer: Peer) -> None:
    await admit(house, "anna", peer.host)
    status = await write(house, "direct")
    ask = get(peer.signer, peer.key(), f"/users/ada/statuses/{status}", NOON)
    assert (await house.send(ask)).status == 404
    anna = await house.value("SELECT id FROM accounts WHERE username = 'anna'")
    await house.run("INSERT INTO status_mentions (status, account) VALUES ($1, $2)", status, anna)
    assert (await house.send(ask)).status == 200


async def test_a_deleted_post_leaves_a_tombstone(house: House) -> None:
    status = await write(house)
    await house.app.deps.db.write(posts.delete, house.app.deps.urls, house.ada, status)
    shown = value(await house.get(f"/users/ada/statuses/{status}"), 410)
    assert (shown["type"], shown["id"]) == ("Tombstone", f"{ORIGIN}/users/ada/statuses/{status}")
    assert (await house.get(f"/users/ada/statuses/{status}/activity")).status == 410
    delete = await house.value("SELECT uri FROM activities WHERE type = 'Delete'")
    assert value(await house.get(delete.removeprefix(ORIGIN)))["object"]["type"] == "Tombstone"


async def test_a_boost_has_its_announce(house: House) -> None:
    status = await write(house)
    boost = await house.app.deps.db.write(boosts.reblog, house.app.deps.urls, house.ada, status)
    shown = value(await house.get(f"/users/ada/statuses/{boost}/activity"))
    assert shown == json.loads(await house.value("SELECT body FROM activities WHERE type = 'Announce'"))
    assert shown["object"] == f"{ORIGIN}/users/ada/statuses/{status}" and shown["to"] == [PUBLIC]
    assert (await house.get(f"/users/ada/statuses/{boost}")).status == 404
    page = value(await house.get("/users/ada/outbox?page=true"))
    assert [item["type"] for item in page["orderedItems"]] == ["Announce", "Create"]


async def test_ids_that_are_none(house: House) -> None:
    for number in ("0", "x", "-1", "1" * 30, "9223372036854775808", "1.0", "%00"):
        assert (await house.get(f"/users/ada/statuses/{number}")).status == 404
        assert (await house.get(f"/activities/{number}")).status == 404


# Activities


async def test_an_accept_is_shown_to_whom_it_answers(house: House, peer: Peer) -> None:
    await admit(house, "anna", peer.host)
    uri = await house.value("SELECT uri FROM activities WHERE type = 'Accept'")
    where = uri.removeprefix(ORIGIN)
    assert (await house.get(where)).status == 404
    response = await house.send(get(peer.signer, peer.key(), where, NOON))
    assert value(response)["type"] == "Accept" and not kept(response)
    other = Peer(peer.signer, "other.example")
    house.wire.handlers[other.host] = other
    assert (await house.send(get(peer.signer, other.key(), where, NOON))).status == 404


async def test_a_block_is_shown_to_nobody(house: House, peer: Peer) -> None:
    anna = (await admit(house, "anna", peer.host))[0]
    db, urls = house.app.deps.db, house.app.deps.urls
    await db.write(blocks.block, urls, house.ada, anna)
    await db.write(blocks.unblock, urls, house.ada, anna)
    count = 0
    async for uri in _activities(house, ("Block", "Undo")):
        count += 1
        assert (await house.send(get(peer.signer, peer.key(), uri.removeprefix(ORIGIN), NOON))).status == 404
    assert count == 2


async def _activities(house: House, kinds: tuple[str, ...]) -> Any:
    for kind in kinds:
        yield await house.value("SELECT uri FROM activities WHERE type = $1", kind)
