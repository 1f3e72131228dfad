"""Lanes: what waits for one host, claimed together, so that order, breaker and kept connections follow from it.

A holder claims lanes with a lease and a token, is given up to 20 of a lane's deliveries in the order in which they were
added, and says what became of them; a late holder's word counts for nothing. Never two deliveries about one object or
one pair pass each other: what is behind a waiting one of its kind waits as well. Hosts that took something in the last
seven days come first. It adds no delivery (`tables/deliveries.py`) and sends none.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from fedicert.base.clock import DAY, SECOND
from fedicert.store import queue
from fedicert.store.digests import origin_of
from fedicert.store.patience import (
    PATIENT,
    PROVEN_FOR,
    Fault,
    Health,
    Patience,
    after_answer,
    after_failure,
    chance_of,
    next_try,
    one_more,
)
from fedicert.store.tables import gone, rejections
from fedicert.store.unit import Reader, Row, Tx, one_statement

LANE_LEASE = 60 * SECOND
PER_LANE = 20
# A host that nobody here has reached lately isn't handed 20 at once: each may take its whole deadline.
PER_UNPROVEN_LANE = 4
# A lane without deliveries is forgotten after this; what is remembered of hosts stays bounded.
LANE_KEPT = 30 * DAY


class Delivery(msgspec.Struct, frozen=True):
    """A POST to make. `signer`: the account in whose name; `attempts`: tries that failed before.

    `stated`: the signer's actor id and the digest of its followers there (FEP-8fcf), where that is told.
    """

    id: int
    host: str
    inbox: str
    body_id: int
    signer: int
    object_key: str
    pair_key: str
    attempts: int
    faults: tuple[Fault, ...]
    created_at: int
    stated: tuple[str, str] | None = None


class Lane(msgspec.Struct, frozen=True):
    """A claimed host. `proven`: it took something in the last seven days; `probe`: the breaker lets one through."""

    host: str
    token: int
    proven: bool
    probe: bool
    deliveries: tuple[Delivery, ...]


class Failure(msgspec.Struct, frozen=True):
    """A delivery that may be tried again. `retry_after`: ms the host asked to wait."""

    delivery: Delivery
    error: str
    retry_after: int | None = None


class Outcome(msgspec.Struct, frozen=True):
    """What became of a claimed lane: ids taken by the host, ids refused for good, failures; the rest is untried.

    `served`: the inboxes at which something was taken; `answered`: the bodies taken that concern one pair of actors.
    """

    host: str
    token: int
    taken: tuple[int, ...] = ()
    refused: tuple[int, ...] = ()
    failures: tuple[Failure, ...] = ()
    served: tuple[str, ...] = ()
    answered: tuple[int, ...] = ()


_faults = msgspec.json.Decoder(tuple[Fault, ...])

_COLUMNS = "id, host, inbox, body, signer, object_key, pair_key, attempts, errors, created_at"
# `+due` keeps SQLite at the index by (host, id): it stops at the limit, where the one by due reads and sorts a host's all.
_DUE = """
    SELECT d.id, d.host, d.inbox, d.body, d.signer, d.object_key, d.pair_key, d.attempts, d.errors, d.created_at
    FROM {each_text:$1} l CROSS JOIN deliveries d WHERE d.id IN
        (SELECT w.id FROM deliveries w WHERE w.host = l.value AND +w.due <= $2 ORDER BY w.id LIMIT $3)
"""
# The same for all lanes of a claim in one round trip; SQLite has no LATERAL, and no round trips either.
_DUE_OF_ALL = f"""
    SELECT d.* FROM unnest($1::text[]) AS l (host) CROSS JOIN LATERAL
        (SELECT {_COLUMNS} FROM deliveries w WHERE w.host = l.host AND w.due <= $2 ORDER BY w.id LIMIT $3) d
