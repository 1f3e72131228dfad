"""The code of responsibility: every version for everybody to read, and the page on which somebody agrees to it."""

from fedicert.base.errors import Problem
from fedicert.operations import responsibility
from fedicert.text.cases import moment
from fedicert.web.plumbing.answers import Answer
from fedicert.web.plumbing.call import Call
from fedicert.web.plumbing.endpoint import endpoint
from fedicert.web.plumbing.members import Member, back_to, form_of, member_of, member_page
from fedicert.web.plumbing.sessions import page

HERE = "/settings/code"


@endpoint("GET", "/code-of-responsibility", door="page")
async def current(call: Call) -> Answer:
    """The version that holds."""
    return await _public(call, None)


@endpoint("GET", "/code-of-responsibility/{version}", door="page")
async def earlier(call: Call) -> Answer:
    """Any version: profiles link to the one that was agreed to."""
    return await _public(call, call.id("version"))


@endpoint("GET", HERE, door="page")
async def show(call: Call) -> Answer:
    """The text, what one agreed to, and what waits for it."""
    member = await member_of(call)
    return await _page(call, member)


@endpoint("POST", HERE, door="page")
async def agree(call: Call) -> Answer:
    """Agree to the version that stood on the page."""
    member = await member_of(call)
    fields = await form_of(call, member)
    text = fields.text("version") or ""
    version = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
    try:
        await call.deps.db.write(responsibility.agree, call.deps.urls, member.account.id, version)
    except Problem as problem:
        return await _page(call, member, problem)
    return back_to(member, HERE)


async def _page(call: Call, member: Member, problem: Problem | None = None) -> Answer:
    return member_page(
        call,
        member,
        "code_agree.html",
        problem,
        found=await call.deps.db.read(responsibility.signing, member.account.id),
    )


async def _public(call: Call, version: int | None) -> Answer:
    code = await call.deps.db.read(responsibility.version_of, version)
    newest = code if version is None else await call.deps.db.read(responsibility.version_of, None)
    return page(call, "code_read.html", code=code, newest=newest.version, at=moment(code.published_at))
