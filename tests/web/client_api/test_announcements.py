"""Announcements: read, put aside, answered with a sign; each person by themselves."""

from __future__ import annotations

import pytest

from fedicert.base.clock import DAY, FrozenClock
from fedicert.base.errors import Forbidden
from fedicert.operations import announcements
from fedicert.store.unit import Tx
from tests.web.client_api.conftest import Three

TEXT = "The hall is closed.\n\nSee https://home.example/about <now>"


async def announce(three: Three, once: str = "a", text: str = TEXT, ends_at: int | None = None) -> str:
    async def unit(tx: Tx) -> int:
        return await announcements.announce(tx, text, ends_at=ends_at, once=once)

    return str(await three.app.deps.db.write(unit))


@pytest.mark.serves("GET /api/v1/announcements", "POST /api/v1/announcements/:id/dismiss")
async def test_each_reads_and_dismisses_for_themselves(three: Three) -> None:
    number = await announce(three)
    (shown,) = await three.ada.get("/api/v1/announcements")
    assert (
        shown["content"].startswith("<p>The hall is closed.</p><p>See <a href=") and "&lt;now&gt;" in shown["content"]
    )
    assert (shown["id"], shown["read"], shown["published"], shown["all_day"]) == (number, False, True, False)
    assert (shown["starts_at"], shown["ends_at"], shown["reactions"], shown["mentions"]) == (None, None, [], [])
    assert shown["published_at"] == shown["updated_at"] == "2026-03-01T12:00:00.000Z"

    assert await three.ada.post(f"/api/v1/announcements/{number}/dismiss") == {}
    assert await three.ada.post(f"/api/v1/announcements/{number}/dismiss") == {}
    assert await three.ada.get("/api/v1/announcements") == []
    (aside,) = await three.ada.get("/api/v1/announcements", with_dismissed="true")
    assert aside["read"] is True
    assert [one["read"] for one in await three.bob.get("/api/v1/announcements")] == [False]
    for missing in ("12345", "x"):
        assert (await three.ada.http.post(f"/api/v1/announcements/{missing}/dismiss")).status_code == 404
    refused = await three.nobody.get("/api/v1/announcements")
    assert (refused.status_code, refused.json()) == (401, {"error": "The access token is invalid"})


@pytest.mark.serves("PUT /api/v1/announcements/:id/reactions/:name", "DELETE /api/v1/announcements/:id/reactions/:name")
async def test_they_are_answered_with_signs(three: Three) -> None:
    number = await announce(three)

    async def send(person: object, method: str, sign: str) -> int:
        answer = await person.http.request(method, f"/api/v1/announcements/{number}/reactions/{sign}")  # type: ignore[attr-defined]
        return int(answer.status_code)

    async def signs(person: object) -> list[tuple[str, int, bool]]:
        (shown,) = await person.get("/api/v1/announcements")  # type: ignore[attr-defined]
        return [(one["name"], one["count"], one["me"]) for one in shown["reactions"]]

    for _ in range(2):
        assert await send(three.ada, "PUT", "👍") == 200
    assert await send(three.bob, "PUT", "👍") == 200
    assert await send(three.bob, "PUT", "👩‍🚒") == 200
    assert await signs(three.ada) == [("👍", 2, True), ("👩‍🚒", 1, False)]
    assert await send(three.bob, "DELETE", "👍") == 200
    assert await signs(three.bob) == [("👍", 1, False), ("👩‍🚒", 1, True)]
    for word in ("hello", "thumbsup", "a👍", "%20", "👍" * 40):
        assert await send(three.ada, "PUT", word) == 422, word
    for sign in ["❤️", "⭐", "🎉", "😀", "3️⃣", "🇪🇺"]:
        assert await send(three.ada, "PUT", sign) == 200, sign
    assert await send(three.ada, "PUT", "🌱") == 422  # eight different ones
    assert await send(three.cleo, "PUT", "👍") == 200  # one that is there already
    answer = await three.ada.http.put("/api/v1/announcements/12345/reactions/👍")
    assert answer.status_code == 404


async def test_they_are_shown_until_their_end_or_for_90_days(three: Three, clock: FrozenClock) -> None:
    short = await announce(three, "short", ends_at=clock.now() + DAY)
    long = await announce(three, "long")
    assert [one["id"] for one in await three.ada.get("/api/v1/announcements")] == [short, long]
    clock.advance(DAY)
    assert [one["id"] for one in await three.ada.get("/api/v1/announcements")] == [long]
    clock.advance(89 * DAY)
    assert await three.ada.get("/api/v1/announcements") == []


async def test_a_key_says_it_once_and_only_staff_speaks_for_the_server(three: Three) -> None:
    assert await announce(three, "k") == await announce(three, "k", "something else")
    with pytest.raises(Forbidden):
        await three.app.deps.db.write(announcements.announce_as, three.bob.id, "I say so")
    assert len(await three.ada.get("/api/v1/announcements")) == 1


async def test_who_leaves_takes_what_they_answered_along(three: Three) -> None:
    from fedicert.operations import people

    number = await announce(three)
    await three.bob.http.put(f"/api/v1/announcements/{number}/reactions/👍")
    await three.bob.post(f"/api/v1/announcements/{number}/dismiss")
    await three.app.deps.db.write(people.delete_account, three.app.deps.urls, "bob")
    for table in ("announcement_reads", "announcement_reactions"):
        assert await three.value(f"SELECT COUNT(*) FROM {table}") == 0
