"""The ladder changed at run time: tiers come, go, are renamed and moved; versions; every node; races."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from fedicert.base.clock import FrozenClock
from fedicert.base.errors import Conflict, Forbidden, NotFound, Unprocessable
from fedicert.model.ladder import Change, token_of
from fedicert.operations import caps, deciding, follows, forecasts, rungs, tiers, versions
from fedicert.operations.deciding import Applied
from fedicert.operations.instance import host_of
from fedicert.store.database import open_database
from fedicert.store.tables import tiers as rows
from fedicert.store.unit import Database, Reader, Tx
from tests import world
from tests.conftest import SeededEntropy
from tests.rungs import change_tier
from tests.world import URLS


async def lay_out(tx: Tx) -> dict[str, int]:
    """Two rungs, an owner and Ada on the lower, and the instance's own actor."""
    low = await world.make_tier(tx, "low", position=0)
    high = await world.make_tier(tx, "high", position=1, followers=10)
    await tx.run("UPDATE tiers SET enter = '[\"licence\"]' WHERE id = $1", high)
    root = await world.make_local(tx, host_of(URLS), low, kind="Application")
    owner, ada = await world.make_local(tx, "owner", low), await world.make_local(tx, "ada", low)
    await tx.run("UPDATE local_accounts SET role = 'owner' WHERE id = $1", owner)
    for account in (owner, ada):
        await grant(tx, account, low, "signup")
    return {"low": low, "high": high, "root": root, "owner": owner, "ada": ada}


async def grant(tx: Tx, account: int, tier: int, ground: str = "admin") -> None:
    await tx.run(
        "INSERT INTO tier_grants (account, tier, ground, begun_at, cause) VALUES ($1, $2, $3, $4, '')",
        account,
        tier,
        ground,
        tx.now,
    )
    await rungs.stand(tx, account, "test", {}, {}, "law 4")


class House:
    """A ladder and who decides about it."""

    def __init__(self, db: Database, ids: dict[str, int]) -> None:
        self.db, self.ids = db, ids

    async def apply(self, **change: Any) -> Applied:
        return await self.db.write(deciding.apply, self.ids["owner"], Change(**change), "because")

    async def names(self) -> list[str]:
        return [rung.tier.name for rung in await self.db.read(tiers.ladder)]

    async def value(self, sql: str, *values: Any) -> Any:
        async def view(reader: Reader) -> Any:
            return await reader.value(sql, *values)

        return await self.db.read(view)

    async def tier_of(self, name: str) -> str:
        return str(
            await self.value(
                "SELECT t.name FROM local_accounts l JOIN tiers t ON t.id = l.tier WHERE l.id = $1", self.ids[name]
            )
        )


@pytest.fixture
async def house(db: Database) -> House:
    return House(db, await db.write(lay_out))


async def test_a_new_tier_has_from_the_one_below_what_it_doesnt_say(house: House) -> None:
    done = await house.apply(act="add", name="middle", values={"enter": "examination", "followers": "5"}, place=2)
    assert await house.names() == ["low", "middle", "high"]
    middle = (await house.db.read(rows.ladder))[1]
    assert (middle.followers, middle.enter, middle.kept_permille, middle.position) == (5, ("examination",), 0, 1)
    assert done.after["followers"] == "5" and done.before == {}
    await house.apply(act="add", name="top", values={"enter": "licence"})
    assert await house.names() == ["low", "middle", "high", "top"]
    for values, place, said in (
        ({"enter": "licence", "followers": "1"}, 2, "never fall as one climbs"),
        ({"followers": "5"}, 2, "say how one gets there"),
        ({"enter": "licence"}, 1, "the lowest tier is where people start"),
        ({"enter": "licence"}, 0, "isn't a place"),
        ({"enter": "licence"}, 6, "isn't a place"),
    ):
        with pytest.raises(Unprocessable, match=said):
            await house.apply(act="add", name="other", values=values, place=place)
    with pytest.raises(Conflict, match="called top already"):
        await house.apply(act="add", name="top", values={"enter": "licence"})
    with pytest.raises(Unprocessable, match="1 to 40"):
        await house.apply(act="add", name="To p", values={"enter": "licence"})


async def test_a_new_lowest_tier_moves_nobody(house: House) -> None:
    await house.apply(act="add", name="first", values={"enter": "signup", "followers": "1"}, place=1)
    assert await house.names() == ["first", "low", "high"]
    assert await house.tier_of("ada") == "low"
    assert (await house.db.read(tiers.lowest_tier)).name == "first"


