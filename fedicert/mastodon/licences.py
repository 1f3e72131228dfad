"""Licences as our own part of the client API gives them: verdict, checks, facts. Pure.

Facts stand there only where the licence was proven; of one that wasn't, the verdict and the reasons alone.
"""

import msgspec

from fedicert.mastodon.dates import timestamp
from fedicert.model.accounts import AccountRow
from fedicert.model.licences import LicenceRow
from fedicert.model.urls import Urls


class LicenceCheck(msgspec.Struct, frozen=True):
    """One check; `passed` null: it couldn't be made."""

    name: str
    passed: bool | None
    sentence: str


class LicenceFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What the credential says. `issuer_name`: by the trust list where the issuer stands on it."""

    title: str
    kind: str
    number: str
    name: str
    professions: list[str]
    jurisdictions: list[str]
    issuer: str
    issuer_name: str
    assurance: str
    checked_by: str
    valid_from: str
    valid_until: str | None


class LicenceEntity(msgspec.Struct, frozen=True, kw_only=True):
    """A licence. `id`: its number; `unanswered`: the last look had no answer, and what is said is from before."""

    id: str
    verdict: str
    reason: str
    checks: list[LicenceCheck]
    checked_at: str | None
    unanswered: bool
    shown: bool
    url: str | None
    credential: str
    tier: str | None
    licence: LicenceFacts | None


def licence(row: LicenceRow, account: AccountRow, issuer: str, urls: Urls) -> LicenceEntity:
    """A licence of an account. `issuer`: how it is called here."""
    return LicenceEntity(
        id=str(row.number),
        verdict=row.outcome,
        reason=row.reason,
        checks=[LicenceCheck(check.name, check.passed, check.sentence) for check in row.checks],
        checked_at=timestamp(row.checked_at) if row.checked_at else None,
        unanswered=row.unanswered,
        shown=row.shown,
        url=urls.licence_page(account.username, row.number) if account.local and row.shown else None,
        credential=row.href,
        tier=row.entry.tier if row.entry is not None and row.outcome == "trusted" else None,
        licence=_facts(row, issuer, local=account.local),
    )


def _facts(row: LicenceRow, issuer: str, *, local: bool) -> LicenceFacts | None:
    said = row.said
    if said is None or not row.genuine:
        return None
    # Somebody here chose what of name and number is shown; what others show, their own server has decided.
    return LicenceFacts(
        title=said.role or said.title,
        kind=said.kind,
        number=said.number if not local or row.shows in ("number", "both") else "",
        name=said.holder if not local or row.shows in ("name", "both") else "",
        professions=list(said.professions),
        jurisdictions=list(said.jurisdictions),
        issuer=said.issuer,
        issuer_name=issuer,
        assurance=said.assurance,
        checked_by=said.checked_by,
        valid_from=timestamp(said.valid_from),
        valid_until=None if said.valid_until is None else timestamp(said.valid_until),
    )
