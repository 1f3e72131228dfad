"""The office that issues licences: draws entries, writes and signs documents, and has the database take them.

A command uses it over the gate, a server over its own database. Lists are signed anew when a bit was set and before
they lapse. Keys are opened here for as long as a signature takes, and nothing goes over the network.
"""

import asyncio
import base64
import contextlib
import hashlib
import hmac
import uuid
from collections.abc import AsyncIterator
from typing import Any, Protocol

import msgspec
import orjson

from fedicert.attestations import credentials, issuer_documents
from fedicert.base.clock import DAY, SECOND, Clock
from fedicert.base.errors import Conflict, FedicertError, Unprocessable
from fedicert.base.ids import Entropy
from fedicert.base.log import log
from fedicert.keys.pairs import new_ed25519
from fedicert.keys.proving import Prover
from fedicert.keys.vault import Vault
from fedicert.model.attestations import ISSUED_SUITES
from fedicert.model.issuing import Achievement, Addresses, Evidence, Grant, Issued, Issuer
from fedicert.model.sealed_keys import REGISTRAR, SealedKey
from fedicert.operations.commands import run_here
from fedicert.operations.issuing import LONGEST, Desk, ListDraft, Revocation
from fedicert.store.unit import Database

USUAL = {"authority": 365 * DAY, "registrar": 180 * DAY}
"""How long a credential holds where nobody says."""
PAGE = 200
LOOK_SECONDS = 30.0
TRIES = 3


class Caller(Protocol):
    """Runs one of the `authority.…` commands of `operations/commands.py`."""

    async def call(self, name: str, *values: Any) -> Any:
        """The operation's result."""
        ...


