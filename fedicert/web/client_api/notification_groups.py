"""What one was told, version 2: what belongs together is one entry. What isn't grouped is a group of its own."""

from typing import Any

from fedicert.mastodon.day_forms import GroupedQuery
from fedicert.mastodon.render import encode, status
from fedicert.mastodon.render_notifications import grouped
from fedicert.model.notifications import NotificationGroups
from fedicert.operations import notices
from fedicert.store.views import notification_groups as views
from fedicert.web.client_api.account_lists import accounts_answer
from fedicert.web.client_api.filtering import filtered
from fedicert.web.client_api.notifications import wanted
from fedicert.web.plumbing.endpoint import Answer, Call, endpoint


@endpoint("GET", "/api/v2/notifications", scope="read:notifications", hop=True, form=GroupedQuery)
async def several(call: Call) -> Answer:
    """Groups, newest first."""
    query: GroupedQuery = call.form
    found = await call.read(views.several, call.page(40, 80), wanted(query), query.grouped_types)
    return await _answer(call, found, partial=query.expand_accounts == "partial_avatars")


@endpoint("GET", "/api/v2/notifications/unread_count", scope="read:notifications", hop=True, form=GroupedQuery)
async def unread_count(call: Call) -> dict[str, int]:
    """How many groups have something newer than the marker; at most 100, or as many as asked for, up to 1,000."""
    query: GroupedQuery = call.form
    most = call.page(100, 1_000).limit
    return {"count": await call.read(views.unread, wanted(query), query.grouped_types, most)}


@endpoint("GET", "/api/v2/notifications/{key}", scope="read:notifications", hop=True)
async def show(call: Call) -> Answer:
    """One group."""
    return await _answer(call, await call.read(views.one, call.params["key"]), partial=False)


@endpoint("GET", "/api/v2/notifications/{key}/accounts", scope="read:notifications", hop=True)
async def people(call: Call) -> Answer:
    """Whom its notifications are from."""
    rows, newest, oldest = await call.read(views.people, call.params["key"], call.page(40, 80))
    answer = accounts_answer(call, rows)
    link = call.link(oldest, newest)
    return Answer(answer.body, link=link)


@endpoint("POST", "/api/v2/notifications/{key}/dismiss", scope="write:notifications", hop=True)
async def dismiss(call: Call) -> dict[str, Any]:
    """Want it no longer."""
    await call.write(notices.dismiss_group, call.params["key"])
    return {}


@endpoint("POST", "/api/v2/notifications/clear", scope="write:notifications", hop=True)
async def clear(call: Call) -> dict[str, Any]:
    """Want none any longer."""
    await call.write(notices.clear)
    return {}


async def _answer(call: Call, found: NotificationGroups, *, partial: bool) -> Answer:
    posts = await filtered(call, [encode(status(view, call.deps.urls)) for view in found.statuses])
    entity = grouped(found, posts, call.deps.urls, partial=partial)
    return Answer(entity, link=call.link(found.oldest, found.newest, found.more))
