"""The trust list as an admin writes it: whose licences count here, for what, where, and which tier they lift to.

Read here, so that the file and commands accept the same words. No list is imposed on anyone: without an entry nobody's
licence lifts, and every genuine one is shown as "valid, its issuer not on our list".
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from fedicert.model.attestations import TrustEntry
from fedicert.model.tiers import Tier, did_you_mean

KEYS = ("issuer", "name", "kinds", "professions", "jurisdictions", "tier")
"""The words of an entry; each is needed."""

KINDS = (
    "License", "Certification", "ApprenticeshipCertificate", "JourneymanCertificate", "MasterCertificate",
    "Membership", "Assessment", "Certificate", "Degree", "Diploma", "Badge", "Fieldwork", "LearningProgram",
    "Assignment", "Award", "BachelorDegree", "MasterDegree", "DoctoralDegree", "AssociateDegree",
    "ProfessionalDoctorate", "ResearchDoctorate", "Course", "CoCurricular", "CommunityService", "Competency",
    "CertificateOfCompletion", "GeneralEducationDevelopment", "MicroCredential", "QualityAssuranceCredential",
    "SecondarySchoolDiploma", "Achievement",
)  # fmt: skip
"""Open Badges 3.0, AchievementType; others begin with `ext:`."""

LONGEST_NAME = 100

_DID = re.compile(r"did:web:[a-z0-9][a-z0-9.-]*(?:%3[Aa][0-9]{1,5})?(?::[A-Za-z0-9._-]+)*")
_EXTENSION = re.compile(r"ext:[A-Za-z0-9_.-]{1,60}")
_PROFESSION = re.compile(r"[0-9]{1,4}")
_JURISDICTION = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,3})?")


class TrustFault(ValueError):
    """What is wrong with an entry: the key, and a sentence that says why and what to write."""

    def __init__(self, key: str, reason: str) -> None:
        super().__init__(f"{key}: {reason}")
        self.key = key
        self.reason = reason


def read_entry(entry: Mapping[str, Any], tiers: Sequence[Tier]) -> TrustEntry:
    """One entry, with the admin's words and values. Raises TrustFault naming the key."""
    for key in entry:
        if key not in KEYS:
            near = did_you_mean(key, KEYS)
            raise TrustFault(key, f"there is no such key in a trust entry.{near or ' There are ' + ', '.join(KEYS)}")
    for key in KEYS:
        if key not in entry:
            raise TrustFault(key, "every trust entry says this; it is missing here")
    return TrustEntry(
        issuer=_issuer(entry["issuer"]),
        name=_name(entry["name"]),
        kinds=_codes("kinds", entry["kinds"], _kind),
        professions=_codes("professions", entry["professions"], _profession),
        jurisdictions=_codes("jurisdictions", entry["jurisdictions"], _jurisdiction),
        tier=_tier(entry["tier"], tiers),
    )


def shown(entry: TrustEntry) -> dict[str, str]:
    """An entry as a table shows it: key → value."""
    said = msgspec.structs.asdict(entry)
    return {key: ", ".join(said[key]) if isinstance(said[key], tuple) else said[key] for key in KEYS}


def _issuer(value: object) -> str:
    if not isinstance(value, str) or not _DID.fullmatch(value):
        text = str(value)
        bare = text.partition("://")[2] or text
        host = bare.partition("/")[0]
        hint = (
            f"did:web:{host.lower().replace(':', '%3A')}" if host.isascii() and "." in host else "did:web:board.example"
        )
        raise TrustFault("issuer", f'{text[:80]!r} isn\'t a did:web in lower-case ASCII; write it as in "{hint}"')
    return value


def _name(value: object) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > LONGEST_NAME:
        raise TrustFault("name", f"what people here are shown as the issuer: 1 to {LONGEST_NAME} characters")
    return value.strip()


def _codes(key: str, value: object, read: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not value:
        raise TrustFault(key, f'{value!r} isn\'t a list with something in it; write it as in ["…", "…"]')
    found: list[str] = []
    for item in value:
        code = read(item)
        if code in found:
            raise TrustFault(key, f'"{code}" stands there twice')
        found.append(code)
    return tuple(found)


def _kind(value: object) -> str:
    if isinstance(value, str) and (value in KINDS or _EXTENSION.fullmatch(value)):
        return value
    near = ' Did you mean "License"?' if value in ("Licence", "licence", "license") else ""
    near = near or (did_you_mean(value, KINDS) if isinstance(value, str) else "")
    raise TrustFault(
        "kinds", f"{value!r} is no kind of achievement of Open Badges 3.0 (License, Certification, …).{near}"
    )


def _profession(value: object) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        raise TrustFault("professions", f'codes are texts, a zero in front counts; write "{value}"')
    if not isinstance(value, str) or not _PROFESSION.fullmatch(value):
        raise TrustFault("professions", f'{value!r} is no ISCO-08 code; write one to four digits, as in "74" or "7411"')
    return value


def _jurisdiction(value: object) -> str:
    if isinstance(value, str) and _JURISDICTION.fullmatch(value):
        return value
    near = ""
    if isinstance(value, str) and _JURISDICTION.fullmatch(value.upper().replace("_", "-")):
        near = f' Did you mean "{value.upper().replace("_", "-")}"?'
    raise TrustFault("jurisdictions", f'{value!r} is no ISO 3166 code, as in "US" or "US-NY".{near}')


def _tier(value: object, tiers: Sequence[Tier]) -> str:
    names = [tier.name for tier in tiers]
    if not isinstance(value, str) or value not in names:
        near = did_you_mean(value, names) if isinstance(value, str) else ""
        raise TrustFault("tier", f"{value!r} isn't on the ladder, which has {', '.join(names)}.{near}")
    return value
