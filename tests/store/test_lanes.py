import itertools
from typing import Any

import pytest

from fedicert.base.clock import DAY, HOUR, MINUTE, FrozenClock
from fedicert.store import lanes
from fedicert.store.lanes import Failure, Lane, Outcome
from fedicert.store.patience import DELAYS, TRIES, Health, Patience, after_failure, next_try
from fedicert.store.tables import deliveries
from fedicert.store.unit import Database, Reader, Tx


async def post(
    tx: Tx, number: int, *hosts: str, about: str | None = None, pair: str = "", due: int | None = None
) -> None:
    await deliveries.add(
        tx,
        body_id=number,
        body=f'{{"n":{number}}}',
        signer=7,
        object_key=f"o{number}" if about is None else about,
        pair_key=pair,
        targets=[(host, f"https://{host}/inbox") for host in hosts],
        due=due,
    )


def numbers(lane: Lane) -> list[int]:
    return [delivery.body_id for delivery in lane.deliveries]


def ids(lane: Lane, *places: int) -> tuple[int, ...]:
    return tuple(lane.deliveries[place].id for place in places)


async def taken(db: Database, *claimed: Lane) -> None:
    outcomes = [Outcome(lane.host, lane.token, taken=tuple(d.id for d in lane.deliveries)) for lane in claimed]
    assert await db.write(lanes.settle, outcomes) == []


async def failed(db: Database, lane: Lane, retry_after: int | None = None) -> None:
    failures = tuple(Failure(delivery, "500", retry_after) for delivery in lane.deliveries)
    assert await db.write(lanes.settle, [Outcome(lane.host, lane.token, failures=failures)]) == []


async def rows(reader: Reader, table: str) -> list[dict[str, Any]]:
    return [dict(row) for row in await reader.all(f"SELECT * FROM {table}")]


async def test_a_body_is_kept_once_and_a_delivery_made_once(db: Database) -> None:
    await db.write(post, 1, "a.example", "b.example")
    await db.write(post, 1, "b.example", "c.example")
    claimed = await db.write(lanes.claim, 10)
    assert [(lane.host, numbers(lane)) for lane in claimed] == [
        ("a.example", [1]),
        ("b.example", [1]),
        ("c.example", [1]),
    ]
    delivery = claimed[0].deliveries[0]
    assert (delivery.inbox, delivery.signer, delivery.attempts) == ("https://a.example/inbox", 7, 0)
    assert await db.read(lanes.bodies, [1, 2]) == {1: '{"n":1}'}


async def test_a_claimed_lane_is_nobody_elses_until_it_is_settled(db: Database) -> None:
    for number in (1, 2):
        await db.write(post, number, "a.example")
    (lane,) = await db.write(lanes.claim, 10)
    assert numbers(lane) == [1, 2]
    await db.write(post, 3, "a.example", "b.example")
    (other,) = await db.write(lanes.claim, 10)
    assert other.host == "b.example"
    await taken(db, lane, other)
    (lane,) = await db.write(lanes.claim, 10)
    assert numbers(lane) == [3] and lane.proven
    await taken(db, lane)
    assert await db.write(lanes.claim, 10) == []
    assert await db.read(rows, "deliveries") == []
    assert await db.read(lanes.next_due) is None


async def test_a_late_holders_word_counts_for_nothing(db: Database) -> None:
    await db.write(post, 1, "a.example", "b.example")
    late = await db.write(lanes.claim, 10)

    async def run_out(tx: Tx) -> None:
        await tx.run("UPDATE lanes SET lease_until = 1 WHERE host = 'a.example'")

    await db.write(run_out)
    (again,) = await db.write(lanes.claim, 10)
    outcomes = [Outcome(lane.host, lane.token, taken=ids(lane, 0)) for lane in late]
    assert await db.write(lanes.settle, outcomes) == ["a.example"]
    assert [row["host"] for row in await db.read(rows, "deliveries")] == ["a.example"]
    await taken(db, again)
    assert await db.read(rows, "deliveries") == []


