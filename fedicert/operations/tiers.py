"""The ladder's first filling, and how the configuration's ladder differs from it later. Changing one is `caps.py`."""

from collections.abc import Sequence

import msgspec

from fedicert.base.errors import Conflict
from fedicert.model.tiers import KEYS, Tier, check_ladder, shown_value
from fedicert.store.tables import settings, tiers
from fedicert.store.unit import Reader, Tx

GENERATION = "ladder"
"""What is cached of the ladder hangs on this number, and this is the signal when it changes."""


class Rung(msgspec.Struct, frozen=True):
    """A tier and how many people stand on it."""

    tier: Tier
    people: int


async def fill_ladder(tx: Tx, ladder: Sequence[Tier]) -> bool:
    """At first start: write the configured ladder. False where there is one already, which then stays as it is."""
    check_ladder(ladder)
    if await tiers.lowest(tx) is not None:
        return False
    for position, tier in enumerate(ladder):
        await tiers.insert(tx, msgspec.structs.replace(tier, position=position))
    await settings.next_generation(tx, GENERATION)
    return True


async def ladder(reader: Reader) -> list[Rung]:
    """The ladder as it holds, the lowest rung first."""
    return [Rung(tier, await tiers.people_on(reader, tier.id)) for tier in await tiers.ladder(reader)]


async def lowest_tier(reader: Reader) -> Tier:
    """Where everybody starts. Conflict before the first start has filled the ladder."""
    found = await tiers.lowest(reader)
    if found is None:
        raise Conflict("the ladder is empty: start the server once, or run `fedicert migrate`")
    return found


async def differences(reader: Reader, configured: Sequence[Tier]) -> list[str]:
    """Where the configured ladder differs from the database's, which holds: a sentence each, with the command."""
    held = await tiers.ladder(reader)
    told: list[str] = []
    by_name = {tier.name: tier for tier in held}
    for tier in configured:
        there = by_name.get(tier.name)
        if there is None:
            told.append(f"tier {tier.name} stands in the configuration and not in the database, whose ladder holds")
            continue
        changes = [
            f"{key}={shown_value(tier, key)}" for key in KEYS if shown_value(tier, key) != shown_value(there, key)
        ]
        if changes:
            told.append(
                f"tier {tier.name} differs from the configuration, and the database holds; to change it: "
                f"fedicert tier set {tier.name} {' '.join(changes)} --by ACCOUNT --reason TEXT"
            )
    names = [tier.name for tier in configured]
    told += [
        f"tier {tier.name} stands in the database and not in the configuration"
        for tier in held
        if tier.name not in names
    ]
    in_both = [tier.name for tier in held if tier.name in names]
    if not told and in_both != names:
        told.append(f"the configuration orders the tiers differently; the database's order holds: {', '.join(in_both)}")
    return told
