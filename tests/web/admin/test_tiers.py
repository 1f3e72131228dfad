"""The ladder for programs of the staff: forecast, then applied with its token; roles and scopes; history in pages."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import msgspec
import pytest

from fedicert.operations import people
from fedicert.store.unit import Tx
from fedicert.web.plumbing.app import App
from tests import world
from tests.web import site
from tests.web.client_api.people import client_of

BASE = "/api/fedicert/v1/admin/tiers"
ADMIN = frozenset({"read", "write", "admin:read", "admin:write"})


class Office(msgspec.Struct, frozen=True):
    """Ada, the owner, with every scope; Bob, who has the scopes and no role."""

    ada: httpx.AsyncClient
    bob: httpx.AsyncClient
    app: App
    ids: dict[str, int]

    async def forecast(self, **change: Any) -> dict[str, Any]:
        answer = await self.ada.post(f"{BASE}/forecast", json=change)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def apply(self, token: str, **change: Any) -> httpx.Response:
        return await self.ada.post(BASE, json=change | {"reason": "because", "token": token})

    async def change(self, **change: Any) -> dict[str, Any]:
        answer = await self.apply((await self.forecast(**change))["token"], **change)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def ladder(self) -> dict[str, Any]:
        return dict((await self.ada.get(BASE)).json())


async def _id(reader: Any, name: str) -> int:
    return int(await reader.value("SELECT id FROM accounts WHERE username = $1 AND domain = ''", name))


@pytest.fixture
async def office(app: App) -> AsyncIterator[Office]:
    bob = await site.add_person(app, "bob")
    ada = await app.deps.db.read(_id, "ada")
    await app.deps.db.write(people.promote, "ada", "owner")
    async with await client_of(app, ada, ADMIN) as first, await client_of(app, bob, ADMIN) as second:
        yield Office(first, second, app, {"ada": ada, "bob": bob})


async def crowd(tx: Tx, account: int, count: int) -> None:
    for number in range(count):
        await world.admit(tx, await world.make_remote(tx, f"f{number}"), account)


async def test_a_change_is_forecast_and_then_applied(office: Office) -> None:
    await office.app.deps.db.write(crowd, office.ids["bob"], 5)
    change: dict[str, Any] = {"act": "set", "name": "personal", "values": {"followers": 3}}
    seen = await office.forecast(**change)
    assert seen["before"] == {"personal": {"followers": "150"}} and seen["after"] == {"personal": {"followers": "3"}}
    effect = seen["effect"]
    assert (effect["touched"], effect["over"], effect["beyond"]) == (2, 1, 2)
    assert effect["largest"] == [{"username": "bob", "count": 5, "cap": 3, "beyond": 2}]
    assert "It touches 2 accounts." in seen["sentences"]
    assert (await office.ladder())["tiers"][0]["limits"]["followers"] == "150"  # a forecast changes nothing

    done = (await office.apply(seen["token"], **change)).json()
    assert (done["version"], done["before"], done["after"]) == (2, {"followers": "150"}, {"followers": "3"})
    now = await office.ladder()
    assert (now["version"], now["tiers"][0]["limits"]["followers"], now["tiers"][0]["people"]) == (2, "3", 2)
    (said,) = (await office.bob.get("/api/v1/announcements")).json()
    assert "followers: from 150 to 3" in said["content"] and "Why: because" in said["content"]
    assert "version 2" in said["content"]


async def test_without_the_token_of_its_own_forecast_nothing_is_applied(office: Office) -> None:
    change: dict[str, Any] = {"act": "set", "name": "personal", "values": {"followers": "100"}}
    other: dict[str, Any] = {"act": "set", "name": "personal", "values": {"followers": "10"}}
    token = (await office.forecast(**change))["token"]
    missing = await office.ada.post(BASE, json=change | {"reason": "because"})
    assert missing.status_code == 422 and "forecast" in missing.json()["error"]
    for bad in ("x" * 32, (await office.forecast(**other))["token"]):
        answer = await office.apply(bad, **change)
        assert answer.status_code == 409 and answer.json()["forecast"]["token"] == token
    no_reason = await office.ada.post(BASE, json=change | {"reason": " ", "token": token})
    assert no_reason.status_code == 422
    assert (await office.ladder())["version"] == 1


async def test_a_ladder_that_moved_since_gives_a_fresh_forecast(office: Office) -> None:
    change: dict[str, Any] = {"act": "set", "name": "personal", "values": {"followers": "100"}}
    token = (await office.forecast(**change))["token"]
    await office.change(act="set", name="personal", values={"strangers": "20"})
    answer = await office.apply(token, **change)
    assert answer.status_code == 409
    fresh = answer.json()["forecast"]
    assert fresh["version"] == 2 and fresh["token"] != token
    assert (await office.apply(fresh["token"], **change)).status_code == 200
    assert (await office.apply(fresh["token"], **change)).status_code == 409  # nothing is left to change


async def test_who_has_no_role_or_no_scope_is_refused(office: Office) -> None:
    change: dict[str, Any] = {"act": "set", "name": "personal", "values": {"followers": "100"}}
    token = (await office.forecast(**change))["token"]
    for answer in (
        await office.bob.get(BASE),
        await office.bob.get(f"{BASE}/history"),
        await office.bob.get(f"{BASE}/windows"),
        await office.bob.post(f"{BASE}/forecast", json=change),
        await office.bob.post(BASE, json=change | {"reason": "because", "token": token}),
        await office.bob.post("/api/fedicert/v1/admin/announcements", json={"text": "I say so"}),
    ):
        assert answer.status_code == 403, answer.text
    async with await client_of(office.app, office.ids["ada"], frozenset({"read", "write"}), "narrow") as narrow:
        assert (await narrow.get(BASE)).status_code == 403
        assert (await narrow.post(BASE, json=change)).status_code == 403
    async with await client_of(office.app, office.ids["ada"], frozenset({"admin:read"}), "reader") as reader:
        assert (await reader.get(BASE)).status_code == 200
        assert (await reader.post(BASE, json=change | {"reason": "x", "token": token})).status_code == 403
    assert (await office.ladder())["version"] == 1


async def test_bad_changes_are_named(office: Office) -> None:
    for change, status, said in (
        ({"act": "sett"}, 422, "Act"),
        ({"act": "set", "name": "nobody", "values": {"followers": "1"}}, 404, "no tier is called nobody"),
        ({"act": "set", "name": "personal", "values": {"folowers": "1"}}, 422, 'Did you mean "followers"'),
        ({"act": "set", "name": "personal", "values": "x"}, 422, "Values"),
        ({"act": "set", "name": ["personal"]}, 422, "Name"),
        ({"act": "move", "name": "personal", "place": "x"}, 422, "Place"),
        ({"act": "move", "name": "personal", "place": 9}, 422, "isn't a place"),
        ({"act": "window", "name": "personal", "values": {"followers": 1}, "starts_at": "x"}, 422, "Starts_at"),
        ({"act": "cancel", "window": 7}, 404, "no window 7"),
        ({"act": "remove", "name": "personal"}, 409, "stand on it"),
        ({"act": "set", "name": "personal", "values": {"followers": "2000"}}, 422, "never fall as one climbs"),
    ):
        answer = await office.ada.post(f"{BASE}/forecast", json=change)
        assert (answer.status_code, said in answer.json()["error"]) == (status, True), answer.text


async def test_tiers_come_move_and_go_and_history_tells(office: Office) -> None:
    await office.change(act="add", name="friend", values={"enter": "examination"}, place=2)
    await office.change(act="rename", name="friend", to="mate")
    assert [tier["name"] for tier in (await office.ladder())["tiers"]] == [
        "personal",
        "mate",
        "trained",
        "professional",
    ]
    await office.change(act="set", name="mate", values={"followers": 1500, "following": 5000, "strangers": 150,
                                                        "answers_per_day": 200})  # fmt: skip
    await office.change(act="move", name="mate", place=3)
    assert [tier["name"] for tier in (await office.ladder())["tiers"]] == [
        "personal",
        "trained",
        "mate",
        "professional",
    ]
    await office.change(act="remove", name="mate")
    first = await office.ada.get(f"{BASE}/history", params={"limit": 4})
    told = first.json()
    assert [one["version"] for one in told] == [6, 5, 4, 3]
    assert [one["act"] for one in told] == ["remove", "move", "set", "rename"]
    assert told[0]["by"] == "ada" and told[0]["reason"] == "because" and len(told[0]["digest"]) == 64
    rest = (await office.ada.get(first.links["next"]["url"])).json()
    assert [one["version"] for one in rest] == [2, 1] and rest[-1]["act"] == "start"
    assert [tier["name"] for tier in rest[-1]["ladder"]] == ["personal", "trained", "professional"]


async def test_windows_by_program(office: Office) -> None:
    change: dict[str, Any] = {
        "act": "window", "name": "personal", "values": {"followers": "50"},
        "starts_at": "2026-04-01T08:00:00Z", "ends_at": "2026-04-08T08:00:00Z",
    }  # fmt: skip
    done = await office.change(**change)
    (shown,) = (await office.ladder())["windows"]
    assert (shown["id"], shown["tier"], shown["limits"]) == (done["window"], "personal", {"followers": "50"})
    assert (shown["starts_at"], shown["begun_at"]) == ("2026-04-01T08:00:00.000Z", None)
    await office.change(act="cancel", window=int(done["window"]))
    assert (await office.ladder())["windows"] == []
    (shown,) = (await office.ada.get(f"{BASE}/windows")).json()
    assert shown["cancelled_at"] is not None


async def test_the_staff_announces_and_withdraws(office: Office) -> None:
    path = "/api/fedicert/v1/admin/announcements"
    made = await office.ada.post(path, json={"text": "Soup at eight", "ends_at": "2026-03-02"})
    assert made.status_code == 200
    assert [one["content"] for one in (await office.bob.get("/api/v1/announcements")).json()] == [
        "<p>Soup at eight</p>"
    ]
    assert (await office.ada.delete(f"{path}/{made.json()['id']}")).status_code == 200
    assert (await office.ada.delete(f"{path}/{made.json()['id']}")).status_code == 404
    assert (await office.bob.get("/api/v1/announcements")).json() == []
    for bad in ({"text": ""}, {"text": "x", "ends_at": "2020-01-01"}, {"text": "x", "ends_at": "soon"}):
        assert (await office.ada.post(path, json=bad)).status_code == 422
