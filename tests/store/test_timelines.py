"""Timelines and pages: who finds what there, cursors, how many statements a page costs, and what is kept rendered."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

import fedicert
from fedicert.mastodon.paging import Page
from fedicert.operations import blocks, bookmarks, boosts, edits, favourites, lists, notes, posts
from fedicert.operations.edits import Revision
from fedicert.operations.lists import ListChange
from fedicert.operations.posts import Draft
from fedicert.store import shapes
from fedicert.store.loaders import Slice
from fedicert.store.shelf import Shelf
from fedicert.store.unit import Database, Reader, Row, Tx
from fedicert.store.views import statuses as views
from fedicert.store.views import timelines
from fedicert.store.views.statuses import AccountFilter
from fedicert.store.views.timelines import Public, Tagged
from tests import world
from tests.world import URLS

ALL = Page(40)


class Village(msgspec.Struct, frozen=True):
    """Ada and Bob live here, Finn elsewhere; Bob follows Ada."""

    ada: int
    bob: int
    finn: int


async def make(tx: Tx, **limits: Any) -> Village:
    tier = await world.make_tier(tx, followers=None, **limits)
    ada, bob = [await world.make_local(tx, name, tier) for name in ("ada", "bob")]
    finn = await world.make_remote(tx, "finn")
    await world.admit(tx, bob, ada)
    return Village(ada, bob, finn)


@pytest.fixture
async def village(db: Database) -> Village:
    return await db.write(make)


async def publish(db: Database, author: int, text: str = "Hello", **more: Any) -> int:
    identifier = await db.write(posts.publish, URLS, author, Draft(text=text, **more))
    await db.write(world.fan_out)
    return identifier


def ids(part: Slice) -> list[int]:
    return [int(json.loads(item)["id"]) for item in part.items]


async def home(db: Database, viewer: int, **page: Any) -> list[int]:
    return ids(await db.read(timelines.home, viewer, Shelf(URLS), Page(**{"limit": 40, **page})))


async def public(db: Database, viewer: int | None, **which: bool) -> list[int]:
    return ids(await db.read(timelines.public, viewer, Shelf(URLS), ALL, Public(**which)))


async def tagged(db: Database, viewer: int | None, *any_of: str, **more: tuple[str, ...]) -> list[int]:
    return ids(await db.read(timelines.tag, viewer, Shelf(URLS), ALL, Public(), Tagged(any=any_of, **more)))


async def test_cursors_are_exact(db: Database, village: Village) -> None:
    made = [await publish(db, village.ada, f"Post {n}") for n in range(6)]
    newest = made[::-1]
    assert await home(db, village.bob) == newest
    assert await home(db, village.bob, limit=2) == newest[:2]
    assert await home(db, village.bob, limit=2, max_id=made[3]) == [made[2], made[1]]
    # since_id: the newest ones, with a gap; min_id: those right above.
    assert await home(db, village.bob, limit=2, since_id=made[0]) == [made[5], made[4]]
    assert await home(db, village.bob, limit=2, min_id=made[0]) == [made[2], made[1]]
    assert await home(db, village.bob, min_id=made[0], max_id=made[3]) == [made[2], made[1]]
    assert await home(db, village.bob, since_id=made[5]) == []
    part = await db.read(timelines.home, village.bob, Shelf(URLS), Page(3, min_id=made[1]))
    assert (part.newest, part.oldest) == (made[4], made[2])
    of_ada = await db.read(views.of_account, None, Shelf(URLS), Page(2, min_id=made[0]), village.ada, AccountFilter())
    assert ids(of_ada) == [made[2], made[1]]


async def test_home_hides_blocked_people_and_boosts_of_them(db: Database, village: Village) -> None:
    cleo = await db.write(world.make_local, "cleo", await _tier(db))
    theirs = await publish(db, cleo)
    boost = await db.write(boosts.reblog, URLS, village.ada, theirs)
    await db.write(world.fan_out)
    assert await home(db, village.bob) == [boost]
    await db.write(blocks.block, URLS, cleo, village.bob)
    assert await home(db, village.bob) == []
    assert await public(db, village.bob) == [] and await public(db, None) == [theirs]


async def _tier(db: Database) -> int:
    async def view(reader: Reader) -> int:
        return int(await reader.value("SELECT id FROM tiers"))

    return await db.read(view)


async def test_public_timelines_take_public_posts_that_answer_nobody_else(db: Database, village: Village) -> None:
    first = await publish(db, village.ada)
    await publish(db, village.bob, "Answer", in_reply_to_id=first)
    own = await publish(db, village.ada, "More", in_reply_to_id=first)
    for visibility in ("unlisted", "private", "direct"):
        await publish(db, village.ada, visibility=visibility)
    await db.write(boosts.reblog, URLS, village.bob, first)
    far = await db.write(_remote_post, village.finn)
    assert await public(db, None) == [own, first, far]
    assert await public(db, None, local=True) == [own, first]
    assert await public(db, village.bob, remote=True) == [far]
    assert await public(db, village.bob, only_media=True) == []


async def _remote_post(tx: Tx, author: int) -> int:
    from fedicert.activitypub.read import read_note
    from fedicert.activitypub.types import PUBLIC

    uri = await tx.value("SELECT uri FROM accounts WHERE id = $1", author)
    document = {"id": f"{uri}/1", "type": "Note", "attributedTo": uri, "to": PUBLIC, "content": "far",
                "published": "2024-01-01T00:00:00Z"}  # fmt: skip
    found = await notes.receive_note(tx, URLS, author, read_note(document))
    assert found is not None
    return found


async def test_a_capped_voice_is_heard_by_members_of_its_own_server_alone(db: Database) -> None:
    """Law 5: public, tag and trend timelines are closed to a tier whose posts are unlisted; the local one isn't."""
    village = await db.write(make, visibility="unlisted")
    made = await publish(db, village.ada, "#pumps", visibility="public")
    await publish(db, village.ada, "#pumps", visibility="unlisted")
    assert await public(db, None, local=True) == [] and await public(db, village.bob) == []
    assert await public(db, village.bob, local=True) == [made]
    assert await tagged(db, village.bob, "pumps") == [] and await tagged(db, None, "pumps") == []


