"""WebFinger as a client: a handle's actor URL, and the round trip that makes a handle believable (§3.3, attack 12)."""

import re
from typing import Any
from urllib.parse import quote
from xml.parsers import expat

import msgspec

from fedicert.base import json
from fedicert.base.errors import BadRequest, RemoteInvalid, RemoteRefused
from fedicert.base.urls import canonical_authority, split_url
from fedicert.remote.wire import Limits, Request, Response, Wire, check_status

LIMITS = Limits(total_seconds=10.0, max_bytes=256 * 1024, redirects=3)
SELF_TYPES = (
    "application/activity+json",
    'application/ld+json; profile="https://www.w3.org/ns/activitystreams"',
)

_USER = re.compile(r"[\w.~!$&'()*+,;=%-]{1,2048}")
_LRDD_TEMPLATE = re.compile(r"https?://[^\s{}]*\{uri\}[^\s{}]*")


class Finger(msgspec.Struct, frozen=True):
    """What WebFinger says: the canonical handle `user@domain` and the actor's URL."""

    user: str
    domain: str
    actor: str

    @property
    def handle(self) -> str:
        """`user@domain`."""
        return f"{self.user}@{self.domain}"


def parse_handle(text: str) -> tuple[str, str]:
    """`user@domain`, with or without `acct:` or a leading `@`, as (user, canonical host[:port]).

    Raises `BadRequest`.
    """
    bare = text.strip().removeprefix("acct:").removeprefix("@")
    user, at, domain = bare.rpartition("@")
    if not at or not _USER.fullmatch(user):
        raise BadRequest(f"{text[:100]!r} is not a handle of the form user@domain")
    host, port = canonical_authority(domain)
    return user, host if port is None or port == 443 else f"{host}:{port}"


async def lookup(wire: Wire, user: str, domain: str, *, scheme: str = "https") -> Finger:
    """Ask a domain for a user. One change of subject is followed and must then be stable.

    `scheme`: `http` only where the guard's policy allows it. Raises the `RemoteError` tree; `RemoteRefused` 404 where
    there is no such user.
    """
    found = await _ask(wire, user, domain, scheme)
    if _same(found, user, domain):
        return found
    again = await _ask(wire, found.user, found.domain, scheme)
    if not _same(again, found.user, found.domain):
        raise RemoteInvalid(f"{user}@{domain} leads to {found.handle}, which leads on to {again.handle}")
    if again.actor != found.actor:
        raise RemoteInvalid(f"{user}@{domain} and {found.handle} name different actors")
    return again


async def confirm(wire: Wire, actor_id: str, preferred_username: str, *, domain: str | None = None) -> Finger:
    """The handle of an actor, proven both ways: its host's WebFinger must lead back to exactly this actor.

    `domain`: where the actor itself names another (FEP-2c59). Raises `RemoteInvalid` where the round trip fails.
    """
    url = split_url(actor_id)
    found = await lookup(wire, preferred_username, domain or url.authority, scheme=url.scheme)
    if found.actor != actor_id:
        raise RemoteInvalid(f"{found.handle} is {found.actor}, not {actor_id}")
    return found


def _same(found: Finger, user: str, domain: str) -> bool:
    return found.user.lower() == user.lower() and found.domain == domain


async def _ask(wire: Wire, user: str, domain: str, scheme: str) -> Finger:
    resource = quote(f"acct:{user}@{domain}", safe="")
    url = f"{scheme}://{domain}/.well-known/webfinger?resource={resource}"
    response = await _get(wire, url, "application/jrd+json, application/json")
    if response.status == 404:
        template = await _host_meta(wire, domain, scheme)
        if template is None:
            raise RemoteRefused(f"{domain} knows no {user}", 404)
        url = template.replace("{uri}", resource)
        response = await _get(wire, url, "application/jrd+json, application/json")
    check_status(response, url)
    try:
        return _read(json.parse_object(response.body), url)
    except BadRequest as error:
        raise RemoteInvalid(f"{url}: {error}") from None


async def _get(wire: Wire, url: str, accept: str) -> Response:
    response = await wire.send(Request("GET", url, (("accept", accept),)), LIMITS)
    if split_url(url).scheme == "https" and not response.final_url.startswith("https://"):
        raise RemoteInvalid(f"{url} was answered over plain http")
    return response


def _read(value: dict[str, Any], url: str) -> Finger:
    subject = value.get("subject")
    if not isinstance(subject, str) or not subject.lower().startswith("acct:"):
        raise RemoteInvalid(f"{url} names no subject")
    user, domain = parse_handle("acct:" + subject[5:])
    links = value.get("links")
    for link in links if isinstance(links, list) else []:
        if isinstance(link, dict) and link.get("rel") == "self" and link.get("type") in SELF_TYPES:
            href = link.get("href")
            if isinstance(href, str):
                split_url(href)
                return Finger(user, domain, href)
    raise RemoteInvalid(f"{url} names no ActivityPub actor")


async def _host_meta(wire: Wire, domain: str, scheme: str) -> str | None:
    """The WebFinger template of host-meta: asked only after a 404, and only believed on the same host."""
    url = f"{scheme}://{domain}/.well-known/host-meta"
    response = await _get(wire, url, "application/xrd+xml, application/xml")
    if response.status != 200:
        return None
    template = _lrdd(response.body)
    if template is None:
        return None
    try:
        there = split_url(template.replace("{uri}", "x"))
    except BadRequest:
        return None
    if there.origin != split_url(url).origin or split_url(response.final_url).origin != there.origin:
        raise RemoteInvalid(f"{url} points to another host")
    return template


def _lrdd(body: bytes) -> str | None:
    """The lrdd template of an XRD. A document type declaration, and with it every entity, is refused."""
    found: list[str] = []
    parser = expat.ParserCreate()

    def refuse(*_: object) -> None:
        raise RemoteInvalid("A host-meta document has a document type declaration")

    def element(name: str, attributes: dict[str, str]) -> None:
        if name.rpartition(":")[2] == "Link" and attributes.get("rel") == "lrdd":
            template = attributes.get("template", "")
            if _LRDD_TEMPLATE.fullmatch(template):
                found.append(template)

    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = element
    try:
        parser.Parse(body, True)
    except expat.ExpatError:
        return None
    return found[0] if found else None
