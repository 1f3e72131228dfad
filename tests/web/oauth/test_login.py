"""Logging in and out: cookies, forms from elsewhere, guessing."""

import httpx
import pytest
from argon2 import Type
from argon2.low_level import hash_secret

from fedicert.base.clock import DAY, MINUTE, FrozenClock
from fedicert.keys.passwords import check_password, is_outdated
from fedicert.keys.tokens import token_hash
from fedicert.operations import people, sessions
from fedicert.store.views.access import find_login, find_session
from fedicert.web.plumbing import limits
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


async def stored_hash(app: App) -> str:
    found = await app.deps.db.read(find_login, "ada")
    assert found is not None
    return found.password_hash


async def test_an_old_hash_is_made_anew_by_whoever_has_the_password(app: App, http: httpx.AsyncClient) -> None:
    weak = hash_secret(PASSWORD.encode(), b"sixteen bytes of", 1, 8_192, 1, 32, Type.ID).decode()
    found = await app.deps.db.read(find_login, "ada")
    assert found is not None
    await app.deps.db.write(people.renew_password_hash, found.login, found.password_hash, weak)
    await log_in(http, password="not it at all")
    assert await stored_hash(app) == weak
    await log_in(http)
    assert await logged_in(app, http)
    renewed = await stored_hash(app)
    assert not is_outdated(renewed) and check_password(renewed, PASSWORD)
    await log_in(http)
    assert await logged_in(app, http) and await stored_hash(app) == renewed


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


async def test_whoever_gets_in_is_never_locked_out_by_that(app: App, http: httpx.AsyncClient) -> None:
    """Logging in often isn't guessing, neither for the person nor for the others behind their address."""
    await add_person(app, "bob")
    for _ in range(12):
        assert (await log_in(http)).status_code == 303
    async with client(app) as neighbour:
        assert (await log_in(neighbour, "bob", "a guess")).status_code == 422


async def test_right_passwords_are_hashed_only_so_often_for_one_network(
    app: App, http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each costs the server as much as a wrong one, and makes a session."""
    monkeypatch.setitem(limits.CLASSES, "passwords", (5, 15 * MINUTE))
    for _ in range(5):
        assert (await log_in(http)).status_code == 303
    refused = await log_in(http)
    assert refused.status_code == 429 and int(refused.headers["retry-after"]) > 0
    async with client(app, address="203.0.113.77") as elsewhere:
        assert (await log_in(elsewhere)).status_code == 303


async def test_an_account_of_ones_own_gives_no_more_guesses(app: App, http: httpx.AsyncClient) -> None:
    """Between two guesses somebody logs in rightly elsewhere: the guesses from there stay counted, all ten."""
    for number in range(10):
        async with client(app) as browser:
            assert (await log_in(browser)).status_code == 303
            assert (await log_in(browser, f"name{number}", "guess")).status_code == 422
    assert (await log_in(http, "another", "guess")).status_code == 429
    assert (await log_in(http)).status_code == 429


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


async def test_a_new_password_ends_sessions_tokens_and_open_codes(app: App, http: httpx.AsyncClient) -> None:
    token = await site.token_for(http)
    registered = await site.register(http)
    code = await site.authorize(http, registered)
    assert await logged_in(app, http)
    assert (await http.get("/api/v1/accounts/verify_credentials", headers=site.bearer(token))).status_code == 200
    heard: list[tuple[int, ...]] = []
    app.deps.db.signals.subscribe("token_revoked", heard.append)
    await app.deps.db.write(people.set_password, "ada", await app.deps.keys.hash_password("another password of hers"))
    assert not await logged_in(app, http)
    assert (await http.get("/api/v1/accounts/verify_credentials", headers=site.bearer(token))).status_code == 401
    assert len(heard) == 1
    late = await http.post("/oauth/token", data=site.exchange_form(registered, code))
    assert (late.status_code, late.json()["error"]) == (400, "invalid_grant")
    page = await http.get("/login")
    assert (await submit(http, page, name="ada", password=PASSWORD)).status_code == 422
    assert (await submit(http, page, name="ada", password="another password of hers")).status_code == 303


@pytest.mark.parametrize("decision", ["allow", "deny"])
async def test_another_site_cant_consent_for_somebody(app: App, http: httpx.AsyncClient, decision: str) -> None:
    registered = await site.register(http)
    page = await site.consent(http, registered)
    action, fields = site.form(page)
    for headers in (
        {"origin": "https://evil.example"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "null"},
    ):
        for sent in (fields, {**fields, "form_token": ""}, {**fields, "form_token": "0" * 64}):
            answer = await http.post(action, data=sent | {"decision": decision}, headers=headers)
            assert answer.status_code == 403 and "location" not in answer.headers
    without = {name: value for name, value in fields.items() if name != "form_token"}
    assert (await http.post(action, data=without | {"decision": decision})).status_code == 403
    assert (await http.post(action, json=without | {"decision": decision})).status_code == 403
    plain = {"content-type": "text/plain"}
    assert (await http.post(action, content=b"decision=allow", headers=plain)).status_code in (400, 403, 415)


@pytest.mark.parametrize(
    "uri",
    [
        site.APP_URI + "/", site.APP_URI + "?x=y", site.APP_URI + "#x", site.APP_URI.upper(),
        site.APP_URI.replace("https", "http"), site.APP_URI + "%2F..", "https://client.example.evil.example/back", "",
    ],
)  # fmt: skip
async def test_a_redirect_is_exactly_the_registered_one(http: httpx.AsyncClient, uri: str) -> None:
    registered = await site.register(http)
    query = {"response_type": "code", "client_id": registered["client_id"], "redirect_uri": uri}
    for answer in (await http.get("/oauth/authorize", params=query), await http.post("/oauth/authorize", data=query)):
        assert answer.status_code == 400
        assert "location" not in answer.headers


async def test_where_a_request_comes_from_is_the_trusted_proxys_word_alone(
    database_url, tmp_path, clock, entropy
) -> None:
    from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

    from fedicert import server

    async with site.running(database_url, tmp_path, clock, entropy, TRUSTED_PROXIES="10.0.0.0/8") as app:
        await add_person(app, "ada")
        wrapped = server.listen(app).config
        wrapped.load()
        assert isinstance(wrapped.loaded_app, ProxyHeadersMiddleware)

        async def guess(peer: str, told: str) -> int:
            transport = httpx.ASGITransport(wrapped.loaded_app, client=(peer, 1))
            async with httpx.AsyncClient(transport=transport, base_url=site.BASE) as http:
                page = await http.get("/login")
                sent = site.form(page)[1] | {"name": f"nobody {told}", "password": "x"}
                return (await http.post("/login", data=sent, headers={"x-forwarded-for": told})).status_code

        for number in range(10):
            assert await guess("203.0.113.9", f"198.51.{number}.1") == 422
        assert await guess("203.0.113.9", "198.51.99.1") == 429, "who isn't trusted can't choose where they come from"
        for number in range(12):
            assert await guess("10.1.2.3", f"192.0.{number}.1") == 422, "behind the proxy everybody counts alone"
        for _ in range(10):
            status = await guess("10.1.2.3", "1.1.1.1, 203.0.114.9")
        assert status == 422
        assert await guess("10.1.2.3", "2.2.2.2, 203.0.114.9") == 429, (
            "what stands before the proxy's own word is hearsay"
        )
