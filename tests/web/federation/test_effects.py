"""From the inbox to the effect, through the worker: what peers say late, twice, out of order or in another's name."""

from __future__ import annotations

from typing import Any

from fedicert.base.clock import DAY, HOUR, FrozenClock
from fedicert.base.ids import Entropy
from fedicert.jobs.table import kinds
from fedicert.jobs.worker import Worker
from fedicert.keys.pen import pen_of
from fedicert.operations import blocks, follows
from tests.web.federation.conftest import House
from tests.web.federation.peer import AS, ORIGIN, Peer, Signer, post

PUBLIC = f"{AS}#Public"


async def _no_signature(_: bytes) -> tuple[str, bytes]:
    return "k1", b"\0"


async def take(house: House, peer: Peer, clock: FrozenClock, entropy: Entropy, said: dict[str, Any]) -> str:
    """Say it, have it done; the outcome of the last arrival."""
    clock.advance(1_000)
    response = await house.send(post(peer.signer, said["actor"] + "#main-key", said, clock.now()))
    assert response.status == 202, response.body
    done = kinds(
        house.app.deps.peers,
        _no_signature,
        house.app.work.certifying,
        house.app.deps.blobs,
        pen_of(house.app.deps.vault),
    )
    await Worker(house.app.deps.db, done, entropy).drain()
    return str(await house.value("SELECT outcome FROM arrivals ORDER BY id DESC LIMIT 1"))


def say(peer: Peer, kind: str, number: int, thing: Any, name: str = "bob", **more: Any) -> dict[str, Any]:
    actor = peer.actor(name)
    return {"@context": AS, "id": f"{actor}/{kind}/{number}", "type": kind, "actor": actor, "object": thing, **more}


def note(peer: Peer, number: int, content: str = "Hi", **more: Any) -> dict[str, Any]:
    return {
        "id": f"{peer.actor()}/notes/{number}",
        "type": "Note",
        "attributedTo": peer.actor(),
        "content": f"<p>{content}</p>",
        "published": "2026-03-01T11:00:00Z",
        "to": [PUBLIC],
        "cc": [f"{ORIGIN}/users/ada"],
        "tag": [{"type": "Mention", "href": f"{ORIGIN}/users/ada", "name": "@ada"}],
        **more,
    }


async def test_a_delete_frees_the_slot_of_somebody_met_long_ago(
    house: House, peer: Peer, clock: FrozenClock, entropy: Entropy
) -> None:
    """Their document can't be read again: it is gone, as the Delete says."""
    assert await take(house, peer, clock, entropy, peer.follow()) == "admitted"
    clock.advance(2 * DAY)
    peer.gone.add("/users/bob")
    assert await take(house, peer, clock, entropy, say(peer, "Delete", 1, peer.actor())) == "done"
    assert await house.value("SELECT COUNT(*) FROM follows") == 0
    assert await house.value("SELECT admitted FROM local_accounts WHERE id = $1", house.ada) == 0


async def test_the_gone_take_no_slot_unless_their_server_has_them_again(
    house: House, peer: Peer, clock: FrozenClock, entropy: Entropy
) -> None:
    await take(house, peer, clock, entropy, peer.follow())
    await take(house, peer, clock, entropy, say(peer, "Delete", 1, peer.actor()))
    document = peer.documents["/users/bob"]
    assert await take(house, peer, clock, entropy, peer.follow(2)) == "admitted"
    assert await house.value("SELECT deleted_at FROM accounts WHERE uri = $1", peer.actor()) is None
    await take(house, peer, clock, entropy, say(peer, "Delete", 2, peer.actor()))
    house.app.deps.keyring._held.clear()
    peer.documents["/users/bob"] = {**document, "type": "Tombstone"}
    clock.advance(1_000)
    response = await house.send(post(peer.signer, peer.key(), peer.follow(3), clock.now()))
    assert response.status == 401
    assert await house.value("SELECT COUNT(*) FROM follows") == 0


