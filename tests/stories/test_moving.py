"""Moving: in, out, and followers who move. Law 1 and 3, and the cases of Move."""

from __future__ import annotations

import pytest

from fedicert.base.clock import DAY, HOUR
from fedicert.base.errors import Forbidden
from tests.stories.elsewhere import Neighbour
from tests.stories.licensing import LICENSED, Board, brings, consents, trusting, withdraws
from tests.stories.village import Resident, Village


async def gather(village: Village, ada: Resident, *friends: Neighbour) -> None:
    for one in friends:
        await one.follow(ada)
        await village.work()


@pytest.mark.law("1.6", "8.1")
async def test_a_move_brings_700_followers_to_150_slots_150_are_let_in_and_550_wait(village: Village) -> None:
    """Somebody with 700 followers elsewhere moves here, where there is room for 150: 150 are let in, 550 wait in the
    order in which they came, nobody is sent away, and nothing fails."""
    home = await village.server(followers=150)
    ada = await home.person("ada")
    servers = [village.foreign(f"s{number}.example") for number in range(7)]
    old = village.foreign("old.example").person("ada")
    answer = await ada.http.post("/api/fedicert/v1/aliases", json={"acct": old.handle})
    assert answer.json() == [old.uri]
    assert (await ada.document())["alsoKnownAs"] == [old.uri]

    followers = [servers[number % 7].person(f"f{number}") for number in range(700)]
    for start in range(0, 700, 50):
        for one in followers[start : start + 50]:
            await one.follow(ada)
        await village.work()

    rows = await home.all("SELECT state, COUNT(*) FROM follows WHERE followed = $1 GROUP BY state", ada.id)
    assert {row[0]: row[1] for row in rows} == {"admitted": 150, "held": 550}
    assert sum(one.relation(ada) == "following" for one in followers) == 150
    assert sum(one.relation(ada) == "requested" for one in followers) == 550
    assert [one.relation(ada) for one in followers[:150]] == ["following"] * 150
    assert (await home.fetch(f"{ada.uri}/followers"))["totalItems"] == 150
    assert [activity for server in servers for activity in server.got("Reject")] == []
    await village.pass_time(HOUR)
    (told,) = await ada.get("/api/v1/notifications", **{"types[]": "mention"})
    assert "150 of 150 places are taken" in told["status"]["content"]
    assert "550 people wait" in told["status"]["content"], "one message for all that was crossed, not one a mark"


@pytest.mark.law("3.9", "1.6")
@pytest.mark.parametrize("told_first", [True, False], ids=["the Move first", "the Follow first"])
async def test_a_follower_who_moves_keeps_the_slot(village: Village, told_first: bool) -> None:
    """A follower moves to another account; where both accounts say so, the new one has the slot of the old one, although
    the audience is full and others wait longer."""
    home = await village.server(followers=2)
    ada = await home.person("ada")
    old, other, waits = (village.foreign(f"{name}.example").person(name) for name in ("old", "other", "waits"))
    await gather(village, ada, old, other, waits)
    assert await ada.audience() == ["old", "other"]

    new = village.foreign("new.example").person("new")
    new.aliases = [old.uri]
    if told_first:
        await old.move(new, ada)
        await village.work()
        await new.follow(ada)
    else:
        await new.follow(ada)
        await village.work()
        assert await ada.waiting() == ["waits", "new"]
        await old.move(new, ada)
    await village.work()

    assert await ada.followers() == {"new": "admitted", "other": "admitted", "waits": "held"}
    assert new.relation(ada) == "following"
    assert old.relation(ada) == "nothing"
    assert (await home.fetch(f"{ada.uri}/followers"))["totalItems"] == 2
    assert ("seat_moved", "law 3: who moves keeps the slot") in await ada.ledger()
    await ada.say("To those who follow")
    await village.work()
    assert (new.home, old.home, waits.home) == (["To those who follow"], [], [])


@pytest.mark.law("3.9")
async def test_a_follower_whose_server_tells_us_nothing_of_the_move_keeps_the_slot_too(village: Village) -> None:
    """The Move goes to the followers of who moves; where none of them is here, the new account's Follow is enough: the
    old account is asked."""
    home = await village.server(followers=1)
    ada = await home.person("ada")
    old, new = village.foreign("old.example").person("old"), village.foreign("new.example").person("new")
    await gather(village, ada, old)
    new.aliases, old.moved_to = [old.uri], new.uri
    await new.follow(ada)
    await village.work()
    assert await ada.followers() == {"new": "admitted"}


