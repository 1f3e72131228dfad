"""Waivers of others, for owners and admins: asked for, given, refused, ended."""

from fedicert.base.errors import Problem
from fedicert.operations import people, waivers
from fedicert.web.plumbing.answers import Answer
from fedicert.web.plumbing.bodies import Fields
from fedicert.web.plumbing.call import Call, read_id
from fedicert.web.plumbing.endpoint import endpoint
from fedicert.web.plumbing.members import STAFF, Member, back_to, form_of, member_of, member_page, older_than
from fedicert.web.plumbing.waiver_forms import read_waiver, shown_waiver

HERE = "/admin/waivers"
A_PAGE = 40


@endpoint("GET", HERE, door="page")
async def show(call: Call) -> Answer:
    """All, newest first, and the form."""
    member = await member_of(call, *STAFF)
    return await _page(call, member)


@endpoint("POST", HERE, door="page")
async def act(call: Call) -> Answer:
    """Ask for one for somebody, give, refuse or end one."""
    member = await member_of(call, *STAFF)
    fields = await form_of(call, member)
    try:
        await _act(call, member, fields)
    except Problem as problem:
        return await _page(call, member, problem)
    return back_to(member, HERE)


async def _act(call: Call, member: Member, fields: Fields) -> None:
    by, db, what = member.account.id, call.deps.db, fields.text("act")
    if what == "ask":
        asked = read_waiver(fields)
        concerned = await db.read(people.find, (fields.text("name") or "").strip())
        await db.write(waivers.ask, concerned.id, asked.limits, asked.days, asked.reason, by)
        return
    number, why = read_id(fields.text("waiver") or ""), fields.text("why") or ""
    if what == "give":
        await db.write(waivers.give, number, by)
    elif what == "refuse":
        await db.write(waivers.refuse, number, by, why)
    else:
        await db.write(waivers.end, number, by, why)


async def _page(call: Call, member: Member, problem: Problem | None = None) -> Answer:
    found = await call.deps.db.read(waivers.all_of_them, member.account.id, older_than(call), A_PAGE)
    return member_page(
        call,
        member,
        "admin_waivers.html",
        problem,
        waivers=[shown_waiver(one) for one in found],
        most_days=waivers.MOST_DAYS,
        older=found[-1].id if len(found) == A_PAGE else None,
    )
