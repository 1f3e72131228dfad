"""FEP-8fcf: digests and headers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedicert.activitypub import synchronization
from fedicert.activitypub.synchronization import EMPTY, digest_of, read, write
from fedicert.base.errors import BadRequest

ADA = "https://home.example/users/ada"


def test_the_digest_of_the_proposals_own_example() -> None:
    ids = ["https://testing.example.org/users/1", "https://testing.example.org/users/2"]
    assert digest_of(ids) == "c33f48cd341ef046a206b8a72ec97af65079f9a3a9b90eef79c5920dce45c61f"


@given(st.sets(st.text(max_size=9)), st.sets(st.text(max_size=9)))
def test_what_is_taken_out_of_a_digest_is_as_if_it_had_never_been_in(one: set[str], other: set[str]) -> None:
    assert digest_of(one, digest_of(one)) == EMPTY == digest_of([])
    assert digest_of(other - one, digest_of(one)) == digest_of(one | other)


def test_a_header_comes_back_as_it_was_written() -> None:
    stated = read(write(ADA, digest_of([ADA])), ADA)
    assert (stated.collection, stated.url) == (f"{ADA}/followers", f"{ADA}/followers_synchronization")
    assert stated.digest == digest_of([ADA])


@pytest.mark.parametrize(
    "value",
    [
        "",
        'collectionId="x"',
        write("https://other.example/users/ada", EMPTY),
        write(ADA, EMPTY).replace("followers_synchronization", "f").replace('url="https://home', 'url="https://evil'),
        write(ADA, "0" * 63),
        write(ADA, EMPTY) + ', digest="' + EMPTY + '"',
        write(ADA, EMPTY).replace('"', ""),
        write(f"https://home.example/{'a' * 250}", EMPTY),
        write(ADA, EMPTY) + " " * 2_048,
    ],
)
def test_headers_that_are_malformed_or_speak_of_another_server(value: str) -> None:
    with pytest.raises(BadRequest):
        read(value, ADA)


def test_the_name_of_the_header_is_lower_case_without_x() -> None:
    assert synchronization.HEADER == "collection-synchronization"
