"""Pictures through a client: brought, described, posted, edited, thrown away; and what isn't taken."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import Any

import httpx
import pytest

from fedicert.base.clock import DAY, HOUR, FrozenClock
from fedicert.base.errors import StoreUnavailable
from fedicert.jobs.table import kinds
from fedicert.jobs.upkeep import start_rounds
from fedicert.jobs.worker import Worker
from fedicert.keys.pen import pen_of
from fedicert.model.pictures import MAX_BYTES
from fedicert.operations import people
from tests.images import GPS, hostile, opened, picture, told
from tests.web.client_api.conftest import Three
from tests.web.client_api.people import Person
from tests.web.client_api.test_accounts import error

V1, V2 = "/api/v1/media", "/api/v2/media"


async def bring(who: Person, data: bytes | None = None, path: str = V2, **fields: str) -> dict[str, Any]:
    """Upload a picture, which must be taken."""
    answer = await who.http.post(path, files={"file": ("a.png", data or picture(), "image/png")}, data=fields)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def stored(three: Three) -> list[str]:
    """The names of all files, halves included."""
    folder = three.app.deps.blobs.folder
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def name_of(url: str) -> str:
    return url.rpartition("/")[2]


async def work(three: Three) -> None:
    """What is due is done."""

    async def sign(_: bytes) -> tuple[str, bytes]:
        return "k1", b""

    deps = three.app.deps
    await Worker(
        deps.db, kinds(deps.peers, sign, three.app.work.certifying, deps.blobs, pen_of(deps.vault)), deps.entropy
    ).drain()


async def rows(three: Three) -> int:
    return int(await three.value("SELECT COUNT(*) FROM media"))


@pytest.mark.serves("POST /api/v2/media", "POST /api/v1/media", "GET /api/v1/media/:id")
async def test_a_picture_is_brought(three: Three) -> None:
    for path in (V2, V1):
        shown = await bring(
            three.ada, told("JPEG", orientation=6), path, description=" A red and a blue half\n", focus="-0.5,0.25"
        )
        assert shown["type"] == "image" and shown["description"] == "A red and a blue half"
        assert shown["meta"]["original"] == {"width": 32, "height": 64, "size": "32x64", "aspect": 0.5}
        assert shown["meta"]["small"] == {"width": 32, "height": 64, "size": "32x64", "aspect": 0.5}
        assert shown["meta"]["focus"] == {"x": -0.5, "y": 0.25}
        assert len(shown["blurhash"]) == 28 and shown["remote_url"] is None
        assert shown["url"].startswith("https://home.example/media/") and shown["url"].endswith(".jpg")
        assert await three.ada.get(f"/api/v1/media/{shown['id']}") == shown
        for url in (shown["url"], shown["preview_url"]):
            answer = await three.nobody.get(url)
            assert answer.status_code == 200 and GPS not in answer.content
            assert opened(answer.content).size == (32, 64)
    assert len(stored(three)) == 4 and await rows(three) == 2


@pytest.mark.serves("PUT /api/v1/media/:id")
async def test_it_is_described_before_it_is_posted(three: Three) -> None:
    brought = await bring(three.ada)
    path = f"/api/v1/media/{brought['id']}"
    changed = await three.ada.http.put(path, json={"description": "Words", "focus": "1.5,-2"})
    assert changed.status_code == 200
    assert changed.json() == brought | {
        "description": "Words",
        "meta": brought["meta"] | {"focus": {"x": 1.0, "y": -1.0}},
    }
    kept = await three.ada.http.put(path, files={"focus": (None, "0,0")})
    assert kept.json()["description"] == "Words" and kept.json()["meta"]["focus"] == {"x": 0.0, "y": 0.0}
    emptied = await three.ada.http.put(path, data={"description": ""})
    assert emptied.json()["description"] is None
    assert "maximum is 1500" in await error(await three.ada.http.put(path, json={"description": "x" * 1_501}), 422)
    for focus in ("middle", "1", "nan,0", "1,2,3", "inf,0"):
        assert "Focus must be" in await error(await three.ada.http.put(path, json={"focus": focus}), 422)
    assert await error(await three.bob.http.put(path, json={"description": "mine"}), 404) == "Record not found"
    assert await error(await three.bob.http.get(path), 404) == "Record not found"
    await three.ada.say("Look", media_ids=[brought["id"]])
    assert await error(await three.ada.http.put(path, json={"description": "later"}), 404) == "Record not found"
    assert await error(await three.ada.http.get(path), 404) == "Record not found"


@pytest.mark.serves("DELETE /api/v1/media/:id")
async def test_it_is_thrown_away(three: Three) -> None:
    brought, used = await bring(three.ada), await bring(three.ada)
    await three.ada.say("Look", media_ids=[used["id"]])
    gone = f"/api/v1/media/{brought['id']}"
    assert await error(await three.bob.http.delete(gone), 404) == "Record not found"
    assert (await three.ada.http.delete(gone)).json() == {}
    assert await error(await three.ada.http.get(gone), 404) == "Record not found"
    assert await error(await three.ada.http.delete(gone), 404) == "Record not found"
    said = await error(await three.ada.http.delete(f"/api/v1/media/{used['id']}"), 422)
    assert said == "Media attachment is currently used by a status"
    await work(three)
    assert stored(three) == sorted(name_of(used[key]) for key in ("url", "preview_url")) and await rows(three) == 1
    assert (await three.nobody.get(brought["url"])).status_code == 404


async def test_a_post_shows_its_pictures(three: Three) -> None:
    first, second = await bring(three.ada, description="One"), await bring(three.ada, picture(30, 30, form="GIF"))
    shown = await three.ada.say("", media_ids=[second["id"], first["id"]], sensitive=True)
    assert shown["media_attachments"] == [second, first] and shown["sensitive"] is True and shown["content"] == ""
    assert await three.bob.get(f"/api/v1/statuses/{shown['id']}") == shown | {
        "favourited": False, "reblogged": False, "bookmarked": False, "muted": False, "pinned": False,
    }  # fmt: skip
    only = await three.bob.get(f"/api/v1/accounts/{three.ada.id}/statuses", only_media="true")
    assert [one["id"] for one in only] == [shown["id"]]
    page = await three.nobody.get(f"/@ada/{shown['id']}")
    assert first["url"] in page.text and 'alt="One"' in page.text
    assert "<summary>Sensitive pictures</summary>" in page.text and "/static/avatar.png" in page.text
    document = (await three.nobody.get(shown["uri"], headers={"accept": "application/activity+json"})).json()
    assert document["sensitive"] is True
    assert document["attachment"][1] == {
        "type": "Image", "mediaType": "image/png", "url": first["url"], "name": "One", "blurhash": first["blurhash"],
        "width": 64, "height": 48,
    }  # fmt: skip


async def test_what_cant_be_attached(three: Three) -> None:
    brought = [str((await bring(three.ada))["id"]) for _ in range(5)]
    bobs = (await bring(three.bob))["id"]
    await three.ada.say("Used", media_ids=brought[:1])
    for given, said in (
        (brought, "Cannot attach more than 4 files"),
        ([bobs], f"Media {bobs} not found or already attached to another post"),
        (brought[:2], f"Media {brought[0]} not found or already attached to another post"),
        (["1", "x"], "Media x not found or already attached to another post"),
        ([brought[1], "99999999"], "Media 99999999 not found or already attached to another post"),
    ):
        answer = await three.ada.http.post("/api/v1/statuses", json={"status": "Look", "media_ids": given})
        assert await error(answer, 422) == said
    assert len(await three.ada.get(f"/api/v1/accounts/{three.ada.id}/statuses")) == 1
    twice = await three.ada.say("Twice the same", media_ids=[brought[1], brought[1]])
    assert len(twice["media_attachments"]) == 1


async def test_at_once_one_post_gets_it(three: Three) -> None:
    brought = await bring(three.ada)
    body = {"status": "Look", "media_ids": [brought["id"]]}
    answers = await asyncio.gather(*(three.ada.http.post("/api/v1/statuses", json=body) for _ in range(6)))
    assert sorted(answer.status_code for answer in answers) == [200, 422, 422, 422, 422, 422]
    same = {"idempotency-key": "k"}
    body = {"status": "Again", "media_ids": [(await bring(three.ada))["id"]]}
    one, other = [await three.ada.http.post("/api/v1/statuses", json=body, headers=same) for _ in range(2)]
    assert one.status_code == other.status_code == 200 and one.json() == other.json()


async def test_an_edit_changes_pictures_and_what_is_said_of_them(three: Three) -> None:
    first, second = await bring(three.ada, description="One"), await bring(three.ada)
    posted = await three.ada.say("Look", media_ids=[first["id"]])
    path = f"/api/v1/statuses/{posted['id']}"

    async def edit(**fields: Any) -> httpx.Response:
        return await three.ada.http.put(path, json={"status": "Look", **fields})

    both = await edit(
        media_ids=[second["id"], first["id"]],
        media_attributes=[{"id": first["id"], "description": "New words", "focus": "0.1,0.2"}, {"id": "77"}],
    )
    assert both.status_code == 200, both.text
    renewed = first | {"description": "New words", "meta": first["meta"] | {"focus": {"x": 0.1, "y": 0.2}}}
    assert both.json()["media_attachments"] == [second, renewed] and both.json()["edited_at"]
    alone = await edit(media_ids=[second["id"]])
    assert alone.json()["media_attachments"] == [second]
    back = await edit(media_ids=[first["id"]])
    assert back.json()["media_attachments"] == [renewed]
    states = await three.bob.get(f"{path}/history")
    assert [[one["description"] for one in state["media_attachments"]] for state in states] == [
        ["One"], [None, "New words"], [None], ["New words"],
    ]  # fmt: skip
    none = await edit()
    assert none.json()["media_attachments"] == []
    assert await error(await three.ada.http.put(path, json={"status": ""}), 422) == (
        "Validation failed: Text can't be blank"
    )
    bobs = (await bring(three.bob))["id"]
    assert "not found" in await error(await edit(media_ids=[bobs]), 422)
    await work(three)
    assert len(stored(three)) == 6, "what an earlier state shows stays"


async def test_a_deleted_posts_pictures_go_in_a_day(three: Three, clock: FrozenClock) -> None:
    brought = await bring(three.ada)
    posted = await three.ada.say("Look", media_ids=[brought["id"]])
    gone = (await three.ada.http.delete(f"/api/v1/statuses/{posted['id']}")).json()
    assert gone["media_attachments"] == [brought] and gone["text"] == "Look"
    again = await three.ada.say("Look again", media_ids=[brought["id"]])
    assert again["media_attachments"] == [brought]
    await three.ada.http.delete(f"/api/v1/statuses/{again['id']}")
    await three.app.deps.db.write(start_rounds)
    clock.advance(DAY - HOUR)
    await work(three)
    assert len(stored(three)) == 2
    clock.advance(2 * HOUR)
    await work(three)
    assert stored(three) == [] and await rows(three) == 0


async def test_they_go_at_once_where_that_is_asked(three: Three) -> None:
    brought = await bring(three.ada)
    posted = await three.ada.say("Look", media_ids=[brought["id"]])
    await three.ada.http.delete(f"/api/v1/statuses/{posted['id']}?delete_media=true")
    await work(three)
    assert stored(three) == [] and await rows(three) == 0
    assert (await three.nobody.get(brought["url"])).status_code == 404


async def test_what_hangs_on_nothing_for_a_day_goes(three: Three, clock: FrozenClock) -> None:
    used, loose = await bring(three.ada), await bring(three.ada)
    await three.ada.say("Look", media_ids=[used["id"]])
    await three.run("UPDATE media SET state = 'new' WHERE id = $1", int(loose["id"]))
    await bring(three.bob)
    await three.app.deps.db.write(start_rounds)
    clock.advance(DAY + 2 * HOUR)
    await work(three)
    assert stored(three) == sorted(name_of(used[key]) for key in ("url", "preview_url"))
    assert await rows(three) == 1


async def test_who_leaves_takes_all_pictures_along(three: Three) -> None:
    brought = await bring(three.bob)
    await three.bob.say("Look", media_ids=[brought["id"]])
    await bring(three.bob)
    await three.bob.http.patch("/api/v1/accounts/update_credentials", files={"avatar": ("a.png", picture())})
    assert len(stored(three)) == 5
    await three.app.deps.db.write(people.delete_account, three.app.deps.urls, "bob")
    await work(three)
    assert stored(three) == [] and await rows(three) == 0


HOSTILE = hostile()


async def test_hostile_pictures_are_refused_and_leave_nothing(three: Three, tmp_path: Path, monkeypatch: Any) -> None:
    aside = tmp_path / "temporary"
    aside.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(aside))
    three.app.deps.limits.enabled = False
    for name, data in HOSTILE.items():
        for path, field in ((V2, "file"), ("/api/v1/accounts/update_credentials", "avatar")):
            call = three.ada.http.post if field == "file" else three.ada.http.patch
            answer = await call(path, files={field: ("holiday.jpg", data, "image/jpeg")})
            said = await error(answer, 422)
            assert said.startswith("Validation failed: File ") or "images are not supported" in said, (name, said)
    assert stored(three) == [] and await rows(three) == 0 and list(aside.iterdir()) == []


async def test_what_else_is_refused(three: Three) -> None:
    for request, status, said in (
        ({"files": {"file": ("a.png", b"")}}, 422, "can't be blank"),
        ({"files": {"other": ("a.png", picture())}}, 422, "can't be blank"),
        ({"json": {"file": "data:image/png;base64,AAAA"}}, 422, "must be sent as a file"),
        ({"files": {"file": ("a.png", picture())}, "data": {"description": "x" * 1_501}}, 422, "maximum is 1500"),
        ({"files": {"file": ("a.png", picture())}, "data": {"focus": "x"}}, 422, "Focus must be"),
        ({"files": {"file": ("a.png", b"x" * (MAX_BYTES + 1))}}, 422, "less than 16 MB"),
        ({"files": {"file": ("a.png", b"x" * (MAX_BYTES + 2_000_000))}}, 413, "may have"),
        ({"data": {"description": "x" * 1_200_000}}, 413, "may have"),
        ({"content": b"nonsense", "headers": {"content-type": "multipart/form-data; boundary=x"}}, 400, "multipart"),
    ):
        assert said in await error(await three.ada.http.post(V2, **request), status)  # type: ignore[arg-type]
    assert "access token" in await error(await three.nobody.post(V2, files={"file": ("a.png", picture())}), 401)
    assert stored(three) == [] and await rows(three) == 0


async def test_nobodys_upload_is_not_even_read(three: Three) -> None:
    taken = 0

    async def body() -> Any:
        nonlocal taken
        for _ in range(100):
            taken += 1
            yield b"x" * 10_000

    headers = {"content-type": "multipart/form-data; boundary=x"}
    answer = await three.nobody.post(V2, content=body(), headers=headers)
    assert (answer.status_code, taken) == (401, 0)


async def test_a_full_disk_leaves_nothing(three: Three, monkeypatch: Any) -> None:
    brought = 0
    put = three.app.deps.blobs.put

    async def full(name: str, data: bytes) -> None:
        nonlocal brought
        brought += 1
        if brought == 2:
            raise StoreUnavailable("no room")
        await put(name, data)

    monkeypatch.setattr(three.app.deps.blobs, "put", full)
    answer = await three.ada.http.post(V2, files={"file": ("a.png", picture())})
    assert answer.status_code == 503
    await work(three)
    assert stored(three) == [] and await rows(three) == 0


@pytest.mark.serves("DELETE /api/v1/profile/avatar", "DELETE /api/v1/profile/header")
async def test_an_avatar_and_a_header(three: Three) -> None:
    path = "/api/v1/accounts/update_credentials"
    given = {"avatar": ("me.png", picture(800, 600)), "header": ("sea.jpg", told("JPEG"))}
    mine = (await three.ada.http.patch(path, files=given, data={"display_name": "Ada"})).json()
    assert mine["display_name"] == "Ada"
    assert mine["avatar"] == mine["avatar_static"] and mine["avatar"].startswith("https://home.example/media/")
    seen = await three.bob.get(f"/api/v1/accounts/{three.ada.id}")
    assert [seen[key] for key in ("avatar", "header")] == [mine["avatar"], mine["header"]]
    avatar = await three.nobody.get(mine["avatar"])
    assert opened(avatar.content).size == (400, 400) and GPS not in (await three.nobody.get(mine["header"])).content
    document = (
        await three.nobody.get("https://home.example/users/ada", headers={"accept": "application/activity+json"})
    ).json()
    assert document["icon"] == {"type": "Image", "mediaType": "image/png", "url": mine["avatar"]}
    assert document["image"]["url"] == mine["header"]
    anew = (await three.ada.http.patch(path, files={"avatar": ("me.png", picture(50, 50))})).json()
    assert anew["avatar"] != mine["avatar"] and anew["header"] == mine["header"]
    await work(three)
    assert stored(three) == sorted(name_of(anew[key]) for key in ("avatar", "header"))
    assert (await three.nobody.get(mine["avatar"])).status_code == 404
    for part in ("avatar", "header"):
        bare = (await three.ada.http.delete(f"/api/v1/profile/{part}")).json()
        assert bare[part] == f"https://home.example/static/{part}.png" and bare["source"]["note"] == ""
    assert (await three.ada.http.delete("/api/v1/profile/avatar")).status_code == 200
    await work(three)
    assert stored(three) == [] and await rows(three) == 0


async def test_a_change_that_fails_takes_no_picture(three: Three) -> None:
    path = "/api/v1/accounts/update_credentials"
    before = await three.ada.get("/api/v1/accounts/verify_credentials")
    answer = await three.ada.http.patch(path, files={"avatar": ("a.png", picture())}, data={"note": "x" * 501})
    assert answer.status_code == 422
    bad = await three.ada.http.patch(path, files={"avatar": ("a.png", picture()), "header": ("b.png", b"\x89PNG\r\n")})
    assert bad.status_code == 422
    await work(three)
    assert stored(three) == [] and await rows(three) == 0
    assert await three.ada.get("/api/v1/accounts/verify_credentials") == before


async def test_who_is_deleted_while_a_picture_comes_in_leaves_no_file(
    three: Three, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the claim of the names and the writing of the files everything of theirs was removed, the row as well."""
    deps = three.app.deps
    put = deps.blobs.put

    async def late(name: str, data: bytes) -> None:
        if await rows(three):
            await three.run("DELETE FROM media")
        await put(name, data)

    monkeypatch.setattr(deps.blobs, "put", late)
    answer = await three.ada.http.post(V2, files={"file": ("a.png", picture(), "image/png")})
    assert answer.status_code == 404
    assert stored(three) == []
