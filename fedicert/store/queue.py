"""Jobs: work that outlives a request, as rows written in the unit of work of the fact they follow from.

A job is claimed with a lease and a token; it ends by `finish` in the unit of work of its effect, and a holder whose
lease ran out and whose job was taken over gets LeaseLost there, which undoes its effect: at least once tried, exactly
once in effect. Leases are measured on the database server's clock (on SQLite the unit's), due times on the unit's. What
failed for good is buried: kept with its last errors until somebody asks for it again. Payloads carry ids only.

Jobs with one key are one job: asking again while it waits moves it forward, asking while it runs has it run once more.
Jobs of one lane are done in the order in which they were asked for, one holder at a time; a job that is tried again
later loses its place. It never runs anything.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from fedicert.base.clock import SECOND
from fedicert.base.errors import LeaseLost
from fedicert.store.patience import Fault, one_more
from fedicert.store.unit import Reader, Row, Tx, one_statement

LEASE = 60 * SECOND


class Job(msgspec.Struct, frozen=True):
    """A claimed job. `attempts`: tries that failed before; `token`: this claim's."""

    id: int
    kind: str
    payload: dict[str, Any]
    lane: str
    key: str | None
    attempts: int
    token: int
    faults: tuple[Fault, ...]
    created_at: int


class Buried(msgspec.Struct, frozen=True):
    """A dead letter."""

    id: int
    kind: str
    payload: dict[str, Any]
    attempts: int
    faults: tuple[Fault, ...]
    created_at: int
    buried_at: int


_faults = msgspec.json.Decoder(tuple[Fault, ...])
_payload = msgspec.json.Decoder(dict[str, Any])


async def enqueue(
    tx: Tx, kind: str, payload: dict[str, Any], *, due: int | None = None, key: str | None = None, lane: str = ""
) -> None:
    """Ask for a job. `due`: not before (ms), None is now. `lane`: in order with the others of this kind and lane.

    `key`: one job at a time with this kind and key, with the latest payload.
    """
    await tx.later(
        """
        INSERT INTO jobs (kind, job_key, lane, payload, due, attempts, lease_until, token, errors, created_at)
        VALUES ($1, $2, $3, $4, $5, 0, 0, 0, '[]', $6)
        ON CONFLICT (kind, job_key) DO UPDATE SET
            payload = excluded.payload,
            again = CASE WHEN jobs.lease_until <= {db_now} THEN jobs.again
                         WHEN jobs.again < excluded.due THEN jobs.again ELSE excluded.due END,
            attempts = CASE WHEN jobs.due IS NULL THEN 0 ELSE jobs.attempts END,
            due = CASE WHEN jobs.due < excluded.due THEN jobs.due ELSE excluded.due END,
            buried_at = NULL
        """,
        kind,
        key,
        lane,
        msgspec.json.encode(payload).decode(),
        tx.now if due is None else due,
        tx.now,
    )
    if due is None or due <= tx.now:
        tx.signal(f"jobs:{kind}")


_CLAIM = """
    WITH picked AS MATERIALIZED (
        SELECT id FROM jobs WHERE kind = $1 AND due <= $2 AND lease_until <= {db_now} %s
        ORDER BY due, id LIMIT $3 {for_update} {skip_locked}
    )
    UPDATE jobs SET token = $4, lease_until = {db_now} + $5 WHERE id IN (SELECT id FROM picked)
    RETURNING id, kind, payload, lane, job_key, attempts, token, errors, created_at, due
"""
_CLAIM_ANY = _CLAIM % ""
_CLAIM_IN_ORDER = (
    _CLAIM
    % """AND NOT EXISTS (SELECT 1 FROM jobs e WHERE e.lane = jobs.lane AND e.lane <> '' AND e.id < jobs.id
                         AND e.kind = jobs.kind AND e.lease_until > {db_now})"""
)


@one_statement
async def claim(tx: Tx, kind: str, limit: int, *, lease: int = LEASE) -> list[Job]:
    """Take up to `limit` due jobs of a kind for `lease` ms, oldest first."""
    return await _claim(tx, _CLAIM_ANY, kind, limit, lease)


async def claim_in_order(tx: Tx, kind: str, limit: int, *, lease: int = LEASE) -> list[Job]:
    """The same, minding the lanes."""
    if tx.engine == "postgres":
        await _take_turn(tx, kind)
    return await _claim(tx, _CLAIM_IN_ORDER, kind, limit, lease)


async def _claim(tx: Tx, text: str, kind: str, limit: int, lease: int) -> list[Job]:
    rows = await tx.all(text, kind, tx.now, limit, tx.new_id(), lease)
    return [_job(row) for row in sorted(rows, key=lambda row: (row["due"], row["id"]))]


async def _take_turn(tx: Tx, kind: str) -> None:
    """Claims of an ordered kind go one after another: neither sees what the other has picked but not committed."""
    turn = "SELECT kind FROM job_kinds WHERE kind = $1 {for_update}"
    if await tx.value(turn, kind) is None:
        await tx.run("INSERT INTO job_kinds (kind) VALUES ($1) ON CONFLICT DO NOTHING", kind)
        await tx.value(turn, kind)


async def finish(tx: Tx, *jobs: Job) -> None:
    """Done: in the unit of work of the effect. LeaseLost where another holder has one of them: then all is undone."""
    ours, token = [job.id for job in jobs], _token(jobs)
    gone = await tx.run("DELETE FROM jobs WHERE id {any_id:$1} AND token = $2 AND again IS NULL", ours, token)
    if gone < len(ours):
        # Asked for once more while it ran: it becomes a fresh job.
        gone += await tx.run(
            "UPDATE jobs SET due = again, again = NULL, attempts = 0, errors = '[]', lease_until = 0, token = 0"
            " WHERE id {any_id:$1} AND token = $2",
            ours,
            token,
        )
        for kind in {job.kind for job in jobs}:
            tx.signal(f"jobs:{kind}")
    if gone < len(ours):
        raise LeaseLost("the job was taken over by another worker")


