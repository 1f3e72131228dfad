"""The page on which somebody takes everything out: an archive, and lists that other servers import."""

from starlette.responses import Response

from fedicert.base.errors import NotFound, Problem
from fedicert.mastodon import csv_files
from fedicert.operations import archives
from fedicert.store.archive_files import new_archive_name
from fedicert.store.views import archive as views
from fedicert.text.licences import day
from fedicert.web.plumbing.answers import Answer
from fedicert.web.plumbing.call import Call, read_id
from fedicert.web.plumbing.downloads import archive_answer
from fedicert.web.plumbing.endpoint import endpoint
from fedicert.web.plumbing.members import Member, back_to, form_of, member_of, member_page

HERE = "/settings/export"
CSV = b"text/csv; charset=utf-8"
PAGE = 1_000
MOST = 200_000
TITLES = {
    "following": "People I follow",
    "followers": "My followers",
    "lists": "Lists",
    "blocks": "People I block",
    "mutes": "People I mute",
    "domain_blocks": "Servers I hide",
    "bookmarks": "Bookmarks",
}


@endpoint("GET", HERE, door="page")
async def show(call: Call) -> Answer:
    """What can be taken out, and the archives there are."""
    member = await member_of(call, closed=True)
    return await _page(call, member)


@endpoint("POST", HERE, door="page")
async def ask(call: Call) -> Answer:
    """Ask for an archive."""
    member = await member_of(call, closed=True)
    await form_of(call, member)
    try:
        await call.deps.db.write(archives.ask, member.account.id, new_archive_name(call.deps.entropy))
    except Problem as problem:
        return await _page(call, member, problem)
    return back_to(member, HERE)


@endpoint("GET", "/settings/export/archive", door="page")
async def archive(call: Call) -> Answer | Response:
    """The file."""
    member = await member_of(call, closed=True)
    found = await call.deps.db.read(archives.own, member.account.id, read_id(call.query("id") or ""))
    return await archive_answer(call, found, member.account.username)


@endpoint("GET", "/settings/export/list", door="page")
async def one_list(call: Call) -> Answer:
    """One list as a CSV file."""
    member = await member_of(call, closed=True)
    kind = call.query("kind") or ""
    if kind not in TITLES:
        raise NotFound
    parts = [csv_files.write(kind, ())]
    after: int | None = 0
    while after is not None and len(parts) * PAGE < MOST:
        found = await call.deps.db.read(views.lines, kind, member.account.id, call.deps.urls.domain, after, PAGE)
        parts.append(csv_files.write(kind, found.rows, header=False))
        after = found.after
    headers = {"content-disposition": f'attachment; filename="{kind}.csv"', "cache-control": "private, no-store"}
    return Answer("".join(parts).encode(), headers=headers, content_type=CSV)


async def _page(call: Call, member: Member, problem: Problem | None = None) -> Answer:
    found = await call.deps.db.read(archives.all_of, member.account.id)
    shown = [
        {"id": one.id, "state": one.state, "day": day(one.asked_at), "megabytes": max(1, one.bytes // 1_000_000)}
        for one in found
    ]
    return member_page(call, member, "export.html", problem, titles=TITLES, shown=shown)
