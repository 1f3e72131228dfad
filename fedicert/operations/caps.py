"""What follows from a changed tier for the accounts on it, page by page; and changing one without a forecast's token.

What falls below an audience settles: `settling.py`, account by account.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from fedicert.model.ladder import Change
from fedicert.operations import bars, deciding, jobs, settling
from fedicert.store.tables import seats, tiers
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
    """Set limits of a tier; whom it touches. `changes`: words and values as in the configuration.

    Raises Unprocessable, NotFound or Conflict with a sentence; then nothing has changed.
    """
    applied = await deciding.apply(tx, by, Change(act="set", name=name, values=dict(changes)), reason)
    tier = await tiers.by_name(tx, name)
    assert tier is not None
    return ChangeReport(
        tier=name,
        before=applied.before,
        after=applied.after,
        touched=await tiers.people_on(tx, tier.id),
        over=0 if tier.followers is None else await seats.over(tx, tier.id, tier.followers),
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
