"""HTML from elsewhere, made safe: an allow list of tags, classes and schemes, and caps on size.

Never raises: what can't be read as HTML is shown as text. Whatever `clean` returns, it returns unchanged when
it gets it again, so a second parser reads what the first one wrote.
"""

import html
import re

import nh3

MAX_HTML = 100_000
MAX_TAGS = 4_000
MAX_LINKS = 500
MAX_DEPTH = 100
MAX_TEXT = 16_000
REL = "nofollow noopener noreferrer"

_HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6"}
_TAGS = {
    "p", "br", "span", "a", "del", "s", "strong", "em", "b", "i", "u", "ul", "ol", "li", "blockquote", "pre",
    "code", "ruby", "rt", "rp",
}  # fmt: skip
_DROPPED_WHOLE = {
    "script", "style", "title", "textarea", "noscript", "template", "iframe", "object", "svg", "math",
}  # fmt: skip
_CLASS = re.compile(r"(?:[hpue]|dt)-[A-Za-z0-9-]{1,40}|mention|hashtag|ellipsis|invisible|quote-inline")
_HIDING = {"ellipsis", "invisible"}
_HREF = re.compile(r"https?://[^\s/?#]", re.IGNORECASE)
_NUMBER = re.compile(r"-?[0-9]{1,6}")
_SURROGATE = re.compile(r"[\x00\ud800-\udfff]")
_HEADING_OPEN = re.compile(r"<h[1-6](?: [^>]*)?>")
_HEADING_CLOSE = re.compile(r"</h[1-6]>")
_BLANK_LINES = re.compile(r"\n{3,}")
_TAG = re.compile(r"<[^<>]*>")
_OPENING_OR_CLOSING = re.compile(r"<(/?)([a-z0-9]+)")


_ANCHOR = re.compile(r"<a ([^<>]*)>")
_HREF_OF = re.compile(r'\bhref="(https?://[^"]{1,1000})"')
_NO_LINK = re.compile(r'\bclass="[^"]*(?:mention|hashtag)')


def links_in(cleaned: str) -> list[str]:
    """The links of HTML that was made safe here, mentions and hashtags aside, each once and without its fragment."""
    found: dict[str, None] = {}
    for anchor in _ANCHOR.findall(cleaned):
        href = _HREF_OF.search(anchor)
        if href and not _NO_LINK.search(anchor) and 'rel="tag"' not in anchor:
            found[html.unescape(href[1]).partition("#")[0]] = None
    return list(found)


def _attribute(tag: str, name: str, value: str, refused_classes: frozenset[str] = frozenset()) -> str | None:
    if name == "class":
        kept = [word for word in value.split() if _CLASS.fullmatch(word) and word not in refused_classes]
        return " ".join(kept) or None
    if name == "href":
        return value if len(value) <= 4_096 and _HREF.match(value) else None
    if name == "translate":
        return "no" if value == "no" else None
    if name in ("start", "value"):
        return value if _NUMBER.fullmatch(value) else None
    return value


def _profile_attribute(tag: str, name: str, value: str) -> str | None:
    return _attribute(tag, name, value, frozenset(_HIDING))


_ATTRIBUTES: dict[str, set[str]] = {
    "a": {"href", "class", "translate"},
    "span": {"class", "translate"},
    "p": {"class"},
    "ol": {"start", "reversed"},
    "li": {"value"},
}
_POSTS = nh3.Cleaner(
    tags=_TAGS | _HEADINGS,
    clean_content_tags=_DROPPED_WHOLE,
    attributes=_ATTRIBUTES,
    attribute_filter=_attribute,
    link_rel=REL,
    url_schemes={"http", "https"},
    url_relative="deny",
)
_PROFILES = nh3.Cleaner(
    tags=_TAGS | _HEADINGS,
    clean_content_tags=_DROPPED_WHOLE,
    attributes=_ATTRIBUTES,
    attribute_filter=_profile_attribute,
    link_rel=REL,
    url_schemes={"http", "https"},
    url_relative="deny",
)
_LINES = nh3.Cleaner(
    tags={"p", "br", "li", "blockquote", "pre", "div"},
    clean_content_tags=_DROPPED_WHOLE,
    attributes={},
    link_rel=None,
)


def clean(text: str) -> str:
    """Safe HTML of a post: allowed tags and classes, links to http(s) only, each with rel nofollow.

    Headings become strong paragraphs; input beyond `MAX_HTML` characters is cut. More than `MAX_TAGS` tags or
    `MAX_LINKS` links, nesting deeper than `MAX_DEPTH` or a longer result leave the text (`MAX_TEXT`) alone.
    """
    return _settled(_POSTS, text)


def clean_profile(text: str) -> str:
    """Safe HTML of a note or profile field: like `clean`, but nothing in it is hidden from the eye."""
    return _settled(_PROFILES, text)


def to_text(text: str) -> str:
    """HTML as plain text: paragraphs and breaks become line ends, nothing is escaped. Never raises."""
    text = _readable(text)
    marked = _passed(_LINES, text)
    if marked is None:
        return _TAG.sub("", text)
    marked = marked.replace("\n", " ").replace("<br>", "\n").replace("</li>", "\n")
    for closing in ("</p>", "</div>", "</blockquote>", "</pre>"):
        marked = marked.replace(closing, "\n\n")
    lines = html.unescape(_TAG.sub("", marked)).split("\n")
    return _BLANK_LINES.sub("\n\n", "\n".join(" ".join(line.split(" ")).strip() for line in lines)).strip()


def _settled(cleaner: nh3.Cleaner, text: str) -> str:
    """Clean until a further pass changes nothing; text alone where that doesn't come about."""
    text = _readable(text)
    if "<" not in text and "&" not in text and ">" not in text:
        return text
    before = text
    for _ in range(4):
        after = _passed(cleaner, before)
        if after is None or _too_much(after):
            break
        after = _HEADING_CLOSE.sub("</strong></p>", _HEADING_OPEN.sub("<p><strong>", after))
        if after == before:
            return after
        before = after
    return _as_text(text)


def _readable(text: str) -> str:
    return _SURROGATE.sub("", text[:MAX_HTML])


def _as_text(text: str) -> str:
    # White space of every kind becomes a blank, which the cleaner leaves as it is.
    words = " ".join(to_text(text)[:MAX_TEXT].split())
    return f"<p>{html.escape(words, quote=False)}</p>" if words else ""


def _too_much(cleaned: str) -> bool:
    if cleaned.count("<a ") > MAX_LINKS or len(cleaned) > MAX_HTML:
        return True
    depth = 0
    for match in _OPENING_OR_CLOSING.finditer(cleaned):
        if match[1]:
            depth -= 1
        elif match[2] != "br":
            depth += 1
            if depth > MAX_DEPTH:
                return True
    return False


def _passed(cleaner: nh3.Cleaner, text: str) -> str | None:
    """One pass; None where there are too many tags, or where the parser gave up."""
    if text.count("<") > MAX_TAGS:
        return None
    try:
        return cleaner.clean(text)
    except BaseException as error:
        # A panic of the parser arrives as an exception outside Exception, of a class that can't be imported.
        if type(error).__name__ != "PanicException":
            raise
        return None
