"""Cases: a blocked domain, a suspended account. Who is paused with the slot, who is restored, what still travels."""

from __future__ import annotations

from typing import Any

import pytest

from fedicert.base.clock import DAY, HOUR, MINUTE
from tests.stories.elsewhere import PUBLIC, Neighbour
from tests.stories.test_line import crowd, follow_in_turn
from tests.stories.village import Resident, Village


async def block(admin: Resident, domain: str, **fields: Any) -> dict[str, Any]:
    """An admin blocks a domain with a client."""
    return dict(await admin.post("/api/v1/admin/domain_blocks", domain=domain, **{"severity": "suspend", **fields}))


async def hears(village: Village, ada: Resident, other: Neighbour) -> None:
    """Ada follows somebody elsewhere, who lets her."""
    await ada.follow(other)
    await village.work()
    await other.send(ada, other.do("Accept", other.server.got("Follow")[-1]))
    await village.work()


async def unblock(admin: Resident, made: dict[str, Any]) -> None:
    answer = await admin.http.delete(f"/api/v1/admin/domain_blocks/{made['id']}")
    assert answer.status_code == 200, answer.text


@pytest.mark.law("C7")
async def test_followers_of_a_blocked_domain_are_paused_with_their_slots_and_restored_when_it_is_undone(
    village: Village,
) -> None:
    home = await village.server(followers=3)
    ada, admin = await home.person("ada"), await home.person("root", role="admin")
    (bad, worse) = crowd(village, "bad", "worse", host="bad.example")
    (carl, dora) = crowd(village, "carl", "dora")
    await follow_in_turn(village, ada, bad, worse, carl, dora)
    assert await ada.waiting() == ["dora"]

    made = await block(admin, "bad.example", public_comment="spam")
    await village.work()
    assert await ada.followers() == {"bad": "paused", "worse": "paused", "carl": "admitted", "dora": "held"}
    assert bad.server.got("Reject") == []  # they are told nothing
    before = village.mark()
    await ada.say("Not for them")
    await village.work()
    assert [inbox for inbox, _ in village.delivered("Create", before)] == ["https://carl.example/inbox"]
    collection = await home.fetch(f"{ada.uri}/followers")
    assert collection["totalItems"] == 3  # the slots are theirs

    await village.pass_time(29 * DAY)
    assert await ada.waiting() == ["dora"]
    await unblock(admin, made)
    await village.work()
    assert await ada.followers() == {"bad": "admitted", "worse": "admitted", "carl": "admitted", "dora": "held"}
    await ada.say("For them again")
    await village.work()
    assert bad.home == ["For them again"]
    assert [kind for kind, rule in await ada.ledger() if rule == "cases: a blocked domain"] == ["paused"] * 2
    assert (await home.verify_ledger()).findings == []


@pytest.mark.law("C7", "2.5")
async def test_after_thirty_days_they_are_trimmed_and_told_so_and_the_next_come_in(village: Village) -> None:
    """What takes back still travels to a blocked domain: a Reject, and the Delete of a post it was sent before."""
    home = await village.server(followers=1)
    ada, admin = await home.person("ada"), await home.person("root", role="admin")
    (bad,) = crowd(village, "bad", host="sub.bad.example")
    (dora,) = crowd(village, "dora")
    await follow_in_turn(village, ada, bad, dora)
    post = await ada.say("Before the block")
    await village.work()
    await block(admin, "bad.example")  # and all below it
    await village.work()
    assert await ada.followers() == {"bad": "paused", "dora": "held"}
    await ada.delete(post)
    await village.work()
    assert len(bad.server.got("Delete")) == 1

    await village.pass_time(30 * DAY - HOUR)
    await home.sweep()
    assert await ada.followers() == {"bad": "paused", "dora": "held"}
    await village.pass_time(HOUR)
    await home.sweep()
    assert await ada.followers() == {"bad": "trimmed", "dora": "admitted"}
    assert len(bad.server.got("Reject")) == 1
    assert bad.relation(ada) == "nothing"
    assert dora.relation(ada) == "following"
    assert (await home.verify_ledger()).findings == []


