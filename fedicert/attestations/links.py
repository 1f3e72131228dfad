"""The links by which an actor's document shows licences (`hasCredential`). What they lead to is judged elsewhere."""

from typing import Any

import msgspec

from fedicert.base.errors import BadRequest
from fedicert.base.urls import same_origin, split_url

MOST = 10
"""Licences of one actor that are looked at."""
LONGEST_NAME = 500


class LicenceLink(msgspec.Struct, frozen=True, kw_only=True):
    """One licence shown. `digest`: '' where none is stated; `mirror`: the actor's own server's copy, '' for none."""

    href: str
    digest: str = ""
    mirror: str = ""
    name: str = ""


def read_links(actor: dict[str, Any]) -> tuple[LicenceLink, ...]:
    """What an actor links to, the first ten. Two links of one digest are one licence: its own address and a mirror.

    Entries of other shapes are passed over; a bare text is an address.
    """
    said = actor.get("hasCredential")
    entries = said if isinstance(said, list) else [said]
    identifier = actor.get("id")
    found: dict[str, LicenceLink] = {}
    for entry in entries[: 2 * MOST]:
        link = _read(entry)
        if link is None:
            continue
        key = link.digest or link.href
        first = found.get(key)
        found[key] = link if first is None else _paired(first, link, identifier if isinstance(identifier, str) else "")
    return tuple(found.values())[:MOST]


def _paired(first: LicenceLink, second: LicenceLink, actor: str) -> LicenceLink:
    """The one on the actor's own origin is the mirror; the second where both or neither are."""
    if same_origin(first.href, actor) and not same_origin(second.href, actor):
        first, second = second, first
    return msgspec.structs.replace(first, mirror=second.href)


def _read(entry: Any) -> LicenceLink | None:
    if isinstance(entry, str):
        entry = {"href": entry}
    if not isinstance(entry, dict):
        return None
    href = entry.get("href", entry.get("id"))
    if not isinstance(href, str):
        return None
    try:
        split_url(href)
    except BadRequest:
        return None
    digest, name = entry.get("digestMultibase"), entry.get("name")
    return LicenceLink(
        href=href,
        digest=digest if isinstance(digest, str) else "",
        name=name[:LONGEST_NAME] if isinstance(name, str) else "",
    )
