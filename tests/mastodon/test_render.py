"""Rows as clients get them; bytes that were spliced say the same as the entity encoded whole."""

import json

import pytest

from fedicert.mastodon import render
from fedicert.model.accounts import (
    AccountRow,
    BadgeRow,
    EmojiRow,
    FieldRow,
    OwnAccountRow,
    RelationshipRow,
)
from fedicert.model.instance import InstanceFacts, RuleRow
from fedicert.model.lists import TagRow
from fedicert.model.notifications import MarkerRow, NotificationView
from fedicert.model.statuses import (
    ALL_MARKS,
    BOOKMARKED,
    FAVOURITED,
    ApplicationRow,
    CardRow,
    MediaRow,
    MentionRow,
    PollOptionRow,
    PollRow,
    StatusEditRow,
    StatusRow,
    StatusView,
)
from fedicert.model.urls import Urls
from tests.mastodon.parts import status_bytes

URLS = Urls("https://here.test", "here.test")
WHEN = 1_767_323_045_678  # 2026-01-02T03:04:05.678Z
EMOJI = EmojiRow("blob", "https://here.test/emoji/blob.png")

ADA = AccountRow(
    id=114_000_000_000_000_001,
    uri="https://here.test/users/ada",
    url="https://here.test/@ada",
    username="ada",
    display_name='Ada "the first" \u2028',
    note_html="<p>Engines</p>",
    fields=(FieldRow("Site", '<a href="https://ada.example">x</a>', WHEN, "https://ada.example"), FieldRow("A", "b")),
    emojis=(EMOJI,),
    discoverable=True,
    created_at=WHEN,
    last_status_at=WHEN,
    followers_count=3,
    following_count=2,
    statuses_count=1,
    badges=(BadgeRow(7, "personal", "#336699"), BadgeRow(8, "hidden", highlighted=False)),
)
BOB = AccountRow(
    id=2, uri="https://far.test/users/bob", url="", username="bob", domain="far.test", type="Service", moved_to=ADA
)
POST = StatusRow(
    id=115_000_000_000_000_001,
    uri="https://here.test/users/ada/statuses/115000000000000001",
    url="https://here.test/@ada/115000000000000001",
    author_id=ADA.id,
    text="Hi @bob",
    content_html="<p>Hi</p>",
    spoiler_text="careful",
    sensitive=True,
    language="en",
    in_reply_to_id=5,
    in_reply_to_account_id=6,
    created_at=WHEN,
    edited_at=WHEN + 1,
    replies_count=1,
    reblogs_count=2,
    favourites_count=3,
    application=ApplicationRow("Web"),
    mentions=(MentionRow(2, "bob", "https://far.test/@bob", "bob@far.test", "https://far.test/users/bob"),),
    tags=("größe",),
    emojis=(EMOJI,),
    media=(
        MediaRow(id=9, url="https://here.test/m/9.png", width=40, height=20, preview_width=4, preview_height=2),
        MediaRow(id=10, type="audio"),
    ),
    card=CardRow(url="https://x.test", author_name="N", published_at=WHEN),
)
BOOST = StatusRow(id=3, uri="https://far.test/b/activity", url="", author_id=2, created_at=WHEN, reblog_of_id=POST.id)


@pytest.mark.parametrize("marks", [None, 0, FAVOURITED | BOOKMARKED, ALL_MARKS])
@pytest.mark.parametrize("boosted", [False, True])
def test_spliced_bytes_say_the_same(marks: int | None, boosted: bool) -> None:
    view = StatusView(status=POST, author=ADA, marks=marks)
    if boosted:
        view = StatusView(status=BOOST, author=BOB, marks=marks, reblog=view)
    whole = render.encode(render.status(view, URLS))
    assert json.loads(status_bytes(view, URLS)) == json.loads(whole)
    assert status_bytes(view, URLS) == whole, "the order of keys is the same as well"


@pytest.mark.parametrize("row", [ADA, BOB])
def test_spliced_accounts_say_the_same(row: AccountRow) -> None:
    assert render.account_bytes(row, URLS) == render.encode(render.account(row, URLS))


def test_an_account() -> None:
    shown = json.loads(render.account_bytes(ADA, URLS))
    assert shown["id"] == "114000000000000001"
    assert shown["created_at"] == "2026-01-02T00:00:00.000Z"
    assert shown["last_status_at"] == "2026-01-02"
    assert shown["acct"] == shown["username"] == "ada"
    assert shown["avatar"] == "https://here.test/static/avatar.png" == shown["avatar_static"]
    assert shown["header"] == "https://here.test/static/header.png"
    assert shown["roles"] == [{"id": "7", "name": "personal", "color": "#336699"}]
    assert shown["fields"][0]["verified_at"] == "2026-01-02T03:04:05.678Z"
    assert shown["fields"][1]["verified_at"] is None
    assert shown["noindex"] is True and shown["bot"] is False
    assert "moved" not in shown
    assert shown["emojis"] == [
        {
            "shortcode": "blob",
            "url": "https://here.test/emoji/blob.png",
            "static_url": "https://here.test/emoji/blob.png",
            "visible_in_picker": True,
            "category": None,
        }
    ]


