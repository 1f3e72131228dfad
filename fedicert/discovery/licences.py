"""Look at a licence: fetch what it is judged by, have its proofs tried, judge. No transaction across the network.

An issuer first met costs three questions (credential, keys, status list), one whose key is fresh two; one more where
the credential isn't at its own address and the holder's mirror is asked. A mirror is as good as the original: the
signature counts. What this server has itself (`own`) is not asked over the network.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, NamedTuple, Protocol

import msgspec

from fedicert.attestations import judge as judging
from fedicert.attestations import status
from fedicert.attestations.dids import document_url
from fedicert.attestations.issuers import Issuer, read_issuer
from fedicert.attestations.judge import Absent, Evidence, ListSeen
from fedicert.attestations.status import StatusEntry, StatusFault
from fedicert.base import json
from fedicert.base.clock import DAY, HOUR, MINUTE, Clock
from fedicert.base.errors import BadRequest, FedicertError
from fedicert.discovery.met_issuers import MetIssuers
from fedicert.model.attestations import Licence, ProofResult, TrustEntry, Verdict
from fedicert.proofs.data_integrity import digest_of, proofs_of
from fedicert.remote import evidence as wired
from fedicert.remote.wire import Wire
from fedicert.store.views.evidence import KeptIssuer, KeptList

TOTAL_SECONDS = 15.0
"""For everything that is fetched for one look."""
LIFT_FRESH = HOUR
DISPLAY_FRESH = DAY
ROTATED = 5 * MINUTE
"""A key that isn't in the document as remembered is looked for again, if that is at least this old."""

Own = Callable[[str], Awaitable[dict[str, Any] | None]]
"""An address of ours → the document there, as we serve it; None for others."""


class Fetch(Protocol):
    """One of the fetches of `remote/evidence.py`."""

    async def __call__(self, wire: Wire, url: str, *, plain: bool, seconds: float) -> dict[str, Any] | Absent:
        """The document at an address, or why not."""
        ...


class Proving(Protocol):
    """Tries the proofs of a document; `keys.proving.Prover` is the real one."""

    async def check(self, document: dict[str, Any], keys: dict[str, str]) -> list[ProofResult]:
        """A result for each proof."""
        ...


class Looked(NamedTuple):
    """What came of looking. `document`: the credential, None where it couldn't be had."""

    verdict: Verdict
    document: dict[str, Any] | None