@pytest.mark.law("C7")
async def test_whoever_leaves_from_a_blocked_domain_frees_the_slot(village: Village) -> None:
    """An Undo of the own Follow, and the own Delete, are all that is taken from there, proven by a key that is known: no
    question goes to that domain for it, and nothing else of it gets in along with that."""
    home = await village.server(followers=3)
    ada, admin = await home.person("ada"), await home.person("root", role="admin")
    undoes, deletes, stays = crowd(village, "undoes", "deletes", "stays", host="bad.example")
    waiting = crowd(village, "carl", "dora")
    begun = {one.uri: await one.follow(ada) for one in (undoes, deletes, stays)}
    await village.work()
    note = await stays.say("Good morning", ada)
    await village.work()
    await follow_in_turn(village, ada, *waiting)
    await block(admin, "bad.example")
    await village.work()
    await village.pass_time(MINUTE)
    asked = village.mark()

    like, elses = stays.do("Like", ada.uri), stays.do("Follow", ada.uri)
    never = {**begun[stays.uri], "id": stays.new_id("follows"), "object": admin.uri}
    unknown = undoes.server.person("unknown")
    for sender, activity in (
        (stays, stays.do("Undo", like)),
        (stays, stays.do("Undo", never)),  # there is no such follow
        (stays, stays.do("Undo", begun[undoes.uri])),  # nor is it the signer's
        (stays, stays.do("Delete", note["id"])),
        (stays, stays.do("Update", stays.document())),
        (stays, elses),
        (stays, {**stays.do("Undo", begun[undoes.uri]), "actor": undoes.uri}),  # signed by another
        (stays, {**stays.do("Delete", undoes.uri), "actor": undoes.uri}),
        (unknown, unknown.do("Delete", unknown.uri)),  # nobody here ever met them: nothing to do, and nothing asked
    ):
        answer = await sender.send(ada, activity)
        assert answer.status == (202 if sender is unknown else 403), activity
    await village.work()
    assert set((await ada.followers()).values()) == {"paused", "held"} and await ada.waiting() == ["carl", "dora"]

    await undoes.unfollow(ada, begun[undoes.uri])
    assert (await deletes.send(ada, deletes.do("Delete", deletes.uri))).status == 202
    await village.work()
    assert await ada.followers() == {"stays": "paused", "carl": "admitted", "dora": "admitted"}
    assert [one.url for one in village.wire.asked[asked:] if "bad.example" in one.url] == []
    assert (await home.verify_ledger()).findings == []


@pytest.mark.law("C7")
async def test_a_known_key_that_changed_since_ends_nothing(village: Village) -> None:
    """What a blocked domain signs with another key than it had is refused: its keys aren't asked for."""
    home = await village.server(followers=3)
    ada, admin = await home.person("ada"), await home.person("root", role="admin")
    (bad,) = crowd(village, "bad", host="bad.example")
    begun = await bad.follow(ada)
    await village.work()
    await block(admin, "bad.example")
    await village.work()
    await village.pass_time(HOUR)
    await home.run("UPDATE remote_keys SET public_key = (SELECT MAX(public) FROM keys WHERE public LIKE '-----%')")
    asked = village.mark()
    assert (await bad.send(ada, bad.do("Undo", begun))).status == 403
    await village.work()
    assert await ada.followers() == {"bad": "paused"}
    assert [one.url for one in village.wire.asked[asked:] if "bad.example" in one.url] == []


@pytest.mark.law("C7")
async def test_nothing_is_taken_from_a_blocked_domain_and_nothing_new_is_said_to_it(village: Village) -> None:
    home = await village.server(followers=5)
    ada, admin = await home.person("ada"), await home.person("root", role="admin")
    (bad,) = crowd(village, "bad", host="bad.example")
    await hears(village, ada, bad)
    await bad.say("Good morning", ada)
    await village.work()
    assert await ada.public() == ["Good morning"]
    identifier = await ada.account(bad)
    made = await block(admin, "bad.example")
    await village.pass_time(MINUTE)

    note = {
        "id": bad.new_id("notes"),
        "type": "Note",
        "attributedTo": bad.uri,
        "content": "x",
        "to": [PUBLIC],
        "cc": [],
    }
    assert (await bad.send(ada, bad.create(note))).status == 403
    assert (await bad.server.fetch(bad, ada.uri)).status in (200, 403)  # a document is everybody's
    assert await ada.public() == []
    shown = await ada.get(f"/api/v1/accounts/{identifier}")
    assert (shown["suspended"], shown["display_name"]) == (True, "")
    before = village.mark()
    await ada.say(f"Hello {bad.handle}", visibility="direct")
    await village.work()
    assert village.delivered(since=before) == []
    stranger = bad.server.person("stranger")
    assert (await ada.get("/api/v2/search", q=stranger.handle, type="accounts", resolve="true"))["accounts"] == []
    assert [asked.url for asked in village.wire.asked[before:] if "bad.example" in asked.url] == []
    assert (await ada.http.post(f"/api/v1/accounts/{identifier}/follow")).status_code in (403, 404)

    await unblock(admin, made)
    await village.pass_time(MINUTE)
    assert (await bad.send(ada, bad.create(note))).status == 202
    await village.work()
    assert len(await ada.public()) == 2