async def test_tags(db: Database, village: Village) -> None:
    one = await publish(db, village.ada, "#Pumps #valves")
    two = await publish(db, village.bob, "#pumps", in_reply_to_id=one)
    three = await publish(db, village.bob, "#pipes")
    await publish(db, village.ada, "#pumps", visibility="unlisted")
    assert await tagged(db, None, "pumps") == [two, one]
    assert await tagged(db, None, "pumps", "pipes") == [three, two, one]
    assert await tagged(db, None, "pumps", all=("valves",)) == [one]
    assert await tagged(db, None, "pumps", none=("valves", "pipes")) == [two]
    assert await tagged(db, None, "nothing") == []


async def test_an_accounts_posts_by_filter_and_viewer(db: Database, village: Village) -> None:
    first = await publish(db, village.bob)
    answer = await publish(db, village.ada, "Answer #pumps", in_reply_to_id=first)
    private = await publish(db, village.ada, visibility="private")
    boost = await db.write(boosts.reblog, URLS, village.ada, first)

    async def of_ada(viewer: int | None, **which: Any) -> list[int]:
        chosen = AccountFilter(**which)
        return ids(await db.read(views.of_account, viewer, Shelf(URLS), ALL, village.ada, chosen))

    assert await of_ada(village.bob) == [boost, private, answer]
    assert await of_ada(None) == [boost, answer]
    assert await of_ada(None, exclude_replies=True) == [boost]
    assert await of_ada(None, exclude_reblogs=True) == [answer]
    assert await of_ada(None, tagged="pumps") == [answer]
    assert await of_ada(None, only_media=True) == [] and await of_ada(None, pinned=True) == []


