"""Permits of posts are looked at: the proof, its key, the licence. Off the way of what comes in.

The network is asked with no unit of work open, and only for posts that name a licence; what an author elsewhere can have
us ask is bounded by the hour.
"""

from typing import Any

import orjson

from fedicert.attestations import permits as judging
from fedicert.base.clock import HOUR
from fedicert.base.errors import BadRequest, NotFound, RemoteError, RemoteUnreachable
from fedicert.base.log import log
from fedicert.discovery import actors
from fedicert.discovery.peers import Peers
from fedicert.jobs.certify import Certifying
from fedicert.keys.verify import verify
from fedicert.model.permits import PermitRow
from fedicert.operations import actors as actor_operations
from fedicert.operations import marking, permits
from fedicert.operations.jobs import Job
from fedicert.operations.permits import Sign
from fedicert.proofs import object_proofs
from fedicert.proofs.data_integrity import signature_of
from fedicert.proofs.messages import ED25519
from fedicert.proofs.moments import read_moment
from fedicert.store.views import peers as peer_views
from fedicert.store.views import permits as views
from fedicert.store.views.permits import Subject

KEY_KEPT = HOUR
LOOKS_AN_HOUR = 12


class Permits:
    """Handles the jobs about permits and the marks that take them off. `sign`: `keys.pen`."""

    def __init__(self, peers: Peers, certifying: Certifying, sign: Sign) -> None:
        self._peers, self._certifying, self._sign = peers, certifying, sign

    async def judge(self, job: Job) -> None:
        """Look at the permit of a post from elsewhere, as it came."""
        status = int(job.payload["status"])
        subject = await self._peers.db.read(views.subject, status)
        if subject is None:
            return
        document = orjson.loads(job.payload["document"])
        found = await self._found(document, subject)
        await self._peers.db.write(permits.record, status, found)
        log("permit_judged", status=status, state=found.state)

    async def rejudge(self, job: Job) -> None:
        """A licence was looked at: the posts stated under it."""
        after: int | None = 0
        while after is not None:
            after = await self._peers.db.write(
                permits.rejudge, int(job.payload["account"]), str(job.payload["href"]), after
            )

    async def take_off(self, job: Job) -> None:
        """A licence was withdrawn: it comes off the posts."""
        account, licence = int(job.payload["account"]), int(job.payload["licence"])
        while await self._peers.db.write(permits.take_some_off, self._peers.urls, account, licence):
            pass

    async def put_on(self, job: Job) -> None:
        """A moderator's mark was undone: the post stands under its author's licence again."""
        await self._peers.db.write(marking.put_permit_on, self._peers.urls, int(job.payload["status"]), self._sign)

    async def look_at_marks(self, job: Job) -> None:
        """By the clock, one mark fewer counts."""
        await self._peers.db.write(marking.look, self._peers.urls, int(job.payload["account"]))

    async def _found(self, document: dict[str, Any], subject: Subject) -> PermitRow:
        href = permits.claims_permit(document)
        refused = PermitRow(state="invalid", href=href, at=0)
        if document.get("id") != subject.post or _author(document) != subject.author:
            return refused
        try:
            proof = object_proofs.sole_proof(document)
            base = object_proofs.signing_input(document, proof)
            at = _latest(document, proof)
            if not await self._signed(proof, base, subject.author):
                return refused
        except BadRequest:
            return refused
        permit = PermitRow(state="pending", href=href, at=at)
        if await self._peers.db.read(views.linked, subject.account, href):
            return permit
        return await self._unlinked(permit, subject)

    async def _signed(self, proof: dict[str, Any], base: bytes, author: str) -> bool:
        """By a key that is the author's for this purpose, both ways. `RemoteUnreachable`: it can't be had now."""
        method, signature = proof["verificationMethod"], signature_of(proof)
        known = await self._peers.db.read(peer_views.key, method)
        fits = known is not None and known.owner == author and verify(known.public, base, signature, ED25519)
        if fits:
            return True
        if known is not None and self._peers.clock.now() - known.fetched_at < KEY_KEPT:
            return False
        try:
            found = await self._peers.keys.find(method)
        except RemoteUnreachable:
            raise
        except RemoteError:
            return False
        if found.owner != author or found.algorithm != ED25519:
            return False
        await self._peers.db.write(
            actor_operations.record_key, found.key_id, found.owner, found.algorithm, found.public
        )
        actors.remember(self._peers, found.actor)
        return verify(found.public, base, signature, ED25519)

    async def _unlinked(self, permit: PermitRow, subject: Subject) -> PermitRow:
        """The author's profile, as it was read last, doesn't name the licence: it is read again, and then the licence
        itself, which may have ended."""
        if not await self._peers.db.write(permits.may_look, subject.account, LOOKS_AN_HOUR):
            return PermitRow(state="invalid", href=permit.href, at=0)
        try:
            await actors.refresh(self._peers, subject.author)
        except RemoteUnreachable:
            raise
        except (RemoteError, NotFound):
            return PermitRow(state="invalid", href=permit.href, at=0)
        if await self._peers.db.read(views.linked, subject.account, permit.href):
            return permit
        looked = await self._certifying.looks.look(subject.author, permit.href)
        return judging.judged_unlinked(permit, looked.verdict, self._peers.clock.now())


def _author(document: dict[str, Any]) -> object:
    author = document.get("attributedTo")
    return author.get("id") if isinstance(author, dict) else author


def _latest(document: dict[str, Any], proof: dict[str, Any]) -> int:
    """The latest of published, updated and the proof's created (ms). Raises `BadRequest` where one can't be read."""
    said = [document.get("published"), proof.get("created")]
    said += [document["updated"]] if document.get("updated") is not None else []
    moments = [read_moment(one) for one in said]
    found = [moment for moment in moments if moment is not None]
    if len(found) != len(said):
        raise BadRequest("it doesn't say when it was made")
    return max(found)
