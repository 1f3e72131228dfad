"""People who decide: a decision can be appealed to someone who didn't take it, with words, answers, and an outcome in writing."""

from __future__ import annotations

from typing import Any

import pytest

from fedicert.base.clock import DAY
from fedicert.operations import granting, people
from tests.stories.licensing import LICENSED, Board, brings, consents, crowd, entry, settling, signs, tier, trusting
from tests.stories.offices import Browser, another, staff
from tests.stories.village import Place, Resident, Village

TRAINED: dict[str, Any] = {"name": "trained", "enter": ["examination"], "followers": 8}


async def _decisions(person: Resident) -> dict[str, dict[str, Any]]:
    """What was decided about them, the latest of each kind."""
    found = await person.get("/api/fedicert/v1/decisions")
    return {one["kind"]: one for one in reversed(found)}


async def _appeal(person: Resident, kind: str, text: str = "I don't think so") -> dict[str, Any]:
    found = (await _decisions(person))[kind]
    return dict(await person.post("/api/fedicert/v1/appeals", decision=found["decision"], text=text))


async def _decide(by: Resident, appeal: dict[str, Any], outcome: str, status: int = 200, text: str = "So be it") -> Any:
    path = f"/api/fedicert/v1/admin/appeals/{appeal['id']}/decide"
    answer = await by.http.post(path, json={"outcome": outcome, "text": text})
    assert answer.status_code == status, answer.text
    return answer.json()


async def _lift(home: Place, person: Resident, by: Resident, rung: str = "trained") -> None:
    await home.write(granting.set_by_word, home.urls, person.id, rung, by.id, "as the library says")
    await home.village.work()


@pytest.fixture
async def home(village: Village) -> Place:
    return await village.server(higher=[TRAINED])


@pytest.mark.law("P1", "P2")
async def test_a_tier_that_an_admin_took_away_is_given_back_by_another(home: Place) -> None:
    """Appeal, answers both ways, and an outcome in writing by somebody who didn't take the decision; all on the ledger."""
    ada, kay, lou = await home.person("ada"), await staff(home, "kay"), await staff(home, "lou")
    await signs(ada)
    await _lift(home, ada, kay)
    await _lift(home, ada, kay, "neighbours")
    assert await tier(ada) == "neighbours"
    appeal = await _appeal(ada, "rung_changed", "I did pass it")
    assert (appeal["state"], [said["text"] for said in appeal["words"]]) == ("pending", ["I did pass it"])

    told = await _decide(kay, appeal, "dismissed", 403)
    assert told["error"] == "Nobody decides their own case. Somebody who isn't concerned does: @lou"
    await lou.post(f"/api/fedicert/v1/admin/appeals/{appeal['id']}/words", text="Which day was that?")
    await ada.post(f"/api/fedicert/v1/appeals/{appeal['id']}/words", text="On Monday")
    outcome = await _decide(lou, appeal, "granted", text="The library confirms it")
    await home.village.work()
    assert outcome["undone"] is True and await tier(ada) == "trained"
    seen = await ada.get(f"/api/fedicert/v1/appeals/{appeal['id']}")
    assert (seen["state"], seen["decided_by"], seen["alone"]) == ("approved", "lou", False)
    assert [(said["role"], said["username"], said["text"]) for said in seen["words"]] == [
        ("appellant", "ada", "I did pass it"),
        ("staff", "lou", "Which day was that?"),
        ("appellant", "ada", "On Monday"),
        ("outcome", "lou", "The library confirms it"),
    ]
    kinds = [kind for kind, _ in await ada.ledger()]
    assert [kind for kind in kinds if kind.startswith("appeal")] == [
        "appeal_opened",
        "appeal_answered",
        "appeal_decided",
    ]
    assert "The library confirms it" in await ada.ledger_of("appeal_decided")
    assert (await home.verify_ledger()).findings == []
    assert "appeal_decided" not in await _decisions(ada), "the outcome is the last word"


