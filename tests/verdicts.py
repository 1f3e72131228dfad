"""Verdicts on licences, written by hand: what a look comes to, without anybody looking."""

from __future__ import annotations

from typing import Any

from fedicert.base.clock import DAY
from fedicert.model.attestations import Check, Licence, Outcome, TrustEntry, Verdict

BOARD = "did:web:board.example"
HREF = "https://board.example/credentials/1"


def entry(tier: str = "licensed") -> TrustEntry:
    return TrustEntry(
        issuer=BOARD,
        name="The Electrical Board",
        kinds=("License",),
        professions=("7411",),
        jurisdictions=("US-NY",),
        tier=tier,
    )


def licence(subject: str, **said: Any) -> Licence:
    values: dict[str, Any] = {
        "credential": HREF,
        "issuer": BOARD,
        "issuer_name": "Example State Electrical Board",
        "subject": subject,
        "kind": "License",
        "title": "Master Electrician",
        "achievement": "https://board.example/achievements/master-electrician",
        "number": "ME-104422",
        "holder": "Alice Example",
        "role": "Master Electrician",
        "professions": ("7411",),
        "jurisdictions": ("US-NY",),
        "valid_from": 1_700_000_000_000,
        "valid_until": 1_900_000_000_000,
        "digest": "uEiC8ZswPUtop31JSysZquYlncExIQlUHRynSyWvF4kZGBA",
        **said,
    }
    return Licence(**values)


def verdict(
    subject: str, now: int, outcome: Outcome = "trusted", *, tier: str = "licensed", reason: str = "", **said: Any
) -> Verdict:
    unknown = outcome == "unverifiable"
    return Verdict(
        outcome=outcome,
        reason=reason or ("" if outcome == "trusted" else outcome),
        checks=(
            Check("proof", None if unknown else True, "its proof holds"),
            Check("status", outcome != "invalid", "its issuer hasn't taken it back"),
        ),
        checked_at=now,
        check_again_at=now + DAY,
        licence=None if unknown else licence(subject, **said),
        entry=entry(tier) if outcome in ("trusted", "out_of_scope") else None,
        rests_on=now + 7 * DAY,
    )


def document(number: str = "ME-104422") -> dict[str, Any]:
    """Something to keep as the credential."""
    return {"id": HREF, "credentialSubject": {"licenseNumber": number}}
