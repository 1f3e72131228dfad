"""JSON Canonicalization Scheme: one text for one value, whatever it was written like.  # RFC 8785"""

from typing import Any

import rfc8785

from fedicert.base.errors import BadRequest


def jcs(value: Any) -> bytes:
    """The canonical UTF-8 text of a JSON value. Raises `BadRequest` where a number has none (beyond 2^53, not finite)."""
    try:
        return rfc8785.dumps(value)
    except (rfc8785.CanonicalizationError, ValueError, RecursionError) as error:
        raise BadRequest(f"This JSON has no canonical form: {error}") from None
