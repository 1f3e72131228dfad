"""Pictures between two of our servers: posted with an ordinary client library, seen elsewhere, changed, taken back."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import httpx
import msgspec
import pytest
import requests
from mastodon import Mastodon
from requests.adapters import BaseAdapter

from fedicert.base.clock import DAY, HOUR
from fedicert.jobs.upkeep import start_rounds
from tests.images import GPS, opened, picture, told
from tests.stories.village import Place, Resident, Village


class ToVillage(BaseAdapter):
    """Carries what a client library sends from its thread to a resident's server."""

    def __init__(self, http: httpx.AsyncClient, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self._http, self._loop = http, loop

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        async def ask() -> httpx.Response:
            assert request.method and request.url
            sent = {name: value for name, value in request.headers.items() if name.lower() != "content-length"}
            body = request.body if isinstance(request.body, bytes) else (request.body or "").encode()
            return await self._http.request(request.method, request.url, content=body, headers=sent)

        answer = asyncio.run_coroutine_threadsafe(ask(), self._loop).result(30)
        response = requests.Response()
        response.status_code, response._content = answer.status_code, answer.content
        response.headers.update(answer.headers)
        response.url, response.request = request.url or "", request
        return response

    def close(self) -> None:
        pass


def library_of(who: Resident) -> Mastodon:
    """Mastodon.py, logged in as somebody of the village."""
    session = requests.Session()
    session.mount("https://", ToVillage(who.http, asyncio.get_running_loop()))
    token = who.http.headers["authorization"].removeprefix("Bearer ")
    return Mastodon(access_token=token, api_base_url=f"https://{who.place.host}", session=session)


class Two(msgspec.Struct, frozen=True):
    """Ada at home; Bob at far, who follows her."""

    village: Village
    home: Place
    far: Place
    ada: Resident
    bob: Resident


@pytest.fixture
async def two(village: Village) -> Two:
    home, far = await village.server(), await village.server("far.example")
    ada, bob = await home.person("ada"), await far.person("bob")
    await bob.follow(ada)
    await village.work()
    return Two(village, home, far, ada, bob)


async def post(two: Two, words: str, **more: Any) -> Mapping[str, Any]:
    """Ada posts a picture that she took on its side, with Mastodon.py."""
    library = library_of(two.ada)

    def session() -> Mapping[str, Any]:
        media = library.media_post(
            told("JPEG", orientation=6), "image/jpeg", description="A boat on the lake", focus=(-0.5, 0.25)
        )
        assert media.url and media.description == "A boat on the lake"
        library.media_update(media, description="Our boat on the lake")
        return dict(library.status_post(words, media_ids=[media], **more))

    posted = await asyncio.to_thread(session)
    await two.village.work()
    return posted


async def test_a_picture_with_its_words_is_seen_on_another_server(two: Two) -> None:
    posted = await post(two, "Look!", sensitive=True, spoiler_text="Water")
    assert posted["sensitive"] is True
    (seen,) = await two.bob.get("/api/v1/timelines/home")
    assert seen["sensitive"] is True and seen["spoiler_text"] == "Water"
    (shown,) = seen["media_attachments"]
    ours = posted["media_attachments"][0]
    assert shown["type"] == "image" and shown["description"] == "Our boat on the lake"
    assert shown["blurhash"] == ours["blurhash"] and shown["remote_url"] == ours["url"]
    assert shown["meta"]["original"] == {"width": 32, "height": 64, "size": "32x64", "aspect": 0.5}
    assert shown["meta"]["small"]["width"] == 32
    assert shown["meta"]["focus"] == {"x": -0.5, "y": 0.25}

    since = two.village.mark()
    for url in (shown["url"], shown["preview_url"]):
        assert url.startswith("https://far.example/media/proxy/"), "Bob's client asks his own server alone"
        answer = await two.bob.http.get(url, headers={"authorization": ""})
        assert answer.status_code == 200 and answer.headers["content-type"] == "image/jpeg"
        assert GPS not in answer.content and opened(answer.content).size == (32, 64)
    assert [one.url for one in two.village.wire.asked[since:]] == [ours["url"]]

    document = await two.home.fetch(str(posted["uri"]))
    assert document["attachment"] == [
        {
            "type": "Image",
            "mediaType": "image/jpeg",
            "url": ours["url"],
            "name": "Our boat on the lake",
            "blurhash": ours["blurhash"],
            "width": 32,
            "height": 64,
            "focalPoint": [-0.5, 0.25],
        }
    ]


async def test_new_words_for_a_picture_reach_the_other_server(two: Two) -> None:
    posted = await post(two, "Look!")
    media = posted["media_attachments"][0]
    library = library_of(two.ada)
    two.village.clock.advance(HOUR)
    told_anew = library.generate_media_edit_attributes(media["id"], description="A boat, and rain", focus=(0, 1))

    def session() -> None:
        library.status_update(posted["id"], "Look!", media_attributes=[told_anew])

    await asyncio.to_thread(session)
    await two.village.work()
    seen = await two.bob.find("Look!")
    (shown,) = seen["media_attachments"]
    assert shown["description"] == "A boat, and rain" and shown["meta"]["focus"] == {"x": 0.0, "y": 1.0}
    states = await two.bob.get(f"/api/v1/statuses/{seen['id']}/history")
    assert [state["media_attachments"][0]["description"] for state in states] == [
        "Our boat on the lake",
        "A boat, and rain",
    ]
    assert {state["media_attachments"][0]["url"] for state in states} == {shown["url"]}
    assert (await two.bob.http.get(shown["url"])).status_code == 200


async def test_a_deleted_post_takes_its_picture_along(two: Two) -> None:
    posted = await post(two, "Look!")
    seen = await two.bob.find("Look!")
    shown, ours = seen["media_attachments"][0]["url"], posted["media_attachments"][0]["url"]
    assert (await two.bob.http.get(shown)).status_code == 200
    await asyncio.to_thread(library_of(two.ada).status_delete, posted["id"])
    await two.village.work()
    assert (await two.bob.http.get(shown)).status_code == 404
    assert (await two.ada.http.get(ours)).status_code == 200, "Ada may write it anew for a day"
    await two.home.write(start_rounds)
    await two.village.pass_time(DAY + 2 * HOUR)
    assert (await two.ada.http.get(ours)).status_code == 404


async def test_a_new_face_is_told_and_shown(two: Two) -> None:
    since = two.village.mark()
    library = library_of(two.ada)

    def session() -> None:
        library.account_update_credentials(
            avatar=picture(500, 500),
            avatar_mime_type="image/png",
            header=picture(1_500, 500),
            header_mime_type="image/png",
        )

    await asyncio.to_thread(session)
    await two.village.work()
    mine = await two.ada.get("/api/v1/accounts/verify_credentials")
    ((inbox, update),) = two.village.delivered("Update", since)
    assert inbox.startswith("https://far.example/")
    assert update["object"]["icon"] == {"type": "Image", "mediaType": "image/png", "url": mine["avatar"]}
    assert update["object"]["image"]["url"] == mine["header"]
    seen = await two.bob.get(f"/api/v1/accounts/{await two.bob.account(two.ada)}")
    for part, size in (("avatar", (400, 400)), ("header", (1_500, 500))):
        assert seen[part] == seen[f"{part}_static"] and seen[part].startswith(
            "https://far.example/media/proxy/accounts/"
        )
        assert opened((await two.bob.http.get(seen[part])).content).size == size
    await two.ada.http.delete("/api/v1/profile/avatar")
    await two.village.work()
    bare = await two.bob.get(f"/api/v1/accounts/{await two.bob.account(two.ada)}")
    assert bare["avatar"] == "https://far.example/static/avatar.png"
    assert (await two.bob.http.get(seen["avatar"])).status_code == 404
