"""Posting, editing, deleting, liking, boosting and keeping, by people here, on both engines."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from fedicert.base.clock import HOUR, FrozenClock
from fedicert.base.errors import Forbidden, NotFound, Unprocessable
from fedicert.model.statuses import BOOKMARKED, FAVOURITED, REBLOGGED
from fedicert.operations import blocks, bookmarks, boosts, edits, favourites, posts, profiles
from fedicert.operations.edits import Revision
from fedicert.operations.posts import Draft
from fedicert.store.shelf import Shelf
from fedicert.store.unit import Database, Reader, Tx
from fedicert.store.views import statuses as views
from tests import world
from tests.world import URLS


class Village(msgspec.Struct, frozen=True):
    """Ada, Bob and Cleo live here, Finn elsewhere; Bob and Finn follow Ada."""

    ada: int
    bob: int
    cleo: int
    finn: int


async def _village(tx: Tx, **limits: Any) -> Village:
    tier = await world.make_tier(tx, followers=None, **limits)
    here = [await world.make_local(tx, name, tier) for name in ("ada", "bob", "cleo")]
    finn = await world.make_remote(tx, "finn")
    await world.admit(tx, here[1], here[0])
    await world.admit(tx, finn, here[0])
    return Village(*here, finn)


@pytest.fixture
async def village(db: Database) -> Village:
    return await db.write(_village)


async def publish(db: Database, author: int, text: str = "Hello", **more: Any) -> int:
    mentions = await db.read(_named, text)
    return await db.write(posts.publish, URLS, author, Draft(text=text, mentions=mentions, **more))


async def _named(reader: Reader, text: str) -> Any:
    from fedicert.text import compose

    return await views.people_named(reader, compose.find(text).mentions, URLS.domain)


async def status(db: Database, viewer: int | None, identifier: int) -> dict[str, Any]:
    return json.loads(await db.read(views.one, viewer, Shelf(URLS), identifier))


async def row(db: Database, sql: str, *values: Any) -> tuple[Any, ...]:
    async def view(reader: Reader) -> tuple[Any, ...]:
        found = await reader.one(sql, *values)
        return () if found is None else tuple(found)  # type: ignore[call-overload]

    return await db.read(view)


async def sent(db: Database, kind: str) -> list[tuple[str, str]]:
    await db.write(world.fan_out)
    return await db.read(world.sent, kind)


async def test_a_post_is_shown_counted_and_said(db: Database, village: Village) -> None:
    identifier = await publish(db, village.ada, "Hi @bob and @finn@far.example\n\n#Pumps are *nice*", language="de")
    shown = await status(db, village.bob, identifier)
    assert shown["visibility"] == "public" and shown["language"] == "de"
    assert shown["url"] == f"https://home.example/@ada/{identifier}"
    assert [m["acct"] for m in shown["mentions"]] == ["bob", "finn@far.example"]
    assert [t["name"] for t in shown["tags"]] == ["pumps"]
    assert shown["content"].startswith('<p>Hi <span class="h-card"')
    assert shown["account"]["statuses_count"] == 1 and shown["account"]["last_status_at"] is not None
    assert await db.read(world.notified, village.bob) == [("mention", village.ada)]
    assert await db.read(world.homes, village.ada) == [identifier]
    assert await sent(db, "Create") == [("far.example", "https://far.example/inbox")]
    assert await db.read(world.homes, village.bob) == [identifier]
    body = (await row(db, "SELECT body FROM activities WHERE object = $1", identifier))[0]
    note = json.loads(body)["object"]
    assert note["id"] == f"https://home.example/users/ada/statuses/{identifier}"
    assert note["cc"][1:] == ["https://home.example/users/bob", "https://far.example/users/finn"]


async def test_an_answer_counts_and_joins_the_thread(db: Database, village: Village) -> None:
    first = await publish(db, village.ada)
    answer = await publish(db, village.bob, "And you?", in_reply_to_id=first)
    shown = await status(db, None, answer)
    assert (shown["in_reply_to_id"], shown["in_reply_to_account_id"]) == (str(first), str(village.ada))
    assert (await status(db, None, first))["replies_count"] == 1
    private = await publish(db, village.bob, "Psst", in_reply_to_id=first, visibility="private")
    assert (await status(db, None, first))["replies_count"] == 1
    await db.write(posts.delete, URLS, village.bob, private)
    await db.write(posts.delete, URLS, village.bob, answer)
    assert (await status(db, None, first))["replies_count"] == 0
    threads = await row(db, "SELECT COUNT(DISTINCT conversation) FROM statuses")
    assert threads == (1,)


async def test_what_isnt_there_to_answer(db: Database, village: Village) -> None:
    secret = await publish(db, village.ada, "For @bob", visibility="direct")
    for missing in (secret, 12345):
        with pytest.raises(NotFound, match="trying to reply to"):
            await publish(db, village.cleo, "Me too", in_reply_to_id=missing)
    assert await db.read(world.homes, village.cleo) == []


@pytest.mark.parametrize(
    ("draft", "sentence"),
    [
        ({"text": " \n"}, "Text can't be blank"),
        ({"text": "x" * 501}, "character limit of 500"),
        ({"text": "x" * 400, "spoiler": "y" * 101}, "character limit of 500"),
    ],
)
async def test_what_cant_be_posted(db: Database, village: Village, draft: dict[str, str], sentence: str) -> None:
    with pytest.raises(Unprocessable, match=sentence):
        await db.write(posts.publish, URLS, village.ada, Draft(**draft))
    assert await row(db, "SELECT COUNT(*) FROM statuses") == (0,)


async def test_a_warning_without_a_text_is_the_text(db: Database, village: Village) -> None:
    identifier = await publish(db, village.ada, "", spoiler="Careful")
    shown = await status(db, None, identifier)
    assert (shown["content"], shown["spoiler_text"]) == ("<p>Careful</p>", "")
    warned = await status(db, None, await publish(db, village.ada, "Boo", spoiler="Careful"))
    assert warned["sensitive"] and warned["spoiler_text"] == "Careful"


async def test_the_same_key_is_the_same_post_for_an_hour(db: Database, village: Village, clock: FrozenClock) -> None:
    first = await publish(db, village.ada, token=7, idempotency_key="k")
    assert await publish(db, village.ada, token=7, idempotency_key="k") == first
    assert await publish(db, village.ada, token=8, idempotency_key="k") != first
    clock.advance(HOUR + 1)
    later = await publish(db, village.ada, token=7, idempotency_key="k")
    assert later != first
    await db.write(posts.delete, URLS, village.ada, later)
    assert await publish(db, village.ada, token=7, idempotency_key="k") != later


async def test_racing_requests_with_one_key_make_one_post(db: Database, village: Village) -> None:
    import asyncio

    made = await asyncio.gather(*(publish(db, village.ada, token=1, idempotency_key="race") for _ in range(8)))
    assert len(set(made)) == 1
    assert await row(db, "SELECT COUNT(*) FROM statuses") == (1,)


async def test_a_refused_post_leaves_its_key_free(db: Database, village: Village) -> None:
    with pytest.raises(NotFound):
        await publish(db, village.ada, token=1, idempotency_key="k", in_reply_to_id=5)
    assert await publish(db, village.ada, token=1, idempotency_key="k")


async def test_an_edit_keeps_the_old_state_and_its_visibility(db: Database, village: Village) -> None:
    identifier = await publish(db, village.ada, "Frist @bob #one", visibility="private")
    await sent(db, "Create")
    shelf = Shelf(URLS)
    assert b"Frist" in await db.read(views.one, village.bob, shelf, identifier)
    await db.write(edits.edit, URLS, village.ada, identifier, Revision(text="First #two"))
    assert b"First" in await db.read(views.one, village.bob, shelf, identifier)
    shown = await status(db, village.bob, identifier)
    assert shown["edited_at"] is not None and shown["visibility"] == "private"
    assert [t["name"] for t in shown["tags"]] == ["two"] and shown["mentions"] == []
    states, author = await db.read(views.history, village.bob, identifier)
    assert ["Frist" in s.content_html for s in states] == [True, False] and author.username == "ada"
    assert len(await sent(db, "Update")) == 1
    await db.write(edits.edit, URLS, village.ada, identifier, Revision(text="First #two"))
    assert len(await sent(db, "Update")) == 1
    with pytest.raises(NotFound):
        await db.write(edits.edit, URLS, village.bob, identifier, Revision(text="Mine"))


async def test_a_delete_reaches_who_got_it_and_leaves_nothing(db: Database, village: Village) -> None:
    identifier = await publish(db, village.ada, "Oops @bob")
    answer = await publish(db, village.bob, "Hm", in_reply_to_id=identifier)
    await sent(db, "Create")
    far = await db.write(world.make_remote, "gail", "gail.example")
    await db.write(world.admit, far, village.bob)
    boost = await db.write(boosts.reblog, URLS, village.bob, identifier)
    await db.write(favourites.favourite, URLS, village.bob, identifier)
    await sent(db, "Announce")
    with pytest.raises(NotFound):
        await db.write(posts.delete, URLS, village.bob, identifier)
    await db.write(posts.delete, URLS, village.ada, identifier)
    assert sorted(host for host, _ in await sent(db, "Delete")) == ["far.example", "gail.example"]
    for gone in (identifier, boost):
        with pytest.raises(NotFound):
            await status(db, village.ada, gone)
    assert await db.read(world.homes, village.bob) == [answer]
    assert await db.read(world.notified, village.bob) == []
    assert (await status(db, None, answer))["in_reply_to_id"] is None
    left = await row(db, "SELECT (SELECT COUNT(*) FROM marks), (SELECT COUNT(*) FROM favourites)")
    assert left == (0, 0)
    counts = await row(db, "SELECT statuses_count FROM accounts WHERE id = $1", village.ada)
    assert counts == (0,)
    uri = URLS.status("ada", identifier)
    assert await row(db, "SELECT author FROM tombstones WHERE uri = $1", uri) == (village.ada,)


async def test_a_post_deleted_before_its_fan_out_is_never_said(db: Database, village: Village) -> None:
    identifier = await publish(db, village.ada)
    await db.write(posts.delete, URLS, village.ada, identifier)
    assert await sent(db, "Create") == []
    assert await sent(db, "Delete") == []
    assert await db.read(world.homes, village.bob) == []


async def test_liking_counts_once_and_is_undone(db: Database, village: Village) -> None:
    identifier = await publish(db, village.ada)
    for _ in range(2):
        assert await db.write(favourites.favourite, URLS, village.bob, identifier) == identifier
    shown = await status(db, village.bob, identifier)
    assert (shown["favourites_count"], shown["favourited"]) == (1, True)
    assert (await status(db, village.cleo, identifier))["favourited"] is False
    assert await db.read(world.notified, village.ada) == [("favourite", village.bob)]
    for _ in range(2):
        await db.write(favourites.unfavourite, URLS, village.bob, identifier)
    shown = await status(db, village.bob, identifier)
    assert (shown["favourites_count"], shown["favourited"]) == (0, False)
    assert await db.read(world.notified, village.ada) == []


async def test_boosting_is_a_post_of_its_own(db: Database, village: Village) -> None:
    identifier = await publish(db, village.ada)
    boost = await db.write(boosts.reblog, URLS, village.bob, identifier)
    assert await db.write(boosts.reblog, URLS, village.bob, identifier) == boost
    assert await db.write(boosts.reblog, URLS, village.bob, boost) == boost
    shown = await status(db, village.bob, boost)
    assert shown["id"] == str(boost) and shown["reblog"]["id"] == str(identifier)
    assert shown["reblogged"] and shown["reblog"]["reblogged"] and shown["reblog"]["reblogs_count"] == 1
    assert shown["uri"].endswith("/activity")
    assert await db.read(world.notified, village.ada) == [("reblog", village.bob)]
    assert await db.read(world.homes, village.bob) == [boost]
    assert await db.write(boosts.unreblog, URLS, village.bob, boost) == identifier
    await db.write(boosts.unreblog, URLS, village.bob, identifier)
    shown = await status(db, village.bob, identifier)
    assert (shown["reblogs_count"], shown["reblogged"]) == (0, False)
    assert await db.read(world.homes, village.bob) == []
    assert await db.read(world.notified, village.ada) == []


async def test_undoing_a_boost_reaches_who_was_told(db: Database, village: Village) -> None:
    identifier = await publish(db, village.bob)
    await db.write(boosts.reblog, URLS, village.ada, identifier)
    assert await sent(db, "Announce") == [("far.example", "https://far.example/inbox")]
    await db.write(boosts.unreblog, URLS, village.ada, identifier)
    assert await sent(db, "Undo") == [("far.example", "https://far.example/inbox")]


async def test_posts_for_a_few_arent_for_boosting(db: Database, village: Village) -> None:
    private = await publish(db, village.ada, visibility="private")
    with pytest.raises(Forbidden):
        await db.write(boosts.reblog, URLS, village.bob, private)
    with pytest.raises(NotFound):
        await db.write(boosts.reblog, URLS, village.cleo, private)
    own = await db.write(boosts.reblog, URLS, village.ada, private)
    assert (await status(db, village.bob, own))["visibility"] == "private"
    with pytest.raises(NotFound):
        await status(db, village.cleo, own)
    direct = await publish(db, village.ada, "Hey @bob", visibility="direct")
    with pytest.raises(Forbidden):
        await db.write(boosts.reblog, URLS, village.ada, direct)


async def test_bookmarks_are_ones_own(db: Database, village: Village) -> None:
    identifier = await publish(db, village.ada)
    for _ in range(2):
        await db.write(bookmarks.bookmark, village.bob, identifier)
    assert (await status(db, village.bob, identifier))["bookmarked"] is True
    assert (await status(db, village.ada, identifier))["bookmarked"] is False
    assert await db.read(world.notified, village.ada) == []
    await db.write(bookmarks.unbookmark, village.bob, identifier)
    assert (await status(db, village.bob, identifier))["bookmarked"] is False
    await db.write(bookmarks.bookmark, village.bob, identifier)
    await db.write(favourites.favourite, URLS, village.bob, identifier)
    await db.write(boosts.reblog, URLS, village.bob, identifier)
    marks = await row(db, "SELECT bits FROM marks WHERE account = $1", village.bob)
    assert marks == (BOOKMARKED | FAVOURITED | REBLOGGED,)


async def test_who_sees_what(db: Database, village: Village) -> None:
    made = {
        visibility: await publish(
            db, village.ada, "For @cleo" if visibility == "direct" else "x", visibility=visibility
        )
        for visibility in ("public", "unlisted", "private", "direct")
    }
    seen = {
        "ada": village.ada, "bob": village.bob, "cleo": village.cleo, "finn": village.finn, "nobody": None,
    }  # fmt: skip
    found = {
        name: {v for v, identifier in made.items() if await _sees(db, viewer, identifier)}
        for name, viewer in seen.items()
    }
    assert found == {
        "ada": {"public", "unlisted", "private", "direct"},
        "bob": {"public", "unlisted", "private"},
        "cleo": {"public", "unlisted", "direct"},
        "finn": {"public", "unlisted", "private"},
        "nobody": {"public", "unlisted"},
    }
    await db.write(blocks.block, URLS, village.cleo, village.ada)
    assert not any([await _sees(db, village.cleo, identifier) for identifier in made.values()])
    await db.write(blocks.unblock, URLS, village.cleo, village.ada)
    await db.write(blocks.block, URLS, village.ada, village.bob)
    assert not any([await _sees(db, village.bob, identifier) for identifier in made.values()])


async def _sees(db: Database, viewer: int | None, identifier: int) -> bool:
    try:
        await status(db, viewer, identifier)
    except NotFound:
        return False
    return True


async def test_a_waiting_follower_sees_nothing_private(db: Database, village: Village) -> None:
    private = await publish(db, village.ada, visibility="private")
    for state, sees in (("held", False), ("requested", False), ("paused", False), ("admitted", True)):
        await db.write(_set_state, village.bob, village.ada, state)
        assert await _sees(db, village.bob, private) is sees, state


async def _set_state(tx: Tx, follower: int, followed: int, state: str) -> None:
    await tx.run("UPDATE follows SET state = $3 WHERE follower = $1 AND followed = $2", follower, followed, state)


async def _chooses(tx: Tx, account: int, visibility: str) -> None:
    await tx.run("UPDATE local_accounts SET default_visibility = $2 WHERE id = $1", account, visibility)


async def test_a_tier_that_makes_posts_unlisted(db: Database) -> None:
    village = await db.write(_village, visibility="unlisted")
    identifier = await publish(db, village.ada, visibility="public")
    assert (await status(db, None, identifier))["visibility"] == "unlisted"
    assert await row(db, "SELECT listed FROM statuses WHERE id = $1", identifier) == (2,)
    # What clients were given as the default is the tier's public post; who chose it for their own meant it.
    given = await publish(db, village.ada, visibility="unlisted")
    assert await row(db, "SELECT listed FROM statuses WHERE id = $1", given) == (2,)
    await db.write(_chooses, village.ada, "unlisted")
    chosen = await publish(db, village.ada, visibility="unlisted")
    assert await row(db, "SELECT listed FROM statuses WHERE id = $1", chosen) == (0,)
    assert (await status(db, None, await publish(db, village.ada)))["visibility"] == "unlisted"
    boost = await db.write(boosts.reblog, URLS, village.bob, identifier)
    assert (await status(db, None, boost))["visibility"] == "unlisted"


async def test_what_nobody_is_to_hear_needs_no_fan_out(db: Database, village: Village) -> None:
    """Cleo has no followers: only what names somebody, or was sent before, makes work."""

    async def waiting(reader: Reader) -> tuple[int, int]:
        jobs = await reader.value("SELECT COUNT(*) FROM jobs WHERE kind = 'fan_out'")
        return jobs, await reader.value("SELECT COUNT(*) FROM activities WHERE done = 0")

    quiet = await publish(db, village.cleo)
    await db.write(edits.edit, URLS, village.cleo, quiet, Revision(text="Hello again"))
    assert await db.read(waiting) == (0, 0)
    named = await publish(db, village.cleo, "Hi @finn@far.example")
    assert await db.read(waiting) == (1, 1)
    assert await sent(db, "Create") == [("far.example", "https://far.example/inbox")]
    await db.write(posts.delete, URLS, village.cleo, named)
    assert [host for host, _ in await sent(db, "Delete")] == ["far.example"]
    for author, text in ((village.cleo, "Look at these #Pumps"), (village.ada, "Hello")):
        await publish(db, author, text)
        assert (await db.read(waiting))[1] == 1
        await db.write(world.fan_out)


async def test_what_ends_something_is_planned_without_an_audience_too(db: Database, village: Village) -> None:
    """Finn's host was sent a post of Ada's, and nobody follows her any more."""
    await publish(db, village.ada)
    assert len(await sent(db, "Create")) == 1

    async def leave(tx: Tx) -> None:
        await tx.run("DELETE FROM follows WHERE followed = $1", village.ada)

    await db.write(leave)
    await db.write(profiles.tell_profile, URLS, village.ada)
    assert await sent(db, "Update") == []
    await db.write(profiles.tell_profile, URLS, village.ada, ends=True)
    assert [host for host, _ in await sent(db, "Update")] == ["far.example"]
