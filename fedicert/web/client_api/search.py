"""Search: a foreign address or handle is asked for at its own server, anything else is looked up here.

Covers accounts and hashtags by how they begin, and the text of what one wrote oneself. Nothing that other servers do
or fail to do is an error here: what can't be found isn't there.
"""

import asyncio
import re

import msgspec

from fedicert.base.errors import FedicertError, Unauthorized
from fedicert.discovery import actors, statuses
from fedicert.mastodon.entities import Tag
from fedicert.mastodon.forms import SearchQuery
from fedicert.mastodon.paging import Page
from fedicert.mastodon.render import search as render_search
from fedicert.mastodon.render import tag
from fedicert.model.accounts import AccountRow
from fedicert.model.lists import TagRow
from fedicert.model.statuses import StatusView
from fedicert.store.views import hashtags as tag_views
from fedicert.store.views import people
from fedicert.store.views import search as views
from fedicert.text.compose import normal_tag
from fedicert.web.client_api.accounts import resolve_handle, split_handle
from fedicert.web.client_api.ids import readable_id
from fedicert.web.plumbing.endpoint import Answer, Call, endpoint

LONGEST = 2_048
SECONDS = 15
NOBODY = -1

_ADDRESS = re.compile(r"https?://\S+", re.IGNORECASE)
_HANDLE = re.compile(r"(?:acct:)?@?[\w.-]+@[^\s@/]+")


class Hits(msgspec.Struct, frozen=True, kw_only=True):
    """What was found."""

    accounts: list[AccountRow] = []
    statuses: list[StatusView] = []
    hashtags: list[TagRow] = []


@endpoint("GET", "/api/v2/search", who="public", scope="read:search", form=SearchQuery)
async def search(call: Call) -> Answer:
    """Everything of the kinds asked for; exactly one thing where an address or a handle was given."""
    query: SearchQuery = call.form
    await call.identify()
    part = call.page(20, 40)
    text = query.q.strip()[:LONGEST]
    if call.viewer is None and query.resolve:
        raise Unauthorized("Search queries that resolve remote resources are not supported without authentication")
    if not text:
        hits = Hits()
    elif _ADDRESS.fullmatch(text):
        hits = Hits() if part.offset else await _by_address(call, text, resolve=query.resolve)
    elif _HANDLE.fullmatch(text) and not part.offset and (found := await _by_handle(call, text, query)) is not None:
        hits = Hits(accounts=[found])
    else:
        hits = await _by_words(call, text, part, query)
    return Answer(_rendered(call, hits, query.type))


def _rendered(call: Call, hits: Hits, kind: str | None) -> object:
    tags: list[Tag] = [tag(row, call.deps.urls, logged_in=call.viewer is not None) for row in hits.hashtags]
    return render_search(
        hits.accounts if kind in (None, "accounts") else [],
        hits.statuses if kind in (None, "statuses") else [],
        tags if kind in (None, "hashtags") else [],
        call.deps.urls,
    )


async def _by_address(call: Call, address: str, *, resolve: bool) -> Hits:
    local = call.deps.urls.read(address.partition("?")[0])
    if local is not None and local.kind == "tag":
        return Hits(hashtags=await call.read_public(tag_views.named, [normal_tag(local.tag)]))
    if local is not None and local.kind in ("status", "status_page", "status_activity"):
        return Hits(statuses=await call.read_public(views.post, local.id))
    if local is not None and local.username:
        try:
            return Hits(accounts=[await call.read_public(people.by_handle, local.username, "")])
        except FedicertError:
            return Hits()
    return Hits() if call.deps.urls.is_local(address) else await _elsewhere(call, address, resolve=resolve)


async def _elsewhere(call: Call, address: str, *, resolve: bool) -> Hits:
    """An address of another server: known here, or asked for there; a post's first, for most are."""
    known = await call.deps.db.read(views.by_address, address)
    if known is not None:
        return Hits(statuses=await call.read_public(views.post, known))
    person = await call.read_public(people.by_address, address)
    if person is None and resolve:
        try:
            async with asyncio.timeout(SECONDS):
                return await _meet(call, address)
        except (FedicertError, TimeoutError):
            return Hits()
    return Hits() if person is None else Hits(accounts=await call.read_public(people.several, [person]))


async def _meet(call: Call, address: str) -> Hits:
    try:
        person = await actors.account_of(call.deps.peers, address)
        return Hits(accounts=await call.read_public(people.several, [person]))
    except FedicertError:
        post = await statuses.status_of(call.deps.peers, address)
        return Hits(statuses=await call.read_public(views.post, post))


async def _by_handle(call: Call, text: str, query: SearchQuery) -> AccountRow | None:
    if query.resolve:
        try:
            async with asyncio.timeout(SECONDS):
                return await resolve_handle(call, text)
        except TimeoutError:
            return None
    try:
        return await call.read_public(people.by_handle, *split_handle(call, text))
    except FedicertError:
        return None


async def _by_words(call: Call, text: str, part: Page, query: SearchQuery) -> Hits:
    accounts: list[AccountRow] = []
    posts: list[StatusView] = []
    tags: list[TagRow] = []
    if query.type in (None, "accounts") and not text.startswith("#"):
        accounts = await call.read_public(people.prefixed, text, part, following=query.following)
    if query.type in (None, "statuses") and not text.startswith("#"):
        author = None if query.account_id is None else readable_id(query.account_id) or NOBODY
        posts = await call.read_public(views.own_posts, text, part, author)
    if query.type in (None, "hashtags") and not text.startswith("@"):
        names = await call.deps.db.read(views.hashtags, normal_tag(text.removeprefix("#")), part)
        tags = await call.read_public(tag_views.named, names)
    return Hits(accounts=accounts, statuses=posts, hashtags=tags)
