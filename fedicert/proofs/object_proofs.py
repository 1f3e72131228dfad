"""Proofs of ActivityPub objects by their author's key: `eddsa-jcs-2022` over the plain JSON, at most one an object.

Pure. Other than a credential's, an object's contexts may be written out inside it: nothing is expanded here, what is
signed is the JSON text that is processed, member by member.  # FEP-8b32, DI EdDSA 1.0 §3.3
"""

import hashlib
from typing import Any

from fedicert.base.errors import BadRequest
from fedicert.proofs.canonical_json import jcs
from fedicert.proofs.data_integrity import PROOF_TYPE, PURPOSE, form_fault
from fedicert.proofs.moments import write_moment
from fedicert.proofs.multibase import multibase_encode

SUITE = "eddsa-jcs-2022"


def unsigned_proof(document: dict[str, Any], method: str, created: int) -> dict[str, Any]:
    """A proof still without its value. `method`: the id of the key; `created`: ms, said to the second."""
    return {
        "type": PROOF_TYPE,
        "cryptosuite": SUITE,
        "created": write_moment(created),
        "verificationMethod": method,
        "proofPurpose": PURPOSE,
        "@context": document["@context"],
    }


def with_proof(document: dict[str, Any], proof: dict[str, Any], signature: bytes) -> dict[str, Any]:
    """The object with its proof; one that it had is replaced."""
    return {**_bare(document), "proof": {**proof, "proofValue": multibase_encode(signature)}}


def sole_proof(document: dict[str, Any]) -> dict[str, Any]:
    """The one proof of an object, in a form that can be tried. Raises `BadRequest` saying what is wrong with it."""
    proof = document.get("proof")
    if not isinstance(proof, dict):
        raise BadRequest("it carries not exactly one proof")
    if proof.get("cryptosuite") != SUITE:
        raise BadRequest("its proof uses a suite that isn't read on posts")
    fault = form_fault(proof)
    if fault is not None:
        raise BadRequest(fault.sentence)
    return proof


def signing_input(document: dict[str, Any], proof: dict[str, Any]) -> bytes:
    """What the key signs: the hash of the proof without its value, then that of the object without proof and signature.

    A proof with contexts of its own is about the object as those read it; the object's may go on behind them. Raises
    `BadRequest`.
    """
    bare = _bare(document)
    config = {key: value for key, value in proof.items() if key != "proofValue"}
    if "@context" in config:
        named, own = _list(bare.get("@context")), _list(config["@context"])
        if not own or named[: len(own)] != own:
            raise BadRequest("its proof was made under other contexts than it names")
        bare["@context"] = config["@context"]
    return hashlib.sha256(jcs(config)).digest() + hashlib.sha256(jcs(bare)).digest()


def _bare(document: dict[str, Any]) -> dict[str, Any]:
    # A linked-data signature is another mechanism's, put on after the proof.
    return {key: value for key, value in document.items() if key not in ("proof", "signature")}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]
