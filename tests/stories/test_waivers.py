"""Cases: admins start on the lowest rung like all; a waiver of a limit needs a reason, another admin, and an end."""

from __future__ import annotations

from typing import Any

import pytest

from fedicert.base.clock import DAY
from tests.stories.offices import Browser, another, staff
from tests.stories.village import Place, Resident, Village


async def _ask(person: Resident, status: int = 200, **fields: Any) -> dict[str, Any]:
    answer = await person.http.post("/api/fedicert/v1/waivers", json={"reason": "A festival", **fields})
    assert answer.status_code == status, answer.text
    return dict(answer.json())


async def _decide(by: Resident, waiver: dict[str, Any], act: str, status: int = 200, **fields: Any) -> dict[str, Any]:
    answer = await by.http.post(f"/api/fedicert/v1/admin/waivers/{waiver['id']}/{act}", json=fields)
    assert answer.status_code == status, answer.text
    return dict(answer.json())


async def _fans(place: Place, count: int, of: Resident) -> list[str]:
    names = [f"fan{number}" for number in range(count)]
    for name in names:
        await (await place.person(name)).follow(of)
    await place.village.work()
    return names


@pytest.mark.law("8.3", "9.1", "C19")
async def test_own_fields_and_forecasts_count_with_a_waiver(village: Village) -> None:
    """What is shown as one's reach is what holds; and a forecast touches nobody whom a waiver keeps above a lowered cap."""
    home = await village.server()
    ada, kay = await home.person("ada"), await staff(home, "kay")
    await _fans(home, 4, ada)
    await _decide(kay, await _ask(ada, followers=5, days=10), "give")
    await village.work()
    shown = await ada.get("/api/v1/accounts/verify_credentials")
    assert [field["value"] for field in shown["fields"] if field["name"] == "Reach"] == ["4/5"]
    shown = await ada.get(f"/api/v1/accounts/{ada.id}")
    assert [field["value"] for field in shown["fields"] if field["name"] == "Reach"] == ["4/5"]
    change = {"act": "set", "name": "neighbours", "values": {"followers": "2"}}
    seen = await kay.post("/api/fedicert/v1/admin/tiers/forecast", **change)
    assert [one["username"] for one in seen["effect"]["largest"]] == [], seen["sentences"]
    await village.live(10 * DAY)
    shown = await ada.get("/api/v1/accounts/verify_credentials")
    assert [field["value"] for field in shown["fields"] if field["name"] == "Reach"] == ["4/3"]
    seen = await kay.post("/api/fedicert/v1/admin/tiers/forecast", **change)
    assert [one["username"] for one in seen["effect"]["largest"]] == ["ada"]


@pytest.mark.law("C18")
async def test_admins_start_on_the_lowest_rung_like_all(village: Village) -> None:
    """An office lifts nobody: an owner's fourth follower waits where anybody's would."""
    home = await village.server()
    owl = await home.person("owl", role="owner")
    names = await _fans(home, 4, owl)
    assert await owl.audience() == names[:3] and await owl.waiting() == names[3:]


async def test_a_waiver_lifts_the_cap_of_one_account_until_its_end_and_then_the_audience_settles(
    village: Village,
) -> None:
    """Another admin gives it; who waits comes in; after its last day the audience settles as when a cap is lowered."""
    home = await village.server()
    ada, ben = await home.person("ada"), await home.person("ben")
    kay = await staff(home, "kay")
    names = await _fans(home, 6, ada)
    asked = await _ask(ada, followers=5, days=10)
    assert asked["state"] == "asked" and await ada.audience() == names[:3]

    given = await _decide(kay, asked, "give")
    await village.work()
    assert (given["state"], given["alone"], given["decided_by"]) == ("given", False, "kay")
    assert await ada.audience() == names[:5] and await ada.waiting() == names[5:]
    await _fans(home, 0, ben)
    assert ("waiver_given", "cases: waivers") in await ada.ledger()
    on_the_instance = await home.all(
        "SELECT l.kind FROM ledger l JOIN accounts a ON a.id = l.account WHERE a.type = 'Application'"
    )
    assert "waiver_given" in [row[0] for row in on_the_instance]

    await village.live(10 * DAY - 1_000)
    assert ("grace_begun", "law 4") not in await ada.ledger()
    await village.live(1_000)
    assert ("waiver_ended", "cases: waivers") in await ada.ledger()
    assert ("grace_begun", "law 4") in await ada.ledger()
    assert await ada.audience() == names[:5], "in grace everybody keeps their copies"
    assert (await home.verify_ledger()).findings == []


