"""Collections and their pages. `totalItems` is what the caller counted: nobody is counted here."""

from collections.abc import Iterable
from typing import Any

from fedicert.activitypub.contexts import NOTE, PLAIN
from fedicert.activitypub.types import Document


def collection(uri: str, total: int, first: str = "", last: str = "") -> Document:
    """A collection read page by page; without `first` its members are not shown."""
    built: Document = {"@context": PLAIN, "id": uri, "type": "OrderedCollection", "totalItems": total}
    if first:
        built["first"] = first
    if last:
        built["last"] = last
    return built


def page(uri: str, part_of: str, total: int, items: Iterable[Any], following: str = "", previous: str = "") -> Document:
    """One page; `following` and `previous` are the ids of the pages beside it, '' at the ends."""
    built: Document = {
        "@context": NOTE,
        "id": uri,
        "type": "OrderedCollectionPage",
        "partOf": part_of,
        "totalItems": total,
    }
    if following:
        built["next"] = following
    if previous:
        built["prev"] = previous
    return {**built, "orderedItems": list(items)}


def whole(uri: str, items: Iterable[Any]) -> Document:
    """A collection in one piece: pinned posts, and the partial collection of FEP-8fcf."""
    listed = list(items)
    return {
        "@context": NOTE,
        "id": uri,
        "type": "OrderedCollection",
        "totalItems": len(listed),
        "orderedItems": listed,
    }
