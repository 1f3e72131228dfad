"""Every ladder that held is kept, with a number, who decided it, why, and a digest; and told on the instance's ledger."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from fedicert.model.ladder import Version
from fedicert.model.tiers import KEYS, Tier, shown
from fedicert.operations.ledger import Party, record
from fedicert.reach import chain
from fedicert.store.tables import ladder_versions, people, tiers
from fedicert.store.unit import Reader, Tx

GENERATION = "ladder"
"""What is cached of the ladder hangs on this number, and this is the signal when it changes."""

LAW_9 = "law 9"


async def new_version(tx: Tx, decider: int | None, act: str, why: str) -> int:
    """The ladder as it holds now gets the next number. The first change also writes down what held before it."""
    number = await ladder_versions.current(tx) + 1
    told = await as_told(tx)
    await ladder_versions.insert(tx, number, decider, act, why, told, digest(told))
    return number


async def current(reader: Reader) -> int:
    """The number of the ladder that holds."""
    return await ladder_versions.current(reader)


async def first_version(tx: Tx, why: str) -> None:
    """Write down the ladder as it stands, where no version of it was written yet."""
    if await ladder_versions.current(tx) == 0:
        await new_version(tx, None, "start", why)


async def as_told(reader: Reader) -> list[dict[str, Any]]:
    """The whole ladder in the admin's words, as it holds; `rule`: what the rule says where a window lowers it."""
    told: list[dict[str, Any]] = []
    for rule, held in zip(await tiers.rules(reader), await tiers.ladder(reader), strict=True):
        entry: dict[str, Any] = dict(shown(held))
        by_rule = differing(held, rule)
        told.append(entry | {"rule": by_rule} if by_rule else entry)
    return told


def digest(told: Sequence[Mapping[str, Any]]) -> str:
    """SHA-256 of a ladder as it is told, hex."""
    return hashlib.sha256(chain.canonical(list(told))).hexdigest()


def differing(one: Tier, other: Tier) -> dict[str, str]:
    """What the other says where the two differ."""
    mine, others = shown(one), shown(other)
    return {key: others[key] for key in KEYS if mine[key] != others[key]}


async def tell(tx: Tx, kind: str, decider: int, body: Mapping[str, Any], *, why: str, version: int) -> None:
    """Write a change on the instance's ledger: by whom, what, why, and which version of the ladder it made."""
    admin = await people.by_id(tx, decider)
    parties = {} if admin is None else {"by": Party(admin.uri, admin.id)}
    told = {**body, "why": why, "version": version}
    await record(tx, await people.instance(tx), kind, LAW_9, parties, told)


async def history(reader: Reader, before: int | None, count: int) -> list[Version]:
    """The ladders that held, the newest first, with numbers below `before`."""
    return await ladder_versions.newest(reader, before, count)
