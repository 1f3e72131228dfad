"""Whose notifications are set aside, and what is to become of those that were."""

from typing import Any

from fedicert.mastodon.day_forms import PolicyForm, PolicyV1Form, RequestIdsForm
from fedicert.mastodon.render import encode, status
from fedicert.mastodon.render_notifications import policy, policy_v1, requests
from fedicert.model.notifications import NotificationRequest
from fedicert.operations import notification_policy
from fedicert.store.unit import Tx
from fedicert.store.views import notification_requests as views
from fedicert.store.views.notification_requests import PolicyView
from fedicert.web.client_api.filtering import filtered
from fedicert.web.client_api.ids import readable
from fedicert.web.plumbing.endpoint import Answer, Call, endpoint


@endpoint("GET", "/api/v2/notifications/policy", scope="read:notifications", hop=True)
async def show(call: Call) -> Answer:
    """One's policy."""
    found = await call.read(views.policy)
    return Answer(policy(found.policy, found.people, found.notifications))


@endpoint(("PATCH", "PUT"), "/api/v2/notifications/policy", scope="write:notifications", hop=True, form=PolicyForm)
async def change(call: Call) -> Answer:
    """Change it; what isn't sent stays."""
    form: PolicyForm = call.form
    wanted = {name: getattr(form, name) for name in form.__struct_fields__ if getattr(form, name) is not None}
    found = await call.write(_change, wanted)
    return Answer(policy(found.policy, found.people, found.notifications))


@endpoint("GET", "/api/v1/notifications/policy", scope="read:notifications", hop=True)
async def show_v1(call: Call) -> Answer:
    """One's policy as version 1 has it."""
    found = await call.read(views.policy)
    return Answer(policy_v1(found.policy, found.people, found.notifications))


@endpoint("PUT", "/api/v1/notifications/policy", scope="write:notifications", hop=True, form=PolicyV1Form)
async def change_v1(call: Call) -> Answer:
    """Change it so."""
    form: PolicyV1Form = call.form
    given = {name: getattr(form, name) for name in form.__struct_fields__}
    wanted = {
        name.replace("filter_", "for_"): "filter" if flag else "accept"
        for name, flag in given.items()
        if flag is not None
    }
    found = await call.write(_change, wanted)
    return Answer(policy_v1(found.policy, found.people, found.notifications))


@endpoint("GET", "/api/v1/notifications/requests", scope="read:notifications", hop=True)
async def several(call: Call) -> Answer:
    """People whose notifications wait."""
    found = await call.read(views.several, call.page(40, 80))
    return Answer(await _shown(call, found.items), link=call.link(found.oldest, found.newest, found.more))


@endpoint("GET", "/api/v1/notifications/requests/merged", scope="read:notifications", hop=True)
async def merged(call: Call) -> dict[str, bool]:
    """Are those that were accepted in the list? They are at once."""
    await call.identify()
    return {"merged": True}


@endpoint("GET", "/api/v1/notifications/requests/{id}", scope="read:notifications", hop=True)
async def one(call: Call) -> Answer:
    """One of these people, by the id of their account."""
    return Answer((await _shown(call, [await call.read(views.one, call.id())]))[0])


@endpoint("POST", "/api/v1/notifications/requests/{id}/accept", scope="write:notifications", hop=True)
async def accept(call: Call) -> dict[str, Any]:
    """Be told of them, now and from now on."""
    await call.write(notification_policy.accept, [call.id()])
    return {}


@endpoint("POST", "/api/v1/notifications/requests/{id}/dismiss", scope="write:notifications", hop=True)
async def dismiss(call: Call) -> dict[str, Any]:
    """Don't be told."""
    await call.write(notification_policy.dismiss, [call.id()])
    return {}


@endpoint("POST", "/api/v1/notifications/requests/accept", scope="write:notifications", hop=True, form=RequestIdsForm)
async def accept_several(call: Call) -> dict[str, Any]:
    """Be told of several; unknown ones are left out."""
    await call.write(notification_policy.accept, readable(list(call.form.id)), known=False)
    return {}


@endpoint("POST", "/api/v1/notifications/requests/dismiss", scope="write:notifications", hop=True, form=RequestIdsForm)
async def dismiss_several(call: Call) -> dict[str, Any]:
    """Don't be told of several."""
    await call.write(notification_policy.dismiss, readable(list(call.form.id)), known=False)
    return {}


async def _change(tx: Tx, account: int, wanted: dict[str, str]) -> PolicyView:
    await notification_policy.change(tx, account, wanted)
    return await views.policy(tx, account)


async def _shown(call: Call, found: list[NotificationRequest]) -> list[Any]:
    about = [row.last_status for row in found if row.last_status is not None]
    posts = await filtered(call, [encode(status(view, call.deps.urls)) for view in about])
    by_id = {view.status.id: item for view, item in zip(about, posts, strict=True)}
    return list(requests(found, by_id, call.deps.urls))
