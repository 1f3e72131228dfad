"""`did:web`: which names are taken, and where an issuer's document lies. Nothing is fetched here.

Hosts are lower-case ASCII, so that a name in another alphabet shows as `xn--…` wherever it is shown; addresses of
machines name nobody.
"""

import re
from typing import Any

from fedicert.base.errors import BadRequest
from fedicert.base.urls import canonical_authority

METHOD = "did:web:"
LOOPBACK = ("localhost",)

_DID = re.compile(r"did:web:([a-z0-9.-]+)(?:%3[Aa]([0-9]{1,5}))?((?::[A-Za-z0-9._-]+)*)")


def check_did_web(value: Any, field: str) -> str:
    """The id if it is a `did:web` that we would ask. Raises `BadRequest` naming the field."""
    if not isinstance(value, str) or not value.startswith(METHOD) or len(value) > 500:
        raise BadRequest(f"{field}: {value!r:.80} isn't a did:web, which is the only kind of issuer read here")
    if not value.isascii() or value[len(METHOD) :].partition(":")[0].partition("%")[0] != _lower_host(value):
        raise BadRequest(f"{field}: {ascii(value)[:80]} isn't written in lower-case ASCII (xn--… for other alphabets)")
    parts = _parts(value)
    if parts is None:
        raise BadRequest(f"{field}: {value[:80]!r} isn't the form of a did:web")
    return value


def document_url(did: str, *, plain: bool = False) -> str:
    """Where the document of a `did:web` lies. `plain`: http for names of this machine. Raises `BadRequest`."""
    check_did_web(did, "issuer")
    parts = _parts(did)
    assert parts is not None
    host, port, path = parts
    authority = f"{host}:{port}" if port else host
    scheme = "http" if plain and is_loopback_name(host) else "https"
    return f"{scheme}://{authority}{path or '/.well-known'}/did.json"


def did_host(did: str) -> str:
    """The host (and port) that a `did:web` names, for people; as it stands where it is none."""
    parts = _parts(did)
    if parts is None:
        return did
    host, port, path = parts
    return f"{host}:{port}{path}" if port else f"{host}{path}"


def is_loopback_name(host: str) -> bool:
    """Does this name mean this machine?"""
    return host.rpartition(".")[2] in LOOPBACK


def _lower_host(did: str) -> str:
    return did[len(METHOD) :].partition(":")[0].partition("%")[0].lower()


def _parts(did: str) -> tuple[str, str, str] | None:
    """(host, port or '', path or ''), or None."""
    found = _DID.fullmatch(did)
    if found is None:
        return None
    host, port, path = found.group(1), found.group(2) or "", found.group(3).replace(":", "/")
    try:
        canonical, _ = canonical_authority(f"{host}:{port}" if port else host)
    except BadRequest:
        return None
    if canonical != host or host.rpartition(".")[2].isdigit() or "/." in path:
        return None
    return host, port, path