async def test_at_most_twenty_in_the_order_in_which_they_came(db: Database) -> None:
    for number in range(30):
        await db.write(post, number, "a.example")
    (lane,) = await db.write(lanes.claim, 10)
    assert numbers(lane) == [0, 1, 2, 3]  # a host that nobody reached yet is handed few
    await taken(db, lane)
    (lane,) = await db.write(lanes.claim, 10)
    assert numbers(lane) == list(range(4, 24))
    await taken(db, lane)
    (lane,) = await db.write(lanes.claim, 10)
    assert numbers(lane) == list(range(24, 30))


async def test_nothing_overtakes_what_is_about_the_same(db: Database, clock: FrozenClock) -> None:
    await db.write(post, 1, "a.example", about="post")
    (lane,) = await db.write(lanes.claim, 10)
    await failed(db, lane)
    await db.write(post, 2, "a.example", about="post", pair="ada bob")
    await db.write(post, 3, "a.example", about="else", pair="ada bob")
    await db.write(post, 4, "a.example", about="free")
    (lane,) = await db.write(lanes.claim, 10)
    assert numbers(lane) == [4]
    await taken(db, lane)
    assert await db.write(lanes.claim, 10) == []
    clock.advance(2 * MINUTE)
    (lane,) = await db.write(lanes.claim, 10)
    assert numbers(lane) == [1, 2, 3]
    order = lanes.orders(lane.deliveries)
    assert len(set(order.values())) == 1 and 0 not in order.values()


async def test_orders_join_what_shares_an_object_or_a_pair(db: Database) -> None:
    for number, about, pair in [(1, "x", ""), (2, "y", "p"), (3, "x", "p"), (4, "", ""), (5, "z", "")]:
        await db.write(post, number, "a.example", about=about, pair=pair)
    await db.write(post, 6, "a.example")
    (lane,) = await db.write(lanes.claim, 10)
    await taken(db, lane)
    for number, about, pair in [(11, "x", ""), (12, "y", "p"), (13, "x", "p"), (14, "", ""), (15, "z", "")]:
        await db.write(post, number, "a.example", about=about, pair=pair)
    (lane,) = await db.write(lanes.claim, 10)
    order = lanes.orders(lane.deliveries)
    by_number = {delivery.body_id: order[delivery.id] for delivery in lane.deliveries if delivery.body_id > 10}
    assert by_number[11] == by_number[12] == by_number[13] != by_number[15]
    assert by_number[14] == 0


def test_fourteen_tries_over_seven_days_with_jitter() -> None:
    at, tries = 0, 1
    while (due := next_try(tries, at, 0.5)) is not None:
        at, tries = due, tries + 1
    assert tries == TRIES == 14
    assert abs(at - 7 * DAY) < HOUR
    for failed_tries, delay in enumerate(DELAYS, 1):
        assert next_try(failed_tries, 0, 0.0) == round(delay * 0.7)
        assert delay < (next_try(failed_tries, 0, 0.999) or 0) < delay * 1.3


@pytest.mark.parametrize(("tries", "days"), [(14, 7), (14, 1), (14, 30), (3, 7), (1, 7), (40, 30)])
def test_patience_is_the_admins_to_set(tries: int, days: int) -> None:
    patience = Patience(tries=tries, days=days)
    at = [0]
    while (due := next_try(len(at), at[-1], 0.5, patience=patience)) is not None:
        at.append(due)
    assert len(at) == tries
    if tries == 14:
        assert abs(at[-1] - days * DAY) < HOUR * days
        assert at[-1] * 1.3 < patience.horizon
    waits = [later - earlier for earlier, later in itertools.pairwise(at)]
    assert waits == sorted(waits)


def test_retry_after_is_honoured_up_to_a_day() -> None:
    assert next_try(1, 0, 0.5, 6 * HOUR) == 6 * HOUR
    assert next_try(1, 0, 0.5, 90 * DAY) == DAY
    assert next_try(10, 0, 0.5, 1000) == DELAYS[9]


