"""Every list in pieces, both ways: each thing once and in order, boundaries excluded, filters kept, and an end."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import msgspec
import pytest
from mastodon import Mastodon

from fedicert import server
from fedicert.operations import boosts, favourites, notices
from fedicert.web.plumbing.app import App
from tests import world
from tests.web import site
from tests.web.client_api.people import EVERYTHING, Person, client_of, person

ROWS = 45
LIMIT = 7
MANY = 3 * ROWS
LINK = re.compile(r'<([^>]+)>; rel="(\w+)"')


class Full(msgspec.Struct, frozen=True):
    """Ada, with 45 of everything; her newest post's id."""

    ada: Person
    post: str
    app: App


async def fill(app: App) -> tuple[Person, str]:
    account = await app.deps.db.read(_ada)
    ada = await person(app, "ada", account)
    await app.deps.db.write(_widen)
    made = [await ada.say(f"#tag number {number}") for number in range(ROWS)]
    for post in made:
        await ada.post(f"/api/v1/statuses/{post['id']}/bookmark")
        await ada.post(f"/api/v1/statuses/{post['id']}/favourite")
    newest = made[-1]
    await app.deps.db.write(_crowd, ada.id, newest["uri"], int(newest["id"]), app.deps.urls)
    return ada, str(newest["id"])


async def _ada(reader: Any) -> int:
    return int(await reader.value("SELECT id FROM accounts WHERE username = 'ada' AND domain = ''"))


async def _widen(tx: Any) -> None:
    await tx.run("UPDATE tiers SET followers = NULL, visibility = 'listed', kept_permille = 0")


async def _crowd(tx: Any, ada: int, uri: str, post: int, urls: Any) -> None:
    for number in range(MANY):
        other = await world.make_remote(tx, f"somebody{number}", f"host{number}.example")
        if number < ROWS:
            await world.admit(tx, other, ada)
            await favourites.receive_like(tx, other, uri, f"https://host{number}.example/like")
            await boosts.receive_boost(tx, urls, other, post, f"https://host{number}.example/boost", None)
            await world.admit(tx, ada, other)  # after the boost, which so isn't in her home
            await notices.notify(tx, ada, "follow", other, None)
        elif number < 2 * ROWS:
            await tx.run(
                "INSERT INTO follows (follower, followed, state, uri, domain, kept, was_trimmed, reblogs, notify,"
                " languages, created_at, state_at) VALUES ($1, $2, 'held', $3, '', $4, 0, 1, 0, '[]', $5, $5)",
                other,
                ada,
                f"https://x.example/{number}",
                number % 2,
                tx.now,
            )
        else:
            await tx.run("INSERT INTO blocks (account, target, uri, created_at) VALUES ($1, $2, $3, $4)", ada, other, "", tx.now)


@pytest.fixture
async def full(app: App) -> AsyncIterator[Full]:
    app.deps.limits.enabled = False
    ada, post = await fill(app)
    yield Full(ada, post, app)
    await ada.http.aclose()


def links(answer: httpx.Response) -> dict[str, str]:
    return {rel: address for address, rel in LINK.findall(answer.headers.get("link", ""))}


def cursor(address: str) -> str:
    query = parse_qs(urlsplit(address).query)
    return next(query[name][0] for name in ("max_id", "min_id") if name in query)


