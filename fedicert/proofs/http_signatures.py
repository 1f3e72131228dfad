"""HTTP signatures, both ways: the claim in a request that came in, and the headers of one that goes out.

Pure: it neither fetches keys nor holds any. Whoever calls `read` must verify the claim with the key it
names before believing anything (`keys.verify`).
"""

from collections.abc import Callable

import msgspec

from fedicert.base.clock import SECOND
from fedicert.base.errors import BadRequest, Unauthorized
from fedicert.base.urls import split_url
from fedicert.proofs import cavage, digests, rfc9421
from fedicert.proofs.messages import (
    CAVAGE,
    ED25519,
    RFC9421,
    RSA,
    Claim,
    Principal,
    Received,
    http_date,
    own_authority,
)

__all__ = [
    "CAVAGE",
    "ED25519",
    "RFC9421",
    "RSA",
    "Claim",
    "Prepared",
    "Principal",
    "Received",
    "prepare",
    "read",
]

Sign = Callable[[bytes], bytes]


class Prepared(msgspec.Struct, frozen=True):
    """A request about to be signed: sign `base`, then send `headers(signature)`."""

    base: bytes
    spec: str
    key_id: str
    algorithm: str
    names: str
    unsigned: tuple[tuple[str, str], ...]

    def headers(self, signature: bytes) -> tuple[tuple[str, str], ...]:
        """Every header that belongs to the signature: Host, Date, the digest, Signature (and -Input)."""
        if self.spec == CAVAGE:
            value = cavage.signature_header(self.key_id, self.algorithm, self.names, signature)
            return (*self.unsigned, ("signature", value))
        return (
            *self.unsigned,
            ("signature-input", f"{rfc9421.LABEL}={self.names}"),
            ("signature", rfc9421.signature_header(signature)),
        )


def read(received: Received, now: int) -> Claim:
    """The claim of a request (§1.2: `Signature-Input` says RFC 9421, else draft-cavage). `now` in ms.

    Everything that can be judged without the key has been: form, covered parts, digest, host, clock.
    Raises `Unauthorized` (401) with the reason, `BadRequest` (400) for an unreadable Content-Digest.
    """
    if not received.has("signature"):
        raise Unauthorized("The request is not signed")
    if not received.has("signature-input"):
        return cavage.read(received, now)
    try:
        return rfc9421.read(received, now)
    except (Unauthorized, BadRequest):
        if not _looks_like_cavage(received):
            raise
    return cavage.read(received, now)


def prepare(
    spec: str,
    method: str,
    url: str,
    key_id: str,
    now: int,
    *,
    body: bytes | None = None,
    algorithm: str = RSA,
    extra: tuple[tuple[str, str], ...] = (),
) -> Prepared:
    """Lay out a GET (`body` None) or POST for signing.

    `extra`: lower-case headers that a POST also covers.
    """
    target = split_url(url)
    date = http_date(now)
    headers = [("host", own_authority(target)), ("date", date)]
    method = method.upper()
    if spec == CAVAGE:
        if body is None:
            base, names = cavage.get_base(target.target, headers[0][1], date), cavage.GET_NAMES
            base = base.replace(b": get ", f": {method.lower()} ".encode(), 1)
        else:
            headers.append(("digest", digests.digest_header(body)))
            base = cavage.post_base(target.target, headers[0][1], date, headers[2][1], extra)
            names = cavage.post_names(extra)
        return Prepared(base, spec, key_id, algorithm, names, (*headers, *extra))
    created = now // SECOND
    if body is None:
        names = rfc9421.get_parameters(key_id, algorithm, created)
        base = rfc9421.get_base(target.text, names).replace(b": GET", f": {method}".encode(), 1)
    else:
        headers.append(("content-digest", digests.content_digest_header(body)))
        names = rfc9421.post_parameters(key_id, algorithm, created, extra)
        base = rfc9421.post_base(target.text, headers[2][1], names, extra)
    return Prepared(base, spec, key_id, algorithm, names, (*headers, *extra))


def _looks_like_cavage(received: Received) -> bool:
    return any("keyId=" in value for value in received.all("signature"))
