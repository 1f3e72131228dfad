"""Read a credential strictly: what it says, for people and for the trust list. Never whether it is true.

A W3C credential (data model 2.0) that is an Open Badges 3.0 credential about exactly one actor. Where two readers could
read two things (two subjects, a name in two alphabets, a date without a zone) it is refused, and the field named.
"""

import re
import unicodedata
from datetime import UTC, datetime
from typing import Any

from fedicert.attestations.dids import check_did_web
from fedicert.base.errors import BadRequest
from fedicert.model.attestations import Assurance, Licence
from fedicert.proofs.data_integrity import digest_of
from fedicert.text.names import in_one_script

CONTEXT = "https://www.w3.org/ns/credentials/v2"
OLD_CONTEXT = "https://www.w3.org/2018/credentials/v1"
BADGES = ("OpenBadgeCredential", "AchievementCredential")
OCCUPATIONS = "ISCO-08"
PLACES = ("ISO 3166-2", "ISO 3166-1", "ISO 3166")
SELF_CERTIFIED = "SelfCertified"
"""The `genre` of an evidence that says: who checked is who holds."""

LONGEST_NAME = 500
LONGEST_URI = 2_048
MOST_ENTRIES = 50

_URI = re.compile(r"[a-z][a-z0-9+.-]*:[!-~]+", re.IGNORECASE)
_DATE = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8})(?:\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})", re.IGNORECASE)
_ISCO = re.compile(r"[0-9]{1,4}")
_PLACE = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,3})?")
_KINDS: dict[str, Assurance] = {"Membership": "body", "Assessment": "instance"}


def read_licence(document: dict[str, Any]) -> Licence:
    """What a credential says. Raises `BadRequest` naming the field and what is wrong with it."""
    _check_contexts(document.get("@context"))
    kinds = _types(document, "type")
    if "VerifiableCredential" not in kinds or not any(badge in kinds for badge in BADGES):
        raise BadRequest("type: it isn't a VerifiableCredential and OpenBadgeCredential")
    issuer, issuer_name = _issuer(document.get("issuer"))
    subject = one_object(document.get("credentialSubject"), "credentialSubject")
    _types(subject, "credentialSubject.type")
    achievement = one_object(subject.get("achievement"), "credentialSubject.achievement")
    _types(achievement, "credentialSubject.achievement.type")
    kind = _text(achievement.get("achievementType"), "credentialSubject.achievement.achievementType", needed=True)
    professions, jurisdictions = _alignments(achievement.get("alignment"))
    source = _source(subject.get("source"))
    return Licence(
        credential=_uri(document.get("id"), "id"),
        issuer=issuer,
        issuer_name=issuer_name,
        subject=_uri(subject.get("id"), "credentialSubject.id"),
        kind=kind,
        title=_text(achievement.get("name"), "credentialSubject.achievement.name", needed=True),
        achievement=_uri(achievement.get("id"), "credentialSubject.achievement.id"),
        number=_text(subject.get("licenseNumber"), "credentialSubject.licenseNumber"),
        holder=_holder(subject.get("identifier")),
        role=_text(subject.get("role"), "credentialSubject.role"),
        professions=professions,
        jurisdictions=jurisdictions,
        assurance=_assurance(kind, source, document.get("evidence")),
        checked_by=source,
        valid_from=read_date(document.get("validFrom"), "validFrom"),
        valid_until=None if document.get("validUntil") is None else read_date(document["validUntil"], "validUntil"),
        digest=digest_of(document),
    )


def read_date(value: Any, field: str) -> int:
    """`2026-11-01T00:00:00Z`, or with an offset, as milliseconds. Raises `BadRequest`: a zone has to be said."""
    found = _DATE.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise BadRequest(f"{field}: {value!r:.60} isn't a date like 2026-11-01T00:00:00Z")
    moment, zone = found.group(1).upper(), found.group(2).upper().replace("Z", "+00:00")
    try:
        # In UTC it has to be a moment that can be written as well: year 1 begins earlier east of Greenwich.
        return int(datetime.fromisoformat(moment + zone).astimezone(UTC).timestamp()) * 1000
    except (ValueError, OverflowError):
        raise BadRequest(f"{field}: {value!r:.60} is no moment of the calendar") from None


def one_object(value: Any, field: str) -> dict[str, Any]:
    """Exactly one object, alone or in an array of one. Raises `BadRequest`."""
    if isinstance(value, list):
        if len(value) != 1:
            raise BadRequest(f"{field}: there are {len(value)}, and exactly one is read")
        value = value[0]
    if not isinstance(value, dict):
        raise BadRequest(f"{field}: it is missing or isn't an object")
    return value


