"""Cursors in, Link headers out."""

import pytest

from fedicert.mastodon.paging import Page, link_header, offset_link_header, read_page


@pytest.mark.parametrize(
    ("given", "page"),
    [
        ({}, Page(20)),
        ({"limit": "5", "max_id": "7"}, Page(5, max_id=7)),
        ({"limit": "999"}, Page(40)),
        ({"limit": "0"}, Page(1)),
        ({"limit": "-3", "max_id": "abc", "since_id": "", "min_id": "٣"}, Page(20)),
        ({"limit": 7, "min_id": 3}, Page(7, min_id=3)),
        ({"max_id": "9223372036854775808"}, Page(20)),
        ({"max_id": "9" * 400, "limit": True}, Page(20)),
        ({"offset": "30"}, Page(20, offset=30)),
    ],
)
def test_cursors(given: dict[str, object], page: Page) -> None:
    assert read_page(given, 20, 40) == page


def test_min_id_is_read_upwards() -> None:
    assert Page(20, min_id=1).ascending and not Page(20, since_id=1).ascending


def test_links_keep_the_filters() -> None:
    pairs = [("local", "true"), ("types[]", "mention"), ("max_id", "99"), ("q", "a b&c"), ("limit", "2")]
    url = "https://here.test/api/v1/timelines/public"
    kept = "local=true&types[]=mention&q=a%20b%26c&limit=2"
    assert link_header(url, pairs, 10, 12) == (
        f'<{url}?{kept}&max_id=10>; rel="next", <{url}?{kept}&min_id=12>; rel="prev"'
    )
    assert link_header(url, pairs, 10, 12, more=False) == f'<{url}?{kept}&min_id=12>; rel="prev"'


def test_an_empty_page_has_no_links() -> None:
    assert link_header("https://here.test/x", [], None, None) == ""
    assert offset_link_header("https://here.test/x", [], Page(20, offset=20), 0) == ""


def test_offsets() -> None:
    url = "https://here.test/x"
    assert offset_link_header(url, [("offset", "20")], Page(20, offset=20), 20) == (
        f'<{url}?offset=40>; rel="next", <{url}?offset=0>; rel="prev"'
    )
