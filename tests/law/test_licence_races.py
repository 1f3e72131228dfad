"""Law 1 and 4 while licences come and go: follows race with consents and withdrawals, and nobody gets in who has no slot."""

from __future__ import annotations

import asyncio

from fedicert.base.clock import FrozenClock
from fedicert.base.errors import Conflict, StoreUnavailable
from fedicert.operations import certification, follows, line
from fedicert.store.unit import Database, Reader, Tx
from tests import verdicts, world
from tests.law import races
from tests.world import URLS

ROUNDS = 12
FANS = 12
LOW, HIGH = 2, 6


async def lay_out(tx: Tx) -> tuple[list[int], list[int]]:
    low = await world.make_tier(tx, "low", position=0, followers=LOW)
    await world.make_tier(tx, "licensed", position=1, followers=HIGH)
    await tx.run("UPDATE tiers SET enter = '[\"licence\"]' WHERE name = 'licensed'")
    owners = [await world.make_local(tx, f"o{number}", low) for number in range(ROUNDS)]
    return owners, [await world.make_remote(tx, f"r{number}", f"h{number}.example") for number in range(FANS)]


async def patiently(work: object) -> None:
    for _ in range(races.ASKED):
        try:
            await work()  # type: ignore[operator]
        except StoreUnavailable:
            await asyncio.sleep(0.05)
        except Conflict:
            return  # it was withdrawn before it was consented to
        else:
            return
    raise AssertionError("the database was unavailable for a whole race")


async def state(reader: Reader, owner: int) -> tuple[int, int, str, int, int]:
    """(admitted, held, tier, open settlings, cap)"""
    row = await reader.one(
        "SELECT l.admitted, l.held, t.name, t.followers FROM local_accounts l JOIN tiers t ON t.id = l.tier WHERE l.id = $1",
        owner,
    )
    assert row is not None
    going_on = await reader.value("SELECT COUNT(*) FROM settlings WHERE account = $1 AND ended_at IS NULL", owner)
    return row[0], row[1], row[2], int(going_on), row[3]


async def test_follows_race_with_consent_and_withdrawal(db: Database, clock: FrozenClock) -> None:
    owners, fans = await db.write(lay_out)
    for number, owner in enumerate(owners):
        verdict = verdicts.verdict(URLS.actor(f"o{number}"), clock.now(), number=f"N{number}")
        href = f"{verdicts.HREF}{number}"
        imported = verdicts.document(f"N{number}")
        await db.write(certification.import_licence, URLS, owner, href, verdict, imported, 1_000_000)

        async def consent(owner: int = owner) -> None:
            await db.write(certification.consent, URLS, owner, 1)

        async def withdraw(owner: int = owner) -> None:
            await db.write(certification.withdraw, URLS, owner, 1)

        async def follow(fan: int, owner: int = owner) -> None:
            await db.write(follows.receive_follow, URLS, fan, owner, f"https://x.example/{fan}/{owner}")

        work = [consent, *((lambda fan=fan, follow=follow: follow(fan)) for fan in fans)]
        if number % 2:
            work.insert(len(work) // 2, withdraw)
        await asyncio.gather(*(patiently(one) for one in work))

        admitted, held, tier, going_on, cap = await db.read(state, owner)
        counted = await db.read(world.counts, owner)
        assert counted["admitted"] == admitted and admitted + held == FANS
        assert admitted <= HIGH and (tier == "licensed") == (number % 2 == 0)
        assert going_on == (1 if admitted > cap else 0)
        while await db.write(line.release, URLS, owner, 5):
            pass
        after, waiting, _, _, _ = await db.read(state, owner)
        assert after == max(admitted, cap) and after + waiting == FANS


async def test_one_licence_and_two_who_claim_it_at_once(db: Database, clock: FrozenClock) -> None:
    owners, _ = await db.write(lay_out)
    for one, other in zip(owners[::2], owners[1::2], strict=True):
        for owner in (one, other):

            async def name(reader: Reader, owner: int = owner) -> str:
                return str(await reader.value("SELECT uri FROM accounts WHERE id = $1", owner))

            verdict = verdicts.verdict(await db.read(name), clock.now(), number=f"N{one}")
            document = verdicts.document(f"N{one}")
            await db.write(certification.import_licence, URLS, owner, verdicts.HREF, verdict, document, 1_000_000)

        async def claim(owner: int) -> bool:
            try:
                await db.write(certification.consent, URLS, owner, 1)
            except Conflict:
                return False
            return True

        assert sorted(await asyncio.gather(claim(one), claim(other))) == [False, True]
        lifted = [(await db.read(state, owner))[2] for owner in (one, other)]
        assert sorted(lifted) == ["licensed", "low"]