@pytest.mark.law("9.4")
async def test_a_tier_cant_go_or_be_renamed_while_anyone_stands_on_it(house: House) -> None:
    with pytest.raises(Conflict, match="2 accounts stand on it"):
        await house.apply(act="remove", name="low")
    with pytest.raises(Conflict, match="can't be renamed: 2 accounts stand"):
        await house.apply(act="rename", name="low", to="lower")
    await house.db.write(grant, house.ids["ada"], house.ids["high"])
    assert await house.tier_of("ada") == "high"
    with pytest.raises(Conflict, match="1 account stands on it"):
        await house.apply(act="remove", name="high")
    with pytest.raises(Conflict, match="2 accounts stand on it, or would"):
        await house.apply(act="remove", name="low")  # Ada would fall to it
    with pytest.raises(NotFound, match="there are: low, high"):
        await house.apply(act="remove", name="nothing")
    assert await house.names() == ["low", "high"]


async def test_an_empty_tier_goes_with_what_was_once_granted_for_it(house: House) -> None:
    async def fall(tx: Tx) -> None:
        await tx.run("UPDATE tier_grants SET ended_at = $1 WHERE tier = $2", tx.now, house.ids["high"])
        await rungs.stand(tx, house.ids["ada"], "test", {}, {}, "law 4")

    await house.db.write(grant, house.ids["ada"], house.ids["high"])
    await house.db.write(fall)
    assert (await house.apply(act="rename", name="high", to="higher")).tier == "higher"
    await house.apply(act="remove", name="higher")
    assert await house.names() == ["low"] and await house.tier_of("ada") == "low"
    with pytest.raises(Conflict):
        await house.apply(act="remove", name="low")


async def test_the_lowest_goes_and_the_servers_own_accounts_are_written_elsewhere(house: House) -> None:
    async def climb(tx: Tx) -> None:
        await tx.run("UPDATE tiers SET enter = '[\"signup\"]'")
        for name in ("owner", "ada"):
            await tx.run("UPDATE tier_grants SET tier = $1 WHERE account = $2", house.ids["high"], house.ids[name])
            await rungs.stand(tx, house.ids[name], "test", {}, {}, "law 4")

    await house.db.write(climb)
    await house.apply(act="remove", name="low")
    assert await house.names() == ["high"] and await house.tier_of("root") == "high"


async def test_rungs_change_places_and_whoever_may_stand_on_both_stands_on_the_higher(house: House) -> None:
    await house.apply(act="add", name="twin", values={"enter": "examination", "followers": "10"}, place=3)
    twin = next(tier for tier in await house.db.read(rows.ladder) if tier.name == "twin")

    async def both(tx: Tx) -> None:
        await grant(tx, house.ids["ada"], house.ids["high"])
        await grant(tx, house.ids["ada"], twin.id)

    await house.db.write(both)
    assert await house.tier_of("ada") == "twin"
    seen = await house.db.read(forecasts.forecast, Change(act="move", name="twin", place=2))
    assert (seen.effect.touched, seen.effect.moves) == (1, 1)
    done = await house.apply(act="move", name="twin", place=2)
    assert await house.names() == ["low", "twin", "high"]
    assert (done.before, done.after) == ({"place": "3"}, {"place": "2"})
    assert await house.value("SELECT COUNT(*) FROM jobs WHERE kind = 'stand_again'") == 1
    assert await house.db.write(rungs.stand_again, 0) is None
    assert await house.tier_of("ada") == "high"
    with pytest.raises(Conflict, match="stands there already"):
        await house.apply(act="move", name="twin", place=2)
    with pytest.raises(Unprocessable, match="the lowest tier is where people start"):
        await house.apply(act="move", name="high", place=1)