async def test_a_follow_id_said_again_after_a_reject_counts_as_new(
    house: House, peer: Peer, clock: FrozenClock, entropy: Entropy
) -> None:
    db, urls = house.app.deps.db, house.app.deps.urls
    assert await take(house, peer, clock, entropy, peer.follow()) == "admitted"
    bob = await house.value("SELECT id FROM accounts WHERE uri = $1", peer.actor())
    await db.write(follows.remove_follower, urls, house.ada, bob)
    assert await take(house, peer, clock, entropy, peer.follow()) == "admitted"
    assert await house.value("SELECT COUNT(*) FROM follows") == 1
    await db.write(blocks.block, urls, house.ada, bob)
    assert await take(house, peer, clock, entropy, peer.follow(2)) == "refused"
    await db.write(blocks.unblock, urls, house.ada, bob)
    assert await take(house, peer, clock, entropy, peer.follow(2)) == "admitted"


async def test_an_undo_forgets_no_others_activity(
    house: House, peer: Peer, other_signer: Signer, clock: FrozenClock, entropy: Entropy
) -> None:
    eve = Peer(other_signer, "evil.example")
    house.wire.handlers[eve.host] = eve
    await take(house, peer, clock, entropy, peer.follow())
    await take(house, eve, clock, entropy, say(eve, "Undo", 1, peer.follow()["id"]))
    assert (peer.follow()["id"], peer.actor()) in await house.arrivals()
    await take(house, peer, clock, entropy, say(peer, "Undo", 1, peer.follow()))
    assert (peer.follow()["id"], peer.actor()) not in await house.arrivals()


async def test_an_update_that_overtakes_its_create_is_what_holds(
    house: House, peer: Peer, clock: FrozenClock, entropy: Entropy
) -> None:
    new = note(peer, 1, "Corrected", updated="2026-03-01T11:30:00Z")
    assert await take(house, peer, clock, entropy, say(peer, "Update", 1, new)) == "done"
    assert await take(house, peer, clock, entropy, say(peer, "Create", 1, note(peer, 1, "Wrong"))) == "done"
    assert await house.value("SELECT content_html FROM statuses WHERE uri = $1", new["id"]) == "<p>Corrected</p>"
    assert await house.value("SELECT COUNT(*) FROM notifications WHERE account = $1", house.ada) == 1


async def test_an_update_of_a_post_nobody_here_has_to_do_with_is_not_kept(
    house: House, peer: Peer, clock: FrozenClock, entropy: Entropy
) -> None:
    stray = note(peer, 1, "Hello world", cc=[], tag=[])
    assert (await take(house, peer, clock, entropy, say(peer, "Update", 1, stray))).startswith("ignored")
    assert await house.value("SELECT COUNT(*) FROM statuses") == 0


async def test_the_servers_own_actor_has_no_followers(
    house: House, peer: Peer, clock: FrozenClock, entropy: Entropy
) -> None:
    outcome = await take(house, peer, clock, entropy, peer.follow(whom=f"{ORIGIN}/actor"))
    assert outcome.startswith(("refused", "ignored"))
    assert await house.value("SELECT COUNT(*) FROM follows") == 0


async def test_a_key_shown_by_another_actor_of_its_server_does_not_displace_it(
    house: House, peer: Peer, other_signer: Signer, clock: FrozenClock, entropy: Entropy
) -> None:
    """Mallory, on Bob's server, lists Bob's key id as her own."""
    await take(house, peer, clock, entropy, peer.follow())
    peer.add_actor("mallory")
    mallory = peer.documents["/users/mallory"]
    mallory["publicKey"] = [
        mallory["publicKey"],
        {"id": peer.key(), "owner": peer.actor("mallory"), "publicKeyPem": other_signer.pem},
    ]
    await take(house, peer, clock, entropy, peer.follow(name="mallory"))
    assert await house.value("SELECT owner FROM remote_keys WHERE key_id = $1", peer.key()) == peer.actor()


async def test_a_shared_inbox_on_another_host_is_not_the_actors(
    house: House, peer: Peer, clock: FrozenClock, entropy: Entropy
) -> None:
    """A lane is a host: copies must not go to a third server under the follower's name."""
    peer.add_actor("bob", endpoints={"sharedInbox": "https://victim.example/inbox"})
    await take(house, peer, clock, entropy, peer.follow())
    assert await house.value("SELECT shared_inbox FROM inboxes") == ""
    clock.advance(HOUR)
