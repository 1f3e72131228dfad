"""From a name to an actor: WebFinger (RFC 7033) and host-meta (RFC 6415). Public by design, readable from any page."""

from fedicert.activitypub import webfinger as documents
from fedicert.base.errors import BadRequest, Gone, NotFound
from fedicert.model.urls import Urls
from fedicert.store.views import federation as views
from fedicert.web.plumbing.answers import JSON, Answer
from fedicert.web.plumbing.bodies import query_pairs
from fedicert.web.plumbing.endpoint import Call, endpoint

MAX_RESOURCE = 2_048
MAX_RELS = 20
KEPT = {"cache-control": "public, max-age=3600"}
XRD = b"application/xrd+xml; charset=utf-8"


@endpoint("GET", "/.well-known/webfinger", door="federation")
async def webfinger(call: Call) -> Answer:
    """Who is behind this resource: a person here, or the server itself."""
    urls = call.deps.urls
    asked = [(key, value) for key, value in query_pairs(call.scope) if isinstance(value, str)]
    resources = [value for key, value in asked if key == "resource"]
    rels = tuple(value for key, value in asked if key == "rel")[:MAX_RELS]
    if len(resources) > 1 or any(len(value) > MAX_RESOURCE for value in resources):
        raise BadRequest(f"Ask for one resource of at most {MAX_RESOURCE} characters")
    resource = documents.read_resource(resources[0] if resources else "", urls)
    username = resource.username
    if resource.kind == "url":
        username, is_instance = _named_by(urls, resource.url)
    else:
        is_instance = resource.kind == "instance"
    if is_instance:
        return _jrd(documents.instance_jrd(urls, rels))
    presence = await call.deps.db.read(views.presence, urls.actor(username))
    if presence == "gone":
        raise Gone("This person was here and has left")
    if presence == "nobody":
        raise NotFound("There is nobody of this name here")
    return _jrd(documents.jrd(urls, username, rels))


@endpoint("GET", "/.well-known/host-meta", door="federation")
async def host_meta(call: Call) -> Answer:
    """Where WebFinger is asked, as XRD."""
    return Answer(documents.host_meta(call.deps.urls).encode(), 200, KEPT, content_type=XRD)


@endpoint("GET", "/.well-known/host-meta.json", door="federation")
async def host_meta_json(call: Call) -> Answer:
    """The same as JSON."""
    return Answer(documents.host_meta_json(call.deps.urls), 200, KEPT, content_type=JSON)


def _named_by(urls: Urls, url: str) -> tuple[str, bool]:
    """The name behind one of our addresses, and whether it is the server's own actor. Raises `NotFound`."""
    named = urls.read(url)
    if named is not None and named.kind == "instance_actor":
        return "", True
    if named is None or named.kind not in ("actor", "profile"):
        raise NotFound("That address is nobody's here")
    return named.username.lower(), False


def _jrd(value: object) -> Answer:
    return Answer(value, 200, KEPT, content_type=documents.MEDIA_TYPE.encode())
