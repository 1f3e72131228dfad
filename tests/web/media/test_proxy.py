"""Pictures of other servers, shown by ours: made anew, fetched once, and only what is shown here."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import msgspec
import pytest

from fedicert.base.clock import MINUTE, FrozenClock
from fedicert.model.pictures import MAX_BYTES, picture_key
from fedicert.remote.wire import Request, Response
from fedicert.web.plumbing.app import App
from tests import world
from tests.images import GPS, HTML, SVG, opened, picture, told
from tests.wire import VillageWire

FAR = "https://far.example"
PICTURE, AVATAR, EMOJI = f"{FAR}/p.jpg", f"{FAR}/a.png", f"{FAR}/e.png"


class Far:
    """Somebody else's server with pictures on it."""

    def __init__(self) -> None:
        self.served: dict[str, tuple[int, str, bytes]] = {}
        self.asked: list[Request] = []
        self.wait: asyncio.Event | None = None

    async def __call__(self, request: Request) -> Response:
        self.asked.append(request)
        if self.wait is not None:
            await self.wait.wait()
        status, kind, data = self.served.get(request.url, (404, "text/plain", b""))
        return Response(status, (("content-type", kind),), data, request.url)


@pytest.fixture
def far(app: App) -> Far:
    """The world of the server is one host."""
    found, wire = Far(), VillageWire()
    wire.handlers["far.example"] = found
    object.__setattr__(app.deps.peers, "wire", wire)
    found.served[PICTURE] = (200, "image/jpeg", told("JPEG", orientation=6))
    return found


async def _post(tx: Any, author: int, attachments: str, local: int = 0) -> int:
    identifier = tx.new_id()
    await tx.run(
        "INSERT INTO statuses (id, uri, url, author, local, state, text, content_html, spoiler_text, sensitive, visibility,"
        " listed, conversation, mentions, tags, emojis, attachments, created_at, replies_count, reblogs_count,"
        " favourites_count, admitted_through, standing, version) VALUES ($1, $2, $2, $3, $5, 'published', '', '', '', 0,"
        " 'private', 0, '', '[]', '[]', $6, $4, 0, 0, 0, 0, 0, '{}', 1)",
        identifier,
        f"{FAR}/statuses/{identifier}",
        author,
        attachments,
        local,
        msgspec.json.encode([{"shortcode": "e", "url": EMOJI}]).decode(),
    )
    return int(identifier)


async def _remote(tx: Any) -> int:
    account = await world.make_remote(tx, "bob")
    await tx.run("UPDATE accounts SET avatar_url = $2 WHERE id = $1", account, AVATAR)
    return account


def _attachments(url: str = PICTURE, kind: str = "image") -> str:
    return f'[{{"id":5,"type":"{kind}","url":"{url}","remote_url":"{url}"}}]'


@pytest.fixture
async def bob(app: App) -> int:
    return int(await app.deps.db.write(_remote))


@pytest.fixture
async def status(app: App, bob: int) -> int:
    return int(await app.deps.db.write(_post, bob, _attachments()))


def at(status: int, url: str = PICTURE, size: str = "original") -> str:
    return f"/media/proxy/statuses/{status}/{picture_key(url)}/{size}"


async def test_a_picture_is_fetched_once_and_made_anew(
    app: App, http: httpx.AsyncClient, far: Far, status: int
) -> None:
    first, small = await http.get(at(status)), await http.get(at(status, size="small"))
    for answer in (first, small):
        assert answer.status_code == 200, answer.text
        assert GPS not in answer.content and opened(answer.content).size == (32, 64)
        assert answer.headers["content-type"] == "image/jpeg"
        assert answer.headers["cache-control"] == "public, max-age=604800"
        assert answer.headers["content-security-policy"].startswith("default-src 'none';")
    assert (await http.get(at(status))).content == first.content
    assert [request.url for request in far.asked] == [PICTURE]
    sent = dict(far.asked[0].headers)
    assert not {"cookie", "authorization", "signature", "referer", "x-forwarded-for"} & set(sent)


