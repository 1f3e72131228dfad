"""Law 10: alternative accounts don't multiply reach. The accounts of one person divide the cap of their tier."""

from __future__ import annotations

from typing import Any

import pytest

from fedicert.base.clock import DAY, MINUTE
from fedicert.operations import commands
from tests.stories.licensing import LICENSED, Board, brings, consents, tier, trusting, withdraws
from tests.stories.offices import Browser, another, shares
from tests.stories.village import Place, Resident, Village, words

LADDER: Any = {"followers": 10}


async def _fans(place: Place, count: int, of: Resident, after: int = 0) -> list[Resident]:
    fans = [await place.person(f"fan{number}") for number in range(after, after + count)]
    for fan in fans:
        await fan.follow(of)
    return fans


@pytest.mark.law("10.1")
async def test_another_account_begins_without_slots_and_nobody_is_dropped_for_it(village: Village) -> None:
    """Whoever makes another account keeps the audience of the first, and divides the cap as they like."""
    home = await village.server(**LADDER)
    ada = await home.person("ada")
    await _fans(home, 4, ada)
    bea = await another(ada, "bea")
    assert await shares(ada) == {"ada": 10, "bea": 0}
    assert len(await ada.audience()) == 4

    answer = await ada.http.put("/api/fedicert/v1/accounts/shares", json={"shares": {"ada": 6, "bea": 4}})
    assert answer.status_code == 200
    assert await shares(bea) == {"ada": 6, "bea": 4}

    fans = await _fans(home, 6, bea, after=10)
    await village.work()
    assert len(await bea.audience()) == 4 and await bea.waiting() == [fan.name for fan in fans[4:]]
    assert (await bea.document())["manuallyApprovesFollowers"] is True
    assert (await ada.document())["manuallyApprovesFollowers"] is False, "one filling up shows nothing about another"
    assert ("share_changed", "law 10") in await ada.ledger() and ("share_changed", "law 10") in await bea.ledger()


@pytest.mark.law("10.1")
async def test_shares_never_add_up_to_more_than_the_cap(village: Village) -> None:
    """More than the tier has can't be given away, by no door, and the database itself refuses it."""
    home = await village.server(**LADDER)
    ada = await home.person("ada")
    bea = await another(ada, "bea", slots=3)
    assert await shares(ada) == {"ada": 7, "bea": 3}
    answer = await ada.http.put("/api/fedicert/v1/accounts/shares", json={"shares": {"ada": 8, "bea": 3}})
    assert answer.status_code == 422
    assert answer.json()["error"] == "not divided: the shares add up to 11, and the tier has 10"
    for wrong in ({"ada": -1}, {"ada": "many"}, {"zoe": 1}, {}, "all"):
        answer = await ada.http.put("/api/fedicert/v1/accounts/shares", json={"shares": wrong})
        assert answer.status_code == 422, wrong
    answer = await bea.http.post("/api/fedicert/v1/accounts", json={"username": "cyd", "slots": 11})
    assert answer.status_code == 422
    assert answer.json()["error"] == "your accounts on this tier share 10 followers, and 10 of these slots are empty"
    assert await shares(ada) == {"ada": 7, "bea": 3}


@pytest.mark.law("10.1")
async def test_a_share_below_its_audience_settles_and_gives_nothing_away_before(village: Village) -> None:
    """Lowering a share is lowering a cap: nobody is dropped at once, and nobody's slot is used twice meanwhile."""
    home = await village.server(**LADDER)
    ada = await home.person("ada")
    bea = await another(ada, "bea", slots=2)
    fans = await _fans(home, 8, ada)
    waiting = await _fans(home, 3, bea, after=20)
    await village.work()
    assert await bea.waiting() == [waiting[2].name]

    answer = await ada.http.put("/api/fedicert/v1/accounts/shares", json={"shares": {"ada": 7, "bea": 3}})
    assert answer.status_code == 422 and "people sit in 1 of these slots" in answer.json()["error"]
    answer = await ada.http.put("/api/fedicert/v1/accounts/shares", json={"shares": {"ada": 7}})
    assert answer.status_code == 200
    await village.work()
    assert len(await ada.audience()) == 8, "in grace everybody keeps their copies"
    assert ("grace_begun", "law 4") in await ada.ledger() and ("grace_begun", "law 4") not in await bea.ledger()

    await ada.remove(fans[0])
    await village.work()
    assert ("settling_ended", "law 4") in await ada.ledger()
    await ada.http.put("/api/fedicert/v1/accounts/shares", json={"shares": {"bea": 3}})
    await village.work()
    assert len(await bea.audience()) == 3 and await bea.waiting() == []


