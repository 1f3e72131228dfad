"""Draft-cavage signatures as the rigs make and check them: RSA-SHA256 over (request-target), host, date and digest.

A second implementation on purpose, sharing no line with the program's own: what both agree on is what the wire says.
Keys are a small pool, made once and shared by thousands of actors, because making one costs more than a bench run.
"""

import base64
import hashlib
import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from email.utils import formatdate, parsedate_to_datetime
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

SIGNED = "(request-target) host date digest"
WINDOW_SECONDS = 3_600
_PARAMETER = re.compile(r'([A-Za-z]+)=(?:"([^"]*)"|(\d+))')
_END = "-----END PRIVATE KEY-----\n"
_PADDING, _HASH = PKCS1v15(), SHA256()


class SignatureFault(Exception):
    """Why a request isn't properly signed, in a word or two that can be counted."""


@dataclass(frozen=True)
class Key:
    """A private key and its public half as the actor document carries it."""

    private: RSAPrivateKey
    public_pem: str


def make_keys(path: Path, count: int, bits: int = 2048) -> list[Key]:
    """The pool kept in this file, made and written where it isn't there or is too small. The file is 0600."""
    pems = _stored(path)
    if len(pems) < count:
        with ThreadPoolExecutor() as pool:
            fresh = list(pool.map(lambda _: generate_private_key(65537, bits), range(count - len(pems))))
        pems += [key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode() for key in fresh]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text("".join(pems))
    return load_keys(path)[:count]


def load_keys(path: Path) -> list[Key]:
    """The pool in this file, in order."""
    return [_key(pem) for pem in _stored(path)]


def _stored(path: Path) -> list[str]:
    return [part + _END for part in path.read_text().split(_END) if part.strip()] if path.exists() else []


def _key(pem: str) -> Key:
    private = load_pem_private_key(pem.encode(), None, unsafe_skip_rsa_key_validation=True)
    if not isinstance(private, RSAPrivateKey):
        raise SignatureFault("the pool holds RSA keys alone")
    public = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return Key(private, public.decode())


def public_key(pem: str) -> RSAPublicKey:
    """The public key of an actor document; SignatureFault where it is no RSA key."""
    try:
        key = load_pem_public_key(pem.encode())
    except ValueError as error:
        raise SignatureFault("unreadable key") from error
    if not isinstance(key, RSAPublicKey):
        raise SignatureFault("no RSA key")
    return key


def digest(body: bytes) -> str:
    """The Digest header's value."""
    return "SHA-256=" + base64.b64encode(hashlib.sha256(body).digest()).decode()


def signed_post(key: RSAPrivateKey, key_id: str, host: str, path: str, body: bytes, at: float | None = None) -> bytes:
    """A whole HTTP/1.1 POST, signed, ready for the socket. `at`: seconds since the epoch, now by default."""
    date, summed = formatdate(at, usegmt=True), digest(body)
    text = f"(request-target): post {path}\nhost: {host}\ndate: {date}\ndigest: {summed}"
    signature = base64.b64encode(key.sign(text.encode(), _PADDING, _HASH)).decode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {host}\r\nDate: {date}\r\nDigest: {summed}\r\n"
        f"Content-Type: application/activity+json\r\nContent-Length: {len(body)}\r\n"
        f'Signature: keyId="{key_id}",algorithm="rsa-sha256",headers="{SIGNED}",signature="{signature}"\r\n\r\n'
    )
    return head.encode() + body


def parameters(header: str) -> dict[str, str]:
    """The parameters of a Signature header; SignatureFault where what is needed is missing or given twice."""
    found: dict[str, str] = {}
    for name, quoted, bare in _PARAMETER.findall(header):
        if name in found:
            raise SignatureFault("parameter twice")
        found[name] = quoted or bare
    if not {"keyId", "signature", "headers"} <= found.keys():
        raise SignatureFault("parameter missing")
    if found.get("algorithm", "hs2019") not in {"rsa-sha256", "hs2019"}:
        raise SignatureFault("algorithm")
    if not set(SIGNED.split()) <= set(found["headers"].split()):
        raise SignatureFault("too little signed")
    return found


def check(
    found: Mapping[str, str], key: RSAPublicKey, path: str, headers: Mapping[str, str], body: bytes, now: float
) -> None:
    """Is the POST signed by this key, about this body, within the hour? SignatureFault where not.

    `found` are the header's `parameters`, `headers` have lower-case names, `now` is in seconds since the epoch.
    """
    if headers.get("digest") != digest(body):
        raise SignatureFault("digest")
    try:
        said = parsedate_to_datetime(headers.get("date", "")).timestamp()
    except ValueError as error:
        raise SignatureFault("date") from error
    if abs(now - said) > WINDOW_SECONDS:
        raise SignatureFault("date")
    lines = []
    for name in found["headers"].split():
        value = f"post {path}" if name == "(request-target)" else headers.get(name)
        if value is None:
            raise SignatureFault("signed header missing")
        lines.append(f"{name}: {value}")
    try:
        key.verify(base64.b64decode(found["signature"]), "\n".join(lines).encode(), _PADDING, _HASH)
    except (InvalidSignature, ValueError) as error:
        raise SignatureFault("signature") from error
