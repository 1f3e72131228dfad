"""Law 6. "A licence has a scope." Off duty, by one's own word or a moderator's, the lowest rung's limits hold."""

from __future__ import annotations

from typing import Any

import pytest

from fedicert.base.clock import DAY
from fedicert.base.errors import Conflict, Forbidden, NotFound, Unprocessable
from fedicert.operations import keeping, marking
from tests.stories.licensing import LICENSED, Board, brings, consents, tier, trusting
from tests.stories.village import Place, Resident, Village

PERMITTED = LICENSED | {"visibility": "listed", "boosts": "anyone"}
LOWEST: dict[str, Any] = {"followers": 3, "visibility": "unlisted", "boosts": "audience", "strangers": 2}


class Street:
    """Ada, licensed, with an audience of six: two here, two at pair.example, one each at two others; a cap of three at the
    bottom of the ladder."""

    def __init__(self, village: Village) -> None:
        self.village = village

    async def build(self, **lowest: Any) -> Street:
        self.board = Board(self.village)
        self.home: Place = await self.village.server(
            higher=[PERMITTED], trust=[trusting(self.board)], **(LOWEST | lowest)
        )
        self.mod: Resident = await self.home.person("mod", role="moderator")
        self.ada: Resident = await self.home.person("ada")
        await brings(self.ada, self.board.issue(self.ada.uri))
        await consents(self.ada)
        self.here, self.too = await self.home.person("here"), await self.home.person("too")
        self.pair = self.village.foreign("pair.example")
        self.one, self.other = self.village.foreign("one.example"), self.village.foreign("other.example")
        self.carl, self.cleo = self.pair.person("carl"), self.pair.person("cleo")
        self.dora, self.emil = self.one.person("dora"), self.other.person("emil")
        await self.here.follow(self.ada)
        for friend in (self.carl, self.dora, self.cleo, self.emil):
            await friend.follow(self.ada)
            await self.village.work()
        await self.too.follow(self.ada)
        await self.village.work()
        assert len(await self.ada.audience()) == 6
        return self

    async def reaches(self, text: str, **fields: Any) -> list[str]:
        """Ada says something; in whose home it is."""
        await self.ada.say(text, **fields)
        await self.village.work()
        return await self.sees(text)

    async def sees(self, text: str) -> list[str]:
        there = [one.name for one in (self.here, self.too) if text in await one.home()]
        return there + [one.name for one in (self.carl, self.cleo, self.dora, self.emil) if text in one.home]


@pytest.fixture
async def street(village: Village) -> Street:
    return await Street(village).build()


@pytest.mark.law("6.2")
@pytest.mark.parametrize("how", ["hashtag", "field"])
async def test_off_duty_goes_to_the_set_that_throttle_would_keep(street: Street, how: str) -> None:
    """Marked by the hashtag or by the field, a post goes to those whom throttle would keep, and carries no permit."""
    assert await street.reaches("On duty") == ["here", "too", "carl", "cleo", "dora", "emil"]
    fields: dict[str, Any] = {"off_duty": True} if how == "field" else {}
    text = "My cat" if how == "field" else "My cat #OffDuty"
    status = await street.ada.say(text, visibility="public", **fields)
    await street.village.work()
    # The oldest first, and a server whole or not at all: one here, the pair; for another there's no room.
    assert await street.sees(text) == ["here", "carl", "cleo"]
    assert status["visibility"] == "unlisted" and status["fedicert"] == {
        "off_duty": True,
        "marked": False,
        "permit": None,
    }
    document = await street.home.fetch(status["uri"])
    assert "statedUnder" not in document and "proof" not in document
    assert "canAnnounce" in document["interactionPolicy"]  # the lowest rung's: its audience alone


