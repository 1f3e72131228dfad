"""`Digest` (RFC 3230) and `Content-Digest` (RFC 9530) of a body. SHA-256 is the only one believed."""

import base64
import binascii
import hashlib
import hmac

from fedicert.base.errors import BadRequest, Unauthorized
from fedicert.proofs import structured


def sha256(body: bytes) -> bytes:
    """The 32 bytes."""
    return hashlib.sha256(body).digest()


def digest_header(body: bytes) -> str:
    """The value of `Digest`."""
    return "SHA-256=" + base64.b64encode(sha256(body)).decode()


def content_digest_header(body: bytes) -> str:
    """The value of `Content-Digest`."""
    return f"sha-256=:{base64.b64encode(sha256(body)).decode()}:"


def check_digest(value: str, body: bytes) -> None:
    """Compare a `Digest` value, which may be a comma list, with the body. Raises `Unauthorized`.

    The algorithm's name has no case; its value is split on the first `=` only (RFC 3230 §4.3.2).
    """
    found: bytes | None = None
    for entry in value.split(","):
        name, equals, text = entry.strip().partition("=")
        if not equals:
            raise Unauthorized("The Digest header is not a list of algorithm=value")
        if name.lower() == "sha-256":
            if found is not None:
                raise Unauthorized("The Digest header has SHA-256 twice")
            found = _decoded(text)
    _compare("Digest", found, body)


def check_content_digest(value: str, body: bytes) -> None:
    """Compare a `Content-Digest` dictionary with the body.

    Raises `BadRequest` where it is no dictionary, `Unauthorized` where it has no fitting sha-256.
    """
    try:
        members = structured.parse_dictionary(value)
    except BadRequest as error:
        raise BadRequest(f"The Content-Digest header can't be read: {error}") from None
    member = members.get("sha-256")
    if member is None:
        raise Unauthorized("The Content-Digest header has no SHA-256")
    if not isinstance(member, structured.Item) or not isinstance(member.value, bytes):
        raise BadRequest("The Content-Digest header's sha-256 is not a byte sequence")
    _compare("Content-Digest", member.value, body)


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Unauthorized("The Digest header's SHA-256 is not base64") from None


def _compare(header: str, found: bytes | None, body: bytes) -> None:
    if found is None:
        raise Unauthorized(f"The {header} header has no SHA-256")
    if len(found) != 32:
        raise Unauthorized(f"The {header} header's SHA-256 is not 32 bytes long")
    if not hmac.compare_digest(found, sha256(body)):
        raise Unauthorized(f"The {header} header does not fit the body")