"""


async def claim(tx: Tx, limit: int, *, lease: int = LANE_LEASE, per_lane: int = PER_LANE) -> list[Lane]:
    """Take up to `limit` lanes that have something to send now, proven hosts first. Every lane returned has some."""
    rows = await tx.all(
        """
        WITH picked AS MATERIALIZED (
            SELECT host FROM lanes WHERE due <= $1 AND not_before <= $1 AND lease_until <= {db_now}
            ORDER BY CASE WHEN proven_at > $2 THEN 0 ELSE 1 END, due, host LIMIT $3 {for_update} {skip_locked}
        )
        UPDATE lanes SET token = $4, lease_until = {db_now} + $5 WHERE host IN (SELECT host FROM picked)
        RETURNING host, token, proven_at, breaker, due
        """,
        tx.now,
        tx.now - PROVEN_FOR,
        limit,
        tx.new_id(),
        lease,
    )
    if not rows:
        return []
    found = await _sendable(tx, rows, per_lane)
    idle = [row["host"] for row in rows if not found[row["host"]]]
    if idle:
        await _let_go(tx, idle, later_only=True)
    stated = await _stated(tx, [delivery for deliveries in found.values() for delivery in deliveries])
    lanes = [
        Lane(
            host=row["host"],
            token=row["token"],
            proven=row["proven_at"] > tx.now - PROVEN_FOR,
            probe=row["breaker"] != "closed",
            deliveries=tuple(_with_digest(delivery, stated) for delivery in found[row["host"]]),
        )
        for row in rows
        if found[row["host"]]
    ]
    return sorted(lanes, key=lambda lane: (not lane.proven, lane.deliveries[0].id))


async def _stated(reader: Reader, deliveries: Sequence[Delivery]) -> Mapping[tuple[int, str], tuple[str, str]]:
    """(account, origin) → actor id and digest, of capped people here (FEP-8fcf).

    Not while a settling pauses anybody, or is about to (law 4: no header in throttle; who is barred keeps the slot), nor
    where ids and inboxes of one host lie at different authorities.
    """
    if not deliveries:
        return {}
    rows = await reader.all(
        "SELECT d.account, d.origin, a.uri, d.digest FROM follower_digests d JOIN local_accounts l ON l.id = d.account"
        " JOIN accounts a ON a.id = d.account JOIN tiers t ON t.id = l.tier"
        " WHERE d.account {any_id:$1} AND d.origin {any_text:$2} AND d.mixed = 0 AND (l.paused = 0 OR NOT EXISTS"
        " (SELECT 1 FROM follows f WHERE f.followed = l.id AND f.state = 'paused' AND f.barred_at IS NULL))"
        " AND (t.followers IS NOT NULL OR l.cap_share IS NOT NULL) AND NOT EXISTS (SELECT 1 FROM settlings s"
        " WHERE s.account = d.account AND s.ended_at IS NULL AND s.stage = 'throttle')",
        list({delivery.signer for delivery in deliveries}),
        list({origin_of(delivery.inbox) for delivery in deliveries}),
    )
    return {(row[0], row[1]): (row[2], row[3]) for row in rows}


def _with_digest(delivery: Delivery, stated: Mapping[tuple[int, str], tuple[str, str]]) -> Delivery:
    found = stated.get((delivery.signer, origin_of(delivery.inbox)))
    return delivery if found is None else msgspec.structs.replace(delivery, stated=found)


async def _sendable(tx: Tx, rows: Sequence[Row], per_lane: int) -> dict[str, list[Delivery]]:
    hosts = [row["host"] for row in rows]
    due: dict[str, list[Delivery]] = {host: [] for host in hosts}
    if tx.engine == "sqlite":
        found = list(await tx.all(_DUE, hosts, tx.now, per_lane))
    else:
        found = list(await tx.all(_DUE_OF_ALL, hosts, tx.now, per_lane))
    for row in found:
        due[row["host"]].append(_delivery(row))
    waiting: dict[str, list[tuple[int, str, str]]] = {}
    last = max((deliveries[-1].id for deliveries in due.values() if deliveries), default=0)
    for row in await tx.all(
        "SELECT host, id, object_key, pair_key FROM deliveries WHERE host {any_text:$1} AND due > $2 AND id < $3",
        hosts,
        tx.now,
        last,
    ):
        waiting.setdefault(row["host"], []).append((row["id"], row["object_key"], row["pair_key"]))
    return {
        row["host"]: in_order(due[row["host"]], waiting.get(row["host"], ()), _room(row, tx.now, per_lane))
        for row in rows
    }


def _room(row: Row, now: int, per_lane: int) -> int:
    if row["breaker"] != "closed":
        return 1
    return per_lane if row["proven_at"] > now - PROVEN_FOR else min(per_lane, PER_UNPROVEN_LANE)


def in_order(due: Sequence[Delivery], waiting: Sequence[tuple[int, str, str]], limit: int) -> list[Delivery]:
    """Those of the due deliveries that pass no earlier waiting one (id, object key, pair key) about the same."""
    if len(due) < 2 and not waiting:
        return list(due)[:limit]
    held: set[tuple[str, str]] = set()
    behind = sorted(waiting)
    passed = 0
    sendable: list[Delivery] = []
    for delivery in sorted(due, key=lambda delivery: delivery.id):
        while passed < len(behind) and behind[passed][0] < delivery.id:
            held |= keys(behind[passed][1], behind[passed][2])
            passed += 1
        own = keys(delivery.object_key, delivery.pair_key)
        if own & held:
            held |= own
        elif len(sendable) < limit:
            sendable.append(delivery)
    return sendable


def keys(object_key: str, pair_key: str) -> set[tuple[str, str]]:
    """What a delivery is about, for telling whether two are about the same."""
    return {named for named in (("object", object_key), ("pair", pair_key)) if named[1]}


def orders(deliveries: Sequence[Delivery]) -> dict[int, int]:
    """Delivery → a number from 1 that those share which must go one after another, 0 for those that bind nobody."""
    if len(deliveries) == 1:
        return {deliveries[0].id: 0}  # alone, it has nobody to pass
    group: dict[tuple[str, str], int] = {}
    members: dict[int, set[tuple[str, str]]] = {}
    for number, delivery in enumerate(deliveries, 1):
        own = keys(delivery.object_key, delivery.pair_key)
        for joined in {group[key] for key in own if key in group}:
            own |= members.pop(joined)
        if own:
            members[number] = own
            group.update(dict.fromkeys(own, number))
    return {
        delivery.id: next((group[key] for key in keys(delivery.object_key, delivery.pair_key)), 0)
        for delivery in deliveries
    }


async def bodies(reader: Reader, ids: Sequence[int]) -> Mapping[int, str]:
    """The texts of these bodies."""
    rows = await reader.all("SELECT id, body FROM bodies WHERE id {any_id:$1}", list(ids))
    return {row["id"]: row["body"] for row in rows}


async def settle(tx: Tx, outcomes: Sequence[Outcome], patience: Patience = PATIENT) -> list[str]:
    """Write down what became of claimed lanes and give them back; the hosts whose lease was lost, for which nothing was
    written."""
    mine = {outcome.host: outcome for outcome in outcomes}
    rows = await tx.all(
        "SELECT host, token, breaker, not_before, failures, failures_since, failing_since FROM lanes"
        " WHERE host {any_text:$1} ORDER BY host {for_update}",
        sorted(mine),
    )
    held = {row["host"]: row for row in rows if row["token"] == mine[row["host"]].token}
    done = [i for host in held for i in (*mine[host].taken, *mine[host].refused)]
    if done:
        await tx.run("DELETE FROM deliveries WHERE id {any_id:$1}", done)
    served = [inbox for host in held for inbox in mine[host].served]
    if served:
        await gone.served(tx, served)
    answered = [body for host in held for body in mine[host].answered]
    if answered:
        for account in await rejections.answered(tx, answered):
            await queue.enqueue(tx, "settle", {"account": account}, key=str(account))
    smooth = [host for host, row in held.items() if _smooth(mine[host], row)]
    if smooth:
        await tx.run(
            "UPDATE lanes SET proven_at = $2, failures = 0, lease_until = 0, token = 0, due ="
            " (SELECT min(d.due) FROM deliveries d WHERE d.host = lanes.host) WHERE host {any_text:$1}",
            smooth,
            tx.now,
        )
    rough = sorted(held.keys() - set(smooth))
    for host in rough:
        await _settle_rough(tx, mine[host], held[host], patience)
    if rough:
        await _let_go(tx, rough)
    if held:
        tx.signal("lanes")
    return sorted(mine.keys() - held.keys())


def _smooth(outcome: Outcome, row: Row) -> bool:
    return bool(outcome.taken) and not outcome.failures and row["breaker"] == "closed" and row["failing_since"] is None


async def _settle_rough(tx: Tx, outcome: Outcome, row: Row, patience: Patience) -> None:
    was = Health(row["breaker"], row["not_before"], row["failures"], row["failures_since"], row["failing_since"])
    answered = bool(outcome.taken or outcome.refused)
    health = after_answer(was) if answered else was
    for failure in outcome.failures:
        health = after_failure(health, tx.now, failure.retry_after)
        await _put_off(tx, failure, patience)
    await tx.run(
        "UPDATE lanes SET breaker = $2, not_before = $3, failures = $4, failures_since = $5, failing_since = $6,"
        " proven_at = CASE WHEN CAST($7 AS BIGINT) > 0 THEN $7 ELSE proven_at END WHERE host = $1",
        outcome.host,
        health.breaker,
        health.not_before,
        health.failures,
        health.failures_since,
        health.failing_since,
        tx.now if outcome.taken else 0,
    )
    if answered and was.breaker != "closed":
        await _send_now(tx, outcome.host, [failure.delivery.id for failure in outcome.failures])


async def _put_off(tx: Tx, failure: Failure, patience: Patience) -> None:
    delivery = failure.delivery
    due = next_try(delivery.attempts + 1, tx.now, chance_of(tx.random), failure.retry_after, patience)
    faults = one_more(delivery.faults, tx.now, failure.error)
    await tx.run(
        "UPDATE deliveries SET attempts = attempts + 1, errors = $2, due = $3, buried_at = $4 WHERE id = $1",
        delivery.id,
        msgspec.json.encode(faults).decode(),
        due,
        tx.now if due is None else None,
    )


async def _send_now(tx: Tx, host: str, but: Sequence[int]) -> None:
    """The host is back: what failed before needn't wait for its own hour."""
    await tx.run(
        "UPDATE deliveries SET due = $2 WHERE host = $1 AND due > $2 AND attempts > 0 AND NOT id {any_id:$3}",
        host,
        tx.now,
        list(but),
    )


