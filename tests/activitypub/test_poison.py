"""Every leaf of every golden document replaced by every kind of nonsense: read, or refused in words; never stored raw."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from fedicert.activitypub.read import read_activity, read_actor, read_note
from fedicert.base.errors import BadRequest

GOLDEN = sorted((Path(__file__).parent.parent / "golden").glob("*/*.json"))
CYCLE: dict[str, Any] = {"id": "https://far.test/1", "type": "Note"}
CYCLE["object"] = {"id": "https://far.test/1", "object": {"id": "https://far.test/1"}}
POISON: list[Any] = [
    None, True, 0, -1, 2**53 + 1, 2**63, 10**4_300, 1e308, float("inf"), float("nan"), "", "\x00", "\ud800", "\ufeff",
    "\u202eevil\u200b", "x" * 100_000, "<a" * 5_000, "&#0;" * 1_000, [], {}, [[]], [None], [{}], [["x"]], CYCLE,
    ["https://far.test/1"] * 2_000, "https://xn--zzzzz99999.test/", "https://[", "https://a.test\x00/", "javascript:1",
]  # fmt: skip


def places(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in items:
        if key != "@context":
            yield (*path, key)
            yield from places(value, (*path, key))


def replaced(node: Any, path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    copy = dict(node) if isinstance(node, dict) else list(node)
    copy[path[0]] = replaced(node[path[0]], path[1:], value)
    return copy


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from strings(item)
    elif isinstance(value, msgspec.Struct):
        for field in value.__struct_fields__:
            yield from strings(getattr(value, field))


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_wrong_values_everywhere(path: Path) -> None:
    document = json.loads(path.read_text())
    readers = (read_activity, read_actor, read_note)
    whole = [value for value in (document, document.get("object")) if isinstance(value, dict)]
    for base in whole:
        for place in places(base):
            # Each place gets some of the nonsense, all of it comes by.
            offset = sum(map(len, map(str, place)))
            for poison in POISON[offset % 4 :: 4]:
                poisoned = replaced(base, place, poison)
                for reader in readers:
                    try:
                        read = reader(poisoned)
                    except BadRequest as refused:
                        assert str(refused)
                    else:
                        assert not any("\x00" in said or "\ud800" in said for said in strings(read))
