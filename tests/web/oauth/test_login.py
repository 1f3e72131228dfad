"""Logging in and out: cookies, forms from elsewhere, guessing."""

import httpx
import pytest

from fedicert.base.clock import DAY, MINUTE, FrozenClock
from fedicert.keys.tokens import token_hash
from fedicert.operations import sessions
from fedicert.store.views.access import find_session
from fedicert.web.plumbing.app import App
from tests.web import site
from tests.web.site import PASSWORD, add_person, client, log_in, submit

COOKIE = "__Host-session"


async def logged_in(app: App, http: httpx.AsyncClient) -> bool:
    secret = http.cookies.get(COOKIE)
    return secret is not None and await app.deps.db.read(find_session, token_hash(secret)) is not None


async def test_the_cookie(http: httpx.AsyncClient) -> None:
    first = await http.get("/login")
    made = first.headers["set-cookie"]
    for part in (f"{COOKIE}=", "Path=/", "HttpOnly", "SameSite=Lax", "Secure"):
        assert part in made
    assert "Domain" not in made
    assert "set-cookie" not in (await http.get("/login")).headers


async def test_logging_in_changes_the_secret(app: App, http: httpx.AsyncClient) -> None:
    await http.get("/login")
    before = http.cookies[COOKIE]
    answer = await log_in(http)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    first = http.cookies[COOKIE]
    assert first != before
    assert await logged_in(app, http)
    await log_in(http, "@ADA")
    assert await app.deps.db.read(find_session, token_hash(first)) is None
    assert await logged_in(app, http)


async def test_plain_http_names_the_port(database_url, tmp_path, clock, entropy) -> None:
    async with (
        site.running(database_url, tmp_path, clock, entropy, DOMAIN="localhost:8123") as app,
        client(app) as http,
    ):
        made = (await http.get("/login")).headers["set-cookie"]
        assert made.startswith("session-8123=")
        assert "Secure" not in made


@pytest.mark.parametrize("name", ["ada", "Ada", "@ada", "ada@mail.example", "ADA@mail.example"])
async def test_names_that_let_ada_in(app: App, http: httpx.AsyncClient, name: str) -> None:
    await log_in(http, name)
    assert await logged_in(app, http)


@pytest.mark.parametrize(
    ("name", "password"), [("ada", "wrong"), ("nobody", PASSWORD), ("", ""), ("ada", "x" * 100_000)]
)
async def test_wrong_ones_are_all_told_the_same(app: App, http: httpx.AsyncClient, name: str, password: str) -> None:
    answer = await log_in(http, name, password)
    assert answer.status_code == 422
    assert "belong together" in answer.text
    assert not await logged_in(app, http)


@pytest.mark.parametrize(
    ("state", "told"), [({"confirmed": False}, "Confirm your e-mail"), ({"approved": False}, "waits for an approval")]
)
async def test_who_is_not_ready_is_told_why(
    app: App, http: httpx.AsyncClient, state: dict[str, bool], told: str
) -> None:
    await add_person(app, "eve", **state)
    answer = await log_in(http, "eve")
    assert told in answer.text
    assert not await logged_in(app, http)


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "https://home.example.evil.example"},
    ],
)
async def test_forms_from_elsewhere_are_refused(app: App, http: httpx.AsyncClient, headers: dict[str, str]) -> None:
    _, fields = site.form(await http.get("/login"))
    answer = await http.post("/login", data=fields | {"name": "ada", "password": PASSWORD}, headers=headers)
    assert answer.status_code == 403
    assert not await logged_in(app, http)


async def test_a_form_needs_the_token_of_its_browser(app: App, http: httpx.AsyncClient) -> None:
    async with client(app) as other:
        _, theirs = site.form(await other.get("/login"))
    await http.get("/login")
    for token in (theirs["form_token"], "", "x"):
        sent = {"form_token": token, "name": "ada", "password": PASSWORD}
        assert (await http.post("/login", data=sent)).status_code == 403
    _, mine = site.form(await http.get("/login"))
    http.cookies.clear()
    assert (await http.post("/login", data=mine | {"name": "ada", "password": PASSWORD})).status_code == 403


async def test_guessing_ends_after_ten(app: App, http: httpx.AsyncClient, clock: FrozenClock) -> None:
    for number in range(10):
        name = "ada" if number % 2 else "ada@mail.example"
        assert (await log_in(http, name, f"guess {number}")).status_code == 422
    over = await log_in(http)
    assert over.status_code == 429
    assert over.headers["retry-after"] == "900"
    async with client(app, address="203.0.113.9") as elsewhere:
        assert (await log_in(elsewhere)).status_code == 429
    clock.advance(15 * MINUTE)
    assert (await log_in(http)).status_code == 303


async def test_guessing_many_names_from_one_block_ends_too(app: App, http: httpx.AsyncClient) -> None:
    for number in range(10):
        async with client(app, address=f"198.51.100.{number}") as neighbour:
            assert (await log_in(neighbour, f"name{number}", "guess")).status_code == 422
    assert (await log_in(http)).status_code == 429
    async with client(app, address="203.0.113.9") as elsewhere:
        assert (await log_in(elsewhere)).status_code == 303


async def test_a_session_ends_by_itself(app: App, http: httpx.AsyncClient, clock: FrozenClock) -> None:
    await log_in(http)
    for _ in range(6):
        clock.advance(13 * DAY)
        assert "logged in already" in (await http.get("/login")).text
    clock.advance(13 * DAY)
    assert "logged in already" not in (await http.get("/login")).text, "90 days after it began"
    await log_in(http)
    clock.advance(14 * DAY - 1)
    assert await app.deps.db.write(sessions.sweep) > 0, "the first session and the tries"
    assert await logged_in(app, http)
    clock.advance(1)
    assert "logged in already" not in (await http.get("/login")).text, "14 days unused"
    assert await app.deps.db.write(sessions.sweep) >= 0


async def test_logging_out(app: App, http: httpx.AsyncClient) -> None:
    await log_in(http)
    secret = http.cookies[COOKIE]
    page = await http.get("/logout")
    assert await logged_in(app, http), "a link alone logs nobody out"
    answer = await submit(http, page)
    assert answer.status_code == 303
    assert "Max-Age=0" in answer.headers["set-cookie"]
    assert await app.deps.db.read(find_session, token_hash(secret)) is None


@pytest.mark.parametrize("to", ["https://evil.example/", "//evil.example", "/oauth/authorize?\r\nx: y", "javascript:x"])
async def test_nobody_is_sent_elsewhere_after_logging_in(http: httpx.AsyncClient, to: str) -> None:
    page = await http.get("/login", params={"return_to": to})
    answer = await submit(http, page, name="ada", password=PASSWORD, return_to=to)
    location = answer.headers["location"]
    assert location == "/" or location.startswith("/oauth/authorize?")
    assert "evil" not in location