@pytest.mark.law("C7")
async def test_a_silenced_domain_is_followed_as_ever_and_stands_in_no_public_timeline(village: Village) -> None:
    home = await village.server(followers=5)
    ada, admin = await home.person("ada"), await home.person("root", role="admin")
    (loud,) = crowd(village, "loud", host="loud.example")
    await hears(village, ada, loud)
    await follow_in_turn(village, ada, loud)
    made = await block(admin, "loud.example", severity="silence")
    await village.work()
    await loud.say("Buy now", ada)
    await village.work()
    assert await ada.home() == ["Buy now"]
    assert await ada.public() == []
    assert await ada.audience() == ["loud"]
    assert (await ada.get(f"/api/v1/accounts/{await ada.account(loud)}"))["limited"] is True
    await unblock(admin, made)
    await village.work()
    assert await ada.public() == ["Buy now"]


@pytest.mark.law("C7")
async def test_blocking_is_the_admins_and_stands_on_the_ledger_of_the_instance(village: Village) -> None:
    home = await village.server()
    admin, ada = await home.person("root", role="admin"), await home.person("ada", role="moderator")
    refused = await ada.http.post("/api/v1/admin/domain_blocks", json={"domain": "bad.example"})
    assert refused.status_code == 403
    for domain, status in (("home.example", 422), ("not a domain", 422)):
        assert (await admin.http.post("/api/v1/admin/domain_blocks", json={"domain": domain})).status_code == status
    made = await block(admin, "Bad.Example", public_comment="spam", obfuscate=True)
    assert (await admin.http.post("/api/v1/admin/domain_blocks", json={"domain": "bad.example"})).status_code == 409
    changed = await admin.http.put(f"/api/v1/admin/domain_blocks/{made['id']}", json={"severity": "silence"})
    assert (changed.json()["domain"], changed.json()["severity"]) == ("bad.example", "silence")
    (public,) = await ada.get("/api/v1/instance/domain_blocks")
    assert (public["domain"], public["severity"], public["comment"]) == ("ba*.*****le", "silence", "spam")
    await unblock(admin, made)
    assert await ada.get("/api/v1/instance/domain_blocks") == []
    rows = await home.all(
        "SELECT l.kind FROM ledger l JOIN accounts a ON a.id = l.account WHERE a.type = 'Application' AND l.rule = $1"
        " ORDER BY l.seq",
        "cases: a blocked domain",
    )
    assert [row[0] for row in rows] == ["domain_blocked", "domain_block_changed", "domain_unblocked"]


@pytest.mark.law("C8")
async def test_a_suspended_account_delivers_only_retractions(village: Village) -> None:
    home = await village.server(followers=3)
    ada, admin = await home.person("ada"), await home.person("root", role="moderator")
    (carl, dora) = crowd(village, "carl", "dora")
    await follow_in_turn(village, ada, carl, dora)
    post = await ada.say("Before")
    await village.work()
    carl.server.down = True
    await ada.say("On its way")
    await village.work()

    identifier = await admin.account(ada)
    said = {"type": "suspend", "text": "three reports"}
    assert (await ada.http.post(f"/api/v1/admin/accounts/{identifier}/action", json=said)).status_code == 403
    assert (await admin.http.post(f"/api/v1/admin/accounts/{identifier}/action", json=said)).status_code == 200
    before = village.mark()
    await village.work()
    carl.server.down = False
    await village.pass_time(2 * HOUR)
    assert [text["content"] for text in carl.server.posts.values() if "On its way" in text["content"]] == []
    told = [activity for _, activity in village.delivered("Update", before)]
    assert {activity["object"].get("suspended") for activity in told} == {True}
    assert {activity["type"] for _, activity in village.delivered(since=before)} == {"Update"}
    assert (await ada.http.get("/api/v1/timelines/home")).status_code == 403
    assert (await home.fetch(ada.uri))["suspended"] is True

    (late,) = crowd(village, "late")
    before = village.mark()
    await late.follow(ada)
    await village.work()
    assert [a for _, a in village.delivered(since=before) if a["actor"] == ada.uri] == []
    assert post["uri"] in carl.server.posts

    await admin.post(f"/api/v1/admin/accounts/{identifier}/unsuspend")
    await village.work()
    assert "suspended" not in (await home.fetch(ada.uri))
    await ada.say("Back")
    await ada.delete(post)
    await village.work()
    assert "Back" in dora.home[-1]
    assert post["uri"] not in carl.server.posts
    kinds = [kind for kind, _ in await ada.ledger()]
    assert kinds.index("account_suspended") < kinds.index("account_unsuspended")
    assert (await home.verify_ledger()).findings == []


