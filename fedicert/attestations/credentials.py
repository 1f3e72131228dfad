"""Write a credential: an Open Badge 3.0 that is a VC 2.0, in exactly its compacted form, with public contexts alone.

The strictest readers compare the JSON with what JSON-LD compaction would make of it, so arrays stand where a context
says set and nowhere else. Nothing here signs.  # Open Badges 3.0, VC Data Model 2.0
"""

from typing import Any

from fedicert.model.issuing import Achievement, Addresses, Evidence, Grant, Issuer, Party, Place
from fedicert.proofs.contexts import CREDENTIALS, OPEN_BADGES
from fedicert.proofs.moments import write_moment

CONTEXT = [CREDENTIALS, OPEN_BADGES]

Json = dict[str, Any]


def credential(issuer: Issuer, achievement: Achievement, grant: Grant, place: Place) -> Json:
    """The whole document, without a proof."""
    addresses = Addresses(issuer.base)
    document: Json = {
        "@context": list(CONTEXT),
        "id": addresses.credential(grant.uuid),
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": achievement.name,
        "description": achievement.description,
        "issuer": profile(issuer.party),
        "validFrom": write_moment(grant.valid_from),
        "validUntil": write_moment(grant.valid_until),
    }
    if grant.awarded is not None:
        document["awardedDate"] = write_moment(grant.awarded)
    document["credentialSubject"] = _subject(issuer, achievement, grant)
    if grant.evidence:
        # The context has no set for it: one piece stands by itself.
        written = [_evidence(each) for each in grant.evidence]
        document["evidence"] = written[0] if len(written) == 1 else written
    document["credentialStatus"] = status_entry(addresses, place)
    return document


def secured(document: Json, proofs: Json, which: str) -> Json:
    """The document with the proof of one suite, or with all of them as an array (`all`). KeyError where it has none."""
    proof = list(proofs.values()) if which == "all" else proofs[which]
    return {**document, "proof": proof}


def status_entry(addresses: Addresses, place: Place) -> Json:
    """Where to look whether it was revoked."""
    where = addresses.status_list(place.number)
    return {
        "id": f"{where}#{place.index}",
        "type": "BitstringStatusListEntry",
        "statusPurpose": "revocation",
        "statusListIndex": str(place.index),
        "statusListCredential": where,
    }


def profile(party: Party) -> Json:
    """An issuer, creator or source."""
    written: Json = {"id": party.id, "type": ["Profile"], "name": party.name}
    if party.url:
        written["url"] = party.url
    if party.country or party.region:
        address: Json = {"type": ["Address"]}
        if party.country:
            address["addressCountryCode"] = party.country
        if party.region:
            address["addressRegion"] = party.region
        written["address"] = address
    return written


def achievement_document(issuer: Issuer, achievement: Achievement) -> Json:
    """A kind of licence as it stands in each credential, and by itself at its own address."""
    creator = achievement.creator or Party(id=issuer.did, name=issuer.name)
    written: Json = {
        "id": Addresses(issuer.base).achievement(achievement.slug),
        "type": ["Achievement"],
        "achievementType": achievement.kind,
        "name": achievement.name,
        "description": achievement.description,
        "criteria": _criteria(achievement),
        "creator": profile(creator),
    }
    for key, value in (
        ("fieldOfStudy", achievement.field),
        ("specialization", achievement.specialization),
        ("humanCode", achievement.code),
    ):
        if value:
            written[key] = value
    alignment = [
        _alignment(each.name, "ISCO-08", each.code, "ext:occupation", _ISCO.format(each.code))
        for each in achievement.professions
    ] + [
        _alignment(each.name, "ISO 3166-2", each.code, "ext:jurisdiction", _ISO_3166.format(each.code[:2]))
        for each in achievement.places
    ]
    if alignment:
        written["alignment"] = alignment
    return written


_ISCO = "https://isco.ilo.org/en/#{}"
_ISO_3166 = "https://www.iso.org/obp/ui/#iso:code:3166:{}"


def _subject(issuer: Issuer, achievement: Achievement, grant: Grant) -> Json:
    written: Json = {"id": grant.subject, "type": ["AchievementSubject"]}
    if grant.number:
        written["licenseNumber"] = grant.number
    if grant.role:
        written["role"] = grant.role
    identifiers = []
    if grant.holder:
        identifiers.append(_identifier(grant.holder, "name"))
    if grant.handle:
        identifiers.append(_identifier(f"acct:{grant.handle}", "ext:acct"))
    if identifiers:
        written["identifier"] = identifiers
    written["achievement"] = achievement_document(issuer, achievement)
    if grant.source is not None:
        written["source"] = profile(grant.source)
    return written


def _criteria(achievement: Achievement) -> Json:
    written: Json = {"id": achievement.criteria_url} if achievement.criteria_url else {}
    return {**written, "narrative": achievement.criteria}


def _identifier(value: str, kind: str) -> Json:
    return {"type": "IdentityObject", "hashed": False, "identityHash": value, "identityType": kind}


def _alignment(name: str, framework: str, code: str, kind: str, url: str) -> Json:
    return {
        "type": ["Alignment"],
        "targetName": name,
        "targetFramework": framework,
        "targetCode": code,
        "targetType": kind,
        "targetUrl": url,
    }


def _evidence(evidence: Evidence) -> Json:
    return {
        "id": evidence.id,
        "type": ["Evidence"],
        "name": evidence.name,
        "description": evidence.description,
        "genre": evidence.genre,
    }
