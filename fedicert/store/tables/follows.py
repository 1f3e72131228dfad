"""The follow relation: one row per pair, its state, its place in the line. Who gets copies is `audience`'s matter."""

import msgspec

from fedicert.model.standing import FollowState
from fedicert.store import digests
from fedicert.store.unit import Reader, Row, Tx

COUNTED = ("admitted", "paused")


class Follow(msgspec.Struct, frozen=True, kw_only=True):
    """One row. `uri`: the id of the latest Follow; `kept`: the followed person follows the follower.

    `barred_at`: paused with the slot since then, by a blocked domain or the like (ms).
    """

    id: int
    follower: int
    followed: int
    state: FollowState
    uri: str
    domain: str
    kept: bool
    was_trimmed: bool
    created_at: int
    barred_at: int | None = None


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody in the line, as release needs them."""

    follow: Follow
    uri: str
    type: str
    domain_today: int


_COLUMNS = "f.id, f.follower, f.followed, f.state, f.uri, f.domain, f.kept, f.was_trimmed, f.created_at, f.barred_at"
_SELECT = f"SELECT {_COLUMNS} FROM follows f "
_ITS_DAY = (
    "(SELECT CAST(COALESCE(SUM(d.admitted), 0) AS BIGINT) FROM domain_days d"
    " WHERE d.account = f.followed AND d.domain = f.domain AND d.day >= $2)"
)
"""How many of a waiting follow's domain the day ($2) has seen, as in `domain_today`."""


async def between(reader: Reader, follower: int, followed: int) -> Follow | None:
    """The row of a pair, if there is one."""
    row = await reader.one(_SELECT + "WHERE f.follower = $1 AND f.followed = $2", follower, followed)
    return None if row is None else _follow(row)


class Encounter(msgspec.Struct, frozen=True, kw_only=True):
    """All that stands between somebody who follows and whom they follow. `row`: an earlier follow.

    `former`: an account that moved to the follower's, proven both ways, and that stands here as well.
    """

    row: Follow | None
    followed_blocks: bool
    follower_blocks: bool
    followed_back: bool
    former: int | None


async def encounter(reader: Reader, follower: int, followed: int) -> Encounter:
    """What is between two: the row, blocks either way, and whether the other follows, or asks to, already."""
    row = await reader.one(
        f"SELECT {_COLUMNS},"
        " EXISTS (SELECT 1 FROM blocks WHERE account = $2 AND target = $1) AS followed_blocks,"
        " EXISTS (SELECT 1 FROM blocks WHERE account = $1 AND target = $2) AS follower_blocks,"
        " EXISTS (SELECT 1 FROM follows b WHERE b.follower = $2 AND b.followed = $1 AND b.state <> 'trimmed')"
        " AS followed_back,"
        # CROSS JOIN: SQLite keeps this order; by its own choice it walks everybody who follows, at every follow.
        " (SELECT g.follower FROM accounts m CROSS JOIN follows g"
        " WHERE m.moved_to = $1 AND g.follower = m.id AND g.followed = $2 AND m.suspended_at IS NULL"
        " AND g.state <> 'trimmed' AND g.barred_at IS NULL ORDER BY CASE g.state WHEN 'admitted' THEN 0"
        " WHEN 'paused' THEN 1 ELSE 2 END, g.id LIMIT 1) AS former"
        " FROM (SELECT 1 AS one) o LEFT JOIN follows f ON f.follower = $1 AND f.followed = $2",
        follower,
        followed,
    )
    assert row is not None
    return Encounter(
        row=None if row["id"] is None else _follow(row),
        followed_blocks=bool(row["followed_blocks"]),
        follower_blocks=bool(row["follower_blocks"]),
        followed_back=bool(row["followed_back"]),
        former=row["former"],
    )


async def by_id(reader: Reader, identifier: int) -> Follow | None:
    """One row by its id."""
    row = await reader.one(_SELECT + "WHERE f.id = $1", identifier)
    return None if row is None else _follow(row)


