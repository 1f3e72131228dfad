"""The fields of a request, the same whether they came as JSON, as a form, in parts, or in the query.

Read with an end: a body beyond the limit of its endpoint is refused before it is held. Text is taken only if any
database can store it (no NUL, no lone surrogate).
"""

from collections.abc import AsyncGenerator
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl

from starlette.datastructures import Headers, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope

from fedicert.base import json
from fedicert.base.errors import BadRequest, TooLarge, UnsupportedMediaType

MAX_BODY = 1024 * 1024
MAX_FIELDS = 1_000
MAX_FILES = 8
COMMON_QUERY = 64

Pair = tuple[str, str | UploadFile]


class Fields:
    """What a caller sent: `pairs` in their order (bracketed names as sent), and `tree` where it was a JSON object."""

    __slots__ = ("pairs", "tree")

    def __init__(self, pairs: list[Pair], tree: dict[str, Any] | None = None) -> None:
        self.pairs = pairs
        self.tree = tree or {}

    def text(self, name: str) -> str | None:
        """The text of a field; None where it is absent or empty. Raises `BadRequest` where it is no text."""
        found: Any = self.tree.get(name)
        if found is None:
            found = next((value for key, value in reversed(self.pairs) if key == name), None)
        if isinstance(found, bool):
            return "true" if found else "false"
        if isinstance(found, int | float):
            return str(found)
        if found is not None and not isinstance(found, str):
            raise BadRequest(f"{name} must be a text")
        return found or None

    async def close(self) -> None:
        """Let go of the temporary files."""
        for _, value in self.pairs:
            if isinstance(value, UploadFile):
                await value.close()

    def texts(self, name: str) -> list[str]:
        """Every text of a field, written once, repeated, as `name[]` or as a JSON list."""
        found = self.tree.get(name)
        if isinstance(found, list):
            if not all(isinstance(item, str) for item in found):
                raise BadRequest(f"{name} must be a list of texts")
            return list(found)
        many = [value for key, value in self.pairs if key in (name, f"{name}[]") and isinstance(value, str)]
        if many:
            return many
        one = self.text(name)
        return [one] if one else []


async def read_pieces(scope: Scope, receive: Receive, most: int) -> AsyncGenerator[bytes, None]:
    """The body piece by piece as it comes. Raises `TooLarge` as soon as it can't fit any more."""
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit() and int(value[:20]) > most:
            raise TooLarge(f"A request of this kind may have {most} bytes")
    size = 0
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        piece = message.get("body", b"")
        more = message.get("more_body", False)
        size += len(piece)
        if size > most:
            raise TooLarge(f"A request of this kind may have {most} bytes")
        yield piece


async def read_bytes(scope: Scope, receive: Receive, most: int) -> bytes:
    """The whole body. Raises `TooLarge` as soon as it can't fit any more."""
    pieces = [piece async for piece in read_pieces(scope, receive, most)]
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


async def read_fields(scope: Scope, receive: Receive, most: int = MAX_BODY) -> Fields:
    """The fields of body and query; the body wins where both name one.

    A file in parts is never held whole in memory: beyond a megabyte it goes to a temporary file without a name, which
    is gone with `Fields.close`. A body without files has at most `MAX_BODY`, whatever `most` says.
    """
    pairs: list[Pair] = [*query_pairs(scope)]
    kind = content_type(scope)
    if kind == "multipart/form-data" and scope["method"] not in ("GET", "HEAD"):
        return Fields([*pairs, *await _parts(scope, read_pieces(scope, receive, most))])
    body = await read_bytes(scope, receive, min(most, MAX_BODY)) if _may_have_body(scope) else b""
    if not body:
        return Fields(pairs)
    if kind == "application/json" or kind.endswith("+json"):
        tree = json.parse_object(body)
        return Fields(pairs, tree)
    if kind in ("application/x-www-form-urlencoded", ""):
        return Fields([*pairs, *_urlencoded(body, "body")])
    raise UnsupportedMediaType("Send application/json, application/x-www-form-urlencoded or multipart/form-data")


def _may_have_body(scope: Scope) -> bool:
    """Some libraries put what they ask for into the body of a GET; it says how long it is, or there is none."""
    if scope["method"] not in ("GET", "HEAD"):
        return True
    if content_type(scope) not in ("application/json", "application/x-www-form-urlencoded"):
        return False
    return any(name == b"content-length" and value != b"0" for name, value in scope["headers"])


def content_type(scope: Scope) -> str:
    """The media type of the body, lower case, without parameters."""
    for name, value in scope["headers"]:
        if name == b"content-type":
            return str(value.decode("latin-1").partition(";")[0].strip().lower())
    return ""


def query_pairs(scope: Scope) -> list[tuple[str, str]]:
    """What the query says, in its order."""
    query = scope.get("query_string", b"")
    if not query:
        return []
    # Most requests ask for one of a few pages, and are looked at several times. No secret stays in memory for it.
    return list(_common(query)) if len(query) <= COMMON_QUERY and b"token" not in query else _urlencoded(query, "query")


@lru_cache(maxsize=256)
def _common(query: bytes) -> tuple[tuple[str, str], ...]:
    return tuple(_urlencoded(query, "query"))


def _urlencoded(raw: bytes, where: str) -> list[tuple[str, str]]:
    try:
        text = raw.decode("ascii") if where == "query" else raw.decode("utf-8")
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS)
    except ValueError:
        raise BadRequest(f"The {where} is no valid form (UTF-8, at most {MAX_FIELDS} fields)") from None
    for name, value in pairs:
        _check_text(name)
        _check_text(value)
    return pairs


async def _parts(scope: Scope, pieces: AsyncGenerator[bytes, None]) -> list[Pair]:
    first = b""
    async for first in pieces:
        if first:
            break
    if not first:
        return []

    async def stream() -> AsyncGenerator[bytes, None]:
        yield first
        async for piece in pieces:
            yield piece

    parser = MultiPartParser(
        Headers(scope=scope), stream(), max_files=MAX_FILES, max_fields=MAX_FIELDS, max_part_size=MAX_BODY
    )
    try:
        form = await parser.parse()
    except (MultiPartException, KeyError, UnicodeError) as error:
        message = getattr(error, "message", "")
        raise BadRequest(f"The body is no valid multipart form. {message}".strip()) from None
    pairs: list[Pair] = []
    for name, value in form.multi_items():
        _check_text(name)
        if isinstance(value, str):
            _check_text(value)
        pairs.append((name, value))
    return pairs


def _check_text(text: str) -> None:
    if "\x00" in text:
        raise BadRequest("A field has a NUL character, which no text may have")
