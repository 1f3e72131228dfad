"""Bearer tokens and other secrets given out: 256 bits of chance, stored as a hash, compared in constant time."""

import base64
import hashlib
import hmac

from fedicert.base.ids import Entropy

BYTES = 32


def new_token(entropy: Entropy) -> str:
    """A fresh secret, 43 characters that fit into URLs and headers. It is shown once and never stored."""
    return base64.urlsafe_b64encode(entropy.bytes(BYTES)).rstrip(b"=").decode()


def token_hash(token: str) -> str:
    """What is stored and looked up: SHA-256 in hex. No salt: the secret is random, the look-up needs the hash."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def same(one: str, other: str) -> bool:
    """Equality that takes as long for a wrong text as for the right one."""
    return hmac.compare_digest(one.encode("utf-8", "surrogatepass"), other.encode("utf-8", "surrogatepass"))
