"""Boards that issue licences, as others would: keys, documents, status lists; and ways to spoil each of them.

Signed here with `cryptography` over the suites' own signing input; nothing of the issuer's tools is used.
"""

from __future__ import annotations

import base64
import copy
import gzip
import json
from collections.abc import Awaitable, Callable
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fedicert.base.clock import FrozenClock
from fedicert.base.errors import RemoteUnreachable
from fedicert.base.ids import SystemEntropy
from fedicert.discovery.licences import Licences, Looked
from fedicert.discovery.met_issuers import InMemory, MetIssuers
from fedicert.keys import graph_child
from fedicert.keys.pool import KeyPool
from fedicert.keys.proving import Prover
from fedicert.model.attestations import TrustEntry
from fedicert.proofs import multibase
from fedicert.proofs.data_integrity import digest_of
from fedicert.remote.wire import Request, Response
from tests.proofs.signing import signing_input
from tests.wire import VillageWire, answer

CONTEXTS = ["https://www.w3.org/ns/credentials/v2", "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"]
LIST_CONTEXTS = ["https://www.w3.org/ns/credentials/v2"]
ALICE = "https://social.example/users/alice"
MALLORY = "https://social.example/users/mallory"
INDEX = 94_567
BYTES = 16 * 1024
# The clock of the tests stands at 2026-03-01 12:00.
FROM, UNTIL = "2025-11-01T00:00:00Z", "2026-10-31T23:59:59Z"
LIST_FROM, LIST_UNTIL = "2026-03-01T00:00:00Z", "2026-03-08T00:00:00Z"

Route = Response | Exception | Callable[[Request], Response | Awaitable[Response]] | dict[str, Any] | bytes


class Key:
    """An Ed25519 key."""

    def __init__(self, seed: int) -> None:
        self.private = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
        self.public = multibase.write_ed25519(self.private.public_key().public_bytes_raw())


