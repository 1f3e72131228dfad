"""A day with an ordinary client library against a server on a socket: from starting up to searching."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from mastodon import Mastodon
from mastodon.errors import MastodonAPIError, MastodonNotFoundError

from fedicert import server
from fedicert.base.clock import SystemClock
from fedicert.base.ids import Entropy
from fedicert.web.plumbing.app import App
from tests.web import site
from tests.web.client_api.people import person

WAIT = 30.0


@contextlib.asynccontextmanager
async def serving(app: App, listener: socket.socket) -> AsyncIterator[None]:
    ready = asyncio.Event()
    running = server.listen(app, ready.set)
    task = asyncio.create_task(running.serve([listener]))
    async with asyncio.timeout(WAIT):
        await ready.wait()
    try:
        yield
    finally:
        running.should_exit = True
        async with asyncio.timeout(WAIT):
            await task


def soon(what: Callable[[], Any]) -> Any:
    """What a client gets once background work is done."""
    deadline = time.monotonic() + WAIT
    while not (found := what()):
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.05)
    return found


def client_for(base: str, token: str) -> Mastodon:
    return Mastodon(access_token=token, api_base_url=base)


def start_up(client: Mastodon, name: str) -> None:
    """What clients ask before they show anything."""
    assert client.instance_v2().registrations.enabled is True
    assert client.instance_v1().uri.startswith("localhost:")
    assert client.account_verify_credentials().acct == name
    assert client.preferences()["posting:default:visibility"] == "unlisted"
    assert client.markers_get(["home", "notifications"]) == {}
    assert client.custom_emojis() == []
    assert client.timeline_home() == []
    assert client.timeline_public() == []
    assert client.notifications() == []
    for empty in (client.lists, client.filters_v2, client.mutes, client.announcements, client.trending_tags):
        assert empty() == []


def join(base: str) -> Mastodon:
    client_id, secret = Mastodon.create_app("A client", api_base_url=base, scopes=["read", "write", "follow"])
    client = Mastodon(client_id, secret, api_base_url=base)
    client.create_account(
        "eve", "a phrase of eve's own", "eve@mail.example", agreement=True, scopes=["read", "write", "follow"]
    )
    return client


def a_day(base: str, token: str) -> None:
    ada, eve = client_for(base, token), join(base)
    start_up(ada, "ada")
    start_up(eve, "eve")
    ada_id, eve_id = ada.me().id, eve.me().id

    # Eve locks her account, Ada asks, Eve lets her in.
    eve.account_update_credentials(display_name="Eve", note="I say #hello", locked=True)
    assert ada.account_follow(eve_id).requested is True
    assert [one.id for one in eve.follow_requests()] == [ada_id]
    eve.follow_request_authorize(ada_id)
    assert ada.account_relationships(eve_id)[0].following is True
    assert eve.account_follow(ada_id).following is True
    assert [one.id for one in eve.account_followers(eve_id)] == [ada_id]

    # Eve posts, Ada reads it at home, answers, likes and boosts.
    post = eve.status_post("Good morning #hello", spoiler_text="early", idempotency_key="once")
    assert eve.status_post("Good morning #hello", idempotency_key="once").id == post.id
    assert [one.id for one in soon(ada.timeline_home)] == [post.id]
    answer = ada.status_reply(post, "Good morning")
    assert answer.in_reply_to_id == post.id and answer.mentions[0].id == eve_id
    assert ada.status_favourite(post).favourited is True
    assert ada.status_bookmark(post).bookmarked is True
    boost = ada.status_reblog(post)
    assert boost.reblog.id == post.id and boost.reblog.reblogs_count == 1
    assert [one.id for one in eve.status_context(post).descendants] == [answer.id]
    assert [one.id for one in ada.favourites()] == [one.id for one in ada.bookmarks()] == [post.id]

    # Eve is told, reads, and remembers how far.
    told = eve.notifications()
    assert [one.type for one in told] == ["reblog", "favourite", "mention", "follow"]
    assert eve.notifications_unread_count().count == 4
    eve.markers_set(["notifications"], [told[0].id])
    assert eve.notifications_unread_count().count == 0
    eve.notifications_clear()
    assert eve.notifications() == []

    # She edits, and deletes; the day's traces go with it.
    edited = eve.status_update(post, "Good evening", spoiler_text="late")
    assert "Good evening" in edited.content
    assert [one.spoiler_text for one in ada.status_history(post)] == ["early", "late"]
    assert eve.status_source(post).text == "Good evening"
    assert ada.status_unreblog(post).reblogged is False
    assert eve.status_delete(post).text == "Good evening"
    with pytest.raises(MastodonNotFoundError):
        ada.status(post.id)

    # Searching, blocking, and what is refused.
    assert [one.id for one in ada.search("eve", result_type="accounts").accounts] == [eve_id]
    assert [one.id for one in ada.search(answer.url, resolve=True).statuses] == [answer.id]
    assert ada.account_lookup("eve").display_name == "Eve"
    assert [one.acct for one in ada.account_search("ev")] == ["eve"]
    assert ada.account_block(eve_id).blocking is True
    assert [one.id for one in ada.blocks()] == [eve_id]
    assert eve.account_relationships(ada_id)[0].following is False
    assert ada.account_unblock(eve_id).blocking is False
    with pytest.raises(MastodonAPIError, match="character limit of 500"):
        ada.status_post("x" * 501)


async def test_a_day(database_url: str, tmp_path: Path, entropy: Entropy) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        domain = f"localhost:{listener.getsockname()[1]}"
        settings = {"DOMAIN": domain, "SIGNUPS": "open", "COURIER": "off"}
        async with site.running(database_url, tmp_path, SystemClock(), entropy, **settings) as app:
            ada = await person(app, "ada")
            token = ada.http.headers["authorization"].removeprefix("Bearer ")
            await ada.http.aclose()
            async with serving(app, listener):
                await asyncio.to_thread(a_day, f"http://{domain}", token)
