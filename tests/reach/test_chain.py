"""What a row's hash binds: everything of the row, and the row before it."""

import msgspec
import pytest

from fedicert.reach.chain import GENESIS, Row, row_hash

ROW = Row(account=7, seq=2, at=5, rule="law 1", kind="held", parties="{}", body="{}", prev=GENESIS)


@pytest.mark.law("7.4")
@pytest.mark.parametrize(
    "changed",
    [
        {"account": 8}, {"seq": 3}, {"at": 6}, {"rule": "law 2"}, {"kind": "admitted"}, {"parties": '{"a":"b"}'},
        {"body": '{"a":1}'}, {"prev": "1" * 64},
    ],
)  # fmt: skip
def test_a_rows_hash_binds_the_row_and_the_one_before(changed: dict[str, object]) -> None:
    assert row_hash(msgspec.structs.replace(ROW, **changed)) != row_hash(ROW)
