"""Key pairs of our own: make, write, load and sign. Slow parts belong into `keys.pool`.

RSA-2048 signs HTTP requests (every peer reads it), Ed25519 what carries proofs. The private form is PKCS#8 DER, which
only ever leaves this room sealed by the vault.
"""

from collections.abc import Sequence
from functools import lru_cache

import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
)

from fedicert.base.errors import ConfigError
from fedicert.proofs import multibase
from fedicert.proofs.messages import ED25519, RSA

RSA_BITS = 2048
CACHED = 1024

PrivateKey = RSAPrivateKey | Ed25519PrivateKey


class Pair(msgspec.Struct, frozen=True):
    """A fresh pair. `algorithm`: `rsa-v1_5-sha256` or `ed25519`; `public`: PEM or multikey; `secret`: PKCS#8 DER."""

    algorithm: str
    public: str
    secret: bytes

    def __repr__(self) -> str:
        return f"Pair({self.algorithm}, …)"


def new_rsa() -> Pair:
    """RSA-2048. Takes 30 to 300 ms."""
    key = generate_private_key(public_exponent=65537, key_size=RSA_BITS)
    return Pair(RSA, public_pem(key), _secret(key))


def new_ed25519() -> Pair:
    """Ed25519, its public half as a multikey."""
    key = Ed25519PrivateKey.generate()
    public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return Pair(ED25519, multibase.write_ed25519(public), _secret(key))


def public_pem(key: PrivateKey) -> str:
    """The public half as SubjectPublicKeyInfo PEM."""
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


@lru_cache(maxsize=CACHED)
def load_private(secret: bytes) -> PrivateKey:
    """A key object from our own PKCS#8 DER, kept for the next time.

    Our own keys were checked when they were made; validating RSA again costs 33 ms each.
    """
    try:
        key = load_der_private_key(secret, password=None, unsafe_skip_rsa_key_validation=True)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise ConfigError("A private key in the database can't be read") from None
    if not isinstance(key, RSAPrivateKey | Ed25519PrivateKey):
        raise ConfigError("A private key in the database is neither RSA nor Ed25519")
    return key


def sign(secret: bytes, base: bytes) -> bytes:
    """A signature: RSASSA-PKCS1-v1_5 with SHA-256 (~300 µs), or Ed25519 (~30 µs)."""
    key = load_private(secret)
    if isinstance(key, RSAPrivateKey):
        return key.sign(base, PKCS1v15(), SHA256())
    return key.sign(base)


def sign_batch(batch: Sequence[tuple[bytes, bytes]]) -> list[bytes]:
    """Signatures of (secret, base) pairs, in order; one thread hop for all of them."""
    return [sign(secret, base) for secret, base in batch]


def _secret(key: PrivateKey) -> bytes:
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
