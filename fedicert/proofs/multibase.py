"""base58-btc, multibase and the multikeys of FEP-521a (`z6Mk…` for Ed25519 public keys)."""

from fedicert.base.errors import BadRequest

_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_VALUES = {character: value for value, character in enumerate(_ALPHABET)}
_ED25519_PUBLIC = b"\xed\x01"
_LONGEST = 1024


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
