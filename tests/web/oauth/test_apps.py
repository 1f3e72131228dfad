import httpx
import pytest

from tests.web.site import OOB, register


@pytest.mark.serves("POST /api/v1/apps")
async def test_what_an_app_is_told(http: httpx.AsyncClient) -> None:
    app = await register(http, f"https://client.example/back\n{OOB} tusky://x", "read write:statuses")
    assert app["redirect_uris"] == ["https://client.example/back", OOB, "tusky://x"]
    assert app["redirect_uri"] == f"https://client.example/back\n{OOB}\ntusky://x"
    assert app["scopes"] == ["read", "write:statuses"]
    assert app["client_secret_expires_at"] == 0
    assert app["website"] is None
    assert int(app["id"]) > 0
    assert "vapid_key" in app


@pytest.mark.parametrize("form", ["json list", "json text", "form", "array form", "multipart"])
async def test_every_form_makes_the_same_app(http: httpx.AsyncClient, form: str) -> None:
    name, uris = "A client", ["https://a.example/", "https://b.example/"]
    if form == "json list":
        answer = await http.post("/api/v1/apps", json={"client_name": name, "redirect_uris": uris})
    elif form == "json text":
        answer = await http.post("/api/v1/apps", json={"client_name": name, "redirect_uris": "\n".join(uris)})
    elif form == "form":
        answer = await http.post("/api/v1/apps", data={"client_name": name, "redirect_uris": "\n".join(uris)})
    elif form == "array form":
        answer = await http.post("/api/v1/apps", data={"client_name": name, "redirect_uris[]": uris})
    else:
        parts = {"client_name": (None, name), "redirect_uris": (None, "\n".join(uris))}
        answer = await http.post("/api/v1/apps", files=parts)
    assert answer.status_code == 200, answer.text
    assert answer.json()["redirect_uris"] == uris
    assert answer.json()["scopes"] == ["read"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("client_name", ""),
        ("client_name", "x" * 61),
        ("client_name", "a\u202eb"),
        ("redirect_uris", ""),
        ("redirect_uris", "/relative"),
        ("redirect_uris", "javascript:alert(1)"),
        ("redirect_uris", "data:text/html,x"),
        ("redirect_uris", "https:///nohost"),
        ("redirect_uris", "https://a.example/#part"),
        ("redirect_uris", "https://user:pass@a.example/"),
        ("redirect_uris", "https://a.example:port/"),
        ("redirect_uris", "https://a.example/\x01"),
        ("redirect_uris", " ".join(f"https://a.example/{n}" for n in range(21))),
        ("scopes", "read nonsense"),
        ("website", "javascript:alert(1)"),
    ],
)
async def test_what_is_refused(http: httpx.AsyncClient, field: str, value: str) -> None:
    fields = {"client_name": "A client", "redirect_uris": "https://a.example/"} | {field: value}
    answer = await http.post("/api/v1/apps", data=fields)
    assert answer.status_code == 422
    assert answer.json()["error"].startswith("Validation failed: ")
    assert field in answer.json()["details"]
    assert answer.headers["access-control-allow-origin"] == "*"


async def test_registering_is_limited(http: httpx.AsyncClient) -> None:
    for _ in range(30):
        last = await http.post("/api/v1/apps", data={"client_name": "x", "redirect_uris": OOB})
    assert last.headers["x-ratelimit-remaining"] == "0"
    over = await http.post("/api/v1/apps", data={"client_name": "x", "redirect_uris": OOB})
    assert (over.status_code, over.json()) == (429, {"error": "Too many requests"})
    assert over.headers["x-ratelimit-reset"] == "2026-03-01T12:30:00.000Z"
    assert over.headers["retry-after"] == "1800"
