"""The ledger by API (law 7), an addition of ours: an account its own rows, an owner or admin all; each as an export, too.

An export is NDJSON that `fedicert ledger verify FILE` verifies; the latest checkpoint stands in it.
"""

from typing import Any
from urllib.parse import quote

import msgspec
from starlette.responses import StreamingResponse

from fedicert.base.log import iso
from fedicert.operations import exporting, records
from fedicert.operations.records import Told
from fedicert.text.decisions import rule_anchor
from fedicert.web.plumbing.answers import Answer
from fedicert.web.plumbing.call import Call
from fedicert.web.plumbing.endpoint import endpoint
from fedicert.web.plumbing.ledgers import own_file, whole_file

MOST = 80


class Rule(msgspec.Struct, frozen=True):
    """The clause that decided, and where it is explained."""

    id: str
    url: str


class PartyEntity(msgspec.Struct, frozen=True):
    """Somebody whom a row names: actor id and handle; both null where the name was erased."""

    uri: str | None
    acct: str | None


class LedgerRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the ledger."""

    id: str
    account: str
    seq: int
    created_at: str
    kind: str
    rule: Rule
    sentence: str
    parties: dict[str, PartyEntity]
    body: dict[str, Any]
    hash: str
    prev: str


@endpoint("GET", "/api/fedicert/v1/ledger", scope="read:accounts")
async def own(call: Call) -> Answer:
    """What was decided about the asking account, newest first."""
    limit = call.page(40, MOST).limit
    return _page(call, await call.read(records.own_rows, call.query("max_id") or "", limit), limit)


@endpoint("GET", "/api/fedicert/v1/ledger/export", scope="read:accounts")
async def own_export(call: Call) -> StreamingResponse:
    """The asking account's own ledger, as a file."""
    return own_file(call, call.actor)


@endpoint("GET", "/api/fedicert/v1/admin/ledger", scope="admin:read")
async def everybodys(call: Call) -> Answer:
    """Everything, newest first; of one account, or of the `instance`, with `account`."""
    limit = call.page(40, MOST).limit
    found = await call.read(records.all_rows, call.query("max_id") or "", limit, call.query("account") or "")
    return _page(call, found, limit)


@endpoint("GET", "/api/fedicert/v1/admin/ledger/export", scope="admin:read")
async def export(call: Call) -> StreamingResponse:
    """The whole ledger as a file: redacted, or with `redacted=false` with every name in it."""
    await call.read(exporting.for_staff)
    return whole_file(call, redacted=(call.query("redacted") or "true").lower() not in ("0", "false", "off"))


def _page(call: Call, rows: list[Told], limit: int) -> Answer:
    base = call.deps.urls.base
    link = ""
    if len(rows) == limit:
        kept = "".join(f"&{name}={quote(value)}" for name in ("limit", "account") if (value := call.query(name)))
        link = f'<{base}{call.scope["path"]}?max_id={rows[-1].id}{kept}>; rel="next"'
    return Answer([_entity(row, base) for row in rows], link=link)


def _entity(row: Told, base: str) -> LedgerRow:
    return LedgerRow(
        id=row.id,
        account=row.owner.removeprefix("@") or "instance",
        seq=row.seq,
        created_at=iso(row.at),
        kind=row.kind,
        rule=Rule(row.rule, f"{base}/about/law{rule_anchor(row.rule)}"),
        sentence=row.sentence,
        parties={
            role: PartyEntity(uri or None, row.names[role].removeprefix("@") or None)
            for role, uri in row.parties.items()
        },
        body=row.body,
        hash=row.hash,
        prev=row.prev,
    )
