"""JSON read strictly and written plainly.

The same parsed tree is verified and processed, so what two readers could read in two ways is refused here:
duplicate keys, broken UTF-8, a byte order mark, NUL, lone surrogates, numbers a double can't hold. Never
lenient.
"""

from typing import Any

import orjson

from fedicert.base.errors import BadRequest

MAX_DEPTH = 64
MAX_NODES = 20_000
MAX_STRING = 1_000_000
MAX_NUMBER = 1 << 53


def parse(data: bytes | str) -> Any:
    """The value of one JSON text. Raises `BadRequest` with a sentence that names the fault.

    Taken: depth ≤ 64, ≤ 20,000 values, strings and keys ≤ 1 MB, numbers finite and within ±2^53.
    """
    raw = _encoded(data) if isinstance(data, str) else data
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise BadRequest(f"This is not JSON: {error}") from None
    if _walk(value) != _members(raw):
        raise BadRequest("This JSON has the same key twice in one object")
    if b"\\u0000" in raw or len(raw) > MAX_STRING:
        _check_strings(value)
    return value


def parse_object(data: bytes | str) -> dict[str, Any]:
    """As `parse`, and the value must be an object."""
    value = parse(data)
    if not isinstance(value, dict):
        raise BadRequest("This JSON is not an object")
    return value


def dump(value: Any) -> bytes:
    """Compact UTF-8; keys in their own order."""
    return orjson.dumps(value)


def dump_text(value: Any) -> str:
    """As `dump`, for a TEXT column."""
    return orjson.dumps(value).decode()


def _encoded(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise BadRequest("This JSON has a lone surrogate, which is no character") from None


def _walk(root: Any) -> int:
    """Check depth, count and numbers level by level; how many object members there are."""
    if not isinstance(root, dict | list):
        _check_leaf(root)
        return 0
    level: list[Any] = [root]
    depth, nodes, members = 0, 1, 0
    while level:
        depth += 1
        if depth > MAX_DEPTH:
            raise BadRequest(f"This JSON is nested deeper than {MAX_DEPTH} levels")
        below: list[Any] = []
        for container in level:
            if type(container) is dict:
                members += len(container)
                children = container.values()
            else:
                children = container
            nodes += len(children)
            for child in children:
                kind = type(child)
                if kind is dict or kind is list:
                    below.append(child)
                elif kind is not str and (kind is int or kind is float):
                    _check_leaf(child)
        if nodes > MAX_NODES:
            raise BadRequest(f"This JSON has more than {MAX_NODES} values")
        level = below
    return members


def _check_leaf(value: Any) -> None:
    if isinstance(value, int | float) and not -MAX_NUMBER <= value <= MAX_NUMBER:
        raise BadRequest("This JSON has a number beyond 2^53, which not every reader can hold")


def _members(raw: bytes) -> int:
    """How many members the text writes: colons outside strings. The text is known to be well-formed.

    Pairs of backslashes go first, so that what is left before a quote is its own escape.
    """
    if b"\\" in raw:
        raw = raw.replace(b"\\\\", b"").replace(b'\\"', b"")
    return b"".join(raw.split(b'"')[::2]).count(b":")


def _check_strings(root: Any) -> None:
    waiting = [root]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            if "\x00" in value:
                raise BadRequest("This JSON has a NUL character")
            if len(value) > MAX_STRING or len(value.encode()) > MAX_STRING:
                raise BadRequest(f"This JSON has a string of more than {MAX_STRING} bytes")
        elif isinstance(value, dict):
            waiting.extend(value)
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)
