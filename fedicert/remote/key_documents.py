"""From a key id to the key and the actor that owns it (federation §1.4, steps 1–4; attacks 4 and 25).

Both ways: the key names its owner, and the owner, fetched by its own id, names the key. Keys found are stored by
others; here only refusals are remembered, for a while and within bounds.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Iterator
from typing import Any

import msgspec

from fedicert.base.clock import MINUTE, Clock
from fedicert.base.errors import BadRequest, RemoteError, RemoteGone, RemoteInvalid, RemoteRefused
from fedicert.base.urls import same_origin, split_url
from fedicert.proofs import multibase
from fedicert.proofs.messages import ED25519, RSA
from fedicert.remote import documents
from fedicert.remote.documents import Document
from fedicert.remote.wire import SignGet, Wire

REFUSALS = 10_000
REFUSED_FOR = 1 * MINUTE


class KeyFound(msgspec.Struct, frozen=True):
    """A key, proven to be its owner's. `public`: PEM, or a multikey (`z6Mk…`) where `algorithm` is ed25519.

    `actor`: the owner's document, fetched from its own id, so that nobody has to ask again.
    """

    key_id: str
    owner: str
    public: str
    algorithm: str
    actor: Document


class KeyFinder:
    """Fetches keys: once for all who ask at the same time, and not again for a minute where there was none."""

    def __init__(self, wire: Wire, clock: Clock, sign: SignGet | None = None) -> None:
        self._wire = wire
        self._clock = clock
        self._sign = sign
        self._refused: OrderedDict[str, tuple[int, RemoteError]] = OrderedDict()
        self._asking: dict[str, asyncio.Task[KeyFound]] = {}

    async def find(self, key_id: str) -> KeyFound:
        """The key of this id. The caller has looked for a block of its host first.

        Raises the `RemoteError` tree: `RemoteGone` where the actor is gone, `RemoteUnreachable` for passing faults.
        """
        now = self._clock.now()
        remembered = self._refused.get(key_id)
        if remembered is not None and now - remembered[0] < REFUSED_FOR:
            raise remembered[1].with_traceback(None)
        asking = self._asking.get(key_id)
        if asking is None:
            asking = self._asking[key_id] = asyncio.ensure_future(self._ask(key_id, now))
        return await asyncio.shield(asking)

    async def _ask(self, key_id: str, now: int) -> KeyFound:
        try:
            found = await _find(self._wire, key_id, self._sign)
        except RemoteError as error:
            self._remember(key_id, now, error)
            raise
        finally:
            del self._asking[key_id]
        self._refused.pop(key_id, None)
        return found

    def forget(self, key_id: str) -> None:
        """Ask again at once (after its actor's Update)."""
        self._refused.pop(key_id, None)

    def _remember(self, key_id: str, now: int, error: RemoteError) -> None:
        self._refused[key_id] = (now, error)
        self._refused.move_to_end(key_id)
        while len(self._refused) > REFUSALS:
            self._refused.popitem(last=False)


async def _find(wire: Wire, key_id: str, sign: SignGet | None) -> KeyFound:
    try:
        split_url(key_id)
    except BadRequest as error:
        raise RemoteInvalid(f"The key id can't be used: {error}") from None
    document = await documents.fetch_any(wire, key_id, sign)
    if document.value.get("type") == "Tombstone":
        raise RemoteGone(f"{key_id} is a tombstone")
    owner = _owner(document, key_id)
    actor = document if _is_its_own_actor(document, owner) else await documents.fetch_actor(wire, owner, sign)
    if actor.id != owner:
        raise RemoteInvalid(f"{key_id} belongs to {owner}, which calls itself {actor.id}")
    for found_id, holder, public, algorithm in _keys(actor.value):
        if found_id == key_id:
            if holder != owner:
                raise RemoteInvalid(f"{key_id} is shown by {owner} as the key of {holder}")
            if not same_origin(key_id, owner):
                raise RemoteInvalid(f"{key_id} is on another server than its owner {owner}")
            return KeyFound(key_id, owner, public, algorithm, actor)
    raise RemoteRefused(f"{owner} does not list the key {key_id}", 404)


def _owner(document: Document, key_id: str) -> str:
    """Who the document says the key belongs to: an actor, a bare Key (`owner`) or a Multikey (`controller`)."""
    value = document.value
    if "inbox" in value or "publicKey" in value or "assertionMethod" in value:
        owner: Any = value.get("id")
    else:
        if value.get("id") not in (key_id, document.url):
            raise RemoteInvalid(f"{key_id} was answered with another key")
        owner = value.get("owner", value.get("controller"))
    if not isinstance(owner, str) or not owner:
        raise RemoteInvalid(f"{key_id} names no owner")
    return owner


def _is_its_own_actor(document: Document, owner: str) -> bool:
    return document.id == owner == document.url and isinstance(document.value.get("inbox"), str)


def _keys(actor: dict[str, Any]) -> Iterator[tuple[str, str, str, str]]:
    """Every readable key of an actor: (id, owner, public, algorithm). Entries of other shapes are passed over."""
    for key in _listed(actor.get("publicKey")):
        pem = key.get("publicKeyPem")
        if isinstance(pem, str) and isinstance(key.get("id"), str) and isinstance(key.get("owner"), str):
            yield key["id"], key["owner"], pem, RSA
    for key in _listed(actor.get("assertionMethod")):
        text = key.get("publicKeyMultibase")
        if isinstance(text, str) and isinstance(key.get("id"), str) and isinstance(key.get("controller"), str):
            try:
                multibase.read_ed25519(text)
            except BadRequest:
                continue
            yield key["id"], key["controller"], text, ED25519


def _listed(value: Any) -> list[dict[str, Any]]:
    entries = value if isinstance(value, list) else [value]
    return [entry for entry in entries[:10] if isinstance(entry, dict)]
