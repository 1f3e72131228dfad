"""`fedicert verify` as a person gives it, against servers on this machine: what it prints, and how it ends."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from fedicert.base.clock import DAY, SystemClock
from fedicert.base.ids import SystemEntropy
from fedicert.cli.main import main
from fedicert.operations import evidence as operations
from fedicert.proofs.data_integrity import digest_of
from fedicert.proofs.moments import write_moment
from fedicert.store.database import open_database
from tests.attestations.forge import INDEX, Board, changed
from tests.cli.here import Here
from tests.remote.doubles import Peer, peer, reply

TRUST = """
[[trust]]
issuer = "{did}"
name = "The Electrical Board"
kinds = ["License"]
professions = ["{profession}"]
jurisdictions = ["US"]
tier = "professional"
"""


class LocalBoard(Board):
    """A board and a home server, both on a port of this machine, with a licence that is in force now."""

    def __init__(self, far: Peer) -> None:
        super().__init__(f"localhost:{far.port}")
        self.far = far
        self.url = f"http://localhost:{far.port}"
        self.now = SystemClock().now()
        self.actor = f"{self.url}/users/alice"
        self.href = f"{self.url}/credentials/1"
        self.serve("/.well-known/did.json", self.did_document())
        self.issue()
        self.publish()

    def serve(self, target: str, value: Any, kind: str = "application/activity+json") -> None:
        self.far.routes[target] = reply(200, json.dumps(value).encode(), content_type=kind)

    def issue(self, **changes: Any) -> dict[str, Any]:
        said = changed(self.credential(self.actor), "id", self.href)
        said |= {"validFrom": write_moment(self.now - 30 * DAY), "validUntil": write_moment(self.now + 30 * DAY)}
        made = self.sign(said | changes)
        self.serve("/credentials/1", made, "application/vc")
        self.serve("/users/alice", self.actor_document("alice", made))
        link = {"rel": "self", "type": "application/activity+json", "href": self.actor}
        self.serve("/.well-known/webfinger", {"subject": f"acct:alice@{self.host}", "links": [link]})
        return made

    def actor_document(self, name: str, *credentials: dict[str, Any]) -> dict[str, Any]:
        links = [{"type": "Link", "href": self.href, "digestMultibase": digest_of(one)} for one in credentials]
        return {
            "@context": "https://www.w3.org/ns/activitystreams",
            "id": f"{self.url}/users/{name}",
            "type": "Person",
            "inbox": f"{self.url}/users/{name}/inbox",
            "hasCredential": links,
        }

    def publish(self, *revoked: int) -> None:
        dates = {"validFrom": write_moment(self.now - DAY), "validUntil": write_moment(self.now + DAY)}
        self.serve("/status/1", self.sign(self.status_list(*revoked, **dates)), "application/vc")


@pytest.fixture
async def board() -> AsyncIterator[LocalBoard]:
    async with peer() as far:
        yield LocalBoard(far)


@pytest.fixture
def verify(board: LocalBoard, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    """Give the command; (exit code, what it printed)."""

    async def run(*words: str, trust: str | None = "74") -> tuple[int, str]:
        file = tmp_path / "config.toml"
        file.write_text("" if trust is None else TRUST.format(did=board.did, profession=trust))
        code = await asyncio.to_thread(main, ["verify", "--config", str(file), *words])
        told = capsys.readouterr()
        return code, told.out + told.err

    return run


async def test_a_good_one_by_handle_actor_and_address(board: LocalBoard, verify: Any) -> None:
    for target in (f"@alice@{board.host}", f"alice@{board.host}", board.actor, board.href):
        code, said = await verify(target)
        assert code == 0, said
        assert "Verdict: genuine, and its issuer is trusted here for it" in said
        for fact in (
            "Alice Example",
            board.actor,
            "Master Electrician",
            "ME-104422",
            "US-NY",
            "The Electrical Board",
            board.did,
        ):
            assert fact in said, fact
        for check in ("form", "digest", "proof", "issuer", "subject", "dates", "status", "trust"):
            assert f"ok   {check}" in said, check


async def test_without_a_trust_list_it_is_valid_and_its_issuer_unlisted(board: LocalBoard, verify: Any) -> None:
    code, said = await verify(board.actor, trust=None)
    assert code == 0
    assert "Verdict: valid, issuer not on our list" in said
    assert "calls itself 'Example State Electrical Board'" in said
    assert "no   trust    its issuer isn't on our trust list" in said and "FAIL" not in said
    code, said = await verify(board.actor, trust="2221")
    assert code == 0
    assert "Verdict: valid, but outside of what its issuer is trusted for here" in said


async def test_a_file_and_its_subject(board: LocalBoard, verify: Any, tmp_path: Path) -> None:
    file = tmp_path / "licence.json"
    file.write_text(json.dumps(board.issue()))
    code, said = await verify(str(file))
    assert code == 0
    assert "nobody shows it here" in said
    assert (await verify(str(file), "--subject", board.actor))[0] == 0
    code, said = await verify(str(file), "--subject", f"{board.url}/users/mallory")
    assert code == 1
    assert "NOT VALID (subject)" in said
    file.write_text("{")
    code, said = await verify(str(file))
    assert code == 1
    assert said.startswith("fedicert: This is not JSON")


async def test_expired_revoked_stolen(board: LocalBoard, verify: Any) -> None:
    made = board.issue(validUntil=write_moment(board.now - DAY))
    code, said = await verify(board.actor)
    assert code == 1
    assert "NOT VALID (expired)" in said
    made = board.issue()
    board.publish(INDEX)
    code, said = await verify(board.actor)
    assert code == 1
    assert "NOT VALID (revoked)" in said
    board.publish()
    board.serve("/users/mallory", board.actor_document("mallory", made))
    code, said = await verify(f"{board.url}/users/mallory")
    assert code == 1
    assert "NOT VALID (subject)" in said


async def test_it_can_not_be_verified_now(board: LocalBoard, verify: Any) -> None:
    board.far.routes["/status/1"] = reply(500)
    code, said = await verify(board.actor)
    assert code == 3
    assert "can't be verified now (status_unreachable)" in said
    assert "?    status" in said


async def test_for_machines(board: LocalBoard, verify: Any) -> None:
    code, said = await verify(board.actor, "--json")
    assert code == 0
    (found,) = json.loads(said)
    assert (found["outcome"], found["genuine"], found["source"]) == ("trusted", True, board.href)
    assert found["licence"]["number"] == "ME-104422"
    assert found["entry"]["name"] == "The Electrical Board"
    assert found["checked_at"].endswith("Z")
    assert [check["name"] for check in found["checks"]][-1] == "trust"


async def test_nothing_to_verify(board: LocalBoard, verify: Any) -> None:
    board.serve("/users/alice", board.actor_document("alice"))
    code, said = await verify(board.actor)
    assert code == 1
    assert "shows no licence" in said
    assert "there is no file 'nobody'" in (await verify("nobody"))[1]
    board.far.routes.pop("/.well-known/webfinger")
    assert f"nobody is called @bob@{board.host} there" in (await verify(f"@bob@{board.host}"))[1]
    asked = (("nobody", 1), (f"{board.url}/nothing", 1), ("@bob@nowhere.invalid", 1), ("@bob@localhost:9", 3))
    for target, expected in asked:
        code, said = await verify(target)
        assert code == expected, target
        assert said.startswith("fedicert: ")
        assert "Traceback" not in said


class TestTheTrustList:
    @pytest.fixture
    def here(self, empty_url: str, tmp_path: Path) -> Here:
        folder = tmp_path / "here"
        folder.mkdir()
        return Here(folder, empty_url)

    def test_an_empty_one_says_what_that_means(self, here: Here) -> None:
        assert "The trust list is empty" in here.does("trust", "list")

    def test_it_shows_entries_and_what_is_known_of_their_issuers(self, here: Here) -> None:
        file = here.folder / "config.toml"
        file.write_text(file.read_text() + TRUST.format(did="did:web:board.example", profession="74"))
        said = here.does("trust", "list")
        for part in (
            "The Electrical Board",
            "did:web:board.example",
            "License",
            "74",
            "US",
            "professional",
            "not met yet",
        ):
            assert part in said
        asyncio.run(self._meet(here))
        said = here.does("trust", "list")
        assert "not met yet" not in said
        assert "keys changed:" in said
        assert "aaaa -> bbbb" in said

    async def _meet(self, here: Here) -> None:
        db = await open_database(here.config.database, clock=SystemClock(), entropy=SystemEntropy())
        for pin in ("aaaa", "bbbb"):
            await db.write(operations.keep_issuer, "did:web:board.example", "{}", pin)
        await db.close()
