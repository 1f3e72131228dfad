"""The page of a licence and what leads to it: Mastodon's green check by its exact rule, words instead of a bare mark."""

from __future__ import annotations

import json
import re
from typing import Any

import httpx
import pytest

from fedicert.base.clock import DAY
from fedicert.operations import certification, people
from fedicert.web.plumbing.app import App
from tests import verdicts
from tests.activitypub.test_contexts import undefined
from tests.green_check import address_of, is_green
from tests.web import site

HTML = {"accept": "text/html"}
EVERY = 6 * 3_600_000
PAGE = f"{site.BASE}/@ada/licences/1"


async def give(app: App, shows: str = "number", *, consent: bool = True, **said: Any) -> int:
    """Ada has a licence; her account."""
    db, urls = app.deps.db, app.deps.urls
    ada = (await db.read(people.find, "ada")).id
    now = app.deps.clock.now()
    verdict = verdicts.verdict(urls.actor("ada"), now, tier="professional", **said)
    await db.write(
        certification.import_licence, urls, ada, verdicts.HREF, verdict, {"id": verdicts.HREF, "proof": "<&>"}, EVERY
    )
    if consent:
        await db.write(certification.consent, urls, ada, 1, shows)
    return ada


async def actor(http: httpx.AsyncClient) -> dict[str, Any]:
    return dict((await http.get("/users/ada", headers={"accept": "application/activity+json"})).json())


async def test_the_field_earns_mastodons_green_check(app: App, http: httpx.AsyncClient) -> None:
    await give(app)
    shown = await actor(http)
    (field,) = shown["attachment"]
    assert field["name"] == "Licence: Master Electrician, US-NY"

    async def get(method: str, address: str) -> httpx.Response:
        return await http.request(method, address, headers=HTML)

    assert address_of(field["value"]) == PAGE
    assert await is_green(field["value"], shown["url"], get)
    # The checker itself tells good from bad.
    assert not await is_green(field["value"], f"{site.BASE}/@mallory", get)
    assert not await is_green(f'<a href="{site.BASE}/about">{site.BASE}/about</a>', shown["url"], get)
    for bad in (
        f"{field['value']} and more",
        field["value"].replace(f">{PAGE}<", ">NY #12345<"),
        field["value"].replace("https:", "http:"),
        field["value"].replace("home.example", "Home.example"),
        field["value"].replace("home.example", "ada@home.example"),
        field["value"].replace("/licences", "/../licences"),
        f"<p>{PAGE}</p>",
        PAGE,
    ):
        assert address_of(bad) == "", bad


async def test_the_actor_document_is_json_ld_to_the_last_term(app: App, http: httpx.AsyncClient) -> None:
    await give(app)
    assert undefined(await actor(http)) == []


async def test_the_page_names_the_issuer_and_lists_each_check(app: App, http: httpx.AsyncClient) -> None:
    await give(app)
    answer = await http.get("/@Ada/licences/1", headers=HTML)
    assert answer.status_code == 200
    text = re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", answer.text))
    for words in (
        "Valid, issued by The Electrical Board",
        "board.example",
        "Alice Example",
        "ME-104422",
        "US-NY",
        "Signature: holds",
        "Not taken back: holds",
        "one person controls both, and nothing more",
        "from 2023-11-14 until 2030-03-17",
    ):
        assert words in text, words
    assert '<meta name="robots" content="noindex">' in answer.text
    assert f'<link rel="me" href="{site.BASE}/@ada">' in answer.text
    assert f'<link rel="alternate" type="application/vc" href="{site.BASE}/users/ada/licences/1">' in answer.text
    block = re.search(r'<script type="application/ld\+json">(.*?)</script>', answer.text, re.DOTALL)
    assert block is not None
    credential = json.loads(block[1])["hasCredential"]
    assert credential["@type"] == "EducationalOccupationalCredential"
    assert credential["recognizedBy"]["name"] == "The Electrical Board"
    assert credential["validIn"] == [{"@type": "AdministrativeArea", "name": "US-NY"}]


async def test_nothing_on_the_page_is_taken_for_markup(app: App, http: httpx.AsyncClient) -> None:
    await give(app, role="</script><b>Doctor</b>", holder="<i>Eve</i>")
    answer = await http.get("/@ada/licences/1", headers=HTML)
    assert "<b>Doctor" not in answer.text and "<i>Eve" not in answer.text
    assert answer.text.count("</script>") == 1
    (field,) = (await actor(http))["attachment"]
    assert field["name"] == "Licence: </script><b>Doctor</b>, US-NY"  # a name is text
    profile = await http.get("/@ada", headers=HTML)
    assert "<b>Doctor" not in profile.text and PAGE in profile.text


