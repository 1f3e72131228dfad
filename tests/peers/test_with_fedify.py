"""The running program and Fedify, in both directions and with each kind of signature first.

Everything asserted was seen in a client of ours or in the peer's own memory; the peer verified whatever reached it.
"""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from mastodon import Mastodon
from mastodon.errors import MastodonNotFoundError

from fedicert.rigs.demo_people import client
from fedicert.rigs.fedify_peer import CAVAGE, RFC9421, FedifyPeer
from fedicert.rigs.processes import Program, free_port
from fedicert.rigs.story import until

pytestmark = pytest.mark.node

OPEN = {
    "tier": [
        {
            "name": "members",
            "enter": ["signup"],
            "followers": 100,
            "following": 1500,
            "strangers": 100,
            "answers_per_day": 100,
            "visibility": "listed",
            "boosts": "anyone",
            "kept_for_followed": 0,
            "strangers_per_domain_day": 0,
        }
    ]
}


@pytest.fixture(scope="module")
def program() -> Iterator[Program]:
    with Program(OPEN) as running:
        yield running


@pytest.fixture(scope="module", params=[RFC9421, CAVAGE])
def peer(request: pytest.FixtureRequest) -> Iterator[FedifyPeer]:
    with FedifyPeer(free_port(), first_knock=request.param) as running:
        yield running


def sign_up(program: Program, name: str) -> str:
    """A new account, through the client's door; its token."""
    scopes = ["read", "write", "follow"]
    app = Mastodon.create_app("tests", scopes=scopes, api_base_url=program.base)
    door = Mastodon(*app, api_base_url=program.base, version_check_mode="none")
    return str(door.create_account(name, "pass word 1", f"{name}@example.org", agreement=True, scopes=scopes))


class Met:
    """One of ours and one of theirs, new to each other."""

    def __init__(self, program: Program, peer: FedifyPeer, serial: int) -> None:
        self.peer = peer
        self.name, self.bob = f"ada{serial}", f"bob{serial}"
        self.ada: Mastodon = client(program.base, sign_up(program, self.name))
        self.handle = f"@{self.name}@{program.authority}"
        self.id = f"{program.base}/users/{self.name}"
        peer.create(self.bob, display_name="Bob")

    def find_bob(self) -> Any:
        return self.ada.search_v2(self.peer.handle(self.bob), resolve=True).accounts[0]

    def they_follow_us(self) -> None:
        self.peer.follow(self.bob, self.handle)
        self.until(lambda: self.peer.follow_state(self.bob, self.id) == "accepted")

    def we_follow_them(self) -> Any:
        bob = self.find_bob()
        self.ada.account_follow(bob.id)
        self.until(lambda: self.relation(bob).following)
        return bob

    def relation(self, account: Any) -> Any:
        return self.ada.account_relationships(account.id)[0]

    def home(self) -> list[Any]:
        return list(self.ada.timeline_home())

    def at_home(self, uri: str) -> Any:
        return next((status for status in self.home() if status.uri == uri), None)

    def held(self, uri: str) -> Any:
        return next((row for row in self.peer.posts_held(self.bob) if row["id"] == uri), None)

    def told(self, kind: str) -> list[Any]:
        return [note for note in self.ada.notifications() if note.type == kind]

    @staticmethod
    def until(look: Callable[[], Any]) -> Any:
        return until("it", look, seconds=20)


SERIAL = iter(range(1, 1_000_000))


@pytest.fixture
def met(program: Program, peer: FedifyPeer) -> Met:
    return Met(program, peer, next(SERIAL))


def delivered(answer: dict[str, Any]) -> None:
    assert answer["deliveries"]
    assert [row["error"] for row in answer["deliveries"] if not row["ok"]] == []


def test_our_posts_reach_them_are_edited_and_taken_back(met: Met) -> None:
    met.they_follow_us()
    assert [f"@{one.acct}" for one in met.ada.account_followers(met.ada.me().id)] == [met.peer.handle(met.bob)]
    status = met.ada.status_post("first #words https://example.org/")
    row = met.until(lambda: met.held(status.uri))
    assert "https://www.w3.org/ns/activitystreams#Public" in row["to"]
    assert row["author"] == met.id
    met.ada.status_update(status.id, "second words")
    met.until(lambda: "second words" in met.held(status.uri)["content"])
    met.ada.status_delete(status.id)
    met.until(lambda: met.held(status.uri) is None)
    kinds = [row["type"] for row in met.peer.received(met.bob)]
    assert kinds == ["Accept", "Create", "Update", "Delete"]


