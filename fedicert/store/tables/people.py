"""Accounts as operations need them: who, where, of what kind. Pages for doors are views."""

from collections.abc import Sequence
from urllib.parse import urlsplit

import msgspec

from fedicert.base.errors import NotFound
from fedicert.model.accounts import is_limits
from fedicert.store.unit import Reader, Row


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """An account, in the few facts that decisions need."""

    id: int
    uri: str
    username: str
    domain: str
    type: str
    url: str
    locked: bool
    closed: bool

    @property
    def local(self) -> bool:
        """Does this account live here?"""
        return not self.domain

    @property
    def limits(self) -> bool:
        """Is this the account by which the server tells people of their limits (law 8)?"""
        return is_limits(self.username, self.domain)

    @property
    def authority(self) -> str:
        """Host and port of the actor id."""
        return urlsplit(self.uri).netloc

    @property
    def acct(self) -> str:
        """The name clients show."""
        return f"{self.username}@{self.domain}" if self.domain else self.username


_SELECT = (
    "SELECT id, uri, username, domain, type, url, locked, suspended_at IS NOT NULL OR deleted_at IS NOT NULL AS closed"
    " FROM accounts "
)


async def by_id(reader: Reader, account: int) -> Person | None:
    """One account by its id."""
    row = await reader.one(_SELECT + "WHERE id = $1", account)
    return None if row is None else _person(row)


async def by_ids(reader: Reader, *accounts: int) -> dict[int, Person]:
    """Those of these accounts that are there."""
    rows = await reader.all(_SELECT + "WHERE id {any_id:$1}", list(accounts))
    return {row["id"]: _person(row) for row in rows}


async def by_uri(reader: Reader, uri: str) -> Person | None:
    """One account by its actor id."""
    row = await reader.one(_SELECT + "WHERE uri = $1", uri)
    return None if row is None else _person(row)


async def by_uris(reader: Reader, uris: Sequence[str]) -> list[Person]:
    """Those of these actor ids that are known, in the order of the ids."""
    rows = await reader.all(_SELECT + "WHERE uri {any_text:$1}", list(uris))
    found = {row["uri"]: _person(row) for row in rows}
    return [found[uri] for uri in uris if uri in found]


async def known(reader: Reader, accounts: Sequence[int]) -> list[int]:
    """Those of these ids that are accounts'."""
    return [row[0] for row in await reader.all("SELECT id FROM accounts WHERE id {any_id:$1}", list(accounts))]


async def by_handle(reader: Reader, username: str, domain: str) -> Person | None:
    """One account by name, whatever its case; domain '' is here."""
    row = await reader.one(_SELECT + "WHERE username_key = $1 AND domain = $2", username.lower(), domain.lower())
    return None if row is None else _person(row)


def _person(row: Row) -> Person:
    return Person(
        id=row["id"],
        uri=row["uri"],
        username=row["username"],
        domain=row["domain"],
        type=row["type"],
        url=row["url"],
        locked=bool(row["locked"]),
        closed=bool(row["closed"]),
    )


async def instance(reader: Reader) -> int:
    """The account of the instance's own actor; what concerns the instance stands in its chain."""
    found = await reader.value(
        "SELECT l.id FROM local_accounts l JOIN accounts a ON a.id = l.id WHERE a.type = 'Application' AND l.login IS NULL"
        " ORDER BY l.id LIMIT 1"
    )
    if found is None:
        raise NotFound("the instance's own actor is missing: start the server once, it is made then")
    return int(found)


async def is_gone(reader: Reader, account: int) -> bool:
    """Was the account deleted?"""
    return await reader.value("SELECT deleted_at FROM accounts WHERE id = $1", account) is not None


async def followers_uri(reader: Reader, account: int) -> str:
    """The id of an account's followers collection, '' where it has none."""
    return str(await reader.value("SELECT followers_uri FROM accounts WHERE id = $1", account) or "")
