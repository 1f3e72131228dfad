"""What comes round by itself: a checkpoint of the ledger each minute, old ids forgotten each hour.

Each job asks for its next turn in the unit of work that ends it, so that a turn is never lost.
"""

from collections.abc import Awaitable, Callable

from fedicert.base.clock import HOUR, MINUTE
from fedicert.base.errors import Conflict
from fedicert.base.log import log
from fedicert.operations import arrivals, checkpoints, jobs, oauth, sessions
from fedicert.operations.jobs import Job
from fedicert.reach.chain import checkpoint_bytes
from fedicert.store.unit import Database, Tx

Signer = Callable[[bytes], Awaitable[tuple[str, bytes]]]
"""What is to be signed by the instance → (key id, signature)."""

ROUNDS = {"checkpoint": MINUTE, "sweep": HOUR}


async def start_rounds(tx: Tx) -> None:
    """Ask for each round once; those that wait already stay as they are."""
    for kind in ROUNDS:
        await jobs.enqueue(tx, kind, {}, key="round", due=tx.now + ROUNDS[kind])


async def make_checkpoint(db: Database, sign: Signer) -> int | None:
    """Bind the chains that grew; the checkpoint's number, None where none grew."""
    while True:
        drafted = await db.read(checkpoints.draft)
        if drafted is None:
            return None
        kid, signature = await sign(checkpoint_bytes(drafted.checkpoint))
        try:
            return await db.write(checkpoints.seal, drafted, kid, signature.hex())
        except Conflict:
            continue  # somebody else's came first: bind what is left


class Upkeep:
    """Handles the rounds."""

    def __init__(self, db: Database, sign: Signer) -> None:
        self._db = db
        self._sign = sign

    async def checkpoint(self, job: Job) -> None:
        """Bind the chains that grew since the last checkpoint."""
        number = await make_checkpoint(self._db, self._sign)
        if number is not None:
            log("checkpoint", number=number)
        await self._db.write(_again, job)

    async def sweep(self, job: Job) -> None:
        """Forget what is old enough."""
        for forget in (arrivals.sweep, oauth.sweep, sessions.sweep):
            await self._db.write(forget)
        await self._db.write(_again, job)


async def _again(tx: Tx, job: Job) -> None:
    await jobs.finish(tx, job)
    await jobs.enqueue(tx, job.kind, {}, key="round", due=tx.now + ROUNDS[job.kind])
