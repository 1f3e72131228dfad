"""The independent peer itself: two on two ports, every delivery counted, so that its word can be trusted."""

import socket
from collections.abc import Iterator

import httpx
import pytest

from fedicert.rigs.fedify_peer import CAVAGE, RFC9421, FedifyPeer, PeerError


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def near() -> Iterator[FedifyPeer]:
    with FedifyPeer(free_port(), first_knock=RFC9421) as peer:
        peer.create("ada", display_name="Ada")
        yield peer


@pytest.fixture(scope="module")
def far() -> Iterator[FedifyPeer]:
    with FedifyPeer(free_port(), first_knock=CAVAGE) as peer:
        peer.create("bob")
        yield peer


def contents(peer: FedifyPeer, name: str) -> list[str]:
    return [row["content"] for row in peer.posts_held(name)]


def all_ok(answer: dict) -> int:
    assert [row["error"] for row in answer["deliveries"] if not row["ok"]] == []
    return len(answer["deliveries"])


def test_follow_post_edit_delete_and_each_delivery_counted(near: FedifyPeer, far: FedifyPeer) -> None:
    ada, bob = near.actor_id("ada"), far.actor_id("bob")
    far.create("cleo")
    for name in ("bob", "cleo"):
        followed = far.follow(name, near.handle("ada"))
        assert followed["target"] == ada
        far.wait(lambda name=name: far.follow_state(name, ada) == "accepted")
    near.follow("ada", bob)
    near.wait(lambda: near.follow_state("ada", bob) == "accepted")
    assert near.followers("ada") == [bob, far.actor_id("cleo")]

    before = len(far.arrivals())
    post = near.post("ada", "<p>first</p>")
    assert all_ok(post) == 1  # one shared inbox for two followers
    far.wait(lambda: contents(far, "bob") == contents(far, "cleo") == ["<p>first</p>"])
    near.edit("ada", post["id"], "<p>second</p>")
    far.wait(lambda: contents(far, "bob") == contents(far, "cleo") == ["<p>second</p>"])
    near.delete("ada", post["id"])
    far.wait(lambda: contents(far, "bob") == contents(far, "cleo") == [])
    arrived = far.arrivals()[before:]
    assert [(row["type"], row["inbox"], row["status"]) for row in arrived] == [
        ("Create", "shared", 202),
        ("Update", "shared", 202),
        ("Delete", "shared", 202),
    ]
    assert {row["spec"] for row in arrived} == {"rfc9421"}
    assert [row["type"] for row in far.received("bob")] == ["Accept", "Follow", "Create", "Update", "Delete"]
    assert far.received("bob", "Create")[0]["actor"] == ada
    assert {row["spec"] for row in near.received("ada", "Follow")} == {"cavage"}


def test_visibility_mentions_and_answers(near: FedifyPeer, far: FedifyPeer) -> None:
    near.create("nan")
    far.create("fay")
    far.create("eve")
    nan, fay = near.actor_id("nan"), far.actor_id("fay")
    far.follow("fay", nan)
    far.wait(lambda: far.follow_state("fay", nan) == "accepted")
    near.post("nan", "to followers", visibility="followers")
    direct = near.post("nan", "to eve", visibility="direct", mentions=[far.handle("eve")])
    assert all_ok(direct) == 1
    far.wait(lambda: contents(far, "eve") == ["to eve"])
    assert contents(far, "fay") == ["to followers"]
    answer = far.post("eve", "hello", visibility="direct", mentions=[nan], in_reply_to=direct["id"])
    assert all_ok(answer) == 1
    near.wait(lambda: contents(near, "nan") == ["hello"])
    assert near.posts_held("nan")[0]["inReplyTo"] == direct["id"]
    assert fay in near.followers("nan")


def test_likes_boosts_and_their_undoing(near: FedifyPeer, far: FedifyPeer) -> None:
    near.create("lea")
    far.create("liz")
    liz = far.actor_id("liz")
    note = near.post("lea", "liked")["id"]
    near.follow("lea", liz)
    near.wait(lambda: near.follow_state("lea", liz) == "accepted")

    def own() -> dict:
        return near.actor("lea")["notes"][0]

    all_ok(far.like("liz", note))
    all_ok(far.boost("liz", note))
    near.wait(lambda: own()["likes"] == [liz] and own()["boosts"] == [liz])
    all_ok(far.unlike("liz", note))
    all_ok(far.unboost("liz", note))
    near.wait(lambda: own()["likes"] == [] and own()["boosts"] == [])
    assert [row["type"] for row in near.received("lea")] == ["Accept", "Like", "Announce", "Undo", "Undo"]


