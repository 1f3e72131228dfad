"""One test per threat to licences that looking at them has to withstand, named after the threat.

What a server does with its verdicts (tiers, claims, showing) is tested where it is done.
"""

from __future__ import annotations

import io
import json
from typing import Any

import msgspec
import pytest

from fedicert.attestations.links import read_links
from fedicert.base.clock import DAY, HOUR, MINUTE, FrozenClock
from fedicert.base.log import log
from fedicert.discovery.met_issuers import InStore
from fedicert.keys.pool import KeyPool
from fedicert.model.attestations import TrustEntry, Verdict
from fedicert.store.unit import Database
from fedicert.store.views import evidence as views
from tests.attestations import forge
from tests.attestations.forge import ALICE, INDEX, MALLORY, TRUST, Board, Key, Scene, changed, down

SUBJECT = "credentialSubject"
ALIGNMENT = "credentialSubject.achievement.alignment"


async def verdict(scene: Scene, subject: str | None = ALICE, **how: Any) -> Verdict:
    return (await scene.look(subject, **how)).verdict


def told(found: Verdict) -> tuple[str, str]:
    return found.outcome, found.reason


async def test_forged_credential_with_an_own_key_naming_a_real_issuer(scene: Scene) -> None:
    scene.serve(scene.board.sign(scene.board.credential(), Key(66)))
    assert told(await verdict(scene)) == ("invalid", "proof")
    evil = Board("evil.example", 66)
    scene.routes["https://evil.example/.well-known/did.json"] = evil.did_document()
    scene.serve(evil.sign(scene.board.credential()))
    assert told(await verdict(scene)) == ("invalid", "key")
    # The issuer's document lists a key of evil's as somebody else's.
    scene.routes[scene.did_url] = scene.board.did_document(
        verificationMethod=[scene.board.verification_method(), evil.verification_method()],
        assertionMethod=[scene.board.method, evil.method],
    )
    scene.clock.advance(DAY)
    assert told(await verdict(scene)) == ("invalid", "controller")


async def test_key_that_the_issuer_does_not_list_for_assertions(scene: Scene) -> None:
    scene.routes[scene.did_url] = scene.board.did_document(assertionMethod=[], authentication=[scene.board.method])
    assert told(await verdict(scene)) == ("invalid", "key_not_asserted")


@pytest.mark.parametrize("suite", ["eddsa-jcs-2022", "eddsa-rdfc-2022"])
async def test_altered_number_or_name(scene: Scene, suite: str) -> None:
    scene.issue(scene.board.credential(), cryptosuite=suite)
    good = scene.credential
    assert (await verdict(scene)).outcome == "trusted"
    for path, value in (
        (f"{SUBJECT}.licenseNumber", "ME-104423"),
        (f"{SUBJECT}.identifier.0.identityHash", "Alice Exemple"),
        (f"{ALIGNMENT}.0.targetCode", "2212"),
        ("undefinedTerm", "signed by nobody who reads rdf"),
    ):
        scene.serve(changed(good, path, value))
        assert told(await verdict(scene)) == ("invalid", "proof"), path


async def test_undefined_term_signed_by_the_issuer(scene: Scene) -> None:
    """jcs signs a term that no context defines; it means nothing to readers of the graph."""
    scene.issue({**scene.board.credential(), "undefinedTerm": "x"})
    assert told(await verdict(scene)) == ("invalid", "proof")


async def test_one_good_and_one_bad_proof(scene: Scene) -> None:
    good = scene.credential["proof"]
    bad = {**good, "proofValue": scene.board.sign(scene.board.credential(), Key(2))["proof"]["proofValue"]}
    for proofs in ([good, bad], [bad, good], [good, {**good, "cryptosuite": "unknown-2030"}]):
        scene.serve({**scene.credential, "proof": proofs})
        assert told(await verdict(scene)) == ("invalid", "proof")
    scene.serve({**scene.credential, "proof": [good, good]})
    assert (await verdict(scene)).outcome == "trusted"


