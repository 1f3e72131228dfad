"""Multibase in base58-btc and base64url, multihashes, and the multikeys of FEP-521a and Controlled Identifiers 1.0.

`z6Mk…` is an Ed25519 public key, `zDn…` one on the curve P-256.
"""

import base64
import binascii
import hashlib
from typing import Literal

from fedicert.base.errors import BadRequest

_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_VALUES = {character: value for value, character in enumerate(_ALPHABET)}
_ED25519_PUBLIC = b"\xed\x01"
_P256_PUBLIC = b"\x80\x24"
_SHA2_256 = b"\x12\x20"
_LONGEST = 1024

Curve = Literal["ed25519", "p256"]


def base58_encode(data: bytes) -> str:
    """Bytes as base58-btc."""
    zeros = len(data) - len(data.lstrip(b"\x00"))
    number = int.from_bytes(data)
    text = ""
    while number:
        number, rest = divmod(number, 58)
        text = _ALPHABET[rest] + text
    return "1" * zeros + text


def base58_decode(text: str) -> bytes:
    """base58-btc as bytes. Raises `BadRequest`."""
    if len(text) > _LONGEST:
        raise BadRequest("This base58 text is too long")
    number = 0
    for character in text:
        if character not in _VALUES:
            raise BadRequest(f"{character!r} is no base58 character")
        number = number * 58 + _VALUES[character]
    zeros = len(text) - len(text.lstrip("1"))
    return b"\x00" * zeros + number.to_bytes((number.bit_length() + 7) // 8)


def multibase_encode(data: bytes) -> str:
    """Bytes as multibase base58-btc (`z…`)."""
    return "z" + base58_encode(data)


def multibase_decode(text: str) -> bytes:
    """Multibase base58-btc as bytes. Raises `BadRequest` for other bases."""
    if not text.startswith("z"):
        raise BadRequest("This is not multibase base58-btc")
    return base58_decode(text[1:])


def write_ed25519(public: bytes) -> str:
    """The 32 bytes of an Ed25519 public key as a multikey."""
    return multibase_encode(_ED25519_PUBLIC + public)


def read_ed25519(text: str) -> bytes:
    """The 32 bytes of an Ed25519 multikey. Raises `BadRequest`."""
    data = multibase_decode(text)
    if not data.startswith(_ED25519_PUBLIC) or len(data) != 34:
        raise BadRequest("This multikey is no Ed25519 public key")
    return data[2:]


def read_multikey(text: str) -> tuple[Curve, bytes]:
    """The curve of a public multikey and its bytes: 32 for Ed25519, a compressed point of 33 for P-256.

    Raises `BadRequest` for other kinds.
    """
    data = multibase_decode(text)
    if data.startswith(_ED25519_PUBLIC) and len(data) == 34:
        return "ed25519", data[2:]
    if data.startswith(_P256_PUBLIC) and len(data) == 35:
        return "p256", data[2:]
    raise BadRequest("This multikey is neither an Ed25519 nor a P-256 public key")


def base64url_encode(data: bytes) -> str:
    """Bytes as multibase base64url without padding (`u…`)."""
    return "u" + base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def base64url_decode(text: str) -> bytes:
    """Multibase base64url without padding as bytes. Raises `BadRequest`."""
    body = text[1:]
    if not text.startswith("u") or not body.isascii() or any(sign in body for sign in "=+/"):
        raise BadRequest("This is not multibase base64url")
    try:
        return base64.b64decode(body + "=" * (-len(body) % 4), altchars=b"-_", validate=True)
    except binascii.Error:
        raise BadRequest("This is not multibase base64url") from None


def sha256_multihash(data: bytes) -> bytes:
    """SHA-256 with the two bytes before it that say so."""
    return _SHA2_256 + hashlib.sha256(data).digest()
