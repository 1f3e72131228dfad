"""Every address made is read back as what it was made for."""

import pytest

from fedicert.model.urls import LocalUrl, Urls

URLS = Urls("https://example.org", "example.org")

MADE = [
    (URLS.actor("ada"), LocalUrl("actor", "ada")),
    (URLS.instance_actor, LocalUrl("instance_actor")),
    (URLS.main_key(URLS.actor("ada")), LocalUrl("key", "ada")),
    (URLS.ed25519_key(URLS.actor("ada")), LocalUrl("key", "ada")),
    (URLS.main_key(URLS.instance_actor), LocalUrl("key")),
    (URLS.inbox("ada"), LocalUrl("inbox", "ada")),
    (URLS.shared_inbox, LocalUrl("shared_inbox")),
    (URLS.outbox("ada"), LocalUrl("outbox", "ada")),
    (URLS.followers("ada"), LocalUrl("followers", "ada")),
    (URLS.followers_sync("ada"), LocalUrl("followers_sync", "ada")),
    (URLS.following("ada"), LocalUrl("following", "ada")),
    (URLS.featured("ada"), LocalUrl("featured", "ada")),
    (URLS.status("ada", 17), LocalUrl("status", "ada", 17)),
    (URLS.status_activity("ada", 17), LocalUrl("status_activity", "ada", 17)),
    (URLS.activity(17), LocalUrl("activity", "", 17)),
    (URLS.profile("ada"), LocalUrl("profile", "ada")),
    (URLS.status_page("ada", 17), LocalUrl("status_page", "ada", 17)),
    (URLS.tag("größe"), LocalUrl("tag", tag="größe")),
]


@pytest.mark.parametrize(("made", "meant"), MADE)
def test_reads_back_what_it_made(made: str, meant: LocalUrl) -> None:
    assert URLS.read(made) == meant


@pytest.mark.parametrize(
    "foreign",
    [
        "https://example.org.evil.test/users/ada",
        "https://evil.test/users/ada",
        "http://example.org/users/ada",
        "https://example.org@evil.test/users/ada",
        "https://example.org:8443/users/ada",
        "https://example.org/users/ada/statuses/0",
        "https://example.org/users/ada/statuses/9223372036854775808",
        "https://example.org/users/ada/statuses/1?x=1",
        "https://example.org/users/ada\n",
        "https://example.org/users/ada/statuses/١",
        "https://example.org/users//inbox",
        "https://example.org/",
        "https://example.org",
        "",
    ],
)
def test_knows_nothing_of_others(foreign: str) -> None:
    assert URLS.read(foreign) is None


def test_streaming_takes_the_scheme_of_the_base() -> None:
    assert Urls("http://localhost:8000", "localhost:8000").streaming == "ws://localhost:8000"
    assert URLS.streaming == "wss://example.org"
