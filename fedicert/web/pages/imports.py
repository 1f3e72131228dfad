"""The page on which somebody brings the lists they took out elsewhere, and sees what came of them."""

from fedicert.base.errors import Problem, Unprocessable
from fedicert.mastodon import csv_files
from fedicert.operations import imports
from fedicert.text.licences import day
from fedicert.web.plumbing.answers import Answer, redirect
from fedicert.web.plumbing.call import Call, read_id
from fedicert.web.plumbing.endpoint import endpoint
from fedicert.web.plumbing.members import Member, form_of, member_of, member_page
from fedicert.web.plumbing.uploads import MOST_BODY, file_of

HERE = "/settings/import"
TITLES = {
    "following": "People I follow",
    "lists": "Lists",
    "blocks": "People I block",
    "mutes": "People I mute",
    "domain_blocks": "Servers I hide",
    "bookmarks": "Bookmarks",
}


@endpoint("GET", HERE, door="page")
async def show(call: Call) -> Answer:
    """The form, and the latest imports."""
    member = await member_of(call)
    return member if isinstance(member, Answer) else await _page(call, member)


@endpoint("POST", HERE, door="page", limit="media", most=MOST_BODY)
async def bring(call: Call) -> Answer:
    """A file of one kind."""
    member = await member_of(call)
    if isinstance(member, Answer):
        return member
    fields = await form_of(call, member)
    try:
        kind = csv_files.read_kind(fields.text("type") or "")
        data = await file_of(fields, "data")
        if data is None:
            raise Unprocessable("Choose a file first")
        await call.deps.db.write(imports.begin, member.account.id, kind, csv_files.read(kind, data))
    except Problem as error:
        return await _page(call, member, status=error.status, wrong=str(error))
    return redirect(f"{HERE}?account={member.account.username}")


@endpoint("POST", "/settings/import/again", door="page")
async def again(call: Call) -> Answer:
    """Try once more what didn't come in."""
    member = await member_of(call)
    if isinstance(member, Answer):
        return member
    fields = await form_of(call, member)
    await call.deps.db.write(imports.again, member.account.id, read_id(fields.text("id") or ""))
    return redirect(f"{HERE}?account={member.account.username}")


@endpoint("GET", "/settings/import/left", door="page")
async def left(call: Call) -> Answer:
    """What didn't come in, with the reasons; a page."""
    member = await member_of(call)
    if isinstance(member, Answer):
        return member
    identifier = read_id(call.query("id") or "")
    kind, found = await call.deps.db.read(imports.left, member.account.id, identifier)
    rows = [(f"{line.list}: {line.name}" if line.list else line.name, reason) for line, reason in found]
    return member_page(call, member, "import_left.html", title=TITLES[kind], rows=rows)


async def _page(call: Call, member: Member, *, status: int = 200, wrong: str = "") -> Answer:
    found = await call.deps.db.read(imports.all_of, member.account.id)
    shown = [(TITLES[one.kind], day(one.created_at), one) for one in found]
    return member_page(call, member, "import.html", status=status, wrong=wrong, titles=TITLES, shown=shown)
