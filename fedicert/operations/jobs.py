"""How operations ask for work that outlives them, and how a job's effect ends the job in the same unit of work."""

from collections.abc import Sequence
from typing import Any

from fedicert.store import dead_posts as dead_posts_
from fedicert.store import lanes, queue
from fedicert.store.patience import Patience
from fedicert.store.queue import Job
from fedicert.store.unit import Reader, Tx

__all__ = [
    "Job",
    "buried",
    "dead_posts",
    "drop_dead",
    "enqueue",
    "finish",
    "hold",
    "revive",
    "sweep",
    "try_again",
]


async def enqueue(
    tx: Tx,
    kind: str,
    payload: dict[str, Any],
    *,
    due: int | None = None,
    key: str | None = None,
    lane: str | None = None,
) -> None:
    """Ask for a job; `payload` carries ids. `due` (ms): not before. `key`: only one waits at a time, with the latest
    payload; asked for while it runs, it runs once more. `lane`: in order with the others of this kind and lane."""
    await queue.enqueue(tx, kind, payload, due=due, key=key, lane=lane or "")


async def finish(tx: Tx, *jobs: Job) -> None:
    """The effect is here: the job is done, in this very unit. LeaseLost, and so nothing, where another has it."""
    await queue.finish(tx, *jobs)


async def hold(tx: Tx, *jobs: Job) -> None:
    """For a job with several units: LeaseLost unless it is still this worker's."""
    await queue.hold(tx, *jobs)


async def sweep(tx: Tx, before: int) -> None:
    """Drop dead letters buried before a moment (ms), and what only deliveries that are gone needed."""
    await queue.forget_buried(tx, before)
    await lanes.sweep(tx)


async def bury_stale_deliveries(tx: Tx, patience: Patience, most: int) -> int:
    """Try no more what waited longer than is tried at all; how many, `most` at once."""
    return await lanes.bury_stale(tx, patience, most)


async def buried(reader: Reader, after: int, count: int) -> list[queue.Buried]:
    """Jobs that failed for good, behind an id."""
    return await queue.buried(reader, after, count)


async def dead_posts(reader: Reader, after: int, count: int, host: str) -> list[dead_posts_.DeadPost]:
    """Deliveries that failed for good, behind an id; of one host, where one is named."""
    return await dead_posts_.page(reader, after, count, host)


async def try_again(tx: Tx, buried_jobs: Sequence[int], posts: Sequence[int]) -> int:
    """Dead letters are tried again from the start; how many were there."""
    revived = [await queue.unbury(tx, job) for job in buried_jobs]
    return sum(revived) + await dead_posts_.retry(tx, posts)


async def drop_dead(tx: Tx, buried_jobs: Sequence[int], posts: Sequence[int]) -> int:
    """Dead letters are forgotten; how many were there."""
    return await queue.drop_buried(tx, buried_jobs) + await dead_posts_.drop(tx, posts)


async def revive(tx: Tx, host: str) -> None:
    """A verified request came from this host: it lives. What waits for it is sent now, whatever failed before."""
    await lanes.revive(tx, host)
