"""Our own documents come out byte for byte, and say what we meant when they are read back.

`REWRITE_GOLDEN=1` writes the files anew, to be looked at before they are committed.
"""

import os
from pathlib import Path
from typing import Any

import orjson
import pytest

from fedicert.activitypub import build, build_quotes, nodeinfo, webfinger
from fedicert.activitypub.read import read_activity, read_actor, read_note
from fedicert.base.errors import BadRequest, NotFound
from fedicert.model.accounts import AccountRow, EmojiRow, FieldRow
from fedicert.model.statuses import MediaRow, MentionRow, StatusRow
from fedicert.model.urls import Urls
from fedicert.proofs import object_proofs
from fedicert.text.permits import permit_line

GOLDEN = Path(__file__).parent.parent / "golden" / "fedicert"
URLS = Urls("https://here.test", "here.test")
WHEN = 1_767_323_045_678
PEM = "-----BEGIN PUBLIC KEY-----\ninvented\n-----END PUBLIC KEY-----\n"
KEYS = build.PublicKeys(PEM, "z6MkInventedInventedInventedInventedInventedInv")
ADA = AccountRow(
    id=1,
    uri="https://here.test/users/ada",
    url="https://here.test/@ada",
    username="ada",
    display_name="Ada",
    note_html="<p>Engines</p>",
    fields=(FieldRow("Site", '<a href="https://ada.example" rel="me">https://ada.example</a>'),),
    emojis=(EmojiRow("blob", "https://here.test/emoji/blob.png"),),
    avatar_url="https://here.test/media/a.webp",
    discoverable=True,
    created_at=WHEN,
)
BOB = "https://far.test/users/bob"
FOLLOWERS = URLS.followers("ada")


def status(**changes: Any) -> StatusRow:
    values: dict[str, Any] = {
        "id": 17,
        "uri": URLS.status("ada", 17),
        "url": URLS.status_page("ada", 17),
        "author_id": 1,
        "content_html": "<p>Hi</p>",
        "language": "en",
        "created_at": WHEN,
    }
    return StatusRow(**{**values, **changes})


FULL = status(
    spoiler_text="careful",
    sensitive=True,
    edited_at=WHEN + 60_000,
    mentions=(
        MentionRow(2, "bob", "https://far.test/@bob", "bob@far.test", BOB),
        MentionRow(3, "eve", "https://here.test/@eve", "eve", "https://here.test/users/eve"),
    ),
    tags=("größe",),
    emojis=(EmojiRow("blob", "https://here.test/emoji/blob.png"),),
    media=(
        MediaRow(
            id=9,
            url="https://here.test/media/9.png",
            mime_type="image/png",
            width=40,
            height=20,
            focus_x=0.5,
            description="A wall",
            blurhash="U",
        ),
    ),
)
NOTE = build.note(URLS, FULL, "ada", "https://far.test/n/1", "tag:far.test,thread:1")
CAPPED_NOTE = build.note(URLS, FULL, "ada", boosts="audience")
QUOTE = build_quotes.QuoteRequest(
    id="https://far.test/quotes/1", quoter=BOB, quoted=FULL.uri, quote="https://far.test/n/2"
)
STAMP = URLS.quote_authorization("ada", 19)
FOLLOW = build.follow(URLS.activity(5), ADA.uri, BOB)
PUBLIC_TO = build.addressees("public", FOLLOWERS, [BOB])


def _under_licence() -> dict[str, Any]:
    line = permit_line("Electrician ME-1, US-NY", "The Board", "https://here.test/@ada/licences/1")
    note = build.under_licence(build.note(URLS, status(), "ada"), "https://board.test/credentials/1", line)
    proof = object_proofs.unsigned_proof(note, "https://here.test/users/ada#ed25519-key", WHEN)
    return object_proofs.with_proof(note, proof, b"\x07" * 64)


UNDER_LICENCE = _under_licence()

