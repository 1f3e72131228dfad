"""Servers of other makes, as far as a story needs them: people with keys, inboxes that check signatures, manners.

What they know of the law is nothing. They show a post to everybody of theirs whom they believe to follow its author,
take a follow for done when its Accept comes, and forget it at a Reject. Signatures are checked by the rigs' own
implementation, which shares no line with the program's.
"""

from __future__ import annotations

import json
import re
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from fedicert.base.clock import FrozenClock
from fedicert.keys import pairs
from fedicert.remote.wire import Limits, Request, Response
from fedicert.rigs.signatures import SignatureFault, check, parameters, public_key
from tests.proofs.signing import sign_request
from tests.wire import ACTIVITY, VillageWire, answer

AS = "https://www.w3.org/ns/activitystreams"
PUBLIC = f"{AS}#Public"


class Neighbour:
    """Somebody on another server."""

    def __init__(self, home: Elsewhere, name: str, kind: str) -> None:
        self.server, self.name, self.kind = home, name, kind
        self.uri = f"https://{home.host}/users/{name}"
        self.handle = f"@{name}@{home.host}"
        self.follows: dict[str, str] = {}  # whom → requested or following
        self.follow_ids: dict[str, str] = {}  # the latest Follow's id → whom
        self.aliases: list[str] = []
        self.moved_to = ""
        self.gone = False
        self.profile: dict[str, Any] = {}  # what their document says besides
        self._made = 0

    def new_id(self, kind: str) -> str:
        """An id for something they do."""
        self._made += 1
        return f"{self.uri}/{kind}/{self._made}"

    def relation(self, other: Any) -> str:
        """What their own server shows: following, requested or nothing."""
        return self.follows.get(other.uri, "nothing")

    async def follow(self, other: Any) -> dict[str, Any]:
        """Ask to follow somebody; the Follow that was sent."""
        activity = {"id": self.new_id("follows"), "type": "Follow", "actor": self.uri, "object": other.uri}
        self.follows.setdefault(other.uri, "requested")
        self.follow_ids[activity["id"]] = other.uri
        await self.send(other, activity)
        return activity

    async def unfollow(self, other: Any, follow: dict[str, Any]) -> None:
        """Undo a Follow."""
        self.follows.pop(other.uri, None)
        undo = {"id": self.new_id("undos"), "type": "Undo", "actor": self.uri, "object": follow}
        await self.send(other, undo)

    async def say(self, text: str, other: Any, *, to: list[str] | None = None, **more: Any) -> dict[str, Any]:
        """Post something, sent to the server of somebody; the note."""
        note = {
            "id": self.new_id("notes"),
            "type": "Note",
            "attributedTo": self.uri,
            "content": f"<p>{text}</p>",
            "published": self.server.timestamp(),
            "to": to or [PUBLIC],
            "cc": [f"{self.uri}/followers"],
            **more,
        }
        await self.send(other, self.create(note))
        return note

    def create(self, note: dict[str, Any]) -> dict[str, Any]:
        """The Create of a note."""
        return {
            "id": f"{note['id']}/activity",
            "type": "Create",
            "actor": self.uri,
            "to": note["to"],
            "cc": note["cc"],
            "object": note,
        }

    def do(self, kind: str, thing: Any, **more: Any) -> dict[str, Any]:
        """Any other activity."""
        return {"id": self.new_id(kind.lower()), "type": kind, "actor": self.uri, "object": thing, **more}

    async def move(self, target: Any, *inboxes: Any) -> dict[str, Any]:
        """Move to another account, told to the servers of some people; the Move."""
        self.moved_to = target.uri
        move = self.do("Move", self.uri, target=target.uri, to=[f"{self.uri}/followers"])
        for other in inboxes:
            await self.send(other, move)
        return move

    async def send(self, other: Any, activity: dict[str, Any]) -> Response:
        """Sign an activity and post it to somebody's inbox."""
        return await self.server.post(self, f"{other.uri}/inbox", activity)

    @property
    def home(self) -> list[str]:
        """The texts of the posts that their server shows them, oldest first."""
        return [
            text(note)
            for note in self.server.posts.values()
            if note["attributedTo"] in self._following or self.uri in [*note.get("to", []), *note.get("cc", [])]
        ]

    @property
    def boosts(self) -> list[str]:
        """What those whom they follow boosted, oldest first."""
        return [a["object"] for a in self.server.announces.values() if a["actor"] in self._following]

    @property
    def _following(self) -> set[str]:
        return {uri for uri, state in self.follows.items() if state == "following"}

    def document(self) -> dict[str, Any]:
        """Their actor document."""
        found = {
            "@context": [AS, "https://w3id.org/security/v1"],
            "id": self.uri,
            "type": self.kind,
            "preferredUsername": self.name,
            "inbox": f"{self.uri}/inbox",
            "outbox": f"{self.uri}/outbox",
            "followers": f"{self.uri}/followers",
            "publicKey": {"id": f"{self.uri}#main-key", "owner": self.uri, "publicKeyPem": self.server.pem},
            **self.profile,
        }
        if self.aliases:
            found["alsoKnownAs"] = self.aliases
        if self.moved_to:
            found["movedTo"] = self.moved_to
        if self.server.shared_inbox:
            found["endpoints"] = {"sharedInbox": f"https://{self.server.host}/inbox"}
        return found


