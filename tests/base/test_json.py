"""The strict reader: what it takes, what it refuses and that the sentence names the fault."""

import json as stdlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedicert.base import json
from fedicert.base.errors import BadRequest

GOOD = [
    (b"{}", {}),
    (b"null", None),
    (b'"\\ud83d\\ude00"', "😀"),
    (b'"a\\\\u0000"', "a\\u0000"),
    (b'{"a":{"b":1},"c":{"b":1}}', {"a": {"b": 1}, "c": {"b": 1}}),
    (b'{"a:b":"c:d","e":["f:g"]}', {"a:b": "c:d", "e": ["f:g"]}),
    (b'{"\\"":1,"\\\\":2,"\\\\\\"":3}', {'"': 1, "\\": 2, '\\"': 3}),
    (b"9007199254740992", 1 << 53),
    (b"-9007199254740992", -(1 << 53)),
    (b"1.5", 1.5),
    (b" [ ] ", []),
]

BAD = [
    (b"", "not JSON"),
    (b"{", "not JSON"),
    (b"1 2", "not JSON"),
    (b"{'a':1}", "not JSON"),
    (b'{"a":1,}', "not JSON"),
    (b"\xef\xbb\xbf{}", "byte order mark"),
    (b"\xff\xfe{\x00}\x00", "not JSON"),
    (b'"\xff"', "UTF-8"),
    (b'"\xed\xa0\x80"', "UTF-8"),
    (b'"\\ud800"', "surrogate"),
    (b'"\\udc00"', "surrogate"),
    (b'"\x00"', "control"),
    (b'"\\u0000"', "NUL"),
    (b'{"\\u0000":1}', "NUL"),
    (b'["ok",{"x":"a\\u0000"}]', "NUL"),
    (b"NaN", "not JSON"),
    (b"Infinity", "not JSON"),
    (b"[1e999]", "infinity"),
    (b"9007199254740993", "2^53"),
    (b"[-9007199254740993]", "2^53"),
    (b"[9223372036854775808]", "2^53"),
    (b"[18446744073709551616]", "2^53"),
    (b"[1e300]", "2^53"),
    (b"1" * 4301, "infinity"),
    (b'{"a":1,"a":2}', "twice"),
    (b'{"a":1,"\\u0061":2}', "twice"),
    (b'[{"x":{"b":[],"b":[]}}]', "twice"),
    (b'{"\\"":1,"\\"":2}', "twice"),
    (b"[" * 65 + b"]" * 65, "deeper"),
    (b"[" * 1000 + b"]" * 1000, "deeper"),
    (b"[" * 100_000 + b"]" * 100_000, "depth"),
    (b'{"a":' * 65 + b"1" + b"}" * 65, "deeper"),
    (b"[" + b"1," * 20_000 + b"1]", "values"),
    (b'["' + b"a" * 1_000_001 + b'"]', "bytes"),
    (b'["' + "é".encode() * 500_001 + b'"]', "bytes"),
    ("\ud800", "surrogate"),
]


@pytest.mark.parametrize(("text", "value"), GOOD)
def test_takes(text: bytes, value: object) -> None:
    assert json.parse(text) == value


@pytest.mark.parametrize(("text", "named"), BAD, ids=range(len(BAD)))
def test_refuses_and_says_why(text: bytes, named: str) -> None:
    with pytest.raises(BadRequest) as caught:
        json.parse(text)
    assert named in str(caught.value)


def test_takes_the_limits_themselves() -> None:
    json.parse(b"[" * 64 + b"]" * 64)
    json.parse(b"[" + b"1," * 19_998 + b"1]")
    json.parse(b'["' + b"a" * 1_000_000 + b'"]')


@pytest.mark.parametrize("text", [b"[]", b"null", b'"x"', b"1"])
def test_an_object_is_asked_for(text: bytes) -> None:
    with pytest.raises(BadRequest, match="not an object"):
        json.parse_object(text)


leaves = (
    st.none()
    | st.booleans()
    | st.integers(-(1 << 53), 1 << 53)
    | st.floats(-1e15, 1e15)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))
)
names = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))
values = st.recursive(leaves, lambda inner: st.lists(inner) | st.dictionaries(names, inner), max_leaves=30)


@given(values)
def test_reads_back_what_it_wrote(value: object) -> None:
    assert json.parse(json.dump(value)) == value
    assert json.parse(stdlib.dumps(value)) == value


@given(st.lists(st.tuples(st.sampled_from(['"', "\\", ":", "a", 'a":"', "\\u0061"]), values), max_size=4))
def test_finds_every_duplicate_key(pairs: list[tuple[str, object]]) -> None:
    text = "{" + ",".join(f"{stdlib.dumps(key)}:{stdlib.dumps(value)}" for key, value in pairs) + "}"
    if len(dict(pairs)) == len(pairs):
        assert json.parse(text) == dict(pairs)
    else:
        with pytest.raises(BadRequest, match="twice"):
            json.parse(text)
