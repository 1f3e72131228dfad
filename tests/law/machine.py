"""A small model of following beside the house itself: what the state machine of `test_machine.py` plays, and on what.

The model says law 1, 3 and 4 again in as few words as it can, over plain names, and knows nothing of the code. The house
is real operations on a real database, real jobs, a clock that stands still; nothing goes over a wire.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Concatenate, ParamSpec, TypeVar

import msgspec

from fedicert.base.clock import DAY, FrozenClock
from fedicert.discovery.peers import Peers
from fedicert.jobs.kinds import Kind
from fedicert.jobs.reach import Reaching
from fedicert.jobs.settle import Settling
from fedicert.jobs.worker import Worker
from fedicert.operations import settling
from fedicert.remote.key_documents import KeyFinder
from fedicert.store.database import open_database
from fedicert.store.unit import Reader, Tx
from tests import world
from tests.conftest import SeededEntropy
from tests.law.crowds import nodeinfo
from tests.wire import VillageWire
from tests.world import URLS

P = ParamSpec("P")
T = TypeVar("T")

ELSEWHERE = {
    "a1": "a.example.com", "a2": "a.example.com", "b1": "b.example.com", "c1": "one.example.org",
    "c2": "one.example.org", "d1": "two.example.net", "relay": "two.example.net",
}  # fmt: skip
"""Who may follow, and where they are; `relay` is a Service."""
HERE = ("l1", "l2")
PEOPLE = (*ELSEWHERE, *HERE)
COUNTED = ("admitted", "paused")


def domain_of(name: str) -> str:
    """What a domain's day is counted by; people here have one as well."""
    return ".".join(ELSEWHERE[name].split(".")[-2:]) if name in ELSEWHERE else "home.example"


class Place(msgspec.Struct):
    """Somebody's follow in the model; `order`: who is older. `trimmed`: was trimmed once and follows again."""

    state: str
    order: int
    trimmed: bool = False


class Model:
    """Ada's audience as the law has it, outside settling: there the house is asked what it did, and bounds are checked."""

    def __init__(self, cap: int | None, kept: int, per_day: int) -> None:
        self.cap, self.kept_permille, self.per_day = cap, kept, per_day
        self.locked = False
        self.followed: set[str] = set()
        self.blocked: set[str] = set()
        self.places: dict[str, Place] = {}
        self.days: dict[tuple[str, int], int] = {}
        self.freed = 0
        self.refills: list[int] = []
        self.now = 0
        self.order = 0
        self.day = 0

    def count(self) -> int:
        """Admitted and paused."""
        return sum(place.state in COUNTED for place in self.places.values())

    def states(self) -> dict[str, str]:
        """Who follows, and how."""
        return {name: place.state for name, place in self.places.items()}

    def why_not(self, name: str, *, word: bool = False) -> str:
        """Why this person has no slot now; '' where there is one. `word`: the owner picked them."""
        if self.cap is None:
            return ""
        if self.count() >= self.cap:
            return "full"
        if name == "relay":
            return "a relay"
        if self.refilling() and len(self.recent()) >= self.cap:
            return "turned over as often as 30 days allow"
        if name in self.followed:
            return ""
        others = sum(p.state in COUNTED and one not in self.followed for one, p in self.places.items())
        if others >= self.cap - self.cap * self.kept_permille // 1000:
            return "the rest is kept"
        domain = domain_of(name)
        if self.per_day and not word and self.days.get((domain, self.day), 0) >= self.per_day:
            return "the domain had its day"
        return ""

    def refilling(self) -> bool:
        """Would the next admission fill a slot that the owner freed? The others are filled first."""
        return self.cap is not None and 0 < self.cap - self.count() <= self.freed

    def recent(self) -> list[int]:
        """When slots that the owner freed were filled again, within 30 days."""
        return [at for at in self.refills if at > self.now - 30 * DAY]

    def frees(self, name: str) -> None:
        """The owner ends somebody's follow: a slot of the owner's doing, where it was one and the count isn't above the cap."""
        place = self.places.get(name)
        if place is not None and place.state in COUNTED:
            self.freed = 0 if self.cap is None else min(self.freed + 1, max(0, self.cap - self.count() + 1))

    def asks(self, name: str) -> None:
        """A Follow arrives."""
        place = self.places.get(name)
        if name in self.blocked or (place is not None and place.state != "trimmed"):
            return
        behind = any(one.state == "held" and not self.why_not(other) for other, one in self.places.items())
        state = "requested" if self.locked else "held" if behind or self.why_not(name) else "admitted"
        if self.cap == 0:
            return  # it has no line, and a Reject is all there is
        self.order += 1
        self.places[name] = Place("held", self.order, trimmed=place is not None)
        if state == "admitted":
            self.admit(name)
        else:
            self.places[name].state = state

    def admit(self, name: str, *, word: bool = False) -> None:
        """A slot is given; it counts toward the domain's day, unless the owner's word was given."""
        if self.refilling():
            self.freed -= 1
            self.refills.append(self.now)
        self.places[name].state = "admitted"
        domain = domain_of(name)
        if name not in self.followed and not word:
            self.days[domain, self.day] = self.days.get((domain, self.day), 0) + 1

    def leaves(self, name: str) -> None:
        """A follow or a place in the line ends. What remains of somebody trimmed isn't theirs to end."""
        if name in self.places and self.places[name].state != "trimmed":
            del self.places[name]

    def release(self) -> None:
        """Who waits is let in, in the order of the line."""
        if self.locked:
            return
        for name, place in list(self.places.items()):
            if place.state == "requested":
                place.state = "held"
                if self.cap == 0:
                    del self.places[name]
        while True:
            waiting = [name for name, place in self.places.items() if place.state == "held" and not self.why_not(name)]
            if not waiting:
                return
            self.admit(min(waiting, key=self._rank))

    def _rank(self, name: str) -> tuple[bool, bool, int]:
        place = self.places[name]
        return (not place.trimmed, name not in self.followed, place.order)


