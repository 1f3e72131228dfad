"""Domains that are blocked here, as every door to and from other servers sees them: nothing is taken from there, nothing
fetched. Read anew every few seconds, so that a change holds in every process without a restart.
"""

from fedicert.base.clock import SECOND, Clock
from fedicert.base.errors import BadRequest, Forbidden, RemoteRefused
from fedicert.base.urls import split_url
from fedicert.model.domain_blocks import names_of
from fedicert.remote.wire import Limits, Request, Response, Wire
from fedicert.store.unit import Database
from fedicert.store.views import federation as views

READ_EVERY = 5 * SECOND
NOTHING_FROM_THERE = "This server takes nothing from your domain"


class BlockedDomains:
    """One a door."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock
        self._names: frozenset[str] = frozenset()
        self._without_media: frozenset[str] = frozenset()
        self._read_at = -READ_EVERY

    async def has(self, url: str) -> bool:
        """Is the host of this address, or a domain above it, blocked?"""
        await self._read()
        return bool(self._names) and not self._names.isdisjoint(_names(url))

    async def refuses_media(self, url: str) -> bool:
        """Are no pictures wanted from there?"""
        await self._read()
        return bool(self._without_media) and not self._without_media.isdisjoint(_names(url))

    async def check(self, url: str) -> None:
        """Raises `Forbidden` where it is blocked: said to who knocks here."""
        if await self.has(url):
            raise Forbidden(NOTHING_FROM_THERE)

    async def _read(self) -> None:
        now = self._clock.now()
        if not 0 <= now - self._read_at < READ_EVERY:
            found = await self._db.read(views.blocked_domains)
            self._names, self._without_media = found.whole, found.media
            self._read_at = now


class OpenRoads:
    """The way to other servers, but to those that are blocked here."""

    def __init__(self, wire: Wire, blocked: BlockedDomains) -> None:
        self.wire = wire
        self._blocked = blocked

    async def send(self, request: Request, limits: Limits) -> Response:
        """As the wire does it. Raises `RemoteRefused` where the domain is blocked."""
        if await self._blocked.has(request.url):
            raise RemoteRefused(f"{request.url}: its domain is blocked here", 403)
        return await self.wire.send(request, limits)


def _names(url: str) -> list[str]:
    try:
        return names_of(split_url(url).authority)
    except BadRequest:
        return []  # it leads nowhere, and who speaks to it says so
