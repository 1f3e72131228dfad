"""Who signed a request: from its claim to a proven Principal, with as few questions to other servers as that takes.

A key is looked for in memory, then in its row, then at its own address. A key that doesn't fit any more is fetched again
once, at most every five minutes an actor. A source whose keys can't be had is not fetched for any more for a while
(federation §1.4, attacks 4, 6, 25). Nothing is written for a signature that doesn't hold.
"""

from collections import OrderedDict
from typing import Any
from urllib.parse import urlsplit

from fedicert.base.clock import MINUTE
from fedicert.base.errors import RemoteError, RemoteGone, RemoteUnreachable, Unauthorized, Unavailable
from fedicert.discovery import actors
from fedicert.discovery.blocked import BlockedDomains
from fedicert.discovery.peers import Peers
from fedicert.keys import verify
from fedicert.operations import actors as actor_operations
from fedicert.operations import jobs
from fedicert.proofs.messages import Claim, Principal
from fedicert.store.views import peers as peer_views

KEPT = 4_096
KEPT_FOR = 5 * MINUTE
REFRESH_AFTER = 5 * MINUTE
FAILURES = 10
FAILING_WITHIN = 5 * MINUTE
ALIVE_FOR = MINUTE
RETRY_AFTER = 60
MAX_KEY_ID = 2_048
"""Bytes. Longer ids fit no index."""


class _Held:
    """A key in memory. `stored`: its row is written."""

    __slots__ = ("algorithm", "at", "owner", "public", "stored")

    def __init__(self, owner: str, public: str, algorithm: str, at: int, *, stored: bool) -> None:
        self.owner, self.public, self.algorithm, self.at, self.stored = owner, public, algorithm, at, stored

    def fits(self, claim: Claim) -> bool:
        """Does the signature stand under one of the claim's bases?"""
        return any(verify.verify(self.public, base, claim.signature, claim.algorithm) for base in claim.bases)