class Here:
    """A `Caller` over a database of this process."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def call(self, name: str, *values: Any) -> Any:
        """The operation's result."""
        return await run_here(self._db, name, values)


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody decided to issue. `until` 0: as long as is usual.

    `control`: how it was made sure that the applicant holds the actor.
    """

    achievement: str
    subject: str
    control: str
    number: str = ""
    holder: str = ""
    handle: str = ""
    role: str = ""
    until: int = 0
    awarded: int | None = None
    evidence: tuple[Evidence, ...] = ()


class Rotation(msgspec.Struct, frozen=True, kw_only=True):
    """What a change of keys did: the key that signs now, and how many credentials were signed again."""

    method: str
    signed_again: int


class Office:
    """Issues in the name of the issuer whose database and master key these are."""

    def __init__(self, caller: Caller, vault: Vault, prover: Prover, clock: Clock, entropy: Entropy) -> None:
        self._caller = caller
        self._vault = vault
        self._prover = prover
        self._clock = clock
        self._entropy = entropy

    async def begin(self, issuer: Issuer) -> Issuer:
        """Make the first key and sign the first list. `issuer.method` is put in. Raises Conflict where it was done."""
        method = Addresses(issuer.base).method(1)
        issuer = msgspec.structs.replace(issuer, method=method)
        await self._caller.call("authority.begin", issuer, await self._new_key(method))
        await self.sign_lists()
        return issuer

    async def issue(self, order: Order) -> Issued:
        """Sign a credential with both suites and write it down. Raises NotFound, Unprocessable, Conflict, BadRequest."""
        for left in reversed(range(TRIES)):
            desk: Desk = await self._caller.call("authority.desk")
            kind: Achievement = await self._caller.call("authority.achievement", order.achievement)
            issued = await self._signed(desk, kind, order)
            try:
                await self._caller.call("authority.issue", issued)
            except Conflict:
                if not left:
                    raise
            else:
                return issued
        raise AssertionError("the last try returns or raises")

    async def revoke(self, name: str, why: str) -> Revocation:
        """Revoke, and sign the list that says so. Doing it again repairs a list that wasn't signed."""
        revocation: Revocation = await self._caller.call("authority.revoke", name, why)
        await self.sign_lists()
        return revocation

    async def sign_lists(self, *, all_of_them: bool = False) -> list[int]:
        """Sign every list that was changed or lapses soon; which ones were."""
        wanted: list[int] = (
            await self._caller.call("authority.lists")
            if all_of_them
            else await self._caller.call("authority.lists_to_sign", issuer_documents.SIGN_AGAIN)
        )
        for number in wanted:
            await self._sign_list(number)
        return wanted

    async def rotate(self, *, compromised: bool) -> Rotation:
        """Sign with a new key. `compromised`: the one before counts no more, so what is in force is signed again."""
        method: str = await self._caller.call("authority.next_method")
        await self._caller.call("authority.rotate", await self._new_key(method), compromised)
        again = await self._prove_all_again() if compromised else 0
        await self.sign_lists(all_of_them=True)
        return Rotation(method=method, signed_again=again)

    async def challenge(self, order: Order) -> str:
        """The word that an applicant for just this licence puts on the actor's profile; the same each time it is asked."""
        desk: Desk = await self._caller.call("authority.desk")
        about = "\n".join((order.subject, order.achievement, order.number))
        secret = self._vault.open(desk.key.id, desk.key.sealed)
        digest = hmac.digest(hashlib.sha256(b"challenge" + secret).digest(), about.encode(), "sha256")
        return "licence-" + base64.b32encode(digest[:10]).decode().lower()

    async def _signed(self, desk: Desk, kind: Achievement, order: Order) -> Issued:
        if kind.creator is not None and desk.issuer.role == "registrar" and not order.evidence:
            raise Unprocessable("a registrar says what it looked at: --evidence and --checked")
        now = self._clock.now() // SECOND * SECOND
        place = await self._caller.call("authority.draw_place")
        grant = Grant(
            uuid=str(uuid.UUID(bytes=self._entropy.bytes(16), version=4)),
            achievement=order.achievement,
            subject=order.subject,
            number=order.number,
            holder=order.holder,
            handle=order.handle,
            role=order.role or kind.name,
            valid_from=now,
            valid_until=order.until or now + min(USUAL[desk.issuer.role], LONGEST[desk.issuer.role]),
            awarded=order.awarded,
            control=order.control,
            source=kind.creator,
            evidence=order.evidence,
        )
        document = credentials.credential(desk.issuer, kind, grant, place)
        return Issued(
            uuid=grant.uuid,
            place=place,
            achievement=grant.achievement,
            subject=grant.subject,
            number=grant.number,
            holder=grant.holder,
            valid_from=grant.valid_from,
            valid_until=grant.valid_until,
            document=orjson.dumps(document).decode(),
            proofs=await self._proofs(desk, document, now),
            method=desk.key.method,
            control=grant.control,
            issued_at=now,
        )

    async def _proofs(self, desk: Desk, document: dict[str, Any], at: int) -> str:
        secret = self._vault.open(desk.key.id, desk.key.sealed)
        proofs = {}
        for suite in ISSUED_SUITES:
            secured = await self._prover.secure(document, suite, desk.key.method, at, secret)
            proofs[suite] = secured["proof"]
        return orjson.dumps(proofs).decode()

    async def _sign_list(self, number: int) -> None:
        desk: Desk = await self._caller.call("authority.desk")
        draft: ListDraft = await self._caller.call("authority.draft_list", number)
        # A list says from when it holds, and readers refuse one older than they have seen: it never steps back.
        at = max(self._clock.now() // SECOND * SECOND, draft.signed_at)
        document = issuer_documents.status_list(Addresses(desk.issuer.base), number, draft.revoked, at)
        secret = self._vault.open(desk.key.id, desk.key.sealed)
        secured = await self._prover.secure(document, ISSUED_SUITES[0], desk.key.method, at, secret)
        text = orjson.dumps(secured).decode()
        until = at + issuer_documents.LASTS
        await self._caller.call("authority.store_list", number, draft.revision, text, at, until)

    async def _prove_all_again(self) -> int:
        desk: Desk = await self._caller.call("authority.desk")
        now, count, after = self._clock.now(), 0, ""
        while True:
            page: list[Issued] = await self._caller.call("authority.issued_page", after, PAGE)
            for issued in page:
                after = issued.uuid
                if issued.valid_until > now and issued.method != desk.key.method:
                    proofs = await self._proofs(desk, orjson.loads(issued.document), now)
                    await self._caller.call("authority.prove_again", issued.uuid, proofs, desk.key.method)
                    count += 1
            if len(page) < PAGE:
                return count

    async def _new_key(self, method: str) -> SealedKey:
        pair = new_ed25519()
        (row,) = await self._caller.call("ids.new", 1)
        sealed = self._vault.seal(row, pair.secret)
        return SealedKey(id=row, purpose=REGISTRAR, alg=pair.algorithm, public=pair.public, sealed=sealed, kid=method)


@contextlib.asynccontextmanager
async def keeping_lists_signed(office: Office, pause: float = LOOK_SECONDS) -> AsyncIterator[None]:
    """While inside, look every so often whether a list has to be signed. What fails is logged and tried again."""

    async def look() -> None:
        while True:
            try:
                for number in await office.sign_lists():
                    log("status_list_signed", number=number)
            except FedicertError as error:
                log("status_list_waits", "warning", error=type(error).__name__, message=str(error))
            await asyncio.sleep(pause)

    task = asyncio.create_task(look())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
