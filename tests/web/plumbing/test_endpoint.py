"""What is done around every handler: who may call, in which form, with which headers, and how errors look."""

from collections.abc import AsyncIterator, Callable
from types import ModuleType
from typing import Any

import httpx
import msgspec
import pytest
from starlette.responses import PlainTextResponse

from fedicert.base.clock import FrozenClock
from fedicert.base.errors import (
    Conflict,
    Gone,
    LimitReached,
    RemoteUnreachable,
    StoreUnavailable,
    TooLarge,
    TooManyRequests,
    Unavailable,
    Unprocessable,
)
from fedicert.operations import people
from fedicert.store.unit import Reader, Tx
from fedicert.web.plumbing import headers
from fedicert.web.plumbing.app import App
from fedicert.web.plumbing.endpoint import Answer, Call, endpoint, routes_of
from tests.web import site
from tests.web.site import bearer, token_for


class NoteForm(msgspec.Struct, kw_only=True):
    text: str
    sensitive: bool = False
    media_ids: tuple[str, ...] = ()
    count: int = 0


ERRORS: dict[str, Callable[[], Exception]] = {
    "bug": lambda: ValueError("canary"),
    "conflict": lambda: Conflict("No"),
    "gone": lambda: Gone("Gone for good"),
    "large": lambda: TooLarge("Too much"),
    "fields": lambda: Unprocessable("Validation failed: Name is taken", {"name": [("ERR_TAKEN", "is taken")]}),
    "limit": lambda: LimitReached("Your 30 strangers of the last 30 days are used; one is free again tomorrow"),
    "often": lambda: TooManyRequests(retry_after=7),
    "busy": lambda: Unavailable(retry_after=3),
    "store": lambda: StoreUnavailable("disk full at /secret/path"),
    "remote": lambda: RemoteUnreachable("connect to 10.0.0.1 failed"),
}


def doors() -> list[Any]:
    """Handlers for tests alone, in a module of their own."""
    module = ModuleType("doors_of_tests")

    def here(*args: Any, **options: Any) -> Callable[[Any], Any]:
        def put(handler: Any) -> Any:
            handler.__module__ = module.__name__
            handler.__qualname__ = handler.__name__
            setattr(module, f"{handler.__name__}_{len(vars(module))}", endpoint(*args, **options)(handler))
            return handler

        return put

    @here("POST", "/api/v1/notes", scope="write:statuses", form=NoteForm, idempotent=True)
    async def create(call: Call) -> dict[str, Any]:
        return {"form": call.form, "who": call.actor, "key": call.idempotency_key}

    @here("GET", "/api/v1/mine", scope="read:statuses", hop=True)
    async def mine(call: Call) -> Answer:
        async def view(reader: Reader, viewer: int, word: str) -> dict[str, Any]:
            return {"viewer": viewer, "word": word}

        return Answer(await call.read(view, "x"), link=call.link(5, 9))

    @here("POST", "/api/v1/mine", scope="write:statuses", hop=True)
    async def change(call: Call) -> dict[str, int]:
        async def operation(tx: Tx, actor: int) -> int:
            return actor

        return {"actor": await call.write(operation)}

    @here("GET", "/api/v1/forgetful", scope="read", hop=True)
    async def forgetful(call: Call) -> dict[str, int]:
        return {}

    @here("GET", "/api/v1/open", who="public", scope="read:statuses")
    async def open_door(call: Call) -> dict[str, Any]:
        return {"viewer": call.viewer}

    @here("GET", "/api/v1/things/{id}", who="public", scope="read:statuses", hop=True)
    async def thing(call: Call) -> dict[str, Any]:
        async def view(reader: Reader, viewer: int | None, number: int) -> dict[str, Any]:
            return {"viewer": viewer, "id": str(number)}

        return await call.read_public(view, call.id())

    @here("GET", "/api/v1/waiting", scope="read", unready=True)
    async def waiting(call: Call) -> list[int]:
        return []

    @here("GET", "/api/v1/raw")
    async def raw(call: Call) -> bytes:
        return b'{"raw":true}'

    @here("GET", "/api/v1/response")
    async def response(call: Call) -> PlainTextResponse:
        return PlainTextResponse("plain")

    @here("PATCH", "/api/v2/things/policy", scope="write:notifications")
    async def policy(call: Call) -> dict[str, str]:
        return {"method": call.method}

    @here("DELETE", "/api/v1/things/{id}/accounts", scope="write:lists")
    async def remove(call: Call) -> list[str]:
        return (await call.fields()).texts("account_ids")

    for door, prefix in (("client", "/api/v1"), ("oauth", "/oauth"), ("federation", "/users"), ("page", "/pages")):

        @here("GET", prefix + "/error/{name}", door=door)
        async def fail(call: Call) -> None:
            raise ERRORS[call.params["name"]]()

    return routes_of(module)


