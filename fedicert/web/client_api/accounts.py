"""Accounts as others see them: one, several, by handle, by prefix, and who follows whom."""

import msgspec

from fedicert.base.errors import BadRequest, FedicertError, NotFound
from fedicert.discovery import actors
from fedicert.mastodon.forms import AccountQuery, LookupQuery
from fedicert.mastodon.render import account, shown_field
from fedicert.model.accounts import AccountRow
from fedicert.remote.webfinger import parse_handle
from fedicert.store.views import own, people
from fedicert.web.client_api.account_lists import accounts_answer, people_answer
from fedicert.web.client_api.ids import asked_ids
from fedicert.web.plumbing.endpoint import Answer, Call, endpoint


@endpoint("GET", "/api/v1/accounts/{id}", who="public", scope="read:accounts", hop=True)
async def show(call: Call) -> Answer:
    """An account; of a suspended one only the name is left. One's own with what only oneself is shown of it (law 8)."""
    shown = account(await call.read_public(people.one, call.id()), call.deps.urls)
    if call.viewer != call.id():
        return Answer(shown)
    fields = [shown_field(field) for field in await call.read(own.limit_fields)]
    return Answer(msgspec.structs.replace(shown, fields=[*shown.fields, *fields]))


@endpoint("GET", "/api/v1/accounts", who="public", scope="read:accounts", hop=True)
async def several(call: Call) -> Answer:
    """Several accounts by `id[]`; unknown ones are left out."""
    return accounts_answer(call, await call.read_public(people.several, asked_ids(call)))


@endpoint("GET", "/api/v1/accounts/lookup", who="public", scope="read:accounts", hop=True, form=LookupQuery)
async def lookup(call: Call) -> Answer:
    """An account by its handle, as far as it is known here; nobody is asked elsewhere."""
    username, domain = split_handle(call, call.form.acct)
    return Answer(account(await call.read_public(people.by_handle, username, domain), call.deps.urls))


@endpoint("GET", "/api/v1/accounts/search", scope="read:accounts", hop=True, form=AccountQuery)
async def search(call: Call) -> Answer:
    """Accounts whose name begins so; with `resolve`, a whole handle is asked for at its own server."""
    query: AccountQuery = call.form
    text, part = query.q.strip(), call.page(40, 80)
    await call.identify()
    if query.resolve and not part.offset and "@" in text.removeprefix("@"):
        found = await resolve_handle(call, text)
        if found is not None:
            return accounts_answer(call, [found])
    return accounts_answer(call, await call.read(people.prefixed, text, part, following=query.following))


@endpoint("GET", "/api/v1/accounts/{id}/followers", who="public", scope="read:accounts", hop=True)
async def followers(call: Call) -> Answer:
    """Who follows an account: those admitted, and those paused (law 1)."""
    return people_answer(call, await call.read_public(people.followers, call.id(), call.page(40, 80)))


@endpoint("GET", "/api/v1/accounts/{id}/following", who="public", scope="read:accounts", hop=True)
async def following(call: Call) -> Answer:
    """Whom an account follows."""
    return people_answer(call, await call.read_public(people.following, call.id(), call.page(40, 80)))


def split_handle(call: Call, text: str) -> tuple[str, str]:
    """(name, domain) of a handle; '' is the domain of people here. Raises NotFound for what is no handle."""
    bare = text.strip().removeprefix("acct:").removeprefix("@")
    if "@" not in bare:
        return bare, ""
    try:
        username, domain = parse_handle(bare)
    except BadRequest:
        raise NotFound from None
    return username, "" if domain in (call.deps.urls.domain, call.deps.urls.host) else domain


async def resolve_handle(call: Call, text: str) -> AccountRow | None:
    """The account of a whole handle, asked for at its own server where it isn't known; None where there is none."""
    try:
        username, domain = split_handle(call, text)
        found = await actors.account_of_handle(call.deps.peers, username, domain)
        return await call.read_public(people.one, found)
    except FedicertError:
        return None
