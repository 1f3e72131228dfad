"""Documents shaped as other software sends them are read for what they say."""

import json
from pathlib import Path
from typing import Any

import pytest

from fedicert.activitypub.read import read_activity, read_actor, read_note
from fedicert.activitypub.types import Actor, Note

GOLDEN = Path(__file__).parent.parent / "golden"
ADA = "https://here.test/users/ada"
ADAS_POST = f"{ADA}/statuses/17"


def load(name: str) -> dict[str, Any]:
    document = json.loads((GOLDEN / f"{name}.json").read_text())
    assert isinstance(document, dict)
    return document


def actor(software: str) -> Actor:
    return read_actor(load(f"{software}/actor"))


def note_in(name: str, followers: str = "") -> Note:
    return read_note(read_activity(load(name)).object, followers)


ACTORS = [
    ("mastodon/actor", "Person", "mira", "https://mast.example/@mira", "https://mast.example/inbox"),
    ("gotosocial/actor", "Person", "odo", "https://gts.example/@odo", ""),
    ("misskey/actor", "Person", "neko", "https://misskey.example/@neko", "https://misskey.example/inbox"),
    ("akkoma/actor", "Person", "lain2", "https://akkoma.example/users/lain2", "https://akkoma.example/inbox"),
    ("mitra/actor", "Person", "sil", "https://mitra.example/users/sil", ""),
    ("lemmy/group", "Group", "gardens", "https://lemmy.example/c/gardens", "https://lemmy.example/inbox"),
    ("pixelfed/actor", "Person", "ansel", "https://pix.example/ansel", "https://pix.example/f/inbox"),
    ("peertube/actor", "Person", "reel", "https://tube.example/a/reel/videos", "https://tube.example/inbox"),
    (
        "wordpress/actor",
        "Person",
        "wren",
        "https://blog.example/author/wren/",
        "https://blog.example/wp-json/activitypub/1.0/inbox",
    ),
    ("fedify/actor", "Person", "tofu", "https://fedify.example/@tofu", "https://fedify.example/inbox"),
]


@pytest.mark.parametrize(("name", "kind", "username", "url", "shared_inbox"), ACTORS)
def test_actors(name: str, kind: str, username: str, url: str, shared_inbox: str) -> None:
    read = read_actor(load(name))
    assert (read.type, read.username, read.url, read.shared_inbox) == (kind, username, url, shared_inbox)
    assert read.inbox and read.followers
    assert [key.owner for key in read.rsa_keys] == [read.id]
    assert not read.suspended


def test_mastodons_actor_whole() -> None:
    mira = actor("mastodon")
    assert mira.name == "Mira :leaf:"
    assert mira.emojis[0].shortcode == "leaf" and mira.emojis[0].url.endswith("leaf.png")
    assert mira.note_html.startswith("<p>Gardens, <a href=")
    assert [field.name for field in mira.fields] == ["Site", "Town"]
    assert "invisible" not in mira.fields[0].value_html
    assert mira.also_known_as == ("https://old.example/users/mira",)
    assert mira.attribution_domains == ("moss.example",)
    assert mira.discoverable and mira.indexable and not mira.manually_approves
    assert mira.published == 1_667_606_400_000
    assert mira.icon.endswith("avatars/1.jpg") and mira.image.endswith("headers/1.jpg")
    assert mira.featured.endswith("/collections/featured")


def test_a_suspended_actor() -> None:
    gone = read_actor(load("mastodon/suspended_actor"))
    assert gone.suspended and gone.username == "gone"


def test_single_values_where_others_send_lists() -> None:
    odo = actor("gotosocial")
    assert [(field.name, field.value_html) for field in odo.fields] == [("Pronouns", "he/him")]
    assert odo.rsa_keys[0].id == "https://gts.example/users/odo/main-key"
    assert odo.manually_approves and odo.published == 1_717_234_200_123


def test_capabilities_and_second_keys() -> None:
    sil = actor("mitra")
    assert sil.accepts_rfc9421
    assert [key.id.rpartition("#")[2] for key in sil.multikeys] == ["main-key", "ed25519-key"]
    assert [field.name for field in sil.fields] == ["web"], "identity statements are no fields"
    assert not actor("mastodon").accepts_rfc9421
    assert actor("fedify").multikeys[0].multibase.startswith("z6Mk")


