"""What can't be accepted is refused with a sentence; what is odd but harmless is read."""

import copy
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedicert.activitypub import values
from fedicert.activitypub.read import (
    PUBLIC,
    origin,
    read_activity,
    read_actor,
    read_note,
    same_origin,
    visibility_of,
)
from fedicert.activitypub.values import MAX_ADDRESSED, is_url, moment
from fedicert.base.errors import BadRequest

PLAIN_URL = values._PLAIN_URL
ADA = "https://far.test/users/ada"
FOLLOW: dict[str, Any] = {
    "id": "https://far.test/f/1",
    "type": "Follow",
    "actor": ADA,
    "object": "https://here.test/users/b",
}
PERSON: dict[str, Any] = {"id": ADA, "type": "Person", "preferredUsername": "ada", "inbox": f"{ADA}/inbox"}
NOTE: dict[str, Any] = {"id": "https://far.test/n/1", "type": "Note", "attributedTo": ADA, "content": "<p>x</p>"}
CREATE: dict[str, Any] = {"id": "https://far.test/c/1", "type": "Create", "actor": ADA, "object": NOTE}


def but(document: dict[str, Any], **changes: Any) -> dict[str, Any]:
    changed = {**copy.deepcopy(document), **changes}
    return {key: value for key, value in changed.items() if value != "absent"}


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ([], "not a JSON object"),
        (None, "not a JSON object"),
        ("x", "not a JSON object"),
        (but(FOLLOW, id="absent"), "has no id"),
        (but(FOLLOW, id=None), "has no id"),
        (but(FOLLOW, id=17), "has no id"),
        (but(FOLLOW, id="acct:ada@far.test"), "http(s) URL"),
        (but(FOLLOW, id="https://far.test/" + "x" * 2_048), "http(s) URL"),
        (but(FOLLOW, id="https://user@far.test/f"), "http(s) URL"),
        (but(FOLLOW, id="https://evil.test/f/1"), "another host than its actor"),
        (but(FOLLOW, id="http://far.test/f/1"), "another host than its actor"),
        (but(FOLLOW, id="https://far.test:8443/f/1"), "another host than its actor"),
        (but(FOLLOW, type="absent"), "no type"),
        (but(FOLLOW, type=[]), "no type"),
        (but(FOLLOW, actor="absent"), "one actor"),
        (but(FOLLOW, actor=[ADA, "https://far.test/users/eve"]), "one actor"),
        (but(FOLLOW, actor=[ADA, 7]), "one actor"),
        (but(FOLLOW, actor={"id": None}), "one actor"),
        (but(FOLLOW, object="absent"), "has no object"),
        (but(FOLLOW, object=[]), "has no object"),
        (but(FOLLOW, object=5), "not a http(s) id"),
        (but(FOLLOW, object="javascript:alert(1)"), "not a http(s) id"),
        (but(CREATE, object={"type": "Note"}), "has no id"),
        (but(CREATE, object=but(NOTE, id="https://evil.test/n/1")), "another host than its actor"),
        (but(CREATE, object="https://evil.test/n/1"), "another host than its actor"),
        (but(FOLLOW, **{"@graph": []}), "@graph"),
        (but(FOLLOW, object={"x": [{"@reverse": {}}]}), "@reverse"),
        (but(FOLLOW, object={"@included": 1}), "@included"),
        (but(FOLLOW, to=["https://x.test/u"] * (MAX_ADDRESSED + 1)), "addressees"),
    ],
)
def test_refused_activities(document: Any, said: str) -> None:
    with pytest.raises(BadRequest) as refused:
        read_activity(document)
    assert said in str(refused.value)


def test_as_many_addressees_as_allowed() -> None:
    many = [f"https://x.test/u/{n}" for n in range(MAX_ADDRESSED)]
    assert len(read_activity(but(FOLLOW, to=many)).to) == MAX_ADDRESSED


def test_odd_shapes_are_read() -> None:
    read = read_activity(
        but(FOLLOW, type=["Odd", "Follow"], actor={"id": ADA, "type": "Person"}, object=[{"id": ADA}], to="as:Public")
    )
    assert (read.type, read.actor, read.object_id, read.to) == ("Follow", ADA, ADA, (PUBLIC,))
    anonymous = read_activity(but(FOLLOW, type="Undo", object={"type": "Follow", "actor": ADA}))
    assert anonymous.object_id == "" and anonymous.object == {"type": "Follow", "actor": ADA}


