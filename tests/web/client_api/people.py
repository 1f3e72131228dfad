"""People with tokens, to call the client API as."""

from __future__ import annotations

from typing import Any

import httpx
import msgspec

from fedicert.keys.tokens import token_hash
from fedicert.operations import oauth
from fedicert.web.plumbing.app import App
from tests.web import site

EVERYTHING = frozenset({"read", "write", "follow", "push"})


class Person(msgspec.Struct, frozen=True):
    """Somebody here and their client."""

    id: int
    name: str
    http: httpx.AsyncClient

    async def get(self, path: str, **query: Any) -> Any:
        """What a GET answers, which must be 200."""
        answer = await self.http.get(path, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def post(self, path: str, **fields: Any) -> Any:
        """What a POST of JSON answers, which must be 200."""
        answer = await self.http.post(path, json=fields)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def say(self, text: str, **fields: Any) -> dict[str, Any]:
        """Post something."""
        return dict(await self.post("/api/v1/statuses", status=text, **fields))


async def client_of(
    app: App, account: int | None, scopes: frozenset[str] = EVERYTHING, secret: str = ""
) -> httpx.AsyncClient:
    """A client with a token of this account, or of its own alone."""
    secret = secret or f"token of {account} for {sorted(scopes)}"
    await app.deps.db.write(_token, account, scopes, secret)
    return site.client(app, headers=site.bearer(secret))


async def _token(tx: Any, account: int | None, scopes: frozenset[str], secret: str) -> None:
    await tx.run(
        "INSERT INTO apps (client_id, secret_hash, name, website, redirect_uris, scopes, created_at, used_at)"
        " VALUES ('client', '', 'A client', NULL, '[]', 'read write follow', 0, 0) ON CONFLICT DO NOTHING"
    )
    app = await tx.value("SELECT id FROM apps WHERE client_id = 'client'")
    await oauth.issue(tx, app, account, scopes, token_hash(secret))


async def person(app: App, name: str, account: int | None = None) -> Person:
    """Somebody new here (or with this account), with a client."""
    if account is None:
        account = await site.add_person(app, name)
    return Person(account, name, await client_of(app, account))
