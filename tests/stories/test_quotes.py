"""Quoting: by people here and of people here, with the leave of whoever is quoted (law 5), who counts as answered (law 2)."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from fedicert.base.clock import HOUR
from tests.stories.elsewhere import Neighbour
from tests.stories.village import Resident, Village, words

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"


class Served:
    """A document that another server serves beside its people."""

    gone = False

    def __init__(self, value: dict[str, Any]) -> None:
        self._value = value
        self.follow_ids: dict[str, str] = {}
        self.follows: dict[str, str] = {}

    def document(self) -> dict[str, Any]:
        """The document."""
        return {"@context": "https://www.w3.org/ns/activitystreams", **self._value}


async def quote(person: Resident, post: dict[str, Any], text: str, **fields: Any) -> tuple[int, dict[str, Any]]:
    """Quote, whatever comes of it."""
    answer = await person.http.post("/api/v1/statuses", json={"status": text, "quoted_status_id": post["id"], **fields})
    return answer.status_code, dict(answer.json())


async def again(person: Resident, post: dict[str, Any]) -> dict[str, Any]:
    """A post as it is shown now."""
    return dict(await person.get(f"/api/v1/statuses/{post['id']}"))


def serve(author: Neighbour, note: dict[str, Any]) -> None:
    """Their server serves a note."""
    author.server.people[note["id"].removeprefix(f"https://{author.server.host}")] = Served(note)  # type: ignore[assignment]


def public_note(author: Neighbour, text: str, **more: Any) -> dict[str, Any]:
    """A public note of theirs, which their server serves."""
    note = {
        "id": author.new_id("notes"),
        "type": "Note",
        "attributedTo": author.uri,
        "content": f"<p>{text}</p>",
        "published": author.server.timestamp(),
        "to": [PUBLIC],
        "cc": [f"{author.uri}/followers"],
        **more,
    }
    serve(author, note)
    return note


@pytest.mark.law("5.3")
async def test_a_neighbours_post_is_quoted_at_once_where_the_tier_allows(village: Village) -> None:
    """On one server the tier and the author's word decide at once: accepted, counted, told; or 403 with a sentence."""
    home = await village.server(boosts="audience")
    ada, ben, cleo = await home.person("ada"), await home.person("ben"), await home.person("cleo")
    await ben.follow(ada)
    await village.work()
    post = await ada.say("Quote me")
    status, answer = await quote(cleo, post, "She said")
    assert status == 403
    assert answer["error"] == "This action is not allowed: this post of @ada may not be quoted by you"
    assert ("refused", "law 5: quotes") in await cleo.ledger()
    assert (await again(cleo, post))["quote_approval"] == {
        "automatic": ["followers"],
        "manual": [],
        "current_user": "denied",
    }
    assert (await again(ben, post))["quote_approval"]["current_user"] == "automatic"

    status, made = await quote(ben, post, "She said")
    assert (status, made["quote"]["state"]) == (200, "accepted")
    assert words(made["quote"]["quoted_status"]["content"]) == "Quote me"
    assert (await again(ada, post))["quotes_count"] == 1
    assert ("quote", "ben") in await ada.told()
    assert [one["id"] for one in await cleo.get(f"/api/v1/statuses/{post['id']}/quotes")] == [made["id"]]
    note = await home.fetch(made["uri"])
    assert note["quote"] == note["quoteUri"] == note["_misskey_quote"] == post["uri"]
    stamp = await home.fetch(note["quoteAuthorization"])
    assert (stamp["interactingObject"], stamp["interactionTarget"]) == (made["uri"], post["uri"])
    assert note["content"].startswith('<p class="quote-inline">RE: ')


