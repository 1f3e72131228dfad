"""Posts and boosts of our people, each by its own address, as documents.

Public and unlisted ones are for everybody. One for few is for a server that signs and has one of those few; for anyone
else it is as if it weren't there, and the answer is the same whether it is or not (attack #45).
"""

import orjson

from fedicert.activitypub import build
from fedicert.activitypub.build_quotes import quote_authorization
from fedicert.activitypub.types import Document
from fedicert.base.errors import NotFound
from fedicert.base.urls import split_url
from fedicert.model.urls import Urls
from fedicert.store.views import federation as views
from fedicert.store.views.federation import LocalPost
from fedicert.text.registrable import registrable_domain
from fedicert.web.federation import people, signatures
from fedicert.web.federation.answers import document, to_page
from fedicert.web.plumbing.answers import Answer
from fedicert.web.plumbing.call import read_id
from fedicert.web.plumbing.endpoint import Call, endpoint


@endpoint("GET", "/users/{name}/statuses/{id}", door="federation")
async def status(call: Call) -> Answer:
    """A post: a Note, or the Tombstone where it was."""
    name = call.params["name"].lower()
    return await _serve(call, call.deps.urls.status(name, read_id(call.params["id"])), is_activity=False)


@endpoint("GET", "/users/{name}/statuses/{id}/activity", door="federation")
async def activity(call: Call) -> Answer:
    """The Create of a post, or the Announce that a boost is."""
    name = call.params["name"].lower()
    return await _serve(call, call.deps.urls.status(name, read_id(call.params["id"])), is_activity=True)


@endpoint("GET", "/users/{name}/quote_authorizations/{id}", door="federation")
async def quote(call: Call) -> Answer:
    """The stamp of a quote that was allowed; gone with the post that it quotes."""
    name, identifier = call.params["name"].lower(), read_id(call.params["id"])
    found = await call.deps.db.read(views.quote, name, identifier)
    if found is None:
        raise NotFound
    stamp = call.deps.urls.quote_authorization(name, identifier)
    return document(quote_authorization(stamp, found.author, found.quote, found.quoted))


def note_of(urls: Urls, post: LocalPost) -> Document:
    """A post as a Note: as it was signed, where it carries a permit, else without a context."""
    if post.signed:
        signed: Document = orjson.loads(post.signed)
        return signed
    return build.note(urls, post.row, post.username, post.in_reply_to, post.conversation, post.boosts, post.answers_by)


def activity_of(urls: Urls, post: LocalPost) -> Document:
    """What brought a post or a boost into the world."""
    if not post.boosted:
        return build.create(urls.status_activity(post.username, post.row.id), note_of(urls, post))
    goes_to = build.addressees(post.row.visibility, urls.followers(post.username), [post.boosted_author])
    return build.announce(post.row.uri, urls.actor(post.username), post.boosted, post.row.created_at, goes_to)


async def _serve(call: Call, uri: str, *, is_activity: bool) -> Answer:
    """A boost has the address of its activity, and only that."""
    urls = call.deps.urls
    post = await call.deps.db.read(views.post, uri)
    if post is None and is_activity:
        post = await call.deps.db.read(views.post, f"{uri}/activity")
    public = post is not None
    if post is None:
        buried = await call.deps.db.read(views.buried, uri)
        if buried is not None:
            return document(build.tombstone(uri, buried), 410)
        await people.find_speaking(call)
        post = await _for_few(call, uri)
    page = to_page(call, post.row.url)
    if page is not None and not post.boosted:
        return page
    built = activity_of(urls, post) if is_activity else build.with_context(note_of(urls, post))
    return document(built, kept=public)


async def _for_few(call: Call, uri: str) -> LocalPost:
    """Whoever signs is judged before anything is looked for, so that what isn't there takes the same way."""
    if not signatures.is_signed(call):
        raise NotFound
    principal = await signatures.signer(call)
    asker = split_url(principal.owner)
    domain = registrable_domain(asker.authority)
    found = await call.deps.db.read(views.private_post, uri, principal.owner, asker.origin, domain)
    if found is None:
        raise NotFound
    return found