@pytest.fixture
def engine() -> str:
    """One engine: nothing here depends on it."""
    return "sqlite"


@pytest.fixture
async def app(database_url, tmp_path, clock, entropy) -> AsyncIterator[App]:
    async with site.running(database_url, tmp_path, clock, entropy) as built:
        await site.add_person(built, "ada")
        yield App(built.deps, [*built.table.routes, *doors()], mounts=built.router.routes)


@pytest.fixture
async def token(http: httpx.AsyncClient) -> str:
    return await token_for(http)


async def test_all_forms_are_one(http: httpx.AsyncClient, token: str) -> None:
    wanted = {"text": "Grüße", "sensitive": True, "media_ids": ["1", "2"], "count": 3}
    asked = [
        {"json": {"text": "Grüße", "sensitive": True, "media_ids": ["1", "2"], "count": 3}},
        {"json": {"text": "Grüße", "sensitive": "true", "media_ids": ["1", "2"], "count": "3", "unknown": 1}},
        {"data": {"text": "Grüße", "sensitive": "1", "media_ids[]": ["1", "2"], "count": "3"}},
        {
            "files": [
                ("text", (None, "Grüße")), ("sensitive", (None, "on")), ("count", (None, "3")),
                ("media_ids[]", (None, "1")), ("media_ids[]", (None, "2")),
            ]
        },
        {"params": {"text": "Grüße", "sensitive": "t", "media_ids[]": ["1", "2"], "count": "3"}},
    ]  # fmt: skip
    for how in asked:
        answer = await http.post("/api/v1/notes", headers=bearer(token), **how)
        assert answer.status_code == 200, answer.text
        assert answer.json()["form"] == wanted


@pytest.mark.parametrize(
    ("status", "how"),
    [
        (422, {"json": {}}),
        (422, {"json": {"text": "x", "count": "many"}}),
        (422, {"json": {"text": "x", "sensitive": "perhaps"}}),
        (400, {"content": b"{", "headers": {"content-type": "application/json"}}),
        (400, {"content": b'{"text":1,"text":2}', "headers": {"content-type": "application/json"}}),
        (400, {"content": b"[]", "headers": {"content-type": "application/json"}}),
        (400, {"content": b"text=%ff", "headers": {"content-type": "application/x-www-form-urlencoded"}}),
        (400, {"content": b"text=a%00b", "headers": {"content-type": "application/x-www-form-urlencoded"}}),
        (400, {"content": b"a=1&" * 2_000, "headers": {"content-type": "application/x-www-form-urlencoded"}}),
        (400, {"content": b"x", "headers": {"content-type": "multipart/form-data"}}),
        (400, {"content": b"x", "headers": {"content-type": "multipart/form-data; boundary=y"}}),
        (415, {"content": b"x", "headers": {"content-type": "text/plain"}}),
        (413, {"content": b"x" * (1024 * 1024 + 1), "headers": {"content-type": "application/json"}}),
    ],
)
async def test_bodies_that_are_refused(http: httpx.AsyncClient, token: str, status: int, how: dict[str, Any]) -> None:
    how = how | {"headers": how.get("headers", {}) | bearer(token)}
    answer = await http.post("/api/v1/notes", **how)
    assert answer.status_code == status, answer.text
    assert set(answer.json()) <= {"error", "details"}
    assert answer.headers["access-control-allow-origin"] == "*"


async def test_a_body_without_a_length_is_cut_too(http: httpx.AsyncClient, token: str) -> None:
    async def endless():
        for _ in range(100):
            yield b"x" * 65_536

    how = bearer(token) | {"content-type": "application/json"}
    assert (await http.post("/api/v1/notes", content=endless(), headers=how)).status_code == 413


async def test_a_token_may_come_in_three_places(http: httpx.AsyncClient, token: str) -> None:
    for how in (
        {"headers": bearer(token), "json": {"text": "x"}},
        {"params": {"access_token": token}, "json": {"text": "x"}},
        {"data": {"access_token": token, "text": "x"}},
        {"json": {"access_token": token, "text": "x"}},
    ):
        assert (await http.post("/api/v1/notes", **how)).status_code == 200


