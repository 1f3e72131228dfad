"""What a person typed: find the mentions, hashtags and links in it, count it, and write it as HTML.

Two steps, because whom a mention means is for others to say: `find` lists the names, `render` gets the
accounts. Every rule takes time linear in the length of the text: a candidate starts at one character and is
looked at for a bounded number of characters, or is consumed whole.
Never fetches, never asks who exists; a mention of nobody stays text.
"""

import html
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from typing import Literal, NamedTuple

import msgspec
import regex

LONGEST = 10_000
"""No text that is kept has more characters, however few graphemes they are: what is longer isn't read to its end."""
URL_LENGTH = 23
LONGEST_URL = 2_048
"""A longer address counts as long as it is."""
SHOWN_URL_CHARACTERS = 30
MAX_TAG = 100

_START = re.compile(r"[@#＃]|https?://", re.IGNORECASE)
_MENTION = re.compile(
    r"@(?P<user>[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,62}[A-Za-z0-9_])?)(?![A-Za-z0-9_])"
    r"(?:@(?P<domain>[^\W_](?:[\w.-]{0,251}[^\W_])?(?::[0-9]{2,5})?)(?!\w))?"
)
_TAG = regex.compile(rf"[#＃](?P<name>[\p{{L}}\p{{M}}\p{{N}}_·・\u200c]{{1,{MAX_TAG + 1}}})")
_LETTER = regex.compile(r"\p{L}")
# A URL ends at white space, at what HTML would misread, and at the stops and quotation marks of other scripts
_ENDS_URL = r"\s<>\"\x00-\x1f\x7f`{}|\\^，。、；：！？「」『』（）《》“”‘’«»…"
_URL = re.compile(rf"(?i:https?)://[^{_ENDS_URL}]+")
_AUTHORITY = re.compile(rf"(?i:https?)://(?P<authority>[^/?#{_ENDS_URL}]{{1,260}})(?![^/?#{_ENDS_URL}])")
_LABEL = r"[^\W_](?:[\w-]{0,61}[^\W_])?"
_HOST = re.compile(rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[0-9A-Fa-f:.]{{2,45}}\])(?::[0-9]{{1,5}})?")
_STOPS = ".,;:!?'"
_PREFIX = re.compile(r"https?://(?:www\.)?", re.IGNORECASE)
_CLOSING = {")": "(", "]": "["}
_GRAPHEME = regex.compile(r"\X")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
_PARAGRAPHS = re.compile(r"\n{2,}")


class Found(msgspec.Struct, frozen=True):
    """What a text names, each once, in the order of first appearance.

    `mentions`: `user` or `user@domain`, lower case; `hashtags`: normal form; `links`: as typed.
    """

    mentions: tuple[str, ...]
    hashtags: tuple[str, ...]
    links: tuple[str, ...]


class Mentioned(NamedTuple):
    """An account that a mention means: its page and its bare name."""

    url: str
    username: str


class _Piece(NamedTuple):
    kind: Literal["mention", "hashtag", "link"]
    start: int
    end: int
    key: str


def plain(text: str) -> str:
    """The text as it is kept: line ends as `\\n`, no control characters, no lone surrogates, not padded."""
    return _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def normal_tag(name: str) -> str:
    """The form under which a hashtag is looked up: compatibility-normalised and lower case."""
    return unicodedata.normalize("NFKC", name).lower()


def is_tag(name: str) -> bool:
    """Could this stand behind a `#` as one hashtag?"""
    found = _hashtag(f"#{name}", 0) if len(name) <= MAX_TAG else None
    return found is not None and found.end == len(name) + 1


def find(text: str) -> Found:
    """The mentions, hashtags and links of a text, as far as a text may be long."""
    found: dict[str, dict[str, None]] = {"mention": {}, "hashtag": {}, "link": {}}
    for piece in _pieces(plain(text[:LONGEST])):
        found[piece.kind][piece.key] = None
    return Found(tuple(found["mention"]), tuple(found["hashtag"]), tuple(found["link"]))


def length(text: str, spoiler: str = "") -> int:
    """How long a post is: graphemes, a URL as 23, `@user@domain` as `@user`, the content warning included.

    What has more than `LONGEST` characters is as long as they are many.
    """
    text = plain(text)
    if len(text) + len(spoiler) > LONGEST:
        return len(text) + len(spoiler)
    counted: list[str] = []
    at = 0
    for piece in _pieces(text):
        counted.append(text[at : piece.start])
        at = piece.end
        if piece.kind == "link" and piece.end - piece.start <= LONGEST_URL:
            counted.append("x" * URL_LENGTH)
        elif piece.kind == "mention":
            counted.append("@" + piece.key.partition("@")[0])
        else:
            at = piece.start
    counted.append(text[at:])
    return _graphemes("".join(counted)) + _graphemes(plain(spoiler))


