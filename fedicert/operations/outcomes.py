"""How an appeal is decided: by somebody who didn't take the decision, in writing; and what then becomes of it.

On a server with nobody else it is the owner's to decide, which stands on the ledger. Where the program can undo a decision
it does so in the same unit of work (`UNDOES`); elsewhere the outcome says what is to be done, and a person does it.
"""

from collections.abc import Awaitable, Callable, Mapping

import msgspec

from fedicert.base.errors import Conflict
from fedicert.model.urls import Urls
from fedicert.operations import appeals, granting, people, staff, suspending, telling, waivers
from fedicert.operations.appeals import Case
from fedicert.operations.ledger import record
from fedicert.reach.scope import MARKS_WITHIN
from fedicert.store.tables import appeals as rows
from fedicert.store.tables import scopes, seats
from fedicert.store.tables import waivers as waiver_rows
from fedicert.store.unit import Tx


class Deciding(msgspec.Struct, frozen=True):
    """Who decides, on which case, and whether alone."""

    case: Case
    by: int
    alone: bool


Undo = Callable[[Tx, Urls, Deciding], Awaitable[bool]]
"""Undo a decision; False where there is nothing left to undo."""


class Decided(msgspec.Struct, frozen=True, kw_only=True):
    """`undone`: the program undid what was appealed against. Where it was granted and isn't undone, a person does it."""

    case: Case
    undone: bool


async def decide(tx: Tx, urls: Urls, number: int, by: int, words: str, *, granted: bool) -> Decided:
    """The outcome of an appeal, in writing. Raises NotFound, Forbidden, Conflict, Unprocessable."""
    found = await appeals.case(tx, number)
    await seats.hold_family(tx, found.appeal.account, by)
    found = await appeals.case(tx, number)
    if not found.is_open:
        raise Conflict("This appeal is over")
    concerned = [found.appeal.account, *await _deciders(tx, found)]
    decider, alone = await staff.judge(tx, by, concerned, owner=True)
    text = appeals.checked(words)
    undo = UNDOES.get(found.appeal.kind)
    undone = granted and undo is not None and await undo(tx, urls, Deciding(found, by, alone))
    await rows.say(tx, number, by, "outcome", text)
    await appeals.close(tx, found.appeal, "granted" if granted else "dismissed", by, alone=alone)
    body = {
        "decision": found.appeal.seq,
        "kind": found.appeal.kind,
        "outcome": "granted" if granted else "dismissed",
        "undone": int(undone),
        "alone": int(alone),
        "words": text,
    }
    person = await staff.somebody(tx, found.appeal.account)
    parties = {"account": staff.party(person), "by": staff.party(decider)}
    await record(tx, person.account, "appeal_decided", appeals.RULE, parties, body)
    kind = "appeal_granted" if granted else "appeal_dismissed"
    await telling.tell(tx, person.account, kind, once=f"appeal decided:{number}", values={"number": str(number)})
    return Decided(case=await appeals.case(tx, number), undone=undone)


async def _deciders(tx: Tx, found: Case) -> list[int]:
    """Who took the decision: whom its row names, or who put the marks by which a rung is suspended."""
    if found.appeal.decider is not None:
        return [found.appeal.decider]
    if found.appeal.kind != "rung_suspended":
        return []
    behind = await scopes.of_account(tx, found.appeal.account, found.decision.at - MARKS_WITHIN)
    return [mark.by_account for mark in behind]


async def _open_again(tx: Tx, urls: Urls, found: Deciding) -> bool:
    person = await people.find(tx, found.case.appeal.username)
    if person.disabled_at is None:
        return False
    await people.enable(tx, person.username, found.by)
    return True


async def _suspend_no_longer(tx: Tx, urls: Urls, found: Deciding) -> bool:
    account = found.case.appeal.account
    seat = await seats.lock(tx, account)
    if seat is None or not seat.closed:
        return False
    await suspending.unsuspend(tx, urls, account, found.by, "An appeal was granted.")
    return True


async def _give_office_back(tx: Tx, urls: Urls, found: Deciding) -> bool:
    before = str(found.case.decision.body.get("from", people.NO_ROLE))
    person = await people.find(tx, found.case.appeal.username)
    if person.role == people.check_role(before):
        return False
    await people.promote(tx, person.username, before, found.by)
    return True


async def _put_back(tx: Tx, urls: Urls, found: Deciding) -> bool:
    """A rung that an admin's word changed; one that fell by a licence isn't an admin's to give."""
    body = found.case.decision.body
    if body.get("cause") != "admin":
        return False
    why = f"An appeal against the decision {found.case.appeal.seq} was granted."
    try:
        await granting.put_back(tx, urls, found.case.appeal.account, str(body.get("from", "")), found.by, why)
    except Conflict:
        return False  # somebody gave it back already
    return True


async def _give_waiver(tx: Tx, urls: Urls, found: Deciding) -> bool:
    number = int(found.case.decision.waiver or 0)
    waiver, seat = await waiver_rows.by_id(tx, number), await seats.lock(tx, found.case.appeal.account)
    if waiver is None or seat is None or waiver.state != "refused":
        return False
    decider = await staff.officer(tx, found.by)
    await waivers.put_in_force(tx, waiver, seat, staff.party(decider), found.by, alone=found.alone)
    return True


UNDOES: Mapping[str, Undo] = {
    "account_disabled": _open_again,
    "account_suspended": _suspend_no_longer,
    "role_changed": _give_office_back,
    "rung_changed": _put_back,
    "waiver_refused": _give_waiver,
}
"""Kind of the row that is appealed against → what undoes it."""
