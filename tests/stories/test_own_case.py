"""People who decide: nobody decides their own case, whichever of their accounts it is about; and every word has its reason."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fedicert.base.errors import Forbidden
from fedicert.operations import announcements, granting, suspending
from fedicert.operations.ledger import Party, record
from fedicert.store.unit import Tx
from tests.stories.licensing import signs, tier
from tests.stories.offices import another, client_of, staff
from tests.stories.village import EVERYTHING, Place, Resident, Village

TRAINED: dict[str, Any] = {"name": "trained", "enter": ["examination"], "followers": 8}
OWN = "nobody decides their own case"


@pytest.fixture
async def home(village: Village) -> Place:
    return await village.server(higher=[TRAINED])


async def tries(person: Resident, path: str, status: int, **fields: Any) -> str:
    """What the client sends, and the sentence it gets for it."""
    answer = await person.http.post(path, json=fields)
    assert answer.status_code == status, f"{path}: {answer.status_code} {answer.text}"
    return str(answer.json().get("error", "")) if isinstance(answer.json(), dict) else ""


async def lift(home: Place, person: Resident, by: Resident) -> None:
    """Somebody stands on the higher tier, by an admin's word."""
    await signs(person)
    await home.write(granting.set_by_word, home.urls, person.id, "trained", by.id, "as the library says")
    await home.village.work()
    assert await tier(person) == "trained"


@pytest.mark.law("P1", "6.3")
async def test_a_mark_on_ones_other_account_is_ones_own_case(home: Place) -> None:
    """Neither puts a moderator a mark on a post of another account of theirs, nor undoes one."""
    mod, kay = await staff(home, "mod", "moderator"), await staff(home, "kay")
    alias = await another(mod, "alias", 1)
    await lift(home, alias, kay)
    post = await alias.say("Vote for me", visibility="public")
    path = f"/api/fedicert/v1/admin/statuses/{post['id']}"
    assert OWN in (await tries(mod, f"{path}/mark", 403, reason="mine")).lower()
    await kay.post(f"{path}/mark", reason="not about wiring")
    assert OWN in (await tries(mod, f"{path}/unmark", 403, reason="it was")).lower()
    assert (await kay.get("/api/fedicert/v1/admin/marks"))[0]["undone_at"] is None
    await kay.post(f"{path}/unmark", reason="it was, after all")


@pytest.mark.law("P1")
async def test_closing_and_opening_ones_other_account_is_ones_own_case(home: Place) -> None:
    """What other staff closed or suspended, its owner doesn't open again by another account with an office."""
    mod, kay = await staff(home, "mod", "moderator"), await staff(home, "kay")
    alias = await another(mod, "alias", 1)
    path = f"/api/v1/admin/accounts/{alias.id}"
    for action, undo in (("disable", "enable"), ("suspend", "unsuspend")):
        assert OWN in (await tries(mod, f"{path}/action", 403, type=action, text="mine")).lower()
        await kay.post(f"{path}/action", type=action, text="spam")
        assert OWN in (await tries(mod, f"{path}/{undo}", 403)).lower()
        await kay.post(f"{path}/{undo}")


@pytest.mark.law("P1")
async def test_a_report_about_ones_other_account_is_ones_own_case(home: Place) -> None:
    """Nor deals a moderator with a report about it; and they aren't told of it."""
    mod, kay = await staff(home, "mod", "moderator"), await staff(home, "kay")
    alias, ada = await another(mod, "alias", 1), await home.person("ada")
    await ada.post("/api/v1/reports", account_id=str(alias.id), comment="Look at this")
    assert "admin.report" not in [kind for kind, _ in await mod.told()]
    assert "admin.report" in [kind for kind, _ in await kay.told()]
    (report,) = await kay.get("/api/v1/admin/reports")
    path = f"/api/v1/admin/reports/{report['id']}"
    for verb in ("resolve", "assign_to_self"):
        assert OWN in (await tries(mod, f"{path}/{verb}", 403)).lower()
    await kay.post(f"{path}/resolve")
    assert OWN in (await tries(mod, f"{path}/reopen", 403)).lower()


