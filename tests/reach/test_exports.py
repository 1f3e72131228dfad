"""What a redacted export leaves out by its kind, and what is no export."""

import pytest

from fedicert.reach import exports
from fedicert.text.decisions import SENTENCES


def test_what_is_withheld_by_its_kind_are_kinds_that_there_are() -> None:
    assert set(SENTENCES) >= exports.PUBLIC | exports.ALONE


@pytest.mark.law("7.8")
@pytest.mark.parametrize(
    ("kind", "body", "is_withheld"),
    [
        ("post_marked", {}, True),
        ("waiver_given", {"alone": 1}, True),
        ("waiver_given", {"alone": 0}, False),
        ("waiver_ended", {}, False),
        ("admitted", {"alone": 1}, False),
        ("rung_suspended", {"marks": 3}, False),
    ],
)
def test_what_everybody_is_shown_by_name_is_withheld(kind: str, body: dict[str, int], is_withheld: bool) -> None:
    assert exports.withheld(kind, body) is is_withheld


def test_a_file_of_a_form_to_come_is_refused_with_a_sentence() -> None:
    with pytest.raises(ValueError, match="it isn't a ledger exported by fedicert"):
        exports.verify([b'{"ledger": 99, "redacted": true}'], lambda *_: True, lambda told: told)
