"""What is looked at in a credential before any JSON-LD is done with it: size, shape, contexts.

A secured document has one reading only if it is written plainly: with contexts that are bundled here, named once at
the top, and with terms for keys. Inline and nested contexts, keywords, compact IRIs and nulls could make two readers
see two documents under one signature; what needs them is refused.
"""

import re
from typing import Any

from fedicert.model.attestations import ProofFault
from fedicert.proofs.canonical_json import jcs
from fedicert.proofs.contexts import BUNDLED

MOST_BYTES = 256 << 10
MOST_DEPTH = 24
MOST_NODES = 4_000
MOST_CONTEXTS = 8
MOST_PROOFS = 8

_IN_TEXT_WITH_LANGUAGE = {"@value", "@language", "@direction"}
_IRI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\x00-\x20<>\"{}|\\^`]*")
_LANGUAGE = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*")


class Unsafe(Exception):
    """A document that isn't taken. `fault`: why."""

    def __init__(self, reason: str, sentence: str) -> None:
        super().__init__(sentence)
        self.fault = ProofFault(reason, sentence)


def screen(document: dict[str, Any], *, sized: bool = True) -> None:
    """Raise `Unsafe` (`size`, `context`, `form`) where a document without its proofs isn't plain enough.

    `sized`: measure it as well.
    """
    _check_contexts(document.get("@context"))
    _check_shape(document)
    if sized and len(jcs(document)) > MOST_BYTES:
        raise Unsafe("size", f"it is larger than {MOST_BYTES >> 10} KiB")


def contexts_of(value: Any) -> list[str]:
    """What `@context` names. Raises `Unsafe` (`context`)."""
    named = [value] if isinstance(value, str) else value
    if not isinstance(named, list) or not named or not all(isinstance(each, str) for each in named):
        raise Unsafe("context", "its @context has to be the addresses of public contexts, written out at the top")
    return named


def is_iri(text: object) -> bool:
    """Is it an absolute IRI that can stand in a graph as it is?"""
    return isinstance(text, str) and _IRI.fullmatch(text) is not None


def is_language(text: object) -> bool:
    """Is it a language tag?  # BCP 47, roughly"""
    return isinstance(text, str) and _LANGUAGE.fullmatch(text) is not None


def _check_contexts(value: Any) -> None:
    named = contexts_of(value)
    if len(named) > MOST_CONTEXTS:
        raise Unsafe("context", f"it names more than {MOST_CONTEXTS} contexts")
    unknown = [each for each in named if each not in BUNDLED]
    if unknown:
        raise Unsafe(
            "context", f"it names a context that isn't known here, and none is ever fetched: {unknown[0][:200]}"
        )


def _check_shape(document: dict[str, Any]) -> None:
    level: list[Any] = [document]
    depth = nodes = 0
    while level:
        depth += 1
        if depth > MOST_DEPTH:
            raise Unsafe("size", f"it is nested deeper than {MOST_DEPTH} levels")
        below: list[Any] = []
        for each in level:
            children = each
            if isinstance(each, dict):
                _check_keys(each, top=each is document)
                children = [value for key, value in each.items() if key != "@context"]
            nodes += len(children)
            if any(child is None for child in children):
                raise Unsafe("form", "it has a null, which no signature over its meaning covers")
            below += [child for child in children if isinstance(child, dict | list)]
        if nodes > MOST_NODES:
            raise Unsafe("size", f"it has more than {MOST_NODES} values")
        level = below


def _check_keys(node: dict[str, Any], top: bool) -> None:
    for key, value in node.items():
        if key == "@context" and top:
            continue
        if key.startswith("@") and not ("@value" in node and node.keys() <= _IN_TEXT_WITH_LANGUAGE):
            raise Unsafe("form", f"the key {key[:100]} may not be used there")
        if ":" in key:
            raise Unsafe("form", f"{key[:100]!r} is spelled out where a term of its contexts belongs")
        if key in ("id", "type"):
            _check_names(value)


def _check_names(value: Any) -> None:
    for name in value if isinstance(value, list) else [value]:
        if isinstance(name, str) and name.startswith("_:"):
            raise Unsafe("form", "it gives a name of its own to a node that has none")
