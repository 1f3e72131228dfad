"""Domains that an admin blocks for everybody here, by Mastodon's administration API; and what the public sees of them."""

import msgspec

from fedicert.mastodon.admin_entities import (
    AdminDomainBlock,
    PublicDomainBlock,
    admin_domain_block,
    public_domain_block,
)
from fedicert.mastodon.admin_forms import DomainBlockForm
from fedicert.model.domain_blocks import DomainBlock
from fedicert.operations import domain_blocks, offices
from fedicert.store.unit import Reader, Tx
from fedicert.web.plumbing.endpoint import Answer, Call, endpoint

READ, WRITE = "admin:read:domain_blocks", "admin:write:domain_blocks"


@endpoint("GET", "/api/v1/instance/domain_blocks")
async def public(call: Call) -> list[PublicDomainBlock]:
    """What this server has decided about other servers; those that nothing follows from aside."""
    found = await call.deps.db.read(domain_blocks.every)
    return [public_domain_block(block) for block in found if block.severity != "noop"]


@endpoint("GET", "/api/v1/admin/domain_blocks", scope=READ)
async def several(call: Call) -> Answer:
    """All of them, by id, latest first."""
    part = call.page(100, 200)
    found = sorted(await call.read(_every), key=lambda block: -block.id)
    lowest = max(part.since_id or 0, part.min_id or 0)
    fitting = [block for block in found if block.id > lowest and (part.max_id is None or block.id < part.max_id)]
    shown = fitting[-part.limit :] if part.ascending else fitting[: part.limit]
    oldest, newest = (shown[-1].id, shown[0].id) if shown else (None, None)
    link = call.link(oldest, newest, len(shown) >= part.limit)
    return Answer([admin_domain_block(block) for block in shown], link=link)


@endpoint("GET", "/api/v1/admin/domain_blocks/{id}", scope=READ)
async def one(call: Call) -> AdminDomainBlock:
    """One."""
    return admin_domain_block(await call.read(_one, call.id()))


@endpoint("POST", "/api/v1/admin/domain_blocks", scope=WRITE, form=DomainBlockForm)
async def block(call: Call) -> AdminDomainBlock:
    """Block a domain and all below it. `severity`: `suspend`, `silence` (the default, as with Mastodon) or `noop`."""
    wanted = _wanted(call.form, DomainBlock(id=0, domain=call.form.domain, severity="silence"))

    async def act(tx: Tx, by: int) -> DomainBlock:
        return await domain_blocks.block(tx, call.deps.urls, wanted, by)

    return admin_domain_block(await call.write(act))


@endpoint("PUT", "/api/v1/admin/domain_blocks/{id}", scope=WRITE, form=DomainBlockForm)
async def change(call: Call) -> AdminDomainBlock:
    """Change what was decided about a domain."""
    identifier = call.id()

    async def act(tx: Tx, by: int) -> DomainBlock:
        await offices.of(tx, by, offices.ADMINS)
        wanted = _wanted(call.form, await domain_blocks.get(tx, identifier))
        return await domain_blocks.change(tx, identifier, wanted, by)

    return admin_domain_block(await call.write(act))


@endpoint("DELETE", "/api/v1/admin/domain_blocks/{id}", scope=WRITE)
async def unblock(call: Call) -> AdminDomainBlock:
    """Take it back."""
    identifier = call.id()

    async def act(tx: Tx, by: int) -> DomainBlock:
        return await domain_blocks.unblock(tx, identifier, by)

    return admin_domain_block(await call.write(act))


async def _every(reader: Reader, by: int) -> list[DomainBlock]:
    await offices.of(reader, by, offices.ADMINS)
    return await domain_blocks.every(reader)


async def _one(reader: Reader, by: int, identifier: int) -> DomainBlock:
    await offices.of(reader, by, offices.ADMINS)
    return await domain_blocks.get(reader, identifier)


def _wanted(form: DomainBlockForm, before: DomainBlock) -> DomainBlock:
    said = {
        name: value
        for name in ("reject_media", "reject_reports", "obfuscate", "private_comment", "public_comment")
        if (value := getattr(form, name)) is not None
    }
    if form.severity is not None:
        said["severity"] = domain_blocks.severity_of(form.severity)
    return msgspec.structs.replace(before, **said)
