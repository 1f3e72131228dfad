"""Signed Follows and Creates from many actors of the sink, made and signed before the clock starts, so that sending
them costs the sender next to nothing and what is measured is the receiver.
"""

import json
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from fedicert.rigs.load import Outcome, drive_now
from fedicert.rigs.signatures import signed_post
from fedicert.rigs.sink import Sink

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
_CONTEXT = "https://www.w3.org/ns/activitystreams"


@dataclass(frozen=True)
class Signed:
    """A request ready for the socket, and the ids that tell later whether it had its effect."""

    request: bytes
    activity: str
    object: str


class Sender:
    """Signs for the actors u0, u1, … that `sink` stands for, dealt out over `hosts` hosts."""

    def __init__(self, sink: Sink, hosts: int) -> None:
        self._sink = sink
        self._hosts = hosts

    def follows(self, inbox: str, target: str, actors: Sequence[int], mark: str = "f") -> list[Signed]:
        """A Follow of `target` from each actor to this inbox; `mark` tells the ids of one run from another's."""
        return self._sign(inbox, actors, lambda place, number: self._follow(number, target, f"{mark}{place}"))

    def creates(
        self,
        inbox: str,
        actors: Sequence[int],
        *,
        to: Sequence[str] = (PUBLIC,),
        mentions: Sequence[str] = (),
        published: str | Sequence[str],
        mark: str = "n",
    ) -> list[Signed]:
        """A Create of one note from each actor (who may stand there many times), `published` as ISO 8601,
        one moment for all or one each.

        Its cc are the author's followers and the `mentions`, which get their Mention tags.
        """
        return self._sign(
            inbox,
            actors,
            lambda place, number: self._create(
                number, f"{mark}{place}", to, mentions, published if isinstance(published, str) else published[place]
            ),
        )

    def _follow(self, number: int, target: str, mark: str) -> dict[str, Any]:
        actor = self._sink.actor(number, self._hosts)
        return {
            "@context": _CONTEXT,
            "id": f"{actor}/follows/{mark}",
            "type": "Follow",
            "actor": actor,
            "object": target,
        }

    def _create(
        self, number: int, mark: str, to: Sequence[str], mentions: Sequence[str], published: str
    ) -> dict[str, Any]:
        actor = self._sink.actor(number, self._hosts)
        note = f"{actor}/notes/{mark}"
        cc = [f"{actor}/followers", *mentions]
        tags = [{"type": "Mention", "href": person, "name": f"@{person.rsplit('/', 1)[1]}"} for person in mentions]
        words = f"<p>Note {mark} of actor {number}, about as long as such notes are, with one <b>bold</b> word.</p>"
        return {
            "@context": _CONTEXT,
            "id": f"{note}/activity",
            "type": "Create",
            "actor": actor,
            "published": published,
            "to": list(to),
            "cc": cc,
            "object": {
                "id": note,
                "type": "Note",
                "attributedTo": actor,
                "content": words,
                "published": published,
                "to": list(to),
                "cc": cc,
                "tag": tags,
                "url": note,
            },
        }

    def _sign(self, inbox: str, actors: Sequence[int], build: Callable[[int, int], dict[str, Any]]) -> list[Signed]:
        url = urlsplit(inbox)

        def one(place_and_number: tuple[int, int]) -> Signed:
            place, number = place_and_number
            activity = build(place, number)
            thing = activity["object"]
            actor = activity["actor"]
            body = json.dumps(activity).encode()
            request = signed_post(self._sink.key(number).private, f"{actor}#main-key", url.netloc, url.path, body)
            return Signed(request, activity["id"], thing["id"] if isinstance(thing, dict) else thing)

        with ThreadPoolExecutor(os.cpu_count()) as pool:
            return list(pool.map(one, enumerate(actors)))


def send(inbox: str, signed: Sequence[Signed], connections: int, *, keep: int = 300) -> Outcome:
    """Send them all over so many kept-alive connections; see `load.drive`."""
    host, port = endpoint(inbox)
    return drive_now(host, port, (one.request for one in signed), connections, keep=keep)


def endpoint(url: str) -> tuple[str, int]:
    """Where to connect for a URL: localhost is 127.0.0.1, so that no name is looked up while the clock runs."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    return ("127.0.0.1" if host == "localhost" else host), parts.port or 80