@pytest.mark.law("P1")
async def test_whom_a_report_is_about_doesnt_read_it(home: Place) -> None:
    """What was said about a moderator, or another account of theirs, and who said it, is for other staff."""
    mod, kay = await staff(home, "mod", "moderator"), await staff(home, "kay")
    alias, ada = await another(mod, "alias", 1), await home.person("ada")
    for about in (mod, alias, kay):
        await ada.post("/api/v1/reports", account_id=str(about.id), comment=f"About {about.name}")

    async def reads(person: Resident, **query: str) -> list[str]:
        return sorted(one["comment"] for one in await person.get("/api/v1/admin/reports", **query))

    assert await reads(mod) == ["About kay"]
    assert await reads(mod, target_account_id=str(alias.id)) == []
    assert await reads(kay) == ["About alias", "About mod"]
    for report in await kay.get("/api/v1/admin/reports"):
        path = f"/api/v1/admin/reports/{report['id']}"
        answer = await mod.http.get(path)
        assert answer.status_code == 403 and OWN in answer.json()["error"].lower()
        assert OWN in (await tries(mod, f"{path}/unassign", 403)).lower()
        answer = await mod.http.put(path, json={"category": "spam"})
        assert answer.status_code == 403 and "@ada" not in answer.text
        await kay.post(f"{path}/resolve")
    assert await reads(mod, resolved="true") == []
    # The staff have nobody else any more: then it is read and dealt with by whoever is left, and the ledger says alone.
    await home.run("UPDATE local_accounts SET role = '' WHERE id = $1", kay.id)
    assert await reads(mod, resolved="true") == ["About alias", "About mod"]
    (first, *_) = await mod.get("/api/v1/admin/reports", resolved="true")
    assert await mod.get(f"/api/v1/admin/reports/{first['id']}")
    assert not (await mod.post(f"/api/v1/admin/reports/{first['id']}/reopen"))["action_taken"]
    rows = await home.all("SELECT kind, body FROM ledger WHERE kind LIKE 'report_%' ORDER BY seq")
    assert [(row[0], json.loads(row[1])["alone"]) for row in rows] == [("report_resolved", 0)] * 2 + [
        ("report_reopened", 1)
    ]


@pytest.mark.law("P2", "6.4")
async def test_whoever_marked_the_posts_doesnt_decide_on_the_suspended_tier(home: Place) -> None:
    """The row of a suspended tier names nobody; the marks behind it do, and whoever put one has decided already."""
    kay, lou, ada = await staff(home, "kay"), await staff(home, "lou"), await home.person("ada")
    await lift(home, ada, lou)
    for number in range(3):
        post = await ada.say(f"Vote for me {number}", visibility="public")
        await kay.post(f"/api/fedicert/v1/admin/statuses/{post['id']}/mark", reason="not about wiring")
    await home.village.work()
    found = {one["kind"]: one for one in await ada.get("/api/fedicert/v1/decisions")}
    appeal = await ada.post("/api/fedicert/v1/appeals", decision=found["rung_suspended"]["decision"], text="No")
    path = f"/api/fedicert/v1/admin/appeals/{appeal['id']}/decide"
    assert OWN in (await tries(kay, path, 403, outcome="dismissed", text="I am right")).lower()
    await lou.post(path, outcome="dismissed", text="So they are")


@pytest.mark.law("P2")
async def test_what_our_own_registrar_revoked_can_be_appealed(home: Place) -> None:
    """A fall by a revocation names nobody; where this server itself is the issuer, somebody here decided it all the same."""
    ada = await home.person("ada")

    async def falls(tx: Tx, issuer: str) -> None:
        told = {"cause": "revoked", "issuer": issuer, "from": "trained", "to": "neighbours"}
        await record(tx, ada.id, "rung_changed", "law 4", {"account": Party(ada.uri, ada.id)}, told)

    await home.write(falls, "did:web:board.example")
    assert await ada.get("/api/fedicert/v1/decisions") == []
    await home.write(falls, "did:web:home.example")
    (decision,) = await ada.get("/api/fedicert/v1/decisions")
    appeal = await ada.post("/api/fedicert/v1/appeals", decision=decision["decision"], text="It stands")
    assert appeal["about"]["kind"] == "rung_changed"


