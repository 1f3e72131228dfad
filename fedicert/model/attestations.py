"""Licence attestations as values: what a credential says, whom an admin trusts, and what was found of it.

No behaviour beyond themselves. Times are milliseconds since the epoch, UTC; '' is "none" in texts.
"""

from typing import Literal

import msgspec

Suite = Literal["eddsa-rdfc-2022", "eddsa-jcs-2022", "ecdsa-rdfc-2019", "ecdsa-jcs-2019"]
ISSUED_SUITES: tuple[Suite, ...] = ("eddsa-rdfc-2022", "eddsa-jcs-2022")
"""What we issue with; the first is the default. The others are read, never written."""

Outcome = Literal["trusted", "unlisted", "out_of_scope", "unverifiable", "invalid"]
"""The five verdicts. `unlisted`: valid, its issuer not on our list. `out_of_scope`: the issuer is trusted for another
trade or place. `unverifiable`: not now; nobody rises by it, and nobody falls by it at once. `invalid`: also revoked or
expired; nothing is shown to others."""

Assurance = Literal["authority", "registrar", "body", "instance", "self_certified"]
"""Who looked: the licensing authority itself, a registrar for it, a professional body, the instance by its own
examination, or the holder (docs/law.md, Attestations)."""

CheckName = Literal["form", "digest", "proof", "issuer", "subject", "dates", "status", "trust"]
"""In the order in which they are made and shown."""


class TrustEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the trust list: this issuer, for these kinds, professions and places, lifts to this tier.

    `kinds`: achievement types (License, Certification, …). `professions`: ISCO-08 codes or prefixes of them.
    `jurisdictions`: ISO 3166 codes; `US` covers `US-NY`. Each list has to be met; what a credential doesn't say isn't met.
    `name`: how the issuer is called here, whatever it calls itself.
    """

    issuer: str
    name: str
    kinds: tuple[str, ...]
    professions: tuple[str, ...]
    jurisdictions: tuple[str, ...]
    tier: str


class Licence(msgspec.Struct, frozen=True, kw_only=True):
    """What a credential says, read once. `issuer_name` is the issuer's own word; `valid_until` None: no end stated.

    `achievement`: the id of the kind of licence. `digest`: `digestMultibase` over the credential without its proof.
    `checked_by`: whose register was looked at, where a registrar issued it.
    """

    credential: str
    issuer: str
    issuer_name: str
    subject: str
    kind: str
    title: str
    achievement: str
    number: str = ""
    holder: str = ""
    role: str = ""
    professions: tuple[str, ...] = ()
    jurisdictions: tuple[str, ...] = ()
    assurance: Assurance = "authority"
    checked_by: str = ""
    valid_from: int = 0
    valid_until: int | None = None
    digest: str = ""


class Check(msgspec.Struct, frozen=True):
    """One check and its result. `passed` None: it couldn't be made now. `sentence`: for people, one clause."""

    name: CheckName
    passed: bool | None
    sentence: str


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What came of looking. `reason`: one word for machines, '' when trusted (`revoked`, `expired`, `proof`, …).

    `entry`: the line of the trust list that matched. `licence`: None where it couldn't be read. `rests_on`: until when
    an answer of the issuer's status list holds (its `validUntil`), for the 14 days after which silence counts as expiry.
    """

    outcome: Outcome
    checks: tuple[Check, ...]
    checked_at: int
    check_again_at: int
    reason: str = ""
    licence: Licence | None = None
    entry: TrustEntry | None = None
    rests_on: int | None = None

    @property
    def genuine(self) -> bool:
        """Proven, of this subject, and in force, whoever issued it: what may be shown to others."""
        return self.outcome in ("trusted", "unlisted", "out_of_scope")


class ProofFault(msgspec.Struct, frozen=True):
    """Why one proof doesn't hold: a word for machines and a clause for people."""

    reason: str
    sentence: str


class ProofResult(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one proof. `method`: the key it names. `fault` None: it holds. `pending`: couldn't be tried now."""

    method: str
    suite: str
    fault: ProofFault | None = None
    pending: bool = False