@pytest.mark.law("10.1")
async def test_who_rises_stands_on_a_rung_of_its_own(village: Village) -> None:
    """Accounts on different tiers don't share: who is left alone has the whole cap; who falls back finds room."""
    board = Board(village)
    home = await village.server(**LADDER, higher=[LICENSED], trust=[trusting(board)])
    ada = await home.person("ada")
    bea = await another(ada, "bea", slots=4)
    await _fans(home, 3, ada)
    await brings(bea, board.issue(bea.uri))
    await consents(bea)
    assert await tier(bea) == "licensed"
    assert await shares(ada) == {"ada": 10, "bea": None}

    await _fans(home, 9, bea, after=30)
    await withdraws(bea)
    await village.work()
    assert await shares(ada) == {"ada": 3, "bea": 7}, "what nobody sits in goes to whoever needs it"
    assert len(await ada.audience()) == 3 and len(await bea.audience()) == 9
    assert ("grace_begun", "law 4") in await bea.ledger() and ("grace_begun", "law 4") not in await ada.ledger()


async def test_when_an_account_is_deleted_the_other_has_the_whole_cap_again(village: Village) -> None:
    """What a deleted account had is free, and its owner's last account on the tier has all of it."""
    home = await village.server(**LADDER)
    ada = await home.person("ada")
    bea = await another(ada, "bea", slots=8)
    fans = await _fans(home, 4, ada)
    await village.work()
    assert await ada.waiting() == [fan.name for fan in fans[2:]]
    await bea.leave()
    await village.work()
    assert await shares(ada) == {"ada": 10}
    assert await ada.waiting() == []


async def test_when_the_tiers_cap_falls_shares_fall_with_it(village: Village) -> None:
    """An admin who lowers a cap lowers every share of it in the same moment; the sum stays within the cap."""
    home = await village.server(**LADDER)
    owner, ada = await home.person("owl", role="owner"), await home.person("ada")
    await another(ada, "bea", slots=5)
    await home.change_rung(owner, {"followers": 5}, "a smaller hall")
    assert await shares(ada) == {"ada": 2, "bea": 2}
    await home.change_rung(owner, {"followers": "none"}, "no cap at all")
    assert await shares(ada) == {"ada": None, "bea": None}
    await home.change_rung(owner, {"followers": 9}, "a cap again")
    assert await shares(ada) == {"ada": 4, "bea": 4}


@pytest.mark.law("10.2")
async def test_strangers_are_counted_for_the_person_not_the_account(village: Village) -> None:
    """Two accounts of one person address no more strangers than one."""
    home = await village.server(**LADDER, strangers=2)
    ada = await home.person("ada")
    bea = await another(ada, "bea")
    for name in ("cyd", "dot", "eve"):
        await home.person(name)
    await ada.say("Hello @cyd")
    await bea.say("Hello @dot")
    answer = await bea.http.post("/api/v1/statuses", json={"status": "Hello @eve"})
    assert answer.status_code == 422 and "2 used" in answer.json()["error"]


async def test_accounts_are_made_and_divided_on_a_page(village: Village) -> None:
    """A browser is enough: the page shows every account with its number, and takes a new division."""
    home = await village.server(**LADDER)
    ada = await home.person("ada")
    browser = Browser(home)
    await browser.log_in(ada)
    assert "Your accounts" in await browser.open("/settings/accounts")
    await browser.send("/settings/accounts", name="bea", slots=4)
    assert await shares(ada) == {"ada": 6, "bea": 4}
    told = await browser.send("/settings/accounts/shares", status=422, **{"slots-ada": 9, "slots-bea": 4})
    assert "add up to 13" in told
    await browser.open("/settings/accounts")
    await browser.send("/settings/accounts/shares", **{"slots-ada": 5, "slots-bea": 5})
    assert await shares(ada) == {"ada": 5, "bea": 5}


# Nobody turns an audience over by means of a second account


async def _divides(person: Resident, **slots: int) -> None:
    answer = await person.http.put("/api/fedicert/v1/accounts/shares", json={"shares": slots})
    assert answer.status_code == 200, answer.text


async def _lets_go(village: Village, person: Resident, *gone: Resident) -> None:
    for one in gone:
        await person.remove(one)
    await village.pass_time(11 * MINUTE)


async def _used(person: Resident) -> tuple[int, int]:
    found = await person.get("/api/fedicert/v1/turnover")
    return found["used"], found["limit"]


