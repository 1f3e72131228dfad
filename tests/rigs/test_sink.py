"""The sink and the senders against each other: every delivery is checked, counted for its host, and none twice."""

import json
from collections.abc import Iterator

import httpx
import pytest

from fedicert.rigs.load import drive_now, get
from fedicert.rigs.sender import Sender, endpoint, send
from fedicert.rigs.signatures import signed_post
from fedicert.rigs.sink import Sink, address

HOSTS = 50
WHEN = "2026-01-01T00:00:00Z"


@pytest.fixture(scope="module")
def running() -> Iterator[Sink]:
    with Sink(pool=2) as sink:
        yield sink


@pytest.fixture
def sink(running: Sink) -> Sink:
    running.reset()
    return running


def test_hosts_have_loopback_addresses_of_their_own() -> None:
    assert [address(0), address(254), address(255), address(65_535)] == [
        "127.10.0.1",
        "127.10.0.255",
        "127.10.1.0",
        "127.11.0.0",
    ]
    assert len({address(host) for host in range(70_000)}) == 70_000
    with pytest.raises(ValueError, match="there are hosts"):
        address(-1)


def test_actors_are_found_and_have_the_pool_s_keys(sink: Sink) -> None:
    actor = sink.actor(53, HOSTS)
    host = sink.authority(3)
    assert actor == f"http://{host}/users/u53"
    found = httpx.get(f"http://{host}/.well-known/webfinger", params={"resource": f"acct:u53@{host}"}).json()
    assert found["links"][0]["href"] == actor
    document = httpx.get(actor).json()
    assert document["id"] == actor
    assert document["endpoints"]["sharedInbox"] == f"http://{host}/inbox"
    assert document["publicKey"]["publicKeyPem"] == sink.key(53).public_pem
    assert httpx.get(f"http://{host}/users/nobody").status_code == 404
    elsewhere = {"resource": f"acct:u53@{sink.authority(4)}"}
    assert httpx.get(f"http://{host}/.well-known/webfinger", params=elsewhere).status_code == 404
    assert sink.totals()["fetches"] == {"webfinger": 2, "actor": 1, "other": 1}


def test_every_signed_delivery_is_counted_for_its_host(sink: Sink) -> None:
    sender = Sender(sink, HOSTS)
    for host in (7, 8):
        inbox = f"http://{sink.authority(host)}/inbox"
        signed = sender.creates(inbox, range(host), published=WHEN, mentions=[sink.actor(host, HOSTS)])
        send(inbox, signed, 3).all_were(202)
        assert len({one.object for one in signed}) == host
    totals = sink.totals()
    assert (totals["checked"], totals["hosts"], totals["repeated"]) == (15, 2, 0)
    assert totals["kinds"] == {"Create": 15}
    assert sink.per_host() == {address(7): 7, address(8): 8}
    assert totals["first"] <= totals["last"]
    send(inbox, signed[:2], 1).all_were(202)
    assert sink.totals()["repeated"] == 2


def test_what_is_not_signed_rightly_is_refused_and_counted(sink: Sink) -> None:
    sender = Sender(sink, HOSTS)
    inbox = f"http://{sink.authority(7)}/inbox"
    host, port = endpoint(inbox)
    signed = sender.follows(inbox, sink.actor(7, HOSTS), [1])[0].request
    theirs, body = sink.actor(1, HOSTS), json.dumps({"type": "Like", "actor": sink.actor(2, HOSTS)}).encode()
    wrong = [
        signed.replace(b'"Follow"', b'"Fellow"'),
        signed.replace(b"signature=", b"unsigned="),
        signed.replace(b"/users/u1#main-key", b"/users/u2#main-key"),
        signed.replace(b"/users/u1#main-key", b"/users/u1#other-key"),
        signed_post(sink.key(1).private, f"{theirs}#main-key", sink.authority(7), "/inbox", body),
        signed_post(sink.key(1).private, f"{theirs}#main-key", sink.authority(8), "/inbox", body),
        signed_post(sink.key(1).private, f"{theirs}#main-key", sink.authority(7), "/inbox", b"[]"),
    ]
    outcome = drive_now(host, port, wrong, 1, keep=100)
    assert dict(outcome.statuses) == {401: len(wrong)}
    totals = sink.totals()
    assert (totals["checked"], totals["hosts"]) == (0, 0)
    assert totals["faults"] == {
        "digest": 1,
        "parameter missing": 1,
        "signature": 1,
        "key not there": 1,
        "another actor's key": 1,
        "another host": 1,
        "no activity": 1,
    }
    with pytest.raises(ValueError, match="expected"):
        outcome.all_were(202)


def test_follows_answered_are_known_by_their_ids(sink: Sink) -> None:
    ada = sink.actor(5, HOSTS)
    inbox = f"http://{sink.authority(9)}/inbox"
    accept = {"id": f"{ada}/a", "type": "Accept", "actor": ada, "object": {"id": "http://x/f1", "type": "Follow"}}
    bare = {**accept, "id": f"{ada}/b", "object": "http://x/f2"}
    for activity in (accept, bare):
        body = json.dumps(activity).encode()
        request = signed_post(sink.key(5).private, f"{ada}#main-key", sink.authority(9), "/inbox", body)
        drive_now(*endpoint(inbox), [request], 1).all_were(202)
    assert sink.wait_for("accepts", 2, 5.0)["accepts"] == 2
    assert sink.accepted_follows() == {"http://x/f1", "http://x/f2"}


def test_the_load_stops_in_time_and_counts_what_breaks(sink: Sink) -> None:
    page = get(sink.authority(1), "/users/u1")
    endless = iter(lambda: page, None)
    outcome = drive_now(address(1), sink.port, endless, 4, keep=10, seconds=0.2)
    outcome.all_were(200)
    assert outcome.answered == len(outcome.latencies) == len(outcome.bodies) > 0
    assert outcome.bodies[0].startswith(b"{")
    broken = drive_now(address(1), sink.port, [b"nonsense\r\n\r\n", page], 1)
    assert (broken.broken, dict(broken.statuses)) == (1, {200: 1})