def ids(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [item["id"] for item in answer.json()]


LISTS: dict[str, dict[str, Any]] = {
    "/api/v1/timelines/home": {},
    "/api/v1/timelines/public": {"local": "true"},
    "/api/v1/timelines/tag/TAG": {"any[]": ["other", "tag"], "local": "true"},
    "/api/v1/accounts/ADA/statuses": {"exclude_reblogs": "true", "tagged": "tag"},
    "/api/v1/bookmarks": {},
    "/api/v1/favourites": {},
    "/api/v1/accounts/ADA/followers": {},
    "/api/v1/accounts/ADA/following": {},
    "/api/v1/blocks": {},
    "/api/v1/follow_requests": {},
    "/api/v1/statuses/POST/favourited_by": {},
    "/api/v1/statuses/POST/reblogged_by": {},
    "/api/v1/notifications": {"types[]": ["follow", "mention"]},
}


async def test_every_list_has_pages_with_two_ends(full: Full) -> None:
    http = full.ada.http
    for path, filters in LISTS.items():
        address = path.replace("ADA", str(full.ada.id)).replace("POST", full.post)
        first = await http.get(address, params={**filters, "limit": LIMIT})
        pages, answer = [first], first
        while "next" in links(answer):
            answer = await http.get(links(answer)["next"])
            assert len(pages) < 2 * ROWS, path
            if answer.json():
                pages.append(answer)
        assert answer.json() or "link" not in answer.headers, "an empty page leads nowhere"
        listed = [ids(page) for page in pages]
        whole = [one for page in listed for one in page]
        # Ada's own like is the first among those of her newest post.
        expected = ROWS + 1 if path.endswith("favourited_by") else ROWS
        assert len(whole) == len(set(whole)) == expected, path
        assert all(len(page) == LIMIT for page in listed[:-1]), path
        for page in pages:
            for link in links(page).values():
                assert link.startswith(site.BASE + address + "?"), link
                asked = parse_qs(urlsplit(link).query)
                for name, value in filters.items():
                    assert asked[name] == ([value] if isinstance(value, str) else value), (path, link)
                assert asked["limit"] == [str(LIMIT)]

        assert ids(await http.get(links(pages[2])["prev"])) == listed[1], f"{path}: right above, not the newest"
        assert ids(await http.get(links(pages[1])["prev"])) == listed[0], path
        above = await http.get(links(first)["prev"])
        assert above.json() == [] and "link" not in above.headers, path
        after, before = cursor(links(pages[0])["next"]), cursor(links(pages[2])["prev"])
        both = {**filters, "limit": LIMIT, "max_id": after, "min_id": before}
        assert ids(await http.get(address, params=both)) == listed[1], path
        newest = {**filters, "limit": LIMIT, "since_id": before}
        assert ids(await http.get(address, params=newest)) == listed[0], path
        few = {**filters, "limit": LIMIT, "since_id": cursor(links(pages[1])["prev"])}
        assert ids(await http.get(address, params=few)) == listed[0], path
        one = {**filters, "limit": 1, "max_id": after}
        assert ids(await http.get(address, params=one)) == listed[1][:1], f"{path}: boundaries are excluded"
        for odd in ("0", "-3", "abc", "1e9", "99999999999999999999", ""):
            answer = await http.get(address, params={**filters, "limit": odd, "min_id": "x", "max_id": ""})
            assert answer.status_code == 200, (path, odd)
        most = len(ids(await http.get(address, params={**filters, "limit": 1_000})))
        assert most in (40, expected), (path, most)


async def test_a_whole_list_through_mastodon_py(database_url: str, tmp_path: Path, clock: Any, entropy: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        domain = f"localhost:{listener.getsockname()[1]}"
        async with site.running(
            database_url, tmp_path, clock, entropy, DOMAIN=domain, RATE_LIMITS="off", WORKERS="off"
        ) as app:
            await site.add_person(app, "ada")
            ada, post = await fill(app)
            await (await client_of(app, ada.id, EVERYTHING, "for a script")).aclose()
            up = asyncio.Event()
            running = server.listen(app, up.set)
            task = asyncio.create_task(running.serve([listener]))
            async with asyncio.timeout(60):
                await up.wait()
            try:
                await asyncio.to_thread(walk, f"http://{domain}", ada.id, post)
            finally:
                running.should_exit = True
                await task
            await ada.http.aclose()


def walk(base: str, ada: int, post: str) -> None:
    client = Mastodon(access_token="for a script", api_base_url=base, version_check_mode="none", request_timeout=60)
    for begin in (
        lambda: client.timeline_home(limit=LIMIT),
        lambda: client.account_statuses(ada, limit=LIMIT),
        lambda: client.bookmarks(limit=LIMIT),
        lambda: client.account_followers(ada, limit=LIMIT),
        lambda: client.status_reblogged_by(post),
        lambda: client.notifications(limit=LIMIT, types=["follow"]),
        lambda: client.blocks(limit=LIMIT),
    ):
        first = begin()
        rest = client.fetch_remaining(begin())
        assert len({item.id for item in rest}) == len(rest) == ROWS
        second = client.fetch_next(first)
        if second:
            assert [item.id for item in second] == [item.id for item in rest[len(first) : len(first) + len(second)]]
            back = client.fetch_previous(second)
            assert [item.id for item in back] == [item.id for item in first]
        assert not client.fetch_previous(first)
