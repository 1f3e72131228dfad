"""Law 1 with law 10: the accounts of one person together can't turn an audience over more often than one account can."""

from __future__ import annotations

import asyncio
import contextlib
import random
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedicert.base.clock import DAY, HOUR, FrozenClock
from fedicert.base.errors import Problem, StoreUnavailable
from fedicert.model.standing import Counts, Limits
from fedicert.operations import follows, line, people, rungs, shares, turnover
from fedicert.operations.people import NewPerson
from fedicert.reach import admission, division
from fedicert.reach.division import Part
from fedicert.reach.turnover import WINDOW, Holder, go_along
from fedicert.store.tables import grants
from fedicert.store.unit import Database, Reader, Tx
from tests import world
from tests.rungs import change_tier
from tests.world import URLS

pytestmark = pytest.mark.law("1.7", "10.1")

NOBODY = 0


# The pure functions, and a login that does with its accounts what it likes


class Account(msgspec.Struct):
    """One account as the law sees it; `uses`: when freed slots were filled again."""

    share: int
    count: int = 0
    freed: int = 0
    uses: list[int] = []


class Login:
    """Accounts on one tier. `fresh`: slots filled that nobody had freed; `went`: people who went by themselves."""

    def __init__(self, cap: int, accounts: int) -> None:
        self.cap, self.now, self.fresh, self.went = cap, WINDOW, 0, 0
        self.used: list[int] = []
        self.accounts = {number: Account(cap if number == 1 else 0) for number in range(1, accounts + 1)}
        self.nobody = Account(0)

    def parts(self) -> list[Part]:
        return [Part(number, one.share, one.count) for number, one in self.accounts.items()]

    def admit(self, account: Account) -> None:
        account.uses = [at for at in account.uses if at > self.now - WINDOW]
        counts = Counts(admitted=account.count, freed=account.freed, refilled=len(account.uses))
        limits = Limits(tier="", cap=account.share)
        if account.count >= account.share or admission.turned_over(counts, limits):
            return
        if admission.refills(counts, limits):
            account.freed -= 1
            account.uses.append(self.now)
            self.used.append(self.now)
        else:
            self.fresh += 1
        account.count += 1

    def remove(self, account: Account) -> None:
        if account.count:
            counts = Counts(admitted=account.count, freed=account.freed)
            account.freed = admission.freed_after(counts, Limits(tier="", cap=account.share))
            account.count -= 1

    def lose(self, account: Account) -> None:
        if account.count:
            account.count -= 1
            self.went += 1

    def divide(self, wanted: dict[int, int]) -> None:
        try:
            after = division.divide(self.cap, self.parts(), wanted)
        except ValueError:
            return
        gained = {number: share - self.accounts[number].share for number, share in after.items()}
        for number, share in after.items():
            self.accounts[number].share = share
        self._go_along(gained)

    def _go_along(self, gained: dict[int, int]) -> None:
        everybody = {NOBODY: self.nobody, **self.accounts}
        for one in everybody.values():
            one.uses = [at for at in one.uses if at > self.now - WINDOW]
        whole = self.cap - sum(one.share for one in self.accounts.values())
        holders = [
            Holder(account=n, room=whole if n == NOBODY else one.share, marks=len(one.uses), gained=gained.get(n, 0))
            for n, one in everybody.items()
        ]
        for passed in go_along(holders):
            giver, taker = everybody[passed.giver], everybody[passed.taker]
            taker.uses = sorted(taker.uses + giver.uses[: passed.many])
            giver.uses = giver.uses[passed.many :]
        free = division.free(self.cap, self.parts())
        holders = [
            Holder(
                account=n,
                room=free if n == NOBODY else max(0, one.share - one.count),
                marks=one.freed,
                gained=gained.get(n, 0),
            )
            for n, one in everybody.items()
        ]
        for passed in go_along(holders):
            everybody[passed.giver].freed -= passed.many
            everybody[passed.taker].freed += passed.many

    def check(self) -> None:
        recent = sum(at > self.now - WINDOW for at in self.used)
        assert recent <= self.cap, "more freed slots were filled again in 30 days than one account has slots"
        # A slot that nobody freed is filled once; it is there again only where somebody went by themselves.
        assert self.fresh <= self.cap + self.went, "slots that their owner freed were filled as if they were new"