@pytest.mark.law("6.2")
@pytest.mark.parametrize(
    ("text", "warning", "off"),
    [
        ("My cat", "#OffDuty", True),
        ("My cat ＃OFFDUTY", "", True),
        ("My cat\n\n#offduty.", "", True),
        ("My cat (#offduty)", "", True),
        ("See https://cats.example/#offduty", "", False),
        ("My cat #offdutycat", "", False),
        ("My cat &#35;offduty", "", False),
    ],
)
async def test_the_hashtag_counts_however_and_wherever_it_is_written(
    street: Street, text: str, warning: str, off: bool
) -> None:
    """In any case, with a wide sign, at the end of a sentence, in the content warning; in a preview and an edit as well. Not
    as a part of an address or of another hashtag."""
    seen = await street.ada.post("/api/v1/statuses", status=text, spoiler_text=warning, preview=1)
    assert seen["people"] == (3 if off else 6)
    status = await street.ada.say(text, spoiler_text=warning, visibility="public")
    assert (status["fedicert"]["off_duty"], status["fedicert"]["permit"] is None) == (off, off)
    plain = await street.ada.say("On duty")
    answer = await street.ada.http.put(
        f"/api/v1/statuses/{plain['id']}", json={"status": text, "spoiler_text": warning}
    )
    assert answer.json()["fedicert"]["off_duty"] is off


@pytest.mark.law("6.2")
@pytest.mark.parametrize("text", ["On duty", "Not any more"])
async def test_the_field_counts_in_an_edit_as_well(street: Street, text: str) -> None:
    """What was on duty is put outside by the field in an edit, whether or not its words change; and never back by it."""
    status = await street.ada.say("On duty")
    await street.village.work()
    path = f"/api/v1/statuses/{status['id']}"
    for asked in (True, False):
        answer = await street.ada.http.put(path, json={"status": text, "off_duty": asked})
        assert answer.json()["fedicert"] == {"off_duty": True, "marked": False, "permit": None}
        assert answer.json()["visibility"] == "unlisted"
    await street.village.work()
    document = await street.home.fetch(status["uri"])
    assert "statedUnder" not in document and "proof" not in document
    assert [one.home[-1] for one in (street.carl, street.dora)] == [text, "On duty"]


@pytest.mark.law("6.2")
async def test_whom_ada_pinned_is_in_the_set(street: Street) -> None:
    """The kept set is throttle's: the owner's pins come first."""

    async def pin(tx: Any) -> None:
        await keeping.pin(tx, street.ada.id, street.too.id)

    await street.home.write(pin)
    # Then the oldest; the pair is too large for the one place that is left, and the next one who fits has it.
    assert await street.reaches("My cat #offduty") == ["here", "too", "dora"]


@pytest.mark.law("6.2")
async def test_a_preview_says_so_beforehand(street: Street) -> None:
    """Asked before, the server says how many an off-duty post reaches, and at how many servers."""
    seen = await street.ada.post("/api/v1/statuses", status="My cat #offduty", preview=1)
    assert (seen["people"], seen["servers"], seen["visibility"]) == (3, 1, "unlisted")
    seen = await street.ada.post("/api/v1/statuses", status="My fuse", preview=1)
    assert (seen["people"], seen["servers"], seen["visibility"]) == (6, 3, "public")


@pytest.mark.law("6.2")
async def test_the_lowest_rungs_strangers_hold(street: Street) -> None:
    """Off duty she may address as many strangers as anybody at the bottom of the ladder."""
    names = " ".join(street.village.foreign(f"s{n}.example").person("pat").handle for n in range(3))
    answer = await street.ada.http.post("/api/v1/statuses", json={"status": f"Hello {names} #offduty"})
    assert answer.status_code == 422 and "stranger" in answer.json()["error"]
    assert (await street.ada.say(f"Hello {names}"))["fedicert"]["permit"] is not None


