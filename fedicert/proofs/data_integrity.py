"""Data Integrity proofs: what is signed, in the two suites we issue with and the two more that we read.

Pure. The rdfc suites need JSON-LD, so their signing input is made in the limited child; the jcs suites' anywhere.
Keys and signatures are `keys.proving`'s.  # VC Data Integrity 1.0, DI EdDSA 1.0 §3.2-3.3, DI ECDSA 1.0 §3.2-3.3
"""

from typing import Any, get_args

from fedicert.base.errors import BadRequest
from fedicert.model.attestations import ProofFault, Suite
from fedicert.proofs.canonical_json import jcs
from fedicert.proofs.multibase import base64url_encode, multibase_decode, sha256_multihash
from fedicert.proofs.screening import Unsafe, contexts_of

PROOF_TYPE = "DataIntegrityProof"
PURPOSE = "assertionMethod"
SIGNATURE_BYTES = 64

SUITES: tuple[Suite, ...] = get_args(Suite)


def proofs_of(document: dict[str, Any]) -> list[dict[str, Any]]:
    """The proofs a document carries, one or an array of them. Raises `BadRequest` where they aren't objects."""
    value = document.get("proof")
    found = [] if value is None else value if isinstance(value, list) else [value]
    if not all(isinstance(each, dict) for each in found):
        raise BadRequest("The proof of this document isn't an object")
    return found


def without_proof(document: dict[str, Any]) -> dict[str, Any]:
    """The document that its proofs are about."""
    return {key: value for key, value in document.items() if key != "proof"}


def digest_of(document: dict[str, Any]) -> str:
    """`digestMultibase` of what is said, the same whichever proof it carries: SHA-256 over JCS, multihash, base64url."""
    return base64url_encode(sha256_multihash(jcs(without_proof(document))))


def is_rdfc(suite: str) -> bool:
    """Does the suite sign a graph, or else the JSON text?"""
    return "-rdfc-" in suite


def form_fault(proof: dict[str, Any]) -> ProofFault | None:
    """What is wrong with a proof before any key is looked at: type, suite, purpose, method, value. None: nothing."""
    if proof.get("type") != PROOF_TYPE:
        return ProofFault("suite", f"its proof is of an old or unknown kind ({_short(proof.get('type'))})")
    if proof.get("cryptosuite") not in SUITES:
        return ProofFault("suite", f"its proof uses a suite that isn't read here ({_short(proof.get('cryptosuite'))})")
    if proof.get("proofPurpose") != PURPOSE:
        return ProofFault("purpose", "its proof wasn't made to assert anything")
    if "previousProof" in proof:
        return ProofFault("form", "its proof depends on another one, which isn't read here")
    if not isinstance(proof.get("verificationMethod"), str):
        return ProofFault("form", "its proof names no key")
    try:
        signature_of(proof)
    except BadRequest as error:
        return ProofFault("form", str(error))
    return None


def signature_of(proof: dict[str, Any]) -> bytes:
    """The signature's 64 bytes. Raises `BadRequest`."""
    value = proof.get("proofValue")
    signature = multibase_decode(value) if isinstance(value, str) and len(value) < 200 else b""
    if len(signature) != SIGNATURE_BYTES:
        raise BadRequest("its proof has no signature that can be read")
    return signature


def new_proof(document: dict[str, Any], suite: Suite, method: str, created: str) -> dict[str, Any]:
    """A proof still without its value. `method`: the id of the key; `created`: as it is written, to the second."""
    proof = {
        "type": PROOF_TYPE,
        "cryptosuite": suite,
        "created": created,
        "verificationMethod": method,
        "proofPurpose": PURPOSE,
    }
    # DI EdDSA §3.3.1: the jcs suites carry the document's context within; the rdfc ones take it from the document.
    return proof if is_rdfc(suite) else {"@context": document["@context"], **proof}


def parts(document: dict[str, Any], proof: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The two values that are hashed: proof configuration and document. Raises `Unsafe`.

    A proof with contexts of its own is about the document as those read it; the document may name more behind them.
    """
    bare = without_proof(document)
    config = {key: value for key, value in proof.items() if key != "proofValue"}
    if "@context" in config:
        named, own = contexts_of(bare.get("@context")), contexts_of(config["@context"])
        if named[: len(own)] != own:
            raise Unsafe("context", "its proof was made under other contexts than it names")
        bare["@context"] = config["@context"]
    elif is_rdfc(str(proof.get("cryptosuite"))):
        config["@context"] = bare.get("@context")
    return config, bare


def _short(value: object) -> str:
    return str(value)[:60]