def test_small_differences() -> None:
    assert actor("misskey").name == ""
    assert actor("akkoma").emojis[0].shortcode == "tea", "the id of an emoji may be null"
    assert actor("akkoma").note_html == "wired<br>&amp; tired"
    assert actor("peertube").icon.endswith("avatars/s.png")
    assert actor("wordpress").webfinger == "wren@blog.example"
    assert [field.name for field in actor("wordpress").fields] == ["Blog"]


def test_mastodons_note() -> None:
    note = note_in("mastodon/create_note", "https://mast.example/users/mira/followers")
    assert note.visibility == "public" and note.language == "en"
    assert note.url == "https://mast.example/@mira/115001"
    assert 'class="u-url mention"' in note.content_html
    assert [mention.href for mention in note.mentions] == [ADA]
    assert note.hashtags == ("moss",)
    (picture,) = note.attachments
    assert (picture.type, picture.description, picture.width, picture.height) == ("image", "Moss on a wall", 1200, 900)
    assert (picture.focus_x, picture.focus_y, picture.mime_type) == (0.25, -0.5, "image/jpeg")
    assert note.published == 1_772_366_400_000 and note.updated is None
    assert note.conversation.startswith("tag:mast.example") and note.context.endswith("/contexts/115-9")
    assert note.in_reply_to == "" and note.spoiler_text == "" and not note.sensitive


def test_a_question() -> None:
    followers = "https://mast.example/users/mira/followers"
    question = read_note(load("mastodon/question"), followers)
    assert question.visibility == "private" and question.spoiler_text == "Choices" and question.sensitive
    assert question.poll is not None and not question.poll.multiple and not question.poll.closed
    assert [(choice.title, choice.votes) for choice in question.poll.choices] == [("Moss", 2), ("Fern", 1)]
    assert question.poll.voters == 3 and question.poll.ends_at == 1_772_524_800_000
    assert read_note(load("mastodon/question")).visibility == "direct", "shown to fewer where followers are unknown"


def test_gotosocials_note() -> None:
    note = note_in("gotosocial/create_note", "https://gts.example/users/odo/followers")
    assert note.visibility == "private" and note.in_reply_to == ADAS_POST
    assert note.spoiler_text == "weather" and note.sensitive
    assert [mention.href for mention in note.mentions] == [ADA]
    assert note.attachments[0].type == "image" and note.attachments[0].mime_type == "image/webp"


def test_misskeys_note() -> None:
    note = note_in("misskey/create_note")
    assert note.visibility == "unlisted" and note.quote == ADAS_POST
    assert note.emojis[0].shortcode == "nyan" and note.published == 1_772_672_523_456


def test_akkomas_direct_message() -> None:
    note = note_in("akkoma/create_direct")
    assert note.visibility == "direct" and note.to == (ADA,)
    assert "data-user" not in note.content_html and not note.sensitive and note.spoiler_text == ""
    assert note.url == note.id


def test_mitras_note() -> None:
    note = note_in("mitra/create_note")
    assert note.updated == note.published + 3_600_000 if note.published else False
    assert note.context.endswith("/conversations/0195")


def test_lemmys_page_is_a_title_and_its_text() -> None:
    page = read_note(load("lemmy/page"))
    assert page.type == "Page" and page.name == "How to keep moss" and page.language == "en"
    assert page.content_html.startswith('<p><a href="https://lemmy.example/post/7"')
    assert "<strong>How to keep moss</strong>" in page.content_html
    assert "Water &amp; shade" in page.content_html
    assert page.attachments[0].url.endswith("moss.webp")
    assert page.hashtags == ("gardens",) and page.visibility == "public"
    assert page.audience == ("https://lemmy.example/c/gardens",)
    assert note_in("lemmy/create_comment").language == ""


def test_lemmys_announce_carries_a_whole_activity() -> None:
    announce = read_activity(load("lemmy/announce_create_page"))
    assert announce.type == "Announce" and announce.object is not None
    inner = read_activity(announce.object)
    assert inner.type == "Create" and inner.actor == "https://lemmy.example/u/fern"
    assert inner.object_id == "https://lemmy.example/post/7"


def test_pixelfeds_note() -> None:
    note = note_in("pixelfed/create_note")
    assert [item.description for item in note.attachments] == ["", "again"]
    assert note.hashtags == ("rocks",) and 'class="u-url hashtag"' in note.content_html


