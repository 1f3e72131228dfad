"""Every route of the program, given what nobody should send: an answer in the form of its door, one line, never a 500."""

import io
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest

from fedicert.base.clock import FrozenClock
from fedicert.base.log import log
from fedicert.web.doors import routes
from fedicert.web.plumbing.app import App
from fedicert.web.plumbing.route import Route
from tests.web import site

ROUTES = sorted(routes(), key=lambda route: (route.path, route.methods))
BODIED = [(method, route) for route in ROUTES for method in route.methods if method not in ("GET", "HEAD")]
IDS = ("abc", "0", "-1", "1.5", str(1 << 63), str(1 << 64), "9" * 30, "%00", "%ff", "%ED%A0%80", "%D9%A1", "%2e%2e", "1%2F2",
       "'%20OR%201=1--", "a" * 3_000)  # fmt: skip
QUERIES = ("limit=abc", "limit=-1", "limit=1e9", "limit[]=5", "max_id=abc", "max_id=" + "9" * 30, "since_id=%00",
           "min_id=%ff", "local=maybe", "types[]=zzz", "q=%00", "q=" + "a" * 5_000, "offset=" + "9" * 30, "acct=@@",
           "id[]=abc", "id[a][b]=1&id=2", "timeline[]=zz", "%", "%zz=1", "=", "a=1&" * 1_500)  # fmt: skip
JSON, FORM, PARTS = "application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"
BODIES = (
    (JSON, b"{"),
    (JSON, b"[]"),
    (JSON, b'{"id":"a","id":"b"}'),
    (JSON, b'{"status":"\\u0000"}'),
    (JSON, b'{"status":"\\ud800"}'),
    (JSON, b'{"status":"\xff"}'),
    (JSON, b'{"status":' + b"[" * 5_000 + b"]" * 5_000 + b"}"),
    (
        JSON,
        b'{"status":{},"display_name":{},"note":[1],"fields_attributes":"x","locked":"maybe","source":"a","home":5}',
    ),
    (JSON, b'{"client_name":5,"redirect_uris":[1],"scopes":{},"grant_type":[],"token":{},"username":[],"email":1}'),
    (JSON, b'{"home":{"last_read_id":"99999999999999999999999999"},"in_reply_to_id":"99999999999999999999"}'),
    (FORM, b"status=%ff"),
    (FORM, b"status=%00"),
    (FORM, b"status[]=a&status[b]=c&fields_attributes[0][name]=a&fields_attributes[x][value]=b"),
    (PARTS, b"--x\r\nbroken"),
    (PARTS, b"--x\r\nContent-Disposition: form-data\r\n\r\nabc\r\n--x--\r\n"),
    ("text/plain", b"status=x"),
    (JSON, b'{"status":"' + b"a" * (1 << 20) + b'"}'),
)
OTHERS = ("OPTIONS", "HEAD", "TRACE", "PROPFIND", "DELETE", "PUT", "PATCH", "POST", "GET")


@pytest.fixture
async def app(database_url: str, tmp_path: Path, clock: FrozenClock, entropy) -> AsyncIterator[App]:
    """A server that lets one address ask often."""
    async with site.running(database_url, tmp_path, clock, entropy, RATE_LIMITS="false") as app:
        await site.add_person(app, "ada")
        yield app


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    stream, before = io.StringIO(), log._stream
    log.configure(stream=stream)
    yield stream
    log._stream = before


@pytest.fixture
async def ada(app: App) -> AsyncIterator[httpx.AsyncClient]:
    """A client that may do everything."""
    async with site.client(app) as browser:
        token = await site.token_for(browser)
    async with site.client(app, headers=site.bearer(token)) as client:
        yield client


def filled(route: Route, word: str = "ada") -> str:
    return re.sub(r"\{[^}]*\}", word, route.path)


def accept(door: str) -> dict[str, str]:
    """What a browser asks for, and what a program does."""
    return {"accept": "text/html" if door == "page" else "*/*"}


