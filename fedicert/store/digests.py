"""The digests of FEP-8fcf, kept in step with the rows they speak of: changed in the unit that changes a row, O(1).

Called after the row was changed, by whatever module changed it. The first change of an account's followers makes all of
its digests from the rows.
"""

from collections.abc import Sequence
from urllib.parse import urlsplit

from fedicert.activitypub.synchronization import EMPTY, digest_of
from fedicert.store.unit import Row, Tx

_WHO = "SELECT a.uri, i.inbox FROM accounts a LEFT JOIN inboxes i ON i.account = a.id WHERE a.domain <> '' AND "


async def shift(tx: Tx, account: int, followers: Sequence[int], by: int) -> None:
    """These joined the count of a local account (`by` 1) or left it (-1); nothing for an account elsewhere."""
    rows = await tx.all(_WHO + "a.id {any_id:$1}", list(followers))
    if not rows:
        return
    # The row's trigger has locked the account, so nobody else changes its digests before this unit ends.
    built = await tx.value("SELECT digested FROM local_accounts WHERE id = $1", account)
    if built is None:
        return
    parts = _by_origin(rows)
    if not built:
        await rebuild(tx, account)
        # Where the last one left, the empty set is told all the same.
        await tx.many(
            "INSERT INTO follower_digests (account, origin, digest, members, mixed) VALUES ($1, $2, $3, 0, $4)"
            " ON CONFLICT (account, origin) DO NOTHING",
            [(account, origin, EMPTY, int(mixed)) for origin, (_, mixed) in parts.items()],
        )
        return
    known = {
        row[0]: row
        for row in await tx.all(
            "SELECT origin, digest, members, mixed FROM follower_digests WHERE account = $1 AND origin {any_text:$2}",
            account,
            list(parts),
        )
    }
    changed = []
    for origin, (uris, mixed) in parts.items():
        row = known.get(origin)
        digest, members, was_mixed = (EMPTY, 0, 0) if row is None else (row[1], row[2], row[3])
        if uris or mixed:
            changed.append(
                (account, origin, digest_of(uris, digest), members + by * len(uris), int(mixed or bool(was_mixed)))
            )
    await _put(tx, changed)


async def rebuild(tx: Tx, account: int) -> None:
    """Make the digests of an account from its rows."""
    rows = await tx.all(
        _WHO + "a.id IN (SELECT f.follower FROM follows f WHERE f.followed = $1 AND f.state IN ('admitted', 'paused'))",
        account,
    )
    await tx.run("DELETE FROM follower_digests WHERE account = $1", account)
    await _put(
        tx,
        [
            (account, origin, digest_of(uris), len(uris), int(mixed))
            for origin, (uris, mixed) in _by_origin(rows).items()
        ],
    )
    await tx.run("UPDATE local_accounts SET digested = 1 WHERE id = $1", account)


async def _put(tx: Tx, rows: Sequence[tuple[int, str, str, int, int]]) -> None:
    await tx.many(
        "INSERT INTO follower_digests (account, origin, digest, members, mixed) VALUES ($1, $2, $3, $4, $5)"
        " ON CONFLICT (account, origin) DO UPDATE SET digest = excluded.digest, members = excluded.members,"
        " mixed = excluded.mixed",
        rows,
    )


def _by_origin(rows: Sequence[Row]) -> dict[str, tuple[list[str], bool]]:
    """Origin → the ids there, and whether some are reached elsewhere, or somebody of elsewhere is reached there."""
    found: dict[str, tuple[list[str], bool]] = {}
    for uri, inbox in ((row[0], row[1]) for row in rows):
        home = origin_of(uri)
        reached = home if inbox is None else origin_of(inbox)
        uris, mixed = found.get(home, ([], False))
        uris.append(uri)
        found[home] = (uris, mixed or reached != home)
        if reached != home:
            found[reached] = (found.get(reached, ([], True))[0], True)
    return found


def origin_of(url: str) -> str:
    """Scheme and authority, as the ids of FEP-8fcf are grouped."""
    parts = urlsplit(url)
    return f"{parts.scheme.lower()}://{parts.netloc.lower()}"
