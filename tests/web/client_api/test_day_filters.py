"""Filters over HTTP, versions 1 and 2: made, changed, and what they say of posts wherever posts are shown."""

from __future__ import annotations

from typing import Any

import pytest

from fedicert.base.clock import FrozenClock
from tests import world
from tests.web.client_api.conftest import Three
from tests.web.client_api.people import Person

ALL = ["home", "notifications", "public", "thread", "account"]


async def make(somebody: Person, *words: str, **more: Any) -> dict[str, Any]:
    keywords = [{"keyword": word, "whole_word": "true"} for word in words]
    given = {"title": "Spoilers", "context": ALL, "keywords_attributes": keywords, **more}
    return dict(await somebody.post("/api/v2/filters", **given))


async def put(somebody: Person, path: str, **fields: Any) -> Any:
    answer = await somebody.http.put(path, json=fields)
    assert answer.status_code == 200, answer.text
    return answer.json()


def told(post: dict[str, Any]) -> list[Any]:
    """What filters said: (title, words, posts)."""
    return [(one["filter"]["title"], one["keyword_matches"], one["status_matches"]) for one in post["filtered"]]


@pytest.mark.serves(
    "GET /api/v2/filters", "POST /api/v2/filters", "GET /api/v2/filters/:id", "PUT /api/v2/filters/:id",
    "DELETE /api/v2/filters/:id",
)  # fmt: skip
async def test_a_filter_is_made_changed_and_deleted(three: Three) -> None:
    ada = three.ada
    made = await make(ada, "ending", "murderer", filter_action="hide", expires_in=3_600)
    assert (made["title"], made["context"], made["filter_action"]) == ("Spoilers", ALL, "hide")
    assert made["expires_at"] == "2026-03-01T13:00:00.000Z" and made["statuses"] == []
    assert [(one["keyword"], one["whole_word"]) for one in made["keywords"]] == [("ending", True), ("murderer", True)]
    path = f"/api/v2/filters/{made['id']}"
    assert await ada.get(path) == made and await ada.get("/api/v2/filters") == [made]
    first, second = made["keywords"]
    changed = await put(
        ada, path, title="Books", context=["home"], filter_action="blur", expires_in="",
        keywords_attributes=[
            {"id": first["id"], "keyword": "the ending", "whole_word": False},
            {"id": second["id"], "_destroy": True},
            {"keyword": "butler"},
        ],
    )  # fmt: skip
    assert (changed["title"], changed["context"], changed["filter_action"]) == ("Books", ["home"], "blur")
    assert changed["expires_at"] is None
    assert [(one["keyword"], one["whole_word"]) for one in changed["keywords"]] == [
        ("the ending", False),
        ("butler", False),
    ]
    assert (await put(ada, path, title="Films"))["keywords"] == changed["keywords"], "what isn't sent stays"
    assert (await three.bob.http.get(path)).status_code == 404
    assert (await ada.http.delete(path)).json() == {}
    assert await ada.get("/api/v2/filters") == [] and (await ada.http.get(path)).status_code == 404
    assert await three.value("SELECT filters FROM local_accounts WHERE id = $1", ada.id) == 0


async def test_a_form_as_browsers_send_it(three: Three) -> None:
    fields = {
        "title": "Spoilers", "context[]": ["home", "public"], "expires_in": "60",
        "keywords_attributes[][keyword]": "ending", "keywords_attributes[][whole_word]": "on",
    }  # fmt: skip
    made = (await three.ada.http.post("/api/v2/filters", data=fields)).json()
    assert made["context"] == ["home", "public"] and made["keywords"][0]["whole_word"] is True
    assert made["expires_at"] == "2026-03-01T12:01:00.000Z"


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"context": ["home"]}, "Validation failed: Title can't be blank"),
        ({"title": "x"}, "Validation failed: Context can't be blank"),
        ({"title": "x", "context": []}, "Validation failed: Context can't be blank"),
        ({"title": "x", "context": ["kitchen"]}, "Validation failed: Context is not included in the list"),
        ({"title": "x", "context": ["home"], "filter_action": "burn"}, "Filter action is not included in the list"),
        ({"title": "x", "context": ["home"], "expires_in": "soon"}, "Expires in must be a whole number"),
        ({"title": "x", "context": ["home"], "keywords_attributes": [{"keyword": " "}]}, "Keyword can't be blank"),
    ],
)
async def test_what_a_filter_refuses(three: Three, fields: dict[str, Any], sentence: str) -> None:
    answer = await three.ada.http.post("/api/v2/filters", json=fields)
    assert answer.status_code == 422 and sentence in answer.json()["error"], answer.text
    assert await three.ada.get("/api/v2/filters") == []


