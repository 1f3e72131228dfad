"""What a person typed becomes pieces and HTML, in linear time."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedicert.text.compose import Mentioned, find, length, normal_tag, render, render_field

KNOWN = {
    "bob": Mentioned("https://here.test/@bob", "bob"),
    "eve@far.example": Mentioned("https://far.example/@Eve", "Eve"),
}


def tag_url(name: str) -> str:
    return f"https://here.test/tags/{name}"


@pytest.mark.parametrize(
    ("text", "mentions"),
    [
        ("hi @bob", ("bob",)),
        ("@Eve@Far.Example, hello", ("eve@far.example",)),
        ("@bob. @bob! (@bob) .@bob", ("bob",)),
        ("@eve@localhost:8001 there", ("eve@localhost:8001",)),
        ("@eve@far.example: there", ("eve@far.example",)),
        ("mail bob@far.example", ()),
        ("a/@bob =@bob x_@bob @@bob", ()),
        ("@" + "x" * 80, ()),
        ("@eve@bücher.example", ("eve@bücher.example",)),
        ("@eve@far..example", ("eve",)),
        ("@ bob @", ()),
        ("@a.b-c@far.example", ("a.b-c@far.example",)),
    ],
)
def test_mentions(text: str, mentions: tuple[str, ...]) -> None:
    assert find(text).mentions == mentions


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("#Foo #foo", ("foo",)),
        ("#größe ＃日本語 #हिन्दी", ("größe", "日本語", "हिन्दी")),
        ("#123 #1_2", ()),
        ("#1st", ("1st",)),
        ("#a·b· #c", ("a·b", "c")),
        ("x#foo https://x.test/#foo &#foo", ()),
        ("#offduty, (#other)", ("offduty", "other")),
        ("#" + "a" * 101, ()),
        ("#ＡＢＣ", ("abc",)),
    ],
)
def test_hashtags(text: str, tags: tuple[str, ...]) -> None:
    assert find(text).hashtags == tags


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("see https://x.test.", ("https://x.test",)),
        ("(https://en.example/wiki/Foo_(bar))", ("https://en.example/wiki/Foo_(bar)",)),
        ("https://x.test/a?b=c&d=e#f!", ("https://x.test/a?b=c&d=e#f",)),
        ("HTTP://X.test/A", ("HTTP://X.test/A",)),
        ("http://bank.example@evil.test/", ()),
        ("javascript://x.test ftp://x.test x.test", ()),
        ("http://", ()),
        ("「https://x.test/あ」です", ("https://x.test/あ",)),
        ("http://[::1]:80/ http://localhost:8000/x", ("http://[::1]:80/", "http://localhost:8000/x")),
        ("https://x.test/@bob", ("https://x.test/@bob",)),
        ("<https://x.test/a>", ("https://x.test/a",)),
        ("http://-x.test http://x..test", ()),
    ],
)
def test_links(text: str, links: tuple[str, ...]) -> None:
    found = find(text)
    assert found.links == links
    assert "/@bob" not in text or not found.mentions


def test_html_has_the_form_that_clients_read() -> None:
    link = "https://www.x.test/0123456789012345678901234567890"
    text = f"Hi @bob & @eve@far.example\nsee {link} #Foo\r\n\r\n\r\n@nobody <b>"
    assert render(text, KNOWN, tag_url) == (
        '<p>Hi <span class="h-card" translate="no"><a href="https://here.test/@bob" class="u-url mention">'
        "@<span>bob</span></a></span> &amp; "
        '<span class="h-card" translate="no"><a href="https://far.example/@Eve" class="u-url mention">'
        "@<span>Eve</span></a></span><br />see "
        f'<a href="{link}" target="_blank" rel="nofollow noopener" translate="no">'
        '<span class="invisible">https://www.</span>'
        '<span class="ellipsis">x.test/01234567890123456789012</span>'
        '<span class="invisible">34567890</span></a> '
        '<a href="https://here.test/tags/foo" class="mention hashtag" rel="tag">#<span>Foo</span></a></p>'
        "<p>@nobody &lt;b&gt;</p>"
    )


def test_nothing_typed_is_nothing() -> None:
    assert render(" \n\n ", KNOWN, tag_url) == ""
    assert length(" \n ") == 0


def test_a_field_that_is_a_link_can_be_verified() -> None:
    written = render_field("https://ada.example/about", {}, tag_url)
    assert re.sub(r"<[^>]*>", "", written) == "https://ada.example/about"
    assert written.startswith('<a href="https://ada.example/about"') and written.endswith("</a>")
    assert 'rel="me nofollow noopener"' in written


@pytest.mark.parametrize(
    ("text", "spoiler", "counted"),
    [
        ("abc", "", 3),
        ("abc", "de", 5),
        ("👩‍👩‍👧‍👦e\u0301", "", 2),
        ("https://x.test/" + "a" * 200, "", 23),
        ("@bob@far.example hi", "", 7),
        ("a\r\nb", "", 3),
        ("#größe", "", 6),
        ("#a https://x.test/ #b", "", 29),
    ],
)
def test_length(text: str, spoiler: str, counted: int) -> None:
    assert length(text, spoiler) == counted


def test_tags_have_one_normal_form() -> None:
    assert normal_tag("ＦＯＯ") == normal_tag("Foo") == "foo"


@pytest.mark.parametrize(
    "unit",
    [
        "<a<a",
        "@@@@",
        "####",
        "@a@",
        "@a@a.",
        "http://",
        "http://a.b/)",
        "#a",
        "＃#",
        "http://[::",
        " http://a..",
        "@a@" + "-" * 250,
        "@" + "a" * 63 + ".",
        "e\u0301",
        "http://a.b/(((",
        "\n",
        "https://" + "a" * 250 + "@",
    ],
)
def test_hostile_texts_end(unit: str) -> None:
    text = unit * (1_000_000 // len(unit))
    started = time.monotonic()
    find(text)
    render(text, {}, tag_url)
    length(text)
    assert time.monotonic() - started < 60, "a quadratic rule takes hours here, a linear one two seconds"


@given(st.text(alphabet="ab@#./:htps <>&\n()_1é＃", max_size=200))
def test_only_our_own_tags_are_written(text: str) -> None:
    written = render(text, KNOWN, tag_url)
    assert set(re.findall(r"<(\w+)", written)) <= {"p", "br", "a", "span"}
    assert written.count("<p>") == written.count("</p>")


def test_what_counts_as_little_and_is_much() -> None:
    long = "https://a.example/" + "b" * 3_000
    assert length(f"see {long}") == 4 + len(long), "a long address counts as long as it is"
    assert length("a" + "\u0301" * 20_000) > 10_000, "one grapheme, and too much all the same"
    assert find("@ada " + "x" * 20_000 + " @bob").mentions == ("ada",)
