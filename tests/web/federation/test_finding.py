"""WebFinger, host-meta and NodeInfo: what is answered, to whom, and that the numbers are true."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest

from fedicert import __version__
from fedicert.base.clock import DAY, FrozenClock
from fedicert.operations import instance, posts
from fedicert.operations.posts import Draft
from fedicert.remote import webfinger
from fedicert.remote.wire import Response
from tests.web.federation.conftest import House
from tests.web.federation.peer import ORIGIN
from tests.web.site import add_person


async def finger(house: House, resource: str, *rels: str) -> Response:
    query = "&".join([f"resource={quote(resource, safe='')}", *(f"rel={quote(rel, safe='')}" for rel in rels)])
    return await house.get(f"/.well-known/webfinger?{query}", "application/jrd+json")


@pytest.mark.parametrize(
    "resource",
    [
        "acct:ada@home.example", "acct:@ada@home.example", "ACCT:Ada@HOME.example", "https://home.example/users/ada",
        "https://home.example/@ada",
    ],
)  # fmt: skip
@pytest.mark.serves("GET /.well-known/webfinger")
async def test_a_person_is_found(house: House, resource: str) -> None:
    response = await finger(house, resource)
    assert response.status == 200
    assert response.header("content-type") == "application/jrd+json"
    assert response.header("access-control-allow-origin") == "*"
    found = json.loads(response.body)
    assert found["subject"] == "acct:ada@home.example"
    assert {"rel": "self", "type": "application/activity+json", "href": f"{ORIGIN}/users/ada"} in found["links"]


@pytest.mark.parametrize("resource", ["acct:home.example@home.example", ORIGIN, f"{ORIGIN}/actor"])
async def test_the_server_itself_is_found(house: House, resource: str) -> None:
    found = json.loads((await finger(house, resource)).body)
    assert found["subject"] == "acct:home.example@home.example"
    assert any(link.get("href") == f"{ORIGIN}/actor" for link in found["links"])


async def test_only_the_links_asked_for(house: House) -> None:
    found = json.loads((await finger(house, "acct:ada@home.example", "self", "nothing")).body)
    assert [link["rel"] for link in found["links"]] == ["self"]


@pytest.mark.parametrize(
    ("resource", "status"),
    [
        ("", 400), ("ada", 400), ("acct:", 400), ("acct:ada", 400), ("acct:a b@home.example", 400),
        ("acct:" + "a" * 3_000 + "@home.example", 400), ("acct:eve@home.example", 404), ("acct:ada@other.example", 404),
        ("mailto:ada@home.example", 404), ("https://other.example/users/ada", 404), (f"{ORIGIN}/users/eve", 404),
        (f"{ORIGIN}/inbox", 404), (f"{ORIGIN}/nothing", 404),
    ],
)  # fmt: skip
async def test_what_is_not_found_and_what_is_no_question(house: House, resource: str, status: int) -> None:
    response = await finger(house, resource)
    assert response.status == status
    assert response.header("access-control-allow-origin") == "*"


async def test_no_resource_two_resources_and_one_who_left(house: House) -> None:
    assert (await house.get("/.well-known/webfinger")).status == 400
    assert (await house.get("/.well-known/webfinger?resource=acct:a@b.c&resource=acct:d@e.f")).status == 400
    await house.run("UPDATE accounts SET deleted_at = 1 WHERE id = $1", house.ada)
    assert (await finger(house, "acct:ada@home.example")).status == 410


async def test_our_own_reader_believes_our_own_answer(house: House) -> None:
    """The round trip that other servers make before they believe a handle (attack 12)."""
    found = await webfinger.confirm(house.wire, f"{ORIGIN}/users/ada", "ada")
    assert (found.handle, found.actor) == ("ada@home.example", f"{ORIGIN}/users/ada")


@pytest.mark.serves("GET /.well-known/host-meta")
async def test_host_meta(house: House) -> None:
    xml = await house.get("/.well-known/host-meta", "*/*")
    assert xml.header("content-type").startswith("application/xrd+xml")
    assert f"{ORIGIN}/.well-known/webfinger?resource={{uri}}".encode() in xml.body
    found = json.loads((await house.get("/.well-known/host-meta.json", "*/*")).body)
    assert found["links"][0]["template"] == f"{ORIGIN}/.well-known/webfinger?resource={{uri}}"


@pytest.mark.serves("GET /.well-known/nodeinfo", "GET /nodeinfo/2.0")
async def test_nodeinfo_counts(house: House, clock: FrozenClock) -> None:
    links = json.loads((await house.get("/.well-known/nodeinfo", "*/*")).body)["links"]
    assert [link["href"] for link in links] == [f"{ORIGIN}/nodeinfo/2.0", f"{ORIGIN}/nodeinfo/2.1"]
    bob = await add_person(house.app, "bob")
    await add_person(house.app, "eve", approved=False)
    deps = house.app.deps
    for author, days in ((bob, 0), (house.ada, 60)):
        await deps.db.write(posts.publish, deps.urls, author, Draft(text="x"))
        clock.advance(days * DAY)
    await deps.db.write(posts.publish, deps.urls, house.ada, Draft(text="x", visibility="private"))
    for version in ("2.0", "2.1"):
        response = await house.get(f"/nodeinfo/{version}", "*/*")
        assert f"ns/schema/{version}#" in response.header("content-type")
        assert response.header("access-control-allow-origin") == "*"
        found = json.loads(response.body)
        assert found["version"] == version
        assert found["software"]["name"] == "fedicert" and found["software"]["version"] == __version__
        assert found["protocols"] == ["activitypub"]
        assert found["usage"] == {"users": {"total": 2, "activeMonth": 1, "activeHalfyear": 2}, "localPosts": 3}
        assert found["openRegistrations"] is False
    await deps.db.write(instance.set_signups, "open")
    assert json.loads((await house.get("/nodeinfo/2.0", "*/*")).body)["openRegistrations"] is True


async def test_the_version_is_the_packages(house: House) -> None:
    import tomllib
    from pathlib import Path

    import fedicert

    project = Path(fedicert.__file__).parents[1] / "pyproject.toml"
    assert tomllib.loads(project.read_text())["project"]["version"] == __version__
