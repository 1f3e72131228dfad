"""One question about an actor's licences, by handle or actor id; answered from what is written down alone."""

from __future__ import annotations

import httpx
import pytest

from fedicert.operations import certification
from fedicert.web.plumbing.app import App
from tests.web import site
from tests.web.pages.test_licences import give

VERIFY = "/api/fedicert/v1/verify"


@pytest.mark.parametrize("target", ["ada", "@ada", "ada@{host}", "@ada@{host}", "acct:ada@{host}", "{base}/users/ada"])
async def test_what_is_known_of_an_actor(app: App, http: httpx.AsyncClient, target: str) -> None:
    await give(app)
    named = target.format(host=app.deps.urls.domain, base=site.BASE)
    answer = await http.get(VERIFY, params={"target": named})
    assert answer.status_code == 200
    said = answer.json()
    assert (said["actor"], said["acct"]) == (f"{site.BASE}/users/ada", "ada")
    (licence,) = said["licences"]
    assert (licence["verdict"], licence["licence"]["number"]) == ("trusted", "ME-104422")
    assert licence["checks"]


async def test_what_nobody_may_know_of_is_not_told(app: App, http: httpx.AsyncClient) -> None:
    ada = await give(app, consent=False)
    assert (await http.get(VERIFY, params={"target": "ada"})).json()["licences"] == []
    await app.deps.db.write(certification.consent, app.deps.urls, ada, 1, "number")
    assert len((await http.get(VERIFY, params={"target": "ada"})).json()["licences"]) == 1
    await app.deps.db.write(certification.withdraw, app.deps.urls, ada, 1)
    assert (await http.get(VERIFY, params={"target": "ada"})).json()["licences"] == []


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("", 404),
        ("nobody", 404),
        ("ada@elsewhere.example", 404),
        ("https://elsewhere.example/users/ada", 404),
        ("http://169.254.169.254/latest", 404),
        ("a b@c d", 404),
    ],
)
async def test_whom_we_never_met_we_do_not_ask(http: httpx.AsyncClient, target: str, status: int) -> None:
    answer = await http.get(VERIFY, params={"target": target})
    assert answer.status_code == status
    assert answer.json()["error"]


async def test_it_is_rate_limited(app: App, http: httpx.AsyncClient) -> None:
    app.deps.limits.enabled = True
    first = await http.get(VERIFY, params={"target": "nobody"})
    assert first.headers["x-ratelimit-limit"] == "60"
