"""People who decide: what a granted appeal undoes, whatever was decided, and for whoever appealed alone."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from fedicert.base.clock import DAY
from fedicert.base.errors import Conflict, Forbidden, Unprocessable
from fedicert.model.attestations import Verdict
from fedicert.operations import certification, for_cause, granting, ledger, marking, people
from tests.attestations.forge import UNTIL
from tests.stories.licensing import LICENSED, Board, brings, consents, crowd, entry, settling, signs, tier, trusting
from tests.stories.offices import Browser, staff
from tests.stories.test_off_duty import Street, marks
from tests.stories.village import Place, Resident, Village

TRAINED: dict[str, Any] = {"name": "trained", "enter": ["examination"], "followers": 8}


async def appeal(person: Resident, kind: str) -> dict[str, Any]:
    """They appeal against the latest decision of a kind."""
    found = next(one for one in await person.get("/api/fedicert/v1/decisions") if one["kind"] == kind)
    return dict(await person.post("/api/fedicert/v1/appeals", decision=found["decision"], text="I don't think so"))


async def grant(by: Resident, case: dict[str, Any]) -> bool:
    """Somebody else grants it; was anything undone?"""
    done = await by.post(f"/api/fedicert/v1/admin/appeals/{case['id']}/decide", outcome="granted", text="So be it")
    await by.place.village.work()
    return bool(done["undone"])


async def messages(person: Resident) -> list[str]:
    """What the limits account said to them."""
    shown = await person.get("/api/v1/notifications")
    return [one["status"]["content"] for one in shown if one["type"] == "mention"]


@pytest.mark.law("P1", "6.3")
async def test_a_moderators_mark_comes_off_and_the_permit_is_put_on_again(village: Village) -> None:
    """Another than the moderator decides; the post is what it was, and the mark counts no longer."""
    street = await Street(village).build()
    lou = await staff(street.home, "lou")
    status = await street.ada.say("Vote for me", visibility="public")
    await village.work()
    await marks(street, status)
    case = await appeal(street.ada, "post_marked")
    assert await grant(lou, case)
    again = await street.ada.get(f"/api/v1/statuses/{status['id']}")
    assert again["visibility"] == "public" and again["fedicert"]["permit"]["state"] == "valid"
    assert "proof" in street.pair.posts[status["uri"]]
    kinds = [kind for kind, _ in await street.ada.ledger()]
    assert kinds[-2:] == ["mark_undone", "appeal_decided"]
    assert (await street.home.verify_ledger()).findings == []


async def test_a_later_mark_stays_where_the_appeal_was_against_an_earlier_one(village: Village) -> None:
    """What the moderator undid and put on anew for another reason is another decision."""
    street = await Street(village).build()
    lou = await staff(street.home, "lou")
    status = await street.ada.say("Vote for me", visibility="public")
    await marks(street, status)
    case = await appeal(street.ada, "post_marked")
    urls = street.home.urls
    await street.home.write(marking.unmark, urls, street.mod.id, int(status["id"]), "I looked again")
    await village.pass_time(60_000)
    await marks(street, status, "and again")
    assert not await grant(lou, case)
    assert (await street.ada.get(f"/api/v1/statuses/{status['id']}"))["fedicert"]["marked"]


@pytest.mark.law("P1")
async def test_what_is_said_to_be_undone_was(village: Village) -> None:
    """A suspension that was taken back before isn't undone again: neither where its owner is closed out by another
    decision, nor where a later one suspended the account anew. Likewise with a closed account."""
    home = await village.server()
    kay, lou = await staff(home, "kay"), await staff(home, "lou")
    undoes = {"suspend": "unsuspend", "disable": "enable"}
    kinds = {"suspend": "account_suspended", "disable": "account_disabled"}
    for action, other in (("suspend", "disable"), ("disable", "suspend")):
        for then in (other, action):
            ada = await home.person(f"{action}{then}")
            path = f"/api/v1/admin/accounts/{ada.id}"
            await kay.post(f"{path}/action", type=action, text="spam")
            browser = Browser(home)
            await browser.log_in(ada)
            seq = await home.all("SELECT seq FROM ledger WHERE account = $1 AND kind = $2", ada.id, kinds[action])
            await browser.send("/settings/appeals", decision=seq[0][0], words="It wasn't")
            await kay.post(f"{path}/{undoes[action]}")
            await village.pass_time(60_000)
            await kay.post(f"{path}/action", type=then, text="and again")
            case = max(await lou.get("/api/fedicert/v1/admin/appeals"), key=lambda one: int(one["id"]))
            assert not await grant(lou, case)
            shown = await kay.get(path)
            assert (shown["suspended"], shown["disabled"]) == (then == "suspend", then == "disable")


@pytest.mark.law("6.4", "P1")
async def test_a_suspended_rung_is_given_back_and_the_marks_stay_on_their_posts(village: Village) -> None:
    """What was decided is that three marks were too many; each mark is a decision of its own. A fourth doesn't suspend."""
    street = await Street(village).build()
    lou = await staff(street.home, "lou")
    said = [await street.ada.say(f"Vote {n}") for n in range(4)]
    await village.work()
    for status in said[:3]:
        await marks(street, status)
    assert await tier(street.ada) == "neighbours" and await settling(street.ada) != []
    assert await grant(lou, await appeal(street.ada, "rung_suspended"))
    assert await tier(street.ada) == "licensed" and await settling(street.ada) == []
    assert (await street.ada.get(f"/api/v1/statuses/{said[0]['id']}"))["fedicert"]["marked"]
    report = await marks(street, said[3])
    assert (report.standing, report.suspended) == (1, False)
    assert await tier(street.ada) == "licensed"


