"""What filters say of the bytes of a post: words, whole words, posts, time, boosts, one's own."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from fedicert.mastodon import render
from fedicert.mastodon.filtering import compile_filters, filter_notification, filter_post
from fedicert.model.lists import FilterRow, FilterStatusRow, KeywordRow
from fedicert.model.notifications import NotificationView
from fedicert.model.statuses import MediaRow, StatusView
from tests.mastodon.parts import status_bytes
from tests.mastodon.test_render import ADA, BOB, POST, URLS

VIEWER = 7
NOON = 1_000_000


def made(*words: str, whole: bool = False, **more: Any) -> FilterRow:
    keywords = tuple(KeywordRow(number, word, whole) for number, word in enumerate(words))
    given = {"id": 5, "title": "T", "contexts": ("home",), "action": "warn", "expires_at": None, "keywords": keywords}
    return FilterRow(**{**given, **more})


def post(content: str, **more: Any) -> StatusView:
    row = msgspec.structs.replace(POST, content_html=content, spoiler_text="", media=(), **more)
    return StatusView(status=row, author=ADA, marks=0)


def said(view: StatusView, *rows: FilterRow, viewer: int = VIEWER, now: int = NOON) -> Any:
    item = status_bytes(view, URLS)
    shown = json.loads(filter_post(item, compile_filters(rows), viewer, now))
    assert {**shown, "filtered": []} == json.loads(item) or shown["reblog"] is not None
    return [(one["keyword_matches"], one["status_matches"]) for one in shown["filtered"]]


@pytest.mark.parametrize(
    ("word", "whole", "content", "found"),
    [
        ("end", False, "<p>The Ending</p>", ["End"]),
        ("end", True, "<p>The Ending</p>", None),
        ("end", True, "<p>The<br />end.</p>", ["end"]),
        ("end", True, "<p>to the <b>e</b>nd</p>", ["end"]),
        ("p", False, "<p>no</p>", None),
        ("a & b", False, "<p>a &amp; b</p>", ["a & b"]),
        (".*", False, "<p>anything</p>", None),
        ("#pumps", True, '<p><a href="x">#<span>Pumps</span></a>!</p>', ["#Pumps"]),
        ("#pump", True, '<p><a href="x">#<span>Pumps</span></a>!</p>', None),
        ("größe", True, "<p>GRÖßE</p>", ["GRÖßE"]),
        ("ende", True, "<p>Das Ende, das Ende</p>", ["Ende"]),
    ],
)
def test_words(word: str, whole: bool, content: str, found: list[str] | None) -> None:
    assert said(post(content), made(word, whole=whole)) == ([] if found is None else [(found, None)])


def test_everything_that_is_read_counts() -> None:
    view = post("<p>none</p>")
    for row in (
        msgspec.structs.replace(view.status, spoiler_text="the end"),
        msgspec.structs.replace(view.status, media=(MediaRow(id=1, url="https://x.example/", description="the end"),)),
    ):
        assert said(msgspec.structs.replace(view, status=row), made("end")) == [(["end"], None)]


def test_posts_and_several_filters() -> None:
    view = post("<p>one two</p>")
    named = (FilterStatusRow(1, view.status.id), FilterStatusRow(2, 99))
    both = made("two", statuses=named)
    assert said(view, both, made("three"), made("one")) == [(["two"], [str(view.status.id)]), (["one"], None)]
    assert said(view, made(statuses=named)) == [(None, [str(view.status.id)])]
    assert compile_filters([made()]) == ()


def test_ones_own_posts_and_what_is_over_match_nothing() -> None:
    view = post("<p>end</p>")
    assert said(view, made("end"), viewer=ADA.id) == []
    assert said(view, made("end", expires_at=NOON)) == []
    assert said(view, made("end", expires_at=NOON + 1)) == [(["end"], None)]


def test_a_boost_says_it_outside_and_inside() -> None:
    inner = post("<p>end</p>")
    wrapper = msgspec.structs.replace(POST, id=12, content_html="", reblog_of_id=inner.status.id)
    view = StatusView(status=wrapper, author=BOB, marks=0, reblog=inner)
    rows = made("end", statuses=(FilterStatusRow(1, 12),))
    shown = json.loads(filter_post(status_bytes(view, URLS), compile_filters([rows]), VIEWER, NOON))
    assert shown["filtered"] == shown["reblog"]["filtered"]
    assert shown["filtered"][0]["keyword_matches"] == ["end"] and shown["filtered"][0]["status_matches"] == ["12"]


def test_a_text_that_looks_like_the_place_changes_nothing() -> None:
    view = post('<p>,"filtered":[],"account": end</p>', uri="https://x.example/,%22filtered%22:[],%22account%22:")
    assert said(view, made("end")) == [(["end"], None)]


def test_notifications() -> None:
    view = NotificationView(id=1, type="mention", created_at=1, account=ADA, status=post("<p>end</p>"))
    ready = compile_filters([made("end")])
    shown = json.loads(filter_notification(render.encode(render.notification(view, URLS)), ready, VIEWER, NOON))
    assert shown["status"]["filtered"][0]["filter"]["title"] == "T"
    bare = render.encode(render.notification(msgspec.structs.replace(view, type="follow", status=None), URLS))
    assert filter_notification(bare, ready, VIEWER, NOON) == bare


def test_who_isnt_logged_in_has_no_place_for_it() -> None:
    item = status_bytes(msgspec.structs.replace(post("<p>end</p>"), marks=None), URLS)
    assert filter_post(item, compile_filters([made("end")]), VIEWER, NOON) == item