@pytest.mark.parametrize(
    ("shows", "label", "number"),
    [
        ("number", "Master Electrician ME-104422, US-NY", True),
        ("name", "Alice Example: Master Electrician, US-NY", False),
        ("both", "Alice Example: Master Electrician ME-104422, US-NY", True),
    ],
)
async def test_only_what_was_consented_to_is_shown(
    app: App, http: httpx.AsyncClient, shows: str, label: str, number: bool
) -> None:
    ada = await give(app, shows)
    assert {link["name"] for link in (await actor(http))["hasCredential"]} == {label}
    assert ("ME-104422" in (await http.get("/@ada/licences/1", headers=HTML)).text) == number
    (told,) = (await http.get(f"/api/fedicert/v1/accounts/{ada}/licences")).json()
    assert bool(told["licence"]["number"]) == number
    assert bool(told["licence"]["name"]) == (shows != "number")


async def test_our_copy_of_the_credential(app: App, http: httpx.AsyncClient) -> None:
    await give(app)
    answer = await http.get("/users/ada/licences/1", headers={"accept": "application/vc"})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/vc"
    assert answer.json() == {"id": verdicts.HREF, "proof": "<&>"}
    moved = await http.get("/@ada/licences/1", headers={"accept": "application/vc"})
    assert moved.status_code == 302 and moved.headers["location"] == f"{site.BASE}/users/ada/licences/1"


async def test_nobody_sees_what_wasnt_consented_to(app: App, http: httpx.AsyncClient) -> None:
    ada = await give(app, consent=False)
    assert (await http.get("/@ada/licences/1", headers=HTML)).status_code == 404
    assert (await http.get("/users/ada/licences/1")).status_code == 404
    assert (await http.get(f"/api/fedicert/v1/accounts/{ada}/licences")).json() == []
    assert "hasCredential" not in await actor(http)


async def test_what_has_ended_says_so_and_shows_nothing(app: App, http: httpx.AsyncClient) -> None:
    ada = await give(app)
    await app.deps.db.write(certification.withdraw, app.deps.urls, ada, 1)
    answer = await http.get("/@ada/licences/1", headers=HTML)
    assert answer.status_code == 410
    assert "has ended" in answer.text and "Alice Example" not in answer.text and "ME-104422" not in answer.text
    assert (await http.get("/users/ada/licences/1")).status_code == 410
    assert (await http.get(f"/api/fedicert/v1/accounts/{ada}/licences")).json() == []
    assert PAGE not in (await http.get("/@ada", headers=HTML)).text


async def test_each_verdict_stands_in_our_part_of_the_api(app: App, http: httpx.AsyncClient, clock: Any) -> None:
    ada = await give(app)
    (told,) = (await http.get(f"/api/fedicert/v1/accounts/{ada}/licences")).json()
    assert (told["id"], told["verdict"], told["reason"], told["shown"]) == ("1", "trusted", "", True)
    assert told["checks"][0] == {"name": "proof", "passed": True, "sentence": "its proof holds"}
    assert told["url"] == PAGE and told["credential"] == verdicts.HREF and told["tier"] == "professional"
    assert told["licence"]["issuer_name"] == "The Electrical Board"
    clock.advance(DAY)
    db, urls = app.deps.db, app.deps.urls
    away = verdicts.verdict(urls.actor("ada"), clock.now(), "unverifiable")
    await db.write(certification.record_verdict, urls, ada, verdicts.HREF, away)
    (told,) = (await http.get(f"/api/fedicert/v1/accounts/{ada}/licences")).json()
    assert (told["verdict"], told["unanswered"], told["checked_at"][:10]) == ("trusted", True, "2026-03-01")
    page = await http.get("/@ada/licences/1", headers=HTML)
    assert "not re-checked since 2026-03-01" in page.text
    assert (await http.get("/api/fedicert/v1/accounts/1/licences")).status_code == 404


@pytest.mark.parametrize(
    ("outcome", "name"),
    [
        ("unlisted", "Licence, issuer not on our list: Master Electrician, US-NY"),
        ("out_of_scope", "Licence, issuer not trusted here for it: Master Electrician, US-NY"),
    ],
)
async def test_what_an_issuer_of_ones_own_says_isnt_said_by_us(
    app: App, http: httpx.AsyncClient, outcome: str, name: str
) -> None:
    """Anybody may be an issuer: neither the field, which others paint green, nor the page speaks for it."""
    await give(app, outcome=outcome)
    (field,) = (await actor(http))["attachment"]
    assert field["name"] == name
    page = (await http.get("/@ada/licences/1", headers=HTML)).text
    assert "The licensing authority itself signed it" not in page