@pytest.mark.law("9.2")
async def test_each_ladder_that_held_is_kept_and_told(house: House) -> None:
    await house.apply(act="set", name="low", values={"followers": "5"})
    await house.apply(act="add", name="top", values={"enter": "licence"})
    told = await house.db.read(versions.history, None, 10)
    assert [(one.number, one.act, one.by) for one in told] == [
        (3, "add", "owner"),
        (2, "set", "owner"),
        (1, "start", ""),
    ]
    assert [tier["followers"] for tier in told[2].ladder] == ["3", "10"]
    assert [tier["followers"] for tier in told[1].ladder] == ["5", "10"]
    assert all(one.digest == versions.digest(one.ladder) for one in told) and len({one.digest for one in told}) == 3
    assert [one.number for one in await house.db.read(versions.history, 2, 10)] == [1]

    async def ledger(reader: Reader) -> list[tuple[str, str, str]]:
        found = await reader.all(
            "SELECT kind, rule, body FROM ledger WHERE account = $1 ORDER BY seq", house.ids["root"]
        )
        return [(row[0], row[1], row[2]) for row in found]

    first, second = await house.db.read(ledger)
    assert first[:2] == ("cap_changed", "law 9") and second[0] == "tier_added"
    assert '"from":{"followers":"3"},"tier":"low","to":{"followers":"5"},"version":2}' in first[2]
    said = await house.value(
        "SELECT value FROM ledger_names WHERE account = $1 AND field = 'text.why'", house.ids["root"]
    )
    assert said == "because"  # the written word stands beside the chain


async def test_the_token_binds_a_change_to_the_ladder_it_was_forecast_on(house: House) -> None:
    change = Change(act="set", name="low", values={"followers": "5"})
    seen = await house.db.read(forecasts.forecast, change)
    for token in ("", "x", token_of(change, seen.version + 1)):
        with pytest.raises(Conflict):
            await house.db.write(deciding.decide, house.ids["owner"], change, "because", token)
    with pytest.raises(Forbidden):
        await house.db.write(deciding.decide, house.ids["ada"], change, "because", seen.token)
    with pytest.raises(Unprocessable, match="say why"):
        await house.db.write(deciding.decide, house.ids["owner"], change, "  ", seen.token)
    await house.db.write(deciding.decide, house.ids["owner"], change, "because", seen.token)
    with pytest.raises(Conflict):
        await house.db.write(deciding.decide, house.ids["owner"], change, "because", seen.token)


@pytest.mark.parametrize("key", ["kept_for_followed", "when_full", "strangers_per_domain_day", "followers", "enter"])
async def test_no_kind_of_change_drops_anybody(house: House, key: str) -> None:
    """Whatever is changed: whoever is in stays in, whoever waits goes on waiting, until the stages of point 4."""
    values = {"kept_for_followed": "1", "when_full": "reject", "strangers_per_domain_day": "1", "followers": "0"}

    async def fill(tx: Tx) -> None:
        for number in range(3):
            await world.admit(tx, await world.make_remote(tx, f"f{number}"), house.ids["ada"])
        waiting = await world.make_remote(tx, "zoe")
        await follows.receive_follow(tx, URLS, waiting, house.ids["ada"], "https://far.example/zoe")

    await house.db.write(fill)
    before = await house.db.read(world.states, house.ids["ada"])
    assert list(before.values()) == ["admitted"] * 3 + ["held"]
    if key == "enter":
        await house.apply(act="set", name="high", values={"enter": "examination"})
    else:
        await house.apply(act="set", name="low", values={key: values[key]})
    await house.db.write(caps.release_tier, house.ids["low"], 0)
    assert await house.db.read(world.states, house.ids["ada"]) == before
    assert await house.db.read(world.sent, "Reject") == []
    expected = ["grace_begun"] if key == "followers" else []
    assert [kind for kind in await house.db.read(world.told, house.ids["ada"]) if kind != "held"] == expected


# Every node, and races


@pytest.mark.law("9.2")
async def test_another_handle_on_the_database_sees_it_at_once(
    house: House, database_url: str, clock: FrozenClock, entropy: SeededEntropy
) -> None:
    """On SQLite there is one writer; a reader beside it, and on PostgreSQL another node with its own connections."""
    other = await open_database(database_url, clock=clock, entropy=entropy, slot=1)
    try:
        assert [rung.tier.followers for rung in await other.read(tiers.ladder)] == [3, 10]
        generation = await other.read(_generation)
        heard: asyncio.Event = asyncio.Event()
        other.signals.subscribe(versions.GENERATION, lambda _: heard.set())
        await house.apply(act="set", name="low", values={"followers": "1"})
        assert [rung.tier.followers for rung in await other.read(tiers.ladder)] == [1, 10]
        assert await other.read(_generation) == generation + 1
        if other.engine == "postgres":
            await asyncio.wait_for(heard.wait(), 10)
            # What it admits, it admits by the new cap.
            states = []
            for number in range(3):
                one = await other.write(world.make_remote, f"r{number}")
                await other.write(follows.receive_follow, URLS, one, house.ids["ada"], f"https://far.example/{number}")
            states = list((await other.read(world.states, house.ids["ada"])).values())
            assert states == ["admitted", "held", "held"]
    finally:
        await other.close()


