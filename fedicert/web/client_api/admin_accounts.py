"""Accounts for this server's staff, by Mastodon's own administration API."""

from typing import Any

from fedicert.mastodon.admin_entities import AdminAccount, admin_account
from fedicert.mastodon.admin_forms import AdminAccountsQuery, AdminActionForm
from fedicert.model.administration import AccountFilter, AdminAccountRow, Status
from fedicert.operations import administration
from fedicert.web.plumbing.endpoint import Answer, Call, endpoint

READ, WRITE = "admin:read:accounts", "admin:write:accounts"


@endpoint("GET", "/api/v1/admin/accounts", scope=READ, form=AdminAccountsQuery)
@endpoint("GET", "/api/v2/admin/accounts", scope=READ, form=AdminAccountsQuery)
async def several(call: Call) -> Answer:
    """Which, latest first, by either version's filters."""
    found = await call.read(administration.several, _filter(call.form), call.page(100, 200))
    shown = [admin_account(row, call.deps.urls) for row in found.rows]
    return Answer(shown, link=call.link(found.oldest, found.newest, found.more))


@endpoint("GET", "/api/v1/admin/accounts/{id}", scope=READ)
async def one(call: Call) -> AdminAccount:
    """One."""
    return _shown(call, await call.read(administration.one, call.id()))


@endpoint("POST", "/api/v1/admin/accounts/{id}/action", scope=WRITE, form=AdminActionForm)
async def act(call: Call) -> dict[str, Any]:
    """`none`, `disable` or `suspend`; `text` is the reason, which stands on the ledger."""
    form: AdminActionForm = call.form
    await call.write(administration.act, call.deps.urls, call.id(), form.type, form.text)
    return {}


@endpoint("POST", "/api/v1/admin/accounts/{id}/approve", scope=WRITE)
async def approve(call: Call) -> AdminAccount:
    """Let somebody in who signed up."""
    return _shown(call, await call.write(administration.approve, call.id()))


@endpoint("POST", "/api/v1/admin/accounts/{id}/reject", scope=WRITE)
async def reject(call: Call) -> AdminAccount:
    """Send somebody away who signed up."""
    return _shown(call, await call.write(administration.reject, call.deps.urls, call.id()))


@endpoint("POST", "/api/v1/admin/accounts/{id}/enable", scope=WRITE)
async def enable(call: Call) -> AdminAccount:
    """Open a closed account again."""
    return _shown(call, await call.write(administration.enable, call.id()))


@endpoint("POST", "/api/v1/admin/accounts/{id}/unsuspend", scope=WRITE)
async def unsuspend(call: Call) -> AdminAccount:
    """Take a suspension back."""
    return _shown(call, await call.write(administration.unsuspend, call.deps.urls, call.id()))


@endpoint("DELETE", "/api/v1/admin/accounts/{id}", scope=WRITE)
async def delete(call: Call) -> AdminAccount:
    """Erase a suspended account."""
    return _shown(call, await call.write(administration.delete, call.deps.urls, call.id()))


def _shown(call: Call, row: AdminAccountRow) -> AdminAccount:
    return admin_account(row, call.deps.urls)


def _filter(query: AdminAccountsQuery) -> AccountFilter:
    status: Status = query.status or ""
    flags: tuple[tuple[bool, Status], ...] = (
        (query.active, "active"),
        (query.pending, "pending"),
        (query.disabled, "disabled"),
        (query.silenced, "silenced"),
        (query.suspended, "suspended"),
    )
    for flag, named in flags:
        status = status or (named if flag else "")
    return AccountFilter(
        origin=query.origin or ("local" if query.local else "remote" if query.remote else ""),
        status=status,
        staff=query.staff or query.permissions == "staff",
        username=query.username,
        display_name=query.display_name,
        email=query.email,
        domain=query.by_domain,
    )