@pytest.mark.law("3.9")
async def test_a_place_in_the_line_moves_too(village: Village) -> None:
    """Who waits and moves keeps the place in the line."""
    home = await village.server(followers=1)
    ada = await home.person("ada")
    first, old, later = (village.foreign(f"{name}.example").person(name) for name in ("first", "old", "later"))
    new = village.foreign("new.example").person("new")
    begun = await first.follow(ada)
    await village.work()
    await gather(village, ada, old, later)
    new.aliases = [old.uri]
    await old.move(new, ada)
    await new.follow(ada)
    await village.work()
    assert await ada.waiting() == ["new", "later"]
    await first.unfollow(ada, begun)
    await village.work()
    assert await ada.followers() == {"new": "admitted", "later": "held"}


@pytest.mark.law("1.6", "3.9")
async def test_a_move_that_isnt_proven_both_ways_moves_nothing(village: Village) -> None:
    """Neither an account that names a follower as its own, nor a follower who names an account, is enough alone."""
    home = await village.server(followers=1)
    ada = await home.person("ada")
    old, thief = village.foreign("old.example").person("old"), village.foreign("thief.example").person("thief")
    await gather(village, ada, old)

    thief.aliases = [old.uri]  # the old account says nothing
    await thief.follow(ada)
    await village.work()
    assert await ada.followers() == {"old": "admitted", "thief": "held"}

    thief.aliases = []  # the new account says nothing
    await old.move(thief, ada)
    await village.work()
    assert await ada.followers() == {"old": "admitted", "thief": "held"}

    stranger = village.foreign("x.example").person("x")
    await stranger.send(ada, stranger.do("Move", old.uri, target=thief.uri))  # somebody else says it
    await village.work()
    assert await ada.followers() == {"old": "admitted", "thief": "held"}


@pytest.mark.law("1.6", "3.9")
async def test_chains_circles_and_repetitions_of_moves_move_nothing(village: Village) -> None:
    """A slot isn't passed on from hand to hand: a move counts once in seven days, and not at the end of another."""
    home = await village.server(followers=1)
    ada = await home.person("ada")
    a, b, c = (village.foreign(f"{name}.example").person(name) for name in ("a", "b", "c"))
    await gather(village, ada, a)
    b.aliases, c.aliases, a.aliases = [a.uri], [a.uri, b.uri], [b.uri]
    move = await a.move(b, ada)
    await b.follow(ada)
    await village.work()
    assert await ada.followers() == {"b": "admitted"}
    await a.send(ada, move)
    await village.replay()
    assert await ada.followers() == {"b": "admitted"}

    await b.move(c, ada)  # a chain
    await c.follow(ada)
    await village.work()
    assert await ada.followers() == {"b": "admitted", "c": "held"}

    a.moved_to = ""
    await b.move(a, ada)  # a circle
    await a.follow(ada)
    await village.work()
    assert await ada.followers() == {"b": "admitted", "c": "held", "a": "held"}

    await village.pass_time(8 * DAY)
    b.moved_to = ""
    await b.move(c, ada)
    await village.work()
    assert await ada.followers() == {"c": "admitted", "a": "held"}


async def test_people_here_go_along_with_whom_they_follow_within_their_own_limit(village: Village) -> None:
    """Whom somebody here follows moves: their follow goes along, with its options and lists; nobody follows more than
    their rung lets them by it, and who blocks the old account blocks the new one."""
    home = await village.server(following=2)
    ada, bea, dan = [await home.person(name) for name in ("ada", "bea", "dan")]
    old, new = village.foreign("old.example").person("old"), village.foreign("new.example").person("new")
    for one in (ada, bea):
        await one.follow(old)
    await dan.block(old)
    await village.work()
    await old.send(ada, old.do("Accept", next(a for a in old.server.got("Follow") if a["actor"] == ada.uri)))
    await village.work()
    listed = await ada.post("/api/v1/lists", title="friends")
    await ada.post(f"/api/v1/lists/{listed['id']}/accounts", account_ids=[await ada.account(old)])

    new.aliases = [old.uri]
    await old.move(new, ada)
    await village.work()
    assert await ada.relation(new) == "requested"
    assert await ada.relation(old) == "nothing"
    assert await bea.relation(new) == "requested"
    assert sorted(activity["actor"] for activity in new.server.got("Follow")) == sorted([ada.uri, bea.uri])
    members = await ada.get(f"/api/v1/lists/{listed['id']}/accounts")
    assert [member["acct"] for member in members] == ["new@new.example"]
    blocked = await dan.get("/api/v1/blocks")
    assert sorted(one["acct"] for one in blocked) == ["new@new.example", "old@old.example"]
    shown = await ada.get(f"/api/v1/accounts/{await ada.account(old)}")
    assert shown["moved"]["acct"] == "new@new.example"


