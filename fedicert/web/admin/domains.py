"""The domains that are blocked for everybody here (docs/law.md, Cases), as a page: listed, added, changed, taken back."""

from typing import Any

from fedicert.base.clock import DAY
from fedicert.base.errors import Problem
from fedicert.model.domain_blocks import SEVERITIES, DomainBlock
from fedicert.operations import bars, domain_blocks
from fedicert.store.unit import Tx
from fedicert.text.decisions import moment
from fedicert.web.plumbing.answers import Answer
from fedicert.web.plumbing.bodies import Fields
from fedicert.web.plumbing.call import Call, read_id
from fedicert.web.plumbing.endpoint import endpoint
from fedicert.web.plumbing.members import STAFF, Member, back_to, form_of, member_of, member_page

PATH = "/admin/domains"
SHOWN = 100
MEANS = {
    "suspend": "blocked: nothing is taken from there, and nothing new is said to it",
    "silence": "silenced: its posts stand in no public timeline",
    "noop": "noted: only what else is ticked holds",
}


@endpoint("GET", PATH, door="page")
async def show(call: Call) -> Answer:
    """What was decided about which domain; a form to add one, and one beside each to take it back."""
    return await _page(call, await member_of(call, *STAFF))


@endpoint("POST", PATH, door="page")
async def change(call: Call) -> Answer:
    """Block a domain (`domain`, `severity`, comments), or take a block back (`undo`: its id)."""
    member = await member_of(call, *STAFF)
    fields = await form_of(call, member)
    gone, by = fields.text("undo") or "", member.account.id

    async def act(tx: Tx) -> None:
        if gone:
            await domain_blocks.unblock(tx, read_id(gone), by)
        else:
            await domain_blocks.block(tx, call.deps.urls, _wanted(fields), by)

    try:
        await call.deps.db.write(act)
    except Problem as problem:
        return await _page(call, member, problem, fields)
    return back_to(member, PATH)


def _wanted(fields: Fields) -> DomainBlock:
    return DomainBlock(
        id=0,
        domain=fields.text("domain") or "",
        severity=domain_blocks.severity_of(fields.text("severity") or "suspend"),
        reject_media=bool(fields.text("reject_media")),
        reject_reports=bool(fields.text("reject_reports")),
        obfuscate=bool(fields.text("obfuscate")),
        public_comment=fields.text("public_comment") or "",
        private_comment=fields.text("private_comment") or "",
    )


async def _page(call: Call, member: Member, problem: Problem | None = None, fields: Fields | None = None) -> Answer:
    after = call.query("after") or ""
    found = [one for one in await call.deps.db.read(domain_blocks.every) if one.domain > after]
    return member_page(
        call,
        member,
        "admin_domains.html",
        problem,
        blocks=[_shown(one) for one in found[:SHOWN]],
        more=found[SHOWN - 1].domain if len(found) > SHOWN else "",
        choices=[(severity, MEANS[severity]) for severity in reversed(SEVERITIES)],
        days=bars.KEPT_FOR // DAY,
        typed={name: (fields.text(name) or "") if fields else "" for name in _TYPED},
    )


_TYPED = ("domain", "severity", "public_comment", "private_comment", "reject_media", "reject_reports", "obfuscate")


def _shown(one: DomainBlock) -> dict[str, Any]:
    also = [
        words
        for words, holds in (
            ("no pictures are fetched from there", one.reject_media),
            ("reports from there aren't taken", one.reject_reports),
            ("the public list hides part of its name", one.obfuscate),
        )
        if holds
    ]
    return {
        "id": one.id,
        "domain": one.domain,
        "means": MEANS[one.severity],
        "also": "; ".join(also),
        "since": moment(one.created_at),
        "public_comment": one.public_comment,
        "private_comment": one.private_comment,
        "pauses": one.severity == "suspend",
    }
