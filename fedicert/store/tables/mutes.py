"""Whom, which threads and which domains somebody doesn't want to hear of. Nobody else learns of it."""

import msgspec

from fedicert.model.statuses import MUTED
from fedicert.store.unit import Reader, Tx


class Mute(msgspec.Struct, frozen=True):
    """`notifications`: nor be told of; `expires_at` in ms, None for never."""

    notifications: bool
    expires_at: int | None


async def between(reader: Reader, account: int, target: int) -> Mute | None:
    """The mute of the one by the other."""
    row = await reader.one(
        "SELECT notifications, expires_at FROM mutes WHERE account = $1 AND target = $2", account, target
    )
    return None if row is None else Mute(bool(row[0]), row[1])


async def put(tx: Tx, account: int, target: int, mute: Mute) -> None:
    """Mute, in the place of what was."""
    await tx.run(
        "INSERT INTO mutes (account, target, notifications, expires_at) VALUES ($1, $2, $3, $4)"
        " ON CONFLICT (account, target) DO UPDATE SET notifications = excluded.notifications,"
        " expires_at = excluded.expires_at",
        account,
        target,
        int(mute.notifications),
        mute.expires_at,
    )


async def delete(tx: Tx, account: int, target: int) -> bool:
    """Mute no longer; False where it wasn't so."""
    return bool(await tx.run("DELETE FROM mutes WHERE account = $1 AND target = $2", account, target))


async def silences(reader: Reader, account: int, from_account: int, status: int | None) -> bool:
    """Does somebody not want to be told what this account did, to this post or at all?"""
    return bool(
        await reader.value(
            "SELECT 1 WHERE EXISTS (SELECT 1 FROM mutes WHERE account = $1 AND target = $2 AND notifications = 1)"
            " OR EXISTS (SELECT 1 FROM hidden_domains h JOIN accounts a ON a.domain = h.domain"
            " WHERE h.account = $1 AND a.id = $2)"
            " OR EXISTS (SELECT 1 FROM thread_mutes t JOIN statuses s ON s.conversation = t.conversation"
            " WHERE t.account = $1 AND s.id = $3)",
            account,
            from_account,
            status or 0,
        )
    )


async def mute_thread(tx: Tx, account: int, conversation: str) -> None:
    """Hear no more of a thread."""
    await tx.run(
        "INSERT INTO thread_mutes (account, conversation) VALUES ($1, $2) ON CONFLICT DO NOTHING", account, conversation
    )


async def unmute_thread(tx: Tx, account: int, conversation: str) -> None:
    """Hear of a thread again."""
    await tx.run("DELETE FROM thread_mutes WHERE account = $1 AND conversation = $2", account, conversation)


_THREAD = (
    "WITH RECURSIVE up(id, parent) AS (SELECT id, in_reply_to_id FROM statuses WHERE id = $2"
    " UNION SELECT s.id, s.in_reply_to_id FROM up JOIN statuses s ON s.id = up.parent),"
    " thread(id) AS (SELECT id FROM up WHERE parent IS NULL"
    " UNION SELECT s.id FROM thread JOIN statuses s ON s.in_reply_to_id = thread.id)"
)


async def mark_thread(tx: Tx, account: int, status: int) -> None:
    """Flag every post of the thread that this one stands in as muted, so that a page reads no more than its marks."""
    await tx.run(
        f"INSERT INTO marks (account, status, bits) {_THREAD} SELECT CAST($1 AS BIGINT), id, {MUTED} FROM thread"
        f" WHERE id IS NOT NULL ON CONFLICT (account, status) DO UPDATE SET bits = marks.bits | {MUTED}",
        account,
        status,
    )


async def unmark_thread(tx: Tx, account: int, status: int) -> None:
    """Take the flags of a thread back."""
    await tx.run(
        f"UPDATE marks SET bits = bits & ~CAST({MUTED} AS BIGINT) WHERE account = $1"
        f" AND status IN ({_THREAD} SELECT id FROM thread)",
        account,
        status,
    )


async def mark_new(tx: Tx, status: int, conversation: str) -> None:
    """A post joined a thread: flag it for those who muted the thread."""
    await tx.run(
        f"INSERT INTO marks (account, status, bits) SELECT account, CAST($1 AS BIGINT), {MUTED} FROM thread_mutes"
        " WHERE conversation = $2 ON CONFLICT DO NOTHING",
        status,
        conversation,
    )


async def hide_domain(tx: Tx, account: int, domain: str) -> bool:
    """Want nothing of a domain; False where it was so already."""
    return bool(
        await tx.run(
            "INSERT INTO hidden_domains (account, domain) VALUES ($1, $2) ON CONFLICT DO NOTHING", account, domain
        )
    )


async def show_domain(tx: Tx, account: int, domain: str) -> bool:
    """Take it back; False where it wasn't so."""
    return bool(await tx.run("DELETE FROM hidden_domains WHERE account = $1 AND domain = $2", account, domain))


async def hides_domain(reader: Reader, account: int, domain: str) -> bool:
    """Does somebody want nothing of this domain?"""
    return bool(await reader.value("SELECT 1 FROM hidden_domains WHERE account = $1 AND domain = $2", account, domain))


async def related_in(reader: Reader, account: int, domain: str, most: int) -> list[int]:
    """Some of the accounts of a domain that somebody follows, or that follow or ask to follow them."""
    rows = await reader.all(
        "SELECT a.id FROM accounts a WHERE a.domain = $2 AND (EXISTS (SELECT 1 FROM follows f WHERE f.follower = $1"
        " AND f.followed = a.id) OR EXISTS (SELECT 1 FROM follows f WHERE f.followed = $1 AND f.follower = a.id))"
        " ORDER BY a.id LIMIT $3",
        account,
        domain,
        most,
    )
    return [row[0] for row in rows]


async def forget(tx: Tx, account: int) -> None:
    """Somebody leaves: what they muted is forgotten, and who muted them."""
    await tx.run("DELETE FROM mutes WHERE account = $1 OR target = $1", account)
    await tx.run("DELETE FROM thread_mutes WHERE account = $1", account)
    await tx.run("DELETE FROM hidden_domains WHERE account = $1", account)