async def test_many_who_look_are_one_fetch(http: httpx.AsyncClient, far: Far, status: int) -> None:
    far.wait = asyncio.Event()
    asked = [asyncio.create_task(http.get(at(status))) for _ in range(10)]
    while not far.asked:
        await asyncio.sleep(0)
    far.wait.set()
    assert {answer.status_code for answer in await asyncio.gather(*asked)} == {200}
    assert len(far.asked) == 1


async def test_avatars_and_emojis(http: httpx.AsyncClient, far: Far, bob: int, status: int) -> None:
    far.served[AVATAR] = (200, "image/png", picture(900, 600))
    far.served[EMOJI] = (200, "image/png", picture(500, 500))
    avatar = await http.get(f"/media/proxy/accounts/{bob}/{picture_key(AVATAR)}")
    assert opened(avatar.content).size == (400, 400)
    emoji = await http.get(at(status, EMOJI))
    assert opened(emoji.content).size == (128, 128)
    assert (await http.get(f"/media/proxy/accounts/{bob}/{picture_key(EMOJI)}")).status_code == 404
    assert (await http.get(f"/media/proxy/accounts/{bob}/{picture_key('')}")).status_code == 404


async def test_only_what_is_shown_here(app: App, http: httpx.AsyncClient, far: Far, bob: int, status: int) -> None:
    film = await app.deps.db.write(_post, bob, _attachments(kind="video"))
    own = await app.deps.db.write(_post, bob, _attachments(), 1)
    for path in (at(status, f"{FAR}/other.jpg"), at(status + 1), at(status, size="huge"), at(film), at(own)):
        assert (await http.get(path)).status_code == 404, path
    await app.deps.db.write(_run, "UPDATE accounts SET suspended_at = 1 WHERE id = $1", bob)
    assert (await http.get(at(status))).status_code == 404
    await app.deps.db.write(_run, "UPDATE accounts SET suspended_at = NULL WHERE id = $1", bob)
    assert far.asked == []
    assert (await http.get(at(status))).status_code == 200
    await app.deps.db.write(_run, "DELETE FROM statuses WHERE id = $1", status)
    assert (await http.get(at(status))).status_code == 404, "also where it is still kept"


async def _run(tx: Any, sql: str, *values: Any) -> None:
    await tx.run(sql, *values)


@pytest.mark.parametrize(
    "served",
    [
        (200, "text/html", HTML),
        (200, "image/png", HTML),
        (200, "image/svg+xml", SVG),
        (200, "text/html", picture()),
        (200, "application/activity+json", picture()),
        (200, "image/png", picture()[:60]),
        (200, "image/png", b""),
        (200, "image/png", b"x" * (MAX_BYTES + 1)),
        (404, "image/png", picture()),
        (410, "image/png", picture()),
    ],
)
async def test_what_is_no_picture_is_not_there(
    http: httpx.AsyncClient, far: Far, status: int, served: tuple[int, str, bytes]
) -> None:
    far.served[PICTURE] = served
    for _ in range(2):
        assert (await http.get(at(status))).status_code == 404
    assert len(far.asked) == 1, "it isn't asked for again at once"


async def test_a_server_that_is_away_is_asked_again_later(
    http: httpx.AsyncClient, far: Far, status: int, clock: FrozenClock
) -> None:
    good = far.served[PICTURE]
    far.served[PICTURE] = (503, "text/plain", b"")
    away = await http.get(at(status))
    assert (away.status_code, away.headers["cache-control"]) == (503, "no-store")
    assert (await http.get(at(status))).status_code == 404
    far.served[PICTURE] = good
    clock.advance(11 * MINUTE)
    assert (await http.get(at(status))).status_code == 200
    assert len(far.asked) == 2
