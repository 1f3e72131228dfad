"""Appeals, what was said in them, and the decisions that they are about: rows of the ledger of whom they concern."""

from typing import Any, Literal

import msgspec
import orjson

from fedicert.store.unit import Reader, Row, Tx

Outcome = Literal["", "granted", "dismissed", "withdrawn"]
Role = Literal["appellant", "staff", "outcome"]

NEVER = (
    "account_approved", "account_enabled", "account_unsuspended", "appeal_answered", "appeal_decided", "mark_undone",
    "rung_restored", "waiver_given",
)  # fmt: skip
"""Rows that name who decided and take nothing from anybody; and the outcome of an appeal, which is the last word."""

FALLS = ("grace_begun", "grace_shortened", "licence_ended", "rung_changed", "rung_suspended")
CAUSES = ("for_cause", "out_of_scope", "unlisted")
"""What follows from a person's decision without naming them: somebody said for cause, struck an issuer off the list, or
marked posts."""


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """A row of somebody's ledger that a person is behind. `decider`: their account, None by command or not named.
    `waiver`: the number of the one it is about, as long as it is known."""

    account: int
    seq: int
    at: int
    kind: str
    rule: str
    body: dict[str, Any]
    decider: int | None
    why: str = ""
    waiver: str = ""
    appeal: int | None = None
    outcome: Outcome = ""


class Fall(msgspec.Struct, frozen=True):
    """The change of a rung that a decision brought with it. `named`: the row says who decided."""

    body: dict[str, Any]
    named: bool


class Appeal(msgspec.Struct, frozen=True, kw_only=True):
    """One appeal. `settling`: whose trim waits, or waited, for it."""

    id: int
    account: int
    username: str
    seq: int
    kind: str
    decider: int | None
    settling: int | None
    opened_at: int
    outcome: Outcome
    decided_by: int | None
    decided_name: str
    decided_at: int | None
    alone: bool


class Words(msgspec.Struct, frozen=True, kw_only=True):
    """Something said in an appeal."""

    id: int
    author: int
    username: str
    role: Role
    text: str
    at: int


_DECISION = (
    "SELECT l.account, l.seq, l.at, l.kind, l.rule, l.body, CASE WHEN b.type = 'Application' THEN NULL ELSE n.person END"
    " AS decider, p.id AS appeal, COALESCE(p.outcome, '') AS outcome,"
    " (SELECT w.value FROM ledger_names w WHERE w.account = l.account AND w.seq = l.seq AND w.field = 'text.why') AS why,"
    " (SELECT v.value FROM ledger_names v WHERE v.account = l.account AND v.seq = l.seq AND v.field = 'text.waiver')"
    " AS waiver,"
    " (SELECT u.value FROM ledger_names u WHERE u.account = l.account AND u.seq = l.seq AND u.field = 'number.until')"
    " AS until"
    " FROM ledger l"
    " LEFT JOIN ledger_names n ON n.account = l.account AND n.seq = l.seq AND n.field = 'by'"
    " LEFT JOIN accounts b ON b.id = n.person LEFT JOIN appeals p ON p.account = l.account AND p.seq = l.seq"
)
_NAMED = " n.field = 'by' AND (n.person IS NULL OR n.person <> l.account)"
_SELECT = (
    "SELECT p.*, a.username, COALESCE(d.username, '') AS decided_name FROM appeals p JOIN accounts a ON a.id = p.account"
    " LEFT JOIN accounts d ON d.id = p.decided_by"
)


def _among(names: tuple[str, ...]) -> str:
    return "(" + ", ".join(f"'{name}'" for name in names) + ")"


def _fell(place: int) -> str:
    """Whether a row of `FALLS` follows from what a person here decided; `$place`: how our own issuer is named in it."""
    causes = " OR ".join(f'l.body LIKE \'%"cause":"{cause}"%\'' for cause in CAUSES)
    own = (
        '(l.body LIKE \'%"cause":"revoked"%\' AND EXISTS (SELECT 1 FROM ledger_names o WHERE o.account = l.account'
        f" AND o.seq = l.seq AND o.field = 'text.issuer' AND o.value = ${place}))"
    )
    return f" l.kind IN {_among(FALLS)} AND ({causes} OR {own} OR l.kind = 'rung_suspended')"


