"""Everything that somebody said and is can be taken out, at any time, and is theirs alone."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import msgspec

from fedicert.base.clock import DAY, MINUTE
from fedicert.operations.checkpoints import Signed
from fedicert.reach import exports
from tests.images import picture as drawn
from tests.stories.village import Place, Resident, Village, checks


async def take_out(village: Village, ada: Resident) -> zipfile.ZipFile:
    found = await ada.post("/api/fedicert/v1/exports")
    assert found["state"] == "asked"
    await village.work()
    state = await ada.get(f"/api/fedicert/v1/exports/{found['id']}")
    assert state["state"] == "ready"
    answer = await ada.http.get(state["url"])
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "private, no-store"
    assert len(answer.content) == state["bytes"]
    return zipfile.ZipFile(io.BytesIO(answer.content))


def read(zipped: zipfile.ZipFile, name: str) -> Any:
    return json.loads(zipped.read(name))


async def test_everything_one_said_and_is_can_be_taken_out(village: Village) -> None:
    """Posts for all and for few, boosts, pictures, likes, bookmarks, relations, and every decision, in one file."""
    home = await village.server()
    ada, bea = await home.person("ada"), await home.person("bea")
    carl = village.foreign("far.example").person("carl")
    await ada.set(display_name="Ada", note="about me")
    for friend in (bea, carl):
        await ada.follow(friend)
    await bea.follow(ada)
    await ada.block(village.foreign("bad.example").person("mal"))
    picture = await ada.http.post("/api/v2/media", files={"file": ("a.png", drawn(), "image/png")})
    assert picture.status_code == 200, picture.text
    open_post = await ada.say("To all", media_ids=[picture.json()["id"]])
    await ada.say("@bea to you", visibility="direct")
    other = await bea.say("Of bea")
    await village.work()
    for verb in ("reblog", "favourite", "bookmark"):
        await ada.act(verb, other)
    await home.verify_ledger()
    await village.work()

    zipped = await take_out(village, ada)
    assert zipped.testzip() is None
    outbox = read(zipped, "outbox.json")
    assert outbox["totalItems"] == len(outbox["orderedItems"]) == 3
    assert [item["type"] for item in outbox["orderedItems"]] == ["Create", "Create", "Announce"]
    assert outbox["orderedItems"][0]["object"]["id"] == open_post["uri"]
    assert outbox["orderedItems"][1]["object"]["to"] == [bea.uri]
    assert outbox["orderedItems"][2]["object"] == other["uri"]
    assert read(zipped, "likes.json") == read(zipped, "bookmarks.json") == [other["uri"]]
    assert read(zipped, "actor.json")["id"] == ada.uri
    assert read(zipped, "account.json")["note_text"] == "about me"
    assert len([name for name in zipped.namelist() if name.startswith("media/attachment-")]) == 1
    assert zipped.read("following_accounts.csv").decode().splitlines() == [
        "Account address,Show boosts,Notify on new posts,Languages",
        "bea@home.example,true,false,",
        "carl@far.example,true,false,",
    ]
    assert zipped.read("followers.csv").decode().splitlines() == ["Account address", "bea@home.example"]
    assert zipped.read("blocked_accounts.csv").decode().splitlines() == ["mal@bad.example"]
    assert "README.txt" in zipped.namelist()
    report = exports.verify(
        zipped.read("ledger.jsonl").splitlines(keepends=True), checks, lambda told: msgspec.convert(told, Signed)
    )
    assert report.findings == []
    assert b"taken_out" in zipped.read("ledger.jsonl")


async def test_what_was_taken_out_here_comes_in_elsewhere(village: Village) -> None:
    """The list of follows that one server of ours gives is what another takes."""
    home, there = await village.server(), await village.server("there.example")
    ada, eve = await home.person("ada"), await there.person("eve")
    friends = [village.foreign("far.example").person("carl"), await home.person("bea")]
    for friend in friends:
        await ada.follow(friend)
    await village.work()
    data = (await take_out(village, ada)).read("following_accounts.csv")
    await eve.http.post(
        "/api/fedicert/v1/imports", data={"type": "following"}, files={"data": ("f.csv", data, "text/csv")}
    )
    for _ in range(3):
        await village.pass_time(MINUTE)
    rows = await there.all(
        "SELECT a.uri FROM follows f JOIN accounts a ON a.id = f.followed WHERE f.follower = $1", eve.id
    )
    assert sorted(row[0] for row in rows) == sorted(friend.uri for friend in friends)


async def test_an_archive_is_its_owners_alone_for_seven_days(village: Village) -> None:
    """Nobody else gets it, not by its number either; after a week the file is gone, and one is made at a time."""
    home = await village.server()
    ada, bea = await home.person("ada"), await home.person("bea")
    found = await ada.post("/api/fedicert/v1/exports")
    assert (await ada.http.post("/api/fedicert/v1/exports")).status_code == 409
    assert (await ada.http.get(f"/api/fedicert/v1/exports/{found['id']}/archive")).status_code == 404
    await village.work()
    assert (await bea.http.get(f"/api/fedicert/v1/exports/{found['id']}")).status_code == 404
    assert (await bea.http.get(f"/api/fedicert/v1/exports/{found['id']}/archive")).status_code == 404
    assert (await ada.http.get(f"/api/fedicert/v1/exports/{found['id']}/archive")).status_code == 200
    assert ("mention", "limits") in await ada.told()
    folder = home.app.deps.config.data_dir / "archives"
    assert len(list(folder.iterdir())) == 1
    await village.pass_time(7 * DAY + MINUTE)
    assert list(folder.iterdir()) == []
    assert (await ada.http.get(f"/api/fedicert/v1/exports/{found['id']}/archive")).status_code == 410


async def test_who_is_deleted_leaves_no_archive_behind(village: Village) -> None:
    """With the account go its archives and the files it brought."""
    home = await village.server()
    ada = await home.person("ada")
    await take_out(village, ada)
    await ada.leave()
    await village.work()
    assert list((home.app.deps.config.data_dir / "archives").iterdir()) == []
    await nothing_left(home, ada)


async def nothing_left(home: Place, ada: Resident) -> None:
    rows = await home.all("SELECT COUNT(*) FROM imports WHERE account = $1", ada.id)
    assert rows[0][0] == 0