async def test_somebody_elsewhere_is_asked_and_the_quote_waits_for_the_answer(village: Village) -> None:
    """A quote of a post elsewhere is pending until its author's server answers with a stamp, which everybody can look at."""
    home, far = await village.server(), await village.server("far.example")
    ada, fay, ben = await home.person("ada"), await far.person("fay"), await home.person("ben")
    await ada.follow(fay)
    await ben.follow(ada)
    await village.work()
    await fay.say("Worth quoting")
    await village.work()
    post = await ada.find("Worth quoting")
    assert post["quote_approval"]["current_user"] == "automatic"
    mark = village.mark()
    status, made = await quote(ada, post, "Indeed")
    assert (status, made["quote"]["state"]) == (200, "pending")
    assert words(made["quote"]["quoted_status"]["content"]) == "Worth quoting"  # its author sees what they asked for
    assert (await again(ben, made))["quote"] == {"state": "pending", "quoted_status": None}
    await village.work()
    ((inbox, request),) = village.delivered("QuoteRequest", since=mark)
    assert (inbox, request["instrument"]["id"]) == (f"{fay.uri}/inbox", made["uri"])
    shown = await again(ben, made)
    assert (shown["quote"]["state"], words(shown["quote"]["quoted_status"]["content"])) == ("accepted", "Worth quoting")
    assert "quoteAuthorization" in await home.fetch(made["uri"])
    # Fay's server met the post that quotes, and told her.
    assert ("quote", "ada") in await fay.told()
    assert [one["quotes_count"] for one in await fay.get("/api/v1/timelines/home")] == [1]


@pytest.mark.law("W10")
async def test_a_quoted_author_counts_as_answered(village: Village) -> None:
    """Quoting somebody outside the audience is an answer, not a stranger: counted by the day, refused beyond it."""
    home = await village.server(strangers=0, answers_per_day=1)
    ada, ben, cleo = await home.person("ada"), await home.person("ben"), await home.person("cleo")
    first, second = await ben.say("One"), await cleo.say("Two")
    assert (await quote(ada, first, "See"))[0] == 200
    assert [row[0] for row in await home.all("SELECT kind FROM addressed")] == ["answer"]
    status, answer = await quote(ada, second, "See")
    assert status == 422 and "answer 1 person outside your audience a day" in answer["error"]
    assert (await again(cleo, second))["quotes_count"] == 0
    assert (await quote(ada, await ada.say("Mine"), "Me again"))[0] == 200  # oneself costs nothing
    preview = await ada.post("/api/v1/statuses", status="See", quoted_status_id=second["id"], preview=True)
    assert (preview["answers"]["uses"], preview["answers"]["remaining"]) == (1, 0)
    assert "answer 1 person" in preview["refusal"]


@pytest.mark.serves("GET /api/v1/statuses/:id/quotes", "POST /api/v1/statuses/:id/quotes/:quoting_status_id/revoke")
async def test_the_quoted_author_takes_the_quote_back(village: Village) -> None:
    """Revoking takes the post out of the quote here and elsewhere, for good; the one who quoted keeps their own words."""
    home, far = await village.server(), await village.server("far.example")
    ada, ben, fay = await home.person("ada"), await home.person("ben"), await far.person("fay")
    await fay.follow(ada)
    await ada.follow(fay)
    await village.work()
    post = await ada.say("Quote me")
    await village.work()
    _, here = await quote(ben, post, "Here")
    _, there = await quote(fay, await fay.find("Quote me"), "There")
    await village.work()
    stamp = (await far.fetch(there["uri"]))["quoteAuthorization"]
    quotes = await ada.get(f"/api/v1/statuses/{post['id']}/quotes")
    assert sorted(words(one["content"]).split()[-1] for one in quotes) == ["Here", "There"]
    for one in quotes:
        assert (await ben.http.post(f"/api/v1/statuses/{post['id']}/quotes/{one['id']}/revoke")).status_code == 404
        shown = await ada.post(f"/api/v1/statuses/{post['id']}/quotes/{one['id']}/revoke")
        assert shown["quote"] == {"state": "revoked", "quoted_status": None}
    await village.work()
    assert (await again(ada, post))["quotes_count"] == 0
    assert (await again(ben, here))["quote"]["state"] == "revoked"
    assert (await again(fay, there))["quote"]["state"] == "revoked"
    assert "quoteAuthorization" not in await far.fetch(there["uri"])
    with pytest.raises(AssertionError, match="404"):
        await home.fetch(stamp)


