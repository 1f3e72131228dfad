"""Read a Bitstring Status List: has the issuer taken a licence back? Bitstring Status List 1.0, its checks by name.

Proofs are checked elsewhere; here the list's words are held against the entry in the credential. A list that fails any
check says nothing: it never says "revoked".
"""

from typing import Any, Literal

import msgspec

from fedicert.attestations.bitstrings import decode, get_bit
from fedicert.attestations.reading import issuer_of, one_object, read_date
from fedicert.base.clock import MINUTE
from fedicert.base.errors import BadRequest, TooLarge

Purpose = Literal["revocation", "suspension"]

PURPOSES: tuple[Purpose, ...] = ("revocation", "suspension")
ENTRY = "BitstringStatusListEntry"
LIST = "BitstringStatusListCredential"
SHORTEST = 131_072
"""Entries; fewer would show who is meant (§6.1)."""
MOST_BYTES = 16 * 1024 * 1024
"""Inflated (docs/law.md, Attestations)."""
SKEW = 5 * MINUTE


class StatusEntry(msgspec.Struct, frozen=True, kw_only=True):
    """Where a credential says that its status stands."""

    url: str
    index: int
    purpose: Purpose


class StatusList(msgspec.Struct, frozen=True, kw_only=True):
    """A list that was read. `ttl`: milliseconds that a copy may be used, None where the list doesn't say."""

    url: str
    purpose: str
    valid_from: int
    valid_until: int | None
    ttl: int | None
    bits: bytes

    def is_set(self, index: int) -> bool:
        """The bit of an index within the list; index 0 is the left-most."""
        return get_bit(self.bits, index)


class StatusFault(msgspec.Struct, frozen=True):
    """Why a list says nothing. `name`: the specification's (§5). `reason`: a word for machines."""

    name: str
    reason: str
    sentence: str


def read_entry(document: dict[str, Any]) -> StatusEntry | None:
    """The entry of a credential, None where it has none. Raises `BadRequest` naming the field."""
    said = document.get("credentialStatus")
    if said is None:
        return None
    entry = one_object(said, "credentialStatus")
    if entry.get("type") != ENTRY:
        raise BadRequest(f"credentialStatus.type: {entry.get('type')!r:.60} isn't {ENTRY}")
    purpose = entry.get("statusPurpose")
    if purpose not in PURPOSES:
        raise BadRequest(f"credentialStatus.statusPurpose: {purpose!r:.60} is neither revocation nor suspension")
    if entry.get("statusSize", 1) not in (1, "1"):
        raise BadRequest("credentialStatus.statusSize: only one bit for each credential is read")
    index = entry.get("statusListIndex")
    if not isinstance(index, str) or not index.isascii() or not index.isdigit() or len(index) > 12:
        raise BadRequest(f"credentialStatus.statusListIndex: {index!r:.40} isn't a number written as a text")
    url = entry.get("statusListCredential")
    if not isinstance(url, str) or not url:
        raise BadRequest("credentialStatus.statusListCredential: it is missing")
    return StatusEntry(url=url, index=int(index), purpose=purpose)


def read_list(
    document: dict[str, Any], entry: StatusEntry, issuer: str, newest_seen: int | None
) -> StatusList | StatusFault:
    """A list as far as its own words go. `newest_seen`: `validFrom` of the newest list ever had from this address.

    Expiry is not looked at here (`in_force` does): an old list that says "revoked" is still right about it.
    """
    try:
        found = _read(document, entry)
    except BadRequest as fault:
        return StatusFault("MALFORMED_VALUE_ERROR", "status_malformed", f"the status list can't be read: {fault}")
    except TooLarge as fault:
        return StatusFault("MALFORMED_VALUE_ERROR", "status_malformed", f"the status list is refused: {fault}")
    if issuer_of(document) != issuer:
        return _unverified("status_issuer", "the status list is another issuer's")
    said = document.get("id")
    if said is not None and said != entry.url:
        return _unverified("status_swapped", "the address of the status list serves another list")
    if found.purpose != entry.purpose:
        return _unverified("status_purpose", f"the status list is about {found.purpose}, not {entry.purpose}")
    if newest_seen is not None and found.valid_from < newest_seen:
        return _unverified("status_old", "the status list is older than the one seen before")
    if len(found.bits) * 8 < SHORTEST:
        many = len(found.bits) * 8
        return StatusFault(
            "STATUS_LIST_LENGTH_ERROR", "status_length", f"the status list has {many} entries, {SHORTEST} are the least"
        )
    if entry.index >= len(found.bits) * 8:
        return StatusFault("RANGE_ERROR", "status_range", "the licence's place lies beyond the end of the status list")
    return found


def in_force(found: StatusList, now: int) -> StatusFault | None:
    """Whether the list's own time has come and not passed (5 minutes of skew)."""
    if found.valid_from > now + SKEW:
        return _unverified("status_not_yet", "the status list isn't valid yet")
    if found.valid_until is not None and found.valid_until + SKEW < now:
        return _unverified("status_expired", "the status list has expired")
    return None


def unproven(sentence: str) -> StatusFault:
    """A list that its issuer didn't sign."""
    return _unverified("status_proof", sentence)


def _unverified(reason: str, sentence: str) -> StatusFault:
    return StatusFault("STATUS_VERIFICATION_ERROR", reason, sentence)


def _read(document: dict[str, Any], entry: StatusEntry) -> StatusList:
    kinds = document.get("type")
    if not isinstance(kinds, list) or LIST not in kinds:
        raise BadRequest(f"type: it isn't a {LIST}")
    subject = one_object(document.get("credentialSubject"), "credentialSubject")
    if subject.get("type") != "BitstringStatusList":
        raise BadRequest("credentialSubject.type: it isn't a BitstringStatusList")
    purpose = subject.get("statusPurpose")
    if isinstance(purpose, list) and len(purpose) == 1:
        purpose = purpose[0]
    if not isinstance(purpose, str):
        raise BadRequest("credentialSubject.statusPurpose: it isn't one purpose")
    ttl = subject.get("ttl")
    if ttl is not None and (isinstance(ttl, bool) or not isinstance(ttl, int) or ttl < 0):
        raise BadRequest("credentialSubject.ttl: it isn't a number of milliseconds")
    encoded = subject.get("encodedList")
    if not isinstance(encoded, str):
        raise BadRequest("credentialSubject.encodedList: it is missing")
    until = document.get("validUntil")
    return StatusList(
        url=entry.url,
        purpose=purpose,
        valid_from=read_date(document.get("validFrom"), "validFrom"),
        valid_until=None if until is None else read_date(until, "validUntil"),
        ttl=ttl,
        bits=decode(encoded, MOST_BYTES),
    )
