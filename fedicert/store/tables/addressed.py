"""Whom posts of people here address outside the audience: the dated rows that law 2 is counted by, and what is known
of somebody a post addresses. Which of them is a stranger is decided in `reach.strangers`.
"""

from collections.abc import Sequence

import msgspec

from fedicert.base.clock import DAY, utc_day
from fedicert.base.ids import id_at
from fedicert.reach.strangers import WINDOW, Addressed, Charge, Used
from fedicert.store.unit import Reader, Tx

HIGHEST = 4_000
"""So many posts up a thread are looked at."""

_PEOPLE = (
    "SELECT a.id, a.username, a.domain, a.type,"
    " EXISTS (SELECT 1 FROM follows f WHERE f.follower = a.id AND f.followed = $2 AND f.state = 'admitted') AS admitted,"
    # From what they wrote to whom it names: a known author is named by more posts than anybody writes in 30 days.
    " EXISTS (SELECT 1 FROM statuses s WHERE s.author = a.id AND s.id >= $3 AND s.created_at > $4"
    " AND s.state = 'published' AND EXISTS (SELECT 1 FROM status_mentions m WHERE m.status = s.id AND m.account = $2))"
    " AS spoke"
    " FROM accounts a WHERE a.id {any_id:$1} ORDER BY a.id"
)
_ABOVE = (
    "WITH RECURSIVE up(id, parent, author) AS (SELECT id, in_reply_to_id, author FROM statuses WHERE id = $1"
    " UNION SELECT s.id, s.in_reply_to_id, s.author FROM up JOIN statuses s ON s.id = up.parent)"
    f" SELECT id, author FROM up LIMIT {HIGHEST}"
)
_THREADS = (
    "SELECT account FROM status_mentions WHERE status {any_id:$1} AND account {any_id:$2}"
    " UNION SELECT author FROM statuses WHERE reblog_of {any_id:$1} AND author {any_id:$2}"
)


def holder_of(login: int | None, account: int) -> int:
    """Strangers are counted per login; an account without one stands for itself."""
    return -account if login is None else login


async def hold(tx: Tx, holder: int) -> None:
    """Take the login's lock, behind that of the author's seat: its accounts use the same strangers."""
    if tx.engine == "postgres" and holder > 0:
        await tx.value("SELECT id FROM logins WHERE id = $1 {for_update}", holder)


async def known(
    reader: Reader, author: int, holder: int, accounts: Sequence[int], parent: int | None
) -> list[Addressed]:
    """What is known of people whom a post of `author` addresses, in order of id. `parent`: the post it answers."""
    since = reader.now - WINDOW
    up = [] if parent is None else await reader.all(_ABOVE, parent)
    above = {row["author"] for row in up}
    before = await reader.all(
        "SELECT person, at, cost FROM addressed WHERE person {any_id:$1} AND holder = $2 AND kind = 'stranger'"
        " AND at > $3 ORDER BY at, post",
        list(accounts),
        holder,
        since,
    )
    rows = await reader.all(_PEOPLE, list(accounts), author, id_at(max(since, 0)), since)
    groups = [row["id"] for row in rows if row["type"] == "Group"]
    there = await reader.all(_THREADS, [row["id"] for row in up], groups) if up and groups else []
    of_groups = {row[0] for row in there}
    return [
        Addressed(
            account=row["id"],
            handle=f"{row['username']}@{row['domain']}" if row["domain"] else row["username"],
            in_audience=bool(row["admitted"]),
            spoke=bool(row["spoke"]),
            higher_up=row["id"] in above,
            group=row["type"] == "Group",
            thread_there=row["id"] in of_groups,
            posts=tuple(one["at"] for one in before if one["person"] == row["id"]),
            counted=any(one["cost"] > 0 for one in before if one["person"] == row["id"]),
        )
        for row in rows
    ]


async def used(reader: Reader, author: int, holder: int) -> Used:
    """What is used: strangers of the login within 30 days, answers of the account this UTC day."""
    rows = await reader.all(
        "SELECT at, cost FROM addressed WHERE holder = $1 AND kind = 'stranger' AND at > $2 AND cost > 0 ORDER BY at",
        holder,
        reader.now - WINDOW,
    )
    answers = await reader.value(
        "SELECT COALESCE(SUM(cost), 0) FROM addressed WHERE account = $1 AND kind = 'answer' AND at >= $2",
        author,
        utc_day(reader.now) * DAY,
    )
    return Used(strangers=[(row[0], row[1]) for row in rows], answers=int(answers))


async def oldest_stranger(reader: Reader, holder: int) -> int | None:
    """When the oldest of the strangers was addressed that still count; it frees 30 days later."""
    found = await reader.value(
        "SELECT MIN(at) FROM addressed WHERE holder = $1 AND kind = 'stranger' AND at > $2 AND cost > 0",
        holder,
        reader.now - WINDOW,
    )
    return None if found is None else int(found)


class Addressing(msgspec.Struct, frozen=True):
    """Who addresses, and in which post."""

    author: int
    holder: int
    post: int


async def note(tx: Tx, by: Addressing, charges: Sequence[Charge]) -> None:
    """Write the dated rows of a post; a person stands there once a post."""
    await tx.many(
        "INSERT INTO addressed (post, person, account, holder, kind, cost, at) VALUES ($1, $2, $3, $4, $5, $6, $7)"
        " ON CONFLICT DO NOTHING",
        [(by.post, charge.account, by.author, by.holder, charge.kind, charge.cost, tx.now) for charge in charges],
    )


async def forget(tx: Tx, before: int, most: int) -> int:
    """Drop rows older than a moment (ms), which nothing counts any more; how many."""
    return await tx.run(
        "DELETE FROM addressed WHERE (post, person) IN (SELECT post, person FROM addressed WHERE at < $1 LIMIT $2)",
        before,
        most,
    )