async def test_two_subjects(scene: Scene) -> None:
    said = scene.board.credential()
    for subjects in ([said[SUBJECT], changed(said, f"{SUBJECT}.id", MALLORY)[SUBJECT]], [said[SUBJECT]] * 2, []):
        scene.issue({**said, SUBJECT: subjects})
        assert told(await verdict(scene)) == ("invalid", "form")


async def test_stolen_credential_on_another_actor(scene: Scene) -> None:
    """The thief copies the whole link, digest and all, into another actor's document."""
    link = {"type": "Link", "href": scene.href, "digestMultibase": scene.digest, "mediaType": "application/vc"}
    (owned,) = read_links({"id": ALICE, "hasCredential": [link]})
    (stolen,) = read_links({"id": MALLORY, "hasCredential": [link]})
    assert owned == stolen
    found, _ = await scene.look(MALLORY, digest=stolen.digest, thorough=False)
    assert told(found) == ("invalid", "subject")
    assert scene.wire.urls() == [scene.href]  # a thief can't even make us ask the issuer
    assert (await verdict(scene, ALICE, digest=owned.digest)).outcome == "trusted"
    for near in (ALICE.upper(), ALICE + "/", ALICE + "#main-key", ALICE.replace("https", "http")):
        assert told(await verdict(scene, near)) == ("invalid", "subject"), near


async def test_issuer_key_compromise(db: Database, clock: FrozenClock, key_threads: KeyPool) -> None:
    """Dropped from assertionMethod: what it signed dies; the change is pinned, logged, and a row for the admin."""
    scene = Scene(clock, key_threads, InStore(db))
    assert (await verdict(scene, lifting=True)).outcome == "trusted"
    new = Key(2)
    method = scene.board.verification_method(id=f"{scene.board.did}#key-2", publicKeyMultibase=new.public)
    scene.routes[scene.did_url] = scene.board.did_document(
        verificationMethod=[scene.board.verification_method(), method], assertionMethod=[method["id"]]
    )
    clock.advance(HOUR - 1)
    assert (
        await verdict(scene, lifting=True)
    ).outcome == "trusted"  # fresh for an hour where somebody's tier rests on it
    clock.advance(1)
    lines = io.StringIO()
    log.configure(stream=lines, clock=clock)
    assert told(await verdict(scene, lifting=True)) == ("invalid", "key_not_asserted")
    (line,) = [json.loads(one) for one in lines.getvalue().splitlines()]
    assert (line["event"], line["issuer"], line["level"]) == ("issuer_keys_changed", scene.board.did, "warning")
    (row,) = await db.read(views.key_changes, [scene.board.did], 10)
    assert (row.old_pin, row.new_pin) == (line["before"], line["after"])
    # Issued anew with the new key, under a list signed with it.
    scene.serve(scene.board.sign(scene.board.credential(), new, verificationMethod=method["id"]))
    scene.routes[scene.list_url] = scene.board.sign(scene.board.status_list(), new, verificationMethod=method["id"])
    assert (await verdict(scene, lifting=True)).outcome == "trusted"


async def test_rotated_key_is_looked_for(scene: Scene) -> None:
    """A proof by a key newer than the document that is remembered makes us look again, but not all the time."""
    assert (await verdict(scene)).outcome == "trusted"
    new = Key(2)
    method = scene.board.verification_method(id=f"{scene.board.did}#key-2", publicKeyMultibase=new.public)
    scene.routes[scene.did_url] = scene.board.did_document(
        verificationMethod=[scene.board.verification_method(), method],
        assertionMethod=[scene.board.method, "#key-2"],
    )
    scene.serve(scene.board.sign(scene.board.credential(), new, verificationMethod=method["id"]))
    assert told(await verdict(scene)) == ("invalid", "key")
    assert scene.did_url not in scene.wire.urls()
    scene.clock.advance(5 * MINUTE)
    assert (await verdict(scene)).outcome == "trusted"


async def test_revoked_but_cached(scene: Scene) -> None:
    assert (await verdict(scene)).outcome == "trusted"
    scene.publish(scene.board.status_list(INDEX))
    assert (await verdict(scene)).outcome == "trusted"  # within the list's ttl of five minutes
    assert scene.list_url not in scene.wire.urls()
    assert told(await verdict(scene, fresh=True)) == ("invalid", "revoked")
    assert told(await verdict(scene)) == ("invalid", "revoked")


