"""Relays, mirrors and groups that an admin lists: they may have a slot of a capped actor (law 3). Ours."""

from typing import Any

from fedicert.base.errors import Unprocessable
from fedicert.mastodon.admin_forms import ListingForm
from fedicert.mastodon.dates import timestamp
from fedicert.model.listings import Listing
from fedicert.operations import keeping, listings, offices
from fedicert.store.unit import Reader, Tx
from fedicert.web.plumbing.call import read_id
from fedicert.web.plumbing.endpoint import Answer, Call, endpoint

MOST = 100


@endpoint("GET", "/api/fedicert/v1/admin/listings", scope="admin:read:accounts")
async def several(call: Call) -> Answer:
    """Who is listed, by account id, lowest first; `max_id` goes on behind one."""
    after = call.page(MOST, MOST).max_id or 0
    found = await call.read(_page, after)
    last, first = (found[-1].account, found[0].account) if found else (None, None)
    return Answer([_shown(one) for one in found], link=call.link(last, first, len(found) == MOST))


@endpoint("POST", "/api/fedicert/v1/admin/listings", scope="admin:write:accounts", form=ListingForm)
async def add(call: Call) -> dict[str, Any]:
    """List an account, with a reason."""
    form: ListingForm = call.form

    async def act(tx: Tx, by: int) -> int:
        account = await _account(tx, by, form)
        await listings.add(tx, account, by, form.reason)
        return account

    return {"id": str(await call.write(act))}


@endpoint("DELETE", "/api/fedicert/v1/admin/listings/{id}", scope="admin:write:accounts", form=ListingForm)
async def remove(call: Call) -> dict[str, Any]:
    """Strike one off, with a reason."""
    form: ListingForm = call.form
    account = call.id()

    async def act(tx: Tx, by: int) -> None:
        await listings.remove(tx, account, by, form.reason)

    await call.write(act)
    return {}


async def _page(reader: Reader, by: int, after: int) -> list[Listing]:
    await offices.of(reader, by, offices.ADMINS)
    return await listings.page(reader, after, MOST)


async def _account(tx: Tx, by: int, form: ListingForm) -> int:
    await offices.of(tx, by, offices.ADMINS)
    if form.account_id:
        return read_id(form.account_id)
    if not form.acct:
        raise Unprocessable("Validation failed: Acct can't be blank", {"acct": [("ERR_BLANK", "can't be blank")]})
    return (await keeping.somebody(tx, form.acct)).id


def _shown(one: Listing) -> dict[str, Any]:
    return {
        "id": str(one.account),
        "acct": one.acct,
        "uri": one.uri,
        "type": one.type,
        "by": one.by,
        "reason": one.reason,
        "created_at": timestamp(one.created_at),
    }
