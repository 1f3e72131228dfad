"""Single values out of loose JSON: a thing or a list, an id or the thing itself, three spellings of Public.

Tolerant in shape, strict in what matters: an id is a http(s) URL of bounded length or nothing. Never fetches.
"""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlsplit

from fedicert.activitypub.types import PUBLIC, Document
from fedicert.base.errors import BadRequest
from fedicert.base.urls import canonical_host

MAX_ID = 2_048
MAX_ADDRESSED = 1_000

# Keywords by which a document can be rearranged so that what was signed isn't what is read.
_REARRANGING = frozenset({"@graph", "@included", "@reverse"})
# Nearly every id looks like this; what doesn't is taken apart slowly.
_PLAIN_URL = re.compile(
    r"(https?)://([A-Za-z0-9][A-Za-z0-9.-]{0,252})(?::([1-9][0-9]{0,3}))?(?:[/?#][!#-;=?-\[\]-~]*)?"
)
_STRICT_URL = re.compile(r"https?://[a-z0-9.:-]+(?:[/?#](?:[A-Za-z0-9._~!$&'()*+,;=:@/?#-]|%[0-9A-Fa-f]{2})*)?")
_KEPT = "%!#$&'()*+,/:;=?@~"
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_PUBLIC_SPELLINGS = frozenset({PUBLIC, "as:Public", "Public"})


def as_list(value: Any) -> list[Any]:
    """A list of the thing: itself if it is one, empty for null, else the one."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def first(value: Any) -> Any:
    """The one thing, or the first of a list; None for nothing."""
    if isinstance(value, list):
        return value[0] if value else None
    return value


def text(value: Any, limit: int) -> str:
    """A string cut to `limit` characters, without what no database takes; '' for anything else."""
    value = first(value)
    return _UNSTORABLE.sub("", value[:limit]) if isinstance(value, str) else ""


def flag(value: Any) -> bool:
    """True for true alone; absent and odd values are false."""
    return value is True


def number(value: Any, limit: int = 2**31 - 1) -> int:
    """A whole number 0..limit; 0 for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return 0
    return int(value) if 0 <= value <= limit else 0


def is_url(value: Any) -> bool:
    """Is this a http(s) URL that may serve as an id: a host, no user name, no blanks, of bounded length?"""
    if not isinstance(value, str) or len(value) > MAX_ID or not value.startswith(("https://", "http://")):
        return False
    if _PLAIN_URL.fullmatch(value):
        return True
    if not value.isprintable() or any(character in value for character in ' "<>\\'):
        return False
    try:
        parts = urlsplit(value)
        return bool(parts.hostname) and "@" not in parts.netloc and parts.port != 0
    except ValueError:
        return False


def uri(value: Any) -> str:
    """The id of a thing given as an id, an object or a list of one; '' where there is none that can be
    used.
    """
    value = first(value)
    if isinstance(value, dict):
        value = value.get("id")
    return value if is_url(value) else ""


def uris(value: Any, limit: int) -> tuple[str, ...]:
    """Ids in order, each once, at most `limit`; what isn't one is left out."""
    found: dict[str, None] = {}
    for item in as_list(value):
        one = uri(item)
        if one:
            found[one] = None
        if len(found) >= limit:
            break
    return tuple(found)


def link(value: Any, media_type: str = "") -> str:
    """A URL given as a string, a Link (`href`), an object (`url`) or a list; one of `media_type` is
    preferred. As RFC 3986 writes it: strict clients and headers take no other.
    """
    fallback = ""
    for item in as_list(value)[:50]:
        given = item
        if isinstance(item, dict):
            given = first(item.get("href") or item.get("url"))
            if isinstance(given, dict):
                given = given.get("href")
        given = ascii_url(given) if is_url(given) else ""
        if not given:
            continue
        if not media_type or not isinstance(item, dict) or item.get("mediaType") == media_type:
            return given
        fallback = fallback or given
    return "" if media_type else fallback


