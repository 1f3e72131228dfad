"""People who decide: leaving the lowest rung means agreeing to a short, versioned code; its digest stands on the profile."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from fedicert.base.clock import DAY, HOUR
from fedicert.base.errors import Conflict, Forbidden, Unprocessable
from fedicert.base.log import iso
from fedicert.operations import certification, granting, responsibility
from fedicert.text.codes import DEFAULT
from tests.stories.licensing import LICENSED, Board, brings, crowd, fields, seen, signs, tier, trusting
from tests.stories.offices import Browser, staff
from tests.stories.village import Place, Resident, Village, words

FIELD = "Code of responsibility"
TOWN_HALL: dict[str, Any] = {"name": "trained", "enter": ["examination"], "followers": 8}
NEWER = "We answer for what we say, and say so when we were wrong. That is all of it.\n"


async def _grant(home: Place, person: Resident, by: Resident, rung: str = "trained") -> None:
    await home.write(granting.set_by_word, home.urls, person.id, rung, by.id, "passed the course at the library")
    await home.village.work()


async def _publish(home: Place, by: Resident, text: str = NEWER) -> str:
    code = await home.write(responsibility.publish, text, by.id, "The old one was too long")
    return str(code.digest)


@pytest.mark.law("P3")
async def test_a_licence_lifts_nobody_who_has_not_agreed_to_the_code(village: Village) -> None:
    """The grant of a licence waits for the signature, says so, and lifts in the moment of agreeing."""
    board = Board(village)
    home = await village.server(higher=[LICENSED], trust=[trusting(board)])
    ada = await home.person("ada")
    fans = await crowd(village, home, 5)
    for fan in fans:
        await fan.follow(ada)
    names = [fan.name for fan in fans]
    await brings(ada, board.issue(ada.uri))
    answer = await ada.http.get("/api/fedicert/v1/agreement")
    assert answer.json()["waits_for"] is None

    await _consent(ada)
    assert await tier(ada) == "neighbours" and await ada.audience() == names[:3]
    assert ("rung_waits", "people: code of responsibility") in await ada.ledger()
    agreement = await ada.get("/api/fedicert/v1/agreement")
    assert (agreement["agreed"], agreement["waits_for"], agreement["up_to_date"]) == (None, "licensed", False)

    await ada.post("/api/fedicert/v1/agreement", version=agreement["version"])
    await village.work()
    assert await tier(ada) == "licensed" and await ada.audience() == names
    kinds = [kind for kind, _ in await ada.ledger()]
    assert kinds.index("rung_waits") < kinds.index("code_agreed") < kinds.index("rung_changed")


async def _consent(person: Resident) -> None:
    await person.place.write(certification.consent, person.place.urls, person.id, 1, "number")
    await person.place.village.work()


async def test_an_admins_word_waits_for_it_too(village: Village) -> None:
    """Whatever grants a higher rung: without the code nobody leaves the lowest."""
    home = await village.server(higher=[TOWN_HALL])
    ada, kay = await home.person("ada"), await staff(home, "kay")
    await _grant(home, ada, kay)
    assert await tier(ada) == "neighbours"
    await signs(ada)
    assert await tier(ada) == "trained"
    assert ("rung_changed", "people: code of responsibility") in await ada.ledger()
    await _grant(home, ada, kay, "neighbours")
    assert await tier(ada) == "neighbours" and ("rung_changed", "law 4") in await ada.ledger()


@pytest.mark.law("P3")
async def test_its_digest_stands_on_the_profile_above_the_lowest_rung(village: Village) -> None:
    """Everybody, here and elsewhere, sees which version somebody signed; below it nothing is shown."""
    home, far = await village.server(higher=[TOWN_HALL]), await village.server("far.example")
    ada, ben, kay = await home.person("ada"), await home.person("ben"), await staff(home, "kay")
    bob = await far.person("bob")
    await bob.follow(ada)
    await village.work()
    await signs(ada)
    assert FIELD not in await fields(ben, ada)
    await _grant(home, ada, kay)
    digest = hashlib.sha256(DEFAULT.encode()).hexdigest()
    for viewer in (ben, bob):
        value, green = (await fields(viewer, ada))[FIELD]
        assert digest in value and "version 1" in value and not green
    named = [field["name"] for field in (await ada.document())["attachment"]]
    assert named == [FIELD]
    assert FIELD in await Browser(home).open("/@ada")
    own = await ada.get("/api/v1/accounts/verify_credentials")
    assert FIELD in [field["name"] for field in own["fields"]] and own["source"]["fields"] == []
    await _grant(home, ada, kay, "neighbours")
    assert FIELD not in await fields(ben, ada) and FIELD not in await fields(bob, ada)


async def test_nobody_writes_that_field_themselves(village: Village) -> None:
    """The field is the server's own: what a client sends under its name, or one like it, is left out."""
    home = await village.server()
    ada, ben = await home.person("ada"), await home.person("ben")
    for name in (FIELD, "code of RESPONSIBILITY", "Cоde of responsibility"):
        await ada.set(fields_attributes=[{"name": name, "value": "version 9"}, {"name": "Web", "value": "ada.example"}])
        assert [field["name"] for field in (await seen(ben, ada))["fields"]] == ["Web"]


