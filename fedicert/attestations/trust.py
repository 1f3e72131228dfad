"""Does the trust list speak for a licence: this issuer, for this kind, this trade, this place? Pure comparing of codes."""

from collections.abc import Sequence
from typing import Literal

import msgspec

from fedicert.model.attestations import Licence, TrustEntry

Matched = Literal["trusted", "unlisted", "out_of_scope"]


class Match(msgspec.Struct, frozen=True):
    """What the list says. `entry`: the line that spoke, None where the issuer isn't listed; `why`: a clause for people."""

    outcome: Matched
    entry: TrustEntry | None
    why: str


def match(licence: Licence, trust: Sequence[TrustEntry]) -> Match:
    """The first line that the licence meets; else why the issuer's lines don't meet it.

    Every trade that the licence states has to be covered: it is one trade, described. Of the places one is enough: a
    licence for two states holds in each. What the licence doesn't say isn't met.
    """
    lines = [entry for entry in trust if entry.issuer == licence.issuer]
    if not lines:
        return Match("unlisted", None, "its issuer isn't on our trust list")
    whys = []
    for entry in lines:
        why = _outside(licence, entry)
        if not why:
            return Match("trusted", entry, f"{entry.name} is on our trust list for this kind, trade and place")
        whys.append(why)
    return Match("out_of_scope", lines[0], f"{lines[0].name} is on our trust list, but {whys[0]}")


def _outside(licence: Licence, entry: TrustEntry) -> str:
    """What of the licence lies outside a line, '' where nothing does."""
    if licence.kind not in entry.kinds:
        return f"not for the kind {licence.kind}"
    if not licence.professions:
        return "the licence states no trade (ISCO-08 code)"
    strange = [code for code in licence.professions if not any(code.startswith(prefix) for prefix in entry.professions)]
    if strange:
        return f"not for the trade {', '.join(strange)} (ISCO-08)"
    if not licence.jurisdictions:
        return "the licence states no place (ISO 3166 code)"
    if not any(covers(wide, code) for wide in entry.jurisdictions for code in licence.jurisdictions):
        return f"not for {', '.join(licence.jurisdictions)}"
    return ""


def covers(wide: str, code: str) -> bool:
    """Is an ISO 3166 code the same as another or under it (`US` covers `US-NY`)?"""
    return code == wide or code.startswith(f"{wide}-")
