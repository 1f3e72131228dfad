"""What an admin decided about a domain and those below it. No behaviour beyond itself."""

from typing import Literal

import msgspec

Severity = Literal["noop", "silence", "suspend"]
SEVERITIES: tuple[Severity, ...] = ("noop", "silence", "suspend")


class DomainBlock(msgspec.Struct, frozen=True, kw_only=True):
    """`suspend`: nothing is taken from there and nothing new said to it. `silence`: its posts stand in no public
    timeline. `noop`: only what else stands here. `reject_media`: no pictures are fetched from there.

    `obfuscate`: the public list hides part of the name.
    """

    id: int
    domain: str
    severity: Severity
    reject_media: bool = False
    reject_reports: bool = False
    obfuscate: bool = False
    private_comment: str = ""
    public_comment: str = ""
    created_at: int = 0


def names_of(host: str) -> list[str]:
    """A host and every domain above it, the longest first: `a.b.example` → itself, `b.example`, `example`."""
    bare = host.lower().partition(":")[0]
    parts = bare.split(".")
    found = [".".join(parts[start:]) for start in range(len(parts))]
    return found if bare == host.lower() else [host.lower(), *found]
