"""RSS 2.0: a channel of posts. Takes values, makes XML in which nothing of them is markup of its own."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from email.utils import format_datetime
from xml.sax.saxutils import escape

import msgspec

_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """A post: safe HTML, where it stands, when it was said (ms), hashtags, and pictures as (address, media type)."""

    url: str
    html: str
    at: int
    tags: tuple[str, ...] = ()
    media: tuple[tuple[str, str], ...] = ()


def channel(title: str, page: str, feed: str, about: str, items: Iterable[Item]) -> bytes:
    """The feed of a page. `feed`: its own address."""
    parts = [
        '<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel>',
        f"<title>{_text(title)}</title><link>{_text(page)}</link><description>{_text(about)}</description>",
        f'<atom:link rel="self" type="application/rss+xml" href="{_text(feed)}"/>',
        *(_item(item) for item in items),
        "</channel></rss>\n",
    ]
    return "".join(parts).encode()


def _item(item: Item) -> str:
    moment = format_datetime(datetime.fromtimestamp(item.at // 1000, UTC), usegmt=True)
    return (
        f'<item><guid isPermaLink="true">{_text(item.url)}</guid><link>{_text(item.url)}</link>'
        f"<pubDate>{moment}</pubDate><description>{_text(item.html)}</description>"
        + "".join(f"<category>{_text(tag)}</category>" for tag in item.tags)
        + "".join(f'<enclosure url="{_text(url)}" type="{_text(kind)}" length="0"/>' for url, kind in item.media[:1])
        + "</item>"
    )


def _text(value: str) -> str:
    return escape(_FORBIDDEN.sub("", value), {'"': "&quot;"})
