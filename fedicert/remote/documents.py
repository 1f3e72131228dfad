"""Fetch ActivityPub documents: the right content type, strict JSON, and an `id` that its own origin vouches for.

Judges nothing beyond that: what the document means is `activitypub`'s, whether it is wanted is `discovery`'s.
"""

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urljoin

import msgspec

from fedicert.base import json
from fedicert.base.errors import BadRequest, RemoteError, RemoteGone, RemoteInvalid
from fedicert.base.urls import same_origin, same_url, split_url
from fedicert.remote.wire import Limits, Request, Response, SignGet, Wire, check_status

ACCEPT = 'application/activity+json, application/ld+json; profile="https://www.w3.org/ns/activitystreams"'
NAMESPACE = "https://www.w3.org/ns/activitystreams"
MAX_PAGES = 10
MAX_ITEMS = 1000

_COLLECTIONS = frozenset({"Collection", "OrderedCollection", "CollectionPage", "OrderedCollectionPage"})


class Document(msgspec.Struct, frozen=True):
    """A document and where it came from: `url` is the final one, `value` the parsed object."""

    url: str
    value: dict[str, Any]

    @property
    def id(self) -> str:
        """The `id`, or "" where there is none that is a string."""
        said = self.value.get("id")
        return said if isinstance(said, str) else ""


def is_activitypub(content_type: str) -> bool:
    """`application/activity+json`, or `application/ld+json` whose profile names ActivityStreams (attack 1)."""
    kind, _, rest = content_type.partition(";")
    kind = kind.strip().lower()
    if kind == "application/activity+json":
        return True
    if kind != "application/ld+json":
        return False
    for parameter in rest.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "profile":
            return NAMESPACE in value.strip().strip('"').split()
    return False


def read_document(response: Response, url: str) -> Document:
    """A response as a document. Raises the error of its status, or `RemoteInvalid` for type and JSON."""
    check_status(response, url)
    if not is_activitypub(response.header("content-type")):
        said = response.header("content-type")[:60]
        raise RemoteInvalid(f"{url} has the content type {said!r}, not an ActivityPub one")
    try:
        return Document(response.final_url, json.parse_object(response.body))
    except BadRequest as error:
        raise RemoteInvalid(f"{url}: {error}") from None


async def fetch_any(wire: Wire, url: str, sign: SignGet | None = None, limits: Limits | None = None) -> Document:
    """A document as served, whatever its `id`. For keys and collection pages; others use `fetch_json`."""
    request = Request("GET", _without_fragment(url), (("accept", ACCEPT),), b"", sign)
    return read_document(await wire.send(request, limits or Limits()), url)


async def fetch_json(wire: Wire, url: str, sign: SignGet | None = None, limits: Limits | None = None) -> Document:
    """A document whose `id` is the URL it was finally served from (attack 2).

    Where they differ, the `id` is fetched once from its own origin, and that answer must bear it; what the first
    answer said is thrown away. Raises the `RemoteError` tree.
    """
    document = await fetch_any(wire, url, sign, limits)
    claimed = _claimed(document)
    if same_url(claimed, document.url):
        return document
    again = await fetch_any(wire, claimed, sign, limits)
    if not same_url(_claimed(again), again.url) or not same_url(again.url, claimed):
        raise RemoteInvalid(f"{url} says it is {claimed}, which its own server does not confirm")
    return again


async def fetch_actor(wire: Wire, url: str, sign: SignGet | None = None) -> Document:
    """An actor document: `fetch_json`, and it has an inbox on its own terms."""
    document = await fetch_json(wire, url, sign)
    if not isinstance(document.value.get("inbox"), str):
        raise RemoteInvalid(f"{document.url} is not an actor: it has no inbox")
    return document


async def fetch_object(wire: Wire, url: str, sign: SignGet | None = None) -> Document:
    """A post or other object. A Tombstone raises `RemoteGone`."""
    document = await fetch_json(wire, url, sign)
    if document.value.get("type") == "Tombstone":
        raise RemoteGone(f"{document.url} is a tombstone")
    return document


async def is_gone(wire: Wire, url: str, sign: SignGet | None = None) -> bool:
    """Whether its own server says that a thing is gone: 410 or a Tombstone. 404 is not gone."""
    try:
        await fetch_object(wire, url, sign)
    except RemoteGone:
        return True
    except RemoteError:
        return False
    return False


async def pages(
    wire: Wire,
    url: str,
    sign: SignGet | None = None,
    *,
    max_pages: int = MAX_PAGES,
    max_items: int = MAX_ITEMS,
) -> AsyncIterator[list[Any]]:
    """The items of a collection, page by page, from its own origin only (attack 24).

    Ends at so many pages or items, at a page seen before, and at a `next` on another origin.
    """
    seen: set[str] = set()
    left = max_items
    upcoming: Any = url
    while len(seen) < max_pages and left > 0:
        if isinstance(upcoming, dict):
            page, where = upcoming, url
        else:
            if not isinstance(upcoming, str) or upcoming in seen or not same_origin(upcoming, url):
                return
            seen.add(upcoming)
            document = await fetch_any(wire, upcoming, sign)
            if not same_origin(document.url, url):
                return
            page, where = document.value, document.url
        if page.get("type") not in _COLLECTIONS:
            raise RemoteInvalid(f"{where} is not a collection")
        items = _items(page)[:left]
        left -= len(items)
        if items:
            yield items
        upcoming = page.get("first") if "first" in page else page.get("next")
        if isinstance(upcoming, str):
            upcoming = urljoin(where, upcoming)


def _items(page: dict[str, Any]) -> list[Any]:
    items = page.get("orderedItems", page.get("items", []))
    return items if isinstance(items, list) else [items]


def _claimed(document: Document) -> str:
    if not document.id:
        raise RemoteInvalid(f"{document.url} has no id")
    try:
        split_url(document.id)
    except BadRequest as error:
        raise RemoteInvalid(f"{document.url} has an id that is no URL: {error}") from None
    return document.id


def _without_fragment(url: str) -> str:
    return url.partition("#")[0]
