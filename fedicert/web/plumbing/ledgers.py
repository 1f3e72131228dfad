"""The ledger as doors give it: a row as a page has it, and the files that are written while they are read."""

from collections.abc import AsyncIterator
from typing import Any

from starlette.responses import StreamingResponse

from fedicert.operations import exporting
from fedicert.operations.records import Told
from fedicert.text.decisions import moment, rule_anchor
from fedicert.web.plumbing.call import Call

ROWS = 40
"""On a page."""


def own_file(call: Call, account: int) -> StreamingResponse:
    """One account's own ledger. Whose it is the door knows."""
    domain = call.deps.config.domain
    return _file(exporting.own(call.deps.db, domain, account), f"ledger-own-{domain}")


def whole_file(call: Call, *, redacted: bool) -> StreamingResponse:
    """The whole ledger. Who may have it the door knows."""
    domain = call.deps.config.domain
    lines = exporting.everybody(call.deps.db, domain, redacted=redacted)
    return _file(lines, f"ledger-{domain}{'-redacted' if redacted else ''}")


def _file(lines: AsyncIterator[bytes], name: str) -> StreamingResponse:
    safe = "".join(letter if letter.isalnum() or letter in ".-" else "_" for letter in name)
    headers = {"content-disposition": f'attachment; filename="{safe}.jsonl"', "cache-control": "private, no-store"}
    return StreamingResponse(lines, media_type="application/x-ndjson", headers=headers)


def shown(row: Told) -> dict[str, Any]:
    """A row as a page has it."""
    return {
        "seq": row.seq,
        "owner": row.owner or "the server itself",
        "moment": moment(row.at),
        "sentence": row.sentence,
        "rule": row.rule,
        "anchor": rule_anchor(row.rule),
    }
