"""Importing lists: follows within one's own limit, blocks, mutes, lists, servers, bookmarks; never followers."""

from __future__ import annotations

from typing import Any

import pytest

from fedicert.base.clock import DAY, HOUR, MINUTE
from fedicert.reach import strangers
from tests.stories.village import Resident, Village


async def bring(ada: Resident, kind: str, text: str) -> dict[str, Any]:
    answer = await ada.http.post(
        "/api/fedicert/v1/imports", data={"type": kind}, files={"data": ("list.csv", text.encode(), "text/csv")}
    )
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def come_in(village: Village, ada: Resident, found: dict[str, Any]) -> dict[str, Any]:
    for _ in range(50):
        await village.pass_time(MINUTE)
        state = await ada.get(f"/api/fedicert/v1/imports/{found['id']}")
        if state["state"] == "done":
            return dict(state)
    raise AssertionError(state)


async def said_by_limits(ada: Resident, words: str) -> int:
    shown = await ada.get("/api/v1/notifications", limit=80)
    return sum(words in told["status"]["content"] for told in shown if told["account"]["username"] == "limits")


HEADER = "Account address,Show boosts,Notify on new posts,Languages\n"


@pytest.mark.law("1.6")
async def test_follows_come_in_within_ones_own_limit_and_nothing_is_lost(village: Village) -> None:
    """A file with twelve people, of whom one's tier lets one follow ten: ten are asked, two wait, which is said once; when
    there is room they can be tried again. The same file once more changes nothing."""
    home = await village.server(following=10)
    ada = await home.person("ada")
    far = village.foreign("far.example")
    people = [far.person(f"p{number}") for number in range(12)]
    text = HEADER + "".join(f'{one.handle[1:]},false,true,"en, de"\n' for one in people)

    state = await come_in(village, ada, await bring(ada, "following", text))
    assert (state["done"], state["over"], state["failed"], state["waiting"]) == (10, 2, 0, 0)
    assert len(far.got("Follow")) == 10
    rows = await home.all("SELECT reblogs, notify, languages FROM follows WHERE follower = $1", ada.id)
    assert {tuple(row[at] for at in range(3)) for row in rows} == {(0, 1, '["en","de"]')}
    assert await said_by_limits(ada, "imported as far as possible") == 1
    left = await ada.get(f"/api/fedicert/v1/imports/{state['id']}/left")
    assert [line["line"]["name"] for line in left] == ["p10@far.example", "p11@far.example"]

    again = await come_in(village, ada, await bring(ada, "following", text))
    assert (again["done"], again["over"]) == (10, 2)
    assert len(far.got("Follow")) == 10

    await ada.unfollow(people[0])
    await ada.post(f"/api/fedicert/v1/imports/{state['id']}/again")
    state = await come_in(village, ada, state)
    assert (state["done"], state["over"]) == (11, 1)


