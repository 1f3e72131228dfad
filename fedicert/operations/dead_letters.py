"""What failed for good and is kept a month: jobs and deliveries, to be seen, tried again or dropped by who runs the server.

A letter's name says what it is: `job-12`, `post-34`.
"""

import re
from collections.abc import Sequence

import msgspec

from fedicert.base.errors import BadRequest, NotFound
from fedicert.operations import jobs
from fedicert.store.unit import Reader, Tx

MOST = 500
_NAME = re.compile(r"(job|post)-([0-9]{1,18})")


class Letter(msgspec.Struct, frozen=True):
    """A dead letter. `what`: the kind of job, or the activity's type; `where`: the inbox of a delivery. Times in ms."""

    name: str
    what: str
    where: str
    attempts: int
    error: str
    created_at: int
    buried_at: int


async def letters(reader: Reader, after: str = "", host: str = "") -> list[Letter]:
    """Some dead letters, jobs first, each kind oldest first, behind a name; of one host alone, where one is named."""
    kind, number = _read(after) if after else ("job", 0)
    found: list[Letter] = []
    if kind == "job" and not host:
        for job in await jobs.buried(reader, number, MOST):
            error = job.faults[-1].error if job.faults else ""
            found.append(Letter(f"job-{job.id}", job.kind, "", job.attempts, error, job.created_at, job.buried_at))
    behind = number if kind == "post" else 0
    if len(found) < MOST:
        for post in await jobs.dead_posts(reader, behind, MOST - len(found), host):
            error = post.faults[-1].error if post.faults else ""
            found.append(
                Letter(f"post-{post.id}", post.type, post.inbox, post.attempts, error, post.created_at, post.buried_at)
            )
    return found


async def retry(tx: Tx, names: Sequence[str]) -> int:
    """Try these again from the start; how many. Raises BadRequest, and NotFound where none of them is there."""
    return _some(names, await jobs.try_again(tx, *_split(names)))


async def drop(tx: Tx, names: Sequence[str]) -> int:
    """Forget these; how many. Raises BadRequest, and NotFound where none of them is there."""
    return _some(names, await jobs.drop_dead(tx, *_split(names)))


def _split(names: Sequence[str]) -> tuple[list[int], list[int]]:
    read = [_read(name) for name in names]
    return [number for kind, number in read if kind == "job"], [number for kind, number in read if kind == "post"]


def _read(name: str) -> tuple[str, int]:
    match = _NAME.fullmatch(name)
    if match is None:
        raise BadRequest(
            f"{name!r} names no dead letter; `fedicert queue dead list` shows them, as in job-12 and post-34"
        )
    return match[1], int(match[2])


def _some(names: Sequence[str], count: int) -> int:
    if names and not count:
        raise NotFound("there is no such dead letter (any more); `fedicert queue dead list` shows them")
    return count
