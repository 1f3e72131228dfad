"""Pictures as browsers get them: the headers that make them harmless, parts of them, and nothing else."""

from __future__ import annotations

import httpx
import pytest

from fedicert.web.plumbing.app import App
from tests.images import picture

NAME = "0123456789abcdef0123456789abcdef.png"
URL = f"/media/{NAME}"


@pytest.fixture
async def data(app: App) -> bytes:
    made = picture()
    await app.deps.blobs.put(NAME, made)
    return made


async def test_a_picture_is_served(http: httpx.AsyncClient, data: bytes) -> None:
    answer = await http.get(URL)
    assert (answer.status_code, answer.content) == (200, data)
    headers = answer.headers
    assert headers["content-type"] == "image/png" and headers["content-length"] == str(len(data))
    assert headers["cache-control"] == "public, max-age=31536000, immutable"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"].startswith("default-src 'none';")
    assert headers["access-control-allow-origin"] == "*" and headers["cross-origin-resource-policy"] == "cross-origin"
    assert "set-cookie" not in headers and "vary" not in headers
    head = await http.head(URL)
    assert (head.status_code, head.content) == (200, b"") and head.headers["content-length"] == str(len(data))
    same = await http.get(URL, headers={"if-none-match": headers["etag"]})
    assert (same.status_code, same.content) == (304, b"")


async def test_parts_of_it(http: httpx.AsyncClient, data: bytes) -> None:
    part = await http.get(URL, headers={"range": "bytes=2-5"})
    assert (part.status_code, part.content) == (206, data[2:6])
    assert (
        part.headers["content-range"] == f"bytes 2-5/{len(data)}"
        and part.headers["x-content-type-options"] == "nosniff"
    )
    assert (await http.get(URL, headers={"range": "bytes=-4"})).content == data[-4:]
    beyond = await http.get(URL, headers={"range": f"bytes={len(data)}-"})
    assert beyond.status_code == 416


@pytest.mark.parametrize(
    "path",
    [
        "/media/",
        "/media/x",
        "/media/..%2Fmaster.key",
        "/media/../data/master.key",
        "/media/%2e%2e/master.key",
        "/media/01/" + NAME,
        "/media/" + NAME.upper(),
        "/media/" + NAME + ".part",
        "/media/" + "f" * 32 + ".png",
        "/media/" + NAME.replace("png", "svg"),
        "/media/proxy/statuses/1/" + "0" * 32 + "/original",
        "/media/proxy/statuses/x/" + "0" * 32 + "/original",
        "/media/proxy/accounts/1/" + "0" * 32,
        "/media/proxy/accounts/1/x%00",
        "/media/proxy/accounts/99999999999999999999/" + "0" * 32,
    ],
)
async def test_nothing_else_is(http: httpx.AsyncClient, data: bytes, path: str) -> None:
    answer = await http.get(path)
    assert answer.status_code == 404
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_nothing_is_put_there(http: httpx.AsyncClient, data: bytes) -> None:
    for method in ("PUT", "POST", "DELETE"):
        assert (await http.request(method, URL, content=b"x")).status_code == 405