def issuer_of(document: dict[str, Any]) -> str:
    """The issuer's id, written as a text or as an object; '' where there is none."""
    said = document.get("issuer")
    if isinstance(said, dict):
        said = said.get("id")
    return said if isinstance(said, str) else ""


def _check_contexts(value: Any) -> None:
    contexts = value if isinstance(value, list) else [value]
    if contexts[:1] == [OLD_CONTEXT]:
        raise BadRequest("@context: this is a credential in the old format (data model 1.1), which isn't read")
    if contexts[:1] != [CONTEXT]:
        raise BadRequest(f"@context: the first has to be {CONTEXT}")
    if not all(isinstance(context, str) for context in contexts):
        raise BadRequest("@context: contexts written into the credential itself aren't read")


def _types(holder: dict[str, Any], field: str) -> list[str]:
    value = holder.get("type")
    if not isinstance(value, list) or not value or not all(isinstance(name, str) for name in value):
        raise BadRequest(f"{field}: it has to be an array of names")
    return value


def _issuer(value: Any) -> tuple[str, str]:
    if isinstance(value, dict):
        if "type" in value:
            _types(value, "issuer.type")
        name = _text(value.get("name"), "issuer.name")
        value = value.get("id")
    else:
        name = ""
    return check_did_web(value, "issuer"), name


def _text(value: Any, field: str, *, needed: bool = False) -> str:
    """A text in NFKC, of one alphabet, nothing hidden in it."""
    if value is None and not needed:
        return ""
    if not isinstance(value, str) or (needed and not value.strip()):
        raise BadRequest(f"{field}: it is missing or isn't a text")
    if len(value) > LONGEST_NAME:
        raise BadRequest(f"{field}: it is longer than {LONGEST_NAME} characters")
    said = " ".join(unicodedata.normalize("NFKC", value).split())
    if not in_one_script(said):
        raise BadRequest(f"{field}: {ascii(said)[:80]} mixes alphabets or has hidden characters")
    return said


def _uri(value: Any, field: str) -> str:
    if not isinstance(value, str) or len(value) > LONGEST_URI or not _URI.fullmatch(value):
        raise BadRequest(f"{field}: {value!r:.80} isn't an address")
    return value


def _entries(value: Any, field: str) -> list[dict[str, Any]]:
    if value is None:
        return []
    entries = value if isinstance(value, list) else [value]
    if len(entries) > MOST_ENTRIES or not all(isinstance(entry, dict) for entry in entries):
        raise BadRequest(f"{field}: it isn't a list of at most {MOST_ENTRIES} objects")
    return entries


def _holder(value: Any) -> str:
    """The attested name, where it isn't hashed."""
    field = "credentialSubject.identifier"
    names = [
        _text(entry.get("identityHash"), f"{field}.identityHash", needed=True)
        for entry in _entries(value, field)
        if entry.get("identityType") == "name" and entry.get("hashed") is False
    ]
    if len(set(names)) > 1:
        raise BadRequest(f"{field}: it gives the holder {len(names)} names, and one is read")
    return names[0] if names else ""


def _alignments(value: Any) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Codes of the trade (ISCO-08) and of the place (ISO 3166)."""
    field = "credentialSubject.achievement.alignment"
    trades: list[str] = []
    places: list[str] = []
    for entry in _entries(value, field):
        framework, code = entry.get("targetFramework"), entry.get("targetCode")
        if framework == OCCUPATIONS:
            pattern, found = _ISCO, trades
        elif framework in PLACES:
            pattern, found = _PLACE, places
        else:
            continue
        if not isinstance(code, str) or not pattern.fullmatch(code):
            raise BadRequest(f"{field}.targetCode: {code!r:.40} is no code of {framework}")
        if code not in found:
            found.append(code)
    return tuple(trades), tuple(places)


def _source(value: Any) -> str:
    """Who was asked by a registrar: the name, else the id, of the profile."""
    if value is None:
        return ""
    source = one_object(value, "credentialSubject.source")
    return _text(source.get("name"), "credentialSubject.source.name") or _uri(
        source.get("id"), "credentialSubject.source.id"
    )


def _assurance(kind: str, source: str, evidence: Any) -> Assurance:
    if any(entry.get("genre") == SELF_CERTIFIED for entry in _entries(evidence, "evidence")):
        return "self_certified"
    if source:
        return "registrar"
    return _KINDS.get(kind, "authority")
