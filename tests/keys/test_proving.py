"""The prover: proofs made and checked through the limited child."""

import copy
import os
import signal

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedicert.base.errors import BadRequest
from fedicert.base.ids import SystemEntropy
from fedicert.keys import graph_child
from fedicert.keys.pool import KeyPool
from fedicert.keys.proving import Prover
from fedicert.model.attestations import ISSUED_SUITES
from tests.proofs.credentials import AT, METHOD, licence, pair
from tests.proofs.test_rdf import poison


@pytest.fixture
async def prover():
    pool = KeyPool(SystemEntropy(), threads=2)
    made = Prover(pool, seconds=60)
    yield made
    await made.close()
    pool.close()


def faults(results):
    return [result.fault.reason if result.fault else "" for result in results]


@pytest.mark.parametrize("suite", ISSUED_SUITES)
async def test_what_it_makes_it_accepts_and_no_letter_may_change(prover, suite):
    key = pair()
    signed = await prover.secure(licence(), suite, METHOD, AT, key.secret)
    assert signed["proof"]["created"] == "2026-11-01T00:00:00Z" and signed["proof"]["cryptosuite"] == suite
    keys = {METHOD: key.public}
    (good,) = await prover.check(signed, keys)
    assert good.fault is None and not good.pending and good.method == METHOD and good.suite == suite
    number = copy.deepcopy(signed)
    number["credentialSubject"]["licenseNumber"] = "ME-104423"
    later = copy.deepcopy(signed)
    later["proof"]["created"] = "2026-11-02T00:00:00Z"
    assert faults(await prover.check(number, keys)) == ["signature"]
    assert faults(await prover.check(later, keys)) == ["signature"]
    assert faults(await prover.check(signed, {METHOD: pair().public})) == ["signature"]
    assert faults(await prover.check(signed, {f"{METHOD}x": key.public})) == ["key"]
    assert faults(await prover.check({**signed, "colour": "red"}, keys)) == ["form"]


async def test_every_proof_is_reported(prover):
    key = pair()
    one = await prover.secure(licence(), "eddsa-rdfc-2022", METHOD, AT, key.secret)
    two = await prover.secure(licence(), "eddsa-jcs-2022", METHOD, AT, key.secret)
    both = {**one, "proof": [one["proof"], two["proof"]]}
    assert faults(await prover.check(both, {METHOD: key.public})) == ["", ""]
    bad = {**two["proof"], "proofValue": one["proof"]["proofValue"]}
    mixed = {**one, "proof": [one["proof"], bad]}
    assert faults(await prover.check(mixed, {METHOD: key.public})) == ["", "signature"]
    assert faults(await prover.check(licence(), {METHOD: key.public})) == ["missing"]
    many = {**one, "proof": [one["proof"]] * 20}
    assert faults(await prover.check(many, {METHOD: key.public})) == ["form"]


async def test_an_array_of_proofs_with_a_foreign_context_in_one(prover):
    key = pair()
    signed = await prover.secure(licence(), "eddsa-jcs-2022", METHOD, AT, key.secret)
    signed["@context"] = [*signed["@context"], "https://www.w3.org/ns/credentials/undefined-terms/v2"]
    signed["colour"] = "red"
    assert faults(await prover.check(signed, {METHOD: key.public})) == ["signature"]


async def test_an_undefined_term_is_not_signed_by_either_suite(prover):
    for suite in ISSUED_SUITES:
        with pytest.raises(BadRequest, match="colour"):
            await prover.secure(licence(colour="red"), suite, METHOD, AT, pair().secret)


async def test_a_poison_graph_is_a_fault_and_the_next_document_is_read(prover):
    key = pair()
    signed = await prover.secure(licence(), "eddsa-rdfc-2022", METHOD, AT, key.secret)
    hostile = {**poison(24), "proof": signed["proof"]}
    assert faults(await prover.check(hostile, {METHOD: key.public})) == ["graph"]
    assert faults(await prover.check(signed, {METHOD: key.public})) == [""]


async def test_a_child_that_dies_says_nothing_against_the_document(prover):
    key = pair()
    signed = await prover.secure(licence(), "eddsa-rdfc-2022", METHOD, AT, key.secret)
    os.kill(prover._child.pid, signal.SIGSTOP)
    os.kill(prover._child.pid, signal.SIGKILL)
    results = [(await prover.check(signed, {METHOD: key.public}))[0] for _ in range(2)]
    assert results[0].pending or results[0].fault is None
    assert results[1].fault is None


async def test_a_late_child_leaves_it_pending():
    pool = KeyPool(SystemEntropy(), threads=1)
    hasty = Prover(pool, seconds=0.0001)
    key = pair()
    try:
        (result,) = await hasty.check({**licence(), "proof": _proof()}, {METHOD: key.public})
    finally:
        await hasty.close()
        pool.close()
    assert result.pending and result.fault is not None and result.fault.reason == "pending"


def _proof():
    return {
        "type": "DataIntegrityProof",
        "cryptosuite": "eddsa-rdfc-2022",
        "verificationMethod": METHOD,
        "proofPurpose": "assertionMethod",
        "proofValue": "z21EVs3eXERqTn4acNHT9viboqgzUaQ3kTmhPT3eA8qrVPE7CrQq78WkzctnMX5W4CrzcKnHw8V6dvy5pgWYCU5e9",
    }


SHAPES = st.recursive(
    st.none() | st.booleans() | st.integers(-(1 << 53), 1 << 53) | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["id", "type", "@value", "@language", "name", "issuer", "x"]), inner, max_size=4
        )
    ),
    max_leaves=12,
)


@given(st.sampled_from(["id", "type", "issuer", "name", "validFrom", "credentialSubject", "@context"]), SHAPES)
@settings(max_examples=300, deadline=None)
def test_whatever_stands_in_a_document_it_is_a_hash_or_a_fault(key, value):
    tasks = [(how, {**licence(), key: value}) for how in ("look", "graph", "text")]
    for hash_, reason, sentence in orjson.loads(graph_child.answer(orjson.dumps(tasks))):
        assert bool(reason) == bool(sentence) and not (hash_ and reason)
