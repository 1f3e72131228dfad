"""A person lets an app in: from registering it to revoking its token."""

import base64

import httpx
import pytest

from fedicert.base.clock import DAY, MINUTE, FrozenClock
from fedicert.web.plumbing.app import App
from tests.web import site
from tests.web.site import (
    APP_URI,
    OOB,
    PASSWORD,
    authorize,
    bearer,
    challenge,
    consent,
    exchange_form,
    register,
    submit,
    told,
)

VERIFIER = "a" * 50


async def works(http: httpx.AsyncClient, token: str) -> bool:
    answer = await http.get("/api/v1/apps/verify_credentials", headers=bearer(token))
    return answer.status_code == 200


@pytest.mark.serves(
    "GET /oauth/authorize", "POST /oauth/authorize", "POST /oauth/token",
    "GET /api/v1/apps/verify_credentials",
)  # fmt: skip
async def test_the_whole_way(http: httpx.AsyncClient) -> None:
    app = await register(http)
    page = await consent(http, app, scope="read write", state="x y&z")
    assert "A client" in page.text
    assert "Nobody has checked this name" in page.text
    assert "client.example" in page.headers["content-security-policy"]
    back = await submit(http, page, decision="allow")
    assert back.headers["location"].startswith(APP_URI + "?")
    assert told(back)["state"] == "x y&z"
    assert told(back)["iss"] == site.BASE
    answer = await http.post("/oauth/token", data=exchange_form(app, told(back)["code"]))
    body = answer.json()
    assert answer.headers["cache-control"] == "no-store"
    assert body["token_type"] == "Bearer"
    assert body["scope"] == "read write"
    assert body["created_at"] == 1_772_366_400
    shown = await http.get("/api/v1/apps/verify_credentials", headers=bearer(body["access_token"]))
    assert shown.json()["name"] == "A client"
    assert "client_secret" not in shown.json()


@pytest.mark.serves("GET /oauth/authorize/native")
async def test_out_of_band_shows_the_code(http: httpx.AsyncClient) -> None:
    app = await register(http, OOB)
    back = await submit(http, await consent(http, app, redirect_uri=OOB), decision="allow")
    assert back.headers["location"].startswith("/oauth/authorize/native?")
    page = await http.get(back.headers["location"])
    _, fields = site.form(page)
    answer = await http.post("/oauth/token", data=exchange_form(app, fields["code"], redirect_uri=OOB))
    assert answer.status_code == 200
    assert (await http.get("/oauth/authorize/native?code=<b>")).status_code == 400


async def test_pkce(http: httpx.AsyncClient) -> None:
    app = await register(http)
    right = exchange_form(app, await authorize(http, app, **challenge(VERIFIER)), code_verifier=VERIFIER)
    missing = exchange_form(app, await authorize(http, app, **challenge(VERIFIER)))
    wrong = exchange_form(app, await authorize(http, app, **challenge(VERIFIER)), code_verifier="b" * 50)
    downgraded = exchange_form(app, await authorize(http, app), code_verifier=VERIFIER)
    assert (await http.post("/oauth/token", data=right)).status_code == 200
    for refused in (missing, wrong, downgraded):
        answer = await http.post("/oauth/token", data=refused)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


async def test_a_wrong_verifier_leaves_the_code_usable(http: httpx.AsyncClient) -> None:
    app = await register(http)
    code = await authorize(http, app, **challenge(VERIFIER))
    assert (await http.post("/oauth/token", data=exchange_form(app, code, code_verifier="b" * 50))).status_code == 400
    assert (await http.post("/oauth/token", data=exchange_form(app, code, code_verifier=VERIFIER))).status_code == 200


async def test_a_public_client_needs_pkce(http: httpx.AsyncClient) -> None:
    app = await register(http)
    without = exchange_form(app, await authorize(http, app))
    del without["client_secret"]
    answer = await http.post("/oauth/token", data=without)
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    proven = exchange_form(app, await authorize(http, app, **challenge(VERIFIER)), code_verifier=VERIFIER)
    del proven["client_secret"]
    assert (await http.post("/oauth/token", data=proven)).status_code == 200


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "read admin:read"}, "invalid_scope"),
        ({"scope": "nonsense"}, "invalid_scope"),
        ({"code_challenge": "x" * 43, "code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge": "x" * 43}, "invalid_request"),
        ({"code_challenge": "short", "code_challenge_method": "S256"}, "invalid_request"),
    ],
)
async def test_errors_go_back_to_the_client(http: httpx.AsyncClient, query: dict[str, str], error: str) -> None:
    app = await register(http)
    params = {"response_type": "code", "client_id": app["client_id"], "redirect_uri": APP_URI, "state": "s"} | query
    answer = await http.get("/oauth/authorize", params=params)
    assert told(answer)["error"] == error
    assert told(answer)["state"] == "s"
    assert answer.headers["location"].startswith(APP_URI + "?")