def test_their_posts_reach_us_are_edited_and_taken_back(met: Met) -> None:
    met.we_follow_them()
    for visibility, ours in (("public", "public"), ("unlisted", "unlisted"), ("followers", "private")):
        posted = met.peer.post(met.bob, f"<p>{visibility}<script>x</script></p>", visibility=visibility)
        delivered(posted)
        status = met.until(lambda posted=posted: met.at_home(posted["id"]))
        assert status.visibility == ours
        assert "<script" not in status.content
        assert f"@{status.account.acct}" == met.peer.handle(met.bob)
    delivered(met.peer.edit(met.bob, posted["id"], "<p>edited</p>"))
    met.until(lambda: met.ada.status(status.id).content == "<p>edited</p>")
    assert met.ada.status(status.id).edited_at is not None
    delivered(met.peer.delete(met.bob, posted["id"]))
    met.until(lambda: met.at_home(posted["id"]) is None)
    with pytest.raises(MastodonNotFoundError):
        met.ada.status(status.id)


def test_conversations_by_name(met: Met) -> None:
    asked = met.peer.post(met.bob, "<p>a word?</p>", visibility="direct", mentions=[met.handle])
    delivered(asked)
    note = met.until(lambda: met.told("mention"))[0]
    assert (note.status.uri, note.status.visibility) == (asked["id"], "direct")
    answer = met.ada.status_post(
        f"{met.peer.handle(met.bob)} two words", in_reply_to_id=note.status.id, visibility="direct"
    )
    row = met.until(lambda: met.held(answer.uri))
    assert (row["inReplyTo"], row["cc"]) == (asked["id"], [])
    assert row["to"] == [met.peer.actor_id(met.bob)]
    met.ada.status_delete(answer.id)
    met.until(lambda: met.held(answer.uri) is None)


def test_likes_and_boosts_both_ways_and_their_undoing(met: Met) -> None:
    met.they_follow_us()
    met.we_follow_them()
    theirs = met.peer.post(met.bob, "<p>like me</p>")["id"]
    status = met.until(lambda: met.at_home(theirs))

    def on_theirs() -> dict[str, Any]:
        return next(note for note in met.peer.actor(met.bob)["notes"] if note["id"] == theirs)

    met.ada.status_favourite(status.id)
    met.until(lambda: on_theirs()["likes"] == [met.id])
    met.ada.status_unfavourite(status.id)
    met.until(lambda: on_theirs()["likes"] == [])
    met.ada.status_reblog(status.id)
    met.until(lambda: on_theirs()["boosts"] == [met.id])
    met.ada.status_unreblog(status.id)
    met.until(lambda: on_theirs()["boosts"] == [])

    ours = met.ada.status_post("like me too")
    met.until(lambda: met.held(ours.uri))
    delivered(met.peer.like(met.bob, ours.uri))
    met.until(lambda: met.ada.status(ours.id).favourites_count == 1)
    assert len(met.told("favourite")) == 1
    delivered(met.peer.unlike(met.bob, ours.uri))
    met.until(lambda: met.ada.status(ours.id).favourites_count == 0)
    delivered(met.peer.boost(met.bob, ours.uri))
    met.until(lambda: met.ada.status(ours.id).reblogs_count == 1)
    met.until(lambda: met.told("reblog"))
    delivered(met.peer.unboost(met.bob, ours.uri))
    met.until(lambda: met.ada.status(ours.id).reblogs_count == 0)


def test_a_boost_of_somebody_else_comes_home(met: Met) -> None:
    met.we_follow_them()
    other = f"cleo{met.bob}"
    met.peer.create(other)
    note = met.peer.post(other, "<p>boost me</p>")["id"]
    delivered(met.peer.boost(met.bob, note))
    status = met.until(lambda: next((one for one in met.home() if one.reblog and one.reblog.uri == note), None))
    assert "boost me" in status.reblog.content
    delivered(met.peer.unboost(met.bob, note))
    met.until(lambda: not any(one.reblog for one in met.home()))


def test_profiles_change(met: Met) -> None:
    met.they_follow_us()
    bob = met.we_follow_them()
    assert bob.display_name == "Bob"
    met.ada.account_update_credentials(display_name="Ada L.", note="I count")
    profile = met.until(lambda: met.peer.profiles().get(met.id))
    assert profile["name"] == "Ada L."
    assert "I count" in profile["summary"]
    delivered(met.peer.update_profile(met.bob, displayName="Robert", summary="<p>new</p>"))
    met.until(lambda: met.ada.account(bob.id).display_name == "Robert")
    assert met.ada.account(bob.id).note == "<p>new</p>"


