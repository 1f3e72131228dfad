"""The inboxes: each answer of the table, in its order, on both engines."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from fedicert.base.clock import HOUR, MINUTE, FrozenClock
from fedicert.discovery import actors as discovery
from fedicert.discovery.keys import FAILURES
from fedicert.proofs import multibase
from fedicert.proofs.messages import CAVAGE, ED25519, RFC9421
from fedicert.remote.wire import Request, Response
from tests.conftest import NOON
from tests.web.federation.conftest import House, error
from tests.web.federation.peer import AS, ORIGIN, Peer, Signer, post
from tests.wire import answer


def with_header(request: Request, name: str, value: str) -> Request:
    kept = tuple(pair for pair in request.headers if pair[0] != name)
    return Request(request.method, request.url, (*kept, (name, value)), request.body)


async def refused(house: House, request: Request, status: int) -> str:
    """Refused with this status, one line says why, and nothing was stored."""
    house.logged()
    response = await house.send(request)
    assert response.status == status, response.body
    assert [(line["event"], line["status"]) for line in house.logged()] == [("inbox_refused", status)]
    assert await house.arrivals() == []
    return error(response)


@pytest.mark.parametrize("spec", [CAVAGE, RFC9421])
@pytest.mark.parametrize("path", ["/inbox", "/users/ada/inbox"])
async def test_what_is_signed_by_its_actor_is_taken(house: House, peer: Peer, spec: str, path: str) -> None:
    follow = peer.follow()
    response = await house.send(post(peer.signer, peer.key(), follow, NOON, path, spec=spec))
    assert (response.status, response.body) == (202, b"")
    assert await house.arrivals() == [(follow["id"], peer.actor())]
    assert await house.value("SELECT body FROM arrivals") == json.dumps(follow)
    assert await house.value("SELECT COUNT(*) FROM jobs WHERE kind = 'receive'") == 1
    assert house.logged() == []


async def test_an_unknown_actor_costs_its_document_and_webfinger_and_nothing_else(house: House, peer: Peer) -> None:
    await house.send(post(peer.signer, peer.key(), peer.follow(), NOON))
    assert house.wire.urls() == [peer.actor()]
    account = await discovery.account_of(house.app.deps.peers, peer.actor())
    assert len(house.wire.asked) == 2 and "/.well-known/webfinger" in house.wire.urls()[1]
    await house.send(post(peer.signer, peer.key(), peer.follow(2), NOON))
    assert await discovery.account_of(house.app.deps.peers, peer.actor()) == account
    assert len(house.wire.asked) == 2
    assert "signature" in house.wire.asked[0].headers


async def test_a_known_key_needs_no_fetch_after_a_restart(house: House, peer: Peer, clock: FrozenClock) -> None:
    await house.send(post(peer.signer, peer.key(), peer.follow(), NOON))
    clock.advance(30 * MINUTE)
    house.wire.down.add(peer.host)
    assert (await house.send(post(peer.signer, peer.key(), peer.follow(2), clock.now()))).status == 202
    assert len(await house.arrivals()) == 2


async def test_the_same_request_two_hundred_times_is_one_row(house: House, peer: Peer) -> None:
    request = post(peer.signer, peer.key(), peer.follow(), NOON)
    responses = await asyncio.gather(*(house.send(request) for _ in range(200)))
    assert {response.status for response in responses} == {202}
    assert len(await house.arrivals()) == 1
    assert await house.value("SELECT COUNT(*) FROM jobs WHERE kind = 'receive'") == 1
    again = post(peer.signer, peer.key(), peer.follow(), NOON + 1000)
    assert (await house.send(again)).status == 202
    assert len(await house.arrivals()) == 1


async def test_a_request_for_another_path_host_or_body_is_no_request(house: House, peer: Peer) -> None:
    signed = post(peer.signer, peer.key(), peer.follow(), NOON, "/users/ada/inbox")
    said = await refused(house, Request("POST", f"{ORIGIN}/inbox", signed.headers, signed.body), 401)
    assert "does not fit" in said
    body = json.dumps(peer.follow(2)).encode()
    assert "Digest" in await refused(house, Request("POST", signed.url, signed.headers, body), 401)


async def test_a_request_signed_for_another_host_is_refused(house: House, peer: Peer) -> None:
    """The captured request arrives here with the Host header it was signed with."""
    other = post(peer.signer, peer.key(), peer.follow(), NOON, origin="https://other.example")
    said = await refused(house, Request("POST", f"{ORIGIN}/inbox", other.headers, other.body), 401)
    assert "other.example" in said


async def test_size_comes_first(house: House, peer: Peer) -> None:
    request = Request("POST", f"{ORIGIN}/inbox", (("content-type", "text/plain"),), b"x" * (1024 * 1024 + 1))
    assert "bytes" in await refused(house, request, 413)


@pytest.mark.parametrize(
    "content_type", ["application/json", "text/plain", "application/ld+json", 'application/ld+json; profile="x"', ""]
)
async def test_then_the_content_type(house: House, peer: Peer, content_type: str) -> None:
    await refused(house, Request("POST", f"{ORIGIN}/inbox", (("content-type", content_type),), b"{"), 415)


async def test_json_ld_with_its_profile_is_taken(house: House, peer: Peer) -> None:
    kind = f'application/ld+json; profile="{AS}"'
    request = post(peer.signer, peer.key(), peer.follow(), NOON, content_type=kind)
    assert (await house.send(request)).status == 202


async def test_unsigned_is_refused_and_nothing_is_fetched(house: House, peer: Peer) -> None:
    body = json.dumps(peer.follow()).encode()
    request = Request("POST", f"{ORIGIN}/inbox", (("content-type", "application/activity+json"),), body)
    assert await refused(house, request, 401) == "The request is not signed"
    assert house.wire.asked == []


async def test_unknown_and_deleted_inboxes(house: House, peer: Peer) -> None:
    await refused(house, post(peer.signer, peer.key(), peer.follow(), NOON, "/users/nobody/inbox"), 404)
    await house.run("UPDATE accounts SET deleted_at = 1 WHERE id = $1", house.ada)
    await refused(house, post(peer.signer, peer.key(), peer.follow(), NOON, "/users/ada/inbox"), 410)
    assert house.wire.asked == []


@pytest.mark.parametrize("minutes", [61, -61, 60 * 24])
async def test_the_skew_is_named(house: House, peer: Peer, minutes: int) -> None:
    said = await refused(house, post(peer.signer, peer.key(), peer.follow(), NOON + minutes * MINUTE), 401)
    assert str(abs(minutes) * 60) in said and "clock" in said


async def test_a_clock_within_the_hour_is_fine(house: House, peer: Peer) -> None:
    for number, skew in enumerate((HOUR, -HOUR)):
        assert (await house.send(post(peer.signer, peer.key(), peer.follow(number), NOON + skew))).status == 202


async def test_a_digest_dictionary_that_is_none_is_a_bad_request(house: House, peer: Peer) -> None:
    request = post(peer.signer, peer.key(), peer.follow(), NOON, spec=RFC9421)
    assert "Content-Digest" in await refused(house, with_header(request, "content-digest", "sha-256=:@@:"), 400)


async def test_blocked_domains_and_those_below_are_forbidden(house: House, peer: Peer, clock: FrozenClock) -> None:
    await house.run(
        "INSERT INTO domain_blocks (domain, severity, reject_media, reject_reports, obfuscate, private_comment,"
        " public_comment, created_at) VALUES ('far.example', 'suspend', 0, 0, 0, '', '', 0)"
    )
    clock.advance(MINUTE)
    await refused(house, post(peer.signer, peer.key(), peer.follow(), clock.now()), 403)
    below = Peer(peer.signer, "sub.far.example")
    await refused(house, post(peer.signer, below.key(), below.follow(), clock.now()), 403)
    assert house.wire.asked == []
    beside = Peer(peer.signer, "notfar.example")
    house.wire.handlers[beside.host] = beside
    assert (await house.send(post(peer.signer, beside.key(), beside.follow(), clock.now()))).status == 202


async def test_a_key_that_cannot_be_had_now_may_be_tried_again(house: House, peer: Peer, clock: FrozenClock) -> None:
    house.wire.down.add(peer.host)
    request = post(peer.signer, peer.key(), peer.follow(), NOON)
    house.logged()
    response = await house.send(request)
    assert response.status == 503 and int(response.header("retry-after")) > 0
    house.wire.down.clear()
    clock.advance(2 * MINUTE)
    assert (await house.send(request)).status == 202


async def test_a_source_of_failing_keys_is_not_fetched_for_any_more(house: House, peer: Peer) -> None:
    for number in range(FAILURES):
        request = post(peer.signer, peer.key(f"ghost{number}"), peer.follow(number, f"ghost{number}"), NOON)
        assert (await house.send(request)).status == 401
    before = len(house.wire.asked)
    request = post(peer.signer, peer.key("ghost"), peer.follow(99, "ghost"), NOON)
    assert (await house.send(request)).status == 503
    assert len(house.wire.asked) == before
    assert (await house.send(request, "198.51.100.1")).status == 401
    assert len(house.wire.asked) == before + 1


async def test_a_flood_from_one_block_is_stopped_before_it_is_read(house: House, peer: Peer) -> None:
    request = Request("POST", f"{ORIGIN}/inbox", (("content-type", "text/plain"),), b"x")
    limit = int((await house.send(request)).header("x-ratelimit-limit"))
    for _ in range(limit):
        house.app.deps.limits.take("inbox", "203.0.113.0/24")
    assert (await house.send(request)).status == 429
    assert (await house.send(request, "198.51.100.1")).status == 415


async def test_signed_by_another_than_the_actor(house: House, peer: Peer) -> None:
    peer.add_actor("mallory")
    said = await refused(house, post(peer.signer, peer.key("mallory"), peer.follow(), NOON), 401)
    assert peer.actor() in said and peer.actor("mallory") in said
    other = Peer(peer.signer, "evil.example")
    house.wire.handlers[other.host] = other
    await refused(house, post(peer.signer, other.key(), peer.follow(), NOON), 401)


async def test_keys_of_others(house: House, peer: Peer, signer: Signer) -> None:
    """A key must name its owner, its owner must name it, and both must be on one server (#4)."""
    evil = Peer(signer, "evil.example")
    house.wire.handlers[evil.host] = evil
    victim = peer.actor()
    stub = {"id": "https://evil.example/k", "type": "Key", "owner": victim, "publicKeyPem": signer.pem}
    evil.documents["/k"] = stub
    await refused(house, post(signer, "https://evil.example/k", peer.follow(), NOON), 401)
    evil.add_actor("eve", publicKey={"id": evil.key("eve"), "owner": victim, "publicKeyPem": signer.pem})
    await refused(house, post(signer, evil.key("eve"), peer.follow(), NOON), 401)
    evil.documents["/users/poser"] = {**peer.documents["/users/bob"], "publicKey": {
        "id": "https://evil.example/users/poser#main-key", "owner": victim, "publicKeyPem": signer.pem}}  # fmt: skip
    await refused(house, post(signer, "https://evil.example/users/poser#main-key", peer.follow(), NOON), 401)
    evil.add_actor("mule", publicKey={"id": peer.key(), "owner": evil.actor("mule"), "publicKeyPem": signer.pem})
    await refused(house, post(signer, "https://evil.example/users/mule#main-key", evil.follow(1, "mule"), NOON), 401)
    peer.documents["/users/bob"]["publicKey"]["id"] = "https://evil.example/users/eve#main-key"
    evil.documents["/users/eve"] = {**stub, "id": "https://evil.example/users/eve#main-key"}
    await refused(house, post(signer, "https://evil.example/users/eve#main-key", peer.follow(), NOON), 401)
    assert await house.value("SELECT COUNT(*) FROM remote_keys") == 0


async def test_our_own_key_ids_are_no_key_ids_for_others(house: House, peer: Peer) -> None:
    await refused(house, post(peer.signer, f"{ORIGIN}/users/ada#main-key", peer.follow(), NOON), 401)
    await refused(house, post(peer.signer, f"{ORIGIN}/actor#main-key", peer.follow(), NOON), 401)
    assert house.wire.asked == []


async def test_a_key_at_an_address_of_its_own(house: House, peer: Peer) -> None:
    """GoToSocial: the key's address gives a stub of the actor."""
    key = f"{peer.actor('sloth')}/main-key"
    shown = {"id": key, "owner": peer.actor("sloth"), "publicKeyPem": peer.signer.pem}
    peer.add_actor("sloth", publicKey=shown)
    peer.documents["/users/sloth/main-key"] = {"@context": AS, "id": peer.actor("sloth"), "type": "Person",
        "preferredUsername": "sloth", "publicKey": shown}  # fmt: skip
    assert (await house.send(post(peer.signer, key, peer.follow(1, "sloth"), NOON))).status == 202
    assert len(house.wire.asked) == 2


@pytest.mark.parametrize("spec", [CAVAGE, RFC9421])
async def test_ed25519_keys(house: House, peer: Peer, spec: str) -> None:
    signer = Signer(Ed25519PrivateKey.generate())
    raw = signer.private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    key = f"{peer.actor('ed')}#ed25519-key"
    peer.add_actor("ed", assertionMethod=[{"id": key, "type": "Multikey", "controller": peer.actor("ed"),
        "publicKeyMultibase": multibase.write_ed25519(raw)}])  # fmt: skip
    request = post(signer, key, peer.follow(1, "ed"), NOON, spec=spec, algorithm=ED25519)
    assert (await house.send(request)).status == 202


async def test_a_rotated_key_is_fetched_again_once(
    house: House, peer: Peer, other_signer: Signer, clock: FrozenClock
) -> None:
    await house.send(post(peer.signer, peer.key(), peer.follow(), NOON))
    clock.advance(10 * MINUTE)
    peer.documents["/users/bob"]["publicKey"]["publicKeyPem"] = other_signer.pem
    assert (await house.send(post(other_signer, peer.key(), peer.follow(2), clock.now()))).status == 202
    asked = len(house.wire.asked)
    assert asked == 2
    for number in range(3, 8):
        assert (await house.send(post(peer.signer, peer.key(), peer.follow(number), clock.now()))).status == 401
    assert len(house.wire.asked) == asked
    assert (await house.send(post(other_signer, peer.key(), peer.follow(9), clock.now()))).status == 202
    assert len(await house.arrivals()) == 3


async def test_a_signature_that_does_not_hold_stores_no_key(house: House, peer: Peer, other_signer: Signer) -> None:
    await refused(house, post(other_signer, peer.key(), peer.follow(), NOON), 401)
    await refused(house, post(other_signer, peer.key(), peer.follow(), NOON), 401)
    assert await house.value("SELECT COUNT(*) FROM remote_keys") == 0
    assert len(house.wire.asked) == 1


def farewell(peer: Peer, thing: str, name: str = "bob") -> dict[str, Any]:
    actor = peer.actor(name)
    return {"@context": AS, "id": f"{thing}#delete", "type": "Delete", "actor": actor, "object": thing}


async def test_the_delete_of_a_stranger_is_dropped_before_any_fetch(house: House, peer: Peer) -> None:
    response = await house.send(post(peer.signer, peer.key("x"), farewell(peer, peer.actor("x"), "x"), NOON))
    assert response.status == 202
    assert (house.wire.asked, await house.arrivals()) == ([], [])
    assert [line["event"] for line in house.logged()] == ["inbox_dropped"]


async def test_a_known_actor_that_is_gone(house: House, peer: Peer, clock: FrozenClock) -> None:
    """Its key is gone with it: its own server's 410 stands for the signature."""
    await house.send(post(peer.signer, peer.key(), peer.follow(), NOON))
    await discovery.account_of(house.app.deps.peers, peer.actor())
    await house.run("DELETE FROM remote_keys")
    clock.advance(10 * MINUTE)
    gone = post(peer.signer, peer.key(), farewell(peer, peer.actor()), clock.now())
    peer.statuses["/users/bob"] = 404
    assert (await house.send(gone)).status == 401
    clock.advance(2 * MINUTE)
    peer.gone.add("/users/bob")
    assert (await house.send(gone)).status == 202
    assert (await house.arrivals())[-1] == (f"{peer.actor()}#delete", peer.actor())
    clock.advance(2 * MINUTE)
    assert (await house.send(post(peer.signer, peer.key(), peer.follow(7), clock.now()))).status == 401


async def test_a_delete_signed_by_a_neighbour_needs_the_word_of_the_server(house: House, peer: Peer) -> None:
    peer.add_actor("relay")
    await house.send(post(peer.signer, peer.key(), peer.follow(), NOON))
    await discovery.account_of(house.app.deps.peers, peer.actor())
    request = post(peer.signer, peer.key("relay"), farewell(peer, peer.actor()), NOON)
    assert (await house.send(request)).status == 202
    assert len(await house.arrivals()) == 1
    peer.gone.add("/users/bob")
    again = post(peer.signer, peer.key("relay"), farewell(peer, peer.actor()), NOON + 1000)
    assert (await house.send(again)).status == 202
    assert len(await house.arrivals()) == 2


async def test_ids_that_fit_no_index(house: House, peer: Peer) -> None:
    follow = peer.follow() | {"id": f"{peer.actor()}/" + "漢" * 1_500}
    await refused(house, post(peer.signer, peer.key(), follow, NOON), 400)


async def test_redirected_keys_are_believed_only_from_where_they_belong(
    house: House, peer: Peer, signer: Signer
) -> None:
    evil = Peer(signer, "evil.example")
    house.wire.handlers[evil.host] = evil
    moved = Response(302, (("location", f"{evil.actor()}"),), b"", peer.actor("moved"))
    peer.documents["/users/moved"] = moved
    await refused(house, post(signer, peer.key("moved"), peer.follow(1, "moved"), NOON), 401)
    evil.documents["/users/bob"] = peer.documents["/users/bob"]
    peer.statuses["/users/bob"] = 404
    await refused(house, post(signer, evil.key(), peer.follow(), NOON), 401)


async def test_other_methods(house: House) -> None:
    response = await house.get("/inbox")
    assert response.status == 405 and "POST" in response.header("allow")


async def test_key_documents_of_other_types_are_refused(house: House, peer: Peer) -> None:
    for number, kind in enumerate(("text/html", "application/json", "image/png")):
        shown = peer.add_actor(f"p{number}")
        peer.documents[f"/users/p{number}"] = answer(shown, peer.documents[f"/users/p{number}"], content_type=kind)
        await refused(house, post(peer.signer, peer.key(f"p{number}"), peer.follow(1, f"p{number}"), NOON), 401)