acts = st.one_of(
    st.tuples(st.sampled_from(["admit", "admit", "remove", "lose"]), st.integers(1, 3), st.integers(1, 6)),
    st.tuples(st.just("divide"), st.dictionaries(st.integers(1, 3), st.integers(0, 6), min_size=1), st.just(1)),
    st.tuples(st.just("wait"), st.integers(1, 20), st.just(1)),
)


@given(cap=st.integers(0, 6), plays=st.lists(acts, max_size=60))
@settings(max_examples=400, deadline=None, derandomize=True, database=None)
def test_whatever_accounts_divide_they_fill_freed_slots_no_more_often_than_one(cap: int, plays: list[Any]) -> None:
    login = Login(cap, 3)
    for what, whom, many in plays:
        for _ in range(many):
            if what == "divide":
                login.divide(whom)
            elif what == "wait":
                login.now += whom * DAY
            else:
                getattr(login, what)(login.accounts[whom])
            login.check()


holders = st.lists(
    st.builds(
        lambda number, room, marks, gained: Holder(account=number, room=room, marks=marks, gained=gained),
        number=st.integers(0, 9),
        room=st.integers(0, 9),
        marks=st.integers(0, 9),
        gained=st.integers(-9, 9),
    ),
    unique_by=lambda one: one.account,
    max_size=6,
)


@given(holders=holders)
@settings(max_examples=300, deadline=None, derandomize=True, database=None)
def test_what_goes_along_is_no_more_than_its_slots_bear_and_nothing_is_lost(holders: list[Holder]) -> None:
    before = {one.account: one.marks for one in holders}
    after = dict(before)
    room = {one.account: one.room for one in holders}
    for passed in go_along(holders):
        assert passed.many > 0
        after[passed.giver] -= passed.many
        after[passed.taker] += passed.many
    assert sum(after.values()) == sum(before.values())
    full = sum(before.values()) >= sum(room.values())
    for account, marks in after.items():
        assert marks <= max(before[account], room[account]) or full  # nobody gets more than its slots bear
        assert marks >= min(before[account], room[account])  # and who gives keeps what is left can bear
    over = any(after[account] > room[account] for account in after)
    assert not (over and any(after[account] < room[account] for account in after))
    assert after.get(NOBODY, 0) <= room.get(NOBODY, 0) or len(after) == 1  # it counts for somebody


# The same by the operations, on a database


CAP, HIGHER, CROWD = 4, 7, 14


async def _town(tx: Tx) -> tuple[int, int, list[int]]:
    low = await world.make_tier(tx, "low", followers=CAP, kept_permille=0)
    await world.make_local(tx, "instance", low, kind="Application")
    high = await world.make_tier(tx, "high", position=1, followers=HIGHER, kept_permille=0)
    new = NewPerson(name="ada", email="ada@mail.example", password_hash="", keys=())
    ada = await people.create_account(tx, URLS, new)
    return ada, high, [await world.make_remote(tx, f"r{number}", f"h{number}.example") for number in range(CROWD)]


async def _admin(tx: Tx, tier: int) -> int:
    admin = await world.make_local(tx, "root", tier)
    await tx.run("UPDATE local_accounts SET role = 'owner' WHERE id = $1", admin)
    return admin


async def _mine(reader: Reader) -> dict[int, tuple[str, int, int]]:
    """account → (name, tier, count)."""
    rows = await reader.all(
        "SELECT l.id, a.username, l.tier, l.admitted + l.paused FROM local_accounts l JOIN accounts a ON a.id = l.id"
        " WHERE l.login IS NOT NULL ORDER BY l.id"
    )
    return {row[0]: (row[1], row[2], row[3]) for row in rows}


