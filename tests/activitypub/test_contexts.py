"""Read as JSON-LD, every key and type that we write is a term that our contexts define."""

import json
from pathlib import Path

import pytest
from pyld import jsonld
from pyld.documentloader.frozen import BUNDLED_CONTEXTS, FrozenDocumentLoader

from fedicert.model.permits import PERMIT_CONTEXT
from fedicert.proofs.contexts import context

GOLDEN = sorted((Path(__file__).parent.parent / "golden" / "fedicert").glob("*.json"))


KNOWN = {**BUNDLED_CONTEXTS, PERMIT_CONTEXT: context(PERMIT_CONTEXT)}
"""What stands under a licence names the context of its proof as well."""


def undefined(document: object) -> list[str]:
    """The ActivityStreams context turns what it doesn't know into blank names, `_:like-this`."""
    expanded = json.dumps(jsonld.expand(document, {"documentLoader": FrozenDocumentLoader(KNOWN)}))
    return [word for word in expanded.split('"') if word.startswith("_:")]


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_every_key_is_a_term(path: Path) -> None:
    assert undefined(json.loads(path.read_text())) == []


def test_a_forgotten_term_is_found() -> None:
    actor = json.loads((GOLDEN[0].parent / "actor.json").read_text())
    terms = actor["@context"][-1]
    for forgotten in ("discoverable", "Emoji", "value", "implements"):
        without = {key: term for key, term in terms.items() if key != forgotten}
        found = undefined({**actor, "@context": [*actor["@context"][:-1], without]})
        assert f"_:{forgotten}" in found
