"""Brings other servers in step with a database that was restored, and lets admission go on when they are."""

import asyncio

from fedicert.base.errors import RemoteError, RemoteUnreachable
from fedicert.base.log import log
from fedicert.discovery import software
from fedicert.discovery.peers import Peers
from fedicert.operations import jobs, restoring, trimming
from fedicert.operations.jobs import Job
from fedicert.store.unit import Tx

ASKED_AT_ONCE = 16


class Restored:
    """Handles the round after a restore. `after`: the account behind which telling goes on, -1 when all are told of."""

    def __init__(self, peers: Peers) -> None:
        self._peers = peers

    async def get_in_step(self, job: Job) -> None:
        """Tell the hosts first; then look, every few minutes, who is in step."""
        db = self._peers.db
        after: int | None = int(job.payload["after"])
        while after is not None and after >= 0:
            after = await db.write(restoring.tell_page, self._peers.urls, after)
        while hosts := await db.read(restoring.hosts_to_ask, ASKED_AT_ONCE):
            await asyncio.gather(*(self._ask(host) for host in hosts))
        if not await db.write(_look, job):
            log("restore_ended")

    async def release_all(self, job: Job) -> None:
        """Every line moves again."""
        after: int | None = int(job.payload["after"])
        while after is not None:
            after = await self._peers.db.write(restoring.release_page, after)

    async def _ask(self, host: str) -> None:
        try:
            found, known = await software.name_of(self._peers, host), True
        except RemoteError as error:
            found, known = "", not isinstance(error, RemoteUnreachable)
        await self._peers.db.write(trimming.software_found, host, found, known)


async def _look(tx: Tx, job: Job) -> bool:
    await jobs.finish(tx, job)
    goes_on = await restoring.look(tx)
    if goes_on:
        await jobs.enqueue(tx, job.kind, {"after": -1}, key="round", due=tx.now + restoring.ROUND)
    return goes_on
