"""How an appeal is decided: by somebody who didn't take the decision, in writing; and what then becomes of it.

On a server with nobody else it is the owner's to decide, which stands on the ledger. What is granted undoes the decision in
the same unit of work (`overturning`), where anything of it is left; the outcome says whether it did.
"""

import msgspec

from fedicert.base.errors import Conflict
from fedicert.model.urls import Urls
from fedicert.operations import appeals, staff, telling
from fedicert.operations.appeals import Case
from fedicert.operations.ledger import record
from fedicert.operations.overturning import UNDOES, Deciding
from fedicert.reach.scope import MARKS_WITHIN
from fedicert.store.tables import appeals as rows
from fedicert.store.tables import scopes, seats
from fedicert.store.unit import Tx


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
