"""The collections of our people: outbox, followers, following, pinned posts. Counts and pages are the law's (law 1):
who is held, requested or trimmed is in neither.
"""

from collections.abc import Sequence

from fedicert.activitypub import build
from fedicert.activitypub.synchronization import digest_of
from fedicert.base.errors import BadRequest, Unavailable
from fedicert.base.log import log
from fedicert.base.urls import split_url
from fedicert.store.views import federation as views
from fedicert.web.federation import people, signatures
from fedicert.web.federation.answers import document, to_page
from fedicert.web.federation.posts import activity_of, note_of
from fedicert.web.plumbing.answers import Answer
from fedicert.web.plumbing.call import MAX_ID
from fedicert.web.plumbing.endpoint import Call, endpoint

POSTS_A_PAGE = 20
PEOPLE_A_PAGE = 100


@endpoint("GET", "/users/{name}/outbox", door="federation")
async def outbox(call: Call) -> Answer:
    """Public and unlisted posts and boosts, newest first."""
    found = await people.find_speaking(call)
    urls, account = call.deps.urls, found.account
    page = to_page(call, urls.profile(account.username))
    if page is not None:
        return page
    uri = urls.outbox(account.username)
    total = await call.deps.db.read(views.outbox_size, account.id)
    if call.query("page") is None:
        return document(build.collection(uri, total, f"{uri}?page=true"))
    before = _before(call)
    posts = await call.deps.db.read(views.outbox, account.id, before, POSTS_A_PAGE)
    items = [_bare(activity_of(urls, post)) for post in posts]
    following = f"{uri}?page=true&before={posts[-1].row.id}" if len(posts) == POSTS_A_PAGE else ""
    return document(build.page(_page_id(uri, before), uri, total, items, following))


@endpoint("GET", "/users/{name}/followers", door="federation")
async def followers(call: Call) -> Answer:
    """Who is in the audience, or was before settling paused them. Pages only where the owner shows them."""
    found = await people.find_speaking(call)
    urls, account = call.deps.urls, found.account
    page = to_page(call, urls.profile(account.username))
    if page is not None:
        return page
    uri = urls.followers(account.username)
    if found.hidden or call.query("page") is None:
        return document(build.collection(uri, found.followers, "" if found.hidden else f"{uri}?page=true"))
    before = _before(call)
    rows = await call.deps.db.read(views.followers, account.id, before, PEOPLE_A_PAGE)
    return _people_page(uri, before, found.followers, rows)


@endpoint("GET", "/users/{name}/followers_synchronization", door="federation")
async def followers_synchronization(call: Call) -> Answer:
    """Which followers of the asker's own server count here, in one piece (FEP-8fcf). Asked with a signature only.

    A list that isn't the one our digest speaks of isn't given at all: a reader would drop everybody who isn't in it.
    """
    signer = await signatures.signer(call)
    found = await people.find_speaking(call)
    origin = split_url(signer.owner).origin
    listed, kept = await call.deps.db.read(views.followers_at, found.account.id, origin)
    if kept and kept != digest_of(listed):
        log("digest_differs", "warning", account=found.account.id, members=len(listed))
        raise Unavailable("The list and its digest differ at this moment")
    uri = call.deps.urls.followers_sync(found.account.username)
    return document(build.whole(uri, listed), kept=False)


@endpoint("GET", "/users/{name}/following", door="federation")
async def following(call: Call) -> Answer:
    """Whom a person follows. Pages only where the owner shows them."""
    found = await people.find_speaking(call)
    urls, account = call.deps.urls, found.account
    page = to_page(call, urls.profile(account.username))
    if page is not None:
        return page
    uri = urls.following(account.username)
    if found.hidden or call.query("page") is None:
        return document(build.collection(uri, found.following, "" if found.hidden else f"{uri}?page=true"))
    before = _before(call)
    rows = await call.deps.db.read(views.following, account.id, before, PEOPLE_A_PAGE)
    return _people_page(uri, before, found.following, rows)


@endpoint("GET", "/users/{name}/collections/featured", door="federation")
async def featured(call: Call) -> Answer:
    """Pinned posts that anybody may see, in one piece."""
    found = await people.find_speaking(call)
    urls, account = call.deps.urls, found.account
    page = to_page(call, urls.profile(account.username))
    if page is not None:
        return page
    posts = await call.deps.db.read(views.pinned, account.id)
    return document(build.whole(urls.featured(account.username), [note_of(urls, post) for post in posts]))


def _people_page(uri: str, before: int | None, total: int, rows: Sequence[tuple[int, str]]) -> Answer:
    further = f"{uri}?page=true&before={rows[-1][0]}" if len(rows) == PEOPLE_A_PAGE else ""
    return document(build.page(_page_id(uri, before), uri, total, [row[1] for row in rows], further))


def _page_id(uri: str, before: int | None) -> str:
    return f"{uri}?page=true" if before is None else f"{uri}?page=true&before={before}"


def _before(call: Call) -> int | None:
    text = call.query("before")
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 19 and int(text) <= MAX_ID):
        raise BadRequest("A page is asked for by the number that stands in the address of the page before it")
    return int(text)


def _bare(built: dict[str, object]) -> dict[str, object]:
    return {key: value for key, value in built.items() if key != "@context"}
