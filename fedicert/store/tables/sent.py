"""Which inboxes were ever sent an object, so that taking back reaches them all (law 2)."""

from collections.abc import Iterable

from fedicert.reach.delivery import Delivery, FormerInbox
from fedicert.store.unit import Reader, Tx


async def note(tx: Tx, objects: Iterable[int], deliveries: Iterable[Delivery]) -> None:
    """Remember that each of these objects went to each of these inboxes."""
    targets = list(deliveries)
    await tx.later_many(
        "INSERT INTO sent_to (object, inbox, host, sent_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
        [(thing, target.inbox, target.host, tx.now) for thing in objects for target in targets],
    )


async def copy(tx: Tx, thing: int, other: int) -> None:
    """Whoever was sent `thing` counts as somebody who was sent `other`."""
    await tx.run(
        "INSERT INTO sent_to (object, inbox, host, sent_at)"
        " SELECT CAST($2 AS BIGINT), inbox, host, sent_at FROM sent_to WHERE object = $1 ON CONFLICT DO NOTHING",
        thing,
        other,
    )


async def copy_boosts(tx: Tx, author: int) -> None:
    """Where boosts of an author's posts by people here went, the author's actor counts as sent: it is known there."""
    await tx.run(
        "INSERT INTO sent_to (object, inbox, host, sent_at)"
        " SELECT CAST($1 AS BIGINT), t.inbox, t.host, MIN(t.sent_at) FROM statuses p"
        " JOIN statuses b ON b.reblog_of = p.id AND b.local = 1 JOIN sent_to t ON t.object = b.id"
        " WHERE p.author = $1 GROUP BY t.inbox, t.host ON CONFLICT DO NOTHING",
        author,
    )


async def forget(tx: Tx, thing: int) -> None:
    """All of it was taken back everywhere: where it went needn't be known any longer."""
    await tx.run("DELETE FROM sent_to WHERE object = $1", thing)


async def page(reader: Reader, thing: int, after: str, count: int) -> tuple[list[FormerInbox], str | None]:
    """A page of the inboxes that were sent an object, behind the inbox `after`; and where to go on, None at the end."""
    rows = await reader.all(
        "SELECT inbox, host FROM sent_to WHERE object = $1 AND inbox > $2 ORDER BY inbox LIMIT $3", thing, after, count
    )
    return [FormerInbox(row[0], row[1]) for row in rows], rows[-1][0] if len(rows) == count else None
