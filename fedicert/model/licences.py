"""Licences as they are kept and shown: a row of an account, and the little of it that stands on profiles. Frozen values.

Times are milliseconds since the epoch, UTC; '' is "none" in texts.
"""

from typing import Literal

import msgspec

from fedicert.model.attestations import Check, Licence, Outcome, TrustEntry

Shows = Literal["name", "number", "both"]
SHOWS: tuple[Shows, ...] = ("name", "number", "both")
"""Which of the attested name and the licence's number its holder lets profiles show."""

LICENCE_FIELD = "Licence"
"""How the name of a licence's profile field begins."""

CHECKED_FIELD = "Licence, as checked here"
"""The name of the field in which a server says what it found itself."""

MOST_LINKS = 8
"""So many licences of a remote actor are looked at."""


class ShownLicence(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What of a licence stands on a profile, and in the actor document of somebody here.

    `number`: of its page. `title`, `place`: what it is for, and where. `issuer`: by the name of the trust list, else its
    own word with its host. `label`: the link's name. `since`: trusted since. `unanswered_since`: the last look that was
    answered, where a later one wasn't; 0 else.
    """

    number: int
    outcome: Outcome
    title: str
    place: str = ""
    issuer: str
    label: str
    href: str
    digest: str = ""
    since: int = 0
    unanswered_since: int = 0

    @property
    def what(self) -> str:
        """What it is a licence for: `Master Electrician, US-NY`."""
        return f"{self.title}, {self.place}" if self.place else self.title


class LicenceRow(msgspec.Struct, frozen=True, kw_only=True):
    """A licence as it is kept; the columns are explained where the table is made."""

    id: int
    account: int
    number: int
    href: str
    mirror: str = ""
    digest: str = ""
    document: str = ""
    outcome: Outcome = "unverifiable"
    reason: str = ""
    checks: tuple[Check, ...] = ()
    said: Licence | None = None
    entry: TrustEntry | None = None
    checked_at: int = 0
    tried_at: int = 0
    unanswered: bool = False
    check_again_at: int = 0
    rests_on: int | None = None
    good_since: int | None = None
    consented_at: int | None = None
    shows: Shows = "number"
    claim: str | None = None
    ended_at: int | None = None
    cause: str = ""
    created_at: int = 0

    @property
    def genuine(self) -> bool:
        """Proven, of its holder and in force, by the last look that was answered, and not ended here."""
        return self.ended_at is None and self.said is not None and self.outcome in GENUINE

    @property
    def shown(self) -> bool:
        """May others see it?"""
        return self.genuine and self.consented_at is not None


GENUINE: tuple[Outcome, ...] = ("trusted", "unlisted", "out_of_scope")