async def _used(reader: Reader) -> dict[int, int]:
    """tier → how often freed slots were filled again there within 30 days."""
    rows = await reader.all(
        "SELECT tier, COUNT(DISTINCT COALESCE(origin, id)) FROM refills WHERE at > $1 GROUP BY tier",
        reader.now - WINDOW,
    )
    return {row[0]: row[1] for row in rows}


async def _of(reader: Reader, account: int, state: str) -> list[int]:
    rows = await reader.all(
        "SELECT follower FROM follows WHERE followed = $1 AND state = $2 ORDER BY id", account, state
    )
    return [row[0] for row in rows]


async def _rise_or_fall(tx: Tx, account: int, tier: int, up: bool) -> None:
    await follows.seating.seat_of(tx, account)
    if up:
        await grants.begin(tx, account, tier, "licence")
    else:
        await tx.run("UPDATE tier_grants SET ended_at = $2 WHERE account = $1 AND ground = 'licence'", account, tx.now)
    await rungs.stand(tx, account, "granted" if up else "expired", {}, {}, "law 4")


class Person:
    """One person who divides, removes, makes and deletes accounts, rises and falls, all to turn an audience over; and an admin
    who changes the cap now and then."""

    admin = 0

    def __init__(self, db: Database, clock: FrozenClock, seed: int, *ways: str) -> None:
        self.db, self.clock, self.dice = db, clock, random.Random(seed)
        self.ways = ["remove"] * 6 + ["divide"] * 3 + ["make", "wait", *ways]
        self.made = 0

    async def tries(self, operation: Any, *values: Any) -> None:
        with contextlib.suppress(Problem):
            await self.db.write(operation, *values)

    async def step(self, ada: int, high: int, crowd: list[int]) -> None:
        mine = await self.db.read(_mine)
        account = self.dice.choice(list(mine))
        name, tier, _ = mine[account]
        how = self.dice.choice(self.ways)
        if how == "remove":
            for one in (await self.db.read(_of, account, "admitted"))[: self.dice.randrange(1, CAP + 1)]:
                await self.tries(follows.remove_follower, URLS, account, one)
        elif how == "divide":
            names = [other for other, on, _ in mine.values() if on == tier]
            cap = HIGHER if tier == high else CAP
            cuts = sorted(self.dice.randrange(0, cap + 1) for _ in names)
            split = [after - before for before, after in zip([0, *cuts[:-1]], cuts, strict=True)]
            await self.tries(shares.divide, account, dict(zip(names, split, strict=True)))
        elif how == "make" and len(mine) < 4:
            self.made += 1
            await self.tries(people.add_account, URLS, account, f"alt{self.made}", self.dice.randrange(0, CAP + 1), ())
        elif how == "delete" and account != ada:
            await self.tries(people.delete_account, URLS, name)
        elif how == "climb":
            await self.tries(_rise_or_fall, account, high, tier != high)
        elif how == "cap":
            cap = str(self.dice.randrange(0, CAP + 1))
            await self.tries(change_tier, "low", {"followers": cap}, self.admin, "a rule of the play")
        elif how == "wait":
            self.clock.advance(self.dice.randrange(1, 9) * DAY)
        self.clock.advance(HOUR)

    async def fill(self, crowd: list[int], number: int) -> None:
        """Everybody asks everybody, and who waits is let in as far as may be."""
        for account in await self.db.read(_mine):
            for one in self.dice.sample(crowd, 5):
                await self.tries(
                    follows.receive_follow, URLS, one, account, f"https://x.example/{number}/{one}/{account}"
                )
            while await self.db.write(line.release, URLS, account, 10):
                pass


async def _filled(reader: Reader) -> tuple[int, int]:
    """How often anybody was admitted, and how often to a slot that had been freed."""
    admitted = await reader.value("SELECT SUM(admitted_seq) FROM local_accounts")  # deleted ones, too
    again = await reader.value("SELECT COUNT(DISTINCT COALESCE(origin, id)) FROM refills")
    return int(admitted or 0), int(again or 0)


