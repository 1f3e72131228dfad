"""Who sees a post for followers: the admitted, by every door; nobody else who follows or asks to (law 1)."""

from __future__ import annotations

import pytest

from fedicert.operations import posts
from fedicert.operations.posts import Draft
from fedicert.store.tables import statuses
from fedicert.store.unit import Database, Reader, Tx
from fedicert.store.views import federation
from tests import world
from tests.world import URLS


async def _village(tx: Tx) -> tuple[int, int, int]:
    tier = await world.make_tier(tx, followers=None)
    ada, bob = await world.make_local(tx, "ada", tier), await world.make_local(tx, "bob", tier)
    finn = await world.make_remote(tx, "finn")
    for follower in (bob, finn):
        await world.admit(tx, follower, ada)
    return ada, bob, finn


async def _seen(reader: Reader, viewer: int, post: int) -> tuple[bool, bool]:
    here = await statuses.visible(reader, post, viewer)
    uri = URLS.status("ada", post)
    there = await federation.private_post(
        reader, uri, "https://far.example/users/finn", "https://far.example", "far.example"
    )
    return here is not None, there is not None


@pytest.mark.parametrize("state", ["admitted", "paused", "held", "requested", "trimmed"])
async def test_posts_for_followers_are_for_the_admitted(db: Database, state: str) -> None:
    """A copy that is fetched is a copy: who is paused gets none, here as elsewhere."""
    ada, bob, _ = await db.write(_village)
    post = await db.write(posts.publish, URLS, ada, Draft(text="for a few", visibility="private"))

    async def move(tx: Tx) -> None:
        await tx.run("UPDATE follows SET state = $1", state)

    await db.write(move)
    assert await db.read(_seen, bob, post) == (state == "admitted",) * 2


async def test_who_is_blocked_fetches_nothing_by_having_been_named(db: Database) -> None:
    ada, _, finn = await db.write(_village)
    post = await db.write(posts.publish, URLS, ada, Draft(text="for a few", visibility="direct"))

    async def name(tx: Tx) -> None:
        await statuses.name_people(tx, post, [finn])

    async def block(tx: Tx) -> None:
        await tx.run("INSERT INTO blocks (account, target, uri, created_at) VALUES ($1, $2, 'x', 0)", ada, finn)

    await db.write(name)
    assert (await db.read(_seen, ada, post))[1]
    await db.write(block)
    assert not (await db.read(_seen, ada, post))[1]
