"""The ledger's rows, the names beside them, and checkpoints. Rows are only ever added; the database refuses the rest."""

from collections.abc import Iterable

from fedicert.reach.chain import Checkpoint, Leaf, Row
from fedicert.store.unit import Reader, Tx


async def head(tx: Tx, account: int) -> tuple[int, int, str] | None:
    """(seq, at, hash) of the last row of an account's chain, under the account's lock; None: no such local account."""
    row = await tx.one(
        "SELECT ledger_seq, ledger_at, ledger_head FROM local_accounts WHERE id = $1 {for_update}", account
    )
    return None if row is None else (row[0], row[1], row[2])


async def append(tx: Tx, row: Row, digest: str) -> None:
    """Add a row and move the head of its chain."""
    await tx.run(
        "INSERT INTO ledger (account, seq, at, rule, kind, parties, body, prev, hash)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        row.account,
        row.seq,
        row.at,
        row.rule,
        row.kind,
        row.parties,
        row.body,
        row.prev,
        digest,
    )
    await tx.run(
        "UPDATE local_accounts SET ledger_seq = $2, ledger_at = $3, ledger_head = $4 WHERE id = $1",
        row.account,
        row.seq,
        row.at,
        digest,
    )
    await tx.run("INSERT INTO ledger_dirty (account) VALUES ($1) ON CONFLICT DO NOTHING", row.account)


async def name(tx: Tx, account: int, seq: int, field: str, salt: str, value: str, person: int | None) -> None:
    """Keep a personal value and its salt beside the row."""
    await tx.run(
        "INSERT INTO ledger_names (account, seq, field, salt, value, person) VALUES ($1, $2, $3, $4, $5, $6)",
        account,
        seq,
        field,
        salt,
        value,
        person,
    )


async def forget(tx: Tx, person: int) -> int:
    """Take away every name and salt of a person; the rows stay and still verify."""
    return await tx.run("DELETE FROM ledger_names WHERE person = $1", person)


async def repeat(tx: Tx, account: int, person: int, kind: str, since: int) -> bool:
    """Count a repeat of a decision told after `since`; False where there is none to repeat."""
    return bool(
        await tx.run(
            "UPDATE ledger_repeats SET count = count + 1 WHERE account = $1 AND person = $2 AND kind = $3 AND told_at > $4",
            account,
            person,
            kind,
            since,
        )
    )


async def told(tx: Tx, account: int, person: int, kind: str) -> int:
    """Start counting repeats of a decision anew; how many were counted since it was told last."""
    before = await tx.value(
        "SELECT count FROM ledger_repeats WHERE account = $1 AND person = $2 AND kind = $3", account, person, kind
    )
    await tx.run(
        "INSERT INTO ledger_repeats (account, person, kind, told_at, count) VALUES ($1, $2, $3, $4, 0)"
        " ON CONFLICT (account, person, kind) DO UPDATE SET told_at = excluded.told_at, count = 0",
        account,
        person,
        kind,
        tx.now,
    )
    return before or 0


async def dirty(reader: Reader, count: int) -> list[Leaf]:
    """Heads of the chains that grew since the last checkpoint, in order of account."""
    rows = await reader.all(
        "SELECT l.id, l.ledger_seq, l.ledger_head FROM ledger_dirty d JOIN local_accounts l ON l.id = d.account"
        " ORDER BY l.id LIMIT $1",
        count,
    )
    return [Leaf(row[0], row[1], row[2]) for row in rows]


async def last_checkpoint(reader: Reader) -> tuple[int, str, int] | None:
    """(number, hash, at) of the latest checkpoint."""
    row = await reader.one("SELECT number, hash, at FROM checkpoints ORDER BY number DESC LIMIT 1")
    return None if row is None else (row[0], row[1], row[2])


async def add_checkpoint(
    tx: Tx, checkpoint: Checkpoint, digest: str, kid: str, signature: str, leaves: Iterable[Leaf]
) -> None:
    """Add a checkpoint with its leaves; chains that grew meanwhile stay marked for the next."""
    await tx.run(
        "INSERT INTO checkpoints (number, at, leaves, root, prev, hash, kid, signature)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        checkpoint.number,
        checkpoint.at,
        checkpoint.leaves,
        checkpoint.root,
        checkpoint.prev,
        digest,
        kid,
        signature,
    )
    found = list(leaves)
    await tx.many(
        "INSERT INTO checkpoint_leaves (checkpoint, account, seq, head) VALUES ($1, $2, $3, $4)",
        [(checkpoint.number, leaf.account, leaf.seq, leaf.head) for leaf in found],
    )
    await tx.many(
        "DELETE FROM ledger_dirty WHERE account = $1"
        " AND EXISTS (SELECT 1 FROM local_accounts l WHERE l.id = $1 AND l.ledger_seq = $2)",
        [(leaf.account, leaf.seq) for leaf in found],
    )
