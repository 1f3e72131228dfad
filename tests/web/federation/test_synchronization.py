"""FEP-8fcf at the doors: the list that we give, and the header that comes in."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fedicert.activitypub.synchronization import EMPTY, HEADER, digest_of, write
from fedicert.base.clock import MINUTE, FrozenClock
from fedicert.remote.wire import Request, Response
from fedicert.store.views import federation as views
from tests.proofs.signing import sign_request
from tests.web.federation.conftest import House
from tests.web.federation.peer import ORIGIN, Peer, Signer, get, post

PATH = "/users/ada/followers_synchronization"
ADA = f"{ORIGIN}/users/ada"


async def ask(house: House, peer: Peer, clock: FrozenClock) -> Response:
    return await house.send(get(peer.signer, peer.key(), PATH, clock.now()))


async def followed_by(house: House, peer: Peer, clock: FrozenClock, name: str = "bob") -> None:
    body = peer.follow(1, name)
    assert (await house.send(post(peer.signer, peer.key(name), body, clock.now()))).status == 202
    await house.app.work.worker.drain()  # type: ignore[attr-defined]


async def test_each_server_is_told_its_own_followers_and_nobody_elses(
    house: House, peer: Peer, clock: FrozenClock, other_signer: Signer
) -> None:
    other = Peer(other_signer, "other.example")
    house.wire.handlers[other.host] = other
    assert json.loads((await ask(house, peer, clock)).body)["orderedItems"] == []
    await followed_by(house, peer, clock)
    await followed_by(house, other, clock)
    for one in (peer, other):
        given = await ask(house, one, clock)
        assert given.status == 200 and given.header("cache-control") == "private, no-store"
        assert given.header("vary") == "Accept, Signature"
        found = json.loads(given.body)
        assert found["type"] == "OrderedCollection" and found["id"] == ORIGIN + PATH
        assert found["orderedItems"] == [one.actor()] and "first" not in found


async def test_without_a_signature_nothing_is_told(house: House) -> None:
    assert (await house.get(PATH)).status == 401


@pytest.mark.parametrize("broken", ["digest", "view"])
async def test_trouble_of_our_own_is_never_an_empty_list(
    house: House, peer: Peer, clock: FrozenClock, broken: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await followed_by(house, peer, clock)
    if broken == "digest":
        await house.run("UPDATE follower_digests SET digest = $1", EMPTY)
    else:

        async def nobody(*_: Any) -> Any:
            raise RuntimeError("out of order")

        monkeypatch.setattr(views, "followers_at", nobody)
    given = await ask(house, peer, clock)
    assert given.status in (500, 503) and b"orderedItems" not in given.body


def stating(peer: Peer, clock: FrozenClock, value: str, number: int, *, signed: bool = True) -> Request:
    """A Like of nothing with the header."""
    like = {"id": f"{peer.actor()}/l/{number}", "type": "Like", "actor": peer.actor(), "object": f"{ADA}/statuses/1"}
    body = json.dumps(like).encode()
    headers = sign_request(
        peer.signer,
        "POST",
        f"{ORIGIN}/inbox",
        peer.key(),
        clock.now(),
        body=body,
        extra=((HEADER, value),) if signed else (),
    )
    more = () if signed else ((HEADER, value),)
    return Request("POST", f"{ORIGIN}/inbox", (*headers, *more, ("content-type", "application/activity+json")), body)


@pytest.fixture
async def following(house: House, peer: Peer, clock: FrozenClock) -> House:
    """Ada follows Bob, and has for a while; Bob's server was never wrong yet."""
    await followed_by(house, peer, clock)
    await house.run(
        "INSERT INTO follows (follower, followed, state, uri, domain, kept, was_trimmed, reblogs, notify, languages,"
        " created_at, state_at) SELECT l.id, r.id, 'admitted', 'https://home.example/activities/1', '', 0, 0, 1, 0, '[]',"
        " $1, $1 FROM accounts l, accounts r WHERE l.uri = $2 AND r.uri = $3",
        clock.now() - 11 * MINUTE,
        ADA,
        peer.actor(),
    )
    return house


