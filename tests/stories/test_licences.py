"""Law and attestations: a licence lifts the cap, peers judge it by their own trust, and what ends takes it back."""

from __future__ import annotations

from typing import Any

import pytest

from fedicert.base.clock import DAY, HOUR, MINUTE
from fedicert.base.errors import Conflict, RemoteUnreachable, Unprocessable
from fedicert.jobs.upkeep import start_rounds
from fedicert.operations import looking
from tests.stories.licensing import (
    LICENSED,
    ROOMIER,
    Board,
    badges,
    brings,
    consents,
    crowd,
    entry,
    fields,
    settling,
    tier,
    trusting,
    withdraws,
)
from tests.stories.village import Place, Resident, Village

BADGE = "Master Electrician, US-NY (The Electrical Board)"
CHECKED = "Licence, as checked here"


class Town:
    """A server that trusts the board, Ada on it, five people who follow her: three fit."""

    def __init__(self, village: Village, board: Board, home: Place, ada: Resident, fans: list[Resident]) -> None:
        self.village, self.board, self.home, self.ada, self.fans = village, board, home, ada, fans


@pytest.fixture
async def town(village: Village) -> Town:
    board = Board(village)
    home = await village.server(higher=[LICENSED], trust=[trusting(board)], visibility="unlisted")
    ada = await home.person("ada")
    fans = await crowd(village, home, 5)
    for fan in fans:
        await fan.follow(ada)
    await village.work()
    assert await ada.audience() == ["fan0", "fan1", "fan2"] and await ada.waiting() == ["fan3", "fan4"]
    return Town(village, board, home, ada, fans)


@pytest.mark.law("7.1")
async def test_a_board_issues_the_professional_consents_and_those_who_wait_are_let_in(town: Town) -> None:
    ada, board = town.ada, town.board
    report = await brings(ada, board.issue(ada.uri))
    assert (report.outcome, report.number, report.tier) == ("trusted", 1, "licensed")
    assert report.shown is not None and report.shown.label == "Master Electrician ME-104422, US-NY"
    assert all(check.passed for check in report.checks)
    # Nothing is shown, nothing is lifted, before she consents.
    document = await ada.document()
    assert "hasCredential" not in document and document["attachment"] == []
    assert document["certificationTier"] == "neighbours"
    assert await tier(ada) == "neighbours" and await ada.waiting() == ["fan3", "fan4"]

    before = town.village.mark()
    await consents(ada)
    assert await tier(ada) == "licensed"
    assert await ada.waiting() == [] and len(await ada.audience()) == 5
    document = await ada.document()
    page = "https://home.example/@ada/licences/1"
    assert [link["href"] for link in document["hasCredential"]] == [
        f"{board.url}/credentials/1",
        "https://home.example/users/ada/licences/1",
    ]
    assert {link["digestMultibase"] for link in document["hasCredential"]} == {
        board.digest(f"{board.url}/credentials/1")
    }
    assert document["attachment"][0]["name"] == "Code of responsibility"
    assert document["attachment"][1:] == [
        {
            "type": "PropertyValue",
            "name": "Licence: Master Electrician, US-NY",
            "value": f'<a href="{page}" rel="me nofollow noopener" target="_blank">{page}</a>',
        }
    ]
    assert document["certificationTier"] == "licensed"
    kinds = [kind for kind, _ in await ada.ledger()]
    assert kinds[-4:] == ["licence_consented", "rung_changed", "released", "released"]
    assert await town.home.verify_ledger()
    assert (await ada.say("To the world", visibility="public"))["visibility"] == "public"
    assert before <= town.village.mark()


