"""Requests that were right once and then weren't: whatever is changed, dropped, doubled or left unsigned, it is 401.

All go through the live application. Beside each group one untouched request, which is taken: the tests can fail.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable

import pytest

from fedicert.base.clock import SECOND
from fedicert.proofs import digests
from fedicert.proofs.messages import CAVAGE, RFC9421, http_date
from fedicert.remote.wire import Request
from tests.conftest import NOON
from tests.web.federation.conftest import House
from tests.web.federation.peer import ORIGIN, Peer, post

Change = Callable[[Request], Request]


def headers(change: Callable[[dict[str, str]], None]) -> Change:
    def apply(request: Request) -> Request:
        values = dict(request.headers)
        change(values)
        return Request(request.method, request.url, tuple(values.items()), request.body)

    return apply


def put(name: str, value: str) -> Change:
    return headers(lambda values: values.__setitem__(name, value))


def drop(name: str) -> Change:
    return headers(lambda values: values.pop(name))


def twice(name: str) -> Change:
    def apply(request: Request) -> Request:
        value = dict(request.headers)[name]
        return Request(request.method, request.url, (*request.headers, (name, value)), request.body)

    return apply


def sub(name: str, pattern: str, replacement: str) -> Change:
    def change(values: dict[str, str]) -> None:
        before = values[name]
        values[name] = re.sub(pattern, replacement, before, count=1)
        assert values[name] != before, "the change must change something"

    return headers(change)


def path(to: str) -> Change:
    return lambda request: Request(request.method, ORIGIN + to, request.headers, request.body)


def flip(name: str, at: int) -> Change:
    """Another character at a place of the signature, still base64."""

    def change(values: dict[str, str]) -> None:
        before = values[name]
        start = before.index('signature="') + 11 if "signature=" in before else before.index(":") + 1
        place = start + at
        values[name] = before[:place] + ("A" if before[place] != "A" else "B") + before[place + 1 :]

    return headers(change)


def body(request: Request) -> Request:
    """Other bytes that mean nearly the same."""
    return Request(request.method, request.url, request.headers, request.body + b" ")


def body_and_digest(request: Request) -> Request:
    """Another body with the digest that fits it: the digest is signed."""
    changed = request.body.replace(b"/f/1", b"/f/2")
    values = dict(request.headers)
    name = "digest" if "digest" in values else "content-digest"
    values[name] = (digests.digest_header if name == "digest" else digests.content_digest_header)(changed)
    return Request(request.method, request.url, tuple(values.items()), changed)


OTHER_DIGEST = "SHA-256=" + base64.b64encode(b"x" * 32).decode()
LATER = http_date(NOON + 5 * SECOND)

CAVAGE_CHANGES: dict[str, Change] = {
    "body": body,
    "body and digest": body_and_digest,
    "digest": put("digest", OTHER_DIGEST),
    "digest gone": drop("digest"),
    "digest twice": twice("digest"),
    "digest of sha-512 alone": put("digest", "SHA-512=abcd"),
    "digest short": put("digest", "SHA-256=YWJj"),
    "digest without a name": put("digest", "abc"),
    "digest no base64": put("digest", "SHA-256=%%%"),
    "digest listed twice": put("digest", f"{OTHER_DIGEST},{OTHER_DIGEST}"),
    "date": put("date", LATER),
    "date gone": drop("date"),
    "date twice": twice("date"),
    "date no date": put("date", "yesterday"),
    "date in another form": put("date", "Sunday, 01-Mar-26 12:00:00 GMT"),
    "date that is no day": put("date", "Sun, 31 Feb 2026 12:00:00 GMT"),
    "host": put("host", "other.example"),
    "host twice": twice("host"),
    "host with a user": put("host", "x@home.example"),
    "host with another port": put("host", "home.example:8443"),
    "path": path("/users/ada/inbox"),
    "signature gone": drop("signature"),
    "signature empty": put("signature", ""),
    "signature twice": twice("signature"),
    "signature no grammar": put("signature", "hello"),
    "key gone": sub("signature", r'keyId="[^"]*",', ""),
    "key empty": sub("signature", r'keyId="[^"]*"', 'keyId=""'),
    "key no address": sub("signature", r'keyId="[^"]*"', 'keyId="bob"'),
    "key by acct": sub("signature", r'keyId="[^"]*"', 'keyId="acct:bob@far.example"'),
    "key of a neighbour": sub("signature", "bob#", "mallory#"),
    "key of another name": sub("signature", "#main-key", "#other-key"),
    "key twice": sub("signature", 'keyId="', 'keyId="https://far.example/k",keyid="'),
    "names gone": sub("signature", r'headers="[^"]*",', ""),
    "names empty": sub("signature", r'headers="[^"]*"', 'headers=""'),
    "names in another order": sub("signature", "host date", "date host"),
    "host left unsigned": sub("signature", " host date", " date"),
    "date left unsigned": sub("signature", " date", ""),
    "digest left unsigned": sub("signature", " digest", ""),
    "target left unsigned": sub("signature", r"\(request-target\) ", ""),
    "a name twice": sub("signature", "host date", "host host date"),
    "a name more": sub("signature", "host date", "host x-more date"),
    "a name that is no header": sub("signature", "host date", "host da te{}"),
    "algorithm sha1": sub("signature", "rsa-sha256", "rsa-sha1"),
    "algorithm hmac": sub("signature", "rsa-sha256", "hmac-sha256"),
    "algorithm none": sub("signature", "rsa-sha256", "none"),
    "algorithm of another key": sub("signature", "rsa-sha256", "ed25519"),
    "algorithm twice": sub("signature", 'algorithm="', 'algorithm="hs2019",algorithm="'),
    "created with rsa-sha256": sub("signature", r" host", " (created) host"),
    "expired": sub("signature", "keyId", f"created={NOON // 1000 - 900},expires={NOON // 1000 - 600},keyId"),
    "bytes of the signature, the first": flip("signature", 0),
    "bytes of the signature, one inside": flip("signature", 100),
    "signature no base64": sub("signature", r'signature="[^"]*"', 'signature="%%%"'),
    "signature of nothing": sub("signature", r'signature="[^"]*"', 'signature=""'),
    "signature cut": sub("signature", r'signature="[^"]{40}', 'signature="'),
    "control characters": headers(lambda values: values.__setitem__("date", values["date"] + "\x0b")),
}

RFC9421_CHANGES: dict[str, Change] = {
    "body": body,
    "body and digest": body_and_digest,
    "digest": put("content-digest", f"sha-256=:{base64.b64encode(b'x' * 32).decode()}:"),
    "digest gone": drop("content-digest"),
    "digest of sha-512 alone": put("content-digest", "sha-512=:YWJj:"),
    "digest short": put("content-digest", "sha-256=:YWJj:"),
    "path": path("/users/ada/inbox"),
    "query": path("/inbox?x=1"),
    "signature gone": drop("signature"),
    "input twice": twice("signature-input"),
    "input empty": put("signature-input", ""),
    "input no dictionary": put("signature-input", "sig1=("),
    "another label": sub("signature-input", "^sig1", "sig2"),
    "key gone": sub("signature-input", r';keyid="[^"]*"', ""),
    "key no address": sub("signature-input", r'keyid="[^"]*"', 'keyid="bob"'),
    "key of a neighbour": sub("signature-input", "bob#", "mallory#"),
    "created gone": sub("signature-input", r";created=\d+", ""),
    "created later": sub("signature-input", r"created=\d+", f"created={NOON // 1000 + 5}"),
    "created long ago": sub("signature-input", r"created=\d+", "created=1"),
    "method left unsigned": sub("signature-input", '"@method" ', ""),
    "target left unsigned": sub("signature-input", '"@target-uri" ', ""),
    "digest left unsigned": sub("signature-input", ' ?"content-digest"', ""),
    "a component twice": sub("signature-input", '"@method"', '"@method" "@method"'),
    "a component nobody knows": sub("signature-input", '"@method"', '"@method" "@nobody"'),
    "algorithm": sub("signature-input", r'alg="[^"]*"', 'alg="hmac-sha256"'),
    "bytes of the signature, the first": flip("signature", 0),
    "bytes of the signature, one inside": flip("signature", 99),
    "signature no bytes": put("signature", 'sig1="abc"'),
    "signature cut": put("signature", "sig1=:YWJj:"),
}


def test_there_are_enough_of_them() -> None:
    assert len(CAVAGE_CHANGES) + len(RFC9421_CHANGES) >= 60


@pytest.mark.parametrize(("spec", "changes"), [(CAVAGE, CAVAGE_CHANGES), (RFC9421, RFC9421_CHANGES)])
@pytest.mark.parametrize("known", [False, True])
async def test_tampered_requests(house: House, peer: Peer, spec: str, changes: dict[str, Change], known: bool) -> None:
    peer.add_actor("mallory")
    if known:
        assert (await house.send(post(peer.signer, peer.key(), peer.follow(99), NOON, spec=spec))).status == 202
    before = await house.arrivals()
    house.logged()
    request = post(peer.signer, peer.key(), peer.follow(), NOON, spec=spec)
    wrong: list[str] = []
    for number, (name, change) in enumerate(changes.items()):
        response = await house.send(change(request), f"203.0.{number}.9")
        events = [(line["event"], line["status"]) for line in house.logged()]
        said = json.loads(response.body or b"{}").get("error", "")
        if response.status != 401 or events != [("inbox_refused", 401)] or not said:
            wrong.append(f"{name}: {response.status} {response.body!r} {events}")
    assert wrong == []
    assert await house.arrivals() == before
    assert (await house.send(request)).status == 202
    assert len(await house.arrivals()) == len(before) + 1


async def test_every_byte_of_the_body_counts(house: House, peer: Peer) -> None:
    request = post(peer.signer, peer.key(), peer.follow(), NOON)
    for place in range(0, len(request.body), 7):
        changed = bytearray(request.body)
        changed[place] ^= 1
        response = await house.send(Request("POST", request.url, request.headers, bytes(changed)), f"198.51.{place}.1")
        assert response.status in (400, 401), (place, response.body)
    assert await house.arrivals() == []
    assert (await house.send(request)).status == 202


async def test_a_query_may_be_left_unsigned_by_draft_cavage(house: House, peer: Peer) -> None:
    """Old peers sign without it (federation §1.1); an inbox reads nothing from a query."""
    request = path("/inbox?x=1")(post(peer.signer, peer.key(), peer.follow(), NOON))
    assert (await house.send(request)).status == 202
