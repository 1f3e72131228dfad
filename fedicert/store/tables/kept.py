"""Whom a settling keeps: pins, the crowd to choose from, the choice, and pages of rows that aren't as it says yet."""

from collections.abc import Sequence

import msgspec

from fedicert.reach.settling import Unit
from fedicert.store import digests
from fedicert.store.kept_set import KEPT
from fedicert.store.unit import Reader, Row, Tx


class Counted(msgspec.Struct, frozen=True):
    """A follower in the count whose row is to be changed. `host`: '' for somebody here."""

    follow: int
    follower: int
    uri: str
    host: str


_IN_COUNT = "f.followed = $1 AND f.state IN ('admitted', 'paused')"
# Local followers stand singly, always; at trim those too whose server is known to honour Reject, and whoever is pinned.
_SINGLY = "(i.account IS NULL OR ($2 = 1 AND (COALESCE(s.honours, 0) = 1 OR p.place IS NOT NULL)))"
_CROWD = (
    " FROM follows f LEFT JOIN inboxes i ON i.account = f.follower LEFT JOIN peer_software s ON s.host = i.host"
    " LEFT JOIN pins p ON p.account = f.followed AND p.follower = f.follower"
)


async def crowd(reader: Reader, account: int, cap: int, *, split: bool) -> list[Unit]:
    """What may be kept, as far as it can matter: the pinned, the `cap` oldest single ones, and all whole hosts.

    `split`: hosts known to honour Reject are taken follower by follower.
    """
    singles = await reader.all(
        "SELECT f.follower, '' AS host, 1 AS size, COALESCE(f.admitted_seq, 0) AS oldest, p.place"
        + _CROWD
        + f" WHERE {_IN_COUNT} AND {_SINGLY} ORDER BY CASE WHEN p.place IS NULL THEN 1 ELSE 0 END, p.place, 4, 1 LIMIT $3",
        account,
        int(split),
        cap,
    )
    hosts = await reader.all(
        "SELECT 0, i.host, COUNT(*), MIN(COALESCE(f.admitted_seq, 0)), MIN(p.place)"
        + _CROWD
        + f" WHERE {_IN_COUNT} AND NOT {_SINGLY} GROUP BY i.host",
        account,
        int(split),
    )
    return [Unit(follower=row[0], host=row[1], size=row[2], oldest=row[3], pin=row[4]) for row in (*singles, *hosts)]


async def choose(tx: Tx, account: int, units: Sequence[Unit]) -> None:
    """Write the choice down."""
    await tx.run("DELETE FROM kept_units WHERE account = $1", account)
    await tx.many(
        "INSERT INTO kept_units (account, host, follower) VALUES ($1, $2, $3)",
        [(account, unit.host, unit.follower) for unit in units],
    )


async def forget_choice(tx: Tx, account: int) -> None:
    """Nothing settles any longer."""
    await tx.run("DELETE FROM kept_units WHERE account = $1", account)


async def beyond(reader: Reader, account: int, count: int) -> list[Counted]:
    """Some of the admitted who aren't kept."""
    rows = await reader.all(
        "SELECT f.id, f.follower, a.uri, COALESCE(i.host, '') FROM follows f JOIN accounts a ON a.id = f.follower"
        " LEFT JOIN inboxes i ON i.account = f.follower"
        f" WHERE f.followed = $1 AND f.state = 'admitted' AND NOT {KEPT} ORDER BY f.id LIMIT $2",
        account,
        count,
    )
    return [_counted(row) for row in rows]


async def unserved(reader: Reader, account: int, follower: int) -> Counted | None:
    """One of the admitted, where they aren't kept."""
    row = await reader.one(
        "SELECT f.id, f.follower, a.uri, COALESCE(i.host, '') FROM follows f JOIN accounts a ON a.id = f.follower"
        " LEFT JOIN inboxes i ON i.account = f.follower"
        f" WHERE f.followed = $1 AND f.follower = $2 AND f.state = 'admitted' AND NOT {KEPT}",
        account,
        follower,
    )
    return None if row is None else _counted(row)


async def waiting(reader: Reader, account: int, count: int, *, kept_only: bool) -> list[Counted]:
    """Some of those paused by a settling. `kept_only`: those who are kept. Nobody who is barred (`bars`)."""
    rows = await reader.all(
        "SELECT f.id, f.follower, a.uri, COALESCE(i.host, '') FROM follows f JOIN accounts a ON a.id = f.follower"
        " LEFT JOIN inboxes i ON i.account = f.follower"
        f" WHERE f.followed = $1 AND f.state = 'paused' AND f.barred_at IS NULL AND ($3 = 0 OR {KEPT})"
        " ORDER BY f.id LIMIT $2",
        account,
        count,
        int(kept_only),
    )
    return [_counted(row) for row in rows]


