"""The admin's page of blocked domains: shown to staff alone, changed by forms with their token, and what it says is so."""

from __future__ import annotations

import httpx

from fedicert.operations import bars, follows, people
from fedicert.web.plumbing.app import App
from tests import world
from tests.web.site import form, log_in

PATH = "/admin/domains?account=ada"


async def test_blocking_a_domain_and_taking_it_back(app: App, http: httpx.AsyncClient) -> None:
    db = app.deps.db
    assert (await http.get(PATH)).headers["location"].startswith("/login")
    await log_in(http)
    assert (await http.get(PATH)).status_code == 403
    await db.write(people.promote, "ada", "admin")
    ada = (await db.read(people.find, "ada")).id
    bob = await db.write(world.make_remote, "bob", "noise.example")
    await db.write(follows.receive_follow, app.deps.urls, bob, ada, "https://noise.example/f")

    page = await http.get(PATH)
    assert page.status_code == 200
    assert "Nothing was decided" in page.text and "keep their slots for 30 days" in page.text
    assert '<a href="/admin/domains' in page.text, "it stands in the menu"
    _, fields = form(page)
    wanted = {"domain": "Noise.example", "severity": "suspend", "public_comment": "spam & <b>more</b>"}
    wanted |= {"private_comment": "seen by the moderators", "reject_media": "1"}
    assert (await http.post(PATH, data=wanted)).status_code == 403, "no token"
    for changes, told in (
        ({"domain": "not a name"}, "not a valid domain name"),
        ({"domain": app.deps.config.domain}, "this server&#39;s own"),
        ({"severity": "burn"}, "Severity is one of"),
    ):
        answer = await http.post(PATH, data=fields | wanted | changes)
        assert answer.status_code == 422 and told in answer.text
        assert "seen by the moderators" in answer.text, "what was typed isn't lost"
    answer = await http.post(PATH, data=fields | wanted)
    assert (answer.status_code, answer.headers["location"]) == (303, PATH)
    page = await http.get(PATH)
    assert "noise.example</h3>" in page.text and "Why: spam &amp; &lt;b&gt;more&lt;/b&gt;" in page.text
    assert "no pictures are fetched from there" in page.text and "paused for 30 days with their slots" in page.text
    assert (await http.post(PATH, data=fields | wanted)).status_code == 409, "twice is no more than once"
    await db.write(bars.review_domains, 0)
    assert await db.read(world.states, ada) == {"bob": "paused"}

    number = page.text.partition('name="undo" value="')[2].partition('"')[0]
    assert (await http.post(PATH, data=fields | {"undo": number})).status_code == 303
    assert "Nothing was decided" in (await http.get(PATH)).text
    assert (await http.post(PATH, data=fields | {"undo": number})).status_code == 404
    await db.write(bars.review_domains, 0)
    assert await db.read(world.states, ada) == {"bob": "admitted"}
