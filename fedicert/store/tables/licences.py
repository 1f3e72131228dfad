"""Licences of people here and elsewhere: written by operations alone. What of them is shown is a column of the account."""

from collections.abc import Sequence
from typing import Any

import msgspec

from fedicert.model.licences import LicenceRow, ShownLicence
from fedicert.store.shapes import LICENCE_COLUMNS, licence_row, licences_of
from fedicert.store.unit import Reader, Tx

_SELECT = f"SELECT {LICENCE_COLUMNS} FROM licences "


async def of_account(reader: Reader, account: int, *, ended: bool = False) -> list[LicenceRow]:
    """The licences of an account in the order of their numbers; `ended`: those that ended here as well."""
    where = "" if ended else " AND ended_at IS NULL"
    rows = await reader.all(_SELECT + f"WHERE account = $1{where} ORDER BY number", account)
    return [licence_row(row) for row in rows]


async def numbered(reader: Reader, account: int, number: int) -> LicenceRow | None:
    """One by the number of its page, an ended one included."""
    row = await reader.one(_SELECT + "WHERE account = $1 AND number = $2", account, number)
    return None if row is None else licence_row(row)


async def linked(reader: Reader, account: int, href: str) -> LicenceRow | None:
    """The one that isn't ended, by the address of its credential."""
    row = await reader.one(_SELECT + "WHERE account = $1 AND href = $2 AND ended_at IS NULL", account, href)
    return None if row is None else licence_row(row)


async def claimed(reader: Reader, claim: str) -> LicenceRow | None:
    """Who holds what only one actor here can hold."""
    row = await reader.one(_SELECT + "WHERE claim = $1", claim)
    return None if row is None else licence_row(row)


async def next_number(reader: Reader, account: int) -> int:
    """The number of the account's next licence; numbers are never given twice."""
    return int(await reader.value("SELECT COALESCE(MAX(number), 0) + 1 FROM licences WHERE account = $1", account))


async def insert(tx: Tx, row: LicenceRow) -> None:
    """Keep one more."""
    names = LICENCE_COLUMNS.split(", ")
    places = ", ".join(f"${at + 1}" for at in range(len(names)))
    await tx.run(f"INSERT INTO licences ({LICENCE_COLUMNS}) VALUES ({places})", *_values(row))


async def update(tx: Tx, row: LicenceRow) -> None:
    """Write a changed one."""
    await tx.run(
        "UPDATE licences SET mirror = $2, digest = $3, document = $4, outcome = $5, reason = $6, checks = $7, said = $8,"
        " entry = $9, checked_at = $10, tried_at = $11, unanswered = $12, check_again_at = $13, rests_on = $14,"
        " good_since = $15, consented_at = $16, shows = $17, claim = $18, ended_at = $19, cause = $20 WHERE id = $1",
        row.id,
        *_values(row)[4:-1],
    )


async def relink(tx: Tx, licence: int, mirror: str, digest: str) -> None:
    """An actor document links to it in another way now, so that it is to be looked at."""
    await tx.run(
        "UPDATE licences SET mirror = $2, digest = $3, check_again_at = $4 WHERE id = $1",
        licence,
        mirror,
        digest,
        tx.now,
    )


async def remove(tx: Tx, licences: Sequence[int]) -> None:
    """Take some out: a remote actor links to them no longer."""
    if licences:
        await tx.run("DELETE FROM licences WHERE id {any_id:$1}", list(licences))


async def remove_all(tx: Tx, account: int) -> None:
    """An account is gone, and what is known of its licences with it."""
    await tx.run("DELETE FROM licences WHERE account = $1", account)


async def holders_here(reader: Reader, count: int) -> list[int]:
    """People here with a licence, one that ended too, in order of account, so many at most."""
    rows = await reader.all(
        "SELECT DISTINCT n.account FROM licences n JOIN accounts a ON a.id = n.account"
        " WHERE a.domain = '' AND a.deleted_at IS NULL AND a.suspended_at IS NULL ORDER BY n.account LIMIT $1",
        count,
    )
    return [row[0] for row in rows]


async def due(reader: Reader, count: int) -> list[int]:
    """Accounts with a licence that is to be looked at again by now, so many at most."""
    rows = await reader.all(
        "SELECT account, MIN(check_again_at) FROM licences WHERE ended_at IS NULL AND check_again_at <= $1"
        " GROUP BY account ORDER BY MIN(check_again_at) LIMIT $2",
        reader.now,
        count,
    )
    return [row[0] for row in rows]


async def look_at_all(tx: Tx) -> None:
    """Whatever was found of them has to be found anew: the trust list has changed."""
    await tx.run("UPDATE licences SET check_again_at = $1 WHERE ended_at IS NULL AND check_again_at > $1", tx.now)


async def put_off(tx: Tx, account: int, href: str, until: int) -> None:
    """Don't find a licence due again before a moment (ms): somebody looks at it."""
    await tx.run(
        "UPDATE licences SET check_again_at = $3 WHERE account = $1 AND href = $2 AND ended_at IS NULL"
        " AND check_again_at < $3",
        account,
        href,
        until,
    )


async def show(tx: Tx, account: int, shown: Sequence[ShownLicence]) -> bool:
    """Write what of an account's licences is shown with it; False where it says so already."""
    told = msgspec.json.encode(list(shown)).decode()
    return bool(
        await tx.run(
            "UPDATE accounts SET licences = $2, version = version + 1 WHERE id = $1 AND licences <> $2", account, told
        )
    )


async def shown_with(reader: Reader, account: int) -> tuple[ShownLicence, ...]:
    """What of an account's licences is shown with it now."""
    text = await reader.value("SELECT licences FROM accounts WHERE id = $1", account)
    return licences_of(text or "[]")


def _values(row: LicenceRow) -> list[Any]:
    return [
        row.id,
        row.account,
        row.number,
        row.href,
        row.mirror,
        row.digest,
        row.document,
        row.outcome,
        row.reason,
        msgspec.json.encode(row.checks).decode(),
        "" if row.said is None else msgspec.json.encode(row.said).decode(),
        "" if row.entry is None else msgspec.json.encode(row.entry).decode(),
        row.checked_at,
        row.tried_at,
        int(row.unanswered),
        row.check_again_at,
        row.rests_on,
        row.good_since,
        row.consented_at,
        row.shows,
        row.claim,
        row.ended_at,
        row.cause,
        row.created_at,
    ]