async def test_peers_judge_by_their_own_lists(village: Village) -> None:
    board = Board(village)
    home = await village.server("home.example", higher=[LICENSED], trust=[trusting(board)])
    far = await village.server("far.example", higher=[LICENSED], trust=[trusting(board)])
    other = await village.server("other.example", higher=[LICENSED])
    west = await village.server("west.example", higher=[LICENSED], trust=[trusting(board, jurisdictions=["US-CA"])])
    ada = await home.person("ada")
    bob, cyd, dan = await far.person("bob"), await other.person("cyd"), await west.person("dan")
    for follower in (bob, cyd, dan):
        await follower.follow(ada)
    await village.work()
    await brings(ada, board.issue(ada.uri))
    assert await badges(bob, ada) == []
    await consents(ada)

    assert await badges(bob, ada) == [BADGE]
    assert await badges(ada, ada) == [BADGE]
    found = await fields(bob, ada)
    assert found[CHECKED] == ("Master Electrician, US-NY: valid, issued by The Electrical Board", True)
    link, green = found["Licence: Master Electrician, US-NY"]
    assert "https://home.example/@ada/licences/1" in link and not green  # their own word, in their own field
    assert await badges(cyd, ada) == [] == await badges(dan, ada)
    valid = "Master Electrician, US-NY: valid, issuer not on our list: Example State Electrical Board (board.example)"
    assert (await fields(cyd, ada))[CHECKED] == (valid, False)
    assert "isn't trusted here for this trade or place" in (await fields(dan, ada))[CHECKED][0]
    verdicts = [
        (await viewer.get(f"/api/fedicert/v1/accounts/{await viewer.account(ada)}/licences"))[0]["verdict"]
        for viewer in (bob, cyd, dan)
    ]
    assert verdicts == ["trusted", "unlisted", "out_of_scope"]
    assert await tier(bob) == "neighbours"  # nobody rises by another's licence


@pytest.mark.law("4.1", "4.2")
async def test_a_board_revokes_and_the_audience_is_frozen(town: Town) -> None:
    ada, board, home, village = town.ada, town.board, town.home, town.village
    far = await village.server("far.example", higher=[LICENSED], trust=[trusting(board)])
    bob = await far.person("bob")
    await brings(ada, board.issue(ada.uri))
    await consents(ada)
    await bob.follow(ada)
    await village.work()
    assert len(await ada.audience()) == 6 and await badges(bob, ada) == [BADGE]

    board.revoke()
    village.clock.advance(HOUR)
    before = village.mark()
    await home.look_again()
    assert await tier(ada) == "neighbours"
    assert await settling(ada) == [("revoked", 3)]
    # Nobody is dropped, and copies go to the whole audience still; new follows are held.
    assert len(await ada.audience()) == 6
    late = await home.person("late")
    await late.follow(ada)
    await village.work()
    assert await ada.waiting() == ["late"]
    said = await ada.say("Still here", visibility="public")
    assert said["visibility"] == "unlisted"  # everything but the audience falls at once
    await village.work()
    assert await bob.home() == ["Still here"]
    # The home server's Update makes peers look again, and nothing of it is left on either.
    assert [activity["object"]["attachment"] for _, activity in village.delivered("Update", before)][:1] == [[]]
    document = await ada.document()
    assert "hasCredential" not in document and document["attachment"] == []
    assert await badges(bob, ada) == [] == await badges(ada, ada)
    assert CHECKED not in await fields(bob, ada)
    assert [kind for kind, _ in await ada.ledger() if kind in ("licence_ended", "rung_changed", "grace_begun")] == [
        "rung_changed",
        "licence_ended",
        "rung_changed",
        "grace_begun",
    ]


@pytest.mark.law("C5")
async def test_settling_ends_when_the_audience_fits_again(town: Town) -> None:
    ada, board, village = town.ada, town.board, town.village
    await brings(ada, board.issue(ada.uri))
    await consents(ada)
    board.revoke()
    village.clock.advance(HOUR)
    await town.home.look_again()
    assert await settling(ada) == [("revoked", 3)]
    await town.fans[0].unfollow(ada)
    assert await settling(ada) == [("revoked", 3)]
    await town.fans[1].unfollow(ada)  # three are left, which is the cap: full, not settling
    await village.work()
    assert await settling(ada) == []
    assert [kind for kind, _ in await ada.ledger()][-1] == "settling_ended"
    # A second fall within a year has no grace.
    await brings(ada, board.issue(ada.uri, index=2))
    await consents(ada, 2)
    for fan in town.fans[:2]:
        await fan.follow(ada)
    await village.work()
    assert len(await ada.audience()) == 5
    board.revoke(2)
    village.clock.advance(HOUR)
    await town.home.look_again()
    assert await settling(ada) == [("revoked", 30)]  # throttled at once, for 30 days
    assert len(await ada.audience()) == 3 and len(await ada.followers()) == 5


