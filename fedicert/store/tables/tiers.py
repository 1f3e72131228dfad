"""The ladder as the database holds it: what holds now, and what the rule says where a window lowers it.

Lists are JSON, 'none' is NULL.
"""

import json
from collections.abc import Sequence
from typing import Any

import msgspec

from fedicert.model.tiers import LIMITS, Tier
from fedicert.store.sees import A_PERSON
from fedicert.store.unit import Reader, Row, Tx

_COLUMNS = (
    "id, name, position, enter, followers, following, strangers, answers_per_day, visibility, boosts, kept_permille,"
    " strangers_per_domain_day, when_full, permit_line, members_timeline, version, lowered"
)
_FIELDS = (*LIMITS, "visibility", "boosts", "kept_permille", "strangers_per_domain_day", "when_full")


async def ladder(reader: Reader) -> list[Tier]:
    """Every tier as it holds now, the lowest rung first."""
    return [_tier(row) for row in await reader.all(f"SELECT {_COLUMNS} FROM tiers ORDER BY position")]


async def rules(reader: Reader) -> list[Tier]:
    """Every tier as its rule says, windows aside."""
    return [_rule(row) for row in await reader.all(f"SELECT {_COLUMNS} FROM tiers ORDER BY position")]


async def by_name(reader: Reader, name: str) -> Tier | None:
    """One tier by its name."""
    row = await reader.one(f"SELECT {_COLUMNS} FROM tiers WHERE name = $1", name)
    return None if row is None else _tier(row)


async def lock(tx: Tx) -> list[Tier]:
    """The rules of the whole ladder under its lock: two changes never pass each other, admissions wait until the unit
    ends."""
    await tx.all("SELECT id FROM tiers ORDER BY id {for_update}")
    return await rules(tx)


async def lowest(reader: Reader) -> Tier | None:
    """The lowest rung."""
    row = await reader.one(f"SELECT {_COLUMNS} FROM tiers ORDER BY position LIMIT 1")
    return None if row is None else _tier(row)


async def insert(tx: Tx, tier: Tier) -> None:
    """Add a rung at its position."""
    await tx.run(
        "INSERT INTO tiers (name, position, enter, followers, following, strangers, answers_per_day, visibility,"
        " boosts, kept_permille, strangers_per_domain_day, when_full, version, updated_at, permit_line, members_timeline)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 1, $13, $14, $15)",
        tier.name,
        tier.position,
        json.dumps(tier.enter),
        tier.followers,
        tier.following,
        tier.strangers,
        tier.answers_per_day,
        tier.visibility,
        tier.boosts,
        tier.kept_permille,
        tier.strangers_per_domain_day,
        tier.when_full,
        tx.now,
        int(tier.permit_line),
        int(tier.members_timeline),
    )


async def update(tx: Tx, rule: Tier, held: Tier) -> None:
    """Write a rung: what its rule says, and what holds now, lowered by windows or not. Its version rises."""
    lowered = {key: getattr(rule, key) for key in _FIELDS if getattr(rule, key) != getattr(held, key)}
    await tx.run(
        "UPDATE tiers SET name = $2, enter = $3, followers = $4, following = $5, strangers = $6, answers_per_day = $7,"
        " visibility = $8, boosts = $9, kept_permille = $10, strangers_per_domain_day = $11, when_full = $12,"
        " permit_line = $14, members_timeline = $15, lowered = $16, version = version + 1, updated_at = $13 WHERE id = $1",
        held.id,
        held.name,
        json.dumps(held.enter),
        held.followers,
        held.following,
        held.strangers,
        held.answers_per_day,
        held.visibility,
        held.boosts,
        held.kept_permille,
        held.strangers_per_domain_day,
        held.when_full,
        tx.now,
        int(held.permit_line),
        int(held.members_timeline),
        json.dumps(lowered) if lowered else "",
    )


async def order(tx: Tx, tiers: Sequence[int]) -> None:
    """Put the rungs into this order, the lowest first. No two of them may share a place on the way."""
    for place, tier in enumerate(tiers):
        await tx.run("UPDATE tiers SET position = $2 WHERE id = $1", tier, -1 - place)
    await tx.run("UPDATE tiers SET position = -1 - position WHERE position < 0")


async def remove(tx: Tx, tier: int) -> None:
    """Take a rung away on which nobody stands, with what was once granted for it."""
    await tx.run("DELETE FROM tier_grants WHERE tier = $1", tier)
    await tx.run("DELETE FROM tiers WHERE id = $1", tier)


async def standing(reader: Reader, tier: int) -> int:
    """How many accounts here stand on a rung, or would come to stand on it if what lifts them higher ended."""
    return int(
        await reader.value(
            "SELECT COUNT(*) FROM local_accounts l JOIN accounts a ON a.id = l.id"
            f" WHERE a.deleted_at IS NULL AND {A_PERSON} AND (l.tier = $1 OR EXISTS (SELECT 1 FROM"
            " tier_grants g WHERE g.account = l.id AND g.tier = $1 AND g.ended_at IS NULL))",
            tier,
        )
    )


async def empty(reader: Reader, tier: int) -> list[int]:
    """Accounts on a rung that nobody stands on: those of the server itself, and deleted ones."""
    rows = await reader.all("SELECT id FROM local_accounts WHERE tier = $1 ORDER BY id", tier)
    return [row[0] for row in rows]


async def people_on(reader: Reader, tier: int) -> int:
    """How many local accounts stand on a rung, the server's own and deleted ones aside."""
    return int(
        await reader.value(
            "SELECT COUNT(*) FROM local_accounts l JOIN accounts a ON a.id = l.id"
            f" WHERE l.tier = $1 AND a.deleted_at IS NULL AND {A_PERSON}",
            tier,
        )
    )


def _rule(row: Row) -> Tier:
    lowered: dict[str, Any] = json.loads(row["lowered"]) if row["lowered"] else {}
    return msgspec.structs.replace(_tier(row), **lowered)


def _tier(row: Row) -> Tier:
    return Tier(
        id=row["id"],
        name=row["name"],
        position=row["position"],
        enter=tuple(json.loads(row["enter"])),
        followers=row["followers"],
        following=row["following"],
        strangers=row["strangers"],
        answers_per_day=row["answers_per_day"],
        visibility=row["visibility"],
        boosts=row["boosts"],
        kept_permille=row["kept_permille"],
        strangers_per_domain_day=row["strangers_per_domain_day"],
        when_full=row["when_full"],
        permit_line=bool(row["permit_line"]),
        members_timeline=bool(row["members_timeline"]),
        version=row["version"],
    )
