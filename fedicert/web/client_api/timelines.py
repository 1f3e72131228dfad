"""Timelines: home, lists, public, by hashtag."""

from fedicert.mastodon.forms import TimelineQuery
from fedicert.store.views import timelines
from fedicert.store.views.timelines import Public, Tagged
from fedicert.text.compose import normal_tag
from fedicert.web.client_api.filtering import posts_answer
from fedicert.web.plumbing.endpoint import Answer, Call, endpoint

MOST_TAGS = 4
"""Of each list of further hashtags; more are left out, as clients know it."""


@endpoint("GET", "/api/v1/timelines/home", scope="read:statuses", hop=True)
async def home(call: Call) -> Answer:
    """What the people one follows wrote and boosted, and oneself."""
    return await posts_answer(call, await call.read(timelines.home, call.deps.shelf, call.page(20, 40)))


@endpoint("GET", "/api/v1/timelines/list/{id}", scope="read:lists", hop=True)
async def of_list(call: Call) -> Answer:
    """What those on one of one's lists wrote and boosted."""
    return await posts_answer(call, await call.read(timelines.of_list, call.deps.shelf, call.page(20, 40), call.id()))


@endpoint("GET", "/api/v1/timelines/public", who="public", scope="read:statuses", hop=True, form=TimelineQuery)
async def public(call: Call) -> Answer:
    """Public posts; with `local`, members see also what their neighbours' tiers keep unlisted elsewhere (law 5)."""
    query: TimelineQuery = call.form
    found = await call.read_public(timelines.public, call.deps.shelf, call.page(20, 40), _which(query))
    return await posts_answer(call, found)


@endpoint("GET", "/api/v1/timelines/tag/{name}", who="public", scope="read:statuses", hop=True, form=TimelineQuery)
async def tag(call: Call) -> Answer:
    """Public posts with a hashtag, whatever its case."""
    query: TimelineQuery = call.form
    tags = Tagged(
        any=(normal_tag(call.params["name"]), *_names(query.any)), all=_names(query.all), none=_names(query.none)
    )
    found = await call.read_public(timelines.tag, call.deps.shelf, call.page(20, 40), _which(query), tags)
    return await posts_answer(call, found)


def _which(query: TimelineQuery) -> Public:
    return Public(local=query.local, remote=query.remote, only_media=query.only_media)


def _names(given: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(normal_tag(name) for name in given[:MOST_TAGS])
