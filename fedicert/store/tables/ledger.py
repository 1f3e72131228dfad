"""The ledger's rows, and the names beside them. Rows are only ever added; the database refuses the rest."""

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

import msgspec

from fedicert.reach.chain import Leaf, Row
from fedicert.store.unit import Reader, Tx

MOST_AT_ONCE = 50


class Head(msgspec.Struct, frozen=True):
    """Where a chain goes on: its last row's number, moment and hash, '' before the first; and its name, '' before that
    was given."""

    seq: int
    at: int
    hash: str
    chain: str


async def head(tx: Tx, account: int) -> Head | None:
    """The head of an account's chain, under the account's lock; None: no such local account."""
    row = await tx.one(
        "SELECT ledger_seq, ledger_at, ledger_head, ledger_chain FROM local_accounts WHERE id = $1 {for_update}",
        account,
    )
    return None if row is None else Head(row[0], row[1], row[2], row[3])


async def owner(reader: Reader, account: int) -> str:
    """The actor id of whose chain it is."""
    return str(await reader.value("SELECT uri FROM accounts WHERE id = $1", account))


async def account_of(reader: Reader, uri: str) -> int | None:
    """The account of an actor id, where one is known."""
    found = await reader.value("SELECT id FROM accounts WHERE uri = $1", uri)
    return None if found is None else int(found)


async def name_chain(tx: Tx, account: int, chain: str, salt: str) -> None:
    """Give a chain its name, once."""
    await tx.run(
        "UPDATE local_accounts SET ledger_chain = $2, ledger_salt = $3 WHERE id = $1 AND ledger_chain = ''",
        account,
        chain,
        salt,
    )


async def append(tx: Tx, row: Row, digest: str) -> None:
    """Add a row and move the head of its chain."""
    await tx.later(
        "INSERT INTO ledger (account, seq, at, rule, kind, parties, body, prev, hash, form)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        row.account,
        row.seq,
        row.at,
        row.rule,
        row.kind,
        row.parties,
        row.body,
        row.prev,
        digest,
        row.form,
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


class Beside(msgspec.Struct, frozen=True):
    """A personal value with its salt. `person`: the account that it goes with."""

    field: str
    salt: str
    value: str
    person: int | None


async def keep_beside(tx: Tx, account: int, seq: int, values: Sequence[Beside]) -> None:
    """Keep personal values and their salts beside a row."""
    for begin in range(0, len(values), MOST_AT_ONCE):
        some = values[begin : begin + MOST_AT_ONCE]
        told = [each for one in some for each in (one.field, one.salt, one.value, one.person)]
        await tx.later(_beside(len(some)), account, seq, *told)


@cache
def _beside(count: int) -> str:
    """One statement for so many: an admission writes them all at once."""
    rows = (f"($1, $2, ${place}, ${place + 1}, ${place + 2}, ${place + 3})" for place in range(3, 3 + 4 * count, 4))
    return "INSERT INTO ledger_names (account, seq, field, salt, value, person) VALUES " + ", ".join(rows)


async def forget(tx: Tx, person: int) -> int:
    """Take away every name and salt of a person, and what lies beside their own chain; the rows stay and still verify."""
    gone = await tx.run("DELETE FROM ledger_names WHERE person = $1", person)
    gone += await tx.run("DELETE FROM ledger_names WHERE account = $1", person)
    await tx.run("UPDATE local_accounts SET ledger_salt = '' WHERE id = $1 AND ledger_salt <> ''", person)
    return gone


async def repeats_of(tx: Tx, person: int) -> list["Repeat"]:
    """Take out what is counted of a person beside anybody's chain, and beside their own."""
    rows = await tx.all(
        "DELETE FROM ledger_repeats WHERE person = $1 OR account = $1 RETURNING account, person, kind, count,"
        " COALESCE((SELECT uri FROM accounts WHERE id = person), '') AS uri",
        person,
    )
    return [Repeat(row["account"], row["person"], row["uri"], row["kind"], row["count"]) for row in rows]


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


async def forget_names_before(tx: Tx, account: int, before: int, *, texts_too: bool) -> int:
    """Take away the names and salts of a chain's rows older than a moment (ms); how many.

    `texts_too`: reasons in words, and numbers, as well, where they are about nobody.
    """
    kept = "" if texts_too else " AND NOT ((field LIKE 'text.%' OR field LIKE 'number.%') AND person IS NULL)"
    first = await tx.value(f"SELECT MIN(seq) FROM ledger_names WHERE account = $1{kept}", account)
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
        f"DELETE FROM ledger_names WHERE account = $1 AND (CAST($2 AS BIGINT) IS NULL OR seq < $2){kept}",
        account,
        young,
    )


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """A row as it stands in the database, with the hash beside it."""

    row: Row
    hash: str


class Name(msgspec.Struct, frozen=True):
    """A personal value beside a row. `username`, `domain`: the handle of who it is, where that is known."""

    seq: int
    field: str
    salt: str
    value: str
    username: str = ""
    domain: str = ""


class Chain(msgspec.Struct, frozen=True):
    """An account's chain, as the account row remembers its head."""

    account: int
    username: str
    uri: str
    seq: int
    head: str
    chain: str
    salt: str


_CHAIN = (
    "SELECT l.id, a.username, a.uri, l.ledger_seq, l.ledger_head, l.ledger_chain, l.ledger_salt"
    " FROM local_accounts l JOIN accounts a ON a.id = l.id"
)


