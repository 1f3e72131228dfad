"""A spoilt licence is never trusted: every fault that an issuer, its document, its status list or the way there can have.

Each spoils a scene that is good (the first test says so) in one thing. What can't be had is `unverifiable`, what is
wrong is `invalid`; neither ever lifts anybody. And a fault of the list never says "revoked".
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from fedicert.base.errors import AddressForbidden, RemoteInvalid, RemoteUnreachable
from fedicert.remote.wire import Request, Response
from tests.attestations import forge
from tests.attestations.forge import INDEX, MALLORY, Board, Key, Scene, changed, down, encoded, signed

Spoil = Callable[[Scene], None]
FAULTS: dict[str, tuple[Spoil, str, str]] = {}

ISSUER_OUT = ("unverifiable", "issuer_unreachable")
ISSUER_BAD = ("unverifiable", "issuer_unusable")
STATUS_OUT = ("unverifiable", "status_unreachable")
STATUS_BAD = ("unverifiable", "status_unusable")


def fault(name: str, outcome: str, reason: str) -> Callable[[Spoil], Spoil]:
    def keep(spoil: Spoil) -> Spoil:
        assert name not in FAULTS
        FAULTS[name] = (spoil, outcome, reason)
        return spoil

    return keep


def html(url: str) -> Response:
    return Response(200, (("content-type", "text/html; charset=utf-8"),), b"<html>{}</html>", url)


def status(url: str, code: int) -> Response:
    return Response(code, (), b"", url)


async def never(request: Request) -> Response:
    await asyncio.sleep(3600)
    raise AssertionError


def elsewhere(request: Request) -> Response:
    return Response(302, (("location", "https://evil.example/x"),), b"", request.url)


# ---- The way to each of the three: the same faults thrice.

for place, out, bad in (
    ("href", ("unverifiable", "unreachable"), ("unverifiable", "unusable")),
    ("did_url", ISSUER_OUT, ISSUER_BAD),
    ("list_url", STATUS_OUT, STATUS_BAD),
):

    def _put(place: str, route: Callable[[str], Any]) -> Spoil:
        def spoil(scene: Scene) -> None:
            url = getattr(scene, place)
            scene.routes[url] = route(url)

        return spoil

    gone, forbidden = out[1].replace("unreachable", "gone"), out[1].replace("unreachable", "forbidden")
    fault(f"{place}: connection refused", *out)(_put(place, lambda url: down()))
    fault(f"{place}: name has no address", *out)(_put(place, lambda url: RemoteUnreachable("The name has no address")))
    fault(f"{place}: never answers", *out)(_put(place, lambda url: never))
    fault(f"{place}: 500", *out)(_put(place, lambda url: status(url, 500)))
    fault(f"{place}: 429", *out)(_put(place, lambda url: status(url, 429)))
    fault(f"{place}: 404", *bad)(_put(place, lambda url: status(url, 404)))
    fault(f"{place}: 410", out[0], gone)(_put(place, lambda url: status(url, 410)))
    fault(f"{place}: 204", *bad)(_put(place, lambda url: status(url, 204)))
    fault(f"{place}: redirect elsewhere", *bad)(_put(place, lambda url: elsewhere))
    fault(f"{place}: answered by another server", *bad)(
        _put(place, lambda url: Response(200, (), b"{}", "https://evil.example/x"))
    )
    fault(f"{place}: private address", out[0], forbidden)(
        _put(place, lambda url: AddressForbidden("10.0.0.1 is not a public address"))
    )
    fault(f"{place}: a page for people", *bad)(_put(place, html))
    fault(f"{place}: not JSON", *bad)(_put(place, lambda url: b"hello"))
    fault(f"{place}: JSON cut short", *bad)(_put(place, lambda url: b'{"id": "x", "issuer": {'))
    fault(f"{place}: a key twice", *bad)(_put(place, lambda url: b'{"id": "x", "id": "y"}'))
    fault(f"{place}: an array", *bad)(_put(place, lambda url: b"[]"))
    fault(f"{place}: too deep", *bad)(_put(place, lambda url: b'{"a":' * 100 + b"1" + b"}" * 100))
    fault(f"{place}: ten megabytes", *bad)(_put(place, lambda url: RemoteInvalid("larger than 262144 bytes")))


# ---- The licence itself


def credential(name: str, path: str, value: Any, reason: str, *, sign: bool = False) -> None:
    """A field changed after the signature, or (`sign`) by the issuer itself."""

    def spoil(scene: Scene) -> None:
        if sign:
            scene.issue(changed(scene.board.credential(), path, value))
        else:
            scene.serve(changed(scene.credential, path, value))

    fault(name, "invalid", reason)(spoil)


SUBJECT = "credentialSubject"
ACHIEVEMENT = "credentialSubject.achievement"

credential("another number", f"{SUBJECT}.licenseNumber", "ME-104423", "proof")
credential("another name", f"{SUBJECT}.identifier.0.identityHash", "Mallory", "proof")
credential("another place", f"{ACHIEVEMENT}.alignment.1.targetCode", "US-CA", "proof")
credential("a longer life", "validUntil", "2027-10-31T23:59:59Z", "proof")
credential("no status entry any more", "credentialStatus", None, "proof")
credential("another place in the list", "credentialStatus.statusListIndex", "1", "proof")
credential("a field nobody defined", "fantasy", "true", "proof")
credential("a null", "description", {"@value": None}, "proof")
credential("no proof", "proof", None, "proof")
credential("a proof that is a text", "proof", "yes", "form")
credential("proof value cut", "proof.proofValue", "z3", "proof")
credential("proof of an unknown suite", "proof.cryptosuite", "eddsa-jcs-2031", "proof")
credential("proof claims another suite", "proof.cryptosuite", "eddsa-rdfc-2022", "proof")
credential("proof of an old kind", "proof.type", "Ed25519Signature2020", "proof")
credential("proof made for something else", "proof.proofPurpose", "authentication", "proof")
credential("proof with another date", "proof.created", "2026-01-01T00:00:00Z", "proof")
credential("proof of another's key", "proof.verificationMethod", "did:web:evil.example#key-1", "key")
credential("another context", "@context.1", "https://evil.example/context", "proof")
credential("subject rewritten", f"{SUBJECT}.id", MALLORY, "proof")
credential("issued for somebody else", f"{SUBJECT}.id", MALLORY, "subject", sign=True)
credential("expired", "validUntil", "2026-02-28T00:00:00Z", "expired", sign=True)
credential("not yet valid", "validFrom", "2026-03-02T00:00:00Z", "not_yet", sign=True)
credential("no zone in a date", "validUntil", "2026-10-31T23:59:59", "form", sign=True)
credential("data model 1.1", "@context.0", "https://www.w3.org/2018/credentials/v1", "form")
credential("issuer by https", "issuer.id", "https://board.example/", "form")
credential("issuer in Cyrillic", "issuer.id", "did:web:b\u043eard.example", "form")
credential("issuer with a capital", "issuer.id", "did:web:Board.example", "form")
credential("issuer is an address", "issuer.id", "did:web:127.0.0.1", "form")
credential("issuer's name half in Cyrillic", "issuer.name", "Example St\u0430te Electrical Board", "form")
credential("status of another kind", "credentialStatus.type", "StatusList2021Entry", "form")
credential("index below zero", "credentialStatus.statusListIndex", "-1", "form")
credential("index a number", "credentialStatus.statusListIndex", INDEX, "form")
credential("two places in lists", "credentialStatus", [{"type": "BitstringStatusListEntry"}] * 2, "form")


@fault("signed by a stranger in the board's name", "invalid", "proof")
def _(scene: Scene) -> None:
    scene.serve(scene.board.sign(scene.board.credential(), Key(66)))


@fault("another issuer's name on it", "invalid", "key")
def _(scene: Scene) -> None:
    scene.routes["https://evil.example/.well-known/did.json"] = Board("evil.example", 66).did_document()
    scene.serve(changed(scene.credential, "issuer.id", "did:web:evil.example"))


@fault("signed by a stranger with the stranger's key", "invalid", "key")
def _(scene: Scene) -> None:
    evil = Board("evil.example", 66)
    scene.routes["https://evil.example/.well-known/did.json"] = evil.did_document()
    scene.serve(evil.sign(scene.board.credential()))


@fault("one good and one bad proof", "invalid", "proof")
def _(scene: Scene) -> None:
    good = scene.credential["proof"]
    bad = scene.board.sign(scene.board.credential(), Key(66))["proof"]
    scene.serve({**scene.credential, "proof": [good, bad]})


@fault("one good proof and one of a stranger's key", "invalid", "key")
def _(scene: Scene) -> None:
    evil = Board("evil.example", 66)
    other = signed(scene.board.credential(), evil.key, verificationMethod=evil.method)["proof"]
    scene.serve({**scene.credential, "proof": [scene.credential["proof"], other]})


@fault("a hundred proofs", "invalid", "proof")
def _(scene: Scene) -> None:
    scene.serve({**scene.credential, "proof": [scene.credential["proof"]] * 100})


@fault("the proof has expired", "invalid", "proof")
def _(scene: Scene) -> None:
    scene.issue(scene.board.credential(), expires="2026-02-01T00:00:00Z")


@fault("two subjects", "invalid", "form")
def _(scene: Scene) -> None:
    said = scene.board.credential()
    other = changed(said, f"{SUBJECT}.id", MALLORY)[SUBJECT]
    scene.issue({**said, SUBJECT: [said[SUBJECT], other]})


@fault("an undefined term, signed as text", "invalid", "proof")
def _(scene: Scene) -> None:
    scene.issue({**scene.board.credential(), "authorisesEverything": "yes"})


@fault("no status list and no end", "invalid", "no_status")
def _(scene: Scene) -> None:
    said = scene.board.credential()
    scene.issue({key: value for key, value in said.items() if key not in ("credentialStatus", "validUntil")})


@fault("another document than the actor states", "invalid", "digest")
def _(scene: Scene) -> None:
    stated = scene.digest
    scene.issue(changed(scene.board.credential(), f"{SUBJECT}.role", "Grand Master"))
    scene.licences.look = _with(scene.licences.look, digest=stated)  # type: ignore[method-assign]


def _with(look: Any, **more: Any) -> Any:
    async def changed_look(*args: Any, **how: Any) -> Any:
        return await look(*args, **{**how, **more})

    return changed_look


# ---- The issuer's document


def document(name: str, outcome: str, reason: str, **changes: Any) -> None:
    def spoil(scene: Scene) -> None:
        made = {key: value(scene.board) if callable(value) else value for key, value in changes.items()}
        scene.routes[scene.did_url] = scene.board.did_document(**made)

    fault(name, outcome, reason)(spoil)


document("the key isn't for statements", "invalid", "key_not_asserted", assertionMethod=[])
document(
    "another key is for statements", "invalid", "key_not_asserted", assertionMethod=["did:web:board.example#key-2"]
)
document("no keys at all", "invalid", "key", verificationMethod=[])
document("keys are a text", "invalid", "key", verificationMethod="z6Mk")
document("the key is somebody else's", "invalid", "controller",
         verificationMethod=lambda b: [b.verification_method(controller="did:web:evil.example")])  # fmt: skip
document("the key has no controller", "invalid", "controller",
         verificationMethod=lambda b: [b.verification_method(controller=None)])  # fmt: skip
document("the key was swapped", "invalid", "proof",
         verificationMethod=lambda b: [b.verification_method(publicKeyMultibase=Key(66).public)])  # fmt: skip
document("the key was revoked", "invalid", "key_ended",
         verificationMethod=lambda b: [b.verification_method(revoked="2026-01-01T00:00:00Z")])  # fmt: skip
document("the key has ended", "invalid", "key_ended",
         verificationMethod=lambda b: [b.verification_method(expires="2026-01-01T00:00:00Z")])  # fmt: skip
document("the key isn't one", "invalid", "key",
         verificationMethod=lambda b: [b.verification_method(publicKeyMultibase="z6Mk")])  # fmt: skip
document("the key is a JWK", "invalid", "key_form",
         verificationMethod=lambda b: [{**b.verification_method(publicKeyJwk={}), "publicKeyMultibase": None}])  # fmt: skip
document("the key stands there twice", "unverifiable", "issuer_unusable",
         verificationMethod=lambda b: [b.verification_method()] * 2)  # fmt: skip
document("more keys than are read", "unverifiable", "issuer_unusable", assertionMethod=["#x"] * 100)
document("it is another's document", "unverifiable", "issuer_unusable", id="did:web:evil.example")
document("it has no id", "unverifiable", "issuer_unusable", id=None)


# ---- The status list


def listed(name: str, outcome: str, reason: str, *revoked: int, **changes: Any) -> None:
    fault(name, outcome, reason)(lambda scene: scene.publish(scene.board.status_list(*revoked, **changes)))


SHORT = encoded(bytes(1024))

listed("revoked", "invalid", "revoked", INDEX)
listed("for another purpose", "unverifiable", "status_purpose", statusPurpose="suspension")
listed("for two purposes", "unverifiable", "status_malformed", statusPurpose=["revocation", "suspension"])
listed("another issuer's list", "unverifiable", "status_issuer", issuer="did:web:evil.example")
listed("another list at this address", "unverifiable", "status_swapped", id="https://board.example/status/2")
listed("too short", "unverifiable", "status_length", encodedList=SHORT)
listed("shorter than the index", "unverifiable", "status_length", size=INDEX // 8)
listed("empty", "unverifiable", "status_length", encodedList=encoded(b""))
listed("ended", "unverifiable", "status_expired", validUntil="2026-02-28T00:00:00Z")
listed("from the future", "unverifiable", "status_not_yet", validFrom="2026-03-05T00:00:00Z")
listed("without a beginning", "unverifiable", "status_malformed", validFrom="yesterday")
listed("not base64", "unverifiable", "status_malformed", encodedList="u***")
listed("another base", "unverifiable", "status_malformed", encodedList="z" + SHORT[1:])
listed("not gzip", "unverifiable", "status_malformed", encodedList="uAAAA")
listed("gzip cut short", "unverifiable", "status_malformed", encodedList=encoded(bytes(16384))[:-12])
listed("a bomb", "unverifiable", "status_malformed", encodedList=encoded(bytes(17 * 1024 * 1024)))
listed("a negative ttl", "unverifiable", "status_malformed", ttl=-1)
listed("not a status list", "unverifiable", "status_malformed", type=["VerifiableCredential"])


@fault("an index beyond the list", "unverifiable", "status_range")
def _(scene: Scene) -> None:
    scene.issue(changed(scene.board.credential(), "credentialStatus.statusListIndex", "131072"))


@fault("a list nobody signed", "unverifiable", "status_proof")
def _(scene: Scene) -> None:
    scene.routes[scene.list_url] = scene.board.status_list()


@fault("a list that a stranger signed", "unverifiable", "status_proof")
def _(scene: Scene) -> None:
    scene.routes[scene.list_url] = scene.board.sign(scene.board.status_list(INDEX), Key(66))


@fault("a list with a stranger's key", "unverifiable", "status_proof")
def _(scene: Scene) -> None:
    evil = Board("evil.example", 66)
    scene.routes[scene.list_url] = evil.sign(scene.board.status_list(INDEX))


@fault("a list changed after it was signed", "unverifiable", "status_proof")
def _(scene: Scene) -> None:
    made = scene.board.sign(scene.board.status_list())
    scene.routes[scene.list_url] = changed(made, f"{SUBJECT}.encodedList", encoded(bytes(20_000)))


@fault("suspended", "invalid", "suspended")
def _(scene: Scene) -> None:
    scene.issue(changed(scene.board.credential(), "credentialStatus.statusPurpose", "suspension"))
    scene.publish(scene.board.status_list(INDEX, statusPurpose="suspension"))


@fault("a list at a plain address", "unverifiable", "status_forbidden")
def _(scene: Scene) -> None:
    scene.issue(
        changed(scene.board.credential(), "credentialStatus.statusListCredential", "http://board.example/status/1")
    )


@fault("a list on this machine", "unverifiable", "status_forbidden")
def _(scene: Scene) -> None:
    scene.issue(changed(scene.board.credential(), "credentialStatus.statusListCredential", "http://localhost/status/1"))


@fault("a list at no address", "unverifiable", "status_forbidden")
def _(scene: Scene) -> None:
    scene.issue(changed(scene.board.credential(), "credentialStatus.statusListCredential", "urn:list:1"))


def test_there_are_many() -> None:
    assert len(FAULTS) >= 60 + 54


async def test_unspoilt_it_is_trusted(scene: Scene) -> None:
    verdict, document = await scene.look(digest=scene.digest)
    assert (verdict.outcome, verdict.reason) == ("trusted", "")
    assert verdict.genuine
    assert document == scene.credential
    assert [check.passed for check in verdict.checks] == [True] * 8


@pytest.mark.parametrize("name", FAULTS)
async def test_a_spoilt_licence_is_never_trusted(scene: Scene, name: str) -> None:
    spoil, outcome, reason = FAULTS[name]
    spoil(scene)
    verdict, _ = await scene.look()
    assert (verdict.outcome, verdict.reason) == (outcome, reason)
    assert not verdict.genuine
    failed = [check for check in verdict.checks if not check.passed and check.name != "trust"]
    assert failed
    assert all(check.sentence for check in verdict.checks)


@pytest.mark.parametrize("name", [name for name, what in FAULTS.items() if what[1] == "unverifiable"])
async def test_after_a_good_look_it_is_still_no_more_than_unverifiable(scene: Scene, name: str) -> None:
    """What couldn't be had lowers nobody at once, and raises nobody, whatever is remembered of before."""
    before, _ = await scene.look(lifting=True)
    assert before.outcome == "trusted"
    FAULTS[name][0](scene)
    scene.clock.advance(2 * 3_600_000)
    after, _ = await scene.look(fresh=True, lifting=True, rests_on=before.rests_on)
    assert after.outcome == "unverifiable"
    assert after.rests_on == before.rests_on or name == "ended"
    scene.clock.advance(22 * 86_400_000)
    late, _ = await scene.look(fresh=True, lifting=True, rests_on=before.rests_on)
    assert (late.outcome, late.reason) == ("invalid", "expired")


async def test_the_suites_are_all_taken(scene: Scene) -> None:
    for suite in ("eddsa-jcs-2022", "eddsa-rdfc-2022"):
        scene.issue(scene.board.credential(), cryptosuite=suite)
        assert (await scene.look()).verdict.outcome == "trusted"
    both = [forge.signed(scene.board.credential(), scene.board.key, verificationMethod=scene.board.method,
                         cryptosuite=suite)["proof"] for suite in ("eddsa-rdfc-2022", "eddsa-jcs-2022")]  # fmt: skip
    scene.serve({**scene.board.credential(), "proof": both})
    assert (await scene.look()).verdict.outcome == "trusted"