@pytest.mark.parametrize("path", ["/api/v1/mine", "/api/v1/waiting"])
async def test_without_a_token(http: httpx.AsyncClient, path: str) -> None:
    for how in ({}, bearer("wrong"), {"authorization": "Basic eDp5"}, {"authorization": "Bearer "}):
        answer = await http.get(path, headers=how)
        assert answer.status_code == 401
        assert answer.json() == {"error": "The access token is invalid"}
        assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_scopes(http: httpx.AsyncClient) -> None:
    reading = await token_for(http, "read")
    assert (await http.get("/api/v1/mine", headers=bearer(reading))).status_code == 200
    for path in ("/api/v1/mine", "/api/v1/notes"):
        refused = await http.post(path, json={"text": "x"}, headers=bearer(reading))
        assert refused.status_code == 403
        assert refused.json() == {"error": "This action is outside the authorized scopes"}


async def test_a_hop_finds_who_asks(app: App, http: httpx.AsyncClient, token: str) -> None:
    ada = (await app.deps.db.read(people.find, "ada")).id
    assert (await http.get("/api/v1/mine", headers=bearer(token))).json() == {"viewer": ada, "word": "x"}
    assert (await http.post("/api/v1/mine", headers=bearer(token))).json() == {"actor": ada}


async def test_a_handler_that_judges_nobody_answers_nobody(http: httpx.AsyncClient, token: str) -> None:
    assert (await http.get("/api/v1/forgetful", headers=bearer(token))).status_code == 500


async def test_an_app_alone_is_no_user(http: httpx.AsyncClient) -> None:
    app = await site.register(http)
    sent = {"grant_type": "client_credentials", "client_id": app["client_id"], "client_secret": app["client_secret"]}
    token = (await http.post("/oauth/token", data=sent)).json()["access_token"]
    answer = await http.get("/api/v1/mine", headers=bearer(token))
    assert (answer.status_code, answer.json()) == (422, {"error": "This method requires an authenticated user"})
    assert (await http.get("/api/v1/open", headers=bearer(token))).json() == {"viewer": None}


async def test_public_doors(app: App, http: httpx.AsyncClient, token: str) -> None:
    ada = (await app.deps.db.read(people.find, "ada")).id
    for path in ("/api/v1/open", "/api/v1/things/5"):
        assert (await http.get(path)).json()["viewer"] is None
        assert (await http.get(path, headers=bearer(token))).json()["viewer"] == ada
        assert (await http.get(path, headers=bearer("wrong"))).status_code == 401
        pushing = await token_for(http, "push")
        assert (await http.get(path, headers=bearer(pushing))).status_code == 403


@pytest.mark.parametrize("wrong", ["abc", "0", "-1", "1.5", "٣", "9223372036854775808", "1" * 400, "%00"])
async def test_malformed_ids_are_not_found(http: httpx.AsyncClient, wrong: str) -> None:
    answer = await http.get(f"/api/v1/things/{wrong}")
    assert (answer.status_code, answer.json()) == (404, {"error": "Record not found"})


@pytest.mark.parametrize(
    ("column", "told"),
    [
        ("confirmed_at", "Your login is missing a confirmed e-mail address"),
        ("approved_at", "Your login is currently pending approval"),
        ("disabled_at", "Your login is currently disabled"),
    ],
)
async def test_states_of_a_login(app: App, http: httpx.AsyncClient, token: str, column: str, told: str) -> None:
    async def change(tx: Tx) -> None:
        await tx.run(f"UPDATE logins SET {column} = $1", 1 if column == "disabled_at" else None)

    await app.deps.db.write(change)
    for path in ("/api/v1/mine", "/api/v1/open"):
        answer = await http.get(path, headers=bearer(token))
        assert (answer.status_code, answer.json()) == (403, {"error": told})
    waiting = await http.get("/api/v1/waiting", headers=bearer(token))
    assert waiting.status_code == (403 if column == "disabled_at" else 200)


