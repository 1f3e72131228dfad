"""A scripted peer: actors with keys of their own behind an in-memory wire, and requests signed as peers sign them."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from fedicert.proofs.messages import CAVAGE, RSA
from fedicert.remote.wire import Request, Response
from tests.proofs.signing import sign_request
from tests.wire import answer

ORIGIN = "https://home.example"
AS = "https://www.w3.org/ns/activitystreams"


class Signer:
    """A private key that signs bytes."""

    def __init__(self, private: RSAPrivateKey | Ed25519PrivateKey) -> None:
        self.private = private
        self.pem = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

    def __call__(self, base: bytes) -> bytes:
        if isinstance(self.private, RSAPrivateKey):
            return self.private.sign(base, PKCS1v15(), SHA256())
        return self.private.sign(base)


def new_signer() -> Signer:
    return Signer(generate_private_key(65537, 2048))


class Peer:
    """One host. `documents`: path → document or response; `gone`: paths that answer 410. WebFinger follows from actors."""

    def __init__(self, signer: Signer, host: str = "far.example") -> None:
        self.signer, self.host = signer, host
        self.documents: dict[str, Any] = {}
        self.gone: set[str] = set()
        self.statuses: dict[str, int] = {}
        self.add_actor("bob")

    def actor(self, name: str = "bob") -> str:
        return f"https://{self.host}/users/{name}"

    def key(self, name: str = "bob") -> str:
        return f"{self.actor(name)}#main-key"

    def add_actor(self, name: str, **changes: Any) -> str:
        uri = self.actor(name)
        self.documents[f"/users/{name}"] = {
            "@context": [AS, "https://w3id.org/security/v1"],
            "id": uri,
            "type": "Person",
            "preferredUsername": name,
            "inbox": f"{uri}/inbox",
            "outbox": f"{uri}/outbox",
            "followers": f"{uri}/followers",
            "endpoints": {"sharedInbox": f"https://{self.host}/inbox"},
            "publicKey": {"id": self.key(name), "owner": uri, "publicKeyPem": self.signer.pem},
            **changes,
        }
        return uri

    def __call__(self, request: Request) -> Response:
        """What this host answers."""
        url = urlsplit(request.url)
        if url.path == "/.well-known/webfinger":
            return self._finger(request.url, parse_qs(url.query)["resource"][0])
        if url.path in self.gone:
            return answer(request.url, {"error": "gone"}, 410)
        if url.path in self.statuses:
            return answer(request.url, {"error": "no"}, self.statuses[url.path])
        found = self.documents.get(url.path)
        if isinstance(found, Response):
            return found
        return answer(request.url, {"error": "none"}, 404) if found is None else answer(request.url, found)

    def _finger(self, url: str, resource: str) -> Response:
        name = resource.removeprefix("acct:").partition("@")[0]
        if f"/users/{name}" not in self.documents:
            return answer(url, {}, 404)
        links = [{"rel": "self", "type": "application/activity+json", "href": self.actor(name)}]
        return answer(url, {"subject": f"acct:{name}@{self.host}", "links": links}, content_type="application/jrd+json")

    def follow(self, number: int = 1, name: str = "bob", whom: str = f"{ORIGIN}/users/ada") -> dict[str, Any]:
        actor = self.actor(name)
        return {"@context": AS, "id": f"{actor}/f/{number}", "type": "Follow", "actor": actor, "object": whom}


def post(
    signer: Signer,
    key: str,
    body: bytes | dict[str, Any],
    now: int,
    path: str = "/inbox",
    *,
    spec: str = CAVAGE,
    algorithm: str = RSA,
    origin: str = ORIGIN,
    content_type: str = "application/activity+json",
) -> Request:
    """A signed POST."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = sign_request(signer, "POST", origin + path, key, now, spec=spec, body=raw, algorithm=algorithm)
    return Request("POST", origin + path, (*headers, ("content-type", content_type)), raw)


def get(signer: Signer, key: str, path: str, now: int, *, spec: str = CAVAGE) -> Request:
    """A signed GET."""
    headers = sign_request(signer, "GET", ORIGIN + path, key, now, spec=spec)
    return Request("GET", ORIGIN + path, (*headers, ("accept", "application/activity+json")))