PLAYS = [
    (0, "climb delete"),
    (1, "climb delete"),
    (2, "delete"),
    (27, "delete"),
    (3, "cap"),
    (201, "delete cap"),
    (127, "climb delete cap"),
]


@pytest.mark.parametrize(("seed", "ways"), PLAYS)
async def test_no_order_of_dividing_making_deleting_and_climbing_turns_an_audience_over(
    db: Database, clock: FrozenClock, seed: int, ways: str
) -> None:
    """On each tier the accounts of one person fill freed slots again at most as often as its cap, in any 30 days; and where
    nobody goes by themselves, a slot is filled only once as one that wasn't freed."""
    ada, high, crowd = await db.write(_town)
    person = Person(db, clock, seed, *ways.split())
    person.admin = await db.write(_admin, high)
    most: dict[int, int] = {}
    for number in range(70):
        await person.step(ada, high, crowd)
        await person.fill(crowd, number)
        used = await db.read(_used)
        for tier, often in used.items():
            assert often <= (HIGHER if tier == high else CAP), (number, used)
            most[tier] = max(often, most.get(tier, 0))
        if "climb" not in ways:
            admitted, again = await db.read(_filled)
            assert admitted - again <= CAP, (number, admitted, again)
    assert max(most.values()) > CAP // 2, "nothing was tried"


async def test_what_comes_back_with_its_slots_isnt_told_as_another_accounts(db: Database) -> None:
    """Ada filled two freed slots again, lent bea slots with one of these uses, and has them back: both were hers."""
    ada, _, crowd = await db.write(_town)
    for number, one in enumerate(crowd[:6]):
        if number == CAP:
            for gone in crowd[:2]:
                await db.write(follows.remove_follower, URLS, ada, gone)
        await db.write(follows.receive_follow, URLS, one, ada, f"https://x.example/{one}")
    for one in (await db.read(_of, ada, "admitted"))[:3]:
        await db.write(follows.remove_follower, URLS, ada, one)
    bea, _ = await db.write(people.add_account, URLS, ada, "bea", 3, ())
    states = [await db.read(turnover.state, one) for one in (ada, bea)]
    assert [(state.used, state.along) for state in states] == [(1, 0), (1, 1)]
    await db.write(shares.divide, ada, {"ada": CAP, "bea": 0})
    states = [await db.read(turnover.state, one) for one in (ada, bea)]
    assert [(state.used, state.along) for state in states] == [(2, 0), (0, 0)]


async def test_divisions_removals_and_follows_at_once_turn_nothing_over(db: Database) -> None:
    """All of it at the same moment: freed slots are filled again at most as often as the tier has slots."""
    ada, _, crowd = await db.write(_town)
    bea, _ = await db.write(people.add_account, URLS, ada, "bea", 2, ())
    dice = random.Random(5)

    async def tries(operation: Any, *values: Any) -> None:
        for _ in range(20):
            try:
                await db.write(operation, *values)
            except Problem:
                return
            except StoreUnavailable:
                await asyncio.sleep(0.05)
            else:
                return
        raise AssertionError("the database was unavailable for a whole race")

    for race in range(12):
        works = [
            tries(shares.divide, ada, {"ada": (slots := dice.randrange(CAP + 1)), "bea": CAP - slots}) for _ in range(3)
        ]
        for account in (ada, bea):
            for one in dice.sample(crowd, 4):
                works.append(
                    tries(follows.receive_follow, URLS, one, account, f"https://x.example/{race}/{one}/{account}")
                )
                works.append(tries(follows.remove_follower, URLS, account, dice.choice(crowd)))
            works.append(tries(line.release, URLS, account, 10))
        dice.shuffle(works)
        await asyncio.gather(*works)
        assert sum((await db.read(_used)).values()) <= CAP
        admitted, again = await db.read(_filled)
        assert admitted - again <= CAP, (race, admitted, again)
    # How often it came so far is chance: the bound is what counts, and it was tried.
    assert sum((await db.read(_used)).values()) > CAP // 2, "nothing was tried"