@pytest.mark.law("6.2", "5.3")
async def test_boosts_are_for_those_it_was_for(street: Street) -> None:
    """Only those whom an off-duty post is for may pass it on, and its author not at all: that would show it to everybody."""
    status = await street.ada.say("My cat #offduty")
    await street.village.work()
    for person, code in ((street.here, 200), (street.too, 403), (street.mod, 403), (street.ada, 403)):
        answer = await person.http.post(f"/api/v1/statuses/{status['id']}/reblog")
        assert answer.status_code == code, (person.name, answer.text)
    told = [(await one.get(f"/api/v1/statuses/{status['id']}"))["quote_approval"] for one in (street.mod, street.here)]
    assert [one["current_user"] for one in told] == ["denied", "automatic"], "their clients are told so beforehand"
    pinned = await street.ada.http.post(f"/api/v1/statuses/{status['id']}/pin")
    assert pinned.status_code == 422
    quote = {"status": "Look at my cat", "quoted_status_id": status["id"]}
    answer = await street.ada.http.post("/api/v1/statuses", json=quote)
    assert answer.status_code == 403 and "outside the scope of your licence" in answer.json()["error"]
    assert (await street.too.http.post("/api/v1/statuses", json=quote)).status_code == 403


@pytest.mark.law("6.2")
async def test_who_comes_later_or_fetches_finds_nothing_that_wasnt_for_them(village: Village) -> None:
    """Where the lowest rung is for followers alone, only those kept can fetch it; later followers' homes don't get it."""
    street = await Street(village).build(visibility="followers")
    status = await street.ada.say("My cat #offduty")
    await village.work()
    assert status["visibility"] == "private" and await street.sees("My cat #offduty") == ["here", "carl", "cleo"]
    path = f"/api/v1/statuses/{status['id']}"
    assert (await street.here.http.get(path)).status_code == 200
    assert (await street.too.http.get(path)).status_code == 404
    for person, code in ((street.carl, 200), (street.dora, 404)):
        assert (await person.server.fetch(person, status["uri"])).status == code
    late = await street.home.person("late")
    await late.follow(street.ada)
    await village.work()
    assert await late.home() == [] and (await late.http.get(path)).status_code == 404


@pytest.mark.law("6.2", "C13")
async def test_an_edit_never_widens_it(street: Street) -> None:
    """Taking the hashtag off changes the text alone."""
    status = await street.ada.say("My cat #offduty")
    await street.village.work()
    await street.ada.rewrite(status, "My cat, again")
    await street.village.work()
    assert await street.sees("My cat, again") == ["here", "carl", "cleo"]
    again = await street.ada.get(f"/api/v1/statuses/{status['id']}")
    assert again["visibility"] == "unlisted" and again["fedicert"]["off_duty"] and again["fedicert"]["permit"] is None


@pytest.mark.law("6.2", "2.5")
async def test_putting_the_hashtag_on_later_takes_the_permit_off_everywhere(street: Street) -> None:
    """The permit comes off wherever the post is; the new text goes to the kept set alone."""
    status = await street.ada.say("My fuse")
    await street.village.work()
    uri = status["uri"]
    assert "proof" in street.other.posts[uri]
    edited = await street.ada.rewrite(status, "My cat #offduty")
    await street.village.work()
    assert edited["visibility"] == "unlisted" and edited["fedicert"]["permit"] is None
    for server in (street.pair, street.one, street.other):
        assert "proof" not in server.posts[uri] and "statedUnder" not in server.posts[uri]
    assert "cat" in street.pair.posts[uri]["content"] and "fuse" in street.other.posts[uri]["content"]
    assert await street.sees("My cat #offduty") == ["here", "carl", "cleo"]
    assert "My cat #offduty" not in await street.too.home()


@pytest.mark.law("6.2")
async def test_where_the_lowest_rung_has_no_cap_it_goes_to_all(village: Village) -> None:
    """Uncapped, the kept set is the whole audience; there is still no permit."""
    street = await Street(village).build(followers="none", visibility="listed")
    assert len(await street.reaches("My cat #offduty")) == 6
    (status,) = [one for one in await street.ada.get("/api/v1/timelines/home") if "cat" in one["content"]]
    assert status["fedicert"]["permit"] is None and status["visibility"] == "public"


