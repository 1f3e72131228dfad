"""Licences of people here and elsewhere: kept, consented to, withdrawn, ended; and what an account's tier follows from.

A verdict comes in from outside, made with no unit of work open. Lifting fails closed: only a licence that was found
trusted within the hour, that its holder consented to, and whose line of the trust list names a tier that is entered by
licence, lets anybody stand higher. Each function is one unit of work under the account's lock, and tells its ledger.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from fedicert.attestations import claims
from fedicert.base.clock import DAY, HOUR
from fedicert.base.errors import Conflict, Duplicate, NotFound, Unprocessable
from fedicert.model.attestations import Check, Outcome, Verdict
from fedicert.model.licences import GENUINE, SHOWS, LicenceRow, ShownLicence, Shows
from fedicert.model.tiers import Tier
from fedicert.model.urls import Urls
from fedicert.operations import limits_told, permits, profiles, rungs
from fedicert.operations.ledger import Party, record
from fedicert.store.tables import grants, licences, people, seats, tiers
from fedicert.store.tables.people import Person
from fedicert.store.tables.told import what_of
from fedicert.store.unit import Reader, Tx
from fedicert.text.licences import field_name

LIFTS_WITHIN = HOUR
SILENCE = 14 * DAY
"""So long after the last answer's end an issuer may be silent before that counts as expiry."""
LOOK_AGAIN = 6 * HOUR
HOLDERS = 1_000
LAW = "attestations"
TAKES_PERMITS_OFF = frozenset({"withdrawn", "displaced"})
"""Ends after which name and number come off the posts too: the holder's wish, or it was never theirs."""


class LicenceReport(msgspec.Struct, frozen=True, kw_only=True):
    """A licence as its holder and the commands are told of it. `number` 0: it isn't kept. Times in ms; None: not."""

    account: str
    number: int
    outcome: Outcome
    reason: str = ""
    checks: tuple[Check, ...] = ()
    shown: ShownLicence | None = None
    tier: str = ""
    href: str = ""
    checked_at: int = 0
    unanswered: bool = False
    consented_at: int | None = None
    ended_at: int | None = None
    cause: str = ""


async def import_licence(
    tx: Tx, urls: Urls, account: int, href: str, verdict: Verdict, document: Mapping[str, Any] | None, every: int
) -> LicenceReport:
    """Keep a credential that was found genuine, for its holder to consent to; nothing of it is shown to anybody yet.

    One that isn't genuine isn't kept: the report says why, under the number 0.
    """
    person = await _local(tx, account)
    if verdict.outcome not in GENUINE or verdict.licence is None or document is None:
        return _report(person, LicenceRow(id=0, account=account, number=0, href=href), verdict)
    if verdict.licence.subject != person.uri:
        raise Unprocessable(f"this licence is about {verdict.licence.subject}, and not about {person.uri}")
    await seats.hold_family(tx, account)
    await seats.lock(tx, account)
    found = await licences.linked(tx, account, href)
    if found is None:
        found = LicenceRow(
            id=tx.new_id(),
            account=account,
            number=await licences.next_number(tx, account),
            href=href,
            document=_text(document),
            created_at=tx.now,
        )
        await licences.insert(tx, found)
    return await _record(tx, urls, person, found, verdict, document, every)


async def record_verdict(
    tx: Tx,
    urls: Urls,
    account: int,
    href: str,
    verdict: Verdict,
    document: Mapping[str, Any] | None = None,
    every: int = LOOK_AGAIN,
) -> LicenceReport | None:
    """Write down what came of looking again, and let follow what follows from it. None: it is linked to no longer.

    `every`: look again after so many ms at the latest. A look without an answer changes nothing but that it is said; 14
    days after the last answer's end it counts as expiry.
    """
    person = await people.by_id(tx, account)
    if person is None:
        return None
    await seats.hold_family(tx, account)
    await seats.lock(tx, account)
    found = await licences.linked(tx, account, href)
    return None if found is None else await _record(tx, urls, person, found, verdict, document, every)


