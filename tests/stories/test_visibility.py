"""Law 5. "Capped voices aren't broadcast by us": timelines, trends, search, feeds and relays by tier; who may answer."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import Any

import pytest

from fedicert.base.errors import Conflict, Forbidden, NotFound
from fedicert.jobs import errands
from fedicert.jobs.trends import Trending
from fedicert.operations import commands, relays
from tests.stories.elsewhere import PUBLIC, Elsewhere, Neighbour
from tests.stories.licensing import signs, tier
from tests.stories.village import Place, Resident, Village, words

OPEN: dict[str, Any] = {
    "name": "open",
    "enter": ["licence"],
    "followers": "none",
    "visibility": "listed",
    "boosts": "anyone",
}


async def lift(person: Resident) -> None:
    """Somebody stands on the open tier, and agreed to the code."""
    await signs(person)
    await person.place.run(
        "INSERT INTO tier_grants (account, tier, ground, licence, begun_at, cause)"
        " SELECT $1, id, 'admin', NULL, 0, '' FROM tiers WHERE name = 'open'",
        person.id,
    )
    await person.place.run(
        "UPDATE local_accounts SET tier = (SELECT id FROM tiers WHERE name = 'open') WHERE id = $1", person.id
    )
    assert await tier(person) == "open"


@pytest.fixture
async def home(village: Village) -> Place:
    return await village.server(visibility="unlisted", boosts="audience", followers=150, higher=[OPEN])


async def feed(place: Place, path: str) -> list[str]:
    """The texts of an RSS feed."""
    import httpx

    async with httpx.AsyncClient(transport=httpx.ASGITransport(place.app), base_url="https://home.example") as client:
        answer = await client.get(path)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("application/rss+xml")
    return [words(item.findtext("description") or "") for item in ET.fromstring(answer.text).iter("item")]


@pytest.mark.law("5.5")
async def test_clients_are_given_the_tiers_default_and_shown_what_holds(home: Place) -> None:
    """The default visibility that clients read is the tier's; asked for more, the answer shows what holds."""
    ada = await home.person("ada")
    assert (await ada.get("/api/v1/preferences"))["posting:default:visibility"] == "unlisted"
    assert (await ada.get("/api/v1/accounts/verify_credentials"))["source"]["privacy"] == "unlisted"
    assert (await ada.say("Hello"))["visibility"] == "unlisted"
    assert (await ada.say("Hello all", visibility="public"))["visibility"] == "unlisted"
    await lift(ada)
    assert (await ada.get("/api/v1/preferences"))["posting:default:visibility"] == "public"
    assert (await ada.say("Hello world"))["visibility"] == "public"


@pytest.mark.law("5.5")
async def test_a_client_that_sends_back_what_it_was_shown_chooses_nothing(home: Place) -> None:
    """What the tier says isn't the person's own choice: their defaults rise with them. What they chose themselves stays,
    whatever is shown meanwhile."""
    ada, ben, cleo = [await home.person(name) for name in ("ada", "ben", "cleo")]
    await ben.set(source={"privacy": "public", "quote_policy": "public"})
    await cleo.set(source={"privacy": "private", "quote_policy": "nobody"})
    await cleo.set(source={"privacy": "unlisted", "quote_policy": "followers"})  # another than she was shown: a choice
    for person in (ada, ben, cleo):
        shown = (await person.get("/api/v1/accounts/verify_credentials"))["source"]
        assert (shown["privacy"], shown["quote_policy"]) == ("unlisted", "followers")
        back = {name: shown[name] for name in ("privacy", "sensitive", "language", "quote_policy")}
        stored = await home.all("SELECT * FROM local_accounts WHERE id = $1", person.id)
        await person.set(source=back)
        assert await home.all("SELECT * FROM local_accounts WHERE id = $1", person.id) == stored
        await lift(person)
    for person, risen in ((ada, ("public", "public")), (ben, ("public", "public")), (cleo, ("unlisted", "followers"))):
        shown = (await person.get("/api/v1/accounts/verify_credentials"))["source"]
        assert (shown["privacy"], shown["quote_policy"]) == risen