@pytest.mark.law("P4")
async def test_a_newer_version_is_agreed_to_before_the_next_post_beyond_the_lowest_rungs_limits(
    village: Village,
) -> None:
    """Such a post is refused with a sentence that says where to agree; within the lowest rung's limits it goes."""
    home = await village.server(higher=[TOWN_HALL | {"strangers": 5}], visibility="unlisted", strangers=1)
    ada, kay = await home.person("ada"), await staff(home, "kay")
    for name in ("bea", "cyd", "dot"):
        await home.person(name)
    await signs(ada)
    await _grant(home, ada, kay)
    before = await ada.say("Hear, hear", visibility="public")
    await _publish(home, kay)
    await village.work()
    assert await tier(ada) == "trained", "nobody falls for a newer version"

    async def says(text: str, **more: Any) -> tuple[int, str]:
        answer = await ada.http.post("/api/v1/statuses", json={"status": text, **more})
        return answer.status_code, answer.json().get("error", "")

    status, told = await says("To all", visibility="public")
    assert status == 422
    assert told == (
        "Not posted: version 2 of this server's code of responsibility holds, and you haven't agreed to it yet. Until you"
        " do, posts stay within the limits of the tier neighbours. Read it and agree here:"
        " https://home.example/settings/code"
    )
    assert (await says("To mine", visibility="unlisted"))[0] == 200
    assert (await says("@bea hello", visibility="unlisted"))[0] == 200
    assert (await says("@cyd hello", visibility="unlisted"))[0] == 422, "beyond the lowest rung's strangers"
    edited = await ada.http.put(f"/api/v1/statuses/{before['id']}", json={"status": "Another thing"})
    assert edited.status_code == 422, "an edit is no way around it"
    preview = await ada.http.post(
        "/api/v1/statuses", params={"preview": "1"}, json={"status": "x", "visibility": "public"}
    )
    assert "code of responsibility" in preview.text
    assert ("refused", "people: code of responsibility") in await ada.ledger()

    assert (await ada.http.post("/api/fedicert/v1/agreement", json={"version": 1})).status_code == 409
    await signs(ada)
    assert (await says("To all", visibility="public"))[0] == 200
    assert (await says("@cyd hello", visibility="unlisted"))[0] == 200


async def test_an_audience_above_the_lowest_cap_is_beyond_its_limits(village: Village) -> None:
    """Whoever speaks to more people than the lowest rung has speaks to them under the code that holds, or to few."""
    home = await village.server(higher=[TOWN_HALL])
    ada, kay = await home.person("ada"), await staff(home, "kay")
    await signs(ada)
    await _grant(home, ada, kay)
    for fan in await crowd(village, home, 4):
        await fan.follow(ada)
    await _publish(home, kay)
    refused = await ada.http.post("/api/v1/statuses", json={"status": "To all four", "visibility": "private"})
    direct = await ada.http.post("/api/v1/statuses", json={"status": "@kay hello", "visibility": "direct"})
    assert (refused.status_code, direct.status_code) == (422, 200)
    post = await kay.say("A word")
    boost = await ada.http.post(f"/api/v1/statuses/{post['id']}/reblog")
    assert boost.status_code == 422