async def consent(tx: Tx, urls: Urls, account: int, number: int, shows: Shows = "number") -> LicenceReport:
    """Its holder lets a licence be shown, and the tier follows it at once. Raises NotFound, Conflict, Unprocessable."""
    if shows not in SHOWS:
        raise Unprocessable(f"{shows!r} isn't one of {', '.join(SHOWS)}")
    person = await _local(tx, account)
    found = await _standing(tx, account, number)
    claim = None if found.said is None else claims.claim_of(found.said, msgspec.json.decode(found.document))
    holder = None if claim is None else await licences.claimed(tx, claim)
    await seats.hold_family(tx, account, *([] if holder is None else [holder.account]))
    await seats.lock(tx, account)
    found = await _standing(tx, account, number)
    _check_fresh(tx, person, found)
    if claim is not None and found.consented_at is None:
        await _take_claim(tx, urls, person, found, claim)
    before = found
    found = msgspec.structs.replace(found, consented_at=found.consented_at or tx.now, shows=shows, claim=claim)
    try:
        await tx.attempt(licences.update, found)
    except Duplicate:
        raise Conflict("somebody else here has consented to this licence at this moment") from None
    if before.consented_at is None:
        await _tell(tx, person, found, "licence_consented", {"shows": shows})
        await _replace_older(tx, person, found)
    await _follow_up(tx, urls, person, found, "licence")
    return _report(person, found)


async def withdraw(tx: Tx, urls: Urls, account: int, number: int) -> LicenceReport:
    """Its holder takes a licence off the profile; what stood on it falls. The number isn't given again."""
    person = await _local(tx, account)
    await seats.hold_family(tx, account)
    await seats.lock(tx, account)
    return _report(person, await _end(tx, urls, person, await _standing(tx, account, number), "withdrawn"))


async def forget(tx: Tx, account: int) -> None:
    """An account is gone: so is what was known of its licences and rested on them, and what it claimed is free."""
    await grants.end_of_licences(tx, account, "account_gone")
    await licences.remove_all(tx, account)
    await show(tx, account)


async def reports(reader: Reader, account: int) -> list[LicenceReport]:
    """Every licence of somebody here, for themselves and for commands."""
    person = await _local(reader, account)
    return [_report(person, row) for row in await licences.of_account(reader, account, ended=True)]


async def all_reports(reader: Reader) -> list[LicenceReport]:
    """The licences of the people here that have any, so many people at most, in the order of accounts."""
    found: list[LicenceReport] = []
    for account in await licences.holders_here(reader, HOLDERS):
        found += await reports(reader, account)
    return found


def _outdated(person: Person, before: LicenceRow, verdict: Verdict) -> bool:
    """Good news from before the latest look, or about a document that its holder doesn't mean any more."""
    if verdict.outcome not in GENUINE or verdict.licence is None:
        return False
    other = not person.local and before.digest not in ("", verdict.licence.digest)
    return other or verdict.checked_at < before.checked_at


async def _record(
    tx: Tx,
    urls: Urls,
    person: Person,
    before: LicenceRow,
    verdict: Verdict,
    document: Mapping[str, Any] | None,
    every: int,
) -> LicenceReport:
    """The caller holds the lock. A verdict without an answer leaves the last answer standing, as long as that may."""
    if _outdated(person, before, verdict):
        return _report(person, before)
    again = min(verdict.check_again_at, tx.now + every)
    if verdict.outcome == "unverifiable" and before.genuine:
        rests_on = max(verdict.rests_on or 0, before.rests_on or before.checked_at)
        after = msgspec.structs.replace(
            before, unanswered=True, reason=verdict.reason, tried_at=tx.now, check_again_at=again
        )
        if after.outcome == "trusted" and _struck_off(verdict):
            # What our own list says doesn't wait for anybody's answer.
            outcome: Outcome = "unlisted" if verdict.entry is None else "out_of_scope"
            after = msgspec.structs.replace(after, outcome=outcome, entry=verdict.entry, good_since=None)
        if tx.now > rests_on + SILENCE:
            after = msgspec.structs.replace(after, outcome="invalid", reason="unreachable", checks=verdict.checks)
    else:
        trusted = verdict.outcome == "trusted"
        after = msgspec.structs.replace(
            before,
            document=_text(document) if document is not None and _kept(person, verdict) else before.document,
            outcome=verdict.outcome,
            reason=verdict.reason,
            checks=verdict.checks,
            said=verdict.licence,
            entry=verdict.entry,
            checked_at=verdict.checked_at,
            tried_at=tx.now,
            unanswered=False,
            check_again_at=again,
            rests_on=verdict.rests_on,
            good_since=(before.good_since or verdict.checked_at) if trusted else None,
        )
    if person.local and after.outcome == "invalid":
        ended = await _end(tx, urls, person, msgspec.structs.replace(after, said=before.said), after.reason)
        return _report(person, ended)
    await licences.update(tx, after)
    if (before.outcome, before.checked_at == 0) != (after.outcome, after.checked_at == 0):
        await permits.licence_judged(tx, person.id, after.href)
    await _follow_up(tx, urls, person, after, after.outcome)
    return _report(person, after)


