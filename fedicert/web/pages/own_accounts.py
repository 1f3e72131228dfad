"""The page on which somebody sees all their accounts, makes another, and divides the cap of a tier among them (law 10)."""

from fedicert.base.errors import Problem
from fedicert.operations import shares
from fedicert.web.plumbing.answers import Answer
from fedicert.web.plumbing.bodies import Fields
from fedicert.web.plumbing.call import Call
from fedicert.web.plumbing.endpoint import endpoint
from fedicert.web.plumbing.members import Member, back_to, form_of, member_of, member_page
from fedicert.web.plumbing.new_accounts import another_account

HERE = "/settings/accounts"
_SLOTS = "slots-"


@endpoint("GET", HERE, door="page")
async def show(call: Call) -> Answer:
    """The accounts, tier by tier, and both forms."""
    member = await member_of(call)
    return await _page(call, member)


@endpoint("POST", HERE, door="page")
async def another(call: Call) -> Answer:
    """Another account."""
    member = await member_of(call)
    fields = await form_of(call, member)
    try:
        await another_account(call, member.account.id, fields.text("name") or "", _number(fields.text("slots")))
    except Problem as problem:
        return await _page(call, member, problem)
    return back_to(member, HERE)


@endpoint("POST", HERE + "/shares", door="page")
async def divide(call: Call) -> Answer:
    """A new division."""
    member = await member_of(call)
    fields = await form_of(call, member)
    try:
        await call.deps.db.write(shares.divide, member.account.id, _wanted(fields, member))
    except Problem as problem:
        return await _page(call, member, problem)
    return back_to(member, HERE)


async def _page(call: Call, member: Member, problem: Problem | None = None) -> Answer:
    return member_page(
        call,
        member,
        "own_accounts.html",
        problem,
        divisions=await call.deps.db.read(shares.mine, member.account.id),
    )


def _wanted(fields: Fields, member: Member) -> dict[str, int]:
    names = [member.account.username, *(other.username for other in member.others)]
    found = {name: fields.text(_SLOTS + name) for name in names}
    return {name: _number(text) for name, text in found.items() if text is not None}


def _number(text: str | None) -> int:
    """What was typed; what is no number is one below none, which is refused with a sentence."""
    text = (text or "0").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 12 else -1
