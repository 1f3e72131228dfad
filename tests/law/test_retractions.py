"""Law 2: taking back travels further than saying. Whatever was sent to a host is taken back there, and nothing follows."""

from __future__ import annotations

import pytest

from fedicert.base.clock import DAY, FrozenClock
from fedicert.operations import (
    actors,
    bars,
    blocks,
    boosts,
    departures,
    dispatch,
    edits,
    favourites,
    follows,
    notes,
    posts,
    settling,
    trimming,
)  # fmt: skip
from fedicert.operations.posts import Draft
from fedicert.store import lanes
from fedicert.store.unit import Database, Reader, Tx
from fedicert.store.views import statuses as views
from fedicert.text import compose
from tests import world
from tests.operations.test_notes import note
from tests.world import URLS


async def _village(tx: Tx) -> tuple[int, int, int, int]:
    tier = await world.make_tier(tx, followers=None)
    await world.make_local(tx, "home.example", tier, kind="Application")
    ada, bea = await world.make_local(tx, "ada", tier), await world.make_local(tx, "bea", tier)
    return (
        ada,
        bea,
        await world.make_remote(tx, "finn", "far.example"),
        await world.make_remote(tx, "gus", "near.example"),
    )


@pytest.fixture
async def village(db: Database) -> tuple[int, int, int, int]:
    return await db.write(_village)


async def _post(db: Database, author: int, text: str = "Hello", *named: int, visibility: str = "public") -> int:
    async def names(reader: Reader):  # type: ignore[no-untyped-def]
        return await views.people_named(reader, compose.find(text).mentions, URLS.domain)

    draft = Draft(text=text, visibility=visibility, mentions=await db.read(names))  # type: ignore[arg-type]
    return await db.write(posts.publish, URLS, author, draft)


async def _sent(db: Database, kind: str) -> list[str]:
    await db.write(world.fan_out)
    return sorted(host for host, _ in await db.read(world.sent, kind))


@pytest.mark.law("2.5", "C9")
async def test_who_was_only_followed_or_liked_hears_of_a_deleted_account(
    db: Database, village: tuple[int, ...]
) -> None:
    """A Follow, a Like and an Accept are sent too: the Delete of the actor reaches where they went."""
    ada, _, finn, gus = village
    await db.write(follows.follow, URLS, ada, finn)
    await db.write(follows.receive_follow, URLS, gus, ada, "https://near.example/f/1")
    await db.write(follows.undo_follow, URLS, gus, ada)
    await db.write(departures.retract_account, URLS, ada)
    assert await _sent(db, "Delete") == ["far.example", "near.example"]


@pytest.mark.law("C9")
async def test_nothing_is_said_after_an_account_is_deleted(db: Database, village: tuple[int, ...]) -> None:
    """A Create that waits for its fan-out when its author leaves goes nowhere, not even to those it names."""
    ada, _, _, _ = village
    await _post(db, ada, "Hi @finn@far.example")
    await db.write(departures.retract_account, URLS, ada)
    assert await _sent(db, "Create") == []


@pytest.mark.law("C15")
async def test_what_waits_in_the_queue_is_dropped_when_its_author_leaves(
    db: Database, village: tuple[int, ...]
) -> None:
    """Else it would arrive after the Delete, which is about another object and so waits for nothing."""
    ada, _, _, _ = village
    await _post(db, ada, "Hi @finn@far.example")
    assert await _sent(db, "Create") == ["far.example"]
    await db.write(departures.retract_account, URLS, ada)
    assert await _sent(db, "Create") == []
    assert await _sent(db, "Delete") == ["far.example"]


@pytest.mark.law("2.5", "C9")
async def test_where_somebody_boosted_a_post_its_authors_leaving_is_told(
    db: Database, village: tuple[int, ...]
) -> None:
    ada, bea, finn, _ = village
    await db.write(world.admit, finn, bea)
    post = await _post(db, ada)
    await db.write(boosts.reblog, URLS, bea, post)
    assert await _sent(db, "Announce") == ["far.example"]
    await db.write(departures.retract_account, URLS, ada)
    assert await _sent(db, "Delete") == ["far.example"]


@pytest.mark.law("C8")
async def test_a_suspended_booster_does_not_keep_a_remote_post_here(db: Database, village: tuple[int, ...]) -> None:
    """A suspended account delivers retractions, and only those."""
    _, bea, finn, gus = village
    await db.write(world.admit, gus, bea)
    post = await db.write(_remote_post, finn)
    await db.write(boosts.reblog, URLS, bea, post)
    assert await _sent(db, "Announce") == ["far.example", "near.example"]
    await db.write(_suspend, bea)
    assert await db.write(notes.receive_delete, URLS, finn, "https://far.example/notes/1")
    assert await _sent(db, "Undo") == ["far.example", "near.example"]