async def _let_go(tx: Tx, hosts: Sequence[str], *, later_only: bool = False) -> None:
    """Free lanes; each is due when its first delivery is. `later_only`: what is due now waits for a later one."""
    await tx.run(
        "UPDATE lanes SET lease_until = 0, token = 0, due = CASE WHEN breaker = 'dormant' THEN NULL ELSE"
        " (SELECT min(d.due) FROM deliveries d WHERE d.host = lanes.host AND d.due > $2) END WHERE host {any_text:$1}",
        list(hosts),
        tx.now if later_only else -1,
    )


async def keep(tx: Tx, lanes: Iterable[tuple[str, int]], lease: int = LANE_LEASE) -> None:
    """Lengthen the leases of claimed lanes (host, token) whose deliveries take long."""
    by_token: dict[int, list[str]] = {}
    for host, token in lanes:
        by_token.setdefault(token, []).append(host)
    for token, hosts in by_token.items():
        await tx.run(
            "UPDATE lanes SET lease_until = {db_now} + $3 WHERE host {any_text:$1} AND token = $2",
            sorted(hosts),
            token,
            lease,
        )


async def release(tx: Tx, lanes: Iterable[tuple[str, int]]) -> None:
    """Give claimed lanes (host, token) back untried."""
    await settle(tx, [Outcome(host, token) for host, token in lanes])