async def test_asking_again_does_not_bring_a_quote_back(village: Village) -> None:
    """A quote that was taken back stays so, however often its author asks."""
    home = await village.server()
    ada = await home.person("ada")
    gil = village.foreign("gil.example").person("gil")
    post = await ada.say("Quote me")
    note = public_note(gil, "There", quote=post["uri"])
    await gil.send(ada, gil.do("QuoteRequest", post["uri"], instrument=note["id"]))
    await village.work()
    assert [one["type"] for one in gil.server.got()] == ["Accept"]
    assert ("quote", "gil") in await ada.told()
    (one,) = await ada.get(f"/api/v1/statuses/{post['id']}/quotes")
    await ada.post(f"/api/v1/statuses/{post['id']}/quotes/{one['id']}/revoke")
    await gil.send(ada, gil.do("QuoteRequest", post["uri"], instrument=note["id"]))
    await village.work()
    assert [one["type"] for one in gil.server.got()] == ["Accept", "Delete", "Reject"]
    assert await ada.get(f"/api/v1/statuses/{post['id']}/quotes") == []


async def test_a_stamp_that_goes_takes_the_quote_with_it(village: Village) -> None:
    """A Delete of the stamp by the quoted author's server revokes; by anybody else it is nothing."""
    home = await village.server()
    ada = await home.person("ada")
    dora = village.foreign("dora.example").person("dora")
    eve = village.foreign("eve.example").person("eve")
    note = public_note(dora, "Said dora")
    post = (await ada.get("/api/v2/search", q=note["id"], resolve="true"))["statuses"][0]
    assert post["quote_approval"]["current_user"] == "unknown"  # her server doesn't say
    _, made = await quote(ada, post, "Look")
    await village.work()
    (request,) = dora.server.got("QuoteRequest")
    stamp = f"{dora.uri}/stamps/1"
    await eve.send(ada, eve.do("Accept", request, result=f"{eve.uri}/stamps/1"))
    await village.work()
    assert (await again(ada, made))["quote"]["state"] == "pending"
    await dora.send(ada, dora.do("Accept", request["id"], result=stamp))
    await village.work()
    assert (await again(ada, made))["quote"]["state"] == "accepted"
    assert (await home.fetch(made["uri"]))["quoteAuthorization"] == stamp
    await eve.send(ada, eve.do("Delete", stamp))
    await village.work()
    assert (await again(ada, made))["quote"]["state"] == "accepted"
    await dora.send(ada, dora.do("Delete", stamp))
    await village.work()
    assert (await again(ada, made))["quote"]["state"] == "revoked"


async def test_a_rejected_quote_stays_a_post_without_what_it_quotes(village: Village) -> None:
    """Where the author elsewhere says no, the post stands, and nobody is shown the quoted one through it."""
    home, far = await village.server(), await village.server("far.example", boosts="audience")
    ada, fay = await home.person("ada"), await far.person("fay")
    await ada.follow(fay)
    await village.work()
    await fay.say("For mine")
    await village.work()
    post = await ada.find("For mine")
    await fay.to(ada, "remove_from_followers")
    await home.run("UPDATE statuses SET quoting = 'manual' WHERE uri = $1", post["uri"])
    _, made = await quote(ada, post, "Please?")
    await village.work()
    assert (await again(ada, made))["quote"] == {"state": "rejected", "quoted_status": None}
    assert ("refused", "law 5: quotes") in await fay.ledger()


