"""Fetch what a licence is judged by: the credential, its issuer's document, a status list. One question each.

https only (http for names of this machine where the local switch is on), no redirect to another origin, small answers,
short waits, strict JSON. What can't be had comes back as `Absent` with the reason in words. Judges nothing, follows no
link of what it fetched, and never asks for a context.
"""

import asyncio
from typing import Any

from fedicert.attestations.dids import is_loopback_name
from fedicert.attestations.judge import Absent
from fedicert.base import json
from fedicert.base.errors import AddressForbidden, BadRequest, RemoteError, RemoteGone, RemoteUnreachable
from fedicert.base.urls import same_origin, split_url
from fedicert.remote.wire import Limits, Request, Wire, check_status

KIB = 1024
CREDENTIAL_BYTES = 256 * KIB
ISSUER_BYTES = 256 * KIB
LIST_BYTES = 1024 * KIB
"""As served; inflated, the bits may be 16 MiB."""
SECONDS = 5.0
REDIRECTS = 1

ACCEPT_CREDENTIAL = "application/vc, application/ld+json;q=0.9, application/json;q=0.8"
ACCEPT_ISSUER = "application/did+ld+json, application/did+json, application/json;q=0.9"


async def fetch_credential(
    wire: Wire, url: str, *, plain: bool = False, seconds: float = SECONDS
) -> dict[str, Any] | Absent:
    """A credential as served. `plain`: http is allowed for names of this machine."""
    return await _fetch(wire, url, ("", "the licence"), ACCEPT_CREDENTIAL, CREDENTIAL_BYTES, plain, seconds)


async def fetch_issuer(
    wire: Wire, url: str, *, plain: bool = False, seconds: float = SECONDS
) -> dict[str, Any] | Absent:
    """The document of a `did:web`, by its address."""
    return await _fetch(wire, url, ("issuer_", "the issuer's document"), ACCEPT_ISSUER, ISSUER_BYTES, plain, seconds)


async def fetch_status_list(
    wire: Wire, url: str, *, plain: bool = False, seconds: float = SECONDS
) -> dict[str, Any] | Absent:
    """A status list credential as served now: shared caches on the way are passed."""
    return await _fetch(wire, url, ("status_", "the status list"), ACCEPT_CREDENTIAL, LIST_BYTES, plain, seconds)


async def _fetch(
    wire: Wire, url: str, what: tuple[str, str], accept: str, most: int, plain: bool, seconds: float
) -> dict[str, Any] | Absent:
    """One document. `what`: the beginning of its reasons, and its name in sentences."""
    prefix, name = what
    try:
        _check_address(url, plain)
        limits = Limits(total_seconds=seconds, max_bytes=most, redirects=REDIRECTS, same_origin=True)
        request = Request("GET", url.partition("#")[0], (("accept", accept), ("cache-control", "no-cache")))
        async with asyncio.timeout(seconds):
            response = check_status(await wire.send(request, limits), url)
        if not same_origin(response.final_url, url):
            return Absent(f"{prefix}unusable", f"{name} is answered by another server")
        if response.header("content-type").partition(";")[0].strip().lower() in ("text/html", "application/xhtml+xml"):
            return Absent(f"{prefix}unusable", f"{name} is answered with a page for people")
        return json.parse_object(response.body)
    except AddressForbidden as error:
        return Absent(f"{prefix}forbidden", f"{name} lies where nothing is fetched from: {error}")
    except RemoteGone:
        return Absent(f"{prefix}gone", f"{name} is gone (410)")
    except RemoteUnreachable as error:
        return Absent(f"{prefix}unreachable", f"{name} can't be reached: {error}")
    except TimeoutError:
        return Absent(f"{prefix}unreachable", f"{name} wasn't answered within {seconds:g} s")
    except (RemoteError, BadRequest) as error:
        return Absent(f"{prefix}unusable", f"{name} can't be used: {error}")


def _check_address(url: str, plain: bool) -> None:
    try:
        address = split_url(url)
    except BadRequest as error:
        raise AddressForbidden(str(error)) from None
    if address.scheme != "https" and not (plain and is_loopback_name(address.host)):
        raise AddressForbidden(f"{address.origin} isn't https")
