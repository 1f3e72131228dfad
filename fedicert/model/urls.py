"""Every address this server gives out, made and read back in one place. Knows no request, no configuration.

Ids are for ever: a change here orphans what other servers stored.
"""

import re
from typing import Literal
from urllib.parse import quote, unquote

import msgspec

from fedicert.model.pictures import picture_key

Kind = Literal[
    "actor",
    "instance_actor",
    "key",
    "inbox",
    "shared_inbox",
    "outbox",
    "followers",
    "following",
    "followers_sync",
    "featured",
    "status",
    "status_activity",
    "activity",
    "profile",
    "status_page",
    "licence",
    "licence_page",
    "tag",
]

MAX_ID = 2**63 - 1

_NAME = r"(?P<name>[A-Za-z0-9_]{1,30})"
_ID = r"(?P<id>[1-9][0-9]{0,18})"
_PATTERNS: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    ("status", re.compile(rf"/users/{_NAME}/statuses/{_ID}")),
    ("actor", re.compile(rf"/users/{_NAME}")),
    ("followers", re.compile(rf"/users/{_NAME}/followers")),
    ("activity", re.compile(rf"/activities/{_ID}")),
    ("key", re.compile(rf"/users/{_NAME}#[a-z0-9-]{{1,40}}")),
    ("key", re.compile(r"/actor#[a-z0-9-]{1,40}")),
    ("status_activity", re.compile(rf"/users/{_NAME}/statuses/{_ID}/activity")),
    ("inbox", re.compile(rf"/users/{_NAME}/inbox")),
    ("shared_inbox", re.compile(r"/inbox")),
    ("instance_actor", re.compile(r"/actor")),
    ("outbox", re.compile(rf"/users/{_NAME}/outbox")),
    ("following", re.compile(rf"/users/{_NAME}/following")),
    ("followers_sync", re.compile(rf"/users/{_NAME}/followers_synchronization")),
    ("featured", re.compile(rf"/users/{_NAME}/collections/featured")),
    ("profile", re.compile(rf"/@{_NAME}/?")),
    ("status_page", re.compile(rf"/@{_NAME}/{_ID}/?")),
    ("licence", re.compile(rf"/users/{_NAME}/licences/{_ID}")),
    ("licence_page", re.compile(rf"/@{_NAME}/licences/{_ID}/?")),
    ("tag", re.compile(r"/tags/(?P<tag>[^/?#]{1,400})")),
)


class LocalUrl(msgspec.Struct, frozen=True):
    """What one of our addresses names. `username` and `tag` are '' and `id` is 0 where the kind has none."""

    kind: Kind
    username: str = ""
    id: int = 0
    tag: str = ""


