"""What our own tools issue is judged as it should be: by strangers who know nothing but what is served."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from fedicert.attestations import credentials, issuer_documents
from fedicert.attestations.issuer_documents import ListedKey
from fedicert.base.clock import DAY
from fedicert.keys.pool import KeyPool
from fedicert.model.attestations import ISSUED_SUITES
from fedicert.model.issuing import Achievement, Addresses, Code, Evidence, Grant, Issuer, Party, Place
from tests.attestations.forge import ALICE, TRUST, ProverHere, Scene

BOARD = Issuer(did="did:web:board.example", base="https://board.example", role="authority", name="Electrical Board",
               url="https://board.example/", country="US", region="NY", method="did:web:board.example#key-1")  # fmt: skip
MASTER = Achievement(slug="master", kind="License", name="Master Electrician", description="It licenses.",
                     criteria="Years of practice.", professions=(Code("7411", "Electricians"),),
                     places=(Code("US-NY", "New York"),))  # fmt: skip


def grant(scene: Scene, **more: object) -> Grant:
    now = scene.clock.now()
    return Grant(uuid="7f0d8a1e-3b3c-4d52-9a52-0c9c1c0f5a11", achievement="master", subject=ALICE, number="ME-104422",
                 holder="Alice Example", handle="alice@social.example", role="Master Electrician", valid_from=now,
                 valid_until=now + 100 * DAY, control="a code", **more)  # type: ignore[arg-type]  # fmt: skip


@pytest.mark.parametrize("which", [*ISSUED_SUITES, "all"])
@pytest.mark.parametrize("registrar", [False, True])
async def test_it_is_trusted_until_it_is_revoked(
    scene: Scene, key_threads: KeyPool, which: str, registrar: bool
) -> None:
    prover = ProverHere(key_threads)
    secret = scene.board.key.private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    now, base = scene.clock.now(), Addresses(BOARD.base)
    more = {}
    if registrar:
        seen = Evidence(
            id="https://register.example/1", genre="RegistryLookup", name="Register", description="It stands."
        )
        more = {"source": Party(id="https://register.example/", name="State Register"), "evidence": (seen,)}
    document = credentials.credential(BOARD, MASTER, grant(scene, **more), Place(1, 77))
    proofs = {}
    for suite in ISSUED_SUITES:
        proofs[suite] = (await prover.secure(document, suite, BOARD.method, now, secret))["proof"]
    scene.href = document["id"]
    scene.serve(credentials.secured(document, proofs, which))
    scene.routes[scene.did_url] = issuer_documents.did_document(base, [ListedKey(BOARD.method, scene.board.key.public)])
    listed = issuer_documents.status_list(base, 1, [78], now)
    scene.routes[listed["id"]] = await prover.secure(listed, "eddsa-rdfc-2022", BOARD.method, now, secret)
    verdict, _ = await scene.look(digest=scene.digest)
    assert verdict.outcome == "trusted"
    assert verdict.entry == TRUST
    assert verdict.licence is not None
    assert (verdict.licence.number, verdict.licence.holder) == ("ME-104422", "Alice Example")
    assert verdict.licence.assurance == ("registrar" if registrar else "authority")
    assert verdict.licence.checked_by == ("State Register" if registrar else "")
    assert verdict.rests_on == now + issuer_documents.LASTS
    listed = issuer_documents.status_list(base, 1, [77, 78], now)
    scene.routes[listed["id"]] = await prover.secure(listed, "eddsa-rdfc-2022", BOARD.method, now, secret)
    verdict, _ = await scene.look(fresh=True)
    assert (verdict.outcome, verdict.reason) == ("invalid", "revoked")
