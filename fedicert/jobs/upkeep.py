"""What comes round by itself: a checkpoint of the ledger each minute, old ids forgotten and
reminders sent each hour.

Each job asks for its next turn in the unit of work that ends it, so that a turn is never lost.
"""

from collections.abc import Awaitable, Callable

from fedicert.base.clock import HOUR, MINUTE
from fedicert.base.errors import Conflict
from fedicert.base.log import log
from fedicert.model.urls import Urls
from fedicert.operations import bars, checkpoints, jobs, limits_told, line, sweeping, windows
from fedicert.operations.jobs import Job
from fedicert.reach.chain import checkpoint_bytes
from fedicert.store.patience import PATIENT, Patience
from fedicert.store.unit import Database, Tx

Signer = Callable[[bytes], Awaitable[tuple[str, bytes]]]
"""What is to be signed by the instance → (key id, signature)."""

UNITS_A_SWEEP = 100
ROUNDS = {
    "certify_due": MINUTE,
    "checkpoint": MINUTE,
    "look_at_windows": MINUTE,
    "remind": HOUR,
    "sweep": HOUR,
    "trends": 30 * MINUTE,
    "watch_clock": MINUTE,
}


async def start_rounds(tx: Tx, licences_every: int = MINUTE) -> None:
    """Ask for each round once; those that wait already stay as they are.

    `licences_every`: a pause between two looks at licences that is shorter than theirs is kept to (ms).
    """
    for kind, pause in ROUNDS.items():
        shorter = min(pause, licences_every) if kind == "certify_due" else pause
        await jobs.enqueue(tx, kind, {}, key="round", due=tx.now + shorter)


async def make_checkpoint(db: Database, sign: Signer) -> int | None:
    """Bind the chains that grew, and before that close the day that is over; the checkpoint's number, None where none
    grew."""
    while True:
        drafted = await db.write(checkpoints.draft)
        if drafted is None:
            return None
        kid, signature = await sign(checkpoint_bytes(drafted.checkpoint))
        try:
            number = await db.write(checkpoints.seal, drafted, kid, signature.hex())
        except Conflict:
            continue  # somebody else's came first: bind what is left
        if not drafted.checkpoint.day:
            return number


class Upkeep:
    """Handles the rounds."""

    def __init__(self, db: Database, urls: Urls, sign: Signer, patience: Patience = PATIENT) -> None:
        self._db = db
        self._patience = patience
        self._urls = urls
        self._sign = sign

    async def checkpoint(self, job: Job) -> None:
        """Bind the chains that grew since the last checkpoint."""
        number = await make_checkpoint(self._db, self._sign)
        if number is not None:
            log("checkpoint", number=number)
        await self._db.write(again, job)

    async def windows(self, job: Job) -> None:
        """Windows begin and end at moments of their own; should one of those have been missed, it is made up for here."""
        await self._db.write(windows.turn)
        await self._db.write(again, job)

    async def remind(self, job: Job) -> None:
        """Remind people of licences that end soon."""
        after: int | None = 0
        while after is not None:
            after = await self._db.write(limits_told.remind, after)
        await self._db.write(again, job)

    async def sweep(self, job: Job) -> None:
        """Forget what is old enough, send away who waited too long, bound what others can make grow."""
        for forget in sweeping.SWEEPS:
            for _ in range(UNITS_A_SWEEP):
                if await self._db.write(forget) < sweeping.MOST:
                    break
        while await self._db.write(jobs.bury_stale_deliveries, self._patience, sweeping.MOST) == sweeping.MOST:
            pass
        while await self._db.write(line.lapse, self._urls) == line.LAPSES:
            pass
        while await self._db.write(bars.lapse) == bars.LAPSES:
            pass
        place: tuple[int, int] | None = (0, 0)
        while place is not None:
            place = await self._db.write(sweeping.forget_strangers, place)
        after: int | None = 0
        while after is not None:
            after = await self._db.write(sweeping.trim_people, after)
        await self._db.write(again, job)


async def again(tx: Tx, job: Job, most: int = HOUR) -> None:
    """This turn is done, and the next one asked for. `most`: the longest pause until then (ms)."""
    await jobs.finish(tx, job)
    await jobs.enqueue(tx, job.kind, {}, key="round", due=tx.now + min(ROUNDS[job.kind], most))