@pytest.mark.law("4.4")
async def test_a_rise_that_covers_the_audience_ends_settling(town: Town) -> None:
    ada, board, village = town.ada, town.board, town.village
    await brings(ada, board.issue(ada.uri))
    await consents(ada)
    await withdraws(ada)
    assert await settling(ada) == [("withdrawn", 14)]
    before = village.mark()
    await brings(ada, board.issue(ada.uri, index=2))
    await consents(ada, 2)
    assert await settling(ada) == [] and len(await ada.audience()) == 5
    assert village.delivered("Reject", before) == village.delivered("Accept", before) == []


async def test_a_licence_ends_by_itself(town: Town) -> None:
    ada, board, village = town.ada, town.board, town.village
    await brings(ada, board.issue(ada.uri, until="2026-03-20T00:00:00Z"))
    await consents(ada)
    await village.pass_to("2026-03-19T12:00:00Z")
    await town.home.look_again()
    assert await tier(ada) == "licensed" and await badges(ada, ada) == [BADGE]
    await village.pass_to("2026-03-20T00:10:00Z")
    await town.home.look_again()
    assert await tier(ada) == "neighbours" and await badges(ada, ada) == []
    assert await settling(ada) == [("expired", 14)]
    assert (await ada.document())["attachment"] == []


@pytest.mark.law("4.9")
async def test_a_newer_credential_of_the_same_kind_is_no_fall(town: Town) -> None:
    ada, board = town.ada, town.board
    await brings(ada, board.issue(ada.uri))
    await consents(ada)
    await brings(ada, board.issue(ada.uri, index=2, until="2026-12-31T00:00:00Z"))
    await consents(ada, 2)
    assert await tier(ada) == "licensed" and await settling(ada) == []
    board.revoke(1)
    town.village.clock.advance(HOUR)
    await town.home.look_again()
    assert await tier(ada) == "licensed" and await badges(ada, ada) == [BADGE]
    assert next(link["href"] for link in (await ada.document())["hasCredential"]) == f"{board.url}/credentials/2"
    kinds = [kind for kind, _ in await ada.ledger()]
    assert kinds.count("rung_changed") == 1 and "licence_replaced" in kinds


async def test_a_thief_copies_the_credential(village: Village) -> None:
    board = Board(village)
    home = await village.server("home.example", higher=[LICENSED], trust=[trusting(board)])
    ada, mallory, bob = await home.person("ada"), await home.person("mallory"), await home.person("bob")
    href = board.issue(ada.uri)
    # On her own server: it is about somebody else, so it isn't even kept.
    report = await brings(mallory, href)
    assert (report.outcome, report.reason, report.number) == ("invalid", "subject", 0)
    with pytest.raises(Exception, match="no licence 1"):
        await consents(mallory)
    # On a server of her own, in her own actor document, with a field that looks like ours.
    thief = village.foreign("mallory.example").person("thief")
    shown: dict[str, Any] = {
        "hasCredential": [{"type": "Link", "href": href, "digestMultibase": board.digest(href)}],
        "attachment": [
            {"type": "PropertyValue", "name": "Licence, as checked here", "value": "Master Electrician: valid"},
            {"type": "PropertyValue", "name": "Licence: Master Electrician, US-NY", "value": "<b>trust me</b>"},
        ],
        "certificationTier": "licensed",
    }
    plain = thief.document
    thief.document = lambda: {**plain(), **shown}  # type: ignore[method-assign]
    await thief.follow(bob)
    await village.work()
    assert await badges(bob, thief) == []
    found = await fields(bob, thief)
    assert CHECKED not in found and not any(green for _, green in found.values())
    assert await bob.get(f"/api/fedicert/v1/accounts/{await bob.account(thief)}/licences") == []
    assert await tier(mallory) == "neighbours"


