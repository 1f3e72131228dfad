"""The hand that signs inside a unit of work: one Ed25519 signature with a sealed key, some 50 µs. Never RSA.

Units of work may run twice: the same words give the same signature, so nothing comes of it.
"""

from collections.abc import Callable

from fedicert.keys import pairs
from fedicert.keys.vault import Vault

Pen = Callable[[int, bytes, bytes], bytes]
"""(row id of an Ed25519 key, the key as it is sealed, what is to be signed) → signature."""


def pen_of(vault: Vault) -> Pen:
    """A pen that opens what this vault sealed. It raises `ConfigError` where another master key sealed it."""

    def sign(row: int, sealed: bytes, base: bytes) -> bytes:
        return pairs.sign(vault.open(row, sealed), base)

    return sign