async def test_revoked_is_seen_when_the_ttl_is_over(scene: Scene) -> None:
    assert (await verdict(scene)).outcome == "trusted"
    scene.publish(scene.board.status_list(INDEX))
    scene.clock.advance(5 * MINUTE)
    assert told(await verdict(scene)) == ("invalid", "revoked")


@pytest.mark.parametrize(("lifting", "most"), [(True, HOUR), (False, DAY)])
async def test_a_list_may_not_ask_to_be_cached_for_long(scene: Scene, lifting: bool, most: int) -> None:
    scene.publish(scene.board.status_list(ttl=30 * DAY))
    first = await verdict(scene, lifting=lifting)
    assert first.check_again_at == scene.clock.now() + most
    scene.publish(scene.board.status_list(INDEX, ttl=30 * DAY))
    scene.clock.advance(most - 1)
    assert (await verdict(scene, lifting=lifting)).outcome == "trusted"
    scene.clock.advance(1)
    assert told(await verdict(scene, lifting=lifting)) == ("invalid", "revoked")


async def test_status_list_unreachable(scene: Scene) -> None:
    """Never "revoked"; raises nobody; what it was is known until 14 days after the list's end, then it is over."""
    scene.routes[scene.list_url] = down()
    fresh = await verdict(scene)
    assert told(fresh) == ("unverifiable", "status_unreachable")
    assert fresh.rests_on is None
    scene.publish(scene.board.status_list())
    good = await verdict(scene)
    assert good.outcome == "trusted"
    end = good.rests_on
    assert end is not None
    scene.routes[scene.list_url] = down()
    scene.clock.advance(end - scene.clock.now() + 14 * DAY)
    assert told(await verdict(scene)) == ("unverifiable", "status_unreachable")
    scene.clock.advance(1)
    late = await verdict(scene)
    assert told(late) == ("invalid", "expired")
    assert "couldn't be checked again since 2026-03-08" in next(c.sentence for c in late.checks if c.name == "dates")
    # It comes back, and so does the licence.
    scene.publish(scene.board.status_list(validUntil="2026-09-01T00:00:00Z", validFrom="2026-03-02T00:00:00Z"))
    assert (await verdict(scene)).outcome == "trusted"


async def test_silence_does_not_undo_a_revocation(scene: Scene) -> None:
    scene.publish(scene.board.status_list(INDEX))
    assert told(await verdict(scene)) == ("invalid", "revoked")
    for spoilt in (down(), scene.board.status_list(), scene.board.sign(scene.board.status_list(), Key(9))):
        scene.routes[scene.list_url] = spoilt
        assert told(await verdict(scene, fresh=True)) == ("invalid", "revoked")


async def test_status_list_swapped_or_older(scene: Scene) -> None:
    """The list from before the revocation is signed and in force, and refused all the same."""
    old = scene.board.sign(scene.board.status_list())
    scene.publish(scene.board.status_list(INDEX, validFrom="2026-03-01T10:00:00Z"))
    assert told(await verdict(scene)) == ("invalid", "revoked")
    scene.routes[scene.list_url] = old
    assert told(await verdict(scene, fresh=True)) == ("invalid", "revoked")
    # Of another licence in the same list: nothing is known, so nothing is good.
    scene.issue(changed(scene.board.credential(), "credentialStatus.statusListIndex", "5"))
    assert told(await verdict(scene, fresh=True)) == ("unverifiable", "status_old")
    scene.publish(scene.board.status_list(INDEX, validFrom="2026-03-01T10:00:00Z"))
    assert (await verdict(scene, fresh=True)).outcome == "trusted"


