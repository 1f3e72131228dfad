"""Appeals: whoever a decision of a person concerns can have somebody else look at it again, with words and answers.

What can be appealed isn't listed decision by decision: it is every row of one's own ledger that names somebody else under
the role `by`, and what follows from such a decision without naming them (`store/tables/appeals.py`). So whoever builds a
new decision gets its appeal by telling the ledger who took it. How an appeal is decided is in `outcomes`.
"""

import msgspec

from fedicert.base.errors import Conflict, Duplicate, Forbidden, NotFound, TooManyRequests, Unprocessable
from fedicert.operations import settling, staff, telling
from fedicert.operations.ledger import Party, record
from fedicert.store.tables import appeals, people, seats, settings, settlings
from fedicert.store.tables.appeals import Appeal, Decision, Words
from fedicert.store.unit import Reader, Tx

__all__ = [
    "LONGEST",
    "MOST_WORDS",
    "RULE",
    "Appeal",
    "Case",
    "Decision",
    "Words",
    "all_of_them",
    "answer",
    "appealable",
    "case",
    "case_for",
    "checked",
    "close",
    "decisions",
    "mine",
    "open_case",
    "own_case",
    "withdraw",
]

RULE = "people: appeals"
LONGEST = 5_000
MOST_WORDS = 50
"""So often one side speaks in an appeal."""


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """An appeal with the decision it is about, and what was said. `body`: of the decision's row."""

    appeal: Appeal
    decision: Decision
    words: tuple[Words, ...]

    @property
    def is_open(self) -> bool:
        """Does it wait for its outcome?"""
        return self.appeal.outcome == ""


async def decisions(reader: Reader, account: int, before: int | None, count: int) -> list[Decision]:
    """Decisions that people here took and that concern somebody, newest first."""
    return await appeals.decisions(reader, account, before, count, await _own_issuer(reader))


async def appealable(reader: Reader, account: int, seq: int) -> Decision:
    """A decision that can be appealed, and wasn't. Raises NotFound, Conflict."""
    found = await appeals.decision(reader, account, seq, await _own_issuer(reader))
    if found is None:
        raise NotFound("There is no decision of a person at this place of your ledger")
    if found.appeal is not None:
        raise Conflict("You appealed against this decision already")
    return found


async def open_case(tx: Tx, account: int, seq: int, words: str) -> Case:
    """Whom a decision concerns appeals against it. A trim that would follow waits for the outcome, at most 30 days."""
    seat = await seats.lock(tx, account)
    if seat is None:
        raise NotFound
    found = await appealable(tx, account, seq)
    text = checked(words)
    number = tx.new_id()
    going_on = await settlings.open_of(tx, account)
    waits = (
        going_on is not None and not await appeals.stops(tx, going_on.id) and await settling.appeal_opened(tx, account)
    )
    try:
        await tx.attempt(appeals.insert, number, found, going_on.id if going_on is not None and waits else None)
    except Duplicate:
        raise Conflict("You appealed against this decision already") from None
    await appeals.say(tx, number, account, "appellant", text)
    party = {"account": Party(seat.uri, account)}
    await record(tx, account, "appeal_opened", RULE, party, {"decision": seq, "kind": found.kind, "words": text})
    return await case(tx, number)


async def answer(tx: Tx, number: int, by: int, words: str) -> Case:
    """Whoever appealed, or an owner or admin, says something in it. Raises NotFound, Forbidden, Conflict."""
    found = await _open(tx, number)
    text = checked(words)
    own = by == found.account
    if not own:
        await staff.officer(tx, by)
    if await appeals.how_often_said(tx, number, by) >= MOST_WORDS:
        raise TooManyRequests(f"You spoke {MOST_WORDS} times in this appeal; now it is decided")
    await appeals.say(tx, number, by, "appellant" if own else "staff", text)
    if not own:
        decider = await staff.somebody(tx, by)
        parties = {"account": await _party(tx, found.account), "by": staff.party(decider)}
        await record(tx, found.account, "appeal_answered", RULE, parties, {"decision": found.seq, "words": text})
        once = f"appeal answered:{number}:{by}:{await appeals.how_often_said(tx, number, by)}"
        await telling.tell(tx, found.account, "appeal_answered", once=once, values={"number": str(number)})
    return await case(tx, number)


