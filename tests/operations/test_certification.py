"""Lifting fails closed, falling is orderly: every way in which a licence must not lift, and what each end does."""

from __future__ import annotations

from typing import Any

import pytest

from fedicert.base.clock import DAY, HOUR, FrozenClock
from fedicert.base.errors import Conflict, NotFound, Unprocessable
from fedicert.jobs.certify import Certifying
from fedicert.model.attestations import Outcome, TrustEntry
from fedicert.operations import caps, certification, follows, looking
from fedicert.store import queue
from fedicert.store.unit import Database, Reader, Tx
from tests import verdicts, world
from tests.rungs import change_tier
from tests.world import URLS

EVERY = 6 * HOUR
ADA = URLS.actor("ada")


async def lay_out(tx: Tx) -> int:
    low = await world.make_tier(tx, "low", position=0, followers=2)
    await world.make_tier(tx, "licensed", position=1, followers=10)
    await world.make_tier(tx, "examined", position=2, followers=None)
    await tx.run("UPDATE tiers SET enter = '[\"licence\"]' WHERE name = 'licensed'")
    await tx.run("UPDATE tiers SET enter = '[\"examination\"]' WHERE name = 'examined'")
    await world.make_local(tx, "home.example", low, kind="Application")
    ada = await world.make_local(tx, "ada", low)
    await world.make_local(tx, "ben", low)
    for number in range(4):
        await world.make_remote(tx, f"n{number}", f"h{number}.example")
    return ada


@pytest.fixture
async def ada(db: Database) -> int:
    return await db.write(lay_out)


async def tier(db: Database, account: int) -> str:
    async def view(reader: Reader) -> str:
        return str(
            await reader.value(
                "SELECT t.name FROM local_accounts l JOIN tiers t ON t.id = l.tier WHERE l.id = $1", account
            )
        )

    return await db.read(view)


async def kinds(db: Database, account: int) -> list[str]:
    return await db.read(world.told, account)


async def bring(db: Database, account: int, clock: FrozenClock, outcome: Outcome = "trusted", **more: Any) -> Any:
    verdict = verdicts.verdict(more.pop("subject", ADA), clock.now(), outcome, **more)
    return await db.write(
        certification.import_licence, URLS, account, verdicts.HREF, verdict, verdicts.document(), EVERY
    )


async def look(db: Database, account: int, clock: FrozenClock, outcome: Outcome = "trusted", **more: Any) -> Any:
    verdict = verdicts.verdict(ADA, clock.now(), outcome, **more)
    return await db.write(certification.record_verdict, URLS, account, verdicts.HREF, verdict)


async def follow(db: Database, account: int, *numbers: int) -> list[str]:
    async def who(reader: Reader) -> list[int]:
        rows = await reader.all("SELECT id FROM accounts WHERE domain <> '' ORDER BY id")
        return [row[0] for row in rows]

    people = await db.read(who)
    return [
        await db.write(follows.receive_follow, URLS, people[number], account, f"https://x.example/{number}")
        for number in numbers
    ]


async def test_a_trusted_fresh_and_consented_licence_lifts(db: Database, ada: int, clock: FrozenClock) -> None:
    report = await bring(db, ada, clock)
    assert report.number == 1 and await tier(db, ada) == "low"
    await db.write(certification.consent, URLS, ada, 1)
    assert await tier(db, ada) == "licensed"
    assert await kinds(db, ada) == ["licence_consented", "rung_changed"]


@pytest.mark.parametrize("outcome", ["unlisted", "out_of_scope"])
async def test_what_isnt_trusted_may_be_shown_and_lifts_nobody(
    db: Database, ada: int, clock: FrozenClock, outcome: Outcome
) -> None:
    await bring(db, ada, clock, outcome)
    report = await db.write(certification.consent, URLS, ada, 1)
    assert report.shown is not None and await tier(db, ada) == "low"
    # Trusted later, it lifts: the consent stands.
    await look(db, ada, clock)
    assert await tier(db, ada) == "licensed"


@pytest.mark.parametrize("outcome", ["unverifiable", "invalid"])
async def test_what_isnt_proven_isnt_kept(db: Database, ada: int, clock: FrozenClock, outcome: Outcome) -> None:
    assert (await bring(db, ada, clock, outcome)).number == 0
    with pytest.raises(NotFound):
        await db.write(certification.consent, URLS, ada, 1)