@pytest.mark.law("P1", "4.1")
async def test_who_fell_with_a_struck_issuer_stands_again_and_the_admins_are_asked(village: Village) -> None:
    """The tier comes back for whoever appealed, without permit; the other who fell has an appeal of their own. It ends
    with the licence itself, and once the issuer is on the list again it is the licence's."""
    board = Board(village)
    home = await village.server(higher=[LICENSED], trust=[trusting(board)])
    ada, eve, kay = await home.person("ada"), await home.person("eve"), await staff(home, "kay")
    for index, person in enumerate((ada, eve), 1):
        await brings(person, board.issue(person.uri, index=index, number=f"ME-{index}"))
        await consents(person)
    for fan in await crowd(village, home, 6):
        await fan.follow(ada)
    await village.work()
    await home.trusts()
    assert await tier(ada) == "neighbours" and await settling(ada) == [("unlisted", 14)]
    assert await grant(kay, await appeal(ada, "rung_changed"))
    assert (await tier(ada), await tier(eve)) == ("licensed", "neighbours")
    assert await settling(ada) == [] and set((await ada.followers()).values()) == {"admitted"}
    assert "fedicert" not in await ada.say("Good morning")
    assert any("board.example" in text and "@ada" in text for text in await messages(kay))

    await home.look_again()
    assert await tier(ada) == "licensed", "looking again changes nothing"
    await home.trusts(entry(board))
    assert (await ada.say("Good evening"))["fedicert"]["permit"] is not None
    await home.trusts()
    assert await tier(ada) == "neighbours", "struck off again is another decision"
    assert await grant(kay, await appeal(ada, "grace_begun"))
    assert await tier(ada) == "licensed"
    board.revoke(1)
    await village.pass_time(DAY)
    await home.look_again()
    assert await tier(ada) == "neighbours", "it stood in the place of a licence that is over"


@pytest.mark.law("4.2", "P1")
async def test_for_cause_by_an_admins_word_leaves_no_grace_and_is_put_back_by_another(village: Village) -> None:
    """For cause an audience is brought under the cap at once; granted, the tier and everybody who was paused are back."""
    home = await village.server(higher=[TRAINED])
    ada, kay, lou = await home.person("ada"), await staff(home, "kay"), await staff(home, "lou")
    await signs(ada)
    await home.write(granting.set_by_word, home.urls, ada.id, "trained", kay.id, "passed")
    await village.work()
    for fan in await crowd(village, home, 6):
        await fan.follow(ada)
    at_once = partial(granting.set_by_word, for_cause=True)
    await home.write(at_once, home.urls, ada.id, "neighbours", kay.id, "fraud")
    await village.work()
    assert await tier(ada) == "neighbours"
    assert sorted((await ada.followers()).values()) == ["admitted"] * 3 + ["paused"] * 3
    assert await grant(lou, await appeal(ada, "rung_changed"))
    assert await tier(ada) == "trained" and set((await ada.followers()).values()) == {"admitted"}