async def test_a_closed_account_and_a_deleted_one(app: App, http: httpx.AsyncClient, token: str) -> None:
    await app.deps.db.write(people.promote, "ada", "none")
    await app.deps.db.write(people.disable, "ada")
    assert (await http.get("/api/v1/mine", headers=bearer(token))).status_code == 403

    async def bury(tx: Tx) -> None:
        await tx.run("UPDATE accounts SET deleted_at = 1 WHERE username = 'ada'")

    await app.deps.db.write(bury)
    assert (await http.get("/api/v1/mine", headers=bearer(token))).status_code == 401


@pytest.mark.parametrize(
    ("name", "status", "told"),
    [
        ("bug", 500, "Something went wrong"),
        ("conflict", 409, "No"),
        ("gone", 410, "Gone for good"),
        ("large", 413, "Too much"),
        ("fields", 422, "Validation failed: Name is taken"),
        ("limit", 422, "Your 30 strangers"),
        ("often", 429, "Too many requests"),
        ("busy", 503, "busy"),
        ("store", 503, "busy"),
        ("remote", 503, "Remote data could not be fetched"),
    ],
)
async def test_errors_in_the_form_of_each_door(http: httpx.AsyncClient, name: str, status: int, told: str) -> None:
    for prefix in ("/api/v1", "/oauth", "/users", "/pages"):
        answer = await http.get(f"{prefix}/error/{name}")
        assert answer.status_code == status
        assert told in answer.text
        for secret in ("canary", "Traceback", "/secret/path", "10.0.0.1"):
            assert secret not in answer.text
        if prefix == "/pages":
            assert answer.headers["content-type"].startswith("text/html")
        elif prefix == "/oauth":
            assert set(answer.json()) == {"error", "error_description"}
        else:
            assert told in answer.json()["error"]
        if status in (429, 503):
            assert int(answer.headers["retry-after"]) > 0
    details = (await http.get("/api/v1/error/fields")).json()["details"]
    assert details == {"name": [{"error": "ERR_TAKEN", "description": "is taken"}]}


