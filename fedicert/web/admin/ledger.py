"""The whole ledger as a page, for owners and admins, and as a file for an auditor (law 7)."""

from __future__ import annotations

from starlette.responses import StreamingResponse

from fedicert.base.errors import NotFound
from fedicert.operations import records
from fedicert.web.plumbing.answers import Answer
from fedicert.web.plumbing.call import Call
from fedicert.web.plumbing.endpoint import endpoint
from fedicert.web.plumbing.ledgers import ROWS, shown, whole_file
from fedicert.web.plumbing.members import STAFF, member_of, member_page


@endpoint("GET", "/admin/ledger", door="page")
async def ledger(call: Call) -> Answer:
    """A page of rows of everybody, or of one account (`of`), the newest first."""
    member = await member_of(call, *STAFF)
    of, wrong = (call.query("of") or "").strip(), ""
    try:
        rows = await call.deps.db.read(records.all_rows, member.account.id, call.query("max_id") or "", ROWS, of)
    except NotFound:
        rows, wrong = [], f"There is no account {of} here."
    return member_page(
        call,
        member,
        "admin_ledger.html",
        rows=[shown(row) for row in rows],
        of=of,
        wrong=wrong,
        older=rows[-1].id if len(rows) == ROWS else "",
    )


@endpoint("GET", "/admin/ledger/export", door="page")
async def export(call: Call) -> Answer | StreamingResponse:
    """The file: redacted, unless `redacted=no`."""
    await member_of(call, *STAFF)
    return whole_file(call, redacted=call.query("redacted") != "no")
