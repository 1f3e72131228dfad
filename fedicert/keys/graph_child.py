"""What the limited child does for proofs: screen, expand and canonicalise documents that strangers wrote.

Started by `keys.proving` as a module of `base.limited_child`. A request is a JSON array of tasks, `[HOW, VALUE]`; the
answer has for each `[HASH, "", ""]` (hex, '' for a mere look) or `["", REASON, SENTENCE]`.
"""

import hashlib
from typing import Any

import orjson

from fedicert.base.errors import BadRequest
from fedicert.proofs import rdf
from fedicert.proofs.canonical_json import jcs
from fedicert.proofs.screening import Unsafe, screen

LOOK, GRAPH, TEXT = "look", "graph", "text"
"""Expand in safe mode alone; hash the canonical graph; hash the canonical JSON."""


def answer(request: bytes) -> bytes:
    """Do the tasks. It is a limited child's entry."""
    return orjson.dumps([_do(how, value) for how, value in orjson.loads(request)])


def _do(how: str, value: dict[str, Any]) -> list[str]:
    try:
        if how == TEXT:
            return [hashlib.sha256(jcs(value)).hexdigest(), "", ""]
        screen(value)
        if how == GRAPH:
            return [hashlib.sha256(rdf.canonical(value).encode()).hexdigest(), "", ""]
        rdf.expand(value)
    except Unsafe as unsafe:
        return ["", unsafe.fault.reason, unsafe.fault.sentence]
    except (BadRequest, RecursionError) as error:
        return ["", "form", f"it can't be read ({type(error).__name__})"]
    except (TypeError, ValueError, LookupError, AttributeError) as error:
        # PyLD's, at shapes it doesn't expect: the document's fault, and the same the next time.
        return ["", "form", f"it isn't valid JSON-LD ({type(error).__name__})"]
    return ["", "", ""]