def ascii_url(url: str) -> str:
    """A URL with its host in IDNA and what stands in no URL (RFC 3986 §2) percent-encoded; '' where that can't be."""
    if _STRICT_URL.fullmatch(url):
        return url
    try:
        parts = urlsplit(url)
        host = canonical_host(parts.hostname or "") if ":" not in (parts.hostname or "") else f"[{parts.hostname}]"
        port = "" if parts.port is None else f":{parts.port}"
        rest = quote(url[len(parts.scheme) + 3 + len(parts.netloc) :], safe=_KEPT)
    except (BadRequest, ValueError):
        return ""
    written = f"{parts.scheme}://{host}{port}{rest}"
    return written if len(written) <= MAX_ID else ""


def addressed(value: Any) -> tuple[str, ...]:
    """Addressees, Public in its full spelling.

    Too many are refused: cutting them would change who is meant.
    """
    items = as_list(value)
    if len(items) > MAX_ADDRESSED:
        raise BadRequest(f"More than {MAX_ADDRESSED} addressees")
    found: dict[str, None] = {}
    for item in items:
        one = PUBLIC if isinstance(item, str) and item in _PUBLIC_SPELLINGS else uri(item)
        if one:
            found[one] = None
    return tuple(found)


def moment(value: Any) -> int | None:
    """A date in milliseconds; None where it can't be read. Without a zone it is UTC."""
    if not isinstance(value, str) or not 10 <= len(value) <= 40:
        return None
    try:
        read = datetime.fromisoformat(value)
        if read.tzinfo is None:
            read = read.replace(tzinfo=UTC)
        milliseconds = int(read.timestamp() * 1_000)
    except (ValueError, OverflowError):
        return None
    return milliseconds if milliseconds >= 0 else None


def origin(url: str) -> str:
    """Scheme, host and port of a URL, lower case, default ports left out; '' for what isn't one."""
    plain = _PLAIN_URL.fullmatch(url) if len(url) <= MAX_ID else None
    if plain:
        scheme, host, number = plain.groups()
        port = "" if number in (None, "443" if scheme == "https" else "80") else f":{number}"
        return f"{scheme}://{host.lower().rstrip('.')}{port}"
    if not is_url(url):
        return ""
    parts = urlsplit(url)
    default = 443 if parts.scheme == "https" else 80
    port = "" if parts.port in (None, default) else f":{parts.port}"
    return f"{parts.scheme}://{(parts.hostname or '').rstrip('.')}{port}"


def same_origin(one: str, other: str) -> bool:
    """Do both come from the same origin? What isn't a URL comes from nowhere."""
    return bool(origin(one)) and origin(one) == origin(other)


def required_id(document: Document, what: str) -> str:
    """The document's own id, or a refusal in words."""
    value = document.get("id")
    if not isinstance(value, str) or not value:
        raise BadRequest(f"The {what} has no id")
    if not is_url(value):
        raise BadRequest(f"The id of the {what} is not a http(s) URL of at most {MAX_ID} characters")
    return value


def kind(document: Document, known: Iterable[str] = ()) -> str:
    """The type; of several the first known one."""
    given = [item for item in as_list(document.get("type"))[:20] if isinstance(item, str) and len(item) <= 100]
    types = [item for item in given if item.isascii() and item.isprintable()]
    return next((item for item in types if item in known), types[0] if types else "")


def refuse_rearranging(document: Any) -> None:
    """Refuse documents that use the keywords by which JSON-LD can be restructured."""
    waiting = [document]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            if not _REARRANGING.isdisjoint(node):
                raise BadRequest("Documents with @graph, @included or @reverse are not read here")
            inner: Iterable[Any] = node.values()
        else:
            inner = node
        for value in inner:
            if isinstance(value, dict | list):
                waiting.append(value)


def document(value: Any, what: str) -> Document:
    """The value as an object, free of rearranging keywords."""
    if not isinstance(value, dict):
        raise BadRequest(f"The {what} is not a JSON object")
    refuse_rearranging(value)
    return value
