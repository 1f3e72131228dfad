"""What a graph may be: safe mode both ways, screening, and hostile graphs. PyLD in this process, small sizes."""

from typing import Any

import pytest

from fedicert.proofs import rdf
from fedicert.proofs.screening import Unsafe, screen
from tests.proofs.credentials import licence


def read(document: dict[str, Any]) -> str:
    screen(document)
    return rdf.canonical(document)


def test_a_licence_has_a_canonical_graph_whatever_the_order_of_its_keys():
    text = read(licence())
    assert "licenseNumber" in text and '"ME-104422"' in text
    assert read(dict(reversed(licence().items()))) == text


def subject(**changes: Any) -> dict[str, Any]:
    return licence(credentialSubject={**licence()["credentialSubject"], **changes})


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (licence(colour="red"), "form"),
        (subject(colour="red"), "form"),
        (licence(type=["VerifiableCredential", "NobodysType"]), "form"),
        (licence(id="no iri"), "form"),
        (licence(id="relative/one"), "form"),
        (licence(id="https://relative.invalid/one"), "form"),
        (licence(id="_:b0"), "form"),
        (subject(licenseNumber=None), "form"),
        (subject(**{"@context": "https://www.w3.org/ns/did/v1"}), "form"),
        (subject(**{"@index": "x"}), "form"),
        (licence(**{"@graph": []}), "form"),
        (subject(**{"https://purl.imsglobal.org/spec/vc/ob/vocab.html#licenseNumber": "X"}), "form"),
        (subject(id='https://a.example/> <https://b.example/p> "x" .\n<https://a.example/'), "form"),
        (licence(name={"@value": "x", "@language": "not a language"}), "form"),
        (licence(**{"@context": "https://board.example/own-context"}), "context"),
        (licence(**{"@context": ["https://www.w3.org/ns/credentials/v2", {"x": "https://x.example/"}]}), "context"),
        (licence(**{"@context": []}), "context"),
        (licence(**{"@context": ["https://www.w3.org/ns/credentials/v2"] * 9}), "context"),
        (licence(description="x" * 300_000), "size"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_two_readers_could_read_in_two_ways_is_refused(document, reason):
    with pytest.raises(Unsafe) as raised:
        read(document)
    assert raised.value.fault.reason == reason


def test_the_term_that_means_nothing_is_named():
    with pytest.raises(Unsafe, match="colour"):
        read(licence(colour="red"))


def test_a_text_may_say_its_language():
    assert '"Licence"@en' in read(licence(name={"@value": "Licence", "@language": "en"}))


def test_depth_and_number_of_values_are_bounded():
    deep: Any = "x"
    for _ in range(30):
        deep = {"id": "https://a.example/", "type": ["Achievement"], "description": deep}
    for document in (subject(achievement=deep), licence(type=["VerifiableCredential"] * 5_000)):
        with pytest.raises(Unsafe) as raised:
            screen(document)
        assert raised.value.fault.reason == "size"


def poison(count: int) -> dict[str, Any]:
    """Nodes without names that only differ in what they are tied to."""
    pair = [{"type": ["Alignment"], "targetName": "x"}, {"type": ["Alignment"], "targetName": "x"}]
    return subject(achievement={**licence()["credentialSubject"]["achievement"], "alignment": pair * (count // 2)})


@pytest.mark.parametrize("count", [20, 24, 60])
def test_a_poison_graph_is_refused_before_it_is_canonicalised(count):
    with pytest.raises(Unsafe) as raised:
        read(poison(count))
    assert raised.value.fault.reason == "graph"


def test_a_few_that_look_alike_are_no_poison():
    assert read(poison(4))


def test_very_many_nameless_nodes_are_refused():
    many = [{"type": ["Alignment"], "targetName": f"x{n}"} for n in range(300)]
    document = subject(achievement={**licence()["credentialSubject"]["achievement"], "alignment": many})
    with pytest.raises(Unsafe) as raised:
        read(document)
    assert raised.value.fault.reason == "graph"


@pytest.mark.parametrize("how", ["in one array", "in arrays of arrays", "of one node in several places"])
def test_very_many_values_of_one_term_are_refused(how):
    """Each is held against all the others: some thousands of them would keep the child busy until its deadline."""
    values = [f"value {at}" for at in range(400)]
    said = {
        "in one array": values,
        "in arrays of arrays": [[value] for value in values],
        "of one node in several places": [
            {"id": "https://x.example/one", "x": values[:200]},
            {"id": "https://x.example/one", "x": values[200:]},
        ],
    }[how]
    document = {**licence(), "x": said}
    document["@context"] = [*document["@context"], "https://www.w3.org/ns/credentials/undefined-terms/v2"]
    with pytest.raises(Unsafe) as raised:
        read(document)
    assert raised.value.fault.reason == "graph"