@pytest.mark.law("5.2")
async def test_what_a_tier_keeps_unlisted_enters_nothing_for_strangers(home: Place) -> None:
    """Neither public nor tag timelines, neither trends nor search nor feeds; the local timeline of members has it."""
    ada, ben = await home.person("ada"), await home.person("ben")
    await lift(ben)
    friends = [await home.person(f"friend{n}") for n in range(4)]
    posts = [await who.say(f"{who.name} on #pumps", visibility="public") for who in (ada, ben)]
    for friend in friends:
        await friend.follow(ada)
        for post in posts:
            await friend.act("favourite", post)
    # Three others use the tag, each in a tier that lists: so that it trends at all.
    for friend in friends[:3]:
        await lift(friend)
        await friend.say(f"{friend.name} says #pumps https://pumps.example/{friend.name}#top https://pumps.example/all")
        await friend.say("#quiet")
    for capped in (ada, friends[3]):
        await capped.say("#hush https://hush.example/", visibility="public")
    await home.village.work()
    reader = friends[3]
    listed = ["ben on #pumps"]
    assert "ada on #pumps" not in await reader.public() and "ben on #pumps" in await reader.public()
    assert "ada on #pumps" in await reader.public(local="true")  # members' own timeline
    assert "ada on #pumps" not in await reader.tagged("pumps") and "ben on #pumps" in await reader.tagged("pumps")
    assert (await feed(home, "/@ada.rss"), await feed(home, "/@ben.rss")) == ([], listed)
    assert "ada on #pumps" not in await feed(home, "/tags/pumps.rss")
    assert "ben on #pumps" in await feed(home, "/tags/pumps.rss")

    await Trending(home.app.house.db, home.urls).recount()
    tags = {tag["name"]: tag["history"][0] for tag in await reader.get("/api/v1/trends/tags")}
    assert set(tags) == {"pumps", "quiet"} and tags["pumps"]["accounts"] == tags["pumps"]["uses"] == "4"
    first = await reader.http.get("/api/v1/trends/tags", params={"limit": 1})
    second = await reader.http.get(first.links["next"]["url"])
    assert {tag["name"] for page in (first, second) for tag in page.json()} == {"pumps", "quiet"}
    assert second.links["prev"]["url"].endswith("limit=1&offset=0")
    shown = [words(status["content"]) for status in await reader.get("/api/v1/trends/statuses")]
    assert shown == listed
    links = [link["url"] for link in await reader.get("/api/v1/trends/links")]
    assert links == ["https://pumps.example/all"]
    found = await reader.get("/api/v2/search", q="#hush", type="hashtags")
    assert found["hashtags"] == []
    # What isn't listed any more trends no more, counted anew or not.
    await home.run("UPDATE statuses SET listed = 0")
    assert await reader.get("/api/v1/trends/statuses") == [] == await reader.get("/api/v1/trends/tags")


@pytest.mark.law("5.2")
async def test_a_tier_can_keep_its_posts_from_the_members_timeline_too(village: Village) -> None:
    """By default members see what their neighbours say; a tier may say no."""
    home = await village.server(visibility="unlisted", members_timeline=False)
    ada, ben = await home.person("ada"), await home.person("ben")
    await ada.say("Hello", visibility="public")
    assert await ben.public(local="true") == []


# Relays


class Relay:
    """A relay for Mastodon: it answers a Follow of everything public, and passes on what it is told."""

    def __init__(self, village: Village) -> None:
        self.server: Elsewhere = village.foreign("relay.example")
        self.actor: Neighbour = self.server.person("relay", kind="Application")
        self.actor.uri = "https://relay.example/actor"
        self.server.people["/actor"] = self.actor

    async def accepts(self, place: Place, follow: dict[str, Any]) -> None:
        accept = self.actor.do("Accept", follow)
        await self.server.post(self.actor, f"https://{place.host}/inbox", accept)

    def told(self, kind: str) -> list[str]:
        return [
            done["object"]["id"] if isinstance(done["object"], dict) else done["object"]
            for done in self.server.got(kind)
        ]


async def subscribe(place: Place, by: Resident, relay: Relay) -> None:
    work = place.app.work.certifying
    await errands.add_relay(work, by.name, relay.actor.uri, "to be heard further")
    await place.village.work()
    (follow,) = relay.server.got("Follow")
    await relay.accepts(place, follow)
    await place.village.work()
    assert [one.state for one in await place.app.deps.db.read(relays.all_of_them)] == ["accepted"]