async def test_the_end_holds_at_its_moment_even_where_its_job_is_late(village: Village) -> None:
    """A waiver that is over lets nobody in, whether or not the server came to say so."""
    home = await village.server()
    ada, kay = await home.person("ada"), await staff(home, "kay")
    await _decide(kay, await _ask(ada, followers=9, days=1), "give")
    await _fans(home, 4, ada)
    village.clock.advance(DAY)
    late = await home.person("late")
    await late.follow(ada)
    assert "late" in await ada.waiting()


async def test_strangers_answers_and_following_are_raised_in_the_same_places(village: Village) -> None:
    """What is waived is waived wherever the limit is looked at, and falls with the waiver."""
    home = await village.server(strangers=1, answers_per_day=1, following=1)
    ada, kay = await home.person("ada"), await staff(home, "kay")
    others = [await home.person(name) for name in ("bea", "cyd", "dot")]

    async def says(name: str) -> int:
        return (await ada.http.post("/api/v1/statuses", json={"status": f"Hello @{name}"})).status_code

    async def follows(other: Resident) -> int:
        return (await ada.http.post(f"/api/v1/accounts/{await ada.account(other)}/follow")).status_code

    assert [await says("bea"), await says("cyd")] == [200, 422]
    assert [await follows(others[0]), await follows(others[1])] == [200, 422]
    await _decide(kay, await _ask(ada, strangers=2, following=2, days=3), "give")
    assert [await says("cyd"), await says("dot")] == [200, 422]
    assert [await follows(others[1]), await follows(others[2])] == [200, 422]

    for other in others[:2]:
        await other.say("Hello back @ada")
    asked = await ada.http.post("/api/v1/statuses", json={"status": "@bea thanks"})
    refused = await ada.http.post("/api/v1/statuses", json={"status": "@cyd thanks"})
    assert (asked.status_code, refused.status_code) == (200, 422)
    await village.live(4 * DAY)
    await _decide(kay, await _ask(ada, answers=2, days=1), "give")
    for other in others[:2]:
        await other.say("Hello again @ada")
    assert [await says("bea"), await says("cyd")] == [200, 200]


async def test_nobody_gives_it_to_themselves_nor_what_they_asked_for(village: Village) -> None:
    """Neither whom it concerns nor who asked for it may give it while the server has somebody else."""
    home = await village.server()
    kay, lou, ben = await staff(home, "kay"), await staff(home, "lou"), await home.person("ben")
    await home.person("ada")
    own = await _ask(kay, followers=9)
    told = await _decide(kay, own, "give", 403)
    assert told["error"] == "Nobody decides their own case. Somebody who isn't concerned does: @lou"
    await _decide(lou, own, "give")

    answer = await kay.http.post(
        "/api/fedicert/v1/admin/waivers", json={"account": "ada", "followers": 9, "reason": "A vote", "days": 2}
    )
    assert answer.status_code == 200
    await _decide(kay, answer.json(), "give", 403)
    assert (await _decide(lou, answer.json(), "give"))["asked_by"] == "kay"
    await _decide(ben, answer.json(), "end", 403, reason="mine")
    kim = await another(kay, "kim")
    await _decide(kim, await _ask(lou, followers=5), "give", 403)


@pytest.mark.law("C19")
async def test_alone_on_a_server_the_public_can_read_it(village: Village) -> None:
    """Where nobody else is there to give it, whoever gives it does so alone, and anybody can read that."""
    home = await village.server()
    owl = await staff(home, "owl", "owner")
    given = await _decide(owl, await _ask(owl, followers=9, reason="Nobody else is here"), "give")
    assert given["alone"] is True
    shown = (await Browser(home).http.get("/api/fedicert/v1/waivers/public")).json()
    assert [(one["account"]["username"], one["reason"]) for one in shown] == [("owl", "Nobody else is here")]
    page = await Browser(home).open("/waivers")
    assert "@owl" in page and "Nobody else is here" in page and "alone" in page
    rows = await home.all("SELECT body FROM ledger WHERE kind = 'waiver_given'")
    assert len(rows) == 2 and all('"alone":1' in row[0] for row in rows)


