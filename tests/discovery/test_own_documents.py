"""What this server issues is looked at in its own database, as it would be served, and nothing else is."""

from __future__ import annotations

from fedicert.base.clock import FrozenClock
from fedicert.discovery.licences import Licences
from fedicert.discovery.met_issuers import InStore
from fedicert.discovery.own_documents import OwnDocuments
from fedicert.store.unit import Database
from tests.attestations.forge import TRUST
from tests.issuing import ADA, BASE, board
from tests.wire import VillageWire


async def test_a_licence_of_ours_from_issue_to_revocation(db: Database, clock: FrozenClock) -> None:
    wire, own = VillageWire(), OwnDocuments(db)
    async with board(db, clock) as issuer:
        licences = Licences(wire, issuer.prover, clock, InStore(db), (TRUST,), own=own)
        issued = await issuer.issue()
        href = f"{BASE}/credentials/{issued.uuid}"
        verdict, document = await licences.look(ADA, href, fresh=True, lifting=True)
        assert verdict.outcome == "trusted"
        assert document == await issuer.credential(issued.uuid)
        assert await own(f"{BASE}/.well-known/did.json") == await issuer.did()
        assert await own(f"{BASE}/status-lists/1") == await issuer.status_list()
        clock.advance(1_000)
        await issuer.office.revoke(issued.uuid, "left the trade")
        verdict, _ = await licences.look(ADA, href, fresh=True, lifting=True)
        assert (verdict.outcome, verdict.reason) == ("invalid", "revoked")
        assert wire.asked == []
        for path in ("/", "/credentials/", "/credentials/none", "/status-lists/x", "/status-lists/2", "/users/ada"):
            assert await own(BASE + path) is None, path
        assert await own("https://board.example.evil.example/.well-known/did.json") is None


async def test_where_nobody_issues_there_is_nothing(db: Database) -> None:
    assert await OwnDocuments(db)(f"{BASE}/.well-known/did.json") is None