class Board:
    """An issuer at a host, with what it serves."""

    def __init__(self, host: str = "board.example", seed: int = 1) -> None:
        self.host = host
        self.did = f"did:web:{host.replace(':', '%3A')}"
        self.key = Key(seed)
        self.method = f"{self.did}#key-1"
        self.url = f"https://{host}"

    def did_document(self, **changes: Any) -> dict[str, Any]:
        return {
            "@context": ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"],
            "id": self.did,
            "verificationMethod": [self.verification_method()],
            "assertionMethod": [self.method],
            **changes,
        }

    def verification_method(self, **changes: Any) -> dict[str, Any]:
        return {
            "id": self.method,
            "type": "Multikey",
            "controller": self.did,
            "publicKeyMultibase": self.key.public,
            **changes,
        }

    def credential(self, subject: str = ALICE) -> dict[str, Any]:
        """A licence, unsigned."""
        return {
            "@context": list(CONTEXTS),
            "id": f"{self.url}/credentials/7f0d8a1e-3b3c-4d52-9a52-0c9c1c0f5a11",
            "type": ["VerifiableCredential", "OpenBadgeCredential"],
            "name": "Master Electrician licence",
            "issuer": {"id": self.did, "type": ["Profile"], "name": "Example State Electrical Board"},
            "validFrom": FROM,
            "validUntil": UNTIL,
            "credentialSubject": {
                "id": subject,
                "type": ["AchievementSubject"],
                "licenseNumber": "ME-104422",
                "role": "Master Electrician",
                "identifier": [
                    {
                        "type": "IdentityObject",
                        "hashed": False,
                        "identityHash": "Alice Example",
                        "identityType": "name",
                    }
                ],
                "achievement": {
                    "id": f"{self.url}/achievements/master-electrician",
                    "type": ["Achievement"],
                    "achievementType": "License",
                    "name": "Master Electrician",
                    "description": "Licence to perform and supervise electrical work.",
                    "criteria": {"narrative": "Seven years of documented practice and the state examination."},
                    "alignment": [
                        alignment("ISCO-08", "7411", "ext:occupation"),
                        alignment("ISO 3166-2", "US-NY", "ext:jurisdiction"),
                    ],
                },
            },
            "credentialStatus": {
                "id": f"{self.url}/status/1#{INDEX}",
                "type": "BitstringStatusListEntry",
                "statusPurpose": "revocation",
                "statusListIndex": str(INDEX),
                "statusListCredential": f"{self.url}/status/1",
            },
        }

    def status_list(
        self, *revoked: int, size: int = BYTES, bits: bytes | None = None, **changes: Any
    ) -> dict[str, Any]:
        """A status list, unsigned; `changes` go into its subject where only that has such a key."""
        if bits is None:
            array = bytearray(size)
            for index in revoked:
                array[index // 8] |= 0x80 >> (index % 8)
            bits = bytes(array)
        subject = {
            "id": f"{self.url}/status/1#list",
            "type": "BitstringStatusList",
            "statusPurpose": "revocation",
            "ttl": 300_000,
            "encodedList": encoded(bits),
        }
        document: dict[str, Any] = {
            "@context": list(LIST_CONTEXTS),
            "id": f"{self.url}/status/1",
            "type": ["VerifiableCredential", "BitstringStatusListCredential"],
            "issuer": self.did,
            "validFrom": LIST_FROM,
            "validUntil": LIST_UNTIL,
            "credentialSubject": subject,
        }
        for name, value in changes.items():
            place = subject if name in subject and name not in ("id", "type") else document
            place[name] = value
        return document

    def sign(self, document: dict[str, Any], key: Key | None = None, **proof: Any) -> dict[str, Any]:
        """The document with a proof of this board's key, or of another one under its name."""
        return signed(document, key or self.key, **{"verificationMethod": self.method, **proof})


def alignment(framework: str, code: str, kind: str) -> dict[str, Any]:
    return {
        "type": ["Alignment"],
        "targetName": code,
        "targetFramework": framework,
        "targetCode": code,
        "targetType": kind,
        "targetUrl": f"https://codes.example/{code}",
    }


def encoded(bits: bytes) -> str:
    return "u" + base64.urlsafe_b64encode(gzip.compress(bits, mtime=0)).rstrip(b"=").decode()


def signed(document: dict[str, Any], key: Key, **stated: Any) -> dict[str, Any]:
    """A proof over the document; `stated`: what the proof says of itself."""
    bare = {name: value for name, value in document.items() if name != "proof"}
    suite = stated.pop("cryptosuite", "eddsa-jcs-2022")
    proof = {
        "type": "DataIntegrityProof",
        "cryptosuite": suite,
        "created": FROM,
        "proofPurpose": "assertionMethod",
        **stated,
    }
    if "-jcs-" in suite:
        proof = {"@context": bare["@context"], **proof}
    signature = key.private.sign(signing_input(bare, proof))
    return {**bare, "proof": {**proof, "proofValue": multibase.multibase_encode(signature)}}


def changed(document: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """A copy with one value changed: `a.b.0.c`; `None` takes it out."""
    copied = copy.deepcopy(document)
    *way, last = path.split(".")
    place: Any = copied
    for step in way:
        place = place[int(step)] if step.isdigit() else place[step]
    if isinstance(place, list):
        place[int(last)] = value
    elif value is None:
        place.pop(last)
    else:
        place[last] = value
    return copied


class _HereInsteadOfAChild:
    """The child's work in this process, so that a hundred tests start no hundred children."""

    async def ask(self, request: bytes) -> bytes:
        return graph_child.answer(request)

    async def close(self) -> None:
        return


class ProverHere(Prover):
    """The real one but for the child."""

    def __init__(self, pool: KeyPool) -> None:
        super().__init__(pool)
        self._child = _HereInsteadOfAChild()  # type: ignore[assignment]


TRUST = TrustEntry(
    issuer="did:web:board.example",
    name="The Electrical Board",
    kinds=("License",),
    professions=("74",),
    jurisdictions=("US",),
    tier="professional",
)


class Scene:
    """A board, what lies at which address, and somebody who looks."""

    def __init__(self, clock: FrozenClock, pool: KeyPool, met: MetIssuers | None = None) -> None:
        self.clock = clock
        self.wire = VillageWire()
        self.board = Board()
        self.routes: dict[str, Route] = {}
        self.met = met or InMemory(clock)
        self.licences = Licences(self.wire, ProverHere(pool), clock, self.met, (TRUST,), seconds=0.2)
        self.credential: dict[str, Any] = {}
        self.href = self.board.credential()["id"]
        self.did_url = f"{self.board.url}/.well-known/did.json"
        self.list_url = f"{self.board.url}/status/1"
        self.issue(self.board.credential())
        self.routes[self.did_url] = self.board.did_document()
        self.publish(self.board.status_list())
        for host in ("board.example", "evil.example", "social.example", "xn--bard-n6d.example"):
            self.wire.handlers[host] = self._answer

    def issue(self, document: dict[str, Any], **proof: Any) -> None:
        """Put a licence, signed, where the actor's link leads."""
        self.serve(self.board.sign(document, **proof))

    def serve(self, document: dict[str, Any]) -> None:
        """Put a licence as it is where the actor's link leads."""
        self.credential = document
        self.routes[self.href] = document

    def publish(self, document: dict[str, Any], **proof: Any) -> None:
        """Put a status list, signed, at its address."""
        self.routes[self.list_url] = self.board.sign(document, **proof)

    @property
    def digest(self) -> str:
        return digest_of(self.credential)

    async def look(self, subject: str | None = ALICE, **how: Any) -> Looked:
        self.wire.asked.clear()
        return await self.licences.look(subject, self.href, **{"thorough": True, **how})

    async def _answer(self, request: Request) -> Response:
        found = self.routes.get(request.url)
        if found is None:
            return Response(404, (), b"", request.url)
        if isinstance(found, Exception):
            raise found
        if isinstance(found, Response):
            return found
        if isinstance(found, bytes | dict):
            body = found if isinstance(found, bytes) else json.dumps(found).encode()
            return answer(request.url, body, content_type="application/vc")
        made = found(request)
        return made if isinstance(made, Response) else await made


def down() -> RemoteUnreachable:
    return RemoteUnreachable("it can't be reached")


def pool() -> KeyPool:
    return KeyPool(SystemEntropy(), threads=1)