def test_blind_copies_are_not_kept_as_addressees() -> None:
    read = read_activity(but(FOLLOW, bto=["https://x.test/u"], bcc=["https://x.test/v"]))
    assert read.to == read.cc == read.audience == ()


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (but(PERSON, type="Note"), "not an actor"),
        (but(PERSON, id=None), "has no id"),
        (but(PERSON, inbox=None), "no inbox"),
        (but(PERSON, inbox="ftp://far.test/inbox"), "no inbox"),
        (but(PERSON, preferredUsername=None), "no preferredUsername"),
        (but(PERSON, preferredUsername="x" * 2_049), "longer than"),
        (but(PERSON, preferredUsername="a@b"), "characters"),
        (but(PERSON, preferredUsername="a\nb"), "characters"),
        (but(PERSON, preferredUsername="../x"), "characters"),
        (but(PERSON, icon={"@graph": 1}), "@graph"),
    ],
)
def test_refused_actors(document: Any, said: str) -> None:
    with pytest.raises(BadRequest) as refused:
        read_actor(document)
    assert said in str(refused.value)


def test_a_name_may_come_by_webfinger_alone() -> None:
    read = read_actor(but(PERSON, preferredUsername="absent", webfinger="acct:ada@far.test"))
    assert (read.username, read.webfinger) == ("ada", "ada@far.test")


def test_too_much_is_cut() -> None:
    fields = [{"type": "PropertyValue", "name": "n" * 3_000, "value": "v" * 3_000}] * 60
    read = read_actor(
        but(
            PERSON,
            name="x" * 5_000,
            summary="y" * 50_000,
            attachment=fields,
            alsoKnownAs=[f"https://x.test/{n}" for n in range(300)],
        )
    )
    assert len(read.name) == 2_048 and len(read.note_html) == 20_000
    assert len(read.fields) == 50 and len(read.fields[0].name) == 2_047 and len(read.fields[0].value_html) == 2_047
    assert len(read.also_known_as) == 256


def test_a_page_elsewhere_is_ignored() -> None:
    assert read_actor(but(PERSON, url="https://bank.example/ada")).url == ADA
    assert read_actor(but(PERSON, url="javascript:alert(1)")).url == ADA
    assert read_note(but(NOTE, url="https://bank.example/1")).url == NOTE["id"]


def test_collections_elsewhere_are_somebody_elses() -> None:
    read = read_actor(but(PERSON, followers="https://here.test/users/b/followers", outbox=f"{ADA}/outbox"))
    assert read.followers == "" and read.outbox == f"{ADA}/outbox"


def test_names_and_notes_are_made_safe() -> None:
    read = read_actor(but(PERSON, name="Ada\u202egnp", summary='<p onclick="x">n<script>x</script></p>'))
    assert read.name == "Adagnp" and read.note_html == "<p>n</p>"


PEM = "-----BEGIN PUBLIC KEY-----\nx\n-----END PUBLIC KEY-----"
KEY = {"id": f"{ADA}#main-key", "owner": ADA, "publicKeyPem": PEM}


@pytest.mark.parametrize(
    ("key", "count"),
    [
        (KEY, 1),
        ([KEY, {**KEY, "id": f"{ADA}#second"}], 2),
        ({**KEY, "owner": "https://far.test/users/eve"}, 0),
        ({**KEY, "id": "https://evil.test/key"}, 0),
        ({**KEY, "publicKeyPem": "x"}, 0),
        ("https://far.test/keys/1", 0),
        ([KEY] * 50, 10),
    ],
)
def test_keys_must_name_their_owner(key: Any, count: int) -> None:
    assert len(read_actor(but(PERSON, publicKey=key)).rsa_keys) == count


