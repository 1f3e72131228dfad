"""The pages Moving, Import and Export, as somebody uses them with a browser that has no JavaScript."""

from __future__ import annotations

import re
from typing import Any

import httpx

from fedicert.store.unit import Reader
from fedicert.web.plumbing.app import App
from tests.web import site

HERE = {"origin": site.BASE, "sec-fetch-site": "same-origin"}


async def value(app: App, sql: str) -> Any:
    async def view(reader: Reader) -> Any:
        return await reader.value(sql)

    return await app.deps.db.read(view)


async def send(http: httpx.AsyncClient, path: str, **fields: str) -> httpx.Response:
    """A form of the page, with its token."""
    _, there = site.form(await http.get(path))
    return await http.post(path, data={"form_token": there["form_token"]} | fields, headers=HERE)


async def test_the_pages_are_for_whoever_logged_in(http: httpx.AsyncClient) -> None:
    for path in ("/settings/move", "/settings/import", "/settings/export"):
        answer = await http.get(path)
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/login")


async def test_another_name_is_added_and_taken_off_and_moving_asks_for_the_password(
    app: App, http: httpx.AsyncClient
) -> None:
    await site.add_person(app, "bea")
    await site.log_in(http)
    answer = await send(http, "/settings/move", act="alias", who="bea")
    assert answer.status_code == 303
    page = await http.get("/settings/move")
    assert f"{site.BASE}/users/bea" in page.text
    assert await value(app, "SELECT also_known_as FROM accounts WHERE username = 'ada'") != "[]"

    wrong = await send(http, "/settings/move", act="move", who="bea", password="not hers")
    assert wrong.status_code == 403
    assert "the password of your account" in wrong.text
    unnamed = await send(http, "/settings/move", act="move", who="bea", password=site.PASSWORD)
    assert unnamed.status_code == 422
    assert "name this account as its own" in unnamed.text
    unknown = await send(http, "/settings/move", act="alias", who="nobody")
    assert unknown.status_code == 422
    foreign = await http.post("/settings/move", data={"act": "alias", "who": "bea"})
    assert foreign.status_code == 403

    await send(http, "/settings/move", act="unalias", who=f"{site.BASE}/users/bea")
    assert await value(app, "SELECT also_known_as FROM accounts WHERE username = 'ada'") == "[]"


async def test_moving_and_taking_it_back(app: App, http: httpx.AsyncClient) -> None:
    await site.add_person(app, "bea")
    async with site.client(app) as other:
        await site.log_in(other, "bea")
        await send(other, "/settings/move", act="alias", who="ada")
    await site.log_in(http)
    moved = await send(http, "/settings/move", act="move", who="bea", password=site.PASSWORD)
    assert moved.status_code == 303, moved.text
    page = await http.get("/settings/move")
    assert "has moved to" in page.text
    assert await value(app, "SELECT moved_to FROM accounts WHERE username = 'ada'") is not None
    await send(http, "/settings/move", act="undo")
    assert await value(app, "SELECT moved_to FROM accounts WHERE username = 'ada'") is None
    assert "may move again on" in (await http.get("/settings/move")).text


async def test_a_file_is_brought_and_what_came_of_it_is_shown(app: App, http: httpx.AsyncClient) -> None:
    await site.log_in(http)
    page = await http.get("/settings/import")
    _, there = site.form(page)
    assert "Followers can't be imported" in page.text.replace("&#39;", "'")
    files = {"data": ("blocks.csv", b"bob@far.example\n", "text/csv")}
    answer = await http.post(
        "/settings/import", data={"form_token": there["form_token"], "type": "blocks"}, files=files, headers=HERE
    )
    assert answer.status_code == 303, answer.text
    assert "1 to go" in (await http.get("/settings/import")).text
    twice = await http.post(
        "/settings/import", data={"form_token": there["form_token"], "type": "blocks"}, files=files, headers=HERE
    )
    assert twice.status_code == 409
    refused = await http.post(
        "/settings/import", data={"form_token": there["form_token"], "type": "followers"}, files=files, headers=HERE
    )
    assert refused.status_code == 422
    identifier = await value(app, "SELECT id FROM imports")
    left = await http.get(f"/settings/import/left?id={identifier}")
    assert "Everything in this file came in" in left.text

    await site.add_person(app, "bea")
    async with site.client(app) as other:
        await site.log_in(other, "bea")
        assert (await other.get(f"/settings/import/left?id={identifier}")).status_code == 404


async def test_an_archive_and_lists_are_taken_out_by_their_owner(app: App, http: httpx.AsyncClient) -> None:
    await site.log_in(http)
    assert (await send(http, "/settings/export")).status_code == 303
    assert "being made" in (await http.get("/settings/export")).text
    await app.work.worker.drain()  # type: ignore[attr-defined]
    page = await http.get("/settings/export")
    found = re.search(r'href="(/settings/export/archive[^"]+)"', page.text)
    assert found is not None
    address = found[1].replace("&amp;", "&")
    archive = await http.get(address)
    assert archive.headers["content-type"] == "application/zip"
    assert archive.content[:2] == b"PK"
    listed = await http.get("/settings/export/list?kind=following")
    assert listed.headers["content-type"].startswith("text/csv")
    assert listed.text.startswith("Account address,")
    assert (await http.get("/settings/export/list?kind=secrets")).status_code == 404

    await site.add_person(app, "bea")
    async with site.client(app) as other:
        await site.log_in(other, "bea")
        assert (await other.get(address.replace("account=ada", "account=bea"))).status_code == 404
        assert (await other.get(address)).status_code == 403
