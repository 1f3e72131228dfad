"""The admin's list of relays, mirrors and groups that may follow people who have a cap (law 3), as a page."""

from fedicert.base.errors import Problem
from fedicert.model.listings import Listing
from fedicert.operations import keeping, listings
from fedicert.store.unit import Reader, Tx
from fedicert.web.plumbing.answers import Answer
from fedicert.web.plumbing.call import Call, read_id
from fedicert.web.plumbing.endpoint import endpoint
from fedicert.web.plumbing.members import STAFF, Member, back_to, form_of, member_of, member_page, older_than

PATH = "/admin/listings"
SHOWN = 100


@endpoint("GET", PATH, door="page")
async def show(call: Call) -> Answer:
    """Who is listed, by whom and why; a form to list one, and one beside each to strike it off."""
    member = await member_of(call, *STAFF)
    return await _page(call, member)


@endpoint("POST", PATH, door="page")
async def change(call: Call) -> Answer:
    """List an account (`acct`), or strike one off (`remove`: its id), with a reason."""
    member = await member_of(call, *STAFF)
    fields = await form_of(call, member)
    acct, gone, reason = (fields.text(name) or "" for name in ("acct", "remove", "reason"))
    by = member.account.id

    async def act(tx: Tx) -> None:
        if gone:
            await listings.remove(tx, read_id(gone), by, reason)
        else:
            await listings.add(tx, (await keeping.somebody(tx, acct.strip())).id, by, reason)

    try:
        await call.deps.db.write(act)
    except Problem as problem:
        return await _page(call, member, problem, acct=acct, reason=reason)
    return back_to(member, PATH)


async def _page(
    call: Call, member: Member, problem: Problem | None = None, *, acct: str = "", reason: str = ""
) -> Answer:

    async def view(reader: Reader) -> list[Listing]:
        return await listings.page(reader, older_than(call, "after") or 0, SHOWN)

    found = await call.deps.db.read(view)
    return member_page(
        call,
        member,
        "admin_listings.html",
        problem,
        listed=found,
        more=found[-1].account if len(found) == SHOWN else None,
        acct=acct,
        reason=reason,
    )
