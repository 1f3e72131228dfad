"""From a JSON-LD document to the text that rdfc suites sign: expansion in safe mode, RDF, RDFC-1.0.

It imports PyLD, and a hostile graph can keep it busy for years: everything here runs in the limited child alone
(`keys/graph_child.py`), or in tests. Contexts come from the bundle; nothing is fetched.  # RDF Dataset Canonicalization 1.0
"""

from collections import Counter
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from fedicert.proofs.contexts import BUNDLED, context
from fedicert.proofs.screening import Unsafe, is_iri, is_language

MOST_BLANK = 256
"""Nodes without a name."""
MOST_ALIKE = 6
"""Nameless nodes that can't be told apart by what is said of each: the work rises with their factorial."""
MOST_TOGETHER = 256
"""Values that one node has for one term, wherever in the document they stand: the work rises with their square."""

_RELATIVE = "https://relative.invalid/"
"""What relative references are resolved against, to be told by it: they mean nothing in a signed document."""
_N_QUADS = "application/n-quads"
_NOT_IN_A_GRAPH = ("@index", "@direction", "@included", "@reverse", "@graph")


def canonical(document: Mapping[str, Any]) -> str:
    """The canonical N-Quads of a screened document with its `@context`. Raises `Unsafe`."""
    from pyld import jsonld

    options = {"documentLoader": _load, "base": _RELATIVE}
    expanded = expand(document)
    try:
        dataset = jsonld.to_rdf(expanded, options)
    except jsonld.JsonLdError as error:
        raise Unsafe("form", f"it isn't valid JSON-LD ({error.type})") from None
    if _blank_nodes(dataset) > MOST_BLANK:
        raise Unsafe("graph", f"it has more than {MOST_BLANK} nodes without a name")
    text: str = _bounded()().main(dataset, {"format": _N_QUADS})
    return text


def expand(document: Mapping[str, Any]) -> Any:
    """The expanded form. Raises `Unsafe` (`form`) where a term has no meaning in its contexts or would be dropped."""
    from pyld import jsonld

    def dropped(_: object) -> None:
        raise Unsafe("form", f"it has a term that none of its contexts defines{_undefined(document)}")

    options = {"documentLoader": _load, "base": _RELATIVE, "processingMode": "json-ld-1.1"}
    try:
        expanded = jsonld.expand(dict(document), options, on_property_dropped=dropped)
    except jsonld.JsonLdError as error:
        raise Unsafe("form", f"it isn't valid JSON-LD ({error.code or error.type})") from None
    if len(expanded) != 1:
        raise Unsafe("form", "it isn't one JSON-LD object")
    _check(expanded)
    return expanded


def _undefined(document: Mapping[str, Any]) -> str:
    """Which one, for people: the first key that no context has anywhere. '' where every one is somewhere."""
    known: set[str] = set()
    named = document.get("@context")
    for address in [named] if isinstance(named, str) else named or []:
        _collect_terms(context(address), known)
    waiting: list[Any] = [document]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            for key, child in value.items():
                if key not in known and not key.startswith("@"):
                    return f": {key[:100]}"
                waiting.append(child)
        elif isinstance(value, list):
            waiting.extend(value)
    return ""


def _collect_terms(definition: Any, into: set[str]) -> None:
    if isinstance(definition, dict):
        into.update(definition)
        for value in definition.values():
            _collect_terms(value, into)
    elif isinstance(definition, list):
        for value in definition:
            _collect_terms(value, into)


def _check(expanded: Any) -> None:
    """Nothing that a graph would lose or spell in a second way, and nothing that takes it long."""
    together: Counter[tuple[object, str]] = Counter()
    waiting = [expanded]
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting.extend(value)
        elif isinstance(value, dict):
            _check_node(value)
            node = value.get("@id", id(value))
            together.update({(node, key): len(told) for key, told in value.items() if isinstance(told, list)})
            waiting.extend(value.values())
    if max(together.values(), default=0) > MOST_TOGETHER:
        raise Unsafe("graph", f"one of its nodes has more than {MOST_TOGETHER} values for one term")


def _check_node(node: dict[str, Any]) -> None:
    for key in node:
        if key in _NOT_IN_A_GRAPH or key.startswith("_:"):
            raise Unsafe("form", f"it uses {key[:100]}, which a signature over its meaning doesn't cover")
        if not key.startswith("@") and not is_iri(key):
            raise Unsafe("form", f"a term of it means {key[:100]!r}, which is no absolute IRI")
    if "@language" in node and not is_language(node["@language"]):
        raise Unsafe("form", "it has a language that is none")
    if "@id" in node and not _is_absolute(node["@id"]):
        raise Unsafe("form", f"{str(node['@id'])[:200]!r} is no absolute IRI")
    kinds = node.get("@type", [])
    for kind in kinds if isinstance(kinds, list) else [kinds]:
        if not _is_absolute(kind) and kind != "@json":
            raise Unsafe("form", f"it has the type {str(kind)[:100]!r}, which none of its contexts defines")


def _is_absolute(text: object) -> bool:
    return is_iri(text) and not str(text).startswith(_RELATIVE)


def _blank_nodes(dataset: Mapping[str, Any]) -> int:
    return len(
        {
            part["value"]
            for triples in dataset.values()
            for triple in triples
            for key, part in triple.items()
            if key != "predicate" and part["type"] == "blank node"
        }
    )


@lru_cache(maxsize=1)
def _bounded() -> Any:
    """RDFC-1.0 that begins no search among many nodes that look alike."""
    from pyld.canon import URDNA2015

    class Bounded(URDNA2015):  # type: ignore[misc]
        def hash_n_degree_quads(self, id_: str, issuer: Any) -> Any:
            # What is left here when the search begins are the nodes that their own quads don't tell apart.
            if sum(len(alike) for alike in self.hash_to_blank_nodes.values()) > MOST_ALIKE:
                raise Unsafe("graph", f"more than {MOST_ALIKE} of its nodes without a name can't be told apart")
            return super().hash_n_degree_quads(id_, issuer)

    return Bounded


def _load(address: str, _: Any) -> dict[str, Any]:
    if address not in BUNDLED:
        raise Unsafe("context", f"it names a context that isn't known here, and none is ever fetched: {address[:200]}")
    return {
        "contentType": "application/ld+json",
        "contextUrl": None,
        "documentUrl": address,
        "document": context(address),
    }
