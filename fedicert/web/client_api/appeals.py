"""Decisions that concern one, and appeals against them: for whom they concern, and for owners and admins. Additions of
ours. Whoever is closed out reaches the same by a page (`web/pages/appeals.py`)."""

from collections.abc import Awaitable, Callable
from typing import Any

from fedicert.mastodon.dates import timestamp
from fedicert.mastodon.people_forms import AppealForm, AppealsQuery, OutcomeForm, WordsForm
from fedicert.operations import appeals, outcomes
from fedicert.operations.appeals import Appeal, Case, Decision
from fedicert.store.unit import Reader, Tx
from fedicert.web.plumbing.endpoint import Answer, Call, endpoint


@endpoint("GET", "/api/fedicert/v1/decisions", scope="read:accounts", hop=True)
async def decisions(call: Call) -> Answer:
    """Decisions of people that concern one's account, newest first."""
    part = call.page(20, 80)
    found = await call.read(appeals.decisions, part.max_id, part.limit)
    link = call.link(found[-1].seq, found[0].seq, len(found) == part.limit) if found else ""
    return Answer([_decision(one) for one in found], link=link)


@endpoint("GET", "/api/fedicert/v1/appeals", scope="read:accounts", hop=True)
async def mine(call: Call) -> Answer:
    """One's appeals, newest first."""
    part = call.page(20, 80)
    return _page(call, await call.read(appeals.mine, part.max_id, part.limit), part.limit)


@endpoint("POST", "/api/fedicert/v1/appeals", scope="write:accounts", form=AppealForm)
async def appeal(call: Call) -> Answer:
    """Appeal against a decision, in words."""
    return Answer(_case(await call.write(appeals.open_case, call.form.decision, call.form.text)))


@endpoint("GET", "/api/fedicert/v1/appeals/{id}", scope="read:accounts", hop=True)
async def one(call: Call) -> Answer:
    """An appeal of one's own with all that was said."""
    return Answer(_case(await call.read_this(appeals.own_case)))


@endpoint("POST", "/api/fedicert/v1/appeals/{id}/words", scope="write:accounts", form=WordsForm)
async def answer(call: Call) -> Answer:
    """Say something more in one's own appeal."""
    return await _answer(call, appeals.own_case)


@endpoint("POST", "/api/fedicert/v1/appeals/{id}/withdraw", scope="write:accounts", hop=True)
async def withdraw(call: Call) -> Answer:
    """Take an appeal back."""
    return Answer(_case(await call.write_this(appeals.withdraw)))


@endpoint("GET", "/api/fedicert/v1/admin/appeals", scope="admin:read", form=AppealsQuery)
async def all_of_them(call: Call) -> Answer:
    """All appeals, newest first; `open=true`: those that wait."""
    part = call.page(20, 80)
    found = await call.read(appeals.all_of_them, part.max_id, part.limit, only_open=call.form.open)
    return _page(call, found, part.limit)


@endpoint("GET", "/api/fedicert/v1/admin/appeals/{id}", scope="admin:read", hop=True)
async def staffs(call: Call) -> Answer:
    """Anybody's appeal, for owners and admins."""
    return Answer(_case(await call.read_this(appeals.case_for)))


@endpoint("POST", "/api/fedicert/v1/admin/appeals/{id}/words", scope="admin:write", form=WordsForm)
async def staff_answer(call: Call) -> Answer:
    """Answer in an appeal."""
    return await _answer(call, appeals.case_for)


@endpoint("POST", "/api/fedicert/v1/admin/appeals/{id}/decide", scope="admin:write", form=OutcomeForm)
async def decide(call: Call) -> Answer:
    """The outcome, in writing, by somebody who didn't take the decision."""
    form: OutcomeForm = call.form

    async def act(tx: Any, account: int) -> outcomes.Decided:
        granted = form.outcome == "granted"
        return await outcomes.decide(tx, call.deps.urls, call.id(), account, form.text, granted=granted)

    done = await call.write(act)
    return Answer({**_case(done.case), "undone": done.undone})


async def _answer(call: Call, shown: Callable[[Reader, int, int], Awaitable[Case]]) -> Answer:
    """Say something in an appeal that this view shows to who asks."""

    async def act(tx: Tx, number: int, account: int) -> Case:
        await shown(tx, number, account)
        return await appeals.answer(tx, number, account, call.form.text)

    return Answer(_case(await call.write_this(act)))


def _page(call: Call, found: list[Appeal], limit: int) -> Answer:
    link = call.link(found[-1].id, found[0].id, len(found) == limit) if found else ""
    return Answer([_appeal(one) for one in found], link=link)


def _decision(one: Decision) -> dict[str, Any]:
    return {
        "decision": one.seq,
        "kind": one.kind,
        "rule": one.rule,
        "at": timestamp(one.at),
        "body": one.body,
        "why": one.why or None,
        "appeal": None if one.appeal is None else {"id": str(one.appeal), "state": _state(one.outcome)},
    }


def _appeal(one: Appeal) -> dict[str, Any]:
    return {
        "id": str(one.id),
        "account": {"id": str(one.account), "username": one.username},
        "decision": one.seq,
        "kind": one.kind,
        "state": _state(one.outcome),
        "opened_at": timestamp(one.opened_at),
        "decided_at": None if one.decided_at is None else timestamp(one.decided_at),
        "decided_by": one.decided_name or None,
        "alone": one.alone,
    }


def _case(found: Case) -> dict[str, Any]:
    words = [
        {"role": said.role, "username": said.username, "text": said.text, "at": timestamp(said.at)}
        for said in found.words
    ]
    return {**_appeal(found.appeal), "words": words, "about": _decision(found.decision)}


def _state(outcome: str) -> str:
    """The words of Mastodon's own appeals where it has them: `pending`, `approved`, `rejected`."""
    return {"": "pending", "granted": "approved", "dismissed": "rejected"}.get(outcome, outcome)
