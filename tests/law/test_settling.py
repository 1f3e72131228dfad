"""Law 4 with crowds: 500 → 50 in every run, 5,000 → 500 in `make soak`, on servers of four makes and on both engines."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from fedicert.activitypub.synchronization import digest_of
from fedicert.base.clock import DAY, MINUTE, SECOND, FrozenClock
from fedicert.base.errors import StoreUnavailable
from fedicert.jobs import settle as job
from fedicert.operations import keeping, trimming
from fedicert.store.unit import Database, Reader
from tests import world
from tests.conftest import SeededEntropy
from tests.law.crowds import Crowd, Make

SMALL, WHOLE = (500, 50), (5_000, 500)
SIZES = [pytest.param(SMALL, id="500"), pytest.param(WHOLE, id="5000", marks=pytest.mark.soak)]


def shares(people: int) -> list[int]:
    """Servers as they are: one large, some middling, many with a person or two."""
    sizes = [people // 4, people // 8, people // 10]
    while sum(sizes) < people:
        sizes.append(min(1 + len(sizes) % 9, people - sum(sizes)))
    return sizes


@pytest.fixture
def crowd(db: Database, clock: FrozenClock, entropy: SeededEntropy, make: Make) -> Crowd:
    return Crowd(db, clock, entropy, make)


async def throttled(crowd: Crowd, people: int, cap: int) -> None:
    await crowd.gather(shares(people))
    assert len(await crowd.say("before")) == people
    await crowd.lower(cap)
    assert len(await crowd.say("in grace")) == people  # the audience gets its copies
    await crowd.pass_time(14 * DAY)


async def consistent(crowd: Crowd) -> None:
    """Integers, rows and digests say the same."""
    await crowd.db.read(world.counts, crowd.ada)
    for origin, digest, members in await crowd.db.read(_digests, crowd.ada):
        listed = await crowd.db.read(_counted, crowd.ada, origin)
        assert (digest_of(listed), len(listed)) == (digest, members), origin


async def _digests(reader: Reader, account: int) -> Sequence[tuple[str, str, int]]:
    rows = await reader.all("SELECT origin, digest, members FROM follower_digests WHERE account = $1", account)
    return [(row[0], row[1], row[2]) for row in rows]


async def _counted(reader: Reader, account: int, origin: str) -> list[str]:
    rows = await reader.all(
        "SELECT a.uri FROM follows f JOIN accounts a ON a.id = f.follower WHERE f.followed = $1"
        " AND f.state IN ('admitted', 'paused')",
        account,
    )
    return [row[0] for row in rows if row[0].startswith(f"{origin}/")]


@pytest.mark.law("4.5", "4.6")
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("make", ["mastodon", "misskey"])
async def test_servers_that_honour_reject_end_with_the_kept_set_and_serve_it(
    crowd: Crowd, size: tuple[int, int], make: Make
) -> None:
    people, cap = size
    await throttled(crowd, people, cap)
    kept = await crowd.audience()
    assert await crowd.say("in throttle") == kept and 0 < len(kept) <= cap
    assert all(not header for host, kind, header in crowd.sent if kind == "Reject")
    headers = [header for _, kind, header in crowd.sent if kind == "Create"]
    assert headers[-len({uri.split("/")[2] for uri in kept}) :].count("") == len({uri.split("/")[2] for uri in kept})
    await consistent(crowd)

    crowd.sent.clear()
    await crowd.pass_time(30 * DAY)
    told = [entry for entry in crowd.sent if entry[1] == "Reject"]
    # The first Reject to each server carries the header.
    assert len({host for host, _, _ in told}) == len(told) and all(header for _, _, header in told)
    hosts = len(told)
    await crowd.pass_time(10 * MINUTE)
    told = [entry for entry in crowd.sent if entry[1] == "Reject"]
    assert len(told) == (hosts if make == "mastodon" else people - cap)

    kept = await crowd.audience()
    assert len(kept) == cap
    assert await crowd.bound() == 0
    assert {uri for double in crowd.doubles.values() for uri in double.believes} == kept
    assert await crowd.say("after") == kept
    await consistent(crowd)


@pytest.mark.law("4.7")
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("make", ["gotosocial", "evilpub"])
async def test_servers_that_ignore_reject_stay_within_the_bound(
    crowd: Crowd, size: tuple[int, int], make: Make
) -> None:
    people, cap = size
    await crowd.gather(shares(people))
    # One pinned on the largest server, which can't be kept whole, and one on a small one.
    large = next(iter(crowd.doubles.values()))
    await crowd.db.write(keeping.pin, crowd.ada, next(reversed(large.people.values())))
    await crowd.lower(cap)
    await crowd.pass_time(14 * DAY)
    kept = await crowd.audience()
    assert await crowd.say("in throttle") == kept and 0 < len(kept) <= cap

    await crowd.pass_time(30 * DAY)
    for number in range(3):
        admitted = await crowd.audience()
        assert len(admitted) <= cap
        seen = await crowd.say(f"after {number}")
        assert len(seen - admitted) <= await crowd.bound() <= max(3, cap // 20)
        await crowd.pass_time(10 * MINUTE)
    # Small servers that are kept whole are served; the large one with a pin is cut off.
    assert large.posts == 0 and len(seen & admitted) >= cap * 3 // 4
    await consistent(crowd)


@pytest.mark.law("4.7")
@pytest.mark.parametrize("make", ["gotosocial"])
async def test_a_server_with_few_unconfirmed_rows_is_served_and_the_rows_are_published(
    crowd: Crowd, make: Make
) -> None:
    await crowd.gather([4, 40])
    small = crowd.doubles["h0000.example"]
    for account in list(small.people.values())[:2]:
        await crowd.db.write(keeping.pin, crowd.ada, account)
    await crowd.lower(2)
    await crowd.pass_time(14 * DAY)
    assert await crowd.say("in throttle") == set()  # no server is small enough to be kept whole
    await crowd.pass_time(30 * DAY)
    await crowd.pass_time(10 * MINUTE)
    assert len(await crowd.audience()) == 2
    assert await crowd.bound() == 2 <= 3
    assert await crowd.say("after") == set(small.people)


@pytest.mark.law("4.4")
@pytest.mark.parametrize("make", ["mastodon"])
async def test_a_rise_in_throttle_restores_everybody_and_nobody_elsewhere_is_told(crowd: Crowd, make: Make) -> None:
    await throttled(crowd, *SMALL)
    crowd.sent.clear()
    await crowd.lower(SMALL[0])
    assert {uri for double in crowd.doubles.values() for uri in double.people} == await crowd.audience()
    assert [kind for _, kind, _ in crowd.sent if kind in ("Accept", "Reject")] == []
    assert len(await crowd.say("again")) == SMALL[0]
    await crowd.pass_time(60 * DAY)
    assert len(await crowd.audience()) == SMALL[0]
    await consistent(crowd)


@pytest.mark.parametrize("make", ["misskey"])
async def test_a_unit_that_is_killed_anywhere_loses_and_repeats_nothing(
    crowd: Crowd, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every unit of the job is killed once before its commit; the job goes on where the rows say."""
    whole, killed = trimming.settle, 0

    async def dies_first(tx: object, *values: object) -> bool:
        nonlocal killed
        more = await whole(tx, *values)  # type: ignore[arg-type]
        killed += 1
        if killed % 2:
            raise StoreUnavailable("killed before the commit")
        return more

    await crowd.gather(shares(500), local=20)
    monkeypatch.setattr(job.trimming, "settle", dies_first)
    await crowd.lower(50)
    for step in (14 * DAY, 30 * DAY, 10 * MINUTE):
        await crowd.pass_time(step)
        for _ in range(60):  # a job that dies is tried again a little later
            await crowd.pass_time(6 * SECOND)
    counts = await crowd.db.read(world.counts, crowd.ada)
    assert (counts["admitted"], counts["paused"]) == (50, 0)
    rejected = [(host, kind) for host, kind, _ in crowd.sent if kind == "Reject"]
    local = 50 - len(await crowd.audience())
    assert len(rejected) == 500 - (50 - local)
    assert await crowd.bound() == 0
    assert (await crowd.db.read(world.told, crowd.ada)).count("trim_begun") == 1
    await consistent(crowd)


@pytest.mark.law("7.1")
@pytest.mark.parametrize("make", ["mastodon"])
async def test_it_is_all_on_the_ledger(crowd: Crowd, make: Make) -> None:
    await crowd.gather([5, 1, 1])
    await crowd.lower(2)
    await crowd.pass_time(14 * DAY)
    await crowd.pass_time(30 * DAY)
    kinds = await crowd.db.read(world.told, crowd.ada)
    assert kinds == [
        "grace_begun",
        "throttle_begun",
        "paused",
        "paused",  # at trim first whoever is too many by the other choice, then whoever it keeps
        "restored",
        "trim_begun",
        "trimmed",
        "settling_ended",
    ]

    async def names(reader: Reader, kind: str) -> int:
        return int(
            await reader.value(
                "SELECT COUNT(*) FROM ledger l JOIN ledger_names n ON n.account = l.account AND n.seq = l.seq"
                " WHERE l.account = $1 AND l.kind = $2 AND n.field LIKE 'follower%'",
                crowd.ada,
                kind,
            )
        )

    assert await crowd.db.read(names, "trimmed") == 5
