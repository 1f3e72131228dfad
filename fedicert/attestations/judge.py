"""Is this licence genuine, whose, valid when, and does our trust list speak for it? Evidence in, verdict out. Pure.

Every check is made and told, in words; one that fails makes the licence invalid, one that can't be made now makes it
unverifiable, and only a licence without either is held against the trust list. ALL proofs have to hold: libraries that
take one of several would take a forger's beside the issuer's. What can't be had raises nobody; it lowers nobody either
until 14 days after the status list's own end, and counts as expiry from then on (docs/law.md, Attestations).
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from fedicert.attestations import status
from fedicert.attestations.dids import did_host
from fedicert.attestations.issuers import Issuer
from fedicert.attestations.reading import read_date, read_licence
from fedicert.attestations.status import StatusEntry, StatusFault, StatusList
from fedicert.attestations.trust import Match, match
from fedicert.base.clock import DAY, HOUR, MINUTE
from fedicert.base.errors import BadRequest
from fedicert.base.log import iso
from fedicert.model.attestations import Check, CheckName, Licence, Outcome, ProofResult, TrustEntry, Verdict
from fedicert.proofs.data_integrity import proofs_of

SKEW = 5 * MINUTE
SILENCE = 14 * DAY
"""How long after the status list's end an issuer may be silent before that counts as expiry."""
LONGEST_UNCHECKED = 366 * DAY
"""Licences without a status list are read where they end by themselves within a year."""
DISPLAY_AGAIN = DAY
LIFT_AGAIN = HOUR
PURPOSE = "assertionMethod"
LONGEST_SENTENCE = 500
LONGEST_METHOD = 2_048
"""Characters of a key's id that a result repeats."""


class Absent(msgspec.Struct, frozen=True):
    """Something that couldn't be had or used now. `reason`: a word for machines; `sentence`: a clause for people."""

    reason: str
    sentence: str


class ListSeen(msgspec.Struct, frozen=True, kw_only=True):
    """A status list as it came. `newest_seen`: `validFrom` of the newest list that was ever had from its address."""

    document: dict[str, Any]
    proofs: tuple[ProofResult, ...]
    fetched_at: int
    newest_seen: int | None = None


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a judgement goes by. None: not looked for, because what leads to it couldn't be read.

    `stated_digest`: the one in the actor's document, '' where there is none. `last_list`: the last status list that
    held, where a newer one can't be had. `rests_on`: when the last good answer of the status list ends (ms).
    """

    credential: dict[str, Any] | Absent
    stated_digest: str = ""
    issuer: Issuer | Absent | None = None
    proofs: tuple[ProofResult, ...] | Absent | None = None
    status: ListSeen | Absent | None = None
    last_list: ListSeen | None = None
    rests_on: int | None = None


class Finding(msgspec.Struct, frozen=True):
    """One check's result before it is a `Check`: with the word for machines that it gives the verdict."""

    passed: bool | None
    sentence: str
    reason: str = ""


def judge(
    evidence: Evidence, subject: str | None, trust: Sequence[TrustEntry], now: int, *, lifting: bool = False
) -> Verdict:
    """What comes of it. `subject`: the actor that shows the licence; None: nobody shows it, it stands alone.

    `lifting`: somebody's tier rests on it, so that it is looked at again within the hour, not within the day.
    """
    document = evidence.credential
    if isinstance(document, Absent):
        return _without(document, evidence, now)
    try:
        licence = read_licence(document)
        entry = status.read_entry(document)
        proofs_of(document)
    except BadRequest as fault:
        return _unreadable(f"it can't be read as a licence: {fault}", now)
    findings: dict[CheckName, Finding] = {
        "form": Finding(True, "it reads as a licence about exactly one actor"),
        "digest": _digest(licence, evidence.stated_digest),
        "proof": _proof(document, evidence, now),
        "issuer": _issuer(document, licence, evidence),
        "subject": _subject(licence, subject),
        "dates": _dates(licence, now),
        "status": _status(evidence, entry, licence, now),
    }
    if findings["proof"].reason == "key" and findings["issuer"].passed is False:
        # Nothing could be tried with a key that may not sign; why it may not is the better word.
        findings["proof"] = msgspec.structs.replace(findings["proof"], reason=findings["issuer"].reason)
    rests_on = _rests_on(evidence, entry, licence, now)
    if _silent_too_long(findings, rests_on, now):
        assert rests_on is not None
        findings["dates"] = Finding(False, f"it couldn't be checked again since {_day(rests_on)}", "expired")
    matched = match(licence, trust)
    outcome, reason = _outcome(findings, matched)
    findings["trust"] = Finding(matched.outcome == "trusted", matched.why, matched.outcome)
    return Verdict(
        outcome=outcome,
        checks=_checks(findings),
        checked_at=now,
        check_again_at=_again(licence, outcome, now, lifting),
        reason=reason,
        licence=licence,
        entry=matched.entry,
        rests_on=rests_on,
    )


