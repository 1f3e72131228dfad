"""Issue, list and revoke licences, and publish which are revoked. Signing is done before, beside the database.

An entry in a status list is drawn by chance and belongs to one credential for ever; a revocation is for good, and
saying it twice changes nothing. Where an instance is the issuer, its ledger is told.
"""

import re
from collections.abc import Mapping

import msgspec

from fedicert.base.clock import DAY
from fedicert.base.errors import BadRequest, Conflict, Duplicate, NotFound, Unprocessable
from fedicert.model.issuing import KINDS, Achievement, Addresses, Issued, Issuer, IssuerKey, Place, StatusList
from fedicert.model.sealed_keys import SealedKey
from fedicert.operations import ledger
from fedicert.operations.ledger import Party
from fedicert.store.tables import issuing as table
from fedicert.store.tables import local_people, people
from fedicert.store.unit import Reader, Tx

LONGEST = {"authority": 366 * DAY, "registrar": 184 * DAY}
"""How long a credential may hold: twelve months, a registrar's six."""
CANDIDATES = 16
FULL = 100_000
"""Entries of a list after which the next one is begun, so that a free one is still found by chance."""

_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_ISCO = re.compile(r"[0-9]{1,4}")
_ISO_3166 = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,3})?")
_NOBODY = 0


class Desk(msgspec.Struct, frozen=True, kw_only=True):
    """What it takes to issue: who, and the sealed key in use."""

    issuer: Issuer
    key: IssuerKey


class ListDraft(msgspec.Struct, frozen=True, kw_only=True):
    """A list as it has to be signed: its revision, the entries that are revoked, and when it was signed last."""

    number: int
    revision: int
    revoked: list[int]
    signed_at: int


class Revocation(msgspec.Struct, frozen=True, kw_only=True):
    """What came of revoking. `already`: it was revoked before, at `at`, and nothing changed."""

    issued: Issued
    already: bool


async def found(tx: Tx, issuer: Issuer, key: SealedKey) -> None:
    """Begin to issue. Raises Conflict where somebody issues from this database already."""
    held = await table.issuer(tx)
    if held is not None:
        raise Conflict(f"this is {held.name} ({held.did}) already; it begins once")
    addresses = Addresses(issuer.base)
    if issuer.did != addresses.did or key.kid != addresses.method(1):
        raise BadRequest("the issuer's DID has to be made of its address")
    if not issuer.name.strip():
        raise Unprocessable("an issuer has a name")
    await table.put_issuer(tx, issuer)
    await local_people.insert_key(tx, _NOBODY, key)
    await table.add_list(tx, 1)
    await _tell(tx, "issuer_began", {}, {"role": issuer.role})


async def begun(reader: Reader) -> bool:
    """Does somebody issue from this database?"""
    return await table.issuer(reader) is not None


async def desk(reader: Reader) -> Desk:
    """Who issues here, and with which key. Raises NotFound where nobody does."""
    issuer = await table.issuer(reader)
    key = None if issuer is None else await table.key(reader, issuer.method)
    if issuer is None or key is None:
        raise NotFound(
            "nobody issues licences from here yet; begin with `fedicert authority init` (an authority in a folder: --data)"
        )
    return Desk(issuer=issuer, key=key)


async def next_method(reader: Reader) -> str:
    """The id that the issuer's next key gets."""
    issuer = (await desk(reader)).issuer
    return Addresses(issuer.base).method(await table.keys_made(reader) + 1)


async def put_achievement(tx: Tx, achievement: Achievement) -> None:
    """Grant a kind of licence from now on, or say something else of one. Raises Unprocessable."""
    if not _SLUG.fullmatch(achievement.slug) or len(achievement.slug) > 60:
        raise Unprocessable(f"{achievement.slug!r}: the name in the address is made of a-z, 0-9 and hyphens")
    if achievement.kind not in KINDS:
        raise Unprocessable(f"{achievement.kind!r} is no kind; there are {', '.join(KINDS)}")
    for what in ("name", "description", "criteria"):
        if not getattr(achievement, what).strip():
            raise Unprocessable(f"a kind of licence has a {what}")
    for code in achievement.professions:
        if not _ISCO.fullmatch(code.code):
            raise Unprocessable(f"{code.code!r} is no ISCO-08 code; one has one to four digits, as in 7411")
    for code in achievement.places:
        if not _ISO_3166.fullmatch(code.code):
            raise Unprocessable(f"{code.code!r} is no ISO 3166 code; write it as in US-NY, or US")
    issuer = (await desk(tx)).issuer
    if issuer.role == "registrar" and achievement.creator is None and achievement.kind != "Assessment":
        raise Unprocessable("a registrar grants no licence of its own: say whose register it goes by, with --creator")
    await table.put_achievement(tx, achievement)


async def achievement(reader: Reader, slug: str) -> Achievement:
    """A kind of licence. Raises NotFound."""
    found = await table.achievement(reader, slug)
    if found is None:
        known = ", ".join(each.slug for each in await table.achievements(reader)) or "none yet"
        raise NotFound(f"no kind of licence is called {slug!r} here; there are: {known}")
    return found


async def achievements(reader: Reader) -> list[Achievement]:
    """Every kind of licence that is granted here."""
    return await table.achievements(reader)


