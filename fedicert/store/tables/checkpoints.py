"""The ledger's checkpoints: which chains grew since the last, what each binds, and the keys that sign. Only ever added."""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from fedicert.reach.chain import Checkpoint, Leaf
from fedicert.store.unit import Reader, Tx


async def dirty(reader: Reader, count: int) -> list[Leaf]:
    """Heads of the chains that grew since the last checkpoint, in order of account."""
    rows = await reader.all(
        "SELECT l.id, l.ledger_seq, l.ledger_head, l.ledger_chain FROM ledger_dirty d"
        " JOIN local_accounts l ON l.id = d.account ORDER BY l.id LIMIT $1",
        count,
    )
    return [Leaf(row[0], row[1], row[2], row[3]) for row in rows]


async def unclosed(reader: Reader, before: int, count: int) -> list[Leaf]:
    """The last rows before a moment (ms) of chains that no closing binds so far, in order of account."""
    # Account by account: a join would read the whole ledger on SQLite.
    rows = await reader.all(
        "SELECT c.id, c.last, (SELECT r.hash FROM ledger r WHERE r.account = c.id AND r.seq = c.last), c.ledger_chain"
        " FROM (SELECT l.id, l.ledger_chain, l.ledger_closed,"
        " (SELECT y.seq FROM ledger y WHERE y.account = l.id AND y.at < $1 ORDER BY y.seq DESC LIMIT 1) AS last"
        " FROM local_accounts l WHERE l.ledger_seq > l.ledger_closed) c WHERE c.last > c.ledger_closed"
        " ORDER BY c.id LIMIT $2",
        before,
        count,
    )
    return [Leaf(row[0], row[1], row[2], row[3]) for row in rows]


async def first_moment(reader: Reader) -> int | None:
    """When the oldest row of all was made (ms)."""
    found = await reader.value("SELECT MIN(at) FROM ledger")
    return None if found is None else int(found)


async def last_closing(reader: Reader, upto: str = "9999-12-31") -> tuple[str, int]:
    """The last day that is closed, '' before the first, and how many chains its last closing binds. `upto`: none later."""
    row = await reader.one(
        "SELECT day, leaves FROM checkpoints WHERE day <> '' AND day <= $1 ORDER BY number DESC LIMIT 1", upto
    )
    return ("", 0) if row is None else (row[0], row[1])


async def last_checkpoint(reader: Reader) -> tuple[int, str, int] | None:
    """(number, hash, at) of the latest checkpoint."""
    row = await reader.one("SELECT number, hash, at FROM checkpoints ORDER BY number DESC LIMIT 1")
    return None if row is None else (row[0], row[1], row[2])


async def add_checkpoint(
    tx: Tx, checkpoint: Checkpoint, digest: str, kid: str, signature: str, leaves: Iterable[Leaf]
) -> None:
    """Add a checkpoint with its leaves; chains that grew meanwhile stay marked for the next."""
    await tx.run(
        "INSERT INTO checkpoints (number, at, leaves, root, prev, hash, kid, signature, day)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        checkpoint.number,
        checkpoint.at,
        checkpoint.leaves,
        checkpoint.root,
        checkpoint.prev,
        digest,
        kid,
        signature,
        checkpoint.day,
    )
    found, closes = list(leaves), int(bool(checkpoint.day))
    await tx.many(
        "INSERT INTO checkpoint_leaves (checkpoint, account, seq, head, chain, salt, closes)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7)",
        [(checkpoint.number, leaf.account, leaf.seq, leaf.head, leaf.chain, leaf.salt, closes) for leaf in found],
    )
    # Who adds a row holds the account's lock: wait for them, and look at the heads again afterwards.
    await tx.all(
        "SELECT id FROM local_accounts WHERE id {any_id:$1} ORDER BY id {for_update}", [leaf.account for leaf in found]
    )
    if closes:
        # What is told of the day since stays marked, and so does what this binds: the next of the others binds it as well.
        await tx.many(
            "UPDATE local_accounts SET ledger_closed = $2 WHERE id = $1", [(leaf.account, leaf.seq) for leaf in found]
        )
        return
    await tx.many(
        "DELETE FROM ledger_dirty WHERE account = $1"
        " AND EXISTS (SELECT 1 FROM local_accounts l WHERE l.id = $1 AND l.ledger_seq = $2)",
        [(leaf.account, leaf.seq) for leaf in found],
    )


class Sealed(msgspec.Struct, frozen=True, kw_only=True):
    """A checkpoint as it stands in the database."""

    checkpoint: Checkpoint
    hash: str
    kid: str
    signature: str


