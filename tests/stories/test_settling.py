"""Law 4. "Falling is orderly and mostly reversible." In stages: grace, throttle, trim."""

from __future__ import annotations

import pytest

from fedicert.activitypub.synchronization import HEADER, digest_of, read
from fedicert.base.clock import DAY, MINUTE
from fedicert.operations import keeping, settling
from tests.stories.elsewhere import Elsewhere, Neighbour
from tests.stories.village import Place, Village

THROTTLE, TRIM = 14 * DAY, 30 * DAY


class Street:
    """Ada with an audience of five: one at home, two at one server, one each at two others; and who may lower caps."""

    def __init__(self, village: Village) -> None:
        self.village = village

    async def build(self) -> Street:
        self.home: Place = await self.village.server(followers=5)
        self.admin = await self.home.person("admin", role="owner")
        self.ada = await self.home.person("ada")
        self.here = await self.home.person("here")
        self.pair: Elsewhere = self.village.foreign("pair.example")
        self.one, self.other = self.village.foreign("one.example"), self.village.foreign("other.example")
        for server in (self.pair, self.one, self.other):
            server.software = "misskey"
        self.carl, self.cleo = self.pair.person("carl"), self.pair.person("cleo")
        self.dora, self.emil = self.one.person("dora"), self.other.person("emil")
        await self.here.follow(self.ada)
        for friend in (self.carl, self.dora, self.cleo, self.emil):
            await friend.follow(self.ada)
            await self.village.work()
        assert len(await self.ada.audience()) == 5
        return self

    @property
    def elsewhere(self) -> list[Neighbour]:
        return [self.carl, self.cleo, self.dora, self.emil]

    async def cap(self, cap: int) -> None:
        await self.home.change_rung(self.admin, {"followers": str(cap)}, "the hall is smaller")
        await self.village.work()

    async def say(self, text: str) -> list[str]:
        """Ada says something; who sees it."""
        await self.ada.say(text)
        await self.village.work()
        seen = [person.name for person in self.elsewhere if text in person.home]
        return (["here"] if text in await self.here.home() else []) + seen

    async def total(self) -> int:
        return int((await self.home.fetch(f"{self.ada.uri}/followers"))["totalItems"])


@pytest.mark.law("4.2", "C5")
async def test_grace_new_follows_are_held_and_everybody_gets_copies(village: Village) -> None:
    street = await Street(village).build()
    await street.cap(3)
    late = village.foreign("late.example").person("late")
    await late.follow(street.ada)
    await village.live(THROTTLE - MINUTE)
    assert late.relation(street.ada) == "requested" and await street.ada.waiting() == ["late"]
    assert await street.say("In grace") == ["here", "carl", "cleo", "dora", "emil"]


@pytest.mark.law("4.3", "4.4", "W4")
async def test_throttle_copies_go_to_the_kept_set_alone_and_nobody_elsewhere_is_told(village: Village) -> None:
    street = await Street(village).build()
    await street.cap(3)
    before = village.mark()
    await village.live(THROTTLE)
    # The oldest: here; then the server of carl, whole, because it shows a copy to every follower it knows.
    assert await street.ada.audience() == ["here", "carl", "cleo"]
    assert await street.say("In throttle") == ["here", "carl", "cleo"]
    assert village.delivered("Reject", before) == village.delivered("Update", before) == []
    assert street.one.got("Create") == [] == street.other.got("Create")
    # No synchronization header in this stage; paused followers stay in the count, the list and the digest.
    assert all(HEADER not in headers for headers in street.pair.headers[-1:])
    assert await street.total() == 5
    assert [person.relation(street.ada) for person in street.elsewhere] == ["following"] * 4
    given = await street.one.fetch(street.dora, f"{street.ada.uri}/followers_synchronization")
    assert street.dora.uri in given.body.decode()


@pytest.mark.law("4.4", "3.9")
async def test_a_kept_follower_who_moves_to_a_paused_server_brings_it_no_copy(village: Village) -> None:
    """Their slot goes along; but a copy for them would be shown to all who are paused there. Who stays is chosen anew."""
    street = await Street(village).build()
    await street.cap(2)
    await village.live(THROTTLE)
    assert await street.ada.audience() == ["here", "dora"]
    new = street.pair.person("new")
    new.aliases = [street.dora.uri]
    await street.dora.move(new, street.ada)
    await new.follow(street.ada)
    await village.work()
    assert await street.ada.followers() == {
        "here": "admitted", "carl": "paused", "new": "paused", "cleo": "paused", "emil": "admitted"
    }  # fmt: skip
    assert new.relation(street.ada) == "following" and await street.total() == 5
    assert await street.say("After the move") == ["here", "emil"]
    assert street.pair.got("Create") == []


@pytest.mark.law("4.4")
async def test_a_kept_follower_who_is_reached_at_a_paused_server_by_now_brings_it_no_copy(village: Village) -> None:
    street = await Street(village).build()
    await street.cap(2)
    await village.live(THROTTLE)
    assert await street.ada.audience() == ["here", "dora"]
    street.dora.profile["inbox"] = f"https://{street.pair.host}/inbox"
    await street.dora.send(street.ada, street.dora.do("Update", street.dora.document()))
    await village.work()
    assert await street.ada.audience() == ["here", "emil"]
    await street.say("Where are you?")
    assert street.pair.got("Create") == [] == street.one.got("Create")


