"""What is claimed with a licence, how well that is proven, and how it is called on a profile. Pure.

On one server a licence is held by one actor (docs/law.md, Attestations). A licence is known by whoever grants it, its
kind and its number, whoever signed the credential: the authority itself or a registrar for it.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from fedicert.model.attestations import Assurance, Licence
from fedicert.model.licences import LicenceRow, ShownLicence
from fedicert.text.names import safe_display_name

MOST_PLACES = 3
LONGEST = 120
_STRENGTH: dict[Assurance, int] = {"authority": 3, "body": 2, "registrar": 2, "instance": 1, "self_certified": 0}


def claim_of(licence: Licence, document: Mapping[str, Any] | None) -> str | None:
    """What only one actor of a server may hold at a time; None for a licence without a number."""
    number = "".join(character for character in licence.number.upper() if character.isalnum())
    if not number:
        return None
    return f"{_host(_creator(document) or licence.issuer)} {licence.kind} {number}"


def displaces(newer: LicenceRow, holds: LicenceRow) -> bool:
    """Is a later claim better proven than the one that stands: by the authority's own credential, say?

    Whoever isn't trusted here proves nothing to us, whatever it calls itself, and displaces nobody who is.
    """
    return _strength(newer) > _strength(holds)


def _strength(row: LicenceRow) -> tuple[bool, int]:
    if row.said is None:
        return False, -1
    creator, strength = _creator(msgspec.json.decode(row.document or "{}")), _STRENGTH[row.said.assurance]
    if creator and _host(creator) != _host(row.said.issuer):
        strength = min(strength, _STRENGTH["registrar"])  # an authority signs with its own name
    return row.outcome == "trusted", strength


def replaces(newer: Licence, older: Licence) -> bool:
    """Is one a newer credential of the same kind, of the same holder? Then the older one's end is no fall."""
    return (newer.issuer, newer.kind, newer.achievement) == (older.issuer, older.kind, older.achievement)


def shown(row: LicenceRow) -> ShownLicence | None:
    """What of a licence stands on a profile; None where others mustn't see it."""
    said = row.said
    if said is None or not row.shown:
        return None
    title, place = _title(said), ", ".join(said.jurisdictions[:MOST_PLACES])
    number = safe_display_name(said.number, LONGEST) if row.shows in ("number", "both") else ""
    name = safe_display_name(said.holder, LONGEST) if row.shows in ("name", "both") else ""
    parts = (f"{name}:" if name else "", title, number)
    label = " ".join(part for part in parts if part)
    return ShownLicence(
        number=row.number,
        outcome=row.outcome,
        title=title,
        place=place,
        issuer=issuer_name(row),
        label=f"{label}, {place}" if place else label,
        href=row.href,
        digest=said.digest,
        since=row.good_since or 0,
        unanswered_since=row.checked_at if row.unanswered else 0,
    )


def issuer_name(row: LicenceRow) -> str:
    """Who issued it: by the trust list's name where its issuer is listed, else by its own word and its host."""
    if row.said is None:
        return ""
    if row.entry is not None:
        return row.entry.name
    host, own = _host(row.said.issuer), safe_display_name(row.said.issuer_name, LONGEST)
    return f"{own} ({host})" if own and own != host else host


def what_of(said: Licence) -> str:
    """What a licence is for, and where: `Master Electrician, US-NY`."""
    title, place = _title(said), ", ".join(said.jurisdictions[:MOST_PLACES])
    return f"{title}, {place}" if place else title


def _title(said: Licence) -> str:
    return safe_display_name(said.role or said.title, LONGEST) or said.kind


def _creator(document: Mapping[str, Any] | None) -> str:
    """Who grants the achievement (Open Badges 3.0, `achievement.creator`)."""
    found: Any = document
    for key in ("credentialSubject", "achievement", "creator"):
        if isinstance(found, list) and len(found) == 1:
            found = found[0]
        found = found.get(key) if isinstance(found, dict) else None
    if isinstance(found, dict):
        found = found.get("id")
    return found if isinstance(found, str) else ""


def _host(identifier: str) -> str:
    """The host of a did:web or of an address."""
    if identifier.startswith("did:web:"):
        return identifier.removeprefix("did:web:").partition(":")[0].replace("%3A", ":").lower()
    return (identifier.partition("://")[2] or identifier).partition("/")[0].lower()
