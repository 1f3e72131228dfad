"""An admin blocks a domain for everybody here, and takes it back (docs/law.md, Cases). Told on the instance's ledger.

`suspend`: nothing is taken from there, nothing new is said to it, its people are hidden, and those who follow somebody
here are paused with their slots. What takes something back still goes there. Undone within 30 days, all is as it was.
"""

import msgspec

from fedicert.base.errors import BadRequest, Conflict, NotFound, Unprocessable
from fedicert.base.urls import canonical_authority
from fedicert.model.domain_blocks import SEVERITIES, DomainBlock, Severity, names_of
from fedicert.model.urls import Urls
from fedicert.operations import bars, dispatch, offices
from fedicert.operations.ledger import record
from fedicert.store.tables import domain_blocks, people
from fedicert.store.tables.local_people import Person
from fedicert.store.unit import Reader, Tx

SIGNAL = "domain_blocks"
LONGEST_COMMENT = 1_000


async def block(tx: Tx, urls: Urls, wanted: DomainBlock, by: int) -> DomainBlock:
    """Block a domain and all below it. Raises Forbidden, Unprocessable, Conflict where it stands in the list."""
    admin = await offices.of(tx, by, offices.ADMINS)
    name = name_of(wanted.domain)
    if set(names_of(urls.host)) & {name} or set(names_of(urls.domain)) & {name}:
        raise Unprocessable("Validation failed: Domain is this server's own")
    if await domain_blocks.by_name(tx, name) is not None:
        raise Conflict(f"{name} is in the list already; change it there")
    made = msgspec.structs.replace(_checked(wanted), domain=name, created_at=tx.now)
    made = msgspec.structs.replace(made, id=await domain_blocks.insert(tx, made))
    await _applied(tx, "domain_blocked", admin, made)
    return made


async def change(tx: Tx, identifier: int, wanted: DomainBlock, by: int) -> DomainBlock:
    """Change what was decided about a domain; its name stays. Raises Forbidden, NotFound, Unprocessable."""
    admin = await offices.of(tx, by, offices.ADMINS)
    before = await get(tx, identifier)
    after = msgspec.structs.replace(_checked(wanted), id=before.id, domain=before.domain, created_at=before.created_at)
    if after != before:
        await domain_blocks.update(tx, after)
        await _applied(tx, "domain_block_changed", admin, after)
    return after


async def unblock(tx: Tx, identifier: int, by: int) -> DomainBlock:
    """Take it back: who was paused for it is restored. Raises Forbidden, NotFound."""
    admin = await offices.of(tx, by, offices.ADMINS)
    before = await get(tx, identifier)
    await domain_blocks.delete(tx, identifier)
    await _applied(tx, "domain_unblocked", admin, before)
    return before


async def get(reader: Reader, identifier: int) -> DomainBlock:
    """One of them. Raises NotFound."""
    found = await domain_blocks.by_id(reader, identifier)
    if found is None:
        raise NotFound
    return found


async def named(reader: Reader, domain: str) -> DomainBlock:
    """The one of this name. Raises NotFound, Unprocessable."""
    found = await domain_blocks.by_name(reader, name_of(domain))
    if found is None:
        raise NotFound(f"{domain} isn't in the list")
    return found


async def every(reader: Reader) -> list[DomainBlock]:
    """All of them, by name."""
    return await domain_blocks.every(reader)


def name_of(domain: str) -> str:
    """A domain as it stands in the list. Raises Unprocessable."""
    try:
        host, port = canonical_authority(domain.strip().lower())
    except BadRequest:
        raise Unprocessable(
            "Validation failed: Domain is not a valid domain name", {"domain": [("ERR_INVALID", "is invalid")]}
        ) from None
    return host if port is None else f"{host}:{port}"


def severity_of(text: str) -> Severity:
    """What a client or a command calls it. Raises Unprocessable."""
    for severity in SEVERITIES:
        if text == severity:
            return severity
    raise Unprocessable(f"Validation failed: Severity is one of {', '.join(SEVERITIES)}")


def _checked(wanted: DomainBlock) -> DomainBlock:
    for comment in (wanted.private_comment, wanted.public_comment):
        if len(comment) > LONGEST_COMMENT:
            raise Unprocessable(f"Validation failed: a comment has at most {LONGEST_COMMENT:,} characters")
    return wanted


async def _applied(tx: Tx, kind: str, admin: Person, block: DomainBlock) -> None:
    body = {"domain": block.domain, "severity": block.severity, "why": block.public_comment}
    await record(tx, await people.instance(tx), kind, bars.DOMAIN, {"by": offices.party(admin)}, body)
    if kind != "domain_unblocked" and block.severity == "suspend":
        await dispatch.shut_out(tx, block.domain)
    await bars.ask_for_domains(tx)
    tx.signal(SIGNAL)