async def test_homograph_issuer_or_name(scene: Scene) -> None:
    cyrillic = "did:web:b\u043eard.example"
    scene.issue(changed(scene.board.credential(), "issuer.id", cyrillic))
    found = await verdict(scene)
    assert told(found) == ("invalid", "form")
    assert "\u043e" not in found.checks[0].sentence  # shown in a form that isn't mistaken
    # A name in its xn-- form is taken, is no other's, and shows as it is.
    other = Board("xn--bard-n6d.example", 3)
    scene.routes[f"{other.url}/.well-known/did.json"] = other.did_document()
    scene.routes[f"{other.url}/status/1"] = other.sign(other.status_list())
    scene.serve(other.sign(other.credential()))
    found = await verdict(scene)
    assert told(found) == ("unlisted", "unlisted")
    assert "xn--bard-n6d.example" in next(check.sentence for check in found.checks if check.name == "issuer")
    # What the issuer calls itself counts for nothing: the mark is bound to the list's own name for it.
    scene.issue(changed(scene.board.credential(), "issuer.name", "Federal Board of Everything"))
    found = await verdict(scene)
    assert found.entry is not None and found.entry.name == "The Electrical Board"
    for path in ("issuer.name", f"{SUBJECT}.role", f"{SUBJECT}.identifier.0.identityHash", f"{SUBJECT}.licenseNumber"):
        scene.issue(changed(scene.board.credential(), path, "St\u0430te"))
        assert told(await verdict(scene)) == ("invalid", "form"), path


async def test_expired_or_not_yet_valid(scene: Scene) -> None:
    noon = scene.clock.now()
    for field, moment, before, after, reason in (
        ("validUntil", "2026-03-01T12:00:00Z", noon + 5 * MINUTE, noon + 5 * MINUTE + 1, "expired"),
        ("validFrom", "2026-03-01T12:00:00Z", noon - 5 * MINUTE, noon - 5 * MINUTE - 1, "not_yet"),
    ):
        scene.issue(changed(scene.board.credential(), field, moment))
        scene.clock.at = before
        good = await verdict(scene)
        assert good.outcome == "trusted"
        scene.clock.at = after
        assert told(await verdict(scene)) == ("invalid", reason)
    # Looked at again when it begins, and when it ends.
    assert (await verdict(scene)).check_again_at == noon
    scene.issue(changed(scene.board.credential(), "validUntil", "2026-03-01T18:00:00Z"))
    assert (await verdict(scene)).check_again_at == noon + 6 * HOUR + 5 * MINUTE + 1


def entry(**changes: Any) -> TrustEntry:
    return msgspec.structs.replace(TRUST, **changes)


@pytest.mark.parametrize(
    ("lines", "outcome"),
    [
        ((), "unlisted"),
        ((entry(issuer="did:web:other.example"),), "unlisted"),
        ((entry(issuer="did:web:board.example:sub"),), "unlisted"),
        ((entry(professions=("7411",), jurisdictions=("US-NY",)),), "trusted"),
        ((entry(professions=("7",)),), "trusted"),
        ((entry(professions=("2221",)),), "out_of_scope"),
        ((entry(professions=("74111",)),), "out_of_scope"),
        ((entry(jurisdictions=("US-CA",)),), "out_of_scope"),
        ((entry(jurisdictions=("U",)),), "out_of_scope"),
        ((entry(jurisdictions=("US-N",)),), "out_of_scope"),
        ((entry(jurisdictions=("CA", "US")),), "trusted"),
        ((entry(kinds=("Certification",)),), "out_of_scope"),
        ((entry(jurisdictions=("US-CA",)), entry(name="Second")), "trusted"),
    ],
)
async def test_issuer_untrusted_or_wrong_trade_or_place(
    scene: Scene, lines: tuple[TrustEntry, ...], outcome: str
) -> None:
    scene.licences.trust = lines
    found = await verdict(scene)
    assert found.outcome == outcome
    assert found.genuine
    assert (found.entry is None) == (outcome == "unlisted")


@pytest.mark.parametrize("missing", [0, 1])
async def test_a_code_that_is_missing_is_no_match(scene: Scene, missing: int) -> None:
    said = scene.board.credential()
    alignment = said[SUBJECT]["achievement"]["alignment"]
    scene.issue(changed(said, ALIGNMENT, [alignment[1 - missing]]))
    assert (await verdict(scene)).outcome == "out_of_scope"


