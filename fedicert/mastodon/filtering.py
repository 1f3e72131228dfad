"""What somebody's filters say of a post that is about to be sent to them. Pure; for people without filters nothing runs.

The bytes of a post have one place for it beside the counts, once for a boost, once for what it boosts, and once for what
that quotes: what the filters say is written there. Which context a post is shown in is for the client to know; so is what
to do about it.
"""

import re
from collections.abc import Sequence
from functools import lru_cache

import msgspec

from fedicert.mastodon.entities import FilterResult
from fedicert.mastodon.render_filters import filter_summary
from fedicert.model.lists import FilterRow, KeywordRow
from fedicert.text.html import to_text

_PLACE = b',"filtered":[],"account":'
_FILLED = b',"filtered":%b,"account":'
_encode = msgspec.json.Encoder().encode


class _Author(msgspec.Struct, frozen=True):
    id: str


class _Media(msgspec.Struct, frozen=True):
    description: str | None = None


class _Option(msgspec.Struct, frozen=True):
    title: str


class _Poll(msgspec.Struct, frozen=True):
    options: tuple[_Option, ...] = ()


class _Post(msgspec.Struct, frozen=True, kw_only=True):
    """What filters look at of a post."""

    id: str
    account: _Author
    content: str = ""
    spoiler_text: str = ""
    media_attachments: tuple[_Media, ...] = ()
    poll: _Poll | None = None
    reblog: "_Post | None" = None
    quote: "_Quote | None" = None


class _Quote(msgspec.Struct, frozen=True):
    """What a post quotes; inside a quoted post, and where it isn't shown, there is none."""

    quoted_status: _Post | None = None


class _Told(msgspec.Struct, frozen=True):
    """Something with a post in it: a notification."""

    status: _Post | None = None


class Compiled(msgspec.Struct, frozen=True, kw_only=True):
    """A filter ready to be applied."""

    row: FilterRow
    words: re.Pattern[str] | None
    statuses: frozenset[str]


_read = msgspec.json.Decoder(_Post)
_read_told = msgspec.json.Decoder(_Told)


def compile_filters(rows: Sequence[FilterRow]) -> tuple[Compiled, ...]:
    """Filters ready to be applied; those that have neither words nor posts match nothing and are left out."""
    return tuple(
        Compiled(row=row, words=_words(row.keywords), statuses=frozenset(str(post.status) for post in row.statuses))
        for row in rows
        if row.keywords or row.statuses
    )


def filter_post(item: bytes, filters: Sequence[Compiled], viewer: int, now: int) -> bytes:
    """The bytes of a post with what the viewer's filters say of it at this moment (ms). Of one's own, nothing."""
    return _filled(item, _read.decode(item), filters, viewer, now)


def filter_notification(item: bytes, filters: Sequence[Compiled], viewer: int, now: int) -> bytes:
    """The same for a notification, which may have a post in it."""
    post = _read_told.decode(item).status
    return item if post is None else _filled(item, post, filters, viewer, now)


def _filled(item: bytes, post: _Post, filters: Sequence[Compiled], viewer: int, now: int) -> bytes:
    said = _said(post, filters, viewer, now)
    shown = post if post.reblog is None else post.reblog
    quoted = None if shown.quote is None else shown.quote.quoted_status
    of_quoted = [] if quoted is None else _said(quoted, filters, viewer, now)
    if not of_quoted:
        return item if not said else item.replace(_PLACE, _FILLED % _encode(said), 1 if post.reblog is None else 2)
    # What is quoted comes last: behind the post, and where that is a boost, behind both of its places.
    before, _, after = item.rpartition(_PLACE)
    if said:
        before = before.replace(_PLACE, _FILLED % _encode(said))
    return before + _FILLED % _encode(of_quoted) + after


def _said(post: _Post, filters: Sequence[Compiled], viewer: int, now: int) -> list[FilterResult]:
    shown = post if post.reblog is None else post.reblog
    if shown.account.id == str(viewer):
        return []
    ids = {post.id, shown.id}
    text = ""
    found = []
    for one in filters:
        if one.row.expires_at is not None and one.row.expires_at <= now:
            continue
        words: list[str] = []
        if one.words is not None:
            text = text or _text_of(shown)
            words = list(dict.fromkeys(match[0] for match in one.words.finditer(text)))
        posts = sorted(ids & one.statuses)
        if words or posts:
            found.append(
                FilterResult(
                    filter=filter_summary(one.row),
                    keyword_matches=words or None,
                    status_matches=posts or None,
                )
            )
    return found


def _words(keywords: Sequence[KeywordRow]) -> re.Pattern[str] | None:
    """Any of the words. A whole word is bounded where it begins or ends with a letter; longer ones are tried first."""
    if not keywords:
        return None
    ordered = sorted(keywords, key=lambda keyword: -len(keyword.keyword))
    return re.compile("|".join(_word(keyword) for keyword in ordered), re.IGNORECASE)


def _word(keyword: KeywordRow) -> str:
    text = re.escape(keyword.keyword)
    if not keyword.whole_word:
        return text
    before = r"\b" if re.match(r"\w", keyword.keyword) else ""
    after = r"\b" if re.search(r"\w\Z", keyword.keyword) else ""
    return before + text + after


def _text_of(post: _Post) -> str:
    options = () if post.poll is None else tuple(option.title for option in post.poll.options)
    media = tuple(item.description or "" for item in post.media_attachments)
    return "\n\n".join([post.spoiler_text, _plain(post.content), *media, *options])


# The same posts are shown again and again.
@lru_cache(maxsize=4_096)
def _plain(content: str) -> str:
    return to_text(content)