DOCUMENTS = {
    "actor": build.actor(URLS, ADA, KEYS, manually_approves=True, also_known_as=("https://old.test/users/ada",)),
    "suspended_actor": build.suspended_actor(URLS, ADA, KEYS),
    "instance_actor": build.instance_actor(URLS, KEYS),
    "note": build.with_context(NOTE),
    "note_for_its_audience": build.with_context(CAPPED_NOTE),
    "create_note": build.create(URLS.status_activity("ada", 17), NOTE),
    "update_note": build.update_note(URLS.activity(1), NOTE),
    "update_actor": build.update_actor(
        URLS.activity(2), build.actor(URLS, ADA, KEYS, manually_approves=False), PUBLIC_TO
    ),
    "note_under_licence": UNDER_LICENCE,
    "create_under_licence": build.create(URLS.status_activity("ada", 17), UNDER_LICENCE),
    "note_for_some_to_answer": build.with_context(build.note(URLS, FULL, "ada", answers_by="audience")),
    "delete_note": build.delete(URLS.activity(3), ADA.uri, FULL.uri, PUBLIC_TO),
    "delete_actor": build.delete_actor(URLS.activity(4), ADA.uri, PUBLIC_TO),
    "follow": FOLLOW,
    "undo_follow": build.undo(URLS.activity(6), FOLLOW),
    "accept_follow": build.accept_follow(URLS.activity(7), ADA.uri, "https://far.test/follows/1", BOB),
    "reject_follow": build.reject_follow(URLS.activity(8), ADA.uri, "https://far.test/follows/1", BOB),
    "accept_quote": build_quotes.accept_quote(URLS.activity(11), ADA.uri, QUOTE, STAMP),
    "reject_quote": build_quotes.reject_quote(URLS.activity(12), ADA.uri, QUOTE),
    "quote_authorization": build_quotes.quote_authorization(STAMP, ADA.uri, QUOTE.quote, QUOTE.quoted),
    "like": build.like(URLS.activity(9), ADA.uri, "https://far.test/n/1", BOB),
    "announce": build.announce(URLS.status_activity("ada", 18), ADA.uri, "https://far.test/n/1", WHEN, PUBLIC_TO),
    "add_featured": build.add_featured(URLS.activity(11), ADA.uri, FULL.uri, URLS.featured("ada")),
    "remove_featured": build.remove_featured(URLS.activity(12), ADA.uri, FULL.uri, URLS.featured("ada")),
    "block": build.block(URLS.activity(10), ADA.uri, BOB),
    "tombstone": build.tombstone(FULL.uri, WHEN + 1_000, WHEN),
    "followers": build.collection(FOLLOWERS, 3, f"{FOLLOWERS}?page=1"),
    "followers_page": build.page(f"{FOLLOWERS}?page=1", FOLLOWERS, 3, [BOB], f"{FOLLOWERS}?page=2"),
    "featured": build.whole(URLS.featured("ada"), [FULL.uri]),
}


