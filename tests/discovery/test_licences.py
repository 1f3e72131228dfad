"""Looking at a licence: how often who is asked, what is remembered, and what is taken where nobody answers."""

from __future__ import annotations

import pytest

from fedicert.base import json
from fedicert.base.clock import DAY, HOUR, MINUTE, FrozenClock
from fedicert.base.errors import ChildFailed
from fedicert.discovery.met_issuers import InMemory, InStore, MetIssuers
from fedicert.keys.pool import KeyPool
from fedicert.keys.proving import Prover
from fedicert.operations import evidence as operations
from fedicert.operations import sweeping
from fedicert.store.unit import Database
from fedicert.store.views import evidence as views
from tests.attestations import forge
from tests.attestations.forge import ALICE, INDEX, Scene, changed, down

MIRROR = "https://social.example/users/alice/licences/1"


@pytest.fixture(scope="module")
def key_threads():
    pool = forge.pool()
    yield pool
    pool.close()


@pytest.fixture
def scene(clock: FrozenClock, key_threads: KeyPool) -> Scene:
    return Scene(clock, key_threads)


class TestHowOftenWhoIsAsked:
    async def test_three_for_an_issuer_first_met_two_when_its_key_is_fresh(self, scene: Scene) -> None:
        await scene.look()
        assert sorted(scene.wire.urls()) == sorted([scene.href, scene.did_url, scene.list_url])
        await scene.look(fresh=True)
        assert sorted(scene.wire.urls()) == sorted([scene.href, scene.list_url])
        await scene.look()
        assert scene.wire.urls() == [scene.href]

    async def test_one_more_for_the_mirror(self, scene: Scene) -> None:
        scene.routes[MIRROR] = scene.credential
        scene.routes[scene.href] = forge.Response(404, (), b"", scene.href)
        found, _ = await scene.look(mirror=MIRROR, digest=scene.digest)
        assert found.outcome == "trusted"
        assert len(scene.wire.asked) == 4
        assert scene.wire.urls()[:2] == [scene.href, MIRROR]

    async def test_the_mirror_is_not_asked_where_the_original_answers(self, scene: Scene) -> None:
        await scene.look(mirror=MIRROR, digest=scene.digest)
        assert MIRROR not in scene.wire.urls()

    async def test_a_spoilt_mirror_is_no_better_than_none(self, scene: Scene) -> None:
        scene.routes[MIRROR] = changed(scene.credential, "credentialSubject.licenseNumber", "1")
        scene.routes[scene.href] = down()
        found, _ = await scene.look(mirror=MIRROR)
        assert (found.outcome, found.reason) == ("invalid", "proof")

    @pytest.mark.parametrize(("lifting", "most"), [(True, HOUR), (False, DAY)])
    async def test_keys_are_fresh_for_an_hour_or_a_day(self, scene: Scene, lifting: bool, most: int) -> None:
        await scene.look(lifting=lifting)
        scene.clock.advance(most - 1)
        await scene.look(lifting=lifting)
        assert scene.did_url not in scene.wire.urls()
        scene.clock.advance(1)
        await scene.look(lifting=lifting)
        assert scene.did_url in scene.wire.urls()

    @pytest.mark.parametrize("fresh", [True, False])
    async def test_a_list_signed_with_a_new_key_has_the_keys_asked_for_again(self, scene: Scene, fresh: bool) -> None:
        """The credential still has the old key, which is known; a revocation must not wait for the keys to grow stale."""
        await scene.look()
        new, method = forge.Key(7), f"{scene.board.did}#key-2"
        listed = scene.board.verification_method(id=method, publicKeyMultibase=new.public)
        scene.routes[scene.did_url] = scene.board.did_document(
            verificationMethod=[scene.board.verification_method(), listed], assertionMethod=[scene.board.method, method]
        )
        scene.routes[scene.list_url] = scene.board.sign(scene.board.status_list(INDEX), new, verificationMethod=method)
        scene.clock.advance(1 if fresh else 6 * MINUTE)
        found, _ = await scene.look(fresh=fresh)
        assert (found.outcome, found.reason) == ("invalid", "revoked")
        assert sorted(scene.wire.urls()) == sorted([scene.href, scene.list_url, scene.did_url])
        await scene.look(fresh=True)
        assert sorted(scene.wire.urls()) == sorted([scene.href, scene.list_url])

    async def test_a_key_that_is_not_there_is_looked_for_once_a_look(self, scene: Scene) -> None:
        await scene.look()
        scene.routes[scene.list_url] = scene.board.sign(
            scene.board.status_list(INDEX), forge.Key(7), verificationMethod=f"{scene.board.did}#key-2"
        )
        scene.clock.advance(1)
        found, _ = await scene.look(fresh=True)
        assert found.outcome == "unverifiable"
        assert sorted(scene.wire.urls()) == sorted([scene.href, scene.list_url, scene.did_url])

    async def test_what_is_wrong_for_nothing_asks_nobody_else(self, scene: Scene) -> None:
        for how in ({"subject": forge.MALLORY}, {"digest": "uEiAnother"}):
            await scene.look(**how, thorough=False)
            assert scene.wire.urls() == [scene.href]
        scene.issue(changed(scene.board.credential(), "validUntil", "2026-01-01T00:00:00Z"))
        found, _ = await scene.look(thorough=False)
        assert found.reason == "expired"
        assert scene.wire.urls() == [scene.href]

    async def test_licences_of_one_list_ask_for_it_once(self, scene: Scene) -> None:
        await scene.look()
        for index in range(5):
            scene.issue(changed(scene.board.credential(), "credentialStatus.statusListIndex", str(index)))
            found, _ = await scene.look()
            assert found.outcome == "trusted"
            assert scene.wire.urls() == [scene.href]

    async def test_what_is_ours_is_not_asked_over_the_network(self, scene: Scene) -> None:
        ours = {scene.href: scene.credential, scene.did_url: scene.board.did_document()}
        ours[scene.list_url] = scene.board.sign(scene.board.status_list())

        async def own(url: str) -> dict | None:
            return ours.get(url)

        licences = forge.Licences(scene.wire, forge.ProverHere(forge.pool()), scene.clock, InMemory(scene.clock),
                                  (forge.TRUST,), own=own)  # fmt: skip
        found, _ = await licences.look(ALICE, scene.href)
        assert found.outcome == "trusted"
        assert scene.wire.urls() == []


