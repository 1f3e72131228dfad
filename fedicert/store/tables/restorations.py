"""That this database was restored from a backup, and which other servers know by now where that left us."""

import msgspec

from fedicert.store.digests import rebuild
from fedicert.store.unit import Reader, Tx


class Restoration(msgspec.Struct, frozen=True, kw_only=True):
    """A restoration that isn't over. Times in ms."""

    id: int
    begun_at: int
    backup_at: int
    until: int


async def open_one(reader: Reader) -> Restoration | None:
    """The one that goes on, if any."""
    row = await reader.one(
        "SELECT id, begun_at, backup_at, until FROM restorations WHERE ended_at IS NULL ORDER BY id DESC LIMIT 1"
    )
    return None if row is None else Restoration(id=row[0], begun_at=row[1], backup_at=row[2], until=row[3])


async def begin(tx: Tx, backup_at: int, length: int) -> int:
    """A restoration begins; any other that went on is over with it. How many hosts are known."""
    await tx.run("UPDATE restorations SET ended_at = $1 WHERE ended_at IS NULL", tx.now)
    await tx.run(
        "INSERT INTO restorations (begun_at, backup_at, until, ended_at) VALUES ($1, $2, $3, NULL)",
        tx.now,
        backup_at,
        tx.now + length,
    )
    await tx.run("DELETE FROM restored_hosts")
    await tx.run(
        "INSERT INTO restored_hosts (host, state) SELECT DISTINCT host, 'waiting' FROM ("
        " SELECT i.host AS host FROM follows f JOIN inboxes i ON i.account = f.follower"
        " UNION SELECT i.host FROM follows f JOIN inboxes i ON i.account = f.followed"
        " UNION SELECT s.host FROM sent_to s JOIN local_accounts l ON l.id = s.object) known WHERE host <> ''"
    )
    return int(await tx.value("SELECT COUNT(*) FROM restored_hosts"))


async def end(tx: Tx, restoration: int) -> tuple[int, int]:
    """It is over: (hosts in step, hosts known)."""
    await tx.run("UPDATE restorations SET ended_at = $2 WHERE id = $1", restoration, tx.now)
    found = await counts(tx)
    await tx.run("DELETE FROM restored_hosts")
    return found.get("in_step", 0), sum(found.values())


async def counts(reader: Reader) -> dict[str, int]:
    """State → hosts."""
    rows = await reader.all("SELECT state, COUNT(*) FROM restored_hosts GROUP BY state")
    return {row[0]: int(row[1]) for row in rows}


async def accounts(reader: Reader, after: int, count: int) -> list[int]:
    """Local accounts that other servers know, in order of id."""
    rows = await reader.all(
        "SELECT l.id FROM local_accounts l JOIN accounts a ON a.id = l.id WHERE l.id > $1 AND a.deleted_at IS NULL"
        " AND a.suspended_at IS NULL AND l.login IS NOT NULL ORDER BY l.id LIMIT $2",
        after,
        count,
    )
    return [row[0] for row in rows]


async def make_digests(tx: Tx, account: int) -> None:
    """The digests of an account's followers, made from the rows; also for hosts that knew it and have none of them now."""
    await rebuild(tx, account)
    rows = await tx.all("SELECT DISTINCT inbox FROM sent_to WHERE object = $1", account)
    origins = sorted({"/".join(row[0].split("/")[:3]).lower() for row in rows})
    await tx.many(
        "INSERT INTO follower_digests (account, origin, digest, members, mixed) VALUES ($1, $2, $3, 0, 0)"
        " ON CONFLICT (account, origin) DO NOTHING",
        [(account, origin, "0" * 64) for origin in origins],
    )


async def untold(reader: Reader, since: int) -> bool:
    """Is what tells the hosts still to be planned?"""
    return bool(
        await reader.value(
            "SELECT 1 FROM activities WHERE act = 'end' AND done = 0 AND created_at >= $1 LIMIT 1", since
        )
    )


async def mark_told(tx: Tx, since: int) -> None:
    """Hosts that took everything that was to tell them where we are: nothing of it waits or was given up."""
    await tx.run(
        "UPDATE restored_hosts SET state = 'told', told_at = $1 WHERE state = 'waiting'"
        " AND EXISTS (SELECT 1 FROM lanes n WHERE n.host = restored_hosts.host AND n.proven_at >= $2)"
        " AND NOT EXISTS (SELECT 1 FROM deliveries d JOIN activities v ON v.id = d.body"
        " WHERE d.host = restored_hosts.host AND v.act = 'end' AND v.created_at >= $2)",
        tx.now,
        since,
    )


async def hosts_to_ask(reader: Reader, count: int) -> list[str]:
    """Hosts whose software nobody knows yet."""
    rows = await reader.all(
        "SELECT r.host FROM restored_hosts r LEFT JOIN peer_software s ON s.host = r.host"
        " WHERE r.state = 'told' AND s.host IS NULL ORDER BY r.host LIMIT $1",
        count,
    )
    return [row[0] for row in rows]


async def mark_in_step(tx: Tx, told_before: int, speak: list[str]) -> None:
    """Hosts told a while ago whose software compares lists of followers (FEP-8fcf): they have done so by now."""
    await tx.run(
        "UPDATE restored_hosts SET state = 'in_step' WHERE state = 'told' AND told_at <= $1"
        " AND host IN (SELECT s.host FROM peer_software s WHERE s.software {any_text:$2})",
        told_before,
        speak,
    )