def test_follows_end_from_either_side(met: Met) -> None:
    met.they_follow_us()
    bob = met.we_follow_them()
    assert met.peer.followers(met.bob) == [met.id]
    met.ada.account_unfollow(bob.id)
    met.until(lambda: met.peer.followers(met.bob) == [])
    delivered(met.peer.unfollow(met.bob, met.id))
    met.until(lambda: not met.relation(bob).followed_by)
    met.they_follow_us()
    met.ada.account_remove_from_followers(bob.id)
    met.until(lambda: met.peer.follow_state(met.bob, met.id) == "rejected")
    assert met.ada.me().followers_count == 0


def test_answers_to_requests(met: Met) -> None:
    met.peer.update_profile(met.bob, manual=True)
    bob = met.find_bob()
    assert bob.locked
    met.ada.account_follow(bob.id)
    met.until(lambda: met.peer.requests(met.bob) == [met.id])
    assert met.relation(bob).requested
    delivered(met.peer.reject(met.bob, met.id))
    met.until(lambda: not met.relation(bob).requested)
    met.ada.account_follow(bob.id)
    met.until(lambda: met.peer.requests(met.bob) == [met.id])
    delivered(met.peer.accept(met.bob, met.id))
    met.until(lambda: met.relation(bob).following)

    met.ada.account_update_credentials(locked=True)
    delivered(met.peer.follow(met.bob, met.handle))
    met.until(lambda: [one.id for one in met.ada.follow_requests()] == [bob.id])
    assert met.peer.follow_state(met.bob, met.id) == "pending"
    met.ada.follow_request_reject(bob.id)
    met.until(lambda: met.peer.follow_state(met.bob, met.id) == "rejected")
    delivered(met.peer.follow(met.bob, met.handle))
    met.until(lambda: [one.id for one in met.ada.follow_requests()] == [bob.id])
    met.ada.follow_request_authorize(bob.id)
    met.until(lambda: met.peer.follow_state(met.bob, met.id) == "accepted")
    assert met.relation(bob).followed_by


def test_a_block_of_theirs_ends_what_was(met: Met) -> None:
    met.they_follow_us()
    bob = met.we_follow_them()
    delivered(met.peer.block(met.bob, met.id))
    met.until(lambda: not met.relation(bob).following)
    assert not met.relation(bob).followed_by
    before = len(met.peer.received(met.bob, "Create"))
    posted = met.ada.status_post("to nobody")
    delivered(met.peer.unblock(met.bob, met.id))
    assert met.held(posted.uri) is None
    assert len(met.peer.received(met.bob, "Create")) == before


def test_a_block_of_ours_is_told_and_taken_back(met: Met) -> None:
    met.they_follow_us()
    bob = met.we_follow_them()
    met.ada.account_block(bob.id)
    met.until(lambda: met.peer.actor(met.bob)["blockedBy"] == [met.id])
    assert met.relation(bob).blocking
    assert met.ada.me().followers_count == 0
    assert met.peer.followers(met.bob) == []
    delivered(met.peer.follow(met.bob, met.handle))
    met.until(lambda: met.peer.follow_state(met.bob, met.id) == "rejected")
    met.ada.account_unblock(bob.id)
    met.until(lambda: met.peer.actor(met.bob)["blockedBy"] == [])
    assert not met.relation(bob).followed_by


def test_a_person_erased_is_gone_there_too(met: Met, program: Program) -> None:
    met.they_follow_us()
    status = met.ada.status_post("soon gone")
    met.until(lambda: met.held(status.uri))
    program.run("account", "delete", met.name)
    met.until(lambda: met.peer.received(met.bob, "Delete"))
    met.until(lambda: met.held(status.uri) is None)
    assert met.peer.follow_state(met.bob, met.id) is None


def test_nobody_had_to_knock_twice(met: Met, program: Program) -> None:
    before = len(program.log.read_text())
    met.they_follow_us()
    met.we_follow_them()
    delivered(met.peer.post(met.bob, "<p>knock</p>"))
    met.until(lambda: len(met.home()) == 1)
    lines = [json.loads(line) for line in program.log.read_text()[before:].splitlines() if line.startswith("{")]
    posts = [line for line in lines if line["event"] == "request" and "inbox" in line["route"]]
    assert [line["status"] for line in posts] == [202, 202, 202]
    assert [row["status"] for row in met.peer.arrivals() if met.bob in str(row)] == [202, 202]
