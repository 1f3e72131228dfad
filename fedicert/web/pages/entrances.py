"""`/settings` and `/admin`, which people type and apps open: on to the first page of each menu. Nothing stands here."""

from __future__ import annotations

from fedicert.base.errors import Forbidden
from fedicert.web.plumbing.answers import Answer, redirect
from fedicert.web.plumbing.call import Call
from fedicert.web.plumbing.endpoint import endpoint
from fedicert.web.plumbing.members import NOT_STAFF, member_of


@endpoint("GET", "/settings", door="page")
async def settings(call: Call) -> Answer:
    """To one's own pages; for an account that staff closed, to those that are left."""
    member = await member_of(call, closed=True)
    return redirect(member.menu[0].href)


@endpoint("GET", "/admin", door="page")
async def admin(call: Call) -> Answer:
    """To the pages of somebody's office. Raises Forbidden: they have none."""
    member = await member_of(call)
    if not member.office:
        raise Forbidden(NOT_STAFF)
    return redirect(member.office[0].href)
