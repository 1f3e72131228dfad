"""Our actors as documents: people, and the server itself, which anybody may read without a signature."""

from fedicert.activitypub import build
from fedicert.activitypub.build import PublicKeys
from fedicert.base.errors import NotFound
from fedicert.model.urls import Urls
from fedicert.store.views import federation as views
from fedicert.store.views.federation import LocalActor
from fedicert.web.federation import people
from fedicert.web.federation.answers import document, to_page
from fedicert.web.plumbing.answers import Answer
from fedicert.web.plumbing.endpoint import Call, endpoint


@endpoint("GET", "/users/{name}", door="federation")
async def person(call: Call) -> Answer:
    """A person, as things stand at this moment: whether newcomers wait is asked of the law each time (law 3)."""
    found = await people.find(call)
    urls = call.deps.urls
    page = to_page(call, urls.profile(found.account.username))
    if page is not None:
        return page
    keys = _keys(urls, found)
    if found.suspended:
        return document(build.suspended_actor(urls, found.account, keys))
    return document(build.actor(urls, found.account, keys, found.approves, found.also_known_as, found.tier))


@endpoint("GET", "/actor", door="federation")
async def instance(call: Call) -> Answer:
    """The server's own actor."""
    urls = call.deps.urls
    found = await call.deps.db.read(views.actor, urls.instance_actor)
    if isinstance(found, str):
        raise NotFound("This server has no actor of its own yet")
    page = to_page(call, f"{urls.base}/about")
    return page or document(build.instance_actor(urls, _keys(urls, found)))


@endpoint("GET", "/actor/outbox", door="federation")
async def instance_outbox(call: Call) -> Answer:
    """The server says nothing of its own."""
    return document(build.collection(f"{call.deps.urls.instance_actor}/outbox", 0))


def _keys(urls: Urls, found: LocalActor) -> PublicKeys:
    by_id = {key.kid: key.public for key in reversed(found.keys)}
    main = by_id.get(urls.main_key(found.account.uri))
    if main is None:
        raise NotFound("This actor has no key and can't be shown")
    return PublicKeys(main, by_id.get(urls.ed25519_key(found.account.uri), ""))