@pytest.mark.parametrize(
    "query",
    [
        {"client_id": "nobody"},
        {"client_id": ""},
        {"redirect_uri": "https://evil.example/"},
        {"redirect_uri": APP_URI + "/more"},
        {"redirect_uri": APP_URI + "?x=1"},
        {"redirect_uri": ""},
    ],
)
async def test_a_bad_client_or_redirect_is_never_redirected(http: httpx.AsyncClient, query: dict[str, str]) -> None:
    app = await register(http)
    params = {"response_type": "code", "client_id": app["client_id"], "redirect_uri": APP_URI} | query
    answer = await http.get("/oauth/authorize", params=params)
    assert answer.status_code == 400
    assert "location" not in answer.headers
    assert answer.headers["content-type"].startswith("text/html")


async def test_a_refusal_is_told(http: httpx.AsyncClient) -> None:
    app = await register(http)
    answer = await submit(http, await consent(http, app, state="s"), decision="deny")
    assert told(answer)["error"] == "access_denied"
    assert told(answer)["state"] == "s"
    assert "code" not in told(answer)


async def test_a_code_works_once_and_its_reuse_ends_the_token(http: httpx.AsyncClient) -> None:
    app = await register(http)
    sent = exchange_form(app, await authorize(http, app))
    token = (await http.post("/oauth/token", data=sent)).json()["access_token"]
    assert await works(http, token)
    again = await http.post("/oauth/token", data=sent)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    assert not await works(http, token)


async def test_a_code_ends_after_ten_minutes(http: httpx.AsyncClient, clock: FrozenClock) -> None:
    app = await register(http)
    late, later = await authorize(http, app), await authorize(http, app)
    clock.advance(10 * MINUTE)
    assert (await http.post("/oauth/token", data=exchange_form(app, late))).status_code == 200
    clock.advance(1)
    assert (await http.post("/oauth/token", data=exchange_form(app, later))).json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    ("change", "status", "error"),
    [
        ({"redirect_uri": "https://client.example/other"}, 400, "invalid_grant"),
        ({"redirect_uri": ""}, 400, "invalid_grant"),
        ({"code": "wrong"}, 400, "invalid_grant"),
        ({"code": ""}, 400, "invalid_request"),
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_id": "wrong"}, 401, "invalid_client"),
        ({"client_id": ""}, 401, "invalid_client"),
        ({"grant_type": "nonsense"}, 400, "unsupported_grant_type"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"grant_type": ""}, 400, "invalid_request"),
    ],
)
async def test_what_a_token_request_gets_wrong(
    http: httpx.AsyncClient, change: dict[str, str], status: int, error: str
) -> None:
    app = await register(http)
    answer = await http.post("/oauth/token", data=exchange_form(app, await authorize(http, app)) | change)
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert answer.json()["error_description"]
    assert answer.headers["access-control-allow-origin"] == "*"


async def test_a_code_of_one_app_is_nothing_to_another(http: httpx.AsyncClient) -> None:
    app, other = await register(http), await register(http)
    code = await authorize(http, app)
    assert (await http.post("/oauth/token", data=exchange_form(other, code))).json()["error"] == "invalid_grant"


@pytest.mark.parametrize("form", ["urlencoded", "json", "multipart", "basic", "query"])
async def test_every_form_of_a_token_request(http: httpx.AsyncClient, form: str) -> None:
    app = await register(http)
    sent = exchange_form(app, await authorize(http, app))
    if form == "urlencoded":
        answer = await http.post("/oauth/token", data=sent)
    elif form == "json":
        answer = await http.post("/oauth/token", json=sent)
    elif form == "multipart":
        answer = await http.post("/oauth/token", files={key: (None, value) for key, value in sent.items()})
    elif form == "query":
        answer = await http.post("/oauth/token", params=sent)
    else:
        both = f"{sent.pop('client_id')}:{sent.pop('client_secret')}"
        header = "Basic " + base64.b64encode(both.encode()).decode()
        answer = await http.post("/oauth/token", data=sent, headers={"authorization": header})
    assert answer.status_code == 200, answer.text
    assert await works(http, answer.json()["access_token"])


async def test_client_credentials(http: httpx.AsyncClient) -> None:
    app = await register(http, scopes="read write")
    sent = {"grant_type": "client_credentials", "client_id": app["client_id"], "client_secret": app["client_secret"]}
    answer = await http.post("/oauth/token", data=sent)
    token = answer.json()["access_token"]
    assert answer.json()["scope"] == "read"
    assert await works(http, token)
    too_much = await http.post("/oauth/token", data=sent | {"scope": "read push"})
    assert (too_much.status_code, too_much.json()["error"]) == (400, "invalid_scope")
    del sent["client_secret"]
    assert (await http.post("/oauth/token", data=sent)).json()["error"] == "invalid_client"


