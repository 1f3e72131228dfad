"""A whole server in this process, people on it, and a browser without JavaScript to visit it with."""

from __future__ import annotations

import base64
import contextlib
import hashlib
from collections.abc import AsyncIterator
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from fedicert import config, server
from fedicert.base.clock import Clock
from fedicert.base.ids import Entropy, SystemEntropy
from fedicert.keys.account_keys import COUNT, account_keys
from fedicert.keys.passwords import hash_password
from fedicert.operations import instance, people
from fedicert.operations.people import NewPerson
from fedicert.web.plumbing.app import App

PASSWORD = "a password of ada's own"
OOB = "urn:ietf:wg:oauth:2.0:oob"
APP_URI = "https://client.example/back"
BASE = "https://home.example"


@contextlib.asynccontextmanager
async def running(url: str, folder: Path, clock: Clock, entropy: Entropy, **settings: str) -> AsyncIterator[App]:
    """A founded server on the database at `url`."""
    values = {"DOMAIN": "home.example", "DATABASE": url, "DATA_DIR": str(folder / "data")} | settings
    app = await server.build(
        config.load(None, {f"FEDICERT_{key}": value for key, value in values.items()}), clock=clock, entropy=entropy
    )
    try:
        yield app
    finally:
        await server.close(app)


@cache
def hashed(password: str) -> str:
    """Its hash, made once a process: each takes 20 ms and 19 MiB."""
    return hash_password(password, SystemEntropy())


async def add_person(app: App, name: str, **more: Any) -> int:
    """Somebody with a password; returns the account's id."""
    deps = app.deps
    ids = await deps.db.write(instance.new_ids, COUNT)
    new = NewPerson(
        name=name,
        email=f"{name}@mail.example",
        password_hash=hashed(PASSWORD),
        keys=await account_keys(deps.keys, deps.vault, deps.urls, deps.urls.actor(name), ids),
        **({"confirmed": True} | more),
    )
    return await deps.db.write(people.create_account, deps.urls, new)


def client(app: App, **more: Any) -> httpx.AsyncClient:
    """HTTP to the server, without a socket. Errors of ours come out as answers, as they would over the wire."""
    transport = httpx.ASGITransport(app, client=(more.pop("address", "198.51.100.7"), 4711))
    return httpx.AsyncClient(transport=transport, base_url=app.deps.config.base, **more)


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.action = ""
        self.fields: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        if tag == "form":
            self.action = named.get("action") or ""
        elif tag == "input" and named.get("name") and (named.get("type") != "radio" or "checked" in named):
            self.fields[str(named["name"])] = named.get("value") or ""


def form(page: httpx.Response) -> tuple[str, dict[str, str]]:
    """(action, fields) of the form on a page."""
    assert page.headers["content-type"].startswith("text/html"), page.text
    found = _Forms()
    found.feed(page.text)
    return found.action, found.fields


async def submit(browser: httpx.AsyncClient, page: httpx.Response, **filled: str) -> httpx.Response:
    """Fill in a form and send it, as a browser would; redirects aren't followed."""
    action, fields = form(page)
    origin = str(page.url.copy_with(raw_path=b"/")).rstrip("/")
    return await browser.post(action, data=fields | filled, headers={"origin": origin, "sec-fetch-site": "same-origin"})


async def register(
    http: httpx.AsyncClient, uris: str = APP_URI, scopes: str = "read write follow push"
) -> dict[str, Any]:
    """An app of its own."""
    answer = await http.post("/api/v1/apps", data={"client_name": "A client", "redirect_uris": uris, "scopes": scopes})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def log_in(browser: httpx.AsyncClient, name: str = "ada", password: str = PASSWORD) -> httpx.Response:
    """Through the login form."""
    return await submit(browser, await browser.get("/login"), name=name, password=password)


async def consent(browser: httpx.AsyncClient, app: dict[str, Any], **more: str) -> httpx.Response:
    """The consent page, after logging in where that is asked for."""
    query = {"response_type": "code", "client_id": app["client_id"], "redirect_uri": APP_URI} | more
    page = await browser.get("/oauth/authorize", params=query)
    if "password" in page.text:
        back = await submit(browser, page, name="ada", password=PASSWORD)
        assert back.status_code == 303, back.text
        page = await browser.get(back.headers["location"])
    return page


async def authorize(browser: httpx.AsyncClient, app: dict[str, Any], **more: str) -> str:
    """The code the client is given."""
    answer = await submit(browser, await consent(browser, app, **more), decision="allow")
    return told(answer)["code"]


def told(answer: httpx.Response) -> dict[str, str]:
    """What a redirect tells the client."""
    assert answer.status_code == 303, answer.text
    return {key: values[0] for key, values in parse_qs(urlsplit(answer.headers["location"]).query).items()}


def exchange_form(app: dict[str, Any], code: str, **more: str) -> dict[str, str]:
    """What a client sends to exchange a code."""
    return {
        "grant_type": "authorization_code",
        "client_id": app["client_id"],
        "client_secret": app["client_secret"],
        "redirect_uri": APP_URI,
        "code": code,
    } | more


def challenge(verifier: str) -> dict[str, str]:
    """The PKCE parameters of a verifier."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return {
        "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
        "code_challenge_method": "S256",
    }


async def token_for(http: httpx.AsyncClient, scopes: str = "read write follow push") -> str:
    """Ada's token, got the whole way."""
    app = await register(http, scopes=scopes)
    code = await authorize(http, app, scope=scopes)
    answer = await http.post("/oauth/token", data=exchange_form(app, code))
    assert answer.status_code == 200, answer.text
    return str(answer.json()["access_token"])


def bearer(token: str) -> dict[str, str]:
    """The header that carries a token."""
    return {"authorization": f"Bearer {token}"}
