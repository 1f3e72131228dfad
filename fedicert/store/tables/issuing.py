"""What this database issues: the issuer, its keys, kinds of licence, credentials and status lists.

The database itself refuses two credentials on one entry of a list, and taking a revocation back.
"""

from collections.abc import Sequence

import msgspec

from fedicert.model.issuing import Achievement, Issued, Issuer, IssuerKey, Place, StatusList
from fedicert.model.sealed_keys import REGISTRAR, WITHDRAWN
from fedicert.store.unit import Reader, Row, Tx


async def put_issuer(tx: Tx, issuer: Issuer) -> None:
    """Write who issues here; its key is written apart."""
    await tx.run(
        "INSERT INTO issuers (id, did, base, role, name, url, country, region, keys_made, created_at)"
        " VALUES (1, $1, $2, $3, $4, $5, $6, $7, 1, $8)",
        issuer.did,
        issuer.base,
        issuer.role,
        issuer.name,
        issuer.url,
        issuer.country,
        issuer.region,
        tx.now,
    )


async def issuer(reader: Reader) -> Issuer | None:
    """Who issues here, with the key in use; None where nobody does."""
    row = await reader.one(
        "SELECT did, base, role, name, url, country, region, (SELECT kid FROM keys WHERE owner = 0 AND purpose = $1"
        " AND retired_at IS NULL ORDER BY id DESC LIMIT 1) AS method FROM issuers",
        REGISTRAR,
    )
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
        method=row["method"] or "",
    )


async def keys_made(reader: Reader) -> int:
    """How many keys the issuer has ever had; the next one's number is one more."""
    return int(await reader.value("SELECT keys_made FROM issuers"))


async def count_key(tx: Tx) -> None:
    """One more key was made."""
    await tx.run("UPDATE issuers SET keys_made = keys_made + 1")


async def key(reader: Reader, method: str) -> IssuerKey | None:
    """A key by the id others know it by, sealed."""
    row = await reader.one(f"SELECT {_KEY} FROM keys WHERE kid = $1 AND purpose = $2", method, REGISTRAR)
    return None if row is None else _key(row)


async def retire_keys(tx: Tx, *, withdrawn: bool) -> None:
    """What signs now does so no more. `withdrawn`: it isn't listed either, and all it signed is void."""
    await tx.run(
        "UPDATE keys SET retired_at = $1, purpose = $2 WHERE owner = 0 AND purpose = $3 AND retired_at IS NULL",
        tx.now,
        WITHDRAWN if withdrawn else REGISTRAR,
        REGISTRAR,
    )


async def put_achievement(tx: Tx, achievement: Achievement) -> None:
    """Write a kind of licence, in the place of one with the same slug."""
    await tx.run(
        "INSERT INTO achievements (slug, document, created_at, updated_at) VALUES ($1, $2, $3, $3)"
        " ON CONFLICT (slug) DO UPDATE SET document = excluded.document, updated_at = excluded.updated_at",
        achievement.slug,
        msgspec.json.encode(achievement).decode(),
        tx.now,
    )


async def achievement(reader: Reader, slug: str) -> Achievement | None:
    """A kind of licence, or None."""
    found = await reader.value("SELECT document FROM achievements WHERE slug = $1", slug)
    return None if found is None else msgspec.json.decode(found, type=Achievement)


async def achievements(reader: Reader) -> list[Achievement]:
    """Every kind of licence, by slug."""
    rows = await reader.all("SELECT document FROM achievements ORDER BY slug")
    return [msgspec.json.decode(row["document"], type=Achievement) for row in rows]


async def add_list(tx: Tx, number: int) -> None:
    """A list that nothing is on yet; it isn't signed."""
    await tx.run(
        "INSERT INTO status_lists (number, revision, signed_revision, document, signed_at, valid_until)"
        " VALUES ($1, 1, 0, '', 0, 0)",
        number,
    )


async def last_list(reader: Reader) -> tuple[int, int]:
    """The list that is being filled, and how many entries of it are taken; (0, 0) where there is none."""
    row = await reader.one(
        "SELECT l.number AS number, (SELECT count(*) FROM issued_credentials c WHERE c.list = l.number) AS taken"
        " FROM status_lists l ORDER BY l.number DESC LIMIT 1"
    )
    return (0, 0) if row is None else (row["number"], row["taken"])


async def taken(reader: Reader, number: int, indexes: Sequence[int]) -> set[int]:
    """Which of these entries of a list are taken."""
    rows = await reader.all(
        "SELECT list_index FROM issued_credentials WHERE list = $1 AND list_index {any_id:$2}", number, list(indexes)
    )
    return {row["list_index"] for row in rows}


async def status_list(reader: Reader, number: int) -> StatusList | None:
    """A list, or None."""
    row = await reader.one(f"SELECT {_LIST} FROM status_lists WHERE number = $1", number)
    return None if row is None else _list(row)


async def lists_to_sign(reader: Reader, until: int) -> list[int]:
    """Lists that were changed since they were signed, or that hold no longer than `until`."""
    rows = await reader.all(
        "SELECT number FROM status_lists WHERE signed_revision < revision OR valid_until <= $1 ORDER BY number", until
    )
    return [row["number"] for row in rows]


