"""The page about moving: other accounts of one's own, moving out of here, and taking that back."""

from fedicert.base.errors import Problem
from fedicert.discovery import moves as discovery
from fedicert.operations import moves
from fedicert.store.views import moves as views
from fedicert.text.licences import day
from fedicert.web.plumbing.answers import Answer, redirect
from fedicert.web.plumbing.bodies import Fields
from fedicert.web.plumbing.call import Call
from fedicert.web.plumbing.endpoint import endpoint
from fedicert.web.plumbing.members import Member, form_of, member_of, member_page
from fedicert.web.plumbing.passwords import check_own_password

HERE = "/settings/move"


@endpoint("GET", HERE, door="page")
async def show(call: Call) -> Answer:
    """Where one stands."""
    member = await member_of(call)
    return member if isinstance(member, Answer) else await _page(call, member)


@endpoint("POST", HERE, door="page", limit="verify")
async def change(call: Call) -> Answer:
    """`act`: `alias`, `unalias`, `move` or `undo`. What can't be done is said on the page."""
    member = await member_of(call)
    if isinstance(member, Answer):
        return member
    fields = await form_of(call, member)
    try:
        await _do(call, member, fields)
    except Problem as error:
        return await _page(call, member, status=error.status, wrong=str(error), who=fields.text("who") or "")
    return redirect(f"{HERE}?account={member.account.username}")


async def _do(call: Call, member: Member, fields: Fields) -> None:
    db, urls, peers, account = call.deps.db, call.deps.urls, call.deps.peers, member.account.id
    act, who = fields.text("act"), fields.text("who") or ""
    if act == "alias":
        await db.write(moves.alias, urls, account, await discovery.find(peers, who))
    elif act == "unalias":
        await db.write(moves.unalias, urls, account, who)
    elif act == "undo":
        await db.write(moves.undo_move, urls, account)
    elif act == "move":
        await check_own_password(call, member.account.username, fields.text("password"))
        uri, username = await db.read(views.uri_of, account)
        target = await discovery.find_target(peers, uri, f"@{username}@{urls.domain}", who)
        await db.write(moves.move_out, urls, account, target)


async def _page(call: Call, member: Member, *, status: int = 200, wrong: str = "", who: str = "") -> Answer:
    state = await call.deps.db.read(moves.state, member.account.id)
    return member_page(
        call,
        member,
        "move.html",
        status=status,
        wrong=wrong,
        who=who,
        state=state,
        may_move_at=day(state.may_move_at) if state.may_move_at else "",
        ours=f"@{member.account.username}@{call.deps.urls.domain}",
    )
