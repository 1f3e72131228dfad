"""Trimmed rows that aren't confirmed gone, host by host (law 4): written at trim, gone with each confirmation.

A confirmation is the follower's `Undo(Follow)`, or a 2xx at their inbox from software known to honour Reject. Who says
which hosts get no copies meanwhile is `reach.settling`.
"""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from fedicert.store.kept_set import KEPT
from fedicert.store.unit import Reader, Tx


class Rejection(msgspec.Struct, frozen=True):
    """Somebody to be told that they were trimmed. `uri`: the id of their latest Follow."""

    follower: int
    actor: str
    follow: str


async def write(tx: Tx, account: int) -> None:
    """Everybody paused by now is to be rejected, when it is said: the rows, and the counts per host.

    Who is barred, and kept with the slot, isn't.
    """
    await tx.run(
        "INSERT INTO rejections (account, follower, host, due, activity, answered)"
        " SELECT f.followed, f.follower, i.host, NULL, NULL, 0 FROM follows f JOIN inboxes i ON i.account = f.follower"
        f" WHERE f.followed = $1 AND f.state = 'paused' AND NOT {KEPT}"
        " ON CONFLICT (account, follower) DO UPDATE SET host = excluded.host, due = NULL, activity = NULL, answered = 0",
        account,
    )
    await tx.run("DELETE FROM trim_hosts WHERE account = $1", account)
    await tx.run(
        "INSERT INTO trim_hosts (account, host, unconfirmed, cut_off)"
        " SELECT account, host, COUNT(*), 1 FROM rejections WHERE account = $1 GROUP BY account, host",
        account,
    )


async def add(tx: Tx, account: int, follower: int, host: str) -> None:
    """One more is to be rejected, now; their host gets no copies until the bound was looked at."""
    added = await tx.run(
        "INSERT INTO rejections (account, follower, host, due, activity, answered) VALUES ($1, $2, $3, $4, NULL, 0)"
        " ON CONFLICT (account, follower) DO NOTHING",
        account,
        follower,
        host,
        tx.now,
    )
    if added:
        await tx.run(
            "INSERT INTO trim_hosts (account, host, unconfirmed, cut_off) VALUES ($1, $2, 1, 1)"
            " ON CONFLICT (account, host) DO UPDATE SET unconfirmed = trim_hosts.unconfirmed + 1",
            account,
            host,
        )


async def add_paused(tx: Tx, account: int, follower: int) -> None:
    """The same of somebody elsewhere, where they are among those whom the trim that goes on ends."""
    host = await tx.value(
        "SELECT i.host FROM follows f JOIN inboxes i ON i.account = f.follower WHERE f.followed = $1 AND f.follower = $2"
        f" AND f.state = 'paused' AND NOT {KEPT}",
        account,
        follower,
    )
    if host is not None:
        await add(tx, account, follower, str(host))


async def per_host(reader: Reader, account: int) -> dict[str, tuple[int, bool, bool]]:
    """Host → (rows that aren't confirmed gone, is it cut off, does it have followers that would get copies)."""
    owing = await reader.all("SELECT host, unconfirmed, cut_off FROM trim_hosts WHERE account = $1", account)
    if not owing:
        return {}
    # By the audience, which is small by now: not by the people known on each of these hosts.
    served = await reader.all(
        "SELECT DISTINCT i.host FROM follows f JOIN inboxes i ON i.account = f.follower"
        " WHERE f.followed = $1 AND f.state = 'admitted'",
        account,
    )
    copies = {row[0] for row in served}
    return {row[0]: (row[1], bool(row[2]), row[0] in copies) for row in owing}


async def set_cut_off(tx: Tx, account: int, hosts: Mapping[str, bool]) -> None:
    """Cut these off, or no longer."""
    await tx.many(
        "UPDATE trim_hosts SET cut_off = $3 WHERE account = $1 AND host = $2",
        [(account, host, int(cut)) for host, cut in sorted(hosts.items())],
    )


async def schedule(tx: Tx, account: int, first: int, rest: int) -> None:
    """Say when Reject is said: the first to each host at one moment (ms), the rest at another."""
    await tx.run(
        "UPDATE rejections SET due = CASE WHEN follower IN (SELECT MIN(r.follower) FROM rejections r"
        " WHERE r.account = $1 AND r.activity IS NULL GROUP BY r.host) THEN CAST($2 AS BIGINT) ELSE CAST($3 AS BIGINT) END"
        " WHERE account = $1 AND activity IS NULL AND due IS NULL",
        account,
        first,
        rest,
    )


