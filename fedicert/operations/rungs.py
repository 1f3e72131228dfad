"""On which rung an account stands: the highest of those that something grants it. The one place that changes a tier."""

from collections.abc import Mapping
from typing import Any, Literal

from fedicert.model.tiers import Tier
from fedicert.operations import bars, jobs, limits_told, seating, settling
from fedicert.operations.ledger import Party, record
from fedicert.operations.tiers import lowest_tier
from fedicert.store.tables import grants, scopes, seats, tiers
from fedicert.store.unit import Tx

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
    """Put the account on the rung that its grants come to, under its lock; while its rung is suspended, on the lowest.

    Up: who waits is let in. Down: everything but the follower cap falls at once, and an audience above the cap settles
    (law 4). `cause`, `parties`, `body` stand on the ledger with it, and `rule` with a rise.
    """
    ladder = {tier.id: tier for tier in await tiers.ladder(tx)}
    before = await seats.stands_on(tx, account)
    suspended = await scopes.suspended_since(tx, account) is not None
    after = (None if suspended else await grants.highest(tx, account)) or (await lowest_tier(tx)).id
    if before is None or before == after:
        return "same"
    moved: Moved = "up" if ladder[after].position > ladder[before].position else "down"
    await seats.set_tier(tx, account, after)
    told = {"from": ladder[before].name, "to": ladder[after].name, "cause": cause, **body}
    await record(tx, account, "rung_changed", rule if moved == "up" else settling.LAW_4, parties, told)
    await limits_told.rung_changed(tx, account, ladder[after].name, cause, up=moved == "up")
    await settling.look(tx, account, cause)
    await bars.ask_for_owner(tx, account)
    await seating.look_at_lock(tx, account)
    if moved == "up":
        await jobs.enqueue(tx, "release", {"account": account}, key=str(account))
    return moved