def test_multikeys_must_name_their_controller() -> None:
    good = {"id": f"{ADA}#e", "type": "Multikey", "controller": ADA, "publicKeyMultibase": "z6Mk"}
    others = [
        {**good, "controller": "https://far.test/x"},
        {**good, "type": "Key"},
        "https://far.test/k",
        {**good, "id": None},
    ]
    assert len(read_actor(but(PERSON, assertionMethod=[good, *others])).multikeys) == 1


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (but(NOTE, type="Tombstone"), "Tombstone are not read"),
        (but(NOTE, type="absent"), "none are not read"),
        (but(NOTE, attributedTo=None), "attributed to"),
        (but(NOTE, attributedTo="https://evil.test/u"), "another host than its author"),
        (but(NOTE, id=None), "has no id"),
        (but(NOTE, tag=[{"@included": []}]), "@included"),
    ],
)
def test_refused_posts(document: Any, said: str) -> None:
    with pytest.raises(BadRequest) as refused:
        read_note(document)
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("to", "cc", "visibility"),
    [
        ((PUBLIC,), (), "public"),
        ((f"{ADA}/followers",), (PUBLIC,), "unlisted"),
        ((f"{ADA}/followers",), (), "private"),
        (("https://x.test/u",), (f"{ADA}/followers",), "private"),
        (("https://x.test/u",), (), "direct"),
        (("https://far.test/users/eve/followers",), (), "direct"),
        ((), (), "direct"),
    ],
)
def test_visibility(to: tuple[str, ...], cc: tuple[str, ...], visibility: str) -> None:
    assert visibility_of(to, cc, f"{ADA}/followers") == visibility


def test_nobodys_followers_are_not_everybodys() -> None:
    assert visibility_of(("",), ("",), "") == "direct"


def test_limits_of_a_post() -> None:
    tags = [{"type": "Mention", "href": f"https://x.test/{n}", "name": "@x"} for n in range(150)]
    pictures = [{"type": "Image", "url": f"https://far.test/{n}.png"} for n in range(20)]
    options = [{"type": "Note", "name": str(n)} for n in range(600)]
    read = read_note(but(NOTE, type="Question", tag=tags, attachment=pictures, anyOf=options))
    assert len(read.mentions) == 100 and len(read.attachments) == 16
    assert read.poll is not None and len(read.poll.choices) == 500 and read.poll.multiple


def test_bad_parts_are_left_out() -> None:
    read = read_note(
        but(
            NOTE,
            published="yesterday",
            updated=5,
            inReplyTo="tag:x",
            tag=[None, 7, "x", {"type": "Mention", "href": "javascript:x"}, {"type": "Hashtag", "name": "#123"}],
            attachment=[None, {"type": "Image"}, {"type": "Image", "url": "file:///etc/passwd"}],
            contentMap={"en": 7, "de": None},
            sensitive="yes",
        )
    )
    assert read.published is None and read.updated is None and read.in_reply_to == ""
    assert read.mentions == () and read.hashtags == () and read.attachments == () and not read.sensitive


def test_a_vote_has_a_name_and_no_content() -> None:
    vote = read_note(but(NOTE, content="absent", name="Moss", inReplyTo="https://here.test/users/b/statuses/1"))
    assert vote.name == "Moss" and vote.content_html == "" and vote.in_reply_to


def test_content_by_language_alone() -> None:
    read = read_note(but(NOTE, content="absent", contentMap={"de": "<p>ja</p>"}))
    assert (read.content_html, read.language) == ("<p>ja</p>", "de")
    read = read_note(but(NOTE, contentMap={"de": "<p>y</p>", "en_GB": "<p>x</p>"}))
    assert (read.content_html, read.language) == ("<p>x</p>", "en-GB")


@pytest.mark.parametrize(
    ("written", "milliseconds"),
    [
        ("2026-01-02T03:04:05Z", 1_767_323_045_000),
        ("2026-01-02T03:04:05.678901234Z", 1_767_323_045_678),
        ("2026-01-02T04:04:05+01:00", 1_767_323_045_000),
        ("2026-01-02T03:04:05", 1_767_323_045_000),
        ("9999-12-31T23:59:59-12:00", 253_402_343_999_000),
        ("1960-01-01T00:00:00Z", None),
        ("yesterday, at noon", None),
        ("2026-13-01T00:00:00Z", None),
        (7, None),
        ("", None),
        ("9" * 50, None),
    ],
)
def test_dates(written: Any, milliseconds: int | None) -> None:
    assert moment(written) == milliseconds


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://A.test/x", "https://a.test:443/y", True),
        ("https://a.test./x", "https://a.test/y", True),
        ("https://a.test/x", "http://a.test/x", False),
        ("https://a.test/x", "https://b.a.test/x", False),
        ("https://a.test:8443/x", "https://a.test/x", False),
        ("https://a.test@b.test/", "https://b.test/", False),
        ("", "", False),
        ("https://a.test\\@b.test/", "https://a.test/", False),
    ],
)
def test_origins(one: str, other: str, same: bool) -> None:
    assert same_origin(one, other) is same