async def test_what_is_dismissed_stays_and_is_not_appealed_twice(home: Place) -> None:
    """One appeal for each decision; words are asked for; nobody else's decisions can be appealed, nor read."""
    ada, ben = await home.person("ada"), await home.person("ben")
    kay, lou = await staff(home, "kay"), await staff(home, "lou")
    asked = await ada.post("/api/fedicert/v1/waivers", followers=9, reason="A feast")
    await kay.post(f"/api/fedicert/v1/admin/waivers/{asked['id']}/refuse", reason="No room")
    found = (await _decisions(ada))["waiver_refused"]
    blank = await ada.http.post("/api/fedicert/v1/appeals", json={"decision": found["decision"], "text": " "})
    assert blank.status_code == 422
    other = await ben.http.post("/api/fedicert/v1/appeals", json={"decision": found["decision"], "text": "mine"})
    own = await ada.http.post("/api/fedicert/v1/appeals", json={"decision": 1, "text": "that I was made"})
    assert (other.status_code, own.status_code) == (404, 404)
    appeal = await _appeal(ada, "waiver_refused")
    assert (await ben.http.get(f"/api/fedicert/v1/appeals/{appeal['id']}")).status_code == 404
    assert (await ben.http.get("/api/fedicert/v1/admin/appeals")).status_code == 403
    assert (
        await ben.http.post(f"/api/fedicert/v1/appeals/{appeal['id']}/words", json={"text": "x"})
    ).status_code == 404
    await _decide(lou, appeal, "dismissed", 422, text=" ")
    done = await _decide(lou, appeal, "dismissed", text="There is no room")
    assert (done["state"], done["undone"]) == ("rejected", False)
    await _decide(lou, appeal, "granted", 409)
    again = await ada.http.post("/api/fedicert/v1/appeals", json={"decision": found["decision"], "text": "once more"})
    assert again.status_code == 409
    assert [one["state"] for one in await ada.get("/api/fedicert/v1/appeals")] == ["rejected"]
    assert await lou.get("/api/fedicert/v1/admin/appeals", open="true") == []


async def test_a_waiver_that_was_refused_is_given_where_the_appeal_is_granted(home: Place) -> None:
    """What the program can undo it undoes in the moment of the outcome."""
    ada, kay, lou = await home.person("ada"), await staff(home, "kay"), await staff(home, "lou")
    asked = await ada.post("/api/fedicert/v1/waivers", followers=9, reason="A feast")
    await kay.post(f"/api/fedicert/v1/admin/waivers/{asked['id']}/refuse", reason="No room")
    done = await _decide(lou, await _appeal(ada, "waiver_refused"), "granted")
    assert done["undone"] is True
    (waiver,) = await ada.get("/api/fedicert/v1/waivers")
    assert (waiver["state"], waiver["decided_by"]) == ("given", "lou")


@pytest.mark.law("P2")
async def test_on_a_server_with_nobody_else_the_owner_decides_in_writing(home: Place) -> None:
    """Where there is nobody who didn't take the decision, it is the owner's to decide, and everybody concerned sees it."""
    owl, ada = await staff(home, "owl", "owner"), await home.person("ada")
    asked = await ada.post("/api/fedicert/v1/waivers", followers=9, reason="A feast")
    await owl.post(f"/api/fedicert/v1/admin/waivers/{asked['id']}/refuse", reason="No room")
    appeal = await _appeal(ada, "waiver_refused")
    kim = await another(owl, "kim")
    await home.write(people.promote, "kim", "admin", owl.id)
    await _decide(kim, appeal, "dismissed", 403)
    done = await _decide(owl, appeal, "dismissed", text="I thought about it again, and it stays")
    assert done["alone"] is True
    assert (await ada.get(f"/api/fedicert/v1/appeals/{appeal['id']}"))["alone"] is True


