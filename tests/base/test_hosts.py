"""The one spelling of hosts and URLs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedicert.base.errors import BadRequest
from fedicert.base.urls import canonical_host, same_origin, same_url, split_url

HOSTS = {
    "Example.ORG": "example.org",
    "example.org.": "example.org",
    "bücher.example": "xn--bcher-kva.example",
    "XN--bcher-kva.example": "xn--bcher-kva.example",
    "①②⑦.0.0.1": "127.0.0.1",
    "ｅｘａｍｐｌｅ.org": "example.org",
    "a_b.example": "a_b.example",
    "127.0.0.1": "127.0.0.1",
    "[::1]": "[::1]",
    "[2606:4700:0:0::1111]": "[2606:4700::1111]",
    "[::ffff:127.0.0.1]": "[::ffff:7f00:1]",
}

NO_HOSTS = [
    "",
    ".",
    "..",
    "example..org",
    "example.org..",
    ".example.org",
    "-a.example",
    "a-.example",
    "a b",
    "a/b",
    "a\\b",
    "a@b",
    "a:1",
    "a%2eb",
    "a\x00b",
    "a" * 64 + ".org",
    ".".join(["a" * 60] * 5),
    "xn--a.example",
    "xn--.example",
    "2130706433",
    "0x7f000001",
    "0x7f.1",
    "0177.0.0.1",
    "0177.1",
    "127.1",
    "127.0.0.01",
    "127.0.0.256",
    "1.2.3.4.5",
    "a.0x7f",
    "a.1",
    "[::1",
    "::1",
    "[fe80::1%eth0]",
    "[127.0.0.1]",
    "mastodon.so⁄cial",
    "a\u200bb.example\u2028",
    "<script>",
]


@pytest.mark.parametrize("text", HOSTS)
def test_one_spelling(text: str) -> None:
    assert canonical_host(text) == HOSTS[text]
    assert canonical_host(HOSTS[text]) == HOSTS[text]


@pytest.mark.parametrize("text", NO_HOSTS)
def test_no_hosts(text: str) -> None:
    with pytest.raises(BadRequest):
        canonical_host(text)


@given(st.text(max_size=60))
def test_any_text_is_a_stable_host_or_refused(text: str) -> None:
    try:
        host = canonical_host(text)
    except BadRequest:
        return
    assert canonical_host(host) == host == host.lower()
    assert canonical_host(host.upper()) == host
    assert not set(host) & set("/\\@?# ")


URLS = {
    "https://Example.org": ("https", "example.org", 443, "/"),
    "HTTPS://example.org:443/a?b#c": ("https", "example.org", 443, "/a?b"),
    "http://example.org:8080?x": ("http", "example.org", 8080, "/?x"),
    "https://example.org/%7Ea/../b": ("https", "example.org", 443, "/%7Ea/../b"),
    "https://example.org/ü?ß": ("https", "example.org", 443, "/%C3%BC?%C3%9F"),
    "https://[::1]:1/": ("https", "[::1]", 1, "/"),
}

NO_URLS = [
    "",
    "example.org",
    "//example.org",
    "ftp://example.org",
    "file:///etc/passwd",
    "javascript:alert(1)",
    "bear:?t=x&u=https://example.org",
    "https://",
    "https:///a",
    "https://user@example.org/",
    "https://user:pass@example.org/",
    "https://example.org:0/",
    "https://example.org:65536/",
    "https://example.org:80a/",
    "https://example.org:/",
    "https://example.org:١/",
    "https://example.org\\@evil.example/",
    "https://example.org/a b",
    "https://example.org/a\r\nHost: x",
    "https://example.org/\x00",
    "https://example.org/" + "a" * 2048,
    " https://example.org/",
    "https://example.org/\ud800",
]


@pytest.mark.parametrize("text", URLS)
def test_urls(text: str) -> None:
    url = split_url(text)
    assert (url.scheme, url.host, url.port, url.target) == URLS[text]
    assert split_url(url.text) == split_url(split_url(url.text).text)


@pytest.mark.parametrize("text", NO_URLS)
def test_no_urls(text: str) -> None:
    with pytest.raises(BadRequest):
        split_url(text)


def test_origins() -> None:
    assert same_origin("https://a.example/x", "https://A.example.:443/y")
    assert not same_origin("https://a.example/", "http://a.example/")
    assert not same_origin("https://a.example/", "https://a.example:444/")
    assert not same_origin("nonsense", "nonsense")
    assert same_url("https://a.example/x", "https://A.example:443/x")
    assert not same_url("https://a.example/x#a", "https://a.example/x#b")
    assert not same_url("https://a.example/x", "https://a.example/X")