class KeyRing:
    """Proves signatures of others. One a process."""

    def __init__(self, peers: Peers) -> None:
        self._peers = peers
        self._held: OrderedDict[str, _Held] = OrderedDict()
        self._refreshed: OrderedDict[str, int] = OrderedDict()
        self._failures: OrderedDict[str, tuple[int, int]] = OrderedDict()
        self._alive: OrderedDict[str, int] = OrderedDict()
        self._blocked = BlockedDomains(peers.db, peers.clock)

    async def prove(self, claim: Claim, source: str) -> Principal:
        """Who signed. `source`: the block of addresses that the request came from.

        Raises `Unauthorized` (a sentence that names what failed), `Forbidden` (a blocked domain), `Unavailable` (its key
        can't be had now), `RemoteGone` (its server says that the signer is gone).
        """
        if len(claim.key_id.encode()) > MAX_KEY_ID:
            raise Unauthorized("The key id is too long")
        await self.check_domain(claim.key_id)
        now = self._peers.clock.now()
        held = self._recall(claim.key_id, now)
        if held is not None and held.fits(claim):
            return await self._principal(claim, held)
        row = await self._peers.db.read(peer_views.key, claim.key_id)
        if row is not None and (held is None or row.public != held.public):
            held = self._keep(claim.key_id, _Held(row.owner, row.public, row.algorithm, now, stored=True))
            if held.fits(claim):
                return await self._principal(claim, held)
        if held is not None and not self._may_refresh(held.owner, now):
            raise _misfit(claim)
        fresh = await self._fetch(claim, source, now)
        self._may_refresh(fresh.owner, now)
        if not fresh.fits(claim):
            raise _misfit(claim)
        return await self._principal(claim, fresh)

    async def recall(self, claim: Claim) -> Principal | None:
        """Who signed, by a key that was proven before; None where it doesn't fit, or isn't known. Nothing is fetched and
        nothing written: for whom nothing is taken from but what ends a follow."""
        held = self._recall(claim.key_id, self._peers.clock.now())
        if held is not None and held.fits(claim):
            return Principal(claim.key_id, held.owner)
        row = None
        if len(claim.key_id.encode()) <= MAX_KEY_ID:
            row = await self._peers.db.read(peer_views.key, claim.key_id)
        if row is None:
            return None
        known = _Held(row.owner, row.public, row.algorithm, 0, stored=True)
        return Principal(claim.key_id, known.owner) if known.fits(claim) else None

    async def sign_of_life(self, principal: Principal) -> None:
        """Something verified came from this host: what waits for it is sent now. Told at most once a minute a host."""
        host, now = urlsplit(principal.owner).netloc.lower(), self._peers.clock.now()
        if 0 <= now - self._alive.get(host, -ALIVE_FOR) < ALIVE_FOR:
            return
        self._alive[host] = now
        self._alive.move_to_end(host)
        _bound(self._alive)
        await self._peers.db.write(jobs.revive, host)

    async def is_blocked(self, url: str) -> bool:
        """Is the host of this address, or a domain above it, blocked here?"""
        return await self._blocked.has(url)

    async def check_domain(self, url: str) -> None:
        """Raises `Forbidden` where the host of this address, or a domain above it, is blocked here."""
        await self._blocked.check(url)

    def _recall(self, key_id: str, now: int) -> _Held | None:
        held = self._held.get(key_id)
        if held is None:
            return None
        if not 0 <= now - held.at < KEPT_FOR:
            del self._held[key_id]
            return None
        self._held.move_to_end(key_id)
        return held

    def _keep(self, key_id: str, held: _Held) -> _Held:
        self._held[key_id] = held
        _bound(self._held)
        return held

    async def _principal(self, claim: Claim, held: _Held) -> Principal:
        if not held.stored:
            await self._peers.db.write(
                actor_operations.record_key, claim.key_id, held.owner, held.algorithm, held.public
            )
            held.stored = True
        return Principal(claim.key_id, held.owner)

    def _may_refresh(self, owner: str, now: int) -> bool:
        """Note that an actor's keys are asked for; False where that was done a moment ago."""
        last = self._refreshed.get(owner)
        if last is not None and 0 <= now - last < REFRESH_AFTER:
            return False
        self._refreshed[owner] = now
        self._refreshed.move_to_end(owner)
        _bound(self._refreshed)
        return True

    async def _fetch(self, claim: Claim, source: str, now: int) -> _Held:
        if self._peers.urls.is_local(claim.key_id):
            raise Unauthorized("The key id is on this server, whose people don't knock at its own door")
        if self._tripped(source, now):
            raise Unavailable("Too many keys from your address could not be had; try again later", RETRY_AFTER)
        try:
            found = await self._peers.keys.find(claim.key_id)
        except RemoteGone:
            raise
        except RemoteUnreachable as error:
            self._failed(source, now)
            wait = error.retry_after or RETRY_AFTER
            raise Unavailable(f"Your key can't be fetched now: {error}", wait) from None
        except RemoteError as error:
            self._failed(source, now)
            raise Unauthorized(f"Your key can't be had: {error}") from None
        actors.remember(self._peers, found.actor)
        return self._keep(claim.key_id, _Held(found.owner, found.public, found.algorithm, now, stored=False))

    def _tripped(self, source: str, now: int) -> bool:
        since, count = self._failures.get(source, (now, 0))
        return count >= FAILURES and 0 <= now - since < FAILING_WITHIN

    def _failed(self, source: str, now: int) -> None:
        since, count = self._failures.get(source, (now, 0))
        self._failures[source] = (since, count + 1) if 0 <= now - since < FAILING_WITHIN else (now, 1)
        self._failures.move_to_end(source)
        _bound(self._failures)


def _misfit(claim: Claim) -> Unauthorized:
    return Unauthorized(f"The signature does not fit the key {claim.key_id}")


def _bound(held: OrderedDict[str, Any]) -> None:
    while len(held) > KEPT:
        held.popitem(last=False)
