"""What is remembered of issuers between looks: in the database, or in memory where a command runs without one.

Documents are kept as they came. An issuer whose keys become others is told in the log and in a row for the admin.
"""

from typing import Any, Protocol

from fedicert.base import json
from fedicert.base.clock import Clock
from fedicert.base.log import log
from fedicert.operations import evidence as operations
from fedicert.store.unit import Database
from fedicert.store.views import evidence as views
from fedicert.store.views.evidence import KeptIssuer, KeptList


class MetIssuers(Protocol):
    """Remembers documents and status lists of issuers."""

    async def issuer(self, did: str) -> KeptIssuer | None:
        """An issuer's document as last had."""
        ...

    async def status_list(self, url: str) -> KeptList | None:
        """The status list last proven from an address."""
        ...

    async def keep_issuer(self, did: str, document: dict[str, Any], pin: str) -> None:
        """An issuer's document was fetched; `pin`: the thumbprint of its keys."""
        ...

    async def keep_list(self, url: str, issuer: str, document: dict[str, Any], pin: str, valid_from: int) -> None:
        """A status list was fetched and proven."""
        ...


class InStore:
    """In the database."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def issuer(self, did: str) -> KeptIssuer | None:
        """As the protocol says."""
        return await self._db.read(views.issuer, did)

    async def status_list(self, url: str) -> KeptList | None:
        """As the protocol says."""
        return await self._db.read(views.status_list, url)

    async def keep_issuer(self, did: str, document: dict[str, Any], pin: str) -> None:
        """As the protocol says; a change of keys is logged."""
        before = await self._db.write(operations.keep_issuer, did, json.dump_text(document), pin)
        if before is not None:
            log("issuer_keys_changed", "warning", issuer=did, before=before, after=pin)

    async def keep_list(self, url: str, issuer: str, document: dict[str, Any], pin: str, valid_from: int) -> None:
        """As the protocol says."""
        await self._db.write(operations.keep_list, url, issuer, json.dump_text(document), pin, valid_from)


class InMemory:
    """As long as the process; for commands without an instance."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._issuers: dict[str, KeptIssuer] = {}
        self._lists: dict[str, KeptList] = {}

    async def issuer(self, did: str) -> KeptIssuer | None:
        """As the protocol says."""
        return self._issuers.get(did)

    async def status_list(self, url: str) -> KeptList | None:
        """As the protocol says."""
        return self._lists.get(url)

    async def keep_issuer(self, did: str, document: dict[str, Any], pin: str) -> None:
        """As the protocol says."""
        now = self._clock.now()
        first = self._issuers[did].first_met if did in self._issuers else now
        self._issuers[did] = KeptIssuer(
            did=did, document=json.dump_text(document), pin=pin, first_met=first, fetched_at=now
        )

    async def keep_list(self, url: str, issuer: str, document: dict[str, Any], pin: str, valid_from: int) -> None:
        """As the protocol says."""
        self._lists[url] = KeptList(
            issuer=issuer,
            document=json.dump_text(document),
            pin=pin,
            valid_from=valid_from,
            fetched_at=self._clock.now(),
        )