def test_a_remote_account() -> None:
    shown = json.loads(render.account_bytes(BOB, URLS))
    assert shown["acct"] == "bob@far.test" and shown["username"] == "bob"
    assert shown["url"] == "https://far.test/users/bob", "never an empty URL"
    assert shown["bot"] is True
    assert shown["moved"]["id"] == str(ADA.id)
    assert shown["last_status_at"] is None


def test_of_a_suspended_account_the_name_is_left() -> None:
    gone = AccountRow(
        id=1,
        uri="https://far.test/u",
        url="",
        username="x",
        domain="far.test",
        note_html="<p>spam</p>",
        display_name="Spam",
        fields=(FieldRow("a", "b"),),
        suspended=True,
        avatar_url="https://far.test/a.png",
    )
    shown = json.loads(render.account_bytes(gone, URLS))
    assert shown["suspended"] is True
    assert (shown["display_name"], shown["note"], shown["fields"]) == ("", "", [])
    assert shown["avatar"] == URLS.missing_avatar


def test_a_status() -> None:
    shown = json.loads(render.encode(render.status(StatusView(status=POST, author=ADA), URLS)))
    assert shown["id"] == "115000000000000001" and shown["in_reply_to_id"] == "5"
    assert shown["created_at"] == "2026-01-02T03:04:05.678Z" and shown["edited_at"] == "2026-01-02T03:04:05.679Z"
    assert shown["tags"] == [{"name": "größe", "url": "https://here.test/tags/gr%C3%B6%C3%9Fe"}]
    assert shown["mentions"] == [{"id": "2", "username": "bob", "url": "https://far.test/@bob", "acct": "bob@far.test"}]
    assert shown["application"] == {"name": "Web", "website": None}
    assert shown["reblog"] is None and shown["poll"] is None and shown["quote"] is None
    picture, sound = shown["media_attachments"]
    assert picture["meta"]["original"] == {"width": 40, "height": 20, "size": "40x20", "aspect": 2.0}
    assert picture["meta"]["focus"] == {"x": 0.0, "y": 0.0}
    assert sound["url"] is None
    assert not {"favourited", "filtered", "text"} & set(shown), "nobody is logged in"


def test_flags_are_the_viewers() -> None:
    view = StatusView(status=POST, author=ADA, marks=FAVOURITED | BOOKMARKED)
    shown = json.loads(render.encode(render.status(view, URLS)))
    assert [shown[k] for k in ("favourited", "reblogged", "bookmarked", "muted", "pinned")] == [
        True,
        False,
        True,
        False,
        False,
    ]
    assert shown["filtered"] == []


def test_a_boost_carries_the_flags_of_what_it_boosts() -> None:
    inner = StatusView(status=POST, author=ADA, marks=FAVOURITED)
    shown = json.loads(status_bytes(StatusView(status=BOOST, author=BOB, marks=0, reblog=inner), URLS))
    assert shown["favourited"] is True and shown["reblog"]["favourited"] is True
    assert shown["reblog"]["reblog"] is None
    assert shown["account"]["acct"] == "bob@far.test" and shown["reblog"]["account"]["acct"] == "ada"
    assert shown["url"] == BOOST.uri


def test_delete_and_redraft_gives_the_text_back() -> None:
    shown = json.loads(render.encode(render.status(StatusView(status=POST, author=ADA, marks=0), URLS, True)))
    assert shown["text"] == "Hi @bob"
    assert json.loads(render.encode(render.status_source(POST))) == {
        "id": str(POST.id),
        "text": "Hi @bob",
        "spoiler_text": "careful",
    }


def test_a_poll() -> None:
    row = PollRow(id=4, options=(PollOptionRow("a", 1), PollOptionRow("b", None)), votes_count=1, voters_count=1)
    shown = json.loads(render.encode(render.poll(row)))
    assert shown["voters_count"] is None and "voted" not in shown
    assert shown["options"] == [{"title": "a", "votes_count": 1}, {"title": "b", "votes_count": None}]
    voted = PollRow(id=4, multiple=True, voters_count=1, own_votes=(0,))
    shown = json.loads(render.encode(render.poll(voted)))
    assert shown["voters_count"] == 1 and shown["voted"] is True and shown["own_votes"] == [0]
    view = StatusView(status=POST, author=ADA, marks=0, poll=row)
    assert status_bytes(view, URLS) == render.encode(render.status(view, URLS))