async def test_an_admin_strikes_the_issuer_off_the_list(town: Town) -> None:
    ada, board = town.ada, town.board
    await brings(ada, board.issue(ada.uri))
    await consents(ada)
    await town.home.trusts()
    assert await tier(ada) == "neighbours" and await settling(ada) == [("unlisted", 14)]
    # The credential is what it was: shown with the issuer's name, as none of our list; peers judge by their own.
    assert await badges(ada, ada) == []
    said = (await fields(ada, ada))[CHECKED][0]
    assert (
        said
        == "Master Electrician, US-NY: valid, issuer not on our list: Example State Electrical Board (board.example)"
    )
    assert "hasCredential" in await ada.document()
    await town.home.trusts(entry(board))
    assert await tier(ada) == "licensed" and await settling(ada) == [] and await badges(ada, ada) == [BADGE]


async def test_an_issuer_struck_off_while_it_is_away_lifts_nobody_any_more(town: Town) -> None:
    """Our own list says so, and waits for nobody's answer."""
    ada, board = town.ada, town.board
    await brings(ada, board.issue(ada.uri))
    await consents(ada)
    board.away = True
    town.village.clock.advance(2 * HOUR)
    await town.home.trusts()
    assert await tier(ada) == "neighbours" and await settling(ada) == [("unlisted", 14)]
    assert await badges(ada, ada) == [] and not any(green for _, green in (await fields(ada, ada)).values())
    await town.home.trusts(entry(board))
    assert await tier(ada) == "neighbours"  # nobody rises by an issuer that can't be asked
    board.away = False
    town.village.clock.advance(2 * HOUR)
    await town.home.look_again()
    assert await tier(ada) == "licensed"


def shows(person: Any, *links: dict[str, Any]) -> None:
    """A person elsewhere links to licences from now on."""
    plain = type(person).document
    person.document = lambda: {**plain(person), "hasCredential": list(links)}


async def test_who_withholds_a_credential_hides_no_revocation(village: Village) -> None:
    """Its address is its holder's to choose; what was had once is judged by the issuer's list all the same."""
    board = Board(village)
    home = await village.server("home.example", higher=[LICENSED], trust=[trusting(board)])
    bob = await home.person("bob")
    zoe = village.foreign("zoe.example").person("zoe")
    href = board.issue(zoe.uri)
    shows(zoe, {"type": "Link", "href": href, "digestMultibase": board.digest(href)})
    await zoe.follow(bob)
    await village.work()
    assert await badges(bob, zoe) == [BADGE]
    del board.issued[href]
    village.clock.advance(DAY + HOUR)
    await home.look_again()
    assert await badges(bob, zoe) == [BADGE]
    board.revoke()
    village.clock.advance(DAY + HOUR)
    await home.look_again()
    assert await badges(bob, zoe) == [] and CHECKED not in await fields(bob, zoe)


async def test_a_link_to_another_document_keeps_no_badge_of_the_one_before(village: Village) -> None:
    board = Board(village)
    home = await village.server("home.example", higher=[LICENSED], trust=[trusting(board)])
    bob = await home.person("bob")
    zoe = village.foreign("zoe.example").person("zoe")
    href = board.issue(zoe.uri)
    shows(zoe, {"type": "Link", "href": href, "digestMultibase": board.digest(href)})
    await zoe.follow(bob)
    await village.work()
    assert await badges(bob, zoe) == [BADGE]
    del board.issued[href]
    shows(zoe, {"type": "Link", "href": href, "digestMultibase": "uEiC8ZswPUtop31JSysZquYlncExIQlUHRynSyWvF4kZGBA"})
    await zoe.send(bob, zoe.do("Update", zoe.document()))
    await village.work()
    assert await badges(bob, zoe) == [] and CHECKED not in await fields(bob, zoe)


