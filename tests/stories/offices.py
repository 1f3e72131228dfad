"""People with an office, people who log in with a browser, and accounts that belong to one person: for stories."""

from __future__ import annotations

import re
from typing import Any

import httpx

from fedicert.keys.account_keys import COUNT, account_keys
from fedicert.keys.passwords import hash_password
from fedicert.keys.tokens import token_hash
from fedicert.operations import instance, oauth, people
from tests.stories.village import EVERYTHING, Place, Resident

OFFICE = EVERYTHING | {"admin:read", "admin:write"}


async def staff(place: Place, name: str, role: str = "admin") -> Resident:
    """Somebody with an office, whose client may use it."""
    person = await place.person(name, role=role)
    return await client_of(place, person.id, name)


async def client_of(place: Place, account: int, name: str, secret: str = "office") -> Resident:
    """A client of an account, with every scope."""
    deps = place.app.deps
    app = await deps.db.write(
        oauth.register_app, f"{secret} of {name}", "", "A client", None, ("urn:ietf:wg:oauth:2.0:oob",), OFFICE
    )
    await deps.db.write(oauth.issue, app, account, OFFICE, token_hash(f"{secret} {name}"))
    client = httpx.AsyncClient(
        transport=httpx.ASGITransport(place.app),
        base_url=deps.config.base,
        headers={"authorization": f"Bearer {secret} {name}"},
    )
    place._clients.append(client)
    return Resident(place, name, account, client)


async def another(person: Resident, name: str, slots: int = 0) -> Resident:
    """Another account of theirs, made by their client, with a client of its own."""
    await person.post("/api/fedicert/v1/accounts", username=name, slots=slots)
    rows = await person.place.all("SELECT id FROM accounts WHERE username = $1 AND domain = ''", name)
    return await client_of(person.place, rows[0][0], name)


async def alike(place: Place, person: Resident, name: str, slots: int) -> int:
    """The same without a door, for races."""
    deps = place.app.deps
    ids = await deps.db.write(instance.new_ids, COUNT)
    keys = await account_keys(deps.keys, deps.vault, deps.urls, deps.urls.actor(name), ids)
    made, _ = await deps.db.write(people.add_account, deps.urls, person.id, name, slots, keys)
    return int(made)


async def shares(person: Resident) -> dict[str, int | None]:
    """What their pages say of how their accounts divide: name → followers it may have."""
    found = await person.get("/api/fedicert/v1/accounts")
    return {one["username"]: one["share"] for tier in found for one in tier["accounts"]}


class Browser:
    """A browser without scripts: it keeps cookies, follows redirects, and sends forms as they stand on the page."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.http = httpx.AsyncClient(
            transport=httpx.ASGITransport(place.app), base_url=place.app.deps.config.base, follow_redirects=True
        )
        place._clients.append(self.http)
        self.page: httpx.Response | None = None

    async def open(self, path: str, status: int = 200) -> str:
        """A page."""
        self.page = await self.http.get(path)
        assert self.page.status_code == status, f"{path}: {self.page.status_code}\n{self.page.text}"
        return self.page.text

    async def send(self, path: str, status: int = 200, **fields: Any) -> str:
        """A form of the page that is open."""
        assert self.page is not None
        token = re.search(r'name="form_token" value="([^"]*)"', self.page.text)
        assert token is not None, self.page.text
        self.page = await self.http.post(path, data={"form_token": token[1], **{k: str(v) for k, v in fields.items()}})
        assert self.page.status_code == status, f"{path}: {self.page.status_code}\n{self.page.text}"
        return self.page.text

    @property
    def path(self) -> str:
        """Where it is now."""
        assert self.page is not None
        return self.page.url.path

    async def log_in(self, person: Resident, password: str = "a word that nobody guesses") -> str:
        """Log in with a password, which is set first."""
        hashed = hash_password(password, self.place.app.deps.entropy)
        await self.place.write(people.set_password, person.name, hashed)
        # Setting it ended the tokens of apps; this story's client gets its own back.
        await self.place.run("UPDATE tokens SET revoked_at = NULL WHERE account = $1", person.id)
        await self.open("/login")
        return await self.send("/login", name=person.name, password=password)