async def decisions(reader: Reader, account: int, before: int | None, count: int, own: str) -> list[Decision]:
    """Decisions of people that concern somebody, newest first, behind a place on their ledger. `own`: our issuer."""
    last = before or 2**62
    named = await reader.all(
        _DECISION + f" WHERE l.account = $1 AND l.seq IN (SELECT n.seq FROM ledger_names n JOIN ledger l"
        f" ON l.account = n.account AND l.seq = n.seq WHERE n.account = $1 AND n.seq < $2 AND{_NAMED}"
        f" AND l.kind NOT IN {_among(NEVER)} ORDER BY n.seq DESC LIMIT $3)",
        account,
        last,
        count,
    )
    fell = await reader.all(
        _DECISION + f" WHERE l.account = $1 AND l.seq < $2 AND{_fell(4)} ORDER BY l.seq DESC LIMIT $3",
        account,
        last,
        count,
        own,
    )
    found = {row["seq"]: _decision(row) for row in (*named, *fell)}
    return [found[seq] for seq in sorted(found, reverse=True)[:count]]


async def decision(reader: Reader, account: int, seq: int, own: str) -> Decision | None:
    """One of them; None where the row is no decision of a person, or there is none."""
    row = await reader.one(
        _DECISION
        + f" WHERE l.account = $1 AND l.seq = $2 AND l.kind NOT IN {_among(NEVER)} AND (({_NAMED}) OR ({_fell(3)}))",
        account,
        seq,
        own,
    )
    return None if row is None else _decision(row)


async def fall_of(reader: Reader, account: int, seq: int) -> Fall | None:
    """The change of the rung that a row of somebody's ledger is, or that it came with: told in the same moment."""
    row = await reader.one(
        "SELECT l.body, (SELECT COUNT(*) FROM ledger_names n WHERE n.account = l.account AND n.seq = l.seq"
        " AND n.field = 'by') AS named FROM ledger l JOIN ledger d ON d.account = l.account AND d.seq = $2"
        " WHERE l.account = $1 AND l.kind = 'rung_changed' AND l.at = d.at ORDER BY abs(l.seq - d.seq) LIMIT 1",
        account,
        seq,
    )
    return None if row is None else Fall(orjson.loads(row["body"]), bool(row["named"]))


async def grace_cut(reader: Reader, account: int, seq: int) -> int:
    """How much of a grace (ms) was left when the fall that a row of somebody's ledger is, or came with, shortened it."""
    row = await reader.one(
        "SELECT l.at, l.body, COALESCE((SELECT n.value FROM ledger_names n WHERE n.account = l.account AND n.seq = l.seq"
        " AND n.field = 'number.was_until'), '') AS was_until FROM ledger l"
        " JOIN ledger d ON d.account = l.account AND d.seq = $2"
        " WHERE l.account = $1 AND l.kind = 'grace_shortened' AND l.at = d.at ORDER BY abs(l.seq - d.seq) LIMIT 1",
        account,
        seq,
    )
    if row is None:
        return 0
    # In rows of before it is in the body.
    return max(0, int(row["was_until"] or orjson.loads(row["body"]).get("was_until", 0)) - int(row["at"]))


async def beside(reader: Reader, account: int, seq: int, field: str) -> str | None:
    """What a row of a ledger names under a role; None where that was forgotten."""
    found = await reader.value(
        "SELECT value FROM ledger_names WHERE account = $1 AND seq = $2 AND field = $3", account, seq, field
    )
    return None if found is None else str(found)


async def insert(tx: Tx, appeal: int, found: Decision, settling: int | None) -> None:
    """Somebody appeals. Duplicate where they did before."""
    await tx.run(
        "INSERT INTO appeals (id, account, seq, kind, decider, settling, opened_at, outcome)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, '')",
        appeal,
        found.account,
        found.seq,
        found.kind,
        found.decider,
        settling,
        tx.now,
    )