@pytest.mark.serves("PUT /api/v1/statuses/:id/interaction_policy")
async def test_who_may_quote_is_the_authors_own_word(village: Village) -> None:
    """public, followers or nobody: said with the post, changed later, told to peers; what is for a few is never quoted."""
    home = await village.server()
    ada, ben = await home.person("ada"), await home.person("ben")
    carl = village.foreign("carl.example").person("carl")
    await carl.follow(ada)
    await village.work()
    post = await ada.say("Not for quoting", quote_approval_policy="nobody")
    assert (await again(ben, post))["quote_approval"]["current_user"] == "denied"
    assert (await quote(ben, post, "But"))[0] == 403
    path = f"/api/v1/statuses/{post['id']}/interaction_policy"
    assert (await ben.http.put(path, json={"quote_approval_policy": "public"})).status_code == 404
    later = datetime.datetime.fromtimestamp((village.clock.now() + HOUR) / 1000, datetime.UTC).isoformat()
    await ben.say("But later", quoted_status_id=post["id"], scheduled_at=later)
    since = len(await ben.told())
    await village.pass_time(HOUR)
    (draft,) = await ben.get("/api/fedicert/v1/drafts")
    assert draft["refused"] and (await ben.told())[since:] == [("mention", "limits")]  # one message, not two
    for policy, may in (("followers", 403), ("public", 200)):
        answer = await ada.http.put(path, json={"quote_approval_policy": policy})
        assert answer.json()["quote_approval"]["automatic"] == [policy]
        assert (await quote(ben, post, "But"))[0] == may
        await village.work()
    said = carl.server.posts[post["uri"]]
    assert said["interactionPolicy"]["canQuote"]["automaticApproval"] == [PUBLIC] and "updated" not in said
    private = await ada.say("For mine", visibility="private")
    await ben.follow(ada)
    await village.work()
    assert (await quote(ben, private, "She said"))[0] == 403
    _, own = await quote(ada, private, "I said", visibility="public")
    assert own["visibility"] == "private"  # one's own for a few stays for a few


@pytest.mark.law("C13")
async def test_an_edit_of_a_quote_or_poll_widens_nothing(village: Village) -> None:
    """An edit can't widen visibility, whatever hangs on the post; who quoted it is told that it changed."""
    home = await village.server()
    ada, ben, cleo = await home.person("ada"), await home.person("ben"), await home.person("cleo")
    await ben.follow(ada)
    await village.work()
    private = await ada.say("For mine", visibility="private")
    _, own = await quote(ada, private, "I said", poll={"options": ["a", "b"], "expires_in": 600})
    answer = await ada.http.put(f"/api/v1/statuses/{own['id']}", json={"status": "I say", "visibility": "public"})
    assert (answer.json()["visibility"], answer.json()["quote"]["state"]) == ("private", "accepted")
    assert (await cleo.http.get(f"/api/v1/statuses/{own['id']}")).status_code == 404
    assert (await cleo.http.get(f"/api/v1/polls/{own['id']}")).status_code == 404
    post = await ada.say("Quote me")
    await quote(ben, post, "She said")
    await ada.rewrite(post, "Quote me now")
    assert ("quoted_update", "ada") in await ben.told()


@pytest.mark.law("C12")
async def test_an_edit_that_adds_strangers_leaves_the_old_text_of_a_poll_and_a_quote(village: Village) -> None:
    """An edit that adds strangers beyond the limit leaves the old text, the old poll and its votes."""
    home = await village.server(strangers=0)
    ada, ben = await home.person("ada"), await home.person("ben")
    poll = {"options": ["a", "b"], "expires_in": 600}
    _, post = await quote(ada, await ada.say("Mine"), "Which?", poll=poll)
    await ben.post(f"/api/v1/polls/{post['id']}/votes", choices=[0])
    answer = await ada.http.put(
        f"/api/v1/statuses/{post['id']}",
        json={"status": "Which, @ben?", "poll": {"options": ["a", "c"], "expires_in": 600}},
    )
    assert answer.status_code == 422
    shown = await again(ada, post)
    assert [one["title"] for one in shown["poll"]["options"]] == ["a", "b"]
    assert shown["poll"]["votes_count"] == 1 and shown["edited_at"] is None