@pytest.mark.law("4.2", "P1")
@pytest.mark.parametrize("kind", ["grace_shortened", "rung_changed"])
async def test_a_grace_that_a_fall_for_cause_cut_short_goes_on_after_an_appeal(village: Village, kind: str) -> None:
    """Appealed against can be the fall, or the row that says how the grace was shortened: the tier is back, and what was
    left of the grace, where the audience is still too large for that tier."""
    steward = {**TRAINED, "name": "steward", "followers": 9}
    home = await village.server(higher=[{**TRAINED, "followers": 5}, steward])
    ada, kay, lou = await home.person("ada"), await staff(home, "kay"), await staff(home, "lou")
    await signs(ada)
    await home.write(granting.set_by_word, home.urls, ada.id, "steward", kay.id, "passed")
    await village.work()
    for fan in await crowd(village, home, 6):
        await fan.follow(ada)
    await home.write(granting.set_by_word, home.urls, ada.id, "trained", kay.id, "lent out")
    await village.work()
    assert await settling(ada) == [("admin", 14)]
    at_once = partial(granting.set_by_word, for_cause=True)
    await home.write(at_once, home.urls, ada.id, "neighbours", kay.id, "fraud")
    await village.work()
    assert await tier(ada) == "neighbours"
    assert "paused" in (await ada.followers()).values()
    assert await grant(lou, await appeal(ada, kind))
    assert await tier(ada) == "trained" and await settling(ada) == [("admin", 14)]
    assert set((await ada.followers()).values()) == {"admitted"}


@pytest.mark.law("P1")
async def test_what_somebody_was_given_since_is_not_taken_by_a_granted_appeal(village: Village) -> None:
    """Neither the tier nor the office that they have by a later decision, and a higher one."""
    home = await village.server(higher=[TRAINED, {**TRAINED, "name": "steward", "followers": 9}])
    ada, kay, lou = await home.person("ada"), await staff(home, "kay"), await staff(home, "lou")
    await signs(ada)
    for place in ("trained", "neighbours"):
        await home.write(granting.set_by_word, home.urls, ada.id, place, kay.id, "why not")
    case = await appeal(ada, "rung_changed")
    await home.write(granting.set_by_word, home.urls, ada.id, "steward", kay.id, "passed")
    assert not await grant(lou, case)
    assert await tier(ada) == "steward"
    for role in ("certifier", "none"):
        await home.write(people.promote, "ada", role, kay.id)
    case = await appeal(ada, "role_changed")
    await home.write(people.promote, "ada", "admin", kay.id)
    assert not await grant(lou, case)
    assert (await home.all("SELECT role FROM local_accounts WHERE id = $1", ada.id))[0][0] == "admin"


@pytest.mark.law("4.2", "P1")
async def test_a_licence_that_ended_for_cause_stays_ended_and_its_settling_gets_the_grace(village: Village) -> None:
    """The end is its issuer's to say; that it left no time is undone: three days as after any revocation."""
    board = Board(village)
    home = await village.server(higher=[LICENSED], trust=[trusting(board)])
    ada, kay = await home.person("ada"), await staff(home, "kay")
    await brings(ada, board.issue(ada.uri, until=UNTIL))
    await consents(ada)
    for fan in await crowd(village, home, 6):
        await fan.follow(ada)
    await village.work()
    await _ends_for_cause(home, ada)
    assert sorted((await ada.followers()).values()) == ["admitted"] * 3 + ["paused"] * 3
    assert await grant(kay, await appeal(ada, "grace_begun"))
    assert await tier(ada) == "neighbours" and await settling(ada) == [("revoked", 3)]
    assert set((await ada.followers()).values()) == {"admitted"}
    await village.live(3 * DAY)
    assert sorted((await ada.followers()).values()) == ["admitted"] * 3 + ["paused"] * 3


@pytest.mark.law("4.2", "P1")
async def test_an_admin_says_for_cause_and_another_gives_back_what_was_left_of_the_grace(village: Village) -> None:
    """With a reason an admin ends a grace at once; granted, the days that were left are given from then on."""
    board = Board(village)
    home = await village.server(higher=[LICENSED], trust=[trusting(board)])
    ada, kay, lou = await home.person("ada"), await staff(home, "kay"), await staff(home, "lou")
    await brings(ada, board.issue(ada.uri))
    await consents(ada)
    for fan in await crowd(village, home, 6):
        await fan.follow(ada)
    await village.work()
    with pytest.raises(Conflict):
        await home.write(for_cause.say, ada.id, kay.id, "There is no grace")
    await home.trusts()
    await village.live(4 * DAY)
    assert set((await ada.followers()).values()) == {"admitted"}
    with pytest.raises(Unprocessable):
        await home.write(for_cause.say, ada.id, kay.id, "  ")
    with pytest.raises(Forbidden):
        await home.write(for_cause.say, ada.id, ada.id, "I want to")
    await home.write(for_cause.say, ada.id, kay.id, "Forged papers")
    await village.work()
    assert sorted((await ada.followers()).values()) == ["admitted"] * 3 + ["paused"] * 3
    shown = [one for one in await ada.get("/api/v1/notifications") if one["type"] == "moderation_warning"]
    assert len(shown) == 1 and "Forged papers" in str(await ada.get("/api/fedicert/v1/decisions"))
    assert await grant(lou, await appeal(ada, "said_for_cause"))
    assert set((await ada.followers()).values()) == {"admitted"}
    await village.live(9 * DAY)
    assert set((await ada.followers()).values()) == {"admitted"}
    await village.live(DAY)
    assert sorted((await ada.followers()).values()) == ["admitted"] * 3 + ["paused"] * 3