@pytest.mark.law("5.2", "2.1")
async def test_relays_hear_what_tiers_list_and_nothing_else(home: Place) -> None:
    """A relay is told public posts of listed tiers, their edits and their deletion; capped voices never reach it."""
    village = home.village
    admin, ada, ben = await home.person("admin", role="owner"), await home.person("ada"), await home.person("ben")
    await lift(ben)
    relay = Relay(village)
    early = await ben.say("Before the relay said yes")
    await village.work()
    await subscribe(home, admin, relay)
    said = await ben.say("For everybody", visibility="public")
    await ben.say("For few", visibility="private")
    await ben.say("Unlisted", visibility="unlisted")
    await ada.say("Capped", visibility="public")
    await ben.say("Off duty #offduty", visibility="public")
    await village.work()
    assert relay.told("Create") == [said["uri"]] and early["uri"] not in relay.server.posts
    await ben.rewrite(said, "For everybody, again")
    await village.work()
    assert relay.told("Update") == [said["uri"]]
    await home.write(commands.remove_relay, home.urls, "admin", relay.actor.uri, "too loud")
    await ben.say("Afterwards", visibility="public")
    await village.work()
    assert relay.told("Create") == [said["uri"]]
    assert [done["object"]["object"] for done in relay.server.got("Undo")] == [relay.actor.uri]
    await ben.delete(said)
    await village.work()
    assert relay.told("Delete") == [said["uri"]]  # taking back travels further than saying
    kinds = [row[0] for row in await home.all("SELECT kind FROM ledger WHERE rule = 'law 5: relays' ORDER BY seq")]
    assert kinds == ["relay_added", "relay_removed"]


async def test_of_a_relay_only_that_a_post_is_there_is_believed(home: Place) -> None:
    """What a relay passes on is fetched from its own origin, enters public timelines alone, and is nobody's boost."""
    village = home.village
    far = await village.server("far.example")
    admin, ada, fay = await home.person("admin", role="owner"), await home.person("ada"), await far.person("fay")
    relay, stranger = Relay(village), village.foreign("stranger.example").person("sam")
    first, second = await fay.say("From afar"), await fay.say("Forwarded")
    inbox = f"https://{home.host}/inbox"
    announce = {"to": [PUBLIC]}
    await stranger.server.post(stranger, inbox, stranger.do("Announce", first["uri"], **announce))
    await village.work()
    assert await ada.public() == []
    await subscribe(home, admin, relay)
    await relay.server.post(relay.actor, inbox, relay.actor.do("Announce", first["uri"], **announce))
    forged = {"id": second["uri"], "type": "Note", "attributedTo": fay.uri, "content": "<p>Forged</p>", "to": [PUBLIC]}
    create = {"id": f"{second['uri']}/activity", "type": "Create", "actor": fay.uri, "object": forged, "to": [PUBLIC]}
    assert (await relay.server.post(relay.actor, inbox, create)).status == 202
    create["id"] += "2"
    assert (await stranger.server.post(stranger, inbox, create)).status == 401
    await village.work()
    assert sorted(await ada.public()) == ["Forwarded", "From afar"] and await ada.home() == []
    rows = await home.all("SELECT COUNT(*) FROM statuses WHERE reblog_of IS NOT NULL")
    assert rows[0][0] == 0


async def test_relays_are_the_admins_to_choose(home: Place) -> None:
    """A moderator can't; what isn't met, or is a relay already, is told so."""
    admin, mod = await home.person("admin", role="owner"), await home.person("mod", role="moderator")
    relay = Relay(home.village)
    await subscribe(home, admin, relay)
    for by, actor, kind in (
        (mod, relay.actor.uri, Forbidden),
        (admin, "https://nobody.example/actor", NotFound),
        (admin, relay.actor.uri, Conflict),
    ):
        with pytest.raises(kind):
            await home.write(relays.add, home.urls, by.id, actor, "mastodon", "why")
    with pytest.raises(NotFound):
        await home.write(relays.remove, home.urls, admin.id, "https://nobody.example/actor", "why")


