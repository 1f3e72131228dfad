"""Every half hour what trends is counted anew: read page by page, written in one go."""

import asyncio

from fedicert.jobs.upkeep import again
from fedicert.model.urls import Urls
from fedicert.operations import trends
from fedicert.operations.jobs import Job
from fedicert.reach.trends import Tally
from fedicert.store.unit import Database
from fedicert.store.views import trends as views


class Trending:
    """Handles the round."""

    def __init__(self, db: Database, urls: Urls) -> None:
        self._db, self._urls = db, urls

    async def count(self, job: Job) -> None:
        """Count, write, ask for the next turn."""
        await self.recount()
        await self._db.write(again, job)

    async def recount(self) -> None:
        """Only count and write."""
        tally, before, seen = Tally(self._db.clock.now()), None, 0
        own = frozenset({self._urls.host.lower()})
        while seen < views.MOST_POSTS:
            found, before = await self._db.read(views.uses, before, own)
            tally.add(found)
            seen += len(found)
            if before is None:
                break
            await asyncio.sleep(0)
        await self._db.write(trends.replace, tally.tags(), tally.links(), tally.posts())
