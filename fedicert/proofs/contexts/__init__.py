"""The JSON-LD contexts that may be named in a credential, bundled unchanged. Nothing is ever fetched.

What a signature covers follows from the contexts' exact text, so each is here with its hash, and a context that isn't
here makes a document unreadable. Whoever adds one puts the file beside this one and a line with its hash, where the
copy is from, and under what licence it may be handed on.
"""

import json
from functools import lru_cache
from importlib import resources
from typing import Any

import msgspec

W3C = "W3C Software and Document License (2015)"
ONE_ED_TECH = "1EdTech Specification Document License"

CREDENTIALS = "https://www.w3.org/ns/credentials/v2"
UNDEFINED_TERMS = "https://www.w3.org/ns/credentials/undefined-terms/v2"
OPEN_BADGES = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"
DID = "https://www.w3.org/ns/did/v1"
MULTIKEY = "https://w3id.org/security/multikey/v1"


class Bundled(msgspec.Struct, frozen=True):
    """One context: its file here, SHA-256 of the file, the package that the copy was taken from, its licence."""

    file: str
    sha256: str
    origin: str
    licence: str


BUNDLED: dict[str, Bundled] = {
    CREDENTIALS: Bundled(
        "credentials-v2.json",
        "59955ced6697d61e03f2b2556febe5308ab16842846f5b586d7f1f7adec92734",
        "openbadgeslib 4.6.3 (PyPI); the hash is the one that the VC Data Model 2.0 states",
        W3C,
    ),
    UNDEFINED_TERMS: Bundled(
        "undefined-terms-v2.json",
        "82dab514ba44eb18f5d1b0f638c5e140c6a556fbfb5089601bdc0fa5eb8b2581",
        "@digitalbazaar/credentials-context 3.2.0 (npm)",
        W3C,
    ),
    "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.1.json": Bundled(
        "ob-v3p0-3.0.1.json",
        "5f3d9dd6288ef437ff8286cf95ffbff609c748a66f24a1e9450c45ca64be1571",
        "openbadgeslib 4.6.3 (PyPI)",
        ONE_ED_TECH,
    ),
    "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.2.json": Bundled(
        "ob-v3p0-3.0.2.json",
        "00666ad080ba407687ed1846b7f5e7495f5019042b202a727de47c48a1755c53",
        "openbadgeslib 4.6.3 (PyPI)",
        ONE_ED_TECH,
    ),
    OPEN_BADGES: Bundled(
        "ob-v3p0-3.0.3.json",
        "3d34f4d4ef1bce691106e63798beb5e7b862ba841423f5ee1e53ab7ddf3bca84",
        "openbadgeslib 4.6.3 (PyPI)",
        ONE_ED_TECH,
    ),
    "https://purl.imsglobal.org/spec/ob/v3p0/extensions.json": Bundled(
        "ob-v3p0-extensions.json",
        "87c06c81bc2317663bf288d740d94fddd2818c4342b186270ff6371dfaa63f93",
        "openbadgeslib 4.6.3 (PyPI)",
        ONE_ED_TECH,
    ),
    "https://www.w3.org/ns/cid/v1": Bundled(
        "cid-v1.json",
        "61dc4b1cf0b1a3bb24c32d0b46ceca5a13649ff858296300d64f9cd3c9fe2873",
        "@fedify/vocab-runtime 2.3.6 (npm), MIT",
        W3C,
    ),
    DID: Bundled(
        "did-v1.json",
        "62c1054bf404d6dd3a4b26b64f830fd72095f6a26edc4469908c94351352ce5f",
        "did-context 3.1.1 (npm)",
        W3C,
    ),
    MULTIKEY: Bundled(
        "multikey-v1.json",
        "ba2c182de2d92f7e47184bcca8fcf0beaee6d3986c527bf664c195bbc7c58597",
        "openbadgeslib 4.6.3 (PyPI); the hash is the one that Controlled Identifiers 1.0 states",
        W3C,
    ),
    "https://w3id.org/security/data-integrity/v2": Bundled(
        "data-integrity-v2.json",
        "67f21e6e33a6c14e5ccfd2fc7865f7474fb71a04af7e94136cb399dfac8ae8f4",
        "openbadgeslib 4.6.3 (PyPI); the hash is the one that Data Integrity 1.0 states",
        W3C,
    ),
    "https://w3id.org/security/v1": Bundled(
        "security-v1.json",
        "e2d146cd556f6fa5f14996c6f1749667d5a14073fa30f0643990068e2c0b1bac",
        "PyLD 3.3.0 (PyPI)",
        W3C,
    ),
    "https://www.w3.org/ns/activitystreams": Bundled(
        "activitystreams.json",
        "a27b78b82f4980963127140d0cb74f0e8f21c0e2b8efd0368232bf9823edff5a",
        "PyLD 3.3.0 (PyPI)",
        W3C,
    ),
}


@lru_cache(maxsize=len(BUNDLED))
def context(address: str) -> dict[str, Any]:
    """The context document with exactly this address. KeyError where it isn't bundled."""
    text = resources.files(__name__).joinpath(BUNDLED[address].file).read_text("utf-8")
    document: dict[str, Any] = json.loads(text)
    return document