# Who may answer


@pytest.mark.law("5.3")
async def test_who_may_answer_is_the_authors_own_setting(village: Village) -> None:
    """Told to other servers, held here for people here, and for what comes in; whom the post names may always answer."""
    home = await village.server()
    ada, ben, cleo, dan = [await home.person(name) for name in ("ada", "ben", "cleo", "dan")]
    carl = village.foreign("carl.example").person("carl")
    await ben.follow(ada)
    await carl.follow(ada)
    await village.work()
    assert await ada.get("/api/fedicert/v1/answer_policy") == {"answers_by": "anyone"}
    before = await ada.say("Anyone")
    answer = await ada.http.patch("/api/fedicert/v1/answer_policy", json={"answers_by": "audience"})
    assert answer.json() == {"answers_by": "audience"}
    assert (await ada.http.patch("/api/fedicert/v1/answer_policy", json={"answers_by": "cats"})).status_code == 422
    post = await ada.say("Friends and @cleo")
    await village.work()
    said = carl.server.posts[post["uri"]]["interactionPolicy"]["canReply"]
    assert said == {"automaticApproval": [f"{ada.uri}/followers", ada.uri, cleo.uri], "manualApproval": []}
    for person, code in ((ben, 200), (cleo, 200), (dan, 403), (ada, 200)):
        reply = {"status": f"{person.name} answers", "in_reply_to_id": post["id"]}
        assert (await person.http.post("/api/v1/statuses", json=reply)).status_code == code, person.name
    assert (await dan.say("Fine", in_reply_to_id=before["id"]))["in_reply_to_id"] == before["id"]

    stranger = village.foreign("stranger.example").person("sam")
    await carl.say("A friend's", ada, to=[PUBLIC, ada.uri], inReplyTo=post["uri"])
    await stranger.say("A stranger's", ada, to=[PUBLIC, ada.uri], inReplyTo=post["uri"])
    await village.work()
    below = [words(one["content"]) for one in (await ada.get(f"/api/v1/statuses/{post['id']}/context"))["descendants"]]
    assert "A friend's" in below and "A stranger's" not in below
    assert ("refused", "law 5: answers") in await ada.ledger()


@pytest.mark.law("5.3")
async def test_what_peers_say_of_answers_holds_here(village: Village) -> None:
    """A post from elsewhere that only its audience may answer isn't answered from here by anybody else."""
    home, far = await village.server(), await village.server("far.example")
    ada, ben, fay = await home.person("ada"), await home.person("ben"), await far.person("fay")
    await ada.follow(fay)
    await village.work()
    await fay.http.patch("/api/fedicert/v1/answer_policy", json={"answers_by": "audience"})
    await fay.say("For mine to answer")
    await village.work()
    post = await ada.find("For mine to answer")
    for person, code in ((ada, 200), (ben, 403)):
        reply = {"status": "Yes", "in_reply_to_id": post["id"]}
        assert (await person.http.post("/api/v1/statuses", json=reply)).status_code == code


@pytest.mark.law("5.2", "5.5")
async def test_members_see_what_an_ordinary_client_posts_by_the_default_it_was_given(home: Place) -> None:
    """Clients send the default visibility that they were given. That is the tier's public post, and members see it; whoever
    chose *unlisted* for their own default meant it."""
    ada, ben = await home.person("ada"), await home.person("ben")
    given = (await ada.get("/api/v1/accounts/verify_credentials"))["source"]["privacy"]
    await ada.say("As my client was told", visibility=given)
    await ada.say("As the server knows")
    await ada.say("For friends", visibility="private")
    assert await ben.public(local="true") == ["As the server knows", "As my client was told"]
    assert await ben.public() == []
    for chosen in ("private", "unlisted"):  # what she is shown anyway, sent back, would choose nothing
        await ada.set(source={"privacy": chosen})
    await ada.say("Quietly", visibility="unlisted")
    await ada.say("Quietly, too")
    assert "Quietly" not in await ben.public(local="true") and "Quietly, too" not in await ben.public(local="true")
    await lift(ben)
    await ben.say("Unlisted by choice", visibility="unlisted")
    assert "Unlisted by choice" not in await ada.public(local="true")
