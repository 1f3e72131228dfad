"""Votes: who chose what. One a person and choice; where only one may be chosen the database refuses a second."""

from collections.abc import Sequence

from fedicert.store.unit import Reader, Tx

ONLY = -1
"""The one place of a vote where only one choice may be made."""


async def votes_of(reader: Reader, status: int, account: int) -> list[int]:
    """What somebody chose, in order."""
    rows = await reader.all(
        "SELECT choice FROM poll_votes WHERE status = $1 AND account = $2 ORDER BY choice", status, account
    )
    return [row[0] for row in rows]


async def add(tx: Tx, status: int, account: int, choice: int, *, multiple: bool) -> bool:
    """Somebody chooses; False where that vote, or with a single choice another, is there already."""
    return bool(
        await tx.run(
            "INSERT INTO poll_votes (status, account, choice, place, at) VALUES ($1, $2, $3, $4, $5)"
            " ON CONFLICT DO NOTHING",
            status,
            account,
            choice,
            choice if multiple else ONLY,
            tx.now,
        )
    )


async def count(reader: Reader, status: int, choices: int) -> tuple[list[int], int]:
    """The votes of each choice, and how many people voted."""
    rows = await reader.all("SELECT choice, COUNT(*) FROM poll_votes WHERE status = $1 GROUP BY choice", status)
    found = {row[0]: int(row[1]) for row in rows}
    voters = await reader.value("SELECT COUNT(DISTINCT account) FROM poll_votes WHERE status = $1", status)
    return [found.get(choice, 0) for choice in range(choices)], int(voters)


async def voters_here(reader: Reader, status: int) -> Sequence[int]:
    """The people of this server who voted."""
    rows = await reader.all(
        "SELECT DISTINCT v.account FROM poll_votes v JOIN local_accounts l ON l.id = v.account WHERE v.status = $1"
        " ORDER BY v.account",
        status,
    )
    return [row[0] for row in rows]


async def forget(tx: Tx, status: int) -> None:
    """The choices changed: every vote goes."""
    await tx.run("DELETE FROM poll_votes WHERE status = $1", status)
