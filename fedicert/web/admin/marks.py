"""The staff's page of marks: put one on a post of somebody here, undo one, and see the latest."""

from __future__ import annotations

from typing import Any

from fedicert.base.errors import Problem
from fedicert.operations import marking
from fedicert.operations.marking import STAFF
from fedicert.store.unit import Tx
from fedicert.text.licences import day
from fedicert.web.plumbing.answers import Answer
from fedicert.web.plumbing.call import Call
from fedicert.web.plumbing.endpoint import endpoint
from fedicert.web.plumbing.members import Member, back_to, form_of, member_of, member_page


@endpoint("GET", "/admin/marks", door="page")
async def marks(call: Call) -> Answer:
    """The form and the list."""
    member = await member_of(call, *STAFF)
    return await _page(call, member)


@endpoint("POST", "/admin/marks", door="page")
async def decide(call: Call) -> Answer:
    """Mark a post, or undo a mark."""
    member = await member_of(call, *STAFF)
    fields = await form_of(call, member)
    post, reason = fields.text("post") or "", fields.text("reason") or ""
    verb = marking.unmark if fields.text("act") == "unmark" else marking.mark
    try:
        await call.deps.db.write(_decide, call, member.account.id, verb, post, reason)
    except Problem as problem:
        return await _page(call, member, problem, post, reason)
    return back_to(member, "/admin/marks")


async def _decide(tx: Tx, call: Call, by: int, verb: Any, post: str, reason: str) -> None:
    await verb(tx, call.deps.urls, by, await marking.find(tx, post), reason)


async def _page(call: Call, member: Member, problem: Problem | None = None, post: str = "", reason: str = "") -> Answer:
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
    return member_page(call, member, "marks.html", problem, marks=shown, post=named, reason=reason)