@pytest.mark.parametrize("name", sorted(DOCUMENTS))
def test_comes_out_byte_for_byte(name: str) -> None:
    path = GOLDEN / f"{name}.json"
    written = orjson.dumps(DOCUMENTS[name], option=orjson.OPT_INDENT_2) + b"\n"
    if os.environ.get("REWRITE_GOLDEN"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(written)
    assert written == path.read_bytes()


def test_every_file_has_its_document() -> None:
    assert {path.stem for path in GOLDEN.glob("*.json")} == set(DOCUMENTS)


def test_our_actor_reads_back() -> None:
    read = read_actor(DOCUMENTS["actor"])
    assert (read.id, read.username, read.url) == (ADA.uri, "ada", ADA.url)
    assert read.webfinger == "ada@here.test" and read.manually_approves and read.accepts_rfc9421
    assert read.shared_inbox == URLS.shared_inbox and read.followers == FOLLOWERS
    assert len(read.rsa_keys) == len(read.multikeys) == 1
    assert read.published is not None and read.published % 86_400_000 == 0
    assert isinstance(DOCUMENTS["actor"]["publicKey"], dict), "older servers can't read a list"
    assert read.emojis[0].shortcode == "blob" and read.fields[0].name == "Site"
    assert read_actor(DOCUMENTS["suspended_actor"]).suspended
    assert read_actor(DOCUMENTS["instance_actor"]).type == "Application"


def test_a_moved_actor_says_where() -> None:
    moved = AccountRow(id=1, uri=ADA.uri, url=ADA.url, username="ada", moved_to=ADA)
    assert read_actor(build.actor(URLS, moved, KEYS, False)).moved_to == ADA.uri


def test_our_post_reads_back() -> None:
    note = read_note(read_activity(DOCUMENTS["create_note"]).object, FOLLOWERS)
    assert note.visibility == "public" and note.language == "en" and note.content_html == "<p>Hi</p>"
    assert [mention.name for mention in note.mentions] == ["@bob@far.test", "@eve@here.test"]
    assert note.hashtags == ("größe",) and note.spoiler_text == "careful" and note.sensitive
    assert note.published == WHEN and note.updated == WHEN + 60_000
    assert note.in_reply_to == "https://far.test/n/1" and note.conversation == "tag:far.test,thread:1"
    assert note.attachments[0].focus_x == 0.5 and note.attachments[0].description == "A wall"


@pytest.mark.parametrize("visibility", ["public", "unlisted", "private", "direct"])
def test_visibility_reads_back(visibility: str) -> None:
    row = status(visibility=visibility, mentions=(MentionRow(2, "bob", "", "bob@far.test", BOB),))
    note = build.note(URLS, row, "ada")
    read = read_note(note, FOLLOWERS)
    assert read.visibility == visibility and BOB in read.to + read.cc
    assert note["conversation"] == "tag:here.test,conversation:17"
    create = build.create(URLS.status_activity("ada", 17), note)
    assert (create["to"], create["cc"]) == (note["to"], note["cc"])


def test_one_context_is_enough() -> None:
    assert "@context" not in DOCUMENTS["create_note"]["object"]
    assert "@context" not in DOCUMENTS["undo_follow"]["object"]
    assert "@context" not in DOCUMENTS["update_actor"]["object"]


def test_answers_name_the_follow_whole() -> None:
    for name in ("accept_follow", "reject_follow"):
        read = read_activity(DOCUMENTS[name])
        assert read.object == {
            "id": "https://far.test/follows/1", "type": "Follow", "actor": BOB, "object": ADA.uri,
        }  # fmt: skip
        assert read.to == (BOB,)


def test_hidden_members() -> None:
    assert "first" not in build.collection(FOLLOWERS, 3)


@pytest.mark.parametrize(
    ("resource", "expected"),
    [
        ("acct:ada@here.test", webfinger.Resource("account", username="ada")),
        ("acct:@ADA@HERE.test.", webfinger.Resource("account", username="ada")),
        ("ACCT:ada@here.test", webfinger.Resource("account", username="ada")),
        ("acct:here.test@here.test", webfinger.Resource("instance")),
        ("https://here.test/", webfinger.Resource("instance")),
        ("https://here.test/actor", webfinger.Resource("instance")),
        ("https://here.test/@ada", webfinger.Resource("url", url="https://here.test/@ada")),
    ],
)
def test_what_is_asked_for(resource: str, expected: webfinger.Resource) -> None:
    assert webfinger.read_resource(resource, URLS) == expected


@pytest.mark.parametrize("resource", ["", "ada", "ada@here.test", "acct:ada", "acct:a b@here.test", "https://a b/"])
def test_unreadable_questions(resource: str) -> None:
    with pytest.raises(BadRequest):
        webfinger.read_resource(resource, URLS)


@pytest.mark.parametrize(
    "resource", ["acct:ada@far.test", "https://far.test/@ada", "mailto:ada@here.test", "xmpp:ada@here.test"]
)
def test_questions_for_others(resource: str) -> None:
    with pytest.raises(NotFound):
        webfinger.read_resource(resource, URLS)


def test_answers_about_people_and_the_server() -> None:
    answer = webfinger.jrd(URLS, "ada")
    links = {link["rel"]: link for link in answer["links"]}
    assert answer["subject"] == "acct:ada@here.test"
    assert (links["self"]["type"], links["self"]["href"]) == (webfinger.ACTIVITY_TYPE, ADA.uri)
    assert links[webfinger.PROFILE_PAGE]["href"] == ADA.url
    assert links[webfinger.SUBSCRIBE]["template"] == "https://here.test/authorize_interaction?uri={uri}"
    only_self = webfinger.jrd(URLS, "ada", ("self",))
    assert [link["rel"] for link in only_self["links"]] == ["self"]
    (actor,) = webfinger.instance_jrd(URLS, ("self",))["links"]
    assert actor["href"] == "https://here.test/actor"


def test_host_meta() -> None:
    assert 'template="https://here.test/.well-known/webfinger?resource={uri}"' in webfinger.host_meta(URLS)
    assert webfinger.host_meta_json(URLS)["links"][0]["rel"] == "lrdd"


def test_nodeinfo() -> None:
    facts = nodeinfo.Facts(version="0.1.0", name="Here", users=3, local_posts=7, source_url="https://src.example/x")
    links = nodeinfo.well_known(URLS)["links"]
    assert [link["href"] for link in links] == ["https://here.test/nodeinfo/2.0", "https://here.test/nodeinfo/2.1"]
    for version in nodeinfo.VERSIONS:
        told = nodeinfo.nodeinfo(version, facts)
        assert told["version"] == version and told["software"]["name"] == "fedicert"
        assert ("repository" in told["software"]) is (version == "2.1")
        assert told["usage"] == {"users": {"total": 3}, "localPosts": 7}, "numbers that aren't known are left out"
        assert told["protocols"] == ["activitypub"] and told["services"] == {"inbound": [], "outbound": []}
        assert f"schema/{version}#" in nodeinfo.media_type(version)