@pytest.mark.law("4.4")
async def test_a_rise_that_covers_the_audience_restores_everything_silently(village: Village) -> None:
    street = await Street(village).build()
    await street.cap(3)
    await village.live(THROTTLE)
    before = village.mark()
    await street.cap(5)
    assert village.delivered("Accept", before) == village.delivered("Reject", before) == []
    assert await street.say("All of you again") == ["here", "carl", "cleo", "dora", "emil"]
    await village.live(TRIM)
    assert await street.total() == 5


@pytest.mark.law("4.5", "W6")
async def test_trim_the_others_get_reject_at_their_own_inboxes_first_with_the_header(village: Village) -> None:
    street = await Street(village).build()
    await street.cap(2)
    await village.live(THROTTLE)
    assert await street.ada.audience() == ["here", "dora"]  # a server with two doesn't fit whole
    before = village.mark()
    await village.live(TRIM)
    # Now one by one: these servers are known to honour Reject, so theirs needn't be kept whole.
    assert await street.ada.audience() == ["here", "carl"] and await street.total() == 2
    rejects = village.delivered("Reject", before)
    told = (street.dora, street.cleo, street.emil)
    assert sorted(inbox for inbox, _ in rejects) == sorted(f"{person.uri}/inbox" for person in told)
    for _, reject in rejects:
        follow = reject["object"]
        assert (reject["actor"], follow["type"], follow["object"]) == (street.ada.uri, "Follow", street.ada.uri)
        assert reject["to"] == [follow["actor"]] and reject["id"].startswith(f"{street.ada.uri}#rejects/follows/")
    # The header, covered by the signature, says who is still counted at that server.
    headers = street.pair.headers[-1]
    stated = read(headers[HEADER], street.ada.uri)
    assert stated.digest == digest_of([street.carl.uri]) and HEADER in headers["signature"]
    assert await street.home.write(settling.reach_bound) == 0
    assert await street.say("To two") == ["here", "carl"]
    assert [person.relation(street.ada) for person in street.elsewhere] == ["following", *["nothing"] * 3]
    await village.live(10 * MINUTE)
    assert len(village.delivered("Reject", before)) == 3
    assert (await street.home.verify_ledger()).findings == []


@pytest.mark.law("4.11")
async def test_the_kept_set_can_be_pinned_and_is_what_the_preview_said(village: Village) -> None:
    street = await Street(village).build()
    emil = (await street.home.all("SELECT id FROM accounts WHERE uri = $1", street.emil.uri))[0][0]
    await street.home.write(keeping.pin, street.ada.id, emil)
    await street.cap(2)
    seen = await street.home.app.deps.db.read(keeping.preview, street.ada.id, "throttle")
    assert (seen.people, [host.host for host in seen.hosts]) == (["here"], ["other.example"])
    await village.live(THROTTLE)
    assert await street.ada.audience() == ["here", "emil"]
    await village.live(TRIM)
    assert await street.ada.audience() == ["here", "emil"]


async def test_between_two_of_our_own_servers_a_trimmed_follow_is_gone_on_both_sides(village: Village) -> None:
    home, far = await village.server(followers=2), await village.server("far.example")
    admin, ada = await home.person("admin", role="owner"), await home.person("ada")
    bob, cyd = await far.person("bob"), await far.person("cyd")
    for person in (bob, cyd):
        await person.follow(ada)
        await village.work()
    await home.change_rung(admin, {"followers": "1"}, "smaller")
    await village.work()
    await village.live(THROTTLE)
    await village.live(TRIM)
    await village.live(10 * MINUTE)
    assert await bob.relation(ada) == "following" and await cyd.relation(ada) == "nothing"
    assert await home.write(settling.reach_bound) == 0
    await ada.say("Only Bob")
    await village.work()
    assert await bob.home() == ["Only Bob"] and await cyd.home() == []
    # Following again she waits, first in the line.
    await cyd.follow(ada)
    await village.work()
    assert await ada.waiting() == ["cyd"] and await cyd.relation(ada) == "requested"


@pytest.mark.law("C17")
async def test_a_jump_of_the_clock_needs_an_admins_word_before_any_trim(village: Village) -> None:
    street = await Street(village).build()
    await street.cap(2)
    await village.live(THROTTLE)
    await village.pass_time(TRIM)
    assert await street.total() == 5
    await street.home.write(settling.confirm_clock, street.admin.id, "The clock was wrong and is right now")
    await village.work()
    assert await street.total() == 2


@pytest.mark.law("7.1")
async def test_every_stage_stands_on_the_ledger(village: Village) -> None:
    street = await Street(village).build()
    await street.cap(2)
    await village.live(THROTTLE)
    await village.live(TRIM)
    kinds = [kind for kind, rule in await street.ada.ledger() if rule == "law 4"]
    assert kinds[:3] == ["grace_begun", "throttle_begun", "paused"]
    assert kinds[-3:] == ["trim_begun", "trimmed", "settling_ended"]
    assert set(await street.ada.ledger_of("trimmed")) == {one.uri for one in (street.cleo, street.dora, street.emil)}