class Licences:
    """Looks at licences, by one trust list. `plain`: http for names of this machine."""

    def __init__(
        self,
        wire: Wire,
        prover: Proving,
        clock: Clock,
        met: MetIssuers,
        trust: Sequence[TrustEntry],
        *,
        plain: bool = False,
        own: Own | None = None,
        seconds: float = wired.SECONDS,
    ) -> None:
        self.trust = tuple(trust)
        self._wire, self._prover, self._clock, self._met = wire, prover, clock, met
        self._plain, self._own, self._seconds = plain, own, seconds

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
        """Fetch a credential and judge it as one that `subject` shows.

        `digest`: as the actor's document states it. `kept`: the credential as it was had before, used where neither
        address answers, unless its holder states another digest by now: who withholds it hides nothing that way.
        `rests_on`: of the verdict before. `fresh`: pass what is remembered of the status list. `lifting`: somebody's
        tier rests on it. `thorough`: make all checks, even where one that costs nothing has failed.
        """
        deadline = asyncio.get_running_loop().time() + TOTAL_SECONDS
        found = await self._credential(href, mirror, digest, deadline)
        if isinstance(found, Absent) and kept is not None and _fits(kept, digest):
            found = kept
        if isinstance(found, Absent):
            gathered = Evidence(credential=found, stated_digest=digest, rests_on=rests_on)
            return Looked(self._judged(gathered, subject, lifting), None)
        return await self._look_at(
            found, subject, digest, rests_on, deadline, fresh=fresh, lifting=lifting, thorough=thorough
        )

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
        """Judge a credential that is at hand."""
        deadline = asyncio.get_running_loop().time() + TOTAL_SECONDS
        return await self._look_at(
            document, subject, digest, rests_on, deadline, fresh=fresh, lifting=lifting, thorough=thorough
        )

    async def _look_at(
        self,
        document: dict[str, Any],
        subject: str | None,
        digest: str,
        rests_on: int | None,
        deadline: float,
        *,
        fresh: bool,
        lifting: bool,
        thorough: bool,
    ) -> Looked:
        # What costs no question first: form, digest, subject, dates.
        verdict = self._judged(Evidence(credential=document, stated_digest=digest), subject, lifting)
        if verdict.licence is not None and (thorough or verdict.outcome != "invalid"):
            gathered = await self._gather(document, verdict.licence, deadline, fresh=fresh, lifting=lifting)
            gathered = msgspec.structs.replace(gathered, stated_digest=digest, rests_on=rests_on)
            verdict = self._judged(gathered, subject, lifting)
        return Looked(verdict, document)

    def _judged(self, gathered: Evidence, subject: str | None, lifting: bool) -> Verdict:
        return judging.judge(gathered, subject, self.trust, self._clock.now(), lifting=lifting)

    async def _credential(self, href: str, mirror: str, digest: str, deadline: float) -> dict[str, Any] | Absent:
        """From its own address; from the mirror where that fails or serves another document than the actor states."""
        found = await self._ask(href, deadline, wired.fetch_credential)
        if not mirror or mirror == href or (not isinstance(found, Absent) and _fits(found, digest)):
            return found
        other = await self._ask(mirror, deadline, wired.fetch_credential)
        if isinstance(other, Absent) or (not _fits(other, digest) and not isinstance(found, Absent)):
            return found
        return other

    async def _ask(self, url: str, deadline: float, fetch: Fetch) -> dict[str, Any] | Absent:
        """What we have ourselves, else what its server answers within what is left of the time."""
        if self._own is not None:
            own = await self._own(url)
            if own is not None:
                return own
        left = min(self._seconds, deadline - asyncio.get_running_loop().time())
        return await fetch(self._wire, url, plain=self._plain, seconds=max(left, 0.01))

    async def _gather(
        self,
        document: dict[str, Any],
        licence: Licence,
        deadline: float,
        *,
        fresh: bool,
        lifting: bool,
    ) -> Evidence:
        """The issuer's keys and the status list, side by side; then the proofs."""
        entry = status.read_entry(document)
        fresh_for = LIFT_FRESH if lifting else DISPLAY_FRESH
        kept = None if entry is None else await self._met.status_list(entry.url)
        if kept is not None and kept.issuer != licence.issuer:
            kept = None
        begun = self._clock.now()
        issuer, listed = await asyncio.gather(
            self._issuer(document, licence.issuer, deadline, fresh_for, fresh=fresh),
            self._status_list(entry, kept, deadline, most=0 if fresh else fresh_for),
        )
        # An issuer that changed its key signs its lists with the new one, while its credentials still have the old.
        if isinstance(listed, dict) and isinstance(issuer, Issuer) and issuer.fetched_at < begun:
            issuer = await self._issuer(listed, licence.issuer, deadline, fresh_for, fresh=fresh)
        proofs = await self._proofs(document, issuer)
        seen: ListSeen | Absent | None = None
        if entry is not None:
            seen = await self._seen(entry, kept, listed, issuer, deadline)
        last = None
        if kept is not None and not self._answers(seen, entry, licence.issuer, issuer):
            last = ListSeen(document=_parsed(kept.document), proofs=(), fetched_at=kept.fetched_at)
        return Evidence(
            credential=document,
            issuer=issuer,
            proofs=proofs,
            status=seen,
            last_list=last,
        )

    async def _issuer(
        self, document: dict[str, Any], did: str, deadline: float, most: int, *, fresh: bool
    ) -> Issuer | Absent:
        """The issuer's keys: remembered ones while they are fresh and have the key that the document names.

        `fresh`: a key that isn't among them is looked for at once, and not only after a while.
        """
        now = self._clock.now()
        kept = await self._met.issuer(did)
        known = None if kept is None else _read_kept(kept, now)
        if known is not None:
            age = now - known.fetched_at
            if 0 <= age < most and ((age < ROTATED and not fresh) or _has_keys(known, document)):
                return known
        found = await self._ask(document_url(did, plain=self._plain), deadline, wired.fetch_issuer)
        if isinstance(found, Absent):
            return found
        try:
            issuer = read_issuer(found, did, now)
        except BadRequest as fault:
            return Absent("issuer_unusable", f"the issuer's document can't be used: {fault}")
        await self._met.keep_issuer(did, found, issuer.pin)
        return issuer

    async def _status_list(
        self, entry: StatusEntry | None, kept: KeptList | None, deadline: float, *, most: int
    ) -> dict[str, Any] | Absent | None:
        """The list as served now; None where the one that is remembered may still be used, or none is named.

        `most`: how long one may be used whatever it says itself (ms).
        """
        if entry is None or (kept is not None and _usable(kept, entry, self._clock.now(), most)):
            return None
        return await self._ask(entry.url, deadline, wired.fetch_status_list)

    async def _seen(
        self,
        entry: StatusEntry,
        kept: KeptList | None,
        listed: dict[str, Any] | Absent | None,
        issuer: Issuer | Absent,
        deadline: float,
    ) -> ListSeen | Absent:
        """The list with its proofs; kept if it holds. A remembered one isn't proven again under the same keys."""
        if isinstance(issuer, Absent):
            return Absent("status_proof", "the status list's proof can't be checked without the issuer's keys")
        if listed is None and kept is not None:
            document = _parsed(kept.document)
            if issuer.pin == kept.pin:
                proofs = tuple(_held(proof) for proof in proofs_of(document))
                return ListSeen(document=document, proofs=proofs, fetched_at=kept.fetched_at)
            listed = await self._ask(entry.url, deadline, wired.fetch_status_list)
        if listed is None or isinstance(listed, Absent):
            return listed or Absent("status_unreachable", "the status list wasn't asked for")
        proofs_found = await self._proofs(listed, issuer)
        if isinstance(proofs_found, Absent):
            return Absent("status_proof", f"the status list's {proofs_found.sentence}")
        now = self._clock.now()
        seen = ListSeen(
            document=listed,
            proofs=proofs_found,
            fetched_at=now,
            newest_seen=None if kept is None else kept.valid_from,
        )
        found = judging.good_list(seen, entry, issuer.did, issuer, now)
        if not isinstance(found, StatusFault) and status.in_force(found, now) is None:
            await self._met.keep_list(entry.url, issuer.did, listed, issuer.pin, found.valid_from)
        return seen

    def _answers(
        self, seen: ListSeen | Absent | None, entry: StatusEntry | None, did: str, issuer: Issuer | Absent
    ) -> bool:
        """Does the list that was had say something?"""
        if entry is None or seen is None or isinstance(seen, Absent):
            return False
        return not isinstance(judging.good_list(seen, entry, did, issuer, self._clock.now()), StatusFault)

    async def _proofs(self, document: dict[str, Any], issuer: Issuer | Absent) -> tuple[ProofResult, ...] | Absent:
        if isinstance(issuer, Absent):
            return issuer
        try:
            return tuple(await self._prover.check(document, dict(issuer.keys)))
        except FedicertError as error:
            return Absent("proof_pending", f"proof couldn't be tried now: {error}")