async def test_an_issuer_who_is_away_raises_nobody_and_lowers_nobody_for_14_days(town: Town) -> None:
    ada, board, village = town.ada, town.board, town.village
    href = board.issue(ada.uri)
    board.away = True
    report = await brings(ada, href)
    assert (report.outcome, report.number) == ("unverifiable", 0)
    board.away = False
    await brings(ada, href)
    board.away = True
    village.clock.advance(2 * HOUR)
    with pytest.raises(Unprocessable, match="an hour ago"):
        await consents(ada)
    await town.home.write(looking.ask, ada.id)
    await village.work()
    with pytest.raises(Unprocessable, match="an hour ago"):
        await consents(ada)
    assert await tier(ada) == "neighbours"

    board.away = False
    await town.home.write(looking.ask, ada.id)
    await village.work()
    await consents(ada)
    assert await tier(ada) == "licensed"
    board.away = True
    await village.pass_time(20 * DAY)  # the list's own end was a week after; fourteen days more aren't over
    await town.home.look_again()
    assert await tier(ada) == "licensed"
    assert "not re-checked since 2026-03-01" in (await fields(ada, ada))[CHECKED][0]
    assert await badges(ada, ada) == []
    await village.pass_time(2 * DAY)
    await town.home.look_again()
    assert await tier(ada) == "neighbours" and (await ada.document())["attachment"] == []
    assert [days for _, days in await settling(ada)] == [14]


async def test_a_licence_is_held_by_one_actor_of_a_server(town: Town) -> None:
    """A registrar's claim stands until the authority's own credential goes before it."""
    ada, board, home = town.ada, town.board, town.home
    ben, cleo = await home.person("ben"), await home.person("cleo")
    registrar = {"source": {"id": "https://board.example/", "type": ["Profile"], "name": "The Board"}}
    await brings(ada, board.issue(ada.uri, index=1, **registrar))
    await consents(ada)
    await brings(ben, board.issue(ben.uri, index=2, number="me 104422", **registrar))
    with pytest.raises(Conflict, match="another account"):
        await consents(ben)
    assert await tier(ben) == "neighbours" and await tier(ada) == "licensed"
    await brings(cleo, board.issue(cleo.uri, index=3))
    await consents(cleo)
    assert await tier(cleo) == "licensed" and await tier(ada) == "neighbours"
    assert [kind for kind, _ in await ada.ledger()][-3:] == ["licence_ended", "rung_changed", "grace_begun"]
    assert "licence_displaces" in [kind for kind, _ in await cleo.ledger()]
    assert await badges(ada, ada) == [] and await badges(ada, cleo) == [BADGE]
    await withdraws(cleo)
    await brings(ben, board.issue(ben.uri, index=2, number="me 104422", **registrar))
    await consents(ben)
    assert await tier(ben) == "licensed"


async def test_a_lower_rung_with_a_cap_takes_those_who_fit(village: Village) -> None:
    board = Board(village)
    home = await village.server(higher=[ROOMIER], trust=[trusting(board)])
    ada = await home.person("ada")
    for fan in await crowd(village, home, 8):
        await fan.follow(ada)
    await village.work()
    await brings(ada, board.issue(ada.uri))
    await consents(ada)
    assert len(await ada.audience()) == 5 and len(await ada.waiting()) == 3


@pytest.mark.parametrize("enter", ["examination", "registration"])
async def test_a_tier_that_isnt_entered_by_licence_isnt_lifted_to(village: Village, enter: str) -> None:
    board = Board(village)
    home = await village.server(higher=[{**LICENSED, "enter": [enter]}], trust=[trusting(board)])
    ada = await home.person("ada")
    await brings(ada, board.issue(ada.uri))
    await consents(ada)
    assert await tier(ada) == "neighbours" and await badges(ada, ada) == [BADGE]


