"""The ledger's rows, the names beside them, and checkpoints. Rows are only ever added; the database refuses the rest."""

from collections.abc import Iterable

import msgspec

from fedicert.reach.chain import Checkpoint, Leaf, Row
from fedicert.store.unit import Reader, Tx
from fedicert.store.unit import Row as DatabaseRow


async def head(tx: Tx, account: int) -> tuple[int, int, str] | None:
    """(seq, at, hash) of the last row of an account's chain, under the account's lock; None: no such local account."""
    row = await tx.one(
        "SELECT ledger_seq, ledger_at, ledger_head FROM local_accounts WHERE id = $1 {for_update}", account
    )
    return None if row is None else (row[0], row[1], row[2])


async def append(tx: Tx, row: Row, digest: str) -> None:
    """Add a row and move the head of its chain."""
    await tx.later(
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
    await tx.later(
        "UPDATE local_accounts SET ledger_seq = $2, ledger_at = $3, ledger_head = $4 WHERE id = $1",
        row.account,
        row.seq,
        row.at,
        digest,
    )
    # Under the account's lock, which sealing a checkpoint takes before it takes marks away.
    await tx.later("INSERT INTO ledger_dirty (account) VALUES ($1) ON CONFLICT DO NOTHING", row.account)


async def name(tx: Tx, account: int, seq: int, field: str, salt: str, value: str, person: int | None) -> None:
    """Keep a personal value and its salt beside the row."""
    await tx.later(
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


async def told_of(reader: Reader, account: int, person: int) -> dict[str, tuple[int, int]]:
    """What was told of a person on an account's chain lately: kind → (when it was told last, 0 where another outcome
    followed; repeats counted since)."""
    rows = await reader.all(
        "SELECT kind, told_at, count FROM ledger_repeats WHERE account = $1 AND person = $2", account, person
    )
    return {row[0]: (row[1], row[2]) for row in rows}


async def count_repeat(tx: Tx, account: int, person: int, kind: str) -> None:
    """What was told last holds again."""
    await tx.later(
        "UPDATE ledger_repeats SET count = count + 1 WHERE account = $1 AND person = $2 AND kind = $3",
        account,
        person,
        kind,
    )


async def end_repeats(tx: Tx, account: int, person: int) -> None:
    """What was told of this person before is over: should it hold again, it is told again."""
    await tx.later(
        "UPDATE ledger_repeats SET told_at = 0 WHERE account = $1 AND person = $2 AND told_at > 0", account, person
    )


async def start_repeats(tx: Tx, account: int, person: int, kind: str) -> None:
    """Told now: repeats are counted from here."""
    await tx.later(
        "INSERT INTO ledger_repeats (account, person, kind, told_at, count) VALUES ($1, $2, $3, $4, 0)"
        " ON CONFLICT (account, person, kind) DO UPDATE SET told_at = excluded.told_at, count = 0",
        account,
        person,
        kind,
        tx.now,
    )


class Repeat(msgspec.Struct, frozen=True):
    """Repeats counted beside a chain, and who they are about."""

    account: int
    person: int
    uri: str
    kind: str
    count: int


async def old_repeats(tx: Tx, before: int, most: int) -> list[Repeat]:
    """Take out counts that no row can take up any more: told before a moment (ms), or over since."""
    rows = await tx.all(
        "DELETE FROM ledger_repeats WHERE (account, person, kind) IN (SELECT account, person, kind FROM ledger_repeats"
        " WHERE told_at < $1 ORDER BY told_at LIMIT $2) RETURNING account, person, kind, count,"
        " COALESCE((SELECT uri FROM accounts WHERE id = person), '') AS uri",
        before,
        most,
    )
    return [Repeat(row["account"], row["person"], row["uri"], row["kind"], row["count"]) for row in rows]


async def forget_names_before(tx: Tx, account: int, before: int) -> int:
    """Take away the names and salts of a chain's rows older than a moment (ms); how many."""
    first = await tx.value("SELECT MIN(seq) FROM ledger_names WHERE account = $1", account)
    if first is None:
        return 0
    young = await tx.value(
        "SELECT seq FROM ledger WHERE account = $1 AND seq >= $2 AND at >= $3 ORDER BY seq LIMIT 1",
        account,
        first,
        before,
    )
    if young == first:
        return 0
    return await tx.run(
        "DELETE FROM ledger_names WHERE account = $1 AND (CAST($2 AS BIGINT) IS NULL OR seq < $2)", account, young
    )


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
    # Who adds a row holds the account's lock: wait for them, and look at the heads again afterwards.
    await tx.all(
        "SELECT id FROM local_accounts WHERE id {any_id:$1} ORDER BY id {for_update}", [leaf.account for leaf in found]
    )
    await tx.many(
        "DELETE FROM ledger_dirty WHERE account = $1"
        " AND EXISTS (SELECT 1 FROM local_accounts l WHERE l.id = $1 AND l.ledger_seq = $2)",
        [(leaf.account, leaf.seq) for leaf in found],
    )


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """A row as it stands in the database, with the hash beside it."""

    row: Row
    hash: str


class Name(msgspec.Struct, frozen=True):
    """A personal value beside a row."""

    seq: int
    field: str
    salt: str
    value: str


class Chain(msgspec.Struct, frozen=True):
    """An account's chain, as the account row remembers its head."""

    account: int
    username: str
    seq: int
    head: str


class Sealed(msgspec.Struct, frozen=True, kw_only=True):
    """A checkpoint as it stands in the database."""

    checkpoint: Checkpoint
    hash: str
    kid: str
    signature: str


async def chains(reader: Reader, after: int, count: int) -> list[Chain]:
    """Every account with a chain, in order of id, a page behind `after`."""
    rows = await reader.all(
        "SELECT l.id, a.username, l.ledger_seq, l.ledger_head FROM local_accounts l JOIN accounts a ON a.id = l.id"
        " WHERE l.id > $1 ORDER BY l.id LIMIT $2",
        after,
        count,
    )
    return [Chain(row[0], row[1], row[2], row[3]) for row in rows]


async def strays(reader: Reader, count: int) -> list[int]:
    """Accounts that have rows, but no account row."""
    rows = await reader.all(
        "SELECT DISTINCT account FROM ledger WHERE account NOT IN (SELECT id FROM local_accounts) LIMIT $1", count
    )
    return [row[0] for row in rows]


_ROW = "SELECT account, seq, at, rule, kind, parties, body, prev, hash FROM ledger WHERE account = $1 "


async def rows(reader: Reader, account: int, after: int, count: int) -> list[Told]:
    """Rows of a chain behind `after`, in order."""
    found = await reader.all(_ROW + "AND seq > $2 ORDER BY seq LIMIT $3", account, after, count)
    return [_told(row) for row in found]


async def last(reader: Reader, account: int, count: int) -> list[Told]:
    """The last rows of a chain, in order."""
    found = await reader.all(_ROW + "ORDER BY seq DESC LIMIT $2", account, count)
    return [_told(row) for row in reversed(found)]


def _told(row: DatabaseRow) -> Told:
    return Told(
        row=Row(
            account=row[0],
            seq=row[1],
            at=row[2],
            rule=row[3],
            kind=row[4],
            parties=row[5],
            body=row[6],
            prev=row[7],
        ),
        hash=row[8],
    )


async def hash_at(reader: Reader, account: int, seq: int) -> str | None:
    """The hash that stands at a place of a chain."""
    found = await reader.value("SELECT hash FROM ledger WHERE account = $1 AND seq = $2", account, seq)
    return None if found is None else str(found)


async def names(reader: Reader, account: int, first: int, last: int) -> list[Name]:
    """Personal values beside the rows `first` to `last` of a chain."""
    found = await reader.all(
        "SELECT seq, field, salt, value FROM ledger_names WHERE account = $1 AND seq >= $2 AND seq <= $3",
        account,
        first,
        last,
    )
    return [Name(row[0], row[1], row[2], row[3]) for row in found]


async def sealed(reader: Reader, after: int, count: int) -> list[Sealed]:
    """Checkpoints behind a number, in order."""
    found = await reader.all(
        "SELECT number, at, leaves, root, prev, hash, kid, signature FROM checkpoints"
        " WHERE number > $1 ORDER BY number LIMIT $2",
        after,
        count,
    )
    return [
        Sealed(
            checkpoint=Checkpoint(number=row[0], at=row[1], leaves=row[2], root=row[3], prev=row[4]),
            hash=row[5],
            kid=row[6],
            signature=row[7],
        )
        for row in found
    ]


async def leaves_of(reader: Reader, number: int) -> list[Leaf]:
    """The leaves of one checkpoint."""
    found = await reader.all(
        "SELECT account, seq, head FROM checkpoint_leaves WHERE checkpoint = $1 ORDER BY account", number
    )
    return [Leaf(row[0], row[1], row[2]) for row in found]


async def heads_at(reader: Reader, number: int) -> list[Leaf]:
    """The head of every chain as the checkpoints up to `number` bind it."""
    found = await reader.all(
        "SELECT c.account, c.seq, c.head FROM checkpoint_leaves c JOIN"
        " (SELECT account, MAX(checkpoint) AS latest FROM checkpoint_leaves WHERE checkpoint <= $1 GROUP BY account) m"
        " ON m.account = c.account AND m.latest = c.checkpoint ORDER BY c.account",
        number,
    )
    return [Leaf(row[0], row[1], row[2]) for row in found]


async def usernames(reader: Reader, accounts: Iterable[int]) -> dict[int, str]:
    """Names of accounts, for telling a person which chain is meant."""
    found = await reader.all("SELECT id, username FROM accounts WHERE id {any_id:$1}", list(accounts))
    return {row[0]: row[1] for row in found}
