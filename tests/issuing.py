"""A licensing board over a test's database: an office that issues, with a prover of its own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import orjson

from fedicert.attestations import credentials
from fedicert.attestations.issuer_documents import ListedKey, did_document
from fedicert.base.clock import FrozenClock
from fedicert.base.ids import Entropy, SystemEntropy
from fedicert.jobs.issuing import Here, Office, Order
from fedicert.keys.pool import KeyPool
from fedicert.keys.proving import Prover
from fedicert.keys.vault import Vault
from fedicert.model.issuing import Achievement, Addresses, Code, Evidence, Issued, Issuer, Party
from fedicert.store.unit import Database
from fedicert.store.views import issuing as views

BASE = "https://board.example"
ADA = "https://social.example/users/ada"

ELECTRICIAN = Achievement(
    slug="master-electrician",
    kind="License",
    name="Master Electrician",
    description="Licence to perform and supervise electrical work.",
    criteria="Seven years of documented practice and the state examination.",
    criteria_url="https://board.example/licensing/master-electrician",
    field="Electrical trades",
    specialization="Master Electrician",
    code="ME",
    professions=(Code("7411", "Building and related electricians"),),
    places=(Code("US-NY", "New York, United States"),),
)
THE_BOARD = Party(
    id="https://state-board.example/", name="Example State Electrical Board", url="https://state-board.example/"
)
LOOKED_UP = Evidence(
    id="https://state-board.example/lookup?licence=ME-104422",
    genre="RegistryLookup",
    name="Public register of the Example State Electrical Board",
    description="Name, number, class and status matched by a registrar on 2026-11-01.",
)


def order(**changes: Any) -> Order:
    given: dict[str, Any] = {
        "achievement": "master-electrician",
        "subject": ADA,
        "control": "seen at the counter",
        "number": "ME-104422",
        "holder": "Ada Example",
        "handle": "ada@social.example",
        **changes,
    }
    return Order(**given)


class Board:
    """An issuer and what it published."""

    def __init__(self, db: Database, office: Office, prover: Prover, base: str) -> None:
        self.db, self.office, self.prover, self.addresses = db, office, prover, Addresses(base)

    async def issue(self, **changes: Any) -> Issued:
        return await self.office.issue(order(**changes))

    async def credential(self, uuid: str, suite: str = "eddsa-rdfc-2022") -> dict[str, Any]:
        found = await self.db.read(views.credential, uuid)
        assert found is not None
        return credentials.secured(orjson.loads(found.document), orjson.loads(found.proofs), suite)

    async def did(self) -> dict[str, Any]:
        keys = [ListedKey(key.method, key.public) for key in await self.db.read(views.keys)]
        return did_document(self.addresses, keys)

    async def keys(self) -> dict[str, str]:
        return {key.method: key.public for key in await self.db.read(views.keys)}

    async def status_list(self, number: int = 1) -> dict[str, Any]:
        found = await self.db.read(views.status_list, number)
        assert found is not None
        document: dict[str, Any] = orjson.loads(found.document)
        return document

    async def faults(self, document: dict[str, Any]) -> list[str]:
        results = await self.prover.check(document, await self.keys())
        return [result.fault.reason if result.fault else "" for result in results]


@asynccontextmanager
async def board(
    db: Database, clock: FrozenClock, *, base: str = BASE, registrar: bool = False, entropy: Entropy | None = None
) -> AsyncIterator[Board]:
    """A board that has begun and grants one kind of licence."""
    chance = entropy or SystemEntropy()
    pool = KeyPool(chance, threads=1)
    prover = Prover(pool, seconds=60)
    office = Office(Here(db), Vault(bytes(32), chance), prover, clock, chance)
    try:
        await office.begin(
            Issuer(
                did=Addresses(base).did,
                base=base,
                role="registrar" if registrar else "authority",
                name="social.example registrar" if registrar else "Example State Electrical Board",
                url=f"{base}/",
                country="US",
                region="NY",
                method="",
            )
        )
        kind = msgspec.structs.replace(ELECTRICIAN, creator=THE_BOARD) if registrar else ELECTRICIAN
        await Here(db).call("authority.put_achievement", kind)
        yield Board(db, office, prover, base)
    finally:
        await prover.close()
        pool.close()