def test_ports_out_of_range_are_no_urls() -> None:
    assert not is_url("https://a.test:99999/") and not is_url("https://[::1/") and not is_url("https:///x")
    assert origin("https://a.test:99999/") == ""


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from([ADA, PUBLIC, "Note"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["id", "type", "url", "href", "name", "icon", "value"]), inner, max_size=4)
    ),
    max_leaves=10,
)
FIELDS = st.dictionaries(
    st.sampled_from(
        [
            "url",
            "tag",
            "attachment",
            "icon",
            "image",
            "endpoints",
            "publicKey",
            "assertionMethod",
            "generator",
            "to",
            "cc",
            "content",
            "contentMap",
            "summary",
            "published",
            "oneOf",
            "language",
            "name",
            "alsoKnownAs",
            "object",
            "attributionDomains",
            "webfinger",
            "sensitive",
            "votersCount",
            "closed",
            "type",
        ]
    ),
    JSON,
)


@given(FIELDS)
def test_only_refusals_ever_come_out(changes: dict[str, Any]) -> None:
    for read, document in ((read_activity, CREATE), (read_actor, PERSON), (read_note, NOTE)):
        try:
            read({**document, **changes})
        except BadRequest as refused:
            assert str(refused)


@given(
    st.sampled_from(["https://", "http://", "HTTPS://"]),
    st.text(alphabet="aB1.-@:[]é%/\\", max_size=12),
    st.sampled_from(["", ":443", ":80", ":8443", ":0", ":65536", ":99999", "/x", "/@x?a=b#c", "/ x", '/"', "/é"]),
)
def test_the_quick_way_and_the_slow_way_agree(scheme: str, host: str, rest: str) -> None:
    url = scheme + host + rest
    quick, values._PLAIN_URL = (is_url(url), origin(url)), re.compile("(?!)")
    try:
        slow = (is_url(url), origin(url))
    finally:
        values._PLAIN_URL = PLAIN_URL
    assert quick == slow


@pytest.mark.parametrize(
    ("given", "written"),
    [
        ("https://far.example/@bob/1?a=b#c", "https://far.example/@bob/1?a=b#c"),
        ("https://far.example/@bob/日本", "https://far.example/@bob/%E6%97%A5%E6%9C%AC"),
        ("https://bücher.example:8443/ü", "https://xn--bcher-kva.example:8443/%C3%BC"),
        ("https://far.example/a|b^{c}`", "https://far.example/a%7Cb%5E%7Bc%7D%60"),
        ("https://far.example/100%25", "https://far.example/100%25"),
        ("https://[::1]:8443/é", "https://[::1]:8443/%C3%A9"),
        ("https://far.example/" + "é" * 1_000, ""),
        ("https://\u2024\u2024/x", ""),
    ],
)
def test_a_link_is_one_that_strict_clients_take(given: str, written: str) -> None:
    assert values.link(given) == written


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("LEHV6nWB2yk8pyo0adR*.7kCMdnj", "LEHV6nWB2yk8pyo0adR*.7kCMdnj"),
        ("LEHV6nWB2yk8pyo0adR*.7kCMdn", ""),  # shorter than it says
        ("|" + "0" * 165, ""),  # 9 × 9 parts, a cosine of each for each pixel
        ("LEHV6nWB2yk8pyo0adR*.7kCMd\u202ej", ""),
        ("U", ""),
        (["LEHV6nWB2yk8pyo0adR*.7kCMdnj"], "LEHV6nWB2yk8pyo0adR*.7kCMdnj"),
    ],
)
def test_a_blurhash_is_one_or_none(said, read):
    picture = {"type": "Image", "mediaType": "image/png", "url": "https://x.example/a.png", "blurhash": said}
    assert read_note(but(NOTE, attachment=[picture])).attachments[0].blurhash == read