@pytest.mark.law("C19")
async def test_a_waiver_has_a_reason_an_end_and_raises_something(village: Village) -> None:
    """Without a reason, for longer than 30 days, or below what holds already, none can be asked for."""
    home = await village.server()
    ada, kay = await home.person("ada"), await staff(home, "kay")
    assert "say why" in (await _ask(ada, 422, followers=9, reason=" "))["error"]
    assert "within 30 days" in (await _ask(ada, 422, followers=9, days=31))["error"]
    assert (await _ask(ada, 422, followers=3))["error"] == "a waiver raises a limit: followers is 3 now"
    assert (await _ask(ada, 422, strangers=9))["error"] == "there is no limit on strangers to be waived"
    await _ask(ada, 422)
    asked = await _ask(ada, followers=9)
    await _ask(ada, 409, followers=10)
    assert (await _decide(kay, asked, "refuse", 422))["error"] == "say why; it stands on the ledger"
    refused = await _decide(kay, asked, "refuse", reason="The hall is small")
    assert (refused["state"], refused["ended_why"]) == ("refused", "The hall is small")
    await _decide(kay, asked, "give", 409)
    given = await _decide(kay, await _ask(ada, followers=9), "give")
    assert (await _ask(ada, followers=12))["state"] == "asked"
    ended = await ada.post(f"/api/fedicert/v1/waivers/{given['id']}/end")
    assert ended["state"] == "ended"
    for path in ("/api/fedicert/v1/admin/waivers",):
        assert (await ada.http.get(path)).status_code == 403


async def test_waivers_on_pages(village: Village) -> None:
    """A browser is enough to ask for one, and to give it."""
    home = await village.server()
    ada, kay = await home.person("ada"), await staff(home, "kay")
    hers, his = Browser(home), Browser(home)
    await hers.log_in(ada)
    await hers.open("/settings/waivers")
    told = await hers.send("/settings/waivers", 422, act="ask", followers=2, days=3, reason="Why not")
    assert "followers is 3 now" in told
    await hers.open("/settings/waivers")
    assert "Asked for" in await hers.send("/settings/waivers", act="ask", followers=8, days=3, reason="Why not")
    assert (await hers.http.get("/admin/waivers")).status_code == 403
    await his.log_in(kay)
    await his.open("/admin/waivers")
    (waiver,) = await home.all("SELECT id FROM waivers")
    assert "In force" in await his.send("/admin/waivers", act="give", waiver=waiver[0])
    await hers.open("/settings/waivers")
    assert "Over" in await hers.send("/settings/waivers", act="end", waiver=waiver[0])


@pytest.mark.law("8.4")
async def test_a_waiver_in_force_stands_among_ones_limits_and_on_ones_page(village: Village) -> None:
    """What it lifts, to what, until when, by whom and why; asked for or over, it stands there no longer."""
    home = await village.server()
    ada, kay = await home.person("ada"), await staff(home, "kay")
    asked = await _ask(ada, followers=5, days=10)
    assert (await ada.get("/api/fedicert/v1/reach"))["waivers"] == []
    given = await _decide(kay, asked, "give")
    (shown,) = (await ada.get("/api/fedicert/v1/reach"))["waivers"]
    assert shown == {
        "id": given["id"], "limits": {"followers": 5}, "reason": "A festival", "given_by": "kay", "until": given["until"]
    }  # fmt: skip
    browser = Browser(home)
    await browser.log_in(ada)
    page = await browser.open("/settings/reach")
    assert "Followers: 5, until " in page and "Given by @kay, for: A festival" in page
    await village.pass_time(11 * DAY)
    assert (await ada.get("/api/fedicert/v1/reach"))["waivers"] == []
    fresh = Browser(home)
    await fresh.log_in(ada)
    assert "Waivers in force" not in await fresh.open("/settings/reach")
