"""Read an issuer's document (a `did:web` document): which keys may sign its credentials. Nothing is fetched here.

A key counts only if the issuer lists it under `assertionMethod`, is its controller, and hasn't ended it. The others are
kept with the reason, so that a judgement can say why a proof under them doesn't count.
"""

import hashlib
from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from fedicert.attestations.reading import read_date
from fedicert.base.errors import BadRequest

Standing = Literal["good", "key_not_asserted", "controller", "key_ended", "key_form"]

MOST_KEYS = 50

_SENTENCES: dict[Standing, str] = {
    "good": "the issuer lists this key for its statements",
    "key_not_asserted": "the issuer doesn't list this key for its statements (assertionMethod)",
    "controller": "the key belongs to somebody else than the issuer (controller)",
    "key_ended": "the issuer has ended this key",
    "key_form": "the issuer's key isn't in a form that is read here (publicKeyMultibase)",
}


class Method(msgspec.Struct, frozen=True, kw_only=True):
    """A key of an issuer. `public`: a multikey. `standing`: whether it may sign, and why not."""

    id: str
    public: str
    standing: Standing

    @property
    def sentence(self) -> str:
        """The standing in words."""
        return _SENTENCES[self.standing]


class Issuer(msgspec.Struct, frozen=True, kw_only=True):
    """An issuer's keys. `fetched_at`: when its document was had (ms)."""

    did: str
    methods: tuple[Method, ...]
    fetched_at: int = 0

    @property
    def keys(self) -> Mapping[str, str]:
        """Method id → multikey of those that may sign."""
        return {method.id: method.public for method in self.methods if method.standing == "good"}

    @property
    def pin(self) -> str:
        """A thumbprint of the keys that may sign, whatever their order and ids."""
        return hashlib.sha256("\n".join(sorted(set(self.keys.values()))).encode()).hexdigest()

    def method(self, identifier: str) -> Method | None:
        """A key by its id."""
        return next((method for method in self.methods if method.id == identifier), None)


def read_issuer(document: Mapping[str, Any], did: str, now: int, fetched_at: int | None = None) -> Issuer:
    """The keys in the document of this issuer, had now or at `fetched_at`.

    Raises `BadRequest`: it is another's, or can't be read.
    """
    if document.get("id") != did:
        raise BadRequest(f"id: the document says it is {document.get('id')!r:.80}, not {did}")
    methods = _objects(document.get("verificationMethod"), "verificationMethod")
    asserted: set[str] = set()
    for entry in _list(document.get("assertionMethod"), "assertionMethod"):
        if isinstance(entry, dict):
            methods.append(entry)
            entry = entry.get("id")
        if isinstance(entry, str):
            asserted.add(_absolute(entry, did))
    read: dict[str, Method] = {}
    for method in methods:
        identifier = method.get("id")
        if not isinstance(identifier, str):
            continue
        identifier = _absolute(identifier, did)
        if identifier in read:
            raise BadRequest(f"verificationMethod: {identifier[:80]} stands there twice")
        public = method.get("publicKeyMultibase")
        read[identifier] = Method(
            id=identifier,
            public=public if isinstance(public, str) else "",
            standing=_standing(method, identifier, did, asserted, now),
        )
    return Issuer(did=did, methods=tuple(read.values()), fetched_at=now if fetched_at is None else fetched_at)


def _standing(method: Mapping[str, Any], identifier: str, did: str, asserted: set[str], now: int) -> Standing:
    if identifier not in asserted:
        return "key_not_asserted"
    if method.get("controller") != did or not identifier.startswith(f"{did}#"):
        return "controller"
    for end in ("revoked", "expires"):
        if method.get(end) is not None and read_date(method[end], f"verificationMethod.{end}") <= now:
            return "key_ended"
    return "good" if isinstance(method.get("publicKeyMultibase"), str) else "key_form"


def _absolute(identifier: str, did: str) -> str:
    return did + identifier if identifier.startswith("#") else identifier


def _list(value: Any, field: str) -> list[Any]:
    entries = [] if value is None else value if isinstance(value, list) else [value]
    if len(entries) > MOST_KEYS:
        raise BadRequest(f"{field}: more than {MOST_KEYS} keys")
    return entries


def _objects(value: Any, field: str) -> list[dict[str, Any]]:
    return [entry for entry in _list(value, field) if isinstance(entry, dict)]