async def draw_place(tx: Tx) -> Place:
    """A free entry, by chance; it is taken when the credential is written. Begins a new list where one is full."""
    number, taken = await table.last_list(tx)
    if taken >= FULL:
        number += 1
        await table.add_list(tx, number)
    while True:
        drawn = [int.from_bytes(tx.random(3)) % 131_072 for _ in range(CANDIDATES)]
        occupied = await table.taken(tx, number, drawn)
        for index in drawn:
            if index not in occupied:
                return Place(number, index)


async def issue(tx: Tx, issued: Issued) -> None:
    """Write a credential that is signed. Raises Unprocessable, Conflict (its entry or its number is taken)."""
    issuer = (await desk(tx)).issuer
    kind = await achievement(tx, issued.achievement)
    longest = LONGEST[issuer.role]
    if issued.valid_until <= issued.valid_from:
        raise Unprocessable("a licence can't end before it begins, which is now")
    if not 0 < issued.valid_until - issued.valid_from <= longest:
        raise Unprocessable(f"a licence holds at most {longest // DAY} days here; renewing it is issuing the next one")
    if issued.method != issuer.method:
        raise Conflict("the issuer changed its key meanwhile; issue it again")
    if issued.number:
        for other in await table.holders_of(tx, kind.slug, issued.number):
            if other.subject != issued.subject:
                raise Conflict(
                    f"{kind.name} {issued.number} is held by {other.subject} ({other.uuid}); revoke that one first"
                )
    try:
        await tx.attempt(table.insert_issued, issued)
    except Duplicate:
        raise Conflict("its place in the status list was taken meanwhile") from None
    body = {"list": issued.place.number, "achievement": kind.slug}
    await _tell(tx, "credential_issued", {"to": Party(issued.subject)}, body)


async def issued(reader: Reader, uuid: str) -> Issued:
    """A credential by its uuid, or by its whole address. Raises NotFound."""
    found = await table.issued(reader, uuid.rpartition("/")[2])
    if found is None:
        raise NotFound(f"no credential {uuid} was issued here; `fedicert authority list` shows them")
    return found


async def issued_page(reader: Reader, after: str, count: int) -> list[Issued]:
    """Credentials in the order of their uuids, a page."""
    return await table.issued_page(reader, after, count)


async def revoke(tx: Tx, uuid: str, why: str) -> Revocation:
    """Revoke for good; once more changes nothing. The list has to be signed afterwards. Raises NotFound."""
    before = await issued(tx, uuid)
    if not await table.revoke(tx, before.uuid, why):
        return Revocation(issued=await issued(tx, before.uuid), already=True)
    await table.next_revision(tx, before.place.number)
    body = {"list": before.place.number, "achievement": before.achievement}
    await _tell(tx, "credential_revoked", {"of": Party(before.subject)}, body)
    return Revocation(issued=await issued(tx, before.uuid), already=False)


async def draft_list(reader: Reader, number: int) -> ListDraft:
    """What a list has to say now. Raises NotFound."""
    held = await table.status_list(reader, number)
    if held is None:
        raise NotFound(f"there is no status list {number}")
    revoked = await table.revoked_on(reader, number)
    return ListDraft(number=number, revision=held.revision, revoked=revoked, signed_at=held.signed_at)


async def store_list(tx: Tx, number: int, revision: int, document: str, signed_at: int, valid_until: int) -> bool:
    """Publish a signed list. False where a newer one stands there already: it stays."""
    return await table.store_list(tx, number, revision, document, signed_at, valid_until)


async def lists_to_sign(reader: Reader, within: int) -> list[int]:
    """Lists in which a bit was set since they were signed, or that hold no longer than so many milliseconds."""
    return await table.lists_to_sign(reader, reader.now + within)


async def all_lists(reader: Reader) -> list[int]:
    """The numbers of all lists."""
    return await table.all_lists(reader)


async def status_list(reader: Reader, number: int) -> StatusList:
    """A list as it stands. Raises NotFound."""
    held = await table.status_list(reader, number)
    if held is None:
        raise NotFound(f"there is no status list {number}")
    return held


async def rotate(tx: Tx, key: SealedKey, compromised: bool) -> None:
    """Sign with another key from now on. The one before stays listed while a credential of its lasts.

    `compromised`: it is struck out at once, and everything that bears its proof alone is void.
    """
    await desk(tx)
    if key.kid != await next_method(tx):
        raise Conflict("another key was made meanwhile; do it again")
    await table.retire_keys(tx, withdrawn=compromised)
    await local_people.insert_key(tx, _NOBODY, key)
    await table.count_key(tx)
    for number in await table.all_lists(tx):
        await table.next_revision(tx, number)
    await _tell(tx, "issuer_key_changed", {}, {"compromised": int(compromised)})


async def prove_again(tx: Tx, uuid: str, proofs: str, method: str) -> None:
    """Give a credential proofs by the key in use; what it says is the same, and so is its digest."""
    if method != (await desk(tx)).issuer.method:
        raise Conflict("the issuer changed its key meanwhile")
    await table.put_proofs(tx, uuid, proofs, method)


async def _tell(tx: Tx, kind: str, parties: dict[str, Party], body: Mapping[str, object]) -> None:
    """On the ledger of the instance; an authority without an instance has none."""
    try:
        instance = await people.instance(tx)
    except NotFound:
        return
    await ledger.record(tx, instance, kind, "law 7: attestations", parties, body)
