"""Changing a tier's limits: a visible act, at once, on the ledger, dropping nobody (law 9).

What falls below an audience settles: `settling.py`, account by account.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from fedicert.base.errors import Conflict, NotFound, Unprocessable
from fedicert.model.tiers import TierFault, changed, check_ladder, shown
from fedicert.operations import bars, jobs, settling
from fedicert.operations.ledger import Party, record
from fedicert.store.tables import people, seats, shares, tiers
from fedicert.store.unit import Tx

PAGE = 100


class ChangeReport(msgspec.Struct, frozen=True):
    """`before` and `after`: what changed, as it is shown. `touched`: accounts that stand on the tier.

    `over`: of them, those whose count is above the new cap; they keep their audience until it settles.
    """

    tier: str
    before: dict[str, str]
    after: dict[str, str]
    touched: int
    over: int


async def change_tier(tx: Tx, name: str, changes: Mapping[str, Any], by: int, reason: str) -> ChangeReport:
    """Set limits of a tier, version it, tell it on the instance's ledger, and let those who wait in.

    `changes`: words and values as in the configuration. `by`: the account of the admin who decides. Raises
    Unprocessable, NotFound or Conflict with a sentence; then nothing has changed.
    """
    if not reason.strip():
        raise Unprocessable("say why: a changed limit is published with its reason")
    admin = await people.by_id(tx, by)
    if admin is None or not admin.local:
        raise NotFound("the account that decides isn't one of this server")
    await shares.hold_divided(tx, name)
    ladder = await tiers.lock(tx)
    before = next((tier for tier in ladder if tier.name == name), None)
    if before is None:
        raise NotFound(f"no tier is called {name}; there are: {', '.join(tier.name for tier in ladder)}")
    try:
        after = changed(before, {key: value for key, value in changes.items() if key != "name"})
        check_ladder([after if tier.id == after.id else tier for tier in ladder])
    except TierFault as fault:
        raise Unprocessable(str(fault)) from fault
    old, new = shown(before), shown(after)
    told = {key: value for key, value in new.items() if old[key] != value}
    if not told:
        raise Conflict(f"nothing to change: tier {name} is like that already")
    await tiers.update(tx, after)
    if after.followers != before.followers:
        await shares.scale(tx, after.id, before.followers, after.followers)
    await record(
        tx,
        await people.instance(tx),
        "cap_changed" if "followers" in told else "tier_changed",
        "law 9",
        {"by": Party(admin.uri, admin.id)},
        {
            "tier": name,
            "from": {key: old[key] for key in told},
            "to": told,
            "why": reason.strip(),
            "version": before.version + 1,
        },
    )
    await jobs.enqueue(tx, "release_tier", {"tier": after.id, "after": 0}, key=str(after.id))
    tx.signal("ladder", after.id)
    return ChangeReport(
        tier=name,
        before={key: old[key] for key in told},
        after=told,
        touched=await tiers.people_on(tx, after.id),
        over=0 if after.followers is None else await seats.over(tx, after.id, after.followers),
    )


async def release_tier(tx: Tx, tier: int, after: int) -> int | None:
    """A tier's limits changed: look at the line, the lock told, and whether the audience settles, of a page of its
    accounts; where to go on."""
    page = await seats.of_tier(tx, tier, after, PAGE)
    for account in page:
        await settling.look(tx, account, "cap_lowered")
        await bars.ask_for_owner(tx, account)
        await jobs.enqueue(tx, "release", {"account": account}, key=str(account))
    return page[-1] if len(page) == PAGE else None
