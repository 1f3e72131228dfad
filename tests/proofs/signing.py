"""What a Data Integrity proof signs, hashed by the same tasks as where proofs are tried, and the headers of a signed request."""

from __future__ import annotations

from typing import Any

import orjson

from fedicert.keys import graph_child
from fedicert.keys.graph_child import GRAPH, TEXT
from fedicert.proofs.data_integrity import is_rdfc, parts
from fedicert.proofs.http_signatures import CAVAGE, Sign, prepare
from fedicert.proofs.messages import RSA


def signing_input(document: dict[str, Any], proof: dict[str, Any]) -> bytes:
    """Hash of the proof's configuration, then hash of the document. Raises `Unsafe`; ValueError with what the child says."""
    how = GRAPH if is_rdfc(str(proof.get("cryptosuite"))) else TEXT
    found = orjson.loads(graph_child.answer(orjson.dumps([(how, part) for part in parts(document, proof)])))
    faults = [sentence for _, _, sentence in found if sentence]
    if faults:
        raise ValueError(faults[0])
    return b"".join(bytes.fromhex(digest) for digest, _, _ in found)


def sign_request(
    sign: Sign,
    method: str,
    url: str,
    key_id: str,
    now: int,
    *,
    spec: str = CAVAGE,
    body: bytes | None = None,
    algorithm: str = RSA,
    extra: tuple[tuple[str, str], ...] = (),
) -> tuple[tuple[str, str], ...]:
    """The headers of a request that another server signs; `sign` makes a signature over bytes."""
    prepared = prepare(spec, method, url, key_id, now, body=body, algorithm=algorithm, extra=extra)
    return prepared.headers(sign(prepared.base))
