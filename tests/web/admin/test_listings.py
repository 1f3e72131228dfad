"""The admin's page of relays and groups: shown to staff alone, changed by a form with its token, told with a reason."""

from __future__ import annotations

import httpx

from fedicert.operations import people
from fedicert.web.plumbing.app import App
from tests import world
from tests.web.site import form, log_in

PATH = "/admin/listings?account=ada"


async def test_listing_a_relay_and_striking_it_off(app: App, http: httpx.AsyncClient) -> None:
    assert (await http.get(PATH)).headers["location"].startswith("/login")
    await log_in(http)
    assert (await http.get(PATH)).status_code == 403
    await app.deps.db.write(people.promote, "ada", "admin")
    await app.deps.db.write(world.make_remote, "relay", "relay.example", kind="Application")
    await app.deps.db.write(world.make_remote, "bob", "far.example")

    page = await http.get(PATH)
    assert page.status_code == 200
    assert "Nobody is listed" in page.text and "<label" in page.text
    _, fields = form(page)
    assert (await http.post(PATH, data={"acct": "relay@relay.example", "reason": "x"})).status_code == 403, "no token"
    for acct, reason, told in (
        ("nobody@far.example", "x", "nobody called"),
        ("bob@far.example", "x", "is no relay"),
        ("relay@relay.example", " ", "Say why"),
    ):
        answer = await http.post(PATH, data=fields | {"acct": acct, "reason": reason})
        assert answer.status_code in (404, 422)
        assert told in answer.text
    answer = await http.post(PATH, data=fields | {"acct": "relay@relay.example", "reason": "the <b>choir</b>"})
    assert (answer.status_code, answer.headers["location"]) == (303, PATH)
    page = await http.get(PATH)
    assert "listed by @ada: the &lt;b&gt;choir&lt;/b&gt;" in page.text
    account = page.text.partition('name="remove" value="')[2].partition('"')[0]
    answer = await http.post(PATH, data=fields | {"remove": account, "reason": "it mirrors everything"})
    assert answer.status_code == 303
    assert "Nobody is listed" in (await http.get(PATH)).text