@pytest.mark.serves(
    "GET /api/v2/filters/:filter_id/keywords", "POST /api/v2/filters/:filter_id/keywords",
    "GET /api/v2/filters/keywords/:id", "PUT /api/v2/filters/keywords/:id", "DELETE /api/v2/filters/keywords/:id",
    "GET /api/v2/filters/:filter_id/statuses", "POST /api/v2/filters/:filter_id/statuses",
    "GET /api/v2/filters/statuses/:id", "DELETE /api/v2/filters/statuses/:id",
)  # fmt: skip
async def test_words_and_posts_one_by_one(three: Three) -> None:
    ada, bob = three.ada, three.bob
    made = await make(ada)
    base = f"/api/v2/filters/{made['id']}"
    word = await ada.post(f"{base}/keywords", keyword="ending", whole_word=True)
    assert await ada.get(f"{base}/keywords") == [word] == [await ada.get(f"/api/v2/filters/keywords/{word['id']}")]
    changed = await put(ada, f"/api/v2/filters/keywords/{word['id']}", keyword="finale")
    assert changed == {**word, "keyword": "finale"}
    post = await bob.say("Something else")
    row = await ada.post(f"{base}/statuses", status_id=post["id"])
    assert row["status_id"] == post["id"]
    assert await ada.post(f"{base}/statuses", status_id=post["id"]) == row, "twice is once"
    assert await ada.get(f"{base}/statuses") == [row] == [await ada.get(f"/api/v2/filters/statuses/{row['id']}")]
    for path in (f"{base}/keywords", f"/api/v2/filters/keywords/{word['id']}", f"/api/v2/filters/statuses/{row['id']}"):
        assert (await bob.http.get(path)).status_code == 404
        assert (await bob.http.delete(path)).status_code in (404, 405)
    secret = await bob.say("For nobody else", visibility="direct")
    assert (await ada.http.post(f"{base}/statuses", json={"status_id": secret["id"]})).status_code == 404
    assert (await ada.http.delete(f"/api/v2/filters/keywords/{word['id']}")).json() == {}
    assert (await ada.http.delete(f"/api/v2/filters/statuses/{row['id']}")).json() == {}
    assert await ada.get(base) == made


async def test_posts_say_which_filters_they_meet(three: Three) -> None:
    ada, bob, cleo = three.ada, three.bob, three.cleo
    await ada.post(f"/api/v1/accounts/{bob.id}/follow")
    post = await bob.say("What an ENDING, <b>finally</b>! #maths", visibility="public")
    await three.app.deps.db.write(world.fan_out)
    answer = await bob.say("No words @ada", in_reply_to_id=post["id"])
    boost = await bob.post(f"/api/v1/statuses/{post['id']}/reblog")
    await three.app.deps.db.write(world.fan_out)
    assert (await ada.get(f"/api/v1/statuses/{post['id']}"))["filtered"] == []
    made = await make(ada, "ending")
    await ada.post(f"/api/v2/filters/{made['id']}/statuses", status_id=answer["id"])
    word, named = [("Spoilers", ["ENDING"], None)], [("Spoilers", None, [answer["id"]])]

    home = {item["id"]: item for item in await ada.get("/api/v1/timelines/home")}
    assert told(home[post["id"]]) == word
    assert told(home[boost["id"]]) == word and told(home[boost["id"]]["reblog"]) == word
    summary = home[post["id"]]["filtered"][0]["filter"]
    assert summary == {name: made[name] for name in ("id", "title", "context", "expires_at", "filter_action")}
    listed = (await ada.post("/api/v1/lists", title="x"))["id"]
    await ada.post(f"/api/v1/lists/{listed}/accounts", account_ids=[str(bob.id)])
    await three.run("UPDATE statuses SET listed = 1 WHERE id = $1", int(post["id"]))
    for path, query in (
        ("timelines/public", {"local": True}), ("timelines/tag/maths", {}), (f"timelines/list/{listed}", {}),
        (f"accounts/{bob.id}/statuses", {}), ("statuses", {"id[]": post["id"]}),
    ):  # fmt: skip
        shown = {item["id"]: item for item in await ada.get(f"/api/v1/{path}", **query)}
        assert told(shown[post["id"]]) == word, path
    around = await ada.get(f"/api/v1/statuses/{answer['id']}/context")
    assert told(around["ancestors"][0]) == word
    around = await ada.get(f"/api/v1/statuses/{post['id']}/context")
    assert told(around["descendants"][0]) == named
    mention = next(one for one in await ada.get("/api/v1/notifications") if one["type"] == "mention")
    assert told(mention["status"]) == named
    assert told((await ada.get(f"/api/v1/notifications/{mention['id']}"))["status"]) == named
    groups = await ada.get("/api/v2/notifications")
    assert [told(item) for item in groups["statuses"]] == [named]
    assert told(await ada.post(f"/api/v1/statuses/{post['id']}/favourite")) == word
    for path in ("/api/v1/favourites", "/api/v1/bookmarks"):
        await ada.post(f"/api/v1/statuses/{post['id']}/bookmark")
        assert told((await ada.get(path))[0]) == word
    # Others, and nobody, have other filters; one's own posts meet none.
    assert (await cleo.get(f"/api/v1/statuses/{post['id']}"))["filtered"] == []
    assert "filtered" not in (await three.nobody.get(f"/api/v1/statuses/{post['id']}")).json()
    assert (await ada.say("My own ending"))["filtered"] == []


