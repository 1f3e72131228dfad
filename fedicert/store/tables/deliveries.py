"""POSTs to be made: a row per inbox, the body once. Written by dispatch alone; `store/lanes.py` takes them out.

Whoever adds rows makes them of a plan; this module knows nothing of who may be told what.
"""

from collections.abc import Sequence

import msgspec

from fedicert.store.unit import Reader, Tx

RETRACTIONS = ("Block", "Delete", "Reject", "Undo")
"""Types of activities that take something back or end it, besides those whose act says so."""
_SAYS = (
    "EXISTS (SELECT 1 FROM activities v WHERE v.id = deliveries.body AND (v.act IN ('say', 'edit', 'tell')"
    f" OR (v.act = 'answer' AND v.type NOT IN ({', '.join(repr(kind) for kind in RETRACTIONS)}))))"
)


async def add(
    tx: Tx,
    *,
    body_id: int,
    body: str,
    signer: int,
    object_key: str,
    pair_key: str,
    targets: Sequence[tuple[str, str]],
    due: int | None = None,
) -> None:
    """Have `body` (JSON text, signed by the account `signer`) sent to each (host, inbox), not before `due` (ms).

    `body_id`: the activity's; a body and an inbox meet once. `object_key`, `pair_key`: rows with the same one go to a
    host one after another, in the order in which they were added; '' binds nothing.
    """
    if not targets:
        return
    due = tx.now if due is None else due
    await tx.later(
        "INSERT INTO bodies (id, body, created_at) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING",
        body_id,
        body,
        tx.now,
    )
    await tx.later_many(
        "INSERT INTO deliveries (host, inbox, body, signer, object_key, pair_key, due, attempts, errors, created_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, 0, '[]', $8) ON CONFLICT (body, inbox) DO NOTHING",
        [(host, inbox, body_id, signer, object_key, pair_key, due, tx.now) for host, inbox in targets],
    )
    # In one order everywhere, so that two units never wait for each other.
    hosts = sorted({host for host, _ in targets})
    await tx.later_many(
        """
        INSERT INTO lanes (host, due, not_before, lease_until, token, breaker, failures, failures_since, proven_at,
                           created_at)
        VALUES ($1, $2, 0, 0, 0, 'closed', 0, 0, 0, $3)
        ON CONFLICT (host) DO UPDATE SET due = CASE WHEN lanes.breaker = 'dormant' THEN lanes.due
            WHEN lanes.due < excluded.due THEN lanes.due ELSE excluded.due END
        """,
        [(host, due, tx.now) for host in hosts],
    )
    if due <= tx.now:
        tx.signal("lanes")


class Waiting(msgspec.Struct, frozen=True):
    """A copy that waits: its row, at which inbox, and whom the activity names."""

    id: int
    inbox: str
    addressees: list[int]


async def waiting(reader: Reader, signer: int, hosts: Sequence[str], at: Sequence[str]) -> list[Waiting]:
    """Copies of what an actor said that wait for these inboxes of these hosts. What takes back isn't among them."""
    rows = await reader.all(
        "SELECT d.id, d.inbox, v.addressees FROM deliveries d JOIN activities v ON v.id = d.body"
        " AND v.act IN ('say', 'edit', 'tell') WHERE d.host {any_text:$1} AND d.signer = $2 AND d.inbox {any_text:$3}"
        " AND d.due IS NOT NULL ORDER BY d.id",
        list(hosts),
        signer,
        list(at),
    )
    return [Waiting(row[0], row[1], msgspec.json.decode(row[2], type=list[int])) for row in rows]


async def withdraw(tx: Tx, rows: Sequence[int]) -> None:
    """These copies aren't made any more."""
    await tx.run("DELETE FROM deliveries WHERE id {any_id:$1}", list(rows))


async def drop(tx: Tx, signer: int) -> None:
    """An actor leaves: what it said and wasn't delivered yet isn't any more. What it takes back goes out all the same."""
    await tx.run(
        "DELETE FROM deliveries WHERE signer = $1 AND EXISTS (SELECT 1 FROM activities v WHERE v.id = deliveries.body"
        " AND v.act IN ('say', 'edit', 'tell'))",
        signer,
    )


async def quiet(tx: Tx, signer: int) -> None:
    """An actor is suspended: what wasn't delivered yet isn't any more, but for what takes something back."""
    await tx.run(f"DELETE FROM deliveries WHERE signer = $1 AND {_SAYS}", signer)


async def shut_out(tx: Tx, domain: str) -> None:
    """The same for all that waits for a domain and those below it."""
    patterns = [f"%.{domain}", f"{domain}:%", f"%.{domain}:%"]
    await tx.run(
        f"DELETE FROM deliveries WHERE (host = $1 OR host LIKE $2 OR host LIKE $3 OR host LIKE $4) AND {_SAYS}",
        domain,
        *patterns,
    )
