"""Decisions that concern somebody, their appeals and the answers. Open to whoever staff closed out, too."""

from fedicert.base.errors import NotFound, Problem
from fedicert.operations import appeals
from fedicert.web.plumbing.answers import Answer, redirect
from fedicert.web.plumbing.call import Call
from fedicert.web.plumbing.cases import case_page, shown_appeal, shown_decision
from fedicert.web.plumbing.endpoint import endpoint
from fedicert.web.plumbing.members import Member, back_to, form_of, member_of, member_page, older_than

HERE = "/settings/appeals"
A_PAGE = 20


@endpoint("GET", HERE, door="page")
async def show(call: Call) -> Answer:
    """What was decided about one, and how one's appeals stand."""
    member = await member_of(call, closed=True)
    return await _page(call, member)


@endpoint("POST", HERE, door="page")
async def appeal(call: Call) -> Answer:
    """Appeal against a decision."""
    member = await member_of(call, closed=True)
    fields = await form_of(call, member)
    text = fields.text("decision") or ""
    seq = int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0
    try:
        made = await call.deps.db.write(appeals.open_case, member.account.id, seq, fields.text("words") or "")
    except Problem as problem:
        return await _page(call, member, problem)
    return back_to(member, f"{HERE}/{made.appeal.id}")


@endpoint("GET", HERE + "/{id}", door="page")
async def one(call: Call) -> Answer:
    """One appeal."""
    member = await member_of(call, closed=True)
    return await _case(call, member)


@endpoint("POST", HERE + "/{id}", door="page")
async def answer(call: Call) -> Answer:
    """Say something more, or take the appeal back."""
    member = await member_of(call, closed=True)
    fields = await form_of(call, member)
    try:
        if fields.text("act") == "withdraw":
            await call.deps.db.write(appeals.withdraw, call.id(), member.account.id)
        else:
            await _own(call, member)
            await call.deps.db.write(appeals.answer, call.id(), member.account.id, fields.text("words") or "")
    except Problem as problem:
        return await _case(call, member, problem)
    return back_to(member, f"{HERE}/{call.id()}")


@endpoint("GET", "/disputes/strikes/{seq}", door="page")
async def strike(call: Call) -> Answer:
    """Where Mastodon's apps lead from a warning: to the decisions."""
    return redirect(HERE)


async def _page(call: Call, member: Member, problem: Problem | None = None) -> Answer:
    found = await call.deps.db.read(appeals.decisions, member.account.id, older_than(call), A_PAGE)
    mine = await call.deps.db.read(appeals.mine, member.account.id, None, A_PAGE)
    return member_page(
        call,
        member,
        "appeals.html",
        problem,
        decisions=[shown_decision(one) for one in found],
        appeals=[shown_appeal(one) for one in mine],
        older=found[-1].seq if len(found) == A_PAGE else None,
        longest=appeals.LONGEST,
    )


async def _case(call: Call, member: Member, problem: Problem | None = None) -> Answer:
    found = await _own(call, member)
    return case_page(call, member, found, problem, staff=False)


async def _own(call: Call, member: Member) -> appeals.Case:
    found = await call.deps.db.read(appeals.case, call.id())
    if found.appeal.account != member.account.id:
        raise NotFound
    return found