async def test_every_version_is_public_and_stays(village: Village) -> None:
    """Anybody can read the text, compare its digest, and read the version that somebody signed earlier."""
    home = await village.server()
    kay, ada = await staff(home, "kay"), await home.person("ada")
    digest = await _publish(home, kay)
    browser = Browser(home)
    page = await browser.open("/code-of-responsibility")
    assert digest in page and "We answer for what we say" in page
    assert hashlib.sha256(DEFAULT.encode()).hexdigest() in await browser.open("/code-of-responsibility/1")
    await browser.open("/code-of-responsibility/3", 404)
    shown = (await browser.http.get("/api/fedicert/v1/code")).json()
    assert (shown["version"], shown["digest"]) == (2, hashlib.sha256(shown["text"].encode()).hexdigest())
    assert (await browser.http.get("/api/fedicert/v1/code/1")).json()["text"] == DEFAULT
    rows = await home.all("SELECT body FROM ledger WHERE kind = 'code_published' ORDER BY seq")
    assert len(rows) == 2 and digest in rows[1][0]
    for fault in ((ada, NEWER + "!", "why"), (kay, NEWER, "again"), (kay, "short", "why"), (kay, NEWER + "!", " ")):
        with pytest.raises((Forbidden, Conflict, Unprocessable)):
            await home.write(responsibility.publish, fault[1], fault[0].id, fault[2])


async def test_agreeing_on_a_page(village: Village) -> None:
    """A browser is enough: the page shows the text and what waits, and one button signs it."""
    home = await village.server(higher=[TOWN_HALL])
    ada, kay = await home.person("ada"), await staff(home, "kay")
    await _grant(home, ada, kay)
    browser = Browser(home)
    await browser.log_in(ada)
    page = await browser.open("/settings/code")
    assert "is yours as soon as you agree" in page and "Whoever speaks to more people" in page
    await _publish(home, kay)
    assert "version 2 of the code holds" in await browser.send("/settings/code", 409, version=1)
    assert "You agreed to version 2" in await browser.send("/settings/code", version=2)
    assert await tier(ada) == "trained"


@pytest.mark.law("P4", "W10")
async def test_a_quoted_author_counts_as_answered_before_the_code_too(village: Village) -> None:
    """Who hasn't agreed to the newer version may answer as many as anybody on the lowest rung, quoted authors included."""
    home = await village.server(higher=[TOWN_HALL], answers_per_day=1)
    ada, kay, bea = await home.person("ada"), await staff(home, "kay"), await home.person("bea")
    await signs(ada)
    await _grant(home, ada, kay)
    posts = [await bea.say(f"Number {number}") for number in range(3)]
    assert (await _quotes(ada, posts[0]))[0] == 200
    assert (await _quotes(ada, posts[1]))[0] == 200, "her own rung has no such limit"
    await village.pass_time(DAY)
    await _publish(home, kay)
    assert (await _quotes(ada, posts[0]))[0] == 200
    status, told = await _quotes(ada, posts[1])
    assert status == 422 and "code of responsibility" in told
    preview = await ada.http.post(
        "/api/v1/statuses", params={"preview": "1"}, json={"status": "x", "quoted_status_id": posts[1]["id"]}
    )
    assert "code of responsibility" in preview.text


async def _quotes(person: Resident, post: dict[str, Any]) -> tuple[int, str]:
    answer = await person.http.post("/api/v1/statuses", json={"status": "She said", "quoted_status_id": post["id"]})
    return answer.status_code, answer.json().get("error", "")


@pytest.mark.law("C14", "P4")
async def test_a_post_for_later_that_the_code_stops_becomes_a_draft(village: Village) -> None:
    """Judged when it is sent: a newer version of the code was published meanwhile. The draft says so, @limits too, and
    signed it goes out."""
    home = await village.server(higher=[TOWN_HALL], visibility="unlisted")
    ada, kay = await home.person("ada"), await staff(home, "kay")
    await signs(ada)
    await _grant(home, ada, kay)
    kept = await ada.say("To all", visibility="public", scheduled_at=iso(village.clock.now() + HOUR))
    await _publish(home, kay)
    await village.pass_time(HOUR)
    (draft,) = await ada.get("/api/fedicert/v1/drafts")
    assert draft["id"] == kept["id"] and "code of responsibility" in draft["refused"]
    shown = await ada.get("/api/v1/notifications", **{"types[]": "mention"})
    told = [one["status"]["content"] for one in shown if one["account"]["username"] == "limits"]
    (text,) = [text for text in told if "code of responsibility" in text and "post" in text]  # one message, not two
    assert "wasn't posted when its time came" in words(text)
    assert await ada.get(f"/api/v1/accounts/{ada.id}/statuses") == []
    await signs(ada)
    moved = await ada.http.put(
        f"/api/v1/scheduled_statuses/{kept['id']}", json={"scheduled_at": iso(village.clock.now() + HOUR)}
    )
    assert moved.status_code == 200
    await village.pass_time(HOUR)
    (status,) = await ada.get(f"/api/v1/accounts/{ada.id}/statuses")
    assert words(status["content"]) == "To all" and status["visibility"] == "public"