@pytest.mark.law("2.5")
async def test_an_ending_is_told_to_every_server_that_was_ever_sent_anything(town: Town) -> None:
    """Law 2: who doesn't follow any longer still shows the profile, and has to hear that something of it ended."""
    ada, board, village = town.ada, town.board, town.village
    carl = village.foreign("carl.example").person("carl")
    await brings(ada, board.issue(ada.uri))
    await consents(ada)
    follow = await carl.follow(ada)
    await village.work()
    await carl.unfollow(ada, follow)
    await village.work()
    before = village.mark()
    await ada.set(display_name="Ada L.")  # a change that ends nothing goes to the audience alone
    await village.work()
    assert village.delivered("Update", before) == []
    await withdraws(ada)
    ((inbox, told),) = village.delivered("Update", before)
    assert inbox.startswith("https://carl.example/") and "hasCredential" not in told["object"]
    # Later endings reach it too: where it went is not forgotten.
    before = village.mark()
    await brings(ada, board.issue(ada.uri, index=2))
    await consents(ada, 2)
    await withdraws(ada, 2)
    assert len(village.delivered("Update", before)) == 1


async def test_who_changes_links_all_the_time_is_looked_at_so_often_and_no_more(village: Village) -> None:
    board = Board(village)
    home = await village.server("home.example", trust=[trusting(board, tier="neighbours")])
    bob = await home.person("bob")
    nagger = village.foreign("nagger.example").person("nagger")
    plain, count = nagger.document, 0

    def restless() -> dict[str, Any]:
        nonlocal count
        count += 1
        links = [f"{board.url}/credentials/{count}-{number // 2}" for number in range(30)]
        shown = [{"type": "Link", "href": href, "digestMultibase": f"u{at}"} for at, href in enumerate(links)]
        return {**plain(), "hasCredential": [None, 7, {"type": "Link"}, "not an address", *shown]}

    nagger.document = restless  # type: ignore[method-assign]
    await nagger.follow(bob)
    await village.work()
    for _ in range(40):
        await nagger.send(bob, nagger.do("Update", restless()))
        await village.work()
    rows = await home.all("SELECT COUNT(*) FROM licences")
    assert 1 <= rows[0][0] <= 8
    assert len(board.asked) <= 8 * (looking.LOOKS_AN_HOUR + 1)


@pytest.mark.law("C9")
async def test_who_leaves_leaves_nothing_of_a_licence(town: Town) -> None:
    ada, board, home = town.ada, town.board, town.home
    await brings(ada, board.issue(ada.uri))
    await consents(ada)
    await ada.leave()
    await town.village.work()
    assert (await home.all("SELECT COUNT(*) FROM licences"))[0][0] == 0
    standing = "SELECT COUNT(*) FROM tier_grants WHERE ground = 'licence' AND ended_at IS NULL"
    assert (await home.all(standing))[0][0] == 0
    ben: Resident = await home.person("ben")
    await brings(ben, board.issue(ben.uri, index=2))
    await consents(ben)
    assert await tier(ben) == "licensed"


async def test_the_look_of_a_place(town: Town) -> None:
    """What the server adds isn't the owner's to edit, and comes back from clients that send all they were shown."""
    ada, board = town.ada, town.board
    await brings(ada, board.issue(ada.uri))
    await consents(ada)
    own = await ada.get("/api/v1/accounts/verify_credentials")
    assert [field["name"] for field in own["fields"]] == [
        "Code of responsibility",
        "Licence: Master Electrician, US-NY",
        "Reach",
        "Tier",
    ]
    assert own["source"]["fields"] == []
    sent = [{"name": field["name"], "value": field["value"]} for field in own["fields"]]
    await ada.set(
        fields_attributes=[*sent, {"name": "Web", "value": "ada.example"}, {"name": "Lіcence", "value": "M.D."}]
    )
    own = await ada.get("/api/v1/accounts/verify_credentials")
    assert [field["name"] for field in own["source"]["fields"]] == ["Web"]
    assert [field["name"] for field in own["fields"]] == [
        "Web",
        "Code of responsibility",
        "Licence: Master Electrician, US-NY",
        "Reach",
        "Tier",
    ]


