"""Every route by everybody: nobody, unknown and ended tokens, an app alone, a wrong scope, a closed account, somebody
else. The list is that of the routes themselves, so a new one is judged without being written down here; what may not be
done leaves every row of the database as it was.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from fedicert.operations import instance
from fedicert.operations import people as operations
from fedicert.web.doors import routes
from fedicert.web.plumbing.app import App
from fedicert.web.plumbing.endpoint import Route
from tests.web import site
from tests.web.client_api.people import EVERYTHING, Person, client_of, person

# What can't be left out of a body, so that a call fails for who asks and not for what is asked.
FORMS: dict[str, dict[str, Any]] = {
    "/api/v1/statuses": {"status": "words"},
    "/api/v1/statuses/{id}": {"status": "other words"},
    "/api/v1/accounts/update_credentials": {"display_name": "Somebody else"},
    "/api/v1/accounts/{id}/note": {"comment": "nice"},
    "/api/v1/markers": {"home": {"last_read_id": "1"}},
    "/api/v1/accounts": {
        "username": "dora", "email": "dora@mail.example", "password": "a long password", "agreement": True, "locale": "en",
    },
    "/api/v1/lists": {"title": "friends"},
    "/api/v1/lists/{id}": {"title": "foes", "exclusive": True},
    "/api/v1/lists/{id}/accounts": {"account_ids": ["1"]},
    "/api/v2/filters": {"title": "words", "context": ["home"]},
    "/api/v2/filters/{id}": {"title": "other words"},
    "/api/v2/filters/{id}/keywords": {"keyword": "word"},
    "/api/v2/filters/{id}/statuses": {"status_id": "1"},
    "/api/v2/filters/keywords/{id}": {"keyword": "another"},
    "/api/v1/filters": {"phrase": "word", "context": ["home"]},
    "/api/v1/filters/{id}": {"phrase": "another"},
    "/api/v1/featured_tags": {"name": "maths"},
    "/api/v1/domain_blocks": {"domain": "far.example"},
    "/api/v2/notifications/policy": {"for_not_following": "drop"},
    "/api/v1/notifications/policy": {"filter_not_following": True},
    "/api/fedicert/v1/swap": {"out": "1", "in": "2"},
    "/api/fedicert/v1/lock": {"locked": True},
    "/api/v1/admin/domain_blocks": {"domain": "bad.example", "severity": "suspend"},
    "/api/fedicert/v1/aliases": {"acct": "bob", "uri": "https://home.example/users/bob"},
    "/api/fedicert/v1/move": {"acct": "bob", "current_password": "x"},
    "/api/fedicert/v1/imports": {"type": "blocks", "data": "bob@home.example"},
    "/api/v1/apps": {"client_name": "x", "redirect_uris": "urn:ietf:wg:oauth:2.0:oob"},
}  # fmt: skip
QUERIES = {
    "/api/v1/accounts/lookup": {"acct": "ada"},
    "/api/v1/accounts/search": {"q": "ada"},
    "/api/v2/search": {"q": "ada"},
}
# Rows that say who is asking, not what was done.
ASIDE = {"tokens", "apps", "sessions", "attempts", "process_slots", "jobs", "grants"}

ROUTES = [route for route in routes() if route.door in ("client", "oauth")]
JUDGED = [route for route in ROUTES if route.who != "public" or route.scopes]


class World(msgspec.Struct, frozen=True):
    """Ada, who has a post for followers, a direct one, a notification, a list, a filter and Cleo waiting for her word;
    and Bob."""

    app: App
    ada: Person
    bob: Person
    cleo: Person
    private: int
    direct: int
    notification: int
    list: int
    filter: int
    conversation: int

    def ids(self, path: str) -> list[str]:
        """Ada's own things that fit into a path."""
        if "/lists/" in path:
            return [str(self.list)]
        if "/filters/" in path:
            return [str(self.filter)]
        if "/conversations/" in path:
            return [str(self.conversation)]
        if "/statuses/" in path or "/activities/" in path:
            return [str(self.private), str(self.direct)]
        if "/notifications/" in path:
            return [str(self.notification)]
        if "/follow_requests/" in path:
            return [str(self.cleo.id)]
        return [str(self.ada.id)]

    async def state(self) -> dict[str, str]:
        """A digest of every table that holds what people do."""
        return await self.app.deps.db.read(_state)


