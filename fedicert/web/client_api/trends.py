"""What many people here and elsewhere say publicly: hashtags, posts, links. Nothing that a tier keeps unlisted (law 5)."""

from urllib.parse import urlsplit

from fedicert.base.clock import DAY
from fedicert.mastodon.render import joined, tag, tag_history, trend_link
from fedicert.store.views import trends as views
from fedicert.web.client_api.filtering import filtered
from fedicert.web.plumbing.endpoint import Answer, Call, endpoint


@endpoint("GET", "/api/v1/trends", who="public", scope="read", hop=True)
@endpoint("GET", "/api/v1/trends/tags", who="public", scope="read", hop=True)
async def tags(call: Call) -> Answer:
    """Hashtags."""
    part = call.page(10, 20)
    found = await call.read_public(views.tags, part)
    today = call.deps.clock.now() // DAY
    urls = call.deps.urls
    return Answer(
        [
            tag(row, urls, logged_in=call.viewer is not None, history=tag_history(trend.history, today))
            for row, trend in found
        ],
        link=call.offset_link(part, len(found)),
    )


@endpoint("GET", "/api/v1/trends/statuses", who="public", scope="read:statuses", hop=True)
async def statuses(call: Call) -> Answer:
    """Posts."""
    part = call.page(20, 40)
    found = await call.read_public(views.statuses, call.deps.shelf, part)
    return Answer(joined(await filtered(call, found)), link=call.offset_link(part, len(found)))


@endpoint("GET", "/api/v1/trends/links", who="public", scope="read", hop=True)
async def links(call: Call) -> Answer:
    """Links; what stands behind them isn't fetched, so that the host is all that is said of it."""
    part = call.page(10, 20)
    found = await call.read_public(views.links, part)
    today = call.deps.clock.now() // DAY
    shown = [trend_link(one.thing, urlsplit(one.thing).netloc, tag_history(one.history, today)) for one in found]
    return Answer(shown, link=call.offset_link(part, len(found)))