def test_peertubes_video() -> None:
    video = read_note(load("peertube/video"))
    assert video.attributed_to == "https://tube.example/accounts/reel"
    assert video.language == "en" and video.hashtags == ("moss",)
    assert "Moss in &lt;time&gt; lapse" in video.content_html
    assert "Ten **days** &lt;b&gt;in&lt;/b&gt; one<br>minute</p><p>Music: none</p>" in video.content_html
    assert video.attachments[0].url.endswith("t.jpg")


def test_wordpress_article() -> None:
    article = note_in("wordpress/create_article")
    assert "<strong>The wren sings</strong>" in article.content_html
    assert "<p><strong>Morning</strong></p><p>It sings.</p>" in article.content_html
    assert "<img" not in article.content_html
    assert article.spoiler_text == "" and not article.sensitive
    assert article.attachments[0].description == "A wren"


def test_fedifys_note() -> None:
    note = note_in("fedify/create_note", "https://fedify.example/users/tofu/followers")
    assert note.visibility == "public" and note.cc == ("https://fedify.example/users/tofu/followers",)


@pytest.mark.parametrize(
    ("name", "kind", "object_id"),
    [
        ("mastodon/follow", "Follow", ADA),
        ("mastodon/undo_follow", "Undo", "https://mast.example/0b6c2f5e-1111-4222-8333-a1b2c3d4e5f6"),
        ("mastodon/accept_follow", "Accept", "https://here.test/activities/42"),
        ("mastodon/announce", "Announce", ADAS_POST),
        ("mastodon/like", "Like", ADAS_POST),
        ("mastodon/delete_note", "Delete", "https://mast.example/users/mira/statuses/115001"),
        ("mastodon/delete_actor", "Delete", "https://mast.example/users/mira"),
        ("mastodon/update_actor", "Update", "https://mast.example/users/mira"),
        ("mastodon/flag", "Flag", ADA),
        ("gotosocial/follow", "Follow", ADA),
        ("gotosocial/accept_follow", "Accept", "https://here.test/activities/43"),
        ("gotosocial/delete_note", "Delete", "https://gts.example/users/odo/statuses/01JNP4V5W6X7Y8Z9A0B1C2D3E4"),
        ("gotosocial/block", "Block", ADA),
        ("misskey/follow", "Follow", ADA),
        ("misskey/reaction", "Like", ADAS_POST),
        ("misskey/announce", "Announce", ADAS_POST),
        ("misskey/reject_follow", "Reject", "https://here.test/activities/44"),
        ("misskey/undo_announce", "Undo", "https://misskey.example/notes/9renote/activity"),
        ("akkoma/follow", "Follow", ADA),
        ("akkoma/emoji_react", "EmojiReact", ADAS_POST),
        ("akkoma/undo_like", "Undo", "https://akkoma.example/activities/7c2e-0004"),
        ("akkoma/delete_note", "Delete", "https://akkoma.example/objects/5b1d-0001"),
        ("mitra/accept_follow", "Accept", "https://here.test/activities/45"),
        ("mitra/follow", "Follow", ADA),
        ("lemmy/undo_follow", "Undo", "https://lemmy.example/activities/follow/1"),
        ("pixelfed/follow", "Follow", ADA),
        ("pixelfed/delete_note", "Delete", "https://pix.example/p/ansel/700001"),
        ("peertube/announce", "Announce", "https://tube.example/videos/watch/e794"),
        ("wordpress/accept_follow", "Accept", "https://here.test/activities/46"),
        ("fedify/follow", "Follow", ADA),
        ("fedify/accept_follow", "Accept", "https://here.test/activities/47"),
    ],
)
def test_activities(name: str, kind: str, object_id: str) -> None:
    read = read_activity(load(name))
    assert (read.type, read.object_id) == (kind, object_id)
    assert read.actor and read.id


def test_a_flag_names_everything() -> None:
    flag = read_activity(load("mastodon/flag"))
    assert flag.object_ids == (ADA, ADAS_POST) and flag.content == "Please look at this"


def test_every_golden_document_is_read() -> None:
    for path in sorted(GOLDEN.glob("*/*.json")):
        document = json.loads(path.read_text())
        if "inbox" in document:
            read_actor(document)
        elif "actor" in document:
            read_activity(document)
        elif document["type"] in ("Note", "Question", "Page", "Video"):
            read_note(document)
        else:
            assert document["type"] in (
                "Tombstone",
                "OrderedCollection",
                "OrderedCollectionPage",
                "QuoteAuthorization",
            ), path
