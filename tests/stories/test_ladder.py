"""Law 9. "Changing a rule is a visible act": an admin first sees its forecast, then applies it; windows; the ladder itself."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from fedicert.base.clock import DAY
from fedicert.keys.tokens import token_hash
from fedicert.operations import oauth
from tests.stories.elsewhere import Neighbour
from tests.stories.offices import staff
from tests.stories.village import Place, Resident, Village, words

ADMIN = frozenset({"admin:read", "admin:write"})
TIERS = "/api/fedicert/v1/admin/tiers"


class Hall:
    """A server whose rung holds four, an admin with a program of their own, Ada with four followers elsewhere."""

    def __init__(self, village: Village) -> None:
        self.village = village

    async def build(self, **rung: Any) -> Hall:
        self.home: Place = await self.village.server(**({"followers": 4} | rung))
        self.admin = await self.home.person("admin", role="owner")
        self.ada: Resident = await self.home.person("ada")
        self.friends: list[Neighbour] = []
        for name in ("bob", "carl", "dora", "emil"):
            self.friends.append(self.village.foreign(f"{name}.example").person(name))
            await self.friends[-1].follow(self.ada)
            await self.village.work()
        assert await self.ada.audience() == ["bob", "carl", "dora", "emil"]
        app = await self.home.write(
            oauth.register_app, "staff", "", "Staff", None, ("urn:ietf:wg:oauth:2.0:oob",), ADMIN
        )
        await self.home.write(oauth.issue, app, self.admin.id, ADMIN, token_hash("staff"))
        self.program = httpx.AsyncClient(
            transport=httpx.ASGITransport(self.home.app),
            base_url=self.home.app.deps.config.base,
            headers={"authorization": "Bearer staff"},
        )
        self.home._clients.append(self.program)
        return self

    async def forecast(self, **change: Any) -> dict[str, Any]:
        answer = await self.program.post(f"{TIERS}/forecast", json=change)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def apply(self, token: str, why: str, **change: Any) -> httpx.Response:
        answer = await self.program.post(TIERS, json=change | {"reason": why, "token": token})
        await self.village.work()
        return answer

    async def decide(self, why: str, **change: Any) -> dict[str, Any]:
        answer = await self.apply((await self.forecast(**change))["token"], why, **change)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def election(self, days: int = 7, **limits: Any) -> dict[str, Any]:
        """A window that begins in 14 days."""
        now = self.village.clock.now()
        return await self.decide(
            "the election",
            act="window",
            name="neighbours",
            values=limits,
            starts_at=iso(now + 14 * DAY),
            ends_at=iso(now + (14 + days) * DAY),
        )

    async def announced(self) -> list[str]:
        return [words(one["content"]) for one in await self.ada.get("/api/v1/announcements")]

    async def hears(self, text: str) -> list[str]:
        """Ada says something; who gets it."""
        await self.ada.say(text)
        await self.village.work()
        return [friend.name for friend in self.friends if text in friend.home]

    async def instance_ledger(self) -> list[str]:
        rows = await self.home.all(
            "SELECT l.kind FROM ledger l JOIN accounts a ON a.id = l.account WHERE a.type = 'Application' ORDER BY l.seq"
        )
        return [row[0] for row in rows if row[0] not in ("founded", "code_published")]


def iso(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).isoformat()


@pytest.mark.law("9.1")
async def test_an_admin_first_sees_whom_a_change_touches_and_then_applies_it(village: Village) -> None:
    """Given Ada has four followers, the forecast of a cap of 2 names her and two followers, and nothing has changed yet."""
    hall = await Hall(village).build()
    change: dict[str, Any] = {"act": "set", "name": "neighbours", "values": {"followers": 2}}
    seen = await hall.forecast(**change)
    assert "neighbours: followers: from 4 to 2" in seen["sentences"]
    assert seen["effect"]["largest"] == [{"username": "ada", "count": 4, "cap": 2, "beyond": 2}]
    assert await hall.hears("nothing has changed") == ["bob", "carl", "dora", "emil"]
    assert await hall.announced() == []

    unseen = await hall.apply("no token", "a smaller hall", **change)
    assert unseen.status_code == 409 and unseen.json()["forecast"]["token"] == seen["token"]

    done = await hall.apply(seen["token"], "a smaller hall", **change)
    assert done.status_code == 200
    assert await hall.instance_ledger() == ["cap_changed"]
    (said,) = await hall.announced()
    for part in ("followers: from 4 to 2", "Why: a smaller hall", "version 2 of the ladder"):
        assert part in said


@pytest.mark.law("9.1")
async def test_whom_a_lower_limit_on_following_or_strangers_touches_now(village: Village) -> None:
    """Who follows more people, or addressed more strangers within 30 days, than is proposed is counted and named; a
    waiver that lifts somebody above it is counted in."""
    hall = await Hall(village).build()
    ada, far = hall.ada, village.foreign("far.example")
    people = [far.person(f"p{number}") for number in range(3)]
    for one in people:
        await ada.follow(one)
    await ada.say("Hello " + " ".join(one.handle for one in people[:2]))
    await village.work()
    seen = await hall.forecast(act="set", name="neighbours", values={"following": 2, "strangers": 1})
    assert (seen["effect"]["over_following"], seen["effect"]["over_strangers"]) == (1, 1)
    assert seen["effect"]["largest_following"] == [{"username": "ada", "count": 3, "cap": 2, "beyond": 1}]
    assert seen["effect"]["largest_strangers"] == [{"username": "ada", "count": 2, "cap": 1, "beyond": 1}]
    assert "@ada follows 3, 1 more." in seen["sentences"] and "@ada addressed 2, 1 more." in seen["sentences"]
    await hall.decide("fewer", act="set", name="neighbours", values={"following": 5, "strangers": 5})
    asked = await ada.post("/api/fedicert/v1/waivers", following=9, reason="A feast")
    admin = await staff(hall.home, "kay")
    await admin.post(f"/api/fedicert/v1/admin/waivers/{asked['id']}/give")
    seen = await hall.forecast(act="set", name="neighbours", values={"following": 2})
    assert (seen["effect"]["over_following"], seen["effect"]["over_strangers"]) == (0, 0)


@pytest.mark.law("9.1")
async def test_a_forecast_of_a_ladder_that_has_changed_since_is_no_longer_good(village: Village) -> None:
    """When somebody else changed the ladder meanwhile, the admin is shown a fresh forecast and nothing is applied."""
    hall = await Hall(village).build()
    change: dict[str, Any] = {"act": "set", "name": "neighbours", "values": {"followers": 2}}
    seen = await hall.forecast(**change)
    await hall.decide("quieter", act="set", name="neighbours", values={"visibility": "unlisted"})
    late = await hall.apply(seen["token"], "a smaller hall", **change)
    assert late.status_code == 409
    assert await hall.instance_ledger() == ["tier_changed"]
    assert (await hall.apply(late.json()["forecast"]["token"], "a smaller hall", **change)).status_code == 200


@pytest.mark.law("9.2")
async def test_it_holds_at_once_and_drops_nobody_without_the_stages(village: Village) -> None:
    """The moment the cap falls a newcomer waits, and those who are in get what Ada says for 14 days more."""
    hall = await Hall(village).build(followers=5)
    await hall.decide("a smaller hall", act="set", name="neighbours", values={"followers": 2})
    fritz = village.foreign("fritz.example").person("fritz")
    await fritz.follow(hall.ada)
    await village.work()
    assert await hall.ada.waiting() == ["fritz"]
    assert await hall.hears("still here") == ["bob", "carl", "dora", "emil"]
    await village.live(14 * DAY)
    assert await hall.hears("fewer") == ["bob", "carl"]
    assert village.delivered("Reject") == []


@pytest.mark.law("9.3")
async def test_an_election_pauses_and_restores_and_loses_nobody(village: Village) -> None:
    """Announced 14 days ahead, the cap is 1 for a week: three wait in silence, then all four hear Ada again."""
    hall = await Hall(village).build()
    await hall.election(followers="1")
    (said,) = await hall.announced()
    assert "followers: from 4 to 1" in said and "Why: the election" in said
    assert await hall.hears("before") == ["bob", "carl", "dora", "emil"]

    mark = village.mark()
    await village.live(14 * DAY)
    assert await hall.hears("during") == ["bob"]
    total = (await hall.home.fetch(f"{hall.ada.uri}/followers"))["totalItems"]
    assert total == 4  # who is paused stays a follower
    await village.live(7 * DAY)
    assert await hall.hears("after") == ["bob", "carl", "dora", "emil"]
    assert village.delivered("Reject", mark) == [] and village.delivered("Accept", mark) == []
    assert await hall.instance_ledger() == ["window_announced", "window_begun", "window_ended"]
    assert [kind for kind, _ in await hall.ada.ledger()][-4:] == [
        "throttle_begun",
        "paused",
        "settling_ended",
        "restored",
    ]
    assert (await hall.home.verify_ledger()).findings == []


@pytest.mark.law("9.3")
async def test_a_window_only_lowers_and_has_its_14_days(village: Village) -> None:
    """A window that would raise a limit, or that begins sooner than in 14 days, is refused with a sentence."""
    hall = await Hall(village).build()
    now = village.clock.now()
    window: dict[str, Any] = {"act": "window", "name": "neighbours", "ends_at": iso(now + 30 * DAY)}
    for values, starts_at, said in (
        ({"followers": "5"}, now + 14 * DAY, "a window only lowers"),
        ({"followers": "1"}, now + 13 * DAY, "at least 14 days ahead"),
    ):
        answer = await hall.program.post(
            f"{TIERS}/forecast", json=window | {"values": values, "starts_at": iso(starts_at)}
        )
        assert answer.status_code == 422 and said in answer.json()["error"]
    assert await hall.announced() == []


@pytest.mark.law("9.3")
async def test_what_else_a_window_lowers_falls_at_its_start_and_comes_back(village: Village) -> None:
    """Public posts are unlisted for the week of the election, and listed before and after."""
    hall = await Hall(village).build()
    await hall.election(visibility="unlisted")
    assert (await hall.ada.say("before", visibility="public"))["visibility"] == "public"
    await village.live(14 * DAY)
    assert (await hall.ada.say("during", visibility="public"))["visibility"] == "unlisted"
    assert (await hall.ada.get("/api/v1/accounts/verify_credentials"))["source"]["privacy"] == "unlisted"
    await village.live(7 * DAY)
    assert (await hall.ada.say("after", visibility="public"))["visibility"] == "public"


@pytest.mark.law("9.3")
async def test_a_window_that_is_cancelled_restores_at_once(village: Village) -> None:
    """When the election is called off in its middle, everybody hears Ada the same day, and it is announced."""
    hall = await Hall(village).build()
    done = await hall.election(followers="1")
    await village.live(15 * DAY)
    assert await hall.hears("during") == ["bob"]
    await hall.decide("called off", act="cancel", window=int(done["window"]))
    assert await hall.hears("after") == ["bob", "carl", "dora", "emil"]
    assert any("cancelled" in said and "called off" in said for said in await hall.announced())


@pytest.mark.law("9.3", "9.2")
async def test_a_cap_that_falls_during_a_window_has_its_own_grace(village: Village) -> None:
    """The rule falls to 3 in the election: afterwards all four hear Ada until 14 days of grace are over."""
    hall = await Hall(village).build()
    await hall.election(followers="1")
    await village.live(14 * DAY)
    await hall.decide("a smaller hall", act="set", name="neighbours", values={"followers": "3"})
    assert await hall.hears("during") == ["bob"]
    await village.live(7 * DAY)
    assert await hall.hears("in grace") == ["bob", "carl", "dora", "emil"]
    await village.live(7 * DAY)
    assert await hall.hears("in throttle") == ["bob", "carl", "dora"]


@pytest.mark.law("9.4")
async def test_a_rung_stays_while_anyone_stands_on_it(village: Village) -> None:
    """Nobody can take away or rename the rung that Ada stands on; an empty one comes and goes."""
    hall = await Hall(village).build()
    for change in ({"act": "remove"}, {"act": "rename", "to": "others"}):
        answer = await hall.program.post(f"{TIERS}/forecast", json=change | {"name": "neighbours"})
        assert answer.status_code == 409 and "2 accounts stand on it" in answer.json()["error"]
    await hall.decide("a second rung", act="add", name="friends", values={"enter": "licence"})
    await hall.decide("a better name", act="rename", name="friends", to="masters")
    await hall.decide("nobody came", act="remove", name="masters")
    assert await hall.instance_ledger() == ["tier_added", "tier_renamed", "tier_removed"]


@pytest.mark.law("9.2")
async def test_every_ladder_that_held_can_be_looked_up(village: Village) -> None:
    """The history says when, by whom, why and what; each version has a digest of the whole ladder."""
    hall = await Hall(village).build()
    await hall.decide("more room", act="set", name="neighbours", values={"followers": "9"})
    told = (await hall.program.get(f"{TIERS}/history")).json()
    assert [(one["version"], one["by"], one["reason"]) for one in told] == [
        (2, "admin", "more room"),
        (1, "", "the first start"),
    ]
    assert [one["ladder"][0]["followers"] for one in told] == ["9", "4"]


@pytest.mark.law("8.4")
async def test_everybody_reads_an_announced_rule_in_their_language(village: Village) -> None:
    """What the server announces itself is there in English and German; what staff write stays as they wrote it."""
    hall = await Hall(village).build()
    bea, cem = await hall.home.person("bea"), await hall.home.person("cem")
    await hall.home.run(
        "UPDATE logins SET locale = 'de-AT' WHERE id = (SELECT login FROM local_accounts WHERE id = $1)", bea.id
    )
    await cem.set(source={"language": "tr"})
    await hall.decide("ein kleiner Saal", act="set", name="neighbours", values={"followers": 2})
    await hall.election(followers="1")
    said = [words(one["content"]) for one in await bea.get("/api/v1/announcements")]
    assert "Die Regel der Stufe neighbours hat sich geändert." in said[0] and "Follower: von 4 auf 2" in said[0]
    assert "Warum: ein kleiner Saal" in said[0] and "Fassung 2 der Leiter" in said[0]
    assert "ist die Stufe neighbours gesenkt" in said[1] and "Danach ist alles wie vorher" in said[1]
    for person in (hall.ada, cem):
        told = [words(one["content"]) for one in await person.get("/api/v1/announcements")]
        assert "The rule of the tier neighbours has changed." in told[0] and "followers: from 4 to 2" in told[0]
