"""Domains one wants nothing to do with. The server's own blocks are the admin's."""

from typing import Any

from fedicert.mastodon.day_forms import DomainForm
from fedicert.operations import mutes
from fedicert.store.unit import Tx
from fedicert.store.views import domains as views
from fedicert.web.plumbing.endpoint import Answer, Call, endpoint


@endpoint("GET", "/api/v1/domain_blocks", scope="read:blocks", hop=True)
async def several(call: Call) -> Answer:
    """Which."""
    found = await call.read(views.hidden, call.page(100, 200))
    return Answer(found.names, link=call.link(found.oldest, found.newest, found.more))


@endpoint("GET", "/api/v1/domain_blocks/preview", scope="read:blocks", hop=True, form=DomainForm)
async def preview(call: Call) -> dict[str, int]:
    """How many follows a block would end."""
    form: DomainForm = call.form
    found = await call.read(views.severed, form.domain.strip().lower())
    return {"following_count": found.following, "followers_count": found.followers}


@endpoint("POST", "/api/v1/domain_blocks", scope="write:blocks", hop=True, form=DomainForm)
async def block(call: Call) -> dict[str, Any]:
    """Hide a domain; follows with its people end both ways."""
    form: DomainForm = call.form

    async def act(tx: Tx, account: int) -> None:
        await mutes.hide_domain(tx, call.deps.urls, account, form.domain)

    await call.write(act)
    return {}


@endpoint("DELETE", "/api/v1/domain_blocks", scope="write:blocks", hop=True, form=DomainForm)
async def unblock(call: Call) -> dict[str, Any]:
    """Hide it no longer; the follows stay ended."""
    form: DomainForm = call.form
    await call.write(mutes.show_domain, form.domain)
    return {}
