"""Dates and media types in the form that documents carry."""

from datetime import UTC, datetime
from urllib.parse import urlsplit

_BY_SUFFIX = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "gif": "image/gif",
    "webp": "image/webp",
    "avif": "image/avif",
}


def stamp(at: int) -> str:
    """A moment (ms) as `2026-01-02T03:04:05Z`, with milliseconds only where there are any."""
    seconds, rest = divmod(at, 1_000)
    written = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{written}.{rest:03d}Z" if rest else f"{written}Z"


def media_type_of(url: str) -> str:
    """The media type of a picture by the end of its name; '' where that says nothing."""
    return _BY_SUFFIX.get(urlsplit(url).path.rpartition(".")[2].lower(), "")
