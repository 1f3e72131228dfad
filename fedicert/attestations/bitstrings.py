"""Bitstring status lists: one bit for each credential, compressed. Pure.  # Bitstring Status List 1.0 §3.2-3.3"""

import gzip
import zlib

from fedicert.base.errors import BadRequest
from fedicert.proofs.multibase import base64url_decode, base64url_encode

ENTRIES = 131_072
"""Bits of a list of ours, the least that is allowed: whoever fetches one learns little of which was meant."""
MOST_BYTES = 16 << 20
"""Of a list of somebody else's, decompressed."""


def empty() -> bytearray:
    """A list of ours in which nothing is revoked."""
    return bytearray(ENTRIES // 8)


def encode(bits: bytes) -> str:
    """`encodedList`: gzip, base64url without padding, `u` before it. The same bits give the same text."""
    return base64url_encode(gzip.compress(bits, mtime=0))


def decode(text: str, most: int = MOST_BYTES) -> bytes:
    """The bits of an `encodedList`. Raises `BadRequest` where it can't be read or holds more than `most` bytes."""
    if not text.startswith("u"):
        text = "u" + text  # drafts had no multibase prefix, and such lists still circulate
    packed = base64url_decode(text)
    unpacking = zlib.decompressobj(wbits=31)
    try:
        bits = unpacking.decompress(packed, most + 1)
    except zlib.error:
        raise BadRequest("The status list isn't gzip") from None
    if len(bits) > most:
        raise BadRequest(f"The status list holds more than {most >> 20} MiB")
    if not unpacking.eof:
        raise BadRequest("The status list is cut off")
    return bits


def get_bit(bits: bytes, index: int) -> bool:
    """The bit with this index; 0 is the left-most one. Raises `BadRequest` where the list is shorter."""
    if not 0 <= index < len(bits) * 8:
        raise BadRequest(f"The status list has no entry {index}")
    return bool(bits[index // 8] & 0x80 >> index % 8)


def set_bit(bits: bytearray, index: int) -> None:
    """Set the bit with this index."""
    if not 0 <= index < len(bits) * 8:
        raise BadRequest(f"The status list has no entry {index}")
    bits[index // 8] |= 0x80 >> index % 8