async def withdraw(tx: Tx, number: int, account: int) -> Case:
    """Whoever appealed takes it back; it can't be opened again. Raises NotFound for anybody else, Conflict."""
    await own_case(tx, number, account)
    found = await _open(tx, number)
    await close(tx, found, "withdrawn", None, alone=False)
    party = {"account": await _party(tx, account)}
    await record(tx, account, "appeal_withdrawn", RULE, party, {"decision": found.seq})
    return await case(tx, number)


async def close(tx: Tx, found: Appeal, outcome: appeals.Outcome, by: int | None, *, alone: bool) -> None:
    """It is over: a trim that waited for it goes on, unless another appeal of the same person is open.

    Together they stop it no longer than 30 days: the clock is that of the first.
    """
    await appeals.close(tx, found.id, outcome, by, alone=alone)
    if found.settling is None:
        return
    other = await appeals.next_open(tx, found.account)
    if other is not None:
        await appeals.let_wait(tx, other, found.settling)
    else:
        await settling.appeal_closed(tx, found.account)


async def case(reader: Reader, number: int) -> Case:
    """An appeal with all that belongs to it. Raises NotFound."""
    found = await appeals.by_id(reader, number)
    if found is None:
        raise NotFound(f"there is no appeal {number}")
    decision = await appeals.decision(reader, found.account, found.seq, await _own_issuer(reader))
    if decision is None:
        # Its names were forgotten, after 24 months.
        decision = Decision(
            account=found.account, seq=found.seq, at=0, kind=found.kind, rule="", body={}, decider=found.decider
        )
    return Case(appeal=found, decision=decision, words=tuple(await appeals.said(reader, number)))


async def own_case(reader: Reader, number: int, account: int) -> Case:
    """The same for whoever appealed alone, whatever their office. Raises NotFound for anybody else."""
    found = await case(reader, number)
    if found.appeal.account != account:
        raise NotFound(f"there is no appeal {number}")
    return found


async def case_for(reader: Reader, number: int, viewer: int) -> Case:
    """The same for whoever appealed, and for owners and admins. Raises NotFound for anybody else."""
    found = await case(reader, number)
    if found.appeal.account != viewer:
        try:
            await staff.officer(reader, viewer)
        except Forbidden:
            raise NotFound from None
    return found


async def mine(reader: Reader, account: int, before: int | None, count: int) -> list[Appeal]:
    """Somebody's appeals, newest first."""
    return await appeals.page(reader, account, before, count, only_open=False)


async def all_of_them(reader: Reader, by: int, before: int | None, count: int, *, only_open: bool) -> list[Appeal]:
    """All appeals, newest first, for owners and admins. Raises Forbidden."""
    await staff.officer(reader, by)
    return await appeals.page(reader, None, before, count, only_open=only_open)


async def _open(tx: Tx, number: int) -> Appeal:
    found = await appeals.by_id(tx, number)
    if found is None:
        raise NotFound(f"there is no appeal {number}")
    await seats.lock(tx, found.account)
    found = await appeals.by_id(tx, number)
    if found is None or found.outcome:
        raise Conflict("This appeal is over")
    return found


async def _party(tx: Tx, account: int) -> Party:
    person = await people.by_id(tx, account)
    return Party("" if person is None else person.uri, account)


async def _own_issuer(reader: Reader) -> str:
    """How licences name this server as their issuer."""
    base = await settings.get(reader, "web_domain") or ""
    return "did:web:" + base.partition("://")[2].replace(":", "%3A")


def checked(words: str) -> str:
    """Words as they are kept. Raises Unprocessable for none, and for too many."""
    text = words.replace("\r\n", "\n").strip()
    if not text:
        raise Unprocessable("Say something: an appeal is decided by what is said in it")
    if len(text) > LONGEST:
        raise Unprocessable(f"At most {LONGEST:,} characters")
    return text