async def test_what_comes_in_is_believed_by_its_stamp(village: Village) -> None:
    """A quote that comes from elsewhere is shown where the stamp holds: served by the quoted author's server, about both."""
    home = await village.server()
    ada = await home.person("ada")
    dora = village.foreign("dora.example").person("dora")
    eve = village.foreign("eve.example").person("eve")
    await ada.follow(eve)
    await village.work()
    await eve.send(ada, eve.do("Accept", eve.server.got("Follow")[-1]))
    await village.work()
    quoted = public_note(dora, "Said dora")

    async def quoted_by_eve(stamp: str) -> dict[str, Any]:
        note = await eve.say(
            f"Look {stamp}", ada, quote=quoted["id"], **({"quoteAuthorization": stamp} if stamp else {})
        )
        await village.work()
        shown = await ada.get("/api/v1/timelines/home")
        return next(dict(one) for one in shown if one["uri"] == note["id"])

    assert (await quoted_by_eve(""))["quote"] == {"state": "pending", "quoted_status": None}
    forged = f"{eve.uri}/stamps/1"
    assert (await quoted_by_eve(forged))["quote"]["state"] == "unauthorized"
    expected = eve._made + 1
    stamp = {
        "id": f"{dora.uri}/stamps/1",
        "type": "QuoteAuthorization",
        "attributedTo": dora.uri,
        "interactingObject": f"{eve.uri}/notes/{expected}",
        "interactionTarget": quoted["id"],
    }
    serve(dora, stamp)
    good = await quoted_by_eve(stamp["id"])
    assert good["quote"]["state"] == "accepted"
    assert words(good["quote"]["quoted_status"]["content"]) == "Said dora"
    assert good["quote"]["quoted_status"]["quotes_count"] == 1
    assert (await quoted_by_eve(stamp["id"]))["quote"]["state"] == "unauthorized"  # another post with the same stamp
    await ada.to(dora, "mute")
    assert (await again(ada, good))["quote"]["state"] == "muted_account"
    await ada.to(dora, "block")
    assert (await again(ada, good))["quote"] == {"state": "blocked_account", "quoted_status": None}


async def test_a_deleted_post_leaves_its_quotes_standing_without_it(village: Village) -> None:
    """What is deleted vanishes from every quote of it, here and elsewhere; a deleted quote counts no longer."""
    home, far = await village.server(), await village.server("far.example")
    ada, ben, fay = await home.person("ada"), await home.person("ben"), await far.person("fay")
    await fay.follow(ada)
    await village.work()
    post = await ada.say("Quote me")
    await village.work()
    _, here = await quote(ben, post, "Here")
    _, other = await quote(ben, post, "And here")
    _, there = await quote(fay, await fay.find("Quote me"), "There")
    await village.work()
    await ben.delete(other)
    assert (await again(ada, post))["quotes_count"] == 2
    await ada.delete(post)
    await village.work()
    assert (await again(ben, here))["quote"] == {"state": "deleted", "quoted_status": None}
    assert (await again(fay, there))["quote"] == {"state": "deleted", "quoted_status": None}


async def test_filters_of_the_reader_look_into_quotes(village: Village) -> None:
    """A word that somebody filters is found in a quoted post, and said of that one."""
    home = await village.server()
    ada, ben, cleo = await home.person("ada"), await home.person("ben"), await home.person("cleo")
    _, made = await quote(ben, await ada.say("All about spiders"), "Look")
    await cleo.post(
        "/api/v2/filters",
        title="No",
        context=["home"],
        keywords_attributes=[{"keyword": "spiders", "whole_word": True}],
    )
    shown = await again(cleo, made)
    assert shown["filtered"] == []
    assert [one["keyword_matches"] for one in shown["quote"]["quoted_status"]["filtered"]] == [["spiders"]]


async def test_the_page_of_a_post_shows_its_poll_and_what_it_quotes(village: Village) -> None:
    """Whoever reads the page of a post in a browser sees its choices and a link to what it quotes."""
    home = await village.server()
    ada = await home.person("ada")
    quoted = await ada.say("Mine")
    _, post = await quote(ada, quoted, "Which?", poll={"options": ["<tea>", "coffee"], "expires_in": 600})
    page = (await ada.http.get(post["url"], headers={"accept": "text/html"})).text
    assert "&lt;tea&gt; · 0 votes" in page and f'<a href="{quoted["uri"]}"' in page
