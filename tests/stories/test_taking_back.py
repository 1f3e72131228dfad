"""Law 2. "Taking back travels further than saying." After throttle and trim, too, and where a server gets no copies any more."""

from __future__ import annotations

import pytest

from fedicert.base.clock import MINUTE
from tests.stories.test_settling import THROTTLE, TRIM, Street
from tests.stories.village import Village

EVERYWHERE = ["one.example", "other.example", "pair.example"]


@pytest.mark.law("2.5")
async def test_what_is_taken_back_in_throttle_goes_to_paused_servers_too(village: Village) -> None:
    """While followers are paused, a Delete goes to every server that was ever sent the post; an edit to the present audience."""
    street = await Street(village).build()
    status = await street.ada.say("In grace, to all of them")
    await village.work()
    await street.cap(3)
    await village.live(THROTTLE)
    before = village.mark()
    await street.ada.rewrite(status, "Only those who are kept read this")
    await village.work()
    assert _hosts(village, "Update", before) == ["pair.example"]
    before = village.mark()
    await street.ada.delete(status)
    await village.work()
    assert _hosts(village, "Delete", before) == EVERYWHERE
    assert all("grace" not in text for person in street.elsewhere for text in person.home)


@pytest.mark.law("2.5")
async def test_what_is_taken_back_after_trim_goes_to_servers_without_a_follower(village: Village) -> None:
    """After trim a Delete, the Undo of a boost and the leaving of the account go where nobody follows any more."""
    street = await Street(village).build()
    status = await street.ada.say("To be regretted")
    mine = await street.ada.say("To be boosted")
    await village.work()
    await street.ada.act("reblog", mine)
    await village.work()
    await street.cap(1)
    await village.live(THROTTLE)
    await village.live(TRIM)
    await village.live(10 * MINUTE)
    assert await street.ada.audience() == ["here"]
    before = village.mark()
    await street.ada.say("Nobody elsewhere hears this")
    await village.work()
    assert village.delivered("Create", before) == []
    await street.ada.delete(status)
    await village.work()
    assert _hosts(village, "Delete", before) == EVERYWHERE
    await street.ada.act("unreblog", mine)
    await village.work()
    assert _hosts(village, "Undo", before) == EVERYWHERE
    before = village.mark()
    await street.ada.leave()
    await village.work()
    assert _hosts(village, "Delete", before) == EVERYWHERE


@pytest.mark.law("2.5")
async def test_a_server_cut_off_within_the_bound_is_told_what_is_taken_back(village: Village) -> None:
    """A server that doesn't confirm gets no copies, and still hears what is taken back."""
    street = await Street(village).build()
    for server in (street.pair, street.one, street.other):
        server.software = "keeps-everything"
    status = await street.ada.say("Said before")
    await village.work()
    await street.cap(2)
    await village.live(THROTTLE)
    await village.live(TRIM)
    await village.live(10 * MINUTE)
    before = village.mark()
    await street.ada.delete(status)
    await village.work()
    assert _hosts(village, "Delete", before) == EVERYWHERE


def _hosts(village: Village, kind: str, since: int) -> list[str]:
    return sorted({inbox.split("/")[2] for inbox, _ in village.delivered(kind, since)})
