"""An inbox said 410: ask for the documents of those it is the inbox of. What follows from it is `operations.leaving`'s."""

from collections.abc import Sequence

from fedicert.base.errors import RemoteError, RemoteGone
from fedicert.base.log import log
from fedicert.discovery import actors
from fedicert.discovery.peers import Peers
from fedicert.operations import leaving
from fedicert.operations.jobs import Job
from fedicert.operations.leaving import Shown
from fedicert.remote import documents


class Leaving:
    """Hears of 410s from the deliverer, and looks."""

    def __init__(self, peers: Peers) -> None:
        self._peers = peers

    async def tell(self, inboxes: Sequence[str]) -> None:
        """For the deliverer: these answered 410."""
        await self._peers.db.write(leaving.look_later, inboxes)

    async def look(self, job: Job) -> None:
        """Ask for the documents of a page of those who are reached at the inbox."""
        db, inbox = self._peers.db, str(job.payload["inbox"])
        page, personal = await db.write(leaving.begin_look, inbox, bool(job.payload["said"]), int(job.payload["after"]))
        for who in page:
            shown = await self._shown(who.uri)
            if await db.write(leaving.heard, self._peers.urls, who, inbox if personal else "", shown):
                log("account_gone", actor=who.uri, document=shown)

    async def _shown(self, uri: str) -> Shown:
        try:
            # A tombstone, which some show without the 410, is told from an actor here.
            await actors.meet(self._peers, await documents.fetch_object(self._peers.wire, uri, self._peers.sign))
        except RemoteGone:
            return "gone"
        except RemoteError:
            return "unknown"
        return "there"
