"""Goes through a file that somebody brought, line by line: who is it, then what the line says, in a unit of its own.

Politely: a few lines at a time, a few of them at one host, and what can't be asked now is asked later. Killed, it goes on
at the lines that still wait.
"""

from collections import Counter

from fedicert.base.clock import HOUR, SECOND
from fedicert.base.errors import FedicertError, RemoteUnreachable, StoreError, TooManyRequests
from fedicert.base.log import log
from fedicert.discovery import actors, statuses
from fedicert.discovery.peers import Peers
from fedicert.operations import imports
from fedicert.operations.imports import Import, Waiting
from fedicert.operations.jobs import Job
from fedicert.store.views.peers import handle

LINES = 50
A_HOST = 5
PAUSE = 5 * SECOND


class Importing:
    """Handles jobs whose payload names an import."""

    def __init__(self, peers: Peers) -> None:
        self._peers = peers

    async def go_through(self, job: Job) -> None:
        """Some lines; then the job asks for itself again."""
        db, identifier = self._peers.db, int(job.payload["import"])
        page = await db.read(imports.page, identifier, LINES)
        if page is None:
            return
        found, rows = page
        asked: Counter[str] = Counter()
        for row in rows:
            if not await self._one(found, row, asked):
                break
        await db.write(imports.go_on, identifier, PAUSE if asked else 0)
        log("imported", lines=len(rows), kind=found.kind)

    async def _one(self, found: Import, row: Waiting, asked: Counter[str]) -> bool:
        """What a line says; False where no other line is to be looked at today."""
        db = self._peers.db
        host = (
            row.line.name.rpartition("@")[2].lower() if found.kind != "bookmarks" else row.line.name[8:].split("/")[0]
        )
        if asked[host] >= A_HOST:
            await db.write(imports.put_off, found, row, "", 2 * PAUSE, tried=False)
            return True
        try:
            target = await self._target(found, row, asked, host)
            return bool(await db.write(imports.apply, self._peers.urls, found, row, target))
        except StoreError:
            raise
        except (RemoteUnreachable, TooManyRequests) as error:
            await db.write(imports.put_off, found, row, str(error), HOUR, tried=True)
        except FedicertError as error:
            await db.write(imports.failed, found, row, str(error))
        return True

    async def _target(self, found: Import, row: Waiting, asked: Counter[str], host: str) -> int:
        """Whom, or what, the line names: known here, or asked for now."""
        peers, name = self._peers, row.line.name
        if found.kind == "domain_blocks":
            return 0
        if found.kind == "bookmarks":
            if not peers.urls.is_local(name):
                asked[host] += 1
            return await statuses.status_of(peers, name)
        username, _, domain = name.partition("@")
        if await peers.db.read(handle, username, domain.lower()) is None:
            asked[host] += 1
        return await actors.account_of_handle(peers, username, domain)
