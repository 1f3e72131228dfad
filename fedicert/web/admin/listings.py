"""The admin's list of relays, mirrors and groups that may follow people who have a cap (law 3), as a page."""

from urllib.parse import quote

from fedicert.base.errors import Problem
from fedicert.model.listings import Listing
from fedicert.operations import keeping, listings
from fedicert.store.unit import Reader, Tx
from fedicert.web.plumbing.answers import Answer, redirect
from fedicert.web.plumbing.call import Call, read_id
from fedicert.web.plumbing.endpoint import endpoint
from fedicert.web.plumbing.members import STAFF, Member, form_of, member_of, member_page

PATH = "/admin/listings"
SHOWN = 100


@endpoint("GET", PATH, door="page")
async def show(call: Call) -> Answer:
    """Who is listed, by whom and why; a form to list one, and one beside each to strike it off."""
    member = await member_of(call, *STAFF)
    if isinstance(member, Answer):
        return member
    return await _page(call, member)


@endpoint("POST", PATH, door="page")
async def change(call: Call) -> Answer:
    """List an account (`acct`), or strike one off (`remove`: its id), with a reason."""
    member = await member_of(call, *STAFF)
    if isinstance(member, Answer):
        return member
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
        return await _page(call, member, wrong=str(problem), acct=acct, reason=reason, status=problem.status)
    return redirect(f"{PATH}?account={quote(member.account.username)}", 303)


async def _page(
    call: Call, member: Member, *, wrong: str = "", acct: str = "", reason: str = "", status: int = 200
) -> Answer:
    after = call.query("after") or "0"

    async def view(reader: Reader) -> list[Listing]:
        return await listings.page(reader, int(after) if after.isdigit() and len(after) < 19 else 0, SHOWN)

    found = await call.deps.db.read(view)
    return member_page(
        call,
        member,
        "admin_listings.html",
        status=status,
        listed=found,
        more=found[-1].account if len(found) == SHOWN else None,
        wrong=wrong,
        acct=acct,
        reason=reason,
    )
