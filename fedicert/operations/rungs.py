"""On which rung an account stands: the highest of those that something grants it. The one place that changes a tier."""

from collections.abc import Mapping
from typing import Any, Literal

from fedicert.model.tiers import Tier
from fedicert.operations import bars, jobs, limits_told, seating, settling, shares, telling, turnover
from fedicert.operations.ledger import Party, record, record_about
from fedicert.operations.tiers import lowest_tier
from fedicert.store.tables import codes, grants, scopes, seats, tiers
from fedicert.store.unit import Reader, Tx

PAGE = 100

Moved = Literal["up", "down", "same"]


async def begin_with(tx: Tx, account: int, tier: Tier) -> None:
    """A new account stands on the rung where people start, by having signed up."""
    await grants.begin(tx, account, tier.id, "signup")


async def stand_again(tx: Tx, after: int) -> int | None:
    """The rungs are in another order: a page of those who may stand on more than one of them; where to go on."""
    page = await grants.with_several(tx, after, PAGE)
    for account in page:
        await seats.lock(tx, account)
        await stand(tx, account, "ladder_moved", {}, {}, "law 9")
    return page[-1] if len(page) == PAGE else None


async def clear(tx: Tx, tier: int, to: int) -> None:
    """A rung goes on which nobody stands: accounts of the server itself, and deleted ones, are written elsewhere."""
    for account in await tiers.empty(tx, tier):
        await seats.lock(tx, account)
        await seats.set_tier(tx, account, to)


async def stand(
    tx: Tx, account: int, cause: str, parties: Mapping[str, Party], body: Mapping[str, Any], rule: str
) -> Moved:
    """Put the account on the rung that its grants come to, under its lock and those of its login's other accounts; while
    its rung is suspended, on the lowest.

    Up from the lowest rung: only with the code of responsibility agreed to; until then the grant waits, which is told.
    Up: who waits is let in. Down: everything but the follower cap falls at once, and an audience above the cap settles
    (law 4). `cause`, `parties`, `body` stand on the ledger with it, and `rule` with a rise.
    """
    await seats.hold_family(tx, account)
    ladder = {tier.id: tier for tier in await tiers.ladder(tx)}
    seat = await seats.lock(tx, account)
    before = await seats.stands_on(tx, account)
    suspended = await scopes.suspended_since(tx, account) is not None
    after = (None if suspended else await grants.highest(tx, account)) or (await lowest_tier(tx)).id
    if seat is None or before is None or before == after:
        return "same"
    if seat.on_lowest and not seat.signed:
        # Nobody leaves the lowest rung without the code (docs/law.md, People): the grant waits.
        told = {"tier": ladder[after].name, "cause": cause, "code": seat.code_now}
        party = Party(seat.uri, account)
        await record_about(tx, account, f"rung_waits:{after}", "people: code of responsibility", "account", party, told)
        once = f"code waits:{seat.code_now}:{after}"
        await telling.tell(tx, account, "code_waits", once=once, values={"tier": ladder[after].name})
        return "same"
    moved: Moved = "up" if ladder[after].position > ladder[before].position else "down"
    # Who rises keeps at least the slots they had, who falls as many as they need, where another account of theirs stands.
    keeps = max(seat.counts.count, (seat.limits.cap or 0) if moved == "up" else 0)
    share = await shares.arrive(tx, account, seat.login, after, keeps=keeps)
    await seats.set_tier(tx, account, after, share)
    await codes.show(tx, account)
    if seat.login is not None:
        await turnover.gone(tx, seat, seat.login, before)
        await turnover.come(tx, account, seat.login, after)
        await shares.pass_on(tx, seat.login, after, {account: keeps})
        await shares.left(tx, seat.login, before)
    told = {"from": ladder[before].name, "to": ladder[after].name, "cause": cause, **body}
    await record(tx, account, "rung_changed", rule if moved == "up" else settling.LAW_4, parties, told)
    await limits_told.rung_changed(tx, account, ladder[after].name, cause, up=moved == "up")
    await settling.look(tx, account, cause)
    await bars.ask_for_owner(tx, account)
    await seating.look_at_lock(tx, account)
    # Up: who waits is let in. Down: the line is shorter, too.
    await jobs.enqueue(tx, "release", {"account": account}, key=str(account))
    if ladder[after].boosts != ladder[before].boosts:
        await jobs.enqueue(tx, "look_at_quotes", {"account": account}, key=str(account))
    return moved


async def stands_and_might(reader: Reader, account: int) -> tuple[str, str]:
    """The rung that somebody stands on, and the one that their grants come to: another where it waits for the code."""
    ladder = {tier.id: tier.name for tier in await tiers.ladder(reader)}
    here = await seats.stands_on(reader, account)
    if here is None:
        return "", ""
    return ladder[here], ladder[await grants.highest(reader, account) or here]
