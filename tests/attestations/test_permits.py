"""A proven permit and what is known of the licence it names: what is shown."""

import msgspec
import pytest

from fedicert.attestations.permits import judged, judged_unlinked
from fedicert.base.clock import DAY, HOUR
from fedicert.model.attestations import Licence, Outcome, Verdict
from fedicert.model.licences import LicenceRow
from fedicert.model.permits import PermitRow, PermitState

NOW = 1_800_000_000_000
SAID = Licence(
    credential="https://b.example/1",
    issuer="did:web:b.example",
    issuer_name="The Board",
    subject="https://a.example/u",
    kind="License",
    title="Electrician",
    achievement="https://b.example/a",
    jurisdictions=("US-NY",),
    valid_from=NOW - 30 * DAY,
    valid_until=NOW + 30 * DAY,
)
FRESH = PermitRow(state="pending", href=SAID.credential, at=NOW - DAY)


def row(outcome: Outcome, reason: str = "", **changes: object) -> LicenceRow:
    known = LicenceRow(
        id=1, account=2, number=3, href=SAID.credential, outcome=outcome, reason=reason, said=SAID, checked_at=NOW,
        consented_at=NOW,
    )  # fmt: skip
    return msgspec.structs.replace(known, **changes)


@pytest.mark.parametrize(
    ("outcome", "reason", "at", "state"),
    [
        ("trusted", "", NOW - DAY, "valid"),
        ("unlisted", "", NOW - DAY, "unlisted"),
        ("out_of_scope", "", NOW - DAY, "out_of_scope"),
        ("trusted", "", NOW - 31 * DAY, "invalid"),
        ("trusted", "", NOW + 31 * DAY, "invalid"),
        ("trusted", "", NOW + 2 * HOUR, "invalid"),
        ("trusted", "", NOW + HOUR // 2, "valid"),
        ("unverifiable", "unreachable", NOW - DAY, "pending"),
        ("invalid", "revoked", NOW - DAY, "ended"),
        ("invalid", "expired", NOW - DAY, "ended"),
        ("invalid", "expired", NOW - 31 * DAY, "invalid"),
        ("invalid", "proof", NOW - DAY, "invalid"),
        ("invalid", "subject", NOW - DAY, "invalid"),
    ],
)
def test_first_met(outcome: Outcome, reason: str, at: int, state: PermitState) -> None:
    found = judged(msgspec.structs.replace(FRESH, at=at), row(outcome, reason), NOW)
    assert found.state == state
    if state in ("valid", "ended"):
        assert (found.what, found.issuer, found.number) == ("Electrician, US-NY", "The Board (b.example)", 3)


@pytest.mark.parametrize("before", ["valid", "unlisted", "out_of_scope", "ended"])
def test_what_counted_once_isnt_undone_by_the_end(before: PermitState) -> None:
    known = msgspec.structs.replace(FRESH, state=before, what="x", issuer="y")
    assert judged(known, row("invalid", "revoked"), NOW).state == before
    assert judged(known, row("unlisted"), NOW).state == "unlisted"
    assert judged(known, row("trusted"), NOW).state == "valid"


def test_what_nobody_looked_at_yet_waits() -> None:
    assert judged(FRESH, row("unverifiable", checked_at=0), NOW) == FRESH


@pytest.mark.parametrize(
    ("outcome", "reason", "state"),
    [
        ("trusted", "", "invalid"),
        ("unlisted", "", "invalid"),
        ("invalid", "revoked", "ended"),
        ("invalid", "form", "invalid"),
    ],
)
def test_a_licence_that_its_holder_doesnt_show(outcome: Outcome, reason: str, state: PermitState) -> None:
    verdict = Verdict(
        outcome=outcome, checks=(), checked_at=NOW, check_again_at=NOW, reason=reason,
        licence=None if reason == "form" else SAID,
    )  # fmt: skip
    assert judged_unlinked(FRESH, verdict, NOW).state == state