async def to_say(reader: Reader, account: int, count: int) -> list[Rejection]:
    """Some of those who are to be told by now."""
    rows = await reader.all(
        "SELECT r.follower, a.uri, f.uri FROM rejections r JOIN accounts a ON a.id = r.follower"
        " JOIN follows f ON f.follower = r.follower AND f.followed = r.account"
        " WHERE r.account = $1 AND r.activity IS NULL AND r.due <= $2 AND f.state = 'trimmed'"
        " ORDER BY r.due, r.follower LIMIT $3",
        account,
        reader.now,
        count,
    )
    return [Rejection(row[0], row[1], row[2]) for row in rows]


async def next_due(reader: Reader, account: int) -> int | None:
    """When the next ones are to be told (ms)."""
    found = await reader.value(
        "SELECT MIN(r.due) FROM rejections r JOIN follows f ON f.follower = r.follower AND f.followed = r.account"
        " WHERE r.account = $1 AND r.activity IS NULL AND f.state = 'trimmed'",
        account,
    )
    return None if found is None else int(found)


async def said(tx: Tx, account: int, follower: int, activity: int) -> None:
    """They are told in this activity."""
    await tx.run(
        "UPDATE rejections SET activity = $3 WHERE account = $1 AND follower = $2", account, follower, activity
    )


async def answered(tx: Tx, bodies: Sequence[int]) -> list[int]:
    """The inboxes at which these bodies were to arrive took them; the accounts for which that confirmed something."""
    if not await tx.run("UPDATE rejections SET answered = 1 WHERE activity {any_id:$1}", list(bodies)):
        return []
    rows = await tx.all(
        "SELECT r.account, r.follower FROM rejections r JOIN peer_software s ON s.host = r.host AND s.honours = 1"
        " WHERE r.activity {any_id:$1} ORDER BY r.account, r.follower",
        list(bodies),
    )
    return await _confirm(tx, [(row[0], row[1]) for row in rows])


async def honoured(tx: Tx, host: str) -> list[int]:
    """This host turns out to run software that honours Reject: what it took is confirmed. For which accounts."""
    rows = await tx.all(
        "SELECT account, follower FROM rejections WHERE host = $1 AND answered = 1 ORDER BY account, follower", host
    )
    return await _confirm(tx, [(row[0], row[1]) for row in rows])


async def confirm(tx: Tx, account: int, follower: int) -> bool:
    """A follower is gone there, or is one again here; was that waited for?"""
    return bool(await _confirm(tx, [(account, follower)]))


async def _confirm(tx: Tx, rows: Iterable[tuple[int, int]]) -> list[int]:
    """O(1) each: the row goes, its host's count falls, and a host that owes nothing gets copies again."""
    touched: dict[int, None] = {}
    for account, follower in rows:
        host = await tx.value(
            "SELECT host FROM rejections WHERE account = $1 AND follower = $2 {for_update}", account, follower
        )
        if host is None:
            continue
        await tx.run("DELETE FROM rejections WHERE account = $1 AND follower = $2", account, follower)
        await tx.run(
            "UPDATE trim_hosts SET unconfirmed = unconfirmed - 1 WHERE account = $1 AND host = $2", account, host
        )
        await tx.run("DELETE FROM trim_hosts WHERE account = $1 AND host = $2 AND unconfirmed <= 0", account, host)
        touched[account] = None
    return list(touched)


async def owed(reader: Reader, account: int) -> bool:
    """Is any row of this account unconfirmed?"""
    return bool(await reader.value("SELECT 1 FROM trim_hosts WHERE account = $1 LIMIT 1", account))


async def bound(reader: Reader, account: int | None = None) -> int:
    """The rows that aren't confirmed gone at hosts that get copies: of one account, or of all (the reach bound)."""
    return int(
        await reader.value(
            "SELECT COALESCE(SUM(h.unconfirmed), 0) FROM trim_hosts h"
            " WHERE h.cut_off = 0 AND (CAST($1 AS BIGINT) IS NULL OR h.account = $1)",
            account,
        )
    )
