"""Ids that clients send in lists; what can't be one is left out, as an unknown one is."""

from collections.abc import Sequence

from fedicert.base.errors import NotFound
from fedicert.web.plumbing.bodies import query_pairs
from fedicert.web.plumbing.call import read_id
from fedicert.web.plumbing.endpoint import Call

MOST = 80


def asked_ids(call: Call) -> list[int]:
    """The ids of the query, as `id[]` or `id`, in their order; at most 80."""
    return readable([value for name, value in query_pairs(call.scope) if name in ("id[]", "id")])


def account_ids(given: Sequence[str]) -> list[int]:
    """Ids of a body, each of which must be one: `NotFound`, as for one that is unknown."""
    return [read_id(text) for text in given]


def readable(given: list[str]) -> list[int]:
    """Those that can be ids."""
    found: list[int] = []
    for text in given:
        number = readable_id(text)
        if number is not None:
            found.append(number)
    return found[:MOST]


def readable_id(text: str) -> int | None:
    """The id, or None where it can't be one."""
    try:
        return read_id(text)
    except NotFound:
        return None