def _struck_off(verdict: Verdict) -> bool:
    """Does the trust list not speak for the licence, whatever else could or couldn't be checked of it?"""
    return any(check.name == "trust" and check.passed is False for check in verdict.checks)


def _kept(person: Person, verdict: Verdict) -> bool:
    """Is the credential kept: that of somebody here, and a stranger's where it is good?"""
    return person.local or verdict.outcome in GENUINE


async def _follow_up(tx: Tx, urls: Urls, person: Person, row: LicenceRow, cause: str) -> None:
    """What is shown, what is granted, and who is told, after a licence changed in any way."""
    before = await licences.shown_with(tx, person.id)
    shown = await show(tx, person.id)
    if not person.local:
        return
    await _sync_grant(tx, row, cause)
    moved = await _stand(tx, person, row, cause)
    gone = {one.number for one in before} - {one.number for one in shown}
    if gone or moved == "down":
        await profiles.tell_profile(tx, urls, person.id, ends=True)
    elif moved == "up" or [_said(one) for one in before] != [_said(one) for one in shown]:
        await profiles.tell_profile(tx, urls, person.id)


async def _end(tx: Tx, urls: Urls, person: Person, row: LicenceRow, cause: str) -> LicenceRow:
    ended = msgspec.structs.replace(row, ended_at=tx.now, cause=cause, claim=None, document="")
    await licences.update(tx, ended)
    if row.consented_at is not None:
        if cause in TAKES_PERMITS_OFF:
            await permits.licence_withdrawn(tx, person.id, row.id)
        kind = "licence_withdrawn" if cause == "withdrawn" else "licence_ended"
        await _tell(tx, person, ended, kind, {"cause": cause})
        if cause != "withdrawn":
            await limits_told.licence_ended(tx, person.id, row.id, what_of(row), cause)
    await _follow_up(tx, urls, person, ended, cause)
    return ended


async def _sync_grant(tx: Tx, row: LicenceRow, cause: str) -> None:
    """Let the grant of a licence be what the licence says now. A new one only by a look of the last hour."""
    standing = await grants.of_licence(tx, row.id)
    tier = await _lifts_to(tx, row)
    if standing is not None and (tier is None or tier.id != standing[1]):
        await grants.end(tx, standing[0], cause)
        standing = None
    fresh = not row.unanswered and 0 <= tx.now - row.checked_at <= LIFTS_WITHIN
    if standing is None and tier is not None and fresh:
        await grants.begin(tx, row.account, tier.id, "licence", row.id)


async def _lifts_to(tx: Tx, row: LicenceRow) -> Tier | None:
    """The tier that a licence lets its holder stand on: named by the trust list, there, and entered by licence."""
    if not row.shown or row.outcome != "trusted" or row.entry is None:
        return None
    tier = await tiers.by_name(tx, row.entry.tier)
    return tier if tier is not None and "licence" in tier.enter else None


async def _stand(tx: Tx, person: Person, row: LicenceRow, cause: str) -> rungs.Moved:
    parties = {"account": Party(person.uri, person.id), "credential": Party(row.href, person.id)}
    body = {"licence": row.number, "issuer": row.said.issuer if row.said else ""}
    return await rungs.stand(tx, person.id, cause, parties, body, LAW)


