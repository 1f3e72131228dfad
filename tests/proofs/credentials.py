"""A licence as an authority writes it, for tests of proofs; and keys to sign it with."""

import copy
from typing import Any

from fedicert.keys.pairs import Pair, new_ed25519

ISSUER = "did:web:board.example"
METHOD = f"{ISSUER}#key-1"
AT = 1_793_491_200_000

LICENCE: dict[str, Any] = {
    "@context": [
        "https://www.w3.org/ns/credentials/v2",
        "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
    ],
    "id": "https://board.example/credentials/7f0d8a1e-3b3c-4d52-9a52-0c9c1c0f5a11",
    "type": ["VerifiableCredential", "OpenBadgeCredential"],
    "name": "Master Electrician licence",
    "issuer": {"id": ISSUER, "type": ["Profile"], "name": "Example State Electrical Board"},
    "validFrom": "2026-11-01T00:00:00Z",
    "validUntil": "2027-10-31T23:59:59Z",
    "credentialSubject": {
        "id": "https://social.example/users/alice",
        "type": ["AchievementSubject"],
        "licenseNumber": "ME-104422",
        "identifier": [
            {"type": "IdentityObject", "hashed": False, "identityHash": "Alice Example", "identityType": "name"}
        ],
        "achievement": {
            "id": "https://board.example/achievements/master-electrician",
            "type": ["Achievement"],
            "achievementType": "License",
            "name": "Master Electrician",
            "description": "Licence to perform and supervise electrical work.",
            "criteria": {"narrative": "Seven years of documented practice and the state examination."},
            "alignment": [
                {
                    "type": ["Alignment"],
                    "targetName": "Building and related electricians",
                    "targetFramework": "ISCO-08",
                    "targetCode": "7411",
                    "targetType": "ext:occupation",
                    "targetUrl": "https://isco.example/7411",
                }
            ],
        },
    },
}


def licence(**changes: Any) -> dict[str, Any]:
    return {**copy.deepcopy(LICENCE), **changes}


def pair() -> Pair:
    return new_ed25519()
