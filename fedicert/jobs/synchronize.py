"""Asks for the list of our followers that a remote actor's signed header spoke of (FEP-8fcf)."""

from fedicert.base.errors import RemoteError
from fedicert.base.log import log
from fedicert.discovery.peers import Peers
from fedicert.operations import synchronizing
from fedicert.operations.jobs import Job
from fedicert.remote import documents

PAGES = 10
ITEMS = 10_000


class Synchronizing:
    """Handles jobs whose payload names an account, an address and a digest."""

    def __init__(self, peers: Peers) -> None:
        self._peers = peers

    async def synchronize(self, job: Job) -> None:
        """Fetch, compare, agree. What can't be fetched whole changes nothing: the next delivery says it again."""
        listed: list[str] = []
        try:
            pages = documents.pages(
                self._peers.wire, str(job.payload["url"]), self._peers.sign, max_pages=PAGES, max_items=ITEMS
            )
            async for items in pages:
                listed += [item for item in items if isinstance(item, str)]
        except RemoteError as error:
            log("synchronization_failed", account=job.payload["account"], error=type(error).__name__)
            return
        account, digest = int(job.payload["account"]), str(job.payload["digest"])
        changed = await self._peers.db.write(synchronizing.agree, self._peers.urls, account, listed, digest)
        log("synchronized", account=account, listed=len(listed), changed=changed)
