"""The sealed keys that our activities are signed with. Nothing here opens one."""

from collections.abc import Sequence

import msgspec

from fedicert.store.unit import Reader, Row, one_statement


class SealedKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key at rest: the row id is what it is sealed with; `kid` is the id that others know it by."""

    id: int
    owner: int
    algorithm: str
    kid: str
    sealed: bytes


@one_statement
async def main_keys(reader: Reader, accounts: Sequence[int]) -> list[SealedKey]:
    """The RSA key in use of each of these accounts, those that are gone included: what they take back is signed too."""
    rows = await reader.all(
        "SELECT id, owner, alg, kid, sealed FROM keys WHERE owner {any_id:$1} AND alg = 'rsa-v1_5-sha256'"
        " AND retired_at IS NULL ORDER BY id",
        list(accounts),
    )
    return [_key(row) for row in rows]


@one_statement
async def ledger_key(reader: Reader) -> SealedKey | None:
    """The instance's Ed25519 key, which signs checkpoints."""
    row = await reader.one(
        "SELECT k.id, k.owner, k.alg, k.kid, k.sealed FROM keys k JOIN accounts a ON a.id = k.owner"
        " WHERE a.type = 'Application' AND a.domain = '' AND k.alg = 'ed25519' AND k.retired_at IS NULL"
        " ORDER BY k.id DESC LIMIT 1"
    )
    return None if row is None else _key(row)


def _key(row: Row) -> SealedKey:
    return SealedKey(
        id=row["id"], owner=row["owner"], algorithm=row["alg"], kid=row["kid"], sealed=bytes(row["sealed"])
    )