def check(answer: httpx.Response, door: str, lines: io.StringIO) -> None:
    """No bug, one line, and a sentence in the form of the door where it is an error."""
    told = lines.getvalue()
    lines.seek(0)
    lines.truncate()
    where = f"{answer.request.method} {str(answer.url)[:100]}: {answer.status_code} {answer.text[:200]}"
    assert answer.status_code < 500, where + told
    assert sum('"event":"request"' in line for line in told.splitlines()) == 1, where + told
    if answer.status_code < 400 or answer.request.method == "HEAD":
        return
    if door == "page":
        assert answer.headers["content-type"].startswith("text/html"), where
        assert re.search(r'<p role="alert">[^<]{5,}</p>|class="wrong"', answer.text), where
        return
    body = answer.json()
    if door == "oauth" and answer.status_code != 405:
        assert re.fullmatch("[a-z_]+", body["error"]), where
    assert len(body.get("error_description", body["error"])) > 5, where


async def test_malformed_ids(ada: httpx.AsyncClient, lines: io.StringIO) -> None:
    for route in (route for route in ROUTES if "{" in route.path):
        for method in route.methods:
            for word in IDS:
                answer = await ada.request(method, filled(route, word), headers=accept(route.door))
                check(answer, route.door, lines)
                # A hashtag may be called almost anything.
                may_be = method == "GET" or "/tags/{name}" in route.path
                assert answer.status_code >= 300 or may_be, (method, filled(route, word))


async def test_malformed_queries(ada: httpx.AsyncClient, lines: io.StringIO) -> None:
    for route in (route for route in ROUTES if "GET" in route.methods):
        for query in QUERIES:
            check(await ada.get(f"{filled(route)}?{query}"), route.door, lines)


async def test_malformed_bodies(ada: httpx.AsyncClient, lines: io.StringIO) -> None:
    for method, route in BODIED:
        for kind, body in BODIES:
            answer = await ada.request(method, filled(route), content=body, headers={"content-type": kind})
            check(answer, route.door, lines)


async def test_every_method_everywhere(ada: httpx.AsyncClient, lines: io.StringIO) -> None:
    for path in sorted({filled(route) for route in ROUTES}):
        known = {method for route in ROUTES if filled(route) == path for method in route.methods}
        door = next(route.door for route in ROUTES if filled(route) == path)
        for method in OTHERS:
            answer = await ada.request(method, path, headers=accept(door))
            check(answer, door, lines)
            if method == "OPTIONS":
                assert answer.status_code == 204
            if method == "HEAD":
                assert not answer.content
            unserved = method not in known | {"OPTIONS", "HEAD"} and not (method == "PUT" and "PATCH" in known)
            if unserved:
                assert answer.status_code in (404, 405), (method, path, answer.status_code)


@pytest.mark.parametrize("token", ["", "x", "a b", "é", "x" * 5_000])
async def test_unknown_tokens(app: App, lines: io.StringIO, token: str) -> None:
    async with site.client(app) as client:
        for route in (route for route in ROUTES if route.who == "user"):
            header = {"authorization": f"Bearer {token}".encode()}
            answer = await client.request(route.methods[0], filled(route, "1"), headers=header)
            check(answer, route.door, lines)
            assert answer.status_code == 401, filled(route)


async def test_scopes_that_are_too_narrow(app: App, lines: io.StringIO) -> None:
    async with site.client(app) as browser:
        token = await site.token_for(browser, scopes="read:lists")
    lines.seek(0)
    lines.truncate()
    async with site.client(app, headers=site.bearer(token)) as client:
        for route in (route for route in ROUTES if route.scopes and "read:lists" not in route.scopes):
            answer = await client.request(route.methods[0], filled(route, "1"))
            check(answer, route.door, lines)
            assert answer.status_code == 403, filled(route)


async def test_paths_of_nothing(ada: httpx.AsyncClient, lines: io.StringIO) -> None:
    words = (
        "a",
        "",
        ".",
        "..",
        "\x00",
        "api",
        "v1",
        "@",
        "users",
        "ada",
        "é",
        "static",
        "inbox",
        "\\",
        "'",
        "<b>",
        "%",
    )
    for first in words:
        for second in words:
            path = "/" + quote(first, safe="") + "/" + quote(second, safe="") + "/x"
            answer = await ada.get(path, headers={"accept": "application/activity+json"})
            check(answer, "client" if path.startswith("/api/") else "federation", lines)
            assert answer.status_code == 404, path
