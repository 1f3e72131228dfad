"""Every answer field by field, as strict clients decode it: what is there, of which type, null where it may be alone.

The forms below are written from what clients read, not from the program's own entities.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests import world
from tests.web import site
from tests.web.client_api.conftest import Three

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
DAY = re.compile(r"\d{4}-\d\d-\d\d")

# name: kind. Kinds: a name below, a list [kind], a form {…}; `?` behind it: or null; `~`: may be left out.
EMOJI = {"shortcode": "text", "url": "url", "static_url": "url", "visible_in_picker": "flag", "category": "text?"}
FIELD = {"name": "text", "value": "text", "verified_at": "time?"}
ACCOUNT: dict[str, Any] = {
    "id": "id", "username": "bare", "acct": "text", "display_name": "text", "locked": "flag", "bot": "flag",
    "discoverable": "flag", "group": "flag", "created_at": "midnight", "note": "text", "url": "url", "uri": "url",
    "avatar": "url", "avatar_static": "url", "header": "url", "header_static": "url", "followers_count": "count",
    "following_count": "count", "statuses_count": "count", "last_status_at": "day?", "hide_collections": "flag",
    "noindex": "flag", "emojis": [EMOJI], "roles": [{"id": "text", "name": "text", "color": "text"}],
    "fields": [FIELD], "indexable": "flag", "suspended": "flag", "limited": "flag", "memorial": "flag",
}  # fmt: skip
CREDENTIALS = ACCOUNT | {
    "source": {
        "privacy": "text", "sensitive": "flag", "language": "text?", "quote_policy": "text", "note": "text",
        "fields": [FIELD], "follow_requests_count": "count", "hide_collections": "flag", "discoverable": "flag",
        "indexable": "flag", "attribution_domains": ["text"],
    },
    "role": {"id": "text", "name": "text", "color": "text", "permissions": "digits", "highlighted": "flag"},
}  # fmt: skip
POST: dict[str, Any] = {
    "id": "id", "created_at": "time", "edited_at": "time?", "in_reply_to_id": "id?", "in_reply_to_account_id": "id?",
    "sensitive": "flag", "spoiler_text": "text", "visibility": "visibility", "language": "text?", "uri": "url",
    "url": "url", "replies_count": "count", "reblogs_count": "count", "favourites_count": "count",
    "quotes_count": "count", "content": "text", "application": "application?", "account": ACCOUNT,
    "media_attachments": ["anything"], "mentions": [{"id": "id", "username": "bare", "url": "url", "acct": "text"}],
    "tags": [{"name": "text", "url": "url"}], "emojis": [EMOJI], "card": "anything?", "poll": "anything?",
    "quote": "anything?", "reblog": "post?",
    "quote_approval": {"automatic": ["text"], "manual": ["text"], "current_user": "text"},
}  # fmt: skip
OWN_POST = POST | {
    "favourited": "flag", "reblogged": "flag", "muted": "flag", "bookmarked": "flag", "pinned": "flag",
    "filtered": ["anything"], "reblog": "own post?",
}  # fmt: skip
RELATION = {
    "id": "id", "following": "flag", "showing_reblogs": "flag", "notifying": "flag", "languages": "texts?",
    "followed_by": "flag", "blocking": "flag", "blocked_by": "flag", "muting": "flag", "muting_notifications": "flag",
    "muting_expires_at": "time?", "requested": "flag", "requested_by": "flag", "domain_blocking": "flag",
    "endorsed": "flag", "note": "text",
}  # fmt: skip
NOTIFICATION = {
    "id": "id", "type": "text", "created_at": "time", "group_key": "text", "account": ACCOUNT, "status": "own post~",
}  # fmt: skip
TAG = {"id": "text", "name": "text", "url": "url", "history": ["anything"], "following": "flag~", "featuring": "flag~"}
LIMITS = {
    "accounts": {
        "max_featured_tags": "count", "max_pinned_statuses": "count", "max_profile_fields": "count",
        "profile_field_name_limit": "count", "profile_field_value_limit": "count",
        "max_display_name_length": "count", "max_note_length": "count",
    },
    "statuses": {
        "max_characters": "count", "max_media_attachments": "count", "characters_reserved_per_url": "count",
        "supported_mime_types": ["text"],
    },
    "media_attachments": {
        "supported_mime_types": ["text"], "description_limit": "count", "image_size_limit": "count",
        "image_matrix_limit": "count", "video_size_limit": "count", "video_frame_rate_limit": "count",
        "video_matrix_limit": "count",
    },
    "polls": {
        "max_options": "count", "max_characters_per_option": "count", "min_expiration": "count",
        "max_expiration": "count",
    },
}  # fmt: skip
RULE = {"id": "text", "text": "text", "hint": "text", "translations": "object"}
FEED = {"local": "text", "remote": "text"}
INSTANCE = {
    "domain": "text", "title": "text", "version": "version", "source_url": "url", "description": "text",
    "usage": {"users": {"active_month": "count"}},
    "thumbnail": {"url": "url", "versions": "object", "blurhash": "text?"},
    "icon": [{"src": "url", "size": "text"}], "languages": ["text"], "rules": [RULE],
    "contact": {"email": "text", "account": "account?"},
    "registrations": {
        "enabled": "flag", "approval_required": "flag", "reason_required": "flag", "message": "text?",
        "min_age": "count?", "url": "url?",
    },
    "api_versions": {"mastodon": "count"},
    "configuration": LIMITS | {
        "urls": {
            "streaming": "socket", "status": "url?", "about": "url?", "privacy_policy": "url?",
            "terms_of_service": "url?",
        },
        "vapid": {"public_key": "text"}, "translation": {"enabled": "flag"},
        "timelines_access": {"live_feeds": FEED, "hashtag_feeds": FEED, "trending_link_feeds": FEED},
        "limited_federation": "flag",
    },
}  # fmt: skip
INSTANCE_V1 = {
    "uri": "text", "title": "text", "short_description": "text", "description": "text", "email": "text",
    "version": "version", "urls": {"streaming_api": "socket"},
    "stats": {"user_count": "count", "status_count": "count", "domain_count": "count"}, "thumbnail": "url",
    "languages": ["text"], "registrations": "flag", "approval_required": "flag", "invites_enabled": "flag",
    "configuration": LIMITS, "contact_account": "account?", "rules": [RULE], "max_toot_chars": "count",
}  # fmt: skip
EDIT = {
    "content": "text", "spoiler_text": "text", "sensitive": "flag", "created_at": "time", "account": ACCOUNT,
    "media_attachments": ["anything"], "emojis": [EMOJI], "poll": "anything?",
}  # fmt: skip
APP = {
    "id": "text", "name": "text", "website": "url?", "redirect_uri": "text", "redirect_uris": ["text"],
    "scopes": ["text"], "vapid_key": "text",
}  # fmt: skip
PREFERENCES = {
    "posting:default:visibility": "visibility", "posting:default:sensitive": "flag",
    "posting:default:language": "text?", "posting:default:quote_policy": "text", "reading:expand:media": "text",
    "reading:expand:spoilers": "flag", "reading:autoplay:gifs": "flag",
}  # fmt: skip
MARKER = {"last_read_id": "id", "version": "count", "updated_at": "time"}

NAMED: dict[str, Any] = {
    "account": ACCOUNT, "post": POST, "own post": OWN_POST, "texts": ["text"],
    "application": {"name": "text", "website": "url?"},
}  # fmt: skip


def fits(value: Any, kind: Any, where: str) -> None:
    """Is the value of this kind?"""
    if isinstance(kind, list):
        assert isinstance(value, list), where
        for number, item in enumerate(value):
            fits(item, kind[0], f"{where}[{number}]")
        return
    if isinstance(kind, dict):
        assert isinstance(value, dict), where
        for name, inner in kind.items():
            if isinstance(inner, str) and inner.endswith("~"):
                if name not in value:
                    continue
                inner = inner[:-1]
            assert name in value, f"{where}.{name} is missing"
            fits(value[name], inner, f"{where}.{name}")
        return
    if kind.endswith("?"):
        if value is not None:
            fits(value, kind[:-1], where)
        return
    if kind in NAMED:
        fits(value, NAMED[kind], where)
        return
    assert PLAIN[kind](value), f"{where} is no {kind}: {value!r}"


def _is_url(value: Any, schemes: tuple[str, ...] = ("http", "https")) -> bool:
    if not isinstance(value, str) or not value.isascii() or any(sign in value for sign in ' <>"\\^`{|}'):
        return False
    parts = urlsplit(value)
    return parts.scheme in schemes and bool(parts.hostname)


PLAIN = {
    "id": lambda value: isinstance(value, str) and value.isdecimal() and 0 < int(value) < 2**63,
    "digits": lambda value: isinstance(value, str) and value.isdecimal(),
    "text": lambda value: isinstance(value, str),
    "bare": lambda value: isinstance(value, str) and value and "@" not in value,
    "flag": lambda value: isinstance(value, bool),
    "count": lambda value: isinstance(value, int) and not isinstance(value, bool) and value >= 0,
    "time": lambda value: isinstance(value, str) and TIME.fullmatch(value),
    "midnight": lambda value: isinstance(value, str) and TIME.fullmatch(value) and value.endswith("T00:00:00.000Z"),
    "day": lambda value: isinstance(value, str) and DAY.fullmatch(value),
    "url": _is_url,
    "socket": lambda value: _is_url(value, ("wss",)),
    "visibility": lambda value: value in ("public", "unlisted", "private", "direct"),
    "version": lambda value: isinstance(value, str) and re.match(r"\d+\.\d+\.\d+ ", value),
    "object": lambda value: isinstance(value, dict),
    "anything": lambda value: value is not None,
}


async def _stranger(tx: Any) -> int:
    """Somebody elsewhere whose server sends what the standards allow: addresses with letters of their own, no page."""
    other = await world.make_remote(tx, "stranger", "far.example")
    await tx.run("UPDATE accounts SET url = '', display_name = 'Ström' WHERE id = $1", other)
    return other


async def test_every_answer_fits(three: Three) -> None:
    ada, bob, app = three.ada, three.bob, three.app
    await three.run("UPDATE tiers SET visibility = 'listed'")
    other = await app.deps.db.write(_stranger)
    await ada.http.patch(
        "/api/v1/accounts/update_credentials",
        json={"note": "Hi #tag @bob", "fields_attributes": [{"name": "Home", "value": "https://a.example/é"}]},
    )
    said = await ada.say("Hello @bob #Tag https://a.example/x", spoiler_text="cw", language="en")
    answer = await bob.say("@ada yes", in_reply_to_id=said["id"])
    boost = await bob.post(f"/api/v1/statuses/{said['id']}/reblog")
    await bob.post(f"/api/v1/statuses/{said['id']}/favourite")
    await bob.post(f"/api/v1/accounts/{ada.id}/follow", languages=["de", "en"], notify=True)
    await ada.http.put(f"/api/v1/statuses/{said['id']}", json={"status": "Hello again @bob #Tag #other"})
    await ada.post("/api/v1/markers", home={"last_read_id": said["id"]})
    path = f"/api/v1/statuses/{said['id']}"

    asked: list[tuple[Any, str, dict[str, Any], Any]] = [
        (ada.http, path, {}, OWN_POST),
        (three.nobody, path, {}, POST),
        (ada.http, f"/api/v1/statuses/{boost['id']}", {}, OWN_POST),
        (three.nobody, f"/api/v1/statuses/{boost['id']}", {}, POST),
        (ada.http, "/api/v1/statuses", {"id[]": [said["id"], answer["id"], boost["id"]]}, [OWN_POST]),
        (ada.http, f"{path}/context", {}, {"ancestors": [OWN_POST], "descendants": [OWN_POST]}),
        (ada.http, f"{path}/source", {}, {"id": "id", "text": "text", "spoiler_text": "text"}),
        (ada.http, f"{path}/history", {}, [EDIT]),
        (ada.http, f"{path}/favourited_by", {}, [ACCOUNT]),
        (ada.http, f"{path}/reblogged_by", {}, [ACCOUNT]),
        (ada.http, "/api/v1/timelines/home", {}, [OWN_POST]),
        (bob.http, "/api/v1/timelines/public", {"local": "true"}, [OWN_POST]),
        (three.nobody, "/api/v1/timelines/public", {}, [POST]),
        (ada.http, "/api/v1/timelines/tag/tag", {}, [OWN_POST]),
        (ada.http, f"/api/v1/accounts/{bob.id}/statuses", {}, [OWN_POST]),
        (ada.http, "/api/v1/accounts/verify_credentials", {}, CREDENTIALS),
        (three.nobody, f"/api/v1/accounts/{ada.id}", {}, ACCOUNT),
        (ada.http, f"/api/v1/accounts/{other}", {}, ACCOUNT),
        (ada.http, "/api/v1/accounts/lookup", {"acct": "bob"}, ACCOUNT),
        (ada.http, "/api/v1/accounts/search", {"q": "b"}, [ACCOUNT]),
        (ada.http, f"/api/v1/accounts/{ada.id}/followers", {}, [ACCOUNT]),
        (ada.http, f"/api/v1/accounts/{bob.id}/following", {}, [ACCOUNT]),
        (bob.http, "/api/v1/accounts/relationships", {"id[]": [str(ada.id), str(other)]}, [RELATION]),
        (ada.http, "/api/v1/notifications", {}, [NOTIFICATION]),
        (ada.http, "/api/v1/notifications/unread_count", {}, {"count": "count"}),
        (ada.http, "/api/v1/markers", {"timeline[]": ["home"]}, {"home": MARKER}),
        (ada.http, "/api/v1/preferences", {}, PREFERENCES),
        (ada.http, "/api/v1/apps/verify_credentials", {}, APP),
        (three.nobody, "/api/v2/instance", {}, INSTANCE),
        (three.nobody, "/api/v1/instance", {}, INSTANCE_V1),
        (three.nobody, "/api/v1/instance/rules", {}, [RULE]),
        (ada.http, "/api/v2/search", {"q": "ta"}, {"accounts": [ACCOUNT], "statuses": [OWN_POST], "hashtags": [TAG]}),
        (ada.http, "/api/v2/search", {"q": "@bob"}, {"accounts": [ACCOUNT], "statuses": [OWN_POST], "hashtags": [TAG]}),
    ]
    for http, address, query, form in asked:
        got = await http.get(address, params=query)
        assert got.status_code == 200, (address, got.text)
        if isinstance(form, list) and not address.endswith("rules"):
            assert got.json(), f"{address} has nothing to look at"
        fits(got.json(), form, address)
    wrapper = (await three.nobody.get(f"/api/v1/statuses/{boost['id']}")).json()
    assert wrapper["reblog"]["reblog"] is None and wrapper["uri"].endswith("/activity")
    acted = await bob.post(f"/api/v1/accounts/{ada.id}/follow")
    fits(acted, RELATION, "follow")
    gone = await ada.http.request("DELETE", path)
    fits(gone.json(), OWN_POST | {"text": "text"}, "delete")
    made = await three.nobody.post("/api/v1/apps", json={"client_name": "x", "redirect_uris": site.APP_URI})
    secrets = {"client_id": "text", "client_secret": "text", "client_secret_expires_at": "count"}
    fits(made.json(), APP | secrets, "apps")


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (1, "id"), ("0x1", "id"), ("2026-01-01T00:00:00Z", "time"), ("2026-01-01T00:00:01.000Z", "midnight"),
        ("/relative", "url"), ("", "url"), ("https://a.example/é", "url"), (None, "text"), (1, "flag"), ("1", "count"),
        (None, ["text"]), ({}, {"a": "text"}),
    ],
)  # fmt: skip
def test_what_doesnt_fit_is_seen(value: Any, kind: Any) -> None:
    with pytest.raises(AssertionError):
        fits(value, kind, "here")
