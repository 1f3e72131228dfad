"""Signing as those see it who may not know the keys' room: a key with its name, and a function that signs a batch."""

from collections.abc import Callable, Sequence

import msgspec

SignBatch = Callable[[Sequence[tuple[bytes, bytes]]], list[bytes]]
"""(secret, base) pairs → signatures, in order. Runs in a thread."""


class SigningKey(msgspec.Struct, frozen=True, array_like=True):
    """A private key in use. `key_id`: its URL; `algorithm`: `rsa-v1_5-sha256` or `ed25519`; `secret`: PKCS#8 DER."""

    key_id: str
    algorithm: str
    secret: bytes

    def __repr__(self) -> str:
        return f"SigningKey({self.key_id!r}, {self.algorithm})"