async def by_uri(reader: Reader, uri: str, follower: int) -> Follow | None:
    """The follow that the activity `uri` of this follower last spoke of."""
    row = await reader.one(_SELECT + "WHERE f.uri = $1 AND f.follower = $2", uri, follower)
    return None if row is None else _follow(row)


async def of_uri(reader: Reader, uri: str, followed: int) -> Follow | None:
    """The follow of this account that the activity `uri` last spoke of."""
    row = await reader.one(_SELECT + "WHERE f.uri = $1 AND f.followed = $2", uri, followed)
    return None if row is None else _follow(row)


async def insert(
    tx: Tx,
    *,
    follower: int,
    followed: int,
    state: FollowState,
    uri: str,
    domain: str,
    kept: bool,
    admitted_seq: int | None,
    reblogs: bool = True,
    notify: bool = False,
    languages: str = "[]",
) -> None:
    """A new row. The database refuses an admitted one beyond the cap (`CapExceeded`)."""
    await tx.run(
        "INSERT INTO follows (follower, followed, state, uri, domain, kept, was_trimmed, reblogs, notify, languages,"
        " admitted_seq, created_at, state_at) VALUES ($1, $2, $3, $4, $5, $6, 0, $7, $8, $9, $10, $11, $11)",
        follower,
        followed,
        state,
        uri,
        domain,
        int(kept),
        int(reblogs),
        int(notify),
        languages,
        admitted_seq,
        tx.now,
    )
    if state in COUNTED:
        await digests.shift(tx, followed, [follower], 1)


async def move(tx: Tx, follow: int, state: FollowState, admitted_seq: int | None) -> None:
    """Change the state of a row. The database refuses an admission beyond the cap (`CapExceeded`).

    Whoever was asked for and waits in the line now has waited all the while: a place lapses after 180 days of both.
    """
    before = await by_id(tx, follow)
    await tx.run(
        "UPDATE follows SET state = $2, admitted_seq = $3, state_at = CASE WHEN state = 'requested' AND $2 = 'held'"
        " THEN state_at ELSE $4 END WHERE id = $1",
        follow,
        state,
        admitted_seq,
        tx.now,
    )
    if before is not None and (before.state in COUNTED) != (state in COUNTED):
        await digests.shift(tx, before.followed, [before.follower], 1 if state in COUNTED else -1)


async def rename(tx: Tx, follow: int, uri: str) -> None:
    """Keep the id of the latest Follow (federation.md §4)."""
    await tx.later("UPDATE follows SET uri = $2 WHERE id = $1", follow, uri)


async def hand_over(tx: Tx, follow: Follow, follower: int, uri: str, domain: str) -> None:
    """A follower moved: the row, with its state and its place, is the new account's.

    The database refuses it where the follower isn't known to have moved there.
    """
    await tx.run(
        "UPDATE follows SET follower = $2, uri = $3, domain = $4 WHERE id = $1", follow.id, follower, uri, domain
    )
    if follow.state in COUNTED:
        await digests.shift(tx, follow.followed, [follow.follower], -1)
        await digests.shift(tx, follow.followed, [follower], 1)


async def set_options(tx: Tx, follow: int, reblogs: bool | None, notify: bool | None, languages: str | None) -> None:
    """The follower's own options; None leaves one as it is."""
    await tx.run(
        "UPDATE follows SET reblogs = COALESCE($2, reblogs), notify = COALESCE($3, notify),"
        " languages = COALESCE($4, languages) WHERE id = $1",
        follow,
        None if reblogs is None else int(reblogs),
        None if notify is None else int(notify),
        languages,
    )


async def set_kept(tx: Tx, follower: int, followed: int, kept: bool) -> bool:
    """Note that `followed` follows `follower` now (or no longer); was there such a row?"""
    return bool(
        await tx.run(
            "UPDATE follows SET kept = $3 WHERE follower = $1 AND followed = $2 AND kept <> $3",
            follower,
            followed,
            int(kept),
        )
    )


async def delete(tx: Tx, follow: int) -> None:
    """Remove a row; the counts follow."""
    before = await by_id(tx, follow)
    await tx.run("DELETE FROM follows WHERE id = $1", follow)
    if before is not None and before.state in COUNTED:
        await digests.shift(tx, before.followed, [before.follower], -1)


