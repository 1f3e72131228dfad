"""Permits of posts by people here: what they stand on, and the documents that were signed. Nothing here opens a key."""

import msgspec

from fedicert.model.permits import PermitRow
from fedicert.store.shapes import permit_of
from fedicert.store.unit import Reader, Tx


class Grounds(msgspec.Struct, frozen=True, kw_only=True):
    """What a new permit stands on: the licence by which the account stands on its rung, and the key that signs."""

    number: int
    key: int
    kid: str
    sealed: bytes


async def grounds(reader: Reader, account: int) -> Grounds | None:
    """Of an account that stands on its rung by a licence which is shown and trusted here; None for everybody else."""
    row = await reader.one(
        "SELECT n.number, k.id, k.kid, k.sealed FROM local_accounts l"
        " JOIN tier_grants g ON g.account = l.id AND g.tier = l.tier AND g.ended_at IS NULL"
        " JOIN licences n ON n.id = g.licence JOIN keys k ON k.owner = l.id AND k.alg = 'ed25519'"
        " WHERE l.id = $1 AND n.ended_at IS NULL AND n.consented_at IS NOT NULL AND n.outcome = 'trusted'"
        " AND k.retired_at IS NULL ORDER BY n.number DESC, k.id DESC LIMIT 1",
        account,
    )
    if row is None:
        return None
    return Grounds(number=row["number"], key=row["id"], kid=row["kid"], sealed=bytes(row["sealed"]))


async def put(tx: Tx, status: int, account: int, licence: int, document: str, narrow: str) -> None:
    """Keep what was signed, for a rung that lets anyone boost and for one that lets the audience; what was signed of this
    post before is replaced."""
    await tx.run(
        "INSERT INTO permits (status, account, licence, document, narrow, created_at) VALUES ($1, $2, $3, $4, $5, $6)"
        " ON CONFLICT (status) DO UPDATE SET licence = excluded.licence, document = excluded.document,"
        " narrow = excluded.narrow, created_at = excluded.created_at",
        status,
        account,
        licence,
        document,
        narrow,
        tx.now,
    )


async def remove(tx: Tx, status: int) -> None:
    """A post carries none any longer."""
    await tx.run("DELETE FROM permits WHERE status = $1", status)


async def of_licence(reader: Reader, licence: int, count: int) -> list[int]:
    """Some posts that carry a permit by a licence, the oldest first."""
    rows = await reader.all("SELECT status FROM permits WHERE licence = $1 ORDER BY status LIMIT $2", licence, count)
    return [row[0] for row in rows]


async def to_judge(reader: Reader, author: int, after: int, count: int) -> list[tuple[int, PermitRow]]:
    """Some of an author's posts that carry a permit, behind one."""
    rows = await reader.all(
        "SELECT id, permit FROM statuses WHERE author = $1 AND permit <> '' AND id > $2 ORDER BY id LIMIT $3",
        author,
        after,
        count,
    )
    return [(row[0], permit) for row in rows if (permit := permit_of(row[1])) is not None]