def render(
    text: str,
    mentions: Mapping[str, Mentioned | tuple[str, str]],
    tag_url: Callable[[str], str],
) -> str:
    """The text, whose length was looked at, as HTML in paragraphs, in the form that clients read.

    `mentions` maps the names of `find` to (url, username); names it lacks stay text. '' gives ''.
    """
    text = plain(text)
    if not text:
        return ""
    inline = _inline(text, mentions, tag_url, "nofollow noopener")
    return "".join(f"<p>{part.replace(chr(10), '<br />')}</p>" for part in _PARAGRAPHS.split(inline) if part)


def render_field(
    text: str,
    mentions: Mapping[str, Mentioned | tuple[str, str]],
    tag_url: Callable[[str], str],
) -> str:
    """The value of a profile field: one line, no paragraph, links with rel=me.

    A field that is one link is one anchor whose text is its address: what peers verify.
    """
    return _inline(" ".join(plain(text).split()), mentions, tag_url, "me nofollow noopener")


def _pieces(text: str) -> Iterator[_Piece]:
    at = 0
    while match := _START.search(text, at):
        start = match.start()
        read = {"@": _mention, "#": _hashtag, "＃": _hashtag}.get(text[start], _link)
        piece = read(text, start)
        if piece is None:
            at = match.end()
        else:
            yield piece
            at = piece.end


def _before(text: str, start: int) -> str:
    return text[start - 1] if start else " "


def _mention(text: str, start: int) -> _Piece | None:
    before = _before(text, start)
    if before.isalnum() or before in "_/=@":
        return None
    match = _MENTION.match(text, start)
    if match is None:
        return None
    user, domain = match["user"], match["domain"]
    if not domain or ".." in domain:
        return _Piece("mention", start, match.end("user"), user.lower())
    return _Piece("mention", start, match.end(), f"{user}@{domain}".lower())


def _hashtag(text: str, start: int) -> _Piece | None:
    before = _before(text, start)
    if before.isalnum() or before in "_/=&)":
        return None
    match = _TAG.match(text, start)
    if match is None or len(match["name"]) > MAX_TAG:
        return None
    name = match["name"].rstrip("·・\u200c")
    if not _LETTER.search(name):
        return None
    return _Piece("hashtag", start, start + 1 + len(name), normal_tag(name))


def _link(text: str, start: int) -> _Piece | None:
    before = _before(text, start)
    if before.isalnum() or before in "_@#$":
        return None
    head = _AUTHORITY.match(text, start)
    # The host first, and of bounded length: a text of nothing but "http://" isn't read to its end each time.
    # No user name in front of the host: such links are made to mislead.
    if head is None or not _HOST.fullmatch(head["authority"].rstrip(_STOPS)):
        return None
    match = _URL.match(text, start)
    end = _trimmed(text, start, match.end() if match else head.end())
    return _Piece("link", start, end, text[start:end])


def _trimmed(text: str, start: int, end: int) -> int:
    """Where a URL ends when the stops of the sentence around it, and unopened brackets, are left out."""
    surplus = {
        closing: text.count(closing, start, end) - text.count(opening, start, end)
        for closing, opening in _CLOSING.items()
    }
    while end > start:
        last = text[end - 1]
        if surplus.get(last, 0) > 0:
            surplus[last] -= 1
        elif last not in _STOPS:
            break
        end -= 1
    return end


def _graphemes(text: str) -> int:
    return len(text) if text.isascii() else sum(1 for _ in _GRAPHEME.finditer(text))


def _inline(
    text: str,
    mentions: Mapping[str, Mentioned | tuple[str, str]],
    tag_url: Callable[[str], str],
    rel: str,
) -> str:
    written: list[str] = []
    at = 0
    for piece in _pieces(text):
        typed = text[piece.start : piece.end]
        if piece.kind == "mention":
            account = mentions.get(piece.key)
            anchor = _mention_html(*account) if account else html.escape(typed)
        elif piece.kind == "hashtag":
            anchor = _tag_html(typed[1:], tag_url(piece.key))
        else:
            anchor = _link_html(typed, rel)
        written += (html.escape(text[at : piece.start]), anchor)
        at = piece.end
    written.append(html.escape(text[at:]))
    return "".join(written)


def _mention_html(url: str, username: str) -> str:
    return (
        f'<span class="h-card" translate="no"><a href="{html.escape(url)}" class="u-url mention">'
        f"@<span>{html.escape(username)}</span></a></span>"
    )


def _tag_html(typed: str, url: str) -> str:
    return f'<a href="{html.escape(url)}" class="mention hashtag" rel="tag">#<span>{html.escape(typed)}</span></a>'


def _link_html(url: str, rel: str) -> str:
    match = _PREFIX.match(url)
    prefix = match[0] if match else ""
    shown = url[len(prefix) : len(prefix) + SHOWN_URL_CHARACTERS]
    rest = url[len(prefix) + SHOWN_URL_CHARACTERS :]
    return (
        f'<a href="{html.escape(url)}" target="_blank" rel="{rel}" translate="no">'
        f'<span class="invisible">{html.escape(prefix)}</span>'
        f'<span class="{"ellipsis" if rest else ""}">{html.escape(shown)}</span>'
        f'<span class="invisible">{html.escape(rest)}</span></a>'
    )
