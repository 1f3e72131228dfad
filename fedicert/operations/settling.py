"""A count larger than its cap (law 4): that it settles is noted under the account's lock, and told on its ledger.

Of the stages only grace is built: new follows are held, the audience gets its copies as before, nobody is dropped.
"""

from fedicert.operations.ledger import record
from fedicert.reach import settling as law
from fedicert.store.tables import seats, settlings
from fedicert.store.unit import Tx

LAW_4 = "law 4"


async def look(tx: Tx, account: int, cause: str = "") -> None:
    """Begin to settle, or end it, where that is what count and cap say now. `cause`: why the cap fell.

    A further fall doesn't begin the clock anew; a rise that covers the audience ends it, and nobody is told elsewhere.
    """
    seat = await seats.lock(tx, account)
    if seat is None or seat.closed:
        return
    going_on = await settlings.open_of(tx, account)
    numbers = {"tier": seat.limits.tier, "cap": seat.limits.cap, "count": seat.counts.count}
    if law.is_over(seat.counts, seat.limits):
        if going_on is None:
            length = law.grace(cause, await settlings.last_begun(tx, account), tx.now)
            await settlings.begin(tx, account, cause, tx.now + length)
            await record(tx, account, "grace_begun", LAW_4, {}, {**numbers, "cause": cause, "until": tx.now + length})
    elif going_on is not None:
        await settlings.end(tx, going_on.id)
        await record(tx, account, "settling_ended", LAW_4, {}, {**numbers, "stage": going_on.stage})
