"""Reports: filed by people here and elsewhere, passed on in the instance's name, acted on by moderators."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.stories.village import Resident, Village


async def report(person: Resident, **fields: Any) -> tuple[int, dict[str, Any]]:
    """Report, whatever comes of it."""
    answer = await person.http.post("/api/v1/reports", json=fields)
    return answer.status_code, dict(answer.json())


async def on_staff(village: Village, role: str = "moderator") -> tuple[Any, Resident]:
    """A server and somebody on it with a role, whose client may do what the role may."""
    home = await village.server()
    mona = await home.person("mona", role=role)
    await home.run(
        "UPDATE tokens SET scopes = 'read write follow push profile admin:read admin:write' WHERE account = $1", mona.id
    )
    return home, mona


@pytest.mark.serves(
    "POST /api/v1/reports",
    "GET /api/v1/admin/reports",
    "PUT /api/v1/admin/reports/:id",
    "POST /api/v1/admin/reports/:id/assign_to_self",
    "POST /api/v1/admin/reports/:id/unassign",
    "POST /api/v1/admin/reports/:id/resolve",
    "POST /api/v1/admin/reports/:id/reopen",
)
async def test_a_report_reaches_the_moderators_who_act_on_it(village: Village) -> None:
    """A report with its posts stands in the moderators' list until one of them takes it on and resolves it."""
    home, mona = await on_staff(village)
    ada, ben = await home.person("ada"), await home.person("ben")
    bad, other = await ben.say("Something nasty"), await ada.say("Mine")
    status, filed = await report(ada, account_id=str(ben.id), status_ids=[bad["id"]], comment="Look", category="spam")
    assert (status, filed["action_taken"], filed["category"], filed["status_ids"]) == (200, False, "spam", [bad["id"]])
    assert filed["target_account"]["username"] == "ben"
    assert (await report(ada, account_id=str(ben.id), status_ids=[other["id"]]))[0] == 404  # not a post of Ben's
    assert (await report(ada, account_id="12345"))[0] == 404
    assert (await report(ada, account_id=str(ben.id), comment="x" * 1_001))[0] == 422

    (told,) = await mona.get("/api/v1/notifications")
    assert (told["type"], told["account"]["username"], told["report"]["id"]) == ("admin.report", "ada", filed["id"])

    assert (await ada.http.get("/api/v1/admin/reports")).status_code == 403  # her token has no such scope
    (shown,) = await mona.get("/api/v1/admin/reports")
    assert (shown["account"]["username"], shown["target_account"]["username"]) == ("ada", "ben")
    assert shown["statuses"][0]["id"] == bad["id"] and shown["account"]["email"] == "ada@mail.example"
    path = f"/api/v1/admin/reports/{shown['id']}"
    assert (await mona.post(f"{path}/assign_to_self"))["assigned_account"]["username"] == "mona"
    assert (await mona.post(f"{path}/unassign"))["assigned_account"] is None
    answer = await mona.http.put(path, json={"category": "violation", "rule_ids": ["1"]})
    assert answer.json()["category"] == "violation"
    resolved = await mona.post(f"{path}/resolve")
    assert resolved["action_taken"] and resolved["action_taken_by_account"]["username"] == "mona"
    assert await mona.get("/api/v1/admin/reports") == []
    assert [one["id"] for one in await mona.get("/api/v1/admin/reports", resolved="true")] == [shown["id"]]
    assert not (await mona.post(f"{path}/reopen"))["action_taken"]
    kinds = [row[0] for row in await home.all("SELECT kind FROM ledger WHERE kind LIKE 'report%' ORDER BY at, seq")]
    assert kinds == ["report_resolved", "report_reopened"]
    assert (await home.verify_ledger()).findings == []


@pytest.mark.serves("GET /api/v1/admin/reports/:id")
async def test_only_moderators_act_and_nobody_on_their_own_case(village: Village) -> None:
    """Without the role the scope is worth nothing; a moderator who is reported leaves the decision to another."""
    home, mona = await on_staff(village)
    ada = await home.person("ada")
    await home.run("UPDATE tokens SET scopes = 'read write admin:read admin:write' WHERE account = $1", ada.id)
    assert (await report(ada, account_id=str(mona.id)))[0] == 200
    (shown,) = await mona.get("/api/v1/admin/reports")
    path = f"/api/v1/admin/reports/{shown['id']}"
    assert (await mona.get(path))["id"] == shown["id"]
    assert (await ada.http.get(path)).status_code == 403
    for verb in ("assign_to_self", "unassign", "resolve", "reopen"):
        assert (await ada.http.post(f"{path}/{verb}")).status_code == 403
    assert (await ada.http.get("/api/v1/admin/reports")).status_code == 403
    await home.person("max", role="moderator")
    assert (await mona.http.get(path)).status_code == 403
    for verb in ("assign_to_self", "unassign", "resolve", "reopen"):
        assert (await mona.http.post(f"{path}/{verb}")).status_code == 403
    assert (await mona.http.post("/api/v1/admin/reports/1/resolve")).status_code == 404


