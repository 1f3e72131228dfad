"""Which counts are larger than their caps, and in which stage of coming back under them (law 4)."""

import msgspec

from fedicert.store.unit import Reader, Tx


class Settling(msgspec.Struct, frozen=True, kw_only=True):
    """A settling that goes on. `until`: the end of its stage, in ms."""

    id: int
    account: int
    stage: str
    cause: str
    begun_at: int
    until: int


async def open_of(reader: Reader, account: int) -> Settling | None:
    """The settling of an account, if one goes on."""
    row = await reader.one(
        "SELECT id, account, stage, cause, begun_at, until FROM settlings WHERE account = $1 AND ended_at IS NULL",
        account,
    )
    if row is None:
        return None
    return Settling(id=row[0], account=row[1], stage=row[2], cause=row[3], begun_at=row[4], until=row[5])


async def last_begun(reader: Reader, account: int) -> int | None:
    """When an account's latest settling began."""
    found = await reader.value("SELECT MAX(begun_at) FROM settlings WHERE account = $1", account)
    return None if found is None else int(found)


async def begin(tx: Tx, account: int, cause: str, until: int) -> None:
    """Begin with grace."""
    await tx.run(
        "INSERT INTO settlings (account, stage, cause, begun_at, until) VALUES ($1, 'grace', $2, $3, $4)",
        account,
        cause,
        tx.now,
        until,
    )


async def end(tx: Tx, settling: int) -> None:
    """The count is under its cap again."""
    await tx.run("UPDATE settlings SET ended_at = $2 WHERE id = $1", settling, tx.now)
