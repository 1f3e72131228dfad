"""Filters of version 2: words and posts that one wants to be warned of, and where. Applied in `filtering.py`."""

from typing import Any

from fedicert.mastodon.day_forms import FilterForm, FilterStatusForm, KeywordForm
from fedicert.mastodon.render_filters import filter_keyword, filter_status, filter_whole
from fedicert.model.lists import FilterRow, FilterStatusRow, KeywordRow
from fedicert.operations import filters
from fedicert.operations.filters import FilterChange, Word
from fedicert.store.unit import Tx
from fedicert.store.views import filters as views
from fedicert.web.client_api.expiry import asked_expiry
from fedicert.web.plumbing.call import read_id
from fedicert.web.plumbing.endpoint import Answer, Call, endpoint


@endpoint("GET", "/api/v2/filters", scope="read:filters", hop=True)
async def several(call: Call) -> Answer:
    """One's filters."""
    return Answer([filter_whole(row) for row in await call.read(views.several)])


@endpoint("GET", "/api/v2/filters/{id}", scope="read:filters", hop=True)
async def show(call: Call) -> Answer:
    """One of them."""
    return Answer(filter_whole(await call.read(views.one, call.id())))


@endpoint("POST", "/api/v2/filters", scope="write:filters", hop=True, form=FilterForm)
async def create(call: Call) -> Answer:
    """Make one, with its words."""
    expires_in = await asked_expiry(call)

    async def act(tx: Tx, account: int) -> FilterRow:
        made = await filters.create(tx, account, _change(call.form, expires_in))
        return await views.one(tx, account, made)

    return Answer(filter_whole(await call.write(act)))


@endpoint("PUT", "/api/v2/filters/{id}", scope="write:filters", hop=True, form=FilterForm)
async def change(call: Call) -> Answer:
    """Change one and its words; what isn't sent stays."""
    identifier, expires_in = call.id(), await asked_expiry(call)

    async def act(tx: Tx, account: int) -> FilterRow:
        await filters.change(tx, account, identifier, _change(call.form, expires_in))
        return await views.one(tx, account, identifier)

    return Answer(filter_whole(await call.write(act)))


@endpoint("DELETE", "/api/v2/filters/{id}", scope="write:filters", hop=True)
async def delete(call: Call) -> dict[str, Any]:
    """Delete one."""
    await call.write(filters.delete, call.id())
    return {}


@endpoint("GET", "/api/v2/filters/{id}/keywords", scope="read:filters", hop=True)
async def keywords(call: Call) -> Answer:
    """The words of one."""
    return Answer([filter_keyword(row) for row in (await call.read(views.one, call.id())).keywords])


@endpoint("POST", "/api/v2/filters/{id}/keywords", scope="write:filters", hop=True, form=KeywordForm)
async def add_keyword(call: Call) -> Answer:
    """A word more."""
    identifier, form = call.id(), call.form

    async def act(tx: Tx, account: int) -> KeywordRow:
        added = await filters.add_word(tx, account, identifier, form.keyword or "", bool(form.whole_word))
        return _keyword(await views.one(tx, account, identifier), added)

    return Answer(filter_keyword(await call.write(act)))


@endpoint("GET", "/api/v2/filters/keywords/{id}", scope="read:filters", hop=True)
async def show_keyword(call: Call) -> Answer:
    """One word."""
    return Answer(filter_keyword(_keyword(await call.read(views.of_keyword, call.id()), call.id())))


@endpoint("PUT", "/api/v2/filters/keywords/{id}", scope="write:filters", hop=True, form=KeywordForm)
async def change_keyword(call: Call) -> Answer:
    """Another word in the place of one."""
    word = Word(id=call.id(), keyword=call.form.keyword, whole_word=call.form.whole_word)

    async def act(tx: Tx, account: int) -> KeywordRow:
        await filters.change_word(tx, account, word)
        return _keyword(await views.of_keyword(tx, account, word.id or 0), word.id or 0)

    return Answer(filter_keyword(await call.write(act)))


@endpoint("DELETE", "/api/v2/filters/keywords/{id}", scope="write:filters", hop=True)
async def delete_keyword(call: Call) -> dict[str, Any]:
    """A word less."""
    await call.write(filters.delete_word, call.id())
    return {}


@endpoint("GET", "/api/v2/filters/{id}/statuses", scope="read:filters", hop=True)
async def statuses(call: Call) -> Answer:
    """The posts of one."""
    return Answer([filter_status(row) for row in (await call.read(views.one, call.id())).statuses])


@endpoint("POST", "/api/v2/filters/{id}/statuses", scope="write:filters", hop=True, form=FilterStatusForm)
async def add_status(call: Call) -> Answer:
    """A post more."""
    identifier = call.id()

    async def act(tx: Tx, account: int) -> FilterStatusRow:
        added = await filters.add_status(tx, account, identifier, read_id(call.form.status_id))
        return _status(await views.one(tx, account, identifier), added)

    return Answer(filter_status(await call.write(act)))


@endpoint("GET", "/api/v2/filters/statuses/{id}", scope="read:filters", hop=True)
async def show_status(call: Call) -> Answer:
    """One post of a filter."""
    return Answer(filter_status(_status(await call.read(views.of_status, call.id()), call.id())))


@endpoint("DELETE", "/api/v2/filters/statuses/{id}", scope="write:filters", hop=True)
async def delete_status(call: Call) -> dict[str, Any]:
    """A post less."""
    await call.write(filters.delete_status, call.id())
    return {}


def _change(form: FilterForm, expires_in: int | None) -> FilterChange:
    return FilterChange(
        title=form.title,
        contexts=None if form.context is None else tuple(dict.fromkeys(form.context)),
        action=form.filter_action,
        expires_in=expires_in,
        words=tuple(
            Word(
                id=None if not word.id else read_id(word.id),
                keyword=word.keyword,
                whole_word=word.whole_word,
                gone=word.destroy,
            )
            for word in form.keywords_attributes
        ),
    )


def _keyword(row: FilterRow, identifier: int) -> KeywordRow:
    return next(keyword for keyword in row.keywords if keyword.id == identifier)


def _status(row: FilterRow, identifier: int) -> FilterStatusRow:
    return next(post for post in row.statuses if post.id == identifier)