async def test_a_licence_about_somebody_else_isnt_kept(db: Database, ada: int, clock: FrozenClock) -> None:
    with pytest.raises(Unprocessable, match="is about"):
        await bring(db, ada, clock, subject=URLS.actor("ben"))


async def test_an_old_look_lifts_nobody(db: Database, ada: int, clock: FrozenClock) -> None:
    await bring(db, ada, clock)
    clock.advance(HOUR + 1)
    with pytest.raises(Unprocessable, match="an hour ago"):
        await db.write(certification.consent, URLS, ada, 1)
    await look(db, ada, clock, "unverifiable")
    with pytest.raises(Unprocessable, match="an hour ago"):
        await db.write(certification.consent, URLS, ada, 1)
    assert await tier(db, ada) == "low"
    await look(db, ada, clock)
    await db.write(certification.consent, URLS, ada, 1)
    assert await tier(db, ada) == "licensed"


async def test_a_look_without_consent_lifts_nobody(db: Database, ada: int, clock: FrozenClock) -> None:
    await bring(db, ada, clock)
    await look(db, ada, clock)
    assert await tier(db, ada) == "low" and await kinds(db, ada) == []


@pytest.mark.parametrize("named", ["examined", "low", "gone"])
async def test_a_tier_that_no_licence_enters_isnt_lifted_to(
    db: Database, ada: int, clock: FrozenClock, named: str
) -> None:
    await bring(db, ada, clock, tier=named)
    await db.write(certification.consent, URLS, ada, 1)
    assert await tier(db, ada) == "low"


async def test_a_licence_never_lowers(db: Database, ada: int, clock: FrozenClock) -> None:
    """Somebody who stands higher for another reason stays there, while the licence comes and goes."""

    async def raise_(tx: Tx) -> None:
        await tx.run(
            "INSERT INTO tier_grants (account, tier, ground, begun_at, cause)"
            " SELECT $1, id, 'admin', 0, '' FROM tiers WHERE name = 'examined'",
            ada,
        )
        await tx.run(
            "UPDATE local_accounts SET tier = (SELECT id FROM tiers WHERE name = 'examined') WHERE id = $1", ada
        )

    await db.write(raise_)
    await bring(db, ada, clock)
    await db.write(certification.consent, URLS, ada, 1)
    assert await tier(db, ada) == "examined"
    await look(db, ada, clock, "invalid", reason="revoked")
    assert await tier(db, ada) == "examined"


