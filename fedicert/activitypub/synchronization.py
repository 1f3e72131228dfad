"""FEP-8fcf: how servers tell each other which followers of an actor they count. Pure.

The digest is the XOR of the SHA-256 of the ids; the header names the collection, where the part of it that is the
reader's can be had, and the digest of that part.
"""

import hashlib
import re
from collections.abc import Iterable

import msgspec

from fedicert.base.errors import BadRequest
from fedicert.base.urls import same_origin

HEADER = "collection-synchronization"
EMPTY = "0" * 64
LONGEST = 2_048
LONGEST_ID = 255

SPOKEN_BY = frozenset({"mastodon", "hometown", "fedicert", "wordpress", "pixelfed", "tootik"})
"""Software, by its name in NodeInfo, that compares its list with ours when a digest comes."""

_FIELD = re.compile(r'\s*([A-Za-z]+)\s*=\s*"([^"\\]*)"\s*')
_DIGEST = re.compile(r"[0-9a-f]{64}")


class Stated(msgspec.Struct, frozen=True):
    """What a header says."""

    collection: str
    url: str
    digest: str


def digest_of(ids: Iterable[str], start: str = EMPTY) -> str:
    """The digest of these ids; with `start` that of a set to which they are added, or from which they are taken."""
    total = int(start, 16)
    for identifier in ids:
        total ^= int.from_bytes(hashlib.sha256(identifier.encode()).digest(), "big")
    return f"{total:064x}"


def write(actor: str, digest: str) -> str:
    """The header's value for one of our actors."""
    return f'collectionId="{actor}/followers", url="{actor}/followers_synchronization", digest="{digest}"'


def read(value: str, actor: str) -> Stated:
    """A header that this actor sent. Raises `BadRequest` where it is malformed or speaks of another origin."""
    if len(value) > LONGEST:
        raise BadRequest("The Collection-Synchronization header is too long")
    fields: dict[str, str] = {}
    for part in value.split(","):
        found = _FIELD.fullmatch(part)
        if found is None or found[1] in fields:
            raise BadRequest("The Collection-Synchronization header can't be read")
        fields[found[1]] = found[2]
    stated = Stated(fields.get("collectionId", ""), fields.get("url", ""), fields.get("digest", "").lower())
    if not stated.collection or len(stated.collection) > LONGEST_ID or not _DIGEST.fullmatch(stated.digest):
        raise BadRequest("The Collection-Synchronization header lacks its collectionId or its digest")
    if not same_origin(stated.collection, actor) or not same_origin(stated.url, actor):
        raise BadRequest("The Collection-Synchronization header speaks of another server")
    return stated