class TestWhatIsRemembered:
    @pytest.fixture(params=["memory", "store"])
    def met(self, request: pytest.FixtureRequest, clock: FrozenClock, db: Database) -> MetIssuers:
        return InMemory(clock) if request.param == "memory" else InStore(db)

    async def test_documents_and_lists(self, met: MetIssuers, clock: FrozenClock, key_threads: KeyPool) -> None:
        scene = Scene(clock, key_threads, met)
        assert await met.issuer(scene.board.did) is None
        await scene.look()
        issuer = await met.issuer(scene.board.did)
        assert issuer is not None
        assert json.parse(issuer.document) == scene.board.did_document()
        assert (issuer.first_met, issuer.fetched_at) == (clock.now(), clock.now())
        kept = await met.status_list(scene.list_url)
        assert kept is not None
        assert (kept.issuer, kept.pin) == (scene.board.did, issuer.pin)
        first = clock.now()
        clock.advance(DAY)
        await scene.look()
        again = await met.issuer(scene.board.did)
        assert again is not None
        assert (again.first_met, again.fetched_at, again.pin) == (first, clock.now(), issuer.pin)

    async def test_only_a_proven_list_in_force_is_kept(self, scene: Scene) -> None:
        for spoilt in (
            scene.board.sign(scene.board.status_list(), forge.Key(9)),
            scene.board.sign(scene.board.status_list(validFrom="2027-01-01T00:00:00Z")),
            scene.board.sign(scene.board.status_list(validUntil="2026-02-01T00:00:00Z")),
            scene.board.sign(scene.board.status_list(size=10)),
        ):
            scene.routes[scene.list_url] = spoilt
            await scene.look()
            assert await scene.met.status_list(scene.list_url) is None

    async def test_an_older_list_does_not_take_the_newers_place(self, db: Database) -> None:
        for valid_from, kept in ((5, True), (7, True), (6, False), (7, True)):
            assert (
                await db.write(operations.keep_list, "https://b.example/s", "did:web:b", "{}", "p", valid_from) is kept
            )
        found = await db.read(views.status_list, "https://b.example/s")
        assert found is not None
        assert found.valid_from == 7

    async def test_changes_of_keys_are_told_and_bounded(self, db: Database) -> None:
        did = "did:web:b.example"
        assert await db.write(operations.keep_issuer, did, "{}", "p0") is None
        assert await db.write(operations.keep_issuer, did, "{}", "p0") is None
        for number in range(1, 30):
            assert await db.write(operations.keep_issuer, did, "{}", f"p{number}") == f"p{number - 1}"
        changes = await db.read(views.key_changes, [did, "did:web:other"], 100)
        assert [change.new_pin for change in changes] == [f"p{number}" for number in range(29, 9, -1)]

    async def test_they_are_forgotten_in_time(self, db: Database, clock: FrozenClock) -> None:
        await db.write(operations.keep_issuer, "did:web:b", "{}", "p0")
        await db.write(operations.keep_issuer, "did:web:b", "{}", "p1")
        await db.write(operations.keep_list, "https://b.example/s", "did:web:b", "{}", "p", 5)
        clock.advance(400 * DAY)
        assert await db.write(sweeping._issuers) == 0
        assert await db.read(views.issuer, "did:web:b") is not None
        clock.advance(1)
        assert await db.write(sweeping._issuers) == 1
        assert await db.read(views.issuer, "did:web:b") is None
        assert await db.read(views.status_list, "https://b.example/s") is None
        assert await db.read(views.key_changes, ["did:web:b"], 9) == []


