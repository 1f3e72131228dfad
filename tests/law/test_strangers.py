"""Law 2 on both engines: dated rows to the millisecond, per person and login, under races, in edits, on the ledger."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from fedicert.base.clock import DAY, HOUR, FrozenClock, utc_day
from fedicert.base.errors import StoreUnavailable
from fedicert.model.statuses import MentionRow
from fedicert.operations import edits, follows, posts
from fedicert.operations.edits import Revision
from fedicert.operations.posts import Draft
from fedicert.reach.strangers import WINDOW, Refusal
from fedicert.store.unit import Database, Reader, Tx
from fedicert.store.views import statuses as views
from fedicert.text import compose
from tests import world
from tests.world import URLS

RACES = 30
RUNNERS = 16


async def make_login(tx: Tx, name: str, *accounts: int) -> int:
    """A login and the accounts that are its own."""
    await tx.run(
        "INSERT INTO logins (email, email_key, password_hash, locale, reason, created_at) VALUES ($1, $1, '', 'en', '', 0)",
        f"{name}@mail.example",
    )
    login = int(await tx.value("SELECT id FROM logins WHERE email_key = $1", f"{name}@mail.example"))
    await tx.run("UPDATE local_accounts SET login = $1 WHERE id {any_id:$2}", login, list(accounts))
    return login


async def lay_out(tx: Tx, **limits: Any) -> tuple[int, int]:
    """Ada and Eve are two accounts of one login; p0 … p4 and a Group live elsewhere."""
    tier = await world.make_tier(tx, **limits)
    ada, eve = await world.make_local(tx, "ada", tier), await world.make_local(tx, "eve", tier)
    await make_login(tx, "ada", ada, eve)
    for number in range(5):
        await world.make_remote(tx, f"p{number}")
    await world.make_remote(tx, "club", kind="Group")
    return ada, eve


async def _named(reader: Reader, text: str) -> dict[str, MentionRow]:
    return await views.people_named(reader, compose.find(text).mentions, URLS.domain)


async def say(db: Database, author: int, *names: str, **more: Any) -> int | Refusal:
    text = "Good day " + " ".join(f"@{name}@far.example" for name in names)
    mentions = await db.read(_named, text)
    assert len(mentions) == len(names)
    return await db.write(posts.publish, URLS, author, Draft(text=text, mentions=mentions, **more))


async def _value(reader: Reader, sql: str, *values: Any) -> Any:
    return await reader.value(sql, *values)


async def _person(db: Database, name: str) -> int:
    return int(await db.read(_value, "SELECT id FROM accounts WHERE username = $1", name))


async def speaks(tx: Tx, person: int, to: int, at: int) -> int:
    """Somebody elsewhere writes a post that addresses `to`."""
    post = tx.new_id() if at == tx.now else (at << 16) | 0xF000
    await tx.run(
        "INSERT INTO statuses (id, uri, url, author, local, state, text, content_html, spoiler_text, sensitive,"
        " visibility, listed, conversation, mentions, tags, emojis, attachments, created_at, replies_count, reblogs_count,"
        " favourites_count, admitted_through, standing, version) VALUES ($1, $2, '', $3, 0, 'published', '', '', '', 0,"
        " 'public', 1, '', '[]', '[]', '[]', '[]', $4, 0, 0, 0, 0, '{}', 1)",
        post,
        f"https://far.example/n/{post}",
        person,
        at,
    )
    await tx.run("INSERT INTO status_mentions (status, account) VALUES ($1, $2)", post, to)
    return post


def refused(result: int | Refusal, limit: str = "strangers") -> Refusal:
    assert isinstance(result, Refusal), "it was posted"
    assert result.limit == limit
    return result


def posted(result: int | Refusal) -> int:
    assert isinstance(result, int), result
    return result


@pytest.mark.law("W12")
async def test_a_slot_frees_at_exactly_thirty_days(db: Database, clock: FrozenClock) -> None:
    ada, _ = await db.write(lay_out, strangers=1)
    posted(await say(db, ada, "p0"))
    first = clock.now()
    clock.advance(WINDOW - 1)
    assert refused(await say(db, ada, "p1")).frees_at == first + WINDOW
    clock.advance(1)
    posted(await say(db, ada, "p1"))


@pytest.mark.law("W8")
async def test_a_person_counts_once_however_many_posts(db: Database, clock: FrozenClock) -> None:
    ada, _ = await db.write(lay_out, strangers=2)
    posted(await say(db, ada, "p0"))
    clock.advance(DAY)
    posted(await say(db, ada, "p0"))
    posted(await say(db, ada, "p1"))
    refused(await say(db, ada, "p2"))


@pytest.mark.law("10.2")
async def test_what_one_account_uses_is_used_for_the_login(db: Database) -> None:
    ada, eve = await db.write(lay_out, strangers=2)
    posted(await say(db, ada, "p0"))
    posted(await say(db, eve, "p0"))
    posted(await say(db, eve, "p1"))
    assert refused(await say(db, ada, "p2")).used == 2
    refused(await say(db, eve, "p2"))
    refused(await say(db, ada, "p0"), "third_post")  # the two posts were of two accounts of one login


@pytest.mark.law("W8")
async def test_a_third_post_waits_for_an_answer_or_thirty_days(db: Database, clock: FrozenClock) -> None:
    ada, _ = await db.write(lay_out, strangers=30)
    first = clock.now()
    posted(await say(db, ada, "p0"))
    clock.advance(DAY)
    posted(await say(db, ada, "p0"))
    assert refused(await say(db, ada, "p0", "p1"), "third_post").frees_at == first + WINDOW
    clock.at = first + WINDOW - 1
    refused(await say(db, ada, "p0"), "third_post")
    clock.advance(1)
    posted(await say(db, ada, "p0"))
    refused(await say(db, ada, "p0"), "third_post")
    await db.write(speaks, await _person(db, "p0"), ada, clock.now())
    for _ in range(3):
        posted(await say(db, ada, "p0"))


async def test_who_spoke_to_the_author_within_thirty_days_is_no_stranger(db: Database, clock: FrozenClock) -> None:
    ada, _ = await db.write(lay_out, strangers=0, answers_per_day=1)
    p0 = await _person(db, "p0")
    spoke = clock.now()
    await db.write(speaks, p0, ada, spoke)
    clock.at = spoke + WINDOW - 1
    posted(await say(db, ada, "p0"))
    refused(await say(db, ada, "p0"), "answers")
    clock.at = spoke + WINDOW
    refused(await say(db, ada, "p0"), "strangers")


@pytest.mark.law("W7")
async def test_who_wrote_higher_up_is_no_stranger(db: Database, clock: FrozenClock) -> None:
    ada, eve = await db.write(lay_out, strangers=0, answers_per_day=5)
    root = await db.write(speaks, await _person(db, "p0"), eve, clock.now())
    clock.advance(1)
    middle = await db.write(posts.publish, URLS, eve, Draft(text="And I say", in_reply_to_id=root))
    posted(await say(db, ada, "p0", in_reply_to_id=middle))
    refused(await say(db, ada, "p1", in_reply_to_id=middle))
    refused(await say(db, ada, "p0"))  # the same person outside the thread


@pytest.mark.law("W7")
async def test_following_somebody_makes_them_no_less_a_stranger(db: Database) -> None:
    ada, _ = await db.write(lay_out, strangers=0)
    p0 = await _person(db, "p0")
    await db.write(world.admit, ada, p0)
    refused(await say(db, ada, "p0"))
    await db.write(world.admit, p0, ada)
    posted(await say(db, ada, "p0"))


@pytest.mark.law("W9")
async def test_a_thread_started_in_a_group_is_ten(db: Database) -> None:
    ada, _ = await db.write(lay_out, strangers=30)
    for _ in range(3):
        posted(await say(db, ada, "club"))
    assert refused(await say(db, ada, "club")).wants == 10
    refused(await say(db, ada, "p0"))


@pytest.mark.law("W9")
async def test_an_answer_that_brings_a_group_into_a_thread_starts_one_there(db: Database) -> None:
    """Nobody starts a thread for the price of an answer by answering themselves. In a thread that is the Group's already an
    answer costs what addressing a person does."""
    ada, _ = await db.write(lay_out, strangers=30)
    alone = posted(await say(db, ada))
    inside = posted(await say(db, ada, "club", in_reply_to_id=alone))
    posted(await say(db, ada, "club", in_reply_to_id=inside))
    posted(await say(db, ada, "p0"))
    posted(await say(db, ada, "club", in_reply_to_id=posted(await say(db, ada))))
    assert refused(await say(db, ada, "club", in_reply_to_id=posted(await say(db, ada)))).used == 21


@pytest.mark.law("W11", "W12")
async def test_answers_are_counted_by_the_utc_day_and_account(db: Database, clock: FrozenClock) -> None:
    ada, eve = await db.write(lay_out, strangers=0, answers_per_day=2)
    clock.at = (utc_day(clock.now()) + 1) * DAY - HOUR
    for number in range(3):
        person = await _person(db, f"p{number}")
        await db.write(speaks, person, ada, clock.now())
        await db.write(speaks, person, eve, clock.now())
    posted(await say(db, ada, "p0", "p1"))
    midnight = (utc_day(clock.now()) + 1) * DAY
    assert refused(await say(db, ada, "p2"), "answers").frees_at == midnight
    posted(await say(db, eve, "p2"))
    clock.at = midnight - 1
    refused(await say(db, ada, "p2"), "answers")
    clock.at = midnight
    posted(await say(db, ada, "p2"))


@pytest.mark.law("2.3")
async def test_a_refused_post_leaves_nothing_but_a_row_on_the_ledger_and_a_message(db: Database) -> None:
    """The one post, notification and mention are those of the limits account, which says once what was refused."""
    ada, _ = await db.write(lay_out, strangers=0)
    for _ in range(3):
        refused(await say(db, ada, "p0", token=7, idempotency_key="k"))
    for table in ("statuses", "status_mentions", "notifications", "told"):
        assert await db.read(_value, f"SELECT COUNT(*) FROM {table}") == 1, table
    assert await db.read(_value, "SELECT COUNT(*) FROM statuses WHERE author = $1", ada) == 0
    for table in ("activities", "addressed", "idempotency", "feed"):
        assert await db.read(_value, f"SELECT COUNT(*) FROM {table}") == 0, table
    assert await db.read(world.told, ada) == ["refused"]
    assert await db.read(_value, "SELECT count FROM ledger_repeats WHERE account = $1", ada) == 2


async def test_refusals_by_different_limits_are_told_apart(db: Database, clock: FrozenClock) -> None:
    ada, _ = await db.write(lay_out, strangers=0, answers_per_day=0)
    await db.write(speaks, await _person(db, "p1"), ada, clock.now())
    for name, limit in (("p0", "strangers"), ("p1", "answers"), ("p2", "strangers"), ("p3", "strangers")):
        refused(await say(db, ada, name), limit)
    assert await db.read(world.told, ada) == ["refused"] * 3


async def test_an_edit_that_adds_people_beyond_the_limit_leaves_the_old_text(db: Database, clock: FrozenClock) -> None:
    ada, _ = await db.write(lay_out, strangers=1)
    post = posted(await say(db, ada, "p0"))
    clock.advance(1_000)

    async def rewrite(text: str) -> Refusal | None:
        mentions = await db.read(_named, text)
        return await db.write(edits.edit, URLS, ada, post, Revision(text=text, mentions=mentions))

    refusal = await rewrite("New text @p0@far.example @p1@far.example")
    assert refusal is not None and refusal.limit == "strangers"
    assert await db.read(_value, "SELECT text FROM statuses WHERE id = $1", post) == "Good day @p0@far.example"
    assert await db.read(_value, "SELECT COUNT(*) FROM status_edits") == 0
    assert await db.read(_value, "SELECT COUNT(*) FROM activities WHERE type = 'Update'") == 0
    assert await rewrite("New text without them") is None
    assert await rewrite("New text @p0@far.example") is None  # whoever it named isn't added anew
    assert await db.read(_value, "SELECT SUM(cost) FROM addressed") == 1


async def test_a_deleted_post_goes_on_counting(db: Database) -> None:
    ada, _ = await db.write(lay_out, strangers=1)
    post = posted(await say(db, ada, "p0"))
    await db.write(posts.delete, URLS, ada, post)
    refused(await say(db, ada, "p1"))


async def test_following_stops_at_the_cap_and_starts_again(db: Database) -> None:
    ada, _ = await db.write(lay_out, following=2)
    p = [await _person(db, f"p{number}") for number in range(3)]
    for target in p[:2]:
        assert await db.write(follows.follow, URLS, ada, target) is None
    refusal = await db.write(follows.follow, URLS, ada, p[2])
    assert refusal is not None and refusal.limit == "following"
    assert await db.write(follows.follow, URLS, ada, p[1]) is None  # a repeated follow is none more
    assert await db.read(_value, "SELECT COUNT(*) FROM follows") == 2
    assert "refused" in await db.read(world.told, ada)
    await db.write(follows.unfollow, URLS, ada, p[0])
    assert await db.write(follows.follow, URLS, ada, p[2]) is None


async def _race(tx: Tx) -> list[tuple[int, int]]:
    tier = await world.make_tier(tx, strangers=1)
    for number in range(RUNNERS):
        await world.make_remote(tx, f"r{number}")
    found = []
    for number in range(RACES):
        pair = await world.make_local(tx, f"a{number}", tier), await world.make_local(tx, f"b{number}", tier)
        await make_login(tx, f"l{number}", *pair)
        found.append(pair)
    return found


async def _run(db: Database, author: int, name: str) -> bool:
    for _ in range(20):
        try:
            return isinstance(await say(db, author, name), int)
        except StoreUnavailable:
            await asyncio.sleep(0.1)
    raise AssertionError("the database was unavailable for a whole race")


@pytest.mark.parametrize("kind", ["account", "login"])
async def test_the_last_stranger_goes_to_exactly_one_post(db: Database, kind: str) -> None:
    """Sixteen posts at once, of one account or of two accounts of one login, each to another stranger."""
    for one, other in await db.write(_race):
        authors = (one, other if kind == "login" else one)
        told = await asyncio.gather(*(_run(db, authors[n % 2], f"r{n}") for n in range(RUNNERS)))
        assert sum(told) == 1
        used = await db.read(
            _value, "SELECT COUNT(*) FROM addressed WHERE account IN ($1, $2) AND cost = 1", one, other
        )
        assert used == 1