async def test_kept_and_liked_lists_are_in_the_order_of_keeping(db: Database, village: Village) -> None:
    made = [await publish(db, village.ada, f"Post {n}") for n in range(3)]
    for place in (2, 0, 1):
        await db.write(bookmarks.bookmark, village.bob, made[place])
        await db.write(favourites.favourite, URLS, village.bob, made[place])
    for view in (views.bookmarked, views.favourited):
        part = await db.read(view, village.bob, Shelf(URLS), Page(2))
        assert ids(part) == [made[1], made[0]]
        rest = await db.read(view, village.bob, Shelf(URLS), Page(2, max_id=part.oldest))
        assert ids(rest) == [made[2]]
        assert ids(await db.read(view, village.ada, Shelf(URLS), ALL)) == []
    await db.write(boosts.reblog, URLS, village.bob, made[0])
    for people in (views.favourited_by, views.reblogged_by):
        part = await db.read(people, None, Shelf(URLS), ALL, made[0])
        assert [json.loads(item)["username"] for item in part.items] == ["bob"]


async def test_what_stands_around_a_post(db: Database, village: Village) -> None:
    #   root ── a ── b ── c
    #      └─── d
    root = await publish(db, village.ada, "root")
    a = await publish(db, village.bob, "a", in_reply_to_id=root)
    d = await publish(db, village.bob, "d", in_reply_to_id=root)
    b = await publish(db, village.ada, "b", in_reply_to_id=a)
    c = await publish(db, village.bob, "c", in_reply_to_id=b, visibility="private")
    around = await db.read(views.context, None, Shelf(URLS), root)
    assert [int(json.loads(item)["id"]) for item in around.descendants] == [a, b, d]
    around = await db.read(views.context, village.bob, Shelf(URLS), b)
    assert [int(json.loads(item)["id"]) for item in around.ancestors] == [root, a]
    assert [int(json.loads(item)["id"]) for item in around.descendants] == [c]


async def test_a_circle_of_answers_ends(db: Database, village: Village) -> None:
    root = await publish(db, village.ada, "root")
    answer = await publish(db, village.bob, "answer", in_reply_to_id=root)

    async def close(tx: Tx) -> None:
        await tx.run("UPDATE statuses SET in_reply_to_id = $2, version = version + 1 WHERE id = $1", root, answer)

    await db.write(close)
    around = await db.read(views.context, None, Shelf(URLS), root)
    assert (len(around.ancestors), len(around.descendants)) == (1, 1)


