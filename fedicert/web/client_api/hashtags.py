"""Hashtags: one, those one follows, those that a profile shows."""

from collections.abc import Awaitable, Callable
from typing import Any

from fedicert.base.errors import NotFound
from fedicert.mastodon.day_forms import FeaturedTagForm
from fedicert.mastodon.render import tag
from fedicert.mastodon.render_filters import featured_tag
from fedicert.model.lists import FeaturedTagRow, TagRow
from fedicert.operations import hashtags
from fedicert.store.unit import Tx
from fedicert.store.views import hashtags as views
from fedicert.text.compose import is_tag, normal_tag
from fedicert.web.plumbing.endpoint import Answer, Call, endpoint


@endpoint("GET", "/api/v1/tags/{name}", who="public", scope="read")
async def show(call: Call) -> Answer:
    """A hashtag, be it one that nobody used yet."""
    name = call.params["name"]
    if not is_tag(name):
        raise NotFound
    rows = await call.read_public(views.named, [normal_tag(name)])
    return Answer(tag(rows[0], call.deps.urls, logged_in=call.viewer is not None))


@endpoint("POST", "/api/v1/tags/{name}/follow", scope="write:follows", hop=True)
async def follow(call: Call) -> Answer:
    """Have posts with it come home."""
    return await _acted(call, hashtags.follow)


@endpoint("POST", "/api/v1/tags/{name}/unfollow", scope="write:follows", hop=True)
async def unfollow(call: Call) -> Answer:
    """Have them come home no longer."""
    return await _acted(call, hashtags.unfollow)


@endpoint("POST", "/api/v1/tags/{name}/feature", scope="write:accounts", hop=True)
async def feature(call: Call) -> Answer:
    """Show it on one's profile."""
    return await _acted(call, hashtags.feature)


@endpoint("POST", "/api/v1/tags/{name}/unfeature", scope="write:accounts", hop=True)
async def unfeature(call: Call) -> Answer:
    """Show it no longer."""
    return await _acted(call, hashtags.unfeature)


@endpoint("GET", "/api/v1/followed_tags", scope="read:follows", hop=True)
async def followed(call: Call) -> Answer:
    """Those one follows."""
    found = await call.read(views.followed, call.page(100, 200))
    items = [tag(row, call.deps.urls, logged_in=True) for row in found.rows]
    return Answer(items, link=call.link(found.oldest, found.newest, found.more))


@endpoint("GET", "/api/v1/featured_tags", scope="read:accounts", hop=True)
async def own_featured(call: Call) -> Answer:
    """Those one's own profile shows."""
    return _featured(call, await call.read(views.own_featured))


@endpoint("GET", "/api/v1/accounts/{id}/featured_tags", who="public", scope="read:accounts", hop=True)
async def featured(call: Call) -> Answer:
    """Those a profile shows."""
    return _featured(call, await call.read_public(views.featured, call.id()))


@endpoint("POST", "/api/v1/featured_tags", scope="write:accounts", hop=True, form=FeaturedTagForm)
async def add_featured(call: Call) -> Answer:
    """Show one on one's profile."""
    form: FeaturedTagForm = call.form

    async def act(tx: Tx, account: int) -> FeaturedTagRow:
        added = await hashtags.feature(tx, account, form.name)
        return next(row for row in await views.own_featured(tx, account) if row.id == added)

    return Answer(featured_tag(await call.write(act), call.deps.urls))


@endpoint("DELETE", "/api/v1/featured_tags/{id}", scope="write:accounts", hop=True)
async def remove_featured(call: Call) -> dict[str, Any]:
    """Show one no longer."""
    await call.write(hashtags.unfeature_row, call.id())
    return {}


@endpoint("GET", "/api/v1/featured_tags/suggestions", scope="read:accounts", hop=True)
async def suggestions(call: Call) -> Answer:
    """Those one uses most and doesn't show."""
    return Answer([tag(row, call.deps.urls, logged_in=True) for row in await call.read(views.used_most)])


def _featured(call: Call, rows: list[FeaturedTagRow]) -> Answer:
    return Answer([featured_tag(row, call.deps.urls) for row in rows])


async def _acted(call: Call, verb: Callable[[Tx, int, str], Awaitable[object]]) -> Answer:
    name = call.params["name"]

    async def act(tx: Tx, account: int) -> TagRow:
        await verb(tx, account, name)
        return (await views.named(tx, account, [normal_tag(name)]))[0]

    return Answer(tag(await call.write(act), call.deps.urls, logged_in=True))
