"""Make and check Data Integrity proofs, beside the event loop: canonicalising in a limited child, keys in the pool.

It answers with results, one a proof, and never says that a document is good: whose keys count, and what all of it is
worth, is `attestations.judge`'s.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import msgspec
import orjson
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from fedicert.base.errors import BadRequest, ChildFailed, Unavailable
from fedicert.base.limited import LimitedChild
from fedicert.keys.graph_child import GRAPH, LOOK, TEXT
from fedicert.keys.pool import KeyPool
from fedicert.model.attestations import ProofFault, ProofResult, Suite
from fedicert.proofs.data_integrity import (
    form_fault,
    is_rdfc,
    new_proof,
    parts,
    proofs_of,
    signature_of,
    without_proof,
)
from fedicert.proofs.moments import write_moment
from fedicert.proofs.multibase import multibase_encode, read_multikey
from fedicert.proofs.screening import MOST_BYTES, MOST_PROOFS, Unsafe

MEMORY = 512 << 20
SECONDS = 8.0
"""For everything about one document: a good one takes a hundredth of it."""

Task = tuple[str, dict[str, Any]]


class Prover:
    """Checks and makes proofs. Close it in the end."""

    def __init__(self, pool: KeyPool, *, memory: int = MEMORY, seconds: float = SECONDS) -> None:
        self._pool = pool
        self._child = LimitedChild("fedicert.keys.graph_child", memory=memory, seconds=seconds)

    async def check(self, document: dict[str, Any], keys: Mapping[str, str]) -> list[ProofResult]:
        """One result for each proof; one with the fault `missing` where there is none. Never raises for a document.

        `keys`: the issuer's, id of the verification method → multikey; a proof by another gets the fault `key`.
        `pending`: it couldn't be tried (the child died, was late or busy), which says nothing against the document.
        """
        try:
            proofs = proofs_of(document)
        except BadRequest as error:
            return [_result({}, ProofFault("form", str(error)))]
        if not proofs:
            return [_result({}, ProofFault("missing", "it carries no proof"))]
        if len(proofs) > MOST_PROOFS:
            return [_result({}, ProofFault("form", f"it carries more than {MOST_PROOFS} proofs"))]
        try:
            return [await self._check(document, proof, keys) for proof in proofs]
        except (ChildFailed, Unavailable) as error:
            fault = ProofFault("pending", f"it couldn't be checked now: {error}")
            return [msgspec.structs.replace(_result(proof, fault), pending=True) for proof in proofs]

    async def secure(
        self, document: dict[str, Any], suite: Suite, method: str, created: int, secret: bytes
    ) -> dict[str, Any]:
        """The document with one proof. `method`: id of the key; `created`: ms; `secret`: PKCS#8 DER of an Ed25519 key.

        A proof that it had is replaced. Raises `BadRequest` where strangers couldn't read it, `ChildFailed`.
        """
        bare = without_proof(document)
        proof = new_proof(bare, suite, method, write_moment(created))
        base = await self._base(_tasks(bare, proof))
        if isinstance(base, ProofFault):
            raise BadRequest(f"This can't be signed: {base.sentence}")
        signature = await self._pool.sign(secret, base)
        return {**bare, "proof": {**proof, "proofValue": multibase_encode(signature)}}

    async def close(self) -> None:
        """End the child."""
        await self._child.close()

    async def _check(self, document: dict[str, Any], proof: dict[str, Any], keys: Mapping[str, str]) -> ProofResult:
        fault = form_fault(proof) or _key_fault(proof, keys)
        if fault is not None:
            return _result(proof, fault)
        try:
            tasks = _tasks(document, proof)
        except Unsafe as unsafe:
            return _result(proof, unsafe.fault)
        base = await self._base(tasks)
        if isinstance(base, ProofFault):
            return _result(proof, base)
        good = await self._pool.run(verify_proof, keys[proof["verificationMethod"]], signature_of(proof), base)
        return _result(proof, None if good else ProofFault("signature", "its signature doesn't fit what it says"))

    async def _base(self, tasks: Sequence[Task]) -> bytes | ProofFault:
        """The hashes in order, one after the other. Raises `ChildFailed`, `Unavailable`."""
        try:
            request = orjson.dumps(tasks)
        except (TypeError, ValueError, RecursionError):
            return ProofFault("form", "it isn't plain JSON")
        if len(request) > 2 * MOST_BYTES * len(tasks):
            return ProofFault("size", f"it is larger than {MOST_BYTES >> 10} KiB")
        base = b""
        for hash_, reason, sentence in orjson.loads(await self._child.ask(request)):
            if reason:
                return ProofFault(reason, sentence)
            base += bytes.fromhex(hash_)
        return base


def verify_proof(public: str, signature: bytes, base: bytes) -> bool:
    """Whether the key (a multikey: Ed25519, or P-256 with `r || s`) made the signature over the base. Run in the pool."""
    try:
        key = _load(public)
        if isinstance(key, Ed25519PublicKey):
            key.verify(signature, base)
        else:
            half = len(signature) // 2
            r, s = int.from_bytes(signature[:half]), int.from_bytes(signature[half:])
            key.verify(encode_dss_signature(r, s), base, ECDSA(SHA256()))
    except (InvalidSignature, BadRequest, ValueError, UnsupportedAlgorithm):
        return False
    return True


@lru_cache(maxsize=1024)
def _load(public: str) -> Ed25519PublicKey | EllipticCurvePublicKey:
    curve, data = read_multikey(public)
    if curve == "ed25519":
        return Ed25519PublicKey.from_public_bytes(data)
    return EllipticCurvePublicKey.from_encoded_point(SECP256R1(), data)


def _tasks(document: dict[str, Any], proof: dict[str, Any]) -> list[Task]:
    """What to hash, in the order in which it is signed; and a look at all of it, where that isn't a look already."""
    config, bare = parts(document, proof)
    how = GRAPH if is_rdfc(proof["cryptosuite"]) else TEXT
    whole = without_proof(document)
    more = [] if how == GRAPH and bare == whole else [(LOOK, whole)]
    return [(how, config), (how, bare), *more]


def _key_fault(proof: dict[str, Any], keys: Mapping[str, str]) -> ProofFault | None:
    public = keys.get(proof["verificationMethod"])
    if public is None:
        return ProofFault("key", "its proof is by a key that isn't the issuer's for this purpose")
    try:
        curve, _ = read_multikey(public)
    except BadRequest:
        return ProofFault("key", "its proof names a key of a kind that isn't read here")
    if (curve == "ed25519") != str(proof["cryptosuite"]).startswith("eddsa-"):
        return ProofFault("key", "its proof names a key of another kind than its suite takes")
    return None


def _result(proof: Mapping[str, Any], fault: ProofFault | None) -> ProofResult:
    return ProofResult(
        method=str(proof.get("verificationMethod", ""))[:2048],
        suite=str(proof.get("cryptosuite", ""))[:60],
        fault=fault,
    )
