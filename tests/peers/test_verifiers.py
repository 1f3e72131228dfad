"""Verifiers that we didn't write accept what is issued here, in the form they know, and refuse what was spoilt.

openvc-core takes no array of proofs, openbadgeslib no jcs; only openbadgeslib has a check of whom a credential is about,
so beside the others that is ours: `credentialSubject.id` against the actor.
"""

from __future__ import annotations

import asyncio
import copy
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from fedicert.base.clock import DAY, FrozenClock, SystemClock
from fedicert.base.ids import SystemEntropy
from fedicert.proofs import contexts
from fedicert.rigs.node_verifier import Case, verify
from fedicert.store.database import open_database
from fedicert.store.migrations import migrate
from tests.issuing import ADA, BASE, LOOKED_UP, board

DID = "did:web:board.example"
BOB = "https://social.example/users/bob"
SUITES = ("eddsa-rdfc-2022", "eddsa-jcs-2022", "all")


class Issued(msgspec.Struct, frozen=True):
    """What a board published: address → document; and its credentials by state and suite."""

    documents: dict[str, Any]
    credentials: dict[str, dict[str, dict[str, Any]]]


async def publish(folder: Path, *, registrar: bool) -> Issued:
    """A board's good, expired and revoked licence, as of now: the libraries read the machine's clock."""
    now = SystemClock().now() // 1000 * 1000
    clock = FrozenClock(now - 400 * DAY)
    db = await open_database(f"sqlite:///{folder / 'board.db'}", clock=clock, entropy=SystemEntropy(), slot=0)
    evidence = (LOOKED_UP,) if registrar else ()
    try:
        await migrate(db)
        async with board(db, clock, registrar=registrar) as here:
            found = {"expired": await here.issue(evidence=evidence)}
            clock.advance(399 * DAY)
            for state, number in (("good", "ME-104422"), ("revoked", "ME-200")):
                found[state] = await here.issue(number=number, evidence=evidence)
            await here.office.revoke(found["revoked"].uuid, "no insurance")
            await here.office.sign_lists(all_of_them=True)
            credentials = {
                state: {suite: await here.credential(issued.uuid, suite) for suite in SUITES}
                for state, issued in found.items()
            }
            spoilt = copy.deepcopy(credentials["good"])
            for document in spoilt.values():
                document["credentialSubject"]["licenseNumber"] = "ME-104423"
            credentials["digit"] = spoilt
            documents = {
                DID: await here.did(),
                f"{BASE}/.well-known/did.json": await here.did(),
                f"{BASE}/status-lists/1": await here.status_list(),
            }
    finally:
        await db.close()
    return Issued(documents, credentials)


@pytest.fixture(scope="module", params=["authority", "registrar"])
def issued(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Issued:
    with asyncio.Runner() as runner:
        return runner.run(publish(tmp_path_factory.mktemp("board"), registrar=request.param == "registrar"))


def present() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.mark.node
def test_digital_bazaar(issued: Issued) -> None:
    known = {address: contexts.context(address) for address in contexts.BUNDLED}
    states = [(state, suite) for state in issued.credentials for suite in SUITES]
    cases = [Case(issued.credentials[state][suite], present()) for state, suite in states]
    other_key = {**issued.documents[DID], "assertionMethod": []}
    found = dict(zip(states, verify({**known, **issued.documents}, cases), strict=True))
    for suite in SUITES:
        good, revoked = found["good", suite], found["revoked", suite]
        assert good.verified and good.status is False, good.error
        assert revoked.status is True, revoked.error
        for state in ("digit", "expired"):
            assert not found[state, suite].verified and found[state, suite].error
    assert about(issued.credentials["good"]["all"], ADA) and not about(issued.credentials["good"]["all"], BOB)
    (struck_out,) = verify({**known, **issued.documents, DID: other_key}, cases[:1])
    assert not struck_out.verified


def about(credential: dict[str, Any], actor: str) -> bool:
    """Our own check beside libraries that have none."""
    subject = credential["credentialSubject"]
    return isinstance(subject, dict) and subject.get("id") == actor


@pytest.mark.parametrize("suite", SUITES[:2])
def test_openvc_core(issued: Issued, suite: str) -> None:
    from openvc.did.base import parse_did_document
    from openvc.errors import OpenvcError
    from openvc.resolvers import default_status_list_resolver
    from openvc.verify import VerificationPolicy, verify_credential

    class Here:
        """Resolves what the board published."""

        def supports(self, did: str) -> bool:
            return did == DID

        def resolve(self, did: str) -> Any:
            return parse_did_document(issued.documents[did])

    lists = default_status_list_resolver(
        resolver=Here(), expected_issuer=DID, fetch=lambda url: json.dumps(issued.documents[url])
    )
    policy = VerificationPolicy(require_status_issuer_binding=True)
    extra = {address: contexts.context(address) for address in contexts.BUNDLED if "/ob/" in address}

    def outcome(state: str) -> Any:
        credential = issued.credentials[state][suite]
        try:
            return verify_credential(
                credential, policy=policy, resolver=Here(), resolve_status_list=lists, extra_contexts=extra
            )
        except OpenvcError as error:
            return error

    good = outcome("good")
    assert not isinstance(good, OpenvcError), good
    assert good.issuer == DID and good.subject == ADA != BOB
    refused = {state: type(outcome(state)).__name__ for state in ("digit", "expired", "revoked")}
    assert refused["revoked"] == "CredentialRevoked"
    assert all(isinstance(outcome(state), OpenvcError) for state in refused), refused
    assert about(issued.credentials["good"][suite], ADA) and not about(issued.credentials["good"][suite], BOB)


def test_openbadgeslib_which_wants_the_strictest_form(issued: Issued) -> None:
    from openbadgeslib.ob3.ldp import OB3LdpVerifier
    from openbadgeslib.ob3.verifier import OB3VerificationError

    def download(url: str, *_: Any, **__: Any) -> bytes:
        return json.dumps(issued.documents[url]).encode()

    def outcome(state: str, actor: str = ADA) -> Any:
        try:
            return OB3LdpVerifier.for_issuer_did(DID).verify(
                issued.credentials[state]["eddsa-rdfc-2022"],
                expected_recipient=actor,
                check_status=True,
                download=download,
                # It reads lists signed as JWT alone; the list's own proof is asked of the other two libraries.
                verify_status_list=False,
            )
        except OB3VerificationError as error:
            return error

    good = outcome("good")
    assert not isinstance(good, OB3VerificationError), good
    assert good.issuer.id == DID
    for state, why in (("digit", "proof"), ("expired", "expire"), ("revoked", "revocation")):
        refused = outcome(state)
        assert isinstance(refused, OB3VerificationError) and why in str(refused).lower(), (state, refused)
    wrong = outcome("good", BOB)
    assert isinstance(wrong, OB3VerificationError) and "recipient" in str(wrong).lower()