@pytest.mark.law("C8")
async def test_no_clock_of_a_suspended_account_runs(village: Village) -> None:
    """Neither its settling's, nor those of who waits before it, nor that of a blocked domain's followers."""
    home = await village.server(followers=3)
    ada, admin = await home.person("ada"), await home.person("root", role="owner")
    (bad,) = crowd(village, "bad", host="bad.example")
    carl, dora, emil = crowd(village, "carl", "dora", "emil")
    await follow_in_turn(village, ada, bad, carl, dora, emil)
    made = await block(admin, "bad.example")
    await home.change_rung(admin, {"followers": 2}, "harvest is in")
    await village.work()
    await village.pass_time(10 * DAY)  # of 14 days of grace, 30 of the block, 180 in the line
    identifier = await admin.account(ada)
    await admin.post(f"/api/v1/admin/accounts/{identifier}/action", type="suspend", text="three reports")
    await village.pass_time(300 * DAY)
    await home.sweep()
    assert await ada.followers() == {"bad": "paused", "carl": "admitted", "dora": "admitted", "emil": "held"}
    await admin.post(f"/api/v1/admin/accounts/{identifier}/unsuspend")
    await village.pass_time(3 * DAY)
    await home.sweep()
    assert await ada.followers() == {"bad": "paused", "carl": "admitted", "dora": "admitted", "emil": "held"}
    (stage,) = await home.all("SELECT stage FROM settlings WHERE account = $1 AND ended_at IS NULL", ada.id)
    assert stage[0] == "grace"
    await village.pass_time(2 * DAY)
    (stage,) = await home.all("SELECT stage FROM settlings WHERE account = $1 AND ended_at IS NULL", ada.id)
    assert stage[0] == "throttle"
    await unblock(admin, made)
    await village.work()
    assert (await home.verify_ledger()).findings == []


@pytest.mark.law("C7")
async def test_one_account_elsewhere_can_be_suspended_here_like_a_domain(village: Village) -> None:
    home = await village.server(followers=3)
    ada, admin = await home.person("ada"), await home.person("root", role="moderator")
    bad, good = crowd(village, "bad", "good", host="far.example")
    await follow_in_turn(village, ada, bad, good)
    await hears(village, ada, bad)
    identifier = await admin.account(bad)
    await admin.post(f"/api/v1/admin/accounts/{identifier}/action", type="suspend", text="spam")
    await village.work()
    assert await ada.followers() == {"bad": "paused", "good": "admitted"}
    await bad.say("Again", ada)
    await village.work()
    assert await ada.public() == []
    await bad.send(ada, bad.do("Follow", ada.uri))
    await village.work()
    assert await ada.followers() == {"bad": "paused", "good": "admitted"}
    await admin.post(f"/api/v1/admin/accounts/{identifier}/unsuspend")
    await village.work()
    assert await ada.followers() == {"bad": "admitted", "good": "admitted"}
    await bad.say("Sorry", ada)
    await village.work()
    assert await ada.public() == ["Sorry"]


@pytest.mark.law("C7", "3.4")
async def test_whoever_is_suspended_here_may_take_back_all_the_same(village: Village) -> None:
    """An Undo of a Follow by an account elsewhere that is suspended here frees the slot for whoever waits."""
    home = await village.server(followers=2)
    ada, admin = await home.person("ada"), await home.person("root", role="moderator")
    bad, good, late = crowd(village, "bad", "good", "late", host="far.example")
    begun = [await one.follow(ada) for one in (bad, good)]
    await village.work()
    await late.follow(ada)
    await village.work()
    identifier = await admin.account(bad)
    await admin.post(f"/api/v1/admin/accounts/{identifier}/action", type="suspend", text="spam")
    await village.work()
    assert await ada.followers() == {"bad": "paused", "good": "admitted", "late": "held"}
    await bad.unfollow(ada, begun[0])
    await village.work()
    assert await ada.followers() == {"good": "admitted", "late": "admitted"}
    await bad.say("Still here", ada)
    await village.work()
    assert await ada.public() == []