async def _replace_older(tx: Tx, person: Person, newer: LicenceRow) -> None:
    """A newer credential of the same kind takes the older one's place, which is no fall."""
    assert newer.said is not None
    for row in await licences.of_account(tx, person.id):
        if row.id == newer.id or row.consented_at is None or row.said is None:
            continue
        if claims.replaces(newer.said, row.said):
            await _sync_grant(tx, newer, "licence")
            ended = msgspec.structs.replace(row, ended_at=tx.now, cause="replaced", claim=None, document="")
            await licences.update(tx, ended)
            await _sync_grant(tx, ended, "replaced")
            await _tell(tx, person, ended, "licence_replaced", {"by": newer.number})


async def _take_claim(tx: Tx, urls: Urls, person: Person, newer: LicenceRow, claim: str) -> None:
    """On one server a licence is held by one actor: a later claim wins by better proof alone, and both are told."""
    holds = await licences.claimed(tx, claim)
    if holds is None or newer.said is None:
        return
    if holds.account == person.id:
        await licences.update(tx, msgspec.structs.replace(holds, claim=None))
        return
    if not claims.displaces(newer, holds):
        raise Conflict(
            "another account of this server holds this licence, by proof as good as this; a credential from the"
            " licensing authority itself would go before a registrar's"
        )
    other = await people.by_id(tx, holds.account)
    assert other is not None
    await _end(tx, urls, other, holds, "displaced")
    await _tell(tx, person, newer, "licence_displaces", {})


def _check_fresh(tx: Tx, person: Person, row: LicenceRow) -> None:
    if not row.genuine or row.said is None:
        raise Unprocessable(
            f"licence {row.number} isn't good now ({row.reason or row.outcome}), so nobody can be shown it"
        )
    if row.said.subject != person.uri:
        raise Unprocessable(f"licence {row.number} is about somebody else")
    if row.unanswered or not 0 <= tx.now - row.checked_at <= LIFTS_WITHIN:
        raise Unprocessable(
            f"licence {row.number} was last checked more than an hour ago; have it looked at again first"
        )


async def _standing(tx: Tx, account: int, number: int) -> LicenceRow:
    found = await licences.numbered(tx, account, number)
    if found is None:
        raise NotFound(f"there is no licence {number} of this account")
    if found.ended_at is not None:
        raise Conflict(f"licence {number} has ended here ({found.cause}); import it anew")
    return found


async def _local(reader: Reader, account: int) -> Person:
    person = await people.by_id(reader, account)
    if person is None or not person.local or person.closed:
        raise NotFound("there is no such account here")
    return person


async def show(tx: Tx, account: int) -> tuple[ShownLicence, ...]:
    """Let what is shown with an account be what its licences are now."""
    rows = await licences.of_account(tx, account)
    shown = tuple(one for row in rows if (one := claims.shown(row)) is not None)
    await licences.show(tx, account, shown)
    return shown


def _said(shown: ShownLicence) -> tuple[object, ...]:
    """What of it stands in the actor document."""
    return (shown.number, field_name(shown), shown.what, shown.label, shown.href, shown.digest)


async def _tell(tx: Tx, person: Person, row: LicenceRow, kind: str, body: Mapping[str, Any]) -> None:
    parties = {"account": Party(person.uri, person.id), "credential": Party(row.href, person.id)}
    await record(tx, person.id, kind, LAW, parties, {"licence": row.number, **body})


def _report(person: Person, row: LicenceRow, verdict: Verdict | None = None) -> LicenceReport:
    if verdict is not None:
        row = msgspec.structs.replace(
            row,
            outcome=verdict.outcome,
            reason=verdict.reason,
            checks=verdict.checks,
            said=verdict.licence,
            entry=verdict.entry,
            checked_at=verdict.checked_at,
        )
    as_shown = msgspec.structs.replace(row, consented_at=row.consented_at or row.checked_at)
    return LicenceReport(
        account=person.username,
        number=row.number,
        outcome=row.outcome,
        reason=row.reason,
        checks=row.checks,
        shown=claims.shown(as_shown),
        tier=row.entry.tier if row.entry is not None and row.outcome == "trusted" else "",
        href=row.href,
        checked_at=row.checked_at,
        unanswered=row.unanswered,
        consented_at=row.consented_at,
        ended_at=row.ended_at,
        cause=row.cause,
    )


def _text(document: Mapping[str, Any] | None) -> str:
    return "" if document is None else msgspec.json.encode(document).decode()
