"""Does the licence that a post is stated under stand for it? Pure: from what was found of the licence to what is shown.

A permit counts where the licence was in force at the latest of the post's published and updated and the proof's created.
First met after the licence ended it is *ended*: whoever could still set the date back shows nothing by it.
"""

import msgspec

from fedicert.attestations import claims
from fedicert.base.clock import HOUR
from fedicert.model.attestations import Licence, Verdict
from fedicert.model.licences import LicenceRow
from fedicert.model.permits import PermitRow, PermitState

AHEAD = HOUR
"""How far another server's clock may be ahead of ours."""

ENDS = frozenset({"revoked", "suspended", "expired", "for_cause"})
"""How a licence that was in force comes to an end, as the reason of a verdict says it."""

_BY_OUTCOME: dict[str, PermitState] = {"trusted": "valid", "unlisted": "unlisted", "out_of_scope": "out_of_scope"}
_SETTLED: tuple[PermitState, ...] = ("valid", "unlisted", "out_of_scope", "ended")


def judged(permit: PermitRow, row: LicenceRow, now: int) -> PermitRow:
    """A proven permit, by what is known of the licence it names. Once it counted, the licence's end changes nothing."""
    if row.checked_at == 0:
        return permit
    state = _state(permit.at, row.said, row.outcome, row.reason, now)
    if permit.state in _SETTLED and state in ("ended", "invalid"):
        return permit
    shown = claims.shown(row)
    what = permit.what if shown is None else shown.what
    issuer = permit.issuer if shown is None else shown.issuer
    if not what and row.said is not None:
        what = claims.what_of(row.said)
        issuer = claims.issuer_name(row)
    return msgspec.structs.replace(permit, state=state, number=row.number, what=what, issuer=issuer)


def judged_unlinked(permit: PermitRow, verdict: Verdict, now: int) -> PermitRow:
    """The same of a licence that its holder's profile doesn't name (any more): only an end that is proven is told.

    One in force that its holder doesn't show was withdrawn, or never consented to.
    """
    state = _state(permit.at, verdict.licence, verdict.outcome, verdict.reason, now)
    if state != "ended" or verdict.licence is None:
        return msgspec.structs.replace(permit, state="invalid")
    row = LicenceRow(
        id=0, account=0, number=0, href=permit.href, said=verdict.licence, entry=verdict.entry, outcome=verdict.outcome
    )
    return msgspec.structs.replace(
        permit, state="ended", what=claims.what_of(verdict.licence), issuer=claims.issuer_name(row)
    )


def _state(at: int, said: Licence | None, outcome: str, reason: str, now: int) -> PermitState:
    if said is None or at > now + AHEAD or at < said.valid_from:
        return "invalid"
    if outcome in _BY_OUTCOME:
        return _BY_OUTCOME[outcome] if said.valid_until is None or at <= said.valid_until else "invalid"
    if outcome == "unverifiable":
        return "pending"
    in_force = said.valid_until is None or at <= said.valid_until
    return "ended" if reason in ENDS and in_force else "invalid"