async def _generation(reader: Reader) -> int:
    return int(await reader.value("SELECT COALESCE(MAX(number), 0) FROM generations WHERE name = 'ladder'"))


@pytest.mark.law("1.3", "9.2")
async def test_a_cap_that_falls_while_follows_race_is_never_passed(house: House) -> None:
    """20 follows, and a cap that falls from 10 to 4 among them, ten times: once it fell nobody is admitted beyond it."""
    await house.apply(act="set", name="high", values={"followers": "none"})
    for turn in range(10):
        await house.apply(act="set", name="low", values={"followers": "10"})
        owner = await house.db.write(world.make_local, f"o{turn}", house.ids["low"])
        runners = [await house.db.write(world.make_remote, f"r{turn}x{number}") for number in range(20)]
        seen: list[int] = []

        async def follow(number: int, runners: list[int] = runners, owner: int = owner, turn: int = turn) -> None:
            uri = f"https://far.example/f{turn}x{number}"
            await house.db.write(follows.receive_follow, URLS, runners[number], owner, uri)

        async def lower(seen: list[int] = seen, owner: int = owner) -> None:
            async def unit(tx: Tx) -> None:
                await change_tier(tx, "low", {"followers": "4"}, house.ids["owner"], "fewer")
                seen.append(int(await tx.value("SELECT admitted FROM local_accounts WHERE id = $1", owner)))

            await house.db.write(unit)

        await asyncio.gather(
            *(follow(number) for number in range(turn)), lower(), *(follow(n) for n in range(turn, 20))
        )
        counts = await house.db.read(world.counts, owner)
        # `lower` may have been run again after a deadlock: the last look is the one that was committed.
        assert counts["admitted"] <= max(4, seen[-1]) and counts["admitted"] + counts["held"] == 20
        assert counts["admitted"] >= 4


@pytest.mark.law("9.4")
async def test_a_tier_that_goes_while_somebody_comes_leaves_nobody_without_one(house: House) -> None:
    """Either the tier stays, or whoever comes stands on another: never an account on a rung that is gone."""
    outcomes = set()
    for turn in range(12):
        name = f"t{turn}"
        await house.apply(act="add", name=name, values={"enter": "licence"}, place=2)
        tier = next(tier for tier in await house.db.read(rows.ladder) if tier.name == name)
        comer = await house.db.write(world.make_local, f"c{turn}", house.ids["low"])

        async def come(tier: int = tier.id, name: str = name, comer: int = comer) -> str:
            async def unit(tx: Tx) -> str:
                there = await rows.by_name(tx, name)
                if there is None:
                    return "gone"
                await grant(tx, comer, tier)
                return "stands"

            return await house.db.write(unit)

        async def go(act: str = "remove" if turn % 2 else "rename", name: str = name) -> str:
            try:
                await house.apply(act=act, name=name, **({"to": f"{name}x"} if act == "rename" else {}))
            except Conflict:
                return "refused"
            return act

        came, went = await asyncio.gather(come(), go()) if turn % 3 else reversed(await asyncio.gather(go(), come()))
        outcomes.add((came, went))
        # Who is told to stand on it in the moment of its renaming comes after it.
        expected = {("stands", "refused"), ("gone", "remove"), ("gone", "rename"), ("stands", "rename")}
        assert (came, went) in expected, (came, went)
        orphans = "SELECT COUNT(*) FROM local_accounts l LEFT JOIN tiers t ON t.id = l.tier WHERE t.id IS NULL"
        assert await house.value(orphans) == 0
    assert len(outcomes) > 1


@pytest.mark.parametrize("engine", ["postgres"])
async def test_who_is_on_the_way_to_a_rung_that_goes_looks_again(house: House, engine: str) -> None:
    """The unit read the rung, the rung went, and the unit is run once more: it stands where there is something."""
    await house.apply(act="add", name="brief", values={"enter": "licence"}, place=2)
    tries: list[str] = []

    async def come(tx: Tx) -> None:
        found = await rows.by_name(tx, "brief") or await rows.by_name(tx, "high")
        assert found is not None
        tries.append(found.name)
        if len(tries) == 1:
            await house.apply(act="remove", name="brief")
        await grant(tx, house.ids["ada"], found.id)

    await house.db.write(come)
    assert tries == ["brief", "high"] and await house.tier_of("ada") == "high"
