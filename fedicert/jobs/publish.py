"""Posts whose time has come are posted, each in one unit of work with the end of its job; refused ones become drafts."""

from fedicert.base.errors import Problem, TooManyRequests, Unavailable
from fedicert.base.log import log
from fedicert.discovery.named import named
from fedicert.discovery.peers import Peers
from fedicert.keys.pen import Pen
from fedicert.model.scheduled import ScheduledRow
from fedicert.model.statuses import MentionRow
from fedicert.model.urls import Urls
from fedicert.operations import jobs, scheduling
from fedicert.operations.jobs import Job
from fedicert.store.unit import Tx


class Publishing:
    """Handles jobs of the kind `publish`."""

    def __init__(self, peers: Peers, pen: Pen) -> None:
        self._peers = peers
        self._pen = pen

    async def publish(self, job: Job) -> None:
        """Post one, judged now."""
        db, urls = self._peers.db, self._peers.urls
        row = await db.read(scheduling.ready, int(job.payload["scheduled"]))
        if row is None:
            await db.write(_put_off, job)
            return
        mentions = await named(self._peers, row.kept.text)
        try:
            done = await db.write(_send, urls, job, row, mentions, self._pen)
        except (TooManyRequests, Unavailable):
            raise
        except Problem as problem:
            await db.write(_put_back, job, row, str(problem))
            done = str(problem)
        log("published", scheduled=row.id, outcome="refused" if isinstance(done, str) else "posted")


async def _send(
    tx: Tx, urls: Urls, job: Job, row: ScheduledRow, mentions: dict[str, MentionRow], pen: Pen
) -> int | str | None:
    done = await scheduling.send(tx, urls, row, mentions, pen)
    await jobs.finish(tx, job)
    return done


async def _put_back(tx: Tx, job: Job, row: ScheduledRow, why: str) -> None:
    await scheduling.put_back(tx, row.id, row.due, why)
    await jobs.finish(tx, job)


async def _put_off(tx: Tx, job: Job) -> None:
    """It was taken back, or waits for a later time."""
    await jobs.finish(tx, job)
    await scheduling.await_again(tx, int(job.payload["scheduled"]))