async def all_lists(reader: Reader) -> list[int]:
    """Every list."""
    return [row["number"] for row in await reader.all("SELECT number FROM status_lists ORDER BY number")]


async def revoked_on(reader: Reader, number: int) -> list[int]:
    """The entries of a list that are revoked."""
    rows = await reader.all(
        "SELECT list_index FROM issued_credentials WHERE list = $1 AND revoked_at IS NOT NULL ORDER BY list_index",
        number,
    )
    return [row["list_index"] for row in rows]


async def store_list(tx: Tx, number: int, revision: int, document: str, signed_at: int, valid_until: int) -> bool:
    """Write a signed list. False where one of a later revision, or signed later, is there already."""
    return bool(
        await tx.run(
            "UPDATE status_lists SET document = $3, signed_revision = $2, signed_at = $4, valid_until = $5"
            " WHERE number = $1 AND revision >= $2 AND signed_revision <= $2 AND signed_at <= $4",
            number,
            revision,
            document,
            signed_at,
            valid_until,
        )
    )


async def insert_issued(tx: Tx, issued: Issued) -> None:
    """Write a credential. Duplicate where its entry or uuid is taken."""
    await tx.run(
        "INSERT INTO issued_credentials (id, uuid, list, list_index, achievement, subject, number, holder, valid_from,"
        " valid_until, document, proofs, method, control, issued_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
        tx.new_id(),
        issued.uuid,
        issued.place.number,
        issued.place.index,
        issued.achievement,
        issued.subject,
        issued.number,
        issued.holder,
        issued.valid_from,
        issued.valid_until,
        issued.document,
        issued.proofs,
        issued.method,
        issued.control,
        tx.now,
    )


async def issued(reader: Reader, uuid: str) -> Issued | None:
    """A credential by its uuid, revoked or not."""
    row = await reader.one(f"SELECT {_ISSUED} FROM issued_credentials WHERE uuid = $1", uuid)
    return None if row is None else _issued(row)


async def issued_page(reader: Reader, after: str, count: int) -> list[Issued]:
    """Credentials in the order of their uuids behind `after`."""
    rows = await reader.all(
        f"SELECT {_ISSUED} FROM issued_credentials WHERE uuid > $1 ORDER BY uuid LIMIT $2", after, count
    )
    return [_issued(row) for row in rows]


async def holders_of(reader: Reader, achievement: str, number: str) -> list[Issued]:
    """Who holds this licence number now: issued, not revoked, not ended."""
    rows = await reader.all(
        f"SELECT {_ISSUED} FROM issued_credentials WHERE achievement = $1 AND number = $2 AND revoked_at IS NULL"
        " AND valid_until > $3 ORDER BY id",
        achievement,
        number,
        reader.now,
    )
    return [_issued(row) for row in rows]


async def revoke(tx: Tx, uuid: str, why: str) -> int:
    """Set the bit of a credential that has none; how many rows were changed."""
    return await tx.run(
        "UPDATE issued_credentials SET revoked_at = $2, revoked_why = $3 WHERE uuid = $1 AND revoked_at IS NULL",
        uuid,
        tx.now,
        why,
    )


async def next_revision(tx: Tx, number: int) -> None:
    """A list was changed: what is signed doesn't show it yet."""
    await tx.run("UPDATE status_lists SET revision = revision + 1 WHERE number = $1", number)


async def put_proofs(tx: Tx, uuid: str, proofs: str, method: str) -> None:
    """Other proofs for the same document."""
    await tx.run("UPDATE issued_credentials SET proofs = $2, method = $3 WHERE uuid = $1", uuid, proofs, method)


_KEY = "id, kid, public, sealed, retired_at"
_LIST = "number, revision, signed_revision, document, signed_at, valid_until"
_ISSUED = (
    "uuid, list, list_index, achievement, subject, number, holder, valid_from, valid_until, document, proofs, method,"
    " control, issued_at, revoked_at, revoked_why"
)


def _key(row: Row) -> IssuerKey:
    return IssuerKey(
        id=row["id"],
        method=row["kid"],
        public=row["public"],
        sealed=bytes(row["sealed"]),
        retired_at=row["retired_at"],
    )


def _list(row: Row) -> StatusList:
    return StatusList(
        number=row["number"],
        revision=row["revision"],
        signed_revision=row["signed_revision"],
        document=row["document"],
        signed_at=row["signed_at"],
        valid_until=row["valid_until"],
    )


def _issued(row: Row) -> Issued:
    return Issued(
        uuid=row["uuid"],
        place=Place(row["list"], row["list_index"]),
        achievement=row["achievement"],
        subject=row["subject"],
        number=row["number"],
        holder=row["holder"],
        valid_from=row["valid_from"],
        valid_until=row["valid_until"],
        document=row["document"],
        proofs=row["proofs"],
        method=row["method"],
        control=row["control"],
        issued_at=row["issued_at"],
        revoked_at=row["revoked_at"],
        revoked_why=row["revoked_why"],
    )
