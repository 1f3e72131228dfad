"""The page on which somebody brings the lists they took out elsewhere, and sees what came of them."""

from fedicert.base.errors import Problem, Unprocessable
from fedicert.mastodon import csv_files
from fedicert.operations import imports
from fedicert.text.licences import day
from fedicert.web.pages import exports
from fedicert.web.plumbing.answers import Answer
from fedicert.web.plumbing.call import Call, read_id
from fedicert.web.plumbing.endpoint import endpoint
from fedicert.web.plumbing.members import Member, back_to, form_of, member_of, member_page
from fedicert.web.plumbing.uploads import MOST_BODY, file_of

HERE = "/settings/import"
TITLES = {kind: title for kind, title in exports.TITLES.items() if kind in csv_files.KINDS}


@endpoint("GET", HERE, door="page")
async def show(call: Call) -> Answer:
    """The form, and the latest imports."""
    member = await member_of(call)
    return await _page(call, member)


@endpoint("POST", HERE, door="page", limit="media", most=MOST_BODY)
async def bring(call: Call) -> Answer:
    """A file of one kind."""
    member = await member_of(call)
    fields = await form_of(call, member)
    try:
        kind = csv_files.read_kind(fields.text("type") or "")
        data = await file_of(fields, "data")
        if data is None:
            raise Unprocessable("Choose a file first")
        await call.deps.db.write(imports.begin, member.account.id, kind, csv_files.read(kind, data))
    except Problem as problem:
        return await _page(call, member, problem)
    return back_to(member, HERE)


@endpoint("POST", "/settings/import/again", door="page")
async def again(call: Call) -> Answer:
    """Try once more what didn't come in."""
    member = await member_of(call)
    fields = await form_of(call, member)
    await call.deps.db.write(imports.again, member.account.id, read_id(fields.text("id") or ""))
    return back_to(member, HERE)


@endpoint("GET", "/settings/import/left", door="page")
async def left(call: Call) -> Answer:
    """What didn't come in, with the reasons; a page."""
    member = await member_of(call)
    identifier = read_id(call.query("id") or "")
    kind, found = await call.deps.db.read(imports.left, member.account.id, identifier)
    rows = [(f"{line.list}: {line.name}" if line.list else line.name, reason) for line, reason in found]
    return member_page(call, member, "import_left.html", title=TITLES[kind], rows=rows)


async def _page(call: Call, member: Member, problem: Problem | None = None) -> Answer:
    found = await call.deps.db.read(imports.all_of, member.account.id)
    shown = [(TITLES[one.kind], day(one.created_at), one) for one in found]
    return member_page(call, member, "import.html", problem, titles=TITLES, shown=shown)
