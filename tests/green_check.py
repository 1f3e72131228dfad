"""Mastodon's rule for the green check beside a profile field, exactly (4.7, `Account::Field` and `VerifyLinkService`).

The value is one HTML node, an `<a>` whose href is its whole text; the address is https, without user info, its host and
path written the normal way; fetched as text/html it answers 200, and in its first MiB stands an `<a>` or `<link>` whose
rel has `me` and whose href is the actor's `url`, whatever the case; or the first such link leads there by a redirect.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from html.parser import HTMLParser
from posixpath import normpath
from urllib.parse import quote, unquote, urlsplit

import httpx

Get = Callable[[str, str], Awaitable[httpx.Response]]
"""(method, address) → the answer, redirects not followed."""

MIB = 1 << 20


class _Nodes(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.top: list[str] = []
        self.depth = 0
        self.text = ""
        self.href = ""
        self.me: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = {key: value or "" for key, value in attrs}
        if self.depth == 0:
            self.top.append(tag)
            self.href = named.get("href", "")
        if tag not in ("br", "img", "link", "meta", "input"):
            self.depth += 1
        if tag in ("a", "link") and "me" in named.get("rel", "").split():
            self.me.append(named.get("href", ""))

    def handle_endtag(self, tag: str) -> None:
        self.depth -= 1

    def handle_data(self, data: str) -> None:
        if self.depth == 0:
            self.top.append("#text")
        self.text += data


def address_of(value: str) -> str:
    """The address that a field's value may be verified by; '' where it may not."""
    nodes = _Nodes()
    nodes.feed(value)
    nodes.close()
    if nodes.top != ["a"] or not nodes.href or nodes.href != nodes.text:
        return ""
    return nodes.href if _is_normal(nodes.href) else ""


def _is_normal(address: str) -> bool:
    parts = urlsplit(address)
    if parts.scheme != "https" or not parts.hostname or "@" in parts.netloc:
        return False
    host = parts.netloc.encode("idna").decode() if parts.netloc.isascii() else ""
    path = quote(unquote(parts.path), safe="/@:!$&'()*+,;=~-._")
    tidy = normpath(path) + ("/" if path.endswith("/") and path != "/" else "") if path else "/"
    return host == parts.netloc == parts.netloc.lower() and path == parts.path == tidy


async def is_green(value: str, actor_url: str, get: Get) -> bool:
    """Would a Mastodon server that shows this actor paint the field green?"""
    address = address_of(value)
    if not address:
        return False
    answer = await get("GET", address)
    if answer.status_code != 200 or not answer.headers["content-type"].startswith("text/html"):
        return False
    nodes = _Nodes()
    nodes.feed(answer.content[:MIB].decode("utf-8", "replace"))
    if any(href.lower() == actor_url.lower() for href in nodes.me):
        return True
    if not nodes.me or urlsplit(nodes.me[0]).scheme not in ("http", "https"):
        return False
    moved = await get("HEAD", nodes.me[0])
    return moved.headers.get("location", "").lower() == actor_url.lower()
