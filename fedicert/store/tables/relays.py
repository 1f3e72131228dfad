"""Relays this server subscribed to, and what came by them."""

import msgspec

from fedicert.store.unit import Reader, Row, Tx


class Relay(msgspec.Struct, frozen=True, kw_only=True):
    """A relay: its actor's account and id, how it is followed, and whether it said yes."""

    account: int
    actor: str
    style: str
    state: str
    follow: str
    created_at: int


_SELECT = (
    "SELECT r.account, a.uri, r.style, r.state, r.follow, r.created_at FROM relays r"
    " JOIN accounts a ON a.id = r.account"
)


async def insert(tx: Tx, account: int, style: str, follow: str) -> None:
    """Asked to be subscribed. Raises `Duplicate` where that was asked already."""
    await tx.run(
        "INSERT INTO relays (account, style, state, follow, created_at) VALUES ($1, $2, 'pending', $3, $4)",
        account,
        style,
        follow,
        tx.now,
    )


async def accept(tx: Tx, account: int, follow: str) -> bool:
    """It said yes to this Follow; False where that isn't ours. A relay that names none answers the one there is."""
    return bool(
        await tx.run(
            "UPDATE relays SET state = 'accepted' WHERE account = $1 AND (follow = $2 OR $2 = '')", account, follow
        )
    )


async def remove(tx: Tx, account: int) -> bool:
    """It is no relay of ours any more; False where it was none."""
    return bool(await tx.run("DELETE FROM relays WHERE account = $1", account))


async def accepted(reader: Reader) -> list[int]:
    """The relays that said yes."""
    return [row[0] for row in await reader.all("SELECT account FROM relays WHERE state = 'accepted' ORDER BY account")]


async def every(reader: Reader) -> list[Relay]:
    """All of them."""
    return [_relay(row) for row in await reader.all(_SELECT + " ORDER BY r.created_at, r.account")]


async def of_account(reader: Reader, account: int) -> Relay | None:
    """One by its actor's account."""
    row = await reader.one(_SELECT + " WHERE r.account = $1", account)
    return None if row is None else _relay(row)


async def note_post(tx: Tx, status: int) -> None:
    """A post came because a relay spoke of it."""
    await tx.run("INSERT INTO relayed (status, at) VALUES ($1, $2) ON CONFLICT DO NOTHING", status, tx.now)


async def old_posts(reader: Reader, before: int, most: int) -> list[tuple[int, bool]]:
    """Some posts that came so before a moment (ms): (id, whether somebody here has to do with it by now)."""
    rows = await reader.all(
        "SELECT r.status, (EXISTS (SELECT 1 FROM favourites v WHERE v.status = r.status)"
        " OR EXISTS (SELECT 1 FROM bookmarks k WHERE k.status = r.status)"
        " OR EXISTS (SELECT 1 FROM statuses c WHERE c.in_reply_to_id = r.status OR c.reblog_of = r.status)"
        " OR EXISTS (SELECT 1 FROM status_mentions m JOIN local_accounts l ON l.id = m.account WHERE m.status = r.status)"
        " OR EXISTS (SELECT 1 FROM statuses s JOIN follows f ON f.followed = s.author WHERE s.id = r.status))"
        " FROM relayed r WHERE r.at < $1 ORDER BY r.at LIMIT $2",
        before,
        most,
    )
    return [(row[0], bool(row[1])) for row in rows]


async def forget_posts(tx: Tx, statuses: list[int]) -> None:
    """How these came needn't be known any longer."""
    await tx.run("DELETE FROM relayed WHERE status {any_id:$1}", statuses)


def _relay(row: Row) -> Relay:
    return Relay(account=row[0], actor=row[1], style=row[2], state=row[3], follow=row[4], created_at=row[5])
