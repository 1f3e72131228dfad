"""Licences are looked at: of an actor first met or changed, of people here, and of everybody when it is time again.

The network is asked with no unit of work open; what came of it is written down one licence at a time, so that a look
broken off half-way has told what it found. Looking twice changes nothing the second time.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol

import msgspec

from fedicert.base.clock import HOUR
from fedicert.base.errors import RemoteError
from fedicert.base.log import log
from fedicert.jobs.upkeep import again
from fedicert.model.attestations import TrustEntry, Verdict
from fedicert.model.urls import Urls
from fedicert.operations import certification, looking
from fedicert.operations.jobs import Job
from fedicert.store.unit import Database
from fedicert.store.views import licences as views
from fedicert.store.views.licences import Wanted


class Looked(Protocol):
    """What came of a look."""

    @property
    def verdict(self) -> Verdict:
        """What it comes to."""
        ...

    @property
    def document(self) -> dict[str, Any] | None:
        """The credential, None where it couldn't be had."""
        ...


class Looks(Protocol):
    """Looks at licences over the network; `discovery.licences.Licences` is the real one."""

    async def look(
        self,
        subject: str | None,
        href: str,
        *,
        digest: str = "",
        mirror: str = "",
        kept: dict[str, Any] | None = None,
        rests_on: int | None = None,
        fresh: bool = False,
        lifting: bool = False,
        thorough: bool = False,
    ) -> Looked:
        """At a credential by its address."""
        ...

    async def look_at(
        self,
        document: dict[str, Any],
        subject: str | None,
        *,
        digest: str = "",
        rests_on: int | None = None,
        fresh: bool = False,
        lifting: bool = False,
        thorough: bool = True,
    ) -> Looked:
        """At a credential at hand."""
        ...


Reread = Callable[[str], Awaitable[object]]
"""Fetch a remote actor's document and write it down; `discovery.actors.refresh` is the real one."""


class Certifying:
    """Handles the kinds `certify`, `certify_here` and `certify_due`. `every`: the longest pause between
    two looks, in ms.

    `reread`: where given, the profile of a remote actor whose licence turns out not to hold when its time has come is
    read anew, because what its own server wrote about that licence may be gone there, and nobody may have told us.
    """

    def __init__(self, db: Database, urls: Urls, looks: Looks, every: int, reread: Reread | None = None) -> None:
        self.db, self.urls, self.looks, self.every, self.reread = db, urls, looks, every, reread

    async def certify(self, job: Job) -> None:
        """Look at an account's licences: all of them, or those whose time has come."""
        account, everything = int(job.payload["account"]), bool(job.payload["all"])
        for verdict in await self.look_at_account(account, everything=everything):
            log("licence_checked", account=account, outcome=verdict.outcome, reason=verdict.reason)

    async def look_at_account(self, account: int, *, everything: bool) -> list[Verdict]:
        """The same, for a command; what came of each look."""
        found: list[Verdict] = []
        fallen, failed = "", None
        wanted = await self.db.read(views.wanted, account, everything)
        await self.db.write(looking.put_off, account, [one.href for one in wanted])
        for one in wanted:
            try:
                verdict = await self._look_and_tell(account, one, fresh=everything or self.every < HOUR)
            except Exception as error:  # raised in the end: a document that we stumble over hides no other licence
                failed = failed or error
                continue
            found.append(verdict)
            if verdict.outcome == "invalid" and not one.here:
                fallen = one.subject
        # Not where the profile was read a moment ago: that is why everything is looked at.
        if fallen and not everything and self.reread is not None:
            await self._read_again(self.reread, fallen)
        if failed is not None:
            raise failed
        return found

    async def _look_and_tell(self, account: int, one: Wanted, *, fresh: bool) -> Verdict:
        looked = await self._look(one, fresh=fresh)
        await self.db.write(
            certification.record_verdict, self.urls, account, one.href, looked.verdict, looked.document, self.every
        )
        return looked.verdict

    async def _read_again(self, reread: Reread, uri: str) -> None:
        try:
            await reread(uri)
        except RemoteError as error:
            log("profile_not_read", actor=uri, error=str(error))

    async def due(self, job: Job) -> None:
        """Ask for those whose time has come, and for the next round."""
        await self.db.write(looking.ask_due)
        await self.db.write(again, job, self.every)

    async def _look(self, one: Wanted, *, fresh: bool) -> Looked:
        document: dict[str, Any] | None = msgspec.json.decode(one.document) if one.document else None
        if one.here and document is not None:
            return await self.looks.look_at(
                document, one.subject, rests_on=one.rests_on, fresh=fresh, lifting=True, thorough=True
            )
        return await self.looks.look(
            one.subject,
            one.href,
            digest=one.digest,
            mirror=one.mirror,
            kept=document,
            rests_on=one.rests_on,
            fresh=fresh,
            thorough=False,
        )


async def begin(db: Database, trust: Sequence[TrustEntry]) -> None:
    """At start: where the trust list is another than at the last start, everything is looked at anew."""
    if await db.write(looking.trust_is, list(trust)):
        log("trust_list_changed")