@pytest.mark.law("4.10")
async def test_a_trim_waits_for_an_open_appeal_at_most_30_days(village: Village) -> None:
    """Who appeals isn't cut off meanwhile; an appeal that nobody answers stops it for 30 days and no longer."""
    board = Board(village)
    home = await village.server(higher=[LICENSED], trust=[trusting(board)])
    ada = await home.person("ada")
    await brings(ada, board.issue(ada.uri))
    await consents(ada)
    for fan in await crowd(village, home, 6):
        await fan.follow(ada)
    await village.work()
    await home.trusts()
    assert await tier(ada) == "neighbours" and await settling(ada) == [("unlisted", 14)]
    await village.live(14 * DAY)
    await village.live(26 * DAY)

    await _appeal(ada, "rung_changed", "The board is an honest one")
    assert ("trim_waits", "law 4: an open appeal") in await ada.ledger()
    await village.live(29 * DAY)
    assert sorted((await ada.followers()).values()) == ["admitted"] * 3 + ["paused"] * 3
    await village.live(DAY)
    assert sorted((await ada.followers()).values()) == ["admitted"] * 3 + ["trimmed"] * 3


async def test_closing_an_appeal_lets_the_trim_go_on_and_another_does_not_stop_it_anew(village: Village) -> None:
    """Together the appeals of one person stop a trim no longer than 30 days."""
    home = await village.server(higher=[TRAINED])
    ada, kay, lou = await home.person("ada"), await staff(home, "kay"), await staff(home, "lou")
    await signs(ada)
    await _lift(home, ada, kay)
    for fan in await crowd(village, home, 6):
        await fan.follow(ada)
    asked = await ada.post("/api/fedicert/v1/waivers", followers=20, reason="A feast")
    await kay.post(f"/api/fedicert/v1/admin/waivers/{asked['id']}/refuse", reason="No room")
    await _lift(home, ada, kay, "neighbours")
    first = await _appeal(ada, "rung_changed")
    waits = [row[0] for row in await home.all("SELECT appeal_since FROM settlings WHERE account = $1", ada.id)]
    assert waits[0] is not None
    await village.live(20 * DAY)
    await _decide(lou, first, "dismissed")
    await _appeal(ada, "waiver_refused")
    waits = [row[0] for row in await home.all("SELECT appeal_since FROM settlings WHERE account = $1", ada.id)]
    assert waits == [None]
    await village.live(30 * DAY)
    assert "trim_begun" in [kind for kind, _ in await ada.ledger()]


@pytest.mark.law("P2")
async def test_whoever_was_closed_out_logs_in_to_their_appeals_and_nowhere_else(home: Place) -> None:
    """A closed or suspended account reaches the decisions and appeals by a browser; every other page leads there."""
    ada, kay, lou = await home.person("ada"), await staff(home, "kay"), await staff(home, "lou")
    browser = Browser(home)
    await browser.log_in(ada)
    await home.write(people.disable, "ada", kay.id)
    assert (await ada.http.get("/api/v1/accounts/verify_credentials")).status_code == 403
    for path in ("/settings/accounts", "/settings/code", "/settings/waivers", "/admin/appeals"):
        await browser.open(path)
        assert browser.path == "/settings/appeals"
    fresh = Browser(home)
    page = await fresh.log_in(ada)
    assert fresh.path == "/settings/appeals" and "Your account was closed" in page
    assert 'href="/settings/appeals' in page and 'href="/settings/accounts' not in page
    assert (await fresh.http.get("/settings/appeals?account=kay")).status_code == 403
    assert (await fresh.http.get("/settings/reach?account=kay")).status_code == 403

    seq = (await home.all("SELECT seq FROM ledger WHERE account = $1 AND kind = 'account_disabled'", ada.id))[0][0]
    page = await fresh.send("/settings/appeals", decision=seq, words="I was on holiday")
    assert "I was on holiday" in page and fresh.path.startswith("/settings/appeals/")
    staffed = Browser(home)
    await staffed.log_in(lou)
    page = await staffed.open("/admin/appeals")
    assert "@ada: Your account was closed" in page
    await staffed.open(fresh.path.replace("/settings/", "/admin/"))
    assert "Say something" in await staffed.send(staffed.path, 422, act="granted", words="")
    page = await staffed.send(staffed.path, act="granted", words="Welcome back")
    assert "Granted" in page
    page = await fresh.open(fresh.path)
    assert "Welcome back" in page and "Granted" in page
    assert (await ada.http.get("/api/v1/accounts/verify_credentials")).status_code == 200
    assert "Your accounts" in await fresh.open("/settings/accounts")