async def exists(reader: Reader, follower: int, followed: int) -> bool:
    """Does one follow, or ask to follow, the other?"""
    return bool(
        await reader.value(
            "SELECT 1 FROM follows WHERE follower = $1 AND followed = $2 AND state <> 'trimmed'", follower, followed
        )
    )


async def next_in_line(
    reader: Reader, followed: int, day: int, domain_limit: int, *, others: bool, multipliers: bool
) -> Waiting | None:
    """Who is next: trimmed before, then people the owner follows, then oldest (law 3).

    `others`: people whom the owner doesn't follow may be seated; those of a domain that has had its day are passed
    over, and so are those barred here. `multipliers`: accounts that pass on what they get may be seated, be they
    listed or not.
    """
    row = await reader.one(
        f"SELECT {_COLUMNS}, a.uri AS follower_uri, a.type AS follower_type, {_ITS_DAY} AS today"
        " FROM follows f JOIN accounts a ON a.id = f.follower"
        " WHERE f.followed = $1 AND f.state = 'held'"
        f" AND (f.kept = 1 OR ($4 = 1 AND ($3 = 0 OR {_ITS_DAY} < $3)))"
        " AND ($5 = 1 OR a.type NOT IN ('Group', 'Application', 'Service')"
        " OR EXISTS (SELECT 1 FROM listings g WHERE g.account = a.id)) AND a.suspended_at IS NULL"
        " ORDER BY f.was_trimmed DESC, f.kept DESC, f.id LIMIT 1",
        followed,
        day,
        domain_limit,
        int(others),
        int(multipliers),
    )
    if row is None:
        return None
    return Waiting(follow=_follow(row), uri=row["follower_uri"], type=row["follower_type"], domain_today=row["today"])


async def count_followed(reader: Reader, follower: int) -> int:
    """How many people somebody here follows or has asked to."""
    return int(
        await reader.value(
            "SELECT COUNT(*) FROM follows WHERE follower = $1 AND state IN ('requested', 'held', 'admitted', 'paused')",
            follower,
        )
    )


async def first_requested(reader: Reader, followed: int) -> Follow | None:
    """Who waits for the owner's word and would be first in the line."""
    row = await reader.one(
        _SELECT + "WHERE f.followed = $1 AND f.state = 'requested'"
        " ORDER BY f.was_trimmed DESC, f.kept DESC, f.id LIMIT 1",
        followed,
    )
    return None if row is None else _follow(row)


async def domain_today(reader: Reader, account: int, domain: str, day: int) -> int:
    """Admitted since that UTC day began from that registrable domain without the owner's word: what was counted on a later
    day, before the clock was set back, counts as well."""
    return int(
        await reader.value(
            "SELECT COALESCE(SUM(admitted), 0) FROM domain_days WHERE account = $1 AND domain = $2 AND day >= $3",
            account,
            domain,
            day,
        )
    )


async def domains_today(reader: Reader, account: int, day: int, count: int) -> list[tuple[str, int]]:
    """The registrable domains of which most were admitted since that UTC day began (as in `domain_today`): (domain, how
    many)."""
    rows = await reader.all(
        "SELECT domain, CAST(SUM(admitted) AS BIGINT) AS n FROM domain_days WHERE account = $1 AND day >= $2"
        " GROUP BY domain ORDER BY n DESC, domain LIMIT $3",
        account,
        day,
        count,
    )
    return [(row[0], row[1]) for row in rows]


async def count_domain_day(tx: Tx, account: int, domain: str, day: int) -> None:
    """One more from that domain today."""
    await tx.later(
        "INSERT INTO domain_days (account, domain, day, admitted) VALUES ($1, $2, $3, 1)"
        " ON CONFLICT (account, domain, day) DO UPDATE SET admitted = domain_days.admitted + 1",
        account,
        domain,
        day,
    )


async def forget_domain_days(tx: Tx, before: int, after: int) -> int:
    """Drop the counts of days (numbers of UTC days) before, and of days after: a clock was far ahead. How many."""
    return await tx.run("DELETE FROM domain_days WHERE day < $1 OR day > $2", before, after)


