"""What posts ask for later: the end of a poll, telling of votes and quotes, looking at what a post quotes."""

from fedicert.base.errors import NotFound, RemoteError, RemoteUnreachable
from fedicert.discovery import quotes as found_quotes
from fedicert.discovery.peers import Peers
from fedicert.keys.pen import Pen
from fedicert.operations import edits, polls, quotes, quoting
from fedicert.operations.jobs import Job


class Posting:
    """Handles jobs whose payload names a post."""

    def __init__(self, peers: Peers, pen: Pen) -> None:
        self._peers = peers
        self._pen = pen

    async def poll_end(self, job: Job) -> None:
        """A poll's time is over."""
        await self._peers.db.write(polls.end, self._peers.urls, int(job.payload["status"]))

    async def tell(self, job: Job) -> None:
        """The audience gets a post as it is now."""
        await self._peers.db.write(edits.tell, self._peers.urls, int(job.payload["status"]), self._pen)

    async def look_at_quotes(self, job: Job) -> None:
        """Who may quote is another by somebody's rung, or by the rung of many: their posts say so."""
        db = self._peers.db
        after: int | None = 0
        while after is not None:
            if "tier" in job.payload:
                after = await db.write(quotes.look_at_tier, int(job.payload["tier"]), after)
            else:
                after = await db.write(quotes.leave_to_the_tier, int(job.payload["account"]), after)

    async def quote(self, job: Job) -> None:
        """Look at what a post from elsewhere quotes. What can't be had now is tried again; else it stays pending."""
        try:
            if "uri" in job.payload:
                await found_quotes.meet_quoting(self._peers, str(job.payload["uri"]))
                return
            status = int(job.payload["status"])
            looked = await self._peers.db.read(quoting.to_look_at, status)
            if looked is None:
                return
            quoted, holds = await found_quotes.look(self._peers, looked)
            await self._peers.db.write(quoting.settle, status, quoted, holds)
        except RemoteUnreachable:
            raise
        except (RemoteError, NotFound):
            return
