"""Pages for people who logged in with a browser: who they are, as which of their accounts, and where they may go.

    @endpoint("GET", "/settings/reach", door="page")
    async def reach(call: Call) -> Answer:
        member = await member_of(call)
        return member_page(call, member, "reach.html", …)

A page that changes something is a POST with `form_token` (`form_of`), and answers with a redirect (303).
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import msgspec

from fedicert.base.errors import Forbidden, GoElsewhere, Problem
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
    closed: bool = False
    """Whoever was closed out by staff may go there too."""


MENU: tuple[Place, ...] = (
    Place("/settings/reach", "Your reach"),
    Place("/settings/ledger", "Your ledger"),
    Place("/settings/appeals", "Decisions and appeals", closed=True),
    Place("/settings/waivers", "Waivers"),
    Place("/settings/code", "Code of responsibility"),
    Place("/settings/accounts", "Accounts"),
    Place("/settings/answers", "Who may answer"),
    Place("/settings/move", "Moving"),
    Place("/settings/import", "Import"),
    Place("/settings/export", "Export", closed=True),
    Place("/admin/ladder", "The ladder", STAFF),
    Place("/admin/ledger", "The ledger", STAFF),
    Place("/admin/appeals", "Appeals of others", STAFF),
    Place("/admin/waivers", "Waivers of others", STAFF),
    Place("/admin/marks", "Posts outside a licence", (*STAFF, "moderator")),
    Place("/admin/listings", "Relays and groups", STAFF),
    Place("/admin/domains", "Blocked domains", STAFF),
)
"""The menu, in its order; what has roles stands in a list of its own."""


class Member(msgspec.Struct, frozen=True):
    """Somebody who logged in, as one of their accounts."""

    browser: Browser
    account: SessionAccount
    others: tuple[SessionAccount, ...]
    closed: bool = False
    """The account was closed by staff."""

    @property
    def menu(self) -> list[Place]:
        """Where everybody may go about what is theirs."""
        return [place for place in MENU if not place.roles and (place.closed or not self.closed)]

    @property
    def office(self) -> list[Place]:
        """Where this account may go about what is others', by its role."""
        return [place for place in MENU if self.account.role in place.roles and not self.closed]


async def member_of(call: Call, *roles: str, closed: bool = False) -> Member:
    """Who sits there, as the account that `?account=NAME` names, else their first.

    With roles, only for an account that has one of them. `closed`: also for accounts that staff closed, who are sent to
    their decisions and appeals from every other page. Raises `GoElsewhere`, for somebody unknown to the login form;
    `Forbidden`.
    """
    browser = await browser_of(call)
    session = browser.session
    ready = session is not None and session.state == "ready"
    able = session.accounts if session is not None and ready else ()
    out = session.closed if session is not None and (ready or session.state == "disabled") else ()
    if not able and not out:
        here = call.scope["path"]
        query = call.scope["query_string"].decode("latin-1")
        raise GoElsewhere("/login?return_to=" + quote(f"{here}?{query}" if query else here, safe=""))
    named = call.query("account")
    found = [one for one in (*able, *(out if closed else ())) if named in (None, one.username)]
    if not found:
        if not closed and (not able or named in {one.username for one in out}):
            raise GoElsewhere("/settings/appeals" + (f"?account={quote(named)}" if named else ""))
        raise Forbidden(NOT_YOURS)
    fit = [one for one in found if not roles or one.role in roles]
    if not fit:
        raise Forbidden(NOT_STAFF if set(roles) <= set(STAFF) else f"This page is for: {', '.join(roles)}")
    others = tuple(one for one in (*able, *(out if closed else ())) if one.id != fit[0].id)
    return Member(browser, fit[0], others, closed=fit[0] in out)


async def form_of(call: Call, member: Member) -> Fields:
    """The fields of a form that was sent from a page of ours. Raises `Forbidden` for any other."""
    fields = await call.fields()
    check_form(call, member.browser, fields)
    return fields


def member_page(call: Call, member: Member, template: str, problem: Problem | None = None, **values: Any) -> Answer:
    """A page with the menu; its template extends `member.html`. `problem`: why a form changed nothing, for `wrong`."""
    status, wrong = (200, "") if problem is None else (problem.status, str(problem))
    shown = {"member": member, "here": call.scope["path"], "wrong": wrong} | values
    return page(call, template, member.browser, status=status, **shown)


def older_than(call: Call, name: str = "before") -> int | None:
    """Where a list goes on, as the page before said; None at its beginning."""
    text = call.query(name) or ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def back_to(member: Member, path: str) -> Answer:
    """After a form: to a page of ours, as the same account (303)."""
    return redirect(f"{path}?account={member.account.username}")