async def test_ones_own_boost_can_be_undone_when_the_post_is_seen_no_more(
    db: Database, village: tuple[int, ...]
) -> None:
    _, bea, finn, gus = village
    await db.write(world.admit, gus, bea)
    post = await db.write(_remote_post, finn)
    await db.write(boosts.reblog, URLS, bea, post)
    await db.write(favourites.favourite, URLS, bea, post)
    await _sent(db, "Announce")
    await db.write(blocks.receive_block, URLS, finn, bea, "https://far.example/b/1")
    await db.write(boosts.unreblog, URLS, bea, post)
    await db.write(favourites.unfavourite, URLS, bea, post)
    assert await _sent(db, "Undo") == ["far.example", "far.example", "near.example"]


async def test_a_deleted_post_is_gone_from_what_was_said_of_it(db: Database, village: tuple[int, ...]) -> None:
    """An Update is served by its id: not after the post it shows was taken back."""
    ada, _, finn, _ = village
    await db.write(world.admit, finn, ada)
    post = await _post(db, ada, "a secret said too loud")
    await db.write(edits.edit, URLS, ada, post, edits.Revision(text="a secret said again"))
    await _sent(db, "Update")
    await db.write(posts.delete, URLS, ada, post)
    assert await _sent(db, "Delete") == ["far.example"]

    async def left(reader: Reader) -> int:
        return int(await reader.value("SELECT COUNT(*) FROM activities WHERE body LIKE '%a secret%'"))

    assert await db.read(left) == 0


async def test_where_a_deleted_post_went_is_forgotten_once_it_is_told(db: Database, village: tuple[int, ...]) -> None:
    ada, _, finn, _ = village
    await db.write(world.admit, finn, ada)
    post = await _post(db, ada)
    await _sent(db, "Create")
    await db.write(posts.delete, URLS, ada, post)
    await _sent(db, "Delete")

    async def left(reader: Reader) -> int:
        return int(await reader.value("SELECT COUNT(*) FROM sent_to WHERE object = $1", post))

    assert await db.read(left) == 0


async def test_a_boost_of_somebody_elsewhere_ends_with_its_author(db: Database, village: tuple[int, ...]) -> None:
    _, bea, finn, gus = village
    await db.write(world.admit, gus, bea)
    post = await db.write(_remote_post, finn)
    await db.write(boosts.reblog, URLS, bea, post)
    await _sent(db, "Announce")
    assert await db.write(actors.actor_gone, URLS, "https://far.example/users/finn")
    while await db.write(departures.forget_posts, URLS, finn):
        pass
    assert "near.example" in await _sent(db, "Undo")


@pytest.mark.law("C15", "2.1")
async def test_copies_that_wait_for_who_is_gone_since_are_not_made(db: Database, village: tuple[int, ...]) -> None:
    """Recipients of a queued delivery are fixed at commit, minus those gone since; what is taken back still goes there."""
    ada, _, finn, gus = village
    for person in (finn, gus):
        await db.write(world.admit, person, ada)
    post = await _post(db, ada)
    assert await _sent(db, "Create") == ["far.example", "near.example"]
    await db.write(follows.undo_follow, URLS, finn, ada)
    assert await _sent(db, "Create") == ["near.example"]
    await db.write(blocks.block, URLS, ada, gus)
    assert await _sent(db, "Create") == [] and await _sent(db, "Block") == ["near.example"]
    await db.write(posts.delete, URLS, ada, post)
    assert await _sent(db, "Delete") == ["far.example", "near.example"]


@pytest.mark.law("C15", "3.10")
@pytest.mark.parametrize("how", ["becomes a relay", "moves", "is trimmed"])
async def test_copies_that_wait_for_who_loses_the_slot_are_not_made(
    db: Database, village: tuple[int, ...], how: str
) -> None:
    ada, _, finn, gus = village
    for person in (gus, finn):
        await db.write(world.admit, person, ada)
    await _post(db, ada)
    assert await _sent(db, "Create") == ["far.example", "near.example"]
    await db.write(_loses_the_slot, how, ada, finn)
    if how == "is trimmed":
        while await db.write(trimming.settle, URLS, ada):
            pass
    assert await _sent(db, "Create") == ["near.example"] and await _sent(db, "Reject") == ["far.example"]


