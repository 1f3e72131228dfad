"""Which counts are larger than their caps, and in which stage of coming back under them (law 4)."""

from typing import Literal

import msgspec

from fedicert.store.unit import Reader, Row, Tx

Stage = Literal["grace", "throttle", "trim"]


class Settling(msgspec.Struct, frozen=True, kw_only=True):
    """A settling that goes on. `until`: the end of its stage, in ms. The rest as in `reach.settling.Progress`.

    `stopped_at`: since when no clock runs, None where it does.
    """

    id: int
    account: int
    stage: Stage
    cause: str
    begun_at: int
    until: int
    appeal_since: int | None
    stopped_at: int | None
    clock_held: bool


_SELECT = (
    "SELECT id, account, stage, cause, begun_at, until, appeal_since, stopped_at, clock_held FROM settlings"
    " WHERE ended_at IS NULL"
)


async def open_of(reader: Reader, account: int) -> Settling | None:
    """The settling of an account by its tier's rule, if one goes on."""
    row = await reader.one(_SELECT + " AND cause <> 'window' AND account = $1", account)
    return None if row is None else _settling(row)


async def window_of(reader: Reader, account: int) -> Settling | None:
    """What a window pauses of an account's audience, if one does: beside the other, whose clock it leaves alone."""
    row = await reader.one(_SELECT + " AND cause = 'window' AND account = $1", account)
    return None if row is None else _settling(row)


async def all_open(reader: Reader, count: int) -> list[Settling]:
    """Settlings that go on, oldest first."""
    return [_settling(row) for row in await reader.all(_SELECT + " ORDER BY begun_at, id LIMIT $1", count)]


async def last_given(reader: Reader, account: int) -> int | None:
    """When an account was given grace last."""
    found = await reader.value("SELECT MAX(begun_at) FROM settlings WHERE account = $1 AND grace > 0", account)
    return None if found is None else int(found)


async def begin(tx: Tx, account: int, cause: str, length: int) -> None:
    """Begin with a grace of so many ms."""
    await tx.run(
        "INSERT INTO settlings (account, stage, cause, begun_at, until, grace) VALUES ($1, 'grace', $2, $3, $4, $5)",
        account,
        cause,
        tx.now,
        tx.now + length,
        length,
    )


async def begin_anew(tx: Tx, settling: int, cause: str, length: int) -> None:
    """It stands in a grace of so many ms, from now on and by another cause."""
    await tx.run(
        "UPDATE settlings SET stage = 'grace', cause = $2, begun_at = $3, until = $4, grace = $5 WHERE id = $1",
        settling,
        cause,
        tx.now,
        tx.now + length,
        length,
    )


async def enter(tx: Tx, settling: int, stage: Stage, until: int) -> None:
    """The next stage."""
    await tx.run("UPDATE settlings SET stage = $2, until = $3 WHERE id = $1", settling, stage, until)


async def end(tx: Tx, settling: int) -> None:
    """The count is under its cap again."""
    await tx.run("UPDATE settlings SET ended_at = $2 WHERE id = $1", settling, tx.now)


async def set_appeal(tx: Tx, settling: int, since: int | None) -> None:
    """An appeal is open since a moment, or none is."""
    await tx.run("UPDATE settlings SET appeal_since = $2 WHERE id = $1", settling, since)


async def stop_clock(tx: Tx, settling: int) -> None:
    """No clock runs from now on."""
    await tx.run("UPDATE settlings SET stopped_at = $2 WHERE id = $1 AND stopped_at IS NULL", settling, tx.now)


async def start_clock(tx: Tx, settling: int) -> None:
    """The clock runs again; what it stood still is added to the stage."""
    await tx.run(
        "UPDATE settlings SET until = until + $2 - stopped_at, stopped_at = NULL"
        " WHERE id = $1 AND stopped_at IS NOT NULL",
        settling,
        tx.now,
    )


async def hold_trims(tx: Tx) -> int:
    """The clock jumped: nothing that goes on now trims without an admin's word. How many."""
    return await tx.run(
        "UPDATE settlings SET clock_held = 1 WHERE ended_at IS NULL AND clock_held = 0 AND cause <> 'window'"
    )


async def held(reader: Reader) -> list[int]:
    """The accounts whose trim waits for an admin's word."""
    rows = await reader.all("SELECT account FROM settlings WHERE ended_at IS NULL AND clock_held = 1 ORDER BY account")
    return [row[0] for row in rows]


async def let_trim(tx: Tx) -> None:
    """An admin says that the clock is right."""
    await tx.run("UPDATE settlings SET clock_held = 0 WHERE ended_at IS NULL AND clock_held = 1")


def _settling(row: Row) -> Settling:
    return Settling(
        id=row[0],
        account=row[1],
        stage=row[2],
        cause=row[3],
        begun_at=row[4],
        until=row[5],
        appeal_since=row[6],
        stopped_at=row[7],
        clock_held=bool(row[8]),
    )