class Elsewhere:
    """A server of another make.

    `shared_inbox`: it has one, as Mastodon does and GoToSocial doesn't. `signed_fetches`: it answers no unsigned GET of
    a person. `software`: what it says it runs, '' nothing. `headers`: of each POST it took, in order. `closed`: its shared inbox is gone; `gone_inboxes`: paths of others that are. `silent`: it takes what it is sent and believes nothing of it. `down`: it doesn't answer for now.
    """

    def __init__(
        self,
        host: str,
        wire: VillageWire,
        clock: FrozenClock,
        *,
        shared_inbox: bool = True,
        signed_fetches: bool = False,
        silent: bool = False,
    ) -> None:
        self.closed = False
        self.gone_inboxes: set[str] = set()
        self.host, self.shared_inbox, self._signed_fetches, self._silent = host, shared_inbox, signed_fetches, silent
        self._wire, self._clock = wire, clock
        secret = pairs.new_rsa().secret
        loaded = pairs.load_private(secret)
        assert isinstance(loaded, RSAPrivateKey)
        self.secret, self.pem = secret, pairs.public_pem(loaded)
        self.people: dict[str, Neighbour] = {}
        self._known: dict[str, dict[str, Any]] = {}
        self.posts: dict[str, dict[str, Any]] = {}
        self.announces: dict[str, dict[str, Any]] = {}
        self.software = ""
        self.headers: list[dict[str, str]] = []
        self.received: list[tuple[str, dict[str, Any]]] = []
        self.refused: list[str] = []

    def person(self, name: str, kind: str = "Person") -> Neighbour:
        """Somebody there."""
        found = Neighbour(self, name, kind)
        self.people[f"/users/{name}"] = found
        return found

    def got(self, kind: str = "") -> list[dict[str, Any]]:
        """The activities that came, of one type if said, in order."""
        return [activity for _, activity in self.received if not kind or activity["type"] == kind]

    @property
    def down(self) -> bool:
        """Is it out of reach?"""
        return self.host in self._wire.down

    @down.setter
    def down(self, value: bool) -> None:
        (self._wire.down.add if value else self._wire.down.discard)(self.host)

    def timestamp(self) -> str:
        """Now, in ISO 8601."""
        import datetime

        moment = datetime.datetime.fromtimestamp(self._clock.now() / 1000, datetime.UTC)
        return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    async def post(self, sender: Neighbour, inbox: str, activity: dict[str, Any]) -> Response:
        """A signed POST; whatever is answered."""
        body = json.dumps({"@context": AS} | activity).encode()
        headers = sign_request(
            lambda base: pairs.sign(self.secret, base),
            "POST",
            inbox,
            f"{sender.uri}#main-key",
            self._clock.now(),
            body=body,
        )
        return await self._wire.send(Request("POST", inbox, (*headers, ("content-type", ACTIVITY)), body), Limits())

    async def fetch(self, reader: Neighbour, url: str) -> Response:
        """A GET in the name of somebody here."""
        headers = sign_request(
            lambda base: pairs.sign(self.secret, base), "GET", url, f"{reader.uri}#main-key", self._clock.now()
        )
        return await self._wire.send(Request("GET", url, (*headers, ("accept", ACTIVITY))), Limits())

    async def __call__(self, request: Request) -> Response:
        """What this server answers."""
        url = urlsplit(request.url)
        if request.method == "POST":
            return await self._take(request, url.path)
        if url.path == "/.well-known/webfinger":
            return self._finger(request.url, parse_qs(url.query)["resource"][0])
        if self.software and url.path == "/.well-known/nodeinfo":
            rel = "http://nodeinfo.diaspora.software/ns/schema/2.0"
            return answer(request.url, {"links": [{"rel": rel, "href": f"https://{self.host}/nodeinfo/2.0"}]})
        if self.software and url.path == "/nodeinfo/2.0":
            return answer(request.url, {"version": "2.0", "software": {"name": self.software, "version": "1"}})
        found = self.people.get(url.path)
        if found is None:
            return answer(request.url, {"error": "nobody"}, 404)
        if found.gone:
            return answer(request.url, {"error": "gone"}, 410)
        if self._signed_fetches and not any(name == "signature" for name, _ in request.headers):
            return answer(request.url, {"error": "sign your request"}, 401)
        return answer(request.url, found.document())

    def _finger(self, url: str, resource: str) -> Response:
        name = resource.removeprefix("acct:").partition("@")[0]
        if f"/users/{name}" not in self.people:
            return answer(url, {}, 404)
        links = [{"rel": "self", "type": ACTIVITY, "href": f"https://{self.host}/users/{name}"}]
        return answer(url, {"subject": f"acct:{name}@{self.host}", "links": links}, content_type="application/jrd+json")

    async def _take(self, request: Request, path: str) -> Response:
        is_shared = path == "/inbox" and self.shared_inbox
        owner = self.people.get(path.removesuffix("/inbox"))
        if (is_shared and self.closed) or path in self.gone_inboxes or (owner is not None and owner.gone):
            return answer(request.url, {"error": "gone"}, 410)
        if not is_shared and path.removesuffix("/inbox") not in self.people:
            return answer(request.url, {"error": "no such inbox"}, 404)
        try:
            activity = await self._verified(request, path)
        except SignatureFault as fault:
            self.refused.append(str(fault))
            return answer(request.url, {"error": str(fault)}, 401)
        self.received.append((path, activity))
        self.headers.append(dict(request.headers))
        if not self._silent:
            self._believe(activity)
        return answer(request.url, b"", 202)

    async def _verified(self, request: Request, path: str) -> dict[str, Any]:
        headers = dict(request.headers)
        found = parameters(headers.get("signature", ""))
        document = await self._document(found["keyId"])
        key = document["publicKey"]
        if key["id"] != found["keyId"]:
            raise SignatureFault("key not there")
        check(found, public_key(key["publicKeyPem"]), path, headers, request.body, self._clock.now() / 1000)
        activity: dict[str, Any] = json.loads(request.body)
        if activity["actor"] != key["owner"]:
            raise SignatureFault("another actor's key")
        return activity

    async def _document(self, key_id: str) -> dict[str, Any]:
        fetched = await self._wire.send(Request("GET", key_id.partition("#")[0], (("accept", ACTIVITY),)), Limits())
        if fetched.status == 410 and key_id in self._known:
            return self._known[key_id]  # who left signed their leaving with the key that is known here
        if fetched.status != 200:
            raise SignatureFault(f"the key's owner answers {fetched.status}")
        self._known[key_id] = dict(json.loads(fetched.body))
        return self._known[key_id]

    def _believe(self, activity: dict[str, Any]) -> None:
        """What comes of an activity here."""
        kind, thing = activity["type"], activity["object"]
        if kind in ("Accept", "Reject"):
            self._answered(kind, activity["actor"], thing["id"] if isinstance(thing, dict) else thing)
        elif kind == "Create" or (kind == "Update" and thing["id"] in self.posts):
            self.posts[thing["id"]] = thing
        elif kind == "Delete":
            self._forget(activity["actor"], thing["id"] if isinstance(thing, dict) else thing)
        elif kind == "Announce":
            self.announces[activity["id"]] = activity
        elif kind == "Undo" and thing["type"] == "Announce":
            self.announces.pop(thing["id"], None)

    def _answered(self, kind: str, by: str, follow: str) -> None:
        for person in self.people.values():
            if person.follow_ids.get(follow) == by:
                if kind == "Accept":
                    person.follows[by] = "following"
                else:
                    person.follows.pop(by, None)

    def _forget(self, by: str, uri: str) -> None:
        """One post, or somebody with everything of theirs."""
        for identifier, note in list(self.posts.items()):
            if identifier == uri or note["attributedTo"] == uri == by:
                del self.posts[identifier]
        if uri == by:
            for person in self.people.values():
                person.follows.pop(by, None)


def text(note: dict[str, Any]) -> str:
    """The text of a note without its markup."""
    return unescape(re.sub(r"<[^>]+>", "", note["content"])).strip()
