"""Every table that others can make grow has a time or a bound; what is old goes, what is needed stays."""

from __future__ import annotations

from typing import Any

import pytest

from fedicert.base.clock import DAY, FrozenClock
from fedicert.jobs.upkeep import Upkeep
from fedicert.operations import follows, jobs, notes, notices, posts, sweeping
from fedicert.operations.posts import Draft
from fedicert.store import queue
from fedicert.store.tables import notifications, statuses
from fedicert.store.unit import Database, Reader, Tx
from tests import world
from tests.operations.test_notes import note
from tests.world import URLS

# What only people here, their clients with a token, and the program itself add to.
OURS = {
    "account_notes", "achievements", "announcement_reactions", "announcement_reads", "announcements", "appeal_words", "appeals", "bookmarks", "checkpoint_leaves", "checkpoints", "codes",
    "domain_blocks", "endorsements", "featured_tags",
    "filter_keywords", "filter_statuses", "filters", "followed_tags", "generations", "hidden_domains",
    "issued_credentials", "issuers", "job_kinds", "kept_units", "keys", "ladder_versions", "ledger_dirty", "list_members", "listings", "lists", "local_accounts",
    "logins", "markers", "mutes", "notification_permissions", "notification_policies", "pins", "process_slots", "relays", "rung_suspensions",
    "scheduled", "scope_marks", "scope_units", "trends",
    "schema_migrations", "settings", "settlings", "status_lists", "thread_mutes", "tier_grants", "tier_windows", "tiers", "unheld", "waivers",
}  # fmt: skip
NEVER_SWEPT = {"ledger"}


async def _tables(reader: Reader) -> set[str]:
    sql = (
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        if reader.engine == "sqlite"
        else "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
    )
    return {row[0] for row in await reader.all(sql)}


async def test_every_table_that_others_feed_says_how_long_it_keeps(db: Database) -> None:
    tables = await db.read(_tables)
    assert tables - OURS - NEVER_SWEPT == sweeping.KEPT.keys()


async def _sweep(db: Database) -> None:
    async def ask(tx: Tx) -> None:
        await jobs.enqueue(tx, "sweep", {}, key="round")

    async def claim(tx: Tx) -> Any:
        return await queue.claim(tx, "sweep", 1)

    await db.write(ask)
    (job,) = await db.write(claim)

    async def sign(_: bytes) -> tuple[str, bytes]:
        return "k1", b""

    await Upkeep(db, URLS, sign).sweep(job)


async def _count(db: Database, table: str, where: str = "1 = 1") -> int:
    async def view(reader: Reader) -> int:
        return int(await reader.value(f"SELECT COUNT(*) FROM {table} WHERE {where}"))

    return await db.read(view)


async def _village(tx: Tx) -> tuple[int, list[int]]:
    tier = await world.make_tier(tx, followers=2, strangers_per_domain_day=10)
    await world.make_local(tx, "home.example", tier, kind="Application")
    ada = await world.make_local(tx, "ada", tier)
    return ada, [await world.make_remote(tx, f"n{number}", f"h{number}.example") for number in range(5)]


async def test_what_is_old_goes_and_what_is_needed_stays(db: Database, clock: FrozenClock) -> None:
    ada, people = await db.write(_village)
    for person in people[:3]:
        await db.write(follows.receive_follow, URLS, person, ada, f"https://x.example/{person}")
    post = await db.write(posts.publish, URLS, ada, Draft(text="Hello"))
    await db.write(world.fan_out)

    async def fill(tx: Tx) -> None:
        await tx.run("INSERT INTO tombstones (uri, author, deleted_at) VALUES ('far', $1, $2)", people[4], tx.now)
        await tx.run("INSERT INTO tombstones (uri, author, deleted_at) VALUES ('near', $1, $2)", ada, tx.now)
        for person in people:
            await tx.run(
                "INSERT INTO remote_keys (key_id, owner, algorithm, public_key, fetched_at) VALUES ($1, 'o', 'a', 'p', $2)",
                f"k{person}",
                tx.now,
            )
        await tx.run("INSERT INTO idempotency (token, key, status, created_at) VALUES (1, 'k', $1, $2)", post, tx.now)

    await db.write(fill)
    clock.advance(31 * DAY)
    await _sweep(db)
    for table in ("activities", "domain_days", "remote_keys", "idempotency"):
        assert await _count(db, table) == 0, table
    assert await _count(db, "deliveries", "due IS NOT NULL") == 0
    assert await _count(db, "tombstones") == 1
    # Who follows, or waits, stays; the other two go with their inboxes.
    assert await _count(db, "accounts", "domain <> ''") == 3 and await _count(db, "inboxes") == 3
    assert await _count(db, "sent_to") > 0
    assert await _count(db, "jobs", "kind = 'sweep'") == 1


async def test_a_place_in_the_line_lapses_after_180_days(db: Database, clock: FrozenClock) -> None:
    ada, people = await db.write(_village)
    for person in people[:4]:
        await db.write(follows.receive_follow, URLS, person, ada, f"https://x.example/{person}")
    clock.advance(179 * DAY)
    await _sweep(db)
    assert (await db.read(world.counts, ada))["held"] == 2
    clock.advance(2 * DAY)
    await _sweep(db)
    assert (await db.read(world.counts, ada)) == {"admitted": 2, "paused": 0, "held": 0, "requested": 0, "kept_used": 0}
    assert sorted(host for host, _ in await db.read(world.sent, "Reject")) == ["h2.example", "h3.example"]
    assert (await db.read(world.told, ada))[-2:] == ["lapsed", "lapsed"]


async def test_a_locked_account_has_a_bounded_line_too(db: Database) -> None:
    async def lay_out(tx: Tx) -> tuple[int, list[int]]:
        tier = await world.make_tier(tx, followers=1)
        ada = await world.make_local(tx, "ada", tier, locked=True)
        swarm = [await world.make_remote(tx, f"s{number}", f"h{number}.swarm.org") for number in range(12)]
        return ada, [*swarm, await world.make_remote(tx, "bob", "far.example")]

    ada, people = await db.write(lay_out)
    told = [
        await db.write(follows.receive_follow, URLS, person, ada, f"https://x.example/{person}") for person in people
    ]
    assert told == ["requested"] * 10 + ["refused"] * 2 + ["requested"]
    assert (await db.read(world.counts, ada))["requested"] == 10


async def test_notifications_and_earlier_states_are_bounded(
    db: Database, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notifications, "KEPT", 3)
    monkeypatch.setattr(statuses, "KEPT_STATES", 3)
    ada, people = await db.write(_village)

    async def finn(tx: Tx) -> int:
        return await world.make_remote(tx, "finn")

    author = await db.write(finn)
    for number in range(5):
        await db.write(notices.notify, ada, "follow", people[number], None)
        clock.advance(1_000)
    await db.write(notes.receive_note, URLS, author, note())
    for number in range(6):
        changed = note(content=f"<p>{number}</p>", updated=f"2025-09-21T10:0{number + 1}:00Z")
        await db.write(notes.receive_edit, URLS, author, changed)
    assert await _count(db, "status_edits") == 3
    await _sweep(db)
    assert await _count(db, "notifications") == 3


async def test_accounts_somebody_has_to_do_with_stay(db: Database, clock: FrozenClock) -> None:
    await db.write(_village)

    async def finn(tx: Tx) -> int:
        return await world.make_remote(tx, "finn")

    author = await db.write(finn)
    await db.write(notes.receive_note, URLS, author, note())
    clock.advance(365 * DAY)
    await _sweep(db)
    assert await _count(db, "accounts", "domain <> ''") == 1