@pytest.mark.serves("POST /oauth/revoke")
async def test_revoking(http: httpx.AsyncClient) -> None:
    app, other = await register(http), await register(http)
    answer = await http.post("/oauth/token", data=exchange_form(app, await authorize(http, app)))
    token = answer.json()["access_token"]
    mine = {"client_id": app["client_id"], "client_secret": app["client_secret"], "token": token}
    theirs = {"client_id": other["client_id"], "client_secret": other["client_secret"], "token": token}
    refused = await http.post("/oauth/revoke", data=theirs)
    assert (refused.status_code, refused.json()["error"]) == (403, "unauthorized_client")
    assert (await http.post("/oauth/revoke", data=mine | {"client_secret": "wrong"})).status_code == 403
    assert await works(http, token)
    for _ in range(2):
        done = await http.post("/oauth/revoke", data=mine)
        assert (done.status_code, done.json()) == (200, {})
    assert not await works(http, token)
    assert (await http.post("/oauth/revoke", data=mine | {"token": "never was"})).status_code == 200


@pytest.mark.serves("GET /oauth/userinfo")
async def test_userinfo(http: httpx.AsyncClient) -> None:
    token = await site.token_for(http, "profile")
    for method in ("GET", "POST"):
        answer = await http.request(method, "/oauth/userinfo", headers=bearer(token))
        assert answer.json() | {"picture": ""} == {
            "iss": site.BASE,
            "sub": f"{site.BASE}/users/ada",
            "name": "ada",
            "preferred_username": "ada",
            "profile": f"{site.BASE}/@ada",
            "picture": "",
        }
    refused = await http.get("/oauth/userinfo", headers=bearer(await site.token_for(http, "read")))
    assert (refused.status_code, refused.json()["error"]) == (403, "insufficient_scope")
    assert (await http.get("/oauth/userinfo")).status_code == 401


@pytest.mark.serves("GET /.well-known/oauth-authorization-server")
async def test_discovery(http: httpx.AsyncClient) -> None:
    answer = await http.get("/.well-known/oauth-authorization-server")
    assert answer.headers["access-control-allow-origin"] == "*"
    body = answer.json()
    assert body["issuer"] == site.BASE
    assert body["code_challenge_methods_supported"] == ["S256"]
    assert "password" not in body["grant_types_supported"]


async def test_force_login_asks_once_more(http: httpx.AsyncClient) -> None:
    app = await register(http)
    await consent(http, app)
    query = {"response_type": "code", "client_id": app["client_id"], "redirect_uri": APP_URI, "force_login": "true"}
    page = await http.get("/oauth/authorize", params=query)
    assert "password" in page.text
    back = await submit(http, page, name="ada@mail.example", password=PASSWORD)
    assert "Let “A client” in?" in (await http.get(back.headers["location"])).text


async def test_a_foreign_account_can_not_be_chosen(app: App, http: httpx.AsyncClient) -> None:
    bob = await site.add_person(app, "bob")
    registered = await register(http)
    answer = await submit(http, await consent(http, registered), decision="allow", account=str(bob))
    assert answer.status_code == 422


async def test_an_app_scheme_may_be_redirected_to(http: httpx.AsyncClient) -> None:
    app = await register(http, "tusky://back")
    page = await consent(http, app, redirect_uri="tusky://back")
    assert "form-action 'self' tusky:;" in page.headers["content-security-policy"]
    answer = await submit(http, page, decision="allow")
    assert answer.headers["location"].startswith("tusky://back?code=")


async def test_password_grant_where_it_is_switched_on(database_url, tmp_path, clock, entropy) -> None:
    async with site.running(database_url, tmp_path, clock, entropy, PASSWORD_GRANT="on") as app:
        await site.add_person(app, "ada")
        async with site.client(app) as http:
            registered = await register(http)
            sent = {
                "grant_type": "password", "client_id": registered["client_id"],
                "client_secret": registered["client_secret"], "username": "ada@mail.example", "password": PASSWORD,
            }  # fmt: skip
            answer = await http.post("/oauth/token", data=sent)
            assert answer.json()["scope"] == "read"
            wrong = await http.post("/oauth/token", data=sent | {"password": "wrong"})
            assert (wrong.status_code, wrong.json()["error"]) == (400, "invalid_grant")


async def test_what_is_over_is_swept_away(app: App, http: httpx.AsyncClient, clock: FrozenClock) -> None:
    from fedicert.operations import oauth

    kept = await register(http)
    await register(http)
    token = (await http.post("/oauth/token", data=exchange_form(kept, await authorize(http, kept)))).json()
    clock.advance(31 * DAY)
    assert await app.deps.db.write(oauth.sweep) == 2
    assert await works(http, token["access_token"])
    assert await app.deps.db.write(oauth.sweep) == 0
