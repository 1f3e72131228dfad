"""Keys made once for all signature tests."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


class Signer:
    def __init__(self, private: RSAPrivateKey | Ed25519PrivateKey) -> None:
        self.private = private
        self.pem = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

    def __call__(self, base: bytes) -> bytes:
        if isinstance(self.private, RSAPrivateKey):
            return self.private.sign(base, PKCS1v15(), SHA256())
        return self.private.sign(base)


@pytest.fixture(scope="session")
def rsa() -> Signer:
    return Signer(generate_private_key(65537, 2048))


@pytest.fixture(scope="session")
def ed25519() -> Signer:
    return Signer(Ed25519PrivateKey.generate())
