"""Issuing on both engines: entries by chance and for ever, revocation for good, keys that change."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from fedicert.attestations import bitstrings
from fedicert.base.clock import DAY, FrozenClock
from fedicert.base.errors import Conflict, Duplicate, NotFound, Unprocessable
from fedicert.keys.pairs import new_ed25519
from fedicert.model.issuing import Place
from fedicert.operations import issuing
from fedicert.store.tables import issuing as table
from fedicert.store.unit import Database, Tx
from tests.conftest import NOON
from tests.issuing import ADA, ELECTRICIAN, LOOKED_UP, board

BOB = "https://social.example/users/bob"


def index_of(document: dict[str, Any]) -> int:
    return int(document["credentialStatus"]["statusListIndex"])


def is_set(document: dict[str, Any], index: int) -> bool:
    return bitstrings.get_bit(bitstrings.decode(document["credentialSubject"]["encodedList"]), index)


async def test_a_credential_is_issued_proven_and_revoked_for_good(db: Database, clock: FrozenClock) -> None:
    async with board(db, clock) as here:
        issued = await here.issue()
        document = await here.credential(issued.uuid)
        assert document["credentialSubject"]["licenseNumber"] == "ME-104422"
        assert document["validFrom"] == "2026-03-01T12:00:00Z" and document["validUntil"] == "2027-03-01T12:00:00Z"
        for suite, count in (("eddsa-rdfc-2022", 1), ("eddsa-jcs-2022", 1), ("all", 2)):
            assert await here.faults(await here.credential(issued.uuid, suite)) == [""] * count
        listed = await here.status_list()
        assert await here.faults(listed) == [""] and not is_set(listed, index_of(document))
        assert listed["credentialSubject"]["ttl"] == 300_000 and listed["validUntil"] == "2026-03-08T12:00:00Z"

        clock.advance(60_000)
        first = await here.office.revoke(issued.uuid, "no insurance")
        again = await here.office.revoke(here.addresses.credential(issued.uuid), "once more")
        assert not first.already and again.already and again.issued.revoked_why == "no insurance"
        assert again.issued.revoked_at == NOON + 60_000
        listed = await here.status_list()
        assert is_set(listed, index_of(document)) and await here.faults(listed) == [""]
        assert listed["validFrom"] == "2026-03-01T12:01:00Z"
        assert await here.credential(issued.uuid) == document


async def test_the_database_itself_keeps_entries_and_revocations(db: Database, clock: FrozenClock) -> None:
    async with board(db, clock) as here:
        one = await here.issue()
        await here.office.revoke(one.uuid, "why")
        other = msgspec.structs.replace(one, uuid="another", number="")
        with pytest.raises(Conflict):
            await db.write(issuing.issue, other)
        with pytest.raises(Duplicate):
            await db.write(table.insert_issued, other)
        for change in (
            "revoked_at = NULL",
            "revoked_at = 5",
            "list_index = list_index + 1",
            "document = '{}'",
            "uuid = 'x'",
        ):

            async def spoil(tx: Tx, change: str = change) -> None:
                await tx.run(f"UPDATE issued_credentials SET {change}")

            with pytest.raises(Exception, match="for good"):
                await db.write(spoil)

        async def erase(tx: Tx) -> None:
            await tx.run("DELETE FROM issued_credentials")

        with pytest.raises(Exception, match="for good"):
            await db.write(erase)
        assert (await db.read(issuing.issued, one.uuid)).revoked_at == NOON


async def test_entries_are_drawn_by_chance_and_never_twice(db: Database, clock: FrozenClock) -> None:
    class Stubborn:
        """Chance that gives the same entry over and over, and others only where they are asked for."""

        def __init__(self) -> None:
            self.drawn = 0

        def __call__(self, count: int) -> bytes:
            self.drawn += 1
            return (7 if self.drawn % 16 else self.drawn).to_bytes(count)

    async with board(db, clock) as here:
        places = [(await here.issue(number=f"ME-{n}")).place for n in range(5)]
        assert len(set(places)) == 5 and {place.number for place in places} == {1}
        assert max(place.index for place in places) > 1_000
        await here.issue(number="ME-last")

    async def draw(tx: Tx) -> Place:
        stubborn = Stubborn()

        class Over:
            def __getattr__(self, name: str) -> Any:
                return stubborn if name == "random" else getattr(tx, name)

        first = await issuing.draw_place(Over())  # type: ignore[arg-type]
        assert first.index == 7
        await table.insert_issued(tx, msgspec.structs.replace(await _any_issued(tx), uuid="seven", place=Place(1, 7)))
        return await issuing.draw_place(Over())  # type: ignore[arg-type]

    assert (await db.write(draw)).index == 32


async def _any_issued(tx: Tx) -> Any:
    return (await table.issued_page(tx, "", 1))[0]


async def test_a_full_list_is_followed_by_the_next(db: Database, clock: FrozenClock, monkeypatch: Any) -> None:
    monkeypatch.setattr(issuing, "FULL", 2)
    async with board(db, clock) as here:
        numbers = [(await here.issue(number=f"ME-{n}")).place.number for n in range(3)]
        assert numbers == [1, 1, 2]
        assert await here.office.sign_lists() == [2]
        assert (await here.status_list(2))["id"] == "https://board.example/status-lists/2"


async def test_a_list_is_signed_anew_before_it_lapses_and_after_a_change(db: Database, clock: FrozenClock) -> None:
    async with board(db, clock) as here:
        assert await here.office.sign_lists() == []
        clock.advance(3 * DAY)
        assert await here.office.sign_lists() == []
        clock.advance(DAY)
        assert await here.office.sign_lists() == [1]
        assert (await here.status_list())["validFrom"] == "2026-03-05T12:00:00Z"
        issued = await here.issue()
        await db.write(issuing.revoke, issued.uuid, "by another process, which died")
        assert await here.office.sign_lists() == [1]
        assert is_set(await here.status_list(), issued.place.index)


async def test_an_older_list_never_takes_the_place_of_a_newer(db: Database, clock: FrozenClock) -> None:
    async with board(db, clock) as here:
        issued = await here.issue()
        stale = await db.read(issuing.draft_list, 1)
        await here.office.revoke(issued.uuid, "why")
        assert not await db.write(issuing.store_list, 1, stale.revision, "{}", NOON + 5, NOON + DAY)
        assert is_set(await here.status_list(), issued.place.index)
        # A clock that steps back doesn't make a list older than the one before it.
        clock.advance(-3_600_000)
        second = await here.issue(number="ME-2")
        await here.office.revoke(second.uuid, "why")
        listed = await here.status_list()
        assert is_set(listed, second.place.index) and listed["validFrom"] == "2026-03-01T12:00:00Z"


async def test_a_retired_key_stays_listed_while_a_credential_of_its_lasts(db: Database, clock: FrozenClock) -> None:
    async with board(db, clock) as here:
        old = await here.issue()
        rotation = await here.office.rotate(compromised=False)
        assert rotation.method == "did:web:board.example#key-2" and rotation.signed_again == 0
        new = await here.issue(number="ME-2")
        assert list(await here.keys()) == ["did:web:board.example#key-1", "did:web:board.example#key-2"]
        for issued in (old, new):
            assert await here.faults(await here.credential(issued.uuid)) == [""]
        assert (await here.status_list())["proof"]["verificationMethod"] == rotation.method
        clock.advance(300 * DAY)
        await here.issue(number="ME-3")
        clock.advance(66 * DAY)
        assert list(await here.keys()) == ["did:web:board.example#key-2"]


async def test_a_compromised_key_is_struck_out_and_what_is_in_force_signed_again(
    db: Database, clock: FrozenClock
) -> None:
    async with board(db, clock) as here:
        issued = await here.issue()
        before = await here.credential(issued.uuid)
        rotation = await here.office.rotate(compromised=True)
        assert rotation.signed_again == 1
        assert list(await here.keys()) == ["did:web:board.example#key-2"]
        assert await here.faults(before) == ["key"]
        after = await here.credential(issued.uuid)
        assert await here.faults(after) == [""] and await here.faults(await here.status_list()) == [""]
        assert {**after, "proof": 0} == {**before, "proof": 0}
        did = await here.did()
        assert did["assertionMethod"] == ["did:web:board.example#key-2"] and did["@context"][0].endswith("/did/v1")


async def test_terms_are_limited_and_a_registrar_says_what_it_looked_at(db: Database, clock: FrozenClock) -> None:
    async with board(db, clock, base="https://social.example", registrar=True) as here:
        with pytest.raises(Unprocessable, match="looked at"):
            await here.issue()
        with pytest.raises(Unprocessable, match="184 days"):
            await here.issue(evidence=(LOOKED_UP,), until=NOON + 200 * DAY)
        document = await here.credential((await here.issue(evidence=(LOOKED_UP,))).uuid)
        assert document["issuer"]["name"] == "social.example registrar"
        assert document["issuer"]["id"] == "did:web:social.example"
        subject = document["credentialSubject"]
        assert (
            subject["source"]["name"] == subject["achievement"]["creator"]["name"] == "Example State Electrical Board"
        )
        assert document["evidence"]["genre"] == "RegistryLookup"
        assert document["validUntil"] == "2026-08-28T12:00:00Z"
        with pytest.raises(Unprocessable, match="creator"):
            await db.write(issuing.put_achievement, ELECTRICIAN)


async def test_what_is_refused(db: Database, clock: FrozenClock) -> None:
    with pytest.raises(NotFound, match="authority init"):
        await db.read(issuing.desk)
    async with board(db, clock) as here:
        with pytest.raises(Conflict, match="already"):
            await db.write(issuing.found, (await db.read(issuing.desk)).issuer, _key())
        with pytest.raises(NotFound, match="master-electrician"):
            await here.issue(achievement="plumber")
        with pytest.raises(Unprocessable, match="366 days"):
            await here.issue(until=NOON + 400 * DAY)
        with pytest.raises(Unprocessable):
            await here.issue(until=NOON - DAY)
        held = await here.issue()
        with pytest.raises(Conflict, match=held.uuid):
            await here.issue(subject=BOB)
        renewed = await here.issue()
        assert renewed.subject == ADA and renewed.uuid != held.uuid
        for uuid in (held.uuid, renewed.uuid):
            await here.office.revoke(uuid, "moved on")
        assert (await here.issue(subject=BOB)).number == "ME-104422"
        with pytest.raises(NotFound):
            await here.office.revoke("00000000-0000-4000-8000-000000000000", "x")
        for change, match in (
            ({"slug": "No Slug"}, "a-z"),
            ({"name": " "}, "name"),
            ({"professions": (("12345", "x"),)}, "ISCO"),
            ({"places": (("New York", "x"),)}, "3166"),
        ):
            fields = {
                key: tuple(table_code(*each) for each in value) if isinstance(value, tuple) else value
                for key, value in change.items()
            }
            with pytest.raises(Unprocessable, match=match):
                await db.write(issuing.put_achievement, msgspec.structs.replace(ELECTRICIAN, **fields))


def table_code(code: str, name: str) -> Any:
    from fedicert.model.issuing import Code

    return Code(code, name)


def _key() -> Any:
    from fedicert.model.sealed_keys import REGISTRAR, SealedKey

    pair = new_ed25519()
    return SealedKey(
        id=99, purpose=REGISTRAR, alg=pair.algorithm, public=pair.public, sealed=b"", kid="did:web:board.example#key-1"
    )


async def test_a_challenge_is_for_one_actor_and_one_licence(db: Database, clock: FrozenClock) -> None:
    from tests.issuing import order

    async with board(db, clock) as here:
        word = await here.office.challenge(order())
        assert word.startswith("licence-") and word == await here.office.challenge(order(holder="x"))
        for other in (order(subject=BOB), order(number="ME-9")):
            assert await here.office.challenge(other) != word
