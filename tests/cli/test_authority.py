"""`fedicert authority …` as a board uses it: in a folder of its own, with its server running and without."""

import asyncio
import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from fedicert.rigs.processes import free_port
from tests.cli.here import Here
from tests.remote.doubles import peer, reply

ADA = "http://localhost:9/users/ada"


@pytest.fixture
def here(tmp_path: Path) -> Here:
    return Here(tmp_path, f"sqlite:///{tmp_path / 'data' / 'fedicert.db'}")


def begin(here: Here, port: int = 8471) -> None:
    said = here.does(
        *("authority", "init", "--data", "board", "--url", f"http://localhost:{port}"),
        *("--name", "Example State Electrical Board", "--country", "us", "--region", "NY"),
    )
    assert f"did:web:localhost%3A{port}" in said and "master.key" in said
    said = here.does(
        *("authority", "achievement", "master-electrician", "--data", "board", "--name", "Master Electrician"),
        *("--profession", "7411=Building and related electricians", "--place", "US-NY=New York, United States"),
    )
    assert "achievements/master-electrician" in said and "note:" not in said


def issue(here: Here, *more: str) -> str:
    """A licence; the credential's address."""
    said = here.does(
        *("authority", "issue", "master-electrician", "--data", "board", "--to", ADA, "--number", "ME-104422"),
        *("--holder", "Ada Example", "--control-checked", "seen at the counter", *more),
    )
    assert "fedicert licence import ACCOUNT http" in said
    return said.split("credential  ")[1].split()[0]


def test_a_board_without_a_server_of_ours(here: Here) -> None:
    begin(here)
    address = issue(here)
    uuid = address.rpartition("/")[2]
    assert f"{uuid}  master-electrician  ME-104422  {ADA}" in here.does("authority", "list", "--data", "board")
    said = here.does("authority", "publish", "--data", "board", "public")
    assert "http://localhost:8471/" in said
    public = here.folder / "public"
    credential = json.loads((public / "credentials" / uuid).read_bytes())
    assert credential["id"] == address and credential["credentialSubject"]["id"] == ADA
    listed = json.loads((public / "status-lists" / "1").read_bytes())
    assert "application/vc" in (public / "_headers").read_text()
    assert "for good" in here.does("authority", "revoke", "--data", "board", address, "--reason", "no insurance")
    assert "nothing changed" in here.does("authority", "revoke", "--data", "board", uuid, "--reason", "again")
    assert "no insurance" in here.does("authority", "list", "--data", "board")
    here.does("authority", "publish", "--data", "board", "public")
    again = json.loads((public / "status-lists" / "1").read_bytes())
    assert again["credentialSubject"]["encodedList"] != listed["credentialSubject"]["encodedList"]
    assert "#key-2" in here.does("authority", "rotate", "--data", "board", "--compromised")
    here.does("authority", "publish", "--data", "board", "public")
    did = json.loads((public / ".well-known" / "did.json").read_bytes())
    assert did["assertionMethod"] == ["did:web:localhost%3A8471#key-2"]
    assert not (here.folder / "data").exists()


def test_what_it_refuses_is_a_sentence(here: Here) -> None:
    assert "no authority lives there" in here.refuses("authority", "list", "--data", "board")
    for url, why in (
        ("http://board.example", "https"),
        ("https://board.example/a", "path"),
        ("https://192.0.2.1", "number"),
    ):
        assert why in here.refuses("authority", "init", "--data", "board", "--url", url, "--name", "x")
    begin(here)
    assert "already" in here.refuses(
        "authority", "init", "--data", "board", "--url", "http://localhost:8471", "--name", "x"
    )
    to = ("--data", "board", "--to", ADA)
    assert "master-electrician" in here.refuses("authority", "issue", "plumber", *to)
    assert "can't be reached" in here.refuses("authority", "issue", "master-electrician", *to)
    word = here.does("authority", "challenge", "master-electrician", *to).split()[-1]
    assert word.startswith("licence-")
    bad = ("--control-checked", "x", "--until", "someday")
    assert "--until" in here.refuses("authority", "issue", "master-electrician", *to, *bad)
    bad = ("--control-checked", "x", "--until", "2019-01-01")
    assert "end before it begins" in here.refuses("authority", "issue", "master-electrician", *to, *bad)


