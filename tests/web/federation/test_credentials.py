"""What an issuer serves, at the doors of an instance that is a registrar: types, suites, caching, and who may read."""

from __future__ import annotations

import json

import pytest

from fedicert.base.clock import DAY, FrozenClock
from fedicert.remote.wire import Request
from tests.issuing import LOOKED_UP, Board, board
from tests.web.federation.conftest import House, error
from tests.web.federation.peer import ORIGIN


@pytest.fixture
async def registrar(house: House, clock: FrozenClock):
    async with board(house.app.deps.db, clock, base=house.app.deps.config.base, registrar=True) as made:
        yield made


async def test_without_an_issuer_there_is_nothing(house: House) -> None:
    for path in ("/.well-known/did.json", "/credentials/x", "/status-lists/1", "/achievements/x"):
        response = await house.get(path, "*/*")
        assert response.status == 404 and error(response)


async def test_the_keys(house: House, registrar: Board) -> None:
    response = await house.get("/.well-known/did.json", "application/did+json, application/json")
    assert response.status == 200 and response.header("content-type") == "application/did+json"
    did = json.loads(response.body)
    assert did == await registrar.did()
    assert did["id"] == "did:web:home.example" and did["verificationMethod"][0]["controller"] == did["id"]
    assert did["@context"][0] == "https://www.w3.org/ns/did/v1"


async def test_a_credential_in_each_form(house: House, registrar: Board) -> None:
    issued = await registrar.issue(evidence=(LOOKED_UP,))
    path = f"/credentials/{issued.uuid}"
    one = await house.get(path, "application/vc")
    assert one.status == 200 and one.header("content-type") == "application/vc"
    assert one.header("access-control-allow-origin") == "*" and not one.header("set-cookie")
    document = json.loads(one.body)
    assert document["id"] == ORIGIN + path and document["proof"]["cryptosuite"] == "eddsa-rdfc-2022"
    jcs = json.loads((await house.get(f"{path}?cryptosuite=eddsa-jcs-2022", "*/*")).body)
    both = json.loads((await house.get(f"{path}?cryptosuite=all", "*/*")).body)
    assert jcs["proof"]["cryptosuite"] == "eddsa-jcs-2022"
    assert both["proof"] == [document["proof"], jcs["proof"]]
    for each in (document, jcs, both):
        assert {**each, "proof": 0} == {**document, "proof": 0}
        assert not any(await registrar.faults(each))
    unknown = await house.get(f"{path}?cryptosuite=ecdsa-sd-2023", "*/*")
    assert unknown.status == 400 and "eddsa-jcs-2022" in error(unknown)
    assert (await house.get("/credentials/nobody", "*/*")).status == 404


async def test_a_revoked_credential_is_still_served_and_its_list_says_it(house: House, registrar: Board) -> None:
    issued = await registrar.issue(evidence=(LOOKED_UP,))
    before = (await house.get("/status-lists/1", "*/*")).body
    await registrar.office.revoke(issued.uuid, "why")
    assert (await house.get(f"/credentials/{issued.uuid}", "*/*")).status == 200
    listed = await house.get("/status-lists/1", "*/*")
    assert listed.body != before and json.loads(listed.body) == await registrar.status_list()


async def test_lists_are_kept_for_as_long_as_they_say_and_no_longer(
    house: House, registrar: Board, clock: FrozenClock
) -> None:
    response = await house.get("/status-lists/1", "*/*")
    assert response.header("cache-control") == "public, max-age=300"
    assert response.header("content-type") == "application/vc" and not response.header("set-cookie")
    assert json.loads(response.body)["credentialSubject"]["ttl"] == 300_000
    clock.advance(7 * DAY - 60_000)
    assert (await house.get("/status-lists/1", "*/*")).header("cache-control") == "public, max-age=60"
    for wrong in ("2", "0", "x", "9" * 30, "-1"):
        assert (await house.get(f"/status-lists/{wrong}", "*/*")).status == 404


async def test_what_one_has_isnt_sent_again(house: House, registrar: Board) -> None:
    for path in ("/status-lists/1", "/.well-known/did.json", "/achievements/master-electrician"):
        first = await house.get(path, "*/*")
        tag = first.header("etag")
        for asked in (tag, f'"other", W/{tag}', "*"):
            again = await house.send(Request("GET", ORIGIN + path, (("if-none-match", asked),)))
            assert again.status == 304 and not again.body and again.header("etag") == tag
        other = await house.send(Request("GET", ORIGIN + path, (("if-none-match", '"other"'),)))
        assert other.status == 200 and other.body == first.body
        assert (await house.get(path, "*/*", method="HEAD")).header("etag") == tag


async def test_a_kind_of_licence_as_a_page_and_as_json(house: House, registrar: Board) -> None:
    page = await house.get("/achievements/master-electrician", "text/html")
    assert page.header("content-type").startswith("text/html") and "style-src" in page.header("content-security-policy")
    text = page.body.decode()
    assert "Master Electrician" in text and "ISCO-08 7411" in text and "US-NY" in text
    assert "Granted by</dt><dd>Example State Electrical Board" in text
    assert "attested by</dt><dd>social.example registrar" in text
    document = json.loads((await house.get("/achievements/master-electrician", "application/ld+json")).body)
    assert document["id"] == f"{ORIGIN}/achievements/master-electrician" and document["achievementType"] == "License"
    assert (await house.get("/achievements/plumber", "text/html")).status == 404