async def _loses_the_slot(tx: Tx, how: str, ada: int, finn: int) -> None:
    if how == "moves":
        new = await world.make_remote(tx, "new", "new.example")
        await tx.run("UPDATE accounts SET moved_to = $2 WHERE id = $1", finn, new)
        await follows.receive_follow(tx, URLS, new, ada, "https://new.example/f/1")
    elif how == "becomes a relay":
        await tx.run("UPDATE tiers SET followers = 9")
        await tx.run("UPDATE accounts SET type = 'Group' WHERE id = $1", finn)
        await bars.passes_on(tx, finn)
        while await trimming.settle(tx, URLS, ada):
            pass
    else:
        await tx.run("UPDATE tiers SET followers = 1")
        await settling.look(tx, ada, "for_cause")
        await tx.run("UPDATE settlings SET stage = 'throttle', until = $1", tx.now)


async def test_a_copy_that_others_at_the_host_get_too_is_still_made(db: Database, village: tuple[int, ...]) -> None:
    ada, _, finn, _ = village
    fay = await db.write(world.make_remote, "fay", "far.example")
    for person in (finn, fay):
        await db.write(world.admit, person, ada)
    await _post(db, ada)
    assert await _sent(db, "Create") == ["far.example"]
    await db.write(follows.remove_follower, URLS, ada, finn)
    assert await _sent(db, "Create") == ["far.example"]
    await db.write(follows.remove_follower, URLS, ada, fay)
    assert await _sent(db, "Create") == []


async def test_who_is_named_still_hears_unless_a_block_parts_them(db: Database, village: tuple[int, ...]) -> None:
    ada, _, finn, gus = village
    await db.write(world.admit, finn, ada)
    await _post(db, ada, "Hi @finn@far.example and @gus@near.example")
    assert await _sent(db, "Create") == ["far.example", "near.example"]
    await db.write(follows.undo_follow, URLS, finn, ada)
    assert await _sent(db, "Create") == ["far.example", "near.example"]
    await db.write(blocks.receive_block, URLS, finn, ada, "https://far.example/b/1")
    assert await _sent(db, "Create") == ["near.example"]
    # Blocked between commit and planning: the same.
    await _post(db, ada, "Once more, @gus@near.example", visibility="direct")
    await db.write(blocks.block, URLS, ada, gus)
    assert await _sent(db, "Create") == []


@pytest.mark.law("2.5")
async def test_what_is_taken_back_follows_an_inbox_that_moved(db: Database, village: tuple[int, ...]) -> None:
    ada, _, finn, _ = village
    await db.write(world.admit, finn, ada)
    post = await _post(db, ada)
    assert await _sent(db, "Create") == ["far.example"]
    for number in (1, 2):
        await db.write(_moves, finn, f"https://new{number}.example/in/finn", f"https://new{number}.example/in")
    await db.write(posts.delete, URLS, ada, post)
    assert await _sent(db, "Delete") == ["far.example", "new2.example"]


async def _moves(tx: Tx, account: int, inbox: str, shared: str) -> None:
    await dispatch.record_inbox(tx, account, inbox, shared, inbox.split("/")[2])


@pytest.mark.law("2.5")
async def test_a_host_that_was_dead_for_long_hears_what_was_taken_back_when_it_lives(
    db: Database, village: tuple[int, ...], clock: FrozenClock
) -> None:
    """The copies it missed it has missed; what was taken back meanwhile still goes to it."""
    ada, _, finn, _ = village
    await db.write(world.admit, finn, ada)
    first, second = await _post(db, ada), await _post(db, ada, "Another")
    assert await _sent(db, "Create") == ["far.example"] * 2
    await db.write(_dead, "far.example")
    await db.write(posts.delete, URLS, ada, first)
    assert await _sent(db, "Delete") == ["far.example"]
    clock.advance(11 * DAY)
    await db.write(lanes.bury_stale)
    assert await db.read(_waiting) == []
    await db.write(lanes.revive, "far.example")
    assert await db.read(_waiting) == ["Delete"]
    assert second


async def _dead(tx: Tx, host: str) -> None:
    await tx.run("UPDATE lanes SET breaker = 'dormant', due = NULL WHERE host = $1", host)


async def _waiting(reader: Reader) -> list[str]:
    rows = await reader.all(
        "SELECT v.type FROM deliveries d JOIN activities v ON v.id = d.body WHERE d.due IS NOT NULL ORDER BY d.id"
    )
    return [row[0] for row in rows]


async def _remote_post(tx: Tx, author: int) -> int:
    found = await notes.receive_note(tx, URLS, author, note())
    assert found is not None
    return found


async def _suspend(tx: Tx, account: int) -> None:
    await tx.run("UPDATE accounts SET suspended_at = $2 WHERE id = $1", account, tx.now)
