"""Pages for people who logged in with a browser: who they are, as which of their accounts, and where they may go.

    @endpoint("GET", "/settings/reach", door="page")
    async def reach(call: Call) -> Answer:
        member = await member_of(call)
        if isinstance(member, Answer):
            return member
        return member_page(call, member, "reach.html", …)

A page that changes something is a POST with `form_token` (`form_of`), and answers with a redirect (303).
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import msgspec

from fedicert.base.errors import Forbidden
from fedicert.model.oauth import SessionAccount
from fedicert.web.plumbing.answers import Answer, redirect
from fedicert.web.plumbing.bodies import Fields
from fedicert.web.plumbing.call import Call
from fedicert.web.plumbing.sessions import Browser, browser_of, check_form, page

STAFF: tuple[str, ...] = ("owner", "admin")

NOT_YOURS = "This account isn't one of yours. Choose one of those you logged in with"
NOT_STAFF = "This page is for this server's owner and admins"


class Place(msgspec.Struct, frozen=True):
    """A page in the menu of those who logged in; `roles` empty: for everybody."""

    href: str
    title: str
    roles: tuple[str, ...] = ()


MENU: tuple[Place, ...] = (
    Place("/settings/reach", "Your reach"),
    Place("/settings/answers", "Who may answer"),
    Place("/settings/move", "Moving"),
    Place("/settings/import", "Import"),
    Place("/settings/export", "Export"),
    Place("/settings/ledger", "Your ledger"),
    Place("/admin/ledger", "The ledger", STAFF),
    Place("/admin/ladder", "The ladder", STAFF),
    Place("/admin/marks", "Posts outside a licence", (*STAFF, "moderator")),
    Place("/admin/listings", "Relays and groups", STAFF),
)
"""The menu, in its order."""


class Member(msgspec.Struct, frozen=True):
    """Somebody who logged in, as one of their accounts."""

    browser: Browser
    account: SessionAccount
    others: tuple[SessionAccount, ...]

    @property
    def menu(self) -> list[Place]:
        """Where this account may go."""
        return [place for place in MENU if not place.roles or self.account.role in place.roles]


async def member_of(call: Call, *roles: str) -> Member | Answer:
    """Who sits there, as the account that `?account=NAME` names, else their first; or the way to the login form.

    With roles, only for an account that has one of them. Raises `Forbidden` otherwise.
    """
    browser = await browser_of(call)
    session = browser.session
    if session is None or session.state != "ready" or not session.accounts:
        here = call.scope["path"]
        query = call.scope["query_string"].decode("latin-1")
        return redirect("/login?return_to=" + quote(f"{here}?{query}" if query else here, safe=""))
    named = call.query("account")
    found = [account for account in session.accounts if named in (None, account.username)]
    if not found:
        raise Forbidden(NOT_YOURS)
    able = [account for account in found if not roles or account.role in roles]
    if not able:
        raise Forbidden(NOT_STAFF if set(roles) <= set(STAFF) else f"This page is for: {', '.join(roles)}")
    return Member(browser, able[0], tuple(account for account in session.accounts if account.id != able[0].id))


async def form_of(call: Call, member: Member) -> Fields:
    """The fields of a form that was sent from a page of ours. Raises `Forbidden` for any other."""
    fields = await call.fields()
    check_form(call, member.browser, fields)
    return fields


def member_page(call: Call, member: Member, template: str, *, status: int = 200, **values: Any) -> Answer:
    """A page with the menu; its template extends `member.html`."""
    shown = {"member": member, "here": call.scope["path"]} | values
    return page(call, template, member.browser, status=status, **shown)
