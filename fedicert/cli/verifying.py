"""What `fedicert verify` does: find the licence, look at it, say in words what came of it."""

import contextlib
from collections.abc import AsyncIterator
from typing import Any

import msgspec

from fedicert import __version__
from fedicert.attestations.dids import did_host
from fedicert.attestations.links import read_links
from fedicert.base import json
from fedicert.base.clock import SystemClock
from fedicert.base.errors import BadRequest, NotFound, RemoteInvalid, RemoteRefused
from fedicert.base.ids import SystemEntropy
from fedicert.base.log import iso
from fedicert.config import Config
from fedicert.discovery.licences import Licences, Looked
from fedicert.discovery.met_issuers import InMemory
from fedicert.keys.pool import KeyPool
from fedicert.keys.proving import Prover
from fedicert.model.attestations import Check, Outcome, Verdict
from fedicert.remote import documents, webfinger
from fedicert.remote.fetch import Fetcher
from fedicert.remote.guard import Guard, Policy
from fedicert.remote.wire import Limits, Request, Wire, check_status

WORDS: dict[Outcome, str] = {
    "trusted": "genuine, and its issuer is trusted here for it",
    "unlisted": "valid, issuer not on our list",
    "out_of_scope": "valid, but outside of what its issuer is trusted for here",
    "invalid": "NOT VALID",
    "unverifiable": "can't be verified now",
}

MARKS = {True: "ok  ", False: "FAIL", None: "?   "}
NOT_TRUSTED = "no  "
"""An issuer that isn't listed is no failure of the licence."""
ACCEPT = f"{documents.ACCEPT}, application/vc, application/ld+json;q=0.9, application/json;q=0.8"
LIMITS = Limits(max_bytes=1 << 20, redirects=2)
NOT_THERE = (404, 410)


class Shown(msgspec.Struct, frozen=True):
    """A licence that was looked at, and from where."""

    source: str
    verdict: Verdict

    def as_json(self) -> dict[str, Any]:
        """For machines: the verdict as it is, moments as ISO dates."""
        found: dict[str, Any] = msgspec.to_builtins(self.verdict)
        for key in ("checked_at", "check_again_at", "rests_on"):
            found[key] = None if found[key] is None else iso(found[key])
        if found["licence"] is not None:
            for key in ("valid_from", "valid_until"):
                found["licence"][key] = None if found["licence"][key] is None else iso(found["licence"][key])
        return {"source": self.source, "genuine": self.verdict.genuine, **found}

    def as_text(self) -> str:
        """For people: facts, checks, verdict."""
        verdict = self.verdict
        lines = [f"Licence at {self.source}"]
        lines += [f"  {label + ':':<14}{said}" for label, said in facts(verdict)]
        lines += [f"  {mark(check)} {check.name:<9}{check.sentence}" for check in verdict.checks]
        reason = f" ({verdict.reason})" if verdict.reason and verdict.outcome in ("invalid", "unverifiable") else ""
        lines.append(f"Verdict: {WORDS[verdict.outcome]}{reason}")
        return "\n".join(lines)


def mark(check: Check) -> str:
    """How a check came out, in four columns."""
    return NOT_TRUSTED if check.name == "trust" and check.passed is False else MARKS[check.passed]


def facts(verdict: Verdict) -> list[tuple[str, str]]:
    """Who, what, number, place, issuer, until when, looked at when: (label, words); what isn't said is left out."""
    licence = verdict.licence
    if licence is None:
        return [("checked at", iso(verdict.checked_at))]
    host = did_host(licence.issuer)
    issuer = (
        f"{verdict.entry.name}, {host}"
        if verdict.entry is not None
        else f"{host} (calls itself {licence.issuer_name!r})"
    )
    holder = f"{licence.holder}, {licence.subject}" if licence.holder else licence.subject
    found = [
        ("who", holder),
        ("what", ", ".join(dict.fromkeys(part for part in (licence.title, licence.role, licence.kind) if part))),
        ("number", licence.number),
        ("trade", " ".join(licence.professions)),
        ("place", " ".join(licence.jurisdictions)),
        ("issuer", issuer),
        ("issuer's id", licence.issuer),
        ("checked by", f"the issuer, against {licence.checked_by}" if licence.checked_by else ""),
        ("valid until", "no end stated" if licence.valid_until is None else iso(licence.valid_until)),
        ("checked at", iso(verdict.checked_at)),
    ]
    return [(label, said) for label, said in found if said]


class Verifier:
    """Looks at licences for a command; remembers nothing beyond it."""

    def __init__(self, licences: Licences, wire: Wire, scheme: str) -> None:
        self._licences, self._wire, self._scheme = licences, wire, scheme

    @staticmethod
    @contextlib.asynccontextmanager
    async def open(config: Config, wire: Wire | None = None) -> "AsyncIterator[Verifier]":
        """With the trust list of this configuration; closes what it opened."""
        clock = SystemClock()
        plain = config.allow_loopback_and_http
        pool = KeyPool(SystemEntropy())
        prover = Prover(pool)
        fetcher = Fetcher(Guard(Policy(allow_loopback_and_http=plain)), user_agent=f"fedicert/{__version__}")
        way: Wire = wire or fetcher
        try:
            licences = Licences(way, prover, clock, InMemory(clock), config.trust, plain=plain)
            yield Verifier(licences, way, config.base.partition(":")[0])
        finally:
            await prover.close()
            await fetcher.close()
            pool.close()

    async def document(self, document: dict[str, Any], subject: str | None) -> Shown:
        """A credential at hand."""
        looked = await self._licences.look_at(document, subject)
        return Shown("the file", looked.verdict)

    async def address(self, url: str, subject: str | None) -> list[Shown]:
        """What lies there: an actor, or a credential."""
        value = await self._fetch(url)
        if isinstance(value.get("inbox"), str):
            if subject is not None:
                raise BadRequest("--subject goes with a credential; this address is an actor's own")
            return await self.actor(url)
        looked = await self._licences.look(subject, url, thorough=True)
        return [Shown(url, looked.verdict)]

    async def handle(self, handle: str) -> list[Shown]:
        """What the actor of a handle shows."""
        user, domain = webfinger.parse_handle(handle)
        local = domain.partition(":")[0].rpartition(".")[2] == "localhost"
        scheme = "http" if self._scheme == "http" and local else "https"
        try:
            finger = await webfinger.lookup(self._wire, user, domain, scheme=scheme)
        except RemoteRefused as error:
            if error.status not in NOT_THERE:
                raise
            raise NotFound(f"nobody is called @{user}@{domain} there") from None
        return await self.actor(finger.actor)

    async def actor(self, url: str) -> list[Shown]:
        """Each licence that an actor shows, as its document links to it."""
        document = await documents.fetch_actor(self._wire, url)
        shown = []
        for link in read_links(document.value):
            looked: Looked = await self._licences.look(
                document.id, link.href, digest=link.digest, mirror=link.mirror, fresh=True, thorough=True
            )
            shown.append(Shown(link.href, looked.verdict))
        return shown

    async def _fetch(self, url: str) -> dict[str, Any]:
        """Whatever lies at an address, to see what it is."""
        response = check_status(await self._wire.send(Request("GET", url, (("accept", ACCEPT),)), LIMITS), url)
        try:
            return json.parse_object(response.body)
        except BadRequest as error:
            raise RemoteInvalid(f"{url} is neither an actor nor a credential: {error}") from None
