"""Changing a tier's limits: a visible act, at once, on the ledger, dropping nobody (law 9).

What falls below an audience is brought back in stages by settling, which never happens here.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from fedicert.base.errors import Conflict, NotFound, Unprocessable
from fedicert.operations import jobs
from fedicert.operations.ledger import Party, record
from fedicert.store.tables import people, seats, tiers
from fedicert.store.unit import Tx

class ChangeReport(msgspec.Struct, frozen=True):
    """`touched`: accounts that stand on the tier; `over`: of them, those whose count is above the new cap."""

    tier: str
    before: dict[str, Any]
    after: dict[str, Any]
    touched: int
    over: int


async def change_tier(tx: Tx, name: str, changes: Mapping[str, Any], by: int, reason: str) -> ChangeReport:
    """Set limits of a tier, version it, tell it on the instance's ledger, and let those who wait in.

    `changes`: limit → value as in the configuration, already read (`None`: no limit). `by`: the admin's account.
    """
    if not reason.strip():
        raise Unprocessable("say why: a changed limit is published with its reason")
    if not changes:
        raise Unprocessable("nothing to change: name at least one limit, as in followers=300")
    admin = await people.by_id(tx, by)
    if admin is None:
        raise NotFound("no such account to change the tier")
    ladder = await tiers.ladder(tx, lock=True)
    place = next((i for i, tier in enumerate(ladder) if tier.name == name), None)
    if place is None:
        raise NotFound(f"no tier is called {name!r}; there are: {', '.join(t.name for t in ladder)}")
    before = tiers.limits_of(ladder[place])
    changed = {key: value for key, value in changes.items() if before[key] != value}
    if not changed:
        raise Conflict(f"tier {name} is like that already")
    after = {**before, **changed}
    tiers.check_order(ladder, place, after)
    tier = await tiers.update(tx, ladder[place].id, changed)
    instance = await tiers.instance_account(tx)
    await record(
        tx,
        instance,
        "cap_changed" if "followers" in changed else "tier_changed",
        "law 9",
        {"by": Party(admin.uri, admin.id)},
        {
            "tier": name,
            "from": {key: before[key] for key in changed},
            "to": dict(changed),
            "why": reason.strip(),
            "version": tier.version,
        },
    )
    await jobs.enqueue(tx, "release_tier", {"tier": tier.id, "after": 0}, key=f"release_tier:{tier.id}")
    tx.signal("ladder", tier.id)
    cap = tier.followers
    return ChangeReport(
        tier=name,
        before=before,
        after=after,
        touched=await tiers.standing_on(tx, tier.id),
        over=0 if cap is None else await seats.over(tx, tier.id, cap),
    )
