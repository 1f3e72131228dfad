"""One's own ledger as a page (law 7): what happened, by whom, under which rule and why, each row a sentence."""

from __future__ import annotations

from starlette.responses import StreamingResponse

from fedicert.operations import records
from fedicert.web.plumbing.answers import Answer
from fedicert.web.plumbing.call import Call
from fedicert.web.plumbing.endpoint import endpoint
from fedicert.web.plumbing.ledgers import ROWS, own_file, shown
from fedicert.web.plumbing.members import member_of, member_page


@endpoint("GET", "/settings/ledger", door="page")
async def ledger(call: Call) -> Answer:
    """A page of rows, the newest first."""
    member = await member_of(call)
    rows = await call.deps.db.read(records.own_rows, member.account.id, call.query("max_id") or "", ROWS)
    return member_page(
        call,
        member,
        "ledger.html",
        rows=[shown(row) for row in rows],
        older=rows[-1].id if len(rows) == ROWS else "",
        first=not call.query("max_id"),
    )


@endpoint("GET", "/settings/ledger/export", door="page")
async def own_export(call: Call) -> Answer | StreamingResponse:
    """The same as a file that verifies by itself."""
    member = await member_of(call)
    return own_file(call, member.account.id)