async def test_every_trade_has_to_be_covered_and_one_place(scene: Scene) -> None:
    said = scene.board.credential()
    codes = said[SUBJECT]["achievement"]["alignment"]
    surgeon = forge.alignment("ISCO-08", "2212", "ext:occupation")
    scene.issue(changed(said, ALIGNMENT, [*codes, surgeon]))
    assert (await verdict(scene)).outcome == "out_of_scope"
    jersey = forge.alignment("ISO 3166-2", "GB-JSY", "ext:jurisdiction")
    scene.issue(changed(said, ALIGNMENT, [*codes, jersey]))
    assert (await verdict(scene)).outcome == "trusted"


async def test_downgrade_by_stripping(scene: Scene) -> None:
    for path in ("proof", "credentialStatus", "validUntil"):
        scene.serve(changed(scene.board.sign(scene.board.credential()), path, None))
        assert (await verdict(scene)).outcome == "invalid", path
    assert read_links({"id": ALICE}) == ()


async def test_old_credential_re_served_after_renewal(scene: Scene) -> None:
    """The actor's digest says which document it is; the mirror has it."""
    old = scene.credential
    scene.issue(changed(scene.board.credential(), "validUntil", "2026-12-31T00:00:00Z"))
    new, digest = scene.credential, scene.digest
    scene.serve(old)
    assert told(await verdict(scene, digest=digest)) == ("invalid", "digest")
    mirror = "https://social.example/users/alice/licences/1"
    scene.routes[mirror] = new
    found, document = await scene.look(digest=digest, mirror=mirror)
    assert found.outcome == "trusted"
    assert document == new


async def test_rogue_home_server_flips_the_tier(scene: Scene) -> None:
    """What an actor says of its own tier is nothing that is read here."""
    assert read_links({"id": ALICE, "certificationTier": "professional", "hasCredential": None}) == ()


async def test_ssrf_through_href_status_and_did(scene: Scene) -> None:
    """Nothing but https is asked, and no address that only the credential's words lead to."""
    for href in ("http://board.example/c", "https://user@board.example/c", "file:///etc/passwd", "gopher://x/", ""):
        scene.href = href
        assert told(await verdict(scene)) == ("unverifiable", "forbidden"), href
        assert scene.wire.urls() == []
    for did in (
        "did:web:127.0.0.1",
        "did:web:10.0.0.1%3A22",
        "did:web:[::1]",
        "did:web:0x7f.1",
        "did:web:a.example:..:b",
    ):
        scene.href = scene.board.credential()["id"]
        scene.issue(changed(scene.board.credential(), "issuer.id", did))
        assert told(await verdict(scene)) == ("invalid", "form"), did
        assert scene.wire.urls() == [scene.href]


async def test_no_context_is_ever_fetched(scene: Scene) -> None:
    evil = "https://evil.example/context.json"
    scene.routes[evil] = {"@context": {}}
    said = scene.board.credential()
    scene.issue({**said, "@context": [*said["@context"], evil]})
    assert told(await verdict(scene)) == ("invalid", "proof")
    assert evil not in scene.wire.urls()


async def test_correlation_by_status_fetch(scene: Scene) -> None:
    """Nobody who serves or carries the list learns which place was looked at."""
    lines = io.StringIO()
    log.configure(stream=lines)
    await verdict(scene)
    listed = [asked for asked in scene.wire.asked if "/status/" in asked.url]
    assert [asked.url for asked in listed] == [scene.list_url]
    assert str(INDEX) not in repr([(asked.url, asked.headers, asked.body) for asked in listed])
    assert str(INDEX) not in lines.getvalue()


async def test_what_strangers_wrote_steers_no_terminal(scene: Scene) -> None:
    """Sentences quote the document, with everything in it that doesn't print made visible."""
    steering = "\x1b[2J\u202e\x07\r"
    for path in (
        "proof.cryptosuite",
        "proof.proofPurpose",
        "proof.verificationMethod",
        "validUntil",
        "credentialStatus.type",
    ):
        scene.serve(changed(scene.board.sign(scene.board.credential()), path, steering + "x" * 2_000))
        found = await verdict(scene)
        assert found.outcome == "invalid"
        for check in found.checks:
            assert check.sentence.isprintable(), (path, check)
            assert len(check.sentence) <= 500
