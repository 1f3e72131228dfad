"""The staff's page of marks: put one on a post of somebody here, undo one, and see the latest."""

from __future__ import annotations

from typing import Any

from fedicert.base.errors import Conflict, Forbidden, NotFound, Unprocessable
from fedicert.operations import marking
from fedicert.operations.marking import STAFF
from fedicert.store.unit import Tx
from fedicert.text.licences import day
from fedicert.web.plumbing.answers import Answer, redirect
from fedicert.web.plumbing.call import Call
from fedicert.web.plumbing.endpoint import endpoint
from fedicert.web.plumbing.members import Member, form_of, member_of, member_page


@endpoint("GET", "/admin/marks", door="page")
async def marks(call: Call) -> Answer:
    """The form and the list."""
    member = await member_of(call, *STAFF)
    return member if isinstance(member, Answer) else await _page(call, member)


@endpoint("POST", "/admin/marks", door="page")
async def decide(call: Call) -> Answer:
    """Mark a post, or undo a mark."""
    member = await member_of(call, *STAFF)
    if isinstance(member, Answer):
        return member
    fields = await form_of(call, member)
    post, reason = fields.text("post") or "", fields.text("reason") or ""
    verb = marking.unmark if fields.text("act") == "unmark" else marking.mark
    try:
        await call.deps.db.write(_decide, call, member.account.id, verb, post, reason)
    except (Conflict, Forbidden, NotFound, Unprocessable) as error:
        return await _page(call, member, str(error), post, reason, status=422)
    return redirect(f"/admin/marks?account={member.account.username}")


async def _decide(tx: Tx, call: Call, by: int, verb: Any, post: str, reason: str) -> None:
    await verb(tx, call.deps.urls, by, await marking.find(tx, post), reason)


async def _page(
    call: Call, member: Member, fault: str = "", post: str = "", reason: str = "", *, status: int = 200
) -> Answer:
    found = await call.deps.db.read(marking.latest_for, member.account.id)
    shown = [
        {
            "id": one.status,
            "post": one.post,
            "account": one.account,
            "by": one.by,
            "reason": one.reason,
            "at": day(one.at),
            "undone": "" if one.undone_at is None else day(one.undone_at),
            "suspended": one.suspended,
        }
        for one in found
    ]
    named = post or call.query("post") or ""
    return member_page(call, member, "marks.html", status=status, marks=shown, fault=fault, post=named, reason=reason)
