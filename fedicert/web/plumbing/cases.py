"""Decisions and appeals as pages show them, to whom they concern and to who decides."""

from typing import Any

from fedicert.base.errors import Problem
from fedicert.operations.appeals import LONGEST, Appeal, Case, Decision, Words
from fedicert.text.cases import OUTCOMES, in_words, kind_in_words, moment
from fedicert.web.plumbing.answers import Answer
from fedicert.web.plumbing.call import Call
from fedicert.web.plumbing.members import Member, member_page

_SAYS = {"appellant": "who appeals", "staff": "for this server", "outcome": "the outcome"}


def shown_decision(one: Decision) -> dict[str, Any]:
    """A row of the ledger that a person is behind."""
    return {
        "seq": one.seq,
        "what": kind_in_words(one.kind),
        "rule": one.rule,
        "at": moment(one.at) if one.at else "",
        "told": in_words(one.body),
        "why": one.why,
        "appeal": one.appeal,
        "outcome": OUTCOMES[one.outcome] if one.appeal is not None else "",
    }


def shown_appeal(one: Appeal) -> dict[str, Any]:
    """An appeal, and how it stands."""
    return {
        "id": one.id,
        "username": one.username,
        "what": kind_in_words(one.kind),
        "opened": moment(one.opened_at),
        "outcome": OUTCOMES[one.outcome],
        "open": one.outcome == "",
        "by": one.decided_name,
        "at": "" if one.decided_at is None else moment(one.decided_at),
        "alone": one.alone,
    }


def shown_words(one: Words) -> dict[str, Any]:
    """Something said in it."""
    return {"by": one.username, "role": _SAYS[one.role], "text": one.text, "at": moment(one.at)}


def case_page(call: Call, member: Member, found: Case, problem: Problem | None, *, staff: bool) -> Answer:
    """An appeal with all that was said. `staff`: as who decides sees it."""
    return member_page(
        call,
        member,
        "appeal.html",
        problem,
        appeal=shown_appeal(found.appeal),
        decision=shown_decision(found.decision),
        words=[shown_words(said) for said in found.words],
        longest=LONGEST,
        staff=staff,
    )
