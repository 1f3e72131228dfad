"""WebFinger (RFC 7033): what is asked for, what we answer, and what others answer. Fetches nothing."""

import re
from typing import Any, Literal

import msgspec

from fedicert.activitypub.types import Document
from fedicert.activitypub.values import as_list, is_url
from fedicert.base.errors import BadRequest, NotFound
from fedicert.model.urls import Urls

MEDIA_TYPE = "application/jrd+json"
ACTIVITY_TYPE = "application/activity+json"
# Peers compare these as strings.
SELF_TYPES = (ACTIVITY_TYPE, 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"')
SUBSCRIBE = "http://ostatus.org/schema/1.0/subscribe"
PROFILE_PAGE = "http://webfinger.net/rel/profile-page"

_ACCT = re.compile(r"acct:@?(?P<user>[^@/?#\s]{1,2048})@(?P<domain>[^@/?#\s]{1,260})", re.IGNORECASE)


class Resource(msgspec.Struct, frozen=True):
    """What is asked for: an account here by its lower-case name, the server itself, or one of our URLs."""

    kind: Literal["account", "instance", "url"]
    username: str = ""
    url: str = ""


class Answer(msgspec.Struct, frozen=True):
    """What another server answers; '' where it doesn't say."""

    subject: str
    actor: str
    profile: str = ""
    subscribe: str = ""


def read_resource(resource: str, urls: Urls) -> Resource:
    """Read `resource=`. BadRequest where it is missing or malformed, NotFound where it isn't ours."""
    if not resource:
        raise BadRequest("Say which account you ask for: resource=acct:name@" + urls.domain)
    if resource.startswith(("https://", "http://")):
        if not is_url(resource):
            raise BadRequest("The resource is not a URL that can be read")
        if resource.rstrip("/") == urls.base or resource == urls.instance_actor:
            return Resource("instance")
        if not urls.is_local(resource):
            raise NotFound("That address is not on this server")
        return Resource("url", url=resource)
    match = _ACCT.fullmatch(resource)
    if match is None:
        if re.match(r"acct:", resource, re.IGNORECASE) or not re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", resource):
            raise BadRequest("The resource must look like acct:name@" + urls.domain)
        raise NotFound("Accounts are asked for by acct: or by their https address")
    username, domain = match["user"].lower(), match["domain"].lower().rstrip(".")
    if domain not in (urls.domain, urls.host):
        raise NotFound("That account is not on this server")
    if username in (urls.domain, urls.host):
        return Resource("instance")
    return Resource("account", username=username)


def jrd(urls: Urls, username: str, rels: tuple[str, ...] = ()) -> Document:
    """The answer about a person here; `rels` keeps only the links asked for."""
    actor, profile = urls.actor(username), urls.profile(username)
    return _jrd(f"acct:{username}@{urls.domain}", actor, profile, urls, rels)


def instance_jrd(urls: Urls, rels: tuple[str, ...] = ()) -> Document:
    """The answer about the server's own actor."""
    return _jrd(f"acct:{urls.domain}@{urls.domain}", urls.instance_actor, f"{urls.base}/about", urls, rels)


def read_jrd(value: Any) -> Answer:
    """Read another server's answer; BadRequest where it names no subject or no actor."""
    if not isinstance(value, dict) or not isinstance(value.get("subject"), str) or not value["subject"]:
        raise BadRequest("The WebFinger answer has no subject")
    found: dict[str, str] = {}
    for item in as_list(value.get("links"))[:100]:
        if not isinstance(item, dict):
            continue
        rel, href = item.get("rel"), item.get("href")
        if rel == "self" and item.get("type") in SELF_TYPES and is_url(href):
            found.setdefault("self", str(href))
        elif rel == PROFILE_PAGE and is_url(href):
            found.setdefault("profile", str(href))
        elif rel == SUBSCRIBE and isinstance(item.get("template"), str):
            found.setdefault("subscribe", item["template"][:2_048])
    if "self" not in found:
        raise BadRequest("The WebFinger answer has no link to an actor")
    return Answer(value["subject"][:2_400], found["self"], found.get("profile", ""), found.get("subscribe", ""))


def host_meta(urls: Urls) -> str:
    """The host-meta document (RFC 6415): where WebFinger is asked."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<XRD xmlns="http://docs.oasis-open.org/ns/xri/xrd-1.0">\n'
        f'  <Link rel="lrdd" type="application/jrd+json" '
        f'template="{urls.base}/.well-known/webfinger?resource={{uri}}"/>\n'
        "</XRD>\n"
    )


def host_meta_json(urls: Urls) -> Document:
    """The same as JSON."""
    template = f"{urls.base}/.well-known/webfinger?resource={{uri}}"
    return {"links": [{"rel": "lrdd", "type": MEDIA_TYPE, "template": template}]}


def _jrd(subject: str, actor: str, profile: str, urls: Urls, rels: tuple[str, ...]) -> Document:
    links: list[Document] = [
        {"rel": PROFILE_PAGE, "type": "text/html", "href": profile},
        {"rel": "self", "type": ACTIVITY_TYPE, "href": actor},
        {"rel": SUBSCRIBE, "template": f"{urls.base}/authorize_interaction?uri={{uri}}"},
    ]
    kept = [link for link in links if not rels or link["rel"] in rels]
    return {"subject": subject, "aliases": [profile, actor], "links": kept}