async def test_an_appeal_can_be_taken_back(home: Place) -> None:
    """Whoever appealed may take it back; then it is over."""
    ada, kay, lou = await home.person("ada"), await staff(home, "kay"), await staff(home, "lou")
    await home.write(people.promote, "ada", "moderator", kay.id)
    appeal = await _appeal(ada, "role_changed")
    taken = await ada.post(f"/api/fedicert/v1/appeals/{appeal['id']}/withdraw")
    assert taken["state"] == "withdrawn"
    await _decide(lou, appeal, "granted", 409)


async def test_struck_off_the_list_is_a_decision_of_a_person(village: Village) -> None:
    """Who falls because an admin trusts an issuer no longer can appeal, though no name stands beside it."""
    board = Board(village)
    home = await village.server(higher=[LICENSED], trust=[trusting(board)])
    ada = await home.person("ada")
    await staff(home, "kay")
    await brings(ada, board.issue(ada.uri))
    await consents(ada)
    assert await _decisions(ada) == {}, "a licence is nobody's decision here"
    await home.trusts()
    assert set(await _decisions(ada)) == {"rung_changed"}
    await home.trusts(entry(board))
    assert await tier(ada) == "licensed"


async def test_an_ordinary_client_shows_the_decision_and_how_its_appeal_stands(home: Place) -> None:
    """A decision comes as the warning that Mastodon's clients know, with the appeal in its own fields."""
    ada, kay, lou = await home.person("ada"), await staff(home, "kay"), await staff(home, "lou")
    await signs(ada)
    await _lift(home, ada, kay)
    await _lift(home, ada, kay, "neighbours")
    shown = [one for one in await ada.get("/api/v1/notifications") if one["type"] == "moderation_warning"]
    assert len(shown) == 2, "the same kind of decision, told each time"
    warning = shown[0]["moderation_warning"]
    found = (await _decisions(ada))["rung_changed"]
    assert (warning["id"], warning["action"], warning["appeal"]) == (str(found["decision"]), "none", None)
    assert "Your tier was changed" in warning["text"] and "/settings/appeals" in warning["text"]
    assert warning["target_account"]["username"] == "ada"

    appeal = await _appeal(ada, "rung_changed", "I did pass it")

    async def state() -> Any:
        one = await ada.get(f"/api/v1/notifications/{shown[0]['id']}")
        grouped = (await ada.get("/api/v2/notifications"))["notification_groups"]
        warnings = [group["moderation_warning"] for group in grouped if group["type"] == "moderation_warning"]
        assert one["moderation_warning"] in warnings
        return one["moderation_warning"]["appeal"]

    assert await state() == {"text": "I did pass it", "state": "pending"}
    await _decide(lou, appeal, "dismissed")
    assert await state() == {"text": "I did pass it", "state": "rejected"}
    browser = Browser(home)
    await browser.log_in(ada)
    await browser.open(f"/disputes/strikes/{warning['id']}")
    assert browser.path == "/settings/appeals"


async def test_answers_and_the_outcome_are_told_in_the_client(home: Place) -> None:
    """Whoever appealed hears of answers and of the outcome from the limits account, each time once."""
    ada, kay, lou = await home.person("ada"), await staff(home, "kay"), await staff(home, "lou")
    asked = await ada.post("/api/fedicert/v1/waivers", followers=9, reason="A feast")
    await kay.post(f"/api/fedicert/v1/admin/waivers/{asked['id']}/refuse", reason="No room")
    appeal = await _appeal(ada, "waiver_refused")
    for words in ("When?", "Where?"):
        await lou.post(f"/api/fedicert/v1/admin/appeals/{appeal['id']}/words", text=words)
    await _decide(lou, appeal, "granted")
    shown = await ada.get("/api/v1/notifications")
    said = [one["status"]["content"] for one in reversed(shown) if one["type"] == "mention"]
    page = f"https://home.example/settings/appeals/{appeal['id']}"
    assert [next(word for word in ("refused", "answered", "in force", "granted") if word in text) for text in said] == [
        "refused",
        "answered",
        "answered",
        "in force",
        "granted",
    ]
    assert "No room" in said[0] and page.removeprefix("https://") in said[1] and "9" in said[3]