async def test_a_report_about_the_only_one_who_could_look_at_it_is_closed_by_them_and_the_ledger_says_so(
    village: Village,
) -> None:
    """On a server with one member of staff a report about them doesn't stay open for ever: they deal with it, alone."""
    home, mona = await on_staff(village, "owner")
    ada, ben = await home.person("ada"), await home.person("ben")
    for about in (mona, ben):
        assert (await report(ada, account_id=str(about.id)))[0] == 200
    for shown in await mona.get("/api/v1/admin/reports"):
        assert (await mona.post(f"/api/v1/admin/reports/{shown['id']}/resolve"))["action_taken"]
    rows = await home.all("SELECT body FROM ledger WHERE kind = 'report_resolved' ORDER BY seq")
    assert sorted(json.loads(row[0])["alone"] for row in rows) == [0, 1]


@pytest.mark.law("2.7")
async def test_a_forwarded_report_goes_in_the_instances_name_to_the_reported_alone(village: Village) -> None:
    """A Flag goes to the reported actor's own inbox, says nothing of who reports, and is counted on the reporter's account."""
    home, far = await village.server(), await village.server("far.example")
    ada, fay = await home.person("ada"), await far.person("fay")
    mona = await far.person("mona", role="admin")
    await far.run("UPDATE tokens SET scopes = 'read write admin:read admin:write' WHERE account = $1", mona.id)
    await ada.follow(fay)
    await village.work()
    await fay.say("Something nasty")
    await village.work()
    post = await ada.find("Something nasty")
    status, filed = await report(
        ada, account_id=await ada.account(fay), status_ids=[post["id"]], comment="Look", forward=True
    )
    assert (status, filed["forwarded"]) == (200, True)
    await village.work()
    ((inbox, flag),) = village.delivered("Flag")
    assert (inbox, flag["actor"]) == (f"{fay.uri}/inbox", "https://home.example/actor")
    assert flag["object"] == [fay.uri, post["uri"]] and "to" not in flag and ada.uri not in str(flag)
    (shown,) = await mona.get("/api/v1/admin/reports")
    assert shown["target_account"]["username"] == "fay" and shown["comment"] == "Look"
    assert shown["account"]["domain"] == "home.example" and len(shown["statuses"]) == 1
    counted = await home.all("SELECT account, kind, n FROM answer_days WHERE kind = 'Flag'")
    assert [tuple(row) for row in counted] == [(ada.id, "Flag", 1)]

    # Not forwarded, nothing leaves; more from the same server is added while the report is open.
    mark = village.mark()
    await report(ada, account_id=await ada.account(fay), comment="Only here")
    await report(ada, account_id=await ada.account(fay), comment="Again", forward=True)
    await village.work()
    assert len(village.delivered("Flag", since=mark)) == 1
    (shown,) = await mona.get("/api/v1/admin/reports")
    assert shown["comment"] == "Again"


async def test_a_flag_about_nobody_here_is_nothing(village: Village) -> None:
    """What is reported elsewhere about others is kept nowhere; a report with a post alone finds whose it is."""
    home, mona = await on_staff(village, "owner")
    ada = await home.person("ada")
    carl = village.foreign("carl.example").person("carl")
    post = await ada.say("Something")
    await carl.send(ada, carl.do("Flag", ["https://elsewhere.example/users/eve"], content="Look"))
    await village.work()
    assert await mona.get("/api/v1/admin/reports") == []
    await carl.send(ada, carl.do("Flag", [post["uri"]], content="<script>Look"))
    await village.work()
    (shown,) = await mona.get("/api/v1/admin/reports")
    assert (shown["target_account"]["username"], shown["comment"]) == ("ada", "<script>Look")


async def test_a_server_whose_reports_are_not_taken_is_not_heard(village: Village) -> None:
    """Where moderators rejected the reports of a server, its Flags are kept nowhere; an action on an account closes a report."""
    home, mona = await on_staff(village, "owner")
    ada, ben = await home.person("ada"), await home.person("ben")
    carl = village.foreign("carl.example").person("carl")
    blocked = await mona.http.post(
        "/api/v1/admin/domain_blocks", json={"domain": "carl.example", "severity": "noop", "reject_reports": True}
    )
    assert blocked.status_code == 200, blocked.text
    await carl.send(ada, carl.do("Flag", [ada.uri], content="Look"))
    await village.work()
    assert await mona.get("/api/v1/admin/reports") == []
    _, filed = await report(ada, account_id=str(ben.id))
    answer = await mona.http.post(
        f"/api/v1/admin/accounts/{ben.id}/action", json={"type": "none", "text": "Warned", "report_id": filed["id"]}
    )
    assert answer.status_code == 200, answer.text
    assert await mona.get("/api/v1/admin/reports") == []


async def test_moderators_see_what_was_reported_and_others_do_not(village: Village) -> None:
    """What was said to a few and reported by one of them is shown to moderators with the report, and nowhere else."""
    home, mona = await on_staff(village)
    ada, ben = await home.person("ada"), await home.person("ben")
    await ada.follow(ben)
    await village.work()
    bad = await ben.say("Nasty, for few", visibility="private")
    assert (await report(ada, account_id=str(ben.id), status_ids=[bad["id"]]))[0] == 200
    (shown,) = await mona.get("/api/v1/admin/reports")
    assert [one["id"] for one in shown["statuses"]] == [bad["id"]]
    assert (await mona.http.get(f"/api/v1/statuses/{bad['id']}")).status_code == 404