@pytest.mark.law("P1")
async def test_a_suspended_office_decides_nothing(home: Place) -> None:
    """Whoever is suspended holds no office meanwhile, whichever way the word comes."""
    kay, mod, ada = await staff(home, "kay"), await staff(home, "mod", "moderator"), await home.person("ada")
    await kay.post(f"/api/v1/admin/accounts/{mod.id}/action", type="suspend", text="a quarrel")
    for decision in (suspending.suspend, suspending.unsuspend):
        with pytest.raises(Forbidden):
            await home.write(decision, home.urls, ada.id, mod.id, "as I like")
    with pytest.raises(Forbidden):
        await home.write(announcements.announce_as, mod.id, "Hear me")


@pytest.mark.law("P1", "7.2", "8.4")
async def test_a_row_says_by_which_rule_and_about_what(home: Place) -> None:
    """Rules on people lead to their part of the law; an announcement is on the server's ledger with its number."""
    kay, ada = await staff(home, "kay"), await home.person("ada")
    await kay.post(f"/api/v1/admin/accounts/{ada.id}/action", type="none", text="Mind your words")
    (row, *_) = await ada.get("/api/fedicert/v1/ledger")
    assert row["rule"]["url"].endswith("/about/law#people") and "Mind your words" in row["sentence"]
    made = await kay.post("/api/fedicert/v1/admin/announcements", text="<b>Tea</b> at five")
    (told,) = await kay.get("/api/fedicert/v1/admin/ledger", account="instance", limit=1)
    assert (told["kind"], str(told["body"]["announcement"])) == ("announced", made["id"])
    (shown,) = await ada.get("/api/v1/announcements")
    assert "&lt;b&gt;Tea&lt;/b&gt;" in shown["content"]


@pytest.mark.law("P2")
async def test_an_admins_everyday_app_doesnt_speak_for_the_staff(home: Place) -> None:
    """Appeals of others are read and answered with the scopes of staff alone: an app with `read write` has no part in it."""
    kay, lou, ada = await staff(home, "kay"), await staff(home, "lou"), await home.person("ada")
    await kay.post(f"/api/v1/admin/accounts/{ada.id}/action", type="none", text="Mind your words")
    (decision,) = await ada.get("/api/fedicert/v1/decisions")
    appeal = await ada.post("/api/fedicert/v1/appeals", decision=decision["decision"], text="I do")
    everyday = await client_of(home, lou.id, "lou", "everyday")
    await home.run(
        "UPDATE tokens SET scopes = $1 WHERE account = $2 AND id = (SELECT MAX(id) FROM tokens)",
        " ".join(sorted(EVERYTHING - {"admin:read", "admin:write"})),
        lou.id,
    )
    own, staffs = f"/api/fedicert/v1/appeals/{appeal['id']}", f"/api/fedicert/v1/admin/appeals/{appeal['id']}"
    assert (await everyday.http.get(own)).status_code == 404
    await tries(everyday, f"{own}/words", 404, text="said by an app")
    await tries(everyday, f"{own}/withdraw", 404)
    for path in (staffs, f"{staffs}/words"):
        answer = await (everyday.http.post(path, json={"text": "x"}) if "words" in path else everyday.http.get(path))
        assert answer.status_code == 403, path
    assert (await lou.get(staffs))["words"][0]["text"] == "I do"
    await lou.post(f"{staffs}/words", text="Which words?")
    assert [said["text"] for said in (await ada.get(own))["words"]] == ["I do", "Which words?"]


@pytest.mark.law("P1", "7.1")
async def test_closing_and_warning_stand_on_the_ledger_with_their_reason(home: Place) -> None:
    """Closing an account takes a reason; a word of the staff to somebody stands on their ledger, and can be appealed."""
    kay, ada = await staff(home, "kay"), await home.person("ada")
    path = f"/api/v1/admin/accounts/{ada.id}/action"
    assert "why" in await tries(kay, path, 422, type="disable")
    await kay.post(path, type="none", text="Mind your words")
    assert "Mind your words" in await ada.ledger_of("account_warned")
    assert "moderation_warning" in [kind for kind, _ in await ada.told()]
    assert [one["kind"] for one in await ada.get("/api/fedicert/v1/decisions")] == ["account_warned"]
    await kay.post(path, type="disable", text="Spam to everybody")
    rows = await home.all(
        "SELECT n.value FROM ledger l JOIN ledger_names n ON n.account = l.account AND n.seq = l.seq"
        " AND n.field = 'text.why' WHERE l.account = $1 AND l.kind = 'account_disabled'",
        ada.id,
    )
    assert [row[0] for row in rows] == ["Spam to everybody"]