async def test_a_change_counts_at_once_and_an_end_ends(three: Three, clock: FrozenClock) -> None:
    ada, bob = three.ada, three.bob
    post = await bob.say("The ending of the pending appending")
    path = f"/api/v1/statuses/{post['id']}"

    async def words() -> list[Any]:
        return [one["keyword_matches"] for one in (await ada.get(path))["filtered"]]

    made = await make(ada, "ending", expires_in=60)
    assert await words() == [["ending"]]
    keyword = made["keywords"][0]["id"]
    await put(ada, f"/api/v2/filters/keywords/{keyword}", keyword="end", whole_word=True)
    assert await words() == []
    await put(ada, f"/api/v2/filters/keywords/{keyword}", whole_word=False)
    assert await words() == [["end"]]
    clock.advance(60_000)
    assert await words() == [], "an expired filter isn't applied"
    assert [one["id"] for one in await ada.get("/api/v2/filters")] == [made["id"]], "and is still there to be renewed"
    await put(ada, f"/api/v2/filters/{made['id']}", expires_in=None)
    assert await words() == [["end"]]
    await ada.http.delete(f"/api/v2/filters/{made['id']}")
    assert await words() == []


@pytest.mark.serves(
    "GET /api/v1/filters", "POST /api/v1/filters", "GET /api/v1/filters/:id", "PUT /api/v1/filters/:id",
    "DELETE /api/v1/filters/:id",
)  # fmt: skip
async def test_version_1_knows_each_word_as_a_filter(three: Three) -> None:
    ada, bob = three.ada, three.bob
    one = await ada.post("/api/v1/filters", phrase="ending", context=["home"], irreversible=True, whole_word=True)
    assert one == {
        "id": one["id"], "phrase": "ending", "context": ["home"], "whole_word": True, "expires_at": None,
        "irreversible": True,
    }  # fmt: skip
    (whole,) = await ada.get("/api/v2/filters")
    assert (whole["title"], whole["filter_action"], whole["keywords"][0]["id"]) == ("ending", "hide", one["id"])
    path = f"/api/v1/filters/{one['id']}"
    changed = await put(ada, path, phrase="finale", context=["public", "thread"], expires_in=60)
    assert changed == {
        **one, "phrase": "finale", "context": ["public", "thread"], "expires_at": "2026-03-01T12:01:00.000Z",
    }  # fmt: skip
    assert await ada.get(path) == changed and await ada.get("/api/v1/filters") == [changed]
    assert (await bob.http.get(path)).status_code == (await bob.http.delete(path)).status_code == 404
    # A filter with more words was made elsewhere: what all its words share isn't changed from here.
    await ada.post(f"/api/v2/filters/{whole['id']}/keywords", keyword="butler")
    assert len(await ada.get("/api/v1/filters")) == 2
    refused = await ada.http.put(path, json={"context": ["home"]})
    assert refused.status_code == 422 and "more than one filter keyword" in refused.json()["error"]
    assert (await put(ada, path, phrase="last page"))["phrase"] == "last page"
    assert (await ada.http.delete(path)).json() == {}
    assert [word["keyword"] for word in (await ada.get(f"/api/v2/filters/{whole['id']}"))["keywords"]] == ["butler"]
    (left,) = await ada.get("/api/v1/filters")
    await ada.http.delete(f"/api/v1/filters/{left['id']}")
    assert await ada.get("/api/v2/filters") == [], "nothing is left of a filter without words"
    for fields in ({"phrase": "x"}, {"context": ["home"]}):
        assert (await ada.http.post("/api/v1/filters", json=fields)).status_code == 422


async def test_who_has_no_filters_pays_for_none(three: Three) -> None:
    """Not a statement, not a look-up: the number comes with the token."""
    ada, bob = three.ada, three.bob
    await bob.say("The ending", visibility="public")
    await ada.get("/api/v1/timelines/public", local=True)
    kept = three.app.deps.shelf.filters
    assert kept.get(ada.id, 0) is None
    await make(ada, "ending")
    number = await three.value("SELECT filters FROM local_accounts WHERE id = $1", ada.id)
    assert number > 0 and kept.get(ada.id, number) is None
    await ada.get("/api/v1/timelines/public", local=True)
    found = kept.get(ada.id, number)
    assert found is not None and len(found) == 1
    await ada.get("/api/v1/timelines/public", local=True)
    assert kept.get(ada.id, number) is found, "read once"