async def test_licences_are_looked_at_again_by_themselves(town: Town) -> None:
    """Without anybody's word: the round comes each minute, and what was looked at six hours ago is looked at."""
    ada, board, village = town.ada, town.board, town.village
    await town.home.write(start_rounds)
    await brings(ada, board.issue(ada.uri))
    await consents(ada)
    board.revoke()
    asked = len(board.asked)
    await village.pass_time(10 * MINUTE)
    assert len(board.asked) == asked and await tier(ada) == "licensed"  # it isn't time yet
    await village.pass_time(6 * HOUR)
    await village.work()
    assert await tier(ada) == "neighbours"
    rounds = await town.home.all("SELECT due FROM jobs WHERE kind = 'certify_due'")
    assert [row[0] > village.clock.now() for row in rounds] == [True]


async def test_a_server_that_nobody_tells_finds_out_and_reads_the_profile_again(village: Village) -> None:
    """Bob only looked at Ada: no Update ever goes to his server. Its own look comes; nothing of the licence is left."""
    board = Board(village)
    home = await village.server("home.example", higher=[LICENSED], trust=[trusting(board)])
    far = await village.server("far.example", higher=[LICENSED], trust=[trusting(board)])
    ada, bob = await home.person("ada"), await far.person("bob")
    await brings(ada, board.issue(ada.uri))
    await consents(ada)
    await bob.get("/api/v2/search", q=f"@ada@{home.host}", resolve=True)
    await village.work()
    assert await badges(bob, ada) == [BADGE]
    board.revoke()
    await village.pass_time(2 * HOUR)
    await home.look_again()
    assert await tier(ada) == "neighbours" and await badges(bob, ada) == [BADGE]
    before = village.mark()
    await village.pass_time(5 * HOUR)
    await far.look_again()
    assert await badges(bob, ada) == [] and await fields(bob, ada) == {}
    assert village.delivered("Update", before) == []


async def test_a_profile_that_can_not_be_read_again_changes_nothing(village: Village) -> None:
    board = Board(village)
    home = await village.server("home.example", higher=[LICENSED], trust=[trusting(board)])
    far = await village.server("far.example", higher=[LICENSED], trust=[trusting(board)])
    ada, bob = await home.person("ada"), await far.person("bob")
    await brings(ada, board.issue(ada.uri))
    await consents(ada)
    await bob.get("/api/v2/search", q=f"@ada@{home.host}", resolve=True)
    await village.work()
    board.revoke()
    village.wire.handlers[home.host] = lambda request: _away(home.host)
    await village.pass_time(7 * HOUR)
    await far.look_again()
    assert await badges(bob, ada) == [] and [
        name for name in await fields(bob, ada) if name != "Code of responsibility"
    ] == ["Licence: Master Electrician, US-NY"]


def _away(host: str) -> Any:
    raise RemoteUnreachable(f"{host} doesn't answer")


async def test_a_document_that_we_stumble_over_hides_no_other_licence(village: Village) -> None:
    board = Board(village)
    home = await village.server("home.example", higher=[LICENSED], trust=[trusting(board)])
    bob = await home.person("bob")
    zoe = village.foreign("zoe.example").person("zoe")
    first, second = board.issue(zoe.uri, index=1, until="2026-09-01T00:00:00Z"), board.issue(zoe.uri, index=2)
    shows(zoe, *({"type": "Link", "href": href} for href in (first, second)))
    await zoe.follow(bob)
    await village.work()
    assert await badges(bob, zoe) == [BADGE, BADGE]
    looks = home.app.work.certifying.looks
    plain = looks.look

    async def stumbling(subject: str | None, href: str, **how: Any) -> Any:
        if href == first:
            raise ValueError("year 0 is out of range")
        return await plain(subject, href, **how)

    looks.look = stumbling  # type: ignore[method-assign]
    board.revoke(2)
    account = int(await bob.account(zoe))
    with pytest.raises(ValueError, match="year 0"):
        await home.app.work.certifying.look_at_account(account, everything=True)
    assert await badges(bob, zoe) == [BADGE]
