"""Conversations over HTTP: who has which, what is unread, and what is left when posts go."""

from __future__ import annotations

from typing import Any

import pytest

from fedicert.activitypub.read import read_note
from fedicert.mastodon.paging import Page
from fedicert.operations import notes
from fedicert.store.shelf import Shelf
from fedicert.store.views import conversations
from tests import world
from tests.store.test_timelines import Counting
from tests.web.client_api.conftest import Three
from tests.web.client_api.people import Person

PATH = "/api/v1/conversations"


async def listed(somebody: Person) -> list[tuple[list[str], str, bool]]:
    found = await somebody.get(PATH)
    return [([who["acct"] for who in one["accounts"]], one["last_status"]["id"], one["unread"]) for one in found]


@pytest.mark.serves("GET /api/v1/conversations", "POST /api/v1/conversations/:id/read")
@pytest.mark.serves("POST /api/v1/conversations/:id/unread", "DELETE /api/v1/conversations/:id")
async def test_direct_posts_make_conversations(three: Three) -> None:
    ada, bob, cleo = three.ada, three.bob, three.cleo
    await ada.say("@bob in the open")
    assert await ada.get(PATH) == [] and await bob.get(PATH) == []
    first = await ada.say("@bob hello", visibility="direct")
    assert await listed(ada) == [(["bob"], first["id"], False)]
    assert await listed(bob) == [(["ada"], first["id"], True)]
    answer = await bob.say("@ada hello", visibility="direct", in_reply_to_id=first["id"])
    assert await listed(ada) == [(["bob"], answer["id"], True)]
    assert await listed(bob) == [(["ada"], answer["id"], False)], "who answers has read"
    among = await bob.say("@ada @cleo the three of us", visibility="direct", in_reply_to_id=answer["id"])
    assert await listed(ada) == [(["bob", "cleo"], among["id"], True), (["bob"], answer["id"], True)]
    assert await listed(cleo) == [(["ada", "bob"], among["id"], True)]
    alone = await cleo.say("To myself", visibility="direct")
    assert (await listed(cleo))[0] == (["cleo"], alone["id"], False)

    (newest, oldest) = await ada.get(PATH)
    read = await ada.post(f"{PATH}/{oldest['id']}/read")
    assert read == {**oldest, "unread": False}
    assert (await ada.post(f"{PATH}/{oldest['id']}/unread"))["unread"] is True
    page = await ada.http.get(PATH, params={"limit": 1})
    assert [one["id"] for one in page.json()] == [newest["id"]]
    assert [one["id"] for one in (await ada.http.get(page.links["next"]["url"])).json()] == [oldest["id"]]
    for method, path in (("POST", "/read"), ("POST", "/unread"), ("DELETE", "")):
        assert (await cleo.http.request(method, f"{PATH}/{oldest['id']}{path}")).status_code == 404
    assert (await ada.http.delete(f"{PATH}/{oldest['id']}")).json() == {}
    assert await listed(ada) == [(["bob", "cleo"], among["id"], True)]
    assert len(await bob.get(PATH)) == 2, "it is gone from one's own list alone"
    again = await bob.say("@ada once more", visibility="direct", in_reply_to_id=answer["id"])
    assert (await listed(ada))[0] == (["bob"], again["id"], True)


async def test_what_is_left_when_a_post_goes(three: Three) -> None:
    ada, bob = three.ada, three.bob
    first = await ada.say("@bob one", visibility="direct")
    second = await ada.say("@bob two", visibility="direct", in_reply_to_id=first["id"])
    await ada.http.delete(f"/api/v1/statuses/{second['id']}")
    assert await listed(bob) == [(["ada"], first["id"], True)]
    await ada.http.delete(f"/api/v1/statuses/{first['id']}")
    assert await bob.get(PATH) == [] == await ada.get(PATH)
    for table in ("conversations", "conversation_statuses"):
        assert await three.value(f"SELECT COUNT(*) FROM {table}") == 0
    await ada.say("@bob three", visibility="direct")
    await bob.post(f"/api/v1/accounts/{ada.id}/block")
    assert await bob.get(PATH) == [], "nor does anybody see the other behind a block"


async def test_somebody_elsewhere_writes(three: Three) -> None:
    zoe = await three.app.deps.db.write(world.make_remote, "zoe")
    urls = three.app.deps.urls

    async def receive(tx: Any) -> None:
        uri = await tx.value("SELECT uri FROM accounts WHERE id = $1", zoe)
        me = urls.actor("ada")
        document = {
            "id": f"{uri}/1", "type": "Note", "attributedTo": uri, "to": [me], "content": "<p>hello</p>",
            "tag": [{"type": "Mention", "href": me, "name": "@ada@home.example"}],
        }  # fmt: skip
        assert await notes.receive_note(tx, urls, zoe, read_note(document)) is not None

    await three.app.deps.db.write(receive)
    ((people, _, unread),) = await listed(three.ada)
    assert (people, unread) == (["zoe@far.example"], True)


async def test_a_page_costs_a_fixed_number_of_statements(three: Three) -> None:
    for number in range(6):
        await three.ada.say(f"@bob {number}", visibility="direct")

    async def statements(reader: Any, limit: int) -> int:
        counting = Counting(reader)
        found = await conversations.several(counting, three.bob.id, Shelf(three.app.deps.urls), Page(limit))
        assert len(found.items) == min(limit, 6)
        return counting.statements

    assert await three.app.deps.db.read(statements, 1) == await three.app.deps.db.read(statements, 40)
