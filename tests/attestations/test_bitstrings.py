"""Bitstring status lists: order of bits, size, and what is refused."""

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedicert.attestations import bitstrings
from fedicert.base.errors import BadRequest
from fedicert.proofs.multibase import base64url_encode


def test_the_first_bit_is_the_left_most_and_an_empty_list_is_the_specifications_own():
    bits = bitstrings.empty()
    assert len(bits) == 16_384 and not any(bits)
    bitstrings.set_bit(bits, 0)
    assert bits[0] == 0x80
    bitstrings.set_bit(bits, 131_071)
    assert bits[-1] == 0x01


@given(st.sets(st.integers(0, 131_071), max_size=40))
def test_what_is_set_is_read_back(indexes):
    bits = bitstrings.empty()
    for index in indexes:
        bitstrings.set_bit(bits, index)
    read = bitstrings.decode(bitstrings.encode(bytes(bits)))
    assert {index for index in range(131_072) if read[index // 8] and bitstrings.get_bit(read, index)} == indexes


def test_a_list_of_another_implementation_is_read():
    # The all-zero list of Bitstring Status List 1.0, 16 KiB, as others compress it.
    text = "uH4sIAAAAAAAAA-3BMQEAAADCoPVPbQwfoAAAAAAAAAAAAAAAAAAAAIC3AYbSVKsAQAAA"
    assert bitstrings.decode(text) == bytes(16_384)
    assert bitstrings.decode(text[1:]) == bytes(16_384)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "u",
        "unot gzip",
        base64url_encode(b"no gzip"),
        base64url_encode(gzip.compress(bytes(100), mtime=0)[:-6]),
        base64url_encode(gzip.compress(bytes(2 << 20), mtime=0)),
    ],
)
def test_what_is_no_list_or_a_bomb_is_refused(text):
    with pytest.raises(BadRequest):
        bitstrings.decode(text, most=1 << 20)


def test_an_index_beyond_the_list_is_refused():
    for index in (-1, 16_384 * 8):
        with pytest.raises(BadRequest):
            bitstrings.get_bit(bytes(16_384), index)
        with pytest.raises(BadRequest):
            bitstrings.set_bit(bitstrings.empty(), index)