@pytest.mark.law("2.7")
async def test_what_is_too_much_for_a_day_goes_on_the_next(village: Village, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a file longer than a day's follow requests the rest waits for the next day, by itself; how many are left is said
    once a day, nothing counts as refused, and nobody is asked twice."""
    monkeypatch.setattr(strangers, "RATE", 4)
    home = await village.server()
    ada = await home.person("ada")
    people = [village.foreign(f"s{number}.example").person(f"p{number}") for number in range(10)]
    found = await bring(ada, "following", HEADER + "".join(f"{one.handle[1:]},true,false,\n" for one in people))
    asked = []
    for _ in range(3):
        for _ in range(5):
            await village.pass_time(MINUTE)
        asked.append(sum(len(one.server.got("Follow")) for one in people))
        state = await ada.get(f"/api/fedicert/v1/imports/{found['id']}")
        if state["state"] != "done":
            assert (state["over"], state["failed"], state["waiting"]) == (0, 0, 10 - asked[-1])
        await village.pass_time(DAY)
    assert asked == [4, 8, 10] and state["done"] == 10
    assert [len(one.server.got("Follow")) for one in people] == [1] * 10
    assert await said_by_limits(ada, "go on by themselves tomorrow") == 2
    assert await said_by_limits(ada, "6 are left") == 1 and await said_by_limits(ada, "2 are left") == 1
    assert [kind for kind, _ in await ada.ledger() if kind == "refused"] == []


@pytest.mark.law("C11")
async def test_followers_cant_be_imported(village: Village) -> None:
    """Whether somebody follows one is theirs to say: a list of followers is refused with a sentence."""
    home = await village.server()
    ada = await home.person("ada")
    for path in ("/api/fedicert/v1/imports",):
        answer = await ada.http.post(path, json={"type": "followers", "data": "bob@far.example\n"})
        assert answer.status_code == 422
        assert "Followers can't be imported" in answer.json()["error"]
    assert await ada.followers() == {}


async def test_blocks_mutes_lists_servers_and_bookmarks_come_in(village: Village) -> None:
    """Every other list does what its lines would do by hand."""
    home = await village.server()
    ada, bea = await home.person("ada"), await home.person("bea")
    far = village.foreign("far.example")
    carl, dora = far.person("carl"), far.person("dora")
    said = await bea.say("Keep this")
    await ada.follow(bea)
    await village.work()

    for kind, text in (
        ("blocks", "carl@far.example\n"),
        ("mutes", "Account address,Hide notifications\ndora@far.example,false\n"),
        ("lists", "friends,bea@home.example\n"),
        ("domain_blocks", "#domain\nnoise.example\n"),
        ("bookmarks", f"{said['uri']}\n"),
    ):
        state = await come_in(village, ada, await bring(ada, kind, text))
        assert (state["done"], state["failed"]) == (1, 0), (
            kind,
            await ada.get(f"/api/fedicert/v1/imports/{state['id']}/left"),
        )
    assert [one["acct"] for one in await ada.get("/api/v1/blocks")] == [carl.handle[1:]]
    assert [one["acct"] for one in await ada.get("/api/v1/mutes")] == [dora.handle[1:]]
    (friends,) = await ada.get("/api/v1/lists")
    assert [one["acct"] for one in await ada.get(f"/api/v1/lists/{friends['id']}/accounts")] == ["bea"]
    assert await ada.get("/api/v1/domain_blocks") == ["noise.example"]
    assert [one["id"] for one in await ada.get("/api/v1/bookmarks")] == [said["id"]]


async def test_who_cant_be_asked_now_is_asked_later_and_nobody_is_asked_in_a_rush(village: Village) -> None:
    """A server out of reach is asked again; one server gets a few questions at a time; who isn't found is said so."""
    home = await village.server()
    ada = await home.person("ada")
    far, away = village.foreign("far.example"), village.foreign("away.example")
    people = [far.person(f"p{number}") for number in range(20)]
    late = away.person("late")
    away.down = True
    text = "".join(f"{one.handle[1:]}\n" for one in people) + "late@away.example\nnobody@far.example\nno address\n"
    found = await bring(ada, "following", text)
    await village.work()
    assert len(far.got("Follow")) <= 5
    for _ in range(10):
        await village.pass_time(MINUTE)
    assert len(far.got("Follow")) == 20
    away.down = False
    await village.pass_time(HOUR)
    state = await come_in(village, ada, found)
    assert (state["done"], state["failed"]) == (21, 2)
    assert len(late.server.got("Follow")) == 1


@pytest.mark.parametrize(
    ("kind", "text", "says"),
    [
        ("following", "", "can't be blank"),
        ("following", "\n\n", "nothing in the file"),
        ("nonsense", "a@b.example", "no such list"),
        ("blocks", '"a', "isn't a CSV file"),
    ],
)
async def test_a_file_that_cant_be_read_is_refused_with_a_sentence(
    village: Village, kind: str, text: str, says: str
) -> None:
    """Nothing begins, and why is said."""
    home = await village.server()
    ada = await home.person("ada")
    answer = await ada.http.post("/api/fedicert/v1/imports", json={"type": kind, "data": text})
    assert answer.status_code == 422
    assert says in answer.json()["error"]
    assert await ada.get("/api/fedicert/v1/imports") == []
