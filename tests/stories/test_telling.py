"""Law 8: the limited person is told, in the client they already use."""

import asyncio

import httpx

from fedicert.base.clock import DAY
from tests.stories.village import Place, Resident, Village, words


async def says(place: Place, to: Resident, kind: str = "reply", once: str = "x", **more: object) -> bool:
    """The limits account says something to somebody."""
    from fedicert.operations.telling import tell

    async def unit(tx):  # type: ignore[no-untyped-def]
        return await tell(tx, to.id, kind, once=once, **more)

    return bool(await place.write(unit))


async def heard(one: Resident) -> list[str]:
    """What the limits account said to somebody, oldest first, as their client shows it among the notifications."""
    shown = await one.get("/api/v1/notifications", **{"types[]": "mention"})
    return [words(told["status"]["content"]) for told in reversed(shown) if told["account"]["username"] == "limits"]


async def test_a_message_is_an_ordinary_direct_mention(village: Village) -> None:
    """What `@limits` says comes as a mention in a direct post, stands in the conversations, and can be opened."""
    home = await village.server("home.example")
    ann = await home.person("ann")
    assert await says(home, ann)
    (told,) = await ann.get("/api/v1/notifications")
    assert (told["type"], told["account"]["acct"], told["status"]["visibility"]) == ("mention", "limits", "direct")
    assert told["account"]["bot"] and told["account"]["display_name"] == "Limits"
    assert [one["username"] for one in told["status"]["mentions"]] == ["ann"]
    (conversation,) = await ann.get("/api/v1/conversations")
    assert conversation["unread"] and conversation["last_status"]["id"] == told["status"]["id"]
    assert (await ann.get(f"/api/v1/statuses/{told['status']['id']}"))["id"] == told["status"]["id"]


async def test_a_message_is_said_once(village: Village) -> None:
    """One message per crossing: what was said under a word isn't said again, however many say it at the same moment."""
    home = await village.server("home.example")
    ann, ben = await home.person("ann"), await home.person("ben")
    said = await asyncio.gather(*(says(home, ann, once="full:1") for _ in range(8)))
    assert sum(said) == 1 and not await says(home, ann, once="full:1")
    assert await says(home, ann, once="full:2") and await says(home, ben, once="full:1")
    assert len(await heard(ann)) == 2 and len(await heard(ben)) == 1
    (conversation,) = await ann.get("/api/v1/conversations")
    assert [one["username"] for one in conversation["accounts"]] == ["limits"]


async def test_a_message_reaches_nobody_else(village: Village) -> None:
    """Local only: no other server is told, shown or answered anything of the limits account, and nobody else here sees it."""
    home = await village.server("home.example")
    there = village.foreign("there.example")
    zoe = there.person("zoe")
    ann, ben = await home.person("ann"), await home.person("ben")
    await zoe.follow(ann)
    await village.work()
    mark = village.mark()
    assert await says(home, ann)
    await village.work()
    assert village.delivered(since=mark) == []
    (told,) = await ann.get("/api/v1/notifications", **{"types[]": "mention"})
    assert (await ben.http.get(f"/api/v1/statuses/{told['status']['id']}")).status_code == 404
    limits = home.urls.actor("limits")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(home.app), base_url="https://home.example") as stranger:
        for path in (limits, f"{limits}/outbox", f"{limits}/followers", told["status"]["uri"], "/@limits",
                     "/.well-known/webfinger?resource=acct:limits@home.example"):  # fmt: skip
            answer = await stranger.get(path, headers={"accept": "application/activity+json"})
            assert answer.status_code == 404, path
    activity = {"id": zoe.new_id("follows"), "type": "Follow", "actor": zoe.uri, "object": limits}
    await zoe.send(ann, activity)
    note = await zoe.say("hear me", ann, to=[limits], tag=[{"type": "Mention", "href": limits, "name": "@limits"}])
    await village.work()
    assert (
        await home.all("SELECT 1 FROM follows f JOIN accounts a ON a.id = f.followed WHERE a.username = 'limits'") == []
    )
    assert await home.all("SELECT 1 FROM statuses WHERE uri = $1", note["id"]) == []


async def test_nobody_follows_the_limits_account(village: Village) -> None:
    """It is found, shown as a machine of this server, and can't be followed; whoever tries is told why."""
    home = await village.server("home.example")
    ann = await home.person("ann")
    (found,) = (await ann.get("/api/v2/search", q="@limits", type="accounts"))["accounts"]
    answer = await ann.http.post(f"/api/v1/accounts/{found['id']}/follow")
    assert answer.status_code == 403 and "comes by itself" in answer.json()["error"]
    assert (await ann.get(f"/api/v1/accounts/{found['id']}/statuses")) == []


async def test_an_answer_to_the_limits_account_stays_there(village: Village) -> None:
    """What somebody answers it is direct, costs nothing, and once a day they are told that nobody reads it."""
    home = await village.server("home.example", answers_per_day=0, strangers=0)
    ann, ben = await home.person("ann"), await home.person("ben")
    assert await says(home, ann, once="first")
    (told,) = await ann.get("/api/v1/notifications")
    for text in ("@limits why?", "@limits still there?"):
        mine = await ann.say(text, in_reply_to_id=told["status"]["id"], visibility="public")
        assert mine["visibility"] == "direct" and mine["mentions"] == []
    assert len(await heard(ann)) == 2 and "Nobody reads" in (await heard(ann))[-1]
    await village.pass_time(DAY)
    await ann.say("@limits and today?", in_reply_to_id=told["status"]["id"])
    assert len(await heard(ann)) == 3
    aloud = await ben.say("what @limits says is true")
    assert aloud["mentions"] == [] and aloud["visibility"] == "public"


async def test_it_speaks_the_language_of_the_person(village: Village) -> None:
    """In the language somebody signed up in, or writes in; English where there is no text in theirs."""
    home = await village.server("home.example")
    ann, ben, cem = await home.person("ann"), await home.person("ben"), await home.person("cem")
    await home.run(
        "UPDATE logins SET locale = 'de-AT' WHERE id = (SELECT login FROM local_accounts WHERE id = $1)", ann.id
    )
    await ben.set(source={"language": "de"})
    await cem.set(source={"language": "tr"})
    for one in (ann, ben, cem):
        assert await says(home, one)
    assert "liest niemand" in (await heard(ann))[0] and "liest niemand" in (await heard(ben))[0]
    assert "Nobody reads" in (await heard(cem))[0]


async def test_who_leaves_takes_along_what_they_were_told(village: Village) -> None:
    """A deleted account leaves nothing behind of what the limits account said to it."""
    home = await village.server("home.example")
    ann = await home.person("ann")
    assert await says(home, ann)
    await ann.leave()
    await village.work()
    assert await home.all("SELECT 1 FROM told") == [] and await home.all("SELECT 1 FROM statuses") == []
    assert not await says(home, ann, once="y")
