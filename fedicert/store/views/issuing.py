"""What an issuer here shows to everybody: keys that count, credentials, status lists, kinds of licence."""

import msgspec

from fedicert.model.issuing import Achievement, Issuer
from fedicert.model.sealed_keys import REGISTRAR
from fedicert.store.unit import Reader, one_statement


class ShownKey(msgspec.Struct, frozen=True):
    """A key that counts: its id and multikey."""

    method: str
    public: str


class ShownCredential(msgspec.Struct, frozen=True):
    """A credential: its document without a proof, and the proofs by suite, both JSON."""

    document: str
    proofs: str


class ShownList(msgspec.Struct, frozen=True):
    """A signed status list as JSON, and until when it holds."""

    document: str
    valid_until: int


@one_statement
async def issuer(reader: Reader) -> Issuer | None:
    """Who issues here; None where nobody does."""
    row = await reader.one("SELECT did, base, role, name, url, country, region FROM issuers")
    if row is None:
        return None
    return Issuer(
        did=row["did"],
        base=row["base"],
        role=row["role"],
        name=row["name"],
        url=row["url"],
        country=row["country"],
        region=row["region"],
        method="",
    )


@one_statement
async def keys(reader: Reader) -> list[ShownKey]:
    """The keys that count now: the one that signs, and retired ones as long as a credential of theirs hasn't ended.

    A status list is by the key that signs, except for the moment until it is signed anew after a change of keys.
    """
    rows = await reader.all(
        "SELECT k.kid, k.public FROM keys k WHERE k.owner = 0 AND k.purpose = $1 AND (k.retired_at IS NULL OR EXISTS"
        " (SELECT 1 FROM issued_credentials c WHERE c.method = k.kid AND c.valid_until > $2)) ORDER BY k.id",
        REGISTRAR,
        reader.now,
    )
    return [ShownKey(row["kid"], row["public"]) for row in rows]


@one_statement
async def credential(reader: Reader, uuid: str) -> ShownCredential | None:
    """A credential, revoked or not: its status says which."""
    row = await reader.one("SELECT document, proofs FROM issued_credentials WHERE uuid = $1", uuid)
    return None if row is None else ShownCredential(row["document"], row["proofs"])


@one_statement
async def status_list(reader: Reader, number: int) -> ShownList | None:
    """A status list as it was signed last; None where there is none, or it wasn't signed yet."""
    row = await reader.one("SELECT document, valid_until FROM status_lists WHERE number = $1", number)
    return None if row is None or not row["document"] else ShownList(row["document"], row["valid_until"])


@one_statement
async def achievement(reader: Reader, slug: str) -> Achievement | None:
    """A kind of licence."""
    found = await reader.value("SELECT document FROM achievements WHERE slug = $1", slug)
    return None if found is None else msgspec.json.decode(found, type=Achievement)