def _outcome(findings: dict[CheckName, Finding], matched: Match) -> tuple[Outcome, str]:
    made = list(findings.values())
    failed = next((finding for finding in made if finding.passed is False), None)
    if failed is not None:
        return "invalid", failed.reason
    missing = next((finding for finding in made if finding.passed is None), None)
    if missing is not None:
        return "unverifiable", missing.reason
    return matched.outcome, "" if matched.outcome == "trusted" else matched.outcome


def _digest(licence: Licence, stated: str) -> Finding:
    if not stated:
        return Finding(True, "nobody stated a digest to compare it with")
    if stated != licence.digest:
        return Finding(False, "it isn't the document whose digest its holder states", "digest")
    return Finding(True, "it is the document whose digest its holder states")


def _proof(document: dict[str, Any], evidence: Evidence, now: int) -> Finding:
    """Every proof of the document, and none left out."""
    found = evidence.proofs
    if isinstance(evidence.issuer, Absent):
        return Finding(None, "its proof can't be checked without the issuer's keys", evidence.issuer.reason)
    if found is None or isinstance(found, Absent):
        absent = found or Absent("proof_pending", "its proof wasn't looked at")
        return Finding(None, absent.sentence, absent.reason)
    fault = proofs_fault(document, found, now)
    if fault is not None:
        return fault
    many = len(found)
    return Finding(True, "its proof holds" if many == 1 else f"all its {many} proofs hold")


def proofs_fault(document: dict[str, Any], results: Sequence[ProofResult], now: int) -> Finding | None:
    """What is wrong with the proofs of a document: none, one without a result, made for something else, a fault.

    None: all of them hold.
    """
    proofs = proofs_of(document)
    if not proofs:
        return Finding(False, "it has no proof", "proof")
    for proof in proofs:
        fault = _stated_fault(proof, now)
        if fault:
            return Finding(False, fault, "proof")
    for result in results:
        if result.fault is not None and not result.pending:
            reason = "key" if result.fault.reason == "key" else "proof"
            return Finding(False, f"a proof doesn't hold: {result.fault.sentence}", reason)
    if any(result.pending for result in results):
        return Finding(None, "its proof couldn't be tried now", "proof_pending")
    named = sorted(str(proof.get("verificationMethod", ""))[:LONGEST_METHOD] for proof in proofs)
    if named != sorted(result.method for result in results):
        return Finding(None, "not all of its proofs were tried", "proof_pending")
    return None


def _stated_fault(proof: dict[str, Any], now: int) -> str:
    """What a proof says of itself that rules it out."""
    if proof.get("proofPurpose") != PURPOSE:
        return f"a proof was made for {proof.get('proofPurpose')!r:.40}, not for {PURPOSE}"
    if proof.get("expires") is None:
        return ""
    try:
        return "a proof has expired" if read_date(proof["expires"], "proof.expires") + SKEW < now else ""
    except BadRequest as fault:
        return str(fault)


