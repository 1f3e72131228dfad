"""Law 7, in the database: a row is only ever added behind its chain's head; beside it, names can go, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from fedicert.operations import audit, ledger
from fedicert.operations.ledger import Party
from fedicert.store.unit import Database, Tx
from tests.law.test_ledger import KEYS, _live, check_signature, checkpoint

ROW = "(account, seq, at, rule, kind, parties, body, prev, hash, form)"
NEXT = "(SELECT ledger_seq + 1 FROM local_accounts WHERE id = {ada})"

CRIMES = {
    "a row altered": "UPDATE ledger SET kind = 'held' WHERE account = {ada} AND seq = 2",
    "all of it altered at once": "UPDATE ledger SET at = at + 1",
    "a row removed": "DELETE FROM ledger WHERE account = {ada} AND seq = 6",
    "a row put in behind the head with a gap": f"INSERT INTO ledger {ROW} SELECT account, seq + 2, at, rule, kind, parties,"
    " body, hash, prev, form FROM ledger WHERE account = {ada} AND seq = 6",
    "a row put in again": f"INSERT INTO ledger {ROW} SELECT account, seq, at, rule, kind, parties, body, prev, hash, form"
    " FROM ledger WHERE account = {ada} AND seq = 2",
    "a row that follows another": f"INSERT INTO ledger {ROW} SELECT account, seq + 1, at, rule, kind, parties, body, prev,"
    " hash, form FROM ledger WHERE account = {ada} AND seq = 6",
    "a row from before the last": f"INSERT INTO ledger {ROW} SELECT account, seq + 1, at - 1, rule, kind, parties, body,"
    " hash, prev, form FROM ledger WHERE account = {ada} AND seq = 6",
    "a row of nobody": f"INSERT INTO ledger {ROW} SELECT 4711, 1, at, rule, kind, parties, body, prev, hash, form"
    " FROM ledger WHERE account = {ada} AND seq = 1",
    "the head set back": "UPDATE local_accounts SET ledger_seq = ledger_seq - 1 WHERE id = {ada}",
    "the head's hash changed": "UPDATE local_accounts SET ledger_head = 'x' WHERE id = {ada}",
    "the clock set back": "UPDATE local_accounts SET ledger_at = ledger_at - 1 WHERE id = {ada}",
    "the chain named anew": "UPDATE local_accounts SET ledger_chain = 'x' WHERE id = {ada}",
    "a name changed": "UPDATE ledger_names SET value = 'https://elsewhere.example/users/eve'",
    "a salt changed": "UPDATE ledger_names SET salt = ''",
    "a name put beside an old row": "INSERT INTO ledger_names (account, seq, field, salt, value)"
    " VALUES ({ada}, 1, 'other', '', 'x')",
    "a checkpoint changed": "UPDATE checkpoints SET at = at + 1",
    "a checkpoint removed": "DELETE FROM checkpoints",
    "a leaf changed": "UPDATE checkpoint_leaves SET seq = seq + 1",
    "a leaf removed": "DELETE FROM checkpoint_leaves",
    "a leaf put under an old checkpoint": "INSERT INTO checkpoint_leaves (checkpoint, account, seq, head, chain)"
    " VALUES (0, {ada}, 1, '', '')",
}
SQLITE = {
    "a row replaced": f"INSERT OR REPLACE INTO ledger {ROW} SELECT account, seq, at, rule, 'held', parties, body, prev,"
    " hash, form FROM ledger WHERE account = {ada} AND seq = 2",
    "a checkpoint replaced": "INSERT OR REPLACE INTO checkpoints SELECT number, at + 1, leaves, root, prev, hash, kid,"
    " signature, day FROM checkpoints",
    "a leaf replaced": "INSERT OR REPLACE INTO checkpoint_leaves (checkpoint, account, seq, head, chain)"
    " SELECT checkpoint, account, seq + 1, head, chain FROM checkpoint_leaves",
}
POSTGRES = {
    "the ledger emptied": "TRUNCATE ledger",
    "the checkpoints emptied": "TRUNCATE checkpoints",
    "the leaves emptied": "TRUNCATE checkpoint_leaves",
}


@pytest.mark.law("W13", "7.4")
async def test_nothing_but_erasing_changes_what_was_told(db: Database, engine: str) -> None:
    """Every statement that would change the ledger is refused by the database itself, and the ledger verifies after."""
    ada, _ = await _live(db)
    await checkpoint(db)
    crimes = CRIMES | (SQLITE if engine == "sqlite" else POSTGRES)
    went_through = [what for what, sql in crimes.items() if not await _refused(db, sql.format(ada=ada))]
    assert went_through == []
    report = await db.read(audit.verify, check_signature, (), KEYS)
    assert report.findings == [] and report.rows == 6

    async def erase(tx: Tx) -> None:
        await tx.run("DELETE FROM ledger_names WHERE account = $1", ada)

    await db.write(erase)
    assert (await db.read(audit.verify, check_signature, (), KEYS)).findings == []


async def _refused(db: Database, sql: str) -> bool:
    async def crime(tx: Tx) -> None:
        await tx.run(sql)

    try:
        await db.write(crime)
    except Exception as error:  # whatever the driver makes of it, it has to say why
        assert "append-only" in str(error), f"{sql}: {error}"
        return True
    return False


@pytest.mark.law("7.5")
async def test_what_somebody_wrote_lies_beside_the_chain(db: Database) -> None:
    """In a row stand numbers and the program's own words; names, reasons and whose chain it is are salted digests."""
    ada, people = await _live(db)

    async def tell(tx: Tx) -> None:
        body = {"why": "Bob asked", "domain": "bob.example", "people": 3, "tier": "small", "from": {"followers": "3"}}
        by = Party("https://home.example/users/ada", ada)
        await ledger.record(
            tx, ada, "tested", "law 7", {"by": by, "follower": Party("https://h0.example/users/n0")}, body
        )

    await db.write(tell)
    row = await db.read(_last, ada)
    assert row["body"] == '{"from":{"followers":"3"},"people":3,"tier":"small"}'
    for secret in ("Bob", "bob.example", "h0.example", str(ada)):
        assert secret not in row["parties"] + row["body"]
    # The reason is about whom the row names; both go with them, though the caller didn't know the account.
    assert await db.write(ledger.forget_person, people[0]) == 6
    assert (await db.read(audit.verify, check_signature, (), KEYS)).findings == []


async def _last(reader: Any, account: int) -> Any:
    return await reader.one("SELECT parties, body FROM ledger WHERE account = $1 ORDER BY seq DESC LIMIT 1", account)
