"""Every page with a form, and every door of the staff, by whoever has no business there. The list is that of the routes."""

from __future__ import annotations

import httpx
import pytest

from fedicert.web.doors import routes
from fedicert.web.plumbing.app import App
from fedicert.web.plumbing.endpoint import Route
from tests.web import site
from tests.web.client_api.people import EVERYTHING, client_of

PAGES = [route for route in routes() if route.door == "page" and route.path.startswith(("/settings", "/admin"))]
STAFF = [route for route in routes() if route.door == "client" and "/admin/" in route.path]
MODERATORS = ("/admin/marks", "/api/v1/admin/accounts", "/api/v2/admin/accounts", "/api/v1/admin/reports",
              "/api/fedicert/v1/admin/marks", "/api/fedicert/v1/admin/statuses/{id}/mark",
              "/api/fedicert/v1/admin/statuses/{id}/unmark", "/api/v1/admin/accounts/{id}")  # fmt: skip
"""Where moderators may come as well; the others are for owners and admins."""


def path_of(route: Route) -> str:
    return route.path.replace("{id}", "1").replace("{name}", "personal").replace("{seq}", "1")


def test_there_are_such_doors() -> None:
    assert len(PAGES) > 30 and len(STAFF) > 30
    assert {route.path for route in PAGES if "POST" in route.methods} >= {"/admin/ladder/apply", "/settings/reach"}


@pytest.mark.law("P1")
async def test_pages_are_for_who_logged_in_and_forms_for_our_own_pages(app: App, http: httpx.AsyncClient) -> None:
    """Nobody sees a page of the settings without logging in; no form counts that another site sent, or that has no token."""
    await site.add_person(app, "root", role="owner")
    for route in PAGES:
        for method in route.methods:
            answer = await http.request(method, path_of(route))
            assert answer.status_code in (302, 303) and answer.headers["location"].startswith("/login"), route.path
    async with site.client(app) as browser:
        await site.log_in(browser, "root")
        for route in PAGES:
            if "POST" not in route.methods:
                continue
            token = site.form(await browser.get("/settings/waivers?account=root"))[1]["form_token"]
            for data, headers in (
                ({}, {}),
                ({"form_token": "0" * 64}, {}),
                ({"form_token": token}, {"origin": "https://evil.example"}),
                ({"form_token": token}, {"sec-fetch-site": "cross-site"}),
                ({"form_token": token}, {"sec-fetch-site": "same-site"}),
            ):
                answer = await browser.post(path_of(route), data=data, headers=headers)
                assert answer.status_code == 403 and "another site" in answer.text, (route.path, data, headers)


@pytest.mark.law("P1", "9.1")
@pytest.mark.parametrize("role", ["", "certifier", "moderator"])
async def test_doors_of_the_staff_ask_for_the_office(app: App, role: str) -> None:
    """Scopes of staff give nobody an office: without one every door is closed, a moderator's are few, and no tier is theirs."""
    someone = await site.add_person(app, "someone", role=role)
    allowed = MODERATORS if role == "moderator" else ()
    async with await client_of(app, someone, EVERYTHING | {"admin:read", "admin:write"}) as http:
        for route in STAFF:
            if any(route.path == path or route.path.startswith(path + "/") for path in allowed):
                continue
            for method in route.methods:
                body = {"act": "set", "name": "personal", "values": {"followers": "9"}, "token": "x", "reason": "why"}
                body |= {
                    "text": "words",
                    "outcome": "granted",
                    "account": "ada",
                    "followers": 900,
                    "domain": "x.example",
                }
                answer = await http.request(method, path_of(route), json=None if method == "GET" else body)
                # What isn't there may be said not to be, as long as nothing of it is told or done.
                assert answer.status_code in (403, 404), (role, method, route.path, answer.status_code, answer.text)
    async with site.client(app) as browser:
        await site.log_in(browser, "someone")
        for route in PAGES:
            if route.path == "/admin" and allowed:
                assert (await browser.get("/admin")).headers["location"] == "/admin/marks"
                continue
            if route.path.startswith("/admin") and not any(route.path.startswith(path) for path in allowed):
                answer = (
                    await browser.get(path_of(route)) if "GET" in route.methods else await browser.post(path_of(route))
                )
                assert answer.status_code == 403, (role, route.path)
