"""An admin says, with a reason, that a fall was for cause: the grace that goes on ends at once (law 4).

It stands on the ledger with who said it and why, so it can be appealed against; granted, what was left of the grace is
given from then on.
"""

from fedicert.base.errors import Conflict, NotFound, Unprocessable
from fedicert.operations import limits_told, settling, staff
from fedicert.operations.ledger import Party, record
from fedicert.store.tables import seats, settlings
from fedicert.store.unit import Tx

LONGEST_REASON = 2_000


async def say(tx: Tx, account: int, by: int, reason: str) -> None:
    """End somebody's grace: copies go to the kept set from now on. Raises Forbidden, NotFound, Unprocessable, and Conflict
    where no grace goes on."""
    if not reason.strip() or len(reason) > LONGEST_REASON:
        raise Unprocessable("say why, in at most 2,000 characters; it stands on the ledger")
    decider, alone = await staff.judge(tx, by, (account,))
    seat = await seats.lock(tx, account)
    going_on = await settlings.open_of(tx, account)
    if seat is None or seat.closed:
        raise NotFound
    if going_on is None or going_on.stage != "grace":
        raise Conflict(f"no grace of @{seat.username} goes on that could end")
    parties = {"account": Party(seat.uri, account), "by": staff.party(decider)}
    body = {"cause": going_on.cause, "until": going_on.until, "alone": int(alone), "why": reason.strip()}
    await settlings.enter(tx, going_on.id, "grace", min(going_on.until, tx.now))
    await record(tx, account, "said_for_cause", settling.LAW_4, parties, body)
    await settling.ask(tx, account)


async def take_back(tx: Tx, account: int, left: int) -> bool:
    """So much of the grace (ms) goes on after all, from now on, and whoever is paused is restored. False where it trims
    already, or is over."""
    seat = await seats.lock(tx, account)
    going_on = await settlings.open_of(tx, account)
    if seat is None or going_on is None or going_on.stage == "trim" or left <= 0:
        return False
    until = tx.now + left
    if going_on.stage == "grace" and going_on.until >= until:
        return False  # another grace goes on since, and longer
    await settlings.enter(tx, going_on.id, "grace", until)
    told = {**settling.numbers(seat, seat.rule_cap), "cause": going_on.cause, "until": until}
    await record(tx, account, "grace_begun", settling.LAW_4, {}, told)
    await limits_told.grace_begun(tx, settling.by_rule(seat), going_on.cause, until)
    await settling.ask(tx, account)
    return True
