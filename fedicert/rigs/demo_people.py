"""The people of the demo, as their own servers show them: one who uses Mastodon.py, one who lives on the Fedify peer.

Each is asked the same four things: follow somebody, how that follow stands, is a post there, what came of a deletion.
Nothing here looks into a database or asks the followed one's server.
"""

import re
from html import unescape
from typing import Literal, NamedTuple, Protocol

from mastodon import Mastodon
from mastodon.errors import MastodonNotFoundError
from mastodon.return_types import Account

from fedicert.rigs.fedify_peer import FedifyPeer
from fedicert.rigs.processes import Program
from fedicert.rigs.story import must

_TAG = re.compile(r"<[^>]*>")

FollowState = Literal["none", "requested", "following", "rejected"]


def client(base: str, token: str) -> Mastodon:
    """An ordinary client of the server at `base`. It repeats nothing and waits for no rate limit by itself."""
    return Mastodon(
        access_token=token, api_base_url=base, version_check_mode="none", ratelimit_method="throw", request_timeout=30
    )


class Profile(NamedTuple):
    """An account as a client shows it: badges, fields (name → text), and which of the fields are painted green."""

    badges: list[str]
    fields: dict[str, str]
    green: list[str]


def profile(account: Account) -> Profile:
    """Badges and fields of an account that a client got."""
    fields = {str(field.name): unescape(_TAG.sub("", field.value)) for field in account.fields}
    green = [str(field.name) for field in account.fields if field.verified_at]
    return Profile([str(role["name"]) for role in account.roles or ()], fields, green)


class Follower(Protocol):
    """Somebody who follows, seen from their own side."""

    name: str
    handle: str
    server: str

    def follow(self, handle: str) -> None:
        """Ask to follow `@name@host`."""

    def state(self) -> FollowState:
        """How the follow stands, as their own server tells them."""

    def has(self, uri: str) -> bool:
        """Does the post stand in their timeline?"""

    def answers(self) -> list[str]:
        """What reached them in answer to their follow, as far as their server tells."""

    def saw_end(self, uri: str) -> bool:
        """Was a post, which they had, taken away again by its author?"""


class ByMastodon:
    """A person of a fedicert instance, at an ordinary client."""

    def __init__(self, name: str, program: Program, token: str, server: str = "the second instance") -> None:
        self.name = name
        self.handle = f"@{name}@{program.authority}"
        self.server = server
        self._client = client(program.base, token)
        self._followed = ""
        self._copies: dict[str, str] = {}

    def follow(self, handle: str) -> None:
        """Find the account through search, as a person would, and follow it."""
        self.find(handle)
        self._client.account_follow(self._followed)

    def find(self, handle: str) -> None:
        """Search for somebody; `sees` then looks at them."""
        found = self._client.search_v2(handle, resolve=True, result_type="accounts").accounts
        must(f"{self.handle} finds {handle} by searching", found, bool(found))
        self._followed = str(found[0].id)

    def sees(self) -> Profile:
        """The profile of whom they found or follow."""
        return profile(self._client.account(self._followed))

    def state(self) -> FollowState:
        """From `relationships`."""
        relation = self._client.account_relationships(self._followed)[0]
        if relation.following:
            return "following"
        return "requested" if relation.requested else "none"

    def has(self, uri: str) -> bool:
        """From the home timeline."""
        for status in self._client.timeline_home(limit=40):
            if status.uri == uri:
                self._copies[uri] = str(status.id)
                return True
        return False

    def answers(self) -> list[str]:
        """Everything in the notifications: a follow that waits must cause none."""
        return [str(note.type) for note in self._client.notifications()]

    def saw_end(self, uri: str) -> bool:
        """Gone from the timeline, and the copy once seen there answers 404."""
        if uri not in self._copies or self.has(uri):
            return False
        try:
            self._client.status(self._copies[uri])
        except MastodonNotFoundError:
            return True
        return False


class ByFedify:
    """A person of the Fedify peer."""

    def __init__(self, name: str, peer: FedifyPeer) -> None:
        peer.create(name)
        self.name = name
        self.handle = peer.handle(name)
        self.server = "the Fedify peer"
        self._peer = peer
        self._followed = ""

    def follow(self, handle: str) -> None:
        """Send a Follow."""
        answer = self._peer.follow(self.name, handle)
        self._followed = str(answer["target"])
        refused = [row["error"] for row in answer["deliveries"] if not row["ok"]]
        must(f"the Follow of {self.handle} is delivered", refused, not refused)

    def state(self) -> FollowState:
        """From what the peer knows of the follow."""
        state = self._peer.follow_state(self.name, self._followed)
        known: dict[str | None, FollowState] = {
            "pending": "requested",
            "accepted": "following",
            "rejected": "rejected",
        }
        return known.get(state, "none")

    def has(self, uri: str) -> bool:
        """From the timeline that the peer keeps for its people."""
        return any(row["id"] == uri for row in self._peer.posts_held(self.name))

    def answers(self) -> list[str]:
        """The Accepts and Rejects, each verified by the peer."""
        return [row["type"] for row in self._peer.received(self.name) if row["type"] in {"Accept", "Reject"}]

    def saw_end(self, uri: str) -> bool:
        """The Delete came, verified, and the copy is gone."""
        told = any(row["object"] == uri for row in self._peer.received(self.name, "Delete"))
        return told and not self.has(uri)