class TestWhereNobodyAnswers:
    async def test_the_licence_as_it_was_kept_is_judged(self, scene: Scene) -> None:
        _, document = await scene.look()
        scene.routes[scene.href] = down()
        found, again = await scene.look(kept=document, digest=scene.digest)
        assert found.outcome == "trusted"
        assert again == document
        scene.publish(scene.board.status_list(INDEX))
        found, _ = await scene.look(kept=document, digest=scene.digest, fresh=True)
        assert found.reason == "revoked"
        # Nor does it hide anything that its holder states no digest any more; of another one it says nothing.
        found, _ = await scene.look(kept=document)
        assert found.reason == "revoked"
        found, again = await scene.look(kept=document, digest="uEiAnother")
        assert (found.outcome, found.reason, again) == ("unverifiable", "unreachable", None)

    async def test_a_silent_issuer_counts_as_expiry_in_the_end(self, scene: Scene) -> None:
        first, _ = await scene.look()
        assert first.rests_on is not None
        for url in (scene.href, scene.did_url, scene.list_url):
            scene.routes[url] = down()
        scene.clock.at = first.rests_on + 14 * DAY
        found, _ = await scene.look(rests_on=first.rests_on)
        assert (found.outcome, found.rests_on) == ("unverifiable", first.rests_on)
        assert found.check_again_at == scene.clock.now() + HOUR
        scene.clock.advance(1)
        found, _ = await scene.look(rests_on=first.rests_on)
        assert (found.outcome, found.reason) == ("invalid", "expired")
        found, _ = await scene.look()  # first met while it is silent: nothing to count from
        assert found.outcome == "unverifiable"

    async def test_a_prover_that_fails_says_nothing_against_the_licence(self, scene: Scene) -> None:
        class Broken:
            async def check(self, document: object, keys: object) -> list:
                raise ChildFailed("the child died")

        scene.licences._prover = Broken()
        found, _ = await scene.look()
        assert (found.outcome, found.reason) == ("unverifiable", "proof_pending")

    async def test_results_that_leave_a_proof_out_are_not_believed(self, scene: Scene) -> None:
        class Lazy:
            async def check(self, document: object, keys: object) -> list:
                return []

        scene.licences._prover = Lazy()
        found, _ = await scene.look()
        assert (found.outcome, found.reason) == ("unverifiable", "proof_pending")


async def test_with_the_real_prover(scene: Scene, key_threads: KeyPool) -> None:
    prover = Prover(key_threads)
    try:
        licences = forge.Licences(scene.wire, prover, scene.clock, InMemory(scene.clock), (forge.TRUST,))
        assert (await licences.look(ALICE, scene.href)).verdict.outcome == "trusted"
        scene.issue(scene.board.credential(), cryptosuite="eddsa-rdfc-2022")
        assert (await licences.look(ALICE, scene.href)).verdict.outcome == "trusted"
        scene.serve(changed(scene.credential, "credentialSubject.role", "Doctor"))
        assert (await licences.look(ALICE, scene.href)).verdict.reason == "proof"
    finally:
        await prover.close()


async def test_for_a_lift_it_is_looked_at_again_within_the_hour(scene: Scene) -> None:
    assert (await scene.look(lifting=True)).verdict.check_again_at == scene.clock.now() + HOUR
    assert (await scene.look()).verdict.check_again_at == scene.clock.now() + DAY