@pytest.mark.parametrize("gap", [0, MINUTE])
def test_the_breaker_opens_after_five_failures_in_ten_minutes(gap: int) -> None:
    health, now = Health(), 0
    for count in range(1, 6):
        health = after_failure(health, now)
        assert health.breaker == ("open" if count == 5 else "closed")
        now += gap
    assert health.not_before >= 30 * MINUTE


def test_slow_failures_open_nothing_and_a_week_of_them_is_dormant() -> None:
    health = Health()
    for hour in range(0, 7 * 24, 3):
        health = after_failure(health, hour * HOUR)
        assert health.breaker == "closed"
    assert after_failure(health, 7 * DAY).breaker == "dormant"


async def test_a_broken_host_gets_one_probe_and_then_everything(db: Database, clock: FrozenClock) -> None:
    for number in range(6):
        await db.write(post, number, "a.example")
    (lane,) = await db.write(lanes.claim, 10)
    await failed(db, lane)  # four
    (lane,) = await db.write(lanes.claim, 10)
    assert numbers(lane) == [4, 5]
    await failed(db, lane)  # six: open
    await db.write(post, 6, "a.example")
    assert await db.write(lanes.claim, 10) == []
    assert await db.read(lanes.next_due) == clock.now() + 30 * MINUTE
    clock.advance(30 * MINUTE)
    (lane,) = await db.write(lanes.claim, 10)
    assert lane.probe and numbers(lane) == [0]
    await failed(db, lane)
    clock.advance(29 * MINUTE)
    assert await db.write(lanes.claim, 10) == []
    clock.advance(MINUTE)
    (lane,) = await db.write(lanes.claim, 10)
    assert lane.probe and len(lane.deliveries) == 1
    await taken(db, lane)
    (lane,) = await db.write(lanes.claim, 10)
    # What failed before is sent with the rest, though its own time hasn't come.
    assert not lane.probe and lane.proven and len(lane.deliveries) == 6
    await taken(db, lane)
    assert await db.read(rows, "deliveries") == []


async def test_no_attempt_inside_retry_after_for_the_whole_host(db: Database, clock: FrozenClock) -> None:
    await db.write(post, 1, "a.example")
    (lane,) = await db.write(lanes.claim, 10)
    await failed(db, lane, retry_after=2 * HOUR)
    await db.write(post, 2, "a.example")
    clock.advance(2 * HOUR - 1)
    assert await db.write(lanes.claim, 10) == []
    clock.advance(1)
    (lane,) = await db.write(lanes.claim, 10)
    assert numbers(lane) == [1, 2]


async def test_a_peer_that_was_down_for_72_hours_gets_everything(db: Database, clock: FrozenClock) -> None:
    for number in range(10):
        await db.write(post, number, "a.example")
    begun, tried = clock.now(), 0
    while clock.now() - begun < 72 * HOUR:
        while claimed := await db.write(lanes.claim, 10):
            tried += len(claimed[0].deliveries)
            await failed(db, *claimed)
        due = await db.read(lanes.next_due)
        assert due is not None and due > clock.now()
        clock.at = due
    while claimed := await db.write(lanes.claim, 10):
        await taken(db, *claimed)
    assert await db.read(rows, "deliveries") == []
    assert 10 < tried < 14 * 10
    # The next try of one of them finds the host alive, and the rest follow at once.
    assert clock.now() - begun < 72 * HOUR + 1.3 * DAY