@pytest.mark.law("P1")
async def test_what_our_own_registrar_revoked_is_a_decision_too_and_the_tier_comes_back(village: Village) -> None:
    """The licence has to be issued anew; until then whoever appealed stands where it had put them, and no longer."""
    board = Board(village)
    home = await village.server(higher=[LICENSED], trust=[trusting(board)])
    ada, kay = await home.person("ada"), await staff(home, "kay")
    await brings(ada, board.issue(ada.uri))
    await consents(ada)
    board.revoke(1)
    await village.pass_time(DAY)
    await home.look_again()
    assert await tier(ada) == "neighbours"
    assert await ada.get("/api/fedicert/v1/decisions") == [], "somebody else's registrar is nobody here"
    # The board is this server's own from here on, as far as names go.
    await home.run("UPDATE settings SET value = 'https://board.example' WHERE key = 'web_domain'")
    assert await grant(kay, await appeal(ada, "rung_changed"))
    assert await tier(ada) == "licensed"
    await brings(ada, board.issue(ada.uri, index=2))
    await consents(ada, number=2)
    board.revoke(2)
    await village.pass_time(DAY)
    await home.look_again()
    assert await tier(ada) == "neighbours", "a new licence took its place, and has ended itself"


@pytest.mark.law("P1")
async def test_a_waiver_whose_refusal_an_older_version_wrote_down_is_given_on_appeal(
    village: Village, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its number stands in the row itself there, and not beside the chain."""
    home = await village.server()
    ada, kay, lou = await home.person("ada"), await staff(home, "kay"), await staff(home, "lou")
    asked = await ada.post("/api/fedicert/v1/waivers", followers=9, reason="A feast", days=10)
    with monkeypatch.context() as older:
        older.setattr(ledger, "PLAIN", ledger.PLAIN | {"waiver"})
        await kay.post(f"/api/fedicert/v1/admin/waivers/{asked['id']}/refuse", reason="No")
    assert await grant(lou, await appeal(ada, "waiver_refused"))
    assert [one["state"] for one in await ada.get("/api/fedicert/v1/waivers")] == ["given"]


@pytest.mark.law("P1")
async def test_a_waiver_that_was_ended_holds_for_what_was_left_of_its_time(village: Village) -> None:
    """Ended early by one admin, it is in force again by the word of another, no longer than it would have been."""
    home = await village.server()
    ada, kay, lou = await home.person("ada"), await staff(home, "kay"), await staff(home, "lou")
    asked = await ada.post("/api/fedicert/v1/waivers", followers=9, reason="A feast", days=10)
    given = await lou.post(f"/api/fedicert/v1/admin/waivers/{asked['id']}/give")
    await village.pass_time(DAY)
    await kay.post(f"/api/fedicert/v1/admin/waivers/{asked['id']}/end", reason="It is over")
    case = await appeal(ada, "waiver_ended")
    assert await grant(lou, case)
    (waiver,) = await ada.get("/api/fedicert/v1/waivers")
    assert (waiver["state"], waiver["until"]) == ("given", given["until"])
    await village.pass_time(9 * DAY)
    assert [one["state"] for one in await ada.get("/api/fedicert/v1/waivers")] == ["ended"]


async def _ends_for_cause(home: Place, person: Resident) -> None:
    """As a look at the licence would say it."""
    rows = await home.all("SELECT href FROM licences WHERE account = $1", person.id)
    now = home.village.clock.now()
    verdict = Verdict(
        outcome="invalid",
        reason="for_cause",
        checks=(),
        licence=None,
        entry=None,
        checked_at=now,
        check_again_at=now + DAY,
    )
    await home.write(certification.record_verdict, home.urls, person.id, rows[0][0], verdict)
    await home.village.work()