async def by_id(reader: Reader, appeal: int) -> Appeal | None:
    """One appeal."""
    row = await reader.one(_SELECT + " WHERE p.id = $1", appeal)
    return None if row is None else _appeal(row)


async def page(reader: Reader, account: int | None, before: int | None, count: int, *, only_open: bool) -> list[Appeal]:
    """Appeals, newest first: of somebody, or of all."""
    clauses, values = ["p.id < $1"], [before or 2**62]
    if account is not None:
        values.append(account)
        clauses.append("p.account = $2")
    if only_open:
        clauses.append("p.outcome = ''")
    found = await reader.all(_SELECT + f" WHERE {' AND '.join(clauses)} ORDER BY p.id DESC LIMIT {int(count)}", *values)
    return [_appeal(row) for row in found]


async def stops(reader: Reader, settling: int) -> bool:
    """Did a trim of this settling wait for an appeal already?"""
    return await reader.value("SELECT 1 FROM appeals WHERE settling = $1", settling) is not None


async def next_open(reader: Reader, account: int) -> int | None:
    """The oldest appeal of somebody that is open."""
    found = await reader.value("SELECT MIN(id) FROM appeals WHERE account = $1 AND outcome = ''", account)
    return None if found is None else int(found)


async def let_wait(tx: Tx, appeal: int, settling: int) -> None:
    """From now on it is this appeal that the trim waits for."""
    await tx.run("UPDATE appeals SET settling = $2 WHERE id = $1", appeal, settling)


async def close(tx: Tx, appeal: int, outcome: Outcome, by: int | None, *, alone: bool) -> None:
    """It is decided, or taken back."""
    await tx.run(
        "UPDATE appeals SET outcome = $2, decided_by = $3, decided_at = $4, alone = $5 WHERE id = $1",
        appeal,
        outcome,
        by,
        tx.now,
        int(alone),
    )


async def say(tx: Tx, appeal: int, author: int, role: Role, text: str) -> None:
    """Something is said in it."""
    await tx.run(
        "INSERT INTO appeal_words (id, appeal, author, role, text, at) VALUES ($1, $2, $3, $4, $5, $6)",
        tx.new_id(),
        appeal,
        author,
        role,
        text,
        tx.now,
    )


async def said(reader: Reader, appeal: int) -> list[Words]:
    """What was said in it, in order."""
    rows = await reader.all(
        "SELECT w.id, w.author, a.username, w.role, w.text, w.at FROM appeal_words w JOIN accounts a ON a.id = w.author"
        " WHERE w.appeal = $1 ORDER BY w.id",
        appeal,
    )
    return [Words(id=row[0], author=row[1], username=row[2], role=row[3], text=row[4], at=row[5]) for row in rows]


async def how_often_said(reader: Reader, appeal: int, author: int) -> int:
    """How often somebody spoke in it."""
    return int(
        await reader.value("SELECT COUNT(*) FROM appeal_words WHERE appeal = $1 AND author = $2", appeal, author)
    )


async def forget(tx: Tx, account: int) -> None:
    """The account is gone, and what was said about its cases with it."""
    await tx.run("DELETE FROM appeal_words WHERE appeal IN (SELECT id FROM appeals WHERE account = $1)", account)
    await tx.run("DELETE FROM appeals WHERE account = $1", account)


def _decision(row: Row) -> Decision:
    body = orjson.loads(
        row["body"]
    )  # in rows of before, the number of a waiver is in it, and until when something holds
    if row["until"]:
        body["until"] = int(row["until"])
    return Decision(
        account=row["account"],
        seq=row["seq"],
        at=row["at"],
        kind=row["kind"],
        rule=row["rule"],
        body=body,
        decider=row["decider"],
        why=row["why"] or "",
        waiver=row["waiver"] or str(body.get("waiver") or ""),
        appeal=row["appeal"],
        outcome=row["outcome"],
    )


def _appeal(row: Row) -> Appeal:
    values = {name: row[name] for name in Appeal.__struct_fields__}
    return Appeal(**{**values, "alone": bool(values["alone"])})
