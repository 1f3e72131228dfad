"""Lists of people one follows, each with a timeline of its own (`timelines.py`). Nobody on one learns of it."""

from collections.abc import Awaitable, Callable
from typing import Any

from fedicert.mastodon.day_forms import AccountIdsForm, ListForm
from fedicert.mastodon.render_filters import list_entity
from fedicert.model.lists import ListRow
from fedicert.operations import lists
from fedicert.operations.lists import ListChange
from fedicert.store.unit import Tx
from fedicert.store.views import lists as views
from fedicert.store.views import people
from fedicert.web.client_api.account_lists import people_answer
from fedicert.web.client_api.ids import account_ids
from fedicert.web.plumbing.endpoint import Answer, Call, endpoint


@endpoint("GET", "/api/v1/lists", scope="read:lists", hop=True)
async def several(call: Call) -> Answer:
    """One's lists."""
    return Answer([list_entity(row) for row in await call.read(views.several)])


@endpoint("GET", "/api/v1/lists/{id}", scope="read:lists", hop=True)
async def show(call: Call) -> Answer:
    """One of them."""
    return Answer(list_entity(await call.read(views.one, call.id())))


@endpoint("POST", "/api/v1/lists", scope="write:lists", hop=True, form=ListForm)
async def create(call: Call) -> Answer:
    """Make one."""

    async def act(tx: Tx, account: int) -> ListRow:
        return await views.one(tx, account, await lists.create(tx, account, _change(call.form)))

    return Answer(list_entity(await call.write(act)))


@endpoint("PUT", "/api/v1/lists/{id}", scope="write:lists", hop=True, form=ListForm)
async def change(call: Call) -> Answer:
    """Rename one, or change its rules."""
    identifier = call.id()

    async def act(tx: Tx, account: int) -> ListRow:
        await lists.change(tx, account, identifier, _change(call.form))
        return await views.one(tx, account, identifier)

    return Answer(list_entity(await call.write(act)))


@endpoint("DELETE", "/api/v1/lists/{id}", scope="write:lists", hop=True)
async def delete(call: Call) -> dict[str, Any]:
    """Delete one."""
    await call.write(lists.delete, call.id())
    return {}


@endpoint("GET", "/api/v1/lists/{id}/accounts", scope="read:lists", hop=True)
async def members(call: Call) -> Answer:
    """Who is on it; all at once with `limit=0`."""
    whole = call.query("limit") == "0"
    return people_answer(call, await call.read(people.on_list, call.id(), call.page(40, 80), whole=whole))


@endpoint("POST", "/api/v1/lists/{id}/accounts", scope="write:lists", hop=True, form=AccountIdsForm)
async def add(call: Call) -> dict[str, Any]:
    """Put people on it, all or none."""
    return await _changed(call, lists.add)


@endpoint("DELETE", "/api/v1/lists/{id}/accounts", scope="write:lists", hop=True, form=AccountIdsForm)
async def remove(call: Call) -> dict[str, Any]:
    """Take people off it."""
    return await _changed(call, lists.remove)


@endpoint("GET", "/api/v1/accounts/{id}/lists", scope="read:lists", hop=True)
async def with_account(call: Call) -> Answer:
    """On which of one's lists somebody is."""
    return Answer([list_entity(row) for row in await call.read(views.with_account, call.id())])


async def _changed(call: Call, verb: Callable[[Tx, int, int, list[int]], Awaitable[None]]) -> dict[str, Any]:
    identifier = call.id()

    async def act(tx: Tx, account: int) -> None:
        form: AccountIdsForm = call.form
        await verb(tx, account, identifier, account_ids(form.account_ids))

    await call.write(act)
    return {}


def _change(form: ListForm) -> ListChange:
    return ListChange(title=form.title, replies_policy=form.replies_policy, exclusive=form.exclusive)