@pytest.mark.law("C10")
async def test_after_moving_out_the_account_is_read_only(village: Village) -> None:
    """Somebody moves out of here: the followers hear it, and from then on the account can be read, taken out and deleted,
    and the move taken back."""
    home = await village.server()
    ada, bea = await home.person("ada"), await home.person("bea")
    carl = village.foreign("far.example").person("carl")
    new = village.foreign("new.example").person("ada")
    await bea.follow(ada)
    await carl.follow(ada)
    await village.work()
    said = await ada.say("Before")
    await village.work()
    await set_password(ada, "a long enough password")

    refused = await ada.http.post(
        "/api/fedicert/v1/move", json={"acct": new.handle, "current_password": "a long enough password"}
    )
    assert refused.status_code == 422
    assert "doesn't name this account as its own" in refused.json()["error"]
    new.aliases = [ada.uri]
    wrong = await ada.http.post("/api/fedicert/v1/move", json={"acct": new.handle, "current_password": "no"})
    assert wrong.status_code == 403
    answer = await ada.http.post(
        "/api/fedicert/v1/move", json={"acct": new.handle, "current_password": "a long enough password"}
    )
    assert answer.status_code == 200, answer.text
    await village.work()
    (moved,) = carl.server.got("Move")
    assert (moved["object"], moved["target"]) == (ada.uri, new.uri)
    assert (await ada.document())["movedTo"] == new.uri
    assert await bea.relation(new) == "requested"
    assert await bea.relation(ada) == "nothing"

    for method, path, body in (
        ("post", "/api/v1/statuses", {"status": "After"}),
        ("put", f"/api/v1/statuses/{said['id']}", {"status": "Changed"}),
        ("post", f"/api/v1/statuses/{said['id']}/favourite", {}),
        ("post", f"/api/v1/statuses/{said['id']}/reblog", {}),
        ("post", f"/api/v1/accounts/{bea.id}/follow", {}),
        ("post", f"/api/v1/accounts/{bea.id}/endorse", {}),
        ("post", "/api/v1/featured_tags", {"name": "here"}),
        ("patch", "/api/fedicert/v1/answer_policy", {"answers_by": "mentioned"}),
        ("patch", "/api/v1/accounts/update_credentials", {"display_name": "Other"}),
    ):
        answer = await getattr(ada.http, method)(path, json=body)
        assert answer.status_code == 403, path
        assert "has moved" in answer.json()["error"]

    late = village.foreign("late.example").person("late")
    await late.follow(ada)
    await village.work()
    assert late.relation(ada) == "nothing"
    await ada.delete(said)
    await village.work()
    assert carl.home == []

    again = await ada.http.delete("/api/fedicert/v1/move")
    assert again.json()["moved_to"] is None
    assert again.json()["may_move_at"] is not None
    await ada.say("Here again")
    await village.work()
    assert carl.home == ["Here again"]
    answer = await ada.http.post(
        "/api/fedicert/v1/move", json={"acct": new.handle, "current_password": "a long enough password"}
    )
    assert answer.status_code == 409


async def set_password(person: Resident, password: str) -> None:
    place = person.place
    digest = await place.app.deps.keys.hash_password(password)
    login = await place.all("SELECT login FROM local_accounts WHERE id = $1", person.id)
    await place.run("UPDATE logins SET password_hash = $2 WHERE id = $1", login[0][0], digest)


async def test_a_licence_stays_where_it_was_earned_when_its_holder_moves_out(village: Village) -> None:
    """It is about the account that was moved from: what was said under it stays, it ends as any, its holder may withdraw it
    there, and no new one is shown there."""
    board = Board(village)
    home = await village.server(higher=[LICENSED], trust=[trusting(board)])
    ada = await home.person("ada")
    new = village.foreign("new.example").person("ada")
    await brings(ada, board.issue(ada.uri))
    await consents(ada)
    said = await ada.say("Mind the fuse")
    await village.work()
    await set_password(ada, "a long enough password")
    new.aliases = [ada.uri]
    await ada.post("/api/fedicert/v1/move", acct=new.handle, current_password="a long enough password")
    await village.work()
    document = await ada.document()
    assert document["movedTo"] == new.uri
    assert next(iter(board.issued)) in [one["href"] for one in document["hasCredential"]]
    assert "proof" in await home.fetch(said["uri"])
    await brings(ada, board.issue(ada.uri, index=2, number="ME-2"))
    with pytest.raises(Forbidden):
        await consents(ada, number=2)
    await withdraws(ada)
    assert "hasCredential" not in await ada.document() and "proof" not in await home.fetch(said["uri"])