def _issuer(document: dict[str, Any], licence: Licence, evidence: Evidence) -> Finding:
    issuer = evidence.issuer
    if issuer is None or isinstance(issuer, Absent):
        absent = issuer or Absent("issuer_unreachable", "the issuer's keys weren't asked for")
        return Finding(None, absent.sentence, absent.reason)
    if issuer.did != licence.issuer:
        return Finding(False, "these are another issuer's keys", "controller")
    for proof in proofs_of(document):
        named = proof.get("verificationMethod")
        method = issuer.method(named) if isinstance(named, str) else None
        if method is None:
            return Finding(False, f"its issuer doesn't list the key {named!r:.120}", "key")
        if method.standing != "good":
            return Finding(False, method.sentence, method.standing)
    return Finding(True, f"signed with a key that {did_host(licence.issuer)} lists for its statements")


def _subject(licence: Licence, subject: str | None) -> Finding:
    if subject is None:
        return Finding(True, f"it is about {licence.subject}; nobody shows it here")
    if licence.subject != subject:
        return Finding(False, f"it is about {licence.subject}, not about {subject}", "subject")
    return Finding(True, "it is about the actor that shows it")


def _dates(licence: Licence, now: int) -> Finding:
    if licence.valid_from > now + SKEW:
        return Finding(False, f"it is valid from {_day(licence.valid_from)} on", "not_yet")
    if licence.valid_until is None:
        return Finding(True, "it is in force and states no end")
    if licence.valid_until + SKEW < now:
        return Finding(False, f"it ended on {_day(licence.valid_until)}", "expired")
    return Finding(True, f"it is valid until {_day(licence.valid_until)}")


def _status(evidence: Evidence, entry: StatusEntry | None, licence: Licence, now: int) -> Finding:
    if entry is None:
        if licence.valid_until is None or licence.valid_until - licence.valid_from > LONGEST_UNCHECKED:
            return Finding(False, "it can't be taken back: no status list, and no end within a year", "no_status")
        return Finding(True, "it has no status list and ends by itself")
    found, fault = _list_of(evidence, entry, licence, now)
    # What was taken back stays so while the issuer is silent.
    known = found or _last_list(evidence, entry, licence)
    if known is not None and known.is_set(entry.index):
        if entry.purpose == "suspension":
            return Finding(False, "its issuer has suspended it", "suspended")
        return Finding(False, "its issuer has revoked it", "revoked")
    if fault is not None:
        return Finding(None, f"{fault.sentence} ({fault.name})", fault.reason)
    return Finding(True, "its issuer hasn't taken it back")


def _list_of(
    evidence: Evidence, entry: StatusEntry, licence: Licence, now: int
) -> tuple[StatusList | None, StatusFault | None]:
    """The list, and why it doesn't answer; both where it is proven and its own time is over."""
    seen = evidence.status
    if seen is None or isinstance(seen, Absent):
        absent = seen or Absent("status_unreachable", "the status list wasn't asked for")
        return None, StatusFault("STATUS_RETRIEVAL_ERROR", absent.reason, absent.sentence)
    found = good_list(seen, entry, licence.issuer, evidence.issuer, now)
    if isinstance(found, StatusFault):
        return None, found
    return found, status.in_force(found, now)


def good_list(
    seen: ListSeen, entry: StatusEntry, issuer_id: str, issuer: Issuer | Absent | None, now: int
) -> StatusList | StatusFault:
    """A status list that its issuer signed and that fits the entry, whatever its dates; or why it says nothing."""
    if issuer is None or isinstance(issuer, Absent):
        return status.unproven("the status list's proof can't be checked without the issuer's keys")
    try:
        fault = proofs_fault(seen.document, seen.proofs, now)
    except BadRequest as error:
        return status.unproven(f"of the status list: {error}")
    if fault is not None:
        return status.unproven(f"of the status list: {fault.sentence}")
    for proof in proofs_of(seen.document):
        named = proof.get("verificationMethod")
        method = issuer.method(named) if isinstance(named, str) else None
        if method is None or method.standing != "good":
            return status.unproven("the status list is signed with a key that its issuer doesn't list")
    return status.read_list(seen.document, entry, issuer_id, seen.newest_seen)


