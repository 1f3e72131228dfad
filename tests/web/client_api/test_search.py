"""Search over HTTP: what is here, and what another server is asked for; between two whole servers without a network."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from fedicert import config, server
from fedicert.base.clock import FrozenClock
from fedicert.base.ids import Entropy
from tests.web import site
from tests.web.client_api.conftest import Three
from tests.web.client_api.people import Person, person
from tests.wire import VillageWire


class Village(msgspec.Struct, frozen=True):
    """Ada at home.example, Zoe at far.example, and a wire between their servers."""

    ada: Person
    zoe: Person
    wire: VillageWire


@pytest.fixture
async def village(
    database_url: str, sqlite_template: Path, tmp_path: Path, clock: FrozenClock, entropy: Entropy
) -> AsyncIterator[Village]:
    wire = VillageWire()
    shutil.copyfile(sqlite_template, tmp_path / "far.db")
    urls = {"home.example": database_url, "far.example": f"sqlite:///{tmp_path / 'far.db'}"}
    apps = []
    for domain, url in urls.items():
        values = {"DOMAIN": domain, "DATABASE": url, "DATA_DIR": str(tmp_path / domain)}
        settings = config.load(None, {f"FEDICERT_{key}": value for key, value in values.items()})
        apps.append(await server.build(settings, clock=clock, entropy=entropy, wire=wire))
        wire.hosts[domain] = apps[-1]
    village = Village(await person(apps[0], "ada"), await person(apps[1], "zoe"), wire)
    yield village
    for somebody, app in zip((village.ada, village.zoe), apps, strict=True):
        await somebody.http.aclose()
        await server.close(app)


async def found(somebody: Person, text: str, **more: Any) -> dict[str, list[str]]:
    """What a search finds: names of accounts, ids of posts, names of hashtags."""
    answer = await somebody.get("/api/v2/search", q=text, **more)
    return {
        "accounts": [one["acct"] for one in answer["accounts"]],
        "statuses": [one["uri"] for one in answer["statuses"]],
        "hashtags": [one["name"] for one in answer["hashtags"]],
    }


NOTHING: dict[str, list[str]] = {"accounts": [], "statuses": [], "hashtags": []}


@pytest.mark.serves("GET /api/v2/search")
async def test_words(three: Three) -> None:
    mine = await three.ada.say("I like Bobsleighs", visibility="direct")
    await three.cleo.say("bobsleighs too", visibility="unlisted")
    await three.run("UPDATE tiers SET visibility = 'listed'")
    await three.cleo.say("About #Bobsleigh", visibility="public")
    assert await found(three.ada, "bob") == {
        "accounts": ["bob"], "statuses": [mine["uri"]], "hashtags": ["bobsleigh"],
    }  # fmt: skip
    assert await found(three.bob, "bobsl") == {"accounts": [], "statuses": [], "hashtags": ["bobsleigh"]}
    assert await found(three.ada, "bob", type="accounts") == NOTHING | {"accounts": ["bob"]}
    assert await found(three.ada, "bob", type="statuses", account_id=three.cleo.id) == NOTHING
    assert await found(three.ada, "#BOB") == NOTHING | {"hashtags": ["bobsleigh"]}
    assert await found(three.ada, "bob", type="accounts", following=True) == NOTHING
    assert await found(three.ada, "bob", type="accounts", offset=1) == NOTHING
    assert await found(three.ada, "") == NOTHING
    assert await found(three.ada, "%_") == NOTHING
    refused = await three.ada.http.get("/api/v2/search?q=bob&type=nonsense")
    assert refused.status_code == 422


async def test_without_a_login(three: Three) -> None:
    answer = await three.nobody.get("/api/v2/search?q=bob")
    assert [one["acct"] for one in answer.json()["accounts"]] == ["bob"]
    refused = await three.nobody.get("/api/v2/search?q=bob&resolve=true")
    assert refused.status_code == 401


async def test_addresses_of_our_own(three: Three) -> None:
    post = await three.ada.say("Hello", visibility="unlisted")
    secret = await three.ada.say("Hush", visibility="direct")
    for address in (post["uri"], post["url"]):
        assert await found(three.bob, address) == NOTHING | {"statuses": [post["uri"]]}
    assert await found(three.bob, secret["url"], resolve=True) == NOTHING
    for address in (
        "https://home.example/@ada",
        "https://home.example/users/ada",
        "@ada@home.example",
        "ada@home.example",
    ):
        assert await found(three.bob, address, resolve=True) == NOTHING | {"accounts": ["ada"]}
    assert await found(three.bob, "https://home.example/tags/Maths") == NOTHING | {"hashtags": ["maths"]}
    for address in ("https://home.example/@nobody", "https://home.example/else", "@nobody@home.example"):
        assert await found(three.bob, address, resolve=True) == NOTHING


async def test_a_foreign_person_is_asked_for_only_with_resolve(village: Village) -> None:
    assert await found(village.ada, "@zoe@far.example") == NOTHING
    assert await found(village.ada, "https://far.example/users/zoe") == NOTHING
    assert await found(village.ada, "@zoe@far.example", resolve=True) == NOTHING | {"accounts": ["zoe@far.example"]}
    assert await found(village.ada, "https://far.example/users/zoe") == NOTHING | {"accounts": ["zoe@far.example"]}
    assert await found(village.ada, "zo") == NOTHING | {"accounts": ["zoe@far.example"]}
    seen = await village.ada.get("/api/v1/accounts/lookup", acct="zoe@far.example")
    assert seen["url"] == "https://far.example/@zoe"


async def test_searching_accounts_resolves_a_handle(village: Village) -> None:
    assert await village.ada.get("/api/v1/accounts/search", q="zoe@far.example") == []
    answer = await village.ada.get("/api/v1/accounts/search", q="zoe@far.example", resolve=True)
    assert [one["acct"] for one in answer] == ["zoe@far.example"]


@pytest.mark.parametrize("which", ["uri", "url"])
async def test_a_foreign_post_is_opened_by_its_address(village: Village, which: str) -> None:
    post = await village.zoe.say("Far away", visibility="unlisted")
    assert await found(village.ada, post[which], resolve=True) == NOTHING | {"statuses": [post["uri"]]}
    assert await found(village.ada, post["uri"]) == NOTHING | {"statuses": [post["uri"]]}


async def test_a_page_of_a_foreign_person_is_opened_by_its_address(village: Village) -> None:
    assert await found(village.ada, village_page(), resolve=True) == NOTHING | {"accounts": ["zoe@far.example"]}


def village_page() -> str:
    return "https://far.example/@zoe"


async def test_what_others_dont_answer_is_nothing(village: Village) -> None:
    secret = await village.zoe.say("Hush", visibility="direct")
    for text in (
        secret["uri"],
        "@nobody@far.example",
        "@zoe@nowhere.example",
        "https://nowhere.example/@zoe",
        "https://far.example/nothing/here",
        "https://127.0.0.1/x",
        "https://[::1]:70000/x",
        "https://xn--/x",
        "@a@b",
        "zoe@far.example:99999",
    ):
        assert await found(village.ada, text, resolve=True) == NOTHING, text


async def test_naming_somebody_unknown_finds_them(village: Village) -> None:
    made = await village.ada.say("Hello @zoe@far.example and @nobody@far.example and @x@nowhere.example")
    assert [one["acct"] for one in made["mentions"]] == ["zoe@far.example"]
    assert "@nobody@far.example" in made["content"] and 'href="https://far.example/@zoe"' in made["content"]


async def test_no_more_than_ten_unknown_are_asked_for(village: Village) -> None:
    asked: list[str] = []
    sent = village.wire.send

    async def counted(request: Any, limits: Any) -> Any:
        asked.append(request.url)
        return await sent(request, limits)

    village.wire.send = counted
    await village.ada.say(" ".join(f"@u{n}@nowhere{n}.example" for n in range(12)))
    assert len({url.split("/")[2] for url in asked}) == 10


async def test_the_servers_have_apps_of_their_own(village: Village) -> None:
    assert site.BASE in str(village.ada.http.base_url)
    assert "far.example" in str(village.zoe.http.base_url)