async def revive(tx: Tx, host: str) -> bool:
    """Something verified came from this host: close its breaker and send what waits. Whether there was any to close."""
    changed = await tx.run(
        "UPDATE lanes SET breaker = 'closed', not_before = 0, failures = 0, failing_since = NULL"
        " WHERE host = $1 AND breaker <> 'closed'",
        host,
    )
    if not changed:
        return False
    # What was taken back while it was away it still has to hear of (law 2); of the rest it missed what it missed.
    await tx.run(
        "UPDATE deliveries SET due = $2, buried_at = NULL, attempts = 0, created_at = $2 WHERE host = $1"
        " AND buried_at IS NOT NULL AND EXISTS (SELECT 1 FROM activities v WHERE v.id = deliveries.body"
        " AND (v.act IN ('take_back', 'end') OR v.type IN ('Undo', 'Block', 'Reject')))",
        host,
        tx.now,
    )
    await _send_now(tx, host, ())
    await tx.run(
        "UPDATE lanes SET due = (SELECT min(d.due) FROM deliveries d WHERE d.host = lanes.host) WHERE host = $1", host
    )
    tx.signal("lanes")
    return True


@one_statement
async def next_due(reader: Reader) -> int | None:
    """When the next lane may be claimed (ms), None where nothing waits; taken lanes included."""
    due: int | None = await reader.value(
        "SELECT min(CASE WHEN due > not_before THEN due ELSE not_before END) FROM lanes WHERE due IS NOT NULL"
    )
    return due