@pytest.mark.law("1.7", "10.1")
async def test_what_was_filled_again_goes_along_with_the_slots_that_another_account_gets(village: Village) -> None:
    """Ada fills her four slots again as often as she may, and gives two of them to Bea: that is used there, too."""
    home = await village.server(followers=6)
    ada = await home.person("ada")
    bea = await another(ada, "bea", slots=2)
    crowd = await _fans(home, 10, ada)
    await village.work()
    await _lets_go(village, ada, *crowd[:4])
    assert await ada.audience() == ["fan4", "fan5", "fan6", "fan7"]
    assert await _used(ada) == (4, 4)

    others = await _fans(home, 8, bea, after=20)
    await _lets_go(village, ada, *crowd[4:6])
    assert await ada.audience() == ["fan6", "fan7"] and await ada.waiting() == ["fan8", "fan9"]
    await _divides(ada, ada=2, bea=4)
    await village.work()
    assert len(await bea.audience()) == 4
    assert await _used(ada) == (2, 2)
    assert await _used(bea) == (4, 4), "two that Ada used, and two freed slots that were filled again now"

    await _lets_go(village, bea, *others[:2])
    assert len(await bea.audience()) == 2, "six times in thirty days, and their tier has six"
    answer = await bea.http.post(f"/api/v1/follow_requests/{await bea.account(others[7])}/authorize")
    when = (await bea.get("/api/fedicert/v1/turnover"))["frees_at"]
    assert answer.status_code == 422
    assert answer.json()["error"].startswith(
        "Slots that you freed yourself may be filled again 4 times in 30 days, and that is used up. Of it, 2 times were"
        f" used by another account of yours, and came along with its slots. The next one may be filled from {when[:10]} "
    )
    told = [words(one["status"]["content"]) for one in await bea.get("/api/v1/notifications", **{"types[]": "mention"})]
    (said,) = [text for text in told if "stays empty for now" in text]
    assert "2 times were used by another account of yours, and came along with its places." in said
    assert (await bea.get("/api/fedicert/v1/reach"))["refills"]["left"] == 0
    assert (await bea.get("/api/fedicert/v1/turnover"))["along"] == 2
    report = await home.write(commands.line_status, "bea")
    assert (report.left, report.along) == (0, 2)
    assert (await bea.document())["manuallyApprovesFollowers"] is True

    await village.pass_time(30 * DAY)
    assert len(await bea.audience()) == 4, "what is thirty days old counts no longer, wherever it was used"
    assert (await home.verify_ledger()).findings == []


@pytest.mark.law("1.7", "10.1")
async def test_slots_that_were_freed_are_freed_ones_on_another_account_too(village: Village) -> None:
    """Freed slots go back and forth between two accounts, each of which fills them as if they were new: they aren't."""
    home = await village.server(followers=4)
    ada = await home.person("ada")
    bea = await another(ada, "bea", slots=0)
    met = set()
    for number in range(6):
        giver, taker = (ada, bea) if number % 2 else (bea, ada)
        for one in await giver.get(f"/api/v1/accounts/{giver.id}/followers"):
            await giver.post(f"/api/v1/accounts/{one['id']}/remove_from_followers")
        await _divides(giver, **{giver.name: 0, taker.name: 4})
        await _fans(home, 5, taker, after=10 * number)
        await village.pass_time(11 * MINUTE)
        met |= {*await ada.audience(), *await bea.audience()}
    assert len(met) == 8, "four who came to begin with, and four in thirty days to slots that were freed"
    await village.pass_time(30 * DAY)
    met |= {*await ada.audience(), *await bea.audience()}
    assert len(met) == 12


@pytest.mark.law("1.7", "10.1")
@pytest.mark.parametrize("way", ["share", "deletion"])
async def test_no_way_of_emptying_an_account_makes_its_slots_new(village: Village, way: str) -> None:
    """Lowering a share and removing whoever is too many, or deleting an account with all its people, frees slots, too."""
    home = await village.server(followers=4)
    ada = await home.person("ada")
    met: set[str] = set()
    for number in range(4):
        bea = await another(ada, f"bea{number}", slots=4 if way == "deletion" else 0)
        if way == "share":
            await _divides(ada, ada=0, **{bea.name: 4})
        await _fans(home, 5, bea, after=10 * number)
        await village.work()
        met |= set(await bea.audience())
        if way == "share":
            await _divides(ada, **{bea.name: 0})
            for one in await bea.get(f"/api/v1/accounts/{bea.id}/followers"):
                await bea.post(f"/api/v1/accounts/{one['id']}/remove_from_followers")
        else:
            await bea.leave()
        await village.work()
    assert len(met) == 8


@pytest.mark.law("1.7")
async def test_falling_and_rising_makes_no_freed_slot_new(village: Village) -> None:
    """Whoever falls below their audience, removes people, and rises again fills freed slots with it, not new ones."""
    board = Board(village)
    higher = {**LICENSED, "followers": 6}
    home = await village.server(followers=2, higher=[higher], trust=[trusting(board)])
    ada = await home.person("ada")
    credential = board.issue(ada.uri)
    await brings(ada, credential)
    await consents(ada)
    crowd = await _fans(home, 20, ada)
    await village.work()
    assert len(await ada.audience()) == 6
    await withdraws(ada)
    await _lets_go(village, ada, *crowd[:6])
    await brings(ada, credential)
    await consents(ada, number=2)
    await village.pass_time(11 * MINUTE)
    assert await tier(ada) == "licensed" and len(await ada.audience()) == 6
    assert await _used(ada) == (6, 6)
