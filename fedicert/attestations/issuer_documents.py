"""Write what an issuer publishes beside its credentials: its keys (`did.json`) and its status lists. Pure.

Every key that still counts stands in `assertionMethod`: leaving it out is the one switch that all libraries honour, so a
compromised key is simply not there.  # Controlled Identifiers 1.0, Bitstring Status List 1.0
"""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from fedicert.attestations import bitstrings
from fedicert.base.clock import DAY, MINUTE
from fedicert.model.issuing import Addresses
from fedicert.proofs.contexts import CREDENTIALS, DID, MULTIKEY
from fedicert.proofs.moments import write_moment

TTL = 5 * MINUTE
"""How long a fetched status list may be kept; in milliseconds, as the specification has it."""
LASTS = 7 * DAY
"""How long a signed list holds, whatever its ttl: after that nobody vouches for it."""
SIGN_AGAIN = 3 * DAY
"""A list that holds no longer than this is signed anew, so that a machine may be down over a weekend."""

Json = dict[str, Any]


class ListedKey(msgspec.Struct, frozen=True):
    """A key that counts: its id and multikey."""

    method: str
    public: str


def did_document(addresses: Addresses, keys: Sequence[ListedKey]) -> Json:
    """`did.json`. `did/v1` comes first: one library skips JSON-LD framing only then."""
    return {
        "@context": [DID, MULTIKEY],
        "id": addresses.did,
        "verificationMethod": [
            {"id": key.method, "type": "Multikey", "controller": addresses.did, "publicKeyMultibase": key.public}
            for key in keys
        ],
        "assertionMethod": [key.method for key in keys],
        "alsoKnownAs": [f"{addresses.base}/"],
    }


def status_list(addresses: Addresses, number: int, revoked: Iterable[int], at: int) -> Json:
    """A list's credential, without a proof. `revoked`: indexes; `at`: from when it holds."""
    where = addresses.status_list(number)
    bits = bitstrings.empty()
    for index in revoked:
        bitstrings.set_bit(bits, index)
    return {
        "@context": [CREDENTIALS],
        "id": where,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": addresses.did,
        "validFrom": write_moment(at),
        "validUntil": write_moment(at + LASTS),
        "credentialSubject": {
            "id": f"{where}#list",
            "type": "BitstringStatusList",
            "statusPurpose": "revocation",
            "ttl": TTL,
            "encodedList": bitstrings.encode(bytes(bits)),
        },
    }
