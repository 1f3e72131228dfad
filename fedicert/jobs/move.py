"""Takes people here along with somebody who moved, a page a unit of work."""

import msgspec

from fedicert.discovery.peers import Peers
from fedicert.operations import jobs, moves
from fedicert.operations.jobs import Job
from fedicert.operations.moves import Along
from fedicert.store.unit import Tx


class Moving:
    """Handles jobs whose payload says where a move goes on."""

    def __init__(self, peers: Peers) -> None:
        self._peers = peers

    async def move(self, job: Job) -> None:
        """Page after page. Killed, it begins again and finds done what was done."""
        along: Along | None = msgspec.convert(job.payload, Along)
        while along is not None:
            along = await self._peers.db.write(self._page, job, along)

    async def _page(self, tx: Tx, job: Job, along: Along) -> Along | None:
        await jobs.hold(tx, job)
        return await moves.take_along(tx, self._peers.urls, along)
