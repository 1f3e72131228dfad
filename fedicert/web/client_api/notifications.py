"""What one was told (version 1: one entry an act). Whoever waits for a slot makes no entry (law 3)."""

from typing import Any

from fedicert.mastodon.forms import NotificationsQuery
from fedicert.mastodon.render import encode, joined, notification
from fedicert.operations import notices
from fedicert.store.told import Wanted
from fedicert.store.views import notifications as views
from fedicert.store.views.notifications import Told
from fedicert.web.client_api.filtering import filtered_notifications
from fedicert.web.client_api.ids import readable_id
from fedicert.web.plumbing.endpoint import Answer, Call, endpoint

NOBODY = -1


@endpoint("GET", "/api/v1/notifications", scope="read:notifications", hop=True, form=NotificationsQuery)
async def several(call: Call) -> Answer:
    """The list, newest first, narrowed by type or by who did it."""
    found: Told = await call.read(views.several, call.page(40, 80), wanted(call.form))
    items = [encode(notification(view, call.deps.urls)) for view in found.items]
    shown = joined(await filtered_notifications(call, items))
    return Answer(shown, link=call.link(found.oldest, found.newest, found.more))


@endpoint("GET", "/api/v1/notifications/unread_count", scope="read:notifications", hop=True, form=NotificationsQuery)
async def unread_count(call: Call) -> dict[str, int]:
    """How many came since the marker; at most 100, or as many as asked for, up to 1,000."""
    return {"count": await call.read(views.unread, wanted(call.form), call.page(100, 1_000).limit)}


@endpoint("GET", "/api/v1/notifications/{id}", scope="read:notifications", hop=True)
async def show(call: Call) -> Answer:
    """One."""
    item = encode(notification(await call.read(views.one, call.id()), call.deps.urls))
    return Answer((await filtered_notifications(call, [item]))[0])


@endpoint("POST", "/api/v1/notifications/clear", scope="write:notifications", hop=True)
async def clear(call: Call) -> dict[str, Any]:
    """Want none of them any longer."""
    await call.write(notices.clear)
    return {}


@endpoint("POST", "/api/v1/notifications/{id}/dismiss", scope="write:notifications", hop=True)
async def dismiss(call: Call) -> dict[str, Any]:
    """Want one no longer."""
    await call.write(notices.dismiss, call.id())
    return {}


def wanted(query: NotificationsQuery) -> Wanted:
    """Which of them are asked for."""
    account = None
    if query.account_id is not None:
        # An id that can't be one means nobody, as an unknown one does.
        account = readable_id(query.account_id) or NOBODY
    return Wanted(types=query.types, exclude=query.exclude_types, account=account, filtered=query.include_filtered)
