"""HTML from elsewhere: only what is allowed comes through, once and for all, and nothing brings it down."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedicert.text.html import MAX_HTML, MAX_LINKS, clean, clean_profile, to_text

REL = 'rel="nofollow noopener noreferrer"'


@pytest.mark.parametrize(
    ("given_html", "cleaned"),
    [
        (
            '<p>Hi <a href="https://x.test/@b" class="u-url mention evil" onclick="x()" rel="me">'
            "@<span>b</span></a></p>",
            f'<p>Hi <a href="https://x.test/@b" class="u-url mention" {REL}>@<span>b</span></a></p>',
        ),
        ("<h1>Title</h1>x", "<p><strong>Title</strong></p>x"),
        ("<script>alert(1)</script>x<style>p{}</style>", "x"),
        ('<a href="javascript:alert(1)">x</a>', f"<a {REL}>x</a>"),
        ('<a href=" jAvAsCrIpT:alert(1)">x</a>', f"<a {REL}>x</a>"),
        ('<a href="/relative">x</a><a href="//host.test">y</a>', f"<a {REL}>x</a><a {REL}>y</a>"),
        ('<a href="data:text/html,x">x</a>', f"<a {REL}>x</a>"),
        ("<svg><style><img src=x onerror=alert(1)>", ""),
        ("a & b < 3", "a &amp; b &lt; 3"),
        ('<p class="quote-inline">RE: x</p>', '<p class="quote-inline">RE: x</p>'),
        ('<ol start="3" reversed><li value="x">y</ol>', '<ol start="3" reversed=""><li>y</li></ol>'),
        ('<p style="position:fixed" id="x">y</p><!-- c -->', "<p>y</p>"),
        ("no markup at all", "no markup at all"),
        ("lone \ud800 surrogate and \x00", "lone  surrogate and "),
        ("<ruby>字<rp>(</rp><rt>ji</rt><rp>)</rp></ruby>", "<ruby>字<rp>(</rp><rt>ji</rt><rp>)</rp></ruby>"),
        ("<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>", ""),
        ('<noscript><p title="</noscript><img src=x onerror=alert(1)>">', '"&gt;'),
    ],
)
def test_allows_only_the_list(given_html: str, cleaned: str) -> None:
    assert clean(given_html) == cleaned


def test_nothing_in_a_profile_is_hidden() -> None:
    shady = '<a href="https://evil.test"><span class="invisible">https://evil.test/</span>bank.example</a>'
    assert "invisible" in clean(shady)
    assert "invisible" not in clean_profile(shady)


FRAGMENTS = st.lists(
    st.sampled_from(
        [
            "<p>",
            "</p>",
            "<a href='https://x.test/'>",
            "</a>",
            "<b>",
            "</b>",
            "<h2>",
            "</h2>",
            "<blockquote>",
            "</blockquote>",
            "<pre>",
            "\n",
            "<ul><li>",
            "</ul>",
            "<table><td>",
            "<svg>",
            "</svg>",
            "<math>",
            "<style>",
            "</style>",
            "<!--",
            "-->",
            "<![CDATA[",
            "&amp;",
            "&lt;",
            "&#0;",
            "&",
            "<",
            ">",
            '"',
            "x",
            "\u00a0",
            "<br>",
            "<script>",
            "<select>",
            "<option>",
            "<form>",
            "<ruby><rt>",
            "<span class='h-x'>",
            "</span>",
            "\r",
            "\t",
            "<template>",
            "<i>",
            "<textarea>",
            "<plaintext>",
            "<frameset>",
            "<body onload=x>",
        ]
    ),
    max_size=25,
).map("".join)


@settings(max_examples=400, deadline=None)
@given(FRAGMENTS | st.text(max_size=100))
def test_cleaning_twice_changes_nothing(given_html: str) -> None:
    for cleaner in (clean, clean_profile):
        once = cleaner(given_html)
        assert cleaner(once) == once


@settings(deadline=None)
@given(FRAGMENTS | st.text(max_size=100))
def test_text_never_raises(given_html: str) -> None:
    assert isinstance(to_text(given_html), str)


@pytest.mark.parametrize(
    "unit",
    [
        "<a<a",
        "<blockquote>",
        "<b><p>",
        "<a href=https://x.test>",
        "&",
        "<",
        "<p>",
        "<font><b>",
        "<table><td>",
        "&#",
        "<!--",
    ],
)
def test_bombs_end_and_stay_small(unit: str) -> None:
    started = time.monotonic()
    for size in (1_000_000, 3_900 * len(unit)):
        bomb = unit * (size // len(unit))
        once = clean(bomb)
        assert len(once) <= MAX_HTML
        assert clean(once) == once
        to_text(bomb)
    assert time.monotonic() - started < 60, "a quadratic step takes far longer, a linear one a second"


def test_too_many_links_leave_text() -> None:
    many = "".join(f'<a href="https://x.test/{i}">{i}</a> ' for i in range(MAX_LINKS + 1))
    assert "<a" not in clean(many)
    assert clean(many).startswith("<p>0 1 2 ")


@pytest.mark.parametrize(
    ("given_html", "text"),
    [
        ("<p>a<br>b</p><p>c &amp; d</p>", "a\nb\n\nc & d"),
        ("<p>a</p>\n<p>b</p>", "a\n\nb"),
        ("<ul><li>x</li><li>y</li></ul>", "x\ny"),
        ("&lt;b&gt;", "<b>"),
        ("", ""),
        ('<a href="https://x.test"><span class="invisible">https://</span>x.test</a>', "https://x.test"),
    ],
)
def test_html_as_text(given_html: str, text: str) -> None:
    assert to_text(given_html) == text
