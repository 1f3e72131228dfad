"""Waivers of limits: asked for, given, refused, ended. What is in force stands on the account's own row, which the law
reads under its lock, and the database's own refusal with it."""

from typing import Any, Literal

import msgspec

from fedicert.model.standing import WAIVABLE
from fedicert.store.unit import Reader, Row, Tx

State = Literal["asked", "given", "refused", "ended"]


class Waiver(msgspec.Struct, frozen=True, kw_only=True):
    """One waiver. The four limits: what they are raised to, None: not this one. `alone`: nobody else could give it."""

    id: int
    account: int
    username: str
    state: State
    followers: int | None
    following: int | None
    strangers: int | None
    answers: int | None
    days: int
    reason: str
    asked_by: int
    asked_name: str
    asked_at: int
    decided_by: int | None
    decided_name: str
    decided_at: int | None
    until: int | None
    alone: bool
    ended_at: int | None
    ended_why: str

    @property
    def limits(self) -> dict[str, int]:
        """What it raises, and to what."""
        return {name: value for name in WAIVABLE if (value := getattr(self, name)) is not None}


_SELECT = (
    "SELECT w.*, a.username, COALESCE(q.username, '') AS asked_name, COALESCE(d.username, '') AS decided_name"
    " FROM waivers w JOIN accounts a ON a.id = w.account LEFT JOIN accounts q ON q.id = w.asked_by"
    " LEFT JOIN accounts d ON d.id = w.decided_by"
)


async def insert(tx: Tx, waiver: Waiver) -> None:
    """Somebody asks for one."""
    await tx.run(
        "INSERT INTO waivers (id, account, state, followers, following, strangers, answers, days, reason, asked_by,"
        " asked_at) VALUES ($1, $2, 'asked', $3, $4, $5, $6, $7, $8, $9, $10)",
        waiver.id,
        waiver.account,
        waiver.followers,
        waiver.following,
        waiver.strangers,
        waiver.answers,
        waiver.days,
        waiver.reason,
        waiver.asked_by,
        waiver.asked_at,
    )


async def by_id(reader: Reader, waiver: int) -> Waiver | None:
    """One waiver."""
    row = await reader.one(_SELECT + " WHERE w.id = $1", waiver)
    return None if row is None else _waiver(row)


async def open_of(reader: Reader, account: int) -> list[Waiver]:
    """Those of an account that are asked for or in force."""
    return await _all(reader, " WHERE w.account = $1 AND w.state IN ('asked', 'given') ORDER BY w.id", account)


async def page(reader: Reader, account: int | None, before: int | None, count: int, *, alone: bool) -> list[Waiver]:
    """Waivers, newest first, of one account or of all; `alone`: of those that nobody else could give."""
    clauses, values = ["w.id < $1"], [before or 2**62]
    if account is not None:
        values.append(account)
        clauses.append("w.account = $2")
    if alone:
        clauses.append("w.alone = 1")
    return await _all(reader, f" WHERE {' AND '.join(clauses)} ORDER BY w.id DESC LIMIT {int(count)}", *values)


async def give(tx: Tx, waiver: Waiver, by: int, until: int, *, alone: bool) -> None:
    """It is in force from now on. Duplicate where another one of the account is. The caller holds the account's lock."""
    await tx.run(
        "UPDATE waivers SET state = 'given', decided_by = $2, decided_at = $3, until = $4, alone = $5, ended_at = NULL,"
        " ended_why = '' WHERE id = $1",
        waiver.id,
        by,
        tx.now,
        until,
        int(alone),
    )
    await tx.run(
        "UPDATE local_accounts SET waived_until = $2, waived_followers = $3, waived_following = $4,"
        " waived_strangers = $5, waived_answers = $6 WHERE id = $1",
        waiver.account,
        until,
        waiver.followers,
        waiver.following,
        waiver.strangers,
        waiver.answers,
    )


async def refuse(tx: Tx, waiver: int, by: int, why: str) -> None:
    """It isn't given."""
    await tx.run(
        "UPDATE waivers SET state = 'refused', decided_by = $2, decided_at = $3, ended_at = $3, ended_why = $4"
        " WHERE id = $1",
        waiver,
        by,
        tx.now,
        why,
    )


async def end(tx: Tx, waiver: Waiver, why: str) -> None:
    """It is over. The caller holds the account's lock."""
    await tx.run(
        "UPDATE waivers SET state = 'ended', ended_at = $2, ended_why = $3 WHERE id = $1", waiver.id, tx.now, why
    )
    await tx.run(
        "UPDATE local_accounts SET waived_until = NULL, waived_followers = NULL, waived_following = NULL,"
        " waived_strangers = NULL, waived_answers = NULL WHERE id = $1",
        waiver.account,
    )


async def forget(tx: Tx, account: int) -> None:
    """The account is gone, and what was said of it with it."""
    await tx.run("DELETE FROM waivers WHERE account = $1", account)


async def _all(reader: Reader, where: str, *values: Any) -> list[Waiver]:
    return [_waiver(row) for row in await reader.all(_SELECT + where, *values)]


def _waiver(row: Row) -> Waiver:
    values = {name: row[name] for name in Waiver.__struct_fields__}
    return Waiver(**{**values, "alone": bool(values["alone"])})
