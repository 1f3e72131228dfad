"""Settling, account by account: the software of followers' servers is looked up, then unit after unit is done.

Killed anywhere, the job is tried again and goes on at the rows that aren't as they should be yet.
"""

import asyncio

from fedicert.base.errors import RemoteError, RemoteUnreachable
from fedicert.base.log import log
from fedicert.discovery import software
from fedicert.discovery.peers import Peers
from fedicert.operations import jobs, settling, trimming
from fedicert.operations.jobs import Job
from fedicert.store.unit import Tx

ASKED_AT_ONCE = 16
WATCHED_EVERY = 60_000


class Settling:
    """Handles jobs whose payload names an account; and the round that looks at the clock."""

    def __init__(self, peers: Peers) -> None:
        self._peers = peers

    async def settle(self, job: Job) -> None:
        """Do all that is due of an account's settling."""
        db, account = self._peers.db, int(job.payload["account"])
        while hosts := await db.read(trimming.hosts_to_ask, account, ASKED_AT_ONCE):
            await asyncio.gather(*(self._ask(host) for host in hosts))
        await db.write(trimming.choose, account)
        units = 1
        while await db.write(trimming.settle, self._peers.urls, account):
            units += 1
        log("settled", account=account, units=units)

    async def _ask(self, host: str) -> None:
        """A host that says nothing, or that can't be asked now, counts as unknown and is asked again in a day."""
        try:
            found = await software.name_of(self._peers, host)
        except RemoteError as error:
            log("software_unknown", host=host, error=type(error).__name__)
            unsure = isinstance(error, RemoteUnreachable)
            await self._peers.db.write(trimming.software_found, host, "", not unsure)
        else:
            await self._peers.db.write(trimming.software_found, host, found, True)

    async def watch(self, job: Job) -> None:
        """Look at the clock."""
        if await self._peers.db.write(_watch, job):
            log("clock_jumped", "warning")


async def _watch(tx: Tx, job: Job) -> bool:
    stopped = await settling.watch(tx)
    await jobs.finish(tx, job)
    await jobs.enqueue(tx, job.kind, {}, key="round", due=tx.now + WATCHED_EVERY)
    return stopped
