"""What this server issues itself, as it serves it: looked at without asking itself over the network.

A server behind a router often can't reach its own public name; and its own list is never stale.
"""

from typing import Any

from fedicert.attestations import credentials, issuer_documents
from fedicert.attestations.issuer_documents import ListedKey
from fedicert.base import json
from fedicert.model.attestations import ISSUED_SUITES
from fedicert.model.issuing import Addresses
from fedicert.store.unit import Database
from fedicert.store.views import issuing as views

LONGEST_NUMBER = 8


class OwnDocuments:
    """An address of ours → the document there; None for every other, and for what isn't issued here."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def __call__(self, url: str) -> dict[str, Any] | None:
        """A `did.json`, credential or status list of this server's issuer."""
        issuer = await self._db.read(views.issuer)
        if issuer is None or not url.startswith(f"{issuer.base}/"):
            return None
        path = url[len(issuer.base) :]
        kind, _, name = path.removeprefix("/").partition("/")
        if path == "/.well-known/did.json":
            keys = [ListedKey(key.method, key.public) for key in await self._db.read(views.keys)]
            return issuer_documents.did_document(Addresses(issuer.base), keys)
        if kind == "credentials":
            return await self._credential(name)
        if kind == "status-lists" and name.isascii() and name.isdigit() and len(name) <= LONGEST_NUMBER:
            listed = await self._db.read(views.status_list, int(name))
            return None if listed is None else json.parse_object(listed.document)
        return None

    async def _credential(self, uuid: str) -> dict[str, Any] | None:
        found = await self._db.read(views.credential, uuid)
        if found is None:
            return None
        return credentials.secured(json.parse_object(found.document), json.parse_object(found.proofs), ISSUED_SUITES[0])