async def _state(reader: Any) -> dict[str, str]:
    if reader.engine == "sqlite":
        names = await reader.all("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'")
    else:
        names = await reader.all("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    found = {}
    for name in sorted({row[0] for row in names} - ASIDE):
        rows = sorted(repr(tuple(row)) for row in await reader.all(f'SELECT * FROM "{name}"'))
        found[name] = hashlib.sha256("\n".join(rows).encode()).hexdigest()
    return found


@pytest.fixture
async def world(database_url: str, tmp_path: Path, clock, entropy) -> AsyncIterator[World]:
    settings = {"RATE_LIMITS": "off", "PASSWORD_RULES": "off"}
    async with site.running(database_url, tmp_path, clock, entropy, **settings) as app:
        ada, bob, cleo = [await person(app, name) for name in ("ada", "bob", "cleo")]
        await app.deps.db.write(instance.set_signups, "open")
        public = await ada.say("for everybody")
        private = await ada.say("for followers", visibility="private")
        direct = await ada.say("for cleo @cleo", visibility="direct")
        await cleo.post(f"/api/v1/statuses/{public['id']}/favourite")
        told = (await ada.get("/api/v1/notifications"))[0]["id"]
        await ada.http.patch("/api/v1/accounts/update_credentials", json={"locked": True})
        await cleo.post(f"/api/v1/accounts/{ada.id}/follow")
        listed = (await ada.post("/api/v1/lists", title="for cleo"))["id"]
        filtered = await ada.post(
            "/api/v2/filters", title="for cleo", context=["home"], keywords_attributes=[{"keyword": "for cleo"}]
        )
        await ada.post(f"/api/v2/filters/{filtered['id']}/statuses", status_id=private["id"])
        await ada.post("/api/v1/featured_tags", name="maths")
        said = (await ada.get("/api/v1/conversations"))[0]["id"]
        own = [int(found) for found in (told, listed, filtered["id"], said)]
        yield World(app, ada, bob, cleo, int(private["id"]), int(direct["id"]), *own)
        for somebody in (ada, bob, cleo):
            await somebody.http.aclose()


async def ask(
    http: httpx.AsyncClient, method: str, path: str, identifier: str = "1", name: str = "ada"
) -> httpx.Response:
    body = FORMS.get(path, {}) if method not in ("GET", "HEAD") else None
    address = (
        path.replace("{id}", identifier)
        .replace("{name}", name)
        .replace("{key}", f"ungrouped-{identifier}")
        .replace("{quoting}", identifier)
    )
    return await http.request(method, address, params=QUERIES.get(path), json=body)


def calls(routes: list[Route]) -> list[tuple[str, Route]]:
    return [(method, route) for route in routes for method in route.methods]


def readable(answer: httpx.Response, where: str) -> None:
    """A refusal is JSON with a sentence, may be read from any origin and gives nothing away."""
    assert answer.headers["content-type"].startswith("application/json"), where
    assert answer.headers["access-control-allow-origin"] == "*", where
    assert isinstance(answer.json()["error"], str) and answer.json()["error"], where
    assert "for followers" not in answer.text and "for cleo" not in answer.text, where
    assert answer.headers["cache-control"] in ("private, no-store", "no-store"), where


async def refused(world: World, http: httpx.AsyncClient, routes: list[Route], status: int) -> None:
    """All of these are refused with this status, and nothing happened."""
    before = await world.state()
    for method, route in calls(routes):
        for identifier in world.ids(route.path):
            answer = await ask(http, method, route.path, identifier)
            assert answer.status_code == status, (method, route.path, answer.text)
            readable(answer, route.path)
    assert await world.state() == before


async def test_without_a_good_token_or_the_right_one(world: World) -> None:
    app = world.app
    async with site.client(app) as nobody:
        await refused(world, nobody, [route for route in ROUTES if route.who != "public"], 401)
    for wrong in ("unknown", "", "x" * 5_000, "Ünïcode"):
        headers = {"authorization": f"Bearer {wrong}".encode("latin-1", "replace")}
        async with site.client(app, headers=headers) as stranger:
            await refused(world, stranger, JUDGED, 401)
    async with site.client(app, headers={"authorization": "Basic YWRhOnB3"}) as basic:
        await refused(world, basic, JUDGED, 401)


async def test_a_token_that_ended(world: World) -> None:
    async with await client_of(world.app, world.ada.id, secret="ended") as http:
        assert (await http.get("/api/v1/accounts/verify_credentials")).status_code == 200
        await world.app.deps.db.write(_end_token)
        await refused(world, http, JUDGED, 401)


async def _end_token(tx: Any) -> None:
    await tx.run("UPDATE tokens SET revoked_at = 1 WHERE id = (SELECT MAX(id) FROM tokens)")


async def test_an_app_alone_is_nobody(world: World) -> None:
    everything = EVERYTHING | {"profile", "admin:read", "admin:write"}
    async with await client_of(world.app, None, everything) as http:
        await refused(world, http, [route for route in ROUTES if route.who == "user"], 422)
        for method, route in calls([route for route in JUDGED if route.who != "user"]):
            answer = await ask(http, method, route.path, str(world.private))
            assert answer.status_code in (200, 404), (route.path, answer.text)
        for path in ("", "/context", "/history", "/favourited_by", "/reblogged_by"):
            answer = await http.get(f"/api/v1/statuses/{world.private}{path}")
            assert answer.status_code == 404, path


async def test_a_scope_that_doesnt_fit(world: World) -> None:
    scoped = [route for route in ROUTES if route.scopes]
    async with await client_of(world.app, world.ada.id, frozenset({"push"})) as http:
        await refused(world, http, scoped, 403)
    reading, writing = frozenset({"read"}), frozenset({"write", "follow"})
    async with await client_of(world.app, world.ada.id, reading) as http:
        await refused(world, http, [r for r in scoped if all(s.startswith("write") for s in r.scopes)], 403)
    async with await client_of(world.app, world.ada.id, writing) as http:
        # `follow` is the old name for reading and writing these three.
        old = ("read:follows", "read:blocks", "read:mutes")
        reads = [r for r in scoped if all(s.startswith("read") and s not in old for s in r.scopes)]
        await refused(world, http, reads, 403)


async def test_the_narrowest_scope_is_enough_and_its_neighbour_isnt(world: World) -> None:
    scoped = [route for route in ROUTES if route.scopes and route.who == "user"]
    names = sorted({scope for route in scoped for scope in route.scopes})
    await world.app.deps.db.write(operations.promote, "bob", "owner")  # what only staff may do he may
    for name in names:
        async with await client_of(world.app, world.bob.id, frozenset({name})) as http:
            for method, route in calls(scoped):
                if method != "GET":
                    continue
                status = (await ask(http, method, route.path, str(world.bob.id))).status_code
                granted = name in route.scopes or any(scope.startswith(f"{name}:") for scope in route.scopes)
                assert (status != 403) == granted, (name, route.path, status)


@pytest.mark.parametrize("how", ["disabled", "suspended", "deleted"])
async def test_of_a_closed_account(world: World, how: str) -> None:
    async with await client_of(world.app, world.cleo.id, EVERYTHING | {"profile"}) as http:
        if how == "suspended":
            await world.app.deps.db.write(_suspend, world.cleo.id)
        elif how == "disabled":
            await world.app.deps.db.write(operations.disable, "cleo")
        else:
            await world.app.deps.db.write(operations.delete_account, world.app.deps.urls, "cleo")
        users = [route for route in JUDGED if route.who != "app"]
        await refused(world, http, users, 401 if how == "deleted" else 403)


async def _suspend(tx: Any, account: int) -> None:
    await tx.run("UPDATE accounts SET suspended_at = 1 WHERE id = $1", account)


async def test_what_is_somebody_elses_isnt_there(world: World) -> None:
    before = await world.state()
    acts = [
        route for route in ROUTES
        if "{id}" in route.path and route.door == "client" and "/admin/" not in route.path
        and any(part in route.path for part in ("/statuses/{id}", "/notifications/", "/follow_requests/", "/lists/{id}",
                                                "/list/{id}", "/filters/", "/featured_tags/{id}", "/conversations/{id}"))
    ]  # fmt: skip
    assert len(acts) > 15
    for method, route in calls(acts):
        for identifier in world.ids(route.path):
            answer = await ask(world.bob.http, method, route.path, identifier)
            assert answer.status_code == 404, (method, route.path, answer.text)
            readable(answer, route.path)
            unknown = await ask(world.bob.http, method, route.path, "4611686018427387904")
            assert (answer.status_code, answer.json()) == (unknown.status_code, unknown.json()), route.path
    assert await world.state() == before
    for path in ("/api/v1/statuses", "/api/v1/accounts"):
        given = {"id[]": [str(world.private), str(world.direct)]}
        assert (await world.bob.http.get(path, params=given)).json() == []
    answer = await world.bob.http.post(
        "/api/v1/statuses", json={"status": "an answer", "in_reply_to_id": str(world.private)}
    )
    assert answer.status_code == 404


async def test_no_list_shows_what_isnt_ones_own(world: World) -> None:
    app = world.app
    async with site.client(app) as nobody, await client_of(app, None) as alone:
        for http in (world.bob.http, nobody, alone):
            for method, route in calls([route for route in routes() if "GET" in route.methods]):
                for identifier in {str(world.ada.id), *world.ids(route.path)}:
                    answer = await ask(http, method, route.path, identifier)
                    assert answer.status_code < 500, (route.path, answer.text)
                    for secret in ("for followers", "for cleo", "ada@mail.example", "cleo@mail.example"):
                        assert secret not in answer.text, (method, route.path)
                    assert str(world.private) not in answer.text.replace(str(answer.url), ""), route.path


async def test_acts_on_people_change_only_ones_own(world: World) -> None:
    """Bob does everything to Ada and Cleo; what is between those two, and what Ada is, stays."""
    await world.ada.post(f"/api/v1/follow_requests/{world.cleo.id}/authorize")
    acts = [route for route in ROUTES if route.path.startswith("/api/v1/accounts/{id}/") and "POST" in route.methods]
    assert len(acts) == 12
    for route in acts:
        for other in (world.ada, world.cleo):
            answer = await ask(world.bob.http, "POST", route.path, str(other.id))
            # One shows only whom one follows.
            refused = route.path.endswith(("/endorse", "/pin"))
            assert answer.status_code == (422 if refused else 200), (route.path, answer.text)
    shown = await world.ada.get("/api/v1/accounts/relationships", **{"id[]": str(world.cleo.id)})
    assert shown[0]["followed_by"] is True
    assert shown[0]["note"] == ""
    assert (await world.ada.get("/api/v1/accounts/verify_credentials"))["followers_count"] == 1


async def test_the_doors_of_other_servers_give_nothing_private_away(world: World) -> None:
    app = world.app
    # /readyz tries whether something can be written.
    federation = [route for route in routes() if route.door == "federation" and route.path != "/readyz"]
    async with site.client(app, headers={"accept": "application/activity+json"}) as http:
        before = await world.state()
        for method, route in calls(federation):
            for identifier in world.ids(route.path):
                for name in ("ada", "bob"):
                    answer = await ask(http, method, route.path, identifier, name)
                    assert answer.status_code < 500, (route.path, answer.text)
                    if "{id}" in route.path:
                        assert answer.status_code in (401, 404), (route.path, answer.text)
                    if method == "POST":
                        assert answer.status_code in (400, 401, 415), (route.path, answer.text)
                    assert "for followers" not in answer.text and "for cleo" not in answer.text
        assert await world.state() == before
