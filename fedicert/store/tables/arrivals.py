"""Incoming activities: taken in once per id. The body goes when its effect is there; the id stays for 30 days."""

from collections.abc import Sequence

import msgspec

from fedicert.store.unit import Reader, Tx


class Arrival(msgspec.Struct, frozen=True, kw_only=True):
    """An activity that waits for its effect. `actor` is who signed it, proven."""

    id: int
    activity: str
    actor: str
    type: str
    body: str


async def take(tx: Tx, activity: str, actor: str, kind: str, body: str) -> int | None:
    """Keep an activity; None where its id was seen before. One that was refused or rejected counts as new."""
    found = await tx.value(
        "INSERT INTO arrivals (activity, actor, type, body, outcome, received_at) VALUES ($1, $2, $3, $4, '', $5)"
        " ON CONFLICT (activity) DO UPDATE SET type = excluded.type, body = excluded.body, outcome = '',"
        " received_at = excluded.received_at WHERE arrivals.outcome = 'refused' AND arrivals.actor = excluded.actor"
        " RETURNING id",
        activity,
        actor,
        kind,
        body,
        tx.now,
    )
    return None if found is None else int(found)


async def waiting(reader: Reader, identifiers: Sequence[int]) -> list[Arrival]:
    """Those of these that have had no effect yet, in the order in which they came."""
    rows = await reader.all(
        "SELECT id, activity, actor, type, body FROM arrivals WHERE id {any_id:$1} AND outcome = '' ORDER BY id",
        list(identifiers),
    )
    return [Arrival(id=row[0], activity=row[1], actor=row[2], type=row[3], body=row[4]) for row in rows]


async def settle(tx: Tx, identifier: int, outcome: str) -> bool:
    """Its effect is in this very unit; False where it had one before, and nothing may happen again."""
    return bool(
        await tx.run("UPDATE arrivals SET outcome = $2, body = '' WHERE id = $1 AND outcome = ''", identifier, outcome)
    )


async def forget(tx: Tx, activity: str, actor: str) -> None:
    """An id seen again after its own actor's Undo counts as new (docs/law.md, Numbers)."""
    await tx.run("DELETE FROM arrivals WHERE activity = $1 AND actor = $2 AND outcome <> ''", activity, actor)


async def reject(tx: Tx, activity: str, actor: str) -> None:
    """It was rejected: said again, it counts as new."""
    await tx.run(
        "UPDATE arrivals SET outcome = 'refused' WHERE activity = $1 AND actor = $2 AND outcome <> ''", activity, actor
    )


async def sign_once(tx: Tx, digest: str) -> bool:
    """A signature counts once in two hours; False for a replay."""
    return bool(
        await tx.run(
            "INSERT INTO signatures_seen (digest, seen_at) VALUES ($1, $2) ON CONFLICT DO NOTHING", digest, tx.now
        )
    )


async def sweep(tx: Tx, arrivals_before: int, signatures_before: int) -> None:
    """Forget what is old enough."""
    await tx.run("DELETE FROM arrivals WHERE received_at < $1", arrivals_before)
    await tx.run("DELETE FROM signatures_seen WHERE seen_at < $1", signatures_before)
