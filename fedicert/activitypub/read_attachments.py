"""What hangs on a remote post: pictures, videos, sounds. Reads addresses and descriptions, fetches
nothing.
"""

from typing import Any, Literal

from fedicert.activitypub.types import Document, RemoteAttachment
from fedicert.activitypub.values import as_list, kind, link, number, text

MAX_ATTACHMENTS = 16
MAX_DESCRIPTION = 10_000
MAX_PIXELS = 100_000
MAX_PARTS = 5
"""Of a blurhash, across and down."""

_BASE83 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz#$%*+,-.:;=?@[]^_{|}~"
_BY_TYPE: dict[str, Literal["image", "video", "audio"]] = {
    "Image": "image",
    "Video": "video",
    "Audio": "audio",
}


def read_attachments(raw: Document) -> tuple[RemoteAttachment, ...]:
    """The media of a post in order, at most `MAX_ATTACHMENTS`; of a Video, Audio or Image the thing
    itself.
    """
    found = _media(as_list(raw.get("attachment")))
    if found:
        return found
    # A titled thing has its picture beside it, or is one itself.
    if kind(raw) == "Image":
        return _media([{"type": "Image", "url": raw.get("url"), "name": raw.get("name")}])
    if kind(raw) in ("Article", "Page", "Event", "Video"):
        return _media(as_list(raw.get("image") or raw.get("icon"))[:1])
    return ()


def _media(items: list[Any]) -> tuple[RemoteAttachment, ...]:
    found: list[RemoteAttachment] = []
    for item in items:
        if len(found) == MAX_ATTACHMENTS:
            break
        one = _attachment(item)
        if one is not None:
            found.append(one)
    return tuple(found)


def _attachment(item: Any) -> RemoteAttachment | None:
    if not isinstance(item, dict) or kind(item) not in ("Document", "Image", "Video", "Audio"):
        return None
    url = link(item.get("url")) or link(item.get("href"))
    if not url:
        return None
    mime_type = text(item.get("mediaType"), 100).lower() or _mime_of_link(item)
    focus = item.get("focalPoint")
    x, y = (0.0, 0.0)
    if isinstance(focus, list) and len(focus) == 2:
        x, y = _focus(focus[0]), _focus(focus[1])
    return RemoteAttachment(
        type=_kind(kind(item), mime_type),
        url=url,
        mime_type=mime_type,
        description=(text(item.get("summary"), MAX_DESCRIPTION) or text(item.get("name"), MAX_DESCRIPTION)),
        blurhash=_blurhash(text(item.get("blurhash"), 200)),
        width=number(item.get("width"), MAX_PIXELS),
        height=number(item.get("height"), MAX_PIXELS),
        focus_x=x,
        focus_y=y,
    )


def _mime_of_link(item: Document) -> str:
    for one in as_list(item.get("url"))[:20]:
        if isinstance(one, dict):
            return text(one.get("mediaType"), 100).lower()
    return ""


def _kind(declared: str, mime_type: str) -> Literal["image", "gifv", "video", "audio", "unknown"]:
    family = mime_type.partition("/")[0]
    if family == "image":
        return "image"
    if family == "video":
        return "video"
    if family == "audio":
        return "audio"
    return _BY_TYPE.get(declared, "unknown") if not mime_type else "unknown"


def _blurhash(said: str) -> str:
    """A blurhash that says itself how long it is, and of no more parts than clients are made for; or ''."""
    if len(said) < 6 or not set(said) <= set(_BASE83):
        return ""
    parts = _BASE83.index(said[0])
    across, down = parts % 9 + 1, parts // 9 + 1
    fits = across <= MAX_PARTS and down <= MAX_PARTS and len(said) == 4 + 2 * across * down
    return said if fits else ""


def _focus(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return 0.0
    return float(value) if -1 <= value <= 1 else 0.0
