"""Request bodies and queries in every form that clients send, as one nested dict.

JSON, urlencoded and multipart say the same thing differently: `media_ids[]=1`, `{"media_ids": ["1"]}`,
`fields_attributes[0][name]=x`, `{"fields_attributes": {"0": {"name": "x"}}}`, `keywords_attributes[][keyword]=x`.
Knows no form; gives strings, numbers, flags, None, lists, dicts and uploaded files as they came.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from fedicert.base.errors import BadRequest

MAX_PAIRS = 2_000
MAX_KEYS = 6

_KEY = re.compile(r"(?P<root>[^\[\]]{1,200})(?P<rest>(?:\[[^\[\]]{0,200}\])*)")
_PART = re.compile(r"\[([^\[\]]*)\]")


class Repeated(list[Any]):
    """The values of a plain key that came more than once: all for a list, the last for anything else."""


def normalise(given: Mapping[str, Any] | Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Pairs, or a JSON object, as a nested dict; raises BadRequest where keys contradict each other."""
    pairs = list(given.items()) if isinstance(given, Mapping) else list(given)
    if len(pairs) > MAX_PAIRS:
        raise BadRequest(f"More than {MAX_PAIRS} parameters")
    root: dict[str, Any] = {}
    for key, value in pairs:
        match = _KEY.fullmatch(key)
        if match is None:
            continue
        parts = [match["root"], *_PART.findall(match["rest"])]
        if len(parts) > MAX_KEYS:
            raise BadRequest(f"The parameter {match['root']} is nested too deep")
        _put(root, parts, value)
    return {key: _listed(value) for key, value in root.items()}


def _put(node: dict[str, Any], parts: list[str], value: Any) -> None:
    """Walk to where the last part says, making dicts and lists on the way."""
    for at, part in enumerate(parts):
        is_last = at == len(parts) - 1
        if is_last:
            _set(node, part, value)
            return
        if parts[at + 1] == "":
            items = node.setdefault(part, [])
            if not isinstance(items, list) or isinstance(items, Repeated):
                raise BadRequest(f"The parameter {parts[0]} is given both as a list and otherwise")
            if at + 2 == len(parts):
                items.extend(value) if isinstance(value, list) else items.append(value)
                return
            # `a[][b]=1&a[][c]=2&a[][b]=3`: a key that is there already starts the next element.
            if not items or not isinstance(items[-1], dict) or parts[at + 2] in items[-1]:
                items.append({})
            _put(items[-1], parts[at + 2 :], value)
            return
        below = node.setdefault(part, {})
        if not isinstance(below, dict):
            raise BadRequest(f"The parameter {parts[0]} is given in two ways that contradict each other")
        node = below


def _set(node: dict[str, Any], part: str, value: Any) -> None:
    if part not in node:
        node[part] = value
    elif isinstance(node[part], Repeated):
        node[part].append(value)
    else:
        node[part] = Repeated([node[part], value])


def _listed(value: Any) -> Any:
    """Dicts keyed by numbers are lists in disguise."""
    if isinstance(value, dict):
        inner = {key: _listed(item) for key, item in value.items()}
        if inner and all(isinstance(key, str) and _is_index(key) for key in inner):
            return [inner[key] for key in sorted(inner, key=int)]
        return inner
    if isinstance(value, Repeated):
        return Repeated(_listed(item) for item in value)
    if isinstance(value, list):
        return [_listed(item) for item in value]
    return value


def _is_index(key: str) -> bool:
    return key.isascii() and key.isdecimal() and len(key) <= 20