async def test_seven_failing_days_make_a_host_dormant_until_it_speaks(db: Database, clock: FrozenClock) -> None:
    await db.write(post, 0, "a.example")
    begun, day = clock.now(), 0
    while (due := await db.read(lanes.next_due)) is not None and clock.now() - begun < 20 * DAY:
        clock.at = max(due, clock.now())
        for lane in await db.write(lanes.claim, 10):
            await failed(db, lane)
        if day < (clock.now() - begun) // DAY < 6:
            day += 1
            await db.write(post, day, "a.example")
    (row,) = await db.read(rows, "lanes")
    assert row["breaker"] == "dormant" and row["due"] is None
    await db.write(post, 77, "a.example")
    assert await db.write(lanes.claim, 10) == []
    assert await db.write(lanes.revive, "a.example") and not await db.write(lanes.revive, "a.example")
    (lane,) = await db.write(lanes.claim, 10)
    await taken(db, lane)
    delivered = set(numbers(lane))
    while claimed := await db.write(lanes.claim, 10):
        delivered |= set(numbers(claimed[0]))
        await taken(db, *claimed)
    # All of it, but what had used up its tries: that is a dead letter.
    dead = await db.read(rows, "deliveries")
    assert all((row["due"], row["attempts"]) == (None, TRIES) for row in dead)
    assert delivered | {row["body"] for row in dead} == {*range(day + 1), 77} and 77 in delivered


async def test_refusals_are_final_and_prove_that_the_host_lives(db: Database) -> None:
    await db.write(post, 1, "a.example")
    (lane,) = await db.write(lanes.claim, 10)
    assert await db.write(lanes.settle, [Outcome(lane.host, lane.token, refused=ids(lane, 0))]) == []
    assert await db.read(rows, "deliveries") == []
    (row,) = await db.read(rows, "lanes")
    assert (row["breaker"], row["proven_at"], row["due"]) == ("closed", 0, None)


async def test_proven_hosts_come_first(db: Database, clock: FrozenClock) -> None:
    await db.write(post, 1, "z.example")
    (lane,) = await db.write(lanes.claim, 10)
    await taken(db, lane)
    await db.write(post, 2, "a.example", "b.example")
    clock.advance(1000)
    await db.write(post, 3, "z.example")
    claimed = await db.write(lanes.claim, 2)
    assert [lane.host for lane in claimed] == ["z.example", "a.example"]


async def test_untried_deliveries_stay_and_leases_are_kept(db: Database) -> None:
    await db.write(post, 1, "a.example")
    (lane,) = await db.write(lanes.claim, 10)
    await db.write(lanes.keep, [(lane.host, lane.token)])
    await db.write(lanes.release, [(lane.host, lane.token)])
    (lane,) = await db.write(lanes.claim, 10)
    assert lane.deliveries[0].attempts == 0


async def test_what_is_due_later_is_sent_later(db: Database, clock: FrozenClock) -> None:
    await db.write(post, 1, "a.example", due=clock.now() + 10 * MINUTE)
    assert await db.write(lanes.claim, 10) == []
    assert await db.read(lanes.next_due) == clock.now() + 10 * MINUTE
    clock.advance(10 * MINUTE)
    assert [numbers(lane) for lane in await db.write(lanes.claim, 10)] == [[1]]


async def test_the_sweep_keeps_what_is_remembered_bounded(db: Database, clock: FrozenClock) -> None:
    await db.write(post, 1, "a.example", "b.example")
    (lane, other) = await db.write(lanes.claim, 10)
    await taken(db, lane)
    await db.write(lanes.release, [(other.host, other.token)])
    clock.advance(9 * DAY)
    assert await db.write(lanes.bury_stale) == 0 == await db.write(lanes.bury_stale, Patience(days=14))
    clock.advance(2 * DAY)
    assert await db.write(lanes.bury_stale, Patience(days=14)) == 0
    assert await db.write(lanes.bury_stale) == 1
    assert [row["due"] for row in await db.read(rows, "deliveries")] == [None]
    assert len(await db.read(rows, "bodies")) == 1
    clock.advance(31 * DAY)
    await db.write(lanes.sweep)
    await db.write(lanes.sweep)
    assert [await db.read(rows, table) for table in ("deliveries", "bodies", "lanes")] == [[], [], []]