async def test_a_bug_is_logged_once_with_its_request(
    http: httpx.AsyncClient, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = await http.get("/api/v1/error/bug")
    lines = [msgspec.json.decode(line) for line in capsys.readouterr().err.splitlines()]
    bugs = [line for line in lines if line["event"] == "bug"]
    assert len(bugs) == 1
    assert bugs[0]["request_id"] == answer.headers["x-request-id"]
    assert "canary" not in str(lines)


async def test_one_line_a_request_without_its_query(
    http: httpx.AsyncClient, capsys: pytest.CaptureFixture[str]
) -> None:
    await http.get("/api/v1/things/7?access_token=canary&q=canary", headers={"cookie": "canary"})
    written = capsys.readouterr().err
    line = msgspec.json.decode(written.splitlines()[-1])
    assert (line["event"], line["method"], line["route"], line["status"]) == (
        "request", "GET", "/api/v1/things/{id}", 401,
    )  # fmt: skip
    assert "canary" not in written


@pytest.mark.parametrize(
    "path", ["/api/v1/open", "/api/v1/nowhere", "/api/v9/x", "/oauth/token", "/oauth/revoke", "/oauth/userinfo",
             "/.well-known/x", "/nodeinfo/2.0", "/@ada", "/users/ada", "/users/error/gone", "/static/style.css",
             "/api/v1/error/bug", "/api/v1/mine"],
)  # fmt: skip
async def test_cors_everywhere_it_is_wanted(http: httpx.AsyncClient, path: str) -> None:
    answer = await http.get(path)
    assert answer.headers.get_list("access-control-allow-origin") == ["*"]
    assert "Link" in answer.headers["access-control-expose-headers"]
    assert "access-control-allow-credentials" not in answer.headers
    asked = {"origin": "https://elk.zone", "access-control-request-headers": "authorization,x-odd"}
    before = await http.options(path, headers=asked)
    assert before.status_code == 204
    assert before.headers["access-control-allow-headers"] == "authorization,x-odd"
    assert "PATCH" in before.headers["access-control-allow-methods"]


@pytest.mark.parametrize("path", ["/oauth/authorize", "/login", "/logout", "/", "/about"])
async def test_no_cors_where_cookies_count(http: httpx.AsyncClient, path: str) -> None:
    assert "access-control-allow-origin" not in (await http.get(path)).headers
    before = await http.options(path)
    assert before.status_code == 204
    assert "access-control-allow-origin" not in before.headers
    assert "GET" in before.headers["allow"]


async def test_unknown_paths_and_methods(http: httpx.AsyncClient) -> None:
    for method, path in (("GET", "/api/v1/nothing"), ("PUT", "/api/v2/media/5"), ("DELETE", "/api/v1/open")):
        answer = await http.request(method, path)
        assert (answer.status_code, answer.json()) == (404, {"error": "Record not found"})
    assert (await http.get("/nothing")).json() == {"error": "There is nothing at this address"}
    wrong = await http.request("DELETE", "/login", headers={"accept": "text/html"})
    assert (wrong.status_code, wrong.headers["allow"]) == (405, "GET, HEAD, POST")
    assert (await http.request("TRACE", "/login")).status_code == 405
    assert (await http.get("/nothing", headers={"accept": "text/html"})).headers["content-type"].startswith("text/html")


async def test_put_stands_for_patch_and_head_for_get(http: httpx.AsyncClient, token: str) -> None:
    for method in ("PATCH", "PUT"):
        answer = await http.request(method, "/api/v2/things/policy/", headers=bearer(token))
        assert answer.json() == {"method": method}
    head = await http.head("/api/v1/raw")
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", "12")


async def test_delete_takes_a_body_or_a_query(http: httpx.AsyncClient, token: str) -> None:
    for how in (
        {"json": {"account_ids": ["1", "2"]}},
        {"data": {"account_ids[]": ["1", "2"]}},
        {"params": {"account_ids[]": ["1", "2"]}},
    ):
        answer = await http.request("DELETE", "/api/v1/things/1/accounts", headers=bearer(token), **how)
        assert answer.json() == ["1", "2"]


async def test_links_have_the_public_address(http: httpx.AsyncClient, token: str) -> None:
    answer = await http.get("/api/v1/mine?limit=2&local=true&max_id=7", headers=bearer(token))
    assert answer.headers["link"] == (
        '<https://home.example/api/v1/mine?limit=2&local=true&max_id=5>; rel="next", '
        '<https://home.example/api/v1/mine?limit=2&local=true&min_id=9>; rel="prev"'
    )


async def test_idempotency_keys(http: httpx.AsyncClient, token: str) -> None:
    for key, status in (("abc", 200), ("x" * 255, 200), ("x" * 256, 400)):
        how = bearer(token) | {"idempotency-key": key}
        assert (await http.post("/api/v1/notes", json={"text": "x"}, headers=how)).status_code == status


async def test_rate_limits(app: App, http: httpx.AsyncClient, token: str, clock: FrozenClock) -> None:
    first = await http.get("/api/v1/mine", headers=bearer(token))
    assert first.headers["x-ratelimit-limit"] == "300"
    assert first.headers["x-ratelimit-remaining"] == "299"
    assert first.headers["x-ratelimit-reset"] == "2026-03-01T12:05:00.000Z"
    for _ in range(299):
        last = await http.get("/api/v1/mine", headers=bearer(token))
    assert (last.status_code, last.headers["x-ratelimit-remaining"]) == (200, "0")
    over = await http.get("/api/v1/mine", headers=bearer(token))
    assert (over.status_code, over.json()) == (429, {"error": "Too many requests"})
    assert over.headers["x-ratelimit-remaining"] == "0"
    assert (await http.get("/api/v1/open")).status_code == 200
    app.deps.limits.enabled = False
    free = await http.get("/api/v1/mine", headers=bearer(token))
    assert free.status_code == 200
    assert "x-ratelimit-limit" not in free.headers


async def test_headers_of_each_door(http: httpx.AsyncClient, token: str) -> None:
    api = (await http.get("/api/v1/mine", headers=bearer(token))).headers
    assert api["cache-control"] == "private, no-store"
    assert api["vary"] == "Authorization, Origin, Accept"
    assert api["content-type"] == "application/json; charset=utf-8"
    assert api["content-security-policy"] == headers.JSON_POLICY
    page = (await http.get("/login")).headers
    assert page["content-security-policy"] == headers.page_policy()
    assert page["cross-origin-opener-policy"] == "same-origin"
    plain = (await http.get("/api/v1/response")).headers
    for found in (api, page, plain, (await http.get("/static/style.css")).headers):
        assert found["x-content-type-options"] == "nosniff"
        assert found["referrer-policy"] == "same-origin"
        assert found["strict-transport-security"] == "max-age=31536000; includeSubDomains"
        assert len(found["x-request-id"]) == 16
        assert len(found.get_list("content-length")) == 1