def test_a_follow_by_hand_is_pending_until_answered(near: FedifyPeer, far: FedifyPeer) -> None:
    near.create("max", manual=True)
    far.create("pia")
    far.create("pam")
    maxim = near.actor_id("max")
    for name in ("pia", "pam"):
        far.follow(name, maxim)
    near.wait(lambda: len(near.requests("max")) == 2)
    assert far.follow_state("pia", maxim) == "pending"
    near.accept("max", far.actor_id("pia"))
    near.reject("max", far.actor_id("pam"))
    far.wait(lambda: far.follow_state("pia", maxim) == "accepted")
    far.wait(lambda: far.follow_state("pam", maxim) == "rejected")
    near.post("max", "for one")
    far.wait(lambda: contents(far, "pia") == ["for one"])
    assert contents(far, "pam") == []
    far.unfollow("pia", maxim)
    near.wait(lambda: near.followers("max") == [])
    assert far.follow_state("pia", maxim) is None


def test_block_ends_follows_and_profile_updates_arrive(near: FedifyPeer, far: FedifyPeer) -> None:
    near.create("dee")
    far.create("dan")
    dee, dan = near.actor_id("dee"), far.actor_id("dan")
    far.follow("dan", dee)
    far.wait(lambda: far.follow_state("dan", dee) == "accepted")
    near.update_profile("dee", displayName="Dee the second", summary="changed")
    far.wait(lambda: far.profiles().get(dee, {}).get("name") == "Dee the second")
    all_ok(near.block("dee", dan))
    far.wait(lambda: far.actor("dan")["blockedBy"] == [dee])
    assert far.follow_state("dan", dee) is None
    assert near.followers("dee") == []
    far.follow("dan", dee)
    far.wait(lambda: far.follow_state("dan", dee) == "rejected")
    all_ok(near.unblock("dee", dan))
    far.wait(lambda: far.actor("dan")["blockedBy"] == [])


def test_an_unsigned_delivery_is_refused_and_reported(near: FedifyPeer) -> None:
    body = {
        "@context": "https://www.w3.org/ns/activitystreams",
        "id": "http://localhost:1/x",
        "type": "Follow",
        "actor": "http://localhost:1/a",
        "object": near.actor_id("ada"),
    }
    before = len(near.arrivals())
    answer = httpx.post(f"{near.base}/inbox", json=body, headers={"content-type": "application/activity+json"})
    assert answer.status_code == 401
    arrived = near.arrivals()[before:]
    assert [(row["status"], row["spec"], row["inbox"]) for row in arrived] == [(401, None, "shared")]


def test_commands_that_make_no_sense_say_why(near: FedifyPeer) -> None:
    with pytest.raises(PeerError, match="no actor is called nobody"):
        near.post("nobody", "x")
    with pytest.raises(PeerError, match="visibility is one of"):
        near.post("ada", "x", visibility="loud")
    with pytest.raises(PeerError, match="no command"):
        near.command("dance")
    with pytest.raises(PeerError, match="didn't come within"):
        near.wait(lambda: False, seconds=0.0)


def test_a_port_in_use_is_a_clear_error(near: FedifyPeer) -> None:
    port = int(near.base.rsplit(":", 1)[1])
    with pytest.raises(PeerError, match="EADDRINUSE"):
        FedifyPeer(port).start()


def test_a_peer_with_a_queue_tries_again_when_the_other_is_back() -> None:
    port = free_port()
    with FedifyPeer(free_port(), queue=True) as sender:
        sender.create("sue")
        with FedifyPeer(port) as receiver:
            receiver.create("rob")
            rob = receiver.actor_id("rob")
            receiver.follow("rob", sender.handle("sue"))
            receiver.wait(lambda: receiver.follow_state("rob", sender.actor_id("sue")) == "accepted")
        note = sender.post("sue", "while you were out")["id"]
        with FedifyPeer(port) as receiver:
            receiver.create("rob")
            arrived = receiver.wait(lambda: receiver.arrivals("Create"), what="the queued Create")
            assert [(row["object"], row["status"]) for row in arrived] == [(note, 202)]
        assert sender.followers("sue") == [rob]