@pytest.mark.law("6.2", "C3")
async def test_a_lowest_rung_of_cap_zero_speaks_by_name_only(village: Village) -> None:
    """With a cap of 0 at the bottom an off-duty post reaches those it names."""
    street = await Street(village).build(followers=0)
    assert await street.reaches("My cat #offduty") == []
    await street.ada.say(f"My cat {street.dora.handle} #offduty")
    await village.work()
    assert await street.sees("My cat @dora #offduty") == ["dora"]


# The moderator's mark


async def marks(street: Street, status: dict[str, Any], why: str = "not about wiring") -> marking.MarkReport:
    done: marking.MarkReport = await street.home.write(
        marking.mark, street.home.urls, street.mod.id, int(status["id"]), why
    )
    await street.village.work()
    return done


@pytest.mark.law("6.3", "2.5")
async def test_a_moderator_puts_the_mark_on_afterwards(street: Street) -> None:
    """The permit comes off everywhere it ever was, who is outside the kept set loses the post, boosts are refused."""
    status = await street.ada.say("Vote for me", visibility="public")
    await street.village.work()
    assert "Vote for me" in await street.mod.public()
    await street.ada.remove(street.emil)
    await street.village.work()
    report = await marks(street, status)
    assert (report.account, report.by, report.standing, report.suspended) == ("ada", "mod", 1, False)
    for server in (street.pair, street.one, street.other):
        assert "proof" not in server.posts[status["uri"]] and "statedUnder" not in server.posts[status["uri"]]
    assert await street.sees("Vote for me") == ["here", "carl", "cleo", "dora"]  # what was sent, was sent
    assert "Vote for me" not in await street.mod.public()
    assert (await street.mod.http.post(f"/api/v1/statuses/{status['id']}/reblog")).status_code == 403
    told = (await street.mod.get(f"/api/v1/statuses/{status['id']}"))["quote_approval"]
    assert told["current_user"] == "denied"
    shown = await street.ada.get(f"/api/v1/statuses/{status['id']}")
    assert shown["fedicert"] == {"off_duty": True, "marked": True, "permit": None} and shown["visibility"] == "unlisted"
    assert ("post_marked", marking.RULE) in await street.ada.ledger()
    assert ("mention", "limits") in await street.ada.told()
    assert await street.home.verify_ledger()


@pytest.mark.law("6.4")
async def test_three_marks_within_ninety_days_suspend_the_rung(street: Street) -> None:
    """The third mark puts her on the lowest rung, where her audience settles; a mark that is undone gives the rung back."""
    said = [await street.ada.say(f"Vote {n}") for n in range(3)]
    await street.village.work()
    for status in said[:2]:
        assert not (await marks(street, status)).suspended
    assert await tier(street.ada) == "licensed"
    assert (await marks(street, said[2])).suspended
    assert await tier(street.ada) == "neighbours"
    assert "fedicert" not in await street.ada.say("From below")
    rows = await street.home.all("SELECT stage FROM settlings WHERE account = $1 AND ended_at IS NULL", street.ada.id)
    assert [row[0] for row in rows] == ["grace"]
    kinds = [kind for kind, _ in await street.ada.ledger()]
    assert "rung_suspended" in kinds and "rung_changed" in kinds[kinds.index("rung_suspended") :]
    await street.home.write(marking.unmark, street.home.urls, street.mod.id, int(said[1]["id"]), "it was about wiring")
    await street.village.work()
    assert await tier(street.ada) == "licensed"
    again = await street.ada.get(f"/api/v1/statuses/{said[1]['id']}")
    assert again["visibility"] == "public" and again["fedicert"]["permit"]["state"] == "valid"
    assert "proof" in street.pair.posts[said[1]["uri"]]
    assert [kind for kind, _ in await street.ada.ledger() if kind in ("mark_undone", "rung_restored")] == [
        "mark_undone",
        "rung_restored",
    ]


