"""Data Integrity: the W3C's vectors of all four suites, what is signed, and digests."""

import copy
import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fedicert.base.errors import BadRequest
from fedicert.keys.proving import verify_proof
from fedicert.proofs import contexts, data_integrity, multibase, rdf
from fedicert.proofs.canonical_json import jcs
from fedicert.proofs.data_integrity import digest_of, proofs_of, signature_of
from fedicert.proofs.screening import Unsafe
from tests.proofs.credentials import licence
from tests.proofs.signing import signing_input

VECTORS = json.loads((Path(__file__).parents[1] / "data" / "proofs" / "w3c-vectors.json").read_text())["vectors"]
EXAMPLES = "https://www.w3.org/ns/credentials/examples/v2"


def by_suite(vector):
    return vector["document"]["proof"]["cryptosuite"]


@pytest.fixture
def examples(monkeypatch):
    """The context of the vectors, which nobody should meet in earnest: it gives every word a meaning."""
    monkeypatch.setitem(contexts.BUNDLED, EXAMPLES, contexts.Bundled("", "", "", ""))
    meaning = {"@context": {"@vocab": "https://www.w3.org/ns/credentials/examples#"}}
    monkeypatch.setattr(rdf, "context", lambda at: meaning if at == EXAMPLES else contexts.context(at))


@pytest.mark.parametrize("vector", VECTORS, ids=by_suite)
def test_the_w3c_vectors_verify(vector, examples):
    document = vector["document"]
    base = signing_input(document, document["proof"])
    assert base.hex() == vector.get("combinedHash", base.hex())
    assert verify_proof(vector["publicKeyMultibase"], signature_of(document["proof"]), base)


@pytest.mark.parametrize("vector", [v for v in VECTORS if "privateKeyMultibase" in v], ids=by_suite)
def test_signing_gives_the_vectors_own_signature(vector, examples):
    document = vector["document"]
    key = Ed25519PrivateKey.from_private_bytes(multibase.multibase_decode(vector["privateKeyMultibase"])[2:])
    signed = key.sign(signing_input(document, document["proof"]))
    assert multibase.multibase_encode(signed) == document["proof"]["proofValue"]


@pytest.mark.parametrize("vector", VECTORS, ids=by_suite)
@pytest.mark.parametrize("change", ["document", "proof", "signature"])
def test_a_changed_vector_does_not(vector, change, examples):
    document = copy.deepcopy(vector["document"])
    if change == "document":
        document["credentialSubject"]["alumniOf"] = "The School of Forgery"
    if change == "proof":
        document["proof"]["created"] = "2024-02-24T23:36:38Z"
    signature = signature_of(document["proof"])
    if change == "signature":
        signature = bytes((signature[0] ^ 1,)) + signature[1:]
    assert not verify_proof(vector["publicKeyMultibase"], signature, signing_input(document, document["proof"]))


def test_a_proofs_own_contexts_have_to_begin_the_documents():
    document = licence()
    proof = {"cryptosuite": "eddsa-jcs-2022", "@context": document["@context"]}
    longer = {**document, "@context": [*document["@context"], "https://www.w3.org/ns/did/v1"]}
    assert signing_input(document, proof) == signing_input(longer, proof)
    with pytest.raises(Unsafe):
        signing_input({**document, "@context": document["@context"][::-1]}, proof)


def test_the_digest_is_of_what_is_said_not_of_the_proof():
    plain = licence()
    digest = digest_of(plain)
    assert digest.startswith("uEi") and len(digest) == 1 + 46
    assert digest_of({**plain, "proof": {"type": "x"}}) == digest
    assert digest_of(dict(reversed(plain.items()))) == digest
    assert digest_of({**plain, "name": "Other"}) != digest


def test_jcs_orders_keys_and_refuses_what_has_no_form():
    assert jcs({"b": 1.0, "a": "é\n", "ä": [True, None]}) == '{"a":"é\\n","b":1,"ä":[true,null]}'.encode()
    for bad in (float("nan"), 1 << 60, "\ud800"):
        with pytest.raises(BadRequest):
            jcs({"a": bad})


def test_proofs_are_objects():
    assert proofs_of({}) == []
    assert proofs_of({"proof": {"a": 1}}) == [{"a": 1}]
    with pytest.raises(BadRequest):
        proofs_of({"proof": ["x"]})


def test_multikeys_and_base64url():
    point = bytes((2,)) + bytes(32)
    assert multibase.read_multikey(multibase.multibase_encode(b"\x80\x24" + point)) == ("p256", point)
    assert multibase.read_multikey(multibase.write_ed25519(bytes(32))) == ("ed25519", bytes(32))
    with pytest.raises(BadRequest):
        multibase.read_multikey(multibase.multibase_encode(b"\xed\x01" + bytes(31)))
    for data in (b"", b"a", b"ab", b"abc\xff"):
        assert multibase.base64url_decode(multibase.base64url_encode(data)) == data
    for bad in ("zab", "ua b", "uYQ==", "u+/8"):
        with pytest.raises(BadRequest):
            multibase.base64url_decode(bad)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"type": "Ed25519Signature2020"}, "suite"),
        ({"cryptosuite": "mldsa44-jcs-2024"}, "suite"),
        ({"proofPurpose": "authentication"}, "purpose"),
        ({"verificationMethod": {"id": "x"}}, "form"),
        ({"proofValue": "z123"}, "form"),
        ({"proofValue": 5}, "form"),
        ({"previousProof": "urn:x"}, "form"),
    ],
)
def test_what_is_wrong_with_a_proof_is_said(change, reason):
    proof = {**VECTORS[0]["document"]["proof"], **change}
    fault = data_integrity.form_fault(proof)
    assert fault is not None and fault.reason == reason