class Bound(msgspec.Struct, frozen=True):
    """A leaf, the row up to which the checkpoint before bound its chain, what the chain is called now, of what that name is
    made, as far as it is there, and the form of the row that is bound."""

    leaf: Leaf
    before: int
    label: str
    salt: str
    owner: str
    form: int


async def bound_by(reader: Reader, number: int) -> list[Bound]:
    """What a checkpoint binds of each chain. A chain without a name is called by the hash of its first row.

    Closings go on from the closing before, the others from the last of the others.
    """
    rows = await reader.tuples(
        "SELECT c.account, c.seq, c.head, c.chain, c.salt, COALESCE((SELECT p.seq FROM checkpoint_leaves p"
        " WHERE p.account = c.account AND p.checkpoint < c.checkpoint AND p.closes = c.closes"
        " ORDER BY p.checkpoint DESC LIMIT 1), 0), CASE WHEN l.ledger_chain <> ''"
        " THEN l.ledger_chain ELSE (SELECT r.hash FROM ledger r WHERE r.account = c.account AND r.seq = 1) END,"
        " COALESCE(l.ledger_salt, ''), COALESCE(a.uri, ''), COALESCE((SELECT f.form FROM ledger f"
        " WHERE f.account = c.account AND f.seq = c.seq), 1) FROM checkpoint_leaves c"
        " LEFT JOIN local_accounts l ON l.id = c.account LEFT JOIN accounts a ON a.id = c.account"
        " WHERE c.checkpoint = $1",
        number,
    )
    return [Bound(Leaf(*row[:5]), row[5], row[6] or "", row[7], row[8], row[9]) for row in rows]


async def last_bound(reader: Reader, account: int) -> tuple[int, int] | None:
    """(checkpoint, seq): the one that binds most of an account's chain, and its row."""
    row = await reader.one(
        "SELECT checkpoint, seq FROM checkpoint_leaves WHERE account = $1 ORDER BY seq DESC, checkpoint LIMIT 1",
        account,
    )
    return None if row is None else (row[0], row[1])


_SEALED = "SELECT number, at, leaves, root, prev, hash, kid, signature, day FROM checkpoints"


async def sealed(reader: Reader, after: int, count: int) -> list[Sealed]:
    """Checkpoints behind a number, in order."""
    found = await reader.tuples(f"{_SEALED} WHERE number > $1 ORDER BY number LIMIT $2", after, count)
    return [_sealed(row) for row in found]


async def sealed_before(reader: Reader, before: int | None, count: int) -> list[Sealed]:
    """Checkpoints before a number, or the last, the latest first."""
    found = await reader.tuples(
        f"{_SEALED} WHERE number < $1 ORDER BY number DESC LIMIT $2", 2**62 if before is None else before, count
    )
    return [_sealed(row) for row in found]


def _sealed(row: Sequence[Any]) -> Sealed:
    return Sealed(
        checkpoint=Checkpoint(number=row[0], at=row[1], leaves=row[2], root=row[3], prev=row[4], day=row[8]),
        hash=row[5],
        kid=row[6],
        signature=row[7],
    )


async def signing_keys(reader: Reader) -> dict[str, str]:
    """Every Ed25519 key of the instance's own, retired ones included: key id → Multikey."""
    found = await reader.tuples(
        "SELECT k.kid, k.public FROM keys k JOIN accounts a ON a.id = k.owner"
        " WHERE a.type = 'Application' AND a.domain = '' AND k.alg = 'ed25519'"
    )
    return {row[0]: row[1] for row in found}


async def leaves_of(reader: Reader, number: int) -> list[Leaf]:
    """The leaves of one checkpoint."""
    found = await reader.all(
        "SELECT account, seq, head, chain, salt FROM checkpoint_leaves WHERE checkpoint = $1 ORDER BY account", number
    )
    return [Leaf(row[0], row[1], row[2], row[3], row[4]) for row in found]


async def heads_at(reader: Reader, number: int) -> list[Leaf]:
    """The head of every chain as the checkpoints up to `number` bind it."""
    found = await reader.all(
        "SELECT c.account, c.seq, MAX(c.head), MAX(c.chain) FROM checkpoint_leaves c JOIN"
        " (SELECT account, MAX(seq) AS latest FROM checkpoint_leaves WHERE checkpoint <= $1 GROUP BY account) m"
        " ON m.account = c.account AND m.latest = c.seq WHERE c.checkpoint <= $1 GROUP BY c.account, c.seq"
        " ORDER BY c.account",
        number,
    )
    return [Leaf(row[0], row[1], row[2], row[3]) for row in found]