@pytest.mark.law("6.4")
async def test_marks_wear_off_and_deleting_the_post_doesnt_help(street: Street) -> None:
    """Ninety days after the first of three the rung is back; a deleted post's mark counts as long."""
    for n in range(3):
        status = await street.ada.say(f"Vote {n}")
        await street.village.work()
        await marks(street, status)
        await street.ada.delete(status)
        await street.village.pass_time(DAY)
    assert await tier(street.ada) == "neighbours"
    await street.village.pass_time(86 * DAY)
    assert await tier(street.ada) == "neighbours"
    await street.village.pass_time(DAY)
    kinds = [kind for kind, _ in await street.ada.ledger()]
    assert kinds.count("rung_suspended") == 1 and kinds.count("rung_restored") == 1


@pytest.mark.law("6.3")
async def test_nobody_decides_their_own_case_and_only_staff_decides(street: Street) -> None:
    """Ada can't, a neighbour can't, a moderator can't mark their own; a letter is private; twice is no more than once."""
    status = await street.ada.say("Vote for me")
    letter = await street.ada.say("Vote", visibility="private")
    own = await street.mod.say("Mine")
    urls = street.home.urls
    for by, post, kind in (
        (street.here, status, Forbidden),
        (street.ada, status, Forbidden),
        (street.mod, own, Forbidden),
        (street.mod, letter, Unprocessable),
    ):
        with pytest.raises(kind):
            await street.home.write(marking.mark, urls, by.id, int(post["id"]), "why")
    with pytest.raises(Unprocessable):
        await street.home.write(marking.mark, urls, street.mod.id, int(status["id"]), "  ")
    with pytest.raises(NotFound):
        await street.home.write(marking.unmark, urls, street.mod.id, int(status["id"]), "why")
    await marks(street, status)
    with pytest.raises(Conflict):
        await marks(street, status)


@pytest.mark.law("6.3")
async def test_a_mark_by_the_staffs_own_tool(street: Street) -> None:
    """Through the API as well, with the staff's scopes and by the staff's role alone."""
    status = await street.ada.say("Vote for me")
    path = f"/api/fedicert/v1/admin/statuses/{status['id']}/mark"
    await street.home.run("UPDATE tokens SET scopes = 'read write'")
    assert (await street.mod.http.post(path, json={"reason": "why"})).status_code == 403
    await street.home.run("UPDATE tokens SET scopes = 'read write admin:read admin:write'")
    assert (await street.here.http.post(path, json={"reason": "why"})).status_code == 403
    answer = await street.mod.http.post(path, json={"reason": "not about wiring"})
    assert answer.status_code == 200 and answer.json()["account"] == "ada"
    (shown,) = await street.mod.get("/api/fedicert/v1/admin/marks")
    assert (shown["status"], shown["reason"], shown["undone_at"]) == (status["id"], "not about wiring", None)
    undone = await street.mod.http.post(path.replace("/mark", "/unmark"), json={"reason": "it was"})
    assert undone.status_code == 200 and undone.json()["undone_at"] is not None


@pytest.mark.law("7.5")
async def test_who_leaves_takes_what_was_said_of_their_posts_along(street: Street) -> None:
    """Of a mark on a post of somebody who was erased its moment is left, and no words."""
    for number in range(3):
        status = await street.ada.say(f"Not wiring {number}")
        await street.home.write(marking.mark, street.home.urls, street.mod.id, int(status["id"]), "about Ada's cat")
    await street.village.work()
    assert await street.home.all("SELECT 1 FROM rung_suspensions WHERE account = $1", street.ada.id) != []
    await street.ada.leave()
    await street.village.work()
    assert await street.home.all("SELECT 1 FROM rung_suspensions WHERE account = $1", street.ada.id) == []
    rows = await street.home.all("SELECT DISTINCT reason FROM scope_marks WHERE account = $1", street.ada.id)
    assert [row[0] for row in rows] == [""]
    shown = await street.home.write(marking.latest_for, street.mod.id)
    assert len(shown) == 3 and {one.reason for one in shown} == {""}
