"""What this server's staff does by a client: by Mastodon's administration API, and by ours. The office decides, not the token."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from fedicert.operations import instance, people
from tests.web.client_api.conftest import Three
from tests.web.client_api.people import EVERYTHING, client_of

ADMIN = EVERYTHING | {"admin:read", "admin:write"}


@pytest.fixture
async def root(three: Three) -> AsyncIterator[httpx.AsyncClient]:
    """Ada as an admin, with a token for it."""
    await three.app.deps.db.write(people.promote, "ada", "admin")
    async with await client_of(three.app, three.ada.id, ADMIN) as http:
        yield http


@pytest.mark.serves("GET /api/v1/admin/accounts", "GET /api/v2/admin/accounts", "GET /api/v1/admin/accounts/:id")
async def test_accounts_as_staff_sees_them(three: Three, root: httpx.AsyncClient) -> None:
    shown = (await root.get("/api/v1/admin/accounts", params={"local": "true"})).json()
    assert {one["username"] for one in shown} == {"ada", "bob", "cleo"}
    (bob,) = (await root.get("/api/v2/admin/accounts", params={"origin": "local", "username": "bo"})).json()
    assert (bob["id"], bob["domain"], bob["ip"], bob["suspended"], bob["disabled"]) == (
        str(three.bob.id),
        None,
        None,
        False,
        False,
    )
    assert bob["email"].startswith("bob@")
    assert bob["account"]["acct"] == "bob"
    assert (await root.get(f"/api/v1/admin/accounts/{three.bob.id}")).json() == bob
    first = await root.get("/api/v2/admin/accounts", params={"limit": 2, "status": "active"})
    rest = await root.get(first.links["next"]["url"])
    assert len(first.json()) == 2 and len({one["id"] for one in [*first.json(), *rest.json()]}) >= 3
    assert [one["username"] for one in (await root.get("/api/v2/admin/accounts?permissions=staff")).json()] == ["ada"]
    assert (await root.get("/api/v1/admin/accounts/1")).status_code == 404
    async with await client_of(three.app, three.bob.id, ADMIN) as plain:
        for path in ("/api/v1/admin/accounts", "/api/v2/admin/accounts", f"/api/v1/admin/accounts/{three.bob.id}"):
            assert (await plain.get(path)).status_code == 403
    assert (await three.ada.http.get("/api/v1/admin/accounts")).status_code == 403, "the office alone isn't the scope"


@pytest.mark.serves(
    "POST /api/v1/admin/accounts/:id/action",
    "POST /api/v1/admin/accounts/:id/enable",
    "POST /api/v1/admin/accounts/:id/unsuspend",
    "DELETE /api/v1/admin/accounts/:id",
)
async def test_closing_suspending_and_erasing(three: Three, root: httpx.AsyncClient) -> None:
    act = f"/api/v1/admin/accounts/{three.bob.id}/action"
    assert (await root.post(act, json={"type": "disable"})).status_code == 422, "a reason is part of it"
    assert (await root.post(act, json={"type": "disable", "text": "spam"})).status_code == 200
    assert (await three.bob.http.get("/api/v1/timelines/home")).status_code == 403
    enabled = (await root.post(f"/api/v1/admin/accounts/{three.bob.id}/enable")).json()
    assert enabled["disabled"] is False
    assert (await three.bob.http.get("/api/v1/timelines/home")).status_code == 200

    assert (await root.post(act, json={"type": "suspend"})).status_code == 422, "a reason is part of it"
    assert (await root.post(act, json={"type": "silence", "text": "loud"})).status_code == 422
    assert (await root.post(act, json={"type": "suspend", "text": "spam"})).status_code == 200
    assert (await root.get(f"/api/v1/admin/accounts/{three.bob.id}")).json()["suspended"] is True
    assert (await three.bob.http.get("/api/v1/timelines/home")).status_code == 403
    (gone,) = (await root.get("/api/v1/admin/accounts?suspended=true")).json()
    assert gone["username"] == "bob"
    assert (await root.post(f"/api/v1/admin/accounts/{three.bob.id}/unsuspend")).json()["suspended"] is False

    delete = f"/api/v1/admin/accounts/{three.bob.id}"
    assert (await root.delete(delete)).status_code == 409
    await root.post(act, json={"type": "suspend", "text": "spam again"})
    assert (await root.delete(delete)).status_code == 200
    assert (await root.get(delete)).status_code == 404
    kinds = await three.value(
        "SELECT COUNT(*) FROM ledger WHERE account = $1 AND rule = $2", three.bob.id, "cases: a suspended account"
    )
    assert kinds == 3


async def test_nobody_decides_above_themselves(three: Three, root: httpx.AsyncClient) -> None:
    await three.app.deps.db.write(people.promote, "bob", "owner")
    await three.app.deps.db.write(people.promote, "cleo", "moderator")
    said = {"type": "suspend", "text": "coup"}
    assert (await root.post(f"/api/v1/admin/accounts/{three.bob.id}/action", json=said)).status_code == 403
    assert (await root.post(f"/api/v1/admin/accounts/{three.ada.id}/action", json=said)).status_code == 403
    async with await client_of(three.app, three.cleo.id, ADMIN) as moderator:
        assert (await moderator.post(f"/api/v1/admin/accounts/{three.ada.id}/action", json=said)).status_code == 403
        assert (await moderator.post("/api/v1/admin/domain_blocks", json={"domain": "a.example"})).status_code == 403
        assert (await moderator.delete(f"/api/v1/admin/accounts/{three.bob.id}")).status_code == 403


@pytest.mark.serves("POST /api/v1/admin/accounts/:id/approve", "POST /api/v1/admin/accounts/:id/reject")
async def test_letting_in_and_sending_away_who_signed_up(three: Three, root: httpx.AsyncClient) -> None:
    await three.app.deps.db.write(instance.set_signups, "approval")
    for name in ("bob", "cleo"):
        await three.run(
            "UPDATE logins SET approved_at = NULL WHERE id = (SELECT l.login FROM local_accounts l JOIN accounts a"
            " ON a.id = l.id WHERE a.username = $1)",
            name,
        )
    waiting = (await root.get("/api/v2/admin/accounts?status=pending")).json()
    assert {one["username"] for one in waiting} == {"bob", "cleo"}
    assert (await root.post(f"/api/v1/admin/accounts/{three.bob.id}/approve")).json()["approved"] is True
    assert (await root.post(f"/api/v1/admin/accounts/{three.cleo.id}/reject")).status_code == 200
    assert (await root.get(f"/api/v1/admin/accounts/{three.cleo.id}")).status_code == 404
    assert (await root.post(f"/api/v1/admin/accounts/{three.bob.id}/reject")).status_code == 409


@pytest.mark.serves(
    "GET /api/v1/admin/domain_blocks",
    "GET /api/v1/admin/domain_blocks/:id",
    "POST /api/v1/admin/domain_blocks",
    "PUT /api/v1/admin/domain_blocks/:id",
    "DELETE /api/v1/admin/domain_blocks/:id",
    "GET /api/v1/instance/domain_blocks",
)
async def test_domain_blocks(three: Three, root: httpx.AsyncClient) -> None:
    path = "/api/v1/admin/domain_blocks"
    made = (await root.post(path, json={"domain": "bad.example", "public_comment": "spam"})).json()
    assert (made["severity"], made["domain"], made["reject_media"]) == ("silence", "bad.example", False)
    await root.post(path, json={"domain": "quiet.example", "severity": "noop"})
    changed = (await root.put(f"{path}/{made['id']}", json={"severity": "suspend", "reject_media": True})).json()
    assert (changed["severity"], changed["reject_media"], changed["public_comment"]) == ("suspend", True, "spam")
    assert (await root.get(f"{path}/{made['id']}")).json() == changed
    first = await root.get(path, params={"limit": 1})
    assert [one["domain"] for one in first.json()] == ["quiet.example"]
    assert [one["domain"] for one in (await root.get(first.links["next"]["url"])).json()] == ["bad.example"]
    public = (await three.nobody.get("/api/v1/instance/domain_blocks")).json()
    assert [(one["domain"], one["severity"]) for one in public] == [("bad.example", "suspend")]
    assert (await root.put(f"{path}/{made['id']}", json={"severity": "worst"})).status_code == 422
    assert (await root.delete(f"{path}/{made['id']}")).status_code == 200
    assert (await root.get(f"{path}/{made['id']}")).status_code == 404
    assert (await three.nobody.get("/api/v1/instance/domain_blocks")).json() == []
