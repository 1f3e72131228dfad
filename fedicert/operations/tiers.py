"""The ladder's first filling, and how the configuration's ladder differs from it later. Changing it is `deciding.py`."""

from collections.abc import Sequence

import msgspec

from fedicert.base.errors import Conflict
from fedicert.model.tiers import KEYS, Tier, check_ladder, shown_value
from fedicert.operations import versions
from fedicert.store.tables import settings, tiers, windows
from fedicert.store.unit import Reader, Tx

GENERATION = versions.GENERATION


class Rung(msgspec.Struct, frozen=True):
    """A tier as it holds, and how many people stand on it. `lowered_until`: a window lowers it up to then (ms)."""

    tier: Tier
    people: int
    lowered_until: int | None = None


async def fill_ladder(tx: Tx, ladder: Sequence[Tier]) -> bool:
    """At first start: write the configured ladder. False where there is one already, which then stays as it is."""
    check_ladder(ladder)
    if await tiers.lowest(tx) is not None:
        return False
    for position, tier in enumerate(ladder):
        await tiers.insert(tx, msgspec.structs.replace(tier, position=position))
    await versions.first_version(tx, "the first start")
    await settings.next_generation(tx, GENERATION)
    return True


async def ladder(reader: Reader) -> list[Rung]:
    """The ladder as it holds, the lowest rung first."""
    until: dict[int, int] = {}
    for window in await windows.open_ones(reader):
        if window.begun_at is not None:
            until[window.tier] = max(window.ends_at, until.get(window.tier, 0))
    return [
        Rung(tier, await tiers.people_on(reader, tier.id), until.get(tier.id)) for tier in await tiers.ladder(reader)
    ]


async def lowest_tier(reader: Reader) -> Tier:
    """Where everybody starts. Conflict before the first start has filled the ladder."""
    found = await tiers.lowest(reader)
    if found is None:
        raise Conflict("the ladder is empty: start the server once, or run `fedicert migrate`")
    return found


async def differences(reader: Reader, configured: Sequence[Tier]) -> list[str]:
    """Where the configured ladder differs from the database's rules, which hold: a sentence each, with the command."""
    held = await tiers.rules(reader)
    told: list[str] = []
    by_name = {tier.name: tier for tier in held}
    names = [tier.name for tier in configured]
    for place, tier in enumerate(configured, 1):
        there = by_name.get(tier.name)
        if there is None:
            said = " ".join(f"{key}={shown_value(tier, key)}" for key in KEYS[1:])
            told.append(
                f"tier {tier.name} stands in the configuration and not in the database, whose ladder holds; to add it: "
                f"fedicert tier add {tier.name} {said} --place {place} {_SIGNED}"
            )
            continue
        changes = [
            f"{key}={shown_value(tier, key)}" for key in KEYS if shown_value(tier, key) != shown_value(there, key)
        ]
        if changes:
            told.append(
                f"tier {tier.name} differs from the configuration, and the database holds; to change it: "
                f"fedicert tier set {tier.name} {' '.join(changes)} {_SIGNED}"
            )
    told += [
        f"tier {tier.name} stands in the database and not in the configuration; to remove it: "
        f"fedicert tier remove {tier.name} {_SIGNED}; a tier that has another name there: "
        f"fedicert tier rename {tier.name} NAME {_SIGNED}"
        for tier in held
        if tier.name not in names
    ]
    return told or _order(held, names)


_SIGNED = "--by ACCOUNT --reason TEXT"


def _order(held: Sequence[Tier], names: Sequence[str]) -> list[str]:
    """Both have the same tiers. Where the order differs: the first move towards the configured one."""
    there = [tier.name for tier in held]
    if there == list(names):
        return []
    place, name = next((place, name) for place, name in enumerate(names, 1) if there[place - 1] != name)
    return [
        f"the configuration orders the tiers differently; the database's order holds: {', '.join(there)}; to change it: "
        f"fedicert tier move {name} --place {place} {_SIGNED}"
    ]
