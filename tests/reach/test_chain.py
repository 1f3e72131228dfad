"""What hashes bind: everything of a row in its form, the row before it; and what earlier versions hashed is hashed alike."""

import hashlib

import msgspec
import pytest

from fedicert.reach.chain import (
    GENESIS,
    Checkpoint,
    Leaf,
    Row,
    checkpoint_bytes,
    checkpoint_hash,
    day_of,
    digest_of,
    leaf_hash,
    row_hash,
)

AT = 1_772_366_400_123
ROW = Row(
    account=7,
    seq=2,
    at=AT,
    rule="law 1",
    kind="held",
    parties='{"follower":"00"}',
    body='{"count":1}',
    prev=GENESIS,
    chain="ab" * 32,
)


@pytest.mark.law("7.4")
@pytest.mark.parametrize(
    "changed",
    [
        {"seq": 3}, {"rule": "law 2"}, {"kind": "admitted"}, {"parties": '{"a":"b"}'}, {"body": '{"a":1}'},
        {"prev": "1" * 64}, {"chain": "cd" * 32}, {"form": 2}, {"at": AT + 86_400_000}, {"day": "2026-03-02"},
    ],
)  # fmt: skip
def test_a_rows_hash_binds_the_row_and_the_one_before(changed: dict[str, object]) -> None:
    assert row_hash(msgspec.structs.replace(ROW, **changed)) != row_hash(ROW)


@pytest.mark.law("7.8")
@pytest.mark.parametrize("changed", [{"account": 8}, {"at": AT + 1}, {"at": 0, "day": "2026-03-01"}])
def test_a_rows_hash_has_neither_the_accounts_number_nor_the_moment(changed: dict[str, object]) -> None:
    assert row_hash(msgspec.structs.replace(ROW, **changed)) == row_hash(ROW)


@pytest.mark.parametrize(
    ("form", "changed"), [(1, {"account": 8}), (1, {"at": AT + 1}), (2, {"at": AT + 1}), (2, {"chain": "cd" * 32})]
)
def test_older_forms_bind_the_moment_and_whose_it_is(form: int, changed: dict[str, object]) -> None:
    row = msgspec.structs.replace(ROW, form=form)
    assert row_hash(msgspec.structs.replace(row, **changed)) != row_hash(row)


def test_what_earlier_versions_hashed_is_hashed_as_they_did() -> None:
    """Fixed values, computed by the versions that wrote these forms."""
    first = row_hash(msgspec.structs.replace(ROW, form=1, chain=""))
    assert first == "04c063589a00bc6faf543ff069496492ce59c870ca460ec9e321b9302b811ef5"
    second = row_hash(msgspec.structs.replace(ROW, form=2))
    assert second == "1b1b81d5db3b2efaf389279c988dbcb299d1e1c190930509b2626caf4f341920"
    assert leaf_hash(Leaf(7, 2, "cd" * 32)) == "55bf13927a5407cb120f224b4aac4ecf2e7bd513b5e5219c7a96769a8ca8df0d"
    named = leaf_hash(Leaf(7, 2, "cd" * 32, "ab" * 32))
    assert named == "7a701a20f809f3ce9c8ff9443d27921ae42c222783f5aaa23fd35b60ec4cccf0"
    checkpoint = Checkpoint(number=3, at=5, leaves=1, root="ef" * 32, prev=GENESIS)
    assert checkpoint_hash(checkpoint) == "59aa661fe552de1b4e7a51a00733e205d34a51b2d00ab3db9c29e4a96c8e5c2c"


def test_a_row_of_today_is_hashed_over_its_day() -> None:
    told = (
        '{"body":"{\\"count\\":1}","chain":"' + "ab" * 32 + '","day":"2026-03-01","kind":"held",'
        '"parties":"{\\"follower\\":\\"00\\"}","rule":"law 1","seq":2}'
    )
    digest = hashlib.sha256(told.encode()).hexdigest()
    assert digest_of(ROW) == digest
    assert row_hash(ROW) == hashlib.sha256((GENESIS + digest).encode()).hexdigest()


def test_a_salt_makes_another_leaf_and_a_day_another_checkpoint() -> None:
    leaf = Leaf(7, 2, "cd" * 32, "ab" * 32)
    assert (
        leaf_hash(leaf)
        != leaf_hash(msgspec.structs.replace(leaf, salt="00"))
        != leaf_hash(msgspec.structs.replace(leaf, salt="01"))
    )
    closing = Checkpoint(number=3, at=5, leaves=1, root="ef" * 32, prev=GENESIS, day="2026-03-01")
    assert b'"day":"2026-03-01"' in checkpoint_bytes(closing)


@pytest.mark.parametrize(
    ("at", "day"),
    [(0, "1970-01-01"), (86_399_999, "1970-01-01"), (86_400_000, "1970-01-02"), (AT, "2026-03-01"), (-1, "1969-12-31")],
)
def test_a_day_is_a_utc_day(at: int, day: str) -> None:
    assert day_of(at) == day
