"""Law 7: what was altered or removed is named, whoever removed what; the erased leave no hole."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import msgspec
import pytest
import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fedicert.base.clock import DAY, HOUR, FrozenClock
from fedicert.base.errors import Conflict
from fedicert.operations import audit, checkpoints, follows, ledger
from fedicert.operations.checkpoints import Kept
from fedicert.reach import chain
from fedicert.store.tables import checkpoints as rows
from fedicert.store.unit import Database, Tx
from tests import world
from tests.world import URLS

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))


KEYS = {"k1": "the key"}


def check_signature(key: str, signed: bytes, signature: str) -> bool:
    try:
        KEY.public_key().verify(bytes.fromhex(signature), signed)
    except (InvalidSignature, ValueError):
        return False
    return key == "the key"


async def checkpoint(db: Database) -> int:
    drafted = await db.write(checkpoints.draft)
    assert drafted is not None
    signature = KEY.sign(chain.checkpoint_bytes(drafted.checkpoint)).hex()
    return await db.write(checkpoints.seal, drafted, "k1", signature)


async def _village(tx: Tx) -> tuple[int, list[int]]:
    tier = await world.make_tier(tx)
    ada = await world.make_local(tx, "ada", tier)
    await world.make_local(tx, "bea", tier)
    return ada, [await world.make_remote(tx, f"n{i}", f"h{i}.example") for i in range(6)]


async def _live(db: Database) -> tuple[int, list[int]]:
    ada, people = await db.write(_village)
    for person in people:
        await db.write(follows.receive_follow, URLS, person, ada, f"https://x.example/{person}")
    return ada, people


async def _verify(db: Database, kept: Kept | None = None) -> audit.Report:
    return await db.read(audit.verify, check_signature, [kept] if kept else (), KEYS)


@pytest.mark.law("7.4", "7.7")
async def test_an_honest_ledger_verifies_and_says_what_it_cannot_see(db: Database) -> None:
    await _live(db)
    assert await checkpoint(db) == 1
    report = await _verify(db)
    assert report.findings == [] and report.rows == 6 and report.checkpoints == 1
    assert "kept elsewhere" in report.notes[0]


@pytest.mark.law("7.4")
async def test_checkpoints_chain_and_only_grown_chains_are_bound(db: Database) -> None:
    ada, people = await _live(db)
    await checkpoint(db)
    assert await db.write(checkpoints.draft) is None
    await db.write(follows.remove_follower, URLS, ada, people[0])
    assert await checkpoint(db) == 2
    kept = await db.read(checkpoints.latest)
    assert kept is not None and kept.number == 2 and [leaf.seq for leaf in kept.heads] == [7]
    assert (await _verify(db, kept)).findings == []


async def test_a_checkpoint_drafted_twice_is_sealed_once(db: Database) -> None:
    await _live(db)
    drafted = await db.write(checkpoints.draft)
    assert drafted is not None
    signature = KEY.sign(chain.checkpoint_bytes(drafted.checkpoint)).hex()
    await db.write(checkpoints.seal, drafted, "k1", signature)
    with pytest.raises(Conflict):
        await db.write(checkpoints.seal, drafted, "k1", signature)


@pytest.mark.law("W13")
async def test_the_store_cannot_change_a_row(db: Database) -> None:
    await _live(db)

    async def change(tx: Tx) -> None:
        await tx.run("UPDATE ledger SET kind = 'held'")

    async def cut(tx: Tx) -> None:
        await tx.run("DELETE FROM ledger WHERE seq = 6")

    for crime in (change, cut):
        with pytest.raises(Exception, match="append-only"):
            await db.write(crime)
    assert (await _verify(db)).findings == []


@pytest.mark.law("7.5")
async def test_erasing_a_person_leaves_a_ledger_that_verifies(db: Database) -> None:
    _, people = await _live(db)
    await checkpoint(db)
    kept = await db.read(checkpoints.latest)
    assert await db.write(ledger.forget_person, people[0]) == 2
    assert (await _verify(db, kept)).findings == []


@pytest.mark.law("W13")
async def test_the_clock_of_the_ledger_never_steps_back(db: Database, clock: FrozenClock) -> None:
    ada, people = await _live(db)
    clock.advance(-3_600_000)
    await db.write(follows.remove_follower, URLS, ada, people[0])
    moments = [row[0] for row in await db.read(_moments, ada)]
    assert moments == sorted(moments) and (await _verify(db)).findings == []


@pytest.mark.law("7.6", "W13")
async def test_a_day_closed_while_the_clock_was_ahead_holds_up_no_other(db: Database, clock: FrozenClock) -> None:
    """For a month it would have been the last, and no auditor would have got what was decided meanwhile."""
    _, people = await _live(db)
    bea = await db.read(_named, "bea")
    clock.advance(30 * DAY - clock.now() % DAY + HOUR)
    await checkpoint(db)
    ahead = await db.read(checkpoints.closed_until)
    clock.advance(-29 * DAY)
    await db.write(follows.receive_follow, URLS, people[0], bea, "https://x.example/bea")
    clock.advance(DAY)
    await checkpoint(db)
    closed = await db.read(checkpoints.closed_until)
    assert closed == chain.day_of(clock.now() - DAY) < ahead
    (closing,) = await db.read(rows.sealed, 1, 1)
    assert closing.checkpoint.day == closed
    assert [leaf.account for leaf in await db.read(rows.leaves_of, closing.checkpoint.number)] == [bea]
    assert (await _verify(db)).findings == []
    # Each once.
    await checkpoint(db)
    assert await db.write(checkpoints.draft) is None


async def _named(reader, name):  # type: ignore[no-untyped-def]
    return await reader.value("SELECT id FROM accounts WHERE username = $1 AND domain = ''", name)


async def _moments(reader, account):  # type: ignore[no-untyped-def]
    return await reader.all("SELECT at FROM ledger WHERE account = $1 ORDER BY seq", account)


# What follows goes round the program with Python's own sqlite3, as somebody with the file would.


def _tamper(url: str, *statements: str) -> None:
    with sqlite3.connect(Path(url.removeprefix("sqlite:///"))) as raw:
        for statement in statements:
            raw.execute(statement)
    raw.close()


DROP = (
    "DROP TRIGGER ledger_no_update",
    "DROP TRIGGER ledger_no_delete",
    "DROP TRIGGER ledger_head_goes_on",
    "DROP TRIGGER ledger_names_no_update",
)
CUT_CHECKPOINTS = (
    "DROP TRIGGER checkpoints_no_delete",
    "DROP TRIGGER checkpoint_leaves_no_delete",
    "DELETE FROM checkpoint_leaves",
    "DELETE FROM checkpoints",
)
CUT_TAIL = (
    "DELETE FROM ledger WHERE seq = 6",
    "UPDATE local_accounts SET ledger_seq = 5, ledger_head = (SELECT hash FROM ledger WHERE seq = 5) WHERE ledger_seq = 6",
)


@pytest.mark.law("7.7")
@pytest.mark.parametrize("engine", ["sqlite"])
async def test_one_byte_of_one_row_is_named(db: Database, database_url: str) -> None:
    ada, _ = await _live(db)
    _tamper(database_url, *DROP, "UPDATE ledger SET body = replace(body, '\"count\":2', '\"count\":3') WHERE seq = 2")
    assert (await _verify(db)).findings == [f"account ada ({ada}): row 2 was altered"]


@pytest.mark.parametrize("engine", ["sqlite"])
async def test_a_rewritten_hash_is_found_in_the_next_row(db: Database, database_url: str) -> None:
    ada, _ = await _live(db)
    _tamper(database_url, *DROP, "UPDATE ledger SET hash = replace(hash, substr(hash, 1, 1), 'g') WHERE seq = 3")
    assert (await _verify(db)).findings == [f"account ada ({ada}): row 3 was altered"]


@pytest.mark.parametrize("engine", ["sqlite"])
async def test_a_removed_last_row_is_found_by_the_checkpoint(db: Database, database_url: str) -> None:
    ada, _ = await _live(db)
    await checkpoint(db)
    _tamper(database_url, *DROP, *CUT_TAIL)
    assert (await _verify(db)).findings == [f"account ada ({ada}): row 6 is missing, as checkpoint 1 shows"]


@pytest.mark.law("7.7")
@pytest.mark.parametrize("engine", ["sqlite"])
async def test_a_tail_cut_with_its_checkpoints_needs_the_one_kept_elsewhere(db: Database, database_url: str) -> None:
    ada, _ = await _live(db)
    await checkpoint(db)
    kept = await db.read(checkpoints.latest)
    _tamper(database_url, *DROP, *CUT_TAIL, *CUT_CHECKPOINTS)
    blind = await _verify(db)
    assert blind.findings == [] and "can't be seen from the inside" in blind.notes[0]
    assert (await _verify(db, kept)).findings == [
        "checkpoint 1 was kept elsewhere and is missing here, where the last one is 0",
        f"account ada ({ada}): row 6 is missing, as the checkpoint kept elsewhere shows",
    ]


@pytest.mark.parametrize("engine", ["sqlite"])
async def test_a_removed_account_is_found(db: Database, database_url: str) -> None:
    ada, _ = await _live(db)
    await checkpoint(db)
    _tamper(
        database_url,
        *DROP,
        f"DELETE FROM ledger WHERE account = {ada}",
        f"DELETE FROM local_accounts WHERE id = {ada}",
    )
    assert any(f"({ada}): row 6 is missing" in finding for finding in (await _verify(db)).findings)


@pytest.mark.parametrize("engine", ["sqlite"])
async def test_a_changed_name_is_found(db: Database, database_url: str) -> None:
    await _live(db)
    _tamper(database_url, *DROP, "UPDATE ledger_names SET value = 'https://elsewhere.example/users/eve' WHERE seq = 4")
    assert "the name beside row 4 (follower) was altered" in (await _verify(db)).findings[0]


@pytest.mark.law("7.7")
@pytest.mark.parametrize("engine", ["sqlite"])
@pytest.mark.parametrize(
    ("change", "finding"),
    [
        ("UPDATE ledger SET at = at + 1 WHERE seq = 4", "the moment of row 4 was altered"),
        ("UPDATE ledger SET at = at + 86400000 WHERE seq = 4", "row 4 was altered"),
        ("UPDATE ledger SET form = 2 WHERE seq = 4", "row 4 was altered"),
        (
            "UPDATE ledger_names SET value = value + 1 WHERE seq = 4 AND field = 'moment'",
            "the name beside row 4 (moment) was altered",
        ),
        (
            "UPDATE ledger_names SET salt = '00' WHERE seq = 4 AND field = 'moment'",
            "the name beside row 4 (moment) was altered",
        ),
    ],
)
async def test_an_altered_moment_is_found(db: Database, database_url: str, change: str, finding: str) -> None:
    """The day is in the row, and the moment is checked by its digest as long as the salt is there."""
    await _live(db)
    _tamper(database_url, *DROP, change)
    assert [found.partition(": ")[2] for found in (await _verify(db)).findings] == [finding]


@pytest.mark.parametrize("engine", ["sqlite"])
async def test_a_forged_checkpoint_is_found(db: Database, database_url: str) -> None:
    await _live(db)
    await checkpoint(db)
    kept = await db.read(checkpoints.latest)
    assert kept is not None
    forged = msgspec.structs.replace(kept, at=kept.at + 1)
    assert "was altered" in (await _verify(db, forged)).findings[0]
    _tamper(database_url, "DROP TRIGGER checkpoints_no_update", "UPDATE checkpoints SET leaves = 2")
    assert "checkpoint 1 was altered" in (await _verify(db)).findings[0]


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(
    st.dictionaries(
        st.text(st.characters(max_codepoint=127, min_codepoint=32)), st.integers(1 - 2**53, 2**53 - 1) | st.text()
    )
)
def test_what_is_hashed_is_jcs(value: dict[str, object]) -> None:
    assert chain.canonical(value) == rfc8785.dumps(value)  # type: ignore[arg-type]


class _Said:
    """A reader that only keeps what it is asked."""

    sql = ""

    async def all(self, sql: str, *_values: object) -> list[object]:
        self.sql = sql
        return []


@pytest.mark.parametrize("engine", ["sqlite"])
async def test_a_day_is_closed_without_reading_the_whole_ledger(db: Database, database_url: str) -> None:
    """It happens in a unit that writes, in which nobody else can: by account, not by row."""
    said = _Said()
    await rows.unclosed(said, 0, 1)  # type: ignore[arg-type]
    with sqlite3.connect(Path(database_url.removeprefix("sqlite:///"))) as raw:
        plan = [step[3] for step in raw.execute("EXPLAIN QUERY PLAN " + said.sql.replace("$", "?"), (0, 1))]
    raw.close()
    assert [step for step in plan if step.startswith("SCAN")] == ["SCAN l"]