class Counting:
    """A reader that counts its statements."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.engine = reader.engine
        self.now = reader.now
        self.statements = 0

    async def one(self, sql: str, *args: Any) -> Row | None:
        self.statements += 1
        return await self.reader.one(sql, *args)

    async def all(self, sql: str, *args: Any) -> Sequence[Row]:
        self.statements += 1
        return await self.reader.all(sql, *args)

    async def tuples(self, sql: str, *args: Any) -> Sequence[Sequence[Any]]:
        self.statements += 1
        return await self.reader.tuples(sql, *args)

    async def value(self, sql: str, *args: Any) -> Any:
        self.statements += 1
        return await self.reader.value(sql, *args)


async def test_a_page_costs_the_same_number_of_statements_whatever_its_size(db: Database, village: Village) -> None:
    for n in range(20):
        made = await publish(db, (village.ada, village.bob)[n % 2], f"Post {n} #pumps")
        await db.write(boosts.reblog, URLS, (village.bob, village.ada)[n % 2], made)
    await db.write(world.fan_out)

    async def statements(reader: Reader, view: Any, *values: Any) -> int:
        counting = Counting(reader)
        await view(counting, *values)
        return counting.statements

    listed = await db.write(_list_of, village.bob, village.ada)
    calls: list[tuple[Any, tuple[Any, ...]]] = [
        (timelines.of_list, (listed,)),
        (timelines.home, ()),
        (timelines.public, (Public(),)),
        (timelines.tag, (Public(), Tagged(any=("pumps",)))),
        (views.of_account, (village.ada, AccountFilter())),
    ]
    for view, more in calls:
        warm = Shelf(URLS)
        costs = {}
        for limit in (1, 40):
            cold = await db.read(statements, view, village.bob, Shelf(URLS), Page(limit), *more)
            await db.read(view, village.bob, warm, Page(limit), *more)
            costs[limit] = (cold, await db.read(statements, view, village.bob, warm, Page(limit), *more))
        assert costs[1] == costs[40]
        assert costs[1][0] - costs[1][1] == 2
        # On SQLite the boosts of a home page are read apart, where it has any.
        apart = view is timelines.home and db.engine == "sqlite"
        # Whose list it is is asked before.
        apart = apart or view is timelines.of_list
        assert view is views.of_account or costs[1] == ((4, 2) if apart else (3, 1))


async def _list_of(tx: Tx, owner: int, member: int) -> int:
    made = await lists.create(tx, owner, ListChange(title="Friends"))
    await lists.add(tx, owner, made, [member])
    return made


async def test_what_was_rendered_never_outlives_its_version(db: Database, village: Village) -> None:
    shelf = Shelf(URLS)
    made = await publish(db, village.ada, "Before")

    async def shown() -> dict[str, Any]:
        return json.loads((await db.read(timelines.home, village.bob, shelf, ALL)).items[0])

    assert "Before" in (await shown())["content"]
    await db.write(edits.edit, URLS, village.ada, made, Revision(text="After"))
    await db.write(favourites.favourite, URLS, village.bob, made)
    after = await shown()
    assert "After" in after["content"] and (after["favourites_count"], after["favourited"]) == (1, True)


async def test_what_a_unit_undid_isnt_kept(db: Database, village: Village) -> None:
    shelf = Shelf(URLS)
    made = await publish(db, village.ada, "Before")

    async def undone(tx: Tx) -> None:
        await edits.edit(tx, URLS, village.ada, made, Revision(text="Never"))
        assert b"Never" in await views.one(tx, village.ada, shelf, made)
        raise RuntimeError("undone")

    with pytest.raises(RuntimeError):
        await db.write(undone)
    await db.write(edits.edit, URLS, village.ada, made, Revision(text="After"))
    assert b"After" in await db.read(views.one, village.ada, shelf, made)


UPDATE = re.compile(r"UPDATE (statuses|accounts)\s+SET\s(.*?)(?:\sWHERE\s|$)", re.DOTALL)
RENDERED = {
    "statuses": set(shapes.RENDERED_OF_STATUS),
    "accounts": set(shapes.RENDERED_OF_ACCOUNT),
}


def updates() -> list[tuple[str, str, str]]:
    """Every UPDATE of posts or accounts in the package's SQL: (file, table, what it sets)."""
    found = []
    root = Path(fedicert.__file__).parent
    for path in sorted([*root.rglob("*.py"), *root.parent.glob("migrations/*/*.sql")]):
        text = re.sub(r'"\s*\n\s*f?"', "", path.read_text())
        for match in UPDATE.finditer(text):
            found.append((path.name, match[1], match[2]))
    return found


def test_every_update_of_a_rendered_column_raises_the_version() -> None:
    assert len(updates()) > 10
    for name, table, sets in updates():
        columns = set(re.findall(r"(?:^|,)\s*(\w+)\s*=", sets))
        assert not columns & RENDERED[table] or "version" in columns, f"{name}: UPDATE {table} SET {sets}"


def test_whoever_changes_a_rendered_column_of_somebody_here_raises_their_version() -> None:
    """These stand beside the account: the same function has to raise its version."""
    columns = "|".join(shapes.RENDERED_OF_LOCAL_ACCOUNT)
    changes = re.compile(rf"UPDATE local_accounts SET (?:[^\"]*, )?(?:{columns}) = ")
    found = []
    for path in sorted((Path(fedicert.__file__).parent / "store").rglob("*.py")):
        text = path.read_text()
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.AsyncFunctionDef):
                said = re.sub(r'"\s*\n\s*f?"', "", ast.get_source_segment(text, node) or "")
                if changes.search(said):
                    found.append(node.name)
                    raises = re.search(r"UPDATE accounts SET [^\"]*version = version \+ 1", said)
                    assert raises, f"{path.name}: {node.name}"
    assert len(found) >= 3
