"""The staff's page of marks, as a browser without JavaScript uses it."""

from __future__ import annotations

import httpx

from fedicert.operations import posts
from fedicert.operations.posts import Draft
from fedicert.store.unit import Reader, Tx
from fedicert.web.plumbing.app import App
from tests.web.site import add_person, client, log_in, submit

PAGE = "/admin/marks"


async def _climb(tx: Tx, account: int) -> None:
    await tx.run(
        "UPDATE local_accounts SET tier = (SELECT id FROM tiers WHERE name = 'trained'),"
        " code_agreed = (SELECT MAX(version) FROM codes) WHERE id = $1",
        account,
    )


async def _scope(reader: Reader, status: int) -> str:
    return str(await reader.value("SELECT scope FROM statuses WHERE id = $1", status))


async def test_a_moderator_marks_a_post_and_undoes_it(app: App, http: httpx.AsyncClient) -> None:
    deps = app.deps
    await add_person(app, "mod", role="moderator")
    bea = await add_person(app, "bea")
    await deps.db.write(_climb, bea)
    post = await deps.db.write(posts.publish, deps.urls, bea, Draft(text="Vote for me", visibility="public"))
    where = deps.urls.status_page("bea", post)

    assert (await http.get(PAGE)).headers["location"].startswith("/login?return_to=")
    async with client(app) as browser:
        await log_in(browser, "mod")
        page = await browser.get(PAGE, params={"post": where})
        assert page.status_code == 200 and "No post was ever marked" in page.text and where in page.text
        refused = await submit(browser, page, post=where, reason=" ", act="mark")
        assert refused.status_code == 422 and "say why" in refused.text
        done = await submit(browser, page, post=where, reason="Not <about> wiring", act="mark")
        assert (done.status_code, done.headers["location"]) == (303, f"{PAGE}?account=mod")
        page = await browser.get(PAGE)
        assert "Not &lt;about&gt; wiring" in page.text and "Marked by @mod" in page.text
        assert await deps.db.read(_scope, post) == "marked"
        again = await submit(browser, page, post=str(post), reason="why", act="mark")
        assert again.status_code == 409 and "outside its author" in again.text
        await submit(browser, page, post=str(post), reason="it was", act="unmark")
        assert "undone on" in (await browser.get(PAGE)).text
    assert await deps.db.read(_scope, post) == ""


async def test_it_is_for_staff_alone_and_for_forms_of_ours(app: App, http: httpx.AsyncClient) -> None:
    await log_in(http)
    assert (await http.get(PAGE)).status_code == 403
    await add_person(app, "mod", role="moderator")
    async with client(app) as browser:
        await log_in(browser, "mod")
        forged = await browser.post(PAGE, data={"post": "1", "reason": "x", "act": "mark", "form_token": "guessed"})
        assert forged.status_code == 403
