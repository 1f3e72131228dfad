"""Appeals of others, for owners and admins: read, answered, and decided by somebody who didn't take the decision."""

from fedicert.base.errors import Problem
from fedicert.operations import appeals, outcomes
from fedicert.web.plumbing.answers import Answer
from fedicert.web.plumbing.call import Call
from fedicert.web.plumbing.cases import case_page, shown_appeal
from fedicert.web.plumbing.endpoint import endpoint
from fedicert.web.plumbing.members import STAFF, Member, back_to, form_of, member_of, member_page, older_than

HERE = "/admin/appeals"
A_PAGE = 40


@endpoint("GET", HERE, door="page")
async def show(call: Call) -> Answer:
    """Those that are open, then all."""
    member = await member_of(call, *STAFF)
    account, db = member.account.id, call.deps.db
    waiting = await db.read(appeals.all_of_them, account, None, A_PAGE, only_open=True)
    found = await db.read(appeals.all_of_them, account, older_than(call), A_PAGE, only_open=False)
    return member_page(
        call,
        member,
        "admin_appeals.html",
        waiting=[shown_appeal(one) for one in waiting],
        appeals=[shown_appeal(one) for one in found if one.outcome],
        older=found[-1].id if len(found) == A_PAGE else None,
    )


@endpoint("GET", HERE + "/{id}", door="page")
async def one(call: Call) -> Answer:
    """One appeal."""
    member = await member_of(call, *STAFF)
    return await _case(call, member)


@endpoint("POST", HERE + "/{id}", door="page")
async def answer(call: Call) -> Answer:
    """Answer, grant or dismiss."""
    member = await member_of(call, *STAFF)
    fields = await form_of(call, member)
    act, words, db = fields.text("act"), fields.text("words") or "", call.deps.db
    try:
        if act in ("granted", "dismissed"):
            granted = act == "granted"
            await db.write(outcomes.decide, call.deps.urls, call.id(), member.account.id, words, granted=granted)
        else:
            await db.write(appeals.answer, call.id(), member.account.id, words)
    except Problem as problem:
        return await _case(call, member, problem)
    return back_to(member, f"{HERE}/{call.id()}")


async def _case(call: Call, member: Member, problem: Problem | None = None) -> Answer:
    found = await call.deps.db.read(appeals.case_for, call.id(), member.account.id)
    return case_page(call, member, found, problem, staff=True)