class Urls(msgspec.Struct, frozen=True):
    """Our addresses. `base`: scheme and authority, no slash at its end; `domain`: the one in handles.

    `media_url`: where pictures are served, '' for `/media` of the base.
    """

    base: str
    domain: str
    media_url: str = ""

    @property
    def host(self) -> str:
        """The authority of our ids, with the port where it has one."""
        return self.base.partition("://")[2]

    @property
    def instance_actor(self) -> str:
        """The server's own actor."""
        return f"{self.base}/actor"

    @property
    def shared_inbox(self) -> str:
        """One inbox for all people here."""
        return f"{self.base}/inbox"

    @property
    def media(self) -> str:
        """Where pictures are served, no slash at its end."""
        return self.media_url or f"{self.base}/media"

    @property
    def code_page(self) -> str:
        """Where every version of the code of responsibility is read."""
        return f"{self.base}/code-of-responsibility"

    @property
    def missing_avatar(self) -> str:
        """The picture shown for someone without one."""
        return f"{self.base}/static/avatar.png"

    @property
    def missing_header(self) -> str:
        """The header picture shown for someone without one."""
        return f"{self.base}/static/header.png"

    @property
    def streaming(self) -> str:
        """Where WebSockets are opened: ws on plain http, wss otherwise, clients take it as it is."""
        return "ws" + self.base.removeprefix("http")

    def file(self, name: str) -> str:
        """A picture of somebody here, by the name of its file."""
        return f"{self.media}/{name}"

    def picture_of_status(self, status_id: int, remote: str, size: Literal["original", "small"] = "original") -> str:
        """Where we show a picture of a remote post, so that its own server doesn't learn who looks at it."""
        return f"{self.media}/proxy/statuses/{status_id}/{picture_key(remote)}/{size}"

    def picture_of_account(self, account: int, remote: str) -> str:
        """The same for a picture of a remote account."""
        return f"{self.media}/proxy/accounts/{account}/{picture_key(remote)}"

    def quote_authorization(self, username: str, identifier: int) -> str:
        """The stamp of a quote that was allowed."""
        return f"{self.base}/users/{username}/quote_authorizations/{identifier}"

    def actor(self, username: str) -> str:
        """The id of a person's actor."""
        return f"{self.base}/users/{username}"

    def main_key(self, actor: str) -> str:
        """The id of the RSA key of one of our actors, given the actor's id."""
        return f"{actor}#main-key"

    def ed25519_key(self, actor: str) -> str:
        """The id of the Ed25519 key of one of our actors, given the actor's id."""
        return f"{actor}#ed25519-key"

    def inbox(self, username: str) -> str:
        """A person's own inbox."""
        return f"{self.base}/users/{username}/inbox"

    def outbox(self, username: str) -> str:
        """A person's outbox."""
        return f"{self.base}/users/{username}/outbox"

    def followers(self, username: str) -> str:
        """The collection of a person's followers."""
        return f"{self.base}/users/{username}/followers"

    def followers_sync(self, username: str) -> str:
        """The partial collection of FEP-8fcf."""
        return f"{self.base}/users/{username}/followers_synchronization"

    def following(self, username: str) -> str:
        """The collection of whom a person follows."""
        return f"{self.base}/users/{username}/following"

    def featured(self, username: str) -> str:
        """The collection of a person's pinned posts."""
        return f"{self.base}/users/{username}/collections/featured"

    def licence(self, username: str, number: int) -> str:
        """Our copy of the credential of a person's licence."""
        return f"{self.base}/users/{username}/licences/{number}"

    def licence_page(self, username: str, number: int) -> str:
        """The page of a person's licence, for people."""
        return f"{self.base}/@{username}/licences/{number}"

    def status(self, username: str, status_id: int) -> str:
        """The id of a post."""
        return f"{self.base}/users/{username}/statuses/{status_id}"

    def status_activity(self, username: str, status_id: int) -> str:
        """The id of the Create of a post, or of the Announce that a boost is."""
        return f"{self.base}/users/{username}/statuses/{status_id}/activity"

    def activity(self, activity_id: int) -> str:
        """The id of any other activity."""
        return f"{self.base}/activities/{activity_id}"

    def profile(self, username: str) -> str:
        """The page of a person, for people."""
        return f"{self.base}/@{username}"

    def status_page(self, username: str, status_id: int) -> str:
        """The page of a post, for people; the client API's id is its last segment."""
        return f"{self.base}/@{username}/{status_id}"

    def tag(self, name: str) -> str:
        """The page of a hashtag."""
        return f"{self.base}/tags/{quote(name, safe='')}"

    def conversation(self, status_id: int) -> str:
        """A name for the thread that a post starts: a tag URI, nothing to fetch."""
        return f"tag:{self.domain},conversation:{status_id}"

    def is_local(self, uri: str) -> bool:
        """Is this address on our origin?"""
        return uri.startswith(self.base) and uri[len(self.base) : len(self.base) + 1] in ("", "/", "?", "#")

    def read(self, uri: str) -> LocalUrl | None:
        """What one of our own addresses names; None for foreign ones and for ours that name nothing."""
        if not self.is_local(uri):
            return None
        path = uri[len(self.base) :]
        for kind, pattern in _PATTERNS:
            match = pattern.fullmatch(path)
            if match:
                found = match.groupdict()
                number = int(found.get("id", 0))
                if number > MAX_ID:
                    return None
                return LocalUrl(kind, found.get("name", ""), number, unquote(found.get("tag", "")))
        return None