async def hold(tx: Tx, *jobs: Job) -> None:
    """In a unit of work of a job that has several: LeaseLost unless all are still this holder's; nobody else can take
    them before the unit ends."""
    held = await tx.all(
        "SELECT id FROM jobs WHERE id {any_id:$1} AND token = $2 {for_update}", [job.id for job in jobs], _token(jobs)
    )
    if len(held) < len(jobs):
        raise LeaseLost("the job was taken over by another worker")


async def retry(tx: Tx, job: Job, due: int, error: str) -> None:
    """A try failed: once more, not before `due`. LeaseLost where another holder has it."""
    await _give_up(tx, job, due, None, error)


async def put_off(tx: Tx, job: Job, due: int) -> None:
    """It couldn't be tried at all: later, and no try is counted. LeaseLost where another holder has it."""
    changed = await tx.run(
        "UPDATE jobs SET due = $3, lease_until = 0, token = 0 WHERE id = $1 AND token = $2", job.id, job.token, due
    )
    if not changed:
        raise LeaseLost("the job was taken over by another worker")


async def bury(tx: Tx, job: Job, error: str) -> None:
    """It failed for good: kept as a dead letter. LeaseLost where another holder has it."""
    await _give_up(tx, job, None, tx.now, error)


async def _give_up(tx: Tx, job: Job, due: int | None, buried_at: int | None, error: str) -> None:
    faults = one_more(job.faults, tx.now, error)
    changed = await tx.run(
        # Buried, but asked for once more meanwhile: it goes on.
        "UPDATE jobs SET due = CASE WHEN $3 < again OR again IS NULL THEN $3 ELSE again END, again = NULL,"
        " buried_at = CASE WHEN again IS NULL THEN CAST($4 AS BIGINT) END,"
        " attempts = attempts + 1, errors = $5, lease_until = 0, token = 0 WHERE id = $1 AND token = $2",
        job.id,
        job.token,
        due,
        buried_at,
        msgspec.json.encode(faults).decode(),
    )
    if not changed:
        raise LeaseLost("the job was taken over by another worker")


async def release(tx: Tx, jobs: Sequence[Job]) -> None:
    """Give claimed jobs back untried; those that are another's by now stay."""
    for token in {job.token for job in jobs}:
        mine = [job.id for job in jobs if job.token == token]
        await tx.run("UPDATE jobs SET lease_until = 0, token = 0 WHERE id {any_id:$1} AND token = $2", mine, token)
    for kind in {job.kind for job in jobs}:
        tx.signal(f"jobs:{kind}")


async def keep(tx: Tx, jobs: Sequence[Job], lease: int = LEASE) -> None:
    """Lengthen the leases of jobs that take long."""
    for token in {job.token for job in jobs}:
        mine = [job.id for job in jobs if job.token == token]
        await tx.run(
            "UPDATE jobs SET lease_until = {db_now} + $3 WHERE id {any_id:$1} AND token = $2", mine, token, lease
        )


@one_statement
async def next_due(reader: Reader, kinds: Sequence[str]) -> dict[str, int]:
    """When the next job of each kind is due (ms), taken ones included; kinds without any are left out."""
    rows = await reader.all(
        "SELECT k.value AS kind, (SELECT min(due) FROM jobs WHERE kind = k.value) AS due FROM {each_text:$1} k",
        list(kinds),
    )
    return {row["kind"]: row["due"] for row in rows if row["due"] is not None}


@one_statement
async def buried(reader: Reader, after: int = 0, limit: int = 100) -> list[Buried]:
    """Dead letters, oldest first, behind the id `after`."""
    rows = await reader.all(
        "SELECT id, kind, payload, attempts, errors, created_at, buried_at FROM jobs"
        " WHERE buried_at IS NOT NULL AND id > $1 ORDER BY id LIMIT $2",
        after,
        limit,
    )
    return [
        Buried(row[0], row[1], _payload.decode(row[2]), row[3], _faults.decode(row[4]), row[5], row[6]) for row in rows
    ]


async def unbury(tx: Tx, job: int) -> bool:
    """Try a dead letter again from the start; False where there is none."""
    changed = await tx.run(
        "UPDATE jobs SET due = $2, buried_at = NULL, attempts = 0 WHERE id = $1 AND buried_at IS NOT NULL", job, tx.now
    )
    if changed:
        tx.signal(f"jobs:{await tx.value('SELECT kind FROM jobs WHERE id = $1', job)}")
    return changed == 1


async def drop_buried(tx: Tx, ids: Sequence[int]) -> int:
    """Forget these dead letters; how many there were."""
    return await tx.run("DELETE FROM jobs WHERE id {any_id:$1} AND buried_at IS NOT NULL", list(ids))


async def forget_buried(tx: Tx, before: int) -> int:
    """Drop the dead letters buried before; how many."""
    return await tx.run("DELETE FROM jobs WHERE buried_at < $1", before)


def _token(jobs: Sequence[Job]) -> int:
    tokens = {job.token for job in jobs}
    if len(tokens) != 1:
        raise ValueError("jobs of one claim end together; those of several claims don't")
    return tokens.pop()


def _job(row: Row) -> Job:
    return Job(
        id=row["id"],
        kind=row["kind"],
        payload=_payload.decode(row["payload"]),
        lane=row["lane"],
        key=row["job_key"],
        attempts=row["attempts"],
        token=row["token"],
        faults=_faults.decode(row["errors"]),
        created_at=row["created_at"],
    )
