"""Whom a post addresses outside the audience is weighed here, under the author's and the login's lock (law 2).

What is refused is written on the ledger in the same unit of work, which therefore doesn't fail: a refusal is returned,
and the door tells it.
"""

from collections.abc import Iterable

import msgspec

from fedicert.model.standing import Limits
from fedicert.operations import limits_told
from fedicert.operations.ledger import Party, record_about, told_limit
from fedicert.reach import strangers
from fedicert.reach.strangers import Refusal, Verdict
from fedicert.store.tables import addressed, answer_days
from fedicert.store.tables.addressed import Addressing, holder_of
from fedicert.store.tables.seats import Seat
from fedicert.store.unit import Reader, Tx

NOTHING = Verdict(charges=(), strangers=0, answers=0, strangers_used=0, answers_used=0)

RULES = {
    "strangers": "law 2: strangers",
    "third_post": "law 2: third post",
    "answers": "law 2: answers",
    "following": "tiers: following",
    "boosts": "law 5: boosts",
    "quotes": "law 5: quotes",
    "rate": "law 2: rates",
    "code": "people: code of responsibility",
}


async def weigh(
    tx: Tx,
    seat: Seat,
    people: Iterable[int],
    parent: int | None,
    post: int,
    quoted: int | None = None,
    *,
    quiet: bool = False,
) -> Verdict:
    """What a post costs that addresses these people, or why it is refused; what it costs is written down.

    The caller holds the author's seat. An edit passes those it adds. `parent`: what the post answers; `quoted`: among
    the people, the author of what it quotes, who counts as answered. `quiet`: as for `refuse`.
    """
    accounts = sorted({account for account in people if account != seat.account})
    if not accounts:
        return NOTHING
    holder = holder_of(seat.login, seat.account)
    await addressed.hold(tx, holder)
    verdict = await foresee(tx, seat, accounts, parent, quoted)
    if verdict.refusal is not None:
        await refuse(tx, seat, verdict.refusal, quiet=quiet)
    else:
        await addressed.note(tx, Addressing(seat.account, holder, post), verdict.charges)
        if verdict.strangers:
            oldest = await addressed.oldest_stranger(tx, holder)
            await limits_told.strangers_used(tx, seat, verdict, None if oldest is None else oldest + strangers.WINDOW)
    return verdict


async def foresee(
    reader: Reader, seat: Seat, people: Iterable[int], parent: int | None, quoted: int | None = None
) -> Verdict:
    """The same without lock, rows and ledger: what it would cost now."""
    accounts = sorted({account for account in people if account != seat.account})
    holder = holder_of(seat.login, seat.account)
    known = await addressed.known(reader, seat.account, holder, accounts, parent) if accounts else []
    known = [msgspec.structs.replace(one, quoted=True) if one.account == quoted else one for one in known]
    used = await addressed.used(reader, seat.account, holder)
    return strangers.judge(seat.limits, used, known, reader.now, starts_thread=parent is None)


async def refuse(tx: Tx, seat: Seat, refusal: Refusal, *, quiet: bool = False) -> None:
    """Write a refusal on the ledger of whom it limits, where a repeat within a day only adds to a count; and tell them,
    for many clients hide the sentence of the answer. `quiet`: the caller tells them, in a message of its own."""
    body = {
        "limit": refusal.limit,
        "tier": refusal.tier,
        "most": told_limit(seat.limits, refusal.most),
        "used": refusal.used,
        "wants": refusal.wants,
    }
    await record_about(
        tx,
        seat.account,
        f"refused:{refusal.limit}",
        RULES[refusal.limit],
        "author",
        Party(seat.uri, seat.account),
        body,
    )
    if not quiet:
        await limits_told.refused(tx, seat.account, refusal)


async def too_often(tx: Tx, seat: Seat, kind: str, wants: int = 1, *, quiet: bool = False) -> Refusal | None:
    """Would so many more of a kind (`Like`, `Follow`, …) be too many today? Then that is on the ledger, and isn't done.

    The caller holds the account's seat. The gate counts what is sent, and refuses it too.
    """
    refusal = await would_be_too_often(tx, seat, kind, wants)
    if refusal is not None:
        await refuse(tx, seat, refusal, quiet=quiet)
    return refusal


async def would_be_too_often(reader: Reader, seat: Seat, kind: str, wants: int = 1) -> Refusal | None:
    """The same without ledger and message, for what isn't refused then but done another day."""
    used = await answer_days.used(reader, seat.account, kind)
    return strangers.too_often(seat.limits, kind, used, wants, reader.now)


def remaining(limits: Limits, verdict: Verdict) -> tuple[int | None, int | None]:
    """What is left of strangers and of answers after the post; None: no limit."""
    return (
        _left(limits.strangers, verdict.strangers_used + verdict.strangers),
        _left(limits.answers_per_day, verdict.answers_used + verdict.answers),
    )


def _left(most: int | None, used: int) -> int | None:
    return None if most is None else max(most - used, 0)
