"""Whose list of followers here was asked for, and when; and what our own rows say of it (FEP-8fcf)."""

from collections.abc import Sequence

import msgspec

from fedicert.store.sees import A_PERSON
from fedicert.store.unit import Reader, Tx


class Here(msgspec.Struct, frozen=True):
    """Somebody here who follows a remote account, or asks to."""

    follower: int
    uri: str
    state: str
    state_at: int


async def looked_at(reader: Reader, account: int) -> int | None:
    """When an account's list was asked for last."""
    found = await reader.value("SELECT looked_at FROM synchronizations WHERE account = $1", account)
    return None if found is None else int(found)


async def note(tx: Tx, account: int) -> None:
    """It is asked for now."""
    await tx.run(
        "INSERT INTO synchronizations (account, looked_at) VALUES ($1, $2)"
        " ON CONFLICT (account) DO UPDATE SET looked_at = excluded.looked_at",
        account,
        tx.now,
    )


async def forget(tx: Tx, before: int, most: int) -> int:
    """Forget what was asked for before a moment (ms); how many."""
    return await tx.run(
        "DELETE FROM synchronizations WHERE account IN"
        " (SELECT account FROM synchronizations WHERE looked_at < $1 LIMIT $2)",
        before,
        most,
    )


async def followers_here(reader: Reader, account: int) -> list[Here]:
    """Who of our people follows a remote account, or asks to."""
    rows = await reader.all(
        "SELECT f.follower, a.uri, f.state, f.state_at FROM follows f JOIN accounts a ON a.id = f.follower"
        " JOIN local_accounts l ON l.id = f.follower WHERE f.followed = $1 ORDER BY f.id",
        account,
    )
    return [Here(row[0], row[1], row[2], row[3]) for row in rows]


async def people_here(reader: Reader, uris: Sequence[str]) -> dict[str, int]:
    """Actor id → account of those who live here: neither the server's own accounts nor who left, who sign nothing."""
    rows = await reader.all(
        "SELECT a.uri, a.id FROM accounts a JOIN local_accounts l ON l.id = a.id WHERE a.uri {any_text:$1}"
        f" AND a.deleted_at IS NULL AND {A_PERSON}",
        list(uris),
    )
    return {row[0]: row[1] for row in rows}
