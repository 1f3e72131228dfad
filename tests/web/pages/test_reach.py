"""The page of one's own reach: what it shows, and each of its buttons, as a browser without scripts presses them."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest

from fedicert.operations import follows, people
from fedicert.text import reach as words
from fedicert.web.plumbing.app import App
from tests import world
from tests.rungs import change_tier
from tests.web import site

HERE = "/settings/reach?account=ada"


@pytest.fixture
async def ada(app: App, http: httpx.AsyncClient) -> int:
    """Ada with a cap of three, who has logged in; root is the owner."""
    await site.add_person(app, "root", role="owner")
    db = app.deps.db
    root = await db.read(people.find, "root")
    tight = {"followers": "3", "kept_for_followed": "0", "strangers_per_domain_day": "0"}
    await db.write(change_tier, "personal", tight, root.id, "a small hall")
    await site.log_in(http)
    return (await db.read(people.find, "ada")).id


async def follower(app: App, ada: int, name: str) -> int:
    db, urls = app.deps.db, app.deps.urls
    found = await db.write(world.make_remote, name)
    await db.write(follows.receive_follow, urls, found, ada, f"https://far.example/{name}/f")
    return int(found)


async def press(http: httpx.AsyncClient, do: str, **fields: Any) -> httpx.Response:
    """Send the form of a button, with the token of the page."""
    token = site.form(await http.get(HERE))[1]["form_token"]
    sent = {"form_token": token, "do": do} | {key: str(value) for key, value in fields.items()}
    return await http.post(HERE, data=sent, headers={"origin": site.BASE, "sec-fetch-site": "same-origin"})


async def states(app: App, ada: int) -> dict[str, str]:
    return await app.deps.db.read(world.states, ada)


@pytest.mark.law("8.4")
async def test_it_shows_the_audience_the_line_the_limits_and_the_way_up(
    app: App, http: httpx.AsyncClient, ada: int
) -> None:
    for name in ("bob", "cy", "dee", "eve"):
        await follower(app, ada, name)
    text = re.sub(r"\s+", " ", (await http.get(HERE)).text)
    assert "3 of 3 slots are taken." in text and "No slot is free: whoever follows waits in your line." in text
    assert "Admit @eve@far.example" not in text and "Swap @eve@far.example in" in text
    assert "1 person waits to follow you" in text and "@eve@far.example" in text
    assert '<meter class="fill" min="0" max="3" value="3"' in text
    assert re.search(r'<polyline class="count" points="0,\d+', text)
    assert '<th scope="row">Followers</th><td>3 of 3</td>' in text
    assert "@eve@far.example waits" in text or "eve" in text.partition("What was decided last")[2]
    assert "The next tier open to you is <strong>professional</strong>. It takes a verified licence" in text


@pytest.mark.law("3.7")
async def test_who_waits_is_swapped_in(app: App, http: httpx.AsyncClient, ada: int) -> None:
    for name in ("bob", "cy", "dee"):
        await follower(app, ada, name)
    eve = await follower(app, ada, "eve")
    full = await press(http, "admit", who=eve)
    assert full.status_code == 422 and 'role="alert"' in full.text
    assert (await press(http, "swap", who=eve)).status_code == 422
    done = await press(http, "swap", who=eve, other="@cy@far.example")
    assert (done.status_code, done.headers["location"]) == (303, HERE)
    assert await states(app, ada) == {"bob": "admitted", "dee": "admitted", "eve": "admitted"}


async def test_who_waits_is_sent_away_or_let_in(app: App, http: httpx.AsyncClient, ada: int) -> None:
    for name in ("bob", "cy", "dee"):
        await follower(app, ada, name)
    eve, fay = await follower(app, ada, "eve"), await follower(app, ada, "fay")
    assert (await press(http, "send_away", who=eve)).status_code == 303
    assert (await states(app, ada))["fay"] == "held" and "eve" not in await states(app, ada)
    await app.deps.db.write(follows.undo_follow, app.deps.urls, (await app.deps.db.read(_id, "bob")), ada)
    assert (await press(http, "admit", who=fay)).status_code == 303
    assert (await states(app, ada))["fay"] == "admitted"


@pytest.mark.law("4.11")
async def test_pins_are_made_and_taken_back(app: App, http: httpx.AsyncClient, ada: int) -> None:
    await follower(app, ada, "bob")
    assert (await press(http, "pin", other="bob@far.example")).status_code == 303
    assert "Unpin @bob@far.example" in (await http.get(HERE)).text
    assert (await press(http, "unpin", other="bob@far.example")).status_code == 303
    assert "You have pinned nobody." in (await http.get(HERE)).text
    nobody = await press(http, "pin", other="nobody@far.example")
    assert nobody.status_code == 422 and "nobody called nobody@far.example is known here" in nobody.text


async def test_nobody_else_gets_there(app: App, http: httpx.AsyncClient, ada: int) -> None:
    await follower(app, ada, "bob")
    async with site.client(app) as stranger:
        asked = await stranger.get(HERE)
        assert asked.status_code == 303
        assert asked.headers["location"] == "/login?return_to=%2Fsettings%2Freach%3Faccount%3Dada"
    await site.add_person(app, "mallory")
    async with site.client(app) as other:
        await site.log_in(other, "mallory")
        assert (await other.get(HERE)).status_code == 403
    forged = await http.post(HERE, data={"do": "pin", "other": "x"}, headers={"sec-fetch-site": "cross-site"})
    assert forged.status_code == 403
    assert (await press(http, "no_such_button")).status_code == 404


def test_the_picture_is_a_line_of_steps_that_ends_now() -> None:
    assert words.line([], 10, 3) == ""
    assert words.line([(0, 1), (5, 3)], 10, 4) == "0,120 300,120 300,40 600,40"
    many = words.line([(at, at) for at in range(1_000)], 1_000, 1_000)
    assert len(many.split()) <= 2 * words.MOST_POINTS + 3 and many.endswith("600,1")


async def _id(reader: Any, name: str) -> int:
    return int(await reader.value("SELECT id FROM accounts WHERE username = $1 AND domain = 'far.example'", name))