async def bury_stale(tx: Tx, patience: Patience = PATIENT, limit: int = 1_000) -> int:
    """Bury what waited beyond the horizon; how many."""
    return await tx.run(
        "UPDATE deliveries SET due = NULL, buried_at = $1 WHERE id IN (SELECT id FROM deliveries"
        " WHERE due IS NOT NULL AND created_at < $2 ORDER BY id LIMIT $3)",
        tx.now,
        tx.now - patience.horizon,
        limit,
    )


async def sweep(tx: Tx, limit: int = 1_000) -> None:
    """Drop old dead letters, bodies nothing refers to, forgotten hosts."""
    await tx.run(
        "DELETE FROM deliveries WHERE id IN (SELECT id FROM deliveries WHERE buried_at < $1 LIMIT $2)",
        tx.now - LANE_KEPT,
        limit,
    )
    # A fan-out may still be adding to a young body.
    await tx.run(
        "DELETE FROM bodies WHERE id IN (SELECT b.id FROM bodies b WHERE b.created_at < $1"
        " AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.body = b.id) LIMIT $2)",
        tx.now - DAY,
        limit,
    )
    await tx.run(
        "DELETE FROM lanes WHERE host IN (SELECT l.host FROM lanes l WHERE l.created_at < $1 AND l.proven_at < $1"
        " AND l.lease_until = 0 AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.host = l.host) LIMIT $2)",
        tx.now - LANE_KEPT,
        limit,
    )


def _delivery(row: Any) -> Delivery:
    """A row of `_COLUMNS`, by place: many are read."""
    return Delivery(
        id=row[0],
        host=row[1],
        inbox=row[2],
        body_id=row[3],
        signer=row[4],
        object_key=row[5],
        pair_key=row[6],
        attempts=row[7],
        faults=() if row[8] == "[]" else _faults.decode(row[8]),
        created_at=row[9],
    )
