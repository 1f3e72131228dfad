"""JSON, urlencoded and multipart say the same; what can't be read names its field."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedicert.base.errors import BadRequest, Unprocessable
from fedicert.mastodon.forms import (
    CredentialsForm,
    FieldForm,
    FollowForm,
    MarkersForm,
    PollForm,
    RelationshipsQuery,
    SearchQuery,
    StatusForm,
    TimelineQuery,
    decode,
    normalise,
)
from fedicert.mastodon.people_forms import AppealForm


@pytest.mark.parametrize(
    "given",
    [
        {"status": "hi", "media_ids": ["1", "2"], "poll": {"options": ["a", "b"], "expires_in": 300, "multiple": True}},
        {"status": "hi", "media_ids": [1, 2], "poll": {"options": ["a", "b"], "expires_in": "300", "multiple": "1"}},
        [
            ("status", "hi"),
            ("media_ids[]", "1"),
            ("media_ids[]", "2"),
            ("poll[options][]", "a"),
            ("poll[options][]", "b"),
            ("poll[expires_in]", "300"),
            ("poll[multiple]", "True"),
            ("unknown", "ignored"),
            ("in_reply_to_id", ""),
            ("sensitive", ""),
            ("visibility", ""),
        ],
        {
            "status": "hi",
            "media_ids[]": ["1", "2"],
            "poll": {"options": {"0": "a", "1": "b"}, "expires_in": 300.0, "multiple": "on"},
        },
        [
            ("status", "hi"),
            ("media_ids", "1"),
            ("media_ids", "2"),
            ("poll[options][0]", "a"),
            ("poll[options][1]", "b"),
            ("poll[expires_in]", "300"),
            ("poll[multiple]", "t"),
        ],
    ],
)
def test_all_forms_of_a_post_are_one(given: Any) -> None:
    form = decode(StatusForm, normalise(given))
    assert form.status == "hi" and form.media_ids == ("1", "2")
    assert form.poll == PollForm(options=("a", "b"), expires_in=300, multiple=True)
    assert not form.in_reply_to_id and form.sensitive is None and form.visibility is None


FIELDS = (FieldForm(name="Site", value="https://a.example"), FieldForm(name="Town", value="Bath"))


@pytest.mark.parametrize(
    "given",
    [
        {"fields_attributes": [{"name": "Site", "value": "https://a.example"}, {"name": "Town", "value": "Bath"}]},
        {
            "fields_attributes": {
                "1": {"name": "Town", "value": "Bath"},
                "0": {"name": "Site", "value": "https://a.example"},
            }
        },
        [
            ("fields_attributes[0][name]", "Site"),
            ("fields_attributes[0][value]", "https://a.example"),
            ("fields_attributes[1][name]", "Town"),
            ("fields_attributes[1][value]", "Bath"),
        ],
        [
            ("fields_attributes[][name]", "Site"),
            ("fields_attributes[][value]", "https://a.example"),
            ("fields_attributes[][name]", "Town"),
            ("fields_attributes[][value]", "Bath"),
        ],
        [
            ("fields_attributes[10][name]", "Town"),
            ("fields_attributes[10][value]", "Bath"),
            ("fields_attributes[9][name]", "Site"),
            ("fields_attributes[9][value]", "https://a.example"),
        ],
    ],
)
def test_all_forms_of_fields_are_one(given: Any) -> None:
    assert decode(CredentialsForm, normalise(given)).fields_attributes == FIELDS


def test_profiles_tell_nothing_from_empty() -> None:
    form = decode(CredentialsForm, normalise([("display_name", ""), ("locked", ""), ("source[privacy]", "unlisted")]))
    assert form.display_name == "" and form.note is None and form.locked is None
    assert form.source is not None and form.source.privacy == "unlisted"
    assert form.fields_attributes is None
    picture = object()
    assert decode(CredentialsForm, normalise([("avatar", picture)])).avatar is picture


@pytest.mark.parametrize("word", [True, "true", "1", 1, "on", "t", "True", "TRUE"])
def test_true_in_every_spelling(word: Any) -> None:
    assert decode(FollowForm, {"reblogs": word}).reblogs is True


@pytest.mark.parametrize("word", [False, "false", "0", 0, "off", "f", "False"])
def test_false_in_every_spelling(word: Any) -> None:
    assert decode(FollowForm, {"reblogs": word}).reblogs is False


@pytest.mark.parametrize("word", ["", None])
def test_empty_is_unset(word: Any) -> None:
    assert decode(FollowForm, {"reblogs": word}).reblogs is None


@pytest.mark.parametrize(
    ("pairs", "ids"),
    [
        ([("id[]", "1"), ("id[]", "2")], ("1", "2")),
        ([("id", "1"), ("id", "2")], ("1", "2")),
        ([("id", "1")], ("1",)),
        ([("id[]", "")], ()),
        ([], ()),
    ],
)
def test_ids(pairs: list[tuple[str, str]], ids: tuple[str, ...]) -> None:
    assert decode(RelationshipsQuery, normalise(pairs)).id == ids


def test_the_last_of_a_repeated_key_counts() -> None:
    assert decode(StatusForm, normalise([("status", "a"), ("status", "b")])).status == "b"


def test_names_that_python_knows_are_fields_too() -> None:
    assert decode(TimelineQuery, normalise([("any[]", "a"), ("all[]", "b")])).all == ("b",)
    assert decode(SearchQuery, {"q": "x", "type": "accounts"}).type == "accounts"
    assert decode(MarkersForm, normalise([("home[last_read_id]", "5")])).home is not None


@pytest.mark.parametrize(
    ("form", "given", "field", "said"),
    [
        (AppealForm, {"text": "because"}, "decision", "Decision can't be blank"),
        (AppealForm, {"decision": None, "text": "because"}, "decision", "Decision can't be blank"),
        (StatusForm, {"visibility": "secret"}, "visibility", "Visibility is not included in the list"),
        (StatusForm, {"sensitive": "perhaps"}, "sensitive", "Sensitive must be true or false"),
        (StatusForm, {"sensitive": []}, "sensitive", "Sensitive must be true or false"),
        (StatusForm, {"poll": {"expires_in": "soon"}}, "poll.expires_in", "Poll.expires in must be a whole number"),
        (StatusForm, {"poll": {"expires_in": 10**30}}, "poll.expires_in", "must be a whole number"),
        (StatusForm, {"poll": "x"}, "poll", "Poll must be an object"),
        (StatusForm, {"status": {"a": 1}}, "status", "Status must be a text"),
        (StatusForm, {"status": ["a"]}, "status", "Status must be a text"),
        (StatusForm, {"status": "a\x00b"}, "status", "has characters that can't be stored"),
        (StatusForm, {"status": "\ud800"}, "status", "has characters that can't be stored"),
        (StatusForm, {"media_ids": [{"a": 1}]}, "media_ids", "Media ids must be a text"),
        (StatusForm, {"visibility": ["public"]}, "visibility", "is not included in the list"),
        (MarkersForm, {"home": {}}, "home.last_read_id", "can't be blank"),
        (CredentialsForm, {"fields_attributes": ["x"]}, "fields_attributes", "must be an object"),
    ],
)
def test_the_field_is_named(form: Any, given: Any, field: str, said: str) -> None:
    with pytest.raises(Unprocessable, match="Validation failed") as caught:
        decode(form, given)
    assert said in str(caught.value)
    assert set(caught.value.details) == {field}


@pytest.mark.parametrize(
    "pairs",
    [
        [("a[]", "1"), ("a[b]", "2")],
        [("a", "1"), ("a[b]", "2")],
        [("a", "1"), ("a[]", "2")],
        [("a[b][c][d][e][f][g]", "1")],
        [("a", "1")] * 2_001,
    ],
)
def test_contradictions_are_refused(pairs: list[tuple[str, str]]) -> None:
    with pytest.raises(BadRequest):
        normalise(pairs)


KEYS = st.lists(
    st.sampled_from(["status", "poll", "[options]", "[]", "[0]", "[", "]", "[a]", "media_ids", "9"]), max_size=5
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["0", "1", "a", "name"]), inner),
    max_leaves=8,
)


@given(st.lists(st.tuples(KEYS.map("".join), JSON), max_size=6))
def test_nothing_else_ever_comes_out(pairs: list[tuple[str, Any]]) -> None:
    for form in (StatusForm, CredentialsForm, MarkersForm):
        try:
            assert isinstance(decode(form, normalise(pairs)), form)
        except (BadRequest, Unprocessable) as refused:
            assert str(refused)
