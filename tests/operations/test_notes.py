"""Posts, likes and boosts of other servers: taken in once, changed by their author alone, never widened."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from fedicert.activitypub.read import read_note
from fedicert.activitypub.types import PUBLIC, Note
from fedicert.base.clock import FrozenClock
from fedicert.base.errors import NotFound
from fedicert.base.ids import id_at, moment_of
from fedicert.operations import boosts, departures, favourites, notes, posts
from fedicert.operations.posts import Draft
from fedicert.store.shelf import Shelf
from fedicert.store.unit import Database, Tx
from fedicert.store.views import statuses as views
from tests import world
from tests.world import URLS

FINN = "https://far.example/users/finn"


class Village(msgspec.Struct, frozen=True):
    """Ada and Bob live here, Finn and Gail at far.example; Ada follows Finn."""

    ada: int
    bob: int
    finn: int
    gail: int


@pytest.fixture
async def village(db: Database) -> Village:
    async def make(tx: Tx) -> Village:
        tier = await world.make_tier(tx, followers=None)
        ada, bob = [await world.make_local(tx, name, tier) for name in ("ada", "bob")]
        finn, gail = [await world.make_remote(tx, name) for name in ("finn", "gail")]
        await world.admit(tx, ada, finn)
        return Village(ada, bob, finn, gail)

    return await db.write(make)


def note(number: int = 1, **changes: Any) -> Note:
    document = {
        "id": f"https://far.example/notes/{number}",
        "type": "Note",
        "attributedTo": FINN,
        "content": "<p>Hello from afar</p>",
        "published": "2025-09-21T10:00:00Z",
        "to": [PUBLIC],
        "cc": [f"{FINN}/followers"],
        **changes,
    }
    return read_note(document, f"{FINN}/followers")


async def receive(db: Database, author: int, taken: Note) -> int | None:
    return await db.write(notes.receive_note, URLS, author, taken)


async def status(db: Database, viewer: int | None, identifier: int) -> dict[str, Any]:
    return json.loads(await db.read(views.one, viewer, Shelf(URLS), identifier))


async def test_a_note_is_kept_once_and_appears_at_home(db: Database, village: Village) -> None:
    mention = {"type": "Mention", "href": URLS.actor("bob"), "name": "@bob@home.example"}
    tag = {"type": "Hashtag", "name": "#Pumps"}
    taken = note(tag=[mention, tag], summary="Careful", contentMap={"en": "<p>Hello from afar</p>"})
    identifier = await receive(db, village.finn, taken)
    assert identifier is not None and await receive(db, village.finn, taken) == identifier
    shown = await status(db, None, identifier)
    assert shown["content"] == "<p>Hello from afar</p>" and shown["spoiler_text"] == "Careful"
    assert shown["uri"] == "https://far.example/notes/1" and shown["account"]["acct"] == "finn@far.example"
    assert [m["acct"] for m in shown["mentions"]] == ["bob"] and [t["name"] for t in shown["tags"]] == ["pumps"]
    assert shown["account"]["statuses_count"] == 1
    assert await db.read(world.homes, village.ada) == [identifier]
    assert await db.read(world.notified, village.bob) == [("mention", village.finn)]


async def test_a_post_of_somebody_nobody_follows_is_in_no_home(db: Database, village: Village) -> None:
    gails = note(1, id="https://far.example/notes/g", attributedTo="https://far.example/users/gail")
    assert await receive(db, village.gail, gails) is not None
    assert await db.read(world.homes, village.ada) == []


async def test_ids_sort_by_publication_and_never_lie_ahead(db: Database, village: Village, clock: FrozenClock) -> None:
    made = [await receive(db, village.finn, note(n)) for n in range(5)]
    assert made == sorted(made) and len(set(made)) == 5  # type: ignore[type-var]
    published = note().published
    assert published is not None
    assert all(moment_of(identifier) // 1000 == published // 1000 for identifier in made if identifier)
    ahead = await receive(db, village.finn, note(9, published="2099-01-01T00:00:00Z"))
    assert ahead is not None and id_at(clock.now()) <= ahead < id_at(clock.now() + 1)
    shown = await status(db, None, ahead)
    mine = await db.write(posts.publish, URLS, village.ada, Draft(text="At the same moment"))
    assert mine != ahead and shown["created_at"] <= (await status(db, None, mine))["created_at"]


async def test_nobody_takes_over_anothers_post(db: Database, village: Village) -> None:
    identifier = await receive(db, village.finn, note(to=[f"{FINN}/followers"], cc=[]))
    assert identifier is not None
    gails = msgspec.structs.replace(note(), attributed_to="https://far.example/users/gail")
    assert await receive(db, village.gail, gails) is None
    # The author's own second Create and edit don't widen it either.
    assert await receive(db, village.finn, note()) == identifier
    edited = note(content="<p>Changed</p>", updated="2025-09-21T11:00:00Z")
    assert await db.write(notes.receive_edit, URLS, village.gail, gails) is None
    assert await db.write(notes.receive_edit, URLS, village.finn, edited) == identifier
    shown = await status(db, village.ada, identifier)
    assert shown["visibility"] == "private" and "Changed" in shown["content"] and shown["edited_at"]
    with pytest.raises(NotFound):
        await status(db, village.bob, identifier)
    assert not await db.write(notes.receive_delete, URLS, village.gail, note().id)
    assert await db.write(notes.receive_delete, URLS, village.finn, note().id)
    with pytest.raises(NotFound):
        await status(db, village.ada, identifier)


async def test_an_older_state_changes_nothing(db: Database, village: Village) -> None:
    identifier = await receive(db, village.finn, note())
    assert identifier is not None
    for content, updated in (("second", "2025-09-21T12:00:00Z"), ("first", "2025-09-21T11:00:00Z")):
        await db.write(notes.receive_edit, URLS, village.finn, note(content=content, updated=updated))
    assert "second" in (await status(db, None, identifier))["content"]
    states, _ = await db.read(views.history, None, identifier)
    assert len(states) == 2


async def test_an_update_of_our_own_post_is_nobodys_to_send(db: Database, village: Village) -> None:
    mine = await db.write(posts.publish, URLS, village.ada, Draft(text="Mine"))
    forged = msgspec.structs.replace(note(), id=URLS.status("ada", mine))
    assert await db.write(notes.receive_edit, URLS, village.finn, forged) is None
    assert not await db.write(notes.receive_delete, URLS, village.finn, forged.id)
    assert "Mine" in (await status(db, None, mine))["content"]


async def test_a_delete_that_came_first_is_remembered(db: Database, village: Village) -> None:
    elsewhere = "https://other.example/notes/1"
    assert not await db.write(notes.receive_delete, URLS, village.finn, note().id)
    assert not await db.write(notes.receive_delete, URLS, village.finn, elsewhere)
    assert await receive(db, village.finn, note()) is None
    assert await db.read(_tombstones) == [note().id]


async def _tombstones(reader: Any) -> list[str]:
    return [r[0] for r in await reader.all("SELECT uri FROM tombstones")]


async def test_answers_are_linked_whichever_comes_first(db: Database, village: Village) -> None:
    answer = await receive(db, village.finn, note(2, inReplyTo=note(1).id))
    assert answer is not None
    assert (await status(db, None, answer))["in_reply_to_id"] is None
    assert await db.read(world.homes, village.ada) == []
    first = await receive(db, village.finn, note(1))
    assert first is not None
    assert (await status(db, None, answer))["in_reply_to_id"] == str(first)
    assert (await status(db, None, first))["replies_count"] == 1
    later = await receive(db, village.finn, note(3, inReplyTo=note(1).id))
    assert later is not None and (await status(db, None, first))["replies_count"] == 2
    around = await db.read(views.context, None, Shelf(URLS), first)
    assert [json.loads(item)["id"] for item in around.descendants] == [str(answer), str(later)]


async def test_somebody_addressed_without_a_word_sees_a_direct_post(db: Database, village: Village) -> None:
    identifier = await receive(db, village.finn, note(to=[URLS.actor("bob")], cc=[]))
    assert identifier is not None
    assert (await status(db, village.bob, identifier))["mentions"] == []
    assert await db.read(world.notified, village.bob) == []
    with pytest.raises(NotFound):
        await status(db, village.ada, identifier)
    assert await db.read(world.homes, village.ada) == []


async def test_likes_from_elsewhere(db: Database, village: Village) -> None:
    mine = await db.write(posts.publish, URLS, village.ada, Draft(text="Mine"))
    uri, like = URLS.status("ada", mine), "https://far.example/likes/1"
    for _ in range(2):
        assert await db.write(favourites.receive_like, village.finn, uri, like)
    assert (await status(db, None, mine))["favourites_count"] == 1
    assert await db.read(world.notified, village.ada) == [("favourite", village.finn)]
    assert not await db.write(favourites.receive_unlike, village.gail, like, "")
    assert not await db.write(favourites.receive_unlike, village.gail, "", uri)
    assert await db.write(favourites.receive_unlike, village.finn, like, "")
    assert (await status(db, None, mine))["favourites_count"] == 0
    secret = await db.write(posts.publish, URLS, village.ada, Draft(text="Psst", visibility="private"))
    assert not await db.write(favourites.receive_like, village.finn, URLS.status("ada", secret), like)


async def test_boosts_from_elsewhere(db: Database, village: Village) -> None:
    mine = await db.write(posts.publish, URLS, village.bob, Draft(text="Mine"))
    announce = "https://far.example/boosts/1"
    boost = await db.write(boosts.receive_boost, URLS, village.finn, mine, announce, None)
    assert boost is not None
    assert await db.write(boosts.receive_boost, URLS, village.finn, mine, announce + "x", None) == boost
    assert (await status(db, None, mine))["reblogs_count"] == 1
    assert await db.read(world.notified, village.bob) == [("reblog", village.finn)]
    assert await db.read(world.homes, village.ada) == [boost]
    assert not await db.write(boosts.receive_unboost, village.gail, announce, URLS.status("bob", mine))
    assert await db.write(boosts.receive_unboost, village.finn, announce, "")
    assert (await status(db, None, mine))["reblogs_count"] == 0
    assert await db.read(world.homes, village.ada) == []
    secret = await db.write(posts.publish, URLS, village.bob, Draft(text="Psst", visibility="private"))
    assert await db.write(boosts.receive_boost, URLS, village.finn, secret, announce, None) is None


async def test_liking_and_boosting_what_lives_elsewhere_is_told_there(db: Database, village: Village) -> None:
    identifier = await receive(db, village.finn, note())
    assert identifier is not None
    await db.write(favourites.favourite, URLS, village.bob, identifier)
    await db.write(favourites.unfavourite, URLS, village.bob, identifier)
    await db.write(boosts.reblog, URLS, village.bob, identifier)
    await db.write(world.fan_out)
    inbox = [("far.example", f"{FINN}/inbox")]
    assert await db.read(world.sent, "Like") == inbox
    assert await db.read(world.sent, "Undo") == inbox
    assert [host for host, _ in await db.read(world.sent, "Announce")] == ["far.example"]
    await db.write(notes.receive_delete, URLS, village.finn, note().id)
    await db.write(world.fan_out)
    assert len(await db.read(world.sent, "Undo")) == 2
    assert await db.read(world.homes, village.bob) == []


async def test_an_actor_that_is_gone_leaves_nothing(db: Database, village: Village) -> None:
    identifier = await receive(db, village.finn, note())
    assert identifier is not None
    mine = await db.write(posts.publish, URLS, village.bob, Draft(text="Mine"))
    await db.write(boosts.receive_boost, URLS, village.finn, mine, "https://far.example/boosts/1", None)
    assert not await db.write(departures.forget_posts, URLS, village.finn)
    assert await db.read(world.homes, village.ada) == []
    assert (await status(db, None, mine))["reblogs_count"] == 0
    with pytest.raises(NotFound):
        await status(db, None, identifier)