def lists(peer: Peer, *items: str) -> None:
    url = f"{peer.actor()}/followers_synchronization"
    peer.documents["/users/bob/followers_synchronization"] = {
        "id": url,
        "type": "OrderedCollection",
        "orderedItems": list(items),
    }


async def follows_bob(house: House) -> bool:
    return bool(
        await house.value(
            "SELECT COUNT(*) FROM follows f JOIN accounts a ON a.id = f.follower WHERE a.uri = $1 AND f.state = 'admitted'",
            ADA,
        )
    )


async def told(house: House, peer: Peer, clock: FrozenClock, value: str, number: int = 1, **how: bool) -> None:
    assert (await house.send(stating(peer, clock, value, number, **how))).status == 202
    await house.app.work.worker.drain()  # type: ignore[attr-defined]


async def test_whom_they_dont_count_follows_no_longer_and_an_undo_says_so(
    following: House, peer: Peer, clock: FrozenClock
) -> None:
    lists(peer)
    await told(following, peer, clock, write(peer.actor(), EMPTY))
    assert not await follows_bob(following)
    body = await following.value("SELECT body FROM activities WHERE type = 'Undo'")
    assert json.loads(body)["object"] == {
        "id": "https://home.example/activities/1",
        "type": "Follow",
        "actor": ADA,
        "to": [peer.actor()],
        "object": peer.actor(),
    }


async def test_who_is_counted_on_both_sides_costs_no_question(following: House, peer: Peer, clock: FrozenClock) -> None:
    before = len(following.wire.asked)
    await told(following, peer, clock, write(peer.actor(), digest_of([ADA])))
    assert await follows_bob(following) and len(following.wire.asked) == before


async def test_a_list_that_isnt_the_one_of_the_header_removes_nobody(
    following: House, peer: Peer, clock: FrozenClock
) -> None:
    lists(peer)
    await told(following, peer, clock, write(peer.actor(), digest_of(["https://home.example/users/other"])))
    assert await follows_bob(following)


@pytest.mark.parametrize("how", ["unsigned", "foreign", "no list", "another collection"])
async def test_what_isnt_theirs_to_say_or_cant_be_had_removes_nobody(
    following: House, peer: Peer, clock: FrozenClock, how: str
) -> None:
    value = write(peer.actor(), EMPTY)
    if how == "foreign":
        value = value.replace('url="https://far.example', 'url="https://evil.example')
    if how == "another collection":
        value = value.replace('/followers"', '/fans"')
    if how != "no list":
        lists(peer)
    await told(following, peer, clock, value, signed=how != "unsigned")
    assert await follows_bob(following)


async def test_a_young_follow_isnt_removed_and_nobody_is_asked_again_within_a_quarter_of_an_hour(
    following: House, peer: Peer, clock: FrozenClock
) -> None:
    await following.run("UPDATE follows SET state_at = $1 WHERE uri LIKE 'https://home.example/%'", clock.now())
    lists(peer)
    value = write(peer.actor(), EMPTY)
    await told(following, peer, clock, value)
    assert await follows_bob(following)
    clock.advance(14 * MINUTE)
    await told(following, peer, clock, value, 2)
    assert await follows_bob(following)
    clock.advance(2 * MINUTE)
    await told(following, peer, clock, value, 3)
    assert not await follows_bob(following)


async def test_whom_they_count_and_who_waits_here_has_the_answer(
    following: House, peer: Peer, clock: FrozenClock
) -> None:
    await following.run("UPDATE follows SET state = 'requested' WHERE uri LIKE 'https://home.example/%'")
    lists(peer, ADA)
    await told(following, peer, clock, write(peer.actor(), digest_of([ADA])))
    assert await follows_bob(following)


async def test_whom_they_count_and_who_doesnt_follow_is_told_off(house: House, peer: Peer, clock: FrozenClock) -> None:
    await followed_by(house, peer, clock)
    lists(peer, ADA, "https://home.example/users/nobody", "https://other.example/users/x")
    await told(house, peer, clock, write(peer.actor(), digest_of([ADA])))
    undo = json.loads(await house.value("SELECT body FROM activities WHERE type = 'Undo'"))
    assert (undo["object"]["actor"], undo["object"]["object"]) == (ADA, peer.actor())
    assert await house.value("SELECT COUNT(*) FROM activities WHERE type = 'Undo'") == 1