async def unkept(reader: Reader, account: int, count: int) -> list[Counted]:
    """Some of the paused whom a trim ends: all but those who are barred, and kept with their slots."""
    rows = await reader.all(
        "SELECT f.id, f.follower, a.uri, COALESCE(i.host, '') FROM follows f JOIN accounts a ON a.id = f.follower"
        " LEFT JOIN inboxes i ON i.account = f.follower"
        f" WHERE f.followed = $1 AND f.state = 'paused' AND NOT {KEPT} ORDER BY f.id LIMIT $2",
        account,
        count,
    )
    return [_counted(row) for row in rows]


async def pause(tx: Tx, rows: Sequence[Counted]) -> None:
    """They stay in the count and get no copies."""
    await tx.run(
        "UPDATE follows SET state = 'paused', state_at = $2 WHERE id {any_id:$1} AND state = 'admitted'",
        [row.follow for row in rows],
        tx.now,
    )


async def restore(tx: Tx, rows: Sequence[Counted], served_from: int) -> None:
    """They get copies again: of what is said from this place in the order of admissions on. Their own place stays."""
    await tx.run(
        "UPDATE follows SET state = 'admitted', state_at = $2, served_from = $3 WHERE id {any_id:$1} AND state = 'paused'",
        [row.follow for row in rows],
        tx.now,
        served_from,
    )


async def trim(tx: Tx, account: int, rows: Sequence[Counted]) -> None:
    """They are out, of the digests too; following again, they come first in the line."""
    await tx.run(
        "UPDATE follows SET state = 'trimmed', was_trimmed = 1, admitted_seq = NULL, barred_at = NULL, state_at = $2"
        " WHERE id {any_id:$1} AND state = 'paused'",
        [row.follow for row in rows],
        tx.now,
    )
    await digests.shift(tx, account, [row.follower for row in rows], -1)


async def pins(reader: Reader, account: int) -> list[tuple[int, str, str]]:
    """Who is pinned, in the owner's order: (account, name, domain)."""
    rows = await reader.all(
        "SELECT p.follower, a.username, a.domain FROM pins p JOIN accounts a ON a.id = p.follower WHERE p.account = $1"
        " ORDER BY p.place, p.follower",
        account,
    )
    return [(row[0], row[1], row[2]) for row in rows]


async def set_pins(tx: Tx, account: int, followers: Sequence[int]) -> None:
    """These are pinned, in this order."""
    await tx.run("DELETE FROM pins WHERE account = $1", account)
    await tx.many(
        "INSERT INTO pins (account, follower, place) VALUES ($1, $2, $3)",
        [(account, follower, place) for place, follower in enumerate(followers)],
    )


async def names(reader: Reader, followers: Sequence[int]) -> dict[int, str]:
    """How these are called."""
    rows = await reader.all("SELECT id, username, domain FROM accounts WHERE id {any_id:$1}", list(followers))
    return {row[0]: f"{row[1]}@{row[2]}" if row[2] else row[1] for row in rows}


async def host_of(reader: Reader, follower: int) -> str:
    """Where somebody is reached; '' for somebody here."""
    return str(await reader.value("SELECT host FROM inboxes WHERE account = $1", follower) or "")


async def hosts_to_ask(reader: Reader, account: int, before: int, count: int) -> list[str]:
    """Hosts of followers whose software nobody looked at since a moment (ms)."""
    rows = await reader.all(
        "SELECT DISTINCT i.host FROM follows f JOIN inboxes i ON i.account = f.follower"
        " LEFT JOIN peer_software s ON s.host = i.host"
        " WHERE f.followed = $1 AND f.state IN ('admitted', 'paused') AND COALESCE(s.looked_at, 0) < $2"
        " ORDER BY i.host LIMIT $3",
        account,
        before,
        count,
    )
    return [row[0] for row in rows]


async def put_software(tx: Tx, host: str, software: str, honours: bool, at: int) -> None:
    """What a host says it runs, '' where it says nothing, and when (ms) it counts as asked."""
    await tx.run(
        "INSERT INTO peer_software (host, software, honours, looked_at) VALUES ($1, $2, $3, $4)"
        " ON CONFLICT (host) DO UPDATE SET software = excluded.software, honours = excluded.honours,"
        " looked_at = excluded.looked_at",
        host,
        software,
        int(honours),
        at,
    )


async def forget_software(tx: Tx, before: int, most: int) -> int:
    """Forget what was looked at before a moment (ms); how many."""
    return await tx.run(
        "DELETE FROM peer_software WHERE host IN (SELECT host FROM peer_software WHERE looked_at < $1 LIMIT $2)",
        before,
        most,
    )


def _counted(row: Row) -> Counted:
    return Counted(row[0], row[1], row[2], row[3])