def test_a_newcomer_is_told_what_is_what(here: Here) -> None:
    where = ("--data", "board", "--name", "x")
    assert "isn't two letters" in here.refuses(
        "authority", "init", *where, "--url", "http://localhost:8471", "--country", "USA"
    )
    assert "write it as https://" in here.refuses("authority", "init", *where, "--url", "board.example")
    begin(here)
    assert here.does("authority", "--data", "board", "list") == "Nothing was issued yet.\n"
    to = ("authority", "issue", "master-electrician", "--data", "board", "--control-checked", "x", "--to")
    assert "neither a handle" in here.refuses(*to, "ada")
    done = here.run(*to, ADA)
    assert done.returncode == 0 and "issued Master Electrician" in done.stdout
    assert "note: " in done.stderr and "exactly as its server writes it" in done.stderr


async def test_a_licence_names_the_actor_by_its_id_and_no_page_of_it(here: Here) -> None:
    async with peer() as far:
        base = f"http://localhost:{far.port}"
        actor = {
            "@context": "https://www.w3.org/ns/activitystreams",
            "id": f"{base}/users/ada",
            "type": "Person",
            "inbox": f"{base}/users/ada/inbox",
        }
        shown = reply(200, json.dumps(actor).encode(), content_type="application/activity+json")
        far.routes["/users/ada"] = far.routes["/@ada"] = shown
        link = {"rel": "self", "type": "application/activity+json", "href": f"{base}/users/ada"}
        finger = {"subject": f"acct:ada@localhost:{far.port}", "links": [link]}
        far.routes["/.well-known/webfinger"] = reply(
            200, json.dumps(finger).encode(), content_type="application/jrd+json"
        )
        await asyncio.to_thread(begin, here)
        to = ("authority", "issue", "master-electrician", "--data", "board", "--control-checked", "x", "--to")
        said = await asyncio.to_thread(here.refuses, *to, f"{base}/@ada")
        assert f"calls itself {base}/users/ada" in said
        assert "there is no actor at" in await asyncio.to_thread(here.refuses, *to, f"{base}/users/nobody")
        said = await asyncio.to_thread(here.does, *to, f"@ada@localhost:{far.port}")
        assert f"issued Master Electrician to {base}/users/ada" in said


def test_an_instance_is_a_registrar_and_says_whose_register_it_read(here: Here) -> None:
    assert "registrar issues as did:web:localhost%3A8999" in here.does("authority", "init")
    kind = ("authority", "achievement", "master-electrician", "--name", "Master Electrician")
    assert "--creator" in here.refuses(*kind)
    here.does(*kind, "--creator", "Example State Electrical Board", "--creator-url", "https://board.example/")
    to = ("authority", "issue", "master-electrician", "--to", ADA, "--control-checked", "the account is here")
    assert "--evidence" in here.refuses(*to)
    here.does(*to, "--evidence", "https://board.example/lookup?n=1", "--checked", "Name and number, by Bo, 2026-11-01")
    assert "stands" in here.does("authority", "list")


def test_a_running_authority_takes_commands_and_serves(here: Here) -> None:
    port = free_port()
    begin(here, port)
    with subprocess.Popen(
        [sys.executable, "-m", "fedicert", "authority", "serve", "--data", "board"],
        cwd=here.folder,
        env=here.environment(),
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        try:
            base = f"http://localhost:{port}"
            until = time.monotonic() + 40
            while True:
                try:
                    did = httpx.get(f"{base}/.well-known/did.json", trust_env=False).json()
                    break
                except httpx.TransportError:
                    assert server.poll() is None and time.monotonic() < until
                    time.sleep(0.05)
            assert did["id"] == f"did:web:localhost%3A{port}"
            address = issue(here)
            before = httpx.get(f"{base}/status-lists/1", trust_env=False).json()
            assert httpx.get(address, trust_env=False).headers["content-type"] == "application/vc"
            here.does("authority", "revoke", "--data", "board", address, "--reason", "why")
            after = httpx.get(f"{base}/status-lists/1", trust_env=False).json()
            assert before["credentialSubject"]["encodedList"] != after["credentialSubject"]["encodedList"]
            assert httpx.get(address, trust_env=False).status_code == 200
        finally:
            server.send_signal(signal.SIGTERM)
            server.communicate(timeout=30)
    assert server.returncode == 0