def _fits(document: dict[str, Any], digest: str) -> bool:
    """Is it the document of this digest, where one is stated?"""
    try:
        return not digest or digest_of(document) == digest
    except BadRequest:
        return False


def _held(proof: dict[str, Any]) -> ProofResult:
    """A proof that was found to hold before, under the same keys."""
    return ProofResult(method=str(proof.get("verificationMethod")), suite=str(proof.get("cryptosuite")))


def _has_keys(issuer: Issuer, document: dict[str, Any]) -> bool:
    keys = issuer.keys
    return all(proof.get("verificationMethod") in keys for proof in proofs_of(document))


def _read_kept(kept: KeptIssuer, now: int) -> Issuer | None:
    try:
        return read_issuer(_parsed(kept.document), kept.did, now, kept.fetched_at)
    except BadRequest:
        return None


def _usable(kept: KeptList, entry: StatusEntry, now: int, most: int) -> bool:
    """May a remembered list still answer: within its `ttl`, and within its own time?"""
    found = status.read_list(_parsed(kept.document), entry, kept.issuer, None)
    if isinstance(found, StatusFault) or status.in_force(found, now) is not None:
        return False
    return 0 <= now - kept.fetched_at < (most if found.ttl is None else min(found.ttl, most))


def _parsed(text: str) -> dict[str, Any]:
    return json.parse_object(text)
