"""What many people here and elsewhere say publicly: hashtags, posts, links. Nothing that a tier keeps unlisted (law 5)."""

from urllib.parse import urlsplit

from fedicert.base.clock import DAY
from fedicert.mastodon.render import joined, tag, trend_link
from fedicert.mastodon.render import tag_history as history
from fedicert.store.views import trends as views
from fedicert.web.client_api.filtering import filtered
from fedicert.web.client_api.slices import asked_part
from fedicert.web.plumbing.endpoint import Answer, Call, endpoint


@endpoint("GET", "/api/v1/trends", who="public", scope="read", hop=True)
@endpoint("GET", "/api/v1/trends/tags", who="public", scope="read", hop=True)
async def tags(call: Call) -> Answer:
    """Hashtags."""
    found = await call.read_public(views.tags, asked_part(call, 10, 20))
    today = call.deps.clock.now() // DAY
    urls = call.deps.urls
    return Answer(
        [
            tag(row, urls, logged_in=call.viewer is not None, history=history(trend.history, today))
            for row, trend in found
        ]
    )


@endpoint("GET", "/api/v1/trends/statuses", who="public", scope="read:statuses", hop=True)
async def statuses(call: Call) -> Answer:
    """Posts."""
    found = await call.read_public(views.statuses, call.deps.shelf, asked_part(call, 20, 40))
    return Answer(joined(await filtered(call, found)))


@endpoint("GET", "/api/v1/trends/links", who="public", scope="read", hop=True)
async def links(call: Call) -> Answer:
    """Links; what stands behind them isn't fetched, so that the host is all that is said of it."""
    found = await call.read_public(views.links, asked_part(call, 10, 20))
    today = call.deps.clock.now() // DAY
    return Answer([trend_link(one.thing, urlsplit(one.thing).netloc, history(one.history, today)) for one in found])