def _last_list(evidence: Evidence, entry: StatusEntry, licence: Licence) -> StatusList | None:
    """The list that held when it was last had; its proof was checked then."""
    if evidence.last_list is None:
        return None
    found = status.read_list(evidence.last_list.document, entry, licence.issuer, None)
    return None if isinstance(found, StatusFault) else found


def _rests_on(evidence: Evidence, entry: StatusEntry | None, licence: Licence, now: int) -> int | None:
    """Until when the latest good answer of the status list holds."""
    if entry is None:
        return evidence.rests_on
    ends = [] if evidence.rests_on is None else [evidence.rests_on]
    last = _last_list(evidence, entry, licence)
    if last is not None and evidence.last_list is not None:
        ends.append(_end_of(last, evidence.last_list))
    if isinstance(evidence.status, ListSeen):
        found = good_list(evidence.status, entry, licence.issuer, evidence.issuer, now)
        if isinstance(found, StatusList):
            ends.append(_end_of(found, evidence.status))
    return max(ends, default=None)


def _end_of(found: StatusList, seen: ListSeen) -> int:
    """A list that states no end holds for a day from when it was had."""
    return seen.fetched_at + DAY if found.valid_until is None else found.valid_until


def _silent_too_long(findings: dict[CheckName, Finding], rests_on: int | None, now: int) -> bool:
    unknown = any(finding.passed is None for finding in findings.values())
    return unknown and findings["dates"].passed is True and rests_on is not None and now > rests_on + SILENCE


def _without(absent: Absent, evidence: Evidence, now: int) -> Verdict:
    """The credential itself couldn't be had."""
    rests_on = evidence.rests_on
    findings: dict[CheckName, Finding] = {"form": Finding(None, absent.sentence, absent.reason)}
    outcome: Outcome = "unverifiable"
    reason = absent.reason
    if rests_on is not None and now > rests_on + SILENCE:
        findings["dates"] = Finding(False, f"it couldn't be checked again since {_day(rests_on)}", "expired")
        outcome, reason = "invalid", "expired"
    return Verdict(
        outcome=outcome,
        checks=_checks(findings),
        checked_at=now,
        check_again_at=now + (LIFT_AGAIN if outcome == "unverifiable" else DISPLAY_AGAIN),
        reason=reason,
        rests_on=rests_on,
    )


def _unreadable(sentence: str, now: int) -> Verdict:
    return Verdict(
        outcome="invalid",
        checks=_checks({"form": Finding(False, sentence, "form")}),
        checked_at=now,
        check_again_at=now + DISPLAY_AGAIN,
        reason="form",
    )


ORDER: tuple[CheckName, ...] = ("form", "digest", "proof", "issuer", "subject", "dates", "status", "trust")
NOT_MADE = Finding(None, "not looked at, because what comes before it failed")


def _checks(findings: dict[CheckName, Finding]) -> tuple[Check, ...]:
    """All checks, those that were never reached too."""
    return tuple(
        Check(name, found.passed, _plain(found.sentence)) for name in ORDER for found in (findings.get(name, NOT_MADE),)
    )


def _plain(sentence: str) -> str:
    """Sentences quote what strangers wrote: nothing in them steers a terminal or turns the reading order."""
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in sentence[:LONGEST_SENTENCE])


def _again(licence: Licence, outcome: Outcome, now: int, lifting: bool) -> int:
    """When to look again: sooner where something couldn't be had, and at the licence's beginning or end."""
    soon = outcome == "unverifiable" or (lifting and outcome != "invalid")
    turns = [licence.valid_from]
    if licence.valid_until is not None:
        turns.append(licence.valid_until + SKEW + 1)
    return min([now + (LIFT_AGAIN if soon else DISPLAY_AGAIN), *(turn for turn in turns if turn > now)])


def _day(at: int) -> str:
    return iso(at)[:10]