def test_the_own_account_shows_the_servers_fields_but_edits_only_ones_own() -> None:
    own = OwnAccountRow(
        account=ADA,
        note_text="Engines",
        privacy="unlisted",
        follow_requests_count=2,
        role=BadgeRow(3, "owner"),
        shown_fields=(FieldRow("Reach", "131/150"),),
    )
    shown = json.loads(render.encode(render.credential_account(own, URLS)))
    assert [field["name"] for field in shown["fields"]] == ["Site", "A", "Reach"]
    assert [field["name"] for field in shown["source"]["fields"]] == ["Site", "A"]
    assert shown["source"]["fields"][0]["value"] == "https://ada.example"
    assert shown["source"]["privacy"] == "unlisted" and shown["source"]["language"] is None
    assert shown["role"] == {"id": "3", "name": "owner", "color": "", "permissions": "0", "highlighted": True}


def test_a_relationship_has_every_flag() -> None:
    shown = json.loads(render.encode(render.relationship(RelationshipRow(id=2, following=True))))
    assert shown.pop("id") == "2" and shown.pop("note") == "" and shown.pop("following") is True
    assert shown.pop("languages") is None and shown.pop("muting_expires_at") is None
    assert set(shown.values()) == {False} and len(shown) == 11


def test_a_notification() -> None:
    about = StatusView(status=POST, author=ADA, marks=0)
    view = NotificationView(id=8, type="favourite", created_at=WHEN, account=BOB, status=about)
    shown = json.loads(render.encode(render.notification(view, URLS)))
    assert shown["account"] == json.loads(render.account_bytes(BOB, URLS))
    assert shown["status"] == json.loads(status_bytes(about, URLS))
    follow = NotificationView(id=9, type="follow", created_at=WHEN, account=BOB)
    shown = json.loads(render.encode(render.notification(follow, URLS)))
    assert "status" not in shown and shown["group_key"] == "ungrouped-9" and shown["id"] == "9"


def test_the_server_promises_no_more_than_it_does() -> None:
    facts = InstanceFacts(title="Here", version="0.1.0", contact=ADA, rules=(RuleRow(1, "Be kind"),), users=3)
    second = json.loads(render.encode(render.instance(facts, URLS)))
    assert second["version"] == "4.3.0 (compatible; Fedicert 0.1.0)"
    assert second["configuration"]["urls"]["streaming"] == "wss://here.test"
    assert second["configuration"]["statuses"]["characters_reserved_per_url"] == 23
    assert second["configuration"]["media_attachments"]["image_matrix_limit"] > 0
    assert second["configuration"]["translation"] == {"enabled": False}
    assert second["contact"]["account"]["acct"] == "ada"
    assert second["rules"] == [{"id": "1", "text": "Be kind", "hint": "", "translations": {}}]
    assert second["domain"] == "here.test" and second["api_versions"] == {"mastodon": 2}
    first = json.loads(render.encode(render.instance_v1(facts, URLS)))
    assert first["uri"] == "here.test" and first["max_toot_chars"] == 500
    assert first["urls"] == {"streaming_api": "wss://here.test"}
    assert first["stats"] == {"user_count": 3, "status_count": 0, "domain_count": 0}


def test_small_entities() -> None:
    assert json.loads(render.encode(render.preferences("public", False, "", "followers"))) == {
        "posting:default:visibility": "public",
        "posting:default:sensitive": False,
        "posting:default:language": None,
        "posting:default:quote_policy": "followers",
        "reading:expand:media": "default",
        "reading:expand:spoilers": False,
        "reading:autoplay:gifs": False,
    }
    assert json.loads(render.encode(render.markers({"home": MarkerRow(5, 1, WHEN)}))) == {
        "home": {"last_read_id": "5", "version": 1, "updated_at": "2026-01-02T03:04:05.678Z"}
    }
    assert json.loads(render.encode(render.token("t", ("read", "write"), WHEN))) == {
        "access_token": "t",
        "token_type": "Bearer",
        "scope": "read write",
        "created_at": 1_767_323_045,
    }
    app = render.credential_application(1, "App", "", ("a://b", "urn:x"), ("read",), "id", "secret")
    shown = json.loads(render.encode(app))
    assert shown["redirect_uri"] == "a://b\nurn:x" and shown["redirect_uris"] == ["a://b", "urn:x"]
    assert shown["client_secret_expires_at"] == 0 and shown["website"] is None
    assert "client_secret" not in json.loads(render.encode(render.application(1, "App", "", (), ())))
    foo = TagRow(7, "foo", following=True)
    shown = json.loads(render.encode(render.tag(foo, URLS, logged_in=True)))
    assert (shown["id"], shown["following"], shown["featuring"]) == ("7", True, False)
    assert "following" not in json.loads(render.encode(render.tag(foo, URLS, logged_in=False)))
    found = render.search([ADA], [StatusView(status=POST, author=ADA)], [render.tag(foo, URLS, logged_in=True)], URLS)
    assert [len(part) for part in json.loads(render.encode(found)).values()] == [1, 1, 1]
    edits = render.status_edits(1, [StatusEditRow(content_html="<p>a</p>", created_at=WHEN)], ADA, URLS)
    assert json.loads(render.encode(edits))[0]["content"] == "<p>a</p>"
    assert json.loads(render.joined([b"1", b"2"])) == [1, 2] and render.joined([]) == b"[]"