async def lapsed(reader: Reader, before: int, count: int) -> list[tuple[int, int]]:
    """Some (follower, followed) who wait for somebody here since before a moment (ms); a suspended one's clock stands."""
    rows = await reader.all(
        "SELECT f.follower, f.followed FROM follows f JOIN local_accounts l ON l.id = f.followed"
        " JOIN accounts a ON a.id = f.followed AND a.suspended_at IS NULL"
        " WHERE f.state IN ('requested', 'held') AND f.state_at < $1 ORDER BY f.state_at LIMIT $2",
        before,
        count,
    )
    return sorted(((row[0], row[1]) for row in rows), key=lambda pair: pair[1])


async def longest_domain(reader: Reader, followed: int) -> tuple[str, int, int] | None:
    """The domain with most waiters: (domain, how many, id of the newest), people the owner follows aside."""
    row = await reader.one(
        "SELECT domain, COUNT(*) AS waiting, MAX(id) AS newest FROM follows"
        " WHERE followed = $1 AND state IN ('requested', 'held') AND kept = 0 GROUP BY domain"
        " ORDER BY waiting DESC, newest DESC LIMIT 1",
        followed,
    )
    return None if row is None else (row["domain"], row["waiting"], row["newest"])


async def last_in_line(reader: Reader, followed: int, count: int, *, followed_too: bool) -> list[Follow]:
    """Who gives way where many must at once: again and again the newest of the domain with most waiters; people the
    owner follows are left out unless `followed_too`."""
    rows = await reader.all(
        f"SELECT {_COLUMNS} FROM (SELECT g.*, ROW_NUMBER() OVER (PARTITION BY g.domain ORDER BY g.id) AS place"
        " FROM follows g WHERE g.followed = $1 AND g.state IN ('requested', 'held')"
        " AND (g.kept = 0 OR CAST($3 AS INTEGER) = 1)) f"
        " ORDER BY f.place DESC, f.id DESC LIMIT $2",
        followed,
        count,
        int(followed_too),
    )
    return [_follow(row) for row in rows]


async def waiting_of(reader: Reader, followed: int, domain: str) -> int:
    """How many of a domain wait, people the owner follows aside."""
    return int(
        await reader.value(
            "SELECT COUNT(*) FROM follows WHERE followed = $1 AND state IN ('requested', 'held') AND domain = $2"
            " AND kept = 0",
            followed,
            domain,
        )
    )


def _follow(row: Row) -> Follow:
    return Follow(
        id=row["id"],
        follower=row["follower"],
        followed=row["followed"],
        state=row["state"],
        uri=row["uri"],
        domain=row["domain"],
        kept=bool(row["kept"]),
        was_trimmed=bool(row["was_trimmed"]),
        created_at=row["created_at"],
        barred_at=row["barred_at"],
    )


async def followed_here(reader: Reader, follower: int) -> list[int]:
    """Local accounts that a remote account follows, or asks to."""
    rows = await reader.all(
        "SELECT f.followed FROM follows f JOIN local_accounts l ON l.id = f.followed WHERE f.follower = $1 ORDER BY f.id",
        follower,
    )
    return [row[0] for row in rows]


async def followers_here(reader: Reader, followed: int) -> list[int]:
    """Local accounts that follow a remote account, or ask to."""
    rows = await reader.all(
        "SELECT f.follower FROM follows f JOIN local_accounts l ON l.id = f.follower WHERE f.followed = $1 ORDER BY f.id",
        followed,
    )
    return [row[0] for row in rows]


async def delete_all(tx: Tx, account: int) -> None:
    """No follow of or by this account is left, and nothing of how it settled."""
    for row in await tx.all("SELECT id FROM follows WHERE follower = $1 ORDER BY followed", account):
        await delete(tx, row[0])
    await tx.run("DELETE FROM follows WHERE followed = $1", account)
    for table in ("pins", "kept_units", "rejections", "trim_hosts", "follower_digests", "synchronizations"):
        await tx.run(f"DELETE FROM {table} WHERE account = $1", account)
