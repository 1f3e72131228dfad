"""WebFinger (RFC 7033): what is asked for, and what we answer. Fetches nothing."""

import re
from typing import Literal

import msgspec

from fedicert.activitypub.types import Document
from fedicert.activitypub.values import is_url
from fedicert.base.errors import BadRequest, NotFound
from fedicert.model.urls import Urls

MEDIA_TYPE = "application/jrd+json"
ACTIVITY_TYPE = "application/activity+json"
SUBSCRIBE = "http://ostatus.org/schema/1.0/subscribe"
PROFILE_PAGE = "http://webfinger.net/rel/profile-page"

_ACCT = re.compile(r"acct:@?(?P<user>[^@/?#\s]{1,2048})@(?P<domain>[^@/?#\s]{1,260})", re.IGNORECASE)


class Resource(msgspec.Struct, frozen=True):
    """What is asked for: an account here by its lower-case name, the server itself, or one of our URLs."""

    kind: Literal["account", "instance", "url"]
    username: str = ""
    url: str = ""


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
