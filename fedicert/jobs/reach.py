"""The law's own jobs: fan-outs, releases from the line, what is told of it, departures. Each goes on page by page."""

import msgspec

from fedicert.base.log import log
from fedicert.model.urls import Urls
from fedicert.operations import (
    bars,
    caps,
    departures,
    dispatch,
    jobs,
    limits_told,
    line,
    mutes,
    profiles,
    rungs,
    waivers,
    windows,
)
from fedicert.operations.dispatch import FanOut
from fedicert.operations.jobs import Job
from fedicert.store.unit import Database, Tx

RELEASED_AT_ONCE = 25


class Reaching:
    """Handles jobs whose payload names an account, an activity or a tier."""

    def __init__(self, db: Database, urls: Urls) -> None:
        self._db = db
        self._urls = urls

    async def fan_out(self, job: Job) -> None:
        """Plan an activity's deliveries, a page a unit of work, and end with the last; twice, it plans nothing twice."""
        work: FanOut | None = msgspec.convert(job.payload, FanOut)
        pages = 0
        while work is not None:
            work = await self._db.write(_page, work, job)
            pages += 1
        log("fanned_out", activity=job.payload["activity"], pages=pages)

    async def release(self, job: Job) -> None:
        """Admit from the line while there is room."""
        account = int(job.payload["account"])
        while await self._db.write(line.release, self._urls, account, RELEASED_AT_ONCE):
            pass

    async def release_tier(self, job: Job) -> None:
        """A tier changed: every account on it looks at its line."""
        after: int | None = int(job.payload["after"])
        while after is not None:
            after = await self._db.write(caps.release_tier, int(job.payload["tier"]), after)

    async def end_waiver(self, job: Job) -> None:
        """The time of a waiver is over."""
        await self._db.write(waivers.lapse, int(job.payload["waiver"]))

    async def stand_again(self, job: Job) -> None:
        """The rungs are in another order: whoever may stand on several stands on the highest."""
        after: int | None = int(job.payload["after"])
        while after is not None:
            after = await self._db.write(rungs.stand_again, after)

    async def turn_windows(self, job: Job) -> None:
        """Let windows begin and end by the clock."""
        for window in await self._db.write(windows.turn):
            log("window_turned", window=window.id, tier=window.tier_name)

    async def tell_reach(self, job: Job) -> None:
        """Tell an owner how full their audience is, where they don't know yet."""
        await self._db.write(limits_told.reach, int(job.payload["account"]))

    async def tell_locked(self, job: Job) -> None:
        """Say whether newcomers are held, where that changed."""
        await self._db.write(profiles.tell_locked, self._urls, int(job.payload["account"]))

    async def unmute(self, job: Job) -> None:
        """The time of a mute is over."""
        await self._db.write(mutes.lapse, int(job.payload["account"]), int(job.payload["target"]))

    async def hide_domain(self, job: Job) -> None:
        """End the follows between somebody and a domain they hide."""
        account, domain = int(job.payload["account"]), str(job.payload["domain"])
        while await self._db.write(mutes.sever_domain, self._urls, account, domain):
            pass

    async def review_domains(self, job: Job) -> None:
        """What is blocked has changed: everybody from elsewhere is looked at."""
        after: int | None = int(job.payload["after"])
        while after is not None:
            after = await self._db.write(bars.review_domains, after)

    async def review_owner(self, job: Job) -> None:
        """Somebody's tier changed: the relays in the audience are looked at."""
        account, after = int(job.payload["account"]), 0
        while (found := await self._db.write(bars.review_owner, account, after)) is not None:
            after = found

    async def forget_posts(self, job: Job) -> None:
        """Take the posts of somebody who left out, page by page."""
        while await self._db.write(departures.forget_posts, self._urls, int(job.payload["account"])):
            pass


async def _page(tx: Tx, work: FanOut, job: Job) -> FanOut | None:
    goes_on = await dispatch.fan_out(tx, work)
    if goes_on is None:
        await jobs.finish(tx, job)
    return goes_on
