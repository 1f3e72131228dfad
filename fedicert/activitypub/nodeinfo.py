"""NodeInfo 2.0 and 2.1: what the server says about itself. The numbers are given, never guessed."""

from typing import Literal

import msgspec

from fedicert.activitypub.types import Document
from fedicert.model.urls import Urls

Version = Literal["2.0", "2.1"]
VERSIONS: tuple[Version, ...] = ("2.0", "2.1")
_SCHEMA = "http://nodeinfo.diaspora.software/ns/schema/"


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """The facts to publish; None for numbers that aren't told."""

    version: str
    name: str
    description: str = ""
    source_url: str = ""
    open_registrations: bool = False
    users: int | None = None
    active_month: int | None = None
    active_half_year: int | None = None
    local_posts: int | None = None
    staff: tuple[str, ...] = ()
    reach: Document | None = None
    """How this server limits reach, as `/.well-known/fedicert` says it."""


def media_type(version: Version) -> str:
    """The content type that a NodeInfo document is served with."""
    return f'application/json; profile="{_SCHEMA}{version}#"'


def well_known(urls: Urls) -> Document:
    """Where the documents are."""
    return {
        "links": [{"rel": f"{_SCHEMA}{version}", "href": f"{urls.base}/nodeinfo/{version}"} for version in VERSIONS]
    }


def nodeinfo(version: Version, facts: Facts) -> Document:
    """The document (FEP-0151, FEP-f1d5)."""
    software = {"name": "fedicert", "version": facts.version}
    if version == "2.1" and facts.source_url:
        software["repository"] = facts.source_url
    users = {
        "total": facts.users,
        "activeMonth": facts.active_month,
        "activeHalfyear": facts.active_half_year,
    }
    usage: Document = {"users": {key: count for key, count in users.items() if count is not None}}
    if facts.local_posts is not None:
        usage["localPosts"] = facts.local_posts
    return {
        "version": version,
        "software": software,
        "protocols": ["activitypub"],
        "services": {"inbound": [], "outbound": []},
        "openRegistrations": facts.open_registrations,
        "usage": usage,
        "metadata": {
            "nodeName": facts.name,
            "nodeDescription": facts.description,
            "staffAccounts": list(facts.staff),
            "federation": {"enabled": True},
            **({} if facts.reach is None else {"fedicert": facts.reach}),
        },
    }