class House:
    """The house under test. It outlives the plays, each of which has an owner and an audience of its own."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.runner = asyncio.Runner()
        self.clock = FrozenClock(world.START)
        self.entropy = SeededEntropy(7)
        self.wire = VillageWire()
        for host in ELSEWHERE.values():
            self.wire.handlers[host] = lambda request: nodeinfo(request, "mastodon")
        self.people: dict[str, int] = {}
        self.played = 0
        self.owner = self.tier = self.other_tier = self.graveyard = self.admin = 0
        self.open()
        self.write(self._found)

    def open(self) -> None:
        """Start, or start again after a crash."""
        self.db = self.runner.run(open_database(self.url, clock=self.clock, entropy=self.entropy))
        keys = KeyFinder(self.wire, self.clock)
        peers = Peers(db=self.db, wire=self.wire, urls=URLS, clock=self.clock, keys=keys, sign=None)
        reaching = Reaching(self.db, URLS)
        kinds = {
            "settle": Kind(one=Settling(peers).settle),
            "fan_out": Kind(one=reaching.fan_out, finishes=True),
            "release": Kind(one=reaching.release),
            "release_tier": Kind(one=reaching.release_tier),
        }
        self.worker = Worker(self.db, kinds, self.entropy)

    def close(self) -> None:
        """Stop, as a crash does: nothing is done that wasn't committed."""
        self.runner.run(self.db.close())

    def end(self) -> None:
        """The last play is over."""
        self.close()
        self.runner.close()

    def write(self, operation: Callable[Concatenate[Tx, P], Awaitable[T]], *args: P.args, **more: P.kwargs) -> T:
        """A unit of work."""
        return self.runner.run(self.db.write(operation, *args, **more))

    def read(self, view: Callable[Concatenate[Reader, P], Awaitable[T]], *args: P.args, **more: P.kwargs) -> T:
        """Look."""
        return self.runner.run(self.db.read(view, *args, **more))

    def work(self) -> None:
        """Every job that is due."""
        self.runner.run(self.worker.drain())

    def pass_time(self, milliseconds: int, *, watched: bool = True) -> None:
        """Time passes. `watched`: the clock was looked at meanwhile, as it is every minute."""
        self.clock.advance(milliseconds)
        if watched:
            self.write(_looked)

    # What a play begins with

    async def _found(self, tx: Tx) -> None:
        limits = {"kept_permille": 0, "strangers_per_domain_day": 0}
        self.tier = await world.make_tier(tx, "low", position=0, **limits)
        self.other_tier = await world.make_tier(tx, "high", position=1, followers=6, **limits)
        self.graveyard = await world.make_tier(tx, "gone", position=2, followers=None, **limits)
        await world.make_local(tx, "home.example", self.graveyard, kind="Application")
        self.admin = await world.make_local(tx, "root", self.graveyard)
        await tx.run("UPDATE local_accounts SET role = 'owner' WHERE id = $1", self.admin)
        for name, host in ELSEWHERE.items():
            self.people[name] = await world.make_remote(tx, name, host, kind="Service" if name == "relay" else "Person")
        for name in HERE:
            self.people[name] = await world.make_local(tx, name, self.graveyard)

    def begin(self, cap: int | None, kept: int, per_day: int) -> None:
        """A new owner on the lower tier, and nothing left of the play before."""
        self.played += 1
        # Every play begins at the same hour, later than the last.
        self.clock.at += DAY - (self.clock.at - world.START) % DAY
        self.write(_looked)

        async def lay_out(tx: Tx) -> int:
            for table in ("jobs", "deliveries", "blocks"):
                await tx.run(f"DELETE FROM {table}")
            await tx.run("UPDATE local_accounts SET tier = $1", self.graveyard)
            await tx.run(
                "UPDATE tiers SET followers = $2, kept_permille = $3, strangers_per_domain_day = $4 WHERE id = $1",
                self.tier, cap, kept, per_day,
            )  # fmt: skip
            await tx.run(
                "UPDATE tiers SET followers = $2, kept_permille = $3, strangers_per_domain_day = $4 WHERE id = $1",
                self.other_tier, None if cap is None else cap + 3, kept, per_day,
            )  # fmt: skip
            owner = await world.make_local(tx, f"ada{self.played}", self.tier)
            await tx.run(
                "INSERT INTO tier_grants (account, tier, ground, begun_at, cause) VALUES ($1, $2, 'signup', $3, '')",
                owner, self.tier, tx.now,
            )  # fmt: skip
            return owner

        self.owner = self.write(lay_out)

    # What stands in the database

    def states(self) -> dict[str, str]:
        """Who follows, and how; the integers are held against the rows on the way."""
        self.read(world.counts, self.owner)
        return self.read(world.states, self.owner)

    def trimmed_before(self) -> set[str]:
        """Who was trimmed and follows again."""
        return set(self._names("SELECT a.username FROM follows f JOIN accounts a ON a.id = f.follower"
                               " WHERE f.followed = $1 AND f.was_trimmed = 1", self.owner))  # fmt: skip

    def in_order(self) -> list[str]:
        """Who follows or waits, the oldest first."""
        return self._names(
            "SELECT a.username FROM follows f JOIN accounts a ON a.id = f.follower WHERE f.followed = $1 ORDER BY f.id",
            self.owner,
        )

    def settles(self) -> str:
        """The stage of a settling that goes on, or '' ."""
        found = self._names("SELECT stage FROM settlings WHERE account = $1 AND ended_at IS NULL", self.owner)
        return found[0] if found else ""

    def days(self) -> dict[tuple[str, int], int]:
        """Admissions counted by domain and day."""
        rows = self._all("SELECT domain, day, admitted FROM domain_days WHERE account = $1", self.owner)
        return {(row[0], row[1]): row[2] for row in rows}

    def turned_over(self) -> tuple[int, list[int]]:
        """Slots that the owner freed and nobody has taken, and when others of them were filled again."""
        freed = self._all("SELECT freed FROM local_accounts WHERE id = $1", self.owner)[0][0]
        return freed, [row[0] for row in self._all("SELECT at FROM refills WHERE account = $1 ORDER BY at", self.owner)]

    def told(self) -> dict[str, tuple[int, int]]:
        """What the ledger has about whom: rows, and repeats that are counted."""
        rows = self._all(
            "SELECT a.username, COUNT(*) FROM ledger_names n JOIN accounts a ON a.id = n.person WHERE n.account = $1"
            " GROUP BY a.username",
            self.owner,
        )
        repeats = self._all(
            "SELECT a.username, SUM(r.count) FROM ledger_repeats r JOIN accounts a ON a.id = r.person"
            " WHERE r.account = $1 GROUP BY a.username",
            self.owner,
        )
        counted = {row[0]: int(row[1]) for row in repeats}
        return {row[0]: (int(row[1]), counted.get(row[0], 0)) for row in rows}

    def got(self, post: int) -> set[str]:
        """Whose server was sent the post, and whose home here shows it."""
        inboxes = set(self._names(
            "SELECT d.inbox FROM deliveries d JOIN activities a ON a.id = d.body WHERE a.object = $1", post
        ))  # fmt: skip
        hosts = {inbox.split("/")[2] for inbox in inboxes}
        homes = set(self._names(
            "SELECT a.username FROM feed f JOIN accounts a ON a.id = f.reader WHERE f.post = $1", post
        ))  # fmt: skip
        return hosts | (homes & set(HERE))

    def cut_off(self) -> set[str]:
        """Hosts that get no copies until they let go of those who were trimmed."""
        return set(self._names("SELECT host FROM trim_hosts WHERE account = $1 AND cut_off = 1", self.owner))

    def _names(self, sql: str, *values: Any) -> list[str]:
        return [str(row[0]) for row in self._all(sql, *values)]

    def _all(self, sql: str, *values: Any) -> list[Any]:
        async def view(reader: Reader) -> list[Any]:
            return list(await reader.all(sql, *values))

        return self.read(view)


async def _looked(tx: Tx) -> None:
    await tx.run("UPDATE settings SET value = $1 WHERE key = $2", str(tx.now), settling.CLOCK_SEEN)


def utc_day(house: House) -> int:
    """Today."""
    return house.clock.now() // DAY
