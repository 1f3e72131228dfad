"""What the benches of licences share: an issuer in a folder of its own, a licence to issue, and the bare work that
signing and checking one can't do without, measured beside them: PyLD's canonicalisation, JCS, and Ed25519 by itself.
"""

import hashlib
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pyld import jsonld

from fedicert.base.clock import SystemClock
from fedicert.base.ids import SystemEntropy
from fedicert.jobs.issuing import Here, Office, Order
from fedicert.keys.pool import KeyPool
from fedicert.keys.proving import Prover
from fedicert.keys.vault import Vault
from fedicert.model.issuing import Achievement, Addresses, Code, Issuer
from fedicert.proofs import contexts
from fedicert.store.database import open_database
from fedicert.store.migrations import migrate
from fedicert.store.unit import Database

BASE = "https://board.example"
KIND = Achievement(
    slug="master-electrician",
    kind="License",
    name="Master Electrician",
    description="Licence to perform and supervise electrical work.",
    criteria="Seven years of documented practice and the state examination.",
    professions=(Code("7411", "Building and related electricians"),),
    places=(Code("US-NY", "New York, United States"),),
)


class Board(msgspec.Struct, frozen=True):
    """An issuer that has begun, and what checks."""

    db: Database
    office: Office
    prover: Prover


def order(number: int) -> Order:
    """A licence for somebody."""
    return Order(
        achievement=KIND.slug,
        subject=f"https://social.example/users/person{number}",
        control="a bench",
        number=f"ME-{number:06}",
        holder=f"Person {number}",
    )


@asynccontextmanager
async def board(folder: Path) -> AsyncIterator[Board]:
    """An issuer over a database in this folder."""
    clock, entropy = SystemClock(), SystemEntropy()
    db = await open_database(f"sqlite:///{folder / 'authority.db'}", clock=clock, entropy=entropy)
    pool = KeyPool(entropy)
    prover = Prover(pool)
    try:
        await migrate(db)
        office = Office(Here(db), Vault(entropy.bytes(32), entropy), prover, clock, entropy)
        did = Addresses(BASE).did
        await office.begin(
            Issuer(did=did, base=BASE, role="authority", name="A board", url=BASE, country="", region="", method="")
        )
        await Here(db).call("authority.put_achievement", KIND)
        yield Board(db, office, prover)
    finally:
        await prover.close()
        pool.close()
        await db.close()


class Bare:
    """The work itself on one signed credential, without anything of ours around it; each call does all of it once."""

    def __init__(self, credential: dict[str, Any]) -> None:
        self._document = {key: value for key, value in credential.items() if key != "proof"}
        self._config = {key: value for key, value in credential["proof"].items() if key != "proofValue"}
        self._config["@context"] = self._document["@context"]
        self._key = Ed25519PrivateKey.generate()
        self._public = self._key.public_key()
        self._base = self.canonicalise()
        self._signature = self._key.sign(self._base)

    def canonicalise(self) -> bytes:
        """Both graphs, canonical and hashed."""
        options = {"algorithm": "URDNA2015", "format": "application/n-quads", "documentLoader": _load}
        return b"".join(
            hashlib.sha256(jsonld.normalize(value, options).encode()).digest()
            for value in (self._config, self._document)
        )

    def text(self) -> bytes:
        """Both texts, canonical and hashed."""
        return b"".join(hashlib.sha256(rfc8785.dumps(value)).digest() for value in (self._config, self._document))

    def sign(self) -> None:
        """One signature."""
        self._key.sign(b"x" * 64)

    def verify(self) -> None:
        """One check of a signature."""
        self._public.verify(self._signature, self._base)


def milliseconds(work: Callable[[], object], seconds: float) -> float:
    """What one call takes, of as many as fit into the time."""
    work()
    made, started = 0, time.perf_counter()
    while (took := time.perf_counter() - started) < seconds or not made:
        work()
        made += 1
    return 1e3 * took / made


def _load(address: str, _: Any) -> dict[str, Any]:
    return {
        "contentType": "application/ld+json",
        "contextUrl": None,
        "documentUrl": address,
        "document": contexts.context(address),
    }