async def chains(reader: Reader, after: int, count: int) -> list[Chain]:
    """Every account with a chain, in order of id, a page behind `after`."""
    rows = await reader.all(
        f"{_CHAIN} WHERE l.id > $1 ORDER BY l.id LIMIT $2",
        after,
        count,
    )
    return [Chain(*(row[place] for place in range(7))) for row in rows]


async def chain_of(reader: Reader, account: int) -> Chain | None:
    """One account's chain; None: no such local account."""
    row = await reader.one(f"{_CHAIN} WHERE l.id = $1", account)
    return None if row is None else Chain(*(row[place] for place in range(7)))


async def strays(reader: Reader, count: int) -> list[int]:
    """Accounts that have rows, but no account row."""
    rows = await reader.all(
        "SELECT DISTINCT account FROM ledger WHERE account NOT IN (SELECT id FROM local_accounts) LIMIT $1", count
    )
    return [row[0] for row in rows]


_ROW = (
    "SELECT r.account, r.seq, r.at, r.rule, r.kind, r.parties, r.body, r.prev, r.hash,"
    " CASE WHEN r.form = 1 THEN '' ELSE l.ledger_chain END, r.form FROM ledger r JOIN local_accounts l ON l.id = r.account "
)


async def rows(reader: Reader, account: int, after: int, count: int, upto: int | None = None) -> list[Told]:
    """Rows of a chain behind `after`, as far as `upto`, in order."""
    found = await reader.tuples(
        _ROW + "WHERE r.account = $1 AND r.seq > $2 AND r.seq <= $4 ORDER BY r.seq LIMIT $3",
        account,
        after,
        count,
        2**62 if upto is None else upto,
    )
    return [_told(row) for row in found]


async def latest(reader: Reader, account: int | None, before: tuple[int, int, int] | None, count: int) -> list[Told]:
    """Rows of one chain or of all, newest first, behind (at, account, seq)."""
    at, chain, seq = before or (2**62, 2**62, 2**62)
    if account is not None:
        found = await reader.tuples(
            _ROW + "WHERE r.account = $1 AND r.seq < $2 ORDER BY r.seq DESC LIMIT $3", account, seq, count
        )
    else:
        found = await reader.tuples(
            _ROW
            + "WHERE (r.at, r.account, r.seq) < ($1, $2, $3) ORDER BY r.at DESC, r.account DESC, r.seq DESC LIMIT $4",
            at,
            chain,
            seq,
            count,
        )
    return [_told(row) for row in found]


def _told(row: Sequence[Any]) -> Told:
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
            chain=row[9],
            form=row[10],
        ),
        hash=row[8],
    )


async def hashes_at(reader: Reader, leaves: Iterable[Leaf]) -> dict[tuple[int, int], str]:
    """The hashes that stand at these places of chains: (account, seq) → hash."""
    found: dict[tuple[int, int], str] = {}
    wanted: dict[int, list[int]] = {}
    for leaf in leaves:
        wanted.setdefault(leaf.seq, []).append(leaf.account)
    for seq, accounts in wanted.items():
        rows = await reader.tuples(
            "SELECT account, hash FROM ledger WHERE seq = $1 AND account {any_id:$2}", seq, accounts
        )
        found.update({(row[0], seq): str(row[1]) for row in rows})
    return found


async def names(reader: Reader, account: int, first: int, last: int) -> list[Name]:
    """Personal values beside the rows `first` to `last` of a chain."""
    found = await reader.all(
        "SELECT seq, field, salt, value FROM ledger_names WHERE account = $1 AND seq >= $2 AND seq <= $3",
        account,
        first,
        last,
    )
    return [Name(row[0], row[1], row[2], row[3]) for row in found]


async def handles(reader: Reader, places: Iterable[tuple[int, int]]) -> dict[tuple[int, int], list[Name]]:
    """Personal values beside these (account, seq), with the handles of who they are."""
    found: dict[tuple[int, int], list[Name]] = {}
    wanted: dict[int, list[int]] = {}
    for account, seq in places:
        wanted.setdefault(account, []).append(seq)
    for account, seqs in wanted.items():
        rows = await reader.tuples(
            "SELECT n.seq, n.field, n.salt, n.value, COALESCE(a.username, ''), COALESCE(a.domain, '')"
            " FROM ledger_names n LEFT JOIN accounts a ON a.id = n.person AND a.uri = n.value"
            " WHERE n.account = $1 AND n.seq {any_id:$2}",
            account,
            seqs,
        )
        for row in rows:
            found.setdefault((account, row[0]), []).append(Name(*row))
    return found


async def is_of_instance(reader: Reader, account: int) -> bool:
    """Is it the instance's own chain?"""
    sql = "SELECT 1 FROM accounts WHERE id = $1 AND type = 'Application' AND domain = ''"
    return bool(await reader.value(sql, account))


async def owners(reader: Reader, accounts: Iterable[int]) -> dict[int, str]:
    """Whose chains these are: `@name`, '' for the instance's own."""
    found = await reader.tuples("SELECT id, username, type FROM accounts WHERE id {any_id:$1}", list(accounts))
    return {row[0]: "" if row[2] == "Application" else f"@{row[1]}" for row in found}


async def usernames(reader: Reader, accounts: Iterable[int]) -> dict[int, str]:
    """Names of accounts, for telling a person which chain is meant."""
    found = await reader.all("SELECT id, username FROM accounts WHERE id {any_id:$1}", list(accounts))
    return {row[0]: row[1] for row in found}