@pytest.mark.parametrize(
    ("cause", "days"), [("revoked", 3), ("expired", 14), ("suspended", 14), ("for_cause", 0), ("withdrawn", 14)]
)
async def test_each_end_falls_with_its_own_grace(
    db: Database, ada: int, clock: FrozenClock, cause: str, days: int
) -> None:
    await bring(db, ada, clock)
    await db.write(certification.consent, URLS, ada, 1)
    assert await follow(db, ada, 0, 1, 2) == ["admitted"] * 3
    if cause == "withdrawn":
        await db.write(certification.withdraw, URLS, ada, 1)
    else:
        await look(db, ada, clock, "invalid", reason=cause)
    assert await tier(db, ada) == "low"
    assert await follow(db, ada, 3) == ["held"]
    assert (await db.read(world.counts, ada))["admitted"] == 3

    async def settling(reader: Reader) -> list[tuple[str, int]]:
        rows = await reader.all("SELECT cause, until - begun_at FROM settlings WHERE ended_at IS NULL")
        return [(row[0], row[1] // DAY) for row in rows]

    assert await db.read(settling) == [(cause, days)]
    ended = "licence_withdrawn" if cause == "withdrawn" else "licence_ended"
    assert [kind for kind in await kinds(db, ada) if kind not in ("admitted", "held")] == [
        "licence_consented",
        "rung_changed",
        ended,
        "rung_changed",
        "grace_begun",
    ]
    with pytest.raises(Conflict, match="ended"):
        await db.write(certification.consent, URLS, ada, 1)


async def test_a_fall_that_fits_settles_nothing(db: Database, ada: int, clock: FrozenClock) -> None:
    await bring(db, ada, clock)
    await db.write(certification.consent, URLS, ada, 1)
    await follow(db, ada, 0, 1)
    await look(db, ada, clock, "invalid", reason="revoked")
    assert await tier(db, ada) == "low" and "grace_begun" not in await kinds(db, ada)


async def test_a_cap_lowered_below_an_audience_begins_grace_too(db: Database, ada: int) -> None:
    await follow(db, ada, 0, 1)
    await db.write(change_tier, "low", {"followers": "1"}, ada, "a smaller hall")

    async def tier_id(reader: Reader) -> int:
        return int(await reader.value("SELECT id FROM tiers WHERE name = 'low'"))

    low = await db.read(tier_id)
    assert await db.write(caps.release_tier, low, 0) is None
    assert await kinds(db, ada) == ["admitted", "admitted", "grace_begun"]
    await db.write(caps.release_tier, low, 0)
    await db.write(change_tier, "low", {"followers": "2"}, ada, "it was larger than thought")
    await db.write(caps.release_tier, low, 0)
    assert (await kinds(db, ada))[2:] == ["grace_begun", "settling_ended"]


async def test_a_follow_during_settling_is_held_where_full_ones_are_refused(db: Database, ada: int) -> None:
    await follow(db, ada, 0, 1)

    async def refuse(tx: Tx) -> None:
        await tx.run("UPDATE tiers SET when_full = 'reject' WHERE name = 'low'")

    await db.write(refuse)
    assert await follow(db, ada, 2) == ["refused"]
    await db.write(change_tier, "low", {"followers": "1"}, ada, "a smaller hall")
    assert await follow(db, ada, 3) == ["held"]


async def test_a_changed_trust_list_has_everything_looked_at_anew(db: Database, ada: int, clock: FrozenClock) -> None:
    await bring(db, ada, clock)
    trust: list[TrustEntry] = [verdicts.entry()]
    assert not await db.write(looking.trust_is, trust)
    assert await db.write(looking.ask_due) == 1  # known for the first time: looked at as well
    await look(db, ada, clock)
    assert not await db.write(looking.trust_is, trust) and await db.write(looking.ask_due) == 0
    assert await db.write(looking.trust_is, []) and await db.write(looking.ask_due) == 1


async def test_a_look_that_finds_nothing_new_changes_no_version(db: Database, ada: int, clock: FrozenClock) -> None:
    """What is rendered of an account stays on the shelf while its licences stay what they are."""
    await bring(db, ada, clock)
    await db.write(certification.consent, URLS, ada, 1)

    async def version(reader: Reader) -> tuple[int, int]:
        told = await reader.value("SELECT COUNT(*) FROM activities WHERE type = 'Update'")
        return int(await reader.value("SELECT version FROM accounts WHERE id = $1", ada)), int(told)

    before = await db.read(version)
    clock.advance(HOUR)
    await look(db, ada, clock)
    assert await db.read(version) == before
    await look(db, ada, clock, "unverifiable")
    await look(db, ada, clock, "unverifiable")
    after = await db.read(version)
    assert after == (before[0] + 1, before[1])  # shown as not re-checked; nothing of the actor document changed


async def test_consenting_twice_changes_nothing(db: Database, ada: int, clock: FrozenClock) -> None:
    await bring(db, ada, clock)
    await db.write(certification.consent, URLS, ada, 1)
    told = await kinds(db, ada)
    await db.write(certification.consent, URLS, ada, 1)
    assert await kinds(db, ada) == told
    assert (await bring(db, ada, clock)).number == 1  # imported again, it is the same one


def claims_for_the_board(issuer: str) -> dict[str, Any]:
    """A credential that says itself that the board grants what it attests."""
    document = verdicts.document()
    document["issuer"] = issuer
    document["credentialSubject"]["achievement"] = {"creator": {"id": "did:web:board.example"}}
    return document


async def claim(db: Database, clock: FrozenClock, who: str, outcome: Outcome, **said: Any) -> Any:
    async def of(reader: Reader) -> int:
        return int(await reader.value("SELECT id FROM accounts WHERE username = $1 AND domain = ''", who))

    account = await db.read(of)
    verdict = verdicts.verdict(URLS.actor(who), clock.now(), outcome, **said)
    document = claims_for_the_board(said.get("issuer", verdicts.BOARD))
    href = f"https://board.example/credentials/{who}"
    await db.write(certification.import_licence, URLS, account, href, verdict, document, EVERY)
    return await db.write(certification.consent, URLS, account, 1)


async def test_who_isnt_trusted_displaces_nobody(db: Database, ada: int, clock: FrozenClock) -> None:
    """An issuer of one's own that calls itself the authority is no better proof than a registrar whom we trust."""
    await claim(db, clock, "ada", "trusted", issuer="did:web:registrar.example", assurance="registrar")
    assert await tier(db, ada) == "licensed"
    with pytest.raises(Conflict, match="another account"):
        await claim(db, clock, "ben", "unlisted", issuer="did:web:ben.example", assurance="authority")
    assert await tier(db, ada) == "licensed"


async def test_who_isnt_trusted_keeps_nobody_out(db: Database, ada: int, clock: FrozenClock) -> None:
    await claim(db, clock, "ben", "unlisted", issuer="did:web:ben.example", assurance="authority")
    await claim(db, clock, "ada", "trusted", issuer="did:web:registrar.example", assurance="registrar")
    assert await tier(db, ada) == "licensed"


async def test_one_issuer_isnt_the_authority_of_another(db: Database, ada: int, clock: FrozenClock) -> None:
    """Trusted for its own, and by what it leaves out, it mustn't take what the board's registrar attested."""
    await claim(db, clock, "ada", "trusted", issuer="did:web:registrar.example", assurance="registrar")
    with pytest.raises(Conflict, match="another account"):
        await claim(db, clock, "ben", "trusted", issuer="did:web:union.example", assurance="authority")


async def test_good_news_from_before_the_latest_look_isnt_news(db: Database, ada: int, clock: FrozenClock) -> None:
    """A look that was slow on the way says nothing against one that began after it and was quicker."""
    await bring(db, ada, clock)
    await db.write(certification.consent, URLS, ada, 1)
    clock.advance(1_000)
    slow = verdicts.verdict(ADA, clock.now())
    clock.advance(1_000)
    await look(db, ada, clock, "unlisted")
    assert await tier(db, ada) == "low"
    await db.write(certification.record_verdict, URLS, ada, verdicts.HREF, slow)
    assert await tier(db, ada) == "low"


async def test_a_server_with_many_slow_actors_keeps_no_others_waiting(db: Database, ada: int) -> None:
    """One look at a time for all the names of a domain, and a line of their own for the people here."""

    async def met(tx: Tx) -> None:
        for number in range(20):
            flooder = await world.make_remote(tx, f"f{number}", f"h{number}.flood.org")
            await looking.ask(tx, flooder)
        await looking.ask(tx, await world.make_remote(tx, "zoe", "zoe.example"))
        await looking.ask(tx, ada)

    await db.write(met)
    first = await db.write(queue.claim_in_order, "certify", 8)
    assert {job.lane for job in first} == {"flood.org"}  # done one after the other
    second = await db.write(queue.claim_in_order, "certify", 7)
    assert [job.lane for job in second] == ["zoe.example"]
    assert [job.payload["account"] for job in await db.write(queue.claim, "certify_here", 4)] == [ada]


async def test_no_look_that_is_old_or_had_no_answer_lifts(db: Database, ada: int, clock: FrozenClock) -> None:
    """The ladder changed meanwhile: what is consented to lifts at the next answer, and by nothing less."""

    async def enter(tx: Tx, way: str) -> None:
        await tx.run("UPDATE tiers SET enter = $1 WHERE name = 'licensed'", f'["{way}"]')

    await db.write(enter, "examination")
    await bring(db, ada, clock)
    await db.write(certification.consent, URLS, ada, 1)
    await db.write(enter, "licence")
    await look(db, ada, clock, "unverifiable")
    assert await tier(db, ada) == "low"
    old = verdicts.verdict(ADA, clock.now() - HOUR - 1)
    await db.write(certification.record_verdict, URLS, ada, verdicts.HREF, old)
    assert await tier(db, ada) == "low"
    await look(db, ada, clock)
    assert await tier(db, ada) == "licensed"


async def test_a_licence_that_nobody_looks_at_keeps_its_time(db: Database, ada: int, clock: FrozenClock) -> None:
    class Nobody:
        async def look(self, *_: Any, **__: Any) -> Any:
            raise AssertionError("nothing is due")

        look_at = look

    await bring(db, ada, clock)
    times = "SELECT check_again_at FROM licences ORDER BY id"

    async def due_at(reader: Reader) -> list[int]:
        return [row[0] for row in await reader.all(times)]

    before = await db.read(due_at)
    clock.advance(before[0] - clock.now() - 1_000)
    certifying = Certifying(db, URLS, Nobody(), EVERY)
    assert await certifying.look_at_account(ada, everything=False) == []
    assert await db.read(due_at) == before
