"""Filters of version 1, which older clients use: each word of a filter is one, known by the word's id."""

from typing import Any

from fedicert.base.errors import NotFound
from fedicert.mastodon.day_forms import FilterV1Form
from fedicert.mastodon.render_filters import filter_v1, filters_v1
from fedicert.model.lists import FilterRow
from fedicert.operations import filters
from fedicert.operations.filters import FilterChange
from fedicert.store.unit import Tx
from fedicert.store.views import filters as views
from fedicert.web.client_api.expiry import asked_expiry
from fedicert.web.plumbing.endpoint import Answer, Call, endpoint


@endpoint("GET", "/api/v1/filters", scope="read:filters", hop=True)
async def several(call: Call) -> Answer:
    """One's filters, a word each."""
    return Answer([entity for row in await call.read(views.several) for entity in filters_v1(row)])


@endpoint("GET", "/api/v1/filters/{id}", scope="read:filters", hop=True)
async def show(call: Call) -> Answer:
    """One of them."""
    return _answer(await call.read(views.of_keyword, call.id()), call.id())


@endpoint("POST", "/api/v1/filters", scope="write:filters", hop=True, form=FilterV1Form)
async def create(call: Call) -> Answer:
    """Make one."""
    form: FilterV1Form = call.form
    wanted = _change(form, await asked_expiry(call))

    async def act(tx: Tx, account: int) -> tuple[FilterRow, int]:
        made = await filters.create_v1(tx, account, form.phrase or "", bool(form.whole_word), wanted)
        return await views.of_keyword(tx, account, made), made

    return _answer(*await call.write(act))


@endpoint("PUT", "/api/v1/filters/{id}", scope="write:filters", hop=True, form=FilterV1Form)
async def change(call: Call) -> Answer:
    """Change one; what isn't sent stays."""
    form: FilterV1Form = call.form
    identifier, wanted = call.id(), _change(form, await asked_expiry(call))

    async def act(tx: Tx, account: int) -> FilterRow:
        await filters.change_v1(tx, account, identifier, form.phrase, form.whole_word, wanted)
        return await views.of_keyword(tx, account, identifier)

    return _answer(await call.write(act), identifier)


@endpoint("DELETE", "/api/v1/filters/{id}", scope="write:filters", hop=True)
async def delete(call: Call) -> dict[str, Any]:
    """Delete one."""
    await call.write(filters.delete_v1, call.id())
    return {}


def _change(form: FilterV1Form, expires_in: int | None) -> FilterChange:
    action = None if form.irreversible is None else ("hide" if form.irreversible else "warn")
    contexts = None if form.context is None else tuple(dict.fromkeys(form.context))
    return FilterChange(contexts=contexts, action=action, expires_in=expires_in)


def _answer(row: FilterRow, identifier: int) -> Answer:
    for keyword in row.keywords:
        if keyword.id == identifier:
            return Answer(filter_v1(row, keyword))
    raise NotFound
